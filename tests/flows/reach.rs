//! How far a grant reaches: over areas, over units that answer for areas, and over reports whose sites move on.

use anfang::{
    auth::grants,
    clock::Clock,
    import::{self, What, command},
};
use anfang_protocol::{
    Code,
    ids::UnitId,
    people::{Role, Scope},
    sync::{Outcome, Status},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{
    County, Server, Speaker, given,
    reports::{finding, site, visit},
};

const COUNTY: County = County(given::COUNTY);

async fn load(server: &Server, what: What, text: &str) {
    let source = import::read(what, "given.csv", text.as_bytes());
    let (conn, now) = (&mut server.database.conn().await, Clock::default().now());
    let report = command::import(conn, COUNTY.id(), now, what, source, false).await.expect("importing");
    assert!(report.ok(), "{report}");
}

fn told(outcome: &Outcome) -> (Status, Option<Code>) {
    (outcome.status.clone(), outcome.problem.as_ref().and_then(|problem| problem.code()))
}

/// Submits a visit of a site and gives what came of it.
async fn visits(phone: &mut Speaker, site: &str) -> (Status, Option<Code>) {
    let body = serde_json::to_value(visit(COUNTY, site)).expect("JSON");
    let command = phone.command("inspection.submit", body);
    told(&phone.push(&[command]).await.outcomes[0])
}

#[tokio::test]
async fn a_team_over_a_units_village_reports_there_and_no_further() {
    let server = Server::start().await;
    load(&server, What::Units, "code,name_zh,kind,area_code\nV102201,驻村工作队,team,990100102201\n").await;
    let mut team = Speaker::sign_in(&server, "officer").await;
    let (account, unit) = (team.tokens.account_id, UnitId(COUNTY.id().derive("unit", "V102201")));
    let (conn, clock) = (&mut server.database.conn().await, Clock::default());
    assert_eq!(visits(&mut team, &site("102", "201", 0)).await, (Status::Rejected, Some(Code::SiteUnknown)));
    let grant =
        grants::give(conn, &clock, COUNTY.id(), None, account, Role::ResidentTeam, Scope::Unit(unit)).await;
    // Both sites in one push: the right over one must not serve for the other.
    let pair = [site("102", "201", 1), site("102", "202", 1)].map(|site| {
        team.command("inspection.submit", serde_json::to_value(visit(COUNTY, &site)).expect("JSON"))
    });
    let outcomes = team.push(&pair).await.outcomes;
    assert_eq!(told(&outcomes[0]), (Status::Applied, None), "{outcomes:?}");
    assert_eq!(told(&outcomes[1]), (Status::Rejected, Some(Code::SiteUnknown)));
    // Taken away: what was begun before is taken in, as with a grant over an area.
    grants::revoke(conn, &clock, COUNTY.id(), None, grant.expect("a grant")).await.expect("revoking");
    assert_eq!(visits(&mut team, &site("102", "201", 2)).await, (Status::Applied, None));
}

#[tokio::test]
async fn who_oversees_a_report_may_void_it_after_its_site_has_moved() {
    let server = Server::start().await;
    let mut phone = Speaker::sign_in(&server, "inspector1").await;
    let report = visit(COUNTY, &site("101", "201", 0));
    let command = phone.command("inspection.submit", serde_json::to_value(&report).expect("JSON"));
    assert_eq!(told(&phone.push(&[command]).await.outcomes[0]), (Status::Applied, None));
    load(&server, What::Sites, "code,area_code\nH101201-0,990100102201\n").await;
    let mut supervisor = Speaker::sign_in(&server, "supervisor1").await;
    supervisor.get_json(&format!("/v1/inspections/{}", report.inspection_id)).await;
    let void = json!({ "inspection_id": report.inspection_id, "reason": "走错了户" });
    let command = supervisor.command("inspection.void", void);
    assert_eq!(told(&supervisor.push(&[command]).await.outcomes[0]), (Status::Applied, None));
}

#[tokio::test]
async fn a_finding_stands_under_an_item_of_its_own_township_only() {
    let server = Server::start().await;
    let mut phone = Speaker::sign_in(&server, "inspector2").await;
    let mut report = visit(COUNTY, &site("102", "201", 0));
    report.findings = vec![finding("桥面塌陷")];
    let found = report.findings[0].finding_id;
    let command = phone.command("inspection.submit", serde_json::to_value(&report).expect("JSON"));
    assert_eq!(told(&phone.push(&[command]).await.outcomes[0]), (Status::Applied, None));
    // Over the whole county: both townships are hers, but who reads the one must not read of the other.
    let mut supervisor = Speaker::sign_in(&server, "supervisor").await;
    let mut list = async |area: &str| {
        let id = uuid::Uuid::now_v7();
        let body = json!({ "rectification_id": id, "area_id": COUNTY.area(area), "findings": [found] });
        let command = supervisor.command("rectification.list", body);
        told(&supervisor.push(&[command]).await.outcomes[0])
    };
    assert_eq!(list("101201").await, (Status::Rejected, Some(Code::FindingUnknown)));
    assert_eq!(list("102202").await, (Status::Applied, None), "another village of its township");
}

#[tokio::test]
async fn a_channel_that_was_taken_away_is_dropped_when_it_is_asked_for_again() {
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let channel = format!("sites:{}", COUNTY.area("101"));
    let (conn, clock) = (&mut server.database.conn().await, Clock::default());
    let account = phone.tokens.account_id;
    let held = grants::live_grants(conn, COUNTY.id(), &[account]).await.expect("grants");
    for held in &held[&account] {
        grants::revoke(conn, &clock, COUNTY.id(), None, held.grant.grant_id).await.expect("revoking");
    }
    let first = sync(&phone, json!({})).await;
    let again = sync(&phone, json!({ "cursor": first["cursor"], "resync": [channel] })).await;
    // What the last revocation took away comes again with it; nothing else does, and nothing twice.
    let changes = again["changes"].as_array().expect("changes");
    assert!(changes.iter().all(|change| change.get("drop").is_some()), "{changes:?}");
    assert_eq!(changes.iter().filter(|change| change["drop"] == channel.as_str()).count(), 1, "{changes:?}");
}

async fn sync(phone: &Speaker, body: Value) -> Value {
    let answer = phone.request(Method::POST, "/v1/sync").json(&body).send().await.expect("an answer");
    answer.json().await.expect("JSON")
}
