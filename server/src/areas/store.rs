//! The areas in Postgres.

use std::collections::HashMap;

use anfang_protocol::{
    area::Area,
    ids::{AreaId, JurisdictionId},
    words::Words,
};
use diesel::{
    prelude::*,
    sql_types::{Array, Int4, Jsonb, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use crate::{
    auth::Actor,
    db::{
        Conn, prepared,
        revised::{Changes, Revised},
        schema::areas,
    },
    failure::Result,
};

/// An area as it is kept.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable)]
#[diesel(table_name = areas)]
pub struct AreaRow {
    pub area_id: Uuid,
    pub code: String,
    pub name_zh: String,
    pub name_en: Option<String>,
    pub level: String,
    pub parent_id: Option<Uuid>,
    /// The area in whose feed channels its things stand.
    pub channel_area_id: Uuid,
    pub sector_zh: Option<String>,
    pub sector_en: Option<String>,
    /// GeoJSON geometry.
    pub boundary: Option<serde_json::Value>,
    pub rev: i32,
}

impl Revised for AreaRow {
    fn id(&self) -> Uuid {
        self.area_id
    }

    fn rev(&self) -> i32 {
        self.rev
    }

    fn set_rev(&mut self, rev: i32) {
        self.rev = rev;
    }
}

/// An area without its boundary, which is large and fetched apart.
#[derive(QueryableByName)]
#[diesel(table_name = areas)]
struct Plain {
    area_id: Uuid,
    code: String,
    name_zh: String,
    name_en: Option<String>,
    level: String,
    parent_id: Option<Uuid>,
    sector_zh: Option<String>,
    sector_en: Option<String>,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    has_boundary: bool,
}

impl From<Plain> for Area {
    fn from(row: Plain) -> Self {
        Area {
            area_id: AreaId(row.area_id),
            code: row.code,
            name: Words { zh: row.name_zh, en: row.name_en },
            level: row.level.as_str().into(),
            parent_id: row.parent_id.map(AreaId),
            sector: row.sector_zh.map(|zh| Words { zh, en: row.sector_en }),
            has_boundary: row.has_boundary,
        }
    }
}

/// All areas of a jurisdiction, boundaries included: for imports.
pub async fn all(conn: &mut Conn, jurisdiction: JurisdictionId) -> Result<Vec<AreaRow>> {
    let rows = areas::table
        .filter(areas::jurisdiction_id.eq(jurisdiction.0))
        .select(AreaRow::as_select())
        .load(conn)
        .await?;
    Ok(rows)
}

/// What of an area those need to know that lie in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lies {
    pub code: String,
    /// The area in whose channels its things stand.
    pub channel_area_id: Uuid,
}

/// Every area, as those need it that lie in it.
pub async fn lies(conn: &mut Conn, jurisdiction: JurisdictionId) -> Result<HashMap<Uuid, Lies>> {
    let rows: Vec<(Uuid, String, Uuid)> = areas::table
        .filter(areas::jurisdiction_id.eq(jurisdiction.0))
        .select((areas::area_id, areas::code, areas::channel_area_id))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(id, code, channel_area_id)| (id, Lies { code, channel_area_id })).collect())
}

/// Writes what is new or changed, in one statement.
pub async fn write(conn: &mut Conn, jurisdiction: JurisdictionId, changes: &Changes<AreaRow>) -> Result<()> {
    let rows = changes.rows();
    let written = prepared(
        "INSERT INTO areas (jurisdiction_id, area_id, code, name_zh, name_en, level, parent_id, channel_area_id, \
             sector_zh, sector_en, boundary, rev) \
         SELECT $1, u.* FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) AS u \
         ON CONFLICT (jurisdiction_id, area_id) DO UPDATE SET code = excluded.code, name_zh = excluded.name_zh, \
             name_en = excluded.name_en, level = excluded.level, parent_id = excluded.parent_id, \
             channel_area_id = excluded.channel_area_id, sector_zh = excluded.sector_zh, \
             sector_en = excluded.sector_en, boundary = excluded.boundary, rev = excluded.rev",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|r| r.area_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|r| r.code.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|r| r.name_zh.as_str()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(rows.iter().map(|r| r.name_en.as_deref()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|r| r.level.as_str()).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(rows.iter().map(|r| r.parent_id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|r| r.channel_area_id).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(rows.iter().map(|r| r.sector_zh.as_deref()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(rows.iter().map(|r| r.sector_en.as_deref()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Jsonb>>, _>(rows.iter().map(|r| r.boundary.as_ref()).collect::<Vec<_>>())
    .bind::<Array<Int4>, _>(rows.iter().map(|r| r.rev).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    debug_assert_eq!(written, rows.len());
    Ok(())
}

/// Areas as they travel in the feed. Ids that are no areas are left out.
pub async fn wire(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, Box<RawValue>)>> {
    let rows: Vec<Plain> = prepared(
        "SELECT area_id, code, name_zh, name_en, level, parent_id, sector_zh, sector_en, \
             boundary IS NOT NULL AS has_boundary \
         FROM areas WHERE jurisdiction_id = $1 AND area_id = ANY ($2)",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(ids)
    .load(conn)
    .await?;
    rows.into_iter().map(|row| Ok((row.area_id, to_raw_value(&Area::from(row))?))).collect()
}

/// The areas that the actor may read, in the order of their codes: all, or none without any grant.
pub async fn visible(conn: &mut Conn, actor: &Actor) -> Result<Vec<Area>> {
    let rows: Vec<Plain> = prepared(
        "SELECT area_id, code, name_zh, name_en, level, parent_id, sector_zh, sector_en, \
             boundary IS NOT NULL AS has_boundary \
         FROM areas a WHERE jurisdiction_id = $1 \
             AND EXISTS (SELECT FROM memberships m WHERE m.jurisdiction_id = $1 AND m.account_id = $2 \
                 AND m.channel = 'reference' AND m.revoked_seq IS NULL) \
         ORDER BY code",
    )
    .bind::<SqlUuid, _>(actor.jurisdiction.0)
    .bind::<SqlUuid, _>(actor.account.0)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(Area::from).collect())
}

#[derive(QueryableByName)]
struct Boundary {
    #[diesel(sql_type = Jsonb)]
    boundary: serde_json::Value,
}

/// The boundary of an area as GeoJSON geometry; none when there is none, or none for the actor.
pub async fn boundary(conn: &mut Conn, actor: &Actor, area: AreaId) -> Result<Option<serde_json::Value>> {
    let row: Option<Boundary> = prepared(
        "SELECT boundary FROM areas a WHERE jurisdiction_id = $1 AND area_id = $3 AND boundary IS NOT NULL \
             AND EXISTS (SELECT FROM memberships m WHERE m.jurisdiction_id = $1 AND m.account_id = $2 \
                 AND m.channel = 'reference' AND m.revoked_seq IS NULL)",
    )
    .bind::<SqlUuid, _>(actor.jurisdiction.0)
    .bind::<SqlUuid, _>(actor.account.0)
    .bind::<SqlUuid, _>(area.0)
    .get_result(conn)
    .await
    .optional()?;
    Ok(row.map(|row| row.boundary))
}
