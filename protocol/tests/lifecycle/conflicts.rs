//! Two people at once, days apart from the server: what applies, what conflicts, what is kept.

use super::*;
use anfang_protocol::lifecycle::item::StageName;

#[test]
fn two_officers_who_answer_at_once_both_keep_their_work() {
    let mut county = working();
    let seen = Some(county.item().rev);
    let (anns, amys) = (answer(&[1]), answer(&[3]));
    assert!(matches!(county.give(&Who::Ann.actor(), &anns, seen), Decision::Applied(_)));
    let Decision::Conflict(conflict) = county.give(&Who::Amy.actor(), &amys, seen) else { panic!() };
    assert!(conflict.problem.is(Code::AnsweredAlready) && conflict.show);
    let case = &county.item().case;
    assert_eq!(case.stage.name(), StageName::Answered);
    assert_eq!(case.answers.len(), 1, "the first stands");
    let kept = &case.kept[0];
    assert_eq!((kept.by, &kept.body), (Who::Amy.account(), &amys.body()), "the second is kept whole");
    // A person looks at both, and answers upon what is there: that takes the first one's place.
    let now = Some(county.item().rev);
    assert!(matches!(county.give(&Who::Amy.actor(), &amys, now), Decision::Applied(_)));
    assert_eq!(county.item().case.answers.len(), 2);
}

#[test]
fn a_stale_base_with_a_legal_step_applies() {
    let mut county = working();
    let seen = Some(county.item().rev);
    county.does(
        Who::Supervisor,
        Act::SetSeverity(SetSeverity {
            rectification_id: item_id(0),
            severity: Severity::Grave,
            reason: "群众反映强烈".into(),
        }),
    );
    assert!(matches!(county.give(&Who::Ann.actor(), &answer(&[1]), seen), Decision::Applied(_)));
}

#[test]
fn what_is_wrong_in_itself_is_rejected_whatever_the_base() {
    let mut county = answered();
    for base in [None, Some(1), Some(county.item().rev)] {
        let Decision::Rejected(problem) = county.give(&Who::Vera.actor(), &accept(), base) else { panic!() };
        assert!(problem.is(Code::VerifierOfUnit));
    }
}

#[test]
fn who_saw_the_present_state_is_rejected_and_nothing_is_kept() {
    let mut county = closed();
    assert_eq!(county.refuses(Who::Supervisor, hand_over(UNIT_A, Due::WorkingDays(5))), Code::ItemClosed);
    assert!(county.item().desk.kept.is_empty());
}

#[test]
fn the_answer_of_a_unit_that_lost_the_item_is_kept_from_the_new_one() {
    let mut county = working();
    let seen = Some(county.item().rev);
    county.does(
        Who::Supervisor,
        Act::Reassign(Reassign {
            rectification_id: item_id(0),
            unit_id: UNIT_B,
            person: named("李某"),
            reason: "改派".into(),
            leader: None,
            requirement: None,
            due: None,
            receipt_hours: None,
        }),
    );
    let Decision::Conflict(conflict) = county.give(&Who::Ann.actor(), &answer(&[1]), seen) else { panic!() };
    assert!(!conflict.show, "unit A may no longer see the item");
    assert!(county.item().case.kept.is_empty(), "unit B must not read it");
    assert_eq!(county.item().desk.kept[0].body, answer(&[1]).body());
}

#[test]
fn the_clock_has_no_conflicts() {
    let mut county = answered();
    let act = Act::Escalate(Escalate { rectification_id: item_id(0), rung: Rung::Remind });
    assert!(matches!(county.give(&Actor::Clock, &act, None), Decision::Rejected(_)));
}
