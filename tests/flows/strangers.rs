//! No reach across (promise 2): every route, asked by everybody of two counties for what is theirs, for what is
//! somebody else's, and for what is not there. What is somebody else's answers as what is not there.

mod matrix;
mod outside;
mod table;
mod things;
mod work;
mod work_table;

use std::collections::{BTreeMap, BTreeSet};

use anfang_protocol::{Code, sync::Status};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{County, Server, Speaker, ask::Asker, given, reports::site};
use matrix::{Answer, Matrix};
use table::{Door, Route, table};
use things::{HERE, Thing, everybody, plant};

/// Failed sign-ins are asked for on purpose, more than anybody may make.
async fn server() -> Server {
    Server::with(&[("ANFANG_SIGN_IN_FAILURES", "100000")]).await
}

/// Method and path of every route, from the server's own description.
async fn described(asker: &Asker) -> BTreeSet<(String, String)> {
    let answer = asker.ask(Method::GET, "/openapi.json", None, None::<&()>).await;
    let description = answer.is_ok().json();
    let paths = description["paths"].as_object().expect("paths");
    let methods = |item: &Value| item.as_object().expect("a path's item").keys().cloned().collect::<Vec<_>>();
    let is_method =
        |name: &String| name.to_ascii_uppercase().parse::<Method>().is_ok() && *name != "parameters";
    let of_path = |(path, item): (&String, &Value)| {
        let path = path.clone();
        methods(item)
            .into_iter()
            .filter(is_method)
            .map(move |method| (method.to_ascii_uppercase(), path.clone()))
            .collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}

#[tokio::test]
async fn a_route_nobody_thought_of_fails() {
    let server = server().await;
    let asker = Asker::at(&server);
    let described = described(&asker).await;
    let named = |route: &Route| (route.method.to_string(), route.path.to_owned());
    let (outside, known): (Vec<Route>, Vec<Route>) =
        table().into_iter().partition(|route| route.door == Door::Outside);
    let known: BTreeSet<_> = known.iter().map(named).collect();
    let unknown: Vec<_> = described.difference(&known).collect();
    assert!(unknown.is_empty(), "routes that tests/flows/strangers/table.rs does not know: {unknown:?}");
    let gone: Vec<_> = known.difference(&described).collect();
    assert!(gone.is_empty(), "routes that the server does not have: {gone:?}");
    assert!(table().iter().all(|route| !route.probes.is_empty()), "a route that nobody asks");

    // The description knows only what was mounted through it: the sources tell what was mounted at all.
    let all: BTreeSet<_> = known.into_iter().chain(outside.iter().map(named)).collect();
    outside::check_mounted(&all);

    // And behind a path there is no method that is not described.
    let thing = Thing::absent(1);
    let speaker = Speaker::sign_in(&server, "supervisor").await;
    let paths: BTreeMap<_, _> = table().into_iter().map(|route| (route.path, route)).collect();
    for (path, route) in paths {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"] {
            if all.contains(&(method.to_owned(), path.to_owned())) {
                continue;
            }
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let asked = speaker.request(method.clone(), &(route.probes[0].ask)(&thing).path);
            let status = asked.send().await.expect("an answer").status().as_u16();
            assert!([404, 405].contains(&status), "{method} {path} is not described and answers {status}");
        }
    }
}

#[tokio::test]
async fn what_is_somebody_elses_answers_as_what_is_not_there() {
    let server = server().await;
    let mut people = everybody(&server).await;
    let things = plant(&server, &mut people).await;
    let absent = Thing::absent(things[0].photo_bytes);
    assert!(
        things.iter().all(|thing| thing.photo_bytes == absent.photo_bytes),
        "lengths would tell them apart"
    );
    let mut matrix = Matrix::new(&people, &things, &absent);
    for route in table() {
        matrix.ask(&route).await;
    }
    // Signed out with the last route: the tokens are worth nothing any more.
    for person in &people {
        assert_eq!(person.speaker.get("/v1/me").await.status(), 401, "{}", person.name());
    }
    let leaks = std::mem::take(&mut matrix.faults);
    assert!(leaks.is_empty(), "{} faults:\n{}", leaks.len(), leaks.join("\n"));
    assert!(matrix.asked > 2000, "only {} requests", matrix.asked);
    println!("{} requests, 0 leaks", matrix.asked);
    check_snapshot(&matrix.text());
}

/// The matrix as docs/routes.txt has it; written anew with ANFANG_BLESS=1.
fn check_snapshot(text: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/routes.txt");
    if std::env::var_os("ANFANG_BLESS").is_some() {
        std::fs::write(&path, text).expect("writing docs/routes.txt");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let differing: Vec<_> = kept
        .lines()
        .map(Some)
        .chain(std::iter::repeat(None))
        .zip(text.lines().map(Some).chain(std::iter::repeat(None)))
        .take_while(|(a, b)| a.is_some() || b.is_some())
        .filter(|(a, b)| a != b)
        .take(10)
        .collect();
    assert!(
        kept == text,
        "who is answered what has changed; look at it, then run again with ANFANG_BLESS=1: {differing:#?}"
    );
}

/// Every way to ask, with what is somebody's and with what is nobody's.
async fn turned_away(
    route: &Route,
    things: &[&Thing],
    http: &reqwest::Client,
    base: &str,
    token: Option<&str>,
) -> Vec<Answer> {
    let mut answers = Vec::new();
    for probe in &route.probes {
        for thing in things {
            let answer = matrix::send(http, base, token, &route.method, &(probe.ask)(thing)).await;
            answers.push(answer.without_names(thing));
        }
    }
    answers
}

#[tokio::test]
async fn without_a_sign_in_there_is_nothing() {
    let server = server().await;
    let mut people = everybody(&server).await;
    let things = plant(&server, &mut people).await;
    let absent = Thing::absent(things[0].photo_bytes);
    let asker = Asker { http: things::unhurried(), ..Asker::at(&server) };
    let enrolling = asker.try_password("supervisor", given::PASSWORD).await.tokens().access_token;
    let foreign = &people.last().expect("somebody").speaker.tokens;
    let refresh = foreign.refresh_token.clone().expect("a refresh token");
    let asked: Vec<&Thing> = things.iter().chain([&absent]).collect();
    for route in table() {
        let name = format!("{} {}", route.method, route.path);
        // No token; nonsense; a refresh token in the place of an access token; a token without a device.
        let visitors = [
            (None, "401 sign_in_required"),
            (Some("nonsense"), "401 token_invalid"),
            (Some(refresh.as_str()), "401 token_invalid"),
            (Some(enrolling.as_str()), "403 enrolment_required"),
        ];
        for (token, refusal) in visitors {
            let answers = turned_away(&route, &asked, &asker.http, &server.base, token).await;
            let refusal = match (route.door, token) {
                (Door::Public | Door::Outside, _) => continue,
                // With the right token, but no proof of a key.
                (Door::Enrolling, Some(token)) if token == enrolling => "422 request_invalid",
                _ => refusal,
            };
            for answer in &answers {
                let expected = if route.method == Method::HEAD { &refusal[..3] } else { refusal };
                assert_eq!(answer.cell(), expected, "{name}");
                assert_eq!(answer.text, answers[0].text, "{name}: all alike");
                assert_eq!(answer.headers, answers[0].headers, "{name}: all alike");
            }
        }
        // A token counts in its header only: an address ends up in logs.
        if route.door == Door::Signed {
            let mut ask = (route.probes[0].ask)(&things[0]);
            let mark = if ask.path.contains('?') { '&' } else { '?' };
            let token = &people[0].speaker.tokens.access_token;
            ask.path = format!("{}{mark}access_token={token}&token={token}", ask.path);
            let answer = matrix::send(&asker.http, &server.base, None, &route.method, &ask).await;
            assert_eq!(answer.status, 401, "{name} takes a token from its address");
        }
    }
}

#[tokio::test]
async fn an_invited_account_can_do_nothing_until_it_is_confirmed() {
    let server = server().await;
    let asker = Asker::at(&server);
    let made = admin(&server, &["account", "--login", "newcomer", "--name", "新人", "--invited"]);
    let password = made["password"].as_str().expect("a password").to_owned();
    admin(&server, &["grant", "--login", "newcomer", "--role", "supervisor", "--area", "990100000000"]);
    asker.try_password("newcomer", &password).await.is_refused(Code::AccountDisabled);
    // With a wrong password nobody learns that there is such an account.
    let wrong = asker.try_password("newcomer", "not this one").await;
    let nobody = asker.try_password("nobody", "not this one").await;
    assert_eq!((wrong.status, &wrong.text), (nobody.status, &nobody.text));
    admin(&server, &["enable", "--login", "newcomer"]);
    let token = asker.try_password("newcomer", &password).await.tokens().access_token;
    // Barred again: what was handed out is worth nothing.
    admin(&server, &["disable", "--login", "newcomer"]);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let barred = asker.get("/v1/me", &token).await;
    assert!([401, 403].contains(&barred.status.as_u16()) && barred.code() != Some(Code::EnrolmentRequired));
}

fn admin(server: &Server, arguments: &[&str]) -> Value {
    let all = [&["admin", "--json", "--jurisdiction", given::COUNTY], arguments].concat();
    let output = server.command(&all);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[tokio::test]
async fn a_token_cannot_widen_its_own_rights() {
    let server = server().await;
    let mut phone = Speaker::sign_in(&server, "inspector1").await;
    let before = phone.get_json("/v1/me").await;
    let account = before["account_id"].clone();
    let grant = json!({ "account_id": account, "role": "administrator", "scope": { "area": HERE.area("") } });
    // Commands that there are not, and fields where no one asks for them.
    let mut commands: Vec<Value> =
        ["grant.give", "grants.give", "account.update", "admin", "inspection.submit "]
            .iter()
            .map(|kind| phone.command(kind, grant.clone()))
            .collect();
    let abroad = crate::harness::reports::visit(HERE, &site("102", "201", 0));
    let mut dressed = serde_json::to_value(&abroad).expect("JSON");
    dressed["account_id"] = account;
    dressed["role"] = json!("supervisor");
    dressed["area_id"] = json!(HERE.area("101"));
    let mut command = phone.command("inspection.submit", dressed);
    command["role"] = json!("supervisor");
    command["jurisdiction_id"] = json!(County(given::OTHER_COUNTY).id());
    commands.push(command);
    for outcome in phone.push(&commands).await.outcomes {
        assert_eq!(outcome.status, Status::Rejected, "{outcome:?}");
    }
    let dressed = json!({ "pull": true, "role": "supervisor", "jurisdiction_id": County(given::OTHER_COUNTY).id(),
        "resync": [format!("area:{}", HERE.area("101")), "reference"], "grants": [grant] });
    let answer = phone.request(Method::POST, "/v1/sync").json(&dressed).send().await.expect("an answer");
    assert!(!answer.text().await.expect("a body").contains(&format!("\"put\":[\"area:{}", HERE.area("101"))));
    for path in ["/v1/grants", "/v1/accounts", "/v1/admin", "/v1/me", "/v1/me/grants"] {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let status = phone.request(method, path).json(&grant).send().await.expect("an answer").status();
            assert!(status.is_client_error(), "{path} {status}");
        }
    }
    for (name, value) in [
        ("x-http-method-override", "DELETE"),
        ("x-original-url", "/v1/devices"),
        ("x-forwarded-user", "admin"),
        ("x-role", "administrator"),
        ("x-jurisdiction", given::OTHER_COUNTY),
    ] {
        let answer =
            phone.request(Method::GET, "/v1/me").header(name, value).send().await.expect("an answer");
        let after: Value = answer.json().await.expect("JSON");
        assert_eq!(after, before, "{name}");
    }
}
