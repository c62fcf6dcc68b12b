//! In which channels an item stands, and with which of its halves.
//!
//! | half | stands in | as |
//! |---|---|---|
//! | [`Rectification`](super::item::Rectification) | the channel area, and the unit's channel while an order is in force or was closed | `rectification` |
//! | [`Desk`](super::item::Desk) | the channel area only | `rectification_desk` |
//!
//! The unit's channel is touched only when the unit's half changed: that somebody assigned a group or wrote an internal
//! remark does not show there, not even as a revision.

use uuid::Uuid;

use super::item::{Item, Stage};
use crate::{
    feed::{Channel, Kind},
    ids::{AreaId, RectificationId, UnitId},
};

/// A membership to be written: the item stands there as of this revision, or left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub channel: Channel,
    pub kind: Kind,
    pub id: Uuid,
    pub rev: u32,
    pub present: bool,
}

/// The id under which the half of those who oversee stands in the feed.
pub fn desk_id(item: RectificationId) -> Uuid {
    Uuid::new_v5(&item.0, b"desk")
}

/// The unit that sees the item: the one that it is with, or that had it closed. Not one that declined it or lost it.
pub fn seen_by(item: &Item) -> Option<UnitId> {
    match &item.case.stage {
        Stage::Listed | Stage::Declined { .. } | Stage::Cancelled { .. } => None,
        stage => stage.order().map(|order| order.unit_id),
    }
}

/// What changes in the feed from `before` to `after`, the item's things standing in the channel of `area`.
pub fn places(before: Option<&Item>, after: &Item, area: AreaId) -> Vec<Standing> {
    let (was, is) = (before.and_then(seen_by), seen_by(after));
    let case_changed = before.is_none_or(|before| before.case != after.case);
    let desk_changed = before.is_none_or(|before| before.desk != after.desk);
    let case = |channel, present| Standing {
        channel,
        kind: Kind::Rectification,
        id: after.id().0,
        rev: after.rev,
        present,
    };
    let mut found = Vec::new();
    // In the area both halves keep the item's revision, for that is what a desk answers upon.
    found.push(case(Channel::Area(area), true));
    if desk_changed {
        let (id, kind) = (desk_id(after.id()), Kind::RectificationDesk);
        found.push(Standing { channel: Channel::Area(area), kind, id, rev: after.rev, present: true });
    }
    if let Some(unit) = was.filter(|unit| Some(*unit) != is) {
        found.push(case(Channel::Unit(unit), false));
    }
    if let Some(unit) = is.filter(|_| case_changed || was != is) {
        found.push(case(Channel::Unit(unit), true));
    }
    found
}
