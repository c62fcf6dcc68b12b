//! Bad requests: each gets a problem with its own type, and nothing is stored.

use anfang_protocol::{Code, Problem, limits};
use serde_json::json;

use crate::harness::{Server, Speaker};

async fn post(speaker: &Speaker, path: &str, content_type: &str, body: Vec<u8>) -> (u16, Problem) {
    let request =
        speaker.request(reqwest::Method::POST, path).header("content-type", content_type).body(body);
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}");
    (status, response.json().await.expect("a problem"))
}

#[tokio::test]
async fn a_query_with_a_nul_is_refused() {
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "supervisor").await;
    for path in ["/v1/sites?kind=%00", "/v1/rectifications?severity=a%00b", "/v1/people?q=%00"] {
        let refused = phone.get(path).await;
        assert_eq!(refused.status(), 422, "{path}");
        assert!(refused.json::<Problem>().await.expect("a problem").is(Code::TextInvalid), "{path}");
    }
}

#[tokio::test]
async fn each_bad_body_has_its_own_problem() {
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let deep_command = format!("{{\"commands\":[{deep}]}}");
    let large = format!("{{\"cursor\":\"{}\"}}", "x".repeat(limits::REQUEST_BYTES));
    let many = json!({ "commands": vec![json!({}); limits::COMMANDS_PER_PUSH + 1] }).to_string();
    let cases: Vec<(&str, &str, Vec<u8>, Code)> = vec![
        ("/v1/sync", "application/json", b"{\"cursor\":".to_vec(), Code::NotJson),
        ("/v1/sync", "application/json", b"\xff\xfe".to_vec(), Code::NotJson),
        ("/v1/sync", "application/json", b"[]".to_vec(), Code::RequestInvalid),
        ("/v1/sync", "application/json", br#"{"commands":{}}"#.to_vec(), Code::RequestInvalid),
        ("/v1/sync", "application/json", deep.into_bytes(), Code::TooDeep),
        ("/v1/sync", "application/json", deep_command.into_bytes(), Code::TooDeep),
        ("/v1/sync", "application/json", large.into_bytes(), Code::TooLarge),
        ("/v1/sync", "application/json", many.into_bytes(), Code::TooManyCommands),
        ("/v1/sync", "text/plain", b"{}".to_vec(), Code::WrongContentType),
        ("/v2/sync", "application/json", b"{}".to_vec(), Code::VersionUnknown),
        ("/v1/nowhere", "application/json", b"{}".to_vec(), Code::NotFound),
    ];
    for (path, content_type, body, code) in cases {
        let (status, problem) = post(&phone, path, content_type, body).await;
        assert_eq!(problem.code(), Some(code), "{path}: {problem}");
        assert_eq!(status, code.status(), "{path}");
        assert!(!problem.title.is_empty() && !problem.title_zh.is_empty());
    }
    let list = phone.get_json("/v1/inspections").await;
    assert_eq!(list["inspections"], json!([]), "nothing was stored");
}

#[tokio::test]
async fn a_compressed_bomb_is_refused_by_what_it_becomes() {
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let bomb = zstd::encode_all(vec![b' '; 200 * 1024 * 1024].as_slice(), 1).expect("zstd");
    assert!(bomb.len() < 100_000);
    let request = phone
        .request(reqwest::Method::POST, "/v1/sync")
        .header("content-type", "application/json")
        .header("content-encoding", "zstd")
        .body(bomb);
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 413);
}

#[tokio::test]
async fn codes_are_unique_and_speak_two_languages() {
    let mut slugs: Vec<&str> = Code::ALL.iter().map(|code| code.slug()).collect();
    slugs.sort_unstable();
    let before = slugs.len();
    slugs.dedup();
    assert_eq!(slugs.len(), before);
    for code in Code::ALL {
        assert!((400..600).contains(&code.status()), "{code:?}");
        assert!(!code.title_zh().is_ascii(), "{code:?} has a Chinese title");
    }
}
