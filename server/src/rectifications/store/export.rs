//! Items as lines of an export.

use std::collections::HashMap;

use anfang_protocol::{ids::JurisdictionId, lifecycle::item::Rectification};
use chrono::{DateTime, Utc};
use diesel::{
    QueryableByName,
    sql_types::{Array, Bool, Float8, Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::super::export::Line;
use crate::{
    db::{Conn, prepared},
    failure::Result,
};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    rectification_id: Uuid,
    #[diesel(sql_type = Text)]
    township: String,
    #[diesel(sql_type = Text)]
    area: String,
    #[diesel(sql_type = Nullable<Text>)]
    site_code: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    site: Option<String>,
    #[diesel(sql_type = Nullable<Float8>)]
    latitude: Option<f64>,
    #[diesel(sql_type = Nullable<Float8>)]
    longitude: Option<f64>,
    #[diesel(sql_type = Nullable<Text>)]
    unit: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    person: Option<String>,
    #[diesel(sql_type = Text)]
    listed_at: String,
    #[diesel(sql_type = Nullable<Text>)]
    due_at: Option<String>,
    #[diesel(sql_type = Bool)]
    overdue: bool,
    #[diesel(sql_type = Nullable<Text>)]
    closed_at: Option<String>,
    #[diesel(sql_type = Int4)]
    rounds: i32,
    #[diesel(sql_type = Text)]
    body: String,
}

impl Row {
    fn line(self) -> Result<Line> {
        let case: Rectification = serde_json::from_str(&self.body)?;
        let order = case.stage.order();
        Ok(Line {
            id: self.rectification_id.to_string(),
            stage: case.stage.name().to_string(),
            severity: case.severity.to_string(),
            source: case.source.to_string(),
            township: self.township,
            area: self.area,
            site_code: self.site_code,
            site: self.site,
            requirement: order.map(|order| order.requirement.clone()),
            standard: order.and_then(|order| order.standard.clone()),
            funds: order.and_then(|order| order.funds),
            rung: order.and_then(|order| {
                let step = case.ladder.iter().rfind(|step| step.order == order.number)?;
                Some(step.rung.to_string())
            }),
            text: case.text,
            unit: self.unit,
            person: self.person,
            listed_at: self.listed_at,
            due_at: self.due_at,
            overdue: self.overdue,
            closed_at: self.closed_at,
            rounds: self.rounds,
            position: self.latitude.zip(self.longitude),
        })
    }
}

/// These items as lines, in the order of the ids. Knows no scope: the caller does.
///
/// # Errors
/// Broken when the database fails or a stored body cannot be read.
pub async fn lines(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    ids: &[Uuid],
    now: DateTime<Utc>,
) -> Result<Vec<Line>> {
    let rows: Vec<Row> = prepared(
        "SELECT r.rectification_id, t.name_zh AS township, a.name_zh AS area, s.code AS site_code, s.name_zh AS site, \
            s.latitude, s.longitude, u.name_zh AS unit, r.person, \
            to_char(r.listed_at AT TIME ZONE j.time_zone, 'YYYY-MM-DD HH24:MI') AS listed_at, \
            to_char(r.due_at AT TIME ZONE j.time_zone, 'YYYY-MM-DD HH24:MI') AS due_at, \
            coalesce(r.due_at <= $3, false) AS overdue, \
            to_char(r.closed_at AT TIME ZONE j.time_zone, 'YYYY-MM-DD HH24:MI') AS closed_at, r.rounds, r.body \
         FROM rectifications r JOIN jurisdictions j USING (jurisdiction_id) \
         JOIN areas a ON a.jurisdiction_id = $1 AND a.area_id = r.area_id \
         JOIN areas t ON t.jurisdiction_id = $1 AND t.area_id = r.channel_area_id \
         LEFT JOIN sites s ON s.jurisdiction_id = $1 AND s.site_id = r.site_id \
         LEFT JOIN units u ON u.jurisdiction_id = $1 AND u.unit_id = r.unit_id \
         WHERE r.jurisdiction_id = $1 AND r.rectification_id = ANY($2)",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(ids.to_vec())
    .bind::<Timestamptz, _>(now)
    .load(conn)
    .await?;
    let mut by_id: HashMap<Uuid, Row> = rows.into_iter().map(|row| (row.rectification_id, row)).collect();
    ids.iter().filter_map(|id| by_id.remove(id)).map(Row::line).collect()
}
