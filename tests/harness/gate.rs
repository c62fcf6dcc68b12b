//! The turn at looking for what fell due, held by the test: while the gate is shut, no server process takes a step of the
//! clock.

use anfang::{clock::Clock, db::Conn};
use chrono::{DateTime, Utc};
use diesel_async::RunQueryDsl;

use super::{Server, given};

/// All that was due at `at` was seen to be done at `seen`.
#[derive(Debug, Clone, Copy)]
pub struct Calm {
    pub at: DateTime<Utc>,
    pub seen: DateTime<Utc>,
}

/// The gate of the first county; opens when it is dropped.
pub struct Gate {
    conn: Conn,
}

/// The key of the lock.
fn turn() -> String {
    format!("hashtextextended('deadlines ' || '{}', 0)", given::County(given::COUNTY).id())
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

impl Gate {
    pub async fn shut(server: &Server) -> Self {
        let mut gate = Gate { conn: server.database.conn().await };
        gate.shut_again().await;
        gate
    }

    pub async fn shut_again(&mut self) {
        text(&mut self.conn, &format!("SELECT pg_advisory_lock({})::text AS text", turn())).await;
    }

    pub async fn open(&mut self) {
        text(&mut self.conn, &format!("SELECT pg_advisory_unlock({})::text AS text", turn())).await;
    }
}

/// The name, as the database knows it, of the process whose turn it is just now; empty: nobody's.
pub async fn at_work(conn: &mut Conn) -> String {
    let query = format!(
        "SELECT coalesce(max(a.application_name), '') AS text FROM pg_locks l JOIN pg_stat_activity a USING (pid) \
         WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database() \
            AND (l.classid::bigint << 32 | l.objid::bigint) = {}",
        turn()
    );
    text(conn, &query).await
}

/// Items on which something has fallen due by this moment, as the server counts.
pub async fn left(conn: &mut Conn, now: DateTime<Utc>) -> u64 {
    let now = now.to_rfc3339();
    let query = format!("SELECT count(*)::text AS text FROM rectifications WHERE next_at <= '{now}'");
    text(conn, &query).await.parse().expect("a number")
}

/// Waits until all that is due is done.
pub async fn calm(conn: &mut Conn, clock: &Clock) -> Calm {
    for _ in 0..3000 {
        let at = clock.now();
        if left(conn, at).await == 0 {
            return Calm { at, seen: clock.now() };
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("what fell due is not done");
}
