//! How the model answers a pull: with the server's own decisions (`anfang::sync::page`) over rows in memory, read as
//! the server's SQL reads them.

use std::collections::BTreeSet;

use anfang::sync::{
    cursor::{Cursor, Position, Written},
    page::{self, Beginning, FeedRow, Membership, Step, Want},
};
use anfang_protocol::{
    feed::{Channel, ChannelDigest, Digests, Kind},
    ids::AccountId,
    sync::{Change, Put, Request},
};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::{
    model::{Model, Row},
    traps::Trap,
};

/// Changes in one page: few, so that every pull has several.
const PAGE: usize = 3;

pub fn text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain data")
}

pub fn read<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).expect("what was given comes back unchanged")
}

/// Where the phone stands that shows this cursor. Cursors differ at every call, as sealed ones do.
pub fn position(cursor: &str) -> Cursor {
    read::<(u64, Cursor)>(cursor).1
}

/// What a pull gives.
#[derive(Default)]
pub struct Pulled {
    pub changes: Vec<Change>,
    pub cursor: Option<String>,
    pub more: bool,
    pub resync: bool,
    pub digests: Option<Digests>,
    pub through: Option<Written>,
}

impl Model {
    /// The next page, if the request wants one.
    pub fn pull(&mut self, person: AccountId, request: &Request) -> Pulled {
        let (head, mut pulled) = (self.head(), Pulled::default());
        if !request.pull {
            return pulled;
        }
        self.twin.iter().for_each(|twin| twin.has_head(&head));
        let came = match &request.cursor {
            None => Some(Cursor::start(person, head.epoch)),
            Some(text) => Some(position(text)),
        };
        let life = came.as_ref().map(|came| came.epoch);
        let seen = self.seen(person, &head);
        let cursor = match page::begin(came, person, &head, &request.resync, seen) {
            Beginning::Compare => {
                pulled.resync = true;
                page::end(Cursor::start(person, head.epoch), &head)
            }
            Beginning::Nothing(cursor) => cursor,
            Beginning::From(cursor) => self.page(person, cursor, &mut pulled),
        };
        self.salt += 1;
        let cursor = text(&(self.salt, cursor));
        if !pulled.more {
            pulled.through = Some(Written { epoch: head.epoch, seq: head.seq });
            if pulled.resync || request.digests {
                pulled.digests = Some(self.digests(person));
            }
            if pulled.resync && life != Some(head.epoch) && self.trap != Some(Trap::RevisionTwice) {
                let digests = pulled.digests.get_or_insert_default();
                let channels: Vec<Channel> = digests.keys().copied().collect();
                page::tell_otherwise(digests, self.changed_since(life, &channels));
            }
            if !pulled.resync {
                self.snapshots.insert(cursor.clone(), self.view(person));
            }
        }
        pulled.cursor = Some(cursor);
        pulled
    }

    /// As `sync::store::changed_since` reads.
    fn changed_since(&self, life: Option<Uuid>, channels: &[Channel]) -> BTreeSet<Channel> {
        let known = life.and_then(|life| self.lives.get(&life));
        let Some(ended) = known.or_else(|| self.lives.values().min()) else { return BTreeSet::new() };
        let behind = |channel: &Channel| self.rows_of(*channel).any(|(_, row)| row.seq > *ended);
        let changed = channels.iter().copied().filter(behind).collect();
        self.twin.iter().for_each(|twin| twin.has_changed_since(life, channels, &changed));
        changed
    }

    /// As `sync::store::memberships` reads.
    fn memberships(&self, person: AccountId) -> Vec<Membership> {
        let mine = self.memberships.iter().filter(|((who, _), _)| *who == person);
        let mine: Vec<Membership> = mine.map(|(_, membership)| *membership).collect();
        self.twin.iter().for_each(|twin| twin.has_memberships(person, &mine));
        mine
    }

    /// The next changes behind the cursor.
    fn page(&self, person: AccountId, mut cursor: Cursor, pulled: &mut Pulled) -> Cursor {
        let mut memberships = self.memberships(person);
        if self.trap == Some(Trap::OwnNumber) {
            memberships.iter_mut().for_each(|membership| membership.granted_seq = 0);
        }
        let again = cursor.again.as_ref();
        let wants = page::wants(&memberships, again, &cursor.position);
        let (filled, changed) = (self.filled(&wants), self.changed(&wants));
        let (mut steps, cut) = page::order(&memberships, again, &cursor.position, filled, changed, PAGE);
        let last = steps.last().map(|(position, _)| *position);
        self.spoil(person, &memberships, &mut steps);
        pulled.changes = self.changes(steps.into_iter().map(|(_, step)| step));
        pulled.more = cut && self.trap != Some(Trap::MoreNotTold);
        if !cut {
            return match (self.trap, last) {
                (Some(Trap::NotTheHead), Some(position)) => Cursor { position, ..cursor },
                (Some(Trap::NotTheHead), None) => cursor,
                _ => page::end(cursor, &self.head()),
            };
        }
        cursor.position = last.unwrap_or(cursor.position);
        if self.trap == Some(Trap::EdgeOfNumber) {
            cursor.position = Position::end_of(cursor.position.seq);
        }
        cursor
    }

    /// What the faults of the order make of a page.
    fn spoil(&self, person: AccountId, memberships: &[Membership], steps: &mut Vec<(Position, Step)>) {
        let live =
            |channel: &Channel| memberships.iter().any(|m| m.channel == *channel && m.revoked_seq.is_none());
        match self.trap {
            Some(Trap::NoDropOnGrant) => {
                steps.retain(|(_, step)| !matches!(step, Step::Drop(channel) if live(channel)));
            }
            Some(Trap::ExitHidden) => {
                let view = self.view(person);
                steps.retain(|(_, step)| {
                    !matches!(step, Step::Row(row) if !row.present && view.contains_key(&row.item))
                });
            }
            Some(Trap::PutsFirst) => {
                steps.sort_by_key(|(p, _)| (p.seq, std::cmp::Reverse(p.phase), p.channel, p.id));
            }
            _ => {}
        }
    }

    /// As the server finds it.
    fn seen(&self, person: AccountId, head: &page::Head) -> i64 {
        let memberships = self.memberships(person);
        let live: Vec<Channel> =
            memberships.iter().filter(|m| m.revoked_seq.is_none()).map(|m| m.channel).collect();
        let newest = live.iter().flat_map(|channel| self.rows_of(*channel)).map(|(_, row)| row.seq).max();
        let newest = newest.unwrap_or(0);
        self.twin.iter().for_each(|twin| twin.has_newest(&live, newest));
        page::seen(&memberships, newest, head)
    }

    fn rows_of(&self, channel: Channel) -> impl Iterator<Item = (Uuid, &Row)> {
        self.rows.iter().filter(move |((c, _), _)| *c == channel).map(|((_, id), row)| (*id, row))
    }

    /// As `sync::store::changed` reads: each channel's next rows, in its order.
    fn changed(&self, wants: &[Want]) -> Vec<FeedRow> {
        let next = |want: &Want| {
            let behind = self.rows_of(want.channel).filter(|(id, r)| (r.seq, r.present, *id) > want.after);
            let mut rows: Vec<FeedRow> =
                behind.map(|(id, row)| self.feed_row(want.channel, id, row)).collect();
            rows.sort_by_key(|row| (row.seq, row.present, row.item));
            rows.truncate(PAGE + 1);
            rows
        };
        let rows: Vec<FeedRow> = wants.iter().flat_map(next).collect();
        self.twin.iter().for_each(|twin| twin.has_changed(wants, PAGE + 1, &rows));
        rows
    }

    /// As `sync::store::filled` reads.
    fn filled(&self, wants: &[Want]) -> Vec<FeedRow> {
        let next = |want: &Want| {
            let (granted, after) = want.fill?;
            let there = self.rows_of(want.channel);
            let rows = there.filter(|(id, row)| row.present && row.seq <= granted && *id > after);
            Some(rows.map(|(id, row)| self.feed_row(want.channel, id, row)).take(PAGE + 1).collect())
        };
        let rows: Vec<FeedRow> = wants.iter().filter_map(next).flat_map(|rows: Vec<FeedRow>| rows).collect();
        self.twin.iter().for_each(|twin| twin.has_filled(wants, PAGE + 1, &rows));
        rows
    }

    fn feed_row(&self, channel: Channel, item: Uuid, row: &Row) -> FeedRow {
        let rev = self.things[&item].rev.cast_signed();
        FeedRow { channel, item, kind: Kind::from("thing"), seq: row.seq, present: row.present, rev }
    }

    /// Steps as they travel: a body goes once per page.
    fn changes(&self, steps: impl Iterator<Item = Step>) -> Vec<Change> {
        let mut sent = BTreeSet::new();
        let change = |step| match step {
            Step::Drop(channel) => Change::Drop(channel),
            Step::Row(row) if !row.present => Change::Gone(row.channel, row.item),
            Step::Row(row) => {
                let thing = &self.things[&row.item];
                let body = sent.insert(row.item).then(|| serde_json::value::to_raw_value(thing));
                let body = body.transpose().expect("plain data");
                Change::Put(Put { channel: row.channel, id: row.item, kind: row.kind, rev: thing.rev, body })
            }
        };
        steps.map(change).collect()
    }

    fn digests(&self, person: AccountId) -> Digests {
        let mut digests = Digests::new();
        let mine = self.memberships(person).into_iter().filter(|membership| membership.revoked_seq.is_none());
        for channel in mine.map(|membership| membership.channel) {
            let digest: &mut ChannelDigest = digests.entry(channel).or_default();
            for (id, _) in self.rows_of(channel).filter(|(_, row)| row.present) {
                digest.toggle(id, self.things[&id].rev, true);
            }
        }
        self.twin.iter().for_each(|twin| twin.has_digests(&digests));
        digests
    }
}
