//! Plans: sealed to all but a few, and unsealed by few ways.

use chrono::{Duration, TimeZone};
use uuid::Uuid;

use super::*;
use crate::{
    site::{Attribute, Site},
    tier::TierRules,
};

const AUTHOR: AccountId = AccountId(Uuid::from_u128(1));
const MEMBER: AccountId = AccountId(Uuid::from_u128(2));
const OUTSIDER: AccountId = AccountId(Uuid::from_u128(3));
const TOWN: AreaId = AreaId(Uuid::from_u128(4));

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 2, 0, 0).unwrap()
}

fn site(n: u128) -> SiteId {
    SiteId(Uuid::from_u128(100 + n))
}

fn draw() -> Draw {
    let frame = (0..20).map(|n| Candidate { site_id: site(n), weight: 1 });
    Draw::new(Sha::of(b"seed"), 3, frame, [], []).unwrap()
}

fn plan() -> Plan {
    let draw = draw();
    Plan {
        plan_id: PlanId(Uuid::from_u128(9)),
        sealed: By { by: AUTHOR, at: now() },
        team: vec![MEMBER],
        window: Window { from: now(), to: now() + Duration::days(3) },
        sites: draw.picks(),
        checklists: vec![],
        round: None,
        unseal_at: now() + Duration::days(3),
        orders: None,
        stage: PlanStage::Sealed,
        draw: Some(DrawRecord {
            commitment: draw.commitment().unwrap(),
            count: 3,
            tier_rules: None,
            seed: None,
        }),
    }
}

#[test]
fn a_sealed_plan_stands_in_its_own_channel_only() {
    let sealed = plan();
    assert_eq!(sealed.channels([TOWN]), [Channel::Plan(sealed.plan_id)]);
    assert!(sealed.is_known_to(AUTHOR) && sealed.is_known_to(MEMBER) && !sealed.is_known_to(OUTSIDER));
    let withdrawn = sealed.withdraw(AUTHOR, "改期", now()).unwrap();
    assert_eq!(
        withdrawn.channels([TOWN]),
        [Channel::Plan(sealed.plan_id)],
        "that there was one is a secret, too"
    );
    let open = sealed.unseal(Unsealing::Hand, Some(AUTHOR), None, now()).unwrap();
    assert_eq!(open.channels([TOWN]), [Channel::Plan(sealed.plan_id), Channel::Area(TOWN)]);
}

#[test]
fn a_stranger_is_told_what_he_is_told_about_nothing() {
    let sealed = plan();
    let unknown = Problem::new(Code::PlanUnknown);
    assert_eq!(sealed.unseal(Unsealing::Hand, Some(OUTSIDER), None, now()).unwrap_err(), unknown);
    assert_eq!(sealed.unseal(Unsealing::Hand, Some(MEMBER), None, now()).unwrap_err(), unknown);
    assert_eq!(sealed.unseal(Unsealing::Arrival, Some(OUTSIDER), None, now()).unwrap_err(), unknown);
    assert_eq!(sealed.withdraw(OUTSIDER, "", now()).unwrap_err(), unknown);
    assert_eq!(sealed.covers(OUTSIDER, sealed.sites[0]), Err(Code::PlanUnknown));
    let elsewhere = (0..20).map(site).find(|site| !sealed.sites.contains(site)).unwrap();
    assert_eq!(sealed.covers(MEMBER, elsewhere), Err(Code::PlanUnknown));
    assert_eq!(sealed.covers(MEMBER, sealed.sites[0]), Ok(()));
    let withdrawn = sealed.withdraw(AUTHOR, "改期", now()).unwrap();
    assert_eq!(withdrawn.covers(MEMBER, sealed.sites[0]), Err(Code::PlanUnknown));
}

#[test]
fn time_arrival_or_the_author_unseals_and_only_once() {
    let sealed = plan();
    let early = sealed.unseal(Unsealing::Time, None, None, now()).unwrap_err();
    assert!(early.is(Code::StepTooEarly));
    let later = now() + Duration::days(3);
    let open = sealed.unseal(Unsealing::Time, None, Some(draw().seed), later).unwrap();
    assert!(sealed.unseal(Unsealing::Arrival, Some(MEMBER), None, now()).is_ok());
    assert!(open.unseal(Unsealing::Time, None, None, later).unwrap_err().is(Code::PlanOver));
    assert!(open.withdraw(AUTHOR, "", later).unwrap_err().is(Code::PlanOver));
    // With the seed revealed, the draw can be repeated.
    let record = open.draw.unwrap();
    let file = DrawFile { commitment: record.commitment, sites: open.sites, draw: draw(), about: None };
    assert_eq!(record.seed, Some(file.draw.seed));
    file.verify().unwrap();
    let text = serde_json::to_string(&file).unwrap();
    serde_json::from_str::<DrawFile>(&text).unwrap().verify().unwrap();
}

#[test]
fn a_plan_that_cannot_be_meant_is_refused() {
    let good = || SealPlan {
        plan_id: PlanId(Uuid::from_u128(9)),
        team: vec![MEMBER],
        window: Window { from: now(), to: now() + Duration::days(1) },
        sites: Choice::Drawn(Frame {
            areas: vec![TOWN],
            kinds: vec![SiteKind::Household],
            only: None,
            by_tier: true,
            exclude: vec![],
            count: 5,
        }),
        checklists: vec![ChecklistVersion { checklist_id: ChecklistId(Uuid::nil()), version: 1 }],
        round: Some("2026-1".into()),
        unseal_at: None,
        orders: None,
    };
    good().check(now()).unwrap();
    type Spoil = fn(&mut SealPlan);
    let spoilt: [(Spoil, Code, &str); 8] = [
        (|plan| plan.team.clear(), Code::PlanInvalid, "/team"),
        (|plan| plan.window.to = plan.window.from, Code::PlanInvalid, "/window"),
        (|plan| plan.unseal_at = Some(now()), Code::PlanInvalid, "/unseal_at"),
        (|plan| plan.checklists.clear(), Code::PlanInvalid, "/checklists"),
        (
            |plan| plan.checklists.push(ChecklistVersion { version: 2, ..plan.checklists[0] }),
            Code::PlanInvalid,
            "/checklists/1",
        ),
        (|plan| plan.checklists = vec![plan.checklists[0]; 11], Code::TooManyParts, "/checklists"),
        (|plan| plan.sites = Choice::Named(vec![]), Code::PlanInvalid, "/sites/named"),
        (|plan| plan.orders = Some("长".repeat(9000)), Code::TextInvalid, "/orders"),
    ];
    for (spoil, code, at) in spoilt {
        let mut plan = good();
        spoil(&mut plan);
        let problem = plan.check(now()).unwrap_err();
        assert_eq!((problem.code(), problem.at.as_deref()), (Some(code), Some(at)));
    }
}

#[test]
fn candidates_are_weighed_by_tier() {
    let household = |n: u128, state: &str| Site {
        site_id: site(n),
        area_id: TOWN,
        kind: SiteKind::Household,
        code: n.to_string(),
        name: Words::zh("户"),
        latitude: None,
        longitude: None,
        radius_m: None,
        attributes: [("state".to_owned(), Attribute::Text(state.into()))].into(),
    };
    let sites = [household(1, "marginal"), household(2, "lifted"), household(3, "not_registered")];
    let mut frame = Frame {
        areas: vec![TOWN],
        kinds: vec![SiteKind::Household],
        only: Some(Condition::Not(Box::new(Condition::OneOf {
            attribute: "state".into(),
            values: vec![Attribute::Text("not_registered".into())],
        }))),
        by_tier: true,
        exclude: vec![],
        count: 2,
    };
    let rules = TierRules::shipped(2026);
    let weights = |frame: &Frame| candidates(frame, &sites, &rules).map(|c| c.weight).collect::<Vec<_>>();
    assert_eq!(weights(&frame), [2, 1]);
    frame.by_tier = false;
    assert_eq!(weights(&frame), [1, 1]);
    frame.kinds = vec![SiteKind::School];
    assert!(weights(&frame).is_empty());
}
