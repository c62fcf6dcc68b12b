//! Examination: what a stored file says of itself, and small pictures of it.
//!
//! Promises: every file is looked into once, in a process of its own; what cannot be decoded is kept and flagged.
//! Never: changes a file, or its standing as evidence.

pub mod store;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anfang_media::{self as media, Examined, Examiner, MediaType};
use anfang_protocol::{Code, Problem, blob::MediaFlag, ids::JurisdictionId, sha::Sha};
use bytes::Bytes;
use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use serde_json::{Map, Value, json};
use tokio::time::{sleep, timeout};

use self::store::{Claimed, Derived};
use super::{Blobs, blobs::Place, uploads::Spool};
use crate::{clock::Clock, db::Db, failure::Result, ledger::Entry};

/// How long whoever asks for a preview waits for the examination.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a file that another process examines is asked after.
const PAUSE: Duration = Duration::from_millis(300);
/// For how long a file is one examiner's own; after that it is thought dead.
const CLAIM: chrono::Duration = chrono::Duration::seconds(90);

type Key = (JurisdictionId, Sha);
type Flight = Shared<BoxFuture<'static, ()>>;

/// Looks into files. Clones share the decoders.
#[derive(Clone)]
pub struct Examinations {
    db: Db,
    clock: Clock,
    blobs: Blobs,
    spool: Spool,
    examiner: Arc<Examiner>,
    flights: Arc<Mutex<HashMap<Key, Flight>>>,
    runtime: tokio::runtime::Handle,
}

impl Examinations {
    /// Must be called within a runtime that lives as long as the server.
    pub fn new(db: Db, clock: Clock, blobs: Blobs, spool: Spool, examiner: Examiner) -> Self {
        let runtime = tokio::runtime::Handle::current();
        Examinations {
            db,
            clock,
            blobs,
            spool,
            examiner: Arc::new(examiner),
            flights: Arc::default(),
            runtime,
        }
    }

    /// Examines a file now, if nobody has. However many ask for it at once, it is done once.
    ///
    /// # Errors
    /// `unavailable` when it takes too long; it goes on, ask again.
    pub async fn examine(&self, jurisdiction: JurisdictionId, sha: Sha) -> Result<()> {
        let late = || Problem::new(Code::Unavailable).detail("the file is being examined").retry_after_s(5);
        timeout(PATIENCE, self.insist(jurisdiction, sha)).await.map_err(|_| late())?
    }

    async fn insist(&self, jurisdiction: JurisdictionId, sha: Sha) -> Result<()> {
        loop {
            let flight = {
                // Held for a look-up only.
                let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
                flights.entry((jurisdiction, sha)).or_insert_with(|| self.fly(jurisdiction, sha)).clone()
            };
            flight.await;
            if store::is_examined(&mut *self.db.conn().await?, jurisdiction, sha).await? {
                return Ok(());
            }
            // Another process is at it, or it failed and was logged.
            sleep(PAUSE).await;
        }
    }

    /// Goes on to its end even if nobody waits for it any more.
    fn fly(&self, jurisdiction: JurisdictionId, sha: Sha) -> Flight {
        let examinations = self.clone();
        let task = self.runtime.spawn(async move {
            if let Err(failure) = examinations.claim_and_run(jurisdiction, sha).await {
                tracing::error!(%sha, error = %failure, "a file could not be examined");
            }
            let mut flights = examinations.flights.lock().unwrap_or_else(PoisonError::into_inner);
            flights.remove(&(jurisdiction, sha));
        });
        task.map(|_| ()).boxed().shared()
    }

    async fn claim_and_run(&self, jurisdiction: JurisdictionId, sha: Sha) -> Result<()> {
        let now = self.clock.now();
        let claimed =
            store::claim_one(&mut *self.db.conn().await?, jurisdiction, sha, now, now + CLAIM).await?;
        match claimed {
            Some(claimed) => self.run(&claimed).await,
            None => Ok(()),
        }
    }

    /// Examines a claimed file and puts what was found into the books.
    ///
    /// # Errors
    /// When no decoder could be started, the file is away, or the database is. The claim lapses by itself.
    async fn run(&self, claimed: &Claimed) -> Result<()> {
        let jurisdiction = claimed.jurisdiction;
        let media_type = MediaType::parse(&claimed.media_type)
            .ok_or_else(|| anyhow::anyhow!("a file of unknown type {}", claimed.media_type))?;
        let spare = || self.spool.root().join(format!("spare-{}", self.clock.fresh_id()));
        let file = self.blobs.open_file(Place::Original(jurisdiction, claimed.sha), spare()).await?;
        let examined = self.examiner.examine(file, media_type).await?;
        let mut derived = Vec::with_capacity(examined.previews.len());
        let mut placed = Vec::with_capacity(examined.previews.len());
        for preview in &examined.previews {
            let sha = Sha::of(&preview.jpeg);
            let (width, height) = (preview.width, preview.height);
            let jpeg = Bytes::copy_from_slice(&preview.jpeg);
            placed.push(self.blobs.put(Place::Preview(jurisdiction, sha), jpeg, spare()).await?);
            derived.push(Derived { edge: preview.edge, sha, size: preview.jpeg.len() as u64, width, height });
        }
        let says = says(&examined, claimed.says.as_ref());
        let now = self.clock.now();
        let previews: Vec<Value> = derived.iter().map(|d| json!({"edge": d.edge, "sha256": d.sha})).collect();
        let what = json!({"flags": says.get("flags"), "previews": previews, "sha256": claimed.sha});
        let entry = Entry::event("evidence.examined", now, &what)?;
        // Another process may have been faster after all: then its word stands.
        store::save(&mut *self.db.conn().await?, claimed, &Value::Object(says), &derived, &entry).await?;
        drop(placed);
        metrics::counter!("anfang_files_examined_total").increment(1);
        Ok(())
    }
}

/// What is kept of an examination: protocol `Metadata` without its first fields. `before` has what was remarked
/// when the file was stored.
fn says(examined: &Examined, before: Option<&Value>) -> Map<String, Value> {
    let found = &examined.examination;
    let mut says = Map::new();
    let mut tell = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            says.insert(name.to_owned(), value);
        }
    };
    tell("width", found.width.map(Into::into));
    tell("height", found.height.map(Into::into));
    tell("taken_local", found.taken_local.map(|at| at.format("%Y-%m-%dT%H:%M:%S").to_string().into()));
    tell("taken_offset_minutes", found.taken_offset_minutes.map(Into::into));
    tell("latitude", found.gps.map(|gps| gps.latitude.into()));
    tell("longitude", found.gps.map(|gps| gps.longitude.into()));
    tell("altitude_m", found.gps.and_then(|gps| gps.altitude_m).map(Into::into));
    tell("make", found.make.clone().map(Into::into));
    tell("model", found.model.clone().map(Into::into));
    let mut flags: BTreeSet<MediaFlag> = found.flags.iter().map(flag).collect();
    if found.damaged {
        flags.insert(MediaFlag::Damaged);
    }
    if let Some(Value::Array(words)) = before.and_then(|before| before.get("flags")) {
        flags.extend(words.iter().filter_map(Value::as_str).map(MediaFlag::from));
    }
    tell("flags", (!flags.is_empty()).then(|| json!(flags)));
    says
}

/// A remark in the words of the protocol.
fn flag(flag: &media::Flag) -> MediaFlag {
    use media::Flag::*;
    match flag {
        GpsInvalid => MediaFlag::GpsInvalid,
        GpsZero => MediaFlag::GpsZero,
        GpsAltitudeInvalid => MediaFlag::GpsAltitudeInvalid,
        GpsTimeInvalid => MediaFlag::GpsTimeInvalid,
        DateInvalid => MediaFlag::DateInvalid,
        OffsetInvalid => MediaFlag::OffsetInvalid,
        ContainerTime => MediaFlag::ContainerTime,
        OrientationInvalid => MediaFlag::OrientationInvalid,
        MetadataUnreadable | MetadataTooLarge => MediaFlag::ExifUnreadable,
        TrailingData => MediaFlag::TrailingData,
        Incomplete => MediaFlag::Incomplete,
        Undecodable => MediaFlag::Undecodable,
        StrictDecodeFailed => MediaFlag::StrictDecodeFailed,
        DimensionsTooLarge | TooCostlyToPreview => MediaFlag::TooManyPixels,
        UnsupportedCoding => MediaFlag::UnsupportedCoding,
        TimesDisagree => MediaFlag::TimesDisagree,
        LowContent => MediaFlag::LowContent,
        ScreenRecording => MediaFlag::ScreenRecording,
        DecoderGaveUp => MediaFlag::DecoderGaveUp,
    }
}
