//! `GET /v1/people`: who oversees reads who serves there; nobody else reads anybody.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::{Server, Speaker, given};

/// Logins, by the names that the given county has.
async fn sees(speaker: &Speaker, query: &str) -> BTreeSet<String> {
    let told = speaker.get_json(&format!("/v1/people?limit=200{query}")).await;
    names(&told).collect()
}

fn names(told: &Value) -> impl Iterator<Item = String> {
    let people = told["people"].as_array().expect("people").clone();
    people.into_iter().map(|person| person["name"].as_str().expect("a name").replace("试验 ", ""))
}

fn set(logins: &[&str]) -> BTreeSet<String> {
    logins.iter().map(|&login| login.to_owned()).collect()
}

#[tokio::test]
async fn overseers_read_who_serves_where_they_oversee_and_others_only_themselves() {
    let server = Server::start().await;
    for login in ["inspector1", "inspector", "resident", "officer"] {
        let speaker = Speaker::sign_in(&server, login).await;
        assert_eq!(sees(&speaker, "").await, set(&[login]), "{login}");
    }
    let of_township = Speaker::sign_in(&server, "supervisor1").await;
    assert_eq!(sees(&of_township, "").await, set(&["inspector1", "officer", "resident", "supervisor1"]));
    assert_eq!(sees(&of_township, "&role=unit_officer").await, set(&["officer"]));
    assert_eq!(sees(&of_township, "&q=INSPECTOR").await, set(&["inspector1"]));
    for login in ["supervisor", "verifier", "leader", "auditor", "admin"] {
        let speaker = Speaker::sign_in(&server, login).await;
        assert_eq!(sees(&speaker, "").await.len(), 11, "{login}");
    }
    let other = Speaker::sign_in_at(&server, given::OTHER_COUNTY, "supervisor").await;
    let (ours, theirs) = (of_township.get_json("/v1/people").await, other.get_json("/v1/people").await);
    let ids = |told: &Value| -> BTreeSet<String> {
        let people = told["people"].as_array().expect("people");
        people.iter().map(|person| person["account_id"].to_string()).collect()
    };
    assert!(ids(&ours).is_disjoint(&ids(&theirs)));
}

#[tokio::test]
async fn pages_hold_everybody_once_in_the_order_of_names() {
    let server = Server::start().await;
    let speaker = Speaker::sign_in(&server, "supervisor").await;
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let told = speaker.get_json(&format!("/v1/people?limit=3{after}")).await;
        all.extend(names(&told));
        let Some(next) = told["next"].as_str() else { break };
        after = format!("&after={}", urlencoding(next));
    }
    assert_eq!(all.len(), 11);
    assert_eq!(all.iter().cloned().collect::<BTreeSet<_>>(), sees(&speaker, "").await);
    assert!(all.is_sorted(), "{all:?}");
}

fn urlencoding(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
