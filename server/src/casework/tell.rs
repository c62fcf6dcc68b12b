//! Finds out who is to be told what, and makes the notices.

use std::collections::{BTreeMap, BTreeSet};

use anfang_protocol::{
    ids::{AccountId, JurisdictionId, NoticeId},
    notice::{Audience, Notice},
    people::Role,
};
use chrono::{DateTime, Utc};
use diesel::{
    QueryableByName,
    sql_types::{Array, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::docket::Docket;
use crate::{
    db::{Conn, prepared},
    failure::Result,
};

/// Somebody who may have to be told: by a role over an area, by a role over a unit, or as a member of it (no role).
#[derive(QueryableByName)]
struct Somebody {
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
    #[diesel(sql_type = Nullable<Text>)]
    role: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    area_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    unit_id: Option<Uuid>,
}

/// The notices that this batch causes.
///
/// # Errors
/// Broken when the database fails.
pub async fn notices(
    conn: &Conn,
    jurisdiction: JurisdictionId,
    docket: &Docket,
    now: DateTime<Utc>,
) -> Result<Vec<Notice>> {
    if docket.told.is_empty() {
        return Ok(Vec::new());
    }
    let mut areas = BTreeSet::new();
    let mut units = BTreeSet::new();
    for telling in &docket.told {
        match telling.told.to {
            Audience::Unit(unit) | Audience::Group(unit) => drop(units.insert(unit.0)),
            Audience::Supervisors | Audience::Leaders => {
                areas.extend(docket.path(telling.item.case.area_id).iter().map(|area| area.0));
            }
            Audience::One(_) => {}
        }
    }
    let everybody = everybody(conn, jurisdiction, areas, units).await?;
    let mut made: BTreeMap<NoticeId, Notice> = BTreeMap::new();
    for telling in &docket.told {
        let path = docket.path(telling.item.case.area_id);
        let within = |somebody: &&Somebody, role: &Role| {
            somebody.role.as_deref() == Some(role.as_str())
                && somebody.area_id.is_some_and(|area| path.iter().any(|one| one.0 == area))
        };
        let people = everybody.iter();
        let audience: Vec<Uuid> = match telling.told.to {
            Audience::One(account) => vec![account.0],
            Audience::Supervisors => {
                people.filter(|s| within(s, &Role::Supervisor)).map(|s| s.account_id).collect()
            }
            Audience::Leaders => people.filter(|s| within(s, &Role::Leader)).map(|s| s.account_id).collect(),
            Audience::Unit(unit) => people
                .filter(|s| s.unit_id == Some(unit.0) && s.role.is_some())
                .map(|s| s.account_id)
                .collect(),
            Audience::Group(unit) => {
                people.filter(|s| s.unit_id == Some(unit.0)).map(|s| s.account_id).collect()
            }
        };
        for account in audience.into_iter().map(AccountId).filter(|account| Some(*account) != telling.by) {
            let notice = telling.told.notice(&telling.item, account, now);
            made.entry(notice.notice_id).or_insert(notice);
        }
    }
    Ok(made.into_values().collect())
}

async fn everybody(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    areas: BTreeSet<Uuid>,
    units: BTreeSet<Uuid>,
) -> Result<Vec<Somebody>> {
    if areas.is_empty() && units.is_empty() {
        return Ok(Vec::new());
    }
    Ok(prepared(
        "SELECT g.account_id, g.role, coalesce(g.area_id, u.area_id) AS area_id, g.unit_id FROM grants g \
         JOIN accounts a ON a.jurisdiction_id = $1 AND a.account_id = g.account_id AND a.standing = 'active' \
         LEFT JOIN units u ON u.jurisdiction_id = $1 AND u.unit_id = g.unit_id \
         WHERE g.jurisdiction_id = $1 AND g.revoked_at IS NULL \
            AND (g.unit_id = ANY($3) OR g.role IN ('supervisor', 'leader') AND coalesce(g.area_id, u.area_id) = ANY($2)) \
         UNION ALL \
         SELECT account_id, NULL, NULL, unit_id FROM accounts \
         WHERE jurisdiction_id = $1 AND unit_id = ANY($3) AND standing = 'active'",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(areas.into_iter().collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(units.into_iter().collect::<Vec<_>>())
    .load(&mut conn)
    .await?)
}
