//! Promise 5: whatever is forged is answered 401, beside a token that is good.

use anfang::clock::Clock;
use anfang_protocol::{Code, auth::Purpose};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::forgeries::{self, Forger};
use crate::harness::{
    Server,
    ask::{self, Answer, Asker, prove},
    device::DeviceKey,
    given,
};

async fn me(asker: &Asker, token: &str) -> Answer {
    asker.get("/v1/me", token).await
}

#[tokio::test]
async fn no_forged_token_is_believed() {
    let server = Server::start().await;
    let asker = Asker::at(&server);
    let (tokens, key) = asker.arrive("inspector1").await;
    let forger = Forger::new(&server, &tokens.access_token).await;
    let enrolling = asker.try_password("inspector1", given::PASSWORD).await.tokens().access_token;
    let challenge = asker.challenge().await;
    let mut forged = forgeries::all(&forger);
    forged.extend([
        ("the refresh token", tokens.refresh_token.clone().unwrap()),
        ("a proof", prove(&key, Purpose::SignIn, Some(challenge.clone()), None)),
        ("the challenge", challenge),
        ("the password", given::PASSWORD.replace(|c: char| !c.is_ascii(), "")),
        ("an identifier", tokens.account_id.to_string()),
    ]);
    assert!(forged.len() >= 100, "{}", forged.len());

    me(&asker, &tokens.access_token).await.is_ok();
    // What the forger makes is as good as the server's own, when nothing in it is wrong.
    me(&asker, &forger.with_claims(|_| ())).await.is_ok();
    me(&asker, &forger.claim("jti", json!(Uuid::from_u128(1)))).await.is_ok();
    for (name, forgery) in &forged {
        let answer = me(&asker, forgery).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (401, Some(Code::TokenInvalid)),
            "{name}: {}",
            answer.text
        );
    }
    me(&asker, &enrolling).await.is_refused(Code::EnrolmentRequired);
    me(&asker, &tokens.access_token).await.is_ok();
}

#[tokio::test]
async fn a_token_is_shown_in_one_place_only() {
    let server = Server::start().await;
    let asker = Asker::at(&server);
    let (tokens, _) = asker.arrive("inspector1").await;
    let token = tokens.access_token;
    let me = format!("{}/v1/me", server.base);
    let ask = async |request: reqwest::RequestBuilder| Answer::of(request.send().await.unwrap()).await;
    let http = &asker.http;

    ask(http.get(&me)).await.is_refused(Code::SignInRequired);
    ask(http.get(format!("{me}?access_token={token}"))).await.is_refused(Code::SignInRequired);
    ask(http.get(&me).header("cookie", format!("access_token={token}")))
        .await
        .is_refused(Code::SignInRequired);
    ask(http.get(&me).header("x-access-token", &token)).await.is_refused(Code::SignInRequired);
    ask(http.get(&me).header("authorization", &token)).await.is_refused(Code::TokenInvalid);
    ask(http.get(&me).header("authorization", "Bearer")).await.is_refused(Code::TokenInvalid);
    ask(http.get(&me).header("authorization", "Bearer ")).await.is_refused(Code::TokenInvalid);
    ask(http.get(&me).header("authorization", format!("Basic {token}"))).await.is_refused(Code::TokenInvalid);
    ask(http.get(&me).header("authorization", format!("Bearer  {token}")))
        .await
        .is_refused(Code::TokenInvalid);
    let twice = http.get(&me).header("authorization", format!("Bearer {token}"));
    ask(twice.header("authorization", "Bearer x")).await.is_refused(Code::TokenInvalid);
    ask(http.get(&me).header("authorization", format!("bearer {token}"))).await.is_ok();
    let refused = ask(http.get(&me)).await;
    assert_eq!(refused.headers["www-authenticate"], "Bearer");
}

#[tokio::test]
async fn a_token_for_enrolling_opens_nothing_else() {
    let server = Server::start().await;
    let asker = Asker::at(&server);
    let first = asker.try_password("inspector1", given::PASSWORD).await.tokens();
    assert!(first.device_id.is_none() && first.refresh_token.is_none());
    for (method, path) in [
        (Method::GET, "/v1/me"),
        (Method::GET, "/v1/devices"),
        (Method::DELETE, "/v1/devices/00000000-0000-0000-0000-000000000000"),
        (Method::DELETE, "/v1/sessions/current"),
        (Method::GET, "/v1/sync/events"),
    ] {
        let answer = asker.ask(method, path, Some(&first.access_token), None::<&()>).await;
        answer.is_refused(Code::EnrolmentRequired);
    }
    let sync = asker.post("/v1/sync", Some(&first.access_token), &json!({})).await;
    sync.is_refused(Code::EnrolmentRequired);

    let (tokens, key) = asker.arrive("inspector1").await;
    asker.enrol(&tokens.access_token, &key).await.is_refused(Code::TokenInvalid);
    asker.enrol(&first.access_token, &key).await.is_ok();
    asker.enrol(&first.access_token, &key).await.is_refused(Code::TokenInvalid);
}

#[tokio::test]
async fn keys_are_rotated_without_signing_anybody_out() {
    use anfang::db::schema::signing_keys as table;
    let server = Server::start().await;
    let asker = Asker::at(&server);
    let (before, _) = asker.arrive("inspector1").await;
    let done = server.command(&["admin", "rotate-keys", "--jurisdiction", given::COUNTY, "--json"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let new: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    me(&asker, &before.access_token).await.is_ok();

    // The server looks at the keys anew after five seconds at most.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(6);
    let kid = loop {
        let (after, _) = asker.arrive("inspector1").await;
        me(&asker, &after.access_token).await.is_ok();
        let header = URL_SAFE_NO_PAD.decode(after.access_token.split('.').next().unwrap()).unwrap();
        let kid = serde_json::from_slice::<Value>(&header).unwrap()["kid"].clone();
        if kid == new["key_id"] || std::time::Instant::now() > deadline {
            break kid;
        }
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    };
    assert_eq!(kid, new["key_id"], "new tokens are signed with the new key");
    me(&asker, &before.access_token).await.is_ok();

    // A key that was retired for longer than a token lives verifies nothing.
    let long_ago = Clock::default().now() - chrono::Duration::minutes(12);
    diesel::update(table::table.filter(table::retired_at.is_not_null()))
        .set(table::retired_at.eq(long_ago))
        .execute(&mut server.database.conn().await)
        .await
        .unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    me(&asker, &before.access_token).await.is_refused(Code::TokenInvalid);
}

#[tokio::test]
async fn a_copied_refresh_token_is_worth_nothing_without_the_key() {
    const TRIES: usize = 10_000;
    let server = Server::start().await;
    let asker = Asker::at(&server);
    let (tokens, key) = asker.arrive("inspector1").await;
    let tries = (0..TRIES).map(|_| {
        let (asker, request) = (asker.clone(), ask::refresh(&DeviceKey::generate(), &tokens));
        async move { asker.refresh(&request).await.code() }
    });
    let codes: Vec<Option<Code>> =
        futures::StreamExt::collect(futures::StreamExt::buffer_unordered(futures::stream::iter(tries), 16))
            .await;
    assert_eq!(codes.iter().filter(|code| **code == Some(Code::ProofInvalid)).count(), TRIES);
    // And it took nothing from the one who has the key.
    asker.refresh(&ask::refresh(&key, &tokens)).await.is_ok();
}

#[tokio::test]
async fn refresh_tokens_past_their_life_are_forgotten() {
    use anfang::{auth::chore, db::schema::refresh_tokens as table};
    let server = Server::start().await;
    let asker = Asker::at(&server);
    let (tokens, key) = asker.arrive("inspector1").await;
    let next = asker.refresh(&ask::refresh(&key, &tokens)).await.tokens();
    let (mut conn, now) = (server.database.conn().await, Clock::default().now());
    assert_eq!(chore::sweep(&mut conn, now).await.unwrap(), 0);
    let aged = diesel::update(table::table.filter(table::used_at.is_not_null()));
    aged.set(table::issued_at.eq(now - chrono::Duration::days(32))).execute(&mut conn).await.unwrap();
    assert_eq!(chore::sweep(&mut conn, now).await.unwrap(), 1);
    assert_eq!(chore::sweep(&mut conn, now).await.unwrap(), 0);
    asker.refresh(&ask::refresh(&key, &tokens)).await.is_refused(Code::TokenInvalid);
    asker.refresh(&ask::refresh(&key, &next)).await.is_ok();
}
