//! Verification, closing and look-back. Never by the unit that fixed it; never more than one item.

use super::{
    authority::Person,
    facts::{Acceptance, Assignment, Closing, LookBack, Relapse, SentBack},
    guard,
    item::{Item, Stage},
    listing,
    look_back::look_back_on,
    next::{Moved, Next, not_now},
    refusal::Refusal,
    scene::Scene,
};
use crate::{
    Code, limits,
    notice::{Audience, NoticeKind, Told},
    rectification::{Accept, AssignVerifiers, Close, LookBackPassed, Method, Reopen, Return},
};

pub(super) fn assign(item: &Item, body: &AssignVerifiers, person: &Person, scene: &Scene<'_>) -> Moved {
    // The group must not be the unit that fixes it; its people are looked at when they verify.
    if item.unit() == Some(body.group) {
        return Err(Refusal::at(Code::VerifierOfUnit, "/group"));
    }
    if !(scene.is_group)(body.group) {
        return Err(Refusal::at(Code::UnitUnknown, "/group"));
    }
    if body.accounts.len() > limits::VERIFIERS_PER_ITEM {
        return Err(Refusal::at(Code::TooManyParts, "/accounts"));
    }
    for (i, account) in body.accounts.iter().enumerate() {
        scene.known_account(Some(*account), &format!("/accounts/{i}"))?;
    }
    let mut next = Next::of(item);
    next.desk.assignment =
        Some(Assignment { assigned: scene.by(person), group: body.group, accounts: body.accounts.clone() });
    let answered = matches!(item.case.stage, Stage::Answered { .. });
    let verify = answered.then(|| Told::new(Audience::Group(body.group), NoticeKind::ToVerify));
    Ok(next.tell(verify))
}

pub(super) fn accept(item: &Item, body: &Accept, person: &Person, scene: &Scene<'_>) -> Moved {
    guard::may_say("/text", body.text.as_deref())?;
    guard::verifier_is_of_another_unit(item, person)?;
    guard::verifier_is_assigned(item, person)?;
    let Stage::Answered { task, acceptance } = &item.case.stage else {
        return Err(not_now(item, "rectification.accept"));
    };
    if acceptance.is_some() {
        return Err(Refusal::moved(Code::AcceptedAlready));
    }
    let visit = scene.known_visit(body.inspection_id)?;
    if body.method == Method::OnSite {
        let visit = visit.ok_or_else(|| Refusal::at(Code::VisitMissing, "/inspection_id"))?;
        guard::visit_saw_the_work(item, &task.order, visit)?;
    }
    let assigned = item.desk.assignment.as_ref().map(|assignment| assignment.group);
    let acceptance = Acceptance {
        accepted: scene.by(person),
        method: body.method.clone(),
        group: assigned.or(person.unit),
        inspection_id: body.inspection_id,
        text: body.text.clone(),
    };
    let mut next = Next::of(item);
    next.case.stage = Stage::Answered { task: task.clone(), acceptance: Some(acceptance) };
    Ok(next)
}

pub(super) fn send_back(item: &Item, body: &Return, person: &Person, scene: &Scene<'_>) -> Moved {
    guard::says("/reasons", &body.reasons)?;
    guard::verifier_is_of_another_unit(item, person)?;
    scene.known_visit(body.inspection_id)?;
    let Stage::Answered { task, .. } = &item.case.stage else {
        return Err(not_now(item, "rectification.return"));
    };
    let due = match &body.due {
        Some(due) => scene.deadline(due)?,
        None => task.order.due,
    };
    let mut next = Next::of(item);
    let round = item.case.rounds + 1;
    let back = SentBack {
        returned: scene.by(person),
        reasons: body.reasons.clone(),
        round,
        inspection_id: body.inspection_id,
    };
    next.case.rounds = round;
    next.case.sent_back.push(back.clone());
    let unit = task.order.unit_id;
    next.case.stage = Stage::Returned { task: task.clone(), back };
    next.clock_runs(due, scene.now);
    Ok(next.tell([Told::new(Audience::Unit(unit), NoticeKind::Returned)]))
}

/// Off the ledger: an accepted answer, a whole after-photo, and nobody of the unit.
pub(super) fn close(item: &Item, body: &Close, person: &Person, scene: &Scene<'_>) -> Moved {
    guard::may_say("/text", body.text.as_deref())?;
    guard::verifier_is_of_another_unit(item, person)?;
    let Stage::Answered { task, acceptance } = &item.case.stage else {
        return Err(not_now(item, "rectification.close"));
    };
    let acceptance = acceptance.clone().ok_or_else(|| Refusal::moved(Code::NotAccepted))?;
    guard::after_photo_is_whole(item)?;
    let mut next = Next::of(item);
    let on = look_back_on(scene.today(), &item.case.severity, scene.record, &scene.rules.look_back);
    next.desk.look_back = Some(LookBack { on, passed: None, inspection_id: None });
    let unit = task.order.unit_id;
    let closing = Closing { closed: scene.by(person), acceptance, text: body.text.clone() };
    next.case.stage = Stage::Closed { task: task.clone(), closing };
    next.clock_stands(scene.now);
    Ok(next.tell([Told::new(Audience::Unit(unit), NoticeKind::Closed)]))
}

pub(super) fn look_back_passed(
    item: &Item,
    body: &LookBackPassed,
    person: &Person,
    scene: &Scene<'_>,
) -> Moved {
    guard::may_say("/text", body.text.as_deref())?;
    guard::verifier_is_of_another_unit(item, person)?;
    scene.known_visit(body.inspection_id)?;
    let look_back = item.desk.look_back.as_ref().ok_or_else(|| not_now(item, "rectification.reopen"))?;
    if look_back.passed.is_some() {
        return Err(Refusal::moved(Code::LookBackDone));
    }
    let mut next = Next::of(item);
    next.desk.look_back = Some(LookBack {
        on: look_back.on,
        passed: Some(scene.by(person)),
        inspection_id: body.inspection_id,
    });
    Ok(next)
}

/// The trouble is back: the item is open again, the relapse linked to the closing that did not hold.
pub(super) fn reopen(item: &Item, body: &Reopen, person: &Person, scene: &Scene<'_>) -> Moved {
    guard::says("/reason", &body.reason)?;
    guard::verifier_is_of_another_unit(item, person)?;
    scene.known_visit(body.inspection_id)?;
    let Stage::Closed { task, closing } = &item.case.stage else {
        return Err(not_now(item, "rectification.reopen"));
    };
    let (findings, inspections) = listing::look_back_findings(item, &body.findings, scene)?;
    let mut next = Next::of(item);
    listing::take_in(&mut next, findings, inspections)?;
    let relapse = Relapse {
        reopened: scene.by(person),
        reason: body.reason.clone(),
        unit_id: task.order.unit_id,
        closing: closing.clone(),
        inspection_id: body.inspection_id,
    };
    next.case.relapses.push(relapse.clone());
    next.desk.look_back = None;
    let group = closing.acceptance.group;
    next.case.stage = Stage::Reopened { task: task.clone(), relapse };
    let told = [Audience::Unit(task.order.unit_id), Audience::Supervisors]
        .map(|to| Told::new(to, NoticeKind::Reopened));
    Ok(next.tell(told).tell(group.map(|group| Told::new(Audience::Group(group), NoticeKind::Reopened))))
}
