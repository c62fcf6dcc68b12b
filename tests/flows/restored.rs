//! After a restore from a backup, an item gets a revision that it had before, with other content. Digests know
//! revisions only; a phone that held the other content must get this one all the same.

use anfang_protocol::{
    feed::Channel,
    sync::{Change, Request, Response},
};
use serde_json::json;
use uuid::Uuid;

use crate::harness::{County, Server, Speaker, given};

const HERE: County = County(given::COUNTY);

async fn severity(supervisor: &mut Speaker, id: Uuid, severity: &str) -> u32 {
    supervisor.does("set_severity", id, json!({ "severity": severity, "reason": "复核" })).await
}

/// Pulls until nothing more comes; the last answer has all changes.
async fn last_page(speaker: &Speaker, mut request: Request) -> Response {
    let mut changes = Vec::new();
    loop {
        let mut answer = speaker.sync(&request).await;
        changes.append(&mut answer.changes);
        if !answer.more {
            return Response { changes, ..answer };
        }
        request = Request { cursor: answer.cursor, resync: Vec::new(), ..request };
    }
}

#[tokio::test]
async fn what_a_lost_life_said_at_the_same_revision_is_sent_again() {
    let mut server = Server::start().await;
    let mut supervisor = Speaker::sign_in(&server, "supervisor").await;
    let id = Uuid::now_v7();
    let noted = json!([{ "finding_id": Uuid::now_v7(), "source": "audit", "severity": "general", "text": "账目不清" }]);
    supervisor.does("list", id, json!({ "area_id": HERE.area("101201"), "noted": noted })).await;
    server.kill();
    let backup = server.database.copy().await;

    // This life goes on, and a phone sees it.
    let lost = server.another();
    supervisor = supervisor.at(&lost);
    assert_eq!(severity(&mut supervisor, id, "serious").await, 2);
    let cursor = last_page(&supervisor, Request::default()).await.cursor;
    drop(lost);

    // It is lost; the backup's life goes another way, to the same revision.
    let now = server.turned_to(&backup);
    supervisor = supervisor.at(&now);
    assert_eq!(severity(&mut supervisor, id, "grave").await, 2);
    let channel = Channel::Area(HERE.area("101"));
    let told = supervisor.sync(&Request { cursor, ..Request::default() }).await;
    assert!(told.resync);
    let fresh = last_page(&supervisor, Request { digests: true, ..Request::default() }).await;
    let (told_now, held) = (told.digests.expect("digests"), fresh.digests.expect("digests"));
    // Both lives hold the same ids at the same revisions, so the phone's own digest is this one.
    assert_ne!(told_now[&channel], held[&channel], "the phone would think that it holds this already");
    let quiet = Channel::Area(HERE.area("103"));
    assert_eq!(told_now[&quiet], held[&quiet], "what did not change since is not sent again");

    // So it asks for the channel, gets it once, and is done.
    let request = Request { cursor: told.cursor, resync: vec![channel], digests: true, ..Request::default() };
    let again = last_page(&supervisor, request).await;
    let severities: Vec<String> = again
        .changes
        .iter()
        .filter_map(|change| match change {
            Change::Put(put) if put.id == id => put.body.as_ref().map(|body| body.get().to_owned()),
            _ => None,
        })
        .collect();
    assert!(severities.len() == 1 && severities[0].contains("grave"), "{severities:?}");
    assert_eq!(again.digests.expect("digests")[&channel], held[&channel]);
}
