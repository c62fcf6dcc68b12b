//! Which changes come next: pure, over what the feed holds.
//!
//! The order of all changes is (effective sequence, phase, channel, id). The effective sequence of an item is
//! that of its last change, or of the grant by which the reader got the channel if that came later: else a new
//! grant would never fill in what was there before.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use anfang_protocol::{
    feed::{Channel, Digests, Kind},
    ids::AccountId,
    limits,
};
use uuid::Uuid;

use super::cursor::{Again, Cursor, Phase, Position, Written};

/// The head of a jurisdiction's feed, as one snapshot shows it.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    pub seq: i64,
    /// Of this life of the database: a restore or a failover begins another.
    pub epoch: Uuid,
    /// Tombstones up to it may be gone. It is below `seq`: else what is sent again from the head on would never end.
    pub tombstone_floor: i64,
}

/// What the reader's membership in a channel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    pub channel: Channel,
    pub granted_seq: i64,
    pub revoked_seq: Option<i64>,
}

/// A row of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedRow {
    pub channel: Channel,
    pub item: Uuid,
    pub kind: Kind,
    pub seq: i64,
    pub present: bool,
    pub rev: i32,
}

/// A step to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Drop(Channel),
    Row(FeedRow),
}

/// From where a channel's rows are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Want {
    pub channel: Channel,
    /// Changes behind this (sequence, present, id).
    pub after: (i64, bool, Uuid),
    /// Rows that were there when the channel was granted, behind this id: as `(granted at, id)`.
    pub fill: Option<(i64, Uuid)>,
}

/// How a pull begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beginning {
    /// The cursor is of another life, another person, or not ours: what each channel holds is to be compared.
    Compare,
    /// Nothing changed; or the cursor is ahead, which a snapshot taken a moment too early may show: it waits.
    Nothing(Cursor),
    From(Cursor),
}

/// The last number at which anything changed that this reader may see, given the last one of his or her channels' rows.
pub fn seen(memberships: &[Membership], newest_row: i64, head: &Head) -> i64 {
    let own = memberships.iter().map(|m| m.revoked_seq.unwrap_or(m.granted_seq));
    // Above the floor, or what is sent again would be taken for too old; it is below the head.
    own.chain([newest_row, head.tombstone_floor + 1]).max().unwrap_or(head.seq).min(head.seq)
}

/// Where a pull begins, with the channels that the client wants to be sent again, as if granted at the number `seen`
/// (see [`seen`]; the head would tell by the order of what is sent whether there was anything else). `cursor` is none
/// when what came cannot be read.
pub fn begin(
    cursor: Option<Cursor>,
    account: AccountId,
    head: &Head,
    resync: &[Channel],
    seen: i64,
) -> Beginning {
    let Some(mut cursor) = cursor.filter(|cursor| is_of_this_life(cursor, account, head)) else {
        return Beginning::Compare;
    };
    if !resync.is_empty() {
        send_again(&mut cursor, resync, seen);
    }
    if cursor.position >= Position::end_of(head.seq) {
        return Beginning::Nothing(cursor);
    }
    Beginning::From(cursor)
}

fn is_of_this_life(cursor: &Cursor, account: AccountId, head: &Head) -> bool {
    let fresh = cursor.position == Position::START;
    cursor.account == account
        && cursor.epoch == head.epoch
        // One that stands within the floor's number has not seen all of its exits.
        && (fresh || cursor.position >= Position::end_of(head.tombstone_floor))
}

/// Channels that the reader may not read are only dropped.
fn send_again(cursor: &mut Cursor, channels: &[Channel], seen: i64) {
    let before = cursor.again.take().unwrap_or_default();
    let asked = channels.iter().take(limits::RESYNC_CHANNELS).copied();
    let all: BTreeSet<Channel> = before.channels.into_iter().chain(asked).collect();
    let again = Again { at: seen, channels: all.into_iter().collect() };
    // Step back to where what is sent again is still to come, and nothing else is.
    let step = Position { seq: seen, phase: Phase::Again, channel: Channel::Reference, id: Uuid::nil() };
    cursor.position = cursor.position.min(step);
    cursor.again = Some(again);
}

/// Where the last page of a pull ends: at the head of its snapshot, even when it is empty. Else a client would look
/// through the same rows for ever.
pub fn end(cursor: Cursor, head: &Head) -> Cursor {
    Cursor { position: Position::end_of(head.seq), again: None, ..cursor }
}

/// Where each channel that may be read is to be read from, given how far the reader has come.
pub fn wants(memberships: &[Membership], again: Option<&Again>, at: &Position) -> Vec<Want> {
    memberships
        .iter()
        .filter(|m| m.revoked_seq.is_none())
        .map(|m| {
            let granted = granted_at(m, again);
            let put = if is_again(m, again) { Phase::AgainPut } else { Phase::Put };
            Want {
                channel: m.channel,
                after: after(m.channel, granted, at),
                fill: fill(m.channel, granted, put, at),
            }
        })
        .collect()
}

/// Whether the channel is sent again, as if it were granted anew. One that was granted later is sent by that.
fn is_again(membership: &Membership, again: Option<&Again>) -> bool {
    again.is_some_and(|again| {
        again.channels.contains(&membership.channel) && membership.granted_seq <= again.at
    })
}

fn granted_at(membership: &Membership, again: Option<&Again>) -> i64 {
    let at = again.filter(|_| is_again(membership, again)).map(|again| again.at);
    at.unwrap_or(membership.granted_seq)
}

/// Behind which row of this channel the reader stands, among changes since the grant.
fn after(channel: Channel, granted: i64, at: &Position) -> (i64, bool, Uuid) {
    if at.seq <= granted {
        // Everything up to the grant is filled in, not followed.
        return (granted, true, Uuid::max());
    }
    let done_before = channel < at.channel;
    match at.phase {
        Phase::Drop => (at.seq, false, Uuid::nil()),
        Phase::Gone if channel == at.channel => (at.seq, false, at.id),
        Phase::Gone if done_before => (at.seq, false, Uuid::max()),
        Phase::Gone => (at.seq, false, Uuid::nil()),
        Phase::Put if channel == at.channel => (at.seq, true, at.id),
        Phase::Put if done_before => (at.seq, true, Uuid::max()),
        Phase::Put => (at.seq, true, Uuid::nil()),
        Phase::Again | Phase::AgainDrop | Phase::AgainPut | Phase::End => (at.seq, true, Uuid::max()),
    }
}

/// Behind which id the filling-in of a granted channel stands; none when it is done. `put` is the phase of its puts.
fn fill(channel: Channel, granted: i64, put: Phase, at: &Position) -> Option<(i64, Uuid)> {
    if at.seq > granted {
        return None;
    }
    if at.seq < granted {
        return Some((granted, Uuid::nil()));
    }
    match at.phase.cmp(&put) {
        Ordering::Less => Some((granted, Uuid::nil())),
        Ordering::Equal if channel == at.channel => Some((granted, at.id)),
        Ordering::Equal if channel > at.channel => Some((granted, Uuid::nil())),
        Ordering::Equal | Ordering::Greater => None,
    }
}

/// Puts drops, filled-in rows and changed rows into one order, and keeps the first `limit`. The second value
/// tells whether something was left out.
pub fn order(
    memberships: &[Membership],
    again: Option<&Again>,
    at: &Position,
    filled: Vec<FeedRow>,
    changed: Vec<FeedRow>,
    limit: usize,
) -> (Vec<(Position, Step)>, bool) {
    let granted: BTreeMap<Channel, (i64, bool)> = memberships
        .iter()
        .filter(|m| m.revoked_seq.is_none())
        .map(|m| (m.channel, (granted_at(m, again), is_again(m, again))))
        .collect();
    // One that was taken away before is dropped once, by what is asked for again.
    let asked = |m: &Membership| {
        again.is_some_and(|again| {
            again.channels.contains(&m.channel) && m.revoked_seq.is_some_and(|seq| seq <= again.at)
        })
    };
    let drops = memberships.iter().filter(|m| !asked(m)).map(|m| {
        // A re-grant drops first: tombstones that passed while it was revoked are not known any more.
        let seq = m.revoked_seq.unwrap_or_else(|| granted_at(m, again));
        let anew = m.revoked_seq.is_none() && is_again(m, again);
        let phase = if anew { Phase::AgainDrop } else { Phase::Drop };
        (Position { seq, phase, channel: m.channel, id: Uuid::nil() }, Step::Drop(m.channel))
    });
    let strange = again.into_iter().flat_map(|again| {
        // Taken away counts as never had: the drop at that time may lie before the client's cursor.
        let strange = again.channels.iter().filter(|channel| !granted.contains_key(channel));
        strange.map(|channel| {
            let phase = Phase::AgainDrop;
            let position = Position { seq: again.at, phase, channel: *channel, id: Uuid::nil() };
            (position, Step::Drop(*channel))
        })
    });
    let rows = filled.into_iter().chain(changed).filter_map(|row| {
        let (at, anew) = *granted.get(&row.channel)?;
        let seq = row.seq.max(at);
        let phase = match row.present {
            true if anew && seq == at => Phase::AgainPut,
            true => Phase::Put,
            false => Phase::Gone,
        };
        Some((Position { seq, phase, channel: row.channel, id: row.item }, Step::Row(row)))
    });
    let mut steps: Vec<(Position, Step)> =
        drops.chain(strange).chain(rows).filter(|(position, _)| position > at).collect();
    steps.sort_by_key(|(position, _)| *position);
    // A channel that is asked for again just when it was taken away is dropped once.
    steps.dedup_by_key(|(position, _)| *position);
    let more = steps.len() > limit;
    steps.truncate(limit);
    (steps, more)
}

/// Items whose bodies a page needs.
pub fn bodies(steps: &[(Position, Step)]) -> BTreeMap<String, BTreeSet<Uuid>> {
    let mut wanted: BTreeMap<String, BTreeSet<Uuid>> = BTreeMap::new();
    for (_, step) in steps {
        if let Step::Row(row) = step
            && row.present
        {
            wanted.entry(row.kind.as_str().to_owned()).or_default().insert(row.item);
        }
    }
    wanted
}

/// Whether pages that end at `through` have all that was written up to the mark.
pub fn is_past(mark: Option<Written>, through: Option<Written>) -> bool {
    match (mark, through) {
        (None, _) => true,
        // In another life of the database the mark means nothing; what is there now is what there is.
        (Some(mark), Some(through)) => through.epoch != mark.epoch || through.seq >= mark.seq,
        (Some(_), None) => false,
    }
}

/// What changed since the client's life of the database ended may stand at a revision which meant something else there,
/// and digests know revisions only. So these are told otherwise: the client asks for such channels in any case.
pub fn tell_otherwise(digests: &mut Digests, changed: impl IntoIterator<Item = Channel>) {
    for channel in changed {
        digests.entry(channel).and_modify(|digest| digest.xor = !digest.xor);
    }
}
