//! Chores of this room: they look at the state and bring it in order; running one twice changes nothing.
//!
//! Several server processes may run them at once.

use std::{
    collections::HashSet,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use anfang_protocol::{
    ids::{JurisdictionId, UploadId},
    sha::Sha,
};
use chrono::{DateTime, Duration, Utc};
use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncConnection, RunQueryDsl};
use futures::TryStreamExt;
use rustix::fs::{FlockOperation, flock};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::{
    Blobs, Examinations,
    blobs::Place,
    examination, files,
    mentions::store::{mark_stored, overlooked},
    uploads::{self, Spool},
};
use crate::{
    clock::Clock,
    db::{Conn, Db, prepared},
    failure::{Failure, Result},
    ledger::Bell,
};

/// Younger files are left alone by sweeps: somebody may be about to enter them.
pub const SWEEP_AGE: Duration = Duration::hours(1);
/// Names that a sweep looks up at once.
const NAMES: usize = 500;

/// Looks into files that nobody has looked into yet, oldest first. Says how many it tried.
///
/// # Errors
/// Broken when the database fails.
pub async fn examine_pending(
    db: &Db,
    clock: &Clock,
    examinations: &Examinations,
    limit: i64,
) -> Result<usize> {
    let waiting = examination::store::waiting(&mut *db.conn().await?, limit, clock.now()).await?;
    for (jurisdiction, sha) in &waiting {
        // What takes too long goes on by itself; what failed was logged, and is tried again another time.
        examinations.examine(*jurisdiction, *sha).await.ok();
    }
    Ok(waiting.len())
}

/// Marks evidence as stored that is held and was overlooked: its report and its last byte arrived at once.
///
/// # Errors
/// Broken when the database fails.
pub async fn mend(db: &Db, bell: &Bell, limit: i64) -> Result<usize> {
    let mut conn = db.conn().await?;
    let found = overlooked(&mut conn, limit).await?;
    for (jurisdiction, mention) in &found {
        let places = mark_stored(&mut conn, *jurisdiction, &[*mention]).await?;
        bell.ring(*jurisdiction, &places);
    }
    Ok(found.len())
}

async fn jurisdictions(conn: &mut Conn) -> Result<Vec<JurisdictionId>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        jurisdiction_id: Uuid,
    }
    let rows: Vec<Row> = prepared("SELECT jurisdiction_id FROM jurisdictions ORDER BY 1").load(conn).await?;
    Ok(rows.into_iter().map(|row| row.jurisdiction_id.into()).collect())
}

/// Gives up uploads that nobody went on with, and lets old receipts go: at most `limit` of each per jurisdiction.
///
/// # Errors
/// Broken when the database fails.
pub async fn expire(db: &Db, clock: &Clock, bell: &Bell, spool: &Spool, limit: i64) -> Result<usize> {
    let mut conn = db.conn().await?;
    let now = clock.now();
    let mut count = 0;
    for jurisdiction in jurisdictions(&mut conn).await? {
        count += prepared(
            "DELETE FROM uploads WHERE jurisdiction_id = $1 AND upload_id IN ( \
                SELECT upload_id FROM uploads WHERE jurisdiction_id = $1 AND expires_at < $2 AND held = size LIMIT $3)",
        )
        .bind::<SqlUuid, _>(jurisdiction.0)
        .bind::<Timestamptz, _>(now)
        .bind::<BigInt, _>(limit)
        .execute(&mut *conn)
        .await?;
        for upload in uploads::store::expired(&mut conn, jurisdiction, now, limit).await? {
            let Some(places) = uploads::store::forget(&mut conn, jurisdiction, &upload).await? else {
                continue;
            };
            bell.ring(jurisdiction, &places);
            count += 1;
            let path = spool.path(jurisdiction, upload.id);
            // Somebody who writes to it this very moment finds out; the file is then swept.
            spawn_blocking(move || remove_unlocked(&path)).await?;
        }
    }
    Ok(count)
}

/// What a sweep took away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    pub drafts: usize,
    pub files: usize,
}

/// Takes away what is in no book: unfinished files without an upload, finished ones that never were entered, of
/// the folders for hashes that begin with one of these bytes. Younger ones than `age` ([`SWEEP_AGE`]) are left alone.
///
/// # Errors
/// Broken when the database or the store fails.
pub async fn sweep(
    db: &Db,
    clock: &Clock,
    blobs: &Blobs,
    spool: &Spool,
    folders: RangeInclusive<u8>,
    age: Duration,
) -> Result<Swept> {
    let before = clock.now() - age;
    let mut swept = Swept::default();
    for jurisdiction in jurisdictions(&mut *db.conn().await?).await? {
        swept.drafts += sweep_drafts(db, spool, jurisdiction, before).await?;
        for byte in folders.clone() {
            let mut sha = Sha([0; 32]);
            sha.0[0] = byte;
            for place in [Place::Original(jurisdiction, sha), Place::Preview(jurisdiction, sha)] {
                swept.files += sweep_folder(db, blobs, jurisdiction, place, before).await?;
            }
        }
    }
    let root = spool.root().to_owned();
    swept.drafts += spawn_blocking(move || remove_spares(&root, before)).await?;
    if swept != Swept::default() {
        tracing::info!(drafts = swept.drafts, files = swept.files, "swept files that are in no book");
    }
    Ok(swept)
}

async fn sweep_drafts(
    db: &Db,
    spool: &Spool,
    jurisdiction: JurisdictionId,
    before: DateTime<Utc>,
) -> Result<usize> {
    let folder = spool.root().join(jurisdiction.to_string());
    let old: Vec<UploadId> = spawn_blocking(move || old_names(&folder, before)).await?;
    let mut count = 0;
    for ids in old.chunks(NAMES) {
        let open = open_uploads(&mut *db.conn().await?, jurisdiction, ids).await?;
        for id in ids.iter().filter(|id| !open.contains(id)) {
            let path = spool.path(jurisdiction, *id);
            count += usize::from(spawn_blocking(move || remove_unlocked(&path)).await?);
        }
    }
    Ok(count)
}

/// Which of these uploads still want their file.
async fn open_uploads(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    ids: &[UploadId],
) -> Result<HashSet<UploadId>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        upload_id: Uuid,
    }
    let rows: Vec<Row> = prepared(
        "SELECT upload_id FROM uploads WHERE jurisdiction_id = $1 AND upload_id = ANY($2) AND held < size",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(ids.iter().map(|id| id.0).collect::<Vec<_>>())
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.upload_id.into()).collect())
}

fn is_old(entry: &std::fs::DirEntry, before: DateTime<Utc>) -> bool {
    let written = entry.metadata().and_then(|meta| meta.modified()).map(DateTime::<Utc>::from);
    written.is_ok_and(|written| written < before)
}

/// Blocks.
fn old_names(folder: &Path, before: DateTime<Utc>) -> Vec<UploadId> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let old = entries.flatten().filter(|entry| is_old(entry, before));
    old.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// Blocks. Whoever writes to the file has it locked.
fn remove_unlocked(path: &PathBuf) -> bool {
    let Ok(file) = std::fs::File::open(path) else { return false };
    flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok() && std::fs::remove_file(path).is_ok()
}

/// Blocks. Files that a crash left beside the unfinished ones.
fn remove_spares(root: &Path, before: DateTime<Utc>) -> usize {
    let Ok(entries) = std::fs::read_dir(root) else { return 0 };
    let spare =
        |entry: &std::fs::DirEntry| entry.file_name().to_str().is_some_and(|name| name.starts_with("spare-"));
    let old = entries.flatten().filter(|entry| spare(entry) && is_old(entry, before));
    old.filter(|entry| std::fs::remove_file(entry.path()).is_ok()).count()
}

/// A folder of the store: `place` is any file in it.
async fn sweep_folder(
    db: &Db,
    blobs: &Blobs,
    jurisdiction: JurisdictionId,
    place: Place,
    before: DateTime<Utc>,
) -> Result<usize> {
    let folder = place.folder();
    let mut old = Vec::new();
    let mut found = std::pin::pin!(blobs.list(&folder));
    let mut orphans = Vec::new();
    loop {
        let next = found.try_next().await?;
        old.extend(next.as_ref().filter(|file| file.written_at < before).map(|file| file.sha));
        if old.len() >= NAMES || (next.is_none() && !old.is_empty()) {
            orphans.extend(unbooked(&mut *db.conn().await?, jurisdiction, &old).await?);
            old.clear();
        }
        if next.is_none() {
            break;
        }
    }
    if orphans.is_empty() {
        return Ok(0);
    }
    remove_orphans(db, blobs, jurisdiction, place, &orphans, before).await
}

async fn unbooked(conn: &mut Conn, jurisdiction: JurisdictionId, shas: &[Sha]) -> Result<Vec<Sha>> {
    let booked: HashSet<Sha> = files::store::booked(conn, jurisdiction, shas).await?.into_iter().collect();
    Ok(shas.iter().copied().filter(|sha| !booked.contains(sha)).collect())
}

/// Nobody puts a file into the folder, or enters one from it, while this looks again and removes.
async fn remove_orphans(
    db: &Db,
    blobs: &Blobs,
    jurisdiction: JurisdictionId,
    place: Place,
    orphans: &[Sha],
    before: DateTime<Utc>,
) -> Result<usize> {
    let Some(_closed) = blobs.close_folder(place.folder()).await? else { return Ok(0) };
    let mut conn = db.conn().await?;
    conn.transaction::<_, Failure, _>(async |conn| {
        if blobs.is_remote() {
            prepared("SELECT pg_advisory_xact_lock(hashtextextended('sweep ' || $1, 0))")
                .bind::<Text, _>(jurisdiction.to_string())
                .execute(conn)
                .await?;
        }
        let mut count = 0;
        for sha in unbooked(conn, jurisdiction, orphans).await? {
            let place = match place {
                Place::Original(jurisdiction, _) => Place::Original(jurisdiction, sha),
                Place::Preview(jurisdiction, _) => Place::Preview(jurisdiction, sha),
            };
            if blobs.written_at(place).await?.is_some_and(|written| written < before) {
                blobs.remove(place).await?;
                count += 1;
            }
        }
        Ok(count)
    })
    .await
}
