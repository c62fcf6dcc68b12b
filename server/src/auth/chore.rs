//! The chore of this room: forgets refresh tokens that nothing can come of any more.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::sql_types::{Int8, Timestamptz};
use diesel_async::RunQueryDsl;

use crate::{
    auth::sessions::REFRESH_DAYS,
    db::{Conn, prepared},
    failure::Result,
};

/// Rows removed by one statement.
const BATCH: i64 = 1000;

/// Removes refresh tokens that are past their life: they are refused with or without their row. One batch;
/// returns how many, and is to be called again when it was full. Any time, any number of times, anywhere.
pub async fn sweep(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    // A day more than their life: server processes may disagree about the time.
    let before = now - TimeDelta::days(REFRESH_DAYS + 1);
    Ok(prepared(
        "DELETE FROM refresh_tokens WHERE (jurisdiction_id, token_sha256) IN ( \
             SELECT jurisdiction_id, token_sha256 FROM refresh_tokens WHERE issued_at < $1 LIMIT $2 \
             FOR UPDATE SKIP LOCKED)",
    )
    .bind::<Timestamptz, _>(before)
    .bind::<Int8, _>(BATCH)
    .execute(conn)
    .await?)
}
