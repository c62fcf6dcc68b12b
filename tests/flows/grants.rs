//! Grants and the channels that follow from them: what is open, and since which change.

use std::collections::{BTreeMap, BTreeSet};

use anfang::{
    auth::{
        accounts::{self, NewAccount},
        grants,
        standing::Standing,
    },
    clock::Clock,
    db::{
        Conn,
        schema::{areas, heads, memberships},
    },
};
use anfang_protocol::{
    Code,
    area::AreaLevel,
    authority::{Land, channels},
    feed::Channel,
    ids::{AccountId, AreaId, GrantId, PlanId, UnitId},
    people::{Grant, Role, Scope},
};
use chrono::DateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use proptest::{prelude::*, test_runner::TestRunner};
use uuid::Uuid;

use crate::harness::{County, given, postgres::Database};

const HERE: County = County(given::COUNTY);

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn role() -> impl Strategy<Value = Role> {
    prop::sample::select(Role::ALL.to_vec())
}

/// A random tree: each area lies in one before it, one level below or more; units answer for some of them.
fn land() -> impl Strategy<Value = (Land, Vec<AreaId>, Vec<UnitId>)> {
    let area = |n: usize| AreaId(Uuid::from_u128(n as u128));
    let steps = prop::collection::vec((any::<prop::sample::Index>(), 1_usize..3), 0..24);
    let answers = prop::collection::vec(prop::option::of(any::<prop::sample::Index>()), 1..4);
    (steps, answers).prop_map(move |(steps, answers)| {
        let mut levels = vec![0_usize];
        let mut rows = vec![(area(0), None, AreaLevel::ALL[0].clone())];
        for (parent, down) in steps {
            let parent = parent.index(levels.len());
            let level = (levels[parent] + down).min(AreaLevel::ALL.len() - 1);
            rows.push((area(levels.len()), Some(area(parent)), AreaLevel::ALL[level].clone()));
            levels.push(level);
        }
        let ids: Vec<AreaId> = rows.iter().map(|(id, ..)| *id).collect();
        let units: Vec<(UnitId, Option<AreaId>)> = answers
            .iter()
            .enumerate()
            .map(|(n, at)| (UnitId(Uuid::from_u128(1000 + n as u128)), at.map(|at| ids[at.index(ids.len())])))
            .collect();
        let unit_ids = units.iter().map(|(id, _)| *id).collect();
        (Land::new(rows, units), ids, unit_ids)
    })
}

const ME: AccountId = AccountId(Uuid::from_u128(77));

fn grant(role: Role, scope: Scope) -> Grant {
    let grant_id = GrantId(Uuid::nil());
    Grant { grant_id, account_id: ME, role, scope, granted_at: DateTime::UNIX_EPOCH, revoked_at: None }
}

/// Grants over what there is in a land.
fn landed() -> impl Strategy<Value = (Land, Vec<AreaId>, Vec<Grant>)> {
    land().prop_flat_map(|(land, areas, units)| {
        let over = prop_oneof![
            4 => prop::sample::select(areas.clone()).prop_map(Scope::Area),
            2 => prop::sample::select(units).prop_map(Scope::Unit),
            1 => (0_u128..3).prop_map(|n| Scope::Plan(PlanId(Uuid::from_u128(n)))),
        ];
        let grants = prop::collection::vec((role(), over).prop_map(|(role, scope)| grant(role, scope)), 0..6);
        (Just(land), Just(areas), grants)
    })
}

#[test]
fn channels_add_up_and_stay_within_what_was_granted() {
    let property = |(land, areas, grants): (Land, Vec<AreaId>, Vec<Grant>)| {
        let open = channels(ME, &grants, &land);
        let one_by_one: BTreeSet<Channel> =
            grants.iter().flat_map(|grant| channels(ME, std::slice::from_ref(grant), &land)).collect();
        prop_assert_eq!(&open, &one_by_one, "grants add up, and none takes from another");

        // Said again without the code's own walk: an area is open when a grant is over one that it lies in.
        let granted = |area: AreaId, allowed: &dyn Fn(&Role) -> bool| {
            land.level(area).is_some_and(AreaLevel::has_channels)
                && grants.iter().any(|grant| match grant.scope {
                    Scope::Area(over) => {
                        allowed(&grant.role)
                            && land.path(area).contains(&over)
                            && land.level(over).is_some_and(AreaLevel::has_channels)
                    }
                    _ => false,
                })
        };
        let sees =
            |role: &Role| matches!(role, Role::Supervisor | Role::Leader | Role::Auditor | Role::Verifier);
        for area in areas {
            prop_assert_eq!(
                open.contains(&Channel::Area(area)),
                granted(area, &sees),
                "inspections of {}",
                area
            );
            let by_area = granted(area, &|_| true);
            prop_assert!(!by_area || open.contains(&Channel::Sites(area)), "sites of {}", area);
        }
        let somebody = open.len() > 2;
        prop_assert!(
            !somebody || (open.contains(&Channel::Reference) && open.contains(&Channel::Person(ME)))
        );
        let administers = grants.iter().all(|grant| grant.role == Role::Administrator);
        let seen =
            |channel: &Channel| matches!(channel, Channel::Area(_) | Channel::Unit(_) | Channel::Plan(_));
        prop_assert!(!administers || !open.iter().any(seen), "an administrator sees no evidence");
        Ok(())
    };
    TestRunner::new(config(2_000)).run(&landed(), property).unwrap();
}

/// One step of somebody's career.
#[derive(Debug, Clone)]
enum Step {
    Give(Role, Scope),
    /// The n-th of the grants that hold.
    Revoke(prop::sample::Index),
}

fn step() -> impl Strategy<Value = Step> {
    let areas = ["", "101", "102", "103"].map(|code| Scope::Area(HERE.area(code)));
    let units = ["U101", "U103", "zhujian"].map(|code| Scope::Unit(HERE.unit(code)));
    let scope = prop::sample::select([areas.as_slice(), &units].concat());
    prop_oneof![
        (role(), scope).prop_map(|(role, scope)| Step::Give(role, scope)),
        any::<prop::sample::Index>().prop_map(Step::Revoke),
    ]
}

type Memberships = BTreeMap<String, (i64, Option<i64>)>;

async fn memberships_of(conn: &mut Conn, account: AccountId) -> Memberships {
    let rows: Vec<(String, i64, Option<i64>)> = memberships::table
        .filter(memberships::jurisdiction_id.eq(HERE.id().0))
        .filter(memberships::account_id.eq(account.0))
        .select((memberships::channel, memberships::granted_seq, memberships::revoked_seq))
        .load(conn)
        .await
        .unwrap();
    rows.into_iter().map(|(channel, granted, revoked)| (channel, (granted, revoked))).collect()
}

async fn head(conn: &mut Conn) -> i64 {
    heads::table.find(HERE.id().0).select(heads::seq).first(conn).await.unwrap()
}

async fn somebody(conn: &mut Conn) -> AccountId {
    let clock = Clock::default();
    let new = NewAccount {
        login: clock.fresh_id().to_string(),
        name: "somebody".into(),
        password_hash: "none".into(),
        standing: Standing::Active,
        unit: None,
    };
    accounts::create(conn, &clock, HERE.id(), &new).await.unwrap()
}

/// What must have become of each membership by one step.
fn check_step(
    before: &Memberships,
    after: &Memberships,
    wanted: &BTreeSet<String>,
    head_before: i64,
    head_after: i64,
) {
    for (channel, now) in after {
        let was = before.get(channel).copied();
        let was_open = was.is_some_and(|(_, revoked)| revoked.is_none());
        match (was_open, wanted.contains(channel)) {
            (true, true) => assert_eq!(Some(*now), was, "{channel} stayed open and was touched"),
            (false, true) => assert_eq!(*now, (head_after, None), "{channel} was opened"),
            (true, false) => assert_eq!(*now, (was.unwrap().0, Some(head_after)), "{channel} was closed"),
            (false, false) => assert_eq!(Some(*now), was, "{channel} stayed closed and was touched"),
        }
    }
    assert!(before.keys().all(|channel| after.contains_key(channel)), "a membership is never forgotten");
    assert!(wanted.iter().all(|channel| after.contains_key(channel)));
    assert!(before == after || head_after > head_before, "a change has a place of its own in the order");
}

async fn live_a_career(conn: &mut Conn, steps: Vec<Step>) {
    let clock = Clock::default();
    let me = somebody(conn).await;
    let land = grants::land(conn, HERE.id()).await.unwrap();
    for step in steps {
        let (before, head_before) = (memberships_of(conn, me).await, head(conn).await);
        let held = grants::live_grants(conn, HERE.id(), &[me]).await.unwrap().remove(&me).unwrap_or_default();
        let mut expected: Vec<Grant> = held.into_iter().map(|held| held.grant).collect();
        match step {
            Step::Give(role, scope) => {
                let id = grants::give(conn, &clock, HERE.id(), None, me, role.clone(), scope).await.unwrap();
                let same = expected.iter().find(|grant| grant.role == role && grant.scope == scope);
                assert!(same.is_none_or(|grant| grant.grant_id == id), "given already, it is the same grant");
                if same.is_none() {
                    expected.push(Grant { grant_id: id, account_id: me, ..grant(role, scope) });
                }
            }
            Step::Revoke(_) if expected.is_empty() => continue,
            Step::Revoke(which) => {
                let gone = expected.remove(which.index(expected.len()));
                grants::revoke(conn, &clock, HERE.id(), None, gone.grant_id).await.unwrap();
            }
        }
        let wanted: BTreeSet<String> =
            channels(me, &expected, &land).iter().map(ToString::to_string).collect();
        check_step(&before, &memberships_of(conn, me).await, &wanted, head_before, head(conn).await);
    }
    assert_eq!(
        grants::rederive_all(conn, clock.now(), HERE.id()).await.unwrap(),
        0,
        "all was derived already"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn memberships_follow_every_grant_in_the_order_of_all_changes() {
    let database = Database::new().await;
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let careers = prop::collection::vec(step(), 1..14);
        let live = |steps| {
            runtime.block_on(async { live_a_career(&mut database.conn().await, steps).await });
            Ok(())
        };
        TestRunner::new(config(40)).run(&careers, live).unwrap();
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn what_is_taken_and_given_again_begins_anew() {
    let database = Database::new().await;
    let mut conn = database.conn().await;
    let (conn, clock) = (&mut conn, Clock::default());
    let me = somebody(conn).await;
    let scope = Scope::Area(HERE.area("101"));
    let channel = Channel::Area(HERE.area("101")).to_string();
    let mut last = 0;
    for _ in 0..3 {
        let grant = grants::give(conn, &clock, HERE.id(), None, me, Role::Leader, scope).await.unwrap();
        let (granted, revoked) = memberships_of(conn, me).await[&channel];
        assert!(granted > last && revoked.is_none());
        grants::revoke(conn, &clock, HERE.id(), None, grant).await.unwrap();
        grants::revoke(conn, &clock, HERE.id(), None, grant).await.unwrap();
        let (again, revoked) = memberships_of(conn, me).await[&channel];
        assert_eq!(again, granted);
        last = revoked.expect("closed");
        assert!(last > granted);
    }
}

#[tokio::test]
async fn grants_that_cannot_be_are_refused_with_the_reason() {
    let database = Database::new().await;
    let mut conn = database.conn().await;
    let (conn, clock) = (&mut conn, Clock::default());
    let me = somebody(conn).await;
    let there = County(given::OTHER_COUNTY);
    let head_before = head(conn).await;
    for (account, role, scope, code) in [
        (me, Role::Inspector, Scope::Area(HERE.area("101201")), Code::ScopeTooFine),
        (me, Role::Inspector, Scope::Area(there.area("101")), Code::NotFound),
        (me, Role::UnitOfficer, Scope::Unit(there.unit("U101")), Code::NotFound),
        (AccountId(Uuid::nil()), Role::Inspector, Scope::Area(HERE.area("101")), Code::NotFound),
        (me, Role::UnitOfficer, Scope::Plan(PlanId(Uuid::nil())), Code::ScopeUnsuitable),
        (me, Role::Administrator, Scope::Plan(PlanId(Uuid::nil())), Code::ScopeUnsuitable),
        (me, Role::Unknown("king".into()), Scope::Area(HERE.area("")), Code::ScopeUnsuitable),
    ] {
        let refused = grants::give(conn, &clock, HERE.id(), None, account, role, scope).await.unwrap_err();
        assert_eq!(refused.problem().code(), Some(code), "{refused}");
    }
    let refused = grants::revoke(conn, &clock, HERE.id(), None, GrantId(Uuid::nil())).await.unwrap_err();
    assert_eq!(refused.problem().code(), Some(Code::NotFound));
    assert!(memberships_of(conn, me).await.is_empty());
    assert_eq!(head(conn).await, head_before, "nothing was written");
}

#[tokio::test]
async fn new_townships_open_to_those_above_them() {
    let database = Database::new().await;
    let mut conn = database.conn().await;
    let (conn, clock) = (&mut conn, Clock::default());
    let me = somebody(conn).await;
    grants::give(conn, &clock, HERE.id(), None, me, Role::Supervisor, Scope::Area(HERE.area("")))
        .await
        .unwrap();
    let before = memberships_of(conn, me).await;
    let township = HERE.area("104").0;
    diesel::insert_into(areas::table)
        .values((
            areas::jurisdiction_id.eq(HERE.id().0),
            areas::area_id.eq(township),
            areas::code.eq(format!("{}104000", given::COUNTY)),
            areas::name_zh.eq("新镇"),
            areas::level.eq("township"),
            areas::parent_id.eq(HERE.area("").0),
            areas::channel_area_id.eq(township),
            areas::rev.eq(1),
        ))
        .execute(conn)
        .await
        .unwrap();
    assert!(grants::rederive_all(conn, clock.now(), HERE.id()).await.unwrap() >= 2);
    let (after, head) = (memberships_of(conn, me).await, head(conn).await);
    for channel in [Channel::Sites(AreaId(township)), Channel::Area(AreaId(township))] {
        assert_eq!(after[&channel.to_string()], (head, None));
    }
    assert!(before.iter().all(|(channel, was)| after[channel] == *was), "the rest was not touched");
}

#[tokio::test]
async fn grants_at_once_leave_what_the_last_of_them_says() {
    let database = Database::new().await;
    let me = somebody(&mut database.conn().await).await;
    let give = |role: Role, code: &'static str| {
        let database = database.clone();
        async move {
            let scope = Scope::Area(HERE.area(code));
            let mut conn = database.conn().await;
            grants::give(&mut conn, &Clock::default(), HERE.id(), None, me, role, scope).await.unwrap()
        }
    };
    let revoke = |grant: GrantId| {
        let database = database.clone();
        async move {
            let mut conn = database.conn().await;
            grants::revoke(&mut conn, &Clock::default(), HERE.id(), None, grant).await.unwrap();
        }
    };
    for _ in 0..10 {
        let leads = give(Role::Leader, "101").await;
        // One who takes and one who gives the same channels, at the same time.
        let (audits, ()) = tokio::join!(give(Role::Auditor, "101"), revoke(leads));
        let conn = &mut database.conn().await;
        let open = memberships_of(conn, me).await[&Channel::Area(HERE.area("101")).to_string()];
        assert_eq!(open.1, None, "the auditor's grant holds");
        let (verifies, ()) = tokio::join!(give(Role::Verifier, "102"), revoke(audits));
        let after = memberships_of(conn, me).await;
        assert!(after[&Channel::Area(HERE.area("101")).to_string()].1.is_some());
        assert_eq!(after[&Channel::Area(HERE.area("102")).to_string()].1, None);
        revoke(verifies).await;
        assert_eq!(grants::rederive_all(conn, Clock::default().now(), HERE.id()).await.unwrap(), 0);
    }
}
