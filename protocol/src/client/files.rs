//! Files of evidence on their way to the server (protocol-design §4).
//!
//! Promises: text goes before small pictures, those before photos, those before videos; an upload goes on where
//! the server's bytes end; nothing may be deleted here before the server has said that it holds it whole.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    Code, Problem,
    blob::{Declared, Standing},
    sha::Sha,
};

/// Pictures up to this many bytes go before all others: previews, and what is as cheap as one.
const SMALL_BYTES: u64 = 150_000;
/// Files that are declared ahead of their upload.
const DECLARED_AHEAD: usize = 50;
/// Whole uploads whose hash was refused, after which the file is given to a person to look at.
const MISMATCHES_MAX: u8 = 3;

/// A file that the phone has kept safe and wants to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewFile {
    pub sha256: Sha,
    /// Bytes.
    pub size: u64,
    pub media_type: String,
    /// What its owner calls it; never sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct File {
    pub size: u64,
    pub media_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub state: FileState,
    /// Bytes that did not have to be sent again after an interruption.
    #[serde(default)]
    pub resumed_bytes: u64,
    /// The order in which the files came.
    order: u32,
    #[serde(default)]
    mismatches: u8,
    /// A report that names it was applied and is forgotten here by now.
    #[serde(default)]
    vouched: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// On the phone only.
    Saved,
    /// The server knows of it. `offset`: bytes that the server holds; `None` while only asking would tell.
    Declared {
        upload: String,
        offset: Option<u64>,
    },
    /// The last byte was taken; the receipt is not here yet.
    Sent {
        upload: String,
    },
    /// The server has said that it holds it whole.
    Received {
        at: DateTime<Utc>,
    },
    Refused(Box<Problem>),
    /// A person threw its report away, and it with it.
    GivenUp,
}

impl FileState {
    /// The state in one word.
    pub fn word(&self) -> &'static str {
        match self {
            FileState::Saved => "saved",
            FileState::Declared { offset: Some(0), .. } => "declared",
            FileState::Declared { .. } | FileState::Sent { .. } => "sending",
            FileState::Received { .. } => "received",
            FileState::Refused(_) => "refused",
            FileState::GivenUp => "given_up",
        }
    }

    fn is_on_its_way(&self) -> bool {
        matches!(self, FileState::Saved | FileState::Declared { .. } | FileState::Sent { .. })
    }
}

/// The order in which files go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileClass {
    Small,
    Photo,
    Video,
}

impl File {
    /// Bytes that the server is known to hold.
    pub fn held(&self) -> u64 {
        match &self.state {
            FileState::Declared { offset, .. } => offset.unwrap_or(0),
            FileState::Sent { .. } | FileState::Received { .. } => self.size,
            FileState::Saved | FileState::Refused(_) | FileState::GivenUp => 0,
        }
    }

    /// Why it was refused.
    pub fn problem(&self) -> Option<&Problem> {
        match &self.state {
            FileState::Refused(problem) => Some(problem),
            _ => None,
        }
    }

    pub fn class(&self) -> FileClass {
        if self.media_type.starts_with("video/") {
            FileClass::Video
        } else if self.size <= SMALL_BYTES {
            FileClass::Small
        } else {
            FileClass::Photo
        }
    }
}

/// One step of one file, as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileStep {
    pub sha256: Sha,
    pub state: FileState,
    /// Bytes that the server took in this step.
    #[serde(default)]
    pub sent_bytes: u64,
    /// The bytes that the server already held when an interrupted upload went on.
    #[serde(default)]
    pub resumed_bytes: u64,
    #[serde(default)]
    pub mismatch: bool,
}

impl FileStep {
    pub(super) fn to(sha256: Sha, state: FileState) -> Self {
        FileStep { sha256, state, sent_bytes: 0, resumed_bytes: 0, mismatch: false }
    }
}

/// What is to be done about files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FileWork {
    Declare(Vec<Declared>),
    Ask { sha256: Sha, upload: String },
    Upload { sha256: Sha, upload: String, offset: u64, left: u64 },
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Files {
    files: BTreeMap<Sha, File>,
    last_order: u32,
    /// Bytes that the server took from here.
    pub sent_bytes: u64,
}

impl Files {
    pub fn iter(&self) -> impl Iterator<Item = (Sha, &File)> {
        self.files.iter().map(|(sha, file)| (*sha, file))
    }

    pub fn get(&self, sha: &Sha) -> Option<&File> {
        self.files.get(sha)
    }

    /// Bytes that did not have to be sent again, over all files.
    pub fn resumed_bytes(&self) -> u64 {
        self.files.values().map(|file| file.resumed_bytes).sum()
    }

    /// Files still on their way, in the order in which they go.
    pub fn due(&self, wanted: &BTreeSet<Sha>, videos: bool) -> Vec<(Sha, &File)> {
        let mut due: Vec<_> = self
            .iter()
            .filter(|(sha, file)| file.state.is_on_its_way() && wanted.contains(sha))
            .filter(|(_, file)| videos || file.class() != FileClass::Video)
            .collect();
        due.sort_by_key(|(_, file)| (file.class(), file.order));
        due
    }

    /// The next thing to do. `may_declare`: false while the server wants no declarations.
    pub(super) fn next(&self, due: &[(Sha, &File)], may_declare: bool, at_once: usize) -> Option<FileWork> {
        let begun = |state: &FileState| match state {
            FileState::Saved => may_declare,
            FileState::Sent { .. } => false,
            _ => true,
        };
        match due.iter().find(|(_, file)| begun(&file.state)) {
            Some((_, File { state: FileState::Saved, .. })) => Some(self.declare(due, at_once)),
            Some((sha256, file)) => upload(*sha256, file),
            None if may_declare && !due.is_empty() => Some(self.declare(due, at_once)),
            None => None,
        }
    }

    /// Declares the files next in line, and asks for the receipts that are open, in one request.
    fn declare(&self, due: &[(Sha, &File)], at_once: usize) -> FileWork {
        let sent = due.iter().filter(|(_, file)| matches!(file.state, FileState::Sent { .. }));
        let saved = due.iter().filter(|(_, file)| file.state == FileState::Saved).take(DECLARED_AHEAD);
        let declared = |(sha256, file): &(Sha, &File)| Declared {
            sha256: *sha256,
            size: file.size,
            media_type: file.media_type.clone(),
        };
        FileWork::Declare(saved.chain(sent).take(at_once).map(declared).collect())
    }

    pub(super) fn add(&mut self, new: &NewFile) {
        self.last_order += 1;
        let order = self.last_order;
        let file = File {
            size: new.size,
            media_type: new.media_type.clone(),
            name: new.name.clone(),
            state: FileState::Saved,
            resumed_bytes: 0,
            order,
            mismatches: 0,
            vouched: false,
        };
        let known = self.files.entry(new.sha256).or_insert(file);
        // Thrown away once, and now named again.
        if known.state == FileState::GivenUp {
            known.state = FileState::Saved;
        }
    }

    pub(super) fn take(&mut self, step: &FileStep) {
        self.sent_bytes += step.sent_bytes;
        if let Some(file) = self.files.get_mut(&step.sha256) {
            file.state = step.state.clone();
            file.resumed_bytes = file.resumed_bytes.max(step.resumed_bytes);
            file.mismatches += u8::from(step.mismatch);
        }
    }

    /// What the answer to a declaration means for the files that are still on their way. The flag says that the
    /// server wants to be left alone for a while.
    pub(super) fn declared(&self, standings: &[Standing], now: DateTime<Utc>) -> (Vec<FileStep>, bool) {
        let mut steps = Vec::new();
        let mut wait = false;
        for standing in standings {
            let (Standing::Have { sha256 }
            | Standing::Upload { sha256, .. }
            | Standing::Refused { sha256, .. }) = standing;
            let Some(file) = self.get(sha256).filter(|file| file.state.is_on_its_way()) else { continue };
            let state = match standing {
                Standing::Have { .. } => FileState::Received { at: now },
                Standing::Refused { problem, .. } if is_passing(problem) => {
                    wait = true;
                    continue;
                }
                Standing::Refused { problem, .. } => FileState::Refused(Box::new(problem.clone())),
                Standing::Upload { upload, offset, .. } => {
                    wait |= matches!(file.state, FileState::Sent { .. });
                    standing_at(upload, *offset, file.size)
                }
            };
            let resumed = if let Standing::Upload { offset, .. } = standing { *offset } else { 0 };
            steps.push(FileStep { resumed_bytes: resumed, ..FileStep::to(*sha256, state) });
        }
        (steps, wait)
    }

    /// The server holds this many bytes of an upload, said in answer to HEAD, or to PATCH from `from`.
    pub(super) fn holds(&self, sha256: Sha, upload: &str, holds: u64, from: Option<u64>) -> Option<FileStep> {
        let file = self.get(&sha256)?;
        let state = standing_at(upload, holds, file.size);
        let mut step = FileStep::to(sha256, state);
        match from {
            Some(from) => step.sent_bytes = holds.saturating_sub(from),
            None => step.resumed_bytes = holds,
        }
        Some(step)
    }

    /// The whole file was sent, and its hash was found to differ: from the start again, a few times.
    pub(super) fn mismatched(&self, sha256: Sha, problem: Problem) -> Option<FileStep> {
        let file = self.get(&sha256)?;
        let state = match file.mismatches + 1 < MISMATCHES_MAX {
            true => FileState::Saved,
            false => FileState::Refused(Box::new(problem)),
        };
        Some(FileStep { mismatch: true, ..FileStep::to(sha256, state) })
    }

    /// The database began another life: receipts and upload addresses of the old one prove nothing.
    pub(super) fn declare_again(&mut self) {
        for file in self.files.values_mut() {
            if !matches!(file.state, FileState::Refused(_) | FileState::GivenUp) {
                file.state = FileState::Saved;
            }
        }
    }

    pub(super) fn give_up(&mut self, files: &BTreeSet<Sha>) {
        for sha in files {
            if let Some(file) = self.files.get_mut(sha) {
                file.state = FileState::GivenUp;
            }
        }
    }

    pub(super) fn vouch(&mut self, files: &[Sha]) {
        for sha in files {
            if let Some(file) = self.files.get_mut(sha) {
                file.vouched = true;
            }
        }
    }

    pub(super) fn remove(&mut self, files: &[Sha]) {
        for sha in files {
            self.files.remove(sha);
        }
    }

    /// The server holds it whole, or a person threw it away. `vouched`: named by a report that has arrived.
    pub(super) fn may_go(&self, sha: &Sha, vouched: bool) -> bool {
        self.get(sha).is_some_and(|file| match file.state {
            FileState::Received { .. } => vouched || file.vouched,
            FileState::GivenUp => true,
            _ => false,
        })
    }
}

fn standing_at(upload: &str, holds: u64, size: u64) -> FileState {
    match holds.cmp(&size) {
        std::cmp::Ordering::Less => FileState::Declared { upload: upload.to_owned(), offset: Some(holds) },
        std::cmp::Ordering::Equal => FileState::Sent { upload: upload.to_owned() },
        // More than there is: that is not this file.
        std::cmp::Ordering::Greater => FileState::Saved,
    }
}

fn upload(sha256: Sha, file: &File) -> Option<FileWork> {
    match &file.state {
        FileState::Declared { upload, offset: None } => {
            Some(FileWork::Ask { sha256, upload: upload.clone() })
        }
        FileState::Declared { upload, offset: Some(offset) } => Some(FileWork::Upload {
            sha256,
            upload: upload.clone(),
            offset: *offset,
            left: file.size.saturating_sub(*offset),
        }),
        _ => None,
    }
}

/// A refusal that time may cure.
pub(super) fn is_passing(problem: &Problem) -> bool {
    matches!(
        problem.code(),
        Some(
            Code::TooManyUploads
                | Code::TooManyRequests
                | Code::Unavailable
                | Code::Internal
                | Code::StorageFull
                | Code::TryAgain
        )
    ) || problem.status >= 500
}
