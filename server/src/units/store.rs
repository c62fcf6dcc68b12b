//! The units in Postgres.

use anfang_protocol::{
    ids::{AreaId, JurisdictionId, UnitId},
    unit::Unit,
    words::Words,
};
use diesel::{
    prelude::*,
    sql_types::{Array, Int4, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use crate::{
    auth::Actor,
    db::{
        Conn, prepared,
        revised::{Changes, Revised},
        schema::units,
    },
    failure::Result,
};

/// A unit as it is kept.
#[derive(Debug, Clone, PartialEq, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = units)]
pub struct UnitRow {
    pub unit_id: Uuid,
    pub code: String,
    pub name_zh: String,
    pub name_en: Option<String>,
    pub kind: String,
    /// The area that it answers for, where it is one.
    pub area_id: Option<Uuid>,
    pub rev: i32,
}

impl Revised for UnitRow {
    fn id(&self) -> Uuid {
        self.unit_id
    }

    fn rev(&self) -> i32 {
        self.rev
    }

    fn set_rev(&mut self, rev: i32) {
        self.rev = rev;
    }
}

impl From<UnitRow> for Unit {
    fn from(row: UnitRow) -> Self {
        Unit {
            unit_id: UnitId(row.unit_id),
            code: row.code,
            name: Words { zh: row.name_zh, en: row.name_en },
            kind: row.kind.as_str().into(),
            area_id: row.area_id.map(AreaId),
        }
    }
}

/// All units of a jurisdiction: for imports.
pub async fn all(conn: &mut Conn, jurisdiction: JurisdictionId) -> Result<Vec<UnitRow>> {
    let rows = units::table
        .filter(units::jurisdiction_id.eq(jurisdiction.0))
        .select(UnitRow::as_select())
        .load(conn)
        .await?;
    Ok(rows)
}

/// Writes what is new or changed, in one statement.
pub async fn write(conn: &mut Conn, jurisdiction: JurisdictionId, changes: &Changes<UnitRow>) -> Result<()> {
    let rows = changes.rows();
    let written = prepared(
        "INSERT INTO units (jurisdiction_id, unit_id, code, name_zh, name_en, kind, area_id, rev) \
         SELECT $1, u.* FROM unnest($2, $3, $4, $5, $6, $7, $8) AS u \
         ON CONFLICT (jurisdiction_id, unit_id) DO UPDATE SET code = excluded.code, name_zh = excluded.name_zh, \
             name_en = excluded.name_en, kind = excluded.kind, area_id = excluded.area_id, rev = excluded.rev",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|r| r.unit_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|r| r.code.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|r| r.name_zh.as_str()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(rows.iter().map(|r| r.name_en.as_deref()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|r| r.kind.as_str()).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(rows.iter().map(|r| r.area_id).collect::<Vec<_>>())
    .bind::<Array<Int4>, _>(rows.iter().map(|r| r.rev).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    debug_assert_eq!(written, rows.len());
    Ok(())
}

/// Units as they travel in the feed. Ids that are no units are left out.
pub async fn wire(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, Box<RawValue>)>> {
    let rows: Vec<UnitRow> = prepared(
        "SELECT unit_id, code, name_zh, name_en, kind, area_id, rev \
         FROM units WHERE jurisdiction_id = $1 AND unit_id = ANY ($2)",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(ids)
    .load(conn)
    .await?;
    rows.into_iter().map(|row| Ok((row.unit_id, to_raw_value(&Unit::from(row))?))).collect()
}

/// The units that the actor may read, in the order of their codes: all, or none without any grant.
pub async fn visible(conn: &mut Conn, actor: &Actor) -> Result<Vec<Unit>> {
    let rows: Vec<UnitRow> = prepared(
        "SELECT unit_id, code, name_zh, name_en, kind, area_id, rev FROM units WHERE jurisdiction_id = $1 \
             AND EXISTS (SELECT FROM memberships m WHERE m.jurisdiction_id = $1 AND m.account_id = $2 \
                 AND m.channel = 'reference' AND m.revoked_seq IS NULL) \
         ORDER BY code",
    )
    .bind::<SqlUuid, _>(actor.jurisdiction.0)
    .bind::<SqlUuid, _>(actor.account.0)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(Unit::from).collect())
}
