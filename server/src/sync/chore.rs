//! The chore of this room: forgets tombstones that only a very old cursor has not seen yet.
//!
//! Promises: a cursor below the floor is told to compare (docs/PROTOCOL.md § 10), so that nothing which left stays on a
//! phone; the floor goes by time alone, and tells nobody whether there was anything to forget.

use anfang_protocol::ids::JurisdictionId;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::{
    prelude::*,
    sql_types::{Int8, Nullable, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncConnection, RunQueryDsl};
use uuid::Uuid;

use crate::{
    db::{Conn, prepared, schema::heads},
    failure::{Failure, Result},
};

/// A phone that has pulled within so many days is told of every item that left; one that has not compares what it holds.
pub const TOMBSTONE_DAYS: i64 = 90;
/// Tombstones removed in one transaction, about: the jurisdiction's counter row is held meanwhile.
const BATCH: i64 = 5000;

#[derive(QueryableByName)]
struct Due {
    #[diesel(sql_type = SqlUuid)]
    jurisdiction_id: Uuid,
    /// The last number that is old enough.
    #[diesel(sql_type = Int8)]
    floor: i64,
    /// The one behind a batch of tombstones, if there are more.
    #[diesel(sql_type = Nullable<Int8>)]
    batch_end: Option<i64>,
}

/// Raises each jurisdiction's floor by a batch of tombstones, or to where its order stood 90 days ago; once a day, since
/// what is a little older than that does no harm. Returns whether there is more to do. Any time, any number of times,
/// anywhere.
///
/// # Errors
/// Broken when the database fails.
pub async fn sweep(conn: &mut Conn, now: DateTime<Utc>) -> Result<bool> {
    let due: Vec<Due> = prepared(
        "SELECT d.jurisdiction_id, d.floor, (SELECT f.seq FROM feed f \
             WHERE f.jurisdiction_id = d.jurisdiction_id AND NOT f.present AND f.seq <= d.floor \
             ORDER BY f.seq OFFSET $3 LIMIT 1) AS batch_end \
         FROM (SELECT h.jurisdiction_id, h.tombstone_floor, (SELECT l.seq FROM ledger l \
                 WHERE l.jurisdiction_id = h.jurisdiction_id AND l.seq < h.seq AND l.at < $1 \
                 ORDER BY l.seq DESC LIMIT 1) AS floor \
             FROM heads h WHERE (SELECT l.at FROM ledger l \
                 WHERE l.jurisdiction_id = h.jurisdiction_id AND l.seq > h.tombstone_floor \
                 ORDER BY l.seq LIMIT 1) < $2) d \
         WHERE d.floor > d.tombstone_floor",
    )
    .bind::<Timestamptz, _>(now - TimeDelta::days(TOMBSTONE_DAYS))
    .bind::<Timestamptz, _>(now - TimeDelta::days(TOMBSTONE_DAYS + 1))
    .bind::<Int8, _>(BATCH)
    .load(conn)
    .await?;
    for one in &due {
        forget(conn, JurisdictionId(one.jurisdiction_id), one.batch_end.unwrap_or(one.floor)).await?;
    }
    Ok(due.iter().any(|one| one.batch_end.is_some()))
}

/// Removes tombstones up to this number, and says so to cursors. The floor never goes down, and stays below the head.
///
/// # Errors
/// Broken when the database fails.
pub async fn forget(conn: &mut Conn, jurisdiction: JurisdictionId, floor: i64) -> Result<()> {
    conn.transaction(async |conn| {
        // The counter row first, as every writer does: the other way round two would wait for each other.
        let head = heads::table.filter(heads::jurisdiction_id.eq(jurisdiction.0));
        let raised =
            diesel::update(head.filter(heads::tombstone_floor.lt(floor)).filter(heads::seq.gt(floor)))
                .set(heads::tombstone_floor.eq(floor))
                .execute(conn)
                .await?;
        if raised == 1 {
            prepared("DELETE FROM feed WHERE jurisdiction_id = $1 AND NOT present AND seq <= $2")
                .bind::<SqlUuid, _>(jurisdiction.0)
                .bind::<Int8, _>(floor)
                .execute(conn)
                .await?;
        }
        Ok::<_, Failure>(())
    })
    .await
}
