//! The web apps come out of the program: with the headers that keep them to themselves, or with a word that they are
//! missing from this build.

use reqwest::{Client, StatusCode, redirect::Policy};

use crate::harness::Server;

/// Whether `make web` had been run when this was compiled.
fn built(app: &str) -> bool {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("web/dist").join(app).join("index.html").exists()
}

fn client() -> Client {
    Client::builder().redirect(Policy::none()).build().expect("a client")
}

fn header<'a>(answer: &'a reqwest::Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().expect("text"))
}

#[tokio::test]
async fn pages_and_their_files_are_served_or_said_to_be_missing() {
    let server = Server::start().await;
    let client = client();
    for (app, page) in [("desk", "/"), ("field", "/field/")] {
        let answer = client.get(format!("{}{}", server.base, page)).send().await.expect("an answer");
        if !built(app) {
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{page}");
            assert!(answer.text().await.expect("text").contains("make web"), "{page}");
            continue;
        }
        assert_eq!(answer.status(), StatusCode::OK, "{page}");
        assert_eq!(header(&answer, "content-type"), "text/html; charset=utf-8");
        assert_eq!(header(&answer, "cache-control"), "no-cache");
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
        let policy = header(&answer, "content-security-policy").to_owned();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        let tag = header(&answer, "etag").to_owned();
        let again = client
            .get(format!("{}{}", server.base, page))
            .header("if-none-match", tag)
            .send()
            .await
            .expect("an answer");
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        let html = answer.text().await.expect("text");
        let script = html.split('"').find(|part| part.ends_with(".js")).expect("a script in the page");
        let answer = client.get(format!("{}{}", server.base, script)).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{script}");
        assert_eq!(header(&answer, "content-type"), "text/javascript; charset=utf-8");
        assert_eq!(header(&answer, "cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(header(&answer, "content-security-policy"), policy);
    }
    let answer = client.get(format!("{}{}", server.base, "/field")).send().await.expect("an answer");
    assert_eq!((answer.status(), header(&answer, "location")), (StatusCode::PERMANENT_REDIRECT, "/field/"));
}

#[tokio::test]
async fn nothing_but_the_apps_is_at_their_addresses() {
    let server = Server::start().await;
    for path in [
        "/field/none.js",
        "/desk/none.js",
        "/field/..%2f..%2fCargo.toml",
        "/field/%2e%2e/%2e%2e/Cargo.toml",
        "/desk//etc/passwd",
    ] {
        let answer = client().get(format!("{}{}", server.base, path)).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(header(&answer, "content-type"), "application/problem+json", "{path}");
    }
}
