//! The feed's promises (protocol-design §1, points 1, 2, 4 and 7) on real servers and a real Postgres: several phones
//! push and pull at once over links that lose answers, while a desk gives and takes grants, sites move between
//! townships, a server is killed. What is done is drawn from a seed; ANFANG_SEED=<n> does one again (the
//! operating system still decides who comes first), ANFANG_SEEDS=<n> does more.

mod desk;
mod phone;
mod truth;

use std::time::{Duration, Instant};

use futures::future::join_all;

use crate::harness::figures::tell;
use crate::harness::{
    County, Server,
    chance::{Dice, number},
    given,
};
use desk::Desk;
use phone::Phone;

const COUNTY: County = County(given::COUNTY);

/// Seeds in the default run.
const SEEDS: u64 = 8;
/// Rounds of one seed: in each, every phone does something at the same time.
const ROUNDS: u64 = 24;

/// What chance gives one of them in one round.
fn drawn(seed: u64, round: u64, who: u64) -> Dice {
    Dice::new(seed.wrapping_mul(0x9e37_79b9) ^ (round << 40) ^ (who << 20))
}

/// What happened in a run, so that one that did nothing shows.
#[derive(Debug, Default)]
struct Tally {
    commands: usize,
    pages: usize,
    lost: usize,
    resyncs: usize,
    desk: usize,
    kills: usize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_comes_between_everyone_ends_with_exactly_what_is_theirs() {
    let one = number("ANFANG_SEED");
    let many = number("ANFANG_SEEDS");
    let seeds = match (one, many) {
        (Some(seed), _) => seed..=seed,
        (None, many) => 1..=many.unwrap_or(SEEDS),
    };
    let begun = Instant::now();
    let mut total = Tally::default();
    for seed in seeds.clone() {
        tell!("seed {seed}");
        run(seed, &mut total).await;
    }
    tell!("{} seeds in {:.0?}: {total:?}", seeds.count(), begun.elapsed());
    if one.is_none() {
        assert!(
            total.commands > 0 && total.lost > 0 && total.resyncs > 0 && total.desk > 0 && total.kills > 0
        );
    }
}

async fn run(seed: u64, total: &mut Tally) {
    let first = Server::start().await;
    let second = first.another();
    let database = first.database.clone();
    let mut servers = [Some(first), Some(second)];
    let logins = ["inspector1", "inspector2", "resident", "supervisor1", "supervisor", "auditor"];
    let first = servers[0].as_ref().expect("a server");
    let mut phones: Vec<Phone> = join_all(logins.map(|login| Phone::sign_in(first, login))).await;
    let people: Vec<_> = phones.iter().map(|phone| (phone.login, phone.account())).collect();
    let mut desk = Desk::open(&database, &people).await;
    for round in 0..ROUNDS {
        let bases: Vec<String> = servers.iter().flatten().map(|server| server.base.clone()).collect();
        let mut dice = drawn(seed, round, 99);
        let struck = dice.percent(12).then(|| dice.below(servers.len()));
        let (server, delay) =
            (struck.and_then(|n| servers[n].take()), Duration::from_millis(dice.below(30) as u64));
        let phones_act = join_all(
            phones.iter_mut().enumerate().map(|(n, phone)| phone.act(drawn(seed, round, n as u64), &bases)),
        );
        let desk_acts = desk.act(drawn(seed, round, 50));
        let ((), (), risen) =
            futures::join!(async { drop(phones_act.await) }, desk_acts, strike(server, delay));
        if let (Some(n), Some(risen)) = (struck, risen) {
            servers[n] = Some(risen);
            total.kills += 1;
        }
        for phone in &phones {
            desk.check_scopes(phone, seed);
        }
    }
    let server = servers[0].as_ref().expect("a server");
    settle(seed, &mut phones, server).await;
    truth::check(seed, server, &phones).await;
    for phone in &phones {
        desk.check_scopes(phone, seed);
        total.commands += phone.outbox.len();
        total.pages += phone.pages.len();
        total.lost += phone.lost;
        total.resyncs += phone.mirror.resyncs;
    }
    total.desk += desk.acts;
}

/// SIGKILL in the middle, and a new process in its place.
async fn strike(server: Option<Server>, delay: Duration) -> Option<Server> {
    let server = server?;
    tokio::time::sleep(delay).await;
    Some(tokio::task::spawn_blocking(move || server.kill_and_start()).await.expect("a new server"))
}

/// The link is good again: everything is pushed, everything is pulled, in small pages.
async fn settle(seed: u64, phones: &mut [Phone], server: &Server) {
    for phone in phones.iter_mut() {
        phone.push_all(&server.base).await;
        let left: Vec<_> = phone.open().into_iter().map(|n| &phone.outbox[n]).collect();
        assert!(left.is_empty(), "seed {seed}: {} is left with {left:?}", phone.login);
    }
    for phone in phones {
        phone.pull_all(&server.base, Some(1500)).await;
    }
}
