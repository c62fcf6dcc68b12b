//! The server and the pure lifecycle agree on every outcome: random people give random commands, legal and not, one by one
//! or gathered while offline, upon present and older revisions, by clocks that go wrong; the server's clock jumps from day
//! to day and takes its own steps. Each is decided by both. After every day the accounts balance, and every feed holds what
//! the table of authority says, no more and no less.

mod acts;
mod feeds;
mod model;

use std::collections::{BTreeMap, BTreeSet};

use anfang::{auth::grants, clock::Clock, rectifications::chore};
use anfang_protocol::{
    feed::Kind,
    ids::{AccountId, InspectionId, RectificationId},
    lifecycle::{
        Calendar, Item, Person,
        facts::ItemFinding,
        item::{Desk, Rectification},
    },
    people::{Role, Scope},
    rectification::{Act, Source},
    sync::Status,
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use uuid::Uuid;

use self::{
    acts::{ANY, Stock, act, leading_on},
    model::Model,
};
use crate::harness::{
    County, Server, Speaker,
    chance::{Dice, noise},
    gate::{Gate, calm},
    given,
    ledger::{counts_are_of_the_items, mention, newcomer, told},
    reports::{finding, site, visit},
};

const HERE: County = County(given::COUNTY);
const LOGINS: [&str; 10] = [
    "supervisor1",
    "officer",
    "officer102",
    "verifier",
    "leader",
    "auditor",
    "inspector1",
    "inspector2",
    "resident",
    "admin",
];
const SUPERVISOR: usize = 0;
const OFFICER: usize = 1;
const OFFICER2: usize = 2;
const VERIFIER: usize = 3;
const LEADER: usize = 4;
const INSPECTOR: usize = 6;
/// Seconds by which the server's clock jumps before each day's work.
const JUMPS: [u32; 8] = [0, 86_400, 90_000, 3 * 86_400, 86_400, 7 * 86_400, 2 * 86_400, 4 * 86_400];
/// Days after those, while something has not come about.
const DAYS_MORE: usize = 6;
const TURNS_A_DAY: u32 = 110;

async fn persons(server: &Server) -> Vec<Person> {
    use anfang::db::schema::accounts;
    let mut conn = server.database.conn().await;
    let mut persons = Vec::new();
    for login in LOGINS {
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
        persons.push(Person { account, unit: None, grants });
    }
    persons
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

/// Without the moments at which it was decided, which differ by milliseconds, and ids that only the server has.
fn timeless(item: &Item) -> Value {
    fn mask(value: &mut Value) {
        match value {
            Value::String(text) if text.parse::<DateTime<Utc>>().is_ok() => *value = "then".into(),
            Value::Array(all) => all.iter_mut().for_each(mask),
            Value::Object(all) => all.values_mut().for_each(mask),
            _ => {}
        }
    }
    let mut item = item.clone();
    let kept = item.case.kept.iter_mut().chain(&mut item.desk.kept);
    kept.for_each(|kept| kept.command_id = Uuid::nil().into());
    let mut value = serde_json::to_value(item).expect("JSON");
    mask(&mut value);
    value
}

/// A county, the model of it, and who is there.
struct Ground {
    first: Server,
    server: Server,
    clock: Clock,
    gate: Gate,
    model: Model,
    stock: Stock,
    speakers: Vec<Speaker>,
    persons: Vec<Person>,
    visits: BTreeSet<InspectionId>,
    /// How often each status came out; which stages and steps were seen.
    seen: BTreeMap<String, u32>,
}

impl Ground {
    async fn new() -> Self {
        let first = Server::start().await;
        newcomer(&first, "officer102", Role::UnitOfficer, Scope::Unit(HERE.unit("U102"))).await;
        let gate = Gate::shut(&first).await;
        let persons = persons(&first).await;
        let speakers = sign_in(&first).await;
        let (whole, absent) = (noise(81, 2000), noise(82, 2000));
        for officer in [OFFICER, OFFICER2] {
            assert!(speakers[officer].upload(&whole, "image/jpeg").await.is_success());
        }
        let photos = vec![mention(&whole), mention(&whole), mention(&absent)];
        let mut model = Model::new(BTreeMap::new(), BTreeSet::from([photos[0].sha256]));
        model.accounts = persons.iter().map(|person| person.account).collect();
        let stock = Stock {
            ids: Vec::new(),
            photos,
            findings: Vec::new(),
            verifier: persons[VERIFIER].account,
            today: Utc::now().date_naive(),
        };
        let (server, clock) = (first.another(), Clock::default());
        let (visits, seen) = (BTreeSet::new(), BTreeMap::new());
        Ground { first, server, clock, gate, model, stock, speakers, persons, visits, seen }
    }

    fn count(&mut self, what: impl Into<String>) {
        *self.seen.entry(what.into()).or_insert(0) += 1;
    }

    /// A new day: another process, its clock further on; everybody signs in.
    async fn dawn(&mut self, ahead: u32) {
        self.server.kill();
        self.server = self.first.another_with(&[("ANFANG_CLOCK_AHEAD_SECONDS", &ahead.to_string())]);
        self.clock = Clock::ahead(ahead);
        self.stock.today = Calendar::china().day_of(self.clock.now());
        self.speakers = sign_in(&self.server).await;
        self.patrol().await;
        self.clock_steps().await;
    }

    /// A visit with some findings.
    async fn patrol(&mut self) {
        let mut submit = visit(HERE, &site("101", "201", 1));
        submit.findings = vec![finding("屋顶漏雨"), finding("账目不清"), finding("路灯不亮")];
        let (at, inspection) = (submit.site_id, submit.inspection_id);
        for found in &submit.findings {
            let known = ItemFinding {
                finding_id: found.finding_id,
                source: Source::Inspection,
                reference: None,
                severity: found.severity.clone(),
                text: found.text.clone(),
                site_id: Some(at),
                checklist_id: None,
                item: None,
                evidence: Vec::new(),
            };
            self.stock.findings.push(found.finding_id);
            self.model.visits.insert(found.finding_id, (known, inspection));
        }
        let body = serde_json::to_value(&submit).expect("JSON");
        let outcome = self.speakers[INSPECTOR].gives("inspection.submit", body, None).await;
        assert_eq!(outcome.status, Status::Applied, "{:?}", outcome.problem);
        self.visits.insert(inspection);
    }

    /// The server does what fell due, and so does the model.
    async fn clock_steps(&mut self) {
        self.gate.open().await;
        let calm = calm(&mut self.first.database.conn().await, &self.clock).await;
        self.gate.shut_again().await;
        let (changed, steps) = self.model.clock(calm.seen);
        for step in &steps {
            let body = step.body();
            let which = body["colour"].as_str().or(body["rung"].as_str()).expect("which");
            self.count(format!("{} {which}", step.kind()));
        }
        let all: BTreeSet<RectificationId> = self.model.items.keys().copied().collect();
        self.compare(&all, &format!("the clock, {} items changed", changed.len())).await;
    }

    /// What the server keeps is what the model has; from now on with the server's moments.
    async fn compare(&mut self, changed: &BTreeSet<RectificationId>, context: &str) {
        for id in changed {
            let there = kept(&self.server, *id).await.expect("the server has it");
            assert_eq!(timeless(&there), timeless(&self.model.items[id]), "{context}");
            self.count(format!("stage {}", there.stage()));
            self.model.items.insert(*id, there);
        }
    }

    /// Commands of one person, together, decided by both.
    async fn both(&mut self, who: usize, acts: &[(Act, Option<u32>)], dice: &mut Dice) {
        let (expected, changed) = self.model.push(&self.persons[who], acts, self.clock.now());
        let mut sent = Vec::new();
        for (act, base) in acts {
            let mut command = self.speakers[who].command(act.kind(), act.body());
            if let Some(base) = base {
                command["base_rev"] = base.to_string().into();
            }
            // Phones have clocks of their own.
            let off = chrono::Duration::hours(dice.below(20_000) as i64 - 10_000);
            command["at"] = json!(self.clock.now() + off);
            sent.push(command);
        }
        let outcomes = self.speakers[who].push(&sent).await.outcomes;
        let kinds: Vec<&str> = acts.iter().map(|(act, _)| act.kind()).collect();
        let context = format!("{kinds:?} by {}: {acts:?}", LOGINS[who]);
        assert_eq!(outcomes.len(), expected.len(), "{context}");
        for ((outcome, expected), (act, _)) in outcomes.iter().zip(&expected).zip(acts) {
            let (status, code) = told(outcome);
            assert_eq!((&status, &code), (&expected.status, &expected.code), "{context}");
            if status == Status::Applied || expected.rev.is_some() {
                assert_eq!(outcome.rev, expected.rev, "{context}");
            }
            assert_eq!(outcome.current.is_some(), expected.shown, "{context}");
            self.count(format!("{status:?}"));
            self.count(format!("{} {status:?}", act.kind()));
        }
        self.compare(&changed, &context).await;
        self.stock
            .ids
            .extend(changed.iter().filter(|id| !self.stock.ids.contains(id)).copied().collect::<Vec<_>>());
    }

    async fn turn(&mut self, dice: &mut Dice) {
        let ids = &self.stock.ids;
        let id = if dice.below(2) > 0 {
            ids[ids.len() - 1 - dice.below(3.min(ids.len()))]
        } else {
            *dice.pick(ids)
        };
        let item = self.model.items.get(&id).cloned();
        let (short, who) = if dice.below(10) < 7 {
            leading_on(item.as_ref(), dice)
        } else {
            (*dice.pick(&ANY), dice.below(LOGINS.len()))
        };
        // Now and then somebody was offline, and several commands come at once.
        let together = if dice.below(6) == 0 { 2 + dice.below(3) } else { 1 };
        let mut acts = Vec::new();
        for n in 0..together {
            let short = if n == 0 { short } else { *dice.pick(&ANY) };
            let rev = item.as_ref().map(|item| item.rev);
            let base = match dice.below(4) {
                0 => None,
                1 => rev.map(|rev| rev.saturating_sub(1)),
                _ => rev,
            };
            acts.push((act(short, id, item.as_ref(), &self.stock, dice), base));
        }
        self.both(who, &acts, dice).await;
    }

    /// Every unit's account, as the server tells it: each day opens with what the day before closed with and adds up; the
    /// last closes with what the unit holds, by the items' own rows.
    async fn accounts_balance(&self, overseer: &Speaker) {
        let told = overseer.get_json("/v1/reconciliation?from=2020-01-01&to=2100-01-01").await;
        let mut days: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
        for day in told["days"].as_array().expect("days") {
            days.entry(day["unit_id"].as_str().expect("a unit").to_owned()).or_default().push(day);
        }
        let units = ["U101", "U102", "U103", "zhujian"].map(|code| HERE.unit(code));
        assert!(days.keys().all(|unit| units.iter().any(|one| one.to_string() == *unit)), "{days:?}");
        for unit in units {
            let mut stands = 0;
            let mut of_unit = days.remove(&unit.to_string()).unwrap_or_default();
            of_unit.sort_by_key(|day| day["day"].as_str().expect("a day").to_owned());
            for day in of_unit {
                let n = |what: &str| day[what].as_i64().expect("a number");
                assert_eq!(n("opening"), stands, "{day}");
                stands = n("opening") + n("new") + n("reopened") - n("closed") - n("moved_away");
                assert_eq!(n("closing"), stands, "{day}");
            }
            let over = ["listed", "declined", "closed", "cancelled"];
            let mut holds = 0;
            for id in self.model.items.keys() {
                let item = kept(&self.server, *id).await.expect("an item");
                let has = item.case.orders.last() == Some(&unit) && !over.contains(&item.stage().as_str());
                holds += i64::from(has);
            }
            assert_eq!(stands, holds, "what {unit} holds");
        }
    }

    async fn dusk(&mut self) {
        let overseer = Speaker::sign_in(&self.server, "supervisor").await;
        self.accounts_balance(&overseer).await;
        // Before changes are added up, and after.
        counts_are_of_the_items(&self.server, &overseer).await;
        chore::add_up(&mut self.server.database.conn().await).await.expect("added up");
        counts_are_of_the_items(&self.server, &overseer).await;
        self.accounts_balance(&overseer).await;
        for (who, login) in LOGINS.iter().enumerate() {
            let (speaker, person) = (&self.speakers[who], &self.persons[who]);
            let author = who == INSPECTOR;
            let items = &self.model.items;
            let held = feeds::holds_what_it_may(login, speaker, person, items, &self.visits, author).await;
            *self.seen.entry(format!("held by {login}")).or_insert(0) += held as u32;
        }
        let abroad = Speaker::sign_in_at(&self.server, given::OTHER_COUNTY, "supervisor").await;
        let held = abroad.holds().await;
        let strange = [Kind::Rectification, Kind::RectificationDesk, Kind::Inspection, Kind::Notice];
        assert!(held.values().all(|(kind, ..)| !strange.contains(kind)), "from abroad");
    }
}

async fn sign_in(server: &Server) -> Vec<Speaker> {
    futures::future::join_all(LOGINS.iter().map(|login| Speaker::sign_in(server, login))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_decides_as_the_lifecycle_does() {
    let mut ground = Ground::new().await;
    let mut dice = Dice::new(20_261_122);
    let mut ahead = 0;
    // Ids and today's date are drawn, too: what did not come about in these days has some more.
    for (day, jump) in JUMPS.into_iter().chain([7 * 86_400; DAYS_MORE]).enumerate() {
        if day >= JUMPS.len() && not_tried(&ground.seen).is_empty() {
            break;
        }
        ahead += jump;
        ground.dawn(ahead).await;
        for turn in 0..TURNS_A_DAY {
            if turn % 30 == 0 {
                ground.stock.ids.push(RectificationId(Uuid::now_v7()));
            }
            ground.turn(&mut dice).await;
            if turn == TURNS_A_DAY / 2 {
                ground.clock_steps().await;
            }
        }
        ground.dusk().await;
    }
    let seen = &ground.seen;
    println!("{seen:#?}");
    assert_eq!(not_tried(seen), [""; 0], "{seen:#?}");
    assert_eq!(seen["held by inspector2"] + seen["held by admin"], 0);
}

/// What must have come about, and did not.
fn not_tried(seen: &BTreeMap<String, u32>) -> Vec<String> {
    let stages =
        anfang_protocol::lifecycle::item::StageName::ALL.iter().map(|stage| format!("stage {stage}"));
    let steps =
        ["blue", "yellow", "red", "receipt", "review"].map(|step| format!("rectification.remind {step}"));
    let rungs =
        ["remind", "supervise", "summon", "admonish"].map(|rung| format!("rectification.escalate {rung}"));
    let mut missing: Vec<String> =
        stages.chain(steps).chain(rungs).filter(|what| !seen.contains_key(what)).collect();
    let few = ["Applied", "Rejected", "Conflict", "Blocked"].into_iter();
    missing.extend(few.filter(|word| seen.get(*word).is_none_or(|n| *n <= 20)).map(str::to_owned));
    let readers = ["supervisor1", "officer", "officer102", "verifier", "leader", "auditor", "inspector1"];
    missing.extend(
        readers
            .map(|reader| format!("held by {reader}"))
            .into_iter()
            .filter(|held| seen.get(held).is_none_or(|n| *n == 0)),
    );
    for kind in Act::KINDS {
        let said = |word: &str| seen.contains_key(&format!("{kind} {word}"));
        // Nobody gives what the clock gives.
        let clocks = ["rectification.remind", "rectification.escalate"].contains(kind);
        if said("Applied") == clocks || !["Rejected", "Conflict", "Blocked"].into_iter().any(said) {
            missing.push((*kind).to_owned());
        }
    }
    missing
}
