//! A fleet: many real phones on a bad network, against two server processes on one database.
//!
//! `make fleet` runs the long version. The seed that is printed gives the same decisions again, though not the same
//! timing: servers and phones are real.

mod falsified;
pub mod history;
mod message;
mod openrosa;
pub mod proxy;

use std::time::{Duration, Instant};

use anfang::auth::Passwords;
use anfang_protocol::people::{Role, Scope};

use self::{
    history::{Judged, judge},
    proxy::{Door, Net, Weather},
};
use crate::harness::figures::tell;
use crate::harness::{
    County, Phone, Server,
    books::{self, Work},
    chance::{Dice, noise, number, seed},
    given,
    reports::site,
};

const COUNTY: County = County(given::COUNTY);
const TOWNSHIPS: [&str; 3] = ["101", "102", "103"];

/// Somebody with a phone, who goes from house to house.
struct Walker {
    phone: Phone,
    login: String,
    township: &'static str,
    dice: Dice,
    work: Work,
    _door: Door,
}

/// Accounts for the fleet: as many as a county has, each with a few phones.
async fn hire(server: &Server, people: usize) -> Vec<(String, &'static str)> {
    let hash = Passwords::default().hash(given::PASSWORD.to_owned()).await.expect("hashing");
    let mut conn = server.database.conn().await;
    let mut hired = Vec::new();
    for n in 0..people {
        let (login, township) = (format!("walker{n}"), TOWNSHIPS[n % TOWNSHIPS.len()]);
        let scope = Scope::Area(COUNTY.area(township));
        given::person(&mut conn, COUNTY, &login, &hash, Role::Inspector, scope).await;
        hired.push((login, township));
    }
    hired
}

impl Walker {
    async fn sets_out(net: &Net, n: usize, (login, township): (String, &'static str), dice: Dice) -> Self {
        let door = net.door(n).await;
        // On a thin link it is silent for long: all that it says waits somewhere to go on.
        let phone = Phone::sign_in_by(door.address, given::COUNTY, &login).await.patient();
        Walker { phone, login, township, dice, work: Work::default(), _door: door }
    }

    fn reports(&mut self) {
        let place = site(self.township, *self.dice.pick(&["201", "202"]), self.dice.below(10) as u32);
        let photos = self.dice.below(4);
        let files: Vec<Vec<u8>> =
            (0..photos).map(|_| noise(self.dice.next(), 5_000 + self.dice.below(195_000))).collect();
        let mut visit = self.phone.inspects(COUNTY, &place).finds("屋顶漏雨，灶房门窗破损，需要修缮");
        for file in &files {
            visit = visit.with_photo(file);
        }
        visit.keep();
        self.work += Work { reports: 1, findings: 1, photos: photos as i64 };
    }

    /// Stops for up to `pause` between one house and the next.
    async fn walks(mut self, until: Instant, pause: Duration) -> Self {
        while Instant::now() < until {
            if self.dice.percent(70) {
                self.reports();
            }
            let while_there_is_signal = Duration::from_millis(200 + self.dice.below(2500) as u64);
            if self.dice.percent(20) {
                // Switched off in the middle of whatever it does.
                let _ = tokio::time::timeout(while_there_is_signal, self.phone.tries(Duration::from_secs(9)))
                    .await;
                self.phone.dies_and_starts();
            } else {
                self.phone.tries(while_there_is_signal).await;
            }
            tokio::time::sleep(pause * self.dice.below(1000) as u32 / 1000).await;
        }
        self
    }

    async fn comes_home(mut self) -> Self {
        self.phone.sync_until_done().await;
        self
    }
}

async fn all<F>(walkers: Vec<Walker>, act: impl Fn(Walker) -> F) -> Vec<Walker>
where
    F: Future<Output = Walker> + Send + 'static,
{
    let walking: Vec<_> = walkers.into_iter().map(|walker| tokio::spawn(act(walker))).collect();
    let mut back = Vec::new();
    for walker in walking {
        back.push(walker.await.expect("a walker comes back"));
    }
    back
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_on_a_bad_network_loses_and_doubles_nothing() {
    let phones = number("ANFANG_FLEET_PHONES").unwrap_or(9) as usize;
    let seconds = number("ANFANG_FLEET_SECONDS").unwrap_or(8);
    let seed = seed("fleet");
    let server = Server::with(&[("ANFANG_DB_CONNECTIONS", "12")]).await;
    let second = server.another();
    let net = Net::new(vec![server.address(), second.address()], seed);
    let mut dice = Dice::new(seed);
    let people = hire(&server, phones.div_ceil(3)).await;
    let mut walkers = Vec::new();
    for n in 0..phones {
        walkers.push(Walker::sets_out(&net, n, people[n % people.len()].clone(), dice.fork()).await);
    }
    net.set(Weather::BAD);
    let until = Instant::now() + Duration::from_secs(seconds);
    // As many reports a second from a large fleet as from a small one: what is tried here is the network, and a backlog
    // that grows for ten minutes would only try how long two cores take to send it all.
    let pause = Duration::from_millis(45) * phones as u32;
    // Then the weather clears, also for what is on its way: on a thin link that might take most of a minute.
    let clears = async {
        tokio::time::sleep_until(until.into()).await;
        net.set(Weather::default());
    };
    let (walkers, ()) = tokio::join!(all(walkers, move |walker| walker.walks(until, pause)), clears);
    // Twice: the second time everybody hears what the others sent at last.
    let walkers = all(walkers, Walker::comes_home).await;
    // What the network still keeps arrives now.
    tokio::time::sleep(Duration::from_secs(4)).await;
    let walkers = all(walkers, Walker::comes_home).await;

    let mut work = Work::default();
    walkers.iter().for_each(|walker| work += walker.work);
    let judged = judge(&net.history());
    tell(phones, seconds, &work, &judged, &net);
    assert!(judged.wrong.is_empty(), "{:#?}", &judged.wrong[..judged.wrong.len().min(10)]);
    books::hold_what_was_acknowledged(&server, &judged.applied, &judged.received).await;
    books::hold_exactly(&server, work).await;
    books::rows_have_their_files(&server).await;
    books::sweep_leaves_no_orphan(&server).await;
    books::ledger_is_whole(&server);
    for walker in &walkers {
        books::phone_agrees(&server, &walker.phone, &walker.login).await;
    }
    assert_eq!((server.panics(), second.panics()), (0, 0));
    assert!(judged.replays > 0 && judged.undelivered > 0, "the network was bad");
    let thin = net.carried().thin;
    assert!(thin.bytes > 0 && thin.bytes as f64 / thin.seconds < 15_000.0, "thin links were thin: {thin:?}");
    // Few photos are few chances: a cut text weighs much beside them.
    if work.photos > 20 {
        assert!(judged.is_thrifty(), "{:.2} % sent again", judged.known_sent_again_percent());
    }
}

fn tell(phones: usize, seconds: u64, work: &Work, judged: &Judged, net: &Net) {
    tell!(
        "fleet: {phones} phones, {seconds} s, {} reports, {} photos; {} requests, {} answers not heard, {} replays",
        work.reports,
        work.photos,
        judged.requests,
        judged.undelivered,
        judged.replays
    );
    tell!(
        "fleet: text {} bytes for {} needed; photos {} for {}; sent again {:.2} % that a server could have known of, \
         {:.2} % with all that the network swallowed ({} bytes); on the wire up {} down {}; on thin links {} up, {:.0} \
         bytes a second each",
        judged.text.carried,
        judged.text.needed,
        judged.files.carried,
        judged.files.needed,
        judged.known_sent_again_percent(),
        judged.all_sent_again_percent(),
        judged.text.kept_back + judged.files.kept_back,
        net.carried().up_bytes,
        net.carried().down_bytes,
        net.carried().thin.bytes,
        net.carried().thin.bytes as f64 / net.carried().thin.seconds.max(0.001),
    );
}

/// What a report costs on a good link, beside the same report as an OpenRosa form.
#[tokio::test]
async fn a_report_weighs_little_more_than_its_photos() {
    let server = Server::start().await;
    let net = Net::silent(vec![server.address()]);
    let door = net.door(0).await;
    let mut phone = Phone::sign_in_by(door.address, given::COUNTY, "inspector1").await;
    phone.sync_until_done().await;
    for (reports, photos, size) in [(1, 0, 0), (10, 0, 0), (1, 3, 200_000), (10, 3, 200_000)] {
        let before = net.carried();
        let (mut form_up, mut form_down, mut alone) = (0, 0, 0);
        for n in 0..reports {
            let mut visit =
                phone.inspects(COUNTY, &site("101", "201", n)).finds("屋顶漏雨，灶房门窗破损，需要修缮");
            for photo in 0..photos {
                let seed = u64::from(reports * 1000 + n * 10 + photo) + size as u64;
                visit = visit.with_photo(&noise(seed, size));
                alone += size as u64;
            }
            let visit = visit.with(|submit| {
                let (up, down) = openrosa::bytes(submit);
                form_up += up;
                form_down += down;
            });
            visit.keep();
        }
        phone.sync_until_done().await;
        let now = net.carried();
        let (up, down) = (now.up_bytes - before.up_bytes, now.down_bytes - before.down_bytes);
        tell!(
            "weight: {reports} reports, {photos} photos each: up {} down {} per report in {} requests; \
             OpenRosa up {} down {}; without the photos' own bytes up {} against {}",
            up / u64::from(reports),
            down / u64::from(reports),
            now.requests - before.requests,
            form_up / u64::from(reports),
            form_down / u64::from(reports),
            (up - alone) / u64::from(reports),
            (form_up - alone) / u64::from(reports),
        );
        if photos > 0 {
            // Seven requests with their tokens instead of one: the price of text first and of going on where it was cut.
            assert!(up * 100 <= form_up * 102, "{up} bytes, as a form {form_up}");
        }
        if reports > 1 && photos == 0 {
            assert!(up <= form_up, "{up} bytes, as forms {form_up}");
        }
    }
}
