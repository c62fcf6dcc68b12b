//! Rows of plans.

use std::collections::{BTreeMap, BTreeSet};

use anfang_protocol::{
    feed::Kind,
    ids::{AccountId, AreaId, JurisdictionId, PlanId, SiteId},
    plan::{Plan, PlanStage},
};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, Int4, Int8, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::record::{PlanSite, Record};
use crate::{
    auth::Actor,
    db::{
        Conn, Here, prepared,
        schema::{plan_sites, plans},
    },
    failure::Result,
    ledger::Place,
};

fn stage(plan: &Plan) -> &'static str {
    match plan.stage {
        PlanStage::Sealed => "sealed",
        PlanStage::Unsealed { .. } => "unsealed",
        PlanStage::Withdrawn { .. } => "withdrawn",
    }
}

/// Locks and loads plans, in the order of their ids.
///
/// # Errors
/// Broken when the database fails or a stored body cannot be read.
pub async fn lock(mut conn: &Conn, jurisdiction: JurisdictionId, ids: &[Uuid]) -> Result<Vec<Record>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    type Row = (i32, String, Option<String>);
    let rows: Vec<Row> = plans::table
        .filter(plans::jurisdiction_id.eq(Here(jurisdiction.0)))
        .filter(plans::plan_id.eq_any(ids))
        .order(plans::plan_id)
        .for_update()
        .select((plans::rev, plans::body, plans::draw))
        .load(&mut conn)
        .await?;
    let sites: Vec<(Uuid, Uuid, Uuid)> = plan_sites::table
        .filter(plan_sites::jurisdiction_id.eq(Here(jurisdiction.0)))
        .filter(plan_sites::plan_id.eq_any(ids))
        .order((plan_sites::plan_id, plan_sites::ordinal))
        .select((plan_sites::plan_id, plan_sites::site_id, plan_sites::channel_area_id))
        .load(&mut conn)
        .await?;
    rows.into_iter()
        .map(|(rev, body, draw)| {
            let plan: Plan = serde_json::from_str(&body)?;
            let of = sites.iter().filter(|(id, ..)| *id == plan.plan_id.0);
            let read = |(_, site, area): &(Uuid, Uuid, Uuid)| PlanSite {
                site: SiteId(*site),
                channel_area: AreaId(*area),
                rev: 0,
            };
            Ok(Record {
                sites: of.map(read).collect(),
                draw: draw.map(|text| serde_json::from_str(&text)).transpose()?,
                rev: rev.unsigned_abs(),
                saved_rev: Some(rev.unsigned_abs()),
                plan,
            })
        })
        .collect()
}

/// Sites that plans of these rounds have, by author and round. Plans that were withdrawn had none.
///
/// # Errors
/// Broken when the database fails.
pub async fn drawn(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    rounds: &BTreeSet<(AccountId, String)>,
) -> Result<BTreeMap<(AccountId, String), BTreeSet<SiteId>>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        author_id: Uuid,
        #[diesel(sql_type = Text)]
        round: String,
        #[diesel(sql_type = SqlUuid)]
        site_id: Uuid,
    }
    if rounds.is_empty() {
        return Ok(BTreeMap::new());
    }
    let (authors, names): (Vec<Uuid>, Vec<String>) =
        rounds.iter().map(|(author, round)| (author.0, round.clone())).unzip();
    // Two at once in one round would draw the same site: one waits for the other.
    for (author, round) in rounds {
        prepared("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
            .bind::<Text, _>(format!("round {jurisdiction} {author} {round}"))
            .execute(&mut conn)
            .await?;
    }
    let rows: Vec<Row> = prepared(
        "SELECT p.author_id, p.round, s.site_id FROM unnest($2, $3) AS r (author_id, round) \
         JOIN plans p ON p.jurisdiction_id = $1 AND p.author_id = r.author_id AND p.round = r.round \
            AND p.stage <> 'withdrawn' \
         JOIN plan_sites s ON s.jurisdiction_id = $1 AND s.plan_id = p.plan_id",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(authors)
    .bind::<Array<Text>, _>(names)
    .load(&mut conn)
    .await?;
    let mut drawn: BTreeMap<(AccountId, String), BTreeSet<SiteId>> = BTreeMap::new();
    for row in rows {
        let round = (AccountId(row.author_id), row.round);
        drawn.entry(round).or_default().insert(SiteId(row.site_id));
    }
    Ok(drawn)
}

/// Writes what is new or changed. False: somebody else got in between.
///
/// # Errors
/// Broken when the database fails.
pub async fn save(conn: &Conn, jurisdiction: JurisdictionId, touched: &[&Record]) -> Result<bool> {
    if touched.is_empty() {
        return Ok(true);
    }
    let (new, changed): (Vec<&Record>, Vec<&Record>) =
        touched.iter().partition(|record| record.saved_rev.is_none());
    let inserted = insert(conn, jurisdiction, &new).await?;
    let updated = update(conn, jurisdiction, &changed).await?;
    Ok(inserted == new.len() && updated == changed.len())
}

async fn insert(mut conn: &Conn, jurisdiction: JurisdictionId, new: &[&Record]) -> Result<usize> {
    let mut inserted = 0;
    for record in new {
        let plan = &record.plan;
        inserted += diesel::insert_into(plans::table)
            .values((
                plans::jurisdiction_id.eq(jurisdiction.0),
                plans::plan_id.eq(plan.plan_id.0),
                plans::author_id.eq(plan.sealed.by.0),
                plans::stage.eq(stage(plan)),
                plans::round.eq(&plan.round),
                plans::sealed_at.eq(plan.sealed.at),
                plans::unseal_at.eq(plan.unseal_at),
                plans::rev.eq(record.rev.cast_signed()),
                plans::body.eq(serde_json::to_string(plan)?),
                plans::draw.eq(record.draw.as_ref().map(serde_json::to_string).transpose()?),
            ))
            .on_conflict_do_nothing()
            .execute(&mut conn)
            .await?;
        prepared(
            "INSERT INTO plan_sites (jurisdiction_id, plan_id, ordinal, site_id, channel_area_id) \
             SELECT $1, $2, s.ordinal - 1, s.site_id, s.area_id \
             FROM unnest($3, $4) WITH ORDINALITY AS s (site_id, area_id, ordinal) ON CONFLICT DO NOTHING",
        )
        .bind::<SqlUuid, _>(jurisdiction.0)
        .bind::<SqlUuid, _>(plan.plan_id.0)
        .bind::<Array<SqlUuid>, _>(record.sites.iter().map(|site| site.site.0).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(record.sites.iter().map(|site| site.channel_area.0).collect::<Vec<_>>())
        .execute(&mut conn)
        .await?;
    }
    Ok(inserted)
}

async fn update(mut conn: &Conn, jurisdiction: JurisdictionId, changed: &[&Record]) -> Result<usize> {
    let mut updated = 0;
    for record in changed {
        updated += diesel::update(plans::table.find((jurisdiction.0, record.plan.plan_id.0)))
            .filter(plans::rev.eq(record.saved_rev.unwrap_or(0).cast_signed()))
            .set((
                plans::stage.eq(stage(&record.plan)),
                plans::rev.eq(record.rev.cast_signed()),
                plans::body.eq(serde_json::to_string(&record.plan)?),
            ))
            .execute(&mut conn)
            .await?;
    }
    Ok(updated)
}

/// Plans whose time has come, with that time.
///
/// # Errors
/// Broken when the database fails.
pub async fn due(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<(PlanId, DateTime<Utc>)>> {
    let rows: Vec<(Uuid, DateTime<Utc>)> = plans::table
        .filter(plans::jurisdiction_id.eq(jurisdiction.0))
        .filter(plans::stage.eq("sealed"))
        .filter(plans::unseal_at.le(now))
        .order(plans::unseal_at)
        .limit(limit)
        .select((plans::plan_id, plans::unseal_at))
        .load(&mut conn)
        .await?;
    Ok(rows.into_iter().map(|(id, at)| (PlanId(id), at)).collect())
}

/// As they travel. Who asks has to be on the ledger before a sealed one is told: see [`sealed`].
///
/// # Errors
/// Broken when the database fails.
pub async fn wire(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, Box<RawValue>)>> {
    let rows: Vec<(Uuid, String)> = plans::table
        .filter(plans::jurisdiction_id.eq(Here(jurisdiction.0)))
        .filter(plans::plan_id.eq_any(ids))
        .select((plans::plan_id, plans::body))
        .load(&mut conn)
        .await?;
    rows.into_iter().map(|(id, body)| Ok((id, RawValue::from_string(body)?))).collect()
}

/// Which of these are not unsealed: reading one goes on the ledger.
///
/// # Errors
/// Broken when the database fails.
pub async fn sealed(mut conn: &Conn, jurisdiction: JurisdictionId, ids: &[Uuid]) -> Result<Vec<Uuid>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(plans::table
        .filter(plans::jurisdiction_id.eq(Here(jurisdiction.0)))
        .filter(plans::plan_id.eq_any(ids))
        .filter(plans::stage.ne("unsealed"))
        .order(plans::plan_id)
        .select(plans::plan_id)
        .load(&mut conn)
        .await?)
}

/// Ids of plans that the actor may see, the last made first: those that stand in one of the actor's channels.
///
/// # Errors
/// Broken when the database fails.
pub async fn visible(
    conn: &mut Conn,
    actor: &Actor,
    only: Option<Uuid>,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Uuid>> {
    #[derive(QueryableByName)]
    struct Seen {
        #[diesel(sql_type = SqlUuid)]
        item_id: Uuid,
    }
    let rows: Vec<Seen> = prepared(
        "SELECT DISTINCT f.item_id FROM memberships m \
         JOIN feed f ON f.jurisdiction_id = $1 AND f.channel = m.channel AND f.kind = 'plan' AND f.present \
         WHERE m.jurisdiction_id = $1 AND m.account_id = $2 AND m.revoked_seq IS NULL \
            AND ($3 IS NULL OR f.item_id = $3) AND ($4 IS NULL OR f.item_id < $4) \
         ORDER BY f.item_id DESC LIMIT $5",
    )
    .bind::<SqlUuid, _>(actor.jurisdiction.0)
    .bind::<SqlUuid, _>(actor.account.0)
    .bind::<Nullable<SqlUuid>, _>(only)
    .bind::<Nullable<SqlUuid>, _>(before)
    .bind::<Int8, _>(limit)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|seen| seen.item_id).collect())
}

/// The plan and its draw, if it was drawn and is unsealed.
///
/// # Errors
/// Broken when the database fails or a stored body cannot be read.
pub async fn draw(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    plan: Uuid,
) -> Result<Option<(Plan, Box<RawValue>)>> {
    let row: Option<(String, Option<String>)> = plans::table
        .find((jurisdiction.0, plan))
        .filter(plans::stage.eq("unsealed"))
        .select((plans::body, plans::draw))
        .first(&mut conn)
        .await
        .optional()?;
    let Some((body, Some(draw))) = row else { return Ok(None) };
    Ok(Some((serde_json::from_str(&body)?, RawValue::from_string(draw)?)))
}

/// Sites that changed stand in the channels of plans, too.
///
/// # Errors
/// Broken when the database fails.
pub async fn follow_sites(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    changed: &[Place],
) -> Result<Vec<Place>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        channel: String,
        #[diesel(sql_type = SqlUuid)]
        item_id: Uuid,
        #[diesel(sql_type = Int4)]
        rev: i32,
    }
    let (ids, revs): (Vec<Uuid>, Vec<i32>) = changed
        .iter()
        .filter(|place| place.kind == Kind::Site && place.present)
        .map(|place| (place.item, place.rev))
        .unzip();
    let rows: Vec<Row> = prepared(
        "SELECT f.channel, f.item_id, c.rev FROM unnest($2, $3) AS c (item_id, rev) \
         JOIN feed f ON f.jurisdiction_id = $1 AND f.item_id = c.item_id AND f.channel LIKE 'plan:%' AND f.present",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Array<Int4>, _>(revs)
    .load(conn)
    .await?;
    let place = |row: Row| Some(Place::put(row.channel.parse().ok()?, Kind::Site, row.item_id, row.rev));
    Ok(rows.into_iter().filter_map(place).collect())
}

/// Who may be of a team: those with a live role that inspects, over an area or a unit.
///
/// # Errors
/// Broken when the database fails.
pub async fn may_go(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    accounts: &[Uuid],
) -> Result<BTreeSet<AccountId>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        account_id: Uuid,
    }
    let rows: Vec<Row> = prepared(
        "SELECT DISTINCT a.account_id FROM accounts a JOIN grants g USING (jurisdiction_id, account_id) \
         WHERE a.jurisdiction_id = $1 AND a.account_id = ANY($2) AND a.standing = 'active' \
            AND g.revoked_at IS NULL AND g.plan_id IS NULL AND g.role = ANY($3)",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(accounts)
    .bind::<Array<Text>, _>(["inspector", "supervisor", "verifier"].map(String::from).to_vec())
    .load(&mut conn)
    .await?;
    Ok(rows.into_iter().map(|row| AccountId(row.account_id)).collect())
}

/// Read by somebody at a time: one entry each.
#[derive(serde::Serialize)]
struct Reading {
    plan_id: Uuid,
}

/// Puts it on the ledger that the actor read these sealed plans. Must be committed before they are told.
///
/// # Errors
/// Broken when the database fails.
pub async fn record_reading(
    conn: &mut Conn,
    actor: &Actor,
    now: DateTime<Utc>,
    plans: &[Uuid],
) -> Result<()> {
    use crate::ledger::{self, Entry};
    let entries: Vec<Entry> = plans
        .iter()
        .map(|plan| {
            let read = Entry::event("plan.read", now, &Reading { plan_id: *plan })?;
            Ok(read.by(actor.account, actor.device))
        })
        .collect::<Result<_>>()?;
    if !entries.is_empty() {
        ledger::append(conn, actor.jurisdiction, &entries, &[]).await?;
    }
    Ok(())
}
