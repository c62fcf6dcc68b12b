//! A tiny server in memory: what the phone's engine is tested against. Its pulls are decided by the server's own code
//! (`pull`). Pure; it can be backed up and restored, and counts what must not happen.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use anfang::sync::{
    cursor::Written,
    page::{Head, Membership, is_past},
};
use anfang_protocol::{
    Code, Problem,
    blob::{Declared, Standing},
    command::Envelope,
    feed::Channel,
    ids::{AccountId, AreaId, CommandId},
    sha::Sha,
    sync::{Outcome, Request, Response, Status},
};
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{pull, traps::Trap, twin::Twin};

/// What the model's commands say.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Act {
    pub item: Uuid,
    /// Unique for each command: an item collects the tokens of what was done to it.
    pub token: u32,
    pub verdict: Verdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    Fine,
    Refused,
    Conflict,
    /// Put off the first time.
    Later,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Thing {
    pub tokens: Vec<u32>,
    #[serde(skip)]
    pub rev: u32,
}

#[derive(Debug, Clone)]
pub struct Row {
    pub seq: i64,
    pub present: bool,
}

/// What one person can see: ids, revisions, contents, and the channels they stand in.
pub type View = BTreeMap<Uuid, (u32, Vec<u32>, BTreeSet<String>)>;

#[derive(Debug, Clone, Default)]
pub struct Model {
    /// The fault that this server is built with; none: it is right.
    pub trap: Option<Trap>,
    /// A real Postgres that is told and asked the same.
    pub twin: Option<Rc<Twin>>,
    epoch: u128,
    pub seq: i64,
    /// Tombstones below it are gone.
    pub floor: i64,
    pub things: BTreeMap<Uuid, Thing>,
    pub rows: BTreeMap<(Channel, Uuid), Row>,
    pub memberships: BTreeMap<(AccountId, Channel), Membership>,
    /// Written under a number that was taken earlier, and not committed yet (a trap only).
    uncommitted: Vec<((Channel, Uuid), Row)>,
    /// With the person whose phone sent it, and its text.
    outcomes: BTreeMap<CommandId, (AccountId, String, Outcome)>,
    put_off: BTreeSet<CommandId>,
    uploads: BTreeMap<Sha, u64>,
    pub held: BTreeSet<Sha>,
    pub ever_held: BTreeSet<Sha>,
    backup: Option<Box<Model>>,
    /// Lives of the database that ended, each with its last number.
    pub lives: BTreeMap<Uuid, i64>,
    pub salt: u64,
    /// Changes by others so far, those that a restore lost included: no two leave the same content.
    strokes: u32,
    /// What a cursor's owner must see once the page with this cursor is published.
    pub snapshots: BTreeMap<String, View>,
}

pub fn area(n: u8) -> Channel {
    Channel::Area(AreaId(Uuid::from_u128(0xA000 + u128::from(n))))
}

fn server_time() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Duration::days(20_000)
}

impl Model {
    pub fn with(trap: Trap) -> Self {
        Model { trap: Some(trap), ..Model::default() }
    }

    pub fn beside(twin: &Rc<Twin>) -> Self {
        let model = Model { twin: Some(twin.clone()), ..Model::default() };
        twin.begin_a_day(&model.head());
        model
    }

    // What others do

    pub fn grant(&mut self, person: AccountId, channel: Channel) {
        let held = self.memberships.get(&(person, channel)).is_some_and(|m| m.revoked_seq.is_none());
        if !held {
            self.seq += 1;
            let membership = Membership { channel, granted_seq: self.seq, revoked_seq: None };
            self.memberships.insert((person, channel), membership);
            self.twin.iter().for_each(|twin| twin.grants(self.seq, person, channel));
        }
    }

    pub fn revoke(&mut self, person: AccountId, channel: Channel) {
        if let Some(membership) = self.memberships.get_mut(&(person, channel))
            && membership.revoked_seq.is_none()
        {
            self.seq += 1;
            membership.revoked_seq = Some(self.seq);
            self.twin.iter().for_each(|twin| twin.revokes(self.seq, person, channel));
        }
    }

    /// Somebody changes a thing, so that it stands in exactly these channels (and where its owner sees it).
    pub fn touch(&mut self, id: Uuid, channels: &[Channel]) {
        self.commit();
        let thing = self.things.entry(id).or_insert(Thing { tokens: Vec::new(), rev: 0 });
        thing.rev += 1;
        self.strokes += 1;
        thing.tokens = vec![u32::MAX - self.strokes];
        self.seq += 1;
        let seq = self.seq;
        let mut written = Vec::new();
        for (key, _) in self.rows.iter().filter(|((_, item), row)| *item == id && row.present) {
            let stays = channels.contains(&key.0) || matches!(key.0, Channel::Person(_));
            written.push((*key, Row { seq, present: stays }));
        }
        written.extend(channels.iter().map(|channel| ((*channel, id), Row { seq, present: true })));
        self.tell_placed(&written);
        self.uncommitted = written;
        if self.trap != Some(Trap::NumberBeforeCommit) {
            self.commit();
        }
    }

    fn tell_placed(&self, written: &[((Channel, Uuid), Row)]) {
        self.twin.iter().for_each(|twin| twin.places(self.seq, written, |id| self.things[&id].rev));
    }

    /// Makes visible what was written.
    pub fn commit(&mut self) {
        for (key, row) in std::mem::take(&mut self.uncommitted) {
            if !row.present && self.trap == Some(Trap::NoExitRow) {
                self.rows.remove(&key);
            } else {
                self.rows.insert(key, row);
            }
        }
    }

    /// Tombstones are swept, but for those of the head itself; who has not seen them all has to compare.
    pub fn sweep(&mut self) {
        let floor = (self.seq - 1).max(0);
        self.rows.retain(|_, row| row.present || row.seq > floor);
        if self.trap != Some(Trap::NoFloor) {
            self.floor = floor;
        }
        self.twin.iter().for_each(|twin| twin.sweeps(floor));
    }

    pub fn back_up(&mut self) {
        let mut copy = self.clone();
        copy.backup = None;
        self.backup = Some(Box::new(copy));
        self.twin.iter().for_each(|twin| twin.backs_up());
    }

    /// The database is restored: what happened since the backup is lost, and another epoch begins.
    pub fn restore(&mut self) {
        if let Some(backup) = self.backup.take() {
            let next = if self.trap == Some(Trap::SameEpoch) { self.epoch } else { self.epoch + 1 };
            let (ever_held, salt, strokes) = (self.ever_held.clone(), self.salt, self.strokes);
            let snapshots = std::mem::take(&mut self.snapshots);
            *self = Model { epoch: next, ever_held, salt, strokes, snapshots, ..(*backup).clone() };
            self.lives.insert(backup.head().epoch, backup.seq);
            self.backup = Some(backup);
            self.twin.iter().for_each(|twin| twin.restores(self.head().epoch));
        }
    }

    pub fn expire_uploads(&mut self) {
        self.uploads.clear();
    }

    pub fn view(&self, person: AccountId) -> View {
        let mut view = View::new();
        for ((channel, id), row) in &self.rows {
            if row.present && self.may_read(person, *channel) {
                let thing = &self.things[id];
                let (_, _, channels) =
                    view.entry(*id).or_insert_with(|| (thing.rev, thing.tokens.clone(), BTreeSet::new()));
                channels.insert(channel.to_string());
            }
        }
        view
    }

    pub fn head(&self) -> Head {
        Head { seq: self.seq, epoch: Uuid::from_u128(self.epoch), tombstone_floor: self.floor }
    }

    pub fn may_read(&self, person: AccountId, channel: Channel) -> bool {
        self.memberships.get(&(person, channel)).is_some_and(|m| m.revoked_seq.is_none())
    }

    // What phones ask

    /// `stale`: the page is read before the commands are written, as from a snapshot taken a moment too early.
    pub fn sync(&mut self, person: AccountId, request: &Request, stale: bool) -> Response {
        let early = stale.then(|| self.pull(person, request));
        let outcomes: Vec<Outcome> =
            request.commands.iter().map(|raw| self.perform(person, raw.get())).collect();
        if let Some(through) = request.ack_through {
            self.let_bodies_go(person, through);
        }
        let any_applied = outcomes.iter().any(|outcome| outcome.status == Status::Applied);
        let written = any_applied.then(|| Written { epoch: self.head().epoch, seq: self.seq });
        let page = early.unwrap_or_else(|| self.pull(person, request));
        let waited = request.waiting_for.as_deref().map(pull::read::<Written>);
        Response {
            outcomes,
            arrived: request.pull
                && (self.trap == Some(Trap::ArrivedEarly)
                    || is_past(written, page.through) && is_past(waited, page.through)),
            changes: page.changes,
            cursor: page.cursor,
            more: page.more,
            written_through: written.map(|mark| pull::text(&mark)),
            resync: page.resync,
            digests: page.digests,
            server_time: server_time(),
        }
    }

    fn perform(&mut self, person: AccountId, text: &str) -> Outcome {
        let envelope: Envelope = serde_json::from_str(text).expect("phones send envelopes");
        let id = envelope.id;
        if let Some((_, known, outcome)) = self.outcomes.get(&id) {
            assert_eq!(known, text, "a command is resent byte for byte");
            return outcome.clone();
        }
        let refused = |status, code| Outcome::refused(Some(id), status, Problem::new(code));
        match envelope.after.map(|before| self.outcomes.get(&before).map(|(_, _, outcome)| &outcome.status)) {
            None | Some(Some(Status::Applied)) => {}
            Some(None) => return refused(Status::Blocked, Code::PredecessorUnknown),
            Some(_) => return refused(Status::Blocked, Code::PredecessorRefused),
        }
        let act: Act = serde_json::from_str(envelope.body.get()).expect("the model's own body");
        let outcome = match act.verdict {
            Verdict::Refused => refused(Status::Rejected, Code::SiteUnknown),
            Verdict::Conflict => refused(Status::Conflict, Code::ItemMoved),
            Verdict::Later if self.put_off.insert(id) => return refused(Status::Retry, Code::TryAgain),
            Verdict::Fine | Verdict::Later => {
                let thing = self.things.entry(act.item).or_insert(Thing { tokens: Vec::new(), rev: 0 });
                assert!(!thing.tokens.contains(&act.token), "an effect happened twice");
                thing.tokens.push(act.token);
                thing.rev += 1;
                let rev = thing.rev;
                self.seq += 1;
                self.place(act.item, [Channel::Person(person), area((act.item.as_u128() % 3) as u8)]);
                Outcome::applied(id, rev, Vec::new())
            }
        };
        self.outcomes.insert(id, (person, text.to_owned(), outcome.clone()));
        outcome
    }

    /// It stands in these channels, too; wherever it stands, it changes.
    fn place(&mut self, id: Uuid, channels: [Channel; 2]) {
        let there = self.rows.iter().filter(|((_, item), row)| *item == id && row.present);
        let keys: BTreeSet<(Channel, Uuid)> =
            there.map(|(key, _)| *key).chain(channels.map(|channel| (channel, id))).collect();
        let row = Row { seq: self.seq, present: true };
        let written: Vec<_> = keys.into_iter().map(|key| (key, row.clone())).collect();
        self.tell_placed(&written);
        self.rows.extend(written);
    }

    fn let_bodies_go(&mut self, person: AccountId, through: u32) {
        for (_, text, outcome) in self.outcomes.values_mut().filter(|(who, _, _)| *who == person) {
            let envelope: Envelope = serde_json::from_str(text).expect("kept as it came");
            if envelope.n <= through {
                outcome.problem = None;
            }
        }
    }

    pub fn declare(&mut self, blobs: &[Declared]) -> Vec<Standing> {
        let stand = |blob: &Declared| {
            if self.held.contains(&blob.sha256) {
                return Standing::Have { sha256: blob.sha256 };
            }
            let offset = *self.uploads.entry(blob.sha256).or_default();
            let upload = format!("/v1/uploads/{}", blob.sha256);
            Standing::Upload { sha256: blob.sha256, upload, offset, expires_at: server_time() }
        };
        blobs.iter().map(stand).collect()
    }

    /// `None`: there is no such upload (any more).
    pub fn ask(&self, sha: Sha, size: u64) -> Option<u64> {
        if self.held.contains(&sha) { Some(size) } else { self.uploads.get(&sha).copied() }
    }

    /// Takes bytes in. Offsets must fit.
    pub fn patch(&mut self, sha: Sha, offset: u64, length: u64, size: u64) -> Result<u64, Code> {
        if self.held.contains(&sha) {
            return if offset == size { Ok(size) } else { Err(Code::OffsetWrong) };
        }
        let held = self.uploads.get_mut(&sha).ok_or(Code::UploadGone)?;
        if *held != offset {
            return Err(Code::OffsetWrong);
        }
        *held += length;
        let holds = *held;
        if holds == size {
            self.uploads.remove(&sha);
            self.held.insert(sha);
            self.ever_held.insert(sha);
        }
        Ok(holds)
    }
}
