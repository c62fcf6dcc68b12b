//! Areas, units, sites, checklists as people read them: each as far as his or her areas go, and no further.

use std::collections::BTreeSet;

use anfang_protocol::{Code, Problem, ids::SiteId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{County, Server, Speaker, given};

async fn sites(who: &Speaker, query: &str) -> Vec<String> {
    let page = who.get_json(&format!("/v1/sites?limit=1000{query}")).await;
    assert_eq!(page.get("next"), None);
    page["sites"]
        .as_array()
        .expect("sites")
        .iter()
        .map(|site| site["code"].as_str().unwrap().to_owned())
        .collect()
}

/// Status and code of a refusal, which must be a problem.
async fn refusal(who: &Speaker, path: &str) -> (u16, Option<Code>, String) {
    let response = who.get(path).await;
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}");
    let text = response.text().await.expect("a body");
    let problem: Problem = serde_json::from_str(&text).expect("a problem");
    (status, problem.code(), text)
}

#[tokio::test]
async fn everyone_reads_the_reference_and_only_his_own_sites() {
    let server = Server::start().await;
    for (login, townships) in [
        ("inspector1", &["101"][..]),
        ("inspector2", &["102"]),
        ("inspector", &["101", "102", "103"]),
        ("resident", &["101"]),
    ] {
        let who = Speaker::sign_in(&server, login).await;
        assert_eq!(who.get_json("/v1/areas").await["areas"].as_array().unwrap().len(), 10, "{login}");
        assert_eq!(who.get_json("/v1/units").await["units"].as_array().unwrap().len(), 4, "{login}");
        assert_eq!(
            who.get_json("/v1/checklists").await["checklists"].as_array().unwrap().len(),
            5,
            "{login}"
        );
        let seen: BTreeSet<String> = sites(&who, "").await.iter().map(|code| code[1..4].to_owned()).collect();
        let expected: BTreeSet<String> = townships.iter().map(|code| (*code).to_owned()).collect();
        assert_eq!(seen, expected, "{login}");
        assert_eq!(sites(&who, "").await.len(), 20 * townships.len(), "{login}");
    }
}

#[tokio::test]
async fn foreign_is_told_exactly_as_absent() {
    let server = Server::start().await;
    let (here, there) = (County(given::COUNTY), County(given::OTHER_COUNTY));
    let who = Speaker::sign_in(&server, "inspector1").await;
    assert_eq!(who.get(&format!("/v1/sites/{}", here.site("H101201-0"))).await.status(), 200);
    let absent = refusal(&who, &format!("/v1/sites/{}", SiteId(Uuid::from_u128(7)))).await;
    assert_eq!((absent.0, absent.1), (404, Some(Code::NotFound)));
    for foreign in [here.site("H102201-0"), there.site("H101201-0")] {
        assert_eq!(refusal(&who, &format!("/v1/sites/{foreign}")).await, absent);
    }
    assert_eq!(refusal(&who, "/v1/sites/no-id").await, absent);
    let boundary = |id| format!("/v1/areas/{id}/boundary");
    for area in [here.area(""), there.area("101"), Uuid::from_u128(7).into()] {
        assert_eq!(refusal(&who, &boundary(area)).await, absent, "no boundary, a foreign one, none at all");
    }
    let list = who.get_json("/v1/checklists").await["checklists"][0].clone();
    let (id, foreign) = (
        list["checklist_id"].as_str().unwrap(),
        there.id().derive("checklist", list["code"].as_str().unwrap()),
    );
    assert_eq!(who.get_json(&format!("/v1/checklists/{id}/versions/1")).await["version"], json!(1));
    for path in
        [format!("{id}/versions/2"), format!("{foreign}/versions/1"), format!("{id}/versions/4294967295")]
    {
        assert_eq!(refusal(&who, &format!("/v1/checklists/{path}")).await, absent, "{path}");
    }
    let elsewhere = format!("&area_id={}", there.area("101"));
    assert_eq!(sites(&who, &elsewhere).await, Vec::<String>::new());
}

#[tokio::test]
async fn without_signing_in_there_is_nothing() {
    let server = Server::start().await;
    let http = reqwest::Client::new();
    for path in ["/v1/areas", "/v1/units", "/v1/sites", "/v1/checklists"] {
        let answer = http.get(format!("{}{path}", server.base)).send().await.expect("an answer");
        assert_eq!(answer.status(), 401, "{path}");
    }
}

#[tokio::test]
async fn pages_hold_every_site_once() {
    let server = Server::start().await;
    let who = Speaker::sign_in(&server, "inspector").await;
    let all = sites(&who, "").await;
    let mut paged: Vec<String> = Vec::new();
    let (mut after, mut pages) = (String::new(), 0);
    loop {
        let page = who.get_json(&format!("/v1/sites?limit=7{after}")).await;
        paged.extend(
            page["sites"].as_array().unwrap().iter().map(|site| site["code"].as_str().unwrap().to_owned()),
        );
        pages += 1;
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(paged, all);
    assert_eq!((paged.len(), pages), (60, 9));
}

#[tokio::test]
async fn filters_narrow_and_never_widen() {
    let server = Server::start().await;
    let county = County(given::COUNTY);
    let who = Speaker::sign_in(&server, "inspector").await;
    let only = Speaker::sign_in(&server, "inspector1").await;
    let village = format!("&area_id={}", county.area("101201"));
    assert_eq!(sites(&who, &village).await.len(), 10);
    assert_eq!(sites(&who, &format!("&area_id={}", county.area("102"))).await.len(), 20, "with all below");
    assert_eq!(sites(&who, &format!("&area_id={}", county.area(""))).await.len(), 60);
    assert_eq!(
        sites(&only, &format!("&area_id={}", county.area(""))).await.len(),
        20,
        "never beyond the channels"
    );
    assert_eq!(sites(&only, &format!("&area_id={}", county.area("102"))).await, Vec::<String>::new());
    assert_eq!(sites(&who, "&kind=household").await.len(), 60);
    assert_eq!(sites(&who, "&kind=clinic").await, Vec::<String>::new());
    assert_eq!(sites(&who, "&q=h101201-3").await, ["H101201-3"], "whatever the case");
    assert_eq!(sites(&who, &format!("{village}&q=张家4")).await, ["H101201-4"]);
    assert_eq!(sites(&who, "&q=%25").await, Vec::<String>::new(), "a percent sign is a percent sign");
    for (query, code) in [
        ("limit=0", Code::RequestInvalid),
        ("limit=1001", Code::RequestInvalid),
        ("limit=x", Code::RequestInvalid),
        ("area_id=x", Code::RequestInvalid),
        ("q=%00", Code::TextInvalid),
    ] {
        let (status, found, _) = refusal(&who, &format!("/v1/sites?{query}")).await;
        assert_eq!((status, found), (422, Some(code)), "{query}");
    }
}

#[tokio::test]
async fn what_is_held_already_is_not_sent_again() {
    let server = Server::start().await;
    let who = Speaker::sign_in(&server, "inspector1").await;
    for path in ["/v1/areas", "/v1/units", "/v1/checklists", "/v1/sites"] {
        let first = who.get(path).await;
        let tag = first.headers()["etag"].to_str().expect("a tag").to_owned();
        let again = who
            .request(reqwest::Method::GET, path)
            .header("if-none-match", &tag)
            .send()
            .await
            .expect("an answer");
        assert_eq!(again.status(), 304, "{path}");
        assert_eq!(again.bytes().await.expect("no body").len(), 0);
        let other =
            who.request(reqwest::Method::GET, path).header("if-none-match", "W/\"0\"").send().await.unwrap();
        assert_eq!(other.status(), 200, "{path}");
    }
}

/// An item with all that it says, in one spelling.
fn told(kind: &str, item: &Value) -> String {
    format!("{kind} {}", anfang_protocol::canonical::canonical(item).expect("canonical JSON"))
}

#[tokio::test]
async fn the_feed_brings_what_the_lists_show() {
    let server = Server::start().await;
    let who = Speaker::sign_in(&server, "inspector1").await;
    let mut fed: BTreeSet<String> = BTreeSet::new();
    let mut cursor: Value = Value::Null;
    loop {
        let request = json!({ "cursor": cursor, "limit_bytes": 1_000_000 });
        let request = serde_json::from_value(request).expect("a request");
        let response = serde_json::to_value(who.sync(&request).await).expect("JSON");
        for change in response["changes"].as_array().expect("changes") {
            fed.extend(change["kind"].as_str().map(|kind| told(kind, &change["body"])));
        }
        cursor = response["cursor"].clone();
        if response["more"] != json!(true) {
            break;
        }
    }
    let mut listed: BTreeSet<String> = BTreeSet::new();
    for (path, kind) in [("areas", "area"), ("units", "unit"), ("sites", "site")] {
        let list = who.get_json(&format!("/v1/{path}")).await;
        listed.extend(list[path].as_array().unwrap().iter().map(|item| told(kind, item)));
    }
    for edition in who.get_json("/v1/checklists").await["checklists"].as_array().unwrap() {
        let path = format!(
            "/v1/checklists/{}/versions/{}",
            edition["checklist_id"].as_str().unwrap(),
            edition["version"]
        );
        listed.insert(told("checklist", &who.get_json(&path).await));
    }
    assert_eq!(fed, listed);
    assert_eq!(listed.len(), 10 + 4 + 20 + 5);
}
