//! What a person does: gives commands, and deals with refused ones.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{
    Engine,
    clock::Moment,
    files::NewFile,
    outbox::{CommandState, Entry},
    record::Record,
    wire::Body,
};
use crate::{
    Code, Problem,
    command::{Command, Envelope},
    ids::CommandId,
    limits,
    rectification::Act,
    sha::Sha,
};

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
            Command::InspectionAsk(ask) => (to_raw(ask)?, &[][..]),
            Command::Rectification(act) => return NewCommand::about_item(id, act),
            Command::PlanSeal(seal) => (to_raw(seal)?, &[][..]),
            Command::PlanUnseal(unseal) => (to_raw(unseal)?, &[][..]),
            Command::PlanWithdraw(withdraw) => (to_raw(withdraw)?, &[][..]),
            Command::NoticeRead(read) => (to_raw(read)?, &[][..]),
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

    /// Set `base_rev` to the revision on the screen: it decides whether two people's work meets in a conflict.
    fn about_item(id: CommandId, act: &Act) -> Result<Self, Problem> {
        Ok(NewCommand {
            id,
            kind: act.kind().to_owned(),
            item: act.rectification_id().0,
            base_rev: None,
            body: to_raw(&act.body())?,
            files: act.evidence().into_iter().map(|evidence| evidence.sha256).collect(),
        })
    }
}

fn to_raw<T: Serialize>(value: &T) -> Result<Box<RawValue>, Problem> {
    serde_json::value::to_raw_value(value)
        .map_err(|error| Problem::new(Code::CommandInvalid).detail(error.to_string()))
}

impl Engine {
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
        let limit = self.state.limits.as_ref().map_or(limits::COMMAND_BYTES, |l| l.command_bytes);
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
        let entries = family.iter().filter_map(|id| self.state.outbox.get(*id));
        for (n, old) in (self.state.outbox.next_n()..).zip(entries) {
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
}
