//! A phone: drives the pure engine of `anfang_protocol::client` over real HTTP, with its state in a folder.
//!
//! Promises: killed at any point and opened again, it goes on; what it has recorded is on the disk before it says
//! so; nothing in its folder is deleted before the server has said that it holds it. Never: imports from the
//! server; it knows the wire protocol and nothing else.
//!
//! The folder: `device.key` (the device's own key, never sent), `session.json` (tokens), `journal.jsonl` (all
//! that the engine has to remember), `blobs/` (files of evidence by their hash), `lock`.

mod blobs;
pub mod cli;
mod draft;
mod drive;
mod http;
mod journal;
mod keys;
mod report;
mod senses;
mod session;
mod trouble;

use std::{
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

use anfang_protocol::{
    Problem,
    client::{Engine, Moment, Network, Record, Settings, Step},
    command::Command,
    ids::CommandId,
};
use anyhow::Context;

use self::{blobs::Blobs, http::Http, journal::Journal, senses::Senses};
pub use self::{
    blobs::Photo,
    draft::{Draft, Drafted, all},
    drive::{Did, Ended},
    http::Traffic,
    report::{CommandReport, FileReport, Report},
    session::{Credentials, Session},
    trouble::{Result, Trouble},
};
use crate::clock::Clock;

/// How a phone behaves; the defaults are for a real one.
#[derive(Debug, Clone)]
pub struct Options {
    pub settings: Settings,
    /// Without a byte in either direction for this long, a connection is given up.
    pub stall: Duration,
    /// What the phone calls itself when it is enrolled.
    pub name: String,
    pub platform: String,
    pub clock: Clock,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            settings: Settings::default(),
            stall: Duration::from_secs(45),
            name: "anfang phone".to_owned(),
            platform: "cli".to_owned(),
            clock: Clock::default(),
        }
    }
}

/// A phone, opened. One process at a time has it.
#[derive(Debug)]
pub struct Phone {
    home: PathBuf,
    options: Options,
    engine: Engine,
    journal: Journal,
    blobs: Blobs,
    session: Option<Session>,
    http: Http,
    senses: Senses,
    pub network: Network,
    /// Held as long as the phone is open.
    _lock: File,
}

impl Phone {
    /// Opens the phone that lives in this folder; makes one where there is none.
    ///
    /// # Errors
    /// [`Trouble::Busy`] when another process has it; broken when the folder or its journal is damaged.
    pub fn open(home: &Path, options: Options) -> Result<Self> {
        std::fs::create_dir_all(home.join("blobs")).with_context(|| format!("making {}", home.display()))?;
        let lock = File::create(home.join("lock")).context("opening the lock")?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(Trouble::Busy),
            Err(error) => return Err(anyhow::Error::from(error).context("locking the folder").into()),
        }
        let (journal, mut engine) = Journal::open(home, options.settings.clone())?;
        let session = Session::read(home)?;
        let blobs = Blobs::open(home)?;
        if session.is_none() {
            let record = engine.signed_out();
            engine.apply(&record);
        }
        let base = session.as_ref().map(|session| session.server.clone()).unwrap_or_default();
        let http = Http::new(&base, options.stall)?;
        let senses = Senses::new();
        let (home, network) = (home.to_owned(), Network::Free);
        Ok(Phone { home, options, engine, journal, blobs, session, http, senses, network, _lock: lock })
    }

    /// Reads the state of a phone without opening it: also while another process has it.
    ///
    /// # Errors
    /// Broken when there is no phone, or its journal is damaged.
    pub fn look(home: &Path) -> Result<Engine> {
        Ok(journal::replay(home, Settings::default())?.engine)
    }

    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Bytes and requests so far, since the phone was opened.
    pub fn traffic(&self) -> Traffic {
        self.http.traffic()
    }

    /// Reaches the server by another address from now on (a proxy, a moved server), without signing in anew.
    ///
    /// # Errors
    /// When it is no address.
    pub fn reach(&mut self, base: &str) -> Result<()> {
        self.http.reach(base)?;
        Ok(())
    }

    fn now(&self) -> Moment {
        self.senses.now(&self.options.clock)
    }

    /// Keeps records durably, then acts on them. What cannot be kept did not happen.
    fn keep(&mut self, records: Vec<Record>) -> Result<()> {
        self.journal.append(&records)?;
        records.iter().for_each(|record| self.engine.apply(record));
        self.journal.compact_if_long(&self.engine)?;
        Ok(())
    }

    /// Puts photos safe and queues a command that names them. When this returns, it is on the disk.
    ///
    /// # Errors
    /// Refused when it can never be sent; broken when the disk fails.
    pub fn give(&mut self, command: &Command, photos: &[Photo]) -> Result<CommandId> {
        let id = CommandId(self.options.clock.fresh_id());
        let new = anfang_protocol::client::NewCommand::new(id, command)?;
        let files = photos.iter().map(Photo::as_new_file).collect();
        let records = self.engine.queue(new, files, &self.now())?;
        self.keep(records)?;
        Ok(id)
    }

    /// Copies a photo into the phone's own folder.
    ///
    /// # Errors
    /// Refused when it is of no allowed format or empty; broken when it cannot be read or written.
    pub fn keep_photo(&self, path: &Path) -> Result<Photo> {
        self.blobs.keep_file(path)
    }

    /// The same for bytes.
    ///
    /// # Errors
    /// As [`Phone::keep_photo`].
    pub fn keep_bytes(&self, name: &str, bytes: &[u8]) -> Result<Photo> {
        self.blobs.keep(name, bytes)
    }

    /// Throws away a refused command, or one that never went out, with all that follow it.
    ///
    /// # Errors
    /// Refused when there is none, or when the server may have applied it.
    pub fn discard(&mut self, id: CommandId, with_files: bool) -> Result<()> {
        let records = self.engine.discard(id, with_files).ok_or_else(|| not_to_be_discarded(id))?;
        self.keep(records)
    }

    /// Gives a refused command again under a new id, with all that follow it.
    ///
    /// # Errors
    /// As [`Phone::discard`].
    pub fn give_again(&mut self, id: CommandId) -> Result<()> {
        let clock = self.options.clock.clone();
        let fresh = || CommandId(clock.fresh_id());
        let records =
            self.engine.give_again(id, &self.now(), fresh).ok_or_else(|| not_to_be_discarded(id))?;
        self.keep(records)
    }

    /// Deletes the copies of files that the server holds; returns how many bytes that freed.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn tidy(&mut self) -> Result<u64> {
        let forgettable = self.engine.forgettable(&self.now());
        if !forgettable.is_empty() {
            self.keep(vec![Record::Forgotten(forgettable)])?;
        }
        let deletable = self.engine.deletable();
        let freed = deletable.iter().filter_map(|sha| self.engine.files().get(sha)).map(|f| f.size).sum();
        for sha in &deletable {
            self.blobs.delete(sha)?;
        }
        self.keep(vec![Record::Removed(deletable)])?;
        Ok(freed)
    }

    /// Looks for news now, and tries at once what was put off.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn nudge(&mut self) -> Result<()> {
        self.keep(vec![self.engine.nudge()])
    }

    /// What the engine would do next.
    pub fn next_step(&self) -> Step {
        self.engine.next(&self.now(), self.network)
    }

    pub fn report(&self) -> Report {
        Report::of(&self.engine)
    }
}

fn not_to_be_discarded(id: CommandId) -> Problem {
    let detail = format!(
        "{id} is no refused command of this phone; one that may have reached the server has to get its outcome first"
    );
    Problem::new(anfang_protocol::Code::CommandForbidden).detail(detail)
}
