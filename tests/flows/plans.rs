//! Plans through public doors: sealed, drawn so that anybody can repeat it, unsealed by time, by hand, by the first
//! arrival; what their people get, and what is on the ledger.

use std::collections::BTreeSet;

use anfang_protocol::{
    feed::{Channel, Kind},
    ids::PlanId,
    inspection::Submit,
    sync::Status,
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    County, Server, Speaker, given,
    ledger::{query_text, told},
    reports::{household_checklist, site, visit},
};

const HERE: County = County(given::COUNTY);

/// The id of an account.
pub async fn account(speaker: &Speaker) -> Value {
    speaker.get_json("/v1/me").await["account_id"].clone()
}

/// A plan of these sites for this team, far in the future.
pub fn plan(id: Uuid, team: &[&Value], sites: Value) -> Value {
    json!({
        "plan_id": id, "team": team, "sites": sites,
        "window": { "from": "2035-06-01T00:00:00Z", "to": "2035-06-10T00:00:00Z" },
        "checklists": [{ "checklist_id": household_checklist(HERE), "version": 1 }],
        "orders": "不打招呼，直奔现场",
    })
}

pub fn households(of: &str, count: u32) -> Value {
    json!({ "drawn": { "areas": [HERE.area(of)], "kinds": ["household"], "by_tier": true, "count": count } })
}

async fn seals(speaker: &mut Speaker, body: Value) {
    let outcome = speaker.gives("plan.seal", body, None).await;
    assert_eq!(outcome.status, Status::Applied, "{:?}", outcome.problem);
}

async fn refused(speaker: &mut Speaker, kind: &str, body: Value) -> String {
    let (status, code) = told(&speaker.gives(kind, body, None).await);
    assert_eq!(status, Status::Rejected, "{code}");
    code
}

fn report(under: Uuid, at: &str) -> Value {
    let submit: Submit = visit(HERE, at);
    serde_json::to_value(Submit { plan_id: Some(PlanId(under)), ..submit }).expect("JSON")
}

#[tokio::test]
async fn a_team_gets_all_that_it_needs_and_its_arrival_unseals() {
    let server = Server::start().await;
    let mut supervisor = Speaker::sign_in(&server, "supervisor").await;
    // Of the first township; the plan leads to the second.
    let mut inspector = Speaker::sign_in(&server, "inspector1").await;
    let mut stranger = Speaker::sign_in(&server, "inspector2").await;
    let leader = Speaker::sign_in(&server, "leader").await;
    let (id, there) = (Uuid::now_v7(), site("102", "201", 3));
    let team = account(&inspector).await;
    let before = stranger.holds().await.len();
    seals(&mut supervisor, plan(id, &[&team], json!({ "named": [HERE.site(&there)] }))).await;

    let own = Channel::Plan(PlanId(id));
    let held = inspector.holds().await;
    let (kind, rev, body) = &held[&(own, id)];
    assert_eq!((kind, *rev, body["stage"]["name"].as_str()), (&Kind::Plan, 1, Some("sealed")));
    assert_eq!(held[&(own, HERE.site(&there).0)].2["code"], json!(there), "the site, to be found offline");
    assert_eq!(inspector.notices().await, ["plan"]);
    assert_eq!(stranger.holds().await.len(), before);
    let path = format!("/v1/plans/{id}");
    assert_eq!(stranger.get(&path).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(leader.get_json("/v1/plans").await["plans"], json!([]));
    assert_eq!(inspector.get_json(&path).await["orders"], "不打招呼，直奔现场");
    // Twice by the feed (all that is held, for notices again), once by its address.
    let reads = "SELECT string_agg(a.login, ' ') AS text FROM ledger l JOIN accounts a USING (jurisdiction_id, account_id) \
        WHERE l.kind = 'plan.read'";
    assert_eq!(query_text(&server, reads).await, "inspector1 inspector1 inspector1");

    // To the others it is none, whatever they do.
    let body = json!({ "plan_id": id, "reason": "不去了" });
    for kind in ["plan.unseal", "plan.withdraw"] {
        for one in [&mut stranger, &mut inspector] {
            assert_eq!(refused(one, kind, body.clone()).await, "plan_unknown", "{kind}");
        }
    }
    assert_eq!(refused(&mut stranger, "inspection.submit", report(id, &there)).await, "plan_unknown");
    let elsewhere = report(id, &site("102", "201", 4));
    assert_eq!(refused(&mut inspector, "inspection.submit", elsewhere).await, "plan_unknown");
    let without = serde_json::to_value(visit(HERE, &there)).expect("JSON");
    assert_eq!(refused(&mut inspector, "inspection.submit", without).await, "site_unknown");

    // The team arrives.
    let outcome = inspector.gives("inspection.submit", report(id, &there), None).await;
    assert_eq!(outcome.status, Status::Applied, "{:?}", outcome.problem);
    let open = leader.get_json(&path).await;
    assert_eq!(
        (open["stage"]["name"].as_str(), open["stage"]["how"].as_str()),
        (Some("unsealed"), Some("arrival"))
    );
    let held = leader.holds().await;
    assert_eq!(held[&(Channel::Area(HERE.area("102")), id)].1, 2);
    assert!(!held.contains_key(&(own, id)));
    assert_eq!(stranger.get(&path).await.status(), StatusCode::NOT_FOUND, "an inspector oversees nobody");
    assert_eq!(refused(&mut supervisor, "plan.unseal", json!({ "plan_id": id })).await, "plan_over");
    // A second report changes nothing more.
    let outcome = inspector.gives("inspection.submit", report(id, &there), None).await;
    assert_eq!(outcome.status, Status::Applied);
    assert_eq!(leader.holds().await[&(Channel::Area(HERE.area("102")), id)].1, 2);
}

#[tokio::test]
async fn a_draw_can_be_repeated_by_anybody_and_by_nobody_before_its_time() {
    let server = Server::start().await;
    let mut supervisor = Speaker::sign_in(&server, "supervisor").await;
    let inspector = Speaker::sign_in(&server, "inspector1").await;
    let team = account(&inspector).await;
    let id = Uuid::now_v7();
    seals(&mut supervisor, plan(id, &[&team], households("101", 5))).await;
    let path = format!("/v1/plans/{id}");
    let sealed = supervisor.get_json(&path).await;
    assert_eq!(sealed["sites"].as_array().map(Vec::len), Some(5));
    assert!(sealed["draw"].get("seed").is_none());
    assert_eq!(supervisor.get(&format!("{path}/draw")).await.status(), StatusCode::NOT_FOUND);
    let entry = |kind: &str| format!("SELECT entry AS text FROM ledger WHERE kind = '{kind}'");
    let before: Value = serde_json::from_str(&query_text(&server, &entry("plan.seal")).await).expect("JSON");
    assert_eq!(before["plan"], json!({ "commitment": sealed["draw"]["commitment"], "plan_id": id }));

    let outcome = supervisor.gives("plan.unseal", json!({ "plan_id": id }), None).await;
    assert_eq!(outcome.status, Status::Applied, "{:?}", outcome.problem);
    let file = inspector.get_json(&format!("{path}/draw")).await;
    assert_eq!(file["commitment"], sealed["draw"]["commitment"]);
    assert_eq!(file["frame"].as_array().map(Vec::len), Some(20));
    let after: Value = serde_json::from_str(&query_text(&server, &entry("plan.unseal")).await).expect("JSON");
    assert_eq!(after["plan"]["seed"], file["seed"]);
    let verify = |text: String| {
        let at = server.data().join("draw.json");
        std::fs::write(&at, text).expect("a file");
        server.command(&["verify", "draw", at.to_str().expect("a path")]).status.success()
    };
    assert!(verify(file.to_string()));
    let mut swapped = file.clone();
    swapped["sites"].as_array_mut().expect("sites").swap(0, 1);
    let mut lighter = file.clone();
    lighter["frame"][0]["weight"] = json!(77);
    for changed in [swapped, lighter] {
        assert!(!verify(changed.to_string()), "a changed record must not pass");
    }
}

#[tokio::test]
async fn within_a_round_no_household_is_visited_twice() {
    let server = Server::start().await;
    let mut supervisor = Speaker::sign_in(&server, "supervisor").await;
    let mut other = Speaker::sign_in(&server, "supervisor1").await;
    let team = account(&Speaker::sign_in(&server, "inspector1").await).await;
    let mut drawn: Vec<BTreeSet<String>> = Vec::new();
    let ids: Vec<Uuid> = (0..3).map(|_| Uuid::now_v7()).collect();
    for id in &ids {
        let mut body = plan(*id, &[&team], households("101", 8));
        body["round"] = json!("2026-11");
        seals(&mut supervisor, body).await;
        let plan = supervisor.get_json(&format!("/v1/plans/{id}")).await;
        let sites = plan["sites"].as_array().expect("sites");
        drawn.push(sites.iter().map(|site| site.as_str().expect("an id").to_owned()).collect());
    }
    // Twenty households: eight, eight, and the four that were left.
    assert_eq!(drawn.iter().map(BTreeSet::len).collect::<Vec<_>>(), [8, 8, 4]);
    assert_eq!(drawn.iter().flatten().collect::<BTreeSet<_>>().len(), 20);
    let mut more = plan(Uuid::now_v7(), &[&team], households("101", 1));
    more["round"] = json!("2026-11");
    assert_eq!(refused(&mut supervisor, "plan.seal", more.clone()).await, "plan_invalid");
    // Neither by name, unless it is another round.
    let mut named = more.clone();
    named["sites"] = json!({ "named": [drawn[1].first()] });
    assert_eq!(refused(&mut supervisor, "plan.seal", named.clone()).await, "plan_invalid");
    named["round"] = json!("2026-12");
    seals(&mut supervisor, named).await;

    // Somebody else's round of this name is another: else it would tell what is sealed.
    let theirs = Uuid::now_v7();
    more["plan_id"] = json!(theirs);
    more["sites"] = households("101", 20);
    seals(&mut other, more.clone()).await;
    let sites = other.get_json(&format!("/v1/plans/{theirs}")).await["sites"].clone();
    assert_eq!(sites.as_array().map(Vec::len), Some(20));

    // What was withdrawn was not visited.
    let gone = json!({ "plan_id": ids[0], "reason": "改期" });
    assert_eq!(supervisor.gives("plan.withdraw", gone, None).await.status, Status::Applied);
    more["plan_id"] = json!(Uuid::now_v7());
    seals(&mut supervisor, more).await;
    assert_eq!(
        supervisor.get_json("/v1/plans?limit=1").await["plans"][0]["sites"].as_array().map(Vec::len),
        Some(8)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn time_unseals_once_with_two_processes() {
    let server = Server::start().await;
    let mut supervisor = Speaker::sign_in(&server, "supervisor").await;
    let leader = Speaker::sign_in(&server, "leader").await;
    let team = account(&Speaker::sign_in(&server, "inspector1").await).await;
    for n in 0..5 {
        let id = Uuid::now_v7();
        let mut body = plan(id, &[&team], json!({ "named": [HERE.site(&site("101", "201", n))] }));
        let soon = chrono::Utc::now() + chrono::Duration::milliseconds(1500);
        body["unseal_at"] = json!(soon);
        seals(&mut supervisor, body).await;
    }
    assert_eq!(leader.get_json("/v1/plans").await["plans"], json!([]));
    let _second = server.another();
    let mut open = Vec::new();
    for _ in 0..200 {
        open = leader.get_json("/v1/plans").await["plans"].as_array().expect("a list").clone();
        if open.len() == 5 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(open.len() == 5 && open.iter().all(|plan| plan["stage"]["how"] == "time"), "{open:?}");
    let done = "SELECT count(*) || ' ' || count(*) FILTER (WHERE account_id IS NULL) AS text FROM ledger \
        WHERE kind = 'plan.unseal'";
    assert_eq!(query_text(&server, done).await, "5 5");
    let vain = "SELECT count(*)::text AS text FROM commands WHERE account_id IS NULL AND status <> 'applied'";
    assert_eq!(query_text(&server, vain).await, "0");
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_with_its_place() {
    let server = Server::start().await;
    let mut supervisor = Speaker::sign_in(&server, "supervisor1").await;
    let mut inspector = Speaker::sign_in(&server, "inspector1").await;
    let (team, officer) =
        (account(&inspector).await, account(&Speaker::sign_in(&server, "officer").await).await);
    let named = |code: &str| json!({ "named": [HERE.site(code)] });
    let good = named(&site("101", "201", 0));
    let id = Uuid::now_v7();
    let mut cases = vec![
        (plan(id, &[], good.clone()), "plan_invalid", "/team"),
        // Somebody of those whom it may concern.
        (plan(id, &[&team, &officer], good.clone()), "plan_invalid", "/team/1"),
        (plan(id, &[&team], named(&site("102", "201", 0))), "site_unknown", "/sites/named/0"),
        (plan(id, &[&team], json!({ "named": [Uuid::nil()] })), "site_unknown", "/sites/named/0"),
        (plan(id, &[&team], households("102", 3)), "plan_invalid", "/sites/drawn/areas/0"),
        (plan(id, &[&team], households("101", 0)), "plan_invalid", "/sites/drawn/count"),
    ];
    let mut unlisted = plan(id, &[&team], good.clone());
    unlisted["checklists"][0]["version"] = json!(99);
    cases.push((unlisted, "checklist_unknown", "/checklists/0"));
    let mut twice = plan(id, &[&team], good.clone());
    let one = twice["checklists"][0].clone();
    twice["checklists"] = json!([one, one]);
    cases.push((twice, "plan_invalid", "/checklists/1"));
    for (body, code, at) in cases {
        let outcome = supervisor.gives("plan.seal", body, None).await;
        assert_eq!(told(&outcome), (Status::Rejected, code.to_owned()));
        assert_eq!(outcome.problem.and_then(|problem| problem.at).as_deref(), Some(at));
    }
    assert_eq!(
        refused(&mut inspector, "plan.seal", plan(id, &[&team], good.clone())).await,
        "command_forbidden"
    );
    seals(&mut supervisor, plan(id, &[&team], good.clone())).await;
    assert_eq!(refused(&mut supervisor, "plan.seal", plan(id, &[&team], good)).await, "item_exists");
    let silent = json!({ "plan_id": id, "reason": " " });
    assert_eq!(refused(&mut supervisor, "plan.withdraw", silent).await, "text_invalid");
}
