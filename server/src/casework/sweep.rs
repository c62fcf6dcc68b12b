//! The clock's chore: what fell due is reminded of and escalated, plans are unsealed, by commands through the hall like anybody's.
//!
//! Promises: on any number of processes, killed at any moment, each step happens once: its command's id follows from
//! the item, its revision and what fell due, so that a second giving is a repeat.
//! Never: keeps timers. An extension is one changed column.

use anfang_protocol::{
    canonical::canonical,
    clock::ClockReading,
    command::{Command, Envelope},
    ids::JurisdictionId,
    lifecycle::{Falls, Item, deadlines, falls},
    sha::Sha,
    sync::Status,
};
use chrono::{DateTime, Utc};
use diesel::{
    QueryDsl, QueryableByName,
    sql_types::{Bool, Text},
};
use diesel_async::{AsyncConnection, RunQueryDsl};
use serde_json::{json, value::to_raw_value};
use uuid::Uuid;

use super::{Hall, Submission, docket::terms, unseal};
use crate::{
    clock::Clock,
    db::{Conn, Db, prepared, schema::jurisdictions},
    failure::{Failure, Result},
    rectifications::store,
};

/// Items in one round.
const ROUND: i64 = 250;
/// Items that a round looks at anew after the rules have changed.
const PAGE: i64 = 1000;

/// One round over all jurisdictions. Returns how much was done; 0: nothing is due, or others see to it.
///
/// # Errors
/// Broken when the database fails.
pub async fn sweep(hall: &Hall, db: &Db, clock: &Clock) -> Result<usize> {
    let mut conn = db.conn().await?;
    let all: Vec<Uuid> = jurisdictions::table.select(jurisdictions::jurisdiction_id).load(&mut *conn).await?;
    let mut seen = 0;
    for jurisdiction in all.into_iter().map(JurisdictionId) {
        let now = clock.now();
        seen += conn
            .transaction::<_, Failure, _>(async |conn| round(conn, hall, jurisdiction, now).await)
            .await?;
    }
    Ok(seen)
}

/// Only one process at a time, so that nobody works for nothing; what keeps steps from happening twice is the ids.
async fn round(
    conn: &mut Conn,
    hall: &Hall,
    jurisdiction: JurisdictionId,
    now: DateTime<Utc>,
) -> Result<usize> {
    #[derive(QueryableByName)]
    struct Turn {
        #[diesel(sql_type = Bool)]
        mine: bool,
    }
    let turn: Turn =
        prepared("SELECT pg_try_advisory_xact_lock(hashtextextended('deadlines ' || $1, 0)) AS mine")
            .bind::<Text, _>(jurisdiction.to_string())
            .get_result(conn)
            .await?;
    if !turn.mine {
        return Ok(0);
    }
    let unsealed = unseal::unseal(conn, hall, jurisdiction, now).await?;
    let items = store::due(conn, jurisdiction, now, ROUND).await?;
    let terms = terms(conn, jurisdiction, hall.terms()).await?;
    let (mut batch, mut too_early) = (Vec::new(), Vec::new());
    for item in &items {
        let due = falls(item, now, &terms.calendar, &terms.rules);
        if due.is_empty() {
            too_early.push(item);
        }
        for falls in due {
            batch.push(submission(item, &falls)?);
        }
    }
    let applied = if batch.is_empty() { 0 } else { give(hall, jurisdiction, batch).await? };
    // The rules changed since it was said when to look. Only now: who waits for the hall must hold no rows that the
    // hall may wait for.
    let next = |item: &Item| deadlines::next(item, now, &terms.calendar, &terms.rules);
    store::reschedule(conn, jurisdiction, too_early.iter().copied(), next).await?;
    let anew = store::look_anew(conn, jurisdiction, now, PAGE, next).await?;
    Ok(unsealed + applied + too_early.len() + anew)
}

/// Gives the clock's commands; returns how many were applied. The others are looked for again, after a rest.
async fn give(hall: &Hall, jurisdiction: JurisdictionId, batch: Vec<Submission>) -> Result<usize> {
    let done = hall.perform(jurisdiction, batch, None).await?;
    let (applied, others): (Vec<_>, Vec<_>) =
        done.outcomes.iter().partition(|outcome| outcome.status == Status::Applied);
    for outcome in others {
        let problem = outcome.problem.as_ref().map(ToString::to_string);
        tracing::info!(command = ?outcome.id, status = ?outcome.status, problem, "a step of the clock was not applied");
    }
    Ok(applied.len())
}

/// The clock's command. Its text is the same whoever gives it, and whenever.
fn submission(item: &Item, falls: &Falls) -> Result<Submission> {
    let (id, act) = falls.command(item);
    let (kind, body) = (act.kind(), act.body());
    let text = canonical(&json!({ "n": 0, "id": id, "type": kind, "at": falls.at, "body": body }))?;
    let body = to_raw_value(&body)?;
    let envelope = Envelope {
        n: 0,
        id,
        kind: kind.to_owned(),
        base_rev: None,
        after: None,
        at: falls.at,
        clock: None,
        body,
    };
    Ok(Submission {
        actor: None,
        envelope,
        command: Ok(Command::Rectification(Box::new(act))),
        digest: Sha::of(text.as_bytes()),
        canonical: text,
        sent: ClockReading::wall(falls.at),
    })
}
