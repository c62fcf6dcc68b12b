//! Pulling: the next page of changes for one reader, cut to the size asked for.

use std::collections::BTreeSet;

use anfang_protocol::{
    capabilities::OLDEST_PULL,
    feed::{Channel, Digests, Kind},
    limits,
    sync::{Change, Put, Request},
};
use uuid::Uuid;

use super::{
    cursor::{Cursor, Position, Written},
    page::{self, Beginning, Head, Membership, Step},
    store,
};
use crate::{
    auth::{Actor, secret::Sealer},
    db::Conn,
    failure::Result,
    plans,
};

/// What a pull gives.
#[derive(Debug, Default)]
pub struct Page {
    pub changes: Vec<Change>,
    pub cursor: String,
    pub more: bool,
    pub resync: bool,
    pub digests: Option<Digests>,
    /// The page ends behind this mark.
    pub through: Option<Written>,
    /// Sealed plans that it tells: the reading is to be on the ledger first.
    pub sealed: Vec<Uuid>,
}

/// Whether a device of this version may pull. Everybody may push, for ever.
pub fn may_pull(actor: &Actor) -> bool {
    actor.protocol >= OLDEST_PULL
}

/// The next page. Must run within one snapshot, that of `head`.
///
/// # Errors
/// Broken when the database fails.
pub async fn pull(
    conn: &mut Conn,
    actor: &Actor,
    request: &Request,
    head: &Head,
    sealer: &Sealer,
) -> Result<Page> {
    let memberships = store::memberships(conn, actor.jurisdiction, actor.account).await?;
    let came = match &request.cursor {
        None => Some(Cursor::start(actor.account, head.epoch)),
        Some(text) => Cursor::open(text, sealer),
    };
    let life = came.as_ref().map(|cursor| cursor.epoch);
    let seen = match request.resync.is_empty() {
        true => head.seq,
        false => page::seen(&memberships, newest(conn, actor, &memberships).await?, head),
    };
    let mut cursor = match page::begin(came, actor.account, head, &request.resync, seen) {
        Beginning::Compare => return compare(conn, actor, head, &memberships, life, sealer).await,
        Beginning::Nothing(cursor) => {
            return finish(conn, actor, cursor, &memberships, Vec::new(), head.seq, request, sealer).await;
        }
        Beginning::From(cursor) => cursor,
    };
    let count = limits::PAGE_CHANGES_MAX;
    let fetch = i64::try_from(count).unwrap_or(i64::MAX).saturating_add(1);
    let wants = page::wants(&memberships, cursor.again.as_ref(), &cursor.position);
    let (filled, changed) = tokio::try_join!(
        store::filled(conn, actor.jurisdiction, &wants, fetch),
        store::changed(conn, actor.jurisdiction, &wants, fetch)
    )?;
    let (steps, cut) =
        page::order(&memberships, cursor.again.as_ref(), &cursor.position, filled, changed, count);
    let bytes = request.limit_bytes.unwrap_or(limits::PAGE_BYTES).clamp(1024, limits::PAGE_BYTES_MAX);
    let (changes, last, all) = fill_page(conn, actor, &steps, bytes).await?;
    let sealed = plans::store::sealed(conn, actor.jurisdiction, &plans_told(&changes)).await?;
    if cut || !all {
        cursor.position = last.unwrap_or(cursor.position);
        return Ok(Page { changes, cursor: cursor.seal(sealer), more: true, sealed, ..Page::default() });
    }
    let cursor = page::end(cursor, head);
    let page = finish(conn, actor, cursor, &memberships, changes, head.seq, request, sealer).await?;
    Ok(Page { sealed, ..page })
}

/// Plans whose bodies these changes have.
fn plans_told(changes: &[Change]) -> Vec<Uuid> {
    let told = |change: &Change| match change {
        Change::Put(put) if put.kind == Kind::Plan && put.body.is_some() => Some(put.id),
        _ => None,
    };
    changes.iter().filter_map(told).collect()
}

/// The cursor is of another life: tell what each channel holds now, and let the client ask for what differs.
async fn compare(
    conn: &mut Conn,
    actor: &Actor,
    head: &Head,
    memberships: &[Membership],
    life: Option<Uuid>,
    sealer: &Sealer,
) -> Result<Page> {
    let cursor = page::end(Cursor::start(actor.account, head.epoch), head);
    let mut digests = digests(conn, actor, memberships).await?;
    if life != Some(head.epoch) {
        let channels: Vec<Channel> = digests.keys().copied().collect();
        let changed = store::changed_since(conn, actor.jurisdiction, life, &channels).await?;
        page::tell_otherwise(&mut digests, changed);
    }
    Ok(Page {
        cursor: cursor.seal(sealer),
        resync: true,
        digests: Some(digests),
        through: Some(Written { epoch: head.epoch, seq: head.seq }),
        ..Page::default()
    })
}

async fn newest(conn: &Conn, actor: &Actor, memberships: &[Membership]) -> Result<i64> {
    let live: Vec<Channel> =
        memberships.iter().filter(|m| m.revoked_seq.is_none()).map(|m| m.channel).collect();
    store::newest(conn, actor.jurisdiction, &live).await
}

async fn digests(conn: &mut Conn, actor: &Actor, memberships: &[Membership]) -> Result<Digests> {
    let live: Vec<Channel> =
        memberships.iter().filter(|m| m.revoked_seq.is_none()).map(|m| m.channel).collect();
    store::digests(conn, actor.jurisdiction, &live).await
}

#[expect(clippy::too_many_arguments, reason = "the parts of a page that are known at its end")]
async fn finish(
    conn: &mut Conn,
    actor: &Actor,
    cursor: Cursor,
    memberships: &[Membership],
    changes: Vec<Change>,
    through: i64,
    request: &Request,
    sealer: &Sealer,
) -> Result<Page> {
    let digests = if request.digests { Some(digests(conn, actor, memberships).await?) } else { None };
    Ok(Page {
        changes,
        cursor: cursor.seal(sealer),
        more: false,
        resync: false,
        digests,
        through: Some(Written { epoch: cursor.epoch, seq: through }),
        sealed: Vec::new(),
    })
}

/// Loads bodies and cuts the page at its size; at least one change, so that there is always progress. Gives the
/// changes, the position of the last, and whether all steps are in.
async fn fill_page(
    conn: &mut Conn,
    actor: &Actor,
    steps: &[(Position, Step)],
    limit_bytes: usize,
) -> Result<(Vec<Change>, Option<Position>, bool)> {
    let (mut changes, mut last, mut bytes) = (Vec::with_capacity(steps.len()), None, 0);
    let mut sent: BTreeSet<Uuid> = BTreeSet::new();
    // Bodies are loaded a part at a time, about as many as there is room for: a page that has no room for them must not
    // load thousands. First as if each were large, then as large as those before.
    let (mut rest, mut room) = (steps, (limit_bytes / 2048).clamp(16, 256));
    while !rest.is_empty() {
        let (part, others) = rest.split_at(room.min(rest.len()));
        rest = others;
        let mut bodies = store::bodies(conn, actor.jurisdiction, &page::bodies(part)).await?;
        for (position, step) in part {
            let change = match step {
                Step::Drop(channel) => Change::Drop(*channel),
                Step::Row(row) if !row.present => Change::Gone(row.channel, row.item),
                Step::Row(row) => {
                    let body = if sent.contains(&row.item) { None } else { bodies.remove(&row.item) };
                    Change::Put(Put {
                        channel: row.channel,
                        id: row.item,
                        kind: row.kind.clone(),
                        rev: row.rev.unsigned_abs(),
                        body,
                    })
                }
            };
            let size = size_of(&change);
            if !changes.is_empty() && bytes + size > limit_bytes {
                return Ok((changes, last, false));
            }
            if let Change::Put(put) = &change {
                sent.insert(put.id);
            }
            bytes += size;
            last = Some(*position);
            changes.push(change);
        }
        room = (limit_bytes.saturating_sub(bytes) * changes.len() / bytes.max(1)).clamp(16, 1000);
    }
    Ok((changes, last, true))
}

/// Bytes of a change on the wire, about: ids and names beside the body.
fn size_of(change: &Change) -> usize {
    const FRAME: usize = 140;
    match change {
        Change::Put(put) => FRAME + put.body.as_ref().map_or(0, |body| body.get().len()),
        Change::Drop(_) | Change::Gone(..) => FRAME,
    }
}
