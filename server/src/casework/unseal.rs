//! The clock's chore for plans: what is to be unsealed by time is, by commands through the hall like anybody's.
//!
//! Promises: on any number of processes it happens once: the command's id follows from the plan and its time.

use anfang_protocol::{
    canonical::canonical,
    clock::ClockReading,
    command::{Command, Envelope},
    ids::{CommandId, JurisdictionId, PlanId},
    plan::UnsealPlan,
    sha::Sha,
    sync::Status,
};
use chrono::{DateTime, Utc};
use serde_json::{json, value::to_raw_value};
use uuid::Uuid;

use super::{Hall, Submission};
use crate::{db::Conn, failure::Result, plans::store};

/// Plans in one round.
const ROUND: i64 = 50;

/// Unseals what is due. Returns how many were.
///
/// # Errors
/// Broken when the database fails.
pub async fn unseal(
    conn: &Conn,
    hall: &Hall,
    jurisdiction: JurisdictionId,
    now: DateTime<Utc>,
) -> Result<usize> {
    let due = store::due(conn, jurisdiction, now, ROUND).await?;
    if due.is_empty() {
        return Ok(0);
    }
    let batch = due.iter().map(|(plan, at)| submission(*plan, *at)).collect::<Result<Vec<_>>>()?;
    let done = hall.perform(jurisdiction, batch, None).await?;
    Ok(done.outcomes.iter().filter(|outcome| outcome.status == Status::Applied).count())
}

/// The clock's command. Its text is the same whoever gives it, and whenever.
fn submission(plan: PlanId, at: DateTime<Utc>) -> Result<Submission> {
    let name = format!("unseal:{}", at.timestamp_micros());
    let id = CommandId(Uuid::new_v5(&plan.0, name.as_bytes()));
    let (kind, body) = ("plan.unseal", UnsealPlan { plan_id: plan });
    let text = canonical(&json!({ "n": 0, "id": id, "type": kind, "at": at, "body": body }))?;
    let envelope = Envelope {
        n: 0,
        id,
        kind: kind.to_owned(),
        base_rev: None,
        after: None,
        at,
        clock: None,
        body: to_raw_value(&body)?,
    };
    Ok(Submission {
        actor: None,
        envelope,
        command: Ok(Command::PlanUnseal(body)),
        digest: Sha::of(text.as_bytes()),
        canonical: text,
        sent: ClockReading::wall(at),
    })
}
