//! One step of an item's life: (item, command, actor, scene) -> the next item, or a refusal.

use super::{
    authority::{Actor, Case, Person, may},
    clockwork, handing,
    item::Item,
    listing,
    next::{Moved, Next},
    reconcile::{self, Move},
    refusal::Refusal,
    scene::Scene,
    talk, verifying, work,
};
use crate::{Code, notice::Told, rectification::Act};

/// A step that is taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The item after it, one revision on.
    pub item: Item,
    /// Other items that it changes or makes: the one that was joined, the one that was split off.
    pub others: Vec<Item>,
    /// What is to be told, to whom.
    pub told: Vec<Told>,
    /// What it moves in the units' balances.
    pub moves: Vec<Move>,
}

/// Judges one command. `item` is `None` when there is none by this id. Authority first, then the guards.
///
/// # Errors
/// A refusal, with what to do instead.
pub fn step(item: Option<&Item>, act: &Act, actor: &Actor, scene: &Scene<'_>) -> Result<Step, Refusal> {
    let stage = item.map(Item::stage);
    let case = Case { stage: stage.as_ref(), unit: item.and_then(Item::unit), areas: scene.areas };
    if let Err(code) = may(actor, act.kind(), &case) {
        return Err(Refusal { problem: code.into(), moved: lies_in_the_state(item, actor, code) });
    }
    let (next, rev) = match (item, act, actor) {
        (None, Act::List(list), Actor::Person(person)) => (listing::list(list, person, scene)?, 1),
        (Some(item), act, Actor::Person(person)) => (by_person(item, act, person, scene)?, item.rev + 1),
        (Some(item), act, Actor::Clock) => (clockwork::by_clock(item, act, scene)?, item.rev + 1),
        (None, ..) => return Err(Code::ItemUnknown.into()),
    };
    let Next { case, desk, others, told } = next;
    let after = Item { rev, case, desk };
    let moves = reconcile::moves(item, &after, scene.now).collect();
    Ok(Step { item: after, others, told, moves })
}

/// Stage refusals lie in the item's state; so does "not your unit", to those whose it was.
fn lies_in_the_state(item: Option<&Item>, actor: &Actor, code: Code) -> bool {
    match (item, actor, code) {
        (None, ..) | (_, _, Code::CommandForbidden | Code::ForTheClock) => false,
        (Some(item), Actor::Person(person), Code::NotYourUnit) => {
            item.case.orders.iter().any(|unit| person.is_of(*unit))
        }
        _ => true,
    }
}

fn by_person(item: &Item, act: &Act, person: &Person, scene: &Scene<'_>) -> Moved {
    match act {
        Act::List(_) => Err(Code::ItemExists.into()),
        Act::Join(join) => listing::join(item, join, person, scene),
        Act::Split(split) => listing::split(item, split, person, scene),
        Act::AddFinding(add) => listing::add_finding(item, add, scene),
        Act::SetSeverity(set) => listing::set_severity(item, set),
        Act::HandOver(order) => handing::hand_over(item, order, person, scene),
        Act::Reassign(order) => handing::reassign(item, order, person, scene),
        Act::Suspend(suspend) => handing::suspend(item, suspend, person, scene),
        Act::Resume(resume) => handing::resume(item, resume, scene),
        Act::Cancel(cancel) => handing::cancel(item, cancel, person, scene),
        Act::GrantExtension(grant) => handing::grant_extension(item, grant, person, scene),
        Act::RefuseExtension(refuse) => handing::refuse_extension(item, refuse, person, scene),
        Act::Acknowledge(_) => work::acknowledge(item, person, scene),
        Act::Decline(decline) => work::decline(item, decline, person, scene),
        Act::Plan(plan) => work::plan(item, plan, person, scene),
        Act::AskExtension(ask) => work::ask_extension(item, ask, person, scene),
        Act::Answer(answer) => work::answer(item, answer, person, scene),
        Act::AssignVerifiers(assign) => verifying::assign(item, assign, person, scene),
        Act::Accept(accept) => verifying::accept(item, accept, person, scene),
        Act::Return(back) => verifying::send_back(item, back, person, scene),
        Act::Close(close) => verifying::close(item, close, person, scene),
        Act::LookBackPassed(passed) => verifying::look_back_passed(item, passed, person, scene),
        Act::Reopen(reopen) => verifying::reopen(item, reopen, person, scene),
        Act::Comment(comment) => talk::comment(item, comment, person, scene),
        Act::Instruct(instruct) => talk::instruct(item, instruct, person, scene),
        Act::Read(read) => talk::read(item, read, person, scene),
        Act::ApproveStep(approve) => clockwork::approve(item, approve, person, scene),
        Act::DropStep(drop) => clockwork::drop_draft(item, drop, person, scene),
        Act::Remind(_) | Act::Escalate(_) => Err(Code::ForTheClock.into()),
    }
}
