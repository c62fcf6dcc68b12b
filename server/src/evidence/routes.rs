//! The room as the server mounts it: its parts, its routes, its chores.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use actix_web::web::{Data, ServiceConfig as AppConfig};
use anfang_media::Examiner;
use anyhow::Context;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Blobs, Examinations, Spool, Uploads, chore, files, uploads};
use crate::{clock::Clock, config::Serve, db::Db, failure::Result, ledger::Bell};

pub fn routes(config: &mut ServiceConfig) {
    uploads::routes::routes(config);
    files::routes::routes(config);
}

/// Files that one round of [`Room::examine_pending`] looks into.
const EXAMINED_AT_ONCE: i64 = 16;
/// Uploads that one round of [`Room::sweep`] lets go.
const LET_GO_AT_ONCE: i64 = 1000;
/// Of the 256 folders of a jurisdiction, those that one round of [`Room::sweep`] visits.
const FOLDERS_AT_ONCE: u8 = 16;

/// The parts of this room. Clones share them.
#[derive(Clone)]
pub struct Room {
    blobs: Blobs,
    spool: Spool,
    uploads: Uploads,
    examinations: Examinations,
    bell: Bell,
    next_folder: Arc<AtomicU8>,
}

impl Room {
    /// Must be called within a runtime that lives as long as the server.
    ///
    /// # Errors
    /// When the folders cannot be made, or the store's address or credentials make no sense.
    pub fn open(config: &Serve, db: &Db, clock: &Clock, bell: &Bell) -> anyhow::Result<Self> {
        let home = &config.home;
        let blobs = Blobs::open(home.blobs.as_deref(), &home.data_dir)?;
        let spool = Spool::open(&home.data_dir, &blobs)?;
        let program = std::env::current_exe().context("the path of this program, for its decoders")?;
        let examiner = Examiner::new(program, config.decoders);
        let uploads = Uploads::new(db.clone(), clock.clone(), blobs.clone(), spool.clone(), bell.clone());
        let examinations =
            Examinations::new(db.clone(), clock.clone(), blobs.clone(), spool.clone(), examiner);
        Ok(Room { blobs, spool, uploads, examinations, bell: bell.clone(), next_folder: Arc::default() })
    }

    /// Gives the handlers what they need, each part on its own.
    pub fn share(&self, app: &mut AppConfig) {
        app.app_data(Data::new(self.blobs.clone()))
            .app_data(Data::new(self.uploads.clone()))
            .app_data(Data::new(self.examinations.clone()));
    }

    /// A chore: looks into files that nobody has looked into. Says how many it tried.
    ///
    /// # Errors
    /// Broken when the database fails.
    pub async fn examine_pending(&self, db: &Db, clock: &Clock) -> Result<usize> {
        chore::examine_pending(db, clock, &self.examinations, EXAMINED_AT_ONCE).await
    }

    /// A chore: mends what was overlooked, lets expired uploads go, takes away what is in no book.
    ///
    /// # Errors
    /// Broken when the database or the store fails.
    pub async fn sweep(&self, db: &Db, clock: &Clock) -> Result<usize> {
        let mended = chore::mend(db, &self.bell, LET_GO_AT_ONCE).await?;
        let expired = chore::expire(db, clock, &self.bell, &self.spool, LET_GO_AT_ONCE).await?;
        let first = self.next_folder.fetch_add(FOLDERS_AT_ONCE, Ordering::Relaxed);
        let folders = first..=first.saturating_add(FOLDERS_AT_ONCE - 1);
        let swept = chore::sweep(db, clock, &self.blobs, &self.spool, folders, chore::SWEEP_AGE).await?;
        Ok(mended + expired + swept.drafts + swept.files)
    }
}
