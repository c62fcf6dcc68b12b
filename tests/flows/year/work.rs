//! What people do in a day of the year: inspectors report, supervisors list and hand over, and everybody does something
//! about items by the stage that they are in; some items nobody in the unit cares for.

use std::collections::BTreeMap;

use anfang::db::Conn;
use anfang_protocol::{finding::Severity, sync::Status};
use chrono::{DateTime, Days, Utc};
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Dice, HERE, OF_A_VISIT};
use crate::harness::{
    Server, Speaker,
    ledger::{mention, told},
    reports::{finding, site, visit},
};

pub const UNITS: [&str; 2] = ["U101", "U102"];
/// One item in so many is forgotten by its unit.
const FORGOTTEN: usize = 3;

pub struct People {
    pub supervisor: Speaker,
    pub officers: [Speaker; 2],
    pub verifier: Speaker,
}

impl People {
    /// Everybody signs in anew each day: nobody's token lives that long.
    pub async fn at(server: &Server) -> Self {
        let (supervisor, one, two, verifier) = tokio::join!(
            Speaker::sign_in(server, "supervisor"),
            Speaker::sign_in(server, "officer"),
            Speaker::sign_in(server, "officer102"),
            Speaker::sign_in(server, "verifier"),
        );
        People { supervisor, officers: [one, two], verifier }
    }
}

pub fn inspector(n: u32) -> String {
    format!("walker{n}")
}

/// What a day brings.
pub struct Day {
    pub number: u32,
    pub visits: u32,
    pub inspectors: u32,
}

/// An item, as the unit takes it.
#[derive(Clone, Copy)]
pub struct Thing {
    pub id: Uuid,
    forgotten: bool,
}

/// What people did, and how often.
pub type Done = BTreeMap<&'static str, u32>;

/// Visits of a day: what is found is listed and handed over at once. Gives the items.
pub async fn patrol(server: &Server, people: &mut People, day: &Day, dice: &mut Dice) -> Vec<Thing> {
    let mut items = Vec::new();
    for n in 0..day.visits {
        let who = inspector((day.number * day.visits + n) % day.inspectors);
        let mut walker = Speaker::sign_in(server, &who).await;
        let mut submit = visit(HERE, &site("101", "201", dice.below(10) as u32));
        submit.findings = (0..OF_A_VISIT).map(|_| finding("账目不清")).collect();
        for found in &mut submit.findings {
            found.severity = dice.pick(&[Severity::General, Severity::Serious, Severity::Grave]).clone();
        }
        let found: Vec<_> = submit.findings.iter().map(|finding| finding.finding_id).collect();
        let report = serde_json::to_value(submit).expect("JSON");
        assert_eq!(walker.gives("inspection.submit", report, None).await.status, Status::Applied);
        let mut commands = Vec::new();
        for finding in found {
            let id = Uuid::now_v7();
            let list =
                json!({ "rectification_id": id, "area_id": HERE.area("101201"), "findings": [finding] });
            commands.push(people.supervisor.command("rectification.list", list));
            let order = about(id, order(1 + dice.below(5), dice));
            commands.push(people.supervisor.command("rectification.hand_over", order));
            items.push(Thing { id, forgotten: dice.below(FORGOTTEN) == 0 });
        }
        let outcomes = people.supervisor.push(&commands).await.outcomes;
        assert!(outcomes.iter().all(|outcome| outcome.problem.is_none()), "{outcomes:?}");
    }
    items
}

fn order(working_days: usize, dice: &mut Dice) -> Value {
    json!({ "unit_id": HERE.unit(*dice.pick(&UNITS)), "person": { "name": "王镇长" },
        "requirement": "核清", "due": { "working_days": working_days } })
}

fn about(id: Uuid, more: Value) -> Value {
    let mut body = json!({ "rectification_id": id });
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    body
}

/// How an item stands, as far as people go by it.
struct Standing {
    stage: String,
    /// Of [`UNITS`].
    unit: usize,
    /// An extension was asked for.
    asked: bool,
    /// An answer was accepted.
    accepted: bool,
    /// The rung that is drafted.
    draft: Option<String>,
}

async fn standing(conn: &mut Conn, id: Uuid) -> Standing {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        stage: String,
        #[diesel(sql_type = diesel::sql_types::Bool)]
        second: bool,
        #[diesel(sql_type = diesel::sql_types::Bool)]
        asked: bool,
        #[diesel(sql_type = diesel::sql_types::Bool)]
        accepted: bool,
        #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
        draft: Option<String>,
    }
    let row: Row = diesel::sql_query(
        "SELECT stage, unit_id IS NOT DISTINCT FROM $2 AS second, \
            coalesce(body::jsonb #>> '{extensions,-1,decision,is}' = 'pending', false) AS asked, \
            body::jsonb #> '{stage,acceptance}' IS NOT NULL AS accepted, \
            (SELECT draft ->> 'rung' FROM jsonb_array_elements(coalesce(desk::jsonb -> 'drafts', '[]')) draft \
             WHERE draft #>> '{outcome,is}' = 'waiting' LIMIT 1) AS draft \
         FROM rectifications WHERE rectification_id = $1",
    )
    .bind::<diesel::sql_types::Uuid, _>(id)
    .bind::<diesel::sql_types::Uuid, _>(HERE.unit(UNITS[1]).0)
    .get_result(conn)
    .await
    .expect("an item");
    let unit = usize::from(row.second);
    Standing { stage: row.stage, unit, asked: row.asked, accepted: row.accepted, draft: row.draft }
}

/// What somebody might do about an item that stands like this.
fn choices(standing: &Standing, cared_for: bool) -> Vec<&'static str> {
    let mut choices: Vec<&str> = match standing.stage.as_str() {
        "handed_over" if cared_for => {
            vec!["acknowledge", "acknowledge", "acknowledge", "decline", "reassign", "suspend"]
        }
        "acknowledged" | "in_progress" | "returned" if cared_for => {
            vec![
                "report",
                "report",
                "report",
                "plan",
                "ask_extension",
                "ask_extension",
                "suspend",
                "reassign",
                "cancel",
            ]
        }
        "answered" if standing.accepted => vec!["close", "close", "return"],
        "answered" => vec!["accept", "accept", "return"],
        "suspended" => vec!["resume", "wait", "wait"],
        "declined" => vec!["hand_over", "reassign"],
        "reopened" => vec!["hand_over"],
        "closed" => vec!["look_back_passed", "reopen", "reopen", "wait", "wait"],
        _ => vec!["wait"],
    };
    if standing.asked {
        choices = vec!["grant_extension", "refuse_extension"];
    }
    if standing.draft.is_some() {
        choices.extend(["approve_step", "approve_step", "drop_step"]);
    }
    choices
}

const ANY: [&str; 9] = [
    "acknowledge",
    "report",
    "ask_extension",
    "grant_extension",
    "suspend",
    "resume",
    "return",
    "close",
    "reopen",
];

/// Somebody does something about an item: now and then what was done least so far, that a short run may see all of it. What
/// is not possible just now is refused, as in life.
pub async fn act(
    people: &mut People,
    conn: &mut Conn,
    thing: Thing,
    photo: &[u8],
    now: DateTime<Utc>,
    (dice, done): (&mut Dice, &mut Done),
) {
    let id = thing.id;
    let standing = standing(conn, id).await;
    let choices = choices(&standing, !thing.forgotten);
    let kind = match dice.below(8) {
        0 if !thing.forgotten => *dice.pick(&ANY),
        1 | 2 => choices.iter().min_by_key(|kind| done.get(*kind)).expect("a choice"),
        _ => *dice.pick(&choices),
    };
    let officer = &mut people.officers[standing.unit];
    let (supervisor, verifier) = (&mut people.supervisor, &mut people.verifier);
    let rung = standing.draft.unwrap_or_default();
    let (who, more) = match kind {
        "wait" => return,
        "acknowledge" => (officer, json!({})),
        "decline" => (officer, json!({ "reason": "不属本镇" })),
        "plan" => (officer, json!({ "text": "先查账" })),
        "report" => (officer, json!({ "text": "已核清", "evidence": [mention(photo)] })),
        "ask_extension" => (officer, json!({ "due": { "working_days": 6 }, "reason": "等凭证" })),
        "grant_extension" => (supervisor, json!({})),
        "refuse_extension" => (supervisor, json!({ "reason": "不必" })),
        "suspend" => {
            let review = now.date_naive() + Days::new(2 + dice.below(5) as u64);
            (supervisor, json!({ "reason": "须上级决定", "review_on": review }))
        }
        "resume" => (supervisor, json!({ "reason": "已决定" })),
        "cancel" => (supervisor, json!({ "reason": "列错了" })),
        "hand_over" => (supervisor, order(1 + dice.below(5), dice)),
        "reassign" => {
            let mut order = order(2 + dice.below(5), dice);
            order["person"]["name"] = "李镇长".into();
            order["reason"] = "换人".into();
            (supervisor, order)
        }
        "approve_step" => (supervisor, json!({ "rung": rung })),
        "drop_step" => (supervisor, json!({ "rung": rung, "reason": "已谈过" })),
        "return" => (verifier, json!({ "reasons": "凭证不全" })),
        "accept" => (verifier, json!({ "method": "photo" })),
        "close" => (verifier, json!({})),
        "look_back_passed" => (verifier, json!({})),
        _ => (verifier, json!({ "reason": "又发现" })),
    };
    let (status, _) = told(&who.gives(&format!("rectification.{kind}"), about(id, more), None).await);
    if status == Status::Applied {
        *done.entry(kind).or_default() += 1;
    }
}
