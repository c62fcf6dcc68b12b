//! What the responsible unit does: sign for, decline, plan, ask for more time, answer.

use super::{
    authority::Person,
    facts::{Answered, Refused, Task, Work},
    guard,
    history::{Extension, ExtensionDecision},
    item::{Item, Stage},
    next::{Moved, Next, not_now},
    refusal::Refusal,
    scene::Scene,
};
use crate::{
    Code,
    notice::{Audience, NoticeKind, Told},
    rectification::{Answer, AskExtension, Decline, Plan},
};

pub(super) fn acknowledge(item: &Item, person: &Person, scene: &Scene<'_>) -> Moved {
    let Stage::HandedOver { order } = &item.case.stage else {
        return Err(not_now(item, "rectification.acknowledge"));
    };
    let mut next = Next::of(item);
    next.case.stage = Stage::Acknowledged { task: Task { order: order.clone(), receipt: scene.by(person) } };
    next.receipt_ends(scene.now);
    Ok(next)
}

pub(super) fn decline(item: &Item, body: &Decline, person: &Person, scene: &Scene<'_>) -> Moved {
    guard::says_shortly("/reason", &body.reason)?;
    if let Some(unit) = body.suggests {
        scene.known_unit(unit, "/suggests")?;
    }
    let Stage::HandedOver { order } = &item.case.stage else {
        return Err(not_now(item, "rectification.decline"));
    };
    let mut next = Next::of(item);
    let refusal =
        Refused { declined: scene.by(person), reason: body.reason.clone(), suggests: body.suggests };
    next.case.stage = Stage::Declined { order: order.clone(), refusal };
    next.clock_stands(scene.now);
    Ok(next.tell([Told::new(Audience::Supervisors, NoticeKind::Declined)]))
}

pub(super) fn plan(item: &Item, body: &Plan, person: &Person, scene: &Scene<'_>) -> Moved {
    guard::says("/text", &body.text)?;
    if let Some(day) = body.finish_on {
        // It may have come to pass while the phone was offline; far away it cannot be meant.
        guard::is_near(day, scene.today()).map_err(|code| Refusal::at(code, "/finish_on"))?;
    }
    let mut task = item.case.stage.task().cloned().ok_or_else(|| not_now(item, "rectification.plan"))?;
    task.order.funds = body.funds.or(task.order.funds);
    let mut next = Next::of(item);
    let work = Work { planned: scene.by(person), text: body.text.clone(), finish_on: body.finish_on };
    next.case.stage = Stage::InProgress { task, work };
    Ok(next)
}

pub(super) fn ask_extension(item: &Item, body: &AskExtension, person: &Person, scene: &Scene<'_>) -> Moved {
    guard::says_shortly("/reason", &body.reason)?;
    let order = item.case.stage.order().ok_or_else(|| not_now(item, "rectification.ask_extension"))?;
    guard::extension_is_before_the_deadline(order, scene.now)?;
    if item.case.extensions.last().is_some_and(|last| last.decision == ExtensionDecision::Pending) {
        return Err(Refusal::moved(Code::ExtensionPending));
    }
    let to = scene.deadline(&body.due)?;
    guard::is_later(to, order.due).map_err(|code| Refusal::at(code, "/due"))?;
    let mut next = Next::of(item);
    next.case.extensions.push(Extension {
        asked: scene.by(person),
        order: order.number,
        reason: body.reason.clone(),
        from: order.due,
        to,
        decision: ExtensionDecision::Pending,
    });
    Ok(next.tell([Told::new(Audience::Supervisors, NoticeKind::ExtensionAsked)]))
}

/// A first answer, or one upon an answer that the person has seen. Two that were given at once, neither knowing the
/// other, do not push each other aside: the second is a conflict, and is kept.
pub(super) fn answer(item: &Item, body: &Answer, person: &Person, scene: &Scene<'_>) -> Moved {
    guard::says("/text", &body.text)?;
    guard::mentions("/evidence", &body.evidence)?;
    if let Stage::Answered { acceptance, .. } = &item.case.stage {
        let seen = scene.base_rev == Some(item.rev);
        if acceptance.is_some() || !seen {
            return Err(Refusal::moved(Code::AnsweredAlready));
        }
    }
    let taken = item.case.answers.iter().flat_map(|answer| &answer.evidence);
    if let Some(twice) = taken
        .map(|held| held.evidence.evidence_id)
        .find(|id| body.evidence.iter().any(|mention| mention.evidence_id == *id))
    {
        return Err(crate::Problem::new(Code::DuplicateId).at("/evidence").detail(twice.to_string()).into());
    }
    let mut task = item.case.stage.task().cloned().ok_or_else(|| not_now(item, "rectification.report"))?;
    task.order.funds = body.funds.or(task.order.funds);
    let mut next = Next::of(item);
    next.case.answers.push(Answered {
        given: scene.by(person),
        unit_id: task.order.unit_id,
        round: item.case.rounds + 1,
        text: body.text.clone(),
        evidence: scene.hold(&body.evidence),
    });
    next.case.stage = Stage::Answered { task, acceptance: None };
    next.clock_stands(scene.now);
    let group = item.desk.assignment.as_ref().map(|assignment| assignment.group);
    let told = [Told::new(Audience::Supervisors, NoticeKind::Answered)];
    let verify = group.map(|group| Told::new(Audience::Group(group), NoticeKind::ToVerify));
    Ok(next.tell(told).tell(verify))
}
