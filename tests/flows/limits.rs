//! Limits of a device, and a server that is told to stop.

use std::time::{Duration, Instant};

use anfang_protocol::{Code, Problem};
use futures::{StreamExt, future::join_all};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use reqwest::StatusCode;

use crate::harness::{Phone, Server, Speaker, chance::noise, given, reports::site, server::resident_kib};

/// Ten at once, then one a second.
const SLOW: (&str, &str) = ("ANFANG_REQUESTS_PER_SECOND", "1");

#[tokio::test]
async fn who_asks_too_often_is_told_how_long_to_wait_and_nobody_else_is() {
    let server = Server::with(&[SLOW]).await;
    let (hasty, calm) =
        (Speaker::sign_in(&server, "inspector1").await, Speaker::sign_in(&server, "inspector2").await);
    let answers = join_all((0..60).map(|_| hasty.get("/v1/me"))).await;
    let (good, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|a| a.status() == StatusCode::OK);
    assert!((8..=12).contains(&good.len()), "{} were let in", good.len());
    for answer in refused {
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
        let wait: u32 = answer.headers()["retry-after"].to_str().expect("a number").parse().expect("seconds");
        let problem: Problem = answer.json().await.expect("a problem");
        assert!(problem.is(Code::TooManyRequests), "{problem:?}");
        assert!((1..=60).contains(&wait), "{wait} s");
    }
    assert_eq!(calm.get("/v1/me").await.status(), StatusCode::OK);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(hasty.get("/v1/me").await.status(), StatusCode::OK, "patience is rewarded");
}

#[tokio::test]
async fn a_phone_waits_as_it_is_told_and_gets_all_through() {
    let server = Server::with(&[SLOW]).await;
    let mut phone = Phone::sign_in(&server, "inspector1").await;
    let county = crate::harness::County(given::COUNTY);
    let ids: Vec<_> = (0..4)
        .map(|n| {
            let photo = noise(n, 30_000);
            let visit = phone.inspects(county, &site("101", "201", n.try_into().expect("small")));
            visit.finds("屋顶漏雨").with_photo(&photo).keep().1
        })
        .collect();
    phone.sync_until_done().await;
    assert!(ids.iter().all(|id| phone.state(*id) == "applied"));
}

/// Each password that is looked at takes 19 MiB, for a moment.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[tokio::test]
async fn sign_ins_leave_no_memory_behind() {
    const MOST_KIB: u64 = 40 * 1024;
    let server = Server::start().await;
    let asks = Speaker::sign_in(&server, "inspector1").await;
    let before = resident_kib(server.pid());
    for round in 0..3 {
        let wrong = (0..8).map(|n| {
            let body = serde_json::json!({ "jurisdiction": given::COUNTY, "login": format!("nobody{round}{n}"), "password": "wrong" });
            asks.http.post(format!("{}/v1/sessions", asks.base)).json(&body).send()
        });
        for answer in join_all(wrong).await {
            assert_eq!(answer.expect("an answer").status(), StatusCode::UNAUTHORIZED);
        }
    }
    let after = resident_kib(server.pid());
    assert!(after < before + MOST_KIB, "{} MiB stayed", (after - before) / 1024);
}

#[tokio::test]
async fn open_event_streams_hold_up_no_shutdown() {
    let mut server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let mut events = phone.get("/v1/sync/events").await.bytes_stream();
    assert!(events.next().await.is_some_and(|first| first.is_ok()), "listening");
    let began = Instant::now();
    kill(Pid::from_raw(server.pid().try_into().expect("a pid")), Signal::SIGTERM).expect("a signal");
    while events.next().await.is_some_and(|part| part.is_ok()) {}
    let status = server.wait().await;
    assert!(status.success(), "{status}");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}
