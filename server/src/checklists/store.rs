//! The published checklists in Postgres.

use anfang_protocol::{
    canonical::canonical,
    checklist::Checklist,
    ids::{ChecklistId, JurisdictionId},
};
use anyhow::Context;
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, Int4, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::item_id;
use crate::{
    auth::Actor,
    db::{Conn, prepared},
    failure::Result,
};

#[derive(QueryableByName)]
struct Body {
    #[diesel(sql_type = Text)]
    body: String,
}

fn parse(rows: Vec<Body>) -> Result<Vec<Checklist>> {
    let lists = rows.iter().map(|row| serde_json::from_str(&row.body)).collect::<Result<Vec<_>, _>>();
    Ok(lists.context("a published checklist")?)
}

/// These versions of these checklists, in any order; those that were never published are left out. The connection
/// is shared, so that statements can be sent one behind the other.
pub async fn load(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    versions: &[(ChecklistId, u32)],
) -> Result<Vec<Checklist>> {
    // A number that no version can have finds nothing.
    let number = |version: u32| i32::try_from(version).unwrap_or(0);
    let rows: Vec<Body> = prepared(
        "SELECT c.body FROM checklists c JOIN unnest($2, $3) AS w (checklist_id, version) \
             ON c.checklist_id = w.checklist_id AND c.version = w.version \
         WHERE c.jurisdiction_id = $1",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(versions.iter().map(|(id, _)| id.0).collect::<Vec<_>>())
    .bind::<Array<Int4>, _>(versions.iter().map(|(_, version)| number(*version)).collect::<Vec<_>>())
    .load(&mut conn)
    .await?;
    parse(rows)
}

/// Every version of every checklist, oldest first: for imports.
pub async fn all(conn: &mut Conn, jurisdiction: JurisdictionId) -> Result<Vec<Checklist>> {
    let rows: Vec<Body> =
        prepared("SELECT body FROM checklists WHERE jurisdiction_id = $1 ORDER BY code, version")
            .bind::<SqlUuid, _>(jurisdiction.0)
            .load(conn)
            .await?;
    parse(rows)
}

/// Publishes versions that were not there before. By the command line: no account is named.
///
/// # Errors
/// When one of them is there already.
pub async fn publish(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    at: DateTime<Utc>,
    lists: &[Checklist],
) -> Result<()> {
    let bodies = lists.iter().map(canonical).collect::<Result<Vec<_>, _>>()?;
    let items = lists.iter().map(|list| item_id(jurisdiction, &list.code, list.version));
    let versions = lists.iter().map(|list| i32::try_from(list.version)).collect::<Result<Vec<_>, _>>();
    prepared(
        "INSERT INTO checklists (jurisdiction_id, published_at, item_id, checklist_id, version, code, body) \
         SELECT $1, $2, u.* FROM unnest($3, $4, $5, $6, $7) AS u",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Timestamptz, _>(at)
    .bind::<Array<SqlUuid>, _>(items.collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(lists.iter().map(|list| list.checklist_id.0).collect::<Vec<_>>())
    .bind::<Array<Int4>, _>(versions.context("the version of a checklist")?)
    .bind::<Array<Text>, _>(lists.iter().map(|list| list.code.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(bodies)
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Item {
    #[diesel(sql_type = SqlUuid)]
    item_id: Uuid,
    #[diesel(sql_type = Text)]
    body: String,
}

/// Versions as they travel in the feed, by their names there ([`item_id`]). Other ids are left out.
pub async fn wire(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, Box<RawValue>)>> {
    let rows: Vec<Item> =
        prepared("SELECT item_id, body FROM checklists WHERE jurisdiction_id = $1 AND item_id = ANY ($2)")
            .bind::<SqlUuid, _>(jurisdiction.0)
            .bind::<Array<SqlUuid>, _>(ids)
            .load(conn)
            .await?;
    rows.into_iter().map(|row| Ok((row.item_id, RawValue::from_string(row.body)?))).collect()
}

/// A published version with the time of its publication.
#[derive(QueryableByName)]
struct Published {
    #[diesel(sql_type = Text)]
    body: String,
    #[diesel(sql_type = Timestamptz)]
    published_at: DateTime<Utc>,
}

/// Every published version that the actor may read, by code and version, with the time of its publication.
pub async fn visible(conn: &mut Conn, actor: &Actor) -> Result<Vec<(Checklist, DateTime<Utc>)>> {
    let rows: Vec<Published> = prepared(
        "SELECT body, published_at FROM checklists WHERE jurisdiction_id = $1 \
             AND EXISTS (SELECT FROM memberships m WHERE m.jurisdiction_id = $1 AND m.account_id = $2 \
                 AND m.channel = 'reference' AND m.revoked_seq IS NULL) \
         ORDER BY code, version",
    )
    .bind::<SqlUuid, _>(actor.jurisdiction.0)
    .bind::<SqlUuid, _>(actor.account.0)
    .load(conn)
    .await?;
    let read = |row: Published| -> Result<_> {
        Ok((serde_json::from_str(&row.body).context("a published checklist")?, row.published_at))
    };
    rows.into_iter().map(read).collect()
}

/// One version, if the actor may read it.
pub async fn visible_one(
    conn: &mut Conn,
    actor: &Actor,
    checklist: ChecklistId,
    version: u32,
) -> Result<Option<Checklist>> {
    let row: Option<Body> = prepared(
        "SELECT body FROM checklists WHERE jurisdiction_id = $1 AND checklist_id = $3 AND version = $4 \
             AND EXISTS (SELECT FROM memberships m WHERE m.jurisdiction_id = $1 AND m.account_id = $2 \
                 AND m.channel = 'reference' AND m.revoked_seq IS NULL)",
    )
    .bind::<SqlUuid, _>(actor.jurisdiction.0)
    .bind::<SqlUuid, _>(actor.account.0)
    .bind::<SqlUuid, _>(checklist.0)
    .bind::<Int4, _>(i32::try_from(version).unwrap_or(0))
    .get_result(conn)
    .await
    .optional()?;
    Ok(parse(row.into_iter().collect())?.pop())
}
