//! What becomes of a command that was given upon an older revision (protocol-design §5).
//!
//! | the giver saw | the step is legal | refused for the item's state | refused for another reason |
//! |---|---|---|---|
//! | the present revision | applied | rejected | rejected |
//! | an older one, an unknown one, or did not say | applied | **conflict**, both kept | rejected |
//!
//! A conflict changes the item, too: the command that came too late is kept in it whole, so that a person can look at
//! both. The clock has no conflicts: what it sees no longer due is rejected, and looked for again.

use super::{
    authority::{Actor, CASE_RULES, Over},
    history::Kept,
    item::Item,
    refusal::Refusal,
    scene::Scene,
    step::{Step, step},
};
use crate::{
    Code, Problem,
    ids::CommandId,
    limits,
    notice::{Audience, NoticeKind, Told},
    rectification::Act,
};

/// The outcome of a command on an item, before it is stored.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    Applied(Box<Step>),
    Rejected(Problem),
    Conflict(Box<Conflict>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    pub problem: Problem,
    /// The item, one revision on, with the late command kept in it.
    pub item: Item,
    /// Whether the giver may still see the item: else the outcome must not show it.
    pub show: bool,
    pub told: Vec<Told>,
}

/// Decides a command with its base. Pure, like all of this.
pub fn decide(
    item: Option<&Item>,
    act: &Act,
    actor: &Actor,
    command_id: CommandId,
    scene: &Scene<'_>,
) -> Decision {
    let refusal = match step(item, act, actor, scene) {
        Ok(step) => return Decision::Applied(Box::new(step)),
        Err(refusal) => refusal,
    };
    match (item, actor) {
        (Some(item), Actor::Person(person)) if refusal.moved && scene.base_rev != Some(item.rev) => {
            keep(item, act, person, command_id, refusal, scene)
        }
        _ => Decision::Rejected(refusal.problem),
    }
}

fn keep(
    item: &Item,
    act: &Act,
    person: &super::authority::Person,
    command_id: CommandId,
    refusal: Refusal,
    scene: &Scene<'_>,
) -> Decision {
    let mut after = item.clone();
    after.rev += 1;
    let unit = item.unit().filter(|unit| person.is_of(*unit) && is_the_units(act));
    let show = !refusal.problem.is(Code::NotYourUnit);
    // What another unit, or one who oversees, meant to do is not this unit's to read: not even when that one is of
    // the unit, too.
    let list = if unit.is_some() { &mut after.case.kept } else { &mut after.desk.kept };
    if list.len() >= limits::KEPT_PER_ITEM {
        return Decision::Rejected(Problem::new(Code::TooManyParts).detail("commands kept in conflict"));
    }
    list.push(Kept {
        command_id,
        kind: act.kind().to_owned(),
        by: person.account,
        at: scene.now,
        base_rev: scene.base_rev.map(|rev| rev.to_string()),
        met_rev: item.rev.to_string(),
        why: refusal.problem.code().map_or("", Code::slug).to_owned(),
        body: act.body(),
    });
    let mut told = vec![Told::new(Audience::Supervisors, NoticeKind::Conflict)];
    told.extend(unit.map(|unit| Told::new(Audience::Unit(unit), NoticeKind::Conflict)));
    Decision::Conflict(Box::new(Conflict { problem: refusal.problem, item: after, show, told }))
}

/// Whether this is a command that units give.
fn is_the_units(act: &Act) -> bool {
    CASE_RULES.iter().any(|rule| rule.command == act.kind() && rule.over == Over::Unit)
}
