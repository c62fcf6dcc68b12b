//! The two tables, read as people would read them.

use chrono::DateTime;
use uuid::Uuid;

use super::*;
use crate::{
    command::Command,
    ids::{GrantId, PlanId},
    lifecycle::authority::CASE_RULES,
};

fn area(n: u128) -> AreaId {
    AreaId(Uuid::from_u128(n))
}

const ME: AccountId = AccountId(Uuid::from_u128(900));
const UNIT: UnitId = UnitId(Uuid::from_u128(800));

/// County 1 with townships 2 and 3; village 4 in township 2, group 5 in it; village 6 right under the county.
fn land() -> Land {
    Land::new(
        [
            (area(1), None, AreaLevel::County),
            (area(2), Some(area(1)), AreaLevel::Township),
            (area(3), Some(area(1)), AreaLevel::Township),
            (area(4), Some(area(2)), AreaLevel::Village),
            (area(5), Some(area(4)), AreaLevel::Group),
            (area(6), Some(area(1)), AreaLevel::Village),
        ],
        [(UNIT, Some(area(4)))],
    )
}

fn grant(role: Role, scope: Scope) -> Grant {
    Grant {
        grant_id: GrantId(Uuid::from_u128(1)),
        account_id: ME,
        role,
        scope,
        granted_at: DateTime::UNIX_EPOCH,
        revoked_at: None,
    }
}

fn names(grants: &[Grant]) -> Vec<String> {
    channels(ME, grants, &land()).iter().map(ToString::to_string).collect()
}

fn expected(parts: &[Channel]) -> Vec<String> {
    let all: BTreeSet<Channel> =
        [Channel::Reference, Channel::Person(ME)].into_iter().chain(parts.iter().copied()).collect();
    all.iter().map(ToString::to_string).collect()
}

#[test]
fn every_known_role_has_its_row_once() {
    for role in Role::ALL {
        assert_eq!(READS.iter().filter(|reads| reads.role == *role).count(), 1, "{role}");
    }
}

#[test]
fn every_command_has_a_rule_and_every_rule_a_command() {
    for kind in Command::KINDS {
        let of_items = CASE_RULES.iter().any(|rule| rule.command == *kind);
        assert!(of_items || RULES.iter().any(|rule| rule.command == *kind), "{kind}");
    }
    for rule in RULES {
        assert!(Command::KINDS.contains(&rule.command), "{}", rule.command);
        assert!(!rule.roles.is_empty() || rule.when == When::Author, "{rule:?} lets everyone do it");
    }
}

#[test]
fn an_area_opens_itself_and_every_township_below() {
    let sites = [Channel::Sites(area(1)), Channel::Sites(area(2)), Channel::Sites(area(3))];
    let county = Scope::Area(area(1));
    assert_eq!(names(&[grant(Role::Inspector, county)]), expected(&sites));
    assert_eq!(names(&[grant(Role::Administrator, county)]), expected(&sites));
    let both = [sites.as_slice(), &[1, 2, 3].map(|n| Channel::Area(area(n)))].concat();
    assert_eq!(names(&[grant(Role::Supervisor, county)]), expected(&both));
    let township = Scope::Area(area(2));
    assert_eq!(
        names(&[grant(Role::Leader, township)]),
        expected(&[Channel::Sites(area(2)), Channel::Area(area(2))])
    );
}

#[test]
fn a_unit_opens_itself_and_the_sites_around_it() {
    let open = [Channel::Unit(UNIT), Channel::Sites(area(2))];
    assert_eq!(names(&[grant(Role::UnitOfficer, Scope::Unit(UNIT))]), expected(&open));
    let without_area = UnitId(Uuid::from_u128(801));
    assert_eq!(
        names(&[grant(Role::UnitOfficer, Scope::Unit(without_area))]),
        expected(&[Channel::Unit(without_area)])
    );
}

#[test]
fn a_plan_is_not_opened_to_those_it_may_concern() {
    let plan = PlanId(Uuid::from_u128(7));
    assert_eq!(names(&[grant(Role::Inspector, Scope::Plan(plan))]), expected(&[Channel::Plan(plan)]));
    for role in [Role::UnitOfficer, Role::ResidentTeam, Role::Administrator, Role::Unknown("later".into())] {
        assert!(names(&[grant(role.clone(), Scope::Plan(plan))]).is_empty(), "{role}");
    }
}

#[test]
fn nothing_granted_opens_nothing() {
    assert!(names(&[]).is_empty());
    assert!(names(&[grant(Role::Unknown("later".into()), Scope::Area(area(1)))]).is_empty());
}

#[test]
fn the_sites_of_a_village_right_under_the_county_stand_in_the_county() {
    assert_eq!(land().channel_area(area(6)), Some(area(1)));
    assert_eq!(land().channel_area(area(5)), Some(area(2)));
    assert_eq!(land().channel_area(area(99)), None);
}

#[test]
fn a_circle_of_areas_ends() {
    let circle = Land::new(
        [(area(1), Some(area(2)), AreaLevel::County), (area(2), Some(area(1)), AreaLevel::Township)],
        [],
    );
    assert_eq!(circle.path(area(1)), [area(1), area(2)]);
    assert_eq!(channels(ME, &[grant(Role::Leader, Scope::Area(area(1)))], &circle).len(), 6);
}

#[test]
fn who_may_give_which_command() {
    let other = AccountId(Uuid::from_u128(901));
    let over = |role, n| vec![Held { grant: grant(role, Scope::Area(area(n))), area: Some(area(n)) }];
    let in_village = |author| Target { areas: land().path(area(4)), author };
    let submit = |grants: &[Held]| may(ME, grants, "inspection.submit", &in_village(None));
    assert!(submit(&over(Role::Inspector, 1)));
    assert!(submit(&over(Role::Inspector, 2)));
    assert!(!submit(&over(Role::Inspector, 3)));
    assert!(!submit(&over(Role::Leader, 1)));
    assert!(!submit(&over(Role::Administrator, 1)));
    assert!(!submit(&[]));
    let mine_by_another_name =
        vec![Held { grant: grant(Role::Inspector, Scope::Area(area(1))), area: Some(area(1)) }];
    assert!(!may(other, &mine_by_another_name, "inspection.submit", &in_village(None)));

    assert!(may(ME, &[], "inspection.amend", &in_village(Some(ME))));
    assert!(!may(ME, &over(Role::Supervisor, 1), "inspection.amend", &in_village(Some(other))));
    assert!(may(ME, &over(Role::Supervisor, 1), "inspection.void", &in_village(Some(other))));
    assert!(!may(ME, &over(Role::Supervisor, 3), "inspection.void", &in_village(Some(other))));
    assert!(!may(ME, &over(Role::Supervisor, 1), "inspection.erase", &in_village(Some(ME))));
}

#[test]
fn an_administrator_governs_those_wholly_within() {
    let township: BTreeSet<AreaId> = [area(2)].into();
    let path = |n| land().path(area(n));
    assert!(governs(&township, false, &[path(2), path(5)]));
    assert!(!governs(&township, false, &[path(2), path(3)]));
    assert!(!governs(&township, false, &[path(1)]));
    assert!(
        !governs(&township, false, &[]),
        "who has nothing to do with any area is the whole jurisdiction's"
    );
    assert!(!governs(&township, false, &[vec![]]));
    assert!(governs(&BTreeSet::new(), true, &[]));
}
