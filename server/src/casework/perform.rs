//! Performs a batch of commands in one transaction: load, decide, save, append to the ledger.

use anfang_protocol::{
    Problem,
    canonical::canonical,
    clock::ClockReading,
    command::{Command, Envelope},
    feed::{Channel, Kind},
    ids::JurisdictionId,
    review::Flag,
    sha::Sha,
    sync::{Outcome, Status},
};
use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, Binary, Int8, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    decide::decide,
    load::{ChecklistCache, load},
    world::World,
};
use crate::{
    auth::Actor,
    db::{Conn, prepared},
    failure::Result,
    inspections,
    ledger::{self, Entry, Head, Place},
};

/// A command, read, with who gave it and when it was sent.
#[derive(Debug, Clone)]
pub struct Submission {
    pub actor: Actor,
    pub envelope: Envelope,
    /// What it says in today's words, or why that cannot be read.
    pub command: Result<Command, Problem>,
    /// The canonical text of the command as sent, and its SHA-256.
    pub canonical: String,
    pub digest: Sha,
    /// The phone's clocks when the push left it.
    pub sent: ClockReading,
}

/// What became of a batch.
pub struct Performed {
    /// In the order of the batch.
    pub outcomes: Vec<Outcome>,
    pub places: Vec<Place>,
    /// Where the ledger ended, if anything was appended.
    pub head: Option<Head>,
}

/// Runs inside the caller's transaction. `None`: somebody else got in between; roll back and try again.
///
/// # Errors
/// Broken when the database fails; a refused command is an outcome, not an error.
pub async fn perform(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    batch: &[&Submission],
    cache: &ChecklistCache,
    now: DateTime<Utc>,
) -> Result<Option<Performed>> {
    let mut world = load(conn, jurisdiction, batch, cache).await?;
    let decided: Vec<(Outcome, bool)> =
        batch.iter().map(|submission| decide(&mut world, submission, now)).collect();
    let fresh: Vec<(&Submission, &Outcome)> = batch
        .iter()
        .zip(&decided)
        .filter(|(_, (_, new))| *new)
        .map(|(submission, (outcome, _))| (*submission, outcome))
        .collect();
    let mut performed = Performed { outcomes: Vec::new(), places: Vec::new(), head: None };
    if !fresh.is_empty() {
        let touched: Vec<_> =
            world.inspections.values().filter(|r| world.touched.contains(&r.inspection_id)).collect();
        performed.places = places(&world);
        let entries = entries(&fresh, now)?;
        let shared: &Conn = conn;
        let saved = inspections::store::save(shared, jurisdiction, &touched).await?;
        // Sent one behind the other, without waiting in between. If somebody got in between, all is rolled back.
        let (kept, head) = tokio::try_join!(
            biased;
            save_commands(shared, jurisdiction, &fresh, now),
            append(shared, jurisdiction, &entries, &performed.places),
        )?;
        if !saved || kept != fresh.len() {
            return Ok(None);
        }
        performed.head = head;
    }
    performed.outcomes = decided.into_iter().map(|(outcome, _)| outcome).collect();
    Ok(Some(performed))
}

async fn append(
    conn: &Conn,
    jurisdiction: JurisdictionId,
    entries: &[Entry],
    places: &[Place],
) -> Result<Option<Head>> {
    if entries.is_empty() {
        return Ok(None);
    }
    ledger::append(conn, jurisdiction, entries, places).await.map(Some)
}

/// Where the inspections that were made or changed stand.
fn places(world: &World) -> Vec<Place> {
    let touched = world.inspections.values().filter(|record| world.touched.contains(&record.inspection_id));
    touched
        .flat_map(|record| {
            [Channel::Area(record.channel_area_id), Channel::Person(record.account_id)]
                .map(|channel| Place::put(channel, Kind::Inspection, record.inspection_id.0, record.rev))
        })
        .collect()
}

/// A ledger entry of a command. Fields in alphabetical order: the text is canonical as it is written.
#[derive(Serialize)]
struct CommandEntry<'a> {
    account: &'a str,
    command: &'a RawValue,
    device: &'a str,
    flags: &'a [Flag],
    received_at: DateTime<Utc>,
    rev: &'a str,
}

fn entries(fresh: &[(&Submission, &Outcome)], now: DateTime<Utc>) -> Result<Vec<Entry>> {
    fresh
        .iter()
        .filter(|(_, outcome)| outcome.status == Status::Applied)
        .map(|(submission, outcome)| {
            let text = serde_json::to_string(&CommandEntry {
                account: &submission.actor.account.to_string(),
                command: serde_json::from_str(&submission.canonical)?,
                device: &submission.actor.device.to_string(),
                flags: &outcome.flags,
                received_at: now,
                rev: outcome.rev.as_deref().unwrap_or_default(),
            })?;
            let entry = Entry {
                kind: submission.envelope.kind.clone(),
                command: Some(submission.envelope.id),
                account: None,
                device: None,
                at: now,
                text,
            };
            Ok(entry.by(submission.actor.account, submission.actor.device))
        })
        .collect()
}

async fn save_commands(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    fresh: &[(&Submission, &Outcome)],
    now: DateTime<Utc>,
) -> Result<usize> {
    // Everybody writes in the order of the ids: two batches with commands in common never wait crosswise.
    let mut fresh = fresh.to_vec();
    fresh.sort_by_key(|(submission, _)| submission.envelope.id);
    let outcomes: Vec<String> =
        fresh.iter().map(|(_, outcome)| serde_json::to_string(outcome)).collect::<Result<_, _>>()?;
    let status = |outcome: &Outcome| match outcome.status {
        Status::Applied => "applied",
        Status::Conflict => "conflict",
        _ => "rejected",
    };
    Ok(prepared(
        "INSERT INTO commands (jurisdiction_id, command_id, account_id, device_id, n, kind, item_id, digest, status, \
            outcome, received_at) \
         SELECT $1, c.*, $11 FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10) AS c ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(fresh.iter().map(|(s, _)| s.envelope.id.0).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(fresh.iter().map(|(s, _)| s.actor.account.0).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(fresh.iter().map(|(s, _)| s.actor.device.0).collect::<Vec<_>>())
    .bind::<Array<Int8>, _>(fresh.iter().map(|(s, _)| i64::from(s.envelope.n)).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(fresh.iter().map(|(s, _)| s.envelope.kind.as_str()).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(
        fresh.iter().map(|(s, _)| s.command.as_ref().ok().map(Command::item)).collect::<Vec<_>>(),
    )
    .bind::<Array<Binary>, _>(fresh.iter().map(|(s, _)| &s.digest.0[..]).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(fresh.iter().map(|(_, o)| status(o)).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(outcomes)
    .bind::<Timestamptz, _>(now)
    .execute(&mut conn)
    .await?)
}

/// Reads a command as sent. `None`: it has no readable envelope, so it has no id to remember an outcome by.
///
/// # Errors
/// The problem to tell about an unreadable envelope.
pub fn read(actor: Actor, raw: &RawValue, sent: &ClockReading) -> Result<Submission, Problem> {
    use anfang_protocol::Code;
    let unreadable = |detail: String| Problem::new(Code::CommandUnreadable).detail(detail);
    let envelope: Envelope =
        serde_json::from_str(raw.get()).map_err(|error| unreadable(error.to_string()))?;
    if envelope.kind.contains('\0') || envelope.kind.len() > 100 {
        return Err(unreadable("the type is no text of at most 100 bytes".into()));
    }
    let value: serde_json::Value =
        serde_json::from_str(raw.get()).map_err(|error| unreadable(error.to_string()))?;
    let text = canonical(&value).map_err(|error| unreadable(error.to_string()))?;
    let limit = anfang_protocol::limits::COMMAND_BYTES;
    let command = if raw.get().len() > limit {
        Err(Problem::new(Code::CommandTooLarge).detail(format!("{} bytes, at most {limit}", raw.get().len())))
    } else if has_nul(&value) {
        // Postgres keeps no NUL in text; a report with one was never typed by a person.
        Err(Problem::new(Code::TextInvalid).detail("a text has a NUL character"))
    } else {
        Command::read(&envelope.kind, &envelope.body)
    };
    Ok(Submission {
        actor,
        envelope,
        command,
        digest: Sha::of(text.as_bytes()),
        canonical: text,
        sent: sent.clone(),
    })
}

/// Whether any text of the value has a NUL character.
fn has_nul(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(values) => values.iter().any(has_nul),
        serde_json::Value::Object(fields) => {
            fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value))
        }
        _ => false,
    }
}
