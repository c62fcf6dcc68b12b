//! A tiny server in memory, with the feed of protocol-design §3: what the phone's engine is tested against.
//! Pure; it can be backed up and restored, and counts what must not happen.

use std::collections::{BTreeMap, BTreeSet};

use anfang_protocol::{
    Code, Problem,
    blob::{Declared, Standing},
    command::Envelope,
    feed::{Channel, ChannelDigest, Digests, Kind},
    ids::{AccountId, AreaId, CommandId},
    sha::Sha,
    sync::{Change, Outcome, Put, Request, Response, Status},
};
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Changes in one page: few, so that every pull has several.
const PAGE: usize = 3;

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
struct Row {
    seq: u64,
    present: bool,
}

#[derive(Debug, Clone, Copy)]
struct Membership {
    granted: u64,
    revoked: Option<u64>,
}

/// Where a pull stands: everything up to here was sent; then whole channels that were asked for anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    epoch: u32,
    at: (u64, u8, String),
    anew: Vec<Channel>,
    /// Cursors differ at every call.
    salt: u64,
}

/// What one person can see: ids, revisions, contents, and the channels they stand in.
pub type View = BTreeMap<Uuid, (u32, Vec<u32>, BTreeSet<String>)>;

#[derive(Debug, Clone, Default)]
pub struct Model {
    epoch: u32,
    seq: u64,
    pub things: BTreeMap<Uuid, Thing>,
    rows: BTreeMap<(Channel, Uuid), Row>,
    memberships: BTreeMap<(AccountId, Channel), Membership>,
    /// With the person whose phone sent it, and its text.
    outcomes: BTreeMap<CommandId, (AccountId, String, Outcome)>,
    put_off: BTreeSet<CommandId>,
    uploads: BTreeMap<Sha, u64>,
    pub held: BTreeSet<Sha>,
    pub ever_held: BTreeSet<Sha>,
    backup: Option<Box<Model>>,
    salt: u64,
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
    // What others do

    pub fn grant(&mut self, person: AccountId, channel: Channel) {
        let held = self.memberships.get(&(person, channel)).is_some_and(|m| m.revoked.is_none());
        if !held {
            self.seq += 1;
            self.memberships.insert((person, channel), Membership { granted: self.seq, revoked: None });
        }
    }

    pub fn revoke(&mut self, person: AccountId, channel: Channel) {
        if let Some(membership) = self.memberships.get_mut(&(person, channel))
            && membership.revoked.is_none()
        {
            self.seq += 1;
            membership.revoked = Some(self.seq);
        }
    }

    /// Somebody changes a thing, so that it stands in exactly these channels (and where its owner sees it).
    pub fn touch(&mut self, id: Uuid, channels: &[Channel]) {
        let thing = self.things.entry(id).or_insert(Thing { tokens: Vec::new(), rev: 0 });
        thing.rev += 1;
        self.seq += 1;
        let seq = self.seq;
        for ((channel, _), row) in self.rows.iter_mut().filter(|((_, item), _)| *item == id) {
            let stays = channels.contains(channel) || matches!(channel, Channel::Person(_));
            if row.present {
                *row = Row { seq, present: stays };
            }
        }
        for channel in channels {
            self.rows.insert((*channel, id), Row { seq, present: true });
        }
    }

    pub fn back_up(&mut self) {
        let mut copy = self.clone();
        copy.backup = None;
        self.backup = Some(Box::new(copy));
    }

    /// The database is restored: what happened since the backup is lost, and another epoch begins.
    pub fn restore(&mut self) {
        if let Some(backup) = self.backup.take() {
            let (epoch, ever_held, salt) = (self.epoch, self.ever_held.clone(), self.salt);
            let snapshots = std::mem::take(&mut self.snapshots);
            *self = Model { epoch: epoch + 1, ever_held, salt, snapshots, ..(*backup).clone() };
            self.backup = Some(backup);
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

    fn may_read(&self, person: AccountId, channel: Channel) -> bool {
        self.memberships.get(&(person, channel)).is_some_and(|m| m.revoked.is_none())
    }

    // What phones ask

    pub fn sync(&mut self, person: AccountId, request: &Request) -> Response {
        let outcomes: Vec<Outcome> =
            request.commands.iter().map(|raw| self.perform(person, raw.get())).collect();
        if let Some(through) = request.ack_through {
            self.let_bodies_go(person, through);
        }
        let any_applied = outcomes.iter().any(|outcome| outcome.status == Status::Applied);
        let written_through = any_applied.then(|| format!("{}/{}", self.epoch, self.seq));
        let mut response = Response {
            outcomes,
            changes: Vec::new(),
            cursor: None,
            more: false,
            written_through,
            arrived: false,
            resync: false,
            digests: None,
            server_time: server_time(),
        };
        if request.pull {
            self.pull(person, request, &mut response);
        }
        response
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
                self.place(Channel::Person(person), act.item);
                self.place(area((act.item.as_u128() % 3) as u8), act.item);
                Outcome::applied(id, rev, Vec::new())
            }
        };
        self.outcomes.insert(id, (person, text.to_owned(), outcome.clone()));
        outcome
    }

    fn place(&mut self, channel: Channel, id: Uuid) {
        self.rows.insert((channel, id), Row { seq: self.seq, present: true });
        for row in self.rows.iter_mut().filter(|((_, item), row)| *item == id && row.present) {
            row.1.seq = self.seq;
        }
    }

    fn let_bodies_go(&mut self, person: AccountId, through: u32) {
        for (_, text, outcome) in self.outcomes.values_mut().filter(|(who, _, _)| *who == person) {
            let envelope: Envelope = serde_json::from_str(text).expect("kept as it came");
            if envelope.n <= through {
                outcome.problem = None;
            }
        }
    }

    fn pull(&mut self, person: AccountId, request: &Request, response: &mut Response) {
        let start = Cursor { epoch: self.epoch, at: (0, 0, String::new()), anew: Vec::new(), salt: 0 };
        let mut cursor: Cursor = match &request.cursor {
            Some(text) => serde_json::from_str(text).expect("cursors come back as they were given"),
            None => start,
        };
        if cursor.epoch != self.epoch {
            response.resync = true;
            response.digests = Some(self.digests(person));
            cursor = Cursor { epoch: self.epoch, at: self.end(), anew: Vec::new(), salt: 0 };
            response.cursor = Some(self.seal(cursor));
            return;
        }
        for channel in &request.resync {
            if !cursor.anew.contains(channel) {
                cursor.anew.push(*channel);
            }
        }
        if let Some(channel) = cursor.anew.pop() {
            self.whole_channel(person, channel, &mut response.changes);
            response.more = true;
        } else {
            response.more = self.increment(person, &mut cursor, &mut response.changes);
        }
        self.arrived(request, &cursor, response);
        if !response.more && request.digests {
            response.digests = Some(self.digests(person));
        }
        let text = self.seal(cursor);
        if !response.more {
            self.snapshots.insert(text.clone(), self.view(person));
        }
        response.cursor = Some(text);
    }

    fn end(&self) -> (u64, u8, String) {
        (self.seq, 9, String::new())
    }

    fn seal(&mut self, cursor: Cursor) -> String {
        self.salt += 1;
        serde_json::to_string(&Cursor { salt: self.salt, ..cursor }).expect("plain data")
    }

    fn arrived(&self, request: &Request, cursor: &Cursor, response: &mut Response) {
        let is_past = |mark: &Option<String>| match mark.as_ref().and_then(|text| text.split_once('/')) {
            None => true,
            Some((epoch, seq)) => {
                let seq: u64 = seq.parse().expect("the model's own mark");
                epoch.parse() == Ok(self.epoch) && (cursor.at.0, cursor.at.1) >= (seq, 9)
            }
        };
        response.arrived = (request.waiting_for.is_some() || response.written_through.is_some())
            && is_past(&request.waiting_for)
            && is_past(&response.written_through);
    }

    fn whole_channel(&self, person: AccountId, channel: Channel, changes: &mut Vec<Change>) {
        changes.push(Change::Drop(channel));
        if self.may_read(person, channel) {
            for ((_, id), _) in self.rows.iter().filter(|((c, _), row)| *c == channel && row.present) {
                changes.push(self.put(channel, *id, changes));
            }
        }
    }

    /// The next changes after the cursor; returns whether there are more.
    fn increment(&self, person: AccountId, cursor: &mut Cursor, changes: &mut Vec<Change>) -> bool {
        let mut steps: Vec<((u64, u8, String), Change)> = Vec::new();
        let mine = self.memberships.iter().filter(|((who, _), _)| *who == person);
        for ((_, channel), membership) in mine {
            let dropped = membership.revoked.unwrap_or(membership.granted);
            steps.push(((dropped, 0, channel.to_string()), Change::Drop(*channel)));
            if membership.revoked.is_some() {
                continue;
            }
            for ((_, id), row) in self.rows.iter().filter(|((c, _), _)| c == channel) {
                let at = row.seq.max(membership.granted);
                let key = format!("{id} {channel}");
                steps.push(match row.present {
                    true => ((at, 2, key), self.put(*channel, *id, &[])),
                    false => ((at, 1, key), Change::Gone(*channel, *id)),
                });
            }
        }
        steps.retain(|(at, _)| *at > cursor.at);
        steps.sort_by(|(a, _), (b, _)| a.cmp(b));
        let more = steps.len() > PAGE;
        steps.truncate(PAGE);
        for (at, change) in steps {
            cursor.at = at;
            let change = match change {
                Change::Put(put) => self.put(put.channel, put.id, changes),
                other => other,
            };
            changes.push(change);
        }
        if !more {
            cursor.at = self.end();
        }
        more
    }

    /// A body goes once per page.
    fn put(&self, channel: Channel, id: Uuid, page: &[Change]) -> Change {
        let there = page.iter().any(|change| matches!(change, Change::Put(put) if put.id == id));
        let thing = &self.things[&id];
        let body = (!there).then(|| serde_json::value::to_raw_value(thing).expect("plain data"));
        Change::Put(Put { channel, id, kind: Kind::from("thing"), rev: thing.rev, body })
    }

    fn digests(&self, person: AccountId) -> Digests {
        let mut digests = Digests::new();
        for ((_, channel), _) in
            self.memberships.iter().filter(|((who, _), m)| *who == person && m.revoked.is_none())
        {
            let digest: &mut ChannelDigest = digests.entry(*channel).or_default();
            for ((_, id), _) in self.rows.iter().filter(|((c, _), row)| c == channel && row.present) {
                digest.toggle(*id, self.things[id].rev, true);
            }
        }
        digests
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
