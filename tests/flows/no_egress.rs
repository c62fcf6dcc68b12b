//! No path, no egress (promise 19): names that clients choose are text and nothing else, files go out inert, and the
//! server speaks to nobody but its database and its clients, whatever it is fed.

mod quarantine;
mod trace;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anfang_protocol::sha::Sha;
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, value::RawValue};
use uuid::Uuid;

use crate::harness::{
    County, Server, Speaker,
    ask::{Asker, sign_in},
    chance::noise,
    device::DeviceKey,
    given,
    reports::{finding, photo, site, visit},
    server::shared,
};

const COUNTY: County = County(given::COUNTY);

/// Names that no file should have, as JSON texts: one is a text that cannot be.
fn hostile_names() -> Option<Vec<Box<RawValue>>> {
    let file = shared()?.join("hostile/hostile_names.json");
    let text = std::fs::read_to_string(file).expect("the hostile names");
    Some(serde_json::from_str(&text).expect("a list"))
}

/// The name as text; none: it has an unpaired surrogate.
fn as_text(name: &RawValue) -> Option<String> {
    serde_json::from_str(name.get()).ok()
}

fn must_be_refused(name: &RawValue) -> bool {
    as_text(name).is_none_or(|text| text.contains('\0'))
}

/// Everything below a folder, links not followed.
fn listing(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return found };
    for entry in entries.flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) && !path.ends_with("target") {
            found.extend(listing(&path));
        }
        found.insert(path);
    }
    found
}

/// What is outside of the data folder and might be written by a name with a path in it: where the server runs, and
/// what the names point to.
fn outside() -> BTreeSet<PathBuf> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = listing(sources);
    for folder in ["/etc", "/boot", "/srv", "/opt"] {
        found.extend(listing(Path::new(folder)));
    }
    let plain = [Path::new("/"), &sources.join(".."), &sources.join("../.."), Path::new(env!("HOME"))];
    for folder in plain {
        found.extend(std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()));
    }
    found
}

/// Names that the server makes itself: identifiers, hashes and their first byte, and its own few words.
fn is_our_own(name: &str) -> bool {
    let words = ["blobs", "uploads", "previews", "exports", "secret.key"];
    let is_hash =
        [2, 64].contains(&name.len()) && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    words.contains(&name) || is_hash || name.len() == 36 && Uuid::parse_str(name).is_ok()
}

fn check_folder(server: &Server) {
    let files = listing(server.data());
    assert!(files.len() > 3, "something is stored");
    for path in files {
        let name = path.file_name().expect("a name").to_string_lossy();
        assert!(is_our_own(&name), "{} is no name of the server's own making", path.display());
    }
}

#[tokio::test]
async fn the_names_that_clients_choose_are_text_and_nothing_else() {
    let Some(names) = hostile_names() else { return };
    // Signing in so often at once would be limited.
    let server = Server::with(&[("ANFANG_SIGN_IN_FAILURES", "1000")]).await;
    let mut phone = Speaker::sign_in(&server, "inspector1").await;
    let before = outside();
    for (n, name) in names.iter().enumerate() {
        captioned(&mut phone, n, name).await;
        uploaded(&phone, n, name).await;
    }
    join_all(names.iter().map(|name| enrolled(&server, name))).await;
    check_folder(&server);
    let made: Vec<_> = outside().difference(&before).cloned().collect();
    assert!(made.is_empty(), "made outside of the data folder: {made:?}");
}

/// As the caption of a photo, and as everything else in a report that is free text.
async fn captioned(phone: &mut Speaker, n: usize, name: &RawValue) {
    let photo_bytes = noise(n as u64, 1000);
    let mut report = visit(COUNTY, &site("101", "201", n as u32 % 10));
    let mut evidence = photo(&photo_bytes, "image/jpeg");
    evidence.caption = Some("the name".into());
    report.evidence = vec![evidence];
    report.findings = vec![finding("the name")];
    report.team = vec!["the name".into()];
    let command = phone.command("inspection.submit", serde_json::to_value(&report).expect("JSON"));
    let command = command.to_string().replace("\"the name\"", name.get());
    let body = format!("{{\"pull\":false,\"commands\":[{command}]}}");
    let answer =
        phone.request(Method::POST, "/v1/sync").header("content-type", "application/json").body(body);
    let answer = answer.send().await.expect("an answer");
    let (status, text) = (answer.status(), answer.text().await.expect("a body"));
    assert_eq!(status, StatusCode::OK, "{name}: {text}");
    let outcome = serde_json::from_str::<Value>(&text).expect("JSON")["outcomes"][0].clone();
    if outcome["status"] != "applied" {
        // A report may not have an empty text, nor a very long name; a text that cannot be is never taken in.
        assert_eq!(outcome["status"], "rejected", "{name}");
        assert_eq!(outcome["problem"]["status"], 422, "{name}: {outcome}");
        return;
    }
    assert!(!must_be_refused(name), "{name} was taken in");
    assert_eq!(phone.upload(&photo_bytes, "image/jpeg").await, StatusCode::NO_CONTENT);
    let answer = phone.get(&format!("/v1/inspections/{}", report.inspection_id)).await;
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    let shown: Value = answer.json().await.expect("JSON");
    let text = as_text(name).expect("a text");
    for place in ["/evidence/0/caption", "/findings/0/text", "/team/0"] {
        assert_eq!(shown.pointer(place).and_then(Value::as_str), Some(text.as_str()), "{place}");
    }
    check_file(phone, Sha::of(&photo_bytes), &text).await;
}

/// The file itself goes out under a name of the server's own.
async fn check_file(phone: &Speaker, sha: Sha, name: &str) {
    let file = phone.get(&format!("/v1/blobs/{sha}")).await;
    let disposition = file.headers()["content-disposition"].to_str().expect("ASCII");
    assert_eq!(disposition, format!("attachment; filename=\"{sha}.jpg\""));
    // What is as short as "." stands in many a header.
    let told =
        file.headers().values().filter_map(|value| value.to_str().ok()).any(|value| value.contains(name));
    assert!(name.len() < 4 || !told, "a header has {name:?}");
    assert!(!file.headers().contains_key("x-evil"));
}

/// As the file name of a tus client.
async fn uploaded(phone: &Speaker, n: usize, name: &RawValue) {
    // As a careless client writes an unpaired surrogate: three bytes that are no UTF-8.
    let bytes = as_text(name).map_or_else(|| b"\xed\xa0\xbd.jpg".to_vec(), String::into_bytes);
    let metadata = format!("filename {}", BASE64.encode(&bytes));
    let photo_bytes = noise(1000 + n as u64, 1000);
    let created = phone
        .tus(Method::POST, "/v1/uploads")
        .header("upload-length", photo_bytes.len().to_string())
        .header("upload-metadata", &metadata);
    let created = created.send().await.expect("an answer");
    if must_be_refused(name) {
        assert_eq!(created.status(), StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        return;
    }
    assert_eq!(created.status(), StatusCode::CREATED, "{name}");
    let upload = created.headers()["location"].to_str().expect("ASCII").to_owned();
    let id = upload.strip_prefix("/v1/uploads/").expect("an upload's address");
    assert!(Uuid::parse_str(id).is_ok(), "{upload} is of the server's own making");
    let head = phone.tus(Method::HEAD, &upload).send().await.expect("an answer");
    assert_eq!(head.headers()["upload-metadata"], metadata.trim_end(), "as it came, still encoded");
    assert!(!head.headers().contains_key("x-evil"));
    assert_eq!(phone.patch(&upload, 0, &photo_bytes).await.status(), StatusCode::NO_CONTENT);
    check_file(phone, Sha::of(&photo_bytes), &String::from_utf8_lossy(&bytes)).await;
}

/// As the name of a device.
async fn enrolled(server: &Server, name: &RawValue) {
    let asker = Asker::at(server);
    let first = asker.post("/v1/sessions", None, &sign_in("resident", given::PASSWORD, None)).await.tokens();
    let mut enrolment = asker.enrolment(&DeviceKey::generate()).await;
    enrolment.name = "the name".into();
    let body = serde_json::to_string(&enrolment).expect("JSON").replace("\"the name\"", name.get());
    let request = asker.http.post(format!("{}/v1/devices", server.base)).bearer_auth(&first.access_token);
    let answer =
        request.header("content-type", "application/json").body(body).send().await.expect("an answer");
    let (status, text) = (answer.status(), answer.text().await.expect("a body"));
    if status != StatusCode::OK {
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: {text}");
        return;
    }
    assert!(!must_be_refused(name), "{name} was taken in");
    let tokens: Value = serde_json::from_str(&text).expect("JSON");
    let token = tokens["access_token"].as_str().expect("a token");
    let devices = asker.get("/v1/devices", token).await.is_ok().json();
    let named: Vec<&str> =
        devices.as_array().expect("a list").iter().filter_map(|d| d["name"].as_str()).collect();
    let text = as_text(name).expect("a text");
    assert!(named.contains(&text.trim()), "{name} among {named:?}");
}

/// A photo with a page behind it, and what is no photo at all.
pub fn polyglot() -> Vec<u8> {
    let picture = image::RgbImage::from_fn(80, 60, |x, y| image::Rgb([(x * 3) as u8, (y * 4) as u8, 60]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Jpeg).expect("a JPEG");
    let mut bytes = bytes.into_inner();
    bytes.extend_from_slice(b"<html><script>fetch('http://192.0.2.1/')</script></html>");
    bytes
}

#[tokio::test]
async fn files_go_out_as_bytes_that_nothing_runs() {
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let bytes = polyglot();
    assert_eq!(phone.upload(&bytes, "image/jpeg").await, StatusCode::NO_CONTENT);
    let sha = Sha::of(&bytes);
    let path = format!("/v1/blobs/{sha}");
    let asked = [
        (Method::GET, path.clone(), "", StatusCode::OK),
        (Method::HEAD, path.clone(), "", StatusCode::OK),
        (Method::GET, path.clone(), "bytes=0-99", StatusCode::PARTIAL_CONTENT),
        (Method::GET, format!("{path}?type=text/html&download=x.html"), "", StatusCode::OK),
        (Method::GET, format!("{path}/preview"), "", StatusCode::OK),
        (Method::GET, format!("{path}/preview?edge=1280"), "", StatusCode::OK),
    ];
    for (method, path, range, expected) in asked {
        let mut request = phone.request(method, &path).header("accept", "text/html,*/*;q=0.1");
        if !range.is_empty() {
            request = request.header("range", range);
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), expected, "{path}");
        let header =
            |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        assert_eq!(header("content-type"), "image/jpeg", "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("content-security-policy"), "sandbox; default-src 'none'", "{path}");
        assert!(header("content-disposition").starts_with("attachment; filename=\""), "{path}");
        assert!(header("cache-control").contains("private"), "{path}");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{path}");
        if path.contains("preview") {
            let text = answer.bytes().await.expect("bytes");
            assert!(!text.windows(7).any(|part| part == b"<script"), "a preview has nothing of the page");
        }
    }
    let outside =
        phone.request(Method::GET, &path).header("range", "bytes=99999999-").send().await.expect("an answer");
    for answer in [outside, phone.get("/v1/blobs/none").await] {
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
    }
}
