//! What the demonstration tells of the database: counts, and what a supervisor sees of each township.

use anfang_protocol::ids::JurisdictionId;
use chrono::{DateTime, Utc};
use diesel::{
    QueryableByName,
    sql_types::{Int8, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use serde::Serialize;

use crate::{
    db::{Conn, prepared},
    failure::Result,
};

/// All that is kept of a jurisdiction.
#[derive(Debug, Clone, Serialize, QueryableByName)]
pub struct Totals {
    #[diesel(sql_type = Int8)]
    pub areas: i64,
    #[diesel(sql_type = Int8)]
    pub sites: i64,
    #[diesel(sql_type = Int8)]
    pub inspections: i64,
    #[diesel(sql_type = Int8)]
    pub findings: i64,
    #[diesel(sql_type = Int8)]
    pub evidence_mentioned: i64,
    #[diesel(sql_type = Int8)]
    pub evidence_stored: i64,
    #[diesel(sql_type = Int8)]
    pub ledger_entries: i64,
}

pub async fn totals(conn: &mut Conn, jurisdiction: JurisdictionId) -> Result<Totals> {
    Ok(prepared(
        "SELECT (SELECT count(*) FROM areas WHERE jurisdiction_id = $1) AS areas, \
            (SELECT count(*) FROM sites WHERE jurisdiction_id = $1) AS sites, \
            (SELECT count(*) FROM inspections WHERE jurisdiction_id = $1) AS inspections, \
            (SELECT count(*) FROM findings WHERE jurisdiction_id = $1) AS findings, \
            (SELECT count(*) FROM evidence WHERE jurisdiction_id = $1) AS evidence_mentioned, \
            (SELECT count(*) FROM evidence WHERE jurisdiction_id = $1 AND status = 'stored') AS evidence_stored, \
            (SELECT count(*) FROM ledger WHERE jurisdiction_id = $1) AS ledger_entries",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .get_result(conn)
    .await?)
}

/// Notices, and plans that are unsealed.
pub async fn told(conn: &mut Conn, jurisdiction: JurisdictionId) -> Result<(i64, i64)> {
    #[derive(QueryableByName)]
    struct Told {
        #[diesel(sql_type = Int8)]
        notices: i64,
        #[diesel(sql_type = Int8)]
        plans: i64,
    }
    let told: Told = prepared(
        "SELECT (SELECT count(*) FROM notices WHERE jurisdiction_id = $1) AS notices, \
            (SELECT count(*) FROM plans WHERE jurisdiction_id = $1 AND stage = 'unsealed') AS plans",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .get_result(conn)
    .await?;
    Ok((told.notices, told.plans))
}

/// Items and plans on which something is due.
pub async fn due(conn: &mut Conn, jurisdiction: JurisdictionId, now: DateTime<Utc>) -> Result<i64> {
    #[derive(QueryableByName)]
    struct Due {
        #[diesel(sql_type = Int8)]
        due: i64,
    }
    let due: Due = prepared(
        "SELECT (SELECT count(*) FROM rectifications WHERE jurisdiction_id = $1 AND next_at <= $2) + \
            (SELECT count(*) FROM plans WHERE jurisdiction_id = $1 AND stage = 'sealed' AND unseal_at <= $2) AS due",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Timestamptz, _>(now)
    .get_result(conn)
    .await?;
    Ok(due.due)
}

/// How the items of a township, or of all, stand (问题清单).
#[derive(Debug, Clone, Serialize, QueryableByName)]
pub struct Items {
    /// None: of all.
    #[diesel(sql_type = Nullable<Text>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[diesel(sql_type = Int8)]
    pub items: i64,
    #[diesel(sql_type = Int8)]
    pub open: i64,
    #[diesel(sql_type = Int8)]
    pub closed: i64,
    #[diesel(sql_type = Int8)]
    pub returned: i64,
    #[diesel(sql_type = Int8)]
    pub suspended: i64,
    #[diesel(sql_type = Int8)]
    pub overdue: i64,
    #[diesel(sql_type = Int8)]
    pub summoned: i64,
    #[diesel(sql_type = Int8)]
    pub relapsed: i64,
}

/// By township, the sum last; the sum alone when there are none.
pub async fn items(conn: &mut Conn, jurisdiction: JurisdictionId, now: DateTime<Utc>) -> Result<Vec<Items>> {
    Ok(prepared(
        "SELECT a.name_zh AS name, count(r.*) AS items, \
            count(*) FILTER (WHERE r.stage NOT IN ('closed', 'cancelled')) AS open, \
            count(*) FILTER (WHERE r.stage = 'closed') AS closed, count(*) FILTER (WHERE r.stage = 'returned') AS returned, \
            count(*) FILTER (WHERE r.stage = 'suspended') AS suspended, count(*) FILTER (WHERE r.due_at <= $2) AS overdue, \
            count(*) FILTER (WHERE r.body::jsonb -> 'ladder' @> '[{\"rung\": \"summon\"}]') AS summoned, \
            count(*) FILTER (WHERE jsonb_array_length(coalesce(r.body::jsonb -> 'relapses', '[]')) > 0) AS relapsed \
         FROM rectifications r JOIN areas a ON a.jurisdiction_id = $1 AND a.area_id = r.channel_area_id \
         WHERE r.jurisdiction_id = $1 GROUP BY ROLLUP (a.name_zh) ORDER BY a.name_zh NULLS LAST",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Timestamptz, _>(now)
    .load(conn)
    .await?)
}

/// One township, as a supervisor sees it.
#[derive(Debug, Clone, QueryableByName)]
pub struct Township {
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Int8)]
    pub inspections: i64,
    #[diesel(sql_type = Int8)]
    pub vetoed: i64,
    #[diesel(sql_type = Int8)]
    pub findings: i64,
    #[diesel(sql_type = Int8)]
    pub grave: i64,
    #[diesel(sql_type = Int8)]
    pub photos: i64,
}

/// Only what stands in channels that the person with this login may read.
pub async fn townships(conn: &mut Conn, jurisdiction: JurisdictionId, login: &str) -> Result<Vec<Township>> {
    Ok(prepared(
        "WITH seen AS ( \
            SELECT DISTINCT i.inspection_id, i.channel_area_id, jsonb_array_length(i.vetoed_by) > 0 AS vetoed \
            FROM accounts p JOIN memberships m USING (jurisdiction_id, account_id) \
            JOIN feed f USING (jurisdiction_id, channel) \
            JOIN inspections i ON i.jurisdiction_id = f.jurisdiction_id AND i.inspection_id = f.item_id \
            WHERE p.jurisdiction_id = $1 AND p.login = $2 AND m.revoked_seq IS NULL AND f.present \
              AND i.stage = 'submitted') \
         SELECT a.name_zh AS name, count(*) AS inspections, count(*) FILTER (WHERE s.vetoed) AS vetoed, \
            sum((SELECT count(*) FROM findings x WHERE x.jurisdiction_id = $1 AND x.inspection_id = s.inspection_id))::bigint AS findings, \
            sum((SELECT count(*) FROM findings x WHERE x.jurisdiction_id = $1 AND x.inspection_id = s.inspection_id AND x.severity = 'grave'))::bigint AS grave, \
            sum((SELECT count(*) FROM evidence x WHERE x.jurisdiction_id = $1 AND x.inspection_id = s.inspection_id AND x.status = 'stored'))::bigint AS photos \
         FROM seen s JOIN areas a ON a.jurisdiction_id = $1 AND a.area_id = s.channel_area_id \
         GROUP BY a.area_id, a.name_zh, a.code ORDER BY findings DESC, a.code",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Text, _>(login)
    .load(conn)
    .await?)
}
