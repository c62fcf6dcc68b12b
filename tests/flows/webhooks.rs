//! Webhooks: notices reach a receiver, signed, in order, again until they are taken, and again when asked for; never an
//! address of this machine unless the configuration allows it, and never a word of a plan.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use anfang_protocol::sync::Status;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use uuid::Uuid;

use super::plans::{account, plan};
use crate::harness::{County, Server, Speaker, given, reports::site};

const HERE: County = County(given::COUNTY);

/// A request as it came.
#[derive(Debug, Clone)]
struct Came {
    head: String,
    body: Vec<u8>,
}

impl Came {
    fn header(&self, name: &str) -> String {
        let line = self.head.lines().find_map(|line| line.split_once(": ").filter(|(key, _)| *key == name));
        line.expect("a header").1.to_owned()
    }

    fn kinds(&self) -> Vec<String> {
        let body: Value = serde_json::from_slice(&self.body).expect("JSON");
        let notices = body["notices"].as_array().expect("a list");
        notices.iter().map(|notice| notice["kind"].as_str().expect("a kind").to_owned()).collect()
    }
}

/// A receiver that refuses the first requests.
struct Receiver {
    url: String,
    came: Arc<Mutex<Vec<Came>>>,
}

impl Receiver {
    async fn new(refuses: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let came: Arc<Mutex<Vec<Came>>> = Arc::default();
        let all = came.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let one = read(&mut stream).await;
                let count = {
                    let mut all = all.lock().expect("the list");
                    all.push(one);
                    all.len()
                };
                let status = if count <= refuses { "500 Internal Server Error" } else { "204 No Content" };
                let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Receiver { url, came }
    }

    fn came(&self) -> Vec<Came> {
        self.came.lock().expect("the list").clone()
    }

    async fn has(&self, count: usize) -> Vec<Came> {
        for _ in 0..200 {
            if self.came().len() >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // What comes too much comes soon.
        tokio::time::sleep(Duration::from_millis(300)).await;
        self.came()
    }
}

async fn read(stream: &mut TcpStream) -> Came {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        let read = stream.read(&mut buffer).await.expect("a request");
        bytes.extend_from_slice(&buffer[..read]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        let came = Came { head, body: bytes[end + 4..].to_vec() };
        if read == 0 || came.body.len() >= came.header("content-length").parse::<usize>().expect("a number") {
            return came;
        }
    }
}

fn webhook(server: &Server, arguments: &[&str]) -> String {
    let all = [&["webhook", "--jurisdiction", given::COUNTY], arguments].concat();
    let output = server.command(&all);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// The unit is told: one notice.
async fn hand_over(supervisor: &mut Speaker) {
    let id = Uuid::now_v7();
    let noted = json!([{ "finding_id": Uuid::now_v7(), "source": "audit", "severity": "general", "text": "账目不清" }]);
    supervisor.does("list", id, json!({ "area_id": HERE.area("101201"), "noted": noted })).await;
    let order = json!({ "unit_id": HERE.unit("U101"), "person": { "name": "王镇长" }, "requirement": "核清",
        "due": { "working_days": 5 } });
    supervisor.does("hand_over", id, order).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_are_signed_tried_again_and_replayed() {
    let server = Server::with(&[("ANFANG_WEBHOOKS_PRIVATE", "true")]).await;
    let _second = server.another();
    let mut supervisor = Speaker::sign_in(&server, "supervisor").await;
    let receiver = Receiver::new(1).await;
    let added: Value = serde_json::from_str(&webhook(&server, &["add", &receiver.url])).expect("JSON");
    // A plan's notice is for its team only.
    let team = account(&Speaker::sign_in(&server, "inspector1").await).await;
    let named = json!({ "named": [HERE.site(&site("101", "201", 1))] });
    let sealed = supervisor.gives("plan.seal", plan(Uuid::now_v7(), &[&team], named), None).await;
    assert_eq!(sealed.status, Status::Applied);
    hand_over(&mut supervisor).await;

    // Refused once, taken then; by one of two processes.
    let came = receiver.has(2).await;
    assert_eq!(came.iter().map(Came::kinds).collect::<Vec<_>>(), vec![vec!["handed_over"]; 2]);
    assert_eq!(came[0].body, came[1].body);
    let key = hex::decode(added["key"].as_str().expect("a key")).expect("digits");
    for one in &came {
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
        mac.update(format!("{}.", one.header("x-anfang-timestamp")).as_bytes());
        mac.update(&one.body);
        let expected = format!("v1={}", hex::encode(mac.finalize().into_bytes()));
        assert_eq!(one.header("x-anfang-signature"), expected);
    }
    hand_over(&mut supervisor).await;
    assert_eq!(receiver.has(3).await.len(), 3);

    // From the beginning again.
    let id = added["webhook_id"].as_str().expect("an id");
    webhook(&server, &["replay", id, "0"]);
    let came = receiver.has(4).await;
    assert_eq!(came.len(), 4);
    assert_eq!(came[3].kinds(), ["handed_over"; 2], "both at once, and no plan");
    webhook(&server, &["remove", id]);
    hand_over(&mut supervisor).await;
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert_eq!(receiver.came().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_this_machine_is_not_reached() {
    let server = Server::start().await;
    let mut supervisor = Speaker::sign_in(&server, "supervisor").await;
    let receiver = Receiver::new(0).await;
    let port = receiver.url.split(':').next_back().expect("a port").trim_end_matches("/hook").to_owned();
    for url in
        [receiver.url.clone(), format!("https://127.0.0.1:{port}/"), format!("https://localhost:{port}/")]
    {
        webhook(&server, &["add", &url]);
    }
    hand_over(&mut supervisor).await;
    let mut listed = String::new();
    for _ in 0..100 {
        listed = webhook(&server, &["list"]);
        if listed.matches("\"attempts\":0").count() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(listed.contains("without TLS nothing is sent"), "{listed}");
    assert_eq!(listed.matches("not of the public network").count(), 2, "{listed}");
    assert!(receiver.came().is_empty());
}
