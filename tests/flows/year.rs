//! A county over many days of simulated time: inspectors report findings, which are handed over, answered, returned,
//! extended, suspended, closed, relapse, or are forgotten. Every day two server processes with the day's clock look for
//! what fell due, and one of them is killed while it takes steps. Every reminder and every step of the ladder that the
//! rules ask for happened once, on its day, by a judge who goes by the items' histories alone; none was left out.
//!
//! The short run is a part of the tests; `make year` plays a whole year (`ANFANG_YEAR_DAYS`, `ANFANG_YEAR_FINDINGS`,
//! `ANFANG_YEAR_INSPECTORS`).

mod judge;
mod lives;
mod pair;
mod work;

use std::{collections::BTreeMap, time::Instant};

use anfang::{clock::Clock, db::Conn};
use anfang_protocol::people::{Role, Scope};

use self::{
    judge::{Judge, is_not_blind, rows_agree},
    pair::{Kills, two_at_work},
    work::{Day, Done, People, act, inspector, patrol},
};
use crate::harness::figures::tell;
use crate::harness::{
    County, Server, Speaker,
    chance::{Dice, noise, number},
    gate::{Calm, calm},
    given,
    ledger::{counts_are_of_the_items, newcomer, query_text},
};

const HERE: County = County(given::COUNTY);
const DAY: u32 = 86_400;
/// Findings of one visit.
const OF_A_VISIT: u32 = 5;
/// Things that are tried about items, for each finding that comes in.
const TRIES: u32 = 6;
/// Items that people still look at: older ones lie.
const RECENT: usize = 2000;
/// From so many days on, everything that there is has had the time to happen.
const LONG: u32 = 60;

/// Days that are added until everything was done once.
const MORE: u32 = 10;
/// What people do in the course of things.
const BY_PEOPLE: [&str; 18] = [
    "acknowledge",
    "decline",
    "reassign",
    "plan",
    "ask_extension",
    "grant_extension",
    "refuse_extension",
    "suspend",
    "resume",
    "report",
    "accept",
    "return",
    "close",
    "look_back_passed",
    "reopen",
    "cancel",
    "approve_step",
    "drop_step",
];

fn setting(name: &str, otherwise: u32) -> u32 {
    number(name).map_or(otherwise, |given| u32::try_from(given).expect("no more than there are people"))
}

/// A year, or as much of it as is played.
struct Year {
    days: u32,
    findings: u32,
    inspectors: u32,
    /// Days on which something new comes in.
    busy: u32,
}

impl Year {
    fn asked_for() -> Self {
        let days = setting("ANFANG_YEAR_DAYS", 18);
        Year {
            days,
            findings: setting("ANFANG_YEAR_FINDINGS", 80),
            inspectors: setting("ANFANG_YEAR_INSPECTORS", 3),
            // What is forgotten has its time: the last weeks bring nothing new, and of the short run only the first day.
            busy: if days > LONG { days - 20 } else { 1 },
        }
    }

    fn visits(&self) -> u32 {
        self.findings.div_ceil(OF_A_VISIT).div_ceil(self.busy)
    }
}

/// What is there when the year is over.
struct Played {
    items: usize,
    done: u32,
    calms: Vec<Calm>,
    kills: Kills,
    last: Server,
}

async fn county(year: &Year) -> (Server, Vec<u8>) {
    let mut server = Server::start().await;
    newcomer(&server, "officer102", Role::UnitOfficer, Scope::Unit(HERE.unit("U102"))).await;
    for n in 0..year.inspectors {
        newcomer(&server, &inspector(n), Role::Inspector, Scope::Area(HERE.area(""))).await;
    }
    let photo = noise(1, 1000);
    for officer in &People::at(&server).await.officers {
        assert!(officer.upload(&photo, "image/jpeg").await.is_success());
    }
    // Only those with the day's clock are at work.
    server.kill();
    (server, photo)
}

async fn play(year: &Year, first: &Server, photo: &[u8]) -> Played {
    let mut dice = Dice::new(20_261_122);
    let mut conn: Conn = first.database.conn().await;
    let (mut items, mut done, mut calms, mut kills) = (Vec::new(), Done::new(), Vec::new(), Kills::default());
    let (mut last, mut number) = (None, 0);
    while number < year.days
        || (number < year.days + MORE && BY_PEOPLE.iter().any(|kind| !done.contains_key(kind)))
    {
        number += 1;
        drop(last.take());
        let (today, quiet) = two_at_work(first, number * DAY, &mut kills, &mut dice).await;
        calms.push(quiet);
        let mut people = People::at(&today).await;
        if number <= year.busy {
            let day = Day { number, visits: year.visits(), inspectors: year.inspectors };
            items.extend(patrol(&today, &mut people, &day, &mut dice).await);
        }
        let clock = Clock::ahead(number * DAY);
        let recent = &items[items.len().saturating_sub(RECENT)..];
        for _ in 0..TRIES * year.findings.div_ceil(year.days) {
            let item = *dice.pick(recent);
            act(&mut people, &mut conn, item, photo, clock.now(), (&mut dice, &mut done)).await;
        }
        last = Some(today);
    }
    calms.push(calm(&mut conn, &Clock::ahead(number * DAY)).await);
    Played { items: items.len(), done: done.values().sum(), calms, kills, last: last.expect("a day") }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_happens_once_and_on_its_day() {
    let (began, year) = (Instant::now(), Year::asked_for());
    let (first, photo) = county(&year).await;
    let played = play(&year, &first, &photo).await;
    let overseer = Speaker::sign_in(&played.last, "supervisor").await;
    counts_are_of_the_items(&first, &overseer).await;
    drop(played.last);
    let kills = &played.kills;
    assert!(kills.amid * 8 >= kills.due, "killed beside the work: {kills:?}");

    let lives = lives::all(&first).await;
    assert_eq!(lives.len(), played.items);
    let judge = Judge::new(&lives, played.calms);
    let faults: Vec<String> = lives
        .iter()
        .flat_map(|life| judge.faults(life).into_iter().chain(rows_agree(life, &judge)))
        .collect();
    assert!(faults.is_empty(), "{} faults, the first: {:#?}", faults.len(), &faults[..faults.len().min(10)]);
    let tried = is_not_blind(&judge, &lives, 300);
    balances(&first).await;
    let tally = lives::tally(&lives);
    tell!(
        "{} days, {} inspectors, {} findings, {} things done by people, {kills:?}: {tally:#?}\nnone missing, none twice, \
         all on their day; {tried} falsified steps seen; {:.0} s",
        year.days,
        year.inspectors,
        played.items,
        played.done,
        began.elapsed().as_secs_f64()
    );
    everything_happened(&year, &tally);
}

fn everything_happened(year: &Year, tally: &BTreeMap<String, usize>) {
    let mut kinds: Vec<&str> = BY_PEOPLE.into_iter().filter(|kind| !kind.ends_with("_step")).collect();
    kinds.extend([
        "hand_over",
        "approve_step:summon",
        "drop_step:summon",
        "clock:remind:blue",
        "clock:remind:yellow",
        "clock:remind:red",
        "clock:remind:receipt",
        "clock:remind:review",
        "clock:escalate:remind",
        "clock:escalate:supervise",
        "clock:escalate:summon",
    ]);
    if year.days > LONG {
        kinds.extend(["clock:escalate:admonish", "approve_step:admonish", "drop_step:admonish"]);
    }
    let never: Vec<_> = kinds.into_iter().filter(|kind| !tally.contains_key(*kind)).collect();
    assert!(never.is_empty(), "never happened: {never:?}; but {tally:#?}");
}

async fn balances(server: &Server) {
    let vain = "SELECT count(*)::text AS text FROM commands WHERE account_id IS NULL AND status <> 'applied'";
    assert_eq!(query_text(server, vain).await, "0", "no step was tried in vain");
    // What came in and went out of a unit is what stands there.
    let moved = "SELECT coalesce(sum(CASE WHEN kind IN ('new', 'reopened') THEN 1 ELSE -1 END), 0)::text AS text FROM item_moves";
    let open = "SELECT count(*)::text AS text FROM rectifications WHERE stage NOT IN ('listed', 'declined', 'closed', 'cancelled')";
    assert_eq!(query_text(server, moved).await, query_text(server, open).await);
    let output = server.command(&["verify", "ledger", "--jurisdiction", given::COUNTY]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
