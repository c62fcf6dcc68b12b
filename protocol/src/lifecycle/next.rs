//! What a move makes of an item.

use chrono::{DateTime, Utc};

use super::{
    authority::wrong_stage,
    facts::Deadline,
    history::{ExtensionDecision, Mark, Tick},
    item::{Desk, Item, Rectification},
    refusal::Refusal,
};
use crate::notice::Told;

/// What a move makes of an item, before revision and balances are put in.
pub(super) struct Next {
    pub case: Rectification,
    pub desk: Desk,
    pub others: Vec<Item>,
    pub told: Vec<Told>,
}

impl Next {
    pub fn of(item: &Item) -> Self {
        Next { case: item.case.clone(), desk: item.desk.clone(), others: Vec::new(), told: Vec::new() }
    }

    pub fn tell(mut self, told: impl IntoIterator<Item = Told>) -> Self {
        self.told.extend(told);
        self
    }

    /// The unit has the item and has to act, against this deadline.
    pub fn clock_runs(&mut self, due: Deadline, now: DateTime<Utc>) {
        if let Some(order) = self.case.stage.order_mut() {
            order.due = due;
        }
        self.case.track.push(Mark { at: now, what: Tick::Runs { due } });
    }

    /// The unit no longer has to act: the fix clock stands, the receipt clock ends, and what it asked for lapses.
    pub fn clock_stands(&mut self, now: DateTime<Utc>) {
        if self.case.track.last().is_some_and(|mark| mark.what != Tick::Stands) {
            self.case.track.push(Mark { at: now, what: Tick::Stands });
        }
        self.receipt_ends(now);
        self.extension_lapses(now);
    }

    pub fn receipt_ends(&mut self, now: DateTime<Utc>) {
        if let Some(run) = self.case.receipts.last_mut() {
            run.ended.get_or_insert(now);
        }
    }

    pub fn extension_lapses(&mut self, now: DateTime<Utc>) {
        let last = self.case.extensions.last_mut();
        if let Some(extension) = last.filter(|last| last.decision == ExtensionDecision::Pending) {
            extension.decision = ExtensionDecision::Lapsed { at: now };
        }
    }
}

pub(super) type Moved = Result<Next, Refusal>;

/// A stage that the table lets through and a move does not know: the table and the moves disagree.
pub(super) fn not_now(item: &Item, act: &str) -> Refusal {
    Refusal::moved(wrong_stage(act, &item.stage()))
}
