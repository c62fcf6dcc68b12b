//! The judge of histories sees through false ones: a small true history, and the same falsified in five ways.

use serde_json::{Value, json};

use super::{
    history::{Judged, judge},
    message::Message,
    proxy::Event,
};

const SHA: &str = "abababababababababababababababababababababababababababababababab";
const UPLOAD: &str = "/v1/uploads/1";
const PHOTO_BYTES: usize = 100_000;
const REPORT: &str = "019a0000-0000-7000-8000-00000000000a";

fn request(method: &str, path: &str, body: Vec<u8>) -> Message {
    let head = format!("{method} {path} HTTP/1.1\r\ncontent-length: {}\r\n\r\n", body.len());
    Message { head: head.into_bytes(), body }
}

fn asked(ticket: usize, path: &str, body: &Value) -> Event {
    let request = request("POST", path, body.to_string().into_bytes());
    let carried = request.body.len();
    Event::Asked { phone: 0, ticket, again: false, kept_back: false, carried, request }
}

fn answered(ticket: usize, body: &Value) -> Event {
    let answer = Message { head: b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), body: body.to_string().into_bytes() };
    Event::Answered { ticket, delivered: true, answer }
}

fn submit() -> Value {
    let body = json!({ "inspection_id": REPORT, "evidence": [{ "sha256": SHA, "size": PHOTO_BYTES }] });
    json!({ "commands": [{ "n": 1, "id": "c1", "type": "inspection.submit", "body": body }] })
}

fn outcome(status: &str) -> Value {
    json!({ "outcomes": [{ "id": "c1", "status": status, "rev": "1" }], "changes": [] })
}

fn page(report: &str) -> Value {
    json!({ "outcomes": [], "changes": [{ "put": ["area:1", report], "kind": "inspection", "rev": "1", "body": {} }] })
}

/// A request and its answer.
type Exchange = Vec<Event>;

fn told() -> Exchange {
    vec![asked(1, "/v1/sync", &submit()), answered(1, &outcome("applied"))]
}

fn declared() -> Exchange {
    vec![
        asked(2, "/v1/blobs", &json!({ "blobs": [{ "sha256": SHA, "size": PHOTO_BYTES }] })),
        answered(2, &json!({ "blobs": [{ "sha256": SHA, "status": "upload", "upload": UPLOAD }] })),
    ]
}

fn photo(ticket: usize, bytes: usize, offset: usize) -> Exchange {
    let request = request("PATCH", UPLOAD, Vec::new());
    let head = format!("HTTP/1.1 204 No Content\r\nupload-offset: {offset}\r\n\r\n").into_bytes();
    vec![
        Event::Asked { phone: 0, ticket, again: false, kept_back: false, carried: bytes, request },
        Event::Answered { ticket, delivered: true, answer: Message { head, body: Vec::new() } },
    ]
}

fn pulled(ticket: usize, report: &str) -> Exchange {
    vec![asked(ticket, "/v1/sync", &json!({ "commands": [] })), answered(ticket, &page(report))]
}

/// The text, its photo in two parts, and the page that shows it.
fn truth() -> [Exchange; 5] {
    let half = PHOTO_BYTES / 2;
    [told(), declared(), photo(3, half, half), photo(4, half, PHOTO_BYTES), pulled(5, REPORT)]
}

fn judged(history: &[Exchange]) -> Judged {
    judge(&history.concat())
}

fn refused(history: &[Exchange], why: &str) {
    let wrong = judged(history).wrong;
    assert!(wrong.iter().any(|wrong| wrong.contains(why)), "{why:?} is not seen: {wrong:?}");
}

#[test]
fn a_true_history_is_accepted() {
    let judged = judged(&truth());
    assert_eq!(judged.wrong, Vec::<String>::new());
    assert!(judged.is_thrifty() && judged.all_sent_again_percent() == 0.0, "{judged:?}");
    assert!(judged.applied.contains("c1") && judged.received.contains(SHA), "{judged:?}");
}

#[test]
fn a_photo_before_its_text_is_refused() {
    let [told, declared, first, second, pulled] = truth();
    refused(&[declared, first, told, second, pulled], "before its report");
}

#[test]
fn an_acknowledged_report_that_no_page_brings_is_refused() {
    let [told, declared, first, second, _] = truth();
    refused(&[told, declared, first, second], "no page brought it");
}

#[test]
fn a_report_that_is_there_twice_is_refused() {
    let twin = "019a0000-0000-7000-8000-00000000000b";
    refused(&[&truth()[..], &[pulled(6, twin)]].concat(), "which nobody reported");
    // The same command, applied once more.
    let again = json!({ "outcomes": [{ "id": "c1", "status": "applied", "rev": "2" }], "changes": [] });
    let again = vec![asked(6, "/v1/sync", &submit()), answered(6, &again)];
    refused(&[&truth()[..], &[again]].concat(), "command c1 was");
}

#[test]
fn an_acknowledgement_taken_back_is_refused() {
    let back = vec![asked(6, "/v1/sync", &submit()), answered(6, &outcome("rejected"))];
    refused(&[&truth()[..], &[back]].concat(), "command c1 was");
}

#[test]
fn bytes_sent_again_too_often_are_refused() {
    let [told, declared, first, second, pulled] = truth();
    let with_again = |bytes| {
        let again = photo(7, bytes, PHOTO_BYTES / 2);
        judged(&[told.clone(), declared.clone(), first.clone(), again, second.clone(), pulled.clone()])
    };
    assert!(with_again(PHOTO_BYTES / 25).is_thrifty(), "4 % may be");
    assert!(!with_again(PHOTO_BYTES / 16).is_thrifty(), "6 % are too many");
    // What the network swallowed is no fault of the phone, and is counted all the same.
    let mut swallowed = photo(7, PHOTO_BYTES / 2, 0);
    swallowed.truncate(1);
    if let Some(Event::Asked { kept_back, .. }) = swallowed.first_mut() {
        *kept_back = true;
    }
    let judged = judged(&[told, declared, first, swallowed, second, pulled]);
    assert!(judged.is_thrifty() && judged.all_sent_again_percent() > 49.0, "{judged:?}");
}
