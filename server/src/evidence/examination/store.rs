//! Rows of files that wait for examination, and of what was found.

use anfang_protocol::{ids::JurisdictionId, sha::Sha};
use chrono::{DateTime, Utc};
use diesel::{
    QueryableByName,
    sql_types::{
        Array, BigInt, Binary, Bool, Integer, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
    },
};
use diesel_async::{AsyncConnection, RunQueryDsl};
use uuid::Uuid;

use crate::{
    db::{Conn, prepared},
    failure::{Failure, Result},
    ledger::{self, Entry},
};

/// A file that is this examiner's to look into.
#[derive(Debug, Clone)]
pub struct Claimed {
    pub jurisdiction: JurisdictionId,
    pub sha: Sha,
    pub media_type: String,
    pub says: Option<serde_json::Value>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    jurisdiction_id: Uuid,
    #[diesel(sql_type = Binary)]
    sha256: Vec<u8>,
    #[diesel(sql_type = Text)]
    media_type: String,
    #[diesel(sql_type = Nullable<Jsonb>)]
    metadata: Option<serde_json::Value>,
}

impl Row {
    fn read(self) -> Option<Claimed> {
        Some(Claimed {
            jurisdiction: self.jurisdiction_id.into(),
            sha: Sha::from_slice(&self.sha256)?,
            media_type: self.media_type,
            says: self.metadata,
        })
    }
}

/// Files that nobody has looked into nor is looking into: the oldest, at most `limit`.
///
/// # Errors
/// Broken when the database fails.
pub async fn waiting(conn: &mut Conn, limit: i64, now: DateTime<Utc>) -> Result<Vec<(JurisdictionId, Sha)>> {
    #[derive(QueryableByName)]
    struct Waiting {
        #[diesel(sql_type = SqlUuid)]
        jurisdiction_id: Uuid,
        #[diesel(sql_type = Binary)]
        sha256: Vec<u8>,
    }
    let rows: Vec<Waiting> = prepared(
        "SELECT jurisdiction_id, sha256 FROM blobs \
         WHERE examination = 'pending' AND (claimed_until IS NULL OR claimed_until < $2) ORDER BY stored_at LIMIT $1",
    )
    .bind::<BigInt, _>(limit)
    .bind::<Timestamptz, _>(now)
    .load(conn)
    .await?;
    let read = |row: Waiting| Some((row.jurisdiction_id.into(), Sha::from_slice(&row.sha256)?));
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Claims one file, if it waits and nobody examines it.
///
/// # Errors
/// Broken when the database fails.
pub async fn claim_one(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    sha: Sha,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Option<Claimed>> {
    let rows: Vec<Row> = prepared(
        "UPDATE blobs SET claimed_until = $4 \
         WHERE jurisdiction_id = $1 AND sha256 = $2 AND examination = 'pending' \
            AND (claimed_until IS NULL OR claimed_until < $3) \
         RETURNING jurisdiction_id, sha256, media_type, metadata",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Binary, _>(sha.0.to_vec())
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(until)
    .load(conn)
    .await?;
    Ok(rows.into_iter().next().and_then(Row::read))
}

/// Whether somebody has looked into the file.
///
/// # Errors
/// Broken when the database fails.
pub async fn is_examined(conn: &mut Conn, jurisdiction: JurisdictionId, sha: Sha) -> Result<bool> {
    #[derive(QueryableByName)]
    struct Answer {
        #[diesel(sql_type = Bool)]
        yes: bool,
    }
    let answer: Answer = prepared(
        "SELECT EXISTS (SELECT FROM blobs WHERE jurisdiction_id = $1 AND sha256 = $2 AND examination = 'done') AS yes",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Binary, _>(sha.0.to_vec())
    .get_result(conn)
    .await?;
    Ok(answer.yes)
}

/// A preview in its place.
#[derive(Debug, Clone, Copy)]
pub struct Derived {
    pub edge: u16,
    pub sha: Sha,
    pub size: u64,
    pub width: u32,
    pub height: u32,
}

/// Saves what was found, unless somebody else already did.
///
/// # Errors
/// Broken when the database fails.
pub async fn save(
    conn: &mut Conn,
    claimed: &Claimed,
    says: &serde_json::Value,
    derived: &[Derived],
    entry: &Entry,
) -> Result<()> {
    conn.transaction::<_, Failure, _>(async |conn| {
        if finish(conn, claimed, says).await? {
            insert(conn, claimed, derived).await?;
            ledger::append(conn, claimed.jurisdiction, std::slice::from_ref(entry), &[]).await?;
        }
        Ok(())
    })
    .await
}

async fn finish(conn: &mut Conn, claimed: &Claimed, says: &serde_json::Value) -> Result<bool> {
    let rows = prepared(
        "UPDATE blobs SET examination = 'done', metadata = $3, claimed_until = NULL \
         WHERE jurisdiction_id = $1 AND sha256 = $2 AND examination = 'pending'",
    )
    .bind::<SqlUuid, _>(claimed.jurisdiction.0)
    .bind::<Binary, _>(claimed.sha.0.to_vec())
    .bind::<Jsonb, _>(says)
    .execute(conn)
    .await?;
    Ok(rows == 1)
}

async fn insert(conn: &mut Conn, claimed: &Claimed, derived: &[Derived]) -> Result<()> {
    let pixels = |side: u32| i32::try_from(side).unwrap_or(i32::MAX);
    prepared(
        "INSERT INTO previews (jurisdiction_id, sha256, edge, preview_sha256, size, width, height) \
         SELECT $1, $2, q.* FROM unnest($3, $4, $5, $6, $7) AS q",
    )
    .bind::<SqlUuid, _>(claimed.jurisdiction.0)
    .bind::<Binary, _>(claimed.sha.0.to_vec())
    .bind::<Array<SmallInt>, _>(derived.iter().map(|d| d.edge.cast_signed()).collect::<Vec<_>>())
    .bind::<Array<Binary>, _>(derived.iter().map(|d| d.sha.0.to_vec()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(derived.iter().map(|d| d.size.cast_signed()).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(derived.iter().map(|d| pixels(d.width)).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(derived.iter().map(|d| pixels(d.height)).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}
