//! What falls due on an item, and when; and whether it was overdue at any time.
//!
//! A chore asks [`falls`] and gives the clock's command for each; [`next`] tells when to ask again, so that a sweep
//! over a million items reads one indexed column. Overdue is never a state: it is computed, for now and for any past
//! moment alike, from [`Rectification::track`].

use chrono::{DateTime, Utc};

use super::{
    calendar::Calendar,
    facts::{Deadline, Order},
    history::{DraftOutcome, Reminded, Tick},
    item::{Item, Rectification, Stage},
    rules::Rules,
};
use crate::{
    ids::CommandId,
    rectification::{Act, Colour, Escalate, Remind, Rung},
};

/// Something that falls due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Falls {
    pub at: DateTime<Utc>,
    pub what: FallsDue,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FallsDue {
    /// Of this moment.
    Reminder {
        colour: Colour,
        of: DateTime<Utc>,
    },
    Rung {
        rung: Rung,
        order: u32,
    },
}

impl Falls {
    /// Names it within its item, as of the item's revision: two processes that see the same thing fall due give the
    /// same command, and one that was refused, because somebody got in between, does not stand in the way for ever.
    pub fn name(&self, rev: u32) -> String {
        match &self.what {
            FallsDue::Reminder { colour, of } => {
                format!("remind:{colour}:{}:{}:{rev}", of.timestamp(), self.at.timestamp())
            }
            FallsDue::Rung { rung, order } => format!("escalate:{order}:{rung}:{rev}"),
        }
    }

    /// The command of the clock, with the id that makes a second giving a repeat.
    pub fn command(&self, item: &Item) -> (CommandId, Act) {
        let rectification_id = item.id();
        let act = match &self.what {
            FallsDue::Reminder { colour, .. } => {
                Act::Remind(Remind { rectification_id, colour: colour.clone() })
            }
            FallsDue::Rung { rung, .. } => Act::Escalate(Escalate { rectification_id, rung: rung.clone() }),
        };
        (Act::clock_id(rectification_id, &self.name(item.rev)), act)
    }
}

/// What is due at this moment and was not done yet, the earliest first. Of the ladder at most one rung: the next
/// falls due only after it.
pub fn falls(item: &Item, now: DateTime<Utc>, calendar: &Calendar, rules: &Rules) -> Vec<Falls> {
    let mut due: Vec<Falls> =
        all(item, now, calendar, rules).into_iter().filter(|falls| falls.at <= now).collect();
    due.sort_by_key(|falls| falls.at);
    due
}

/// When something next falls due, be it past already, seen from `now`; `None`: not before somebody acts.
pub fn next(item: &Item, now: DateTime<Utc>, calendar: &Calendar, rules: &Rules) -> Option<DateTime<Utc>> {
    all(item, now, calendar, rules).into_iter().map(|falls| falls.at).min()
}

/// Everything that is still to fall due, as the item stands at `now`.
fn all(item: &Item, now: DateTime<Utc>, calendar: &Calendar, rules: &Rules) -> Vec<Falls> {
    let mut found = Vec::new();
    match &item.case.stage {
        Stage::HandedOver { order } => {
            if rules.receipt_reminder {
                found.extend(reminder(&item.case.reminded, Colour::Receipt, order.sign_by, order.sign_by));
            }
            found.extend(of_deadline(item, order, now, calendar, rules));
        }
        Stage::Suspended { pause, .. } => {
            let at = calendar.start_of(pause.review_on);
            found.extend(reminder(&item.desk.reminded, Colour::Review, at, at));
        }
        Stage::Closed { .. } => {
            if let Some(look_back) =
                item.desk.look_back.as_ref().filter(|look_back| look_back.passed.is_none())
            {
                let at = calendar.start_of(look_back.on);
                found.extend(reminder(&item.desk.reminded, Colour::Review, at, at));
            }
        }
        stage if stage.runs() => {
            if let Some(order) = stage.order() {
                found.extend(of_deadline(item, order, now, calendar, rules));
            }
        }
        _ => {}
    }
    found
}

fn reminder(done: &[Reminded], colour: Colour, of: DateTime<Utc>, at: DateTime<Utc>) -> Option<Falls> {
    let done =
        done.iter().any(|reminded| reminded.colour == colour && reminded.of == of && reminded.due == at);
    (!done).then_some(Falls { at, what: FallsDue::Reminder { colour, of } })
}

fn of_deadline(
    item: &Item,
    order: &Order,
    now: DateTime<Utc>,
    calendar: &Calendar,
    rules: &Rules,
) -> Vec<Falls> {
    let due = order.due;
    let mut found = Vec::new();
    // Once the deadline has passed, a reminder that it is near would be wrong: the clock may have been set forward, or
    // no server may have run on that day. The red one follows.
    let ahead = rules.reminders.iter().filter(|_| due.passes_at > now);
    for rule in ahead {
        let at = calendar.start_of(calendar.take_working_days(due.on, rule.working_days_before));
        // What lay behind already when the deadline was set is not made up for.
        if at > set_at(&item.case, due) {
            found.extend(reminder(&item.case.reminded, rule.colour.clone(), due.passes_at, at));
        }
    }
    let red = passed(due, rules.red_after_working_days, calendar);
    found.extend(reminder(&item.case.reminded, Colour::Red, due.passes_at, red));
    found.extend(next_rung(item, order, calendar, rules));
    found
}

/// When this deadline, the one in force, began to count: it may have stood in between, but no other ran.
fn set_at(case: &Rectification, due: Deadline) -> DateTime<Utc> {
    let runs = case.track.iter().rev().filter(|mark| mark.what != Tick::Stands);
    let since = runs.take_while(|mark| mark.what == Tick::Runs { due }).last();
    since.map_or(DateTime::<Utc>::MIN_UTC, |mark| mark.at)
}

/// The moment when so many working days after the deadline's have begun; 0: when it has passed.
fn passed(due: Deadline, working_days: u16, calendar: &Calendar) -> DateTime<Utc> {
    match working_days {
        0 => due.passes_at,
        n => calendar.start_of(calendar.add_working_days(due.on, n)),
    }
}

fn next_rung(item: &Item, order: &Order, calendar: &Calendar, rules: &Rules) -> Option<Falls> {
    let (rung, at) = rung_to_come(item, order, calendar, rules)?;
    Some(Falls { at, what: FallsDue::Rung { rung, order: order.number } })
}

/// The rung that comes next under this order, and when; none while a draft waits, and none above the top.
pub fn rung_to_come(
    item: &Item,
    order: &Order,
    calendar: &Calendar,
    rules: &Rules,
) -> Option<(Rung, DateTime<Utc>)> {
    if waiting(item, order.number).is_some() {
        return None;
    }
    let rule = rules.ladder.iter().find(|rule| !was_taken(item, order.number, &rule.rung))?;
    Some((rule.rung.clone(), passed(order.due, rule.after_working_days, calendar)))
}

/// Whether a rung was taken under this order, drafted ones included: an escalation step happens once.
pub fn was_taken(item: &Item, order: u32, rung: &Rung) -> bool {
    item.case.ladder.iter().any(|taken| taken.order == order && taken.rung == *rung)
        || item.desk.drafts.iter().any(|draft| draft.order == order && draft.rung == *rung)
}

/// The drafted rung that waits for a person under this order.
pub fn waiting(item: &Item, order: u32) -> Option<&super::history::Draft> {
    item.desk.drafts.iter().find(|draft| draft.order == order && draft.outcome == DraftOutcome::Waiting)
}

/// Whether the item is overdue now, by its stage.
pub fn is_overdue(case: &Rectification, now: DateTime<Utc>) -> bool {
    case.stage.runs() && case.stage.order().is_some_and(|order| order.due.passes_at <= now)
}

/// Whether the item was overdue at any moment, by its history alone. Agrees with [`is_overdue`] at every moment at
/// which anybody looked.
pub fn was_overdue(case: &Rectification, at: DateTime<Utc>) -> bool {
    let last = case.track.iter().rfind(|mark| mark.at <= at);
    match last.map(|mark| mark.what) {
        Some(Tick::Runs { due }) => due.passes_at <= at,
        Some(Tick::Stands) | None => false,
    }
}

/// Whether the receipt was late at any moment.
pub fn receipt_was_late(case: &Rectification, at: DateTime<Utc>) -> bool {
    case.receipts
        .iter()
        .any(|run| run.from <= at && run.sign_by <= at && run.ended.is_none_or(|ended| ended > at))
}

/// Working days by which the item is late on the day of `at`; 0 when it is not.
pub fn working_days_late(case: &Rectification, at: DateTime<Utc>, calendar: &Calendar) -> u16 {
    match case.track.iter().rfind(|mark| mark.at <= at).map(|mark| mark.what) {
        Some(Tick::Runs { due }) if due.passes_at <= at => {
            calendar.working_days_between(due.on, calendar.day_of(at))
        }
        _ => 0,
    }
}
