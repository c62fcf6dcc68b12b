//! Promise 3: revoked means out within a second, on every server process, at every door.

use std::time::{Duration, Instant};

use anfang_protocol::{
    Code,
    auth::{Device, Tokens},
    sha::Sha,
};
use futures::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};
use uuid::Uuid;

use crate::harness::{
    Server, Speaker,
    ask::{Answer, Asker, refresh},
    device::DeviceKey,
    given,
};

/// Doors of every room that a device goes through: reading, pushing, pulling, uploading, media.
const DOORS: &[(Method, &str)] = &[
    (Method::GET, "/v1/me"),
    (Method::GET, "/v1/devices"),
    (Method::POST, "/v1/sync"),
    (Method::POST, "/v1/blobs"),
    (Method::HEAD, "/v1/uploads/018f0000-0000-7000-8000-000000000000"),
    (Method::PATCH, "/v1/uploads/018f0000-0000-7000-8000-000000000000"),
    (Method::DELETE, "/v1/uploads/018f0000-0000-7000-8000-000000000000"),
    (Method::GET, "/v1/blobs/0000000000000000000000000000000000000000000000000000000000000000"),
    (Method::GET, "/v1/blobs/0000000000000000000000000000000000000000000000000000000000000000/preview"),
    (Method::GET, "/v1/sites"),
    (Method::GET, "/v1/inspections"),
];

async fn knock(asker: &Asker, method: &Method, path: &str, token: &str) -> Answer {
    let request = asker
        .http
        .request(method.clone(), format!("{}{path}", asker.base))
        .bearer_auth(token)
        .header("tus-resumable", "1.0.0");
    let request = match *method {
        Method::PATCH => {
            let request = request.header("content-type", "application/offset+octet-stream");
            request.header("upload-offset", "0").body("x")
        }
        Method::POST if path == "/v1/blobs" => request.json(&json!({"blobs": []})),
        Method::POST => request.json(&json!({})),
        _ => request,
    };
    Answer::of(request.send().await.expect("an answer")).await
}

/// Everything is open to this device on these processes; keeps the answer fresh in their memory.
async fn all_doors_open(askers: &[&Asker], tokens: &Tokens) {
    for asker in askers {
        for (method, path) in DOORS {
            let answer = knock(asker, method, path, &tokens.access_token).await;
            assert!(
                answer.status != 401 && answer.status != 403,
                "{method} {path}: {} {}",
                answer.status,
                answer.text
            );
        }
    }
}

async fn all_doors_closed(askers: &[&Asker], tokens: &Tokens, code: Code) {
    for asker in askers {
        for (method, path) in DOORS {
            let answer = knock(asker, method, path, &tokens.access_token).await;
            assert_eq!(answer.status, 401, "{method} {path}: {}", answer.text);
            if *method != Method::HEAD {
                assert_eq!(answer.code(), Some(code), "{method} {path}: {}", answer.text);
            }
        }
    }
}

#[tokio::test]
async fn a_revoked_device_is_out_everywhere_within_a_second() {
    let server = Server::start().await;
    let second = server.another();
    let (here, there) = (Asker::at(&server), Asker::at(&second));
    let (phone, phone_key) = here.arrive("inspector1").await;
    let (desk, desk_key) = here.arrive("inspector1").await;
    all_doors_open(&[&here, &there], &phone).await;
    let mut events = there
        .http
        .get(format!("{}/v1/sync/events", there.base))
        .bearer_auth(&phone.access_token)
        .send()
        .await
        .unwrap()
        .bytes_stream();
    assert!(events.next().await.is_some(), "the stream of hints is open");

    let device = format!("/v1/devices/{}", phone.device_id.unwrap());
    there.get("/v1/me", &phone.access_token).await.is_ok();
    here.delete(&device, &desk.access_token).await.is_ok();
    let revoked = Instant::now();
    here.get("/v1/me", &phone.access_token).await.is_refused(Code::DeviceRevoked);
    there.refresh(&refresh(&phone_key, &phone)).await.is_refused(Code::DeviceRevoked);
    let closed =
        tokio::time::timeout(Duration::from_secs(2), async { while events.next().await.is_some() {} }).await;
    assert!(
        closed.is_ok() && revoked.elapsed() < Duration::from_millis(1200),
        "the stream ended: {:?}",
        revoked.elapsed()
    );
    tokio::time::sleep_until((revoked + Duration::from_secs(1)).into()).await;
    all_doors_closed(&[&here, &there], &phone, Code::DeviceRevoked).await;

    // The key does not come back by any door, the other device goes on.
    here.try_device("inspector1", &phone.device_id.unwrap().to_string(), &phone_key)
        .await
        .is_refused(Code::DeviceRevoked);
    let first = here.try_password("inspector1", given::PASSWORD).await.tokens();
    here.enrol(&first.access_token, &phone_key).await.is_refused(Code::DeviceRevoked);
    here.delete(&device, &desk.access_token).await.is_ok();
    all_doors_open(&[&here, &there], &desk).await;
    here.refresh(&refresh(&desk_key, &desk)).await.is_ok();
    // Only who shows a token that was good is told; a forger is not.
    let (rest, last) = phone.access_token.split_at(phone.access_token.len() - 1);
    let forged = format!("{rest}{}", if last == "A" { "Q" } else { "A" });
    here.get("/v1/me", &forged).await.is_refused(Code::TokenInvalid);
}

#[tokio::test]
async fn signed_out_is_out_everywhere_within_a_second() {
    let server = Server::start().await;
    let second = server.another();
    let (here, there) = (Asker::at(&server), Asker::at(&second));
    let (tokens, key) = here.arrive("inspector1").await;
    all_doors_open(&[&here, &there], &tokens).await;
    here.delete("/v1/sessions/current", &tokens.access_token).await.is_ok();
    let out = Instant::now();
    here.get("/v1/me", &tokens.access_token).await.is_refused(Code::TokenInvalid);
    there.refresh(&refresh(&key, &tokens)).await.is_refused(Code::TokenInvalid);
    tokio::time::sleep_until((out + Duration::from_secs(1)).into()).await;
    all_doors_closed(&[&here, &there], &tokens, Code::TokenInvalid).await;
    // The device itself is as good as before.
    here.try_device("inspector1", &tokens.device_id.unwrap().to_string(), &key).await.is_ok();
}

#[tokio::test]
async fn a_download_under_way_ends_with_the_sign_in() {
    const BYTES: usize = 24 * 1024 * 1024;
    let server = Server::start().await;
    let second = server.another();
    let speaker = Speaker::sign_in(&server, "inspector1").await;
    let mut film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".to_vec();
    film.resize(BYTES, 7);
    assert!(speaker.upload(&film, "video/mp4").await.is_success());
    let path = format!("/v1/blobs/{}", Sha::of(&film));
    let whole = speaker.get(&path).await;
    assert_eq!(whole.bytes().await.expect("all of it").len(), BYTES);

    let mut link = narrow(&speaker, &path).await;
    let mut piece = vec![0; 64 * 1024];
    let mut held = link.read(&mut piece).await.expect("a beginning");
    assert!(piece.starts_with(b"HTTP/1.1 200"));
    Asker::at(&second).delete("/v1/sessions/current", &speaker.tokens.access_token).await.is_ok();
    tokio::time::sleep(Duration::from_secs(1)).await;
    // What the network held by then still arrives; the server sends no more.
    while let Ok(more @ 1..) = link.read(&mut piece).await {
        held += more;
    }
    assert!(held < BYTES / 2, "{held} of {BYTES} bytes");
}

/// A download by a link that holds little itself: left alone, the kernel gives a link as much room as a whole film.
async fn narrow(speaker: &Speaker, path: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(64 * 1024).expect("little room");
    let address = speaker.base.trim_start_matches("http://").parse().expect("an address");
    let mut link = socket.connect(address).await.expect("connecting");
    let token = &speaker.tokens.access_token;
    let head = format!("GET {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\n\r\n");
    link.write_all(head.as_bytes()).await.expect("asking");
    link
}

#[tokio::test]
async fn the_command_line_revokes_on_running_servers() {
    let server = Server::start().await;
    let asker = Asker::at(&server);
    let (tokens, key) = asker.arrive("inspector1").await;
    asker.get("/v1/me", &tokens.access_token).await.is_ok();
    let device = tokens.device_id.unwrap().to_string();
    let revoke = ["admin", "revoke-device", "--jurisdiction", given::COUNTY, "--device", &device];
    assert!(server.command(&revoke).status.success());
    tokio::time::sleep(Duration::from_secs(1)).await;
    asker.get("/v1/me", &tokens.access_token).await.is_refused(Code::DeviceRevoked);
    asker.refresh(&refresh(&key, &tokens)).await.is_refused(Code::DeviceRevoked);
}

#[tokio::test]
async fn somebody_elses_device_is_like_none() {
    let server = Server::start().await;
    let asker = Asker::at(&server);
    let (mine, _) = asker.arrive("inspector1").await;
    let (other, _) = asker.arrive("inspector2").await;
    let foreign =
        asker.delete(&format!("/v1/devices/{}", other.device_id.unwrap()), &mine.access_token).await;
    let absent = asker.delete(&format!("/v1/devices/{}", Uuid::nil()), &mine.access_token).await;
    let nonsense = asker.delete("/v1/devices/x", &mine.access_token).await;
    foreign.is_refused(Code::NotFound);
    assert_eq!(foreign.text, absent.text);
    assert_eq!(foreign.text, nonsense.text);
    let foreign =
        asker.get(&format!("/v1/devices?account_id={}", other.account_id), &mine.access_token).await;
    let absent = asker.get(&format!("/v1/devices?account_id={}", Uuid::nil()), &mine.access_token).await;
    foreign.is_refused(Code::NotFound);
    assert_eq!(foreign.text, absent.text);
    asker.get("/v1/me", &other.access_token).await.is_ok();
}

#[tokio::test]
async fn an_administrator_governs_the_devices_of_the_areas_administered() {
    let server = Server::start().await;
    let asker = Asker::at(&server);
    let grant = |login: &str, role: &str, area: &str| {
        let done = server.command(&[
            "admin",
            "grant",
            "--jurisdiction",
            given::COUNTY,
            "--login",
            login,
            "--role",
            role,
            "--area",
            area,
        ]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    grant("verifier", "administrator", &format!("{}101000", given::COUNTY));
    let (county, _) = asker.arrive("admin").await;
    // Verifies in the whole county, administers the first township only.
    let (township, _) = asker.arrive("verifier").await;
    let devices = async |who: &Tokens, of: &Tokens| {
        asker.get(&format!("/v1/devices?account_id={}", of.account_id), &who.access_token).await
    };
    let (within, _) = asker.arrive("inspector1").await;
    let (beside, _) = asker.arrive("inspector2").await;
    let (above, _) = asker.arrive("leader").await;
    let (officer, _) = asker.arrive("officer").await;
    for of in [&within, &beside, &above, &officer] {
        let listed: Vec<Device> = serde_json::from_value(devices(&county, of).await.is_ok().json()).unwrap();
        assert_eq!(listed.iter().map(|device| Some(device.device_id)).collect::<Vec<_>>(), [of.device_id]);
    }
    devices(&township, &within).await.is_ok();
    devices(&township, &officer).await.is_ok();
    devices(&township, &beside).await.is_refused(Code::NotFound);
    devices(&township, &above).await.is_refused(Code::NotFound);
    // Somebody of the other county is nobody here.
    let there =
        json!({"jurisdiction": given::OTHER_COUNTY, "login": "inspector1", "password": given::PASSWORD});
    let there = asker.post("/v1/sessions", None, &there).await.tokens();
    let foreign = asker.enrol(&there.access_token, &DeviceKey::generate()).await.tokens();
    devices(&county, &foreign).await.is_refused(Code::NotFound);
    let foreign_device = format!("/v1/devices/{}", foreign.device_id.unwrap());
    asker.delete(&foreign_device, &county.access_token).await.is_refused(Code::NotFound);

    let path = |of: &Tokens| format!("/v1/devices/{}", of.device_id.unwrap());
    asker.delete(&path(&beside), &township.access_token).await.is_refused(Code::NotFound);
    asker.delete(&path(&above), &township.access_token).await.is_refused(Code::NotFound);
    asker.delete(&path(&within), &township.access_token).await.is_ok();
    asker.delete(&path(&beside), &county.access_token).await.is_ok();
    tokio::time::sleep(Duration::from_secs(1)).await;
    asker.get("/v1/me", &within.access_token).await.is_refused(Code::DeviceRevoked);
    asker.get("/v1/me", &beside.access_token).await.is_refused(Code::DeviceRevoked);
    for of in [&above, &officer, &foreign] {
        asker.get("/v1/me", &of.access_token).await.is_ok();
    }
}

#[tokio::test]
async fn a_grant_that_was_taken_away_no_longer_shows() {
    let server = Server::start().await;
    let asker = Asker::at(&server);
    let (tokens, _) = asker.arrive("inspector1").await;
    let me = asker.get("/v1/me", &tokens.access_token).await.json();
    let grant = me["grants"][0]["grant_id"].as_str().unwrap().to_owned();
    let revoke = ["admin", "revoke-grant", "--jurisdiction", given::COUNTY, "--grant", &grant];
    assert!(server.command(&revoke).status.success());
    let me = asker.get("/v1/me", &tokens.access_token).await.json();
    assert_eq!(me["grants"], Value::Array(vec![]), "at once: grants are not remembered");
}
