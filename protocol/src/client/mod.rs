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
pub mod give;
pub mod outbox;
pub mod overlay;
pub mod pace;
pub mod record;
pub mod see;
pub mod step;
pub mod wire;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use self::{
    clock::Moment,
    files::NewFile,
    give::NewCommand,
    outbox::{Entry, Word},
    pace::Settings,
    record::{Asked, Record, Synced},
    see::Shown,
    step::{Answer, Network, Step, Taken, Why},
    wire::{ChannelName, Page},
};
use self::{
    clock::TimeSense,
    feed::Feed,
    files::Files,
    outbox::{CommandState, Outbox},
    pace::{Access, Pace},
};
use crate::{
    capabilities::Limits,
    ids::{AccountId, CommandId},
    sha::Sha,
};

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
}
