//! How many items stand where, and the accounts of units: from tallies that are kept as items are written, so that nothing
//! here reads as many rows as there are items.

use std::collections::{BTreeMap, HashMap, btree_map::Entry};

use anfang_protocol::lifecycle::reconcile::Account;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, Date, Int8, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use serde::Serialize;
use uuid::Uuid;

use super::list::sight;
use crate::{
    auth::{Actor, grants},
    db::{Conn, prepared, schema::areas},
    failure::Result,
};

/// By what items are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum By {
    #[default]
    Stage,
    Sector,
    Township,
    Area,
    Unit,
    Person,
    Severity,
    Source,
    Site,
}

impl By {
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "stage" => By::Stage,
            "sector" => By::Sector,
            "township" => By::Township,
            "area" => By::Area,
            "unit" => By::Unit,
            "person" => By::Person,
            "severity" => By::Severity,
            "source" => By::Source,
            "site" => By::Site,
            _ => return None,
        })
    }

    fn column(self) -> &'static str {
        match self {
            By::Stage => "stage",
            // Townships are added up by their sectors.
            By::Sector | By::Township => "channel_area_id",
            By::Area => "area_id",
            By::Unit => "unit_id",
            By::Person => "person",
            By::Severity => "severity",
            By::Source => "source",
            By::Site => "site_id",
        }
    }
}

/// Items by something, with how they stand.
#[derive(Debug, Clone, QueryableByName, Serialize, utoipa::ToSchema)]
pub struct Count {
    /// An area, a sector, a unit, a person, a stage, a severity: what was asked for. Null: none.
    #[diesel(sql_type = Nullable<Text>)]
    pub key: Option<String>,
    #[diesel(sql_type = Int8)]
    pub total: i64,
    /// Neither closed nor cancelled.
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
    /// The deadline passes within the next day.
    #[diesel(sql_type = Int8)]
    pub due_soon: i64,
}

impl Count {
    fn add(&mut self, other: &Count) {
        self.total += other.total;
        self.open += other.open;
        self.closed += other.closed;
        self.returned += other.returned;
        self.suspended += other.suspended;
        self.overdue += other.overdue;
        self.due_soon += other.due_soon;
    }
}

/// Who is asked for: whose items, and which of them the actor may see.
const SEEN: &str = "jurisdiction_id = $1 AND (channel_area_id = ANY($2) OR seen_by = ANY($3)) \
    AND ($5 IS NULL OR area_id = ANY($5))";

/// Counts of all items that the actor may see, those in an area with all below it if one is named. Sites are too many to
/// be tallied: by site, the items of that area are read.
///
/// # Errors
/// Broken when the database fails.
pub async fn counts(
    conn: &mut Conn,
    actor: &Actor,
    by: By,
    area: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<Vec<Count>> {
    let sight = sight(conn, actor).await?;
    let within = match area {
        Some(area) => Some(grants::within(conn, actor.jurisdiction, area).await?),
        None => None,
    };
    let key = by.column();
    let tallied = match by {
        By::Site => format!("SELECT {key} AS key, stage, 1 AS n FROM rectifications WHERE {SEEN}"),
        _ => format!(
            "SELECT {key} AS key, stage, n FROM item_tallies WHERE {SEEN} \
             UNION ALL SELECT {key} AS key, stage, n FROM item_deltas WHERE {SEEN}"
        ),
    };
    // Who is late is a matter of the moment: counted from the index of deadlines alone.
    let query = format!(
        "WITH tallied AS ({tallied}), \
         late AS ( \
            SELECT {key} AS key, count(*) FILTER (WHERE due_at <= $4) AS overdue, \
                count(*) FILTER (WHERE due_at > $4) AS due_soon \
            FROM rectifications WHERE {SEEN} AND due_at <= $4 + interval '1 day' GROUP BY 1), \
         standing AS ( \
            SELECT key, sum(n)::bigint AS total, \
                coalesce(sum(n) FILTER (WHERE stage NOT IN ('closed', 'cancelled')), 0)::bigint AS open, \
                coalesce(sum(n) FILTER (WHERE stage = 'closed'), 0)::bigint AS closed, \
                coalesce(sum(n) FILTER (WHERE stage = 'returned'), 0)::bigint AS returned, \
                coalesce(sum(n) FILTER (WHERE stage = 'suspended'), 0)::bigint AS suspended \
            FROM tallied GROUP BY key HAVING sum(n) > 0) \
         SELECT s.key::text AS key, total, open, closed, returned, suspended, \
            coalesce(overdue, 0) AS overdue, coalesce(due_soon, 0) AS due_soon \
         FROM standing s LEFT JOIN late l ON l.key = s.key OR l.key IS NULL AND s.key IS NULL ORDER BY s.key"
    );
    let counts = diesel::sql_query(query)
        .bind::<SqlUuid, _>(actor.jurisdiction.0)
        .bind::<Array<SqlUuid>, _>(sight.areas)
        .bind::<Array<SqlUuid>, _>(sight.units)
        .bind::<Timestamptz, _>(now)
        .bind::<Nullable<Array<SqlUuid>>, _>(within)
        .load(conn)
        .await?;
    if by == By::Sector { by_sector(conn, actor, counts).await } else { Ok(counts) }
}

/// Adds up the counts of townships by their sectors of command.
async fn by_sector(conn: &mut Conn, actor: &Actor, townships: Vec<Count>) -> Result<Vec<Count>> {
    let sectors: HashMap<String, Option<String>> = areas::table
        .filter(areas::jurisdiction_id.eq(actor.jurisdiction.0))
        .filter(areas::sector_zh.is_not_null())
        .select((areas::area_id, areas::sector_zh))
        .load::<(Uuid, Option<String>)>(conn)
        .await?
        .into_iter()
        .map(|(area, sector)| (area.to_string(), sector))
        .collect();
    let mut sums: BTreeMap<Option<String>, Count> = BTreeMap::new();
    for count in townships {
        let sector = count.key.as_ref().and_then(|area| sectors.get(area)).cloned().flatten();
        match sums.entry(sector.clone()) {
            Entry::Vacant(empty) => drop(empty.insert(Count { key: sector, ..count })),
            Entry::Occupied(mut sum) => sum.get_mut().add(&count),
        }
    }
    Ok(sums.into_values().collect())
}

/// How what was closed held: of a unit that put things right, or of a group that accepted it.
#[derive(Debug, Clone, QueryableByName, Serialize, utoipa::ToSchema)]
#[schema(as = HeldOf)]
pub struct Held {
    /// The unit or the group.
    #[diesel(sql_type = SqlUuid)]
    pub unit_id: Uuid,
    /// Closings.
    #[diesel(sql_type = Int8)]
    pub closed: i64,
    /// Of them, those that did not hold (反弹).
    #[diesel(sql_type = Int8)]
    pub relapsed: i64,
}

/// How the closings that the actor may see held, by unit or by the group that accepted; the most relapses first. Both
/// count for the whole time: a relapse stands against whoever closed, however long ago.
///
/// # Errors
/// Broken when the database fails.
pub async fn held(conn: &mut Conn, actor: &Actor, by_group: bool) -> Result<Vec<Held>> {
    let sight = sight(conn, actor).await?;
    let [closed, relapsed] = if by_group { OF_GROUPS } else { ["closed", "reopened"] };
    let held = prepared(
        "SELECT unit_id, coalesce(sum(n) FILTER (WHERE kind = $4), 0)::bigint AS closed, \
            coalesce(sum(n) FILTER (WHERE kind = $5), 0)::bigint AS relapsed \
         FROM (SELECT unit_id, kind, n FROM move_tallies \
               WHERE jurisdiction_id = $1 AND (channel_area_id = ANY($2) OR unit_id = ANY($3)) \
               UNION ALL SELECT unit_id, kind, n FROM move_deltas \
               WHERE jurisdiction_id = $1 AND (channel_area_id = ANY($2) OR unit_id = ANY($3))) m \
         WHERE kind IN ($4, $5) GROUP BY unit_id ORDER BY relapsed DESC, closed DESC, unit_id",
    )
    .bind::<SqlUuid, _>(actor.jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(sight.areas)
    .bind::<Array<SqlUuid>, _>(sight.units)
    .bind::<Text, _>(closed)
    .bind::<Text, _>(relapsed)
    .load(conn)
    .await?;
    Ok(held)
}

/// A day in the account of a unit (对账).
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Day {
    pub unit_id: Uuid,
    pub day: NaiveDate,
    #[serde(flatten)]
    pub account: Account,
}

/// Tallies that are no unit's balance: what groups accepted, and what of it did not hold.
const OF_GROUPS: [&str; 2] = ["accepted", "relapsed"];

/// The accounts of the units that the actor may see, day by day; days on which nothing moved are left out.
///
/// # Errors
/// Broken when the database fails.
pub async fn accounts(conn: &mut Conn, actor: &Actor, from: NaiveDate, to: NaiveDate) -> Result<Vec<Day>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        unit_id: Uuid,
        #[diesel(sql_type = Date)]
        day: NaiveDate,
        #[diesel(sql_type = Int8)]
        new: i64,
        #[diesel(sql_type = Int8)]
        reopened: i64,
        #[diesel(sql_type = Int8)]
        closed: i64,
        #[diesel(sql_type = Int8)]
        moved_away: i64,
    }
    let sight = sight(conn, actor).await?;
    // What a unit opens with is what moved before, all of it.
    let rows: Vec<Row> = prepared(
        "SELECT unit_id, greatest(day, $4 - 1) AS day, \
            coalesce(sum(n) FILTER (WHERE kind = 'new'), 0)::bigint AS new, \
            coalesce(sum(n) FILTER (WHERE kind = 'reopened'), 0)::bigint AS reopened, \
            coalesce(sum(n) FILTER (WHERE kind = 'closed'), 0)::bigint AS closed, \
            coalesce(sum(n) FILTER (WHERE kind = 'moved_away'), 0)::bigint AS moved_away \
         FROM (SELECT unit_id, day, kind, n FROM move_tallies \
               WHERE jurisdiction_id = $1 AND (channel_area_id = ANY($2) OR unit_id = ANY($3)) AND day <= $5 AND kind <> ALL($6) \
               UNION ALL SELECT unit_id, day, kind, n FROM move_deltas \
               WHERE jurisdiction_id = $1 AND (channel_area_id = ANY($2) OR unit_id = ANY($3)) AND day <= $5 AND kind <> ALL($6)) m \
         GROUP BY 1, 2 ORDER BY 1, 2",
    )
    .bind::<SqlUuid, _>(actor.jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(sight.areas)
    .bind::<Array<SqlUuid>, _>(sight.units)
    .bind::<Date, _>(from)
    .bind::<Date, _>(to)
    .bind::<Array<Text>, _>(OF_GROUPS.to_vec())
    .load(conn)
    .await?;
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    let mut days = Vec::new();
    let mut last: Option<(Uuid, u64)> = None;
    for row in rows {
        let opening = last.filter(|(unit, _)| *unit == row.unit_id).map_or(0, |(_, closing)| closing);
        let mut account = Account {
            opening,
            new: count(row.new),
            reopened: count(row.reopened),
            closed: count(row.closed),
            moved_away: count(row.moved_away),
            closing: 0,
        };
        account.closing =
            (opening + account.new + account.reopened).saturating_sub(account.closed + account.moved_away);
        last = Some((row.unit_id, account.closing));
        if row.day >= from {
            days.push(Day { unit_id: row.unit_id, day: row.day, account });
        }
    }
    Ok(days)
}
