//! Performs a batch of commands in one transaction: load, decide, save, append to the ledger.

use anfang_protocol::{
    command::Command,
    feed::{Channel, Kind},
    ids::JurisdictionId,
    notice::Notice,
    sync::{Outcome, Status},
    verdict::Flag,
};
use chrono::{DateTime, Datelike, Utc};
use diesel::sql_types::{Array, Binary, Int8, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    decide::decide,
    docket::{self, TermsCache},
    dossier::{self, Told},
    item,
    load::{ChecklistCache, load},
    plan,
    submission::Submission,
    tell,
    world::World,
};
use crate::{
    auth::grants,
    db::{Conn, prepared},
    failpoint,
    failure::Result,
    inspections,
    ledger::{self, Entry, Head, Place},
    notices, plans, rectifications,
};

/// What stays in memory between batches.
#[derive(Clone)]
pub struct Caches {
    pub checklists: ChecklistCache,
    pub terms: TermsCache,
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
    caches: &Caches,
    now: DateTime<Utc>,
) -> Result<Option<Performed>> {
    let mut world = load(conn, jurisdiction, batch, &caches.checklists).await?;
    world.docket = docket::load(conn, jurisdiction, batch, &world.inspections, &caches.terms).await?;
    world.dossier = dossier::load(conn, jurisdiction, batch, now.year()).await?;
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
        let shared: &Conn = conn;
        let told = notices_of(shared, jurisdiction, &world, now).await?;
        performed.places = places(&world);
        performed.places.extend(told.iter().map(notices::store::place));
        let entries = entries(&fresh, &world, now)?;
        failpoint::pass("push.before_writes");
        let saved = inspections::store::save(shared, jurisdiction, &touched).await?
            && rectifications::store::save(
                shared,
                jurisdiction,
                &item::savings(&world, now),
                &world.docket.moves,
            )
            .await?
            && plans::store::save(shared, jurisdiction, &world.dossier.changed()).await?;
        notices::store::save(shared, jurisdiction, &told).await?;
        failpoint::pass("push.before_append");
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
        if let Some(head) = head {
            let_in(conn, jurisdiction, &world, head, now).await?;
        }
    }
    performed.outcomes = decided.into_iter().map(|(outcome, _)| outcome).collect();
    Ok(Some(performed))
}

/// Lets the author and the team of each plan that was sealed into its channel. Behind the append, because
/// memberships carry its number; the counter row is held till the commit.
async fn let_in(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    world: &World,
    head: Head,
    now: DateTime<Utc>,
) -> Result<()> {
    for record in world.dossier.sealed_now() {
        let plan = &record.plan;
        grants::let_into_plan(conn, jurisdiction, now, plan.plan_id, plan.sealed.by, &plan.team, head.seq)
            .await?;
    }
    Ok(())
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
    let reports = touched.flat_map(|record| {
        [Channel::Area(record.channel_area_id), Channel::Person(record.account_id)]
            .map(|channel| Place::put(channel, Kind::Inspection, record.inspection_id.0, record.rev))
    });
    reports.chain(item::standing(world)).chain(plan::standing(world)).collect()
}

/// What people are told by this batch, and what they said that they have read.
async fn notices_of(
    conn: &Conn,
    jurisdiction: JurisdictionId,
    world: &World,
    now: DateTime<Utc>,
) -> Result<Vec<Notice>> {
    let mut told = tell::notices(conn, jurisdiction, &world.docket, now).await?;
    told.extend(world.notices.iter().chain(&world.dossier.notices).cloned());
    told.extend(world.docket.read.iter().filter_map(|id| world.docket.notices.get(id)).cloned());
    Ok(told)
}

/// Whether the command changed something: a conflict over an item keeps the late command in it.
fn writes(submission: &Submission, outcome: &Outcome) -> bool {
    let item = matches!(submission.command, Ok(Command::Rectification(_)));
    outcome.status == Status::Applied || item && outcome.status == Status::Conflict
}

/// A ledger entry of a command. Fields in alphabetical order: the text is canonical as it is written.
#[derive(Serialize)]
struct CommandEntry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    command: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    flags: &'a [Flag],
    /// Of a plan that was sealed: its draw's commitment. Of one that was unsealed: the seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<&'a Told>,
    received_at: DateTime<Utc>,
    rev: &'a str,
    /// Told only when it is not `applied`.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a Status>,
}

fn entries(fresh: &[(&Submission, &Outcome)], world: &World, now: DateTime<Utc>) -> Result<Vec<Entry>> {
    fresh
        .iter()
        .filter(|(submission, outcome)| writes(submission, outcome))
        .map(|(submission, outcome)| {
            let text = serde_json::to_string(&CommandEntry {
                account: submission.account().map(|id| id.to_string()),
                command: serde_json::from_str(&submission.canonical)?,
                device: submission.device().map(|id| id.to_string()),
                flags: &outcome.flags,
                plan: world.dossier.told.get(&submission.envelope.id),
                received_at: now,
                rev: outcome.rev.as_deref().unwrap_or_default(),
                status: Some(&outcome.status).filter(|status| **status != Status::Applied),
            })?;
            let entry = Entry {
                kind: submission.envelope.kind.clone(),
                command: Some(submission.envelope.id),
                account: submission.account(),
                device: submission.device(),
                at: now,
                text,
            };
            Ok(entry)
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
    // The clock keeps no outcomes.
    let outcomes: Vec<Option<String>> = fresh
        .iter()
        .map(|(s, outcome)| s.actor.map(|_| serde_json::to_string(outcome)).transpose())
        .collect::<Result<_, _>>()?;
    let status = |outcome: &Outcome| match outcome.status {
        Status::Applied => "applied",
        Status::Conflict => "conflict",
        _ => "rejected",
    };
    Ok(prepared(
        "INSERT INTO commands (jurisdiction_id, command_id, account_id, device_id, n, kind, item_id, digest, status, \
            outcome, given_at, received_at) \
         SELECT $1, c.*, $12 FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11) AS c ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(fresh.iter().map(|(s, _)| s.envelope.id.0).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(
        fresh.iter().map(|(s, _)| s.account().map(|id| id.0)).collect::<Vec<_>>(),
    )
    .bind::<Array<Nullable<SqlUuid>>, _>(fresh.iter().map(|(s, _)| s.device().map(|id| id.0)).collect::<Vec<_>>())
    .bind::<Array<Int8>, _>(fresh.iter().map(|(s, _)| i64::from(s.envelope.n)).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(fresh.iter().map(|(s, _)| s.envelope.kind.as_str()).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(
        fresh.iter().map(|(s, _)| s.command.as_ref().ok().map(Command::item)).collect::<Vec<_>>(),
    )
    .bind::<Array<Binary>, _>(fresh.iter().map(|(s, _)| &s.digest.0[..]).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(fresh.iter().map(|(_, o)| status(o)).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(outcomes)
    .bind::<Array<Timestamptz>, _>(fresh.iter().map(|(s, _)| s.envelope.at).collect::<Vec<_>>())
    .bind::<Timestamptz, _>(now)
    .execute(&mut conn)
    .await?)
}
