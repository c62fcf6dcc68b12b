//! What the clock does, and what people make of its drafts: reminders, and the ladder, a rung at a time.

use super::{
    authority::Person,
    deadlines::{self, FallsDue},
    facts::By,
    guard,
    history::{Draft, DraftOutcome, Reminded, Taken},
    item::Item,
    next::{Moved, Next, not_now},
    refusal::Refusal,
    scene::Scene,
};
use crate::{
    Code,
    notice::{Audience, NoticeKind, Told},
    rectification::{Act, ApproveStep, Colour, DropStep, Escalate, Remind, Rung},
};

pub(super) fn by_clock(item: &Item, act: &Act, scene: &Scene<'_>) -> Moved {
    match act {
        Act::Remind(body) => remind(item, body, scene),
        Act::Escalate(body) => escalate(item, body, scene),
        _ => Err(Code::CommandForbidden.into()),
    }
}

/// The earliest reminder of this colour that is due. None: it went out, or it is too early.
fn remind(item: &Item, body: &Remind, scene: &Scene<'_>) -> Moved {
    let due = deadlines::falls(item, scene.now, scene.calendar, scene.rules);
    let found = due.into_iter().find_map(|falls| match falls.what {
        FallsDue::Reminder { colour, of } if colour == body.colour => Some((of, falls.at)),
        _ => None,
    });
    let (of, at) = found.ok_or_else(|| Refusal::moved(Code::StepTooEarly))?;
    let mut next = Next::of(item);
    let reminded = Reminded { at: scene.now, colour: body.colour.clone(), of, due: at };
    let to = match (&body.colour, item.case.stage.order()) {
        // The day of a review or a look-back is not the unit's to know.
        (Colour::Review, _) | (_, None) => {
            next.desk.reminded.push(reminded);
            vec![Audience::Supervisors]
        }
        (Colour::Receipt | Colour::Red, Some(order)) => {
            next.case.reminded.push(reminded);
            vec![Audience::Unit(order.unit_id), Audience::Supervisors]
        }
        (_, Some(order)) => {
            next.case.reminded.push(reminded);
            vec![Audience::Unit(order.unit_id)]
        }
    };
    let told = |to| Told { colour: Some(body.colour.clone()), ..Told::new(to, NoticeKind::Reminder) };
    Ok(next.tell(to.into_iter().map(told)))
}

/// One rung, once, in order, when it is due; from the summons up only a draft.
fn escalate(item: &Item, body: &Escalate, scene: &Scene<'_>) -> Moved {
    let order = item.case.stage.order().ok_or_else(|| not_now(item, "rectification.escalate"))?;
    if deadlines::was_taken(item, order.number, &body.rung) {
        return Err(Refusal::moved(Code::StepDone));
    }
    let Some((rung, at)) = deadlines::rung_to_come(item, order, scene.calendar, scene.rules) else {
        return Err(Refusal::moved(Code::StepOutOfOrder));
    };
    if rung != body.rung {
        return Err(Refusal::moved(Code::StepOutOfOrder));
    }
    if at > scene.now {
        return Err(Refusal::moved(Code::StepTooEarly));
    }
    let mut next = Next::of(item);
    let (number, due, now) = (order.number, order.due, scene.now);
    if rung.waits_for_a_person() {
        let outcome = DraftOutcome::Waiting;
        next.desk.drafts.push(Draft { rung: rung.clone(), order: number, at: now, due, outcome });
        let draft = Told { rung: Some(rung), ..Told::new(Audience::Supervisors, NoticeKind::DraftWaits) };
        return Ok(next.tell([draft]));
    }
    let told = escalated(item, &rung);
    next.case.ladder.push(Taken { rung, order: number, at: now, due, approved: None, text: None });
    Ok(next.tell(told))
}

/// The unit hears of it, and from supervision up its leader and the supervisors, too.
fn escalated(item: &Item, rung: &Rung) -> Vec<Told> {
    let order = item.case.stage.order();
    let mut to: Vec<Audience> = order.map(|order| Audience::Unit(order.unit_id)).into_iter().collect();
    if *rung != Rung::Remind {
        let leader = order.and_then(|order| order.leader.as_ref()).and_then(|leader| leader.account_id);
        to.extend(leader.map(Audience::One));
        to.push(Audience::Supervisors);
    }
    let told = |to| Told { rung: Some(rung.clone()), ..Told::new(to, NoticeKind::Escalated) };
    to.into_iter().map(told).collect()
}

/// The place of the draft of this rung that waits.
fn waiting(item: &Item, rung: &Rung) -> Result<usize, Refusal> {
    let mut drafts = item.desk.drafts.iter();
    let found = drafts.position(|draft| draft.rung == *rung && draft.outcome == DraftOutcome::Waiting);
    found.ok_or_else(|| Refusal::moved(Code::NoDraft))
}

pub(super) fn approve(item: &Item, body: &ApproveStep, person: &Person, scene: &Scene<'_>) -> Moved {
    guard::may_say("/text", body.text.as_deref())?;
    let at = waiting(item, &body.rung)?;
    let draft = &item.desk.drafts[at];
    // A draft against a unit that no longer has the item can only be dropped.
    if item.case.stage.order().is_none_or(|order| order.number != draft.order) {
        return Err(Refusal::moved(Code::NoDraft));
    }
    let mut next = Next::of(item);
    next.desk.drafts[at].outcome = DraftOutcome::Approved { by: person.account, at: scene.now };
    next.case.ladder.push(Taken {
        rung: body.rung.clone(),
        order: draft.order,
        at: scene.now,
        due: draft.due,
        approved: Some(By { by: person.account, at: scene.now }),
        text: body.text.clone(),
    });
    Ok(next.tell(escalated(item, &body.rung)))
}

pub(super) fn drop_draft(item: &Item, body: &DropStep, person: &Person, scene: &Scene<'_>) -> Moved {
    guard::says_shortly("/reason", &body.reason)?;
    let at = waiting(item, &body.rung)?;
    let mut next = Next::of(item);
    let reason = body.reason.clone();
    next.desk.drafts[at].outcome = DraftOutcome::Dropped { by: person.account, at: scene.now, reason };
    Ok(next)
}
