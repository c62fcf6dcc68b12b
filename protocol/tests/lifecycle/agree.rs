//! What the unit sees and when, and the accounts, in examples that can be read.

use super::*;
use anfang_protocol::{
    feed::{Channel, Kind},
    lifecycle::{item::StageName, places::places, reconcile},
};

fn shown(before: Option<&Item>, after: &Item) -> Vec<(Channel, Kind, bool)> {
    places(before, after, TOWN).into_iter().map(|place| (place.channel, place.kind, place.present)).collect()
}

#[test]
fn the_unit_sees_the_item_when_it_is_handed_over_and_not_before() {
    let mut county = County::empty();
    let listed = county.does(Who::Supervisor, list(&[1])).clone();
    let here = [
        (Channel::Area(TOWN), Kind::Rectification, true),
        (Channel::Area(TOWN), Kind::RectificationDesk, true),
    ];
    assert_eq!(shown(None, &listed), here);
    let given = county.does(Who::Supervisor, hand_over(UNIT_A, Due::WorkingDays(5))).clone();
    assert!(shown(Some(&listed), &given).contains(&(Channel::Unit(UNIT_A), Kind::Rectification, true)));
    let comment = |internal| {
        Act::Comment(Comment {
            rectification_id: item_id(0),
            remark_id: anfang_protocol::ids::RemarkId(Uuid::from_u128(1 + u128::from(internal))),
            text: "看一下".into(),
            internal,
        })
    };
    let quiet = county.does(Who::Supervisor, comment(true)).clone();
    assert!(shown(Some(&given), &quiet).iter().all(|(channel, ..)| *channel == Channel::Area(TOWN)));
    assert_eq!(county.refuses(Who::Ann, comment(true)), Code::DuplicateId);
    let loud = county.does(Who::Supervisor, comment(false)).clone();
    assert!(shown(Some(&quiet), &loud).contains(&(Channel::Unit(UNIT_A), Kind::Rectification, true)));
    let decline = Decline { rectification_id: item_id(0), reason: "不是".into(), suggests: None };
    let declined = county.does(Who::Ann, Act::Decline(decline)).clone();
    assert!(shown(Some(&loud), &declined).contains(&(Channel::Unit(UNIT_A), Kind::Rectification, false)));
}

#[test]
fn the_days_account_of_a_unit() {
    let mut county = County::empty();
    let mut moves = Vec::new();
    let mut give = |county: &mut County, who: Who, act: Act| {
        let base = county.items.get(&act.rectification_id()).map(|item| item.rev);
        let Decision::Applied(step) = county.give(&who.actor(), &act, base) else { panic!("{}", act.kind()) };
        moves.extend(step.moves);
    };
    give(&mut county, Who::Supervisor, list(&[1]));
    give(&mut county, Who::Supervisor, hand_over(UNIT_A, Due::WorkingDays(20)));
    county.days(1);
    for (who, act) in
        [(Who::Ann, acknowledge()), (Who::Ann, answer(&[1])), (Who::Vic, accept()), (Who::Vic, close())]
    {
        give(&mut county, who, act);
    }
    county.days(30);
    let reopen =
        Reopen {
            rectification_id: item_id(0), reason: "反弹".into(), inspection_id: None, findings: vec![]
        };
    give(&mut county, Who::Vic, Act::Reopen(reopen));
    give(&mut county, Who::Supervisor, hand_over(UNIT_B, Due::WorkingDays(20)));
    let accounts = reconcile::accounts(&moves, &county.calendar);
    let of_a: Vec<[u64; 6]> = accounts
        .iter()
        .filter(|((unit, _), _)| *unit == UNIT_A)
        .map(|(_, a)| [a.opening, a.new, a.reopened, a.closed, a.moved_away, a.closing])
        .collect();
    assert_eq!(of_a, [[0, 1, 0, 0, 0, 1], [1, 0, 0, 1, 0, 0], [0, 0, 1, 0, 1, 0]]);
    let of_b: Vec<u64> =
        accounts.iter().filter(|((unit, _), _)| *unit == UNIT_B).map(|(_, a)| a.closing).collect();
    assert_eq!(of_b, [1]);
}

#[test]
fn an_item_travels_and_comes_back() {
    let county = closed();
    let text = serde_json::to_string(county.item()).unwrap();
    let back: Item = serde_json::from_str(&text).unwrap();
    assert_eq!(back, *county.item());
    assert!(text.contains(r#""stage":{"name":"closed""#), "{text}");
    // A later stage allows nothing, and does not break the reader of its name.
    assert_eq!(StageName::from("archived"), StageName::Unknown("archived".into()));
}

#[test]
fn a_disabled_button_has_its_reason() {
    use anfang_protocol::lifecycle::authority::{Case, may};
    let areas = [TOWN, COUNTY];
    let reason = |who: Who, command: &str, county: &County| {
        let stage = county.item().stage();
        let case = Case { stage: Some(&stage), unit: county.item().unit(), areas: &areas };
        may(&who.actor(), command, &case).err()
    };
    let county = working();
    assert_eq!(reason(Who::Ann, "rectification.report", &county), None);
    assert_eq!(reason(Who::Bob, "rectification.report", &county), Some(Code::NotYourUnit));
    assert_eq!(reason(Who::Ann, "rectification.acknowledge", &county), Some(Code::AcknowledgedAlready));
    assert_eq!(reason(Who::Ann, "rectification.close", &county), Some(Code::CommandForbidden));
    assert_eq!(reason(Who::Vic, "rectification.close", &county), Some(Code::NotAnswered));
    assert_eq!(reason(Who::Supervisor, "rectification.escalate", &county), Some(Code::ForTheClock));
    assert_eq!(reason(Who::Supervisor, "rectification.hand_over", &county), Some(Code::HandedOverAlready));
    assert_eq!(reason(Who::Supervisor, "rectification.erase", &county), Some(Code::CommandForbidden));
}
