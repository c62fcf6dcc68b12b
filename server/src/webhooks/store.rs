//! Rows of webhooks, and the notices that are to be sent.

use anfang_protocol::ids::JurisdictionId;
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Int8, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{
    db::{Conn, prepared, schema::webhooks},
    failure::Result,
};

/// A webhook as it stands.
#[derive(Debug, Clone, Queryable, Selectable, Serialize)]
#[diesel(table_name = webhooks)]
pub struct Webhook {
    #[serde(skip)]
    pub jurisdiction_id: Uuid,
    pub webhook_id: Uuid,
    pub url: String,
    /// Behind the last notice that was taken.
    pub cursor: i64,
    pub attempts: i32,
    pub next_at: DateTime<Utc>,
    pub last_error: Option<String>,
}

/// Whose turn it is, for this long at most: who is killed meanwhile loses it.
const LEASE_SECONDS: i64 = 60;

/// # Errors
/// Broken when the database fails.
pub async fn add(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    id: Uuid,
    url: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    prepared(
        "INSERT INTO webhooks (jurisdiction_id, webhook_id, url, cursor, attempts, next_at) \
         SELECT $1, $2, $3, seq, 0, $4 FROM heads WHERE jurisdiction_id = $1",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<SqlUuid, _>(id)
    .bind::<Text, _>(url.to_owned())
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// # Errors
/// Broken when the database fails.
pub async fn all(conn: &mut Conn, jurisdiction: JurisdictionId) -> Result<Vec<Webhook>> {
    Ok(webhooks::table
        .filter(webhooks::jurisdiction_id.eq(jurisdiction.0))
        .order(webhooks::webhook_id)
        .select(Webhook::as_select())
        .load(conn)
        .await?)
}

/// Whether there was one.
///
/// # Errors
/// Broken when the database fails.
pub async fn remove(conn: &mut Conn, jurisdiction: JurisdictionId, id: Uuid) -> Result<bool> {
    Ok(diesel::delete(webhooks::table.find((jurisdiction.0, id))).execute(conn).await? == 1)
}

/// Sends again what came behind the cursor, at once. Whether there is such a webhook.
///
/// # Errors
/// Broken when the database fails.
pub async fn replay(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    id: Uuid,
    cursor: i64,
    now: DateTime<Utc>,
) -> Result<bool> {
    let changed = diesel::update(webhooks::table.find((jurisdiction.0, id)))
        .set((webhooks::cursor.eq(cursor), webhooks::attempts.eq(0), webhooks::next_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(changed == 1)
}

/// Takes the turn at a webhook that has something to send; none when nobody has.
///
/// # Errors
/// Broken when the database fails.
pub async fn take_turn(conn: &mut Conn, now: DateTime<Utc>) -> Result<Option<Webhook>> {
    let taken: Option<(Uuid, Uuid)> = {
        #[derive(QueryableByName)]
        struct Taken {
            #[diesel(sql_type = SqlUuid)]
            jurisdiction_id: Uuid,
            #[diesel(sql_type = SqlUuid)]
            webhook_id: Uuid,
        }
        let rows: Vec<Taken> = prepared(
            "UPDATE webhooks w SET next_at = $1 + $2 * interval '1 second' FROM ( \
                SELECT jurisdiction_id, webhook_id FROM webhooks w WHERE next_at <= $1 AND EXISTS ( \
                    SELECT FROM feed f WHERE f.jurisdiction_id = w.jurisdiction_id AND f.kind = 'notice' AND f.present \
                        AND f.seq > w.cursor) \
                ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED) due \
             WHERE w.jurisdiction_id = due.jurisdiction_id AND w.webhook_id = due.webhook_id \
             RETURNING w.jurisdiction_id, w.webhook_id",
        )
        .bind::<Timestamptz, _>(now)
        .bind::<Int8, _>(LEASE_SECONDS)
        .load(conn)
        .await?;
        rows.into_iter().next().map(|row| (row.jurisdiction_id, row.webhook_id))
    };
    let Some(key) = taken else { return Ok(None) };
    Ok(webhooks::table.find(key).select(Webhook::as_select()).first(conn).await.optional()?)
}

/// Notices behind the cursor, in the order in which they came about, with where the last stands. Those of plans are
/// passed over: they are for their people only.
///
/// # Errors
/// Broken when the database fails.
pub async fn notices(
    conn: &mut Conn,
    webhook: &Webhook,
    limit: i64,
) -> Result<(Vec<Box<RawValue>>, Option<i64>)> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Int8)]
        seq: i64,
        #[diesel(sql_type = Text)]
        kind: String,
        #[diesel(sql_type = Text)]
        body: String,
    }
    let rows: Vec<Row> = prepared(
        "SELECT f.seq, n.kind, n.body FROM feed f JOIN notices n ON n.jurisdiction_id = $1 AND n.notice_id = f.item_id \
         WHERE f.jurisdiction_id = $1 AND f.kind = 'notice' AND f.present AND f.seq > $2 \
         ORDER BY f.seq FETCH FIRST $3 ROWS WITH TIES",
    )
    .bind::<SqlUuid, _>(webhook.jurisdiction_id)
    .bind::<Int8, _>(webhook.cursor)
    .bind::<Int8, _>(limit)
    .load(conn)
    .await?;
    let through = rows.last().map(|row| row.seq);
    let told = rows.into_iter().filter(|row| row.kind != "plan");
    Ok((told.map(|row| Ok(RawValue::from_string(row.body)?)).collect::<Result<_>>()?, through))
}

/// What became of a delivery. One that was moved meanwhile (replayed) stays where it was moved to.
///
/// # Errors
/// Broken when the database fails.
pub async fn done(
    conn: &mut Conn,
    webhook: &Webhook,
    through: i64,
    failed: Option<(&str, DateTime<Utc>)>,
    now: DateTime<Utc>,
) -> Result<()> {
    let key = (webhook.jurisdiction_id, webhook.webhook_id);
    let found = webhooks::table.find(key).filter(webhooks::cursor.eq(webhook.cursor));
    match failed {
        None => {
            diesel::update(found)
                .set((
                    webhooks::cursor.eq(through),
                    webhooks::attempts.eq(0),
                    webhooks::next_at.eq(now),
                    webhooks::last_error.eq(None::<String>),
                ))
                .execute(conn)
                .await?
        }
        Some((why, again)) => {
            diesel::update(found)
                .set((
                    webhooks::attempts.eq(webhooks::attempts + 1),
                    webhooks::next_at.eq(again),
                    webhooks::last_error.eq(why),
                ))
                .execute(conn)
                .await?
        }
    };
    Ok(())
}
