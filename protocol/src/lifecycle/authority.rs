//! Who may do what to an item, and at which stage: one table, and the pure function that reads it.
//!
//! The server judges by it, and the apps: a button that is not allowed is shown with its reason ([`may`] gives its
//! code). What the table does not list is refused.

use std::collections::BTreeMap;

use serde::Serialize;

use super::item::StageName;
use crate::{
    Code,
    authority::Held,
    ids::{AccountId, AreaId, UnitId},
    people::{Role, Scope},
    rectification::Act,
};

/// Who gives a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    Person(Person),
    Clock,
}

/// A person, with what authority and the guards go by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub account: AccountId,
    /// The unit that the account belongs to.
    pub unit: Option<UnitId>,
    /// Grants that are live, each with the area that it reaches.
    pub grants: Vec<Held>,
}

impl Person {
    /// Whether the person is of this unit: by the account, or by any grant over the unit.
    pub fn is_of(&self, unit: UnitId) -> bool {
        self.unit == Some(unit) || self.grants.iter().any(|held| held.grant.scope == Scope::Unit(unit))
    }

    fn has(&self, role: &Role) -> impl Iterator<Item = &Held> {
        self.grants
            .iter()
            .filter(move |held| held.grant.account_id == self.account && held.grant.role == *role)
    }

    fn within(&self, role: &Role, areas: &[AreaId]) -> bool {
        self.has(role).any(|held| held.area.is_some_and(|area| areas.contains(&area)))
    }

    fn over_unit(&self, role: &Role, unit: UnitId) -> bool {
        self.has(role).any(|held| held.grant.scope == Scope::Unit(unit))
    }
}

/// What a role must be held over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// An area that the item lies in.
    Area,
    /// The unit that the item is, or was last, handed to.
    Unit,
    /// Nobody: the clock.
    Clock,
}

/// One line of the table.
#[derive(Debug)]
pub struct CaseRule {
    pub command: &'static str,
    pub roles: &'static [Role],
    pub over: Over,
    pub stages: &'static [StageName],
}

use StageName::{
    Acknowledged, Answered, Cancelled, Closed, Declined, HandedOver, InProgress, Listed, Reopened, Returned,
    Suspended,
};

const SUPERVISOR: &[Role] = &[Role::Supervisor];
const VERIFIER: &[Role] = &[Role::Verifier];
const ACCEPTING: &[Role] = &[Role::Verifier, Role::Supervisor];
const UNIT: &[Role] = &[Role::UnitOfficer, Role::ResidentTeam];
const OVERSEEING: &[Role] = &[Role::Supervisor, Role::Verifier, Role::Leader];

const WORKING: &[StageName] = &[Acknowledged, InProgress, Returned];
const RUNNING: &[StageName] = &[HandedOver, Acknowledged, InProgress, Returned];
const OPEN: &[StageName] =
    &[Listed, HandedOver, Acknowledged, InProgress, Answered, Returned, Declined, Suspended, Reopened];
const EVERY: &[StageName] = StageName::ALL;
/// Wherever there may be a draft: what is over may have left one.
const NOT_LISTED: &[StageName] = &[
    HandedOver,
    Acknowledged,
    InProgress,
    Answered,
    Returned,
    Closed,
    Declined,
    Suspended,
    Reopened,
    Cancelled,
];
/// Where an item is not with the unit, or not yet answered: what it consists of may still change.
const OPEN_UNANSWERED: &[StageName] =
    &[Listed, HandedOver, Acknowledged, InProgress, Returned, Declined, Suspended, Reopened];

const fn by(
    command: &'static str,
    roles: &'static [Role],
    over: Over,
    stages: &'static [StageName],
) -> CaseRule {
    CaseRule { command, roles, over, stages }
}

/// A command is allowed when any of its rules holds. No stages: it makes the item.
pub const CASE_RULES: &[CaseRule] = &[
    by("rectification.list", SUPERVISOR, Over::Area, &[]),
    by("rectification.join", SUPERVISOR, Over::Area, OPEN_UNANSWERED),
    by("rectification.split", SUPERVISOR, Over::Area, &[Listed, Declined, Reopened]),
    by("rectification.add_finding", SUPERVISOR, Over::Area, OPEN_UNANSWERED),
    by("rectification.set_severity", SUPERVISOR, Over::Area, OPEN),
    by("rectification.hand_over", SUPERVISOR, Over::Area, &[Listed, Declined, Reopened]),
    by("rectification.acknowledge", UNIT, Over::Unit, &[HandedOver]),
    by("rectification.decline", UNIT, Over::Unit, &[HandedOver]),
    by(
        "rectification.reassign",
        SUPERVISOR,
        Over::Area,
        &[HandedOver, Acknowledged, InProgress, Returned, Declined],
    ),
    by("rectification.plan", UNIT, Over::Unit, WORKING),
    by("rectification.ask_extension", UNIT, Over::Unit, WORKING),
    by("rectification.grant_extension", SUPERVISOR, Over::Area, WORKING),
    by("rectification.refuse_extension", SUPERVISOR, Over::Area, WORKING),
    by("rectification.suspend", SUPERVISOR, Over::Area, RUNNING),
    by("rectification.resume", SUPERVISOR, Over::Area, &[Suspended]),
    by("rectification.report", UNIT, Over::Unit, &[Acknowledged, InProgress, Returned, Answered]),
    by(
        "rectification.assign_verifiers",
        SUPERVISOR,
        Over::Area,
        &[HandedOver, Acknowledged, InProgress, Answered, Returned],
    ),
    by("rectification.accept", VERIFIER, Over::Area, &[Answered]),
    by("rectification.return", ACCEPTING, Over::Area, &[Answered]),
    by("rectification.close", ACCEPTING, Over::Area, &[Answered]),
    by("rectification.look_back_passed", ACCEPTING, Over::Area, &[Closed]),
    by("rectification.reopen", ACCEPTING, Over::Area, &[Closed]),
    by("rectification.cancel", SUPERVISOR, Over::Area, OPEN),
    by("rectification.comment", OVERSEEING, Over::Area, EVERY),
    by("rectification.comment", UNIT, Over::Unit, EVERY),
    by("rectification.instruct", &[Role::Leader], Over::Area, EVERY),
    by("rectification.read", OVERSEEING, Over::Area, EVERY),
    by("rectification.read", UNIT, Over::Unit, EVERY),
    by(
        "rectification.remind",
        &[],
        Over::Clock,
        &[HandedOver, Acknowledged, InProgress, Returned, Suspended, Closed],
    ),
    by("rectification.escalate", &[], Over::Clock, RUNNING),
    by(
        "rectification.approve_step",
        SUPERVISOR,
        Over::Area,
        &[HandedOver, Acknowledged, InProgress, Answered, Returned, Suspended],
    ),
    by("rectification.drop_step", SUPERVISOR, Over::Area, NOT_LISTED),
];

/// An item, as far as authority goes by it. A phone makes it from what the feed brought.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// `None`: it does not exist yet.
    pub stage: Option<&'a StageName>,
    /// The unit that it is, or was last, handed to.
    pub unit: Option<UnitId>,
    /// The area where it lies, with those it lies in.
    pub areas: &'a [AreaId],
}

/// Whether this actor may give this command to this item now; the code is the reason to show at a disabled button.
///
/// # Errors
/// `command_forbidden`, `not_your_unit`, `for_the_clock`: the person may not, whatever the stage.
/// Any code of [`wrong_stage`]: not now.
pub fn may(actor: &Actor, command: &str, case: &Case<'_>) -> Result<(), Code> {
    let rules = || CASE_RULES.iter().filter(|rule| rule.command == command);
    let person = match actor {
        Actor::Clock => {
            let mut clocks = rules().filter(|rule| rule.over == Over::Clock).peekable();
            clocks.peek().ok_or(Code::CommandForbidden)?;
            return at_stage(clocks, command, case);
        }
        Actor::Person(person) => person,
    };
    let entitled = |rule: &&CaseRule| match rule.over {
        Over::Area => rule.roles.iter().any(|role| person.within(role, case.areas)),
        Over::Unit => {
            case.unit.is_some_and(|unit| rule.roles.iter().any(|role| person.over_unit(role, unit)))
        }
        Over::Clock => false,
    };
    if !rules().any(|rule| entitled(&rule)) {
        return Err(refusal_of_person(person, rules()));
    }
    at_stage(rules().filter(entitled), command, case)
}

fn refusal_of_person<'a>(person: &Person, mut rules: impl Iterator<Item = &'a CaseRule>) -> Code {
    let of_another = |rule: &CaseRule| {
        rule.over == Over::Unit && rule.roles.iter().any(|r| person.has(r).next().is_some())
    };
    match rules.find(|rule| rule.over == Over::Clock || of_another(rule)) {
        Some(CaseRule { over: Over::Clock, .. }) => Code::ForTheClock,
        Some(_) => Code::NotYourUnit,
        None => Code::CommandForbidden,
    }
}

fn at_stage<'a>(
    mut rules: impl Iterator<Item = &'a CaseRule>,
    command: &str,
    case: &Case<'_>,
) -> Result<(), Code> {
    match case.stage {
        None => {
            if rules.any(|rule| rule.stages.is_empty()) {
                Ok(())
            } else {
                Err(Code::ItemUnknown)
            }
        }
        Some(stage) => {
            if rules.any(|rule| rule.stages.contains(stage)) {
                Ok(())
            } else {
                Err(wrong_stage(command, stage))
            }
        }
    }
}

/// Why a command is not for this stage, and so what to do instead.
pub fn wrong_stage(command: &str, stage: &StageName) -> Code {
    let verifies =
        ["accept", "return", "close"].iter().any(|word| command.strip_prefix("rectification.") == Some(word));
    match (command, stage) {
        ("rectification.list", _) => Code::ItemExists,
        (_, Cancelled) => Code::ItemCancelled,
        ("rectification.look_back_passed" | "rectification.reopen", _) => Code::NotClosed,
        (_, Closed) => Code::ItemClosed,
        ("rectification.resume", _) => Code::NotSuspended,
        (_, Suspended) => Code::ItemSuspended,
        (_, Listed) => Code::NotHandedOver,
        (_, Declined) => Code::ItemDeclined,
        (_, Reopened) => Code::ItemReopened,
        ("rectification.grant_extension" | "rectification.refuse_extension", _) => Code::NoExtension,
        ("rectification.hand_over" | "rectification.split", _) => Code::HandedOverAlready,
        (_, Answered) => Code::AnsweredAlready,
        (_, HandedOver | Acknowledged | InProgress | Returned) if verifies => Code::NotAnswered,
        (_, HandedOver) => Code::NotAcknowledged,
        ("rectification.acknowledge" | "rectification.decline", _) => Code::AcknowledgedAlready,
        _ => Code::ItemMoved,
    }
}

/// The table as the web apps take it: rules, and the code for every command at every stage that it is not for.
pub fn json() -> serde_json::Value {
    #[derive(Serialize)]
    struct Line<'a> {
        command: &'a str,
        roles: Vec<&'a str>,
        over: &'a str,
        stages: Vec<&'a str>,
    }
    #[derive(Serialize)]
    struct Refusal {
        code: &'static str,
        zh: &'static str,
        en: &'static str,
    }
    let lines: Vec<Line<'_>> = CASE_RULES
        .iter()
        .map(|rule| Line {
            command: rule.command,
            roles: rule.roles.iter().map(Role::as_str).collect(),
            over: over(rule.over),
            stages: rule.stages.iter().map(StageName::as_str).collect(),
        })
        .collect();
    let mut not_now: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    let mut told: BTreeMap<&str, Refusal> = BTreeMap::new();
    for command in Act::KINDS {
        for stage in StageName::ALL.iter().filter(|stage| !allowed_to_anyone(command, stage)) {
            let code = wrong_stage(command, stage);
            not_now.entry(command).or_default().insert(stage.as_str(), code.slug());
            told.insert(code.slug(), Refusal { code: code.slug(), zh: code.title_zh(), en: code.title() });
        }
    }
    serde_json::json!({ "rules": lines, "not_now": not_now, "refusals": told.into_values().collect::<Vec<_>>() })
}

fn allowed_to_anyone(command: &str, stage: &StageName) -> bool {
    CASE_RULES.iter().any(|rule| rule.command == command && rule.stages.contains(stage))
}

fn over(over: Over) -> &'static str {
    match over {
        Over::Area => "area",
        Over::Unit => "unit",
        Over::Clock => "clock",
    }
}

/// The table as text, for docs/authority.txt.
pub fn table() -> String {
    let mut text = String::from(
        "\nWho may do what to an item of the ledger, and at which stage (protocol/src/lifecycle/authority.rs)\n\
         area: the role is held over the item's area; unit: over the unit that the item is with; clock: nobody's.\n\n",
    );
    text += &format!("{:<34}{:<16}{:<8}{}\n", "command", "role", "over", "stages");
    for rule in CASE_RULES {
        let stages = match rule.stages.len() {
            0 => "makes the item".to_owned(),
            n if n == StageName::ALL.len() => "every".to_owned(),
            _ => rule.stages.iter().map(StageName::as_str).collect::<Vec<_>>().join(", "),
        };
        let roles: Vec<&str> = match rule.roles {
            [] => vec!["-"],
            roles => roles.iter().map(Role::as_str).collect(),
        };
        for role in roles {
            text += &format!("{:<34}{role:<16}{:<8}{stages}\n", rule.command, over(rule.over));
        }
    }
    text
}
