//! The sites in Postgres.

use std::collections::BTreeMap;

use anfang_protocol::{
    feed::{Channel, Kind},
    ids::{AreaId, JurisdictionId, SiteId},
    site::{Attribute, Site, SiteKind},
    words::Words,
};
use anyhow::Context;
use diesel::{
    prelude::*,
    sql_types::{Array, Float8, Int4, Int8, Jsonb, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use crate::{
    auth::Actor,
    db::{
        Conn, prepared,
        revised::{Changes, Revised},
        schema::sites,
    },
    failure::Result,
    ledger::Place,
};

/// A site with what the server keeps beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct SiteRow {
    pub site: Site,
    /// In whose `sites` channel it stands; inspections of it stand in the same area's channel.
    pub channel_area_id: AreaId,
    pub rev: i32,
}

impl Revised for SiteRow {
    fn id(&self) -> Uuid {
        self.site.site_id.0
    }

    fn rev(&self) -> i32 {
        self.rev
    }

    fn set_rev(&mut self, rev: i32) {
        self.rev = rev;
    }
}

#[derive(QueryableByName)]
#[diesel(table_name = sites)]
struct Record {
    site_id: Uuid,
    area_id: Uuid,
    channel_area_id: Uuid,
    kind: String,
    code: String,
    name_zh: String,
    name_en: Option<String>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    radius_m: Option<f64>,
    attributes: serde_json::Value,
    rev: i32,
}

impl TryFrom<Record> for SiteRow {
    type Error = crate::failure::Failure;

    fn try_from(record: Record) -> Result<Self> {
        let attributes: BTreeMap<String, Attribute> =
            serde_json::from_value(record.attributes).context("attributes of a site")?;
        let site = Site {
            site_id: SiteId(record.site_id),
            area_id: AreaId(record.area_id),
            kind: record.kind.as_str().into(),
            code: record.code,
            name: Words { zh: record.name_zh, en: record.name_en },
            latitude: record.latitude,
            longitude: record.longitude,
            radius_m: record.radius_m,
            attributes,
        };
        Ok(SiteRow { site, channel_area_id: AreaId(record.channel_area_id), rev: record.rev })
    }
}

/// The sites with these ids, in any order; ids that are no sites are left out. Knows no scope: the caller does.
/// The connection is shared, so that statements can be sent one behind the other.
pub async fn load(mut conn: &Conn, jurisdiction: JurisdictionId, ids: &[SiteId]) -> Result<Vec<SiteRow>> {
    let records: Vec<Record> = prepared(
        "SELECT site_id, area_id, channel_area_id, kind, code, name_zh, name_en, latitude, longitude, radius_m, \
             attributes, rev \
         FROM sites WHERE jurisdiction_id = (SELECT $1) AND site_id = ANY ($2)",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(ids.iter().map(|id| id.0).collect::<Vec<_>>())
    .load(&mut conn)
    .await?;
    records.into_iter().map(SiteRow::try_from).collect()
}

/// Sites as they travel in the feed. Ids that are no sites are left out.
pub async fn wire(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, Box<RawValue>)>> {
    let ids: Vec<SiteId> = ids.iter().copied().map(SiteId).collect();
    let rows = load(conn, jurisdiction, &ids).await?;
    rows.iter().map(|row| Ok((row.site.site_id.0, to_raw_value(&row.site)?))).collect()
}

/// Sites in one statement: each stays well within the statement time-out on a slow disk.
const WRITTEN_AT_ONCE: usize = 5_000;

/// Writes what is new or changed.
pub async fn write(conn: &mut Conn, jurisdiction: JurisdictionId, changes: &Changes<SiteRow>) -> Result<()> {
    for rows in changes.rows().chunks(WRITTEN_AT_ONCE) {
        write_some(conn, jurisdiction, rows).await?;
    }
    Ok(())
}

async fn write_some(conn: &mut Conn, jurisdiction: JurisdictionId, rows: &[&SiteRow]) -> Result<()> {
    let attributes =
        rows.iter().map(|r| serde_json::to_value(&r.site.attributes)).collect::<Result<Vec<_>, _>>()?;
    let written = prepared(
        "INSERT INTO sites (jurisdiction_id, site_id, area_id, channel_area_id, kind, code, name_zh, name_en, \
             latitude, longitude, radius_m, attributes, rev) \
         SELECT $1, u.* FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) AS u \
         ON CONFLICT (jurisdiction_id, site_id) DO UPDATE SET area_id = excluded.area_id, \
             channel_area_id = excluded.channel_area_id, kind = excluded.kind, code = excluded.code, \
             name_zh = excluded.name_zh, name_en = excluded.name_en, latitude = excluded.latitude, \
             longitude = excluded.longitude, radius_m = excluded.radius_m, attributes = excluded.attributes, \
             rev = excluded.rev",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|r| r.site.site_id.0).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|r| r.site.area_id.0).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|r| r.channel_area_id.0).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|r| r.site.kind.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|r| r.site.code.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|r| r.site.name.zh.as_str()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(rows.iter().map(|r| r.site.name.en.as_deref()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Float8>>, _>(rows.iter().map(|r| r.site.latitude).collect::<Vec<_>>())
    .bind::<Array<Nullable<Float8>>, _>(rows.iter().map(|r| r.site.longitude).collect::<Vec<_>>())
    .bind::<Array<Nullable<Float8>>, _>(rows.iter().map(|r| r.site.radius_m).collect::<Vec<_>>())
    .bind::<Array<Jsonb>, _>(attributes)
    .bind::<Array<Int4>, _>(rows.iter().map(|r| r.rev).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    debug_assert_eq!(written, rows.len());
    Ok(())
}

#[derive(QueryableByName)]
struct Followed {
    #[diesel(sql_type = SqlUuid)]
    site_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    left: Uuid,
    #[diesel(sql_type = SqlUuid)]
    entered: Uuid,
    #[diesel(sql_type = Int4)]
    rev: i32,
}

/// Sites whose area came under another township follow it. Returns the places that they left and entered.
pub async fn follow_areas(conn: &mut Conn, jurisdiction: JurisdictionId) -> Result<Vec<Place>> {
    let moved: Vec<Followed> = prepared(
        "WITH moved AS (SELECT s.site_id, s.channel_area_id AS \"left\", a.channel_area_id AS entered \
             FROM sites s JOIN areas a ON a.jurisdiction_id = s.jurisdiction_id AND a.area_id = s.area_id \
             WHERE s.jurisdiction_id = $1 AND s.channel_area_id <> a.channel_area_id FOR UPDATE OF s) \
         UPDATE sites s SET channel_area_id = moved.entered, rev = rev + 1 FROM moved \
         WHERE s.jurisdiction_id = $1 AND s.site_id = moved.site_id \
         RETURNING s.site_id, moved.\"left\", moved.entered, s.rev",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .load(conn)
    .await?;
    let places = moved.iter().flat_map(|m| {
        let (left, entered) = (Channel::Sites(AreaId(m.left)), Channel::Sites(AreaId(m.entered)));
        [Place::exit(left, Kind::Site, m.site_id, m.rev), Place::put(entered, Kind::Site, m.site_id, m.rev)]
    });
    Ok(places.collect())
}

/// Which sites a list shall have.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// In this area or below.
    pub area: Option<AreaId>,
    pub kind: Option<SiteKind>,
    /// With this within the name or the code, whatever the case.
    pub part: Option<String>,
    /// With a code that sorts after this one.
    pub after: Option<String>,
}

/// Sites that the actor may read, in the order of their codes.
pub async fn visible(conn: &mut Conn, actor: &Actor, wanted: &Wanted, limit: i64) -> Result<Vec<Site>> {
    let records: Vec<Record> = prepared(
        "SELECT site_id, area_id, channel_area_id, kind, code, name_zh, name_en, latitude, longitude, radius_m, \
             attributes, rev \
         FROM sites WHERE jurisdiction_id = $1 \
             AND channel_area_id = ANY (ARRAY(SELECT substr(channel, 7)::uuid FROM memberships \
                 WHERE jurisdiction_id = $1 AND account_id = $2 AND channel LIKE 'sites:%' \
                 AND revoked_seq IS NULL)) \
             AND ($3 IS NULL OR area_id IN ( \
                 WITH RECURSIVE below AS (SELECT area_id FROM areas WHERE jurisdiction_id = $1 AND area_id = $3 \
                     UNION ALL SELECT a.area_id FROM areas a JOIN below b ON a.parent_id = b.area_id \
                     WHERE a.jurisdiction_id = $1) \
                 SELECT area_id FROM below)) \
             AND ($4 IS NULL OR kind = $4) \
             AND ($5 IS NULL OR position(lower($5) in lower(concat_ws(' ', name_zh, name_en, code))) > 0) \
             AND ($6 IS NULL OR code > $6) \
         ORDER BY code LIMIT $7",
    )
    .bind::<SqlUuid, _>(actor.jurisdiction.0)
    .bind::<SqlUuid, _>(actor.account.0)
    .bind::<Nullable<SqlUuid>, _>(wanted.area.map(|id| id.0))
    .bind::<Nullable<Text>, _>(wanted.kind.as_ref().map(|kind| kind.as_str().to_owned()))
    .bind::<Nullable<Text>, _>(wanted.part.clone())
    .bind::<Nullable<Text>, _>(wanted.after.clone())
    .bind::<Int8, _>(limit)
    .load(conn)
    .await?;
    records.into_iter().map(|record| Ok(SiteRow::try_from(record)?.site)).collect()
}

/// One site, if the actor may read it.
pub async fn visible_one(conn: &mut Conn, actor: &Actor, site: SiteId) -> Result<Option<Site>> {
    let record: Option<Record> = prepared(
        "SELECT site_id, area_id, channel_area_id, kind, code, name_zh, name_en, latitude, longitude, radius_m, \
             attributes, rev \
         FROM sites s WHERE jurisdiction_id = $1 AND site_id = $3 \
             AND EXISTS (SELECT FROM memberships m WHERE m.jurisdiction_id = $1 AND m.account_id = $2 \
                 AND m.channel = 'sites:' || s.channel_area_id AND m.revoked_seq IS NULL)",
    )
    .bind::<SqlUuid, _>(actor.jurisdiction.0)
    .bind::<SqlUuid, _>(actor.account.0)
    .bind::<SqlUuid, _>(site.0)
    .get_result(conn)
    .await
    .optional()?;
    record.map(|record| Ok(SiteRow::try_from(record)?.site)).transpose()
}
