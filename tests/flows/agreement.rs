//! The server and the pure lifecycle agree on every outcome: random people give random commands, legal and not, upon
//! present and older revisions; each is decided by both. Afterwards the accounts balance and the feeds hold what they may.

use std::collections::{BTreeMap, BTreeSet};

use anfang::{auth::grants, rectifications::chore};
use anfang_protocol::{
    evidence::{Evidence, EvidenceStatus},
    feed::Kind,
    finding::Severity,
    ids::{AccountId, AreaId, FindingId, RectificationId, RemarkId, UnitId},
    lifecycle::{
        Calendar, Decision, Item, Person, Rules, Scene,
        authority::Actor,
        conflict::decide,
        item::{Desk, Rectification},
        places::{desk_id, seen_by},
        reconcile::{Move, MoveKind, accounts},
    },
    people::{Role, Scope},
    rectification::*,
    sync::Status,
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use crate::harness::{
    County, Server, Speaker, given,
    ledger::{counts_are_of_the_items, mention, newcomer, told},
    tus::noise,
};

const HERE: County = County(given::COUNTY);
const LOGINS: [&str; 5] = ["supervisor1", "officer", "officer102", "verifier", "leader"];

/// Dice that fall the same way every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.roll(all.len() as u64) as usize]
    }
}

struct People {
    speakers: Vec<Speaker>,
    persons: Vec<Person>,
}

impl People {
    async fn of(server: &Server) -> Self {
        newcomer(server, "officer102", Role::UnitOfficer, Scope::Unit(HERE.unit("U102"))).await;
        let mut conn = server.database.conn().await;
        let mut people = People { speakers: Vec::new(), persons: Vec::new() };
        for login in LOGINS {
            use anfang::db::schema::accounts;
            let account: Uuid = accounts::table
                .filter(accounts::jurisdiction_id.eq(HERE.id().0))
                .filter(accounts::login.eq(login))
                .select(accounts::account_id)
                .first(&mut conn)
                .await
                .expect("an account");
            let account = AccountId(account);
            let mut held = grants::live_grants(&mut conn, HERE.id(), &[account]).await.expect("grants");
            let grants = held.remove(&account).expect("a grant");
            people.persons.push(Person { account, unit: None, grants });
            people.speakers.push(Speaker::sign_in(server, login).await);
        }
        people
    }
}

/// The item as the server keeps it.
async fn kept(server: &Server, id: RectificationId) -> Option<Item> {
    use anfang::db::schema::rectifications as r;
    let found: Option<(i32, String, String)> = r::table
        .find((HERE.id().0, id.0))
        .select((r::rev, r::body, r::desk))
        .first(&mut server.database.conn().await)
        .await
        .optional()
        .expect("a query");
    found.map(|(rev, body, desk)| {
        let case: Rectification = serde_json::from_str(&body).expect("a case");
        Item { rev: rev.cast_unsigned(), case, desk: serde_json::from_str::<Desk>(&desk).expect("a desk") }
    })
}

/// Without the moments at which it was decided, which differ by milliseconds.
fn timeless(item: &Item) -> Value {
    fn mask(value: &mut Value) {
        match value {
            Value::String(text) if text.parse::<DateTime<Utc>>().is_ok() => *value = "then".into(),
            Value::Array(all) => all.iter_mut().for_each(mask),
            Value::Object(all) => all.values_mut().for_each(mask),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(item).expect("JSON");
    mask(&mut value);
    value
}

fn due(dice: &mut Dice) -> Due {
    Due::WorkingDays(dice.roll(20) as u16)
}

fn named() -> Named {
    Named { name: "王某".into(), account_id: None }
}

fn text(dice: &mut Dice) -> String {
    if dice.roll(12) == 0 { String::new() } else { "说明".into() }
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

/// Commands that lead on from a stage, and who gives them: else nobody would get to the end of an item's life.
fn leading_on(item: Option<&Item>, dice: &mut Dice) -> (&'static str, usize) {
    let Some(item) = item else { return ("list", 0) };
    let officer = if item.unit() == Some(HERE.unit("U102")) { 2 } else { 1 };
    let choices: &[(&str, usize)] = match item.stage().as_str() {
        "listed" | "reopened" => &[("hand_over", 0)],
        "declined" => &[("reassign", 0)],
        "handed_over" => &[("acknowledge", officer), ("acknowledge", officer), ("decline", officer)],
        "acknowledged" | "in_progress" | "returned" => &[
            ("report", officer),
            ("report", officer),
            ("ask_extension", officer),
            ("plan", officer),
            ("suspend", 0),
            ("grant_extension", 0),
        ],
        "answered" => &[("accept", 3), ("close", 3), ("close", 0), ("return", 3)],
        "suspended" => &[("resume", 0)],
        "closed" => &[("reopen", 3), ("look_back_passed", 3)],
        _ => &[("comment", 0)],
    };
    *dice.of(choices)
}

fn act(
    short: &str,
    id: RectificationId,
    others: &[RectificationId],
    photos: &[Evidence],
    dice: &mut Dice,
) -> Act {
    let rectification_id = id;
    let unit_id = *dice.of(&[HERE.unit("U101"), HERE.unit("U101"), HERE.unit("U102"), UnitId(Uuid::nil())]);
    let reason = text(dice);
    match short {
        "list" => Act::List(List {
            rectification_id,
            area_id: HERE.area("101201"),
            findings: Vec::new(),
            noted: vec![noted(), noted()],
            severity: None,
            text: None,
        }),
        "join" => Act::Join(Join { rectification_id, other_id: *dice.of(others), reason }),
        "add_finding" => {
            Act::AddFinding(AddFinding { rectification_id, findings: Vec::new(), noted: vec![noted()] })
        }
        "hand_over" => Act::HandOver(HandOver {
            rectification_id,
            unit_id,
            person: named(),
            leader: None,
            requirement: text(dice),
            standard: None,
            funds: None,
            due: due(dice),
            receipt_hours: None,
        }),
        "acknowledge" => Act::Acknowledge(Acknowledge { rectification_id }),
        "decline" => Act::Decline(Decline { rectification_id, reason, suggests: None }),
        "reassign" => Act::Reassign(Reassign {
            rectification_id,
            unit_id,
            person: named(),
            reason,
            leader: None,
            requirement: None,
            due: Some(due(dice)),
            receipt_hours: None,
        }),
        "plan" => Act::Plan(Plan { rectification_id, text: reason, finish_on: None, funds: None }),
        "ask_extension" => Act::AskExtension(AskExtension { rectification_id, due: due(dice), reason }),
        "grant_extension" => Act::GrantExtension(GrantExtension { rectification_id, due: None, text: None }),
        "suspend" => Act::Suspend(Suspend {
            rectification_id,
            reason,
            review_on: "2027-06-01".parse().expect("a day"),
        }),
        "resume" => Act::Resume(Resume { rectification_id, reason, due: None }),
        "report" => {
            let evidence = (dice.roll(5) > 0).then(|| {
                let photo = dice.of(photos).clone();
                Evidence { evidence_id: Uuid::now_v7().into(), ..photo }
            });
            let evidence = evidence.into_iter().collect();
            Act::Answer(Answer { rectification_id, text: reason, evidence, funds: None })
        }
        "accept" => {
            Act::Accept(Accept { rectification_id, method: Method::Photo, inspection_id: None, text: None })
        }
        "return" => Act::Return(Return {
            rectification_id,
            reasons: reason,
            method: None,
            inspection_id: None,
            due: None,
        }),
        "close" => Act::Close(Close { rectification_id, text: None }),
        "look_back_passed" => {
            Act::LookBackPassed(LookBackPassed { rectification_id, inspection_id: None, text: None })
        }
        "reopen" => {
            Act::Reopen(Reopen { rectification_id, reason, inspection_id: None, findings: Vec::new() })
        }
        "cancel" => Act::Cancel(Cancel { rectification_id, reason }),
        "escalate" => Act::Escalate(Escalate { rectification_id, rung: Rung::Remind }),
        _ => Act::Comment(Comment {
            rectification_id,
            remark_id: RemarkId(Uuid::now_v7()),
            text: reason,
            internal: dice.roll(2) == 0,
        }),
    }
}

const ANY: [&str; 12] = [
    "list",
    "join",
    "add_finding",
    "reassign",
    "resume",
    "report",
    "close",
    "reopen",
    "cancel",
    "escalate",
    "comment",
    "grant_extension",
];

/// What the pure lifecycle says, given what stands there.
fn pure(
    person: &Person,
    act: &Act,
    items: &BTreeMap<RectificationId, Item>,
    base_rev: Option<u32>,
    held: &BTreeSet<anfang_protocol::sha::Sha>,
) -> Decision {
    let path = [HERE.area("101201"), HERE.area("101"), HERE.area("")];
    let item = items.get(&act.rectification_id());
    let own: Vec<AreaId> = person.grants.iter().filter_map(|held| held.area).collect();
    let (calendar, rules) = (Calendar::china(), Rules::shipped());
    let other = match act {
        Act::Join(join) => items.get(&join.other_id),
        _ => None,
    };
    let makes = matches!(act, Act::List(_));
    let scene = Scene {
        now: Utc::now(),
        base_rev,
        calendar: &calendar,
        rules: &rules,
        areas: if item.is_some() || makes { &path } else { &own },
        findings: &BTreeMap::new(),
        other: other.map(|other| (other, &path[..])),
        record: Default::default(),
        held: &|sha| {
            if held.contains(sha) { EvidenceStatus::Stored } else { EvidenceStatus::Missing }
        },
        is_unit: &|unit| [HERE.unit("U101"), HERE.unit("U102")].contains(&unit),
        is_group: &|unit| [HERE.unit("U101"), HERE.unit("U102")].contains(&unit),
        is_account: &|_| false,
        visit: &|_| None,
    };
    let actor = Actor::Person(person.clone());
    decide(item, act, &actor, Uuid::nil().into(), &scene)
}

/// One command, decided by both.
async fn both(server: &Server, people: &mut People, turn: &mut Turn<'_>) -> Status {
    let Turn { items, who, act, base, held } = turn;
    let expected = pure(&people.persons[*who], act, items, *base, held);
    let outcome = people.speakers[*who].acts(act, *base).await;
    let (status, code) = told(&outcome);
    let context = format!("{} by {} upon {base:?}", act.kind(), LOGINS[*who]);
    let absent = !items.contains_key(&act.rectification_id());
    let changed: Vec<Item> = match expected {
        Decision::Applied(step) => {
            assert_eq!(status, Status::Applied, "{context}: {code}");
            assert_eq!(outcome.rev, Some(step.item.rev.to_string()), "{context}");
            step.others.into_iter().chain([step.item]).collect()
        }
        Decision::Rejected(problem) => {
            let why = problem.code().expect("a code").slug();
            let waits = absent && why == "item_unknown";
            let refused = if waits { Status::Blocked } else { Status::Rejected };
            assert_eq!((status.clone(), code.as_str()), (refused, why), "{context}");
            Vec::new()
        }
        Decision::Conflict(conflict) => {
            let why = conflict.problem.code().expect("a code").slug();
            assert_eq!((status.clone(), code.as_str()), (Status::Conflict, why), "{context}");
            assert_eq!(outcome.current.is_some(), conflict.show, "{context}");
            vec![conflict.item]
        }
    };
    for mut item in changed {
        let there = kept(server, item.id()).await.expect("the server has it");
        let own = |item: &mut Item| {
            let kept = item.case.kept.iter_mut().chain(&mut item.desk.kept);
            kept.for_each(|kept| kept.command_id = Uuid::nil().into());
        };
        let mut shown = there.clone();
        own(&mut item);
        own(&mut shown);
        assert_eq!(timeless(&shown), timeless(&item), "{context}");
        items.insert(there.id(), there);
    }
    status
}

struct Turn<'a> {
    items: &'a mut BTreeMap<RectificationId, Item>,
    who: usize,
    act: Act,
    base: Option<u32>,
    held: &'a BTreeSet<anfang_protocol::sha::Sha>,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_decides_as_the_lifecycle_does() {
    let server = Server::start().await;
    let mut people = People::of(&server).await;
    let (whole, absent) = (noise(81, 2000), noise(82, 2000));
    for officer in [1, 2] {
        assert!(people.speakers[officer].upload(&whole, "image/jpeg").await.is_success());
    }
    let photos = [mention(&whole), mention(&whole), mention(&absent)];
    let held = BTreeSet::from([photos[0].sha256]);
    let mut dice = Dice(20_261_122);
    let mut items = BTreeMap::new();
    let (mut statuses, mut stages) = (BTreeMap::new(), BTreeSet::new());
    let mut ids = Vec::new();
    for turn in 0..700 {
        if turn % 35 == 0 {
            ids.push(RectificationId(Uuid::now_v7()));
        }
        let id = if dice.roll(4) > 0 { ids[ids.len() - 1] } else { *dice.of(&ids) };
        let (short, who) = if dice.roll(10) < 7 {
            leading_on(items.get(&id), &mut dice)
        } else {
            (*dice.of(&ANY), dice.roll(LOGINS.len() as u64) as usize)
        };
        let act = act(short, id, &ids, &photos, &mut dice);
        let rev = items.get(&id).map(|item: &Item| item.rev);
        let base = match dice.roll(4) {
            0 => None,
            1 => rev.map(|rev| rev.saturating_sub(1)),
            _ => rev,
        };
        let turn = &mut Turn { items: &mut items, who, act, base, held: &held };
        let status = both(&server, &mut people, turn).await;
        *statuses.entry(format!("{status:?}")).or_insert(0) += 1;
        stages.extend(items.get(&id).map(|item| item.stage().to_string()));
    }
    assert!(stages.len() == 11, "{stages:?}");
    assert!(["Applied", "Rejected", "Conflict"].iter().all(|word| statuses[*word] > 20), "{statuses:?}");
    accounts_balance(&server, &items).await;
    // Before changes are added up, and after.
    let overseer = Speaker::sign_in(&server, "supervisor").await;
    counts_are_of_the_items(&server, &overseer).await;
    chore::add_up(&mut server.database.conn().await).await.expect("added up");
    counts_are_of_the_items(&server, &overseer).await;
    feeds_hold_what_they_may(&people, &items).await;
}

async fn accounts_balance(server: &Server, items: &BTreeMap<RectificationId, Item>) {
    use anfang::db::schema::item_moves as m;
    let rows: Vec<(Uuid, Uuid, String, DateTime<Utc>)> = m::table
        .order((m::at, m::rev))
        .select((m::unit_id, m::rectification_id, m::kind, m::at))
        .load(&mut server.database.conn().await)
        .await
        .expect("moves");
    let moves: Vec<Move> = rows
        .into_iter()
        .map(|(unit, item, kind, at)| Move {
            at,
            unit_id: unit.into(),
            rectification_id: item.into(),
            kind: MoveKind::from(kind.as_str()),
        })
        .collect();
    let accounts = accounts(&moves, &Calendar::china());
    assert!(accounts.values().all(|account| account.balances()), "{accounts:?}");
    for unit in [HERE.unit("U101"), HERE.unit("U102")] {
        let holds = items.values().filter(|item| item.case.stage.holder() == Some(unit)).count() as u64;
        let closing =
            accounts.iter().rfind(|((of, _), _)| *of == unit).map_or(0, |(_, account)| account.closing);
        assert_eq!(closing, holds, "{unit}: {accounts:?}");
    }
}

async fn feeds_hold_what_they_may(people: &People, items: &BTreeMap<RectificationId, Item>) {
    for (officer, unit) in [(1, "U101"), (2, "U102")] {
        let held = people.speakers[officer].holds().await;
        let of = |kind: Kind| -> BTreeSet<Uuid> {
            held.iter().filter(|(_, (one, ..))| *one == kind).map(|((_, id), _)| *id).collect()
        };
        let may = items.values().filter(|item| seen_by(item) == Some(HERE.unit(unit)));
        assert_eq!(of(Kind::Rectification), may.map(|item| item.id().0).collect::<BTreeSet<_>>(), "{unit}");
        assert!(of(Kind::RectificationDesk).is_empty());
        for item in items.values().filter(|item| seen_by(item) == Some(HERE.unit(unit))) {
            let (.., body) = held.iter().find(|((_, id), _)| *id == item.id().0).expect("the item").1;
            assert_eq!(*body, serde_json::to_value(&item.case).expect("JSON"), "{unit}");
        }
    }
    let desk = people.speakers[0].holds().await;
    for item in items.values() {
        assert!(desk.keys().any(|(_, id)| *id == item.id().0));
        assert!(desk.keys().any(|(_, id)| *id == desk_id(item.id())));
    }
}
