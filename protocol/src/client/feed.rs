//! What the server lets this person see, as told by the feed (protocol-design §3).
//!
//! Promises: what is published is what one moment of the server's feed held, never half of a longer pull; an
//! item is shown while it stands in at least one channel.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::wire::{Body, Change, ChannelName, Page};
use crate::{
    feed::{Channel, ChannelDigest, Kind},
    limits,
};

/// Complete pulls between two comparisons of digests.
const PULLS_PER_DIGEST: u32 = 16;

/// An item, with the channels that it stands in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    pub kind: Kind,
    pub rev: u32,
    /// Absent when the server left it out wrongly; its channel is then asked for anew.
    pub body: Option<Body>,
    /// With the revision that each channel last told.
    channels: BTreeMap<ChannelName, u32>,
}

impl Item {
    pub fn channels(&self) -> impl Iterator<Item = &ChannelName> {
        self.channels.keys()
    }
}

/// A change that waits for the end of its pull.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Staged {
    Drop(ChannelName),
    /// Everything: the whole feed comes anew.
    DropAll,
    Gone(ChannelName, Uuid),
    Put {
        channel: ChannelName,
        id: Uuid,
        kind: Kind,
        rev: u32,
        body: Option<Body>,
    },
}

/// The pull part of a request, as it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Pull {
    pub cursor: Option<String>,
    pub resync: Vec<ChannelName>,
    pub digests: bool,
}

/// Counts for people who look after the system.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FeedTally {
    pub changes: u64,
    /// Complete pulls.
    pub pulls: u64,
    /// The database began another life.
    pub epochs: u64,
    /// Channels whose digest differed although nothing told so.
    pub mismatches: u64,
    /// Changes that this version cannot read.
    pub unread: u64,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Feed {
    cursor: Option<String>,
    items: BTreeMap<Uuid, Item>,
    staged: Vec<Staged>,
    /// Channels to be asked for anew.
    resync: BTreeSet<ChannelName>,
    /// Channels that were asked for anew, and are not published yet.
    #[serde(default)]
    coming: BTreeSet<ChannelName>,
    /// Complete pulls since digests were compared; `None` before the first time.
    pulls_since_digests: Option<u32>,
    pub tally: FeedTally,
}

impl Feed {
    /// All published items.
    pub fn items(&self) -> impl Iterator<Item = (Uuid, &Item)> {
        self.items.iter().map(|(id, item)| (*id, item))
    }

    pub fn get(&self, id: Uuid) -> Option<&Item> {
        self.items.get(&id)
    }

    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// There is more to fetch before what came can be shown.
    pub fn is_unfinished(&self) -> bool {
        !self.staged.is_empty() || !self.resync.is_empty()
    }

    /// What to ask for next.
    pub fn pull(&self) -> Pull {
        Pull {
            cursor: self.cursor.clone(),
            resync: self.resync.iter().take(limits::RESYNC_CHANNELS).cloned().collect(),
            digests: self.pulls_since_digests.is_none_or(|pulls| pulls >= PULLS_PER_DIGEST),
        }
    }

    /// Takes a page in. Answers of another pull than the present one change nothing. Returns whether a new state
    /// was published.
    pub(super) fn take(&mut self, asked: &Pull, page: &Page) -> bool {
        if page.cursor.is_none() || asked.cursor != self.cursor {
            return false;
        }
        self.cursor = page.cursor.clone();
        for channel in &asked.resync {
            self.resync.remove(channel);
            self.coming.insert(channel.clone());
        }
        if page.resync {
            self.begin_anew(page.digests.as_ref());
        }
        self.stage(&page.changes);
        if page.more || page.resync || !self.resync.is_empty() {
            return false;
        }
        self.publish();
        self.coming.clear();
        self.tally.pulls += 1;
        self.pulls_since_digests = self.pulls_since_digests.map(|pulls| pulls + 1);
        if let Some(digests) = &page.digests {
            self.pulls_since_digests = Some(0);
            let differing = self.differing(digests);
            self.tally.mismatches += differing.len() as u64;
            self.settle(differing, digests);
        }
        true
    }

    /// Forgets the cursor: the whole feed is pulled anew, and published when it is complete.
    pub(super) fn start_over(&mut self) {
        self.cursor = None;
        self.resync.clear();
        self.coming.clear();
        self.staged = vec![Staged::DropAll];
    }

    /// Another epoch. What was staged belongs to the old one; what is published is compared channel by channel. What an
    /// earlier comparison found and has not come yet is still to come: a server tells once what digests cannot show.
    fn begin_anew(&mut self, digests: Option<&BTreeMap<ChannelName, ChannelDigest>>) {
        self.tally.epochs += 1;
        self.staged.clear();
        match digests {
            Some(digests) => {
                self.resync.append(&mut self.coming);
                self.resync.retain(|channel| digests.contains_key(channel));
                let differing = self.differing(digests);
                self.settle(differing, digests);
            }
            None => self.start_over(),
        }
    }

    /// Channels that are not listed are dropped, the others asked for anew. A channel that this version cannot
    /// name in a request stays as it is.
    fn settle(&mut self, differing: Vec<ChannelName>, digests: &BTreeMap<ChannelName, ChannelDigest>) {
        for channel in differing {
            if !digests.contains_key(&channel) {
                self.staged.push(Staged::Drop(channel));
            } else if channel.known().is_some() {
                self.resync.insert(channel);
            }
        }
    }

    fn stage(&mut self, changes: &[Change]) {
        self.tally.changes += changes.len() as u64;
        for change in changes {
            match read(change) {
                Some(staged) => self.staged.push(staged),
                None => self.tally.unread += 1,
            }
        }
    }

    fn publish(&mut self) {
        for staged in std::mem::take(&mut self.staged) {
            match staged {
                Staged::Drop(channel) => self.leave(&channel, None),
                Staged::DropAll => self.items.clear(),
                Staged::Gone(channel, id) => self.leave(&channel, Some(id)),
                Staged::Put { channel, id, kind, rev, body } => self.put(channel, id, kind, rev, body),
            }
        }
        self.items.retain(|_, item| !item.channels.is_empty());
    }

    fn leave(&mut self, channel: &ChannelName, id: Option<Uuid>) {
        match id {
            Some(id) => {
                if let Some(item) = self.items.get_mut(&id) {
                    item.channels.remove(channel);
                }
            }
            None => {
                for item in self.items.values_mut() {
                    item.channels.remove(channel);
                }
            }
        }
    }

    /// The server's order is the truth: what comes later holds, whatever its number.
    fn put(&mut self, channel: ChannelName, id: Uuid, kind: Kind, rev: u32, body: Option<Body>) {
        let item = self.items.entry(id).or_insert_with(|| Item {
            kind: kind.clone(),
            rev,
            body: None,
            channels: BTreeMap::new(),
        });
        item.kind = kind;
        let same = item.rev == rev;
        item.rev = rev;
        match body {
            Some(body) => item.body = Some(body),
            // The same page had it already, for another channel.
            None if same && item.body.is_some() => {}
            None => {
                item.body = None;
                if channel.known().is_some() {
                    self.resync.insert(channel.clone());
                }
            }
        }
        item.channels.insert(channel, rev);
    }

    /// What each channel holds here.
    pub fn digests(&self) -> BTreeMap<ChannelName, ChannelDigest> {
        let mut digests: BTreeMap<ChannelName, ChannelDigest> = BTreeMap::new();
        for (id, item) in &self.items {
            for (channel, rev) in &item.channels {
                match digests.get_mut(channel) {
                    Some(digest) => digest.toggle(*id, *rev, true),
                    None => digests.entry(channel.clone()).or_default().toggle(*id, *rev, true),
                }
            }
        }
        digests
    }

    fn differing(&self, theirs: &BTreeMap<ChannelName, ChannelDigest>) -> Vec<ChannelName> {
        let ours = self.digests();
        let empty = ChannelDigest::default();
        let names: BTreeSet<&ChannelName> = ours.keys().chain(theirs.keys()).collect();
        names
            .into_iter()
            .filter(|name| ours.get(name).unwrap_or(&empty) != theirs.get(name).unwrap_or(&empty))
            .cloned()
            .collect()
    }

    /// Published items of a channel.
    pub fn in_channel(&self, channel: Channel) -> impl Iterator<Item = (Uuid, &Item)> {
        let name = ChannelName::from(channel);
        self.items().filter(move |(_, item)| item.channels.contains_key(&name))
    }
}

fn read(change: &Change) -> Option<Staged> {
    if let Some(channel) = &change.drop {
        return Some(Staged::Drop(channel.clone()));
    }
    if let Some((channel, id)) = &change.gone {
        return Some(Staged::Gone(channel.clone(), *id));
    }
    let (channel, id) = change.put.clone()?;
    let rev = change.rev.as_ref()?.parse().ok()?;
    Some(Staged::Put { channel, id, kind: change.kind.clone()?, rev, body: change.body.clone() })
}
