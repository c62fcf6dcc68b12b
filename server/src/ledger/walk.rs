//! The chore of this room: walks along each chain once a day, and remembers how it was found.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{
    prelude::*,
    sql_types::{Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use anfang_protocol::ids::JurisdictionId;

use super::verify::verify;
use crate::{
    clock::Clock,
    db::{Conn, Db, prepared, schema::ledger_walks},
    failure::Result,
};

const EVERY_HOURS: i64 = 24;

/// How a chain was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Walk {
    pub checked_at: DateTime<Utc>,
    /// Every entry followed from the one before it, up to the head of that moment.
    pub whole: bool,
}

#[derive(QueryableByName)]
struct Due {
    #[diesel(sql_type = SqlUuid)]
    jurisdiction_id: Uuid,
}

/// Walks along the chains whose day has come; each is one process's. A chain that is broken is logged as an error, too.
///
/// # Errors
/// When the database fails; the walk is tried again a day later.
pub async fn along(db: &Db, clock: &Clock) -> Result<()> {
    while let Some(jurisdiction) = next(&mut *db.conn().await?, clock.now()).await? {
        let conn = &mut *db.conn().await?;
        let report = verify(conn, jurisdiction).await?;
        if let Some((seq, why)) = report.broken {
            tracing::error!(%jurisdiction, seq, why, "the ledger's chain is broken");
        }
        diesel::update(ledger_walks::table.find(jurisdiction.0))
            .set((ledger_walks::checked_at.eq(clock.now()), ledger_walks::whole.eq(report.ok())))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Takes one that is due, for this process.
async fn next(conn: &mut Conn, now: DateTime<Utc>) -> Result<Option<JurisdictionId>> {
    let due: Option<Due> = prepared(
        "INSERT INTO ledger_walks AS w (jurisdiction_id, next_at) \
         SELECT jurisdiction_id, $2 FROM jurisdictions j \
         WHERE NOT EXISTS (SELECT FROM ledger_walks d WHERE d.jurisdiction_id = j.jurisdiction_id AND d.next_at > $1) \
         LIMIT 1 \
         ON CONFLICT (jurisdiction_id) DO UPDATE SET next_at = excluded.next_at WHERE w.next_at <= $1 \
         RETURNING jurisdiction_id",
    )
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(now + TimeDelta::hours(EVERY_HOURS))
    .get_result(conn)
    .await
    .optional()?;
    Ok(due.map(|due| JurisdictionId(due.jurisdiction_id)))
}

/// The last walk along this chain, if there was one.
///
/// # Errors
/// When the database fails.
pub async fn last(conn: &mut Conn, jurisdiction: JurisdictionId) -> Result<Option<Walk>> {
    let found: Option<(Option<DateTime<Utc>>, Option<bool>)> = ledger_walks::table
        .find(jurisdiction.0)
        .select((ledger_walks::checked_at, ledger_walks::whole))
        .first(conn)
        .await
        .optional()?;
    Ok(found.and_then(|(at, whole)| Some(Walk { checked_at: at?, whole: whole? })))
}
