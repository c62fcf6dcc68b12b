//! A county over many days of simulated time: items are handed over, answered, returned, extended, suspended, closed,
//! relapse, or are forgotten; every day another server process has the day's clock, and one is killed in the middle of
//! its work. Every reminder and every step of the ladder happened once, on its day, none was left out.
//!
//! The short run is a part of the tests; `make year` plays a whole year (`ANFANG_YEAR_DAYS`, `ANFANG_YEAR_ITEMS`).

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    County, Server, Speaker, given,
    ledger::{mention, query_text, told},
    tus::noise,
};

const HERE: County = County(given::COUNTY);
const DAY: u32 = 86_400;

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
    officer: Speaker,
    verifier: Speaker,
}

impl People {
    /// Everybody signs in anew each day: nobody's token lives that long.
    async fn at(server: &Server) -> Self {
        let (supervisor, officer, verifier) = tokio::join!(
            Speaker::sign_in(server, "supervisor1"),
            Speaker::sign_in(server, "officer"),
            Speaker::sign_in(server, "verifier"),
        );
        People { supervisor, officer, verifier }
    }
}

async fn begin(people: &mut People, items: u32, dice: &mut Dice) -> Vec<Uuid> {
    let mut ids = Vec::new();
    for _ in 0..items {
        let id = Uuid::now_v7();
        let noted = json!([{ "finding_id": Uuid::now_v7(), "source": "audit", "severity": "grave", "text": "账目不清" }]);
        let list = json!({ "rectification_id": id, "area_id": HERE.area("101201"), "noted": noted });
        let order = json!({ "rectification_id": id, "unit_id": HERE.unit("U101"), "person": { "name": "王镇长" },
            "requirement": "核清", "due": { "working_days": 1 + dice.below(5) } });
        let commands = [
            people.supervisor.command("rectification.list", list),
            people.supervisor.command("rectification.hand_over", order),
        ];
        let outcomes = people.supervisor.push(&commands).await.outcomes;
        assert!(outcomes.iter().all(|outcome| outcome.problem.is_none()), "{outcomes:?}");
        ids.push(id);
    }
    ids
}

/// Somebody does something about an item; what is not possible just now is refused, as in life. Gives whether it was done.
async fn act(people: &mut People, id: Uuid, photo: &[u8], dice: &mut Dice) -> bool {
    let answer = json!({ "text": "已核清", "evidence": [mention(photo)] });
    let (who, kind, more) = match dice.below(12) {
        0 | 1 => (&mut people.officer, "acknowledge", json!({})),
        2 | 3 => (&mut people.officer, "report", answer),
        4 => (
            &mut people.officer,
            "ask_extension",
            json!({ "due": { "working_days": 6 }, "reason": "等凭证" }),
        ),
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
    status == anfang_protocol::sync::Status::Applied
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
    let (days, items) = (setting("ANFANG_YEAR_DAYS", 16), setting("ANFANG_YEAR_ITEMS", 30));
    let first = Server::start().await;
    let mut dice = Dice(20_261_122);
    let mut people = People::at(&first).await;
    let photo = noise(1, 1000);
    assert!(people.officer.upload(&photo, "image/jpeg").await.is_success());
    let ids = begin(&mut people, items, &mut dice).await;
    let mut yesterday = first.another();
    let mut done = 0;
    for day in 1..=days {
        let ahead = (day * DAY).to_string();
        let ahead = [("ANFANG_CLOCK_AHEAD_SECONDS", ahead.as_str())];
        let today = first.another_with(&ahead);
        // Two at work on what fell due; the one whose clock is a day behind is killed at any moment.
        tokio::time::sleep(Duration::from_millis(dice.below(120))).await;
        yesterday.kill();
        yesterday = first.another_with(&ahead);
        quiet(&first, day * DAY).await;
        let mut people = People::at(&today).await;
        for _ in 0..items.div_ceil(4) {
            let id = ids[dice.below(ids.len() as u64) as usize];
            done += u32::from(act(&mut people, id, &photo, &mut dice).await);
        }
        drop(today);
    }
    assert!(done > days, "only {done} things were done");
    judge(&first).await;
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
    // A command of the clock says when it was due; it was given within that day.
    let late = format!(
        "SELECT count(*)::text AS text {steps} AND NOT (l.at - (l.entry::jsonb #>> '{{command,at}}')::timestamptz \
        BETWEEN interval '0' AND interval '25 hours')"
    );
    assert_eq!(query_text(server, &late).await, "0", "late, or too early");
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
