//! Reads items: locked for a command, due for the clock, as they travel for the feed.

use std::collections::{BTreeSet, HashMap};

use anfang_protocol::{
    evidence::EvidenceStatus,
    ids::{AccountId, EvidenceId, FindingId, JurisdictionId, RectificationId, UnitId},
    lifecycle::{
        facts::ItemFinding,
        item::{Desk, Item, Rectification},
        look_back::TrackRecord,
    },
    sha::Sha,
};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, Int8, Text, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use super::super::record::{Mention, Record};
use crate::{
    db::{
        Conn, Here, prepared,
        schema::{item_evidence, item_findings, rectifications},
    },
    failure::Result,
};

type Row = (Uuid, i32, i32, String, String);

pub(super) fn item(rev: i32, body: &str, desk: &str) -> Result<Item> {
    let case: Rectification = serde_json::from_str(body)?;
    Ok(Item { rev: rev.unsigned_abs(), case, desk: serde_json::from_str::<Desk>(desk)? })
}

/// Files of items: what is held of each, and who mentioned it.
struct FileRow {
    rectification: Uuid,
    mention: Mention,
    status: EvidenceStatus,
}

async fn files(mut conn: &Conn, jurisdiction: JurisdictionId, ids: &[Uuid]) -> Result<Vec<FileRow>> {
    type Raw = (Uuid, Uuid, Uuid, Vec<u8>, Uuid, String);
    let rows: Vec<Raw> = item_evidence::table
        .filter(item_evidence::jurisdiction_id.eq(Here(jurisdiction.0)))
        .filter(item_evidence::rectification_id.eq_any(ids))
        .select((
            item_evidence::rectification_id,
            item_evidence::item_id,
            item_evidence::evidence_id,
            item_evidence::sha256,
            item_evidence::account_id,
            item_evidence::status,
        ))
        .load(&mut conn)
        .await?;
    let read = |(rectification, half, evidence, sha, account, status): Raw| {
        let mention = Mention {
            half,
            evidence: EvidenceId(evidence),
            sha: Sha::from_slice(&sha)?,
            account: AccountId(account),
        };
        Some(FileRow { rectification, mention, status: status.as_str().into() })
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// What is held of the files that the unit's half names; of two mentions of one file the better.
fn statuses<'a>(
    id: Uuid,
    files: impl Iterator<Item = &'a FileRow>,
) -> HashMap<(EvidenceId, Sha), EvidenceStatus> {
    let mut known: HashMap<(EvidenceId, Sha), EvidenceStatus> = HashMap::new();
    for file in files.filter(|file| file.rectification == id && file.mention.half == id) {
        let slot = known.entry((file.mention.evidence, file.mention.sha)).or_insert(EvidenceStatus::Missing);
        if *slot != EvidenceStatus::Stored && file.status != EvidenceStatus::Missing {
            *slot = file.status.clone();
        }
    }
    known
}

/// Locks and loads items, in the order of their ids so that two writers never wait for each other crosswise.
///
/// # Errors
/// Broken when the database fails or a stored body cannot be read.
pub async fn lock(mut conn: &Conn, jurisdiction: JurisdictionId, ids: &[Uuid]) -> Result<Vec<Record>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = rectifications::table
        .filter(rectifications::jurisdiction_id.eq(Here(jurisdiction.0)))
        .filter(rectifications::rectification_id.eq_any(ids))
        .order(rectifications::rectification_id)
        .for_update()
        .select((
            rectifications::channel_area_id,
            rectifications::rev,
            rectifications::decided_rev,
            rectifications::body,
            rectifications::desk,
        ))
        .load(&mut conn)
        .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    // A statement of its own, behind the locks: what arrived before them is seen.
    let files = files(conn, jurisdiction, ids).await?;
    let mut records = Vec::with_capacity(rows.len());
    for (channel_area, rev, decided_rev, body, desk) in rows {
        let item = item(rev, &body, &desk)?;
        let id = item.id().0;
        let own = files.iter().filter(|file| file.rectification == id);
        let mut record = Record {
            item,
            channel_area_id: channel_area.into(),
            decided_rev: decided_rev.unsigned_abs(),
            saved: None,
            files: own.map(|file| file.mention.clone()).collect(),
        };
        record.put_statuses(&statuses(id, files.iter()));
        record.saved = Some(record.item.clone());
        records.push(record);
    }
    Ok(records)
}

/// Under which items these findings stand, and as what.
///
/// # Errors
/// Broken when the database fails or a stored body cannot be read.
pub async fn listed(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    findings: &[Uuid],
) -> Result<HashMap<FindingId, (RectificationId, ItemFinding)>> {
    if findings.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(Uuid, Uuid, String)> = item_findings::table
        .filter(item_findings::jurisdiction_id.eq(Here(jurisdiction.0)))
        .filter(item_findings::finding_id.eq_any(findings))
        .select((item_findings::finding_id, item_findings::rectification_id, item_findings::body))
        .load(&mut conn)
        .await?;
    rows.into_iter()
        .map(|(finding, item, body)| Ok((finding.into(), (item.into(), serde_json::from_str(&body)?))))
        .collect()
}

/// How the closed items of these units held.
///
/// # Errors
/// Broken when the database fails.
pub async fn track_records(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    units: &[Uuid],
) -> Result<HashMap<UnitId, TrackRecord>> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = SqlUuid)]
        unit_id: Uuid,
        #[diesel(sql_type = Int8)]
        closed: i64,
        #[diesel(sql_type = Int8)]
        relapsed: i64,
    }
    if units.is_empty() {
        return Ok(HashMap::new());
    }
    let counts: Vec<Count> = prepared(
        "SELECT unit_id, count(*) FILTER (WHERE kind = 'closed') AS closed, \
            count(*) FILTER (WHERE kind = 'reopened') AS relapsed \
         FROM item_moves WHERE jurisdiction_id = $1 AND unit_id = ANY($2) GROUP BY unit_id",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(units.to_vec())
    .load(&mut conn)
    .await?;
    let number = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
    let read =
        |c: Count| (c.unit_id.into(), TrackRecord { closed: number(c.closed), relapsed: number(c.relapsed) });
    Ok(counts.into_iter().map(read).collect())
}

/// Items on which something fell due, the longest due first.
///
/// # Errors
/// Broken when the database fails or a stored body cannot be read.
pub async fn due(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Item>> {
    let rows: Vec<(i32, String, String)> = rectifications::table
        .filter(rectifications::jurisdiction_id.eq(jurisdiction.0))
        .filter(rectifications::next_at.le(now))
        .order(rectifications::next_at)
        .limit(limit)
        .select((rectifications::rev, rectifications::body, rectifications::desk))
        .load(&mut conn)
        .await?;
    rows.iter().map(|(rev, body, desk)| item(*rev, body, desk)).collect()
}

/// The halves that units may see, as they travel.
///
/// # Errors
/// Broken when the database fails or a stored body cannot be read.
pub async fn wire(
    conn: &Conn,
    jurisdiction: JurisdictionId,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, Box<RawValue>)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = async {
        let mut conn = conn;
        let rows: Vec<(Uuid, String)> = rectifications::table
            .filter(rectifications::jurisdiction_id.eq(Here(jurisdiction.0)))
            .filter(rectifications::rectification_id.eq_any(ids))
            .select((rectifications::rectification_id, rectifications::body))
            .load(&mut conn)
            .await?;
        Ok(rows)
    };
    let (rows, files) = tokio::try_join!(rows, files(conn, jurisdiction, ids))?;
    let named: BTreeSet<Uuid> = files.iter().map(|file| file.rectification).collect();
    rows.into_iter()
        .map(|(id, body)| {
            if !named.contains(&id) {
                return Ok((id, RawValue::from_string(body)?));
            }
            let mut case: Rectification = serde_json::from_str(&body)?;
            let known = statuses(id, files.iter());
            let findings = case.findings.iter_mut().flat_map(|finding| &mut finding.evidence);
            for held in findings.chain(case.answers.iter_mut().flat_map(|answer| &mut answer.evidence)) {
                let key = (held.evidence.evidence_id, held.evidence.sha256);
                held.status = known.get(&key).cloned().unwrap_or(EvidenceStatus::Missing);
            }
            Ok((id, to_raw_value(&case)?))
        })
        .collect()
}

/// The halves of those who oversee, as they travel, by their own ids.
///
/// # Errors
/// Broken when the database fails.
pub async fn desks(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, Box<RawValue>)>> {
    #[derive(QueryableByName)]
    struct Half {
        #[diesel(sql_type = SqlUuid)]
        desk_id: Uuid,
        #[diesel(sql_type = Text)]
        desk: String,
    }
    let rows: Vec<Half> = prepared(
        "SELECT desk_id, desk FROM rectifications WHERE jurisdiction_id = (SELECT $1) AND desk_id = ANY($2)",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(ids.to_vec())
    .load(&mut conn)
    .await?;
    rows.into_iter().map(|half| Ok((half.desk_id, RawValue::from_string(half.desk)?))).collect()
}
