//! Administration from the desk: accounts, grants, invitations, imports; for administrators of the whole county only.

use std::time::Duration;

use anfang::{auth::grants, clock::Clock};
use anfang_protocol::{
    Code,
    ids::{AccountId, PlanId},
    people::{Role, Scope},
};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    County, Server, Speaker,
    ask::Answer,
    given,
    ledger::{newcomer, query_text},
};

const HERE: County = County(given::COUNTY);

async fn ask(speaker: &Speaker, method: Method, path: &str, body: Value) -> Answer {
    let mut request = speaker.request(method, path);
    if !body.is_null() {
        request = request.json(&body);
    }
    Answer::of(request.send().await.expect("an answer")).await
}

async fn account(admin: &Speaker, login: &str) -> Value {
    let told = admin.get_json(&format!("/v1/accounts?q={login}")).await;
    told["accounts"].as_array().expect("accounts").first().cloned().unwrap_or(Value::Null)
}

async fn redeem(server: &Server, login: &str, code: &str, password: &str) -> Answer {
    let body = json!({ "jurisdiction": given::COUNTY, "login": login, "code": code, "password": password });
    let sent = reqwest::Client::new().post(format!("{}/v1/invitations", server.base)).json(&body).send();
    Answer::of(sent.await.expect("an answer")).await
}

async fn invite(admin: &Speaker, account: Uuid) -> String {
    let answer = ask(admin, Method::POST, &format!("/v1/accounts/{account}/invitation"), Value::Null).await;
    assert_eq!(answer.headers["cache-control"], "no-store");
    answer.is_ok().json()["code"].as_str().expect("a code").to_owned()
}

async fn make(admin: &Speaker, login: &str) -> Uuid {
    let id = Uuid::now_v7();
    let body = json!({ "account_id": id, "login": login, "name": "新来的 人", "unit_id": HERE.unit("U101") });
    let answer = ask(admin, Method::POST, "/v1/accounts", body).await;
    assert_eq!(answer.is_ok().status, 201);
    id
}

#[tokio::test]
async fn from_an_invitation_to_work_and_out_again() {
    let server = Server::start().await;
    let admin = Speaker::sign_in(&server, "admin").await;
    let id = make(&admin, "New.Comer").await;
    let grants = format!("/v1/accounts/{id}/grants");
    let grant = json!({ "role": "inspector", "area_id": HERE.area("101") });
    let given = ask(&admin, Method::POST, &grants, grant.clone()).await.is_ok().json();
    assert_eq!(ask(&admin, Method::POST, &grants, grant).await.is_ok().json(), given, "given again");
    let before = account(&admin, "new.comer").await;
    assert_eq!(before["standing"], "invited");
    assert_eq!(before["grants"], json!([given]));
    assert_eq!(before["unit_id"], json!(HERE.unit("U101")));

    let first = invite(&admin, id).await;
    assert!(account(&admin, "new.comer").await["invited_until"].is_string());
    let code = invite(&admin, id).await;
    redeem(&server, "new.comer", &first, given::PASSWORD).await.is_refused(Code::CredentialsWrong);
    redeem(&server, "new.comer", &code, "short").await.is_refused(Code::PasswordUnsuitable);
    let typed = code.to_lowercase().replace('-', " ");
    assert_eq!(redeem(&server, "NEW.comer", &typed, given::PASSWORD).await.status, 204);
    redeem(&server, "new.comer", &code, given::PASSWORD).await.is_refused(Code::CredentialsWrong);

    let comer = Speaker::sign_in(&server, "new.comer").await;
    let sites = comer.get_json("/v1/sites?limit=1000").await;
    assert!(!sites["sites"].as_array().expect("sites").is_empty());
    let after = account(&admin, "new.comer").await;
    assert_eq!((&after["standing"], &after["devices"]), (&json!("active"), &json!(1)));
    assert!(after["invited_until"].is_null());

    let standing = format!("/v1/accounts/{id}/standing");
    let put = |standing_now: &str| json!({ "standing": standing_now });
    assert_eq!(ask(&admin, Method::PUT, &standing, put("disabled")).await.status, 204);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(comer.get("/v1/me").await.status(), 401);
    let invitation = format!("/v1/accounts/{id}/invitation");
    ask(&admin, Method::POST, &invitation, Value::Null).await.is_refused(Code::NotAllowed);
    assert_eq!(ask(&admin, Method::PUT, &standing, put("active")).await.status, 204);

    let code = invite(&admin, id).await;
    query_text(&server, "UPDATE invitations SET expires_at = now() - interval '1 s' RETURNING 'x' AS text")
        .await;
    redeem(&server, "new.comer", &code, "另一个 长密码 12345").await.is_refused(Code::CredentialsWrong);

    let take = format!("/v1/grants/{}", given["grant_id"].as_str().expect("an id"));
    assert_eq!(ask(&admin, Method::DELETE, &take, Value::Null).await.status, 204);
    ask(&admin, Method::DELETE, &take, Value::Null).await.is_refused(Code::NotFound);
    let told = "SELECT string_agg(kind || ' ' || (account_id IS NOT NULL), ', ' ORDER BY seq) AS text FROM ledger \
        WHERE kind IN ('account.made', 'grant.revoked') AND entry LIKE '%";
    let told = query_text(&server, &format!("{told}{id}%'")).await;
    assert_eq!(told, "account.made true, grant.revoked true");
}

#[tokio::test]
async fn what_is_twice_or_wrong_is_told() {
    let server = Server::start().await;
    let admin = Speaker::sign_in(&server, "admin").await;
    let id = make(&admin, "somebody").await;
    let body = |id: Uuid, login: &str| json!({ "account_id": id, "login": login, "name": "某某" });
    let post = |body: Value| ask(&admin, Method::POST, "/v1/accounts", body);
    assert_eq!(post(body(id, "somebody")).await.is_ok().status, 200, "again");
    post(body(Uuid::now_v7(), "SomeBody")).await.is_refused(Code::ItemExists);
    post(body(id, "another")).await.is_refused(Code::ItemExists);
    post(body(Uuid::now_v7(), "white space")).await.is_refused(Code::TextInvalid);
    let mut abroad = body(Uuid::now_v7(), "abroad");
    abroad["unit_id"] = json!(County(given::OTHER_COUNTY).unit("U101"));
    post(abroad).await.is_refused(Code::NotFound);

    let grants = format!("/v1/accounts/{id}/grants");
    let give = |grant: Value| ask(&admin, Method::POST, &grants, grant);
    give(json!({ "role": "inspector" })).await.is_refused(Code::RequestInvalid);
    give(json!({ "role": "inspector", "area_id": HERE.area("101201") })).await.is_refused(Code::ScopeTooFine);
    give(json!({ "role": "leader", "area_id": Uuid::nil() })).await.is_refused(Code::NotFound);
    assert_eq!(account(&admin, "somebody").await["grants"], json!([]));

    let mut guesses = 0;
    while redeem(&server, "somebody", "0000-0000-0000", given::PASSWORD).await.code()
        != Some(Code::TooManyRequests)
    {
        guesses += 1;
        assert!(guesses <= 20, "nobody counts guesses");
    }
    let code = invite(&admin, id).await;
    let refused = redeem(&server, "somebody", &code, given::PASSWORD).await;
    refused.is_refused(Code::TooManyRequests);
    assert!(refused.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn nobody_shuts_himself_out_and_plans_are_not_here() {
    let server = Server::start().await;
    let admin = Speaker::sign_in(&server, "admin").await;
    let me = account(&admin, "admin").await;
    let text = |value: &Value| value.as_str().expect("an id").to_owned();
    let standing = format!("/v1/accounts/{}/standing", text(&me["account_id"]));
    let put = ask(&admin, Method::PUT, &standing, json!({ "standing": "disabled" })).await;
    put.is_refused(Code::NotAllowed);
    let own = format!("/v1/grants/{}", text(&me["grants"][0]["grant_id"]));
    ask(&admin, Method::DELETE, &own, Value::Null).await.is_refused(Code::NotAllowed);

    // As plan.seal gives it to the team.
    let inspector = account(&admin, "inspector1").await;
    let whose = AccountId(text(&inspector["account_id"]).parse().expect("an id"));
    let conn = &mut server.database.conn().await;
    let scope = Scope::Plan(PlanId(Uuid::now_v7()));
    let clock = Clock::default();
    let of_plan =
        grants::give(conn, &clock, HERE.id(), None, whose, Role::Inspector, scope).await.expect("a grant");
    assert_eq!(account(&admin, "inspector1").await, inspector, "nothing tells of the plan");
    let take = format!("/v1/grants/{of_plan}");
    ask(&admin, Method::DELETE, &take, Value::Null).await.is_refused(Code::NotFound);

    newcomer(&server, "admin1", Role::Administrator, Scope::Area(HERE.area("101"))).await;
    let of_township = Speaker::sign_in(&server, "admin1").await;
    assert_eq!(of_township.get("/v1/accounts").await.status(), 404);
}

#[tokio::test]
async fn pages_hold_every_account_once() {
    let server = Server::start().await;
    let admin = Speaker::sign_in(&server, "admin").await;
    let (mut logins, mut after) = (Vec::new(), String::new());
    loop {
        let told = admin.get_json(&format!("/v1/accounts?limit=4{after}")).await;
        let page = told["accounts"].as_array().expect("accounts");
        logins.extend(page.iter().map(|account| account["login"].as_str().expect("a login").to_owned()));
        let Some(next) = told["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(logins.len(), 11);
    assert!(logins.is_sorted_by(|a, b| a < b), "{logins:?}");
}

#[tokio::test]
async fn a_file_is_checked_and_then_written_whole() {
    let server = Server::start().await;
    let admin = Speaker::sign_in(&server, "admin").await;
    let send = async |what: &str, dry: bool, file: &str| {
        let path = format!("/v1/imports/{what}?dry_run={dry}&file=units.csv");
        Answer::of(admin.request(Method::POST, &path).body(file.to_owned()).send().await.expect("an answer"))
            .await
    };
    let count = async || query_text(&server, "SELECT count(*)::text AS text FROM units").await;
    let before = count().await;
    let bad = send("units", false, "code,name,kind\nU900,新单位,department\n,没有代码,department\n")
        .await
        .is_ok()
        .json();
    assert_eq!(bad["written"], false, "{bad}");
    assert_eq!(bad["faults"][0]["line"], 3, "{bad}");
    assert!(bad["faults"][0]["reason_zh"].is_string());
    let file = "code,name,kind\nU900,新单位,department\n";
    let dry = send("units", true, file).await.is_ok().json();
    assert_eq!((&dry["added"], &dry["written"]), (&json!(1), &json!(false)), "{dry}");
    assert_eq!(count().await, before);
    let done = send("units", false, file).await.is_ok().json();
    assert_eq!((&done["added"], &done["written"]), (&json!(1), &json!(true)), "{done}");
    assert_ne!(count().await, before);
    let by = "SELECT (account_id IS NOT NULL)::text AS text FROM ledger WHERE kind = 'import.units' ORDER BY seq DESC LIMIT 1";
    assert_eq!(query_text(&server, by).await, "true");
    send("secrets", true, file).await.is_refused(Code::NotFound);
    let large = "x".repeat(17 * 1024 * 1024);
    send("units", true, &large).await.is_refused(Code::TooLarge);
}

/// Days off from today on, as a file has them, a year each.
fn holidays(days: u64) -> Value {
    let today = chrono::Utc::now().date_naive();
    let mut years = std::collections::BTreeMap::<i32, Vec<Value>>::new();
    for day in today.iter_days().take(days as usize) {
        let off = json!({ "from": day, "to": day, "name": { "zh": "停工" } });
        years.entry(chrono::Datelike::year(&day)).or_default().push(off);
    }
    let year = |(year, off): (i32, Vec<Value>)| json!({ "calendar": "cn", "year": year, "published": true, "source": { "zh": "县政府通知" }, "off": off, "working": [] });
    Value::Array(years.into_iter().map(year).collect())
}

#[tokio::test]
async fn deadlines_go_by_the_calendar_and_the_rules_that_were_imported() {
    let server = Server::start().await;
    let admin = Speaker::sign_in(&server, "admin").await;
    let mut supervisor = Speaker::sign_in(&server, "supervisor").await;
    let send = async |what: &str, file: &Value| {
        let path = format!("/v1/imports/{what}?file=terms.json");
        let sent = admin.request(Method::POST, &path).body(file.to_string()).send();
        Answer::of(sent.await.expect("an answer")).await.is_ok().json()
    };
    let mut hand_over = async || {
        let id = Uuid::now_v7();
        let noted = json!([{ "finding_id": Uuid::now_v7(), "source": "citizen", "severity": "general", "text": "路灯不亮" }]);
        supervisor.does("list", id, json!({ "area_id": HERE.area("101201"), "noted": noted })).await;
        let order = json!({
            "unit_id": HERE.unit("U101"), "person": { "name": "王镇长" }, "requirement": "修好", "due": { "working_days": 1 },
        });
        supervisor.does("hand_over", id, order).await;
        let body = format!("SELECT body AS text FROM rectifications WHERE rectification_id = '{id}'");
        let item: Value = serde_json::from_str(&query_text(&server, &body).await).expect("JSON");
        item["stage"]["order"].clone()
    };
    let day = |order: &Value| order["due"]["on"].as_str().expect("a day").to_owned();
    let before = hand_over().await;
    let calendar = holidays(40);
    let done = send("calendar", &calendar).await;
    assert_eq!(done["written"], true, "{done}");
    assert_eq!(
        send("calendar", &calendar).await["unchanged"],
        json!(calendar.as_array().expect("years").len())
    );
    let mut rules = admin.get_json("/v1/terms").await["rules"].clone();
    rules["receipt_hours"] = json!(2);
    rules["version"] = json!(2);
    assert_eq!(send("deadlines", &rules).await["written"], true);
    // Another process may believe the old ones for two seconds.
    tokio::time::sleep(Duration::from_millis(2100)).await;
    let after = hand_over().await;
    let free = chrono::Utc::now().date_naive() + chrono::Days::new(38);
    assert!(day(&before) < free.to_string() && day(&after) > free.to_string(), "{before} {after}");
    let hours = |order: &Value| {
        let at = |value: &Value| {
            value.as_str().expect("a time").parse::<chrono::DateTime<chrono::Utc>>().expect("a time")
        };
        (at(&order["sign_by"]) - at(&order["given"]["at"])).num_hours()
    };
    assert_eq!((hours(&before), hours(&after)), (24, 2));

    // Nobody is to be reminded to sign any more: what was handed over under the old rules is looked at later, too.
    let looked_at =
        "SELECT string_agg(next_at::text, ',' ORDER BY rectification_id) AS text FROM rectifications";
    let times = async || {
        let text = query_text(&server, looked_at).await;
        text.split(',').map(str::to_owned).collect::<Vec<_>>()
    };
    let reminded = times().await;
    rules["receipt_reminder"] = json!(false);
    rules["version"] = json!(3);
    assert_eq!(send("deadlines", &rules).await["written"], true);
    let left = "SELECT count(*)::text AS text FROM replans";
    let patience = tokio::time::Instant::now() + Duration::from_secs(60);
    while query_text(&server, left).await != "0" {
        assert!(tokio::time::Instant::now() < patience, "the clock never looked");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let others = times().await;
    assert!(reminded[1] < others[1], "no longer the receipt: {reminded:?} {others:?}");

    let mut wrong = rules.clone();
    wrong["receipt_hours"] = json!(0);
    let refused = send("deadlines", &wrong).await;
    assert_eq!(
        (&refused["written"], &refused["faults"][0]["code"]),
        (&json!(false), &json!("term_invalid")),
        "{refused}"
    );
    assert_eq!(admin.get_json("/v1/terms").await["rules"], rules);
    let twice = json!([calendar[0], calendar[0]]);
    assert_eq!(send("calendar", &twice).await["faults"][0]["code"], "year_twice");
}
