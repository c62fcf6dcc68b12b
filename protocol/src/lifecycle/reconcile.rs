//! Reconciliation (对账): per unit and day, opening + new + reopened − closed − moved away = closing balance.
//!
//! A fold over moves. Every step of an item says what it moves ([`moves`]), from who held it before and who holds it
//! after, and nothing else; so the balance of a unit is the number of items that it holds, always.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{
    calendar::Calendar,
    item::{Item, Stage},
};
use crate::{
    ids::{RectificationId, UnitId},
    vocabulary::vocabulary,
};

vocabulary! {
    /// What happened to a unit's balance.
    MoveKind {
        New = "new",
        Reopened = "reopened",
        Closed = "closed",
        /// Declined, reassigned, or cancelled.
        MovedAway = "moved_away",
    }
}

/// One entry in a unit's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    pub at: DateTime<Utc>,
    pub unit_id: UnitId,
    pub rectification_id: RectificationId,
    pub kind: MoveKind,
    /// Of a closing, and of what came back after it: the group that had accepted the work (domain.md §4).
    pub group: Option<UnitId>,
}

/// What a step from `before` to `after` moves.
pub fn moves(before: Option<&Item>, after: &Item, at: DateTime<Utc>) -> impl Iterator<Item = Move> + use<> {
    let stage = before.map(|item| &item.case.stage);
    let from = stage.and_then(Stage::holder);
    let to = after.case.stage.holder();
    let left = match after.case.stage {
        Stage::Closed { .. } => MoveKind::Closed,
        _ => MoveKind::MovedAway,
    };
    let came = match stage {
        Some(Stage::Closed { .. }) => MoveKind::Reopened,
        _ => MoveKind::New,
    };
    let rectification_id = after.id();
    let entry = |unit_id, kind, group| Move { at, unit_id, rectification_id, kind, group };
    let out = from.filter(|_| from != to).map(|unit| entry(unit, left, accepted_by(&after.case.stage)));
    let into = to.filter(|_| from != to).map(|unit| entry(unit, came, stage.and_then(accepted_by)));
    out.into_iter().chain(into)
}

/// The group on whose acceptance an item stands closed.
fn accepted_by(stage: &Stage) -> Option<UnitId> {
    match stage {
        Stage::Closed { closing, .. } => closing.acceptance.group,
        _ => None,
    }
}

/// A unit's account of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Account {
    pub opening: u64,
    pub new: u64,
    pub reopened: u64,
    pub closed: u64,
    pub moved_away: u64,
    pub closing: u64,
}

impl Account {
    /// Whether it adds up. It always does, unless a move was lost.
    pub fn balances(&self) -> bool {
        self.opening + self.new + self.reopened == self.closed + self.moved_away + self.closing
    }

    fn book(&mut self, kind: &MoveKind) {
        match kind {
            MoveKind::New => self.new += 1,
            MoveKind::Reopened => self.reopened += 1,
            MoveKind::Closed => self.closed += 1,
            MoveKind::MovedAway => self.moved_away += 1,
            // An entry of a later version would unbalance the account, and be seen.
            MoveKind::Unknown(_) => {}
        }
    }
}

/// Accounts per unit and day, in the jurisdiction's days. Days without a move are left out; what a unit opens with is
/// what it closed with before.
pub fn accounts<'a>(
    moves: impl IntoIterator<Item = &'a Move>,
    calendar: &Calendar,
) -> BTreeMap<(UnitId, NaiveDate), Account> {
    let mut accounts: BTreeMap<(UnitId, NaiveDate), Account> = BTreeMap::new();
    for one in moves {
        accounts.entry((one.unit_id, calendar.day_of(one.at))).or_default().book(&one.kind);
    }
    let mut last: Option<(UnitId, u64)> = None;
    for ((unit, _), account) in &mut accounts {
        account.opening = last.filter(|(of, _)| of == unit).map_or(0, |(_, closing)| closing);
        account.closing = (account.opening + account.new + account.reopened)
            .saturating_sub(account.closed + account.moved_away);
        last = Some((*unit, account.closing));
    }
    accounts
}
