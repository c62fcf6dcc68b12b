//! What a person may want to know: every command and every file, with its state and the reason.

use anfang_protocol::{
    Problem,
    client::{Engine, Entry, outbox::CommandState},
    ids::CommandId,
    sha::Sha,
    verdict::Flag,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

/// The whole phone.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub commands: Vec<CommandReport>,
    pub files: Vec<FileReport>,
    /// Items that the phone shows from the feed.
    pub items: usize,
    /// Changes that were pulled.
    pub changes: u64,
    /// Bytes of files that the server took.
    pub sent_bytes: u64,
    /// Bytes of files that did not have to be sent again after an interruption.
    pub resumed_bytes: u64,
    /// Nothing of this phone's is still on its way.
    pub done: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct CommandReport {
    pub n: u32,
    pub id: CommandId,
    #[serde(rename = "type")]
    pub kind: String,
    pub item: Uuid,
    pub at: DateTime<Utc>,
    /// saved, sending, waiting, blocked, applied, rejected, conflict.
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
    pub files: Vec<Sha>,
}

#[derive(Debug, Clone, Serialize)]
pub struct FileReport {
    pub sha256: Sha,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub size: u64,
    pub media_type: String,
    /// saved, declared, sending, received, refused, given_up.
    pub state: &'static str,
    /// Bytes that the server is known to hold.
    pub held: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// The copy here may be deleted.
    pub deletable: bool,
}

impl Report {
    pub fn of(engine: &Engine) -> Self {
        let deletable = engine.deletable();
        let files: Vec<FileReport> = engine
            .files()
            .iter()
            .map(|(sha256, file)| FileReport {
                sha256,
                name: file.name.clone(),
                size: file.size,
                media_type: file.media_type.clone(),
                state: file.state.word(),
                held: file.held(),
                problem: file.problem().cloned(),
                deletable: deletable.contains(&sha256),
            })
            .collect();
        Report {
            commands: engine.outbox().iter().map(|entry| CommandReport::of(engine, entry)).collect(),
            files,
            items: engine.feed().items().count(),
            changes: engine.feed().tally.changes,
            sent_bytes: engine.files().sent_bytes,
            resumed_bytes: engine.files().resumed_bytes(),
            done: engine.outbox().open() == 0 && engine.files_due() == 0,
        }
    }

    /// Commands that a person has to deal with.
    pub fn refused(&self) -> impl Iterator<Item = &CommandReport> {
        self.commands.iter().filter(|command| matches!(command.state, "rejected" | "conflict"))
    }
}

impl CommandReport {
    fn of(engine: &Engine, entry: &Entry) -> Self {
        let flags = match &entry.state {
            CommandState::Applied(applied) => applied.flags.clone(),
            _ => Vec::new(),
        };
        // Its predecessor was refused: it will never go, and says so.
        let is_dead = engine.outbox().is_dead(entry) && !entry.state.is_settled();
        let predecessor = || Problem::new(anfang_protocol::Code::PredecessorRefused);
        CommandReport {
            n: entry.n,
            id: entry.id,
            kind: entry.kind.clone(),
            item: entry.item,
            at: entry.at,
            state: if is_dead { "blocked" } else { entry.word().as_str() },
            problem: if is_dead { Some(predecessor()) } else { entry.problem().cloned() },
            flags,
            files: entry.files.clone(),
        }
    }
}
