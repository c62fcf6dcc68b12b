//! Phones that go on working whatever dies, and what must be true in the end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use tokio::task::JoinHandle;

use crate::{
    fleet::{
        history::Judge,
        proxy::{Door, Net},
    },
    harness::{
        County, Phone, Server,
        books::{self, Work},
        chance::{Dice, noise},
        given,
        reports::site,
    },
};

const COUNTY: County = County(given::COUNTY);
/// Who they are, and where they go.
const PEOPLE: [(&str, &str); 3] = [("inspector1", "101"), ("inspector2", "102"), ("inspector", "103")];

/// Some phones of three people.
pub struct Team {
    pub net: Net,
    members: Vec<JoinHandle<Member>>,
    orders: Arc<Orders>,
    judge: Judge,
    hashed: books::Hashed,
}

#[derive(Default)]
struct Orders {
    /// Nobody begins another report.
    home: AtomicBool,
    /// Reports that may still be begun; so the work does not outrun what kills it.
    left: AtomicI64,
}

struct Member {
    phone: Phone,
    login: &'static str,
    work: Work,
    _door: Door,
}

impl Team {
    pub async fn sets_out(server: &Server, phones: usize, dice: &mut Dice) -> Self {
        let net = Net::new(vec![server.address()], dice.next());
        let orders = Arc::new(Orders::default());
        let mut members = Vec::new();
        for n in 0..phones {
            let (login, township) = PEOPLE[n % PEOPLE.len()];
            let door = net.door(n).await;
            let mut phone = Phone::sign_in_by(door.address, given::COUNTY, login).await;
            phone.sync_until_done().await;
            let member = Member { phone, login, work: Work::default(), _door: door };
            members.push(tokio::spawn(member.works(township, orders.clone(), dice.fork())));
        }
        Team { net, members, orders, judge: Judge::default(), hashed: books::Hashed::new() }
    }

    /// Lets them begin so many more reports.
    pub fn more(&self, reports: i64) {
        self.orders.left.fetch_add(reports, Ordering::Relaxed);
    }

    pub fn leads_to(&self, server: &Server) {
        self.net.lead_to(vec![server.address()]);
    }

    /// What any server said to be stored so far is there, now: later the phones would bring again what was lost.
    pub async fn has_lost_nothing(&mut self, server: &Server) {
        self.judge.hears(&self.net.history());
        let judged = &self.judge.judged;
        assert!(judged.wrong.is_empty(), "{:#?}", &judged.wrong[..judged.wrong.len().min(10)]);
        books::hold_what_was_acknowledged(server, &judged.applied, &judged.received).await;
        books::new_rows_have_their_files(server, &mut self.hashed).await;
    }

    /// Everybody finishes; then both sides are compared.
    pub async fn comes_home(self, server: &Server) -> Work {
        self.orders.home.store(true, Ordering::Relaxed);
        let mut back = Vec::new();
        for member in self.members {
            back.push(member.await.expect("a phone comes back"));
        }
        let mut work = Work::default();
        for member in &mut back {
            member.phone.sync_until_done().await;
            work += member.work;
        }
        books::rows_have_their_files(server).await;
        books::sweep_leaves_no_orphan(server).await;
        books::hold_exactly(server, work).await;
        books::ledger_is_whole(server);
        for member in &mut back {
            // What the others sent last.
            member.phone.sync_until_done().await;
            books::phone_agrees(server, &member.phone, member.login).await;
        }
        work
    }
}

impl Member {
    /// Reports and sends, whatever the server does, until it is time to go home and all is sent.
    async fn works(mut self, township: &'static str, orders: Arc<Orders>, mut dice: Dice) -> Self {
        loop {
            let home = orders.home.load(Ordering::Relaxed);
            if !home && orders.left.fetch_sub(1, Ordering::Relaxed) > 0 {
                self.reports(township, &mut dice);
            } else if !home {
                orders.left.fetch_add(1, Ordering::Relaxed);
            }
            let ended = self.phone.tries(Duration::from_millis(400)).await;
            if home && ended == anfang::phone::Ended::Done {
                return self;
            }
            if ended == anfang::phone::Ended::Done {
                tokio::time::sleep(Duration::from_millis(15)).await;
            }
        }
    }

    fn reports(&mut self, township: &str, dice: &mut Dice) {
        let place = site(township, *dice.pick(&["201", "202"]), dice.below(10) as u32);
        // One that goes in one part, and one that goes in several.
        let files = [noise(dice.next(), 20_000), noise(dice.next(), 600_000 + dice.below(500_000))];
        let mut visit = self.phone.inspects(COUNTY, &place).finds("院墙倒塌");
        for file in &files {
            visit = visit.with_photo(file);
        }
        visit.keep();
        self.work += Work { reports: 1, findings: 1, photos: files.len() as i64 };
    }
}
