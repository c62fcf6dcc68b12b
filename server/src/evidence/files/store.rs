//! Reads whole files' rows, for whoever may see them.

use anfang_protocol::{blob::Metadata, sha::Sha};
use chrono::{DateTime, Utc};
use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Binary, Bool, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;

use crate::{
    auth::Actor,
    db::{Conn, prepared},
    evidence::mentions::store::may_see,
    failure::Result,
};

/// A file that the actor may see.
#[derive(Debug)]
pub struct Seen {
    pub sha: Sha,
    pub size: u64,
    pub media_type: String,
    pub stored_at: DateTime<Utc>,
    pub examined: bool,
    /// protocol `Metadata` without its first fields.
    pub says: Option<serde_json::Value>,
}

impl Seen {
    /// # Errors
    /// Broken when what was written cannot be read.
    pub fn metadata(self, previews: Vec<u16>) -> Result<Metadata> {
        let mut fields = match self.says {
            Some(serde_json::Value::Object(fields)) => fields,
            _ => serde_json::Map::new(),
        };
        fields.insert("sha256".into(), serde_json::to_value(self.sha)?);
        fields.insert("size".into(), self.size.into());
        fields.insert("media_type".into(), self.media_type.into());
        fields.insert("stored_at".into(), serde_json::to_value(self.stored_at)?);
        fields.insert("examined".into(), self.examined.into());
        fields.insert("previews".into(), previews.into());
        Ok(serde_json::from_value(fields.into())?)
    }
}

/// The file, if there is one and the actor may see it.
///
/// # Errors
/// Broken when the database fails.
pub async fn find(mut conn: &Conn, actor: &Actor, sha: Sha) -> Result<Option<Seen>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        size: i64,
        #[diesel(sql_type = Text)]
        media_type: String,
        #[diesel(sql_type = Timestamptz)]
        stored_at: DateTime<Utc>,
        #[diesel(sql_type = Bool)]
        examined: bool,
        #[diesel(sql_type = Nullable<Jsonb>)]
        metadata: Option<serde_json::Value>,
    }
    let rows: Vec<Row> = prepared(concat!(
        "SELECT b.size, b.media_type, b.stored_at, b.examination = 'done' AS examined, b.metadata FROM blobs b \
         WHERE b.jurisdiction_id = $1 AND b.sha256 = $3 AND ",
        may_see!("$2", "$3"),
    ))
    .bind::<SqlUuid, _>(actor.jurisdiction.0)
    .bind::<SqlUuid, _>(actor.account.0)
    .bind::<Binary, _>(sha.0.to_vec())
    .load(&mut conn)
    .await?;
    Ok(rows.into_iter().next().map(|row| Seen {
        sha,
        size: row.size.unsigned_abs(),
        media_type: row.media_type,
        stored_at: row.stored_at,
        examined: row.examined,
        says: row.metadata,
    }))
}

/// A preview of a file: its edge, its own hash and its bytes' number.
#[derive(Debug, Clone, Copy)]
pub struct Preview {
    pub edge: u16,
    pub sha: Sha,
    pub size: u64,
}

/// The previews of a file that the actor was found to see.
///
/// # Errors
/// Broken when the database fails.
pub async fn previews(mut conn: &Conn, actor: &Actor, sha: Sha) -> Result<Vec<Preview>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SmallInt)]
        edge: i16,
        #[diesel(sql_type = Binary)]
        preview_sha256: Vec<u8>,
        #[diesel(sql_type = BigInt)]
        size: i64,
    }
    let rows: Vec<Row> = prepared(
        "SELECT edge, preview_sha256, size FROM previews WHERE jurisdiction_id = $1 AND sha256 = $2 ORDER BY edge",
    )
    .bind::<SqlUuid, _>(actor.jurisdiction.0)
    .bind::<Binary, _>(sha.0.to_vec())
    .load(&mut conn)
    .await?;
    let read = |row: Row| {
        let sha = Sha::from_slice(&row.preview_sha256)?;
        Some(Preview { edge: row.edge.unsigned_abs(), sha, size: row.size.unsigned_abs() })
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Which of these hashes are in the books, as originals or as previews.
///
/// # Errors
/// Broken when the database fails.
pub async fn booked(
    conn: &mut Conn,
    jurisdiction: anfang_protocol::ids::JurisdictionId,
    shas: &[Sha],
) -> Result<Vec<Sha>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Binary)]
        sha256: Vec<u8>,
    }
    let rows: Vec<Row> = prepared(
        "SELECT sha256 FROM blobs WHERE jurisdiction_id = $1 AND sha256 = ANY($2) \
         UNION SELECT preview_sha256 FROM previews WHERE jurisdiction_id = $1 AND preview_sha256 = ANY($2)",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<Binary>, _>(shas.iter().map(|sha| sha.0.to_vec()).collect::<Vec<_>>())
    .load(conn)
    .await?;
    Ok(rows.iter().filter_map(|row| Sha::from_slice(&row.sha256)).collect())
}
