//! The list of all accounts, by login, page by page.

use anfang_protocol::{
    ids::{AccountId, GrantId, JurisdictionId},
    people::{Grant, Role, Scope},
};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Int8, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    auth::{Actor, grants as given},
    db::{Conn, prepared, schema::grants},
    failure::Result,
};

/// A role over an area or a unit.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = AccountGrant)]
pub struct Held {
    #[schema(value_type = Uuid)]
    pub grant_id: GrantId,
    pub role: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_id: Option<Uuid>,
    pub since: DateTime<Utc>,
}

impl Held {
    /// None for a grant over a plan: who shows it tells of the plan (domain.md §5).
    pub fn of(grant: &Grant) -> Option<Self> {
        let (area_id, unit_id) = match grant.scope {
            Scope::Area(area) => (Some(area.0), None),
            Scope::Unit(unit) => (None, Some(unit.0)),
            Scope::Plan(_) => return None,
        };
        let (role, since) = (grant.role.to_string(), grant.granted_at);
        Some(Held { grant_id: grant.grant_id, role, area_id, unit_id, since })
    }
}

/// An account as administrators see it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = UserAccount)]
pub struct Account {
    #[schema(value_type = Uuid)]
    pub account_id: AccountId,
    pub login: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_id: Option<Uuid>,
    /// `invited`, `active`, `disabled`.
    pub standing: String,
    /// An invitation is out, and good until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invited_until: Option<DateTime<Utc>>,
    /// Devices in use.
    pub devices: i64,
    pub grants: Vec<Held>,
}

/// Which accounts.
#[derive(Debug, Default)]
pub struct Wanted<'a> {
    pub account: Option<AccountId>,
    pub unit: Option<Uuid>,
    /// Part of the login or the name.
    pub text: Option<&'a str>,
    /// Logins after this one.
    pub after: Option<&'a str>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
    #[diesel(sql_type = Text)]
    login: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    unit_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    standing: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    invited_until: Option<DateTime<Utc>>,
    #[diesel(sql_type = Int8)]
    devices: i64,
}

/// By login. The caller was [admitted](super::admit).
///
/// # Errors
/// Broken when the database fails.
pub async fn list(
    conn: &mut Conn,
    actor: &Actor,
    now: DateTime<Utc>,
    wanted: &Wanted<'_>,
    limit: i64,
) -> Result<Vec<Account>> {
    let rows: Vec<Row> = prepared(
        "SELECT a.account_id, a.login, a.name, a.unit_id, a.standing, i.expires_at AS invited_until, \
            (SELECT count(*) FROM devices d WHERE d.jurisdiction_id = $1 AND d.account_id = a.account_id \
                AND d.revoked_at IS NULL) AS devices \
         FROM accounts a LEFT JOIN invitations i ON i.jurisdiction_id = $1 AND i.account_id = a.account_id AND i.expires_at > $2 \
         WHERE a.jurisdiction_id = $1 \
            AND ($3 IS NULL OR a.account_id = $3) \
            AND ($4 IS NULL OR a.unit_id = $4) \
            AND ($5 IS NULL OR position(lower($5) IN lower(a.login || ' ' || a.name)) > 0) \
            AND ($6 IS NULL OR a.login > $6) \
         ORDER BY a.login LIMIT $7",
    )
    .bind::<SqlUuid, _>(actor.jurisdiction.0)
    .bind::<Timestamptz, _>(now)
    .bind::<Nullable<SqlUuid>, _>(wanted.account.map(|account| account.0))
    .bind::<Nullable<SqlUuid>, _>(wanted.unit)
    .bind::<Nullable<Text>, _>(wanted.text)
    .bind::<Nullable<Text>, _>(wanted.after)
    .bind::<Int8, _>(limit)
    .load(conn)
    .await?;
    let ids: Vec<AccountId> = rows.iter().map(|row| AccountId(row.account_id)).collect();
    let mut held = given::live_grants(conn, actor.jurisdiction, &ids).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let account_id = AccountId(row.account_id);
            let grants = held.remove(&account_id).unwrap_or_default();
            Account {
                account_id,
                login: row.login,
                name: row.name,
                unit_id: row.unit_id,
                standing: row.standing,
                invited_until: row.invited_until,
                devices: row.devices,
                grants: grants.iter().filter_map(|held| Held::of(&held.grant)).collect(),
            }
        })
        .collect())
}

/// Whose grant this is, and of which role; none for one that was taken away, and for one over a plan, which is nobody's
/// to know.
pub async fn holder(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    grant: GrantId,
) -> Result<Option<(AccountId, Role)>> {
    let found: Option<(Uuid, String)> = grants::table
        .find((jurisdiction.0, grant.0))
        .filter(grants::plan_id.is_null().and(grants::revoked_at.is_null()))
        .select((grants::account_id, grants::role))
        .first(conn)
        .await
        .optional()?;
    Ok(found.map(|(account, role)| (AccountId(account), role.as_str().into())))
}
