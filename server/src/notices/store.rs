//! Rows of notices.

use anfang_protocol::{
    feed::{Channel, Kind},
    ids::JurisdictionId,
    notice::Notice,
};
use diesel::{
    prelude::*,
    sql_types::{Array, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{
    db::{Conn, Here, prepared, schema::notices},
    failure::Result,
    ledger::Place,
};

/// A notice, unread at revision 1, read at 2.
pub fn rev(notice: &Notice) -> i32 {
    if notice.read_at.is_some() { 2 } else { 1 }
}

/// Where a notice stands.
pub fn place(notice: &Notice) -> Place {
    Place::put(Channel::Person(notice.account_id), Kind::Notice, notice.notice_id.0, rev(notice))
}

/// Locks and loads notices, in the order of their ids.
///
/// # Errors
/// Broken when the database fails or a stored body cannot be read.
pub async fn lock(mut conn: &Conn, jurisdiction: JurisdictionId, ids: &[Uuid]) -> Result<Vec<Notice>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let bodies: Vec<String> = notices::table
        .filter(notices::jurisdiction_id.eq(Here(jurisdiction.0)))
        .filter(notices::notice_id.eq_any(ids))
        .order(notices::notice_id)
        .for_update()
        .select(notices::body)
        .load(&mut conn)
        .await?;
    bodies.iter().map(|body| Ok(serde_json::from_str(body)?)).collect()
}

/// Writes notices; one that is there already becomes read, and nothing else of it changes.
///
/// # Errors
/// Broken when the database fails.
pub async fn save(mut conn: &Conn, jurisdiction: JurisdictionId, all: &[Notice]) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    let bodies: Vec<String> = all.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    prepared(
        "INSERT INTO notices AS n (jurisdiction_id, notice_id, account_id, kind, rectification_id, plan_id, at, read_at, \
            body, rev) \
         SELECT $1, q.*, CASE WHEN q.read_at IS NULL THEN 1 ELSE 2 END \
         FROM unnest($2, $3, $4, $5, $6, $7, $8, $9) \
            AS q (notice_id, account_id, kind, rectification_id, plan_id, at, read_at, body) \
         ON CONFLICT (jurisdiction_id, notice_id) DO UPDATE \
         SET read_at = excluded.read_at, body = excluded.body, rev = excluded.rev WHERE n.rev < excluded.rev",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(all.iter().map(|n| n.notice_id.0).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(all.iter().map(|n| n.account_id.0).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(all.iter().map(|n| n.kind.as_str().to_owned()).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(
        all.iter().map(|n| n.rectification_id.map(|id| id.0)).collect::<Vec<_>>(),
    )
    .bind::<Array<Nullable<SqlUuid>>, _>(all.iter().map(|n| n.plan_id.map(|id| id.0)).collect::<Vec<_>>())
    .bind::<Array<Timestamptz>, _>(all.iter().map(|n| n.at).collect::<Vec<_>>())
    .bind::<Array<Nullable<Timestamptz>>, _>(all.iter().map(|n| n.read_at).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(bodies)
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// As they travel.
///
/// # Errors
/// Broken when the database fails.
pub async fn wire(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, Box<RawValue>)>> {
    let rows: Vec<(Uuid, String)> = notices::table
        .filter(notices::jurisdiction_id.eq(Here(jurisdiction.0)))
        .filter(notices::notice_id.eq_any(ids))
        .select((notices::notice_id, notices::body))
        .load(&mut conn)
        .await?;
    rows.into_iter().map(|(id, body)| Ok((id, RawValue::from_string(body)?))).collect()
}
