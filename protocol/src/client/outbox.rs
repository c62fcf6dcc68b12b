//! The outbox: what a person did, on its way to the server.
//!
//! Promises: a command is resent byte for byte until it has an outcome; one outcome per command is kept; a
//! refused one stays until the person deals with it and never holds up the others. Later commands on the same
//! item wait for the one they follow.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::wire::{Body, Page};
use crate::{
    Code, Problem,
    ids::CommandId,
    sha::Sha,
    sync::{Outcome, Status},
    verdict::Flag,
};

/// Acknowledged commands are kept this long by the server's time: after a restore from backup they are sent
/// again, and what the backup lost comes back.
pub const KEEP_APPLIED: Duration = Duration::days(7);

/// A command in the outbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub n: u32,
    pub id: CommandId,
    pub kind: String,
    /// The item that it is about.
    pub item: Uuid,
    /// The command on the same item that it follows.
    pub after: Option<CommandId>,
    /// When it was given, by the phone's clock.
    pub at: DateTime<Utc>,
    /// Files that it names.
    pub files: Vec<Sha>,
    /// The envelope, exactly as it is sent.
    pub envelope: Body,
    /// It was put on the wire at least once: the server may know it.
    pub sent: bool,
    pub state: CommandState,
}

/// What has become of a command, as far as the phone knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandState {
    /// No outcome yet.
    Saved,
    /// The server could not do it now; it is sent again later.
    Waiting(Option<Box<Problem>>),
    /// It waits for an earlier command on the same item.
    Blocked(Option<Box<Problem>>),
    Applied(Applied),
    Rejected(Box<Problem>),
    Conflict(Box<Conflict>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    pub rev: Option<String>,
    #[serde(default)]
    pub flags: Vec<Flag>,
    /// Server time of the answer.
    pub at: DateTime<Utc>,
    pub seen: Seen,
}

/// Whether the effect of an applied command has come back by the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// Not yet: the overlay shows it.
    NotYet,
    /// It is among the changes that are staged: the overlay shows it until they are published.
    Staged,
    Shown,
}

/// Both sides of a conflict, for a person to resolve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conflict {
    pub problem: Option<Box<Problem>>,
    /// The item as it stood on the server. The phone's side is the command itself.
    pub current: Option<Body>,
}

impl CommandState {
    /// It has its outcome for ever.
    pub fn is_settled(&self) -> bool {
        !matches!(self, CommandState::Saved | CommandState::Waiting(_) | CommandState::Blocked(_))
    }

    /// A person has to deal with it.
    pub fn is_refused(&self) -> bool {
        matches!(self, CommandState::Rejected(_) | CommandState::Conflict(_))
    }
}

/// A command's state in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    Saved,
    Sending,
    Waiting,
    Blocked,
    Applied,
    Rejected,
    Conflict,
}

impl Word {
    pub fn as_str(self) -> &'static str {
        match self {
            Word::Saved => "saved",
            Word::Sending => "sending",
            Word::Waiting => "waiting",
            Word::Blocked => "blocked",
            Word::Applied => "applied",
            Word::Rejected => "rejected",
            Word::Conflict => "conflict",
        }
    }
}

impl Entry {
    /// `sending`: it has been put on the wire, and no answer came yet.
    pub fn word(&self) -> Word {
        match &self.state {
            CommandState::Saved if self.sent => Word::Sending,
            CommandState::Saved => Word::Saved,
            CommandState::Waiting(_) => Word::Waiting,
            CommandState::Blocked(_) => Word::Blocked,
            CommandState::Applied(_) => Word::Applied,
            CommandState::Rejected(_) => Word::Rejected,
            CommandState::Conflict(_) => Word::Conflict,
        }
    }

    /// Why it is where it is.
    pub fn problem(&self) -> Option<&Problem> {
        match &self.state {
            CommandState::Waiting(problem) | CommandState::Blocked(problem) => problem.as_deref(),
            CommandState::Rejected(problem) => Some(problem),
            CommandState::Conflict(conflict) => conflict.problem.as_deref(),
            CommandState::Saved | CommandState::Applied(_) => None,
        }
    }

    /// The overlay still has to show it: the feed has not brought its effect.
    pub fn is_laid_over(&self) -> bool {
        match &self.state {
            CommandState::Applied(applied) => applied.seen != Seen::Shown,
            state => !state.is_refused(),
        }
    }
}

/// All commands that the phone keeps, in the order of their numbers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Outbox {
    entries: BTreeMap<u32, Entry>,
    #[serde(skip)]
    numbers: BTreeMap<CommandId, u32>,
    /// The number of the last command ever queued.
    last_n: u32,
    /// `written_through` of the last acknowledged push.
    mark: Option<String>,
}

impl Outbox {
    pub fn next_n(&self) -> u32 {
        self.last_n + 1
    }

    pub fn mark(&self) -> Option<&str> {
        self.mark.as_deref()
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.values()
    }

    pub fn get(&self, id: CommandId) -> Option<&Entry> {
        self.entries.get(self.numbers.get(&id)?)
    }

    /// The command that a new one on this item has to follow.
    pub fn last_on(&self, item: Uuid) -> Option<CommandId> {
        self.iter().rev().find(|e| e.item == item && !self.is_dead(e)).map(|e| e.id)
    }

    /// It can never be applied: it was refused, or follows one that was.
    pub fn is_dead(&self, entry: &Entry) -> bool {
        let mut entry = entry;
        loop {
            if entry.state.is_settled() {
                return entry.state.is_refused();
            }
            match entry.after.and_then(|id| self.get(id)) {
                Some(before) if before.n < entry.n => entry = before,
                _ => return false,
            }
        }
    }

    /// All that follow a command, directly or not, in order.
    pub fn followers(&self, id: CommandId) -> Vec<CommandId> {
        let mut family = BTreeSet::from([id]);
        let mut followers = Vec::new();
        for entry in self.iter() {
            if entry.after.is_some_and(|after| family.contains(&after)) {
                family.insert(entry.id);
                followers.push(entry.id);
            }
        }
        followers
    }

    /// What can be sent, in order. `retry`: also what the server has put off. A command goes only together with,
    /// or after, the one that it follows.
    pub fn sendable(&self, retry: bool) -> impl Iterator<Item = &Entry> {
        let mut going: BTreeSet<CommandId> = BTreeSet::new();
        self.iter().filter(move |entry| {
            let due = match &entry.state {
                CommandState::Saved => true,
                CommandState::Waiting(_) | CommandState::Blocked(_) => retry,
                _ => false,
            };
            let free = match entry.after.and_then(|id| self.get(id)) {
                None => true,
                Some(before) => {
                    matches!(before.state, CommandState::Applied(_)) || going.contains(&before.id)
                }
            };
            let goes = due && free;
            if goes {
                going.insert(entry.id);
            }
            goes
        })
    }

    /// Commands that will be sent again, now or later.
    pub fn open(&self) -> usize {
        self.iter().filter(|e| !e.state.is_settled() && !self.is_dead(e)).count()
    }

    /// All outcomes up to this number are kept here: the server may let go of their bodies.
    pub fn ack_through(&self) -> Option<u32> {
        let first_open = self.iter().find(|e| !e.state.is_settled()).map_or(self.next_n(), |e| e.n);
        first_open.checked_sub(1).filter(|n| *n > 0)
    }

    /// The overlay waits for effects that were acknowledged and not yet seen.
    pub fn awaits_effects(&self) -> bool {
        self.iter().any(|e| matches!(&e.state, CommandState::Applied(a) if a.seen == Seen::NotYet))
    }

    pub(super) fn queue(&mut self, entry: Entry) {
        self.last_n = self.last_n.max(entry.n);
        self.numbers.insert(entry.id, entry.n);
        self.entries.insert(entry.n, entry);
    }

    pub(super) fn mark_sent(&mut self, ids: &[CommandId]) {
        for id in ids {
            if let Some(entry) = self.get_mut(*id) {
                entry.sent = true;
            }
        }
    }

    pub(super) fn remove(&mut self, ids: &[CommandId]) {
        for id in ids {
            if let Some(n) = self.numbers.remove(id) {
                self.entries.remove(&n);
            }
        }
    }

    fn get_mut(&mut self, id: CommandId) -> Option<&mut Entry> {
        self.entries.get_mut(self.numbers.get(&id)?)
    }

    /// Keeps the outcomes of a push. Those of other commands than `asked`, and second ones, change nothing.
    pub(super) fn take(&mut self, asked: &[CommandId], page: &Page) {
        for (i, outcome) in page.outcomes.iter().enumerate() {
            // The order tells which command is meant when the server could not read its id.
            let Some(id) = asked.get(i).copied().filter(|id| outcome.id.is_none_or(|named| named == *id))
            else {
                continue;
            };
            if self.get(id).is_none_or(|entry| entry.state.is_settled()) {
                continue;
            }
            if is_predecessor_unknown(outcome) {
                self.send_predecessor_again(id);
            }
            if let Some(entry) = self.get_mut(id) {
                entry.state = state_of(outcome, page.server_time);
            }
        }
        if page.written_through.is_some() {
            self.mark = page.written_through.clone();
        }
    }

    /// The server does not know what this command follows, although it was acknowledged once: it goes again.
    fn send_predecessor_again(&mut self, id: CommandId) {
        let before = self.get(id).and_then(|entry| entry.after);
        if let Some(entry) = before.and_then(|id| self.get_mut(id))
            && matches!(entry.state, CommandState::Applied(_))
        {
            entry.state = CommandState::Saved;
        }
    }

    pub(super) fn refuse(&mut self, id: CommandId, problem: Problem) {
        if let Some(entry) = self.get_mut(id).filter(|e| !e.state.is_settled()) {
            entry.state = CommandState::Rejected(Box::new(problem));
        }
    }

    /// The effects of acknowledged commands are among what has been pulled; those for which `waits` says true
    /// are still to come.
    pub(super) fn effects_arrived(&mut self, waits: impl Fn(&Entry) -> bool) {
        self.advance(Seen::NotYet, Seen::Staged, |entry| !waits(entry));
        if !self.awaits_effects() {
            self.mark = None;
        }
    }

    /// What was pulled is on the screen.
    pub(super) fn published(&mut self) {
        self.advance(Seen::Staged, Seen::Shown, |_| true);
    }

    fn advance(&mut self, from: Seen, to: Seen, which: impl Fn(&Entry) -> bool) {
        for entry in self.entries.values_mut() {
            let chosen = which(entry);
            if let CommandState::Applied(applied) = &mut entry.state
                && applied.seen == from
                && chosen
            {
                applied.seen = to;
            }
        }
    }

    /// The database began another life: what was acknowledged lately may be lost, and is sent again, except for
    /// what was acknowledged by this very answer.
    pub(super) fn send_again(&mut self, answered: &[CommandId], server_time: DateTime<Utc>) {
        for entry in self.entries.values_mut() {
            let again = match &entry.state {
                CommandState::Applied(applied) => {
                    !answered.contains(&entry.id) && server_time - applied.at < KEEP_APPLIED
                }
                _ => false,
            };
            if again {
                entry.state = CommandState::Saved;
            }
        }
        self.mark = None;
    }

    /// Acknowledged, seen in the feed, and old enough to be forgotten.
    pub fn forgettable(&self, server_now: DateTime<Utc>) -> Vec<CommandId> {
        let old = |applied: &Applied| applied.seen == Seen::Shown && server_now - applied.at >= KEEP_APPLIED;
        let followed: BTreeSet<CommandId> =
            self.iter().filter(|e| !e.state.is_settled()).filter_map(|e| e.after).collect();
        self.iter()
            .filter(|e| matches!(&e.state, CommandState::Applied(applied) if old(applied)))
            .map(|e| e.id)
            .filter(|id| !followed.contains(id))
            .collect()
    }

    /// Rebuilds what is not in a snapshot.
    pub(super) fn index(&mut self) {
        self.numbers = self.entries.values().map(|e| (e.id, e.n)).collect();
    }
}

fn is_predecessor_unknown(outcome: &Outcome) -> bool {
    outcome.status == Status::Blocked
        && outcome.problem.as_ref().is_some_and(|problem| problem.is(Code::PredecessorUnknown))
}

fn state_of(outcome: &Outcome, at: DateTime<Utc>) -> CommandState {
    let problem = outcome.problem.clone();
    match outcome.status {
        Status::Applied => CommandState::Applied(Applied {
            rev: outcome.rev.clone(),
            flags: outcome.flags.clone(),
            at,
            seen: Seen::NotYet,
        }),
        Status::Rejected => {
            CommandState::Rejected(problem.unwrap_or_else(|| Box::new(Code::CommandInvalid.into())))
        }
        Status::Conflict => CommandState::Conflict(Box::new(Conflict {
            problem,
            current: outcome.current.clone().map(Body::from),
        })),
        Status::Blocked => CommandState::Blocked(problem),
        Status::Retry => CommandState::Waiting(problem),
    }
}
