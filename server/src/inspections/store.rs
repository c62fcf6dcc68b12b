//! Rows of inspections, findings and evidence mentions.

use std::collections::HashMap;

use anfang_protocol::{
    evidence::{Evidence, EvidenceStatus},
    finding::Finding,
    ids::{InspectionId, JurisdictionId},
    inspection::InspectionStage,
    review::Reviewed,
    verdict::{Flag, Verdict},
};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, Binary, Int4, Int8, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use serde_json::{json, value::RawValue};
use uuid::Uuid;

use super::{
    Record,
    record::{Body, Saved},
};
use crate::{
    db::{
        Conn, Here, prepared,
        schema::{evidence, findings, inspections},
    },
    failure::Result,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = inspections)]
struct Row {
    inspection_id: Uuid,
    stage: String,
    site_id: Uuid,
    area_id: Uuid,
    channel_area_id: Uuid,
    account_id: Uuid,
    recorded_at: Option<DateTime<Utc>>,
    received_at: DateTime<Utc>,
    skew_ms: i64,
    passed: i32,
    failed: i32,
    vetoed_by: serde_json::Value,
    flags: serde_json::Value,
    body: String,
    rev: i32,
}

/// Parts of inspections, in order, by inspection.
type Parts<T> = HashMap<Uuid, Vec<T>>;

async fn finding_texts(mut conn: &Conn, jurisdiction: JurisdictionId, ids: &[Uuid]) -> Result<Parts<String>> {
    let rows: Vec<(Uuid, String)> = findings::table
        .filter(findings::jurisdiction_id.eq(Here(jurisdiction.0)))
        .filter(findings::inspection_id.eq_any(ids))
        .order((findings::inspection_id, findings::ordinal))
        .select((findings::inspection_id, findings::body))
        .load(&mut conn)
        .await?;
    Ok(group(rows))
}

async fn evidence_texts(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    ids: &[Uuid],
) -> Result<Parts<(String, String)>> {
    let rows: Vec<(Uuid, (String, String))> = evidence::table
        .filter(evidence::jurisdiction_id.eq(Here(jurisdiction.0)))
        .filter(evidence::inspection_id.eq_any(ids))
        .order((evidence::inspection_id, evidence::ordinal))
        .select((evidence::inspection_id, (evidence::body, evidence::status)))
        .load(&mut conn)
        .await?;
    Ok(group(rows))
}

fn group<T>(rows: Vec<(Uuid, T)>) -> Parts<T> {
    let mut parts: Parts<T> = HashMap::new();
    for (id, part) in rows {
        parts.entry(id).or_default().push(part);
    }
    parts
}

/// Locks and loads inspections, in the order of their ids so that two writers never wait for each other crosswise.
///
/// # Errors
/// Broken when the database fails or a stored body cannot be read.
pub async fn lock(mut conn: &Conn, jurisdiction: JurisdictionId, ids: &[Uuid]) -> Result<Vec<Record>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = inspections::table
        .filter(inspections::jurisdiction_id.eq(Here(jurisdiction.0)))
        .filter(inspections::inspection_id.eq_any(ids))
        .order(inspections::inspection_id)
        .for_update()
        .select(Row::as_select())
        .load(&mut conn)
        .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let (mut findings, mut evidence) =
        tokio::try_join!(finding_texts(conn, jurisdiction, ids), evidence_texts(conn, jurisdiction, ids))?;
    rows.into_iter()
        .map(|row| {
            let id = row.inspection_id;
            record(row, findings.remove(&id).unwrap_or_default(), evidence.remove(&id).unwrap_or_default())
        })
        .collect()
}

fn record(row: Row, findings: Vec<String>, evidence: Vec<(String, String)>) -> Result<Record> {
    let findings: Vec<Finding> =
        findings.iter().map(|text| serde_json::from_str(text)).collect::<Result<_, _>>()?;
    let evidence: Vec<(Evidence, EvidenceStatus)> = evidence
        .iter()
        .map(|(text, status)| Ok((serde_json::from_str(text)?, EvidenceStatus::from(status.as_str()))))
        .collect::<Result<_, serde_json::Error>>()?;
    let verdict = Verdict {
        passed: row.passed.unsigned_abs(),
        failed: row.failed.unsigned_abs(),
        vetoed_by: serde_json::from_value(row.vetoed_by)?,
    };
    let flags: Vec<Flag> = serde_json::from_value(row.flags)?;
    Ok(Record {
        inspection_id: row.inspection_id.into(),
        stage: InspectionStage::from(row.stage.as_str()),
        site_id: row.site_id.into(),
        area_id: row.area_id.into(),
        channel_area_id: row.channel_area_id.into(),
        account_id: row.account_id.into(),
        recorded_at: row.recorded_at,
        received_at: row.received_at,
        skew_ms: row.skew_ms,
        reviewed: Reviewed { verdict, flags },
        body: serde_json::from_str::<Body>(&row.body)?,
        saved: Saved::Row { findings: findings.len(), evidence: evidence.len() },
        findings,
        evidence,
        rev: row.rev,
    })
}

/// Inspections as they travel (`protocol::inspection::Inspection`). The stored parts are JSON already and are
/// put together as text: a pull of a thousand need not parse them.
///
/// # Errors
/// Broken when the database fails.
pub async fn wire(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, Box<RawValue>)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let shared: &Conn = conn;
    let rows = async {
        let mut conn = shared;
        let rows: Vec<Row> = inspections::table
            .filter(inspections::jurisdiction_id.eq(Here(jurisdiction.0)))
            .filter(inspections::inspection_id.eq_any(ids))
            .select(Row::as_select())
            .load(&mut conn)
            .await?;
        Ok(rows)
    };
    let (rows, mut findings, mut evidence) = tokio::try_join!(
        rows,
        finding_texts(shared, jurisdiction, ids),
        evidence_texts(shared, jurisdiction, ids)
    )?;
    rows.into_iter()
        .map(|row| {
            let id = row.inspection_id;
            let text = assemble(&row, findings.remove(&id), evidence.remove(&id));
            Ok((id, RawValue::from_string(text)?))
        })
        .collect()
}

fn assemble(row: &Row, findings: Option<Vec<String>>, evidence: Option<Vec<(String, String)>>) -> String {
    let mut head = json!({
        "inspection_id": row.inspection_id,
        "stage": row.stage,
        "site_id": row.site_id,
        "area_id": row.area_id,
        "by": row.account_id,
        "verdict": { "passed": row.passed, "failed": row.failed, "vetoed_by": row.vetoed_by },
        "flags": row.flags,
        "received_at": row.received_at,
        "skew_ms": row.skew_ms,
    });
    // Empty lists are left out (docs/PROTOCOL.md § 1).
    let filled = |_: &String, value: &mut serde_json::Value| *value != json!([]);
    head["verdict"].as_object_mut().into_iter().for_each(|fields| fields.retain(filled));
    head.as_object_mut().into_iter().for_each(|fields| fields.retain(filled));
    // `body` is an object with at least arrival and departure: its fields follow those of `head`.
    let mut text = head.to_string();
    text.pop();
    if let Some(findings) = findings {
        text.push_str(",\"findings\":[");
        text.push_str(&findings.join(","));
        text.push(']');
    }
    if let Some(evidence) = evidence {
        let held: Vec<String> = evidence
            .iter()
            .map(|(body, status)| format!("{{\"status\":\"{status}\",{}", &body[1..]))
            .collect();
        text.push_str(",\"evidence\":[");
        text.push_str(&held.join(","));
        text.push(']');
    }
    text.push(',');
    text.push_str(&row.body[1..]);
    text
}

/// The inspections that these findings come from.
///
/// # Errors
/// Broken when the database fails.
pub async fn of_findings(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    ids: &[Uuid],
) -> Result<Vec<InspectionId>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found: Vec<Uuid> = findings::table
        .filter(findings::jurisdiction_id.eq(Here(jurisdiction.0)))
        .filter(findings::finding_id.eq_any(ids))
        .select(findings::inspection_id)
        .load(&mut conn)
        .await?;
    Ok(found.into_iter().map(InspectionId).collect())
}

/// Which of these ids are taken by findings or evidence already.
pub async fn taken(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    finding_ids: Vec<Uuid>,
    evidence_ids: Vec<Uuid>,
) -> Result<Vec<Uuid>> {
    #[derive(QueryableByName)]
    struct Taken {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    let rows: Vec<Taken> = prepared(
        "SELECT finding_id AS id FROM findings WHERE jurisdiction_id = (SELECT $1) AND finding_id = ANY($2) \
         UNION ALL SELECT evidence_id FROM evidence WHERE jurisdiction_id = (SELECT $1) AND evidence_id = ANY($3)",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(finding_ids)
    .bind::<Array<SqlUuid>, _>(evidence_ids)
    .load(&mut conn)
    .await?;
    Ok(rows.into_iter().map(|taken| taken.id).collect())
}

/// Writes what is new or changed of these records. Returns false when somebody else got in between (an id was
/// taken, a revision moved): the caller rolls back and looks again.
///
/// # Errors
/// Broken when the database fails or a part cannot be written as JSON.
pub async fn save(conn: &Conn, jurisdiction: JurisdictionId, records: &[&Record]) -> Result<bool> {
    let (new, changed): (Vec<&Record>, Vec<&Record>) =
        records.iter().partition(|r| r.saved == Saved::Nothing);
    // Findings and evidence refer to inspections.
    let inserted = insert(conn, jurisdiction, &new).await?;
    let (updated, findings, evidence) = tokio::try_join!(
        update(conn, jurisdiction, &changed),
        insert_findings(conn, jurisdiction, records),
        insert_evidence(conn, jurisdiction, records),
    )?;
    Ok((inserted, updated) == (new.len(), changed.len()) && (findings, evidence) == new_parts(records))
}

fn saved_parts(record: &Record) -> (usize, usize) {
    match record.saved {
        Saved::Nothing => (0, 0),
        Saved::Row { findings, evidence } => (findings, evidence),
    }
}

fn new_parts(records: &[&Record]) -> (usize, usize) {
    records.iter().fold((0, 0), |(findings, evidence), record| {
        let (f, e) = saved_parts(record);
        (findings + record.findings.len() - f, evidence + record.evidence.len() - e)
    })
}

async fn insert(mut conn: &Conn, jurisdiction: JurisdictionId, records: &[&Record]) -> Result<usize> {
    if records.is_empty() {
        return Ok(0);
    }
    let column = |f: fn(&Record) -> Uuid| records.iter().map(|r| f(r)).collect::<Vec<Uuid>>();
    let bodies: Vec<String> =
        records.iter().map(|r| serde_json::to_string(&r.body)).collect::<Result<_, _>>()?;
    Ok(prepared(
        "INSERT INTO inspections (jurisdiction_id, inspection_id, stage, site_id, area_id, channel_area_id, account_id, \
            arrived_at, departed_at, recorded_at, received_at, skew_ms, passed, failed, vetoed_by, flags, body, rev) \
         SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) \
         ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(column(|r| r.inspection_id.0))
    .bind::<Array<Text>, _>(records.iter().map(|r| r.stage.as_str()).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(column(|r| r.site_id.0))
    .bind::<Array<SqlUuid>, _>(column(|r| r.area_id.0))
    .bind::<Array<SqlUuid>, _>(column(|r| r.channel_area_id.0))
    .bind::<Array<SqlUuid>, _>(column(|r| r.account_id.0))
    .bind::<Array<Timestamptz>, _>(records.iter().map(|r| r.body.arrival.at).collect::<Vec<_>>())
    .bind::<Array<Timestamptz>, _>(records.iter().map(|r| r.body.departure.at).collect::<Vec<_>>())
    .bind::<Array<Nullable<Timestamptz>>, _>(records.iter().map(|r| r.recorded_at).collect::<Vec<_>>())
    .bind::<Array<Timestamptz>, _>(records.iter().map(|r| r.received_at).collect::<Vec<_>>())
    .bind::<Array<Int8>, _>(records.iter().map(|r| r.skew_ms).collect::<Vec<_>>())
    .bind::<Array<Int4>, _>(records.iter().map(|r| r.reviewed.verdict.passed.cast_signed()).collect::<Vec<_>>())
    .bind::<Array<Int4>, _>(records.iter().map(|r| r.reviewed.verdict.failed.cast_signed()).collect::<Vec<_>>())
    .bind::<Array<Jsonb>, _>(records.iter().map(|r| json!(r.reviewed.verdict.vetoed_by)).collect::<Vec<_>>())
    .bind::<Array<Jsonb>, _>(records.iter().map(|r| json!(r.reviewed.flags)).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(bodies)
    .bind::<Array<Int4>, _>(records.iter().map(|r| r.rev).collect::<Vec<_>>())
    .execute(&mut conn)
    .await?)
}

/// The rows are locked by [`lock`]; the revision is checked all the same.
async fn update(mut conn: &Conn, jurisdiction: JurisdictionId, records: &[&Record]) -> Result<usize> {
    if records.is_empty() {
        return Ok(0);
    }
    let bodies: Vec<String> =
        records.iter().map(|r| serde_json::to_string(&r.body)).collect::<Result<_, _>>()?;
    Ok(prepared(
        "UPDATE inspections i SET stage = n.stage, passed = n.passed, failed = n.failed, vetoed_by = n.vetoed_by, \
            flags = n.flags, body = n.body, rev = n.rev \
         FROM unnest($2, $3, $4, $5, $6, $7, $8, $9) AS n (id, stage, passed, failed, vetoed_by, flags, body, rev) \
         WHERE i.jurisdiction_id = $1 AND i.inspection_id = n.id AND i.rev < n.rev",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(records.iter().map(|r| r.inspection_id.0).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(records.iter().map(|r| r.stage.as_str()).collect::<Vec<_>>())
    .bind::<Array<Int4>, _>(records.iter().map(|r| r.reviewed.verdict.passed.cast_signed()).collect::<Vec<_>>())
    .bind::<Array<Int4>, _>(records.iter().map(|r| r.reviewed.verdict.failed.cast_signed()).collect::<Vec<_>>())
    .bind::<Array<Jsonb>, _>(records.iter().map(|r| json!(r.reviewed.verdict.vetoed_by)).collect::<Vec<_>>())
    .bind::<Array<Jsonb>, _>(records.iter().map(|r| json!(r.reviewed.flags)).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(bodies)
    .bind::<Array<Int4>, _>(records.iter().map(|r| r.rev).collect::<Vec<_>>())
    .execute(&mut conn)
    .await?)
}

async fn insert_findings(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    records: &[&Record],
) -> Result<usize> {
    let new = || {
        records.iter().flat_map(|r| {
            r.findings
                .iter()
                .enumerate()
                .skip(saved_parts(r).0)
                .map(move |(ordinal, f)| (r.inspection_id, ordinal, f))
        })
    };
    if new().next().is_none() {
        return Ok(0);
    }
    let bodies: Vec<String> = new().map(|(_, _, f)| serde_json::to_string(f)).collect::<Result<_, _>>()?;
    Ok(prepared(
        "INSERT INTO findings (jurisdiction_id, finding_id, inspection_id, ordinal, checklist_id, item, severity, body) \
         SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(new().map(|(_, _, f)| f.finding_id.0).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(new().map(|(id, _, _)| id.0).collect::<Vec<_>>())
    .bind::<Array<Int4>, _>(new().map(|(_, ordinal, _)| i32::try_from(ordinal).unwrap_or(i32::MAX)).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(new().map(|(_, _, f)| f.checklist_id.map(|c| c.0)).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(new().map(|(_, _, f)| f.item.as_deref()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(new().map(|(_, _, f)| severity(f)).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(bodies)
    .execute(&mut conn)
    .await?)
}

/// A word of a later version counts as serious (protocol `Severity`).
fn severity(finding: &Finding) -> &str {
    if finding.severity.is_known() { finding.severity.as_str() } else { "serious" }
}

async fn insert_evidence(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    records: &[&Record],
) -> Result<usize> {
    let new = || {
        records.iter().flat_map(|r| {
            r.evidence
                .iter()
                .enumerate()
                .skip(saved_parts(r).1)
                .map(move |(ordinal, (e, status))| (r, ordinal, e, status))
        })
    };
    if new().next().is_none() {
        return Ok(0);
    }
    let bodies: Vec<String> = new().map(|(_, _, e, _)| serde_json::to_string(e)).collect::<Result<_, _>>()?;
    Ok(prepared(
        "INSERT INTO evidence (jurisdiction_id, evidence_id, inspection_id, account_id, ordinal, sha256, status, body) \
         SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(new().map(|(_, _, e, _)| e.evidence_id.0).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(new().map(|(r, _, _, _)| r.inspection_id.0).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(new().map(|(r, _, _, _)| r.account_id.0).collect::<Vec<_>>())
    .bind::<Array<Int4>, _>(new().map(|(_, o, _, _)| i32::try_from(o).unwrap_or(i32::MAX)).collect::<Vec<_>>())
    .bind::<Array<Binary>, _>(new().map(|(_, _, e, _)| &e.sha256.0[..]).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(new().map(|(_, _, _, status)| status.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(bodies)
    .execute(&mut conn)
    .await?)
}
