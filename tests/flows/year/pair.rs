//! Two server processes with one clock, at work on what fell due, one of them killed while it takes steps.

use std::time::Duration;

use anfang::{clock::Clock, db::Conn};
use diesel_async::RunQueryDsl;

use super::{Dice, HERE, judge::Calm};
use crate::harness::Server;

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

async fn text(conn: &mut Conn, query: &str) -> String {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        text: String,
    }
    let row: Row = diesel::sql_query(query).get_result(conn).await.expect("a row");
    row.text
}

/// Items on which something has fallen due by this moment, as the server counts.
async fn left(conn: &mut Conn, now: chrono::DateTime<chrono::Utc>) -> u64 {
    let query =
        format!("SELECT count(*)::text AS text FROM rectifications WHERE next_at <= '{}'", now.to_rfc3339());
    text(conn, &query).await.parse().expect("a number")
}

/// The key of the lock that says whose turn it is to look for what fell due.
fn turn() -> String {
    format!("hashtextextended('deadlines ' || '{}', 0)", HERE.id())
}

/// Whose turn it is just now; empty: nobody's.
async fn at_work(conn: &mut Conn) -> String {
    let query = format!(
        "SELECT coalesce(max(a.application_name), '') AS text FROM pg_locks l JOIN pg_stat_activity a USING (pid) \
         WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database() \
            AND (l.classid::bigint << 32 | l.objid::bigint) = {}",
        turn()
    );
    text(conn, &query).await
}

fn one_of_two(server: &Server, name: &str, ahead: u32) -> Server {
    let (url, ahead) = (format!("{}?application_name={name}", server.database.url), ahead.to_string());
    server.another_with(&[("DATABASE_URL", url.as_str()), ("ANFANG_CLOCK_AHEAD_SECONDS", ahead.as_str())])
}

/// Starts both before either may begin, lets them go, and kills one at a random moment once a turn was taken. Gives the
/// other, when it has done all that was due.
pub async fn two_at_work(server: &Server, ahead: u32, kills: &mut Kills, dice: &mut Dice) -> (Server, Calm) {
    let clock = Clock::ahead(ahead);
    let mut gate = server.database.conn().await;
    text(&mut gate, &format!("SELECT pg_advisory_lock({})::text AS text", turn())).await;
    let mut pair = NAMES.map(|name| one_of_two(server, name, ahead));
    let mut conn = server.database.conn().await;
    let due = left(&mut conn, clock.now()).await;
    text(&mut gate, &format!("SELECT pg_advisory_unlock({})::text AS text", turn())).await;
    let mut busy = None;
    for _ in 0..if due > 0 { 3000 } else { 0 } {
        let name = at_work(&mut conn).await;
        busy = NAMES.iter().position(|one| *one == name);
        if busy.is_some() || left(&mut conn, clock.now()).await == 0 {
            break;
        }
    }
    tokio::time::sleep(Duration::from_millis(dice.below(40))).await;
    // Mostly the one at work.
    let killed = match (busy, dice.below(4)) {
        (Some(busy), 1..) => busy,
        (Some(busy), _) => 1 - busy,
        (None, n) => (n % 2) as usize,
    };
    pair[killed].kill();
    kills.all += 1;
    kills.due += u32::from(due > 0);
    kills.amid += u32::from(busy == Some(killed) && left(&mut conn, clock.now()).await > 0);
    let [one, two] = pair;
    let survivor = if killed == 0 { two } else { one };
    (survivor, calm(&mut conn, &clock).await)
}

/// Waits until all that is due is done.
pub async fn calm(conn: &mut Conn, clock: &Clock) -> Calm {
    for _ in 0..1200 {
        let at = clock.now();
        if left(conn, at).await == 0 {
            return Calm { at, seen: clock.now() };
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("what fell due is not done");
}
