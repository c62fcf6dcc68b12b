//! Grants: who holds which role over what, and the channels that follow from it.
//!
//! Promises: a grant and the memberships that it gives or takes are one transaction, and get the same place in the
//! order of all changes; a channel that stays open is not touched.
//! Never: decides whether somebody may give a grant; that is the caller's.

use std::collections::{BTreeMap, BTreeSet};

use anfang_protocol::{
    Code, Problem,
    area::AreaLevel,
    authority::{Held, Land, channels, opens},
    feed::Channel,
    ids::{AccountId, AreaId, GrantId, JurisdictionId, PlanId, UnitId},
    people::{Grant, Role, Scope},
};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, Uuid as SqlUuid},
};
use diesel_async::{AsyncConnection, RunQueryDsl};
use serde_json::json;
use uuid::Uuid;

use crate::{
    auth::{
        Actor, by_whom,
        memberships::{self, Difference},
    },
    clock::Clock,
    db::{
        Conn, prepared,
        schema::{accounts, areas, grants, heads, units},
    },
    failure::{Failure, Result},
    ledger::{self, Entry},
};

/// Gives a role over a scope. Given already, it is the same grant again.
///
/// # Errors
/// `not_found` when there is no such account, area or unit; `scope_too_fine` below a township;
/// `scope_unsuitable` when the role opens nothing over such a scope.
pub async fn give(
    conn: &mut Conn,
    clock: &Clock,
    jurisdiction: JurisdictionId,
    by: Option<&Actor>,
    account: AccountId,
    role: Role,
    scope: Scope,
) -> Result<GrantId> {
    if opens(&role, &scope).is_empty() {
        return Err(Problem::new(Code::ScopeUnsuitable)
            .detail(format!("{role} over {}", kind(&scope)))
            .into());
    }
    conn.transaction(async |conn| {
        lock(conn, jurisdiction).await?;
        check(conn, jurisdiction, account, &scope).await?;
        let held = live_grants(conn, jurisdiction, &[account]).await?.remove(&account).unwrap_or_default();
        if let Some(same) = held.iter().find(|held| held.grant.role == role && held.grant.scope == scope) {
            return Ok(same.grant.grant_id);
        }
        let (id, now) = (GrantId(clock.fresh_id()), clock.now());
        insert(conn, now, jurisdiction, by, (id, account, &role, &scope)).await?;
        let what = json!({"grant_id": id, "account_id": account, "role": role, "scope": scope});
        let entry = by_whom(Entry::event("grant.given", now, &what)?, by);
        derive(conn, jurisdiction, account, entry).await?;
        Ok::<_, Failure>(id)
    })
    .await
}

/// Lets a plan's author and team into its channel, at this number of the order: the caller has appended the entry that
/// tells why, and holds the counter row. Their grants over the plan open its channel and nothing else.
///
/// # Errors
/// Broken when the database fails.
pub async fn let_into_plan(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    now: DateTime<Utc>,
    plan: PlanId,
    author: AccountId,
    team: &[AccountId],
    seq: i64,
) -> Result<()> {
    let people: BTreeSet<AccountId> = team.iter().copied().chain([author]).collect();
    let of = |account: AccountId| if account == author { Role::Supervisor } else { Role::Inspector };
    for account in &people {
        let id = GrantId(Uuid::new_v5(&plan.0, format!("grant:{account}").as_bytes()));
        insert(conn, now, jurisdiction, None, (id, *account, &of(*account), &Scope::Plan(plan))).await?;
    }
    let people: Vec<AccountId> = people.into_iter().collect();
    difference(conn, jurisdiction, &people).await?.write(conn, jurisdiction, seq).await
}

/// Takes a grant away. Taken away already, nothing happens.
///
/// # Errors
/// `not_found`.
pub async fn revoke(
    conn: &mut Conn,
    clock: &Clock,
    jurisdiction: JurisdictionId,
    by: Option<&Actor>,
    grant: GrantId,
) -> Result<()> {
    conn.transaction(async |conn| {
        lock(conn, jurisdiction).await?;
        let found: Option<(Uuid, Option<DateTime<Utc>>)> = grants::table
            .find((jurisdiction.0, grant.0))
            .select((grants::account_id, grants::revoked_at))
            .first(conn)
            .await
            .optional()?;
        let (account, revoked_at) = found.ok_or(Code::NotFound)?;
        if revoked_at.is_some() {
            return Ok(());
        }
        let now = clock.now();
        diesel::update(grants::table.find((jurisdiction.0, grant.0)))
            .set(grants::revoked_at.eq(now))
            .execute(conn)
            .await?;
        let what = json!({"grant_id": grant, "account_id": account});
        let entry = by_whom(Entry::event("grant.revoked", now, &what)?, by);
        derive(conn, jurisdiction, AccountId(account), entry).await?;
        Ok::<_, Failure>(())
    })
    .await
}

/// Derives everyone's channels anew: after areas or units were imported. Returns how many memberships changed.
pub async fn rederive_all(
    conn: &mut Conn,
    now: DateTime<Utc>,
    jurisdiction: JurisdictionId,
) -> Result<usize> {
    conn.transaction(async |conn| {
        lock(conn, jurisdiction).await?;
        let ids: Vec<Uuid> = accounts::table
            .filter(accounts::jurisdiction_id.eq(jurisdiction.0))
            .select(accounts::account_id)
            .load(conn)
            .await?;
        let everyone: Vec<AccountId> = ids.into_iter().map(AccountId).collect();
        let changed = difference(conn, jurisdiction, &everyone).await?;
        if !changed.is_empty() {
            let what = json!({"opened": changed.opened(), "closed": changed.closed()});
            let head =
                ledger::append(conn, jurisdiction, &[Entry::event("channels.derived", now, &what)?], &[])
                    .await?;
            changed.write(conn, jurisdiction, head.seq).await?;
        }
        Ok::<_, Failure>(changed.opened() + changed.closed())
    })
    .await
}

/// The live grants of these accounts, each with the area that it reaches.
pub async fn live_grants(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    accounts: &[AccountId],
) -> Result<BTreeMap<AccountId, Vec<Held>>> {
    let held = all_grants(conn, jurisdiction, accounts).await?;
    let live =
        |held: Vec<Held>| held.into_iter().filter(|held| held.grant.revoked_at.is_none()).collect::<Vec<_>>();
    Ok(held
        .into_iter()
        .map(|(account, held)| (account, live(held)))
        .filter(|(_, held)| !held.is_empty())
        .collect())
}

type Row = (
    Uuid,
    Uuid,
    String,
    Option<Uuid>,
    Option<Uuid>,
    Option<Uuid>,
    DateTime<Utc>,
    Option<DateTime<Utc>>,
    Option<Uuid>,
);

/// The grants of these accounts, those included that were taken away.
pub async fn all_grants(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    accounts: &[AccountId],
) -> Result<BTreeMap<AccountId, Vec<Held>>> {
    let rows: Vec<Row> =
        grants::table
            .left_join(units::table.on(
                units::jurisdiction_id.eq(jurisdiction.0).and(units::unit_id.nullable().eq(grants::unit_id)),
            ))
            .filter(grants::jurisdiction_id.eq(jurisdiction.0))
            .filter(grants::account_id.eq_any(accounts.iter().map(|account| account.0).collect::<Vec<_>>()))
            .order((grants::granted_at, grants::grant_id))
            .select((
                grants::grant_id,
                grants::account_id,
                grants::role,
                grants::area_id,
                grants::unit_id,
                grants::plan_id,
                grants::granted_at,
                grants::revoked_at,
                units::area_id.nullable(),
            ))
            .load(conn)
            .await?;
    let mut all: BTreeMap<AccountId, Vec<Held>> = BTreeMap::new();
    for (grant, account, role, area, unit, plan, granted_at, revoked_at, unit_area) in rows {
        let scope = match (area, unit, plan) {
            (Some(area), ..) => Scope::Area(AreaId(area)),
            (_, Some(unit), _) => Scope::Unit(UnitId(unit)),
            (_, _, Some(plan)) => Scope::Plan(PlanId(plan)),
            // A CHECK of the table forbids it.
            (None, None, None) => continue,
        };
        let (grant_id, account_id) = (GrantId(grant), AccountId(account));
        let grant = Grant { grant_id, account_id, role: role.as_str().into(), scope, granted_at, revoked_at };
        all.entry(account_id).or_default().push(Held { grant, area: area.or(unit_area).map(AreaId) });
    }
    Ok(all)
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = SqlUuid)]
    start: Uuid,
    #[diesel(sql_type = SqlUuid)]
    area_id: Uuid,
}

/// The area and all below it.
///
/// # Errors
/// Broken when the database fails.
pub async fn within(conn: &mut Conn, jurisdiction: JurisdictionId, area: Uuid) -> Result<Vec<Uuid>> {
    let steps: Vec<Step> = prepared(
        "WITH RECURSIVE down (area_id) AS ( \
            SELECT $2 UNION ALL \
            SELECT a.area_id FROM down JOIN areas a ON a.jurisdiction_id = $1 AND a.parent_id = down.area_id) \
         SELECT $2 AS start, area_id FROM down",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<SqlUuid, _>(area)
    .load(conn)
    .await?;
    Ok(steps.into_iter().map(|step| step.area_id).collect())
}

/// Each of these areas with those it lies in, up to the root: what [`anfang_protocol::authority::Target`] wants.
pub async fn paths(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    of: &[AreaId],
) -> Result<BTreeMap<AreaId, Vec<AreaId>>> {
    // Levels are five; the limit ends a circle.
    let steps: Vec<Step> = prepared(
        "WITH RECURSIVE up (start, area_id, parent_id, depth) AS ( \
             SELECT area_id, area_id, parent_id, 0 FROM areas WHERE jurisdiction_id = $1 AND area_id = ANY ($2) \
             UNION ALL \
             SELECT up.start, a.area_id, a.parent_id, up.depth + 1 FROM up \
             JOIN areas a ON a.jurisdiction_id = $1 AND a.area_id = up.parent_id WHERE up.depth < 10) \
         SELECT start, area_id FROM up ORDER BY start, depth",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(of.iter().map(|area| area.0).collect::<Vec<_>>())
    .load(conn)
    .await?;
    let mut paths: BTreeMap<AreaId, Vec<AreaId>> = BTreeMap::new();
    for step in steps {
        paths.entry(AreaId(step.start)).or_default().push(AreaId(step.area_id));
    }
    Ok(paths)
}

fn kind(scope: &Scope) -> &'static str {
    match scope {
        Scope::Area(_) => "an area",
        Scope::Unit(_) => "a unit",
        Scope::Plan(_) => "a plan",
    }
}

/// Takes the jurisdiction's counter row before anything is read: channels are derived from what all earlier
/// changes left, never from what a change under way will leave.
async fn lock(conn: &mut Conn, jurisdiction: JurisdictionId) -> Result<()> {
    let head: Option<i64> =
        heads::table.find(jurisdiction.0).select(heads::seq).for_update().first(conn).await.optional()?;
    head.ok_or_else(|| Problem::new(Code::NotFound).detail("there is no such jurisdiction"))?;
    Ok(())
}

async fn check(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    account: AccountId,
    scope: &Scope,
) -> Result<()> {
    let absent =
        |what: &str| Failure::from(Problem::new(Code::NotFound).detail(format!("there is no such {what}")));
    let known: Option<Uuid> = accounts::table
        .find((jurisdiction.0, account.0))
        .select(accounts::account_id)
        .first(conn)
        .await
        .optional()?;
    known.ok_or_else(|| absent("account"))?;
    match scope {
        Scope::Area(area) => {
            let level: Option<String> = areas::table
                .find((jurisdiction.0, area.0))
                .select(areas::level)
                .first(conn)
                .await
                .optional()?;
            let level = AreaLevel::from(level.ok_or_else(|| absent("area"))?.as_str());
            if !level.has_channels() {
                return Err(Problem::new(Code::ScopeTooFine).detail(format!("the area is a {level}")).into());
            }
        }
        Scope::Unit(unit) => {
            let unit: Option<Uuid> = units::table
                .find((jurisdiction.0, unit.0))
                .select(units::unit_id)
                .first(conn)
                .await
                .optional()?;
            unit.ok_or_else(|| absent("unit"))?;
        }
        Scope::Plan(_) => {}
    }
    Ok(())
}

async fn insert(
    conn: &mut Conn,
    now: DateTime<Utc>,
    jurisdiction: JurisdictionId,
    by: Option<&Actor>,
    (id, account, role, scope): (GrantId, AccountId, &Role, &Scope),
) -> Result<()> {
    let (area, unit, plan) = match scope {
        Scope::Area(area) => (Some(area.0), None, None),
        Scope::Unit(unit) => (None, Some(unit.0), None),
        Scope::Plan(plan) => (None, None, Some(plan.0)),
    };
    diesel::insert_into(grants::table)
        .values((
            grants::jurisdiction_id.eq(jurisdiction.0),
            grants::grant_id.eq(id.0),
            grants::account_id.eq(account.0),
            grants::role.eq(role.as_str()),
            grants::area_id.eq(area),
            grants::unit_id.eq(unit),
            grants::plan_id.eq(plan),
            grants::granted_at.eq(now),
            grants::granted_by.eq(by.map(|actor| actor.account.0)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Brings an account's memberships in line with its grants, behind the entry that tells why.
async fn derive(conn: &mut Conn, jurisdiction: JurisdictionId, account: AccountId, why: Entry) -> Result<()> {
    let changed = difference(conn, jurisdiction, &[account]).await?;
    let head = ledger::append(conn, jurisdiction, &[why], &[]).await?;
    changed.write(conn, jurisdiction, head.seq).await
}

/// What has to change so that the memberships are what the grants say.
async fn difference(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    accounts: &[AccountId],
) -> Result<Difference> {
    let land = land(conn, jurisdiction).await?;
    let mut held = live_grants(conn, jurisdiction, accounts).await?;
    let mut open = memberships::open(conn, jurisdiction, accounts).await?;
    let mut difference = Difference::default();
    for account in accounts {
        let grants: Vec<Grant> =
            held.remove(account).unwrap_or_default().into_iter().map(|held| held.grant).collect();
        let wanted: BTreeSet<String> =
            channels(*account, &grants, &land).iter().map(Channel::to_string).collect();
        let open = open.remove(account).unwrap_or_default();
        for channel in wanted.difference(&open) {
            difference.opens(*account, channel.clone());
        }
        for channel in open.difference(&wanted) {
            difference.closes(*account, channel.clone());
        }
    }
    Ok(difference)
}

/// Areas and units, as far as access goes by them.
pub async fn land(conn: &mut Conn, jurisdiction: JurisdictionId) -> Result<Land> {
    let area_rows: Vec<(Uuid, Option<Uuid>, String)> = areas::table
        .filter(areas::jurisdiction_id.eq(jurisdiction.0))
        .select((areas::area_id, areas::parent_id, areas::level))
        .load(conn)
        .await?;
    let unit_rows: Vec<(Uuid, Option<Uuid>)> = units::table
        .filter(units::jurisdiction_id.eq(jurisdiction.0))
        .select((units::unit_id, units::area_id))
        .load(conn)
        .await?;
    Ok(Land::new(
        area_rows
            .into_iter()
            .map(|(id, parent, level)| (AreaId(id), parent.map(AreaId), level.as_str().into())),
        unit_rows.into_iter().map(|(id, area)| (UnitId(id), area.map(AreaId))),
    ))
}
