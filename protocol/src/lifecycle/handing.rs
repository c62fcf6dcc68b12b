//! What supervisors do with an item that is open: hand over, reassign, extend, suspend, resume, cancel.

use chrono::Duration;

use super::{
    authority::Person,
    facts::{Cancellation, Deadline, Order, Pause},
    guard,
    history::{Extension, ExtensionDecision, ReceiptRun},
    item::{Item, Stage},
    next::{Moved, Next, not_now},
    refusal::Refusal,
    scene::Scene,
};
use crate::{
    Code, limits,
    notice::{Audience, NoticeKind, Told},
    rectification::{Cancel, GrantExtension, HandOver, Named, Reassign, RefuseExtension, Resume, Suspend},
};

fn check_named(place: &str, named: &Named, scene: &Scene<'_>) -> Result<(), Refusal> {
    guard::says_shortly(&format!("{place}/name"), &named.name)?;
    scene.known_account(named.account_id, &format!("{place}/account_id"))
}

fn receipt_hours(given: Option<u16>, scene: &Scene<'_>) -> Result<Duration, Refusal> {
    let hours = given.unwrap_or(scene.rules.receipt_hours);
    if hours == 0 {
        return Err(Refusal::at(Code::DateNotAhead, "/receipt_hours"));
    }
    if hours > limits::RECEIPT_HOURS_MAX {
        return Err(Refusal::at(Code::DateTooFar, "/receipt_hours"));
    }
    Ok(Duration::hours(i64::from(hours)))
}

pub(super) fn hand_over(item: &Item, body: &HandOver, person: &Person, scene: &Scene<'_>) -> Moved {
    scene.known_unit(body.unit_id, "/unit_id")?;
    check_named("/person", &body.person, scene)?;
    if let Some(leader) = &body.leader {
        check_named("/leader", leader, scene)?;
    }
    guard::says("/requirement", &body.requirement)?;
    guard::may_say("/standard", body.standard.as_deref())?;
    let due = scene.deadline(&body.due)?;
    let order = Order {
        number: next_number(item),
        unit_id: body.unit_id,
        person: body.person.clone(),
        leader: body.leader.clone(),
        requirement: body.requirement.clone(),
        standard: body.standard.clone(),
        funds: body.funds,
        given: scene.by(person),
        due,
        sign_by: scene.now + receipt_hours(body.receipt_hours, scene)?,
    };
    Ok(give(item, order, scene))
}

fn next_number(item: &Item) -> u32 {
    u32::try_from(item.case.orders.len()).unwrap_or(u32::MAX).saturating_add(1)
}

/// Puts an order in force.
fn give(item: &Item, order: Order, scene: &Scene<'_>) -> Next {
    let mut next = Next::of(item);
    let before = item.case.stage.holder().filter(|unit| *unit != order.unit_id);
    next.receipt_ends(scene.now);
    next.extension_lapses(scene.now);
    next.case.orders.push(order.unit_id);
    next.case.receipts.push(ReceiptRun { from: scene.now, sign_by: order.sign_by, ended: None });
    // The group is assigned anew: it may be of the new unit.
    next.desk.assignment = None;
    next.desk.look_back = None;
    let due = order.due;
    let people = [Some(&order.person), order.leader.as_ref()].into_iter().flatten();
    let mut told: Vec<Told> = people
        .filter_map(|named| named.account_id)
        .map(|account| Told::new(Audience::One(account), NoticeKind::HandedOver))
        .collect();
    told.push(Told::new(Audience::Unit(order.unit_id), NoticeKind::HandedOver));
    told.extend(before.map(|unit| Told::new(Audience::Unit(unit), NoticeKind::TakenAway)));
    next.case.stage = Stage::HandedOver { order };
    next.clock_runs(due, scene.now);
    next.tell(told)
}

pub(super) fn reassign(item: &Item, body: &Reassign, person: &Person, scene: &Scene<'_>) -> Moved {
    guard::says_shortly("/reason", &body.reason)?;
    scene.known_unit(body.unit_id, "/unit_id")?;
    check_named("/person", &body.person, scene)?;
    if let Some(leader) = &body.leader {
        check_named("/leader", leader, scene)?;
    }
    guard::may_say("/requirement", body.requirement.as_deref())?;
    let old = item.case.stage.order().ok_or_else(|| not_now(item, "rectification.reassign"))?;
    if old.unit_id == body.unit_id && old.person == body.person {
        return Err(Refusal::at(Code::ReassignSame, "/person"));
    }
    let due = match &body.due {
        Some(due) => scene.deadline(due)?,
        // A unit is not handed what is late already: then a new day has to be given.
        None if old.due.passes_at > scene.now => old.due,
        None => return Err(Refusal::at(Code::DateNotAhead, "/due")),
    };
    let requirement = body.requirement.clone().filter(|text| !text.trim().is_empty());
    let order = Order {
        number: next_number(item),
        unit_id: body.unit_id,
        person: body.person.clone(),
        leader: body.leader.clone().or_else(|| old.leader.clone()),
        requirement: requirement.unwrap_or_else(|| old.requirement.clone()),
        standard: old.standard.clone(),
        funds: old.funds,
        given: scene.by(person),
        due,
        sign_by: scene.now + receipt_hours(body.receipt_hours, scene)?,
    };
    Ok(give(item, order, scene))
}

fn pending(item: &Item) -> Result<&Extension, Refusal> {
    let last = item.case.extensions.last().filter(|last| last.decision == ExtensionDecision::Pending);
    last.ok_or_else(|| Refusal::moved(Code::NoExtension))
}

pub(super) fn grant_extension(
    item: &Item,
    body: &GrantExtension,
    person: &Person,
    scene: &Scene<'_>,
) -> Moved {
    guard::may_say("/text", body.text.as_deref())?;
    let asked = pending(item)?;
    let order = item.case.stage.order().ok_or_else(|| Refusal::moved(Code::NoExtension))?;
    let due = match &body.due {
        Some(due) => scene.deadline(due)?,
        // It may have passed while the request waited.
        None if asked.to.passes_at > scene.now => asked.to,
        None => return Err(Refusal::at(Code::DateNotAhead, "/due")),
    };
    guard::is_later(due, order.due).map_err(|code| Refusal::at(code, "/due"))?;
    let mut next = Next::of(item);
    let decision =
        ExtensionDecision::Granted { by: person.account, at: scene.now, due, text: body.text.clone() };
    decide(&mut next, decision);
    next.clock_runs(due, scene.now);
    let unit = Told::new(Audience::Unit(order.unit_id), NoticeKind::ExtensionGranted);
    Ok(next.tell([unit]))
}

pub(super) fn refuse_extension(
    item: &Item,
    body: &RefuseExtension,
    person: &Person,
    scene: &Scene<'_>,
) -> Moved {
    guard::says_shortly("/reason", &body.reason)?;
    pending(item)?;
    let mut next = Next::of(item);
    let reason = body.reason.clone();
    decide(&mut next, ExtensionDecision::Refused { by: person.account, at: scene.now, reason });
    let unit = item.unit().map(|unit| Told::new(Audience::Unit(unit), NoticeKind::ExtensionRefused));
    Ok(next.tell(unit))
}

fn decide(next: &mut Next, decision: ExtensionDecision) {
    if let Some(last) = next.case.extensions.last_mut() {
        last.decision = decision;
    }
}

pub(super) fn suspend(item: &Item, body: &Suspend, person: &Person, scene: &Scene<'_>) -> Moved {
    guard::says_shortly("/reason", &body.reason)?;
    guard::lies_ahead(body.review_on, scene.today()).map_err(|code| Refusal::at(code, "/review_on"))?;
    let mut next = Next::of(item);
    let pause = Pause { suspended: scene.by(person), reason: body.reason.clone(), review_on: body.review_on };
    next.case.stage = Stage::Suspended { pause, from: Box::new(item.case.stage.clone()) };
    next.clock_stands(scene.now);
    let unit = item.unit().map(|unit| Told::new(Audience::Unit(unit), NoticeKind::Suspended));
    Ok(next.tell(unit))
}

/// Back to the stage that it was in, with the deadline given, or moved by the working days of the suspension.
pub(super) fn resume(item: &Item, body: &Resume, scene: &Scene<'_>) -> Moved {
    guard::says_shortly("/reason", &body.reason)?;
    let Stage::Suspended { pause, from } = &item.case.stage else {
        return Err(not_now(item, "rectification.resume"));
    };
    let order = from.order().ok_or_else(|| not_now(item, "rectification.resume"))?;
    let due = match &body.due {
        Some(due) => scene.deadline(due)?,
        None => moved_by_suspension(pause, order, scene),
    };
    let mut next = Next::of(item);
    next.case.stage = *from.clone();
    if let (Stage::HandedOver { order }, Some(run)) = (&mut next.case.stage, item.case.receipts.last()) {
        // The receipt clock goes on with the hours that were left.
        let left = (run.sign_by - pause.suspended.at).max(Duration::zero());
        order.sign_by = scene.now + left;
        next.case.receipts.push(ReceiptRun { from: scene.now, sign_by: order.sign_by, ended: None });
    }
    next.clock_runs(due, scene.now);
    let unit = item.unit().map(|unit| Told::new(Audience::Unit(unit), NoticeKind::Resumed));
    Ok(next.tell(unit))
}

fn moved_by_suspension(pause: &Pause, order: &Order, scene: &Scene<'_>) -> Deadline {
    let from = scene.calendar.day_of(pause.suspended.at);
    match scene.calendar.working_days_between(from, scene.today()) {
        0 => order.due,
        days => scene.calendar.deadline_after(order.due.on, days),
    }
}

pub(super) fn cancel(item: &Item, body: &Cancel, person: &Person, scene: &Scene<'_>) -> Moved {
    guard::says_shortly("/reason", &body.reason)?;
    let mut next = Next::of(item);
    let unit = item.case.stage.holder();
    let cancellation =
        Cancellation { cancelled: scene.by(person), reason: body.reason.clone(), joined_into: None };
    next.case.stage = Stage::Cancelled { cancellation };
    next.clock_stands(scene.now);
    Ok(next.tell(unit.map(|unit| Told::new(Audience::Unit(unit), NoticeKind::TakenAway))))
}
