//! Rows of uploads.

use anfang_protocol::{
    evidence::EvidenceStatus,
    ids::{AccountId, DeviceId, JurisdictionId, UploadId},
    sha::Sha,
};
use chrono::{DateTime, Utc};
use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Binary, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncConnection, RunQueryDsl};
use uuid::Uuid;

use crate::{
    auth::Actor,
    db::{Conn, prepared},
    evidence::mentions::store::{few, mark, may_see},
    failure::{Failure, Result},
    ledger::Place,
};

/// The row of an upload.
#[derive(Debug, Clone)]
pub struct Upload {
    pub id: UploadId,
    pub account: AccountId,
    /// On which it was begun.
    pub device: DeviceId,
    /// What the bytes must have; none when a stock client did not say.
    pub sha: Option<Sha>,
    pub size: u64,
    /// As declared.
    pub media_type: Option<String>,
    /// `Upload-Metadata` as it came.
    pub metadata: Option<String>,
    /// Bytes on stable storage. All of them only when the file is in the books.
    pub held: u64,
    pub lease: i64,
    pub expires_at: DateTime<Utc>,
}

impl Upload {
    pub fn is_whole(&self) -> bool {
        self.held == self.size
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    upload_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    device_id: Uuid,
    #[diesel(sql_type = Nullable<Binary>)]
    sha256: Option<Vec<u8>>,
    #[diesel(sql_type = BigInt)]
    size: i64,
    #[diesel(sql_type = Nullable<Text>)]
    media_type: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    metadata: Option<String>,
    #[diesel(sql_type = BigInt)]
    held: i64,
    #[diesel(sql_type = BigInt)]
    lease: i64,
    #[diesel(sql_type = Timestamptz)]
    expires_at: DateTime<Utc>,
}

impl From<Row> for Upload {
    fn from(row: Row) -> Self {
        Upload {
            id: row.upload_id.into(),
            account: row.account_id.into(),
            device: row.device_id.into(),
            sha: row.sha256.as_deref().and_then(Sha::from_slice),
            size: row.size.unsigned_abs(),
            media_type: row.media_type,
            metadata: row.metadata,
            held: row.held.unsigned_abs(),
            lease: row.lease,
            expires_at: row.expires_at,
        }
    }
}

/// Takes the next lease of one's own upload: whoever had the last one can put nothing into the books any more.
///
/// The number need not outlive a crash of Postgres, for the file is locked, too: no fsync for it.
///
/// # Errors
/// Broken when the database fails.
pub async fn take_lease(conn: &mut Conn, actor: &Actor, id: UploadId) -> Result<Option<Upload>> {
    let rows: Vec<Row> = prepared(
        "WITH soon AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true) AS set) \
         UPDATE uploads u SET lease = u.lease + 1 FROM soon \
         WHERE u.jurisdiction_id = $1 AND u.upload_id = $2 AND u.account_id = $3 AND soon.set IS NOT NULL \
         RETURNING u.upload_id, u.account_id, u.device_id, u.sha256, u.size, u.media_type, u.metadata, u.held, \
             u.lease, u.expires_at",
    )
    .bind::<SqlUuid, _>(actor.jurisdiction.0)
    .bind::<SqlUuid, _>(id.0)
    .bind::<SqlUuid, _>(actor.account.0)
    .load(conn)
    .await?;
    Ok(rows.into_iter().next().map(Upload::from))
}

#[derive(QueryableByName)]
struct YesOrNo {
    #[diesel(sql_type = Bool)]
    yes: bool,
}

/// Whether this is still the latest lease (none: there is no row yet), and the actor may still speak.
///
/// # Errors
/// Broken when the database fails.
pub async fn may_go_on(conn: &mut Conn, actor: &Actor, lease: Option<(UploadId, i64)>) -> Result<bool> {
    let answer: YesOrNo = prepared(
        "SELECT ($2 IS NULL OR EXISTS ( \
                SELECT FROM uploads WHERE jurisdiction_id = $1 AND upload_id = $2 AND lease = $3)) \
            AND NOT EXISTS (SELECT FROM devices WHERE jurisdiction_id = $1 AND device_id = $4 AND revoked_at IS NOT NULL) \
            AND NOT EXISTS (SELECT FROM sessions WHERE jurisdiction_id = $1 AND session_id = $5 AND ended_at IS NOT NULL) \
            AND EXISTS (SELECT FROM accounts WHERE jurisdiction_id = $1 AND account_id = $6 AND standing = 'active') \
            AS yes",
    )
    .bind::<SqlUuid, _>(actor.jurisdiction.0)
    .bind::<Nullable<SqlUuid>, _>(lease.map(|(id, _)| id.0))
    .bind::<BigInt, _>(lease.map_or(0, |(_, lease)| lease))
    .bind::<SqlUuid, _>(actor.device.0)
    .bind::<SqlUuid, _>(actor.session.0)
    .bind::<SqlUuid, _>(actor.account.0)
    .get_result(conn)
    .await?;
    Ok(answer.yes)
}

/// What is known of a file that somebody is about to send.
#[derive(Debug)]
pub struct Known {
    /// The server holds it, and this account may see it.
    pub have: bool,
    /// Evidence of this account names it and is not marked as stored.
    pub owed: bool,
    pub upload: Option<Upload>,
}

/// What is known of these files, each named once; in the same order.
///
/// By [`few!`] and not by `unnest`: of that, Postgres counts the elements, and makes another plan for every call.
///
/// # Errors
/// Broken when the database fails.
pub async fn look(mut conn: &Conn, actor: &Actor, shas: &[Sha]) -> Result<Vec<Known>> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Bool)]
        have: bool,
        #[diesel(sql_type = Bool)]
        owed: bool,
    }
    let hashes: Vec<Vec<u8>> = shas.iter().map(|sha| sha.0.to_vec()).collect();
    let seen = prepared(concat!(
        "SELECT ",
        may_see!("$2", "q.sha256"),
        " AS have, coalesce((SELECT true FROM evidence e WHERE e.jurisdiction_id = $1 AND e.account_id = $2 \
            AND e.sha256 = q.sha256 AND e.status <> 'stored' LIMIT 1), \
            (SELECT true FROM item_evidence e WHERE e.jurisdiction_id = $1 AND e.account_id = $2 \
            AND e.sha256 = q.sha256 AND e.status <> 'stored' LIMIT 1), false) AS owed \
         FROM (SELECT $3[i] AS sha256, i FROM ",
        few!("$3"),
        ") q ORDER BY q.i",
    ))
    .bind::<SqlUuid, _>(actor.jurisdiction.0)
    .bind::<SqlUuid, _>(actor.account.0)
    .bind::<Array<Binary>, _>(hashes.clone());
    let open = prepared(
        "SELECT upload_id, account_id, device_id, sha256, size, media_type, metadata, held, lease, expires_at \
         FROM uploads WHERE jurisdiction_id = $1 AND account_id = $2 AND sha256 = ANY($3)",
    )
    .bind::<SqlUuid, _>(actor.jurisdiction.0)
    .bind::<SqlUuid, _>(actor.account.0)
    .bind::<Array<Binary>, _>(hashes);
    let mut shared = conn;
    let (seen, open): (Vec<Found>, Vec<Row>) =
        tokio::try_join!(seen.load(&mut conn), open.load(&mut shared))?;
    let mut uploads: std::collections::HashMap<Option<Sha>, Upload> =
        open.into_iter().map(Upload::from).map(|upload| (upload.sha, upload)).collect();
    let known = |(found, sha): (Found, &Sha)| Known {
        have: found.have,
        owed: found.owed,
        upload: uploads.remove(&Some(*sha)),
    };
    Ok(seen.into_iter().zip(shas).map(known).collect())
}

/// Unfinished uploads of the actor's device.
///
/// # Errors
/// Broken when the database fails.
pub async fn open_uploads(mut conn: &Conn, actor: &Actor) -> Result<i64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let open: Count = prepared(
        "SELECT count(*) AS count FROM uploads WHERE jurisdiction_id = $1 AND device_id = $2 AND held < size",
    )
    .bind::<SqlUuid, _>(actor.jurisdiction.0)
    .bind::<SqlUuid, _>(actor.device.0)
    .get_result(&mut conn)
    .await?;
    Ok(open.count)
}

/// Makes rows of uploads; leaves out those whose account has one for the same file already. Says how many it made.
///
/// # Errors
/// Broken when the database fails.
pub async fn insert(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    uploads: &[Upload],
    now: DateTime<Utc>,
) -> Result<usize> {
    let made = prepared(
        "INSERT INTO uploads (jurisdiction_id, upload_id, account_id, device_id, sha256, size, media_type, metadata, \
            held, lease, expires_at, created_at) \
         SELECT $1, q.*, $12 FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11) AS q ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(uploads.iter().map(|u| u.id.0).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(uploads.iter().map(|u| u.account.0).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(uploads.iter().map(|u| u.device.0).collect::<Vec<_>>())
    .bind::<Array<Nullable<Binary>>, _>(uploads.iter().map(|u| u.sha.map(|sha| sha.0.to_vec())).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(uploads.iter().map(|u| u.size.cast_signed()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(uploads.iter().map(|u| u.media_type.as_deref()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(uploads.iter().map(|u| u.metadata.as_deref()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(uploads.iter().map(|u| u.held.cast_signed()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(uploads.iter().map(|u| u.lease).collect::<Vec<_>>())
    .bind::<Array<Timestamptz>, _>(uploads.iter().map(|u| u.expires_at).collect::<Vec<_>>())
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(made)
}

/// Gives uploads more time.
///
/// # Errors
/// Broken when the database fails.
pub async fn renew(
    conn: &mut Conn,
    actor: &Actor,
    ids: &[UploadId],
    expires_at: DateTime<Utc>,
) -> Result<()> {
    prepared(
        "UPDATE uploads SET expires_at = $4 WHERE jurisdiction_id = $1 AND account_id = $2 AND upload_id = ANY($3)",
    )
    .bind::<SqlUuid, _>(actor.jurisdiction.0)
    .bind::<SqlUuid, _>(actor.account.0)
    .bind::<Array<SqlUuid>, _>(ids.iter().map(|id| id.0).collect::<Vec<_>>())
    .bind::<Timestamptz, _>(expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Puts into the books how far an upload has come; evidence that waits for it is `partial` from now on, or
/// `missing` again. `None`: another writer has the lease.
///
/// # Errors
/// Broken when the database fails.
pub async fn record(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    upload: &Upload,
    held: u64,
    expires_at: DateTime<Utc>,
) -> Result<Option<Vec<Place>>> {
    conn.transaction::<_, Failure, _>(async |conn| {
        let rows = prepared(
            "UPDATE uploads SET held = $4, expires_at = $5 \
             WHERE jurisdiction_id = $1 AND upload_id = $2 AND lease = $3 AND held < size",
        )
        .bind::<SqlUuid, _>(jurisdiction.0)
        .bind::<SqlUuid, _>(upload.id.0)
        .bind::<BigInt, _>(upload.lease)
        .bind::<BigInt, _>(held.cast_signed())
        .bind::<Timestamptz, _>(expires_at)
        .execute(conn)
        .await?;
        if rows != 1 {
            return Ok(None);
        }
        Ok(Some(tell(conn, jurisdiction, upload, held).await?))
    })
    .await
}

/// Makes the row of an upload whose first bytes came with its creation. `None`: there is another by now.
///
/// # Errors
/// Broken when the database fails.
pub async fn record_first(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    upload: &Upload,
    now: DateTime<Utc>,
) -> Result<Option<Vec<Place>>> {
    conn.transaction::<_, Failure, _>(async |conn| {
        if insert(conn, jurisdiction, std::slice::from_ref(upload), now).await? != 1 {
            return Ok(None);
        }
        Ok(Some(tell(conn, jurisdiction, upload, upload.held).await?))
    })
    .await
}

/// Takes the row of an unfinished upload away. `None`: another writer has the lease, or it is whole.
///
/// # Errors
/// Broken when the database fails.
pub async fn forget(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    upload: &Upload,
) -> Result<Option<Vec<Place>>> {
    conn.transaction::<_, Failure, _>(async |conn| {
        let rows = prepared(
            "DELETE FROM uploads WHERE jurisdiction_id = $1 AND upload_id = $2 AND lease = $3 AND held < size",
        )
        .bind::<SqlUuid, _>(jurisdiction.0)
        .bind::<SqlUuid, _>(upload.id.0)
        .bind::<BigInt, _>(upload.lease)
        .execute(conn)
        .await?;
        if rows != 1 {
            return Ok(None);
        }
        Ok(Some(tell(conn, jurisdiction, upload, 0).await?))
    })
    .await
}

/// Tells reports that wait for the file whether any of it is here.
async fn tell(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    upload: &Upload,
    held: u64,
) -> Result<Vec<Place>> {
    let Some(sha) = upload.sha else { return Ok(Vec::new()) };
    let (from, to) = match held {
        0 => (EvidenceStatus::Partial, EvidenceStatus::Missing),
        _ => (EvidenceStatus::Missing, EvidenceStatus::Partial),
    };
    mark(conn, jurisdiction, &[(upload.account, sha)], &[from], to).await
}

/// Unfinished uploads whose time is up.
///
/// # Errors
/// Broken when the database fails.
pub async fn expired(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Upload>> {
    let rows: Vec<Row> = prepared(
        "SELECT upload_id, account_id, device_id, sha256, size, media_type, metadata, held, lease, expires_at \
         FROM uploads WHERE jurisdiction_id = $1 AND expires_at < $2 AND held < size ORDER BY expires_at LIMIT $3",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(Upload::from).collect())
}
