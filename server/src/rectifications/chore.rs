//! The chore of this room: adds the changes of tallies up.
//!
//! Promises: any number of processes, killed at any moment, count nothing twice: a change is taken out and added in one
//! statement. Counts are right at any time, added up or not.

use diesel::{QueryableByName, sql_types::Bool};
use diesel_async::{AsyncConnection, RunQueryDsl};

use crate::{
    db::{Conn, prepared},
    failure::{Failure, Result},
};

/// Adds up what has come since the last time. Returns how many tallies changed.
///
/// # Errors
/// Broken when the database fails.
pub async fn add_up(conn: &mut Conn) -> Result<usize> {
    #[derive(QueryableByName)]
    struct Turn {
        #[diesel(sql_type = Bool)]
        mine: bool,
    }
    conn.transaction::<_, Failure, _>(async |conn| {
        let turn: Turn =
            prepared("SELECT pg_try_advisory_xact_lock(hashtextextended('tallies', 0)) AS mine").get_result(conn).await?;
        if !turn.mine {
            return Ok(0);
        }
        let items = prepared(
            "WITH gone AS (DELETE FROM item_deltas RETURNING *) \
             INSERT INTO item_tallies AS t \
                (jurisdiction_id, channel_area_id, area_id, seen_by, unit_id, person, stage, severity, source, n) \
             SELECT jurisdiction_id, channel_area_id, area_id, seen_by, unit_id, person, stage, severity, source, sum(n) \
             FROM gone GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 HAVING sum(n) <> 0 \
             ON CONFLICT (jurisdiction_id, channel_area_id, area_id, seen_by, unit_id, person, stage, severity, source) \
             DO UPDATE SET n = t.n + excluded.n",
        )
        .execute(conn)
        .await?;
        if items > 0 {
            prepared("DELETE FROM item_tallies WHERE n = 0").execute(conn).await?;
        }
        let moves = prepared(
            "WITH gone AS (DELETE FROM move_deltas RETURNING *) \
             INSERT INTO move_tallies AS t \
             SELECT jurisdiction_id, channel_area_id, unit_id, day, kind, sum(n) FROM gone GROUP BY 1, 2, 3, 4, 5 \
             ON CONFLICT (jurisdiction_id, channel_area_id, unit_id, day, kind) DO UPDATE SET n = t.n + excluded.n",
        )
        .execute(conn)
        .await?;
        Ok(items + moves)
    })
    .await
}
