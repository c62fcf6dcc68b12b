//! Signing in, staying signed in, and being kept out.

use std::time::{Duration, Instant};

use anfang::db::schema::{ledger, refresh_tokens, sessions};
use anfang_protocol::{
    Code,
    auth::{Me, Purpose, SignIn, Tokens},
    people::{Role, Scope},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};

use crate::harness::{
    County, Server,
    ask::{Answer, Asker, prove, refresh, sign_in},
    device::DeviceKey,
    given,
};

const HERE: County = County(given::COUNTY);

/// Why this sign-in ended; none while it lives.
async fn ended_why(server: &Server, tokens: &Tokens) -> Option<String> {
    let token = tokens.access_token.split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token).unwrap()).unwrap();
    let session: uuid::Uuid = claims["sid"].as_str().unwrap().parse().unwrap();
    sessions::table
        .find((HERE.id().0, session))
        .select(sessions::ended_why)
        .first(&mut server.database.conn().await)
        .await
        .expect("the sign-in")
}

async fn ledger_has(server: &Server, kind: &str) -> i64 {
    ledger::table
        .filter(ledger::jurisdiction_id.eq(HERE.id().0))
        .filter(ledger::kind.eq(kind))
        .count()
        .get_result(&mut server.database.conn().await)
        .await
        .expect("a count")
}

#[track_caller]
fn admin(server: &Server, arguments: &[&str]) -> Value {
    let arguments = [&["admin", "--jurisdiction", given::COUNTY, "--json"], arguments].concat();
    let done = server.command(&arguments);
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).expect("JSON")
}

#[tokio::test]
async fn a_person_signs_in_enrols_and_is_known() {
    let server = Server::start().await;
    let asker = Asker::at(&server);
    let (tokens, key) = asker.arrive("inspector1").await;
    assert_eq!(tokens.capabilities, ["sync"], "what both sides know");
    assert_eq!(tokens.jurisdiction_id, HERE.id());
    let life = tokens.access_expires_at - tokens.server_time;
    assert!((0..=600).contains(&life.num_seconds()), "{life}");
    let refresh_life = tokens.refresh_expires_at.unwrap() - tokens.server_time;
    assert_eq!((refresh_life + chrono::Duration::minutes(1)).num_days(), 30, "{refresh_life}");

    let me: Me = serde_json::from_str(&asker.get("/v1/me", &tokens.access_token).await.is_ok().text).unwrap();
    assert_eq!((me.account_id, Some(me.device_id)), (tokens.account_id, tokens.device_id));
    assert_eq!(me.login, "inspector1");
    let [grant] = &me.grants[..] else { panic!("one grant: {me:?}") };
    assert_eq!((&grant.role, grant.scope), (&Role::Inspector, Scope::Area(HERE.area("101"))));

    // The same device signs in again with the password and its key.
    let device = tokens.device_id.unwrap().to_string();
    let again = asker.try_device("inspector1", &device, &key).await.tokens();
    assert_eq!(again.device_id, tokens.device_id);
    assert_eq!(again.capabilities, ["sync"]);
    asker.get("/v1/me", &again.access_token).await.is_ok();
    assert_eq!(ended_why(&server, &tokens).await.as_deref(), Some("signed_out"), "one sign-in on a device");
    // Nobody signs in on somebody else's device, or with another key.
    asker.try_device("inspector2", &device, &key).await.is_refused(Code::ProofInvalid);
    asker.try_device("inspector1", &device, &DeviceKey::generate()).await.is_refused(Code::ProofInvalid);
    asker.try_device("inspector1", &uuid::Uuid::nil().to_string(), &key).await.is_refused(Code::ProofInvalid);
}

#[tokio::test]
async fn logins_are_written_in_any_case_and_the_jurisdiction_is_named() {
    let server = Server::start().await;
    let asker = Asker::at(&server);
    asker.try_password(" Inspector1 ", given::PASSWORD).await.is_ok();
    let of = |jurisdiction: Option<&str>| SignIn {
        jurisdiction: jurisdiction.map(str::to_owned),
        ..sign_in("inspector1", given::PASSWORD, None)
    };
    asker.post("/v1/sessions", None, &of(None)).await.is_refused(Code::RequestInvalid);
    asker.post("/v1/sessions", None, &of(Some("nowhere"))).await.is_refused(Code::CredentialsWrong);
    let there = asker.post("/v1/sessions", None, &of(Some(given::OTHER_COUNTY))).await.tokens();
    assert_eq!(there.jurisdiction_id, County(given::OTHER_COUNTY).id());
}

/// What an answer shows, but for what differs at every request.
fn shown(answer: &Answer) -> (u16, String, Vec<String>) {
    let mut names: Vec<String> = answer.headers.keys().map(|name| name.to_string()).collect();
    names.sort();
    (answer.status.as_u16(), answer.text.clone(), names)
}

#[tokio::test]
async fn an_unknown_login_looks_like_a_wrong_password() {
    let server = Server::with(&[("ANFANG_SIGN_IN_FAILURES", "1000")]).await;
    let asker = Asker::at(&server);
    let wrong = asker.try_password("inspector1", "wrong").await;
    let unknown = asker.try_password("nobody", "wrong").await;
    wrong.is_refused(Code::CredentialsWrong);
    assert_eq!(shown(&wrong), shown(&unknown));

    let median = async |login: &str| {
        let mut times = Vec::new();
        for _ in 0..9 {
            let begun = Instant::now();
            asker.try_password(login, "wrong").await;
            times.push(begun.elapsed());
        }
        times.sort();
        times[4]
    };
    let (wrong, unknown) = (median("inspector1").await, median("nobody").await);
    // Without the stand-in hash the unknown login would answer tens of times faster.
    assert!(unknown * 2 > wrong, "wrong password {wrong:?}, unknown login {unknown:?}");
}

#[tokio::test]
async fn guessing_has_to_wait_and_tells_nothing() {
    let server = Server::with(&[("ANFANG_SIGN_IN_FAILURES", "3")]).await;
    let asker = Asker::at(&server);
    for login in ["inspector1", "nobody"] {
        for _ in 0..3 {
            asker.try_password(login, "wrong").await.is_refused(Code::CredentialsWrong);
        }
    }
    let (known, unknown) =
        (asker.try_password("inspector1", "wrong").await, asker.try_password("nobody", "wrong").await);
    known.is_refused(Code::TooManyRequests);
    unknown.is_refused(Code::TooManyRequests);
    assert_eq!(shown(&known).2, shown(&unknown).2);
    let wait: u64 = known.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((800..=900).contains(&wait), "{wait}");
    // The right password does not help now, on any server process; others are not concerned.
    let second = server.another();
    Asker::at(&second).try_password("inspector1", given::PASSWORD).await.is_refused(Code::TooManyRequests);
    asker.try_password("inspector2", given::PASSWORD).await.is_ok();
}

#[tokio::test]
async fn a_right_password_wipes_the_slate() {
    let server = Server::with(&[("ANFANG_SIGN_IN_FAILURES", "3")]).await;
    let asker = Asker::at(&server);
    for _ in 0..4 {
        for _ in 0..2 {
            asker.try_password("inspector1", "wrong").await.is_refused(Code::CredentialsWrong);
        }
        asker.try_password("inspector1", given::PASSWORD).await.is_ok();
    }
}

#[tokio::test]
async fn forty_guesses_at_once_are_not_one() {
    let server = Server::with(&[("ANFANG_SIGN_IN_FAILURES", "5")]).await;
    let asker = Asker::at(&server);
    let guesses = (0..40).map(|_| asker.try_password("inspector1", "wrong"));
    let answers = futures::future::join_all(guesses).await;
    let looked_at = answers.iter().filter(|answer| answer.code() == Some(Code::CredentialsWrong)).count();
    assert_eq!(looked_at, 5);
    assert!(answers.iter().all(|answer| [401, 429].contains(&answer.status.as_u16())));
}

#[tokio::test]
async fn an_address_is_limited_too_and_a_proxy_tells_which() {
    let settings = [("ANFANG_SIGN_IN_FAILURES", "1"), ("ANFANG_BEHIND_PROXY", "true")];
    let server = Server::with(&settings).await;
    let asker = Asker::at(&server);
    let from = async |address: &str, login: &str, password: &str| {
        let request =
            asker.http.post(format!("{}/v1/sessions", server.base)).header("x-forwarded-for", address);
        Answer::of(request.json(&sign_in(login, password, None)).send().await.unwrap()).await
    };
    for n in 0..10 {
        from("203.0.113.1", &format!("nobody{n}"), "wrong").await.is_refused(Code::CredentialsWrong);
    }
    from("203.0.113.1", "inspector1", given::PASSWORD).await.is_refused(Code::TooManyRequests);
    from("198.51.100.7, 203.0.113.1", "inspector1", given::PASSWORD).await.is_refused(Code::TooManyRequests);
    from("203.0.113.2", "inspector1", given::PASSWORD).await.is_ok();
}

#[tokio::test]
async fn invited_and_disabled_accounts_may_do_nothing() {
    let server = Server::start().await;
    let asker = Asker::at(&server);
    let made = admin(&server, &["account", "--login", "newcomer", "--name", "新来的", "--invited"]);
    let password = made["password"].as_str().expect("a made-up password").to_owned();
    asker.try_password("newcomer", &password).await.is_refused(Code::AccountDisabled);
    asker.try_password("newcomer", "wrong").await.is_refused(Code::CredentialsWrong);
    admin(&server, &["enable", "--login", "newcomer"]);
    asker.try_password("newcomer", &password).await.is_ok();

    let (tokens, key) = asker.arrive("inspector1").await;
    admin(&server, &["disable", "--login", "inspector1"]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    asker.get("/v1/me", &tokens.access_token).await.is_refused(Code::TokenInvalid);
    asker.refresh(&refresh(&key, &tokens)).await.is_refused(Code::AccountDisabled);
    asker.try_password("inspector1", given::PASSWORD).await.is_refused(Code::AccountDisabled);
    asker.try_password("inspector1", "wrong").await.is_refused(Code::CredentialsWrong);
    // Let in again, the phone goes on where it was.
    admin(&server, &["enable", "--login", "inspector1"]);
    asker.refresh(&refresh(&key, &tokens)).await.is_ok();
}

#[tokio::test]
async fn enrolment_pins_what_was_agreed_and_refuses_the_rest() {
    let server = Server::start().await;
    let asker = Asker::at(&server);
    let first = asker.try_password("inspector1", given::PASSWORD).await.tokens().access_token;
    let key = DeviceKey::generate();
    let good = serde_json::to_value(asker.enrolment(&key).await).unwrap();
    let with = |member: &str, value: Value| {
        let mut body = good.clone();
        body[member] = value;
        body
    };
    let mut private = key.public_jwk();
    private["d"] = json!("AAAA");
    let challenge = asker.challenge().await;
    for (body, code) in [
        (with("protocol", json!(2)), Code::VersionUnknown),
        (with("protocol", json!(0)), Code::VersionUnknown),
        (with("protocol", json!(-1)), Code::RequestInvalid),
        (with("name", json!("")), Code::TextInvalid),
        (with("name", json!("x".repeat(101))), Code::TextInvalid),
        (with("platform", json!("a\u{0}b")), Code::TextInvalid),
        (with("capabilities", json!(vec!["x"; 101])), Code::RequestInvalid),
        (with("public_key", private), Code::RequestInvalid),
        (with("public_key", json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"})), Code::RequestInvalid),
        (with("public_key", DeviceKey::generate().public_jwk()), Code::ProofInvalid),
        (with("proof", json!("")), Code::ProofInvalid),
        (
            with("proof", json!(prove(&key, Purpose::SignIn, Some(challenge.clone()), None))),
            Code::ProofInvalid,
        ),
        (with("proof", json!(prove(&key, Purpose::Enrol, Some("x".into()), None))), Code::ProofInvalid),
        (with("proof", json!(prove(&key, Purpose::Enrol, None, None))), Code::ProofInvalid),
    ] {
        asker.post("/v1/devices", Some(&first), &body).await.is_refused(code);
    }
    asker.post("/v1/devices", None, &good).await.is_refused(Code::SignInRequired);
    let enrolled = asker.post("/v1/devices", Some(&first), &good).await.tokens();

    // The answer was lost: signed in again, the same key is the same device.
    let second = asker.try_password("inspector1", given::PASSWORD).await.tokens().access_token;
    let again = asker.enrol(&second, &key).await.tokens();
    assert_eq!(again.device_id, enrolled.device_id);
    let devices = asker.get("/v1/devices", &again.access_token).await.json();
    assert_eq!(devices.as_array().map(Vec::len), Some(1));
    assert_eq!(devices[0]["protocol"], 1);
    // The key in another hand is another device.
    let other = asker.try_password("inspector2", given::PASSWORD).await.tokens().access_token;
    assert_ne!(asker.enrol(&other, &key).await.tokens().device_id, enrolled.device_id);
}

#[tokio::test]
async fn refresh_tokens_rotate() {
    let server = Server::start().await;
    let asker = Asker::at(&server);
    let (mut tokens, key) = asker.arrive("inspector1").await;
    let mut seen = vec![tokens.refresh_token.clone()];
    for _ in 0..5 {
        let next = asker.refresh(&refresh(&key, &tokens)).await.tokens();
        assert!(!seen.contains(&next.refresh_token), "each is new");
        assert_eq!(next.device_id, tokens.device_id);
        asker.get("/v1/me", &next.access_token).await.is_ok();
        seen.push(next.refresh_token.clone());
        tokens = next;
    }
    let kept: Vec<Vec<u8>> = refresh_tokens::table
        .select(refresh_tokens::token_sha256)
        .load(&mut server.database.conn().await)
        .await
        .unwrap();
    for token in seen.into_iter().flatten() {
        assert!(
            kept.contains(&anfang_protocol::sha::Sha::of(token.as_bytes()).0.to_vec()),
            "only hashes are kept"
        );
    }
}

#[tokio::test]
async fn a_lost_answer_is_given_again_until_it_has_arrived() {
    let server = Server::start().await;
    let asker = Asker::at(&server);
    let (tokens, key) = asker.arrive("inspector1").await;
    let request = refresh(&key, &tokens);
    // The same request many times, at once and again, on two processes: one successor.
    let second = server.another();
    let other = Asker::at(&second);
    let at_once = (0..8).map(|n| if n % 2 == 0 { asker.refresh(&request) } else { other.refresh(&request) });
    let answers: Vec<Tokens> = futures::future::join_all(at_once).await.iter().map(Answer::tokens).collect();
    assert!(answers.iter().all(|answer| answer.refresh_token == answers[0].refresh_token));
    let next = asker.refresh(&request).await.tokens();
    assert_eq!(next.refresh_token, answers[0].refresh_token);
    // Once the successor was used the repeat gives nothing, and takes nothing.
    let after = asker.refresh(&refresh(&key, &next)).await.tokens();
    asker.refresh(&request).await.is_refused(Code::TokenInvalid);
    assert_eq!(ended_why(&server, &after).await, None);
    asker.refresh(&refresh(&key, &after)).await.is_ok();
}

#[tokio::test]
async fn a_second_use_ends_the_family() {
    let server = Server::start().await;
    let asker = Asker::at(&server);
    let (tokens, key) = asker.arrive("inspector1").await;
    let (bystander, other_key) = asker.arrive("inspector2").await;
    let next = asker.refresh(&refresh(&key, &tokens)).await.tokens();
    let before = ledger_has(&server, "session.ended").await;
    asker.refresh(&refresh(&key, &tokens)).await.is_refused(Code::RefreshReused);
    assert_eq!(ended_why(&server, &next).await.as_deref(), Some("refresh_reused"));
    assert_eq!(ledger_has(&server, "session.ended").await, before + 1);
    asker.refresh(&refresh(&key, &next)).await.is_refused(Code::TokenInvalid);
    asker.refresh(&refresh(&key, &tokens)).await.is_refused(Code::TokenInvalid);
    tokio::time::sleep(Duration::from_secs(1)).await;
    asker.get("/v1/me", &next.access_token).await.is_refused(Code::TokenInvalid);
    asker.get("/v1/me", &bystander.access_token).await.is_ok();
    asker.refresh(&refresh(&other_key, &bystander)).await.is_ok();
}

#[tokio::test]
async fn refresh_tokens_that_are_none_are_refused() {
    let server = Server::start().await;
    let asker = Asker::at(&server);
    let (tokens, key) = asker.arrive("inspector1").await;
    let text = tokens.refresh_token.clone().unwrap();
    let (jurisdiction, bytes) = text.split_once('.').unwrap();
    let other = URL_SAFE_NO_PAD.encode(County(given::OTHER_COUNTY).id().0);
    for bad in [
        String::new(),
        ".".into(),
        "x".into(),
        tokens.access_token.clone(),
        format!("{jurisdiction}."),
        format!(".{bytes}"),
        format!("{other}.{bytes}"),
        format!("{jurisdiction}.{}", URL_SAFE_NO_PAD.encode([0; 32])),
        format!("{text}="),
        format!("{text}."),
        format!(" {text}"),
        text.to_uppercase(),
        "A".repeat(100_000),
    ] {
        let bad = Tokens { refresh_token: Some(bad), ..tokens.clone() };
        asker.refresh(&refresh(&key, &bad)).await.is_refused(Code::TokenInvalid);
    }
    // Right token, wrong proof: of another purpose, over another token, none at all.
    for proof in [
        prove(&key, Purpose::Refresh, None, Some("another")),
        prove(&key, Purpose::Refresh, None, None),
        prove(&key, Purpose::SignIn, Some(asker.challenge().await), Some(&text)),
        prove(&DeviceKey::generate(), Purpose::Refresh, None, Some(&text)),
        tokens.access_token.clone(),
        String::new(),
    ] {
        let request = anfang_protocol::auth::Refresh { refresh_token: text.clone(), proof };
        asker.refresh(&request).await.is_refused(Code::ProofInvalid);
    }
    asker.refresh(&refresh(&key, &tokens)).await.is_ok();
}

#[tokio::test]
async fn a_refresh_token_lives_thirty_days_and_a_family_half_a_year() {
    let server = Server::start().await;
    let asker = Asker::at(&server);
    let days_ago = |days| anfang::clock::Clock::default().now() - chrono::Duration::days(days);
    let (tokens, key) = asker.arrive("inspector1").await;
    let mut conn = server.database.conn().await;
    let age = diesel::update(refresh_tokens::table);
    age.set(refresh_tokens::issued_at.eq(days_ago(29))).execute(&mut conn).await.unwrap();
    let next = asker.refresh(&refresh(&key, &tokens)).await.tokens();
    diesel::update(refresh_tokens::table)
        .set(refresh_tokens::issued_at.eq(days_ago(30)))
        .execute(&mut conn)
        .await
        .unwrap();
    asker.refresh(&refresh(&key, &next)).await.is_refused(Code::TokenInvalid);

    let (tokens, key) = asker.arrive("inspector2").await;
    let soon = anfang::clock::Clock::default().now() + chrono::Duration::seconds(60);
    let all = diesel::update(sessions::table);
    all.set(sessions::expires_at.eq(soon)).execute(&mut conn).await.unwrap();
    let last = asker.refresh(&refresh(&key, &tokens)).await.tokens();
    assert!(
        last.refresh_expires_at.unwrap() <= soon && last.access_expires_at <= soon,
        "nothing outlives the family"
    );
    diesel::update(sessions::table)
        .set(sessions::expires_at.eq(days_ago(0)))
        .execute(&mut conn)
        .await
        .unwrap();
    asker.refresh(&refresh(&key, &last)).await.is_refused(Code::TokenInvalid);
    tokio::time::sleep(Duration::from_secs(1)).await;
    asker.get("/v1/me", &last.access_token).await.is_refused(Code::TokenInvalid);
}

#[tokio::test]
async fn a_new_password_ends_all_other_sign_ins() {
    const NEW: &str = "a better horse 更好的马";
    let server = Server::start().await;
    let second = server.another();
    let (asker, other) = (Asker::at(&server), Asker::at(&second));
    let (here, key) = asker.arrive("inspector1").await;
    let (elsewhere, elsewhere_key) = asker.arrive("inspector1").await;
    let enrolling = asker.try_password("inspector1", given::PASSWORD).await.tokens();
    other.get("/v1/me", &elsewhere.access_token).await.is_ok();
    let change = async |old: &str, new: &str| {
        let body = json!({"old_password": old, "new_password": new});
        asker.post("/v1/password", Some(&here.access_token), &body).await
    };
    change("wrong", NEW).await.is_refused(Code::CredentialsWrong);
    change(given::PASSWORD, "short").await.is_refused(Code::PasswordUnsuitable);
    change(given::PASSWORD, "Inspector1").await.is_refused(Code::PasswordUnsuitable);
    asker.get("/v1/me", &elsewhere.access_token).await.is_ok();
    change(given::PASSWORD, NEW).await.is_ok();
    let changed = Instant::now();

    other.refresh(&refresh(&elsewhere_key, &elsewhere)).await.is_refused(Code::TokenInvalid);
    asker.try_password("inspector1", given::PASSWORD).await.is_refused(Code::CredentialsWrong);
    tokio::time::sleep_until((changed + Duration::from_secs(1)).into()).await;
    for asker in [&asker, &other] {
        asker.get("/v1/me", &elsewhere.access_token).await.is_refused(Code::TokenInvalid);
        asker.enrol(&enrolling.access_token, &DeviceKey::generate()).await.is_refused(Code::TokenInvalid);
        asker.get("/v1/me", &here.access_token).await.is_ok();
    }
    assert_eq!(ended_why(&server, &elsewhere).await.as_deref(), Some("password_changed"));
    asker.refresh(&refresh(&key, &here)).await.is_ok();
    asker.try_password("inspector1", NEW).await.is_ok();

    // Set by the administrator, it ends this one, too.
    admin(&server, &["password", "--login", "inspector1"]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    asker.get("/v1/me", &here.access_token).await.is_refused(Code::TokenInvalid);
    asker.try_password("inspector1", NEW).await.is_refused(Code::CredentialsWrong);
}

#[tokio::test]
async fn guessing_the_old_password_is_limited() {
    let server = Server::with(&[("ANFANG_SIGN_IN_FAILURES", "3")]).await;
    let asker = Asker::at(&server);
    let (tokens, _) = asker.arrive("inspector1").await;
    let body = json!({"old_password": "wrong", "new_password": "long enough"});
    for _ in 0..3 {
        asker
            .post("/v1/password", Some(&tokens.access_token), &body)
            .await
            .is_refused(Code::CredentialsWrong);
    }
    asker.post("/v1/password", Some(&tokens.access_token), &body).await.is_refused(Code::TooManyRequests);
}

#[tokio::test]
async fn the_first_administrator_is_made_on_an_empty_database() {
    let server = Server::start().await;
    let run = |arguments: &[&str]| {
        let done = server.command(&[&["admin", "--jurisdiction", "540000", "--json"], arguments].concat());
        (done.status.success(), String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned())
    };
    let account = ["account", "--login", "admin", "--name", "管理员", "--administrator"];
    assert!(!run(&account).0, "there is no such jurisdiction yet");
    assert!(run(&["jurisdiction", "--name", "某县", "--name-en", "Some County"]).0);
    assert!(
        run(&["jurisdiction", "--name", "某县", "--name-en", "That County"]).0,
        "again is a change of name"
    );
    let (ok, text) = run(&account);
    assert!(ok, "{text}");
    assert!(!run(&account).0, "the login is taken");
    let password = serde_json::from_str::<Value>(&text).unwrap()["password"].as_str().unwrap().to_owned();
    let asker = Asker::at(&server);
    let body = SignIn { jurisdiction: Some("540000".into()), ..sign_in("admin", &password, None) };
    let first = asker.post("/v1/sessions", None, &body).await.tokens();
    let me = asker.enrol(&first.access_token, &DeviceKey::generate()).await.tokens();
    let me = asker.get("/v1/me", &me.access_token).await.json();
    assert_eq!(me["grants"][0]["role"], "administrator");
    let (ok, grants) = run(&["grants", "--login", "admin"]);
    assert!(ok && grants.contains("sites:"), "{grants}");
    assert!(!run(&["grant", "--login", "admin", "--role", "king", "--area", "540000000000"]).0);
    assert!(!run(&["grant", "--login", "admin", "--role", "leader", "--area", "540000000001"]).0);
    let verified = server.command(&["verify", "ledger", "--jurisdiction", "540000"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}
