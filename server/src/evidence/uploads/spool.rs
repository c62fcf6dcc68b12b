//! Unfinished files, one for each upload: `<jurisdiction>/<upload>`.
//!
//! Promises: what `keep` answered for is on stable storage, name and bytes; one writer at a time has a file, over
//! all server processes on this file system; a file that failed to reach the disk is never tried again.
//! All of it blocks: run it where blocking is allowed.

use std::{
    fs::File,
    io::{self, Read, Seek},
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anfang_media::{MediaType, SNIFF_BYTES, sniff};
use anfang_protocol::{
    ids::{JurisdictionId, UploadId},
    sha::Sha,
};
use anyhow::Context;
use rustix::fs::{FlockOperation, flock};
use sha2::{Digest, Sha256};

use crate::{
    evidence::blobs::{Blobs, Place, Placed, make_folder},
    failpoint,
};

/// How long a newcomer waits for a writer in another process, which looks at its lease every two seconds.
const LOCK_PATIENCE: Duration = Duration::from_secs(6);
const LOCK_PAUSE: Duration = Duration::from_millis(50);
const READ_BYTES: usize = 256 * 1024;

/// Where unfinished files are.
#[derive(Debug, Clone)]
pub struct Spool {
    root: Arc<Path>,
}

impl Spool {
    /// The folder `uploads` in the data folder; where whole files live on another file system, a folder beside
    /// them, so that a finished file can be moved to its place.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(data_dir: &Path, blobs: &Blobs) -> anyhow::Result<Self> {
        let usual = data_dir.join("uploads");
        std::fs::create_dir_all(&usual).with_context(|| format!("the folder {}", usual.display()))?;
        let root = match blobs.root() {
            Some(whole) if std::fs::metadata(whole)?.dev() != std::fs::metadata(&usual)?.dev() => {
                let beside = whole.join(".uploads");
                std::fs::create_dir_all(&beside)
                    .with_context(|| format!("the folder {}", beside.display()))?;
                beside
            }
            _ => usual,
        };
        Ok(Spool { root: root.canonicalize()?.into() })
    }

    pub fn path(&self, jurisdiction: JurisdictionId, upload: UploadId) -> PathBuf {
        self.root.join(jurisdiction.to_string()).join(upload.to_string())
    }

    pub fn root(&self) -> &Path {
        &self.root
    }
}

/// Why a file could not be written.
#[derive(Debug)]
pub enum Trouble {
    /// A writer in another process does not let go of it.
    Busy,
    /// It is shorter than the books say, or gone.
    Lost,
    /// Bytes may not have reached the disk: the file must be given up.
    NotDurable(io::Error),
    /// Nothing was changed that the books speak of.
    Failed(io::Error),
}

/// Why a file that arrived in full is not evidence.
#[derive(Debug, PartialEq, Eq)]
pub enum Unfit {
    NoAllowedFormat,
    /// It has this hash and not the declared one.
    OtherHash(Sha),
}

/// A file that arrived in full.
#[derive(Debug)]
pub struct Whole {
    pub sha: Sha,
    pub media_type: MediaType,
    /// None: to be sent to a remote store yet.
    pub placed: Option<Placed>,
}

/// An unfinished file in one writer's hands.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    file: Option<File>,
    /// Bytes written.
    at: u64,
    /// Hash of all bytes written, where it is known.
    hash: Option<Sha256>,
    /// Its name may not be on stable storage yet.
    new: bool,
}

impl Draft {
    /// A file that does not exist yet.
    pub fn fresh(path: PathBuf) -> Self {
        Draft { path, file: None, at: 0, hash: Some(Sha256::new()), new: true }
    }

    /// A file that holds `at` bytes, with the hash of these where it is known.
    pub fn held(path: PathBuf, at: u64, hash: Option<Sha256>) -> Self {
        if at == 0 { Self::fresh(path) } else { Draft { path, file: None, at, hash, new: false } }
    }

    pub fn at(&self) -> u64 {
        self.at
    }

    pub fn hash(&self) -> Option<&Sha256> {
        self.hash.as_ref()
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    fn open(&mut self) -> Result<&File, Trouble> {
        if self.file.is_none() {
            self.file = Some(self.open_locked()?);
        }
        self.file.as_ref().ok_or(Trouble::Lost)
    }

    fn open_locked(&self) -> Result<File, Trouble> {
        let options =
            || File::options().read(true).write(true).create(self.new).truncate(false).open(&self.path);
        let file = match options() {
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.new => {
                make_folder(self.path.parent().ok_or(Trouble::Lost)?).map_err(Trouble::Failed)?;
                options().map_err(Trouble::Failed)?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Trouble::Lost),
            other => other.map_err(Trouble::Failed)?,
        };
        lock(&file)?;
        // While this one waited for the lock, the writer before may have finished the file: what was opened is
        // then an original in its place, never to be touched again.
        if !self.is_named(&file).map_err(Trouble::Failed)? {
            return Err(Trouble::Lost);
        }
        let length = file.metadata().map_err(Trouble::Failed)?.len();
        if length < self.at {
            return Err(Trouble::Lost);
        }
        if length > self.at {
            // A writer before got further than it could put into the books.
            file.set_len(self.at).map_err(Trouble::Failed)?;
        }
        Ok(file)
    }

    fn is_named(&self, file: &File) -> io::Result<bool> {
        let open = file.metadata()?;
        match std::fs::symlink_metadata(&self.path) {
            Ok(named) => Ok((named.dev(), named.ino()) == (open.dev(), open.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Writes on from where it stands. When that fails, what was written before still stands.
    ///
    /// # Errors
    /// Not `NotDurable`.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        let at = self.at;
        let file = self.open()?;
        if let Err(error) = file.write_all_at(bytes, at) {
            file.set_len(at).ok();
            return Err(Trouble::Failed(error));
        }
        self.at += bytes.len() as u64;
        if let Some(hash) = &mut self.hash {
            hash.update(bytes);
        }
        Ok(())
    }

    /// Brings all that was written to stable storage.
    ///
    /// # Errors
    /// `NotDurable`: give the file up.
    pub fn keep(&mut self) -> Result<(), Trouble> {
        if self.at == 0 && self.file.is_none() {
            return Ok(());
        }
        failpoint::pass("upload.before_part_sync");
        self.open()?.sync_all().map_err(Trouble::NotDurable)?;
        if self.new {
            let folder = self.path.parent().ok_or(Trouble::Lost)?;
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(Trouble::NotDurable)?;
            self.new = false;
        }
        Ok(())
    }

    /// Whether the first bytes, if there are enough of them, are those of an allowed format.
    ///
    /// # Errors
    /// Not `NotDurable`.
    pub fn may_be_evidence(&mut self) -> Result<bool, Trouble> {
        Ok(self.at < SNIFF_BYTES as u64 || self.sniff()?.is_some())
    }

    fn sniff(&mut self) -> Result<Option<MediaType>, Trouble> {
        let mut head = [0; SNIFF_BYTES];
        let length = SNIFF_BYTES.min(usize::try_from(self.at).unwrap_or(SNIFF_BYTES));
        self.open()?.read_exact_at(&mut head[..length], 0).map_err(Trouble::Failed)?;
        Ok(sniff(&head[..length]))
    }

    /// Judges the file, which has all its bytes, and brings it to stable storage; in a folder also to its place.
    ///
    /// # Errors
    /// `NotDurable`: give the file up.
    pub fn finish(
        &mut self,
        declared: Option<Sha>,
        jurisdiction: JurisdictionId,
        blobs: &Blobs,
    ) -> Result<Result<Whole, Unfit>, Trouble> {
        let Some(media_type) = self.sniff()? else { return Ok(Err(Unfit::NoAllowedFormat)) };
        let hash = match self.hash.take() {
            Some(hash) => hash,
            None => self.read_hash().map_err(Trouble::Failed)?,
        };
        let sha = Sha(hash.finalize().into());
        if declared.is_some_and(|declared| declared != sha) {
            return Ok(Err(Unfit::OtherHash(sha)));
        }
        failpoint::pass("upload.before_file_sync");
        self.open()?.sync_all().map_err(Trouble::NotDurable)?;
        failpoint::pass("upload.before_move");
        let placed = match blobs.root() {
            Some(_) => {
                let placed =
                    blobs.move_in(Place::Original(jurisdiction, sha), &self.path).map_err(Trouble::Failed)?;
                // From here on this is an original: nobody writes to it.
                self.file = None;
                failpoint::pass("upload.moved");
                placed.keep().map_err(Trouble::NotDurable)?;
                Some(placed)
            }
            None => None,
        };
        Ok(Ok(Whole { sha, media_type, placed }))
    }

    fn read_hash(&mut self) -> io::Result<Sha256> {
        let mut file = self.file.as_ref().ok_or(io::ErrorKind::NotFound)?;
        let (mut hash, mut piece) = (Sha256::new(), vec![0; READ_BYTES]);
        file.rewind()?;
        loop {
            match file.read(&mut piece)? {
                0 => return Ok(hash),
                length => hash.update(&piece[..length]),
            }
        }
    }

    /// Takes the file away.
    pub fn give_up(self) {
        // What is left is swept.
        std::fs::remove_file(&self.path).ok();
    }
}

fn lock(file: &File) -> Result<(), Trouble> {
    let mut waited = Duration::ZERO;
    loop {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(()),
            Err(rustix::io::Errno::WOULDBLOCK) if waited < LOCK_PATIENCE => {
                std::thread::sleep(LOCK_PAUSE);
                waited += LOCK_PAUSE;
            }
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(Trouble::Busy),
            Err(error) => return Err(Trouble::Failed(error.into())),
        }
    }
}
