//! Each guard of domain.md §4 by its name.

use super::*;
use anfang_protocol::lifecycle::item::{Stage, StageName};

#[test]
fn the_verifier_is_never_of_the_unit_that_fixed_it() {
    let mut county = answered();
    assert_eq!(county.refuses(Who::Vera, accept()), Code::VerifierOfUnit);
    assert_eq!(county.refuses(Who::Vera, send_back()), Code::VerifierOfUnit);
    county.does(Who::Vic, accept());
    assert_eq!(county.refuses(Who::Vera, close()), Code::VerifierOfUnit);
    county.does(Who::Vic, close());
    let reopen = Act::Reopen(Reopen {
        rectification_id: item_id(0),
        reason: "又坏了".into(),
        inspection_id: None,
        findings: vec![],
    });
    assert_eq!(county.refuses(Who::Vera, reopen), Code::VerifierOfUnit);
}

#[test]
fn who_answered_never_verifies_even_after_leaving_the_unit() {
    let mut county = answered();
    let mut left = Who::Vic.person();
    left.account = Who::Ann.account();
    left.grants[0].grant.account_id = left.account;
    let refusal = county.ask(&Actor::Person(left), &accept()).unwrap_err();
    assert!(refusal.problem.is(Code::VerifierOfUnit));
    county.does(Who::Vic, accept());
}

#[test]
fn who_is_not_assigned_does_not_verify() {
    let mut county = answered();
    let assign = |group, accounts: &[Who]| {
        Act::AssignVerifiers(AssignVerifiers {
            rectification_id: item_id(0),
            group,
            accounts: accounts.iter().map(|who| who.account()).collect(),
        })
    };
    assert_eq!(county.refuses(Who::Supervisor, assign(UNIT_A, &[])), Code::VerifierOfUnit);
    county.does(Who::Supervisor, assign(TEAM, &[Who::Leader]));
    assert_eq!(county.refuses(Who::Vic, accept()), Code::VerifierNotAssigned);
    county.does(Who::Supervisor, assign(TEAM, &[]));
    county.does(Who::Vic, accept());
}

#[test]
fn a_group_of_verifiers_must_be_there() {
    let mut county = answered();
    let nobody = AssignVerifiers {
        rectification_id: item_id(0),
        group: UnitId(Uuid::from_u128(0xdead)),
        accounts: Vec::new(),
    };
    assert_eq!(county.refuses(Who::Supervisor, Act::AssignVerifiers(nobody)), Code::UnitUnknown);
}

#[test]
fn a_verification_on_site_names_a_visit_that_saw_the_work() {
    let on_site = |inspection_id| {
        let rectification_id = item_id(0);
        Act::Accept(Accept { rectification_id, method: Method::OnSite, inspection_id, text: None })
    };
    let mut county = answered();
    let wrong = [
        (None, Code::VisitMissing),
        (Some(InspectionId(Uuid::nil())), Code::InspectionUnknown),
        (Some(OLD_VISIT), Code::VisitUnsuitable),
        (Some(VISIT_ELSEWHERE), Code::VisitUnsuitable),
    ];
    for (visit, code) in wrong {
        assert_eq!(county.refuses(Who::Vic, on_site(visit)), code, "{visit:?}");
    }
    county.does(Who::Vic, on_site(Some(VISIT)));
    // What was seen before it was sent back is not what was done after it.
    county.does(Who::Vic, send_back());
    county.days(1);
    county.does(Who::Ann, answer(&[3]));
    assert_eq!(county.refuses(Who::Vic, on_site(Some(EARLIER_VISIT))), Code::VisitUnsuitable);
    county.does(Who::Vic, on_site(Some(VISIT)));
}

#[test]
fn a_plan_of_work_ends_on_a_day_that_can_be_meant() {
    let mut county = working();
    let today = county.calendar.day_of(county.now);
    let plan = |days: i64| {
        let finish_on = Some(today + Duration::days(days));
        Act::Plan(Plan { rectification_id: item_id(0), text: "先清淤".into(), finish_on, funds: None })
    };
    assert_eq!(county.refuses(Who::Ann, plan(4000)), Code::DateTooFar);
    county.does(Who::Ann, plan(-1));
}

#[test]
fn closing_needs_a_whole_after_photo() {
    for (photos, whole) in [(&[][..], false), (&[2], false), (&[2, 3], true)] {
        let mut county = working();
        county.does(Who::Ann, answer(photos));
        county.does(Who::Vic, accept());
        if whole {
            county.does(Who::Vic, close());
        } else {
            assert_eq!(county.refuses(Who::Vic, close()), Code::AfterPhotoMissing, "{photos:?}");
        }
    }
    let mut county = working();
    let Act::Answer(mut film) = answer(&[1]) else { unreachable!() };
    film.evidence[0].media_type = "video/mp4".into();
    county.does(Who::Ann, Act::Answer(film));
    county.does(Who::Vic, accept());
    assert_eq!(county.refuses(Who::Vic, close()), Code::AfterPhotoMissing, "a film is no photo");
}

#[test]
fn closing_needs_an_acceptance() {
    let mut county = answered();
    assert_eq!(county.refuses(Who::Vic, close()), Code::NotAccepted);
    assert_eq!(county.refuses(Who::Supervisor, close()), Code::NotAccepted);
    county.does(Who::Vic, accept());
    county.does(Who::Supervisor, close());
    assert!(county.item().desk.look_back.is_some());
}

#[test]
fn there_is_no_bulk_close() {
    assert_eq!(close().items().len(), 1);
    // Nor can a list be smuggled in: the body names one item.
    let many = format!(r#"{{"rectification_id": ["{}"]}}"#, item_id(0));
    assert!(Act::read("rectification.close", &many).unwrap().is_err());
}

#[test]
fn an_extension_is_asked_for_before_the_deadline_only() {
    let mut county = working();
    let due = county.item().case.stage.order().unwrap().due;
    county.now = due.passes_at;
    assert_eq!(county.refuses(Who::Ann, ask_extension(20)), Code::ExtensionTooLate);
    county.now = due.passes_at - Duration::seconds(1);
    assert_eq!(
        county.refuses(
            Who::Ann,
            Act::AskExtension(AskExtension {
                rectification_id: item_id(0),
                due: Due::On(due.on),
                reason: "雨季".into()
            })
        ),
        Code::DeadlineNotLater
    );
    county.does(Who::Ann, ask_extension(20));
    assert_eq!(county.refuses(Who::Ann, ask_extension(30)), Code::ExtensionPending);
}

#[test]
fn an_extension_is_granted_or_refused_once_and_both_are_kept() {
    let grant =
        || Act::GrantExtension(GrantExtension { rectification_id: item_id(0), due: None, text: None });
    let refuse = || {
        Act::RefuseExtension(RefuseExtension { rectification_id: item_id(0), reason: "不予延期".into() })
    };
    let mut county = working();
    assert_eq!(county.refuses(Who::Supervisor, grant()), Code::NoExtension);
    county.does(Who::Ann, ask_extension(15));
    county.does(Who::Supervisor, refuse());
    assert_eq!(county.refuses(Who::Supervisor, grant()), Code::NoExtension);
    county.does(Who::Ann, ask_extension(20));
    let asked = county.item().case.extensions[1].to;
    county.does(Who::Supervisor, grant());
    assert_eq!(county.item().case.stage.order().unwrap().due, asked);
    assert_eq!(county.item().case.extensions.len(), 2);
    // What is asked for lapses with the answer.
    county.does(Who::Ann, ask_extension(25));
    county.does(Who::Ann, answer(&[1]));
    assert_eq!(county.refuses(Who::Supervisor, grant()), Code::NoExtension);
}

#[test]
fn a_relapse_is_linked_to_the_closing_that_did_not_hold() {
    let mut county = closed();
    county.days(40);
    let reopen = Act::Reopen(Reopen {
        rectification_id: item_id(0),
        reason: "反弹".into(),
        inspection_id: None,
        findings: vec![finding(7)],
    });
    county.does(Who::Vic, reopen.clone());
    let case = &county.item().case;
    let relapse = &case.relapses[0];
    assert_eq!((relapse.unit_id, relapse.closing.acceptance.group), (UNIT_A, Some(TEAM)));
    assert_eq!(case.stage.name(), StageName::Reopened);
    assert_eq!(case.findings.len(), 3);
    assert_eq!(county.refuses(Who::Vic, reopen), Code::NotClosed);
    assert_eq!(county.refuses(Who::Ann, answer(&[3])), Code::ItemReopened);
    county.does(Who::Supervisor, hand_over(UNIT_B, Due::WorkingDays(5)));
}

#[test]
fn a_round_is_counted_with_each_return() {
    let mut county = answered();
    county.does(Who::Vic, send_back());
    county.does(Who::Ann, answer(&[3]));
    county.does(Who::Vic, accept());
    county.does(Who::Supervisor, send_back());
    let case = &county.item().case;
    assert_eq!((case.rounds, case.sent_back.len(), case.answers.len()), (2, 2, 2));
    assert_eq!(case.answers.iter().map(|answer| answer.round).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn the_hand_over_of_what_was_declined_goes_to_another() {
    let mut county = handed_over();
    let decline = Act::Decline(Decline {
        rectification_id: item_id(0),
        reason: "不属本单位".into(),
        suggests: Some(UNIT_B),
    });
    county.does(Who::Ann, decline.clone());
    assert_eq!(county.refuses(Who::Ann, decline), Code::ItemDeclined);
    let reassign = |unit_id, person: &str| {
        Act::Reassign(Reassign {
            rectification_id: item_id(0),
            unit_id,
            person: named(person),
            reason: "改派".into(),
            leader: None,
            requirement: None,
            due: None,
            receipt_hours: None,
        })
    };
    assert_eq!(county.refuses(Who::Supervisor, reassign(UNIT_A, "王某")), Code::ReassignSame);
    assert_eq!(county.refuses(Who::Supervisor, reassign(TEAM, "李某")), Code::UnitUnknown);
    county.does(Who::Supervisor, reassign(UNIT_B, "李某"));
    assert_eq!(county.refuses(Who::Ann, acknowledge()), Code::NotYourUnit);
    county.does(Who::Bob, acknowledge());
}

#[test]
fn findings_stand_under_one_item_only() {
    let mut county = County::empty();
    county.does(Who::Supervisor, list(&[1, 2, 3]));
    let second = |findings: &[u32]| {
        let Act::List(mut list) = list(findings) else { unreachable!() };
        list.rectification_id = item_id(1);
        Act::List(list)
    };
    assert_eq!(county.refuses(Who::Supervisor, second(&[4, 2])), Code::FindingListed);
    assert_eq!(county.refuses(Who::Supervisor, second(&[99])), Code::FindingUnknown, "voided");
    assert_eq!(county.refuses(Who::Supervisor, second(&[])), Code::NoFindings);
    county.does(Who::Supervisor, second(&[4]));
    assert_eq!(county.refuses(Who::Supervisor, list(&[5])), Code::ItemExists);
    let join =
        Act::Join(Join { rectification_id: item_id(0), other_id: item_id(1), reason: "同一问题".into() });
    county.does(Who::Supervisor, join.clone());
    assert_eq!(county.item().case.findings.len(), 4);
    let Stage::Cancelled { cancellation } = &county.items[&item_id(1)].case.stage else { panic!() };
    assert_eq!(cancellation.joined_into, Some(item_id(0)));
    assert_eq!(county.refuses(Who::Supervisor, join), Code::JoinUnsuitable);
    let split = |new, findings: &[u32]| {
        Act::Split(Split {
            rectification_id: item_id(0),
            new_id: item_id(new),
            findings: findings.iter().map(|n| finding(*n)).collect(),
            reason: "分开整改".into(),
        })
    };
    assert_eq!(county.refuses(Who::Supervisor, split(2, &[1, 2, 3, 4])), Code::SplitLeavesNone);
    assert_eq!(county.refuses(Who::Supervisor, split(2, &[8])), Code::FindingNotHere);
    assert_eq!(county.refuses(Who::Supervisor, split(1, &[1])), Code::ItemExists);
    county.does(Who::Supervisor, split(2, &[1, 4]));
    assert_eq!(county.item().case.findings.len(), 2);
    assert_eq!(county.items[&item_id(2)].case.findings.len(), 2);
}

#[test]
fn a_stranger_and_a_reader_do_nothing() {
    let county = answered();
    for who in [Who::Stranger, Who::Auditor, Who::Inspector] {
        for act in every_act(&county) {
            let refusal = county.ask(&who.actor(), &act).unwrap_err();
            let code = refusal.problem.code().unwrap();
            assert!(
                matches!(code, Code::CommandForbidden | Code::ForTheClock),
                "{who:?} {}: {code:?}",
                act.kind()
            );
        }
    }
}

/// One of every kind of command, on item 0, as well-meant as can be.
pub fn every_act(county: &County) -> Vec<Act> {
    use crate::dice::{Dice, act};
    Act::KINDS.iter().map(|kind| act(kind, item_id(0), county, &mut Dice::plain())).collect()
}
