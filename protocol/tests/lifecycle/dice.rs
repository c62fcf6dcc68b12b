//! Any command at all: well-meant with plain dice, anything with others.

use super::*;
use anfang_protocol::ids::RemarkId;

/// Numbers to choose by, in turn.
pub struct Dice {
    rolls: Vec<u16>,
    at: usize,
}

impl Dice {
    /// Always the first, well-meant choice.
    pub fn plain() -> Self {
        Dice { rolls: Vec::new(), at: 0 }
    }

    pub fn of(rolls: Vec<u16>) -> Self {
        Dice { rolls, at: 0 }
    }

    fn roll(&mut self, sides: u16) -> u16 {
        self.at += 1;
        self.rolls.get(self.at - 1).copied().unwrap_or(0) % sides
    }

    fn chance(&mut self, one_in: u16) -> bool {
        self.roll(one_in) == one_in - 1
    }

    fn unit(&mut self) -> UnitId {
        [UNIT_A, UNIT_A, UNIT_B, TEAM][usize::from(self.roll(4))]
    }

    fn due(&mut self, county: &County) -> Due {
        let days = 12 + self.roll(30);
        if self.chance(4) {
            Due::On(county.calendar.day_of(county.now) + Duration::days(i64::from(self.roll(9)) - 2))
        } else {
            Due::WorkingDays(days)
        }
    }

    fn text(&mut self) -> String {
        if self.chance(12) { String::new() } else { "说明".into() }
    }
}

/// A command of this kind on this item: well-meant with plain dice, anything with others.
pub fn act(kind: &str, id: RectificationId, county: &County, dice: &mut Dice) -> Act {
    let fresh =
        u128::from(county.items.get(&id).map_or(0, |item| item.rev)) * 1000 + id.0.as_u128() * 100_000;
    let today = county.calendar.day_of(county.now);
    let rectification_id = id;
    let waiting = county.items.get(&id).and_then(|item| {
        use anfang_protocol::lifecycle::history::DraftOutcome::Waiting;
        item.desk.drafts.iter().find(|draft| draft.outcome == Waiting).map(|draft| draft.rung.clone())
    });
    let rung = |dice: &mut Dice| {
        let any = Rung::ALL[usize::from(dice.roll(4))].clone();
        if dice.chance(3) { any } else { waiting.clone().unwrap_or(any) }
    };
    match kind {
        "rectification.list" => {
            let noted = dice.chance(3).then(|| Noted {
                finding_id: FindingId(Uuid::from_u128(0xabc_0000 + fresh)),
                source: Source::Audit,
                reference: None,
                severity: Severity::Serious,
                text: dice.text(),
                site_id: None,
                position: None,
                evidence: vec![],
            });
            let findings = vec![finding(u32::from(dice.roll(100))), finding(60 + u32::from(dice.roll(40)))];
            Act::List(List {
                rectification_id,
                area_id: TOWN,
                findings,
                noted: noted.into_iter().collect(),
                severity: None,
                text: None,
            })
        }
        "rectification.join" => {
            let other_id = item_id(1 + u32::from(dice.roll(4)));
            Act::Join(Join { rectification_id, other_id, reason: dice.text() })
        }
        "rectification.split" => {
            let known = county.items.get(&id).and_then(|item| item.case.findings.first());
            let findings = vec![known.map_or(finding(1), |finding| finding.finding_id)];
            let new_id = item_id(if dice.chance(2) { 3 } else { 7 });
            Act::Split(Split { rectification_id, new_id, findings, reason: dice.text() })
        }
        "rectification.add_finding" => {
            let findings = vec![finding(20 + u32::from(dice.roll(80)))];
            Act::AddFinding(AddFinding { rectification_id, findings, noted: vec![] })
        }
        "rectification.set_severity" => {
            let severity = Severity::ALL[usize::from(dice.roll(3))].clone();
            Act::SetSeverity(SetSeverity { rectification_id, severity, reason: dice.text() })
        }
        "rectification.hand_over" => Act::HandOver(HandOver {
            rectification_id,
            unit_id: dice.unit(),
            person: named("王某"),
            leader: dice
                .chance(2)
                .then(|| Named { name: "县长".into(), account_id: Some(Who::Leader.account()) }),
            requirement: dice.text(),
            standard: None,
            funds: None,
            due: dice.due(county),
            receipt_hours: None,
        }),
        "rectification.acknowledge" => Act::Acknowledge(Acknowledge { rectification_id }),
        "rectification.decline" => {
            Act::Decline(Decline { rectification_id, reason: dice.text(), suggests: None })
        }
        "rectification.reassign" => Act::Reassign(Reassign {
            rectification_id,
            unit_id: [UNIT_B, UNIT_A, UNIT_A, TEAM][usize::from(dice.roll(4))],
            person: named("李某"),
            reason: dice.text(),
            leader: None,
            requirement: None,
            due: Some(dice.due(county)),
            receipt_hours: None,
        }),
        "rectification.plan" => {
            Act::Plan(Plan { rectification_id, text: dice.text(), finish_on: None, funds: None })
        }
        "rectification.ask_extension" => {
            let due = Due::WorkingDays(30 + dice.roll(20));
            Act::AskExtension(AskExtension { rectification_id, due, reason: dice.text() })
        }
        "rectification.grant_extension" => {
            let due = dice.chance(2).then(|| Due::WorkingDays(40 + dice.roll(20)));
            Act::GrantExtension(GrantExtension { rectification_id, due, text: None })
        }
        "rectification.refuse_extension" => {
            Act::RefuseExtension(RefuseExtension { rectification_id, reason: dice.text() })
        }
        "rectification.suspend" => {
            let review_on = today + Duration::days(7) - Duration::days(i64::from(dice.roll(9)));
            Act::Suspend(Suspend { rectification_id, reason: dice.text(), review_on })
        }
        "rectification.resume" => {
            let due = dice.chance(2).then(|| dice.due(county));
            Act::Resume(Resume { rectification_id, reason: dice.text(), due })
        }
        "rectification.report" => {
            let serial = u32::try_from(fresh % 100_000_000).unwrap_or(0) * 2;
            let evidence =
                if dice.chance(5) { vec![] } else { vec![photo(serial + 1 - u32::from(dice.roll(2)))] };
            Act::Answer(Answer { rectification_id, text: dice.text(), evidence, funds: None })
        }
        "rectification.assign_verifiers" => {
            let group = [TEAM, TEAM, UNIT_B, UNIT_A][usize::from(dice.roll(4))];
            Act::AssignVerifiers(AssignVerifiers { rectification_id, group, accounts: vec![] })
        }
        "rectification.accept" => {
            let method = if dice.chance(3) { Method::OnSite } else { Method::Photo };
            let inspection_id = dice
                .chance(2)
                .then_some([VISIT, VISIT, OLD_VISIT, InspectionId(Uuid::nil())][usize::from(dice.roll(4))]);
            Act::Accept(Accept { rectification_id, method, inspection_id, text: None })
        }
        "rectification.return" => {
            let due = dice.chance(2).then(|| dice.due(county));
            Act::Return(Return {
                rectification_id,
                reasons: dice.text(),
                method: None,
                inspection_id: None,
                due,
            })
        }
        "rectification.close" => Act::Close(Close { rectification_id, text: None }),
        "rectification.look_back_passed" => {
            Act::LookBackPassed(LookBackPassed { rectification_id, inspection_id: None, text: None })
        }
        "rectification.reopen" => {
            let findings =
                dice.chance(2).then(|| finding(40 + u32::from(dice.roll(50)))).into_iter().collect();
            Act::Reopen(Reopen { rectification_id, reason: dice.text(), inspection_id: None, findings })
        }
        "rectification.cancel" => Act::Cancel(Cancel { rectification_id, reason: dice.text() }),
        "rectification.comment" => {
            let internal = dice.chance(2);
            let text = if internal { "内部意见".into() } else { dice.text() };
            Act::Comment(Comment {
                rectification_id,
                remark_id: RemarkId(Uuid::from_u128(fresh)),
                text,
                internal,
            })
        }
        "rectification.instruct" => {
            let remark_id = RemarkId(Uuid::from_u128(fresh + 1));
            Act::Instruct(Instruct { rectification_id, remark_id, text: dice.text() })
        }
        "rectification.read" => {
            let known = county.items.get(&id).into_iter();
            let known = known.flat_map(|item| item.case.remarks.iter().chain(&item.desk.remarks));
            let mut remarks: Vec<RemarkId> = known.map(|remark| remark.remark_id).take(3).collect();
            remarks.extend(dice.chance(5).then_some(RemarkId(Uuid::from_u128(1))));
            Act::Read(Read { rectification_id, remarks })
        }
        "rectification.remind" => {
            let colour = Colour::ALL[usize::from(dice.roll(5))].clone();
            Act::Remind(Remind { rectification_id, colour })
        }
        "rectification.escalate" => Act::Escalate(Escalate { rectification_id, rung: rung(dice) }),
        "rectification.approve_step" => {
            Act::ApproveStep(ApproveStep { rectification_id, rung: rung(dice), text: None })
        }
        "rectification.drop_step" => {
            Act::DropStep(DropStep { rectification_id, rung: rung(dice), reason: dice.text() })
        }
        other => panic!("no command {other}"),
    }
}
