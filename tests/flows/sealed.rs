//! Secrecy of plans (promise 1): two databases that differ by sealed plans and by nothing else. Everybody who is neither
//! of the team nor the author asks both for everything, tries every door, and gets the same bytes: bodies, headers,
//! lengths of what is sealed, outcomes, digests, counts, metrics; and no hint when a plan is made.

mod doors;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anfang_protocol::{
    ids::{AccountId, PlanId, SiteId},
    inspection::Submit,
    notice::Notice,
    people::{Role, Scope},
    sync::{Request, Status},
};
use futures::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle, time::timeout};
use uuid::Uuid;

use super::plans::{account, households, plan};
use crate::harness::figures::tell;
use crate::harness::{
    County, Server, Speaker,
    books::{every_file_is_examined, ledger_is_walked},
    chance::{noise, number},
    given,
    ledger::newcomer,
    reports::{finding, photo, site, visit},
};

const HERE: County = County(given::COUNTY);
/// The author and the team.
const INSIDERS: [&str; 2] = ["supervisor", "inspector1"];
const OUTSIDERS: [&str; 10] = [
    "inspector2",
    "inspector",
    "supervisor1",
    "verifier",
    "leader",
    "resident",
    "auditor",
    "admin",
    "officer",
    "admin1",
];

/// Ids that an outsider may have got hold of.
struct Known {
    plan: Uuid,
    withdrawn: Uuid,
    sites: Vec<Uuid>,
    item: Uuid,
    inspection: Uuid,
    photo: String,
    team: AccountId,
}

struct Stage {
    server: Server,
    insiders: Vec<Speaker>,
    outsiders: Vec<(String, Speaker, Option<String>)>,
    known: Known,
}

async fn pull_all(speaker: &Speaker) -> Option<String> {
    let mut request = Request::default();
    loop {
        let answer = speaker.sync(&request).await;
        request.cursor = answer.cursor;
        if !answer.more {
            return request.cursor;
        }
    }
}

/// A county at work: a report with a photo, an item on the ledger, everybody signed in and up to date.
async fn stage() -> Stage {
    let server = Server::start().await;
    newcomer(&server, "admin1", Role::Administrator, Scope::Area(HERE.area("101"))).await;
    let mut insiders = Vec::new();
    for login in INSIDERS {
        insiders.push(Speaker::sign_in(&server, login).await);
    }
    let mut outsiders = Vec::new();
    for login in OUTSIDERS {
        outsiders.push((login.to_owned(), Speaker::sign_in(&server, login).await, None));
    }
    let abroad = Speaker::sign_in_at(&server, given::OTHER_COUNTY, "supervisor").await;
    outsiders.push(("other supervisor".to_owned(), abroad, None));

    let bytes = noise(5, 2000);
    let mut submit: Submit = visit(HERE, &site("101", "201", 1));
    let mut found = finding("水窖漏水");
    let mention = photo(&bytes, "image/jpeg");
    found.evidence = vec![mention.evidence_id];
    let (item, inspection, listed) = (Uuid::now_v7(), submit.inspection_id.0, found.finding_id);
    submit.findings = vec![found];
    submit.evidence = vec![mention.clone()];
    let body = serde_json::to_value(&submit).expect("JSON");
    assert_eq!(insiders[1].gives("inspection.submit", body, None).await.status, Status::Applied);
    assert!(insiders[1].upload(&bytes, "image/jpeg").await.is_success());
    let supervisor = &mut insiders[0];
    supervisor.does("list", item, json!({ "area_id": HERE.area("101201"), "findings": [listed] })).await;
    let order = json!({
        "unit_id": HERE.unit("U101"), "person": { "name": "王镇长" }, "requirement": "修好", "due": { "working_days": 30 },
    });
    supervisor.does("hand_over", item, order).await;
    for (_, speaker, cursor) in &mut outsiders {
        *cursor = pull_all(speaker).await;
    }
    let team = serde_json::from_value(account(&insiders[1]).await).expect("an id");
    let known = Known {
        plan: Uuid::now_v7(),
        withdrawn: Uuid::now_v7(),
        sites: Vec::new(),
        item,
        inspection,
        photo: mention.sha256.to_string(),
        team,
    };
    Stage { server, insiders, outsiders, known }
}

/// Somebody on the line of hints, who goes on listening until it is over; whether there was any news.
async fn listener(speaker: Speaker, mut over: watch::Receiver<bool>) -> JoinHandle<bool> {
    let mut lines = speaker.get("/v1/sync/events").await.bytes_stream();
    let mut heard = String::new();
    let mut hear = async move |word: &str| {
        while !heard.contains(word) {
            let part = lines.next().await.expect("the line stays open").expect("what is said");
            heard.push_str(&String::from_utf8_lossy(&part));
        }
    };
    hear("listening").await;
    tokio::spawn(async move {
        tokio::select! {
            () = hear("event: news") => true,
            _ = over.wait_for(|over| *over) => false,
        }
    })
}

/// Seals, withdraws and reads on this server, while everybody listens for hints.
async fn make_plans(server: &Server, stage: &mut Stage) {
    let (end, over) = watch::channel(false);
    let mut listeners = Vec::new();
    for (name, speaker, _) in &stage.outsiders {
        listeners.push((name.clone(), listener(speaker.at(server), over.clone()).await));
    }
    let team_hears = listener(stage.insiders[1].at(server), over).await;
    let mut supervisor = stage.insiders[0].at(server);
    let inspector = stage.insiders[1].at(server);
    let team = json!(stage.known.team);
    let mut body = plan(stage.known.plan, &[&team], households("101", 6));
    body["round"] = json!("2026-11");
    let other =
        plan(stage.known.withdrawn, &[&team], json!({ "named": [HERE.site(&site("102", "202", 7))] }));
    for body in [body, other] {
        let outcome = supervisor.gives("plan.seal", body, None).await;
        assert_eq!(outcome.status, Status::Applied, "{:?}", outcome.problem);
    }
    let gone = json!({ "plan_id": stage.known.withdrawn, "reason": "改期" });
    assert_eq!(supervisor.gives("plan.withdraw", gone, None).await.status, Status::Applied);
    pull_all(&inspector).await;
    let sealed = inspector.get_json(&format!("/v1/plans/{}", stage.known.plan)).await;
    let sites: Vec<SiteId> = serde_json::from_value(sealed["sites"].clone()).expect("sites");
    stage.known.sites = sites.into_iter().map(|site| site.0).collect();
    let heard = timeout(Duration::from_secs(60), team_hears).await.expect("the team is told in time");
    assert!(heard.expect("a listener"), "the team heard nothing");
    // Whoever else is told would be told by now.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    end.send_replace(true);
    for (name, listener) in listeners {
        assert!(!listener.await.expect("a listener"), "{name} was told");
    }
}

/// An answer without what differs at every call: sealed texts count by their lengths.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

const FRESH: [&str; 4] = ["cursor", "written_through", "challenge", "server_time"];

fn masked(mut text: String) -> String {
    for key in FRESH {
        let mark = format!("\"{key}\":\"");
        let mut from = 0;
        while let Some(at) = text[from..].find(&mark).map(|at| from + at + mark.len()) {
            let end = at + text[at..].find('"').expect("the end of a text");
            // Fractions of seconds end with their last digit that is not 0.
            let length = if key == "server_time" { 0 } else { end - at };
            text.replace_range(at..end, &format!("<{length}>"));
            from = at;
        }
    }
    text
}

async fn ask(speaker: &Speaker, method: Method, path: &str, body: Option<&Value>) -> Answer {
    let mut request = speaker.request(method, path);
    if let Some(body) = body {
        request = request.json(body);
    }
    answer(request).await
}

async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let answer = request.send().await.expect("an answer");
    // Whether a connection goes on after a refusal depends on how much of the request had come.
    let ignored = ["date", "x-request-id", "content-length", "connection"];
    let headers = answer.headers().iter().filter(|(name, _)| !ignored.contains(&name.as_str()));
    Answer {
        status: answer.status().as_u16(),
        headers: headers.map(|(name, value)| (name.to_string(), format!("{value:?}"))).collect(),
        body: masked(String::from_utf8_lossy(&answer.bytes().await.expect("a body")).into_owned()),
    }
}

/// Every address that can be read, with every id that an outsider may have got hold of in each place for one.
async fn addresses(speaker: &Speaker, known: &Known) -> Vec<String> {
    let description = speaker.get_json("/openapi.json").await;
    let described = description["paths"].as_object().expect("paths");
    let notice = Notice::of_plan(PlanId(known.plan), known.team, chrono::Utc::now()).notice_id;
    let mut ids: Vec<String> =
        [known.plan, known.withdrawn, known.item, known.inspection, notice.0, known.team.0]
            .iter()
            .map(ToString::to_string)
            .collect();
    ids.extend(known.sites.first().map(ToString::to_string));
    ids.push(known.photo.clone());
    let query = format!(
        "from=2026-01-01&to=2036-01-01&by=site&limit=200&account_id={}&digests=true&format=csv",
        known.team
    );
    let mut found = Vec::new();
    for (path, item) in described {
        let endless = path == "/v1/sync/events" || path == "/metrics";
        if item.get("get").is_none() || endless {
            continue;
        }
        let Some((before, rest)) = path.split_once('{') else {
            found.push(format!("{path}?{query}"));
            continue;
        };
        let after = rest.split_once('}').expect("a closed brace").1;
        found.extend(ids.iter().map(|id| format!("{before}{id}{after}?{query}")));
    }
    found
}

/// Commands that an outsider may try, word for word the same for both servers.
fn commands(speaker: &mut Speaker, known: &Known) -> Vec<Value> {
    let notice = Notice::of_plan(PlanId(known.plan), known.team, chrono::Utc::now()).notice_id;
    let under = |site: Uuid| {
        let submit = visit(HERE, &site_code());
        let submit = Submit { plan_id: Some(PlanId(known.plan)), site_id: SiteId(site), ..submit };
        serde_json::to_value(submit).expect("JSON")
    };
    let team = json!(known.team);
    let named = json!({ "named": known.sites });
    let mut same_round = plan(Uuid::now_v7(), &[&team], named);
    same_round["round"] = json!("2026-11");
    let mut all = vec![
        speaker.command("plan.unseal", json!({ "plan_id": known.plan })),
        speaker.command("plan.withdraw", json!({ "plan_id": known.withdrawn, "reason": "试探" })),
        speaker.command("notice.read", json!({ "notice_id": notice })),
        speaker.command("plan.seal", same_round),
    ];
    all.extend(known.sites.iter().map(|site| speaker.command("inspection.submit", under(*site))));
    all
}

fn site_code() -> String {
    site("101", "201", 2)
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_can_tell_whether_there_is_a_plan() {
    let mut stage = stage().await;
    // What is still to be done when the database is copied is done at two moments.
    every_file_is_examined(&stage.server).await;
    assert!(ledger_is_walked(&stage.insiders[0]).await);
    stage.server.kill();
    let (with, without) = (stage.server.database.copy().await, stage.server.database.copy().await);
    let mut making = stage.server.turned_to(&with);
    make_plans(&making, &mut stage).await;
    making.kill();
    // Fresh processes: what they counted, they counted for these outsiders.
    let servers = [stage.server.turned_to(&with), stage.server.turned_to(&without)];
    let known = &stage.known;
    let paths = addresses(&stage.outsiders[0].1.at(&servers[0]), known).await;
    assert!(paths.len() > 60, "{paths:?}");
    let mut asked = 0;
    for (name, speaker, cursor) in &mut stage.outsiders {
        let commands = commands(speaker, known);
        let channels = json!([format!("plan:{}", known.plan), format!("person:{}", known.team), "reference"]);
        let mut bodies = vec![
            json!({ "pull": true, "digests": true, "limit_bytes": 1_000_000 }),
            json!({ "pull": true, "digests": true, "limit_bytes": 1_000_000, "cursor": cursor }),
            json!({ "pull": true, "digests": true, "limit_bytes": 1_000_000, "resync": channels }),
            // Nothing is pulled: a plan that an outsider seals has the moment of it, which differs.
            json!({ "pull": false, "commands": commands }),
        ];
        // Again: outcomes are told word for word.
        bodies.push(bodies[3].clone());
        let twins = [speaker.at(&servers[0]), speaker.at(&servers[1])];
        for path in &paths {
            let (a, b) = tokio::join!(
                ask(&twins[0], Method::GET, path, None),
                ask(&twins[1], Method::GET, path, None),
            );
            assert_eq!(a, b, "{name}: GET {path}");
            asked += 1;
        }
        for body in &bodies {
            let (a, b) = tokio::join!(
                ask(&twins[0], Method::POST, "/v1/sync", Some(body)),
                ask(&twins[1], Method::POST, "/v1/sync", Some(body)),
            );
            assert_eq!(a.status, 200, "{name}: {}", a.body);
            assert_eq!(a, b, "{name}: POST /v1/sync {body}");
            asked += 1;
        }
    }
    assert!(asked > 700, "only {asked}");
    same_haste(&stage.outsiders[2].1, &servers, &paths).await;
    same_metrics(&stage.outsiders[0].1, &servers).await;
    doors::same_at_every_door(&mut stage, &servers).await;
}

/// The two take the same time to answer, by the median over many pairs, each asked now here first and now there
/// (`ANFANG_PAIRS`; promise 1: 10,000, under a millisecond).
async fn same_haste(speaker: &Speaker, servers: &[Server; 2], paths: &[String]) {
    let pairs = number("ANFANG_PAIRS").unwrap_or(600);
    let twins = [speaker.at(&servers[0]), speaker.at(&servers[1])];
    let telling = ["/v1/plans", "/v1/sites", "/v1/rectifications", "/v1/inspections", "/v1/me", "/v1/people"];
    let asked: Vec<&String> =
        paths.iter().filter(|path| telling.iter().any(|of| path.starts_with(of))).collect();
    let mut gaps = Vec::new();
    for (n, path) in asked.iter().cycle().take(pairs as usize).enumerate() {
        let mut took = [Duration::ZERO; 2];
        for twin in [n % 2, 1 - n % 2] {
            let began = Instant::now();
            twins[twin].get(path).await.bytes().await.expect("a body");
            took[twin] = began.elapsed();
        }
        gaps.push(took[0].as_secs_f64() * 1e3 - took[1].as_secs_f64() * 1e3);
    }
    gaps.sort_by(f64::total_cmp);
    // Beside other tests single answers take very different times: so much may the median of so few be off by, but for
    // one run in ten thousand (order statistics of a binomial with p = 1/2).
    let off = (3.9 * (gaps.len() as f64).sqrt() / 2.0) as usize;
    let middle = gaps.len() / 2;
    let (low, median, high) = (gaps[middle - off], gaps[middle], gaps[middle + off]);
    tell!(
        "with plans and without: {} pairs, median gap {median:.3} ms (between {low:.3} and {high:.3})",
        gaps.len()
    );
    assert!(low < 1.0 && high > -1.0, "between {low} and {high} ms");
}

/// Times apart, which differ between any two runs.
async fn same_metrics(speaker: &Speaker, servers: &[Server; 2]) {
    let mut counted = Vec::new();
    for server in servers {
        let text = speaker.at(server).get("/metrics").await.text().await.expect("metrics");
        // Quantiles are of the last minutes; the description was read from one of them only.
        let ignored = ["_seconds", "db_connections", "quantile", "/openapi.json"];
        let lines = text.lines().filter(|line| !ignored.iter().any(|word| line.contains(word)));
        let mut lines: Vec<String> = lines.map(str::to_owned).collect();
        lines.sort();
        counted.push(lines);
    }
    assert!(counted[0].iter().any(|line| line.starts_with("anfang_commands_total")), "{:?}", counted[0]);
    assert_eq!(counted[0], counted[1]);
}
