//! One step of an item's life: (item, command, actor, scene) -> the next item, or a refusal.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    authority::{Actor, Case, Person, may},
    calendar::Calendar,
    facts::{By, Deadline, ItemFinding},
    history::{ExtensionDecision, Mark, Tick},
    item::{Item, Rectification},
    look_back::TrackRecord,
    reconcile::{self, Move},
    rules::Rules,
};
use crate::{
    Code, Problem,
    evidence::{Evidence, EvidenceStatus, HeldEvidence},
    ids::{AccountId, AreaId, FindingId, InspectionId, RectificationId, SiteId, UnitId},
    notice::Told,
    rectification::{Act, Due},
    sha::Sha,
};

/// A finding that a command names, with what the ledger has to know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct FindingFacts {
    pub finding: ItemFinding,
    pub area_id: AreaId,
    pub inspection_id: Option<InspectionId>,
    /// The item that it stands under already.
    pub listed_in: Option<RectificationId>,
    /// Its inspection was voided.
    pub voided: bool,
}

/// An inspection that a command names, with what the ledger has to know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    pub site_id: SiteId,
    /// When it was made, as far as the phone's clocks can be trusted; else when it came in.
    pub made: DateTime<Utc>,
}

/// What is known when a command is judged. Everything beside the item itself.
pub struct Scene<'a> {
    /// Server time.
    pub now: DateTime<Utc>,
    /// The revision that the giver had before the eyes, as far as it was told.
    pub base_rev: Option<u32>,
    pub calendar: &'a Calendar,
    pub rules: &'a Rules,
    /// The item's area (of a new item: the one it is to lie in), with those that it lies in.
    pub areas: &'a [AreaId],
    /// The findings that the command names, as far as they exist.
    pub findings: &'a BTreeMap<FindingId, FindingFacts>,
    /// Of a join: the other item. Of a split: the item that has the new id already. With its areas.
    pub other: Option<(&'a Item, &'a [AreaId])>,
    /// How the items of the item's unit held so far.
    pub record: TrackRecord,
    /// What the server holds of a file that the giver mentions.
    pub held: &'a dyn Fn(&Sha) -> EvidenceStatus,
    /// Whether there is such a responsible unit.
    pub is_unit: &'a dyn Fn(UnitId) -> bool,
    /// Whether there is such a group: a unit of any kind, or a team.
    pub is_group: &'a dyn Fn(UnitId) -> bool,
    /// Whether there is such an account in the jurisdiction.
    pub is_account: &'a dyn Fn(AccountId) -> bool,
    /// The inspection, if there is one that the giver sees.
    pub visit: &'a dyn Fn(InspectionId) -> Option<Visit>,
}

impl Scene<'_> {
    pub fn today(&self) -> NaiveDate {
        self.calendar.day_of(self.now)
    }

    pub(super) fn by(&self, person: &Person) -> By {
        By { by: person.account, at: self.now }
    }

    pub(super) fn deadline(&self, due: &Due) -> Result<Deadline, Refusal> {
        super::guard::deadline(due, self.today(), self.calendar).map_err(|code| Refusal::at(code, "/due"))
    }

    pub(super) fn hold(&self, evidence: &[Evidence]) -> Vec<HeldEvidence> {
        let held = |e: &Evidence| HeldEvidence { evidence: e.clone(), status: (self.held)(&e.sha256) };
        evidence.iter().map(held).collect()
    }

    pub(super) fn known_account(&self, account: Option<AccountId>, place: &str) -> Result<(), Refusal> {
        match account {
            Some(account) if !(self.is_account)(account) => Err(Refusal::at(Code::PersonUnknown, place)),
            _ => Ok(()),
        }
    }

    pub(super) fn known_unit(&self, unit: UnitId, place: &str) -> Result<(), Refusal> {
        if (self.is_unit)(unit) { Ok(()) } else { Err(Refusal::at(Code::UnitUnknown, place)) }
    }

    pub(super) fn known_visit(&self, inspection: Option<InspectionId>) -> Result<Option<Visit>, Refusal> {
        let found =
            |id| (self.visit)(id).ok_or_else(|| Refusal::at(Code::InspectionUnknown, "/inspection_id"));
        inspection.map(found).transpose()
    }
}

/// Why a step is not taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    pub problem: Problem,
    /// It lies in the state of the item: somebody who saw an older state could not know it.
    pub moved: bool,
}

impl Refusal {
    pub fn at(code: Code, place: &str) -> Self {
        Problem::new(code).at(place).into()
    }

    /// A refusal that lies in the state of the item.
    pub fn moved(code: Code) -> Self {
        Refusal { problem: code.into(), moved: true }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Refusal { problem, moved: false }
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Problem::new(code).into()
    }
}

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

/// What a move makes of an item, before revision and balances are put in.
pub(super) struct Next {
    pub case: Rectification,
    pub desk: super::item::Desk,
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
        (None, Act::List(list), Actor::Person(person)) => (super::listing::list(list, person, scene)?, 1),
        (Some(item), act, Actor::Person(person)) => (by_person(item, act, person, scene)?, item.rev + 1),
        (Some(item), act, Actor::Clock) => (super::clockwork::by_clock(item, act, scene)?, item.rev + 1),
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
    use super::{clockwork, handing, listing, talk, verifying, work};
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

/// A stage that the table lets through and a move does not know: the table and the moves disagree.
pub(super) fn not_now(item: &Item, act: &str) -> Refusal {
    Refusal::moved(super::authority::wrong_stage(act, &item.stage()))
}
