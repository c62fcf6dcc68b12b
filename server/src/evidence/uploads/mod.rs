//! Uploads: files on their way in (protocol-design §4).
//!
//! `declare` answers which files are wanted, `intake` takes bytes in, `register` enters whole files in the
//! books; `tus` reads headers, `spool` has the unfinished files, `turns` sees to one writer at a time.
//!
//! Promises: each acknowledged byte is on stable storage; a file is stored only when its bytes have the hash that
//! was declared; a request that comes later takes an upload over from one that hangs, and is never told to wait
//! for a dead connection.
//! Never: answers `have` to somebody who neither sent the bytes nor may see them.

pub mod declare;
pub mod intake;
pub mod register;
pub mod routes;
pub mod spool;
pub mod store;
pub mod turns;
pub mod tus;

use anfang_protocol::{Code, Problem, ids::UploadId, limits};
use chrono::{DateTime, Duration, Utc};
use moka::sync::Cache;
use sha2::Sha256;

pub use spool::Spool;

use self::{register::Register, store::Upload, turns::Turns};
use super::Blobs;
use crate::{auth::Actor, clock::Clock, db::Db, failure::Result, ledger::Bell};

/// Running hashes kept in memory, 200 bytes each; one that is gone costs reading the file once more.
const HASHES: u64 = 20_000;

/// Takes files in. Clones share everything.
#[derive(Clone)]
pub struct Uploads {
    db: Db,
    clock: Clock,
    blobs: Blobs,
    spool: Spool,
    register: Register,
    bell: Bell,
    turns: Turns,
    hashes: Cache<UploadId, Hashed>,
}

/// The hash of an unfinished file, as far as it goes.
#[derive(Clone)]
struct Hashed {
    /// Good for whoever takes the next lease.
    lease: i64,
    at: u64,
    hash: Sha256,
}

/// How far an upload has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    pub upload: UploadId,
    /// Bytes on stable storage.
    pub held: u64,
    pub size: u64,
    pub expires_at: DateTime<Utc>,
    /// As the client gave it at creation.
    pub metadata: Option<String>,
}

impl Uploads {
    /// Must be called within a runtime that lives as long as the server.
    pub fn new(db: Db, clock: Clock, blobs: Blobs, spool: Spool, bell: Bell) -> Self {
        let register = Register::new(db.clone(), clock.clone(), blobs.clone(), bell.clone());
        let hashes = Cache::builder().max_capacity(HASHES).build();
        Uploads { db, clock, blobs, spool, register, bell, turns: Turns::default(), hashes }
    }

    /// Where an upload stands. Stops whoever writes to it: what this says is accepted at the next PATCH.
    ///
    /// # Errors
    /// `not_found`, `upload_gone`.
    pub async fn head(&self, actor: &Actor, id: UploadId) -> Result<Progress> {
        let (_turn, upload) = self.take(actor, id).await?;
        Ok(upload.progress())
    }

    /// Gives an upload up. One that is whole already stays stored.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn give_up(&self, actor: &Actor, id: UploadId) -> Result<()> {
        let (_turn, upload) = self.take(actor, id).await?;
        let mut conn = self.db.conn().await?;
        if let Some(places) = store::forget(&mut conn, actor.jurisdiction, &upload).await? {
            self.bell.ring(actor.jurisdiction, &places);
            self.hashes.invalidate(&id);
            // What cannot be removed now is swept.
            tokio::fs::remove_file(self.spool.path(actor.jurisdiction, id)).await.ok();
        }
        Ok(())
    }

    /// Takes the turn, then the lease: all that the writer before could put into the books is there.
    async fn take(&self, actor: &Actor, id: UploadId) -> Result<(turns::Turn, Upload)> {
        let turn = self.turns.take(actor.account, id).await;
        let upload =
            store::take_lease(&mut *self.db.conn().await?, actor, id).await?.ok_or(Code::NotFound)?;
        if let Some(hashed) = self.hashes.get(&id) {
            match (hashed.lease + 1, hashed.at) == (upload.lease, upload.held) {
                true => self.hashes.insert(id, Hashed { lease: upload.lease, ..hashed }),
                // Another process wrote in between.
                false => self.hashes.invalidate(&id),
            }
        }
        if upload.expires_at <= self.clock.now() {
            return Err(Code::UploadGone.into());
        }
        Ok((turn, upload))
    }
}

impl Upload {
    fn progress(&self) -> Progress {
        Progress {
            upload: self.id,
            held: self.held,
            size: self.size,
            expires_at: self.expires_at,
            metadata: self.metadata.clone(),
        }
    }
}

fn expiry(now: DateTime<Utc>) -> DateTime<Utc> {
    now + Duration::hours(limits::UPLOAD_HOURS)
}

/// # Errors
/// `blob_empty`, `blob_too_large`.
fn check_size(size: u64) -> Result<(), Problem> {
    match size {
        0 => Err(Code::BlobEmpty.into()),
        _ if size > limits::BLOB_BYTES => {
            let detail = format!("{size} bytes, at most {}", limits::BLOB_BYTES);
            Err(Problem::new(Code::BlobTooLarge).detail(detail))
        }
        _ => Ok(()),
    }
}
