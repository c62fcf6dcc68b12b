//! What the journal of a phone holds: the steps whose fold is its state.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    feed::Pull,
    files::{FileStep, NewFile},
    outbox::Entry,
    pace::Pace,
    wire::Page,
};
use crate::{
    Problem,
    capabilities::Limits,
    ids::{AccountId, CommandId},
    sha::Sha,
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

/// What was asked, to be kept with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub commands: Vec<CommandId>,
    /// `None`: push only.
    pub pull: Option<Pull>,
    pub waiting_for: Option<String>,
}
