//! Writes items, the findings and files under them, and what they moved.

use std::collections::{BTreeMap, BTreeSet};

use anfang_protocol::{
    evidence::EvidenceStatus,
    ids::{FindingId, JurisdictionId, RectificationId},
    lifecycle::{facts::ItemFinding, item::StageName, places::desk_id, reconcile::Move},
};
use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, Binary, Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::super::record::{Mention, Record};
use crate::{
    db::{Conn, prepared},
    failure::Result,
};

/// An item to be written, with what follows from it.
pub struct Saving<'a> {
    pub record: &'a Record,
    /// When something next falls due.
    pub next_at: Option<DateTime<Utc>>,
    /// Every file that it names now, with what is held of it.
    pub mentions: BTreeMap<Mention, EvidenceStatus>,
}

impl Saving<'_> {
    fn id(&self) -> Uuid {
        self.record.item.id().0
    }
}

/// Writes what is new or changed. Returns false when somebody else got in between: the caller rolls back and looks
/// again.
///
/// # Errors
/// Broken when the database fails or a part cannot be written as JSON.
pub async fn save(
    conn: &Conn,
    jurisdiction: JurisdictionId,
    items: &[Saving<'_>],
    moves: &[(i32, Move)],
) -> Result<bool> {
    if items.is_empty() {
        return Ok(true);
    }
    let (new, changed): (Vec<&Saving<'_>>, Vec<&Saving<'_>>) =
        items.iter().partition(|saving| saving.record.saved.is_none());
    // Findings, files and moves refer to items.
    let inserted = insert(conn, jurisdiction, &new).await?;
    let (updated, findings, (), ()) = tokio::try_join!(
        biased;
        update(conn, jurisdiction, &changed),
        save_findings(conn, jurisdiction, items),
        save_files(conn, jurisdiction, items),
        save_moves(conn, jurisdiction, moves),
    )?;
    Ok(inserted == new.len() && updated == changed.len() && findings)
}

/// The columns of items, side by side.
struct Columns {
    ids: Vec<Uuid>,
    sites: Vec<Option<Uuid>>,
    stages: Vec<String>,
    severities: Vec<String>,
    units: Vec<Option<Uuid>>,
    seen_by: Vec<Option<Uuid>>,
    persons: Vec<Option<String>>,
    due: Vec<Option<DateTime<Utc>>>,
    next: Vec<Option<DateTime<Utc>>>,
    closed: Vec<Option<DateTime<Utc>>>,
    rounds: Vec<i32>,
    revs: Vec<i32>,
    decided: Vec<i32>,
    bodies: Vec<String>,
    desks: Vec<String>,
}

fn columns(items: &[&Saving<'_>]) -> Result<Columns> {
    fn each<T>(items: &[&Saving<'_>], of: impl Fn(&Record) -> T) -> Vec<T> {
        items.iter().map(|saving| of(saving.record)).collect()
    }
    let json = |of: fn(&Record) -> serde_json::Result<String>| {
        items.iter().map(|saving| of(saving.record)).collect::<serde_json::Result<Vec<String>>>()
    };
    Ok(Columns {
        ids: each(items, |r| r.item.id().0),
        sites: each(items, |r| r.item.case.site_id.map(|site| site.0)),
        stages: each(items, |r| r.item.stage().as_str().to_owned()),
        severities: each(items, |r| r.item.case.severity.as_str().to_owned()),
        units: each(items, |r| r.item.unit().map(|unit| unit.0)),
        seen_by: each(items, Record::seen_by),
        persons: each(items, |r| r.item.case.stage.order().map(|order| order.person.name.clone())),
        due: each(items, Record::due_at),
        next: items.iter().map(|saving| saving.next_at).collect(),
        closed: each(items, Record::closed_at),
        rounds: each(items, |r| r.item.case.rounds.cast_signed()),
        revs: each(items, |r| r.item.rev.cast_signed()),
        decided: each(items, |r| r.decided_rev.cast_signed()),
        bodies: json(|r| serde_json::to_string(&r.item.case))?,
        desks: json(|r| serde_json::to_string(&r.item.desk))?,
    })
}

async fn insert(mut conn: &Conn, jurisdiction: JurisdictionId, items: &[&Saving<'_>]) -> Result<usize> {
    if items.is_empty() {
        return Ok(0);
    }
    let c = columns(items)?;
    let case = |of: fn(&Record) -> Uuid| items.iter().map(|s| of(s.record)).collect::<Vec<Uuid>>();
    Ok(prepared(
        "INSERT INTO rectifications (jurisdiction_id, rectification_id, site_id, stage, severity, unit_id, seen_by, person, \
            due_at, next_at, closed_at, rounds, rev, decided_rev, body, desk, desk_id, area_id, channel_area_id, source, \
            listed_at) \
         SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) \
         ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(c.ids)
    .bind::<Array<Nullable<SqlUuid>>, _>(c.sites)
    .bind::<Array<Text>, _>(c.stages)
    .bind::<Array<Text>, _>(c.severities)
    .bind::<Array<Nullable<SqlUuid>>, _>(c.units)
    .bind::<Array<Nullable<SqlUuid>>, _>(c.seen_by)
    .bind::<Array<Nullable<Text>>, _>(c.persons)
    .bind::<Array<Nullable<Timestamptz>>, _>(c.due)
    .bind::<Array<Nullable<Timestamptz>>, _>(c.next)
    .bind::<Array<Nullable<Timestamptz>>, _>(c.closed)
    .bind::<Array<Int4>, _>(c.rounds)
    .bind::<Array<Int4>, _>(c.revs)
    .bind::<Array<Int4>, _>(c.decided)
    .bind::<Array<Text>, _>(c.bodies)
    .bind::<Array<Text>, _>(c.desks)
    .bind::<Array<SqlUuid>, _>(case(|r| desk_id(r.item.id())))
    .bind::<Array<SqlUuid>, _>(case(|r| r.item.case.area_id.0))
    .bind::<Array<SqlUuid>, _>(case(|r| r.channel_area_id.0))
    .bind::<Array<Text>, _>(
        items.iter().map(|s| s.record.item.case.source.as_str().to_owned()).collect::<Vec<_>>(),
    )
    .bind::<Array<Timestamptz>, _>(items.iter().map(|s| s.record.item.case.listed.at).collect::<Vec<_>>())
    .execute(&mut conn)
    .await?)
}

/// The rows are locked; the revision is checked all the same.
async fn update(mut conn: &Conn, jurisdiction: JurisdictionId, items: &[&Saving<'_>]) -> Result<usize> {
    if items.is_empty() {
        return Ok(0);
    }
    let c = columns(items)?;
    Ok(prepared(
        "UPDATE rectifications r SET site_id = n.site_id, stage = n.stage, severity = n.severity, unit_id = n.unit_id, \
            seen_by = n.seen_by, person = n.person, due_at = n.due_at, next_at = n.next_at, closed_at = n.closed_at, \
            rounds = n.rounds, rev = n.rev, decided_rev = n.decided_rev, body = n.body, desk = n.desk \
         FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
            AS n (id, site_id, stage, severity, unit_id, seen_by, person, due_at, next_at, closed_at, rounds, rev, \
                  decided_rev, body, desk) \
         WHERE r.jurisdiction_id = $1 AND r.rectification_id = n.id AND r.rev < n.rev",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(c.ids)
    .bind::<Array<Nullable<SqlUuid>>, _>(c.sites)
    .bind::<Array<Text>, _>(c.stages)
    .bind::<Array<Text>, _>(c.severities)
    .bind::<Array<Nullable<SqlUuid>>, _>(c.units)
    .bind::<Array<Nullable<SqlUuid>>, _>(c.seen_by)
    .bind::<Array<Nullable<Text>>, _>(c.persons)
    .bind::<Array<Nullable<Timestamptz>>, _>(c.due)
    .bind::<Array<Nullable<Timestamptz>>, _>(c.next)
    .bind::<Array<Nullable<Timestamptz>>, _>(c.closed)
    .bind::<Array<Int4>, _>(c.rounds)
    .bind::<Array<Int4>, _>(c.revs)
    .bind::<Array<Int4>, _>(c.decided)
    .bind::<Array<Text>, _>(c.bodies)
    .bind::<Array<Text>, _>(c.desks)
    .execute(&mut conn)
    .await?)
}

/// Which finding stands where now. A cancelled item lets its findings go: they may be listed anew.
async fn save_findings(mut conn: &Conn, jurisdiction: JurisdictionId, items: &[Saving<'_>]) -> Result<bool> {
    let mut wanted: BTreeMap<FindingId, (RectificationId, &ItemFinding)> = BTreeMap::new();
    for saving in items.iter().filter(|saving| saving.record.item.stage() != StageName::Cancelled) {
        let item = &saving.record.item;
        wanted.extend(item.case.findings.iter().map(|finding| (finding.finding_id, (item.id(), finding))));
    }
    let touched: Vec<Uuid> = items.iter().map(Saving::id).collect();
    let (findings, under): (Vec<Uuid>, Vec<Uuid>) =
        wanted.iter().map(|(finding, (item, _))| (finding.0, item.0)).unzip();
    let bodies: Vec<String> =
        wanted.values().map(|(_, finding)| serde_json::to_string(finding)).collect::<Result<_, _>>()?;
    // Deletes what left an item, moves what went from one to another, adds what is new. A finding that stands under
    // an item which this batch does not hold stays there, and the count tells.
    let kept = prepared(
        "WITH gone AS ( \
            DELETE FROM item_findings WHERE jurisdiction_id = $1 AND rectification_id = ANY($5) \
                AND finding_id <> ALL($2)) \
         INSERT INTO item_findings AS f (jurisdiction_id, finding_id, rectification_id, body) \
         SELECT $1, * FROM unnest($2, $3, $4) \
         ON CONFLICT (jurisdiction_id, finding_id) DO UPDATE SET rectification_id = excluded.rectification_id \
            WHERE f.rectification_id = ANY($5)",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(findings)
    .bind::<Array<SqlUuid>, _>(under)
    .bind::<Array<Text>, _>(bodies)
    .bind::<Array<SqlUuid>, _>(touched)
    .execute(&mut conn)
    .await?;
    Ok(kept == wanted.len())
}

/// Adds mentions that are new, removes those that left with a finding.
async fn save_files(conn: &Conn, jurisdiction: JurisdictionId, items: &[Saving<'_>]) -> Result<()> {
    let added: Vec<(&Saving<'_>, &Mention, &EvidenceStatus)> = items
        .iter()
        .flat_map(|saving| saving.mentions.iter().map(move |(mention, status)| (saving, mention, status)))
        .filter(|(saving, mention, _)| !saving.record.files.contains(mention))
        .collect();
    let left: Vec<&Mention> = items
        .iter()
        .flat_map(|saving| saving.record.files.iter().filter(|file| !saving.mentions.contains_key(*file)))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    tokio::try_join!(
        biased;
        remove_files(conn, jurisdiction, &left),
        add_files(conn, jurisdiction, &added),
    )?;
    Ok(())
}

async fn remove_files(mut conn: &Conn, jurisdiction: JurisdictionId, left: &[&Mention]) -> Result<()> {
    if left.is_empty() {
        return Ok(());
    }
    prepared(
        "DELETE FROM item_evidence e USING unnest($2, $3, $4, $5) AS q (item_id, evidence_id, sha256, account_id) \
         WHERE e.jurisdiction_id = $1 AND e.item_id = q.item_id AND e.evidence_id = q.evidence_id \
            AND e.sha256 = q.sha256 AND e.account_id = q.account_id",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(left.iter().map(|m| m.half).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(left.iter().map(|m| m.evidence.0).collect::<Vec<_>>())
    .bind::<Array<Binary>, _>(left.iter().map(|m| m.sha.0.to_vec()).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(left.iter().map(|m| m.account.0).collect::<Vec<_>>())
    .execute(&mut conn)
    .await?;
    Ok(())
}

async fn add_files(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    added: &[(&Saving<'_>, &Mention, &EvidenceStatus)],
) -> Result<()> {
    if added.is_empty() {
        return Ok(());
    }
    prepared(
        "INSERT INTO item_evidence (jurisdiction_id, item_id, evidence_id, sha256, account_id, rectification_id, status) \
         SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(added.iter().map(|(_, m, _)| m.half).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(added.iter().map(|(_, m, _)| m.evidence.0).collect::<Vec<_>>())
    .bind::<Array<Binary>, _>(added.iter().map(|(_, m, _)| m.sha.0.to_vec()).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(added.iter().map(|(_, m, _)| m.account.0).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(added.iter().map(|(saving, ..)| saving.id()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(added.iter().map(|(.., status)| status.as_str().to_owned()).collect::<Vec<_>>())
    .execute(&mut conn)
    .await?;
    Ok(())
}

async fn save_moves(mut conn: &Conn, jurisdiction: JurisdictionId, moves: &[(i32, Move)]) -> Result<()> {
    if moves.is_empty() {
        return Ok(());
    }
    prepared(
        "INSERT INTO item_moves (jurisdiction_id, rectification_id, rev, unit_id, kind, at, group_id) \
         SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7)",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(moves.iter().map(|(_, m)| m.rectification_id.0).collect::<Vec<_>>())
    .bind::<Array<Int4>, _>(moves.iter().map(|(rev, _)| *rev).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(moves.iter().map(|(_, m)| m.unit_id.0).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(moves.iter().map(|(_, m)| m.kind.as_str().to_owned()).collect::<Vec<_>>())
    .bind::<Array<Timestamptz>, _>(moves.iter().map(|(_, m)| m.at).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(moves.iter().map(|(_, m)| m.group.map(|g| g.0)).collect::<Vec<_>>())
    .execute(&mut conn)
    .await?;
    Ok(())
}
