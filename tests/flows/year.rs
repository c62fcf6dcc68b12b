//! A county over many days of simulated time: inspectors report findings, which are handed over, answered, returned,
//! extended, suspended, closed, relapse, or are forgotten; every day another server process has the day's clock, and one is
//! killed in the middle of its work. Every reminder and every step of the ladder happened once, on its day, none was left
//! out.
//!
//! The short run is a part of the tests; `make year` plays a whole year (`ANFANG_YEAR_DAYS`, `ANFANG_YEAR_FINDINGS`,
//! `ANFANG_YEAR_INSPECTORS`).

use std::time::{Duration, Instant};

use anfang_protocol::{
    people::{Role, Scope},
    sync::Status,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    County, Server, Speaker, given,
    ledger::{counts_are_of_the_items, mention, newcomer, query_text, told},
    reports::{finding, site, visit},
    tus::noise,
};

const HERE: County = County(given::COUNTY);
const DAY: u32 = 86_400;
/// Findings of one visit.
const OF_A_VISIT: u32 = 5;
/// Things that are tried about items, for each finding that comes in.
const TRIES: u32 = 6;
/// Items that people still look at: older ones lie.
const RECENT: usize = 2000;

fn setting(name: &str, otherwise: u32) -> u32 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Dice that fall the same way every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

struct People {
    supervisor: Speaker,
    officers: [Speaker; 2],
    verifier: Speaker,
}

const UNITS: [&str; 2] = ["U101", "U102"];

impl People {
    /// Everybody signs in anew each day: nobody's token lives that long.
    async fn at(server: &Server) -> Self {
        let (supervisor, one, two, verifier) = tokio::join!(
            Speaker::sign_in(server, "supervisor"),
            Speaker::sign_in(server, "officer"),
            Speaker::sign_in(server, "officer102"),
            Speaker::sign_in(server, "verifier"),
        );
        People { supervisor, officers: [one, two], verifier }
    }
}

fn inspector(n: u32) -> String {
    format!("walker{n}")
}

/// An item, and the unit that has it.
type Handed = (Uuid, usize);

/// Visits of a day: what is found is listed and handed over at once.
async fn patrol(server: &Server, people: &mut People, day: &Day, dice: &mut Dice) -> Vec<Handed> {
    let mut handed = Vec::new();
    for n in 0..day.visits {
        let who = inspector((day.number * day.visits + n) % day.inspectors);
        let mut walker = Speaker::sign_in(server, &who).await;
        let mut submit = visit(HERE, &site("101", "201", dice.below(10) as u32));
        submit.findings = (0..OF_A_VISIT).map(|_| finding("账目不清")).collect();
        let found: Vec<_> = submit.findings.iter().map(|finding| finding.finding_id).collect();
        let report = serde_json::to_value(submit).expect("JSON");
        assert_eq!(walker.gives("inspection.submit", report, None).await.status, Status::Applied);
        let mut commands = Vec::new();
        for finding in found {
            let (id, unit) = (Uuid::now_v7(), dice.below(2) as usize);
            let list =
                json!({ "rectification_id": id, "area_id": HERE.area("101201"), "findings": [finding] });
            let order = json!({ "rectification_id": id, "unit_id": HERE.unit(UNITS[unit]), "person": { "name": "王镇长" },
                "requirement": "核清", "due": { "working_days": 1 + dice.below(5) } });
            commands.push(people.supervisor.command("rectification.list", list));
            commands.push(people.supervisor.command("rectification.hand_over", order));
            handed.push((id, unit));
        }
        let outcomes = people.supervisor.push(&commands).await.outcomes;
        assert!(outcomes.iter().all(|outcome| outcome.problem.is_none()), "{outcomes:?}");
    }
    handed
}

/// What a day brings.
struct Day {
    number: u32,
    visits: u32,
    inspectors: u32,
}

/// Somebody does something about an item; what is not possible just now is refused, as in life. Gives whether it was done.
async fn act(people: &mut People, (id, unit): Handed, photo: &[u8], dice: &mut Dice) -> bool {
    let officer = &mut people.officers[unit];
    let answer = json!({ "text": "已核清", "evidence": [mention(photo)] });
    let (who, kind, more) = match dice.below(12) {
        0 | 1 => (officer, "acknowledge", json!({})),
        2 | 3 => (officer, "report", answer),
        4 => (officer, "ask_extension", json!({ "due": { "working_days": 6 }, "reason": "等凭证" })),
        5 => (&mut people.supervisor, "grant_extension", json!({})),
        6 => {
            (&mut people.supervisor, "suspend", json!({ "reason": "须上级决定", "review_on": "2027-12-01" }))
        }
        7 => (&mut people.supervisor, "resume", json!({ "reason": "已决定" })),
        8 => (&mut people.verifier, "return", json!({ "reasons": "凭证不全" })),
        9 => (&mut people.verifier, "accept", json!({ "method": "photo" })),
        10 => (&mut people.verifier, "close", json!({})),
        _ => (&mut people.verifier, "reopen", json!({ "reason": "又发现" })),
    };
    let mut body = json!({ "rectification_id": id });
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    let (status, _) = told(&who.gives(&format!("rectification.{kind}"), body, None).await);
    status == Status::Applied
}

/// Until nothing that fell due by this day's clock is left.
async fn quiet(server: &Server, ahead: u32) {
    let waiting = format!(
        "SELECT count(*)::text AS text FROM rectifications WHERE next_at < now() + interval '{ahead} seconds'"
    );
    for _ in 0..1200 {
        if query_text(server, &waiting).await == "0" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("what fell due is not done");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_happens_once_and_on_its_day() {
    let (days, findings) = (setting("ANFANG_YEAR_DAYS", 16), setting("ANFANG_YEAR_FINDINGS", 80));
    let inspectors = setting("ANFANG_YEAR_INSPECTORS", 3);
    let began = Instant::now();
    let first = Server::start().await;
    newcomer(&first, "officer102", Role::UnitOfficer, Scope::Unit(HERE.unit("U102"))).await;
    for n in 0..inspectors {
        newcomer(&first, &inspector(n), Role::Inspector, Scope::Area(HERE.area(""))).await;
    }
    let mut dice = Dice(20_261_122);
    let mut people = People::at(&first).await;
    let photo = noise(1, 1000);
    for officer in &people.officers {
        assert!(officer.upload(&photo, "image/jpeg").await.is_success());
    }
    // What is forgotten has its time: the last weeks bring nothing new, and of the short run only the first day does.
    let busy = if days > 60 { days - 20 } else { 1 };
    let visits = findings.div_ceil(OF_A_VISIT).div_ceil(busy);
    let mut items = Vec::new();
    let mut yesterday = first.another();
    let mut done = 0;
    for number in 1..=days {
        let ahead = (number * DAY).to_string();
        let ahead = [("ANFANG_CLOCK_AHEAD_SECONDS", ahead.as_str())];
        let today = first.another_with(&ahead);
        // Two at work on what fell due; the one whose clock is a day behind is killed at any moment.
        tokio::time::sleep(Duration::from_millis(dice.below(120))).await;
        yesterday.kill();
        yesterday = first.another_with(&ahead);
        quiet(&first, number * DAY).await;
        people = People::at(&today).await;
        if number <= busy {
            let day = Day { number, visits, inspectors };
            items.extend(patrol(&today, &mut people, &day, &mut dice).await);
        }
        let recent = &items[items.len().saturating_sub(RECENT)..];
        for _ in 0..TRIES * findings.div_ceil(days) {
            let item = recent[dice.below(recent.len() as u64) as usize];
            done += u32::from(act(&mut people, item, &photo, &mut dice).await);
        }
        drop(today);
    }
    assert!(done > days, "only {done} things were done");
    judge(&first).await;
    let overseer = Speaker::sign_in(&first, "supervisor").await;
    counts_are_of_the_items(&first, &overseer).await;
    let steps = query_text(
        &first,
        "SELECT string_agg(step || ' ' || n, ', ' ORDER BY step) AS text FROM ( \
            SELECT coalesce(e.entry::jsonb #>> '{command,body,rung}', e.entry::jsonb #>> '{command,body,colour}') AS step, \
                count(*) AS n \
            FROM ledger e WHERE e.account_id IS NULL AND e.kind LIKE 'rectification.%' GROUP BY 1) s",
    )
    .await;
    println!(
        "{days} days, {inspectors} inspectors, {} findings, {done} things done by people; by the clock: {steps}; none \
         missing, none twice, all on their day; {:.0} s",
        items.len(),
        began.elapsed().as_secs_f64()
    );
}

/// From the ledger: what the clock did, against the rules.
async fn judge(server: &Server) {
    let steps = "FROM ledger l WHERE l.account_id IS NULL AND l.kind LIKE 'rectification.%'";
    let kinds = format!(
        "SELECT string_agg(DISTINCT coalesce(l.entry::jsonb #>> '{{command,body,rung}}', \
        l.entry::jsonb #>> '{{command,body,colour}}'), ' ') AS text {steps}"
    );
    let kinds = query_text(server, &kinds).await;
    for kind in ["blue", "yellow", "red", "receipt", "remind", "supervise", "summon"] {
        assert!(kinds.split(' ').any(|one| one == kind), "{kind} never happened: {kinds}");
    }
    // A command of the clock says when it was due; it was given within that day, or within a day of what set the item's
    // own clock running again: while it stands (answered, suspended), nobody is reminded.
    let late = format!(
        "SELECT coalesce(string_agg(concat_ws(' ', kind, body, 'due', due, 'given', at), E'\n'), '') AS text FROM ( \
            SELECT l.kind, l.entry::jsonb #>> '{{command,body}}' AS body, l.at, \
                (l.entry::jsonb #>> '{{command,at}}')::timestamptz AS due, \
                (SELECT max(c.received_at) FROM commands c WHERE c.jurisdiction_id = l.jurisdiction_id \
                    AND c.item_id = (l.entry::jsonb #>> '{{command,body,rectification_id}}')::uuid \
                    AND c.kind = ANY ('{{rectification.return,rectification.resume,rectification.reopen,rectification.grant_extension}}') \
                    AND c.status = 'applied' AND c.received_at <= l.at) AS runs {steps}) s \
         WHERE NOT (at - greatest(due, runs) BETWEEN interval '0' AND interval '25 hours')"
    );
    assert_eq!(query_text(server, &late).await, "", "late, or too early");
    // Each rung once in each order of an item.
    let twice = "SELECT count(*)::text AS text FROM ( \
        SELECT r.rectification_id, s ->> 'order', s ->> 'rung' FROM rectifications r, \
            jsonb_array_elements(coalesce(r.body::jsonb -> 'ladder', '[]') || coalesce(r.desk::jsonb -> 'drafts', '[]')) s \
        GROUP BY 1, 2, 3 HAVING count(*) > 2) x";
    assert_eq!(query_text(server, twice).await, "0", "a rung twice");
    let told = "SELECT count(*)::text AS text FROM ( \
        SELECT r.rectification_id, s ->> 'order', s ->> 'rung' FROM rectifications r, \
            jsonb_array_elements(coalesce(r.body::jsonb -> 'ladder', '[]')) s \
        GROUP BY 1, 2, 3 HAVING count(*) > 1) x";
    assert_eq!(query_text(server, told).await, "0", "a rung told twice");
    let vain = "SELECT count(*)::text AS text FROM commands WHERE account_id IS NULL AND status <> 'applied'";
    assert_eq!(query_text(server, vain).await, "0", "no step was tried in vain");
    // Balances: what came in and went out of a unit is what stands there.
    let moved = "SELECT coalesce(sum(CASE WHEN kind IN ('new', 'reopened') THEN 1 ELSE -1 END), 0)::text AS text FROM item_moves";
    let open = "SELECT count(*)::text AS text FROM rectifications WHERE stage NOT IN ('listed', 'declined', 'closed', 'cancelled')";
    assert_eq!(query_text(server, moved).await, query_text(server, open).await);
    let output = server.command(&["verify", "ledger", "--jurisdiction", given::COUNTY]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
