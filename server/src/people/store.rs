//! People in Postgres.

use anfang_protocol::people::Role;
use diesel::{
    QueryableByName,
    sql_types::{Array, Int8, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::page::{PeopleQuery, Person};
use crate::{
    auth::Actor,
    db::{Conn, prepared},
    failure::Result,
};

/// Roles that oversee: who has one of them over an area reads who serves there.
const OVERSEERS: [Role; 5] =
    [Role::Supervisor, Role::Leader, Role::Verifier, Role::Auditor, Role::Administrator];

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    unit_id: Option<Uuid>,
    #[diesel(sql_type = Array<Text>)]
    roles: Vec<String>,
}

impl From<Row> for Person {
    fn from(row: Row) -> Self {
        Person {
            account_id: row.account_id.into(),
            name: row.name,
            unit_id: row.unit_id.map(Into::into),
            roles: row.roles,
        }
    }
}

/// By name. A unit that answers for no area (a department, a team) is the whole jurisdiction's affair. Grants over plans
/// count for nothing: a list that grew with them would tell of the plan.
///
/// # Errors
/// Broken when the database fails.
pub async fn visible(
    conn: &mut Conn,
    actor: &Actor,
    query: &PeopleQuery,
    after: Option<(Uuid, &str)>,
    limit: i64,
) -> Result<Vec<Person>> {
    let rows: Vec<Row> = prepared(
        "WITH RECURSIVE below AS ( \
            SELECT area_id FROM grants \
            WHERE jurisdiction_id = $1 AND account_id = $2 AND role = ANY ($3) AND area_id IS NOT NULL AND revoked_at IS NULL \
            UNION SELECT a.area_id FROM areas a JOIN below b ON a.jurisdiction_id = $1 AND a.parent_id = b.area_id) \
         SELECT p.account_id, p.name, p.unit_id, \
            coalesce(array_agg(DISTINCT g.role ORDER BY g.role) FILTER (WHERE g.role IS NOT NULL), '{}') AS roles \
         FROM accounts p \
            LEFT JOIN units own ON own.jurisdiction_id = $1 AND own.unit_id = p.unit_id \
            LEFT JOIN grants g ON g.jurisdiction_id = $1 AND g.account_id = p.account_id \
                AND g.revoked_at IS NULL AND g.plan_id IS NULL \
            LEFT JOIN units served ON served.jurisdiction_id = $1 AND served.unit_id = g.unit_id \
         WHERE p.jurisdiction_id = $1 AND p.standing = 'active' \
            AND (p.account_id = $2 OR EXISTS (SELECT FROM below) AND ( \
                coalesce(g.area_id, served.area_id) IN (SELECT area_id FROM below) \
                OR own.area_id IN (SELECT area_id FROM below) \
                OR g.unit_id IS NOT NULL AND served.area_id IS NULL \
                OR own.unit_id IS NOT NULL AND own.area_id IS NULL)) \
            AND ($4 IS NULL OR p.unit_id = $4 OR g.unit_id = $4) \
            AND ($5 IS NULL OR g.role = $5) \
            AND ($6 IS NULL OR position(lower($6) IN lower(p.name)) > 0) \
            AND ($7 IS NULL OR (p.name, p.account_id) > ($8, $7)) \
         GROUP BY p.account_id, p.name, p.unit_id ORDER BY p.name, p.account_id LIMIT $9",
    )
    .bind::<SqlUuid, _>(actor.jurisdiction.0)
    .bind::<SqlUuid, _>(actor.account.0)
    .bind::<Array<Text>, _>(OVERSEERS.iter().map(Role::as_str).collect::<Vec<_>>())
    .bind::<Nullable<SqlUuid>, _>(query.unit_id)
    .bind::<Nullable<Text>, _>(query.role.as_deref())
    .bind::<Nullable<Text>, _>(query.q.as_deref())
    .bind::<Nullable<SqlUuid>, _>(after.map(|(id, _)| id))
    .bind::<Nullable<Text>, _>(after.map(|(_, name)| name))
    .bind::<Int8, _>(limit)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}
