//! The engine of a phone: everything that a phone decides, and nothing that it does.
//!
//! No I/O, no clock, no chance: times, identifiers and random numbers come in as arguments. The state is the fold
//! of [`Record`]s. A driver takes the records that a decision returns, appends the kept ones to its journal in one
//! durable write, applies them, and only then goes on. Killed between any two steps and started again from the
//! journal, it goes on where it was: what was sent and not answered is sent again, byte for byte.
//!
//! ```text
//! loop {
//!     step = engine.next(now, network)
//!     keep(engine.begin(step)); answer = carry out(step); keep(engine.received(step, answer, now, chance))
//! }
//! ```
//!
//! Promises: protocol-design §1, on the phone's side. Never: decides what a command means on the server.

pub mod clock;
pub mod feed;
pub mod files;
pub mod outbox;
pub mod overlay;
pub mod pace;
pub mod step;
pub mod wire;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

pub use self::{
    clock::Moment,
    files::NewFile,
    outbox::{Entry, Word},
    pace::Settings,
    step::{Answer, Asked, Network, Step, Taken, Why},
    wire::{ChannelName, Page},
};
use self::{
    clock::TimeSense,
    feed::{Feed, Item},
    files::{FileStep, Files},
    outbox::{CommandState, Outbox},
    pace::{Access, Pace},
    wire::Body,
};
use crate::{
    Code, Problem,
    capabilities::Limits,
    command::{Command, Envelope},
    evidence::EvidenceStatus,
    ids::{AccountId, CommandId, SiteId},
    inspection::Inspection,
    sha::Sha,
    site::Site,
};

/// One step of the phone's life, as its journal tells it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// Whose phone this is. It never changes: another person needs another home.
    Owner(AccountId),
    /// What the server allows.
    Limits(Limits),
    /// Files were put safe on the phone.
    Files(Vec<NewFile>),
    Queued(Box<Entry>),
    /// These commands are about to go out for the first time.
    Sending(Vec<CommandId>),
    Synced(Box<Synced>),
    /// The server would not read a request that had this command alone.
    RefusedHere {
        command: CommandId,
        problem: Problem,
    },
    File(FileStep),
    /// The feed is pulled anew from its beginning.
    StartOver,
    /// A person has dealt with these. `with_files`: files that nothing else names need not be kept.
    Discarded {
        commands: Vec<CommandId>,
        with_files: bool,
    },
    /// Acknowledged long ago.
    Forgotten(Vec<CommandId>),
    /// The phone's own copies were deleted.
    Removed(Vec<Sha>),
    /// How fast to go; not kept.
    #[serde(skip)]
    Pace(Box<Pace>),
}

impl Record {
    /// It belongs in the journal.
    pub fn is_kept(&self) -> bool {
        !matches!(self, Record::Pace(_))
    }
}

/// An answer to `POST /v1/sync`, with what was asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Synced {
    pub asked: Asked,
    pub page: Page,
    /// The phone's wall clock when it came.
    pub wall: DateTime<Utc>,
}

/// All that a phone knows and has to remember: what a snapshot holds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    owner: Option<AccountId>,
    limits: Option<Limits>,
    outbox: Outbox,
    feed: Feed,
    files: Files,
    time: TimeSense,
}

#[derive(Debug, Clone, Default)]
pub struct Engine {
    settings: Settings,
    state: State,
    pace: Pace,
}

/// A command that a person gives, before it has a number.
#[derive(Debug, Clone)]
pub struct NewCommand {
    /// Fresh.
    pub id: CommandId,
    pub kind: String,
    pub item: Uuid,
    /// The revision of the item that the person had before the eyes.
    pub base_rev: Option<String>,
    pub body: Box<RawValue>,
    /// Files that the body names.
    pub files: Vec<Sha>,
}

impl NewCommand {
    /// # Errors
    /// `command_invalid` when the body has no JSON form.
    pub fn new(id: CommandId, command: &Command) -> Result<Self, Problem> {
        let (body, files) = match command {
            Command::InspectionSubmit(submit) => (to_raw(submit)?, &submit.evidence[..]),
            Command::InspectionAmend(amend) => (to_raw(amend)?, &amend.evidence[..]),
            Command::InspectionVoid(void) => (to_raw(void)?, &[][..]),
        };
        Ok(NewCommand {
            id,
            kind: command.kind().to_owned(),
            item: command.item(),
            base_rev: None,
            body,
            files: files.iter().map(|evidence| evidence.sha256).collect(),
        })
    }
}

fn to_raw<T: Serialize>(value: &T) -> Result<Box<RawValue>, Problem> {
    serde_json::value::to_raw_value(value)
        .map_err(|error| Problem::new(Code::CommandInvalid).detail(error.to_string()))
}

/// An item as the screen shows it: the server's word, and the phone's own writes laid over.
#[derive(Debug, Clone, Default)]
pub struct Shown<'a> {
    pub item: Option<&'a Item>,
    pub pending: Vec<&'a Entry>,
}

impl Engine {
    pub fn new(settings: Settings) -> Self {
        Engine { settings, ..Engine::default() }
    }

    /// Goes on from a snapshot; the records written after it are then applied.
    pub fn restore(settings: Settings, mut state: State) -> Self {
        state.outbox.index();
        Engine { settings, state, pace: Pace::default() }
    }

    /// What is to be kept instead of all records so far.
    pub fn snapshot(&self) -> &State {
        &self.state
    }

    pub fn apply(&mut self, record: &Record) {
        let state = &mut self.state;
        match record {
            Record::Owner(account) => state.owner = Some(*account),
            Record::Limits(limits) => state.limits = Some(limits.clone()),
            Record::Files(files) => files.iter().for_each(|file| state.files.add(file)),
            Record::Queued(entry) => state.outbox.queue((**entry).clone()),
            Record::Sending(commands) => state.outbox.mark_sent(commands),
            Record::Synced(synced) => self.take(synced),
            Record::RefusedHere { command, problem } => state.outbox.refuse(*command, problem.clone()),
            Record::File(step) => state.files.take(step),
            Record::StartOver => {
                state.feed.start_over();
                self.pace.pull_due = true;
            }
            Record::Discarded { commands, with_files } => self.discarded(commands, *with_files),
            Record::Forgotten(commands) => {
                for entry in commands.iter().filter_map(|id| state.outbox.get(*id)) {
                    state.files.vouch(&entry.files);
                }
                state.outbox.remove(commands);
            }
            Record::Removed(files) => state.files.remove(files),
            Record::Pace(pace) => self.pace = (**pace).clone(),
        }
    }

    fn take(&mut self, Synced { asked, page, wall }: &Synced) {
        let state = &mut self.state;
        state.time.hear(page.server_time, *wall);
        state.outbox.take(&asked.commands, page);
        let Some(pull) = &asked.pull else { return };
        let is_current = pull.cursor.as_deref() == state.feed.cursor();
        let published = state.feed.take(pull, page);
        if is_current && page.resync {
            state.outbox.send_again(&asked.commands, page.server_time);
            state.files.declare_again();
        } else if is_current && page.arrived {
            state.outbox.effects_arrived(|_| false);
        } else if published && asked.waiting_for.is_none() && state.outbox.mark().is_none() {
            // The server gave no mark; but a whole pull that began after the answer has seen the effect.
            state.outbox.effects_arrived(|entry| asked.commands.contains(&entry.id));
        }
        if published {
            state.outbox.published();
        }
        // A server that goes on leaving bodies out is asked at the usual pace, not in a circle.
        self.pace.pull_due = !published || (state.feed.is_unfinished() && pull.resync.is_empty());
    }

    fn discarded(&mut self, commands: &[CommandId], with_files: bool) {
        let named: BTreeSet<Sha> = commands
            .iter()
            .filter_map(|id| self.state.outbox.get(*id))
            .flat_map(|entry| entry.files.iter().copied())
            .collect();
        self.state.outbox.remove(commands);
        if with_files {
            let still: BTreeSet<Sha> =
                self.state.outbox.iter().flat_map(|entry| entry.files.iter().copied()).collect();
            self.state.files.give_up(&named.difference(&still).copied().collect());
        }
    }

    // What a person does

    /// Queues a command. The files that it names come along, or are known already; the driver has put them safe.
    ///
    /// # Errors
    /// `command_too_large`; `evidence_unknown` when a file is not there; `duplicate_id`.
    pub fn queue(&self, new: NewCommand, files: Vec<NewFile>, now: &Moment) -> Result<Vec<Record>, Problem> {
        if self.state.outbox.get(new.id).is_some() {
            return Err(Problem::new(Code::DuplicateId).detail(new.id.to_string()));
        }
        let is_here =
            |sha: &Sha| files.iter().any(|file| file.sha256 == *sha) || self.state.files.get(sha).is_some();
        if let Some(sha) = new.files.iter().find(|sha| !is_here(sha)) {
            return Err(Problem::new(Code::EvidenceUnknown).detail(sha.to_string()));
        }
        let entry = self.entry(new, now)?;
        let mut records = Vec::new();
        if !files.is_empty() {
            records.push(Record::Files(files));
        }
        records.push(Record::Queued(Box::new(entry)));
        Ok(records)
    }

    fn entry(&self, new: NewCommand, now: &Moment) -> Result<Entry, Problem> {
        let after = self.state.outbox.last_on(new.item);
        let n = self.state.outbox.next_n();
        self.numbered(new, n, after, now)
    }

    fn numbered(
        &self,
        new: NewCommand,
        n: u32,
        after: Option<CommandId>,
        now: &Moment,
    ) -> Result<Entry, Problem> {
        let envelope = Envelope {
            n,
            id: new.id,
            kind: new.kind.clone(),
            base_rev: new.base_rev,
            after,
            at: now.wall,
            clock: Some(self.state.time.reading(now)),
            body: new.body,
        };
        let envelope = to_raw(&envelope)?;
        let limit = self.state.limits.as_ref().map_or(crate::limits::COMMAND_BYTES, |l| l.command_bytes);
        if envelope.get().len() > limit {
            let detail = format!("{} bytes, at most {limit}", envelope.get().len());
            return Err(Problem::new(Code::CommandTooLarge).detail(detail));
        }
        Ok(Entry {
            n,
            id: new.id,
            kind: new.kind,
            item: new.item,
            after,
            at: now.wall,
            files: new.files,
            envelope: Body::from(envelope),
            sent: false,
            state: CommandState::Saved,
        })
    }

    /// Throws away a refused command, or one that never went out, together with all that follow it.
    /// `None` when it is not there, or when the server may have applied it.
    pub fn discard(&self, id: CommandId, with_files: bool) -> Option<Vec<Record>> {
        let family = self.family(id)?;
        Some(vec![Record::Discarded { commands: family, with_files }])
    }

    /// Gives a refused command again as a new one, with its followers: its reason was removed, or a mistake was
    /// on the other side. `fresh` makes identifiers. `None` when it may not be thrown away.
    pub fn give_again(
        &self,
        id: CommandId,
        now: &Moment,
        mut fresh: impl FnMut() -> CommandId,
    ) -> Option<Vec<Record>> {
        let family = self.family(id)?;
        let mut renamed: BTreeMap<CommandId, CommandId> = BTreeMap::new();
        let mut records = Vec::new();
        let mut n = self.state.outbox.next_n();
        for old in family.iter().filter_map(|id| self.state.outbox.get(*id)) {
            let envelope: Envelope = old.envelope.read().ok()?;
            let new = NewCommand {
                id: fresh(),
                kind: old.kind.clone(),
                item: old.item,
                base_rev: envelope.base_rev,
                body: envelope.body,
                files: old.files.clone(),
            };
            let before = old.after.map(|after| renamed.get(&after).copied().unwrap_or(after));
            let before = before.filter(|id| !self.is_dead_or_gone(*id) || renamed.values().any(|r| r == id));
            renamed.insert(old.id, new.id);
            records.push(Record::Queued(Box::new(self.numbered(new, n, before, now).ok()?)));
            n += 1;
        }
        records.push(Record::Discarded { commands: family, with_files: false });
        Some(records)
    }

    fn is_dead_or_gone(&self, id: CommandId) -> bool {
        self.state.outbox.get(id).is_none_or(|entry| self.state.outbox.is_dead(entry))
    }

    /// The command and its followers, if they can never be applied.
    fn family(&self, id: CommandId) -> Option<Vec<CommandId>> {
        let entry = self.state.outbox.get(id)?;
        if entry.sent && !self.state.outbox.is_dead(entry) {
            return None;
        }
        let mut family = vec![id];
        family.extend(self.state.outbox.followers(id));
        Some(family)
    }

    /// Asks for news now, and tries at once what was put off.
    pub fn nudge(&self) -> Record {
        let mut pace = self.pace.clone();
        pace.pull_due = pace.too_old.is_none();
        (pace.wait_until_ms, pace.retry_at_ms, pace.declare_at_ms) = (0, 0, 0);
        Record::Pace(Box::new(pace))
    }

    /// Nobody is signed in here.
    pub fn signed_out(&self) -> Record {
        let mut pace = self.pace.clone();
        pace.access = Access::SignedOut(None);
        Record::Pace(Box::new(pace))
    }

    // What the phone may let go

    /// Commands that need no longer be remembered: long acknowledged, with all their files received.
    pub fn forgettable(&self, now: &Moment) -> Vec<CommandId> {
        let received = |entry: &Entry| {
            entry.files.iter().all(|sha| {
                self.state
                    .files
                    .get(sha)
                    .is_none_or(|file| matches!(file.state, files::FileState::Received { .. }))
            })
        };
        let outbox = &self.state.outbox;
        let old = outbox.forgettable(self.state.time.server_now(now));
        old.into_iter().filter(|id| outbox.get(*id).is_some_and(received)).collect()
    }

    /// Files whose copies here may be deleted: the server holds them whole, and the reports that name them.
    pub fn deletable(&self) -> Vec<Sha> {
        let outbox = &self.state.outbox;
        let mut vouched: BTreeSet<Sha> = BTreeSet::new();
        let mut needed: BTreeSet<Sha> = BTreeSet::new();
        for entry in outbox.iter() {
            let has_arrived = matches!(entry.state, CommandState::Applied(_)) && !entry.is_laid_over();
            let set = if has_arrived { &mut vouched } else { &mut needed };
            set.extend(entry.files.iter().copied());
        }
        self.state
            .files
            .iter()
            .map(|(sha, _)| sha)
            .filter(|sha| !needed.contains(sha) && self.state.files.may_go(sha, vouched.contains(sha)))
            .collect()
    }

    /// Files that are still on their way, videos that wait for a better link included.
    pub fn files_due(&self) -> usize {
        self.state.files.due(&self.wanted_files(), true).len()
    }

    /// Files of reports that still can be applied, or were.
    fn wanted_files(&self) -> BTreeSet<Sha> {
        let outbox = &self.state.outbox;
        outbox
            .iter()
            .filter(|entry| !outbox.is_dead(entry))
            .flat_map(|entry| entry.files.iter().copied())
            .collect()
    }

    // What there is to see

    pub fn owner(&self) -> Option<AccountId> {
        self.state.owner
    }

    pub fn outbox(&self) -> &Outbox {
        &self.state.outbox
    }

    pub fn feed(&self) -> &Feed {
        &self.state.feed
    }

    pub fn files(&self) -> &Files {
        &self.state.files
    }

    pub fn time(&self) -> &TimeSense {
        &self.state.time
    }

    /// Why the phone no longer gets changes, if it does not.
    pub fn too_old(&self) -> Option<&Problem> {
        self.pace.too_old.as_deref()
    }

    /// Everything published, with the phone's own pending writes laid over.
    pub fn shown(&self) -> BTreeMap<Uuid, Shown<'_>> {
        let mut shown: BTreeMap<Uuid, Shown<'_>> = BTreeMap::new();
        for (id, item) in self.state.feed.items() {
            shown.entry(id).or_default().item = Some(item);
        }
        let outbox = &self.state.outbox;
        for entry in outbox.iter().filter(|entry| entry.is_laid_over() && !outbox.is_dead(entry)) {
            shown.entry(entry.item).or_default().pending.push(entry);
        }
        shown
    }

    /// An inspection as the screen shows it. `None` when there is none, or when this version cannot read it.
    pub fn inspection(&self, id: Uuid) -> Option<Inspection> {
        let outbox = &self.state.outbox;
        let base = self.state.feed.get(id).and_then(|item| item.body.as_ref()?.read().ok());
        let pending: Vec<&Entry> =
            outbox.iter().filter(|e| e.item == id && e.is_laid_over() && !outbox.is_dead(e)).collect();
        let me = self.state.owner.unwrap_or(AccountId(Uuid::nil()));
        let area_of = |site: SiteId| Some(self.site(site)?.area_id);
        let held = |sha: &Sha| self.held(sha);
        overlay::lay_over(base, &pending, &overlay::Around { me, area_of: &area_of, held: &held })
    }

    pub fn site(&self, id: SiteId) -> Option<Site> {
        self.state.feed.get(id.0)?.body.as_ref()?.read().ok()
    }

    fn held(&self, sha: &Sha) -> EvidenceStatus {
        match self.state.files.get(sha).map(|file| &file.state) {
            Some(files::FileState::Received { .. }) => EvidenceStatus::Stored,
            Some(files::FileState::Declared { offset: Some(1..), .. } | files::FileState::Sent { .. }) => {
                EvidenceStatus::Partial
            }
            _ => EvidenceStatus::Missing,
        }
    }
}
