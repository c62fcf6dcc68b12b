//! Taking bytes in: from a request, through a bounded buffer, to a file.
//!
//! A phone on a hilltop sends for minutes: no database connection is held meanwhile, and a request that dies leaves
//! what arrived to the next one. Runs apart from the request, which may be dropped at any moment.

use std::time::Duration;

use anfang_media::SNIFF_BYTES;
use anfang_protocol::{Code, Problem, ids::UploadId};
use bytes::Bytes;
use tokio::{
    sync::mpsc,
    task::spawn_blocking,
    time::{Instant, sleep_until},
};

use super::{
    Hashed, Progress, Uploads, expiry,
    register::{Arrival, Entered, RECEIPT},
    spool::{Draft, Trouble, Unfit, Whole},
    store::{self, Upload},
    turns::Turn,
    tus::PartSum,
};
use crate::{
    auth::Actor,
    evidence::blobs::Place,
    failpoint,
    failure::{Failure, Result},
};

/// Bytes in memory per upload, at most.
const BUFFER_BYTES: usize = 256 * 1024;
/// How long bytes wait in memory for more.
const BUFFER_TIME: Duration = Duration::from_secs(1);
/// Bytes after which what has arrived is put into the books while more comes: lost at most if the server dies.
const CHECKPOINT_BYTES: u64 = 4 * 1024 * 1024;
/// How often a long upload asks whether it may go on.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// What a request says of the bytes it brings.
#[derive(Clone, Default)]
pub struct Part {
    /// Offset of its first byte.
    pub from: u64,
    /// Bytes, where the request says so.
    pub length: Option<u64>,
    pub sum: Option<PartSum>,
}

/// What comes from a request.
#[derive(Debug)]
pub enum Piece {
    Bytes(Bytes),
    /// The request came to its proper end. When the channel closes without it, the link was cut.
    End,
}

pub type Body = mpsc::Receiver<Piece>;

/// Why no more bytes are waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pause {
    /// The buffer is full, or time is up.
    Buffer,
    End,
    Cut,
    /// Another request took the upload over.
    Overtaken,
}

/// What the file has to do with the bytes that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    GoOn,
    /// To stable storage, although the part is not complete.
    Keep,
    /// To stable storage: the part is complete.
    KeepPart,
    /// The part was cut off, and only its sum could have told right from wrong.
    Forget,
    Finish,
}

/// What the file did.
enum Done {
    Written,
    Kept,
    Forgotten,
    SumWrong,
    Unfit(Unfit),
    Whole(Whole),
}

impl Uploads {
    /// Takes the bytes of one request in. Whoever wrote to this upload before is stopped.
    ///
    /// # Errors
    /// `not_found`, `upload_gone`, `offset_wrong`, `blob_too_large` (more bytes than the upload has), `lease_lost`,
    /// `checksum_mismatch`, `hash_mismatch`, `media_not_allowed`; `storage_full`.
    pub async fn append(&self, actor: &Actor, id: UploadId, part: Part, body: Body) -> Result<Progress> {
        let (turn, upload) = self.take(actor, id).await?;
        if part.from != upload.held {
            let detail = format!("it stands at {}", upload.held);
            return Err(Problem::new(Code::OffsetWrong).at("Upload-Offset").detail(detail).into());
        }
        if part.length.is_some_and(|length| length > upload.size - upload.held) {
            return Err(too_long(&upload));
        }
        if upload.is_whole() {
            return Ok(upload.progress());
        }
        let hash = self.hashes.get(&id).map(|hashed| hashed.hash);
        let draft = Draft::held(self.spool.path(actor.jurisdiction, id), upload.held, hash);
        Writer::new(self, actor, upload, turn, true, part, draft).run(body).await
    }

    /// Takes the first bytes of an upload that has no row yet; it gets one if it is not whole at the end.
    pub(super) async fn begin(
        &self,
        actor: &Actor,
        upload: Upload,
        part: Part,
        body: Body,
    ) -> Result<Progress> {
        if part.length.is_some_and(|length| length > upload.size) {
            return Err(too_long(&upload));
        }
        let turn = self.turns.take(actor.account, upload.id).await;
        let draft = Draft::fresh(self.spool.path(actor.jurisdiction, upload.id));
        let mut writer = Writer::new(self, actor, upload, turn, false, part, draft);
        let outcome = writer.run(body).await;
        if let (false, Some(desk)) = (writer.has_row || outcome.is_ok(), writer.desk.take()) {
            spawn_blocking(move || desk.draft.give_up()).await?;
        }
        outcome
    }
}

fn too_long(upload: &Upload) -> Failure {
    let detail = format!("more than the {} bytes of the upload", upload.size);
    Problem::new(Code::BlobTooLarge).detail(detail).into()
}

struct Writer<'a> {
    uploads: &'a Uploads,
    actor: &'a Actor,
    upload: Upload,
    turn: Turn,
    /// Without one nobody else knows the upload.
    has_row: bool,
    /// The part has a sum of its own.
    summed: bool,
    /// Away while the file works.
    desk: Option<Desk>,
    asked: Instant,
    /// Bytes in the books.
    booked: u64,
}

/// What the file's work needs.
struct Desk {
    draft: Draft,
    sum: Option<PartSum>,
    buffer: Vec<u8>,
}

impl<'a> Writer<'a> {
    fn new(
        uploads: &'a Uploads,
        actor: &'a Actor,
        upload: Upload,
        turn: Turn,
        has_row: bool,
        part: Part,
        draft: Draft,
    ) -> Self {
        let (booked, summed) = (upload.held, part.sum.is_some());
        let desk = Some(Desk { draft, sum: part.sum, buffer: Vec::new() });
        Writer { uploads, actor, upload, turn, has_row, summed, desk, asked: Instant::now(), booked }
    }

    async fn run(&mut self, mut body: Body) -> Result<Progress> {
        let mut at = self.booked;
        loop {
            let (pause, length) = self.gather(&mut body, at).await?;
            at += length as u64;
            if at > self.upload.size {
                return Err(too_long(&self.upload));
            }
            if !self.may_go_on().await {
                return Err(Code::LeaseLost.into());
            }
            let then = self.then(pause, at);
            if then == Then::GoOn && length == 0 {
                continue;
            }
            match self
                .on_file(move |desk, uploads, upload, actor| desk.work(then, uploads, upload, actor))
                .await?
            {
                Ok(Done::Written) => {}
                Ok(Done::Kept) => {
                    failpoint::pass("upload.part_synced");
                    let progress = self.record(at, pause).await?;
                    failpoint::pass("upload.part_booked");
                    if pause == Pause::End {
                        return Ok(progress);
                    }
                }
                Ok(Done::Forgotten) => {}
                Ok(Done::SumWrong) => return Err(Code::ChecksumMismatch.into()),
                Ok(Done::Unfit(unfit)) => return self.refuse(unfit).await,
                Ok(Done::Whole(whole)) => return self.enter(whole).await,
                Err(trouble) => return Err(self.trouble(trouble).await),
            }
            match pause {
                Pause::Buffer | Pause::End => {}
                Pause::Cut => return Err(Problem::new(Code::Unavailable).detail("the link was cut").into()),
                Pause::Overtaken => return Err(Code::LeaseLost.into()),
            }
        }
    }

    fn then(&self, pause: Pause, at: u64) -> Then {
        match pause {
            _ if at == self.upload.size => Then::Finish,
            Pause::Buffer if !self.summed && at - self.booked >= CHECKPOINT_BYTES => Then::Keep,
            Pause::Buffer => Then::GoOn,
            Pause::End => Then::KeepPart,
            // With a hash for the whole file a wrong byte is found at the end.
            Pause::Cut | Pause::Overtaken if self.summed && self.upload.sha.is_none() => Then::Forget,
            Pause::Cut | Pause::Overtaken => Then::Keep,
        }
    }

    /// Fills the buffer: until it is full, its first byte is old, or the request ends.
    async fn gather(&mut self, body: &mut Body, at: u64) -> Result<(Pause, usize)> {
        let desk = self.desk.as_mut().ok_or(Code::Internal)?;
        let buffer = &mut desk.buffer;
        buffer.clear();
        let rest = usize::try_from(self.upload.size - at).unwrap_or(BUFFER_BYTES);
        buffer.reserve(rest.min(BUFFER_BYTES));
        let mut until = Instant::now() + ASK_EVERY;
        let overtaken = self.turn.lost();
        tokio::pin!(overtaken);
        let pause = loop {
            tokio::select! {
                biased;
                () = &mut overtaken => break Pause::Overtaken,
                piece = body.recv() => match piece {
                    Some(Piece::Bytes(bytes)) => {
                        if buffer.is_empty() {
                            until = Instant::now() + BUFFER_TIME;
                        }
                        buffer.extend_from_slice(&bytes);
                        if buffer.len() >= rest.min(BUFFER_BYTES) {
                            break Pause::Buffer;
                        }
                    }
                    Some(Piece::End) => break Pause::End,
                    None => break Pause::Cut,
                },
                () = sleep_until(until) => break Pause::Buffer,
            }
        };
        Ok((pause, buffer.len()))
    }

    /// Over several processes only the database knows who has the lease, and whether the device was revoked.
    async fn may_go_on(&mut self) -> bool {
        if self.asked.elapsed() < ASK_EVERY {
            return true;
        }
        self.asked = Instant::now();
        let lease = self.has_row.then_some((self.upload.id, self.upload.lease));
        let asked = async { store::may_go_on(&mut *self.uploads.db.conn().await?, self.actor, lease).await };
        // While the database is away, what is under way goes on; at the end it has to answer.
        asked.await.unwrap_or(true)
    }

    /// Runs the file's work where blocking is allowed.
    async fn on_file<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Desk, &Uploads, &Upload, &Actor) -> T + Send + 'static,
    ) -> Result<T> {
        let mut desk = self.desk.take().ok_or(Code::Internal)?;
        let (uploads, upload, actor) = (self.uploads.clone(), self.upload.clone(), *self.actor);
        let (desk, done) = spawn_blocking(move || {
            let done = work(&mut desk, &uploads, &upload, &actor);
            (desk, done)
        })
        .await?;
        self.desk = Some(desk);
        Ok(done)
    }

    /// Puts into the books that `at` bytes are on stable storage.
    async fn record(&mut self, at: u64, pause: Pause) -> Result<Progress> {
        if !self.has_row && at == 0 && pause != Pause::End {
            return Ok(self.upload.progress());
        }
        // All bytes are in the books only when the file is: until then the last one is asked for again.
        self.upload.held = at.min(self.upload.size - 1);
        let now = self.uploads.clock.now();
        self.upload.expires_at = expiry(now);
        let jurisdiction = self.actor.jurisdiction;
        let mut conn = self.uploads.db.conn().await?;
        let places = match self.has_row {
            true => {
                let (held, expires_at) = (self.upload.held, self.upload.expires_at);
                store::record(&mut conn, jurisdiction, &self.upload, held, expires_at).await?
            }
            false => store::record_first(&mut conn, jurisdiction, &self.upload, now).await?,
        };
        self.uploads.bell.ring(jurisdiction, &places.ok_or(Code::LeaseLost)?);
        self.has_row = true;
        self.booked = self.upload.held;
        self.remember();
        Ok(self.upload.progress())
    }

    /// Keeps the running hash for whoever goes on.
    fn remember(&self) {
        let draft = self.desk.as_ref().map(|desk| &desk.draft);
        match draft.and_then(|draft| Some((draft.at(), draft.hash()?))) {
            Some((at, hash)) if at == self.booked => {
                let hashed = Hashed { lease: self.upload.lease, at, hash: hash.clone() };
                self.uploads.hashes.insert(self.upload.id, hashed);
            }
            _ => self.uploads.hashes.invalidate(&self.upload.id),
        }
    }

    /// The bytes are no evidence: they go. Where another try makes sense, the upload stays, empty.
    async fn refuse(&mut self, unfit: Unfit) -> Result<Progress> {
        let problem = match &unfit {
            Unfit::NoAllowedFormat => Problem::new(Code::MediaNotAllowed),
            Unfit::OtherHash(sha) => Problem::new(Code::HashMismatch).detail(format!("the bytes have {sha}")),
        };
        self.drop_bytes(unfit == Unfit::NoAllowedFormat).await?;
        Err(problem.into())
    }

    /// Takes the file away, and empties the upload or takes that away, too.
    async fn drop_bytes(&mut self, forget: bool) -> Result<()> {
        self.uploads.hashes.invalidate(&self.upload.id);
        let places = match (self.has_row, forget) {
            (false, _) => Some(Vec::new()),
            (true, true) => {
                store::forget(&mut *self.uploads.db.conn().await?, self.actor.jurisdiction, &self.upload)
                    .await?
            }
            (true, false) => {
                let expires_at = expiry(self.uploads.clock.now());
                let mut conn = self.uploads.db.conn().await?;
                store::record(&mut conn, self.actor.jurisdiction, &self.upload, 0, expires_at).await?
            }
        };
        let places = places.ok_or(Code::LeaseLost)?;
        self.uploads.bell.ring(self.actor.jurisdiction, &places);
        if let Some(desk) = self.desk.take() {
            spawn_blocking(move || desk.draft.give_up()).await?;
        }
        Ok(())
    }

    /// The file did not do as it was told.
    async fn trouble(&mut self, trouble: Trouble) -> Failure {
        match trouble {
            Trouble::Busy => Problem::new(Code::Unavailable)
                .detail("another server process has it")
                .retry_after_s(2)
                .into(),
            Trouble::Lost => {
                // The bytes before are gone, or were stored by another process: HEAD tells which.
                let (jurisdiction, expires_at) = (self.actor.jurisdiction, expiry(self.uploads.clock.now()));
                let emptied = async {
                    let mut conn = self.uploads.db.conn().await?;
                    store::record(&mut conn, jurisdiction, &self.upload, 0, expires_at).await
                };
                match emptied.await {
                    Ok(_) => {
                        Problem::new(Code::OffsetWrong).detail("the server lost the bytes before").into()
                    }
                    Err(failure) => failure,
                }
            }
            Trouble::NotDurable(error) => {
                // Nobody may ever believe this file; if the books are away, its shortness will tell.
                self.drop_bytes(true).await.ok();
                error.into()
            }
            Trouble::Failed(error) => {
                // What was written before is still good, unless only a sum that never came could tell.
                if !self.summed {
                    match self.on_file(|desk, _, _, _| desk.draft.keep().map(|()| desk.draft.at())).await {
                        Ok(Ok(kept)) if kept > self.booked => drop(self.record(kept, Pause::Cut).await),
                        Ok(Err(Trouble::NotDurable(_))) => drop(self.drop_bytes(true).await),
                        _ => {}
                    }
                }
                error.into()
            }
        }
    }

    /// All bytes are here and are what they should be: into the books.
    async fn enter(&mut self, whole: Whole) -> Result<Progress> {
        let jurisdiction = self.actor.jurisdiction;
        let remote = whole.placed.is_none();
        let placed = match (whole.placed, &self.desk) {
            (Some(placed), _) => placed,
            (None, Some(desk)) => {
                self.uploads.blobs.send(Place::Original(jurisdiction, whole.sha), desk.draft.path()).await?
            }
            (None, None) => return Err(Code::Internal.into()),
        };
        let media_type = whole.media_type.as_str();
        let arrival = Arrival {
            sha: whole.sha,
            size: self.upload.size,
            media_type,
            media_type_differs: self
                .upload
                .media_type
                .as_deref()
                .is_some_and(|said| differs(said, media_type)),
            account: self.actor.account,
            device: self.actor.device,
            upload: self.upload.id,
            lease: self.has_row.then_some(self.upload.lease),
            placed,
        };
        self.uploads.hashes.invalidate(&self.upload.id);
        failpoint::pass("upload.before_entry");
        match self.uploads.register.enter(jurisdiction, arrival).await? {
            Entered::Superseded => return Err(Code::LeaseLost.into()),
            Entered::Stored => {}
        }
        if let (true, Some(desk)) = (remote, self.desk.take()) {
            spawn_blocking(move || desk.draft.give_up()).await?;
        }
        self.upload.held = self.upload.size;
        self.upload.expires_at = self.uploads.clock.now() + RECEIPT;
        Ok(self.upload.progress())
    }
}

/// Phones call HEIC by either of its names.
fn differs(said: &str, shown: &str) -> bool {
    said != shown && (said, shown) != ("image/heif", "image/heic")
}

impl Desk {
    /// Blocks. Each request of a small file comes here once: write, judge, sync, move.
    fn work(
        &mut self,
        then: Then,
        uploads: &Uploads,
        upload: &Upload,
        actor: &Actor,
    ) -> Result<Done, Trouble> {
        let start = self.draft.at();
        if !self.buffer.is_empty() {
            self.draft.write(&self.buffer)?;
            failpoint::pass("upload.written");
        }
        if let Some(sum) = &mut self.sum {
            sum.update(&self.buffer);
        }
        if start < SNIFF_BYTES as u64 && then != Then::Finish && !self.draft.may_be_evidence()? {
            return Ok(Done::Unfit(Unfit::NoAllowedFormat));
        }
        match then {
            Then::GoOn => Ok(Done::Written),
            Then::Forget => Ok(Done::Forgotten),
            Then::KeepPart | Then::Finish if self.sum.as_ref().is_some_and(|sum| !sum.holds()) => {
                Ok(Done::SumWrong)
            }
            Then::Keep | Then::KeepPart => self.draft.keep().map(|()| Done::Kept),
            Then::Finish => {
                let finished = self.draft.finish(upload.sha, actor.jurisdiction, &uploads.blobs)?;
                Ok(finished.map_or_else(Done::Unfit, Done::Whole))
            }
        }
    }
}
