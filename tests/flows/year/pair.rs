//! Two server processes with one clock, at work on what fell due, one of them killed while it takes steps.

use std::time::Duration;

use anfang::clock::Clock;

use super::Dice;
use crate::harness::{
    Server,
    gate::{Calm, Gate, at_work, calm, left},
};

const NAMES: [&str; 2] = ["first_of_two", "second_of_two"];

/// What became of the kills.
#[derive(Debug, Default)]
pub struct Kills {
    pub all: u32,
    /// Days on which something had fallen due.
    pub due: u32,
    /// The one that was killed was the one at work, and steps were left over.
    pub amid: u32,
}

fn one_of_two(server: &Server, name: &str, ahead: u32) -> Server {
    let (url, ahead) = (format!("{}?application_name={name}", server.database.url), ahead.to_string());
    server.another_with(&[("DATABASE_URL", url.as_str()), ("ANFANG_CLOCK_AHEAD_SECONDS", ahead.as_str())])
}

/// Starts both before either may begin, lets them go, and kills one at a random moment once a turn was taken. Gives the
/// other, when it has done all that was due.
pub async fn two_at_work(server: &Server, ahead: u32, kills: &mut Kills, dice: &mut Dice) -> (Server, Calm) {
    let clock = Clock::ahead(ahead);
    let mut gate = Gate::shut(server).await;
    let mut pair = NAMES.map(|name| one_of_two(server, name, ahead));
    let mut conn = server.database.conn().await;
    let due = left(&mut conn, clock.now()).await;
    gate.open().await;
    let mut busy = None;
    while busy.is_none() && left(&mut conn, clock.now()).await > 0 {
        let name = at_work(&mut conn).await;
        busy = NAMES.iter().position(|one| *one == name);
    }
    tokio::time::sleep(Duration::from_millis(dice.below(25) as u64)).await;
    // Mostly the one at work.
    let killed = match (busy, dice.below(4)) {
        (Some(busy), 1..) => busy,
        (Some(busy), _) => 1 - busy,
        (None, n) => n % 2,
    };
    pair[killed].kill();
    kills.all += 1;
    kills.due += u32::from(due > 0);
    kills.amid += u32::from(busy == Some(killed) && left(&mut conn, clock.now()).await > 0);
    let [one, two] = pair;
    let survivor = if killed == 0 { two } else { one };
    (survivor, calm(&mut conn, &clock).await)
}
