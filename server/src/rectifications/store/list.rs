//! Lists of items, and their trail.

use anfang_protocol::feed::Channel;
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    auth::{Actor, grants},
    db::{
        Conn, prepared,
        schema::{areas, memberships, rectifications},
    },
    failure::Result,
};

/// Which items a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub area: Option<Uuid>,
    /// The townships of this sector of command (战区), by its Chinese name.
    pub sector: Option<String>,
    pub unit: Option<Uuid>,
    pub site: Option<Uuid>,
    pub stage: Option<String>,
    pub severity: Option<String>,
    pub source: Option<String>,
    pub person: Option<String>,
    /// Only those whose deadline passes at this moment or before it, while the fix clock runs.
    pub due_until: Option<DateTime<Utc>>,
    /// Only those listed before this one (keyset: time and id of the last row of the page before).
    pub before: Option<(DateTime<Utc>, Uuid)>,
    pub limit: i64,
}

/// What somebody reads of the ledger: townships and units.
#[derive(Debug, Clone, Default)]
pub struct Sight {
    pub areas: Vec<Uuid>,
    pub units: Vec<Uuid>,
}

/// # Errors
/// Broken when the database fails.
pub async fn sight(conn: &mut Conn, actor: &Actor) -> Result<Sight> {
    let channels: Vec<String> = memberships::table
        .filter(memberships::jurisdiction_id.eq(actor.jurisdiction.0))
        .filter(memberships::account_id.eq(actor.account.0))
        .filter(memberships::revoked_seq.is_null())
        .select(memberships::channel)
        .load(conn)
        .await?;
    let mut sight = Sight::default();
    for channel in channels.iter().filter_map(|text| text.parse().ok()) {
        match channel {
            Channel::Area(area) => sight.areas.push(area.0),
            Channel::Unit(unit) => sight.units.push(unit.0),
            _ => {}
        }
    }
    Ok(sight)
}

type Boxed = rectifications::BoxedQuery<'static, diesel::pg::Pg>;

async fn filtered(conn: &mut Conn, actor: &Actor, filter: &Filter) -> Result<Boxed> {
    use rectifications as r;
    let sight = sight(conn, actor).await?;
    let mut query = r::table.filter(r::jurisdiction_id.eq(actor.jurisdiction.0)).into_boxed();
    // An OR hides from the planner that one half is empty, and with it the index of the other.
    query = match (sight.areas.is_empty(), sight.units.is_empty()) {
        (false, true) => query.filter(r::channel_area_id.eq_any(sight.areas)),
        (true, false) => query.filter(r::seen_by.eq_any(sight.units).assume_not_null()),
        _ => query.filter(
            r::channel_area_id.eq_any(sight.areas).or(r::seen_by.eq_any(sight.units).assume_not_null()),
        ),
    };
    if let Some(area) = filter.area {
        query = query.filter(r::area_id.eq_any(grants::within(conn, actor.jurisdiction, area).await?));
    }
    if let Some(sector) = &filter.sector {
        let townships = areas::table
            .filter(areas::jurisdiction_id.eq(actor.jurisdiction.0))
            .filter(areas::sector_zh.eq(sector.clone()))
            .select(areas::area_id)
            .load::<Uuid>(conn)
            .await?;
        query = query.filter(r::channel_area_id.eq_any(townships));
    }
    if let Some(unit) = filter.unit {
        query = query.filter(r::unit_id.eq(unit));
    }
    if let Some(site) = filter.site {
        query = query.filter(r::site_id.eq(site));
    }
    if let Some(stage) = &filter.stage {
        query = query.filter(r::stage.eq(stage.clone()));
    }
    if let Some(severity) = &filter.severity {
        query = query.filter(r::severity.eq(severity.clone()));
    }
    if let Some(source) = &filter.source {
        query = query.filter(r::source.eq(source.clone()));
    }
    if let Some(person) = &filter.person {
        query = query.filter(r::person.eq(person.clone()));
    }
    if let Some(until) = filter.due_until {
        query = query.filter(r::due_at.le(until));
    }
    Ok(query)
}

/// Ids of items that the actor may see, the last listed first, with the time each was listed.
///
/// # Errors
/// Broken when the database fails.
pub async fn visible(conn: &mut Conn, actor: &Actor, filter: &Filter) -> Result<Vec<(Uuid, DateTime<Utc>)>> {
    use rectifications as r;
    let mut query = filtered(conn, actor, filter).await?;
    if let Some((at, id)) = filter.before {
        // The first condition says the same once more, in a form that an index begins at.
        query = query.filter(r::listed_at.le(at)).filter(r::listed_at.lt(at).or(r::rectification_id.lt(id)));
    }
    Ok(query
        .order((r::listed_at.desc(), r::rectification_id.desc()))
        .limit(filter.limit)
        .select((r::rectification_id, r::listed_at))
        .load(conn)
        .await?)
}

/// One thing that happened to an item.
#[derive(Debug, Clone, QueryableByName, Serialize, utoipa::ToSchema)]
pub struct Happened {
    /// Server time.
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    /// By the giver's own clock: what was done offline was done then. Absent: it was not kept.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_at: Option<DateTime<Utc>>,
    /// The type of the command.
    #[diesel(sql_type = Text)]
    #[serde(rename = "type")]
    pub kind: String,
    /// `applied`, or `conflict`: it came too late and is kept in the item.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// Who; null: the clock.
    #[diesel(sql_type = Nullable<Text>)]
    pub name: Option<String>,
}

/// What happened to an item, in order; none when the actor does not oversee it. Joining and splitting are commands about
/// the other item: of the one that was joined or split off, its own facts tell.
///
/// # Errors
/// Broken when the database fails.
pub async fn trail(conn: &mut Conn, actor: &Actor, item: Uuid) -> Result<Option<Vec<Happened>>> {
    let sight = sight(conn, actor).await?;
    let there: Option<Uuid> = rectifications::table
        .find((actor.jurisdiction.0, item))
        .filter(rectifications::channel_area_id.eq_any(sight.areas.clone()))
        .select(rectifications::rectification_id)
        .first(conn)
        .await
        .optional()?;
    if there.is_none() {
        return Ok(None);
    }
    let happened = prepared(
        "WITH r AS (SELECT body::jsonb AS body FROM rectifications \
            WHERE jurisdiction_id = $1 AND rectification_id = $2 AND channel_area_id = ANY($3)), \
         own AS (SELECT received_at AS at, given_at, kind, status, account_id, n, command_id FROM commands \
            WHERE jurisdiction_id = $1 AND item_id = $2 AND status <> 'rejected' AND kind LIKE 'rectification.%'), \
         parted AS (SELECT 'rectification.split' AS kind, body -> 'listed' AS done FROM r \
            WHERE NOT EXISTS (SELECT FROM own WHERE kind = 'rectification.list')), \
         joined AS (SELECT 'rectification.join', body #> '{stage,cancellation,cancelled}' FROM r \
            WHERE body #> '{stage,cancellation,joined_into}' IS NOT NULL) \
         SELECT at, given_at, kind, status, a.name FROM ( \
            SELECT * FROM own WHERE EXISTS (SELECT FROM r) \
            UNION ALL SELECT (done ->> 'at')::timestamptz, NULL, kind, 'applied', (done ->> 'by')::uuid, 0, NULL \
            FROM (SELECT * FROM parted UNION ALL SELECT * FROM joined) o) c \
         LEFT JOIN accounts a ON a.jurisdiction_id = $1 AND a.account_id = c.account_id \
         ORDER BY at, n, command_id",
    )
    .bind::<SqlUuid, _>(actor.jurisdiction.0)
    .bind::<SqlUuid, _>(item)
    .bind::<Array<SqlUuid>, _>(sight.areas)
    .load(conn)
    .await?;
    Ok(Some(happened))
}
