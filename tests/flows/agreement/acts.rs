//! What random people try: every command about an item, legal ones mostly, with words, days, ids and files that are right or
//! wrong.

use anfang_protocol::{
    evidence::Evidence,
    finding::Severity,
    ids::{AccountId, FindingId, InspectionId, RectificationId, RemarkId, UnitId},
    lifecycle::{
        Item, Stage,
        history::{DraftOutcome, ExtensionDecision},
    },
    rectification::*,
};
use chrono::NaiveDate;
use uuid::Uuid;

use super::{Dice, HERE, LEADER, OFFICER, OFFICER2, SUPERVISOR, VERIFIER};

/// What commands may name.
pub struct Stock {
    pub ids: Vec<RectificationId>,
    pub photos: Vec<Evidence>,
    /// Findings of inspections.
    pub findings: Vec<FindingId>,
    pub verifier: AccountId,
    pub today: NaiveDate,
}

/// Every command, and who would give it.
pub const ANY: [&str; 30] = [
    "list",
    "join",
    "split",
    "add_finding",
    "set_severity",
    "hand_over",
    "acknowledge",
    "decline",
    "reassign",
    "plan",
    "ask_extension",
    "grant_extension",
    "refuse_extension",
    "suspend",
    "resume",
    "report",
    "assign_verifiers",
    "accept",
    "return",
    "close",
    "look_back_passed",
    "reopen",
    "cancel",
    "comment",
    "instruct",
    "read",
    "remind",
    "escalate",
    "approve_step",
    "drop_step",
];

/// Commands that lead on from a stage, and who gives them: else nobody would get to the end of an item's life.
pub fn leading_on(item: Option<&Item>, dice: &mut Dice) -> (&'static str, usize) {
    let Some(item) = item else { return ("list", SUPERVISOR) };
    let officer = if item.unit() == Some(HERE.unit("U102")) { OFFICER2 } else { OFFICER };
    if item.draft_waits() {
        return (*dice.pick(&["approve_step", "drop_step"]), SUPERVISOR);
    }
    let asked = item.case.extensions.last().is_some_and(|last| last.decision == ExtensionDecision::Pending);
    if asked && dice.below(2) == 0 {
        return (*dice.pick(&["grant_extension", "refuse_extension"]), SUPERVISOR);
    }
    let choices: &[(&str, usize)] = match item.stage().as_str() {
        "listed" | "reopened" => &[
            ("hand_over", SUPERVISOR),
            ("hand_over", SUPERVISOR),
            ("hand_over", SUPERVISOR),
            ("split", SUPERVISOR),
            ("add_finding", SUPERVISOR),
            ("set_severity", SUPERVISOR),
            ("join", SUPERVISOR),
            ("join", SUPERVISOR),
            ("cancel", SUPERVISOR),
        ],
        "declined" => &[("reassign", SUPERVISOR)],
        "handed_over" => &[("acknowledge", officer), ("acknowledge", officer), ("decline", officer)],
        "acknowledged" | "in_progress" | "returned" => &[
            ("report", officer),
            ("report", officer),
            ("ask_extension", officer),
            ("plan", officer),
            ("suspend", SUPERVISOR),
            ("instruct", LEADER),
            ("read", officer),
        ],
        "answered" if accepted(item) => &[
            ("close", VERIFIER),
            ("close", VERIFIER),
            ("close", SUPERVISOR),
            ("return", VERIFIER),
            ("assign_verifiers", SUPERVISOR),
        ],
        "answered" => &[
            ("accept", VERIFIER),
            ("accept", VERIFIER),
            ("accept", VERIFIER),
            ("close", VERIFIER),
            ("return", VERIFIER),
            ("assign_verifiers", SUPERVISOR),
        ],
        "suspended" => &[("resume", SUPERVISOR)],
        "closed" => &[("reopen", VERIFIER), ("look_back_passed", VERIFIER), ("look_back_passed", SUPERVISOR)],
        _ => &[("comment", SUPERVISOR)],
    };
    *dice.pick(choices)
}

fn accepted(item: &Item) -> bool {
    matches!(item.case.stage, Stage::Answered { acceptance: Some(_), .. })
}

fn named() -> Named {
    Named { name: "王某".into(), account_id: None }
}

fn person(stock: &Stock, dice: &mut Dice) -> Named {
    let account_id = match dice.below(8) {
        0 => Some(AccountId(Uuid::nil())),
        1 | 2 => Some(stock.verifier),
        _ => None,
    };
    Named { account_id, ..named() }
}

fn due(dice: &mut Dice) -> Due {
    Due::WorkingDays(dice.below(9) as u16)
}

fn text(dice: &mut Dice) -> String {
    if dice.below(12) == 0 { String::new() } else { "说明".into() }
}

fn severity(dice: &mut Dice) -> Severity {
    dice.pick(&[Severity::General, Severity::Serious, Severity::Grave]).clone()
}

fn noted() -> Noted {
    Noted {
        finding_id: FindingId(Uuid::now_v7()),
        source: Source::Audit,
        reference: None,
        severity: Severity::Serious,
        text: "审计发现".into(),
        site_id: None,
        position: None,
        evidence: Vec::new(),
    }
}

/// Findings of visits: mostly one, sometimes none, sometimes one that there is not.
fn found(stock: &Stock, dice: &mut Dice) -> Vec<FindingId> {
    match dice.below(8) {
        0 => vec![FindingId(Uuid::nil())],
        1 | 2 => Vec::new(),
        _ => vec![*dice.pick(&stock.findings)],
    }
}

fn visit(dice: &mut Dice) -> Option<InspectionId> {
    (dice.below(10) == 0).then(|| InspectionId(Uuid::nil()))
}

pub fn act(short: &str, id: RectificationId, item: Option<&Item>, stock: &Stock, dice: &mut Dice) -> Act {
    match short {
        "list" | "join" | "split" | "add_finding" | "set_severity" => of_lists(short, id, item, stock, dice),
        "comment" | "instruct" | "read" => of_talk(short, id, item, dice),
        "remind" | "escalate" | "approve_step" | "drop_step" => of_ladder(short, id, item, dice),
        "hand_over" | "reassign" | "suspend" | "resume" | "cancel" | "grant_extension"
        | "refuse_extension" => of_supervisors(short, id, stock, dice),
        "acknowledge" | "decline" | "plan" | "ask_extension" | "report" => of_units(short, id, stock, dice),
        _ => of_verifiers(short, id, stock, dice),
    }
}

fn of_lists(short: &str, id: RectificationId, item: Option<&Item>, stock: &Stock, dice: &mut Dice) -> Act {
    let (rectification_id, reason) = (id, text(dice));
    match short {
        "list" => Act::List(List {
            rectification_id,
            area_id: HERE.area("101201"),
            findings: found(stock, dice),
            noted: vec![noted(), noted()],
            severity: (dice.below(4) == 0).then(|| severity(dice)),
            text: None,
        }),
        "join" => Act::Join(Join { rectification_id, other_id: *dice.pick(&stock.ids), reason }),
        "split" => {
            let has: Vec<FindingId> =
                item.iter().flat_map(|item| &item.case.findings).map(|finding| finding.finding_id).collect();
            let findings = match dice.below(6) {
                0 => found(stock, dice),
                1 => has,
                _ => has.into_iter().take(1).collect(),
            };
            let fresh = RectificationId(Uuid::now_v7());
            let new_id = if dice.below(8) == 0 { *dice.pick(&stock.ids) } else { fresh };
            Act::Split(Split { rectification_id, new_id, findings, reason })
        }
        "add_finding" => {
            let noted = if dice.below(3) == 0 { Vec::new() } else { vec![noted()] };
            Act::AddFinding(AddFinding { rectification_id, findings: found(stock, dice), noted })
        }
        _ => Act::SetSeverity(SetSeverity { rectification_id, severity: severity(dice), reason }),
    }
}

fn of_supervisors(short: &str, id: RectificationId, stock: &Stock, dice: &mut Dice) -> Act {
    let rectification_id = id;
    let unit_id = *dice.pick(&[HERE.unit("U101"), HERE.unit("U101"), HERE.unit("U102"), UnitId(Uuid::nil())]);
    let reason = text(dice);
    match short {
        "hand_over" => Act::HandOver(HandOver {
            rectification_id,
            unit_id,
            person: person(stock, dice),
            leader: (dice.below(3) == 0).then(|| person(stock, dice)),
            requirement: text(dice),
            standard: None,
            funds: None,
            due: due(dice),
            receipt_hours: (dice.below(4) == 0).then(|| dice.below(40) as u16),
        }),
        "reassign" => Act::Reassign(Reassign {
            rectification_id,
            unit_id,
            person: person(stock, dice),
            reason,
            leader: None,
            requirement: None,
            due: (dice.below(3) > 0).then(|| due(dice)),
            receipt_hours: None,
        }),
        "suspend" => {
            let review_on = stock.today + chrono::Days::new(dice.below(7) as u64);
            Act::Suspend(Suspend { rectification_id, reason, review_on })
        }
        "resume" => {
            let due = (dice.below(3) == 0).then(|| due(dice));
            Act::Resume(Resume { rectification_id, reason, due })
        }
        "cancel" => Act::Cancel(Cancel { rectification_id, reason }),
        "grant_extension" => {
            let due = (dice.below(3) == 0).then(|| due(dice));
            Act::GrantExtension(GrantExtension { rectification_id, due, text: None })
        }
        _ => Act::RefuseExtension(RefuseExtension { rectification_id, reason }),
    }
}

fn of_units(short: &str, id: RectificationId, stock: &Stock, dice: &mut Dice) -> Act {
    let (rectification_id, reason) = (id, text(dice));
    match short {
        "acknowledge" => Act::Acknowledge(Acknowledge { rectification_id }),
        "decline" => {
            let suggests = *dice.pick(&[None, Some(HERE.unit("U102")), Some(UnitId(Uuid::nil()))]);
            Act::Decline(Decline { rectification_id, reason, suggests })
        }
        "plan" => Act::Plan(Plan { rectification_id, text: reason, finish_on: None, funds: None }),
        "ask_extension" => {
            let due = Due::WorkingDays(dice.below(20) as u16);
            Act::AskExtension(AskExtension { rectification_id, due, reason })
        }
        _ => {
            let evidence = (dice.below(5) > 0).then(|| {
                let photo = dice.pick(&stock.photos).clone();
                Evidence { evidence_id: Uuid::now_v7().into(), ..photo }
            });
            let evidence = evidence.into_iter().collect();
            Act::Answer(Answer { rectification_id, text: reason, evidence, funds: None })
        }
    }
}

fn of_verifiers(short: &str, id: RectificationId, stock: &Stock, dice: &mut Dice) -> Act {
    let (rectification_id, reason, inspection_id) = (id, text(dice), visit(dice));
    match short {
        "assign_verifiers" => {
            let group =
                *dice.pick(&[HERE.unit("U101"), HERE.unit("U102"), HERE.unit("U103"), UnitId(Uuid::nil())]);
            let accounts = match dice.below(6) {
                0 => Vec::new(),
                1 => vec![AccountId(Uuid::nil())],
                _ => vec![stock.verifier],
            };
            Act::AssignVerifiers(AssignVerifiers { rectification_id, group, accounts })
        }
        "accept" => {
            let method = dice.pick(&[Method::Photo, Method::Photo, Method::Photo, Method::OnSite]).clone();
            Act::Accept(Accept { rectification_id, method, inspection_id, text: None })
        }
        "return" => {
            let due = (dice.below(3) == 0).then(|| due(dice));
            Act::Return(Return { rectification_id, reasons: reason, method: None, inspection_id, due })
        }
        "close" => Act::Close(Close { rectification_id, text: None }),
        "look_back_passed" => {
            Act::LookBackPassed(LookBackPassed { rectification_id, inspection_id, text: None })
        }
        _ => {
            let findings = if dice.below(3) == 0 { found(stock, dice) } else { Vec::new() };
            Act::Reopen(Reopen { rectification_id, reason, inspection_id, findings })
        }
    }
}

fn of_talk(short: &str, id: RectificationId, item: Option<&Item>, dice: &mut Dice) -> Act {
    let rectification_id = id;
    let said: Vec<RemarkId> = item
        .iter()
        .flat_map(|item| item.case.remarks.iter().chain(&item.desk.remarks))
        .map(|remark| remark.remark_id)
        .collect();
    let known = if said.is_empty() || dice.below(8) == 0 { None } else { Some(*dice.pick(&said)) };
    let fresh = RemarkId(Uuid::now_v7());
    match short {
        "read" => Act::Read(Read { rectification_id, remarks: vec![known.unwrap_or(fresh)] }),
        // The same remark twice is refused.
        "instruct" => {
            let remark_id = known.filter(|_| dice.below(6) == 0).unwrap_or(fresh);
            Act::Instruct(Instruct { rectification_id, remark_id, text: text(dice) })
        }
        _ => Act::Comment(Comment {
            rectification_id,
            remark_id: fresh,
            text: text(dice),
            internal: dice.below(2) == 0,
        }),
    }
}

fn of_ladder(short: &str, id: RectificationId, item: Option<&Item>, dice: &mut Dice) -> Act {
    let rectification_id = id;
    let drafts = item.iter().flat_map(|item| &item.desk.drafts);
    let mut waits =
        drafts.filter(|draft| draft.outcome == DraftOutcome::Waiting).map(|draft| draft.rung.clone());
    let any = dice.pick(Rung::ALL).clone();
    let rung = waits.next_back().filter(|_| dice.below(6) > 0).unwrap_or(any);
    match short {
        "remind" => Act::Remind(Remind { rectification_id, colour: dice.pick(Colour::ALL).clone() }),
        "escalate" => Act::Escalate(Escalate { rectification_id, rung }),
        "approve_step" => Act::ApproveStep(ApproveStep { rectification_id, rung, text: None }),
        _ => Act::DropStep(DropStep { rectification_id, rung, reason: text(dice) }),
    }
}
