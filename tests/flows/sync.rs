//! Pushing and pulling: exactly once, one bad command spoils nothing, everyone gets exactly what is theirs.

use std::collections::{BTreeMap, BTreeSet};

use anfang_protocol::{
    Code,
    feed::{Channel, ChannelDigest, share},
    inspection::{Inspection, Value},
    sync::{Change, Outcome, Put, Request, Response, Status},
    verdict::Flag,
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::harness::{
    County, Server, Speaker, given,
    reports::{answers, finding, nowhere, site, visit},
};

const COUNTY: County = County(given::COUNTY);

fn submit(phone: &mut Speaker, site: &str) -> (Json, Uuid) {
    let mut report = visit(COUNTY, site);
    report.findings = vec![finding("屋顶漏雨"), finding("院墙倒塌"), finding("水龙头无水")];
    let id = report.inspection_id.0;
    (phone.command("inspection.submit", serde_json::to_value(report).unwrap()), id)
}

fn status(outcome: &Outcome) -> (Status, Option<Code>) {
    (outcome.status.clone(), outcome.problem.as_ref().and_then(|problem| problem.code()))
}

/// A client of somebody else: memberships and items, by the rules of docs/PROTOCOL.md.
#[derive(Default)]
struct Mirror {
    cursor: Option<String>,
    standing: BTreeMap<(Channel, Uuid), u32>,
    bodies: BTreeMap<Uuid, Json>,
    pages: usize,
}

impl Mirror {
    fn take(&mut self, response: &Response) {
        self.pages += 1;
        for change in &response.changes {
            match change {
                Change::Drop(channel) => self.standing.retain(|(c, _), _| c != channel),
                Change::Gone(channel, id) => {
                    self.standing.remove(&(*channel, *id));
                }
                Change::Put(Put { channel, id, rev, body, .. }) => {
                    self.standing.insert((*channel, *id), *rev);
                    match body {
                        Some(body) => {
                            self.bodies.insert(*id, serde_json::from_str(body.get()).unwrap());
                        }
                        None => {
                            assert!(self.bodies.contains_key(id), "a put without a body, and none before it")
                        }
                    }
                }
            }
        }
        self.cursor = response.cursor.clone().or(self.cursor.take());
    }

    async fn catch_up(&mut self, person: &Speaker, limit_bytes: Option<usize>) -> Response {
        loop {
            let request =
                Request { cursor: self.cursor.clone(), limit_bytes, digests: true, ..Request::default() };
            let response = person.sync(&request).await;
            self.take(&response);
            if !response.more {
                return response;
            }
        }
    }

    fn digests(&self) -> BTreeMap<Channel, ChannelDigest> {
        let mut digests: BTreeMap<Channel, ChannelDigest> = BTreeMap::new();
        for ((channel, id), rev) in &self.standing {
            let digest = digests.entry(*channel).or_default();
            digest.count += 1;
            digest.xor ^= share(*id, *rev);
        }
        digests
    }

    fn ids(&self) -> BTreeSet<Uuid> {
        self.standing.keys().map(|(_, id)| *id).collect()
    }
}

#[tokio::test]
async fn ninety_nine_of_a_hundred_are_applied_and_the_bad_one_says_why() {
    let server = Server::start().await;
    let mut phone = Speaker::sign_in(&server, "inspector1").await;
    let mut commands: Vec<Json> =
        (0..100).map(|n| submit(&mut phone, &site("101", "201", n % 10)).0).collect();
    commands[37]["body"]["site_id"] = json!(nowhere());
    let response = phone.push(&commands).await;
    assert_eq!(response.outcomes.len(), 100);
    for (n, outcome) in response.outcomes.iter().enumerate() {
        let expected =
            if n == 37 { (Status::Rejected, Some(Code::SiteUnknown)) } else { (Status::Applied, None) };
        assert_eq!(status(outcome), expected, "command {n}");
        assert_eq!(serde_json::to_value(outcome.id).unwrap(), commands[n]["id"]);
    }
    let again = phone.push(&commands).await;
    let text = |r: &Response| serde_json::to_string(&r.outcomes).unwrap();
    assert_eq!(text(&again), text(&response), "a repeat gets the same outcomes, word for word");
    let list = phone.get_json("/v1/inspections?limit=200").await;
    assert_eq!(list["inspections"].as_array().unwrap().len(), 99, "each has one effect");
}

#[tokio::test]
async fn the_same_id_with_another_content_is_refused() {
    let server = Server::start().await;
    let mut phone = Speaker::sign_in(&server, "inspector1").await;
    let (command, _) = submit(&mut phone, &site("101", "201", 0));
    assert_eq!(
        status(&phone.push(std::slice::from_ref(&command)).await.outcomes[0]),
        (Status::Applied, None)
    );
    let mut other = command.clone();
    other["body"]["notes"] = json!("别的内容");
    assert_eq!(status(&phone.push(&[other]).await.outcomes[0]), (Status::Rejected, Some(Code::IdReused)));
    // Another person who guessed the id learns nothing of its outcome.
    let stranger = Speaker::sign_in(&server, "inspector2").await;
    assert_eq!(
        status(&stranger.push(&[command]).await.outcomes[0]),
        (Status::Rejected, Some(Code::IdReused))
    );
}

#[tokio::test]
async fn later_commands_on_a_refused_item_wait_and_others_do_not() {
    let server = Server::start().await;
    let mut phone = Speaker::sign_in(&server, "inspector1").await;
    let (mut bad, id) = submit(&mut phone, &site("101", "201", 0));
    bad["body"]["departure"]["at"] = json!("2026-11-20T00:00:00Z");
    let mut amend =
        phone.command("inspection.amend", json!({ "inspection_id": id, "reason": "漏记", "notes": "补充" }));
    let (good, _) = submit(&mut phone, &site("101", "201", 1));
    let response = phone.push(&[bad.clone(), amend.clone(), good]).await;
    let statuses: Vec<_> = response.outcomes.iter().map(status).collect();
    assert_eq!(
        statuses,
        [
            (Status::Rejected, Some(Code::TimesImpossible)),
            (Status::Blocked, Some(Code::PredecessorRefused)),
            (Status::Applied, None)
        ]
    );
    // Sent before what it follows: it waits, whatever the order of arrival.
    let (first, id) = submit(&mut phone, &site("101", "201", 2));
    amend =
        phone.command("inspection.amend", json!({ "inspection_id": id, "reason": "漏记", "notes": "补充" }));
    amend["after"] = first["id"].clone();
    let early = phone.push(std::slice::from_ref(&amend)).await;
    assert_eq!(status(&early.outcomes[0]), (Status::Blocked, Some(Code::PredecessorUnknown)));
    let late = phone.push(&[first, amend]).await;
    assert_eq!(
        late.outcomes.iter().map(status).collect::<Vec<_>>(),
        [(Status::Applied, None), (Status::Applied, None)]
    );
    assert_eq!(late.outcomes[1].rev.as_deref(), Some("2"));
}

#[tokio::test]
async fn a_report_is_judged_by_its_checklist() {
    let server = Server::start().await;
    let mut phone = Speaker::sign_in(&server, "inspector1").await;
    let mut report = visit(COUNTY, &site("101", "201", 0));
    report.checklists = vec![answers(
        COUNTY,
        &[("food.staple", Value::Pass(false)), ("income.per_head", Value::Number(5200.0))],
    )];
    let id = report.inspection_id;
    let command = phone.command("inspection.submit", serde_json::to_value(&report).unwrap());
    let outcome = phone.push(&[command]).await.outcomes.remove(0);
    assert_eq!(status(&outcome), (Status::Applied, None));
    assert!(outcome.flags.contains(&Flag::PhotosMissing) && outcome.flags.contains(&Flag::FindingMissing));
    let shown: Inspection =
        serde_json::from_value(phone.get_json(&format!("/v1/inspections/{id}")).await).unwrap();
    assert_eq!((shown.verdict.passed, shown.verdict.failed), (1, 1));
    assert_eq!(shown.verdict.vetoed_by, ["food.staple"]);

    for (item, value, code) in [
        ("no.such", Value::Pass(true), Code::ItemCodeUnknown),
        ("food.staple", Value::Number(1.0), Code::AnswerWrongType),
        ("income.per_head", Value::Number(-1.0), Code::AnswerOutOfRange),
    ] {
        let mut report = visit(COUNTY, &site("101", "201", 1));
        report.checklists = vec![answers(COUNTY, &[(item, value)])];
        let command = phone.command("inspection.submit", serde_json::to_value(report).unwrap());
        assert_eq!(
            status(&phone.push(&[command]).await.outcomes[0]),
            (Status::Rejected, Some(code)),
            "{item}"
        );
    }
}

#[tokio::test]
async fn amending_and_voiding_keep_what_was() {
    let server = Server::start().await;
    let mut phone = Speaker::sign_in(&server, "inspector1").await;
    let (command, id) = submit(&mut phone, &site("101", "201", 0));
    phone.push(&[command]).await;
    let mut amend = json!({ "inspection_id": id, "reason": "漏拍", "findings": [finding("补一条")] });
    let command = phone.command("inspection.amend", amend.clone());
    assert_eq!(status(&phone.push(&[command]).await.outcomes[0]), (Status::Applied, None));
    let shown = phone.get_json(&format!("/v1/inspections/{id}")).await;
    assert_eq!(shown["findings"].as_array().unwrap().len(), 4, "findings are only added");
    assert_eq!(shown["amendments"][0]["reason"], "漏拍");

    // A colleague in the same township sees no more of it than of nothing.
    let mut colleague = Speaker::sign_in(&server, "inspector").await;
    let foreign = colleague.command("inspection.void", json!({ "inspection_id": id, "reason": "不是我的" }));
    assert_eq!(
        status(&colleague.push(&[foreign]).await.outcomes[0]),
        (Status::Blocked, Some(Code::ItemUnknown))
    );

    let mut supervisor = Speaker::sign_in(&server, "supervisor1").await;
    let void = supervisor.command("inspection.void", json!({ "inspection_id": id, "reason": "走错了户" }));
    assert_eq!(status(&supervisor.push(&[void]).await.outcomes[0]), (Status::Applied, None));
    amend["findings"] = json!([]);
    let late = phone.command("inspection.amend", amend);
    assert_eq!(
        status(&phone.push(&[late]).await.outcomes[0]),
        (Status::Conflict, Some(Code::InspectionVoided))
    );
    let shown = phone.get_json(&format!("/v1/inspections/{id}")).await;
    assert_eq!((&shown["stage"], &shown["voided"]["reason"]), (&json!("voided"), &json!("走错了户")));
    assert_eq!(shown["findings"].as_array().unwrap().len(), 4, "a voided report stays whole");
}

#[tokio::test]
async fn everyone_gets_exactly_what_is_theirs() {
    let server = Server::start().await;
    let mut phone1 = Speaker::sign_in(&server, "inspector1").await;
    let mut phone2 = Speaker::sign_in(&server, "inspector2").await;
    let mut county = Mirror::default();
    let supervisor = Speaker::sign_in(&server, "supervisor").await;
    county.catch_up(&supervisor, Some(2000)).await;
    assert!(county.pages > 5, "small pages: {}", county.pages);
    let mut ids = Vec::new();
    for n in 0..5 {
        for (phone, township) in [(&mut phone1, "101"), (&mut phone2, "102")] {
            let (command, id) = submit(phone, &site(township, "202", n));
            assert_eq!(status(&phone.push(&[command]).await.outcomes[0]), (Status::Applied, None));
            ids.push((township, id));
        }
    }
    let last = county.catch_up(&supervisor, Some(1500)).await;
    assert_eq!(
        last.digests.unwrap().into_iter().filter(|(_, d)| d.count > 0).collect::<BTreeMap<_, _>>(),
        county.digests()
    );
    let of = |township: &'static str| -> BTreeSet<Uuid> {
        ids.iter().filter(|(t, _)| *t == township).map(|(_, id)| *id).collect()
    };
    let all: BTreeSet<Uuid> = ids.iter().map(|(_, id)| *id).collect();
    for (login, theirs) in [
        ("supervisor", all.clone()),
        ("supervisor1", of("101")),
        ("inspector1", of("101")),
        ("inspector2", of("102")),
        ("inspector", BTreeSet::new()),
        ("officer", BTreeSet::new()),
        ("admin", BTreeSet::new()),
        ("auditor", all.clone()),
    ] {
        let person = match login {
            "inspector1" => phone1.at(&server),
            "inspector2" => phone2.at(&server),
            login => Speaker::sign_in(&server, login).await,
        };
        let mut mirror = Mirror::default();
        mirror.catch_up(&person, None).await;
        let seen: BTreeSet<Uuid> = mirror.ids().intersection(&all).copied().collect();
        assert_eq!(seen, theirs, "{login}");
    }
    // Nobody of the other county sees anything of it.
    let stranger = Speaker::sign_in_at(&server, given::OTHER_COUNTY, "supervisor").await;
    let mut mirror = Mirror::default();
    mirror.catch_up(&stranger, None).await;
    assert!(mirror.ids().is_disjoint(&county.ids()));
}

#[tokio::test]
async fn nothing_new_costs_almost_nothing_and_cursors_tell_nothing() {
    let server = Server::start().await;
    let supervisor = Speaker::sign_in(&server, "supervisor").await;
    let mut mirror = Mirror::default();
    mirror.catch_up(&supervisor, None).await;
    let request = Request { cursor: mirror.cursor.clone(), ..Request::default() };
    let (a, b) = (supervisor.sync(&request).await, supervisor.sync(&request).await);
    assert!(a.changes.is_empty() && !a.more && a.digests.is_none());
    assert_ne!(a.cursor, b.cursor, "sealed anew each time");
    assert!(serde_json::to_vec(&a).unwrap().len() < 600);
    // A cursor of somebody else, or of nobody, leads to a resync, never to an error or to somebody's data.
    let phone = Speaker::sign_in(&server, "inspector1").await;
    for cursor in [a.cursor.clone().unwrap(), "garbage".into()] {
        let answer = phone.sync(&Request { cursor: Some(cursor), ..Request::default() }).await;
        assert!(answer.resync && answer.changes.is_empty() && answer.digests.is_some());
    }
}

#[tokio::test]
async fn what_was_written_is_told_to_have_arrived() {
    let server = Server::start().await;
    let mut phone = Speaker::sign_in(&server, "inspector1").await;
    let mut mirror = Mirror::default();
    mirror.catch_up(&phone, None).await;
    let (command, id) = submit(&mut phone, &site("101", "201", 0));
    let pushed = phone.push(&[command]).await;
    let mark = pushed.written_through.clone().expect("a mark");
    assert!(!pushed.arrived, "nothing was pulled");
    let request = Request { cursor: mirror.cursor.clone(), waiting_for: Some(mark), ..Request::default() };
    let pulled = phone.sync(&request).await;
    mirror.take(&pulled);
    assert!(pulled.arrived && mirror.bodies.contains_key(&id));
}

#[tokio::test]
async fn a_restored_database_begins_another_epoch_and_resyncs() {
    let server = Server::start().await;
    let supervisor = Speaker::sign_in(&server, "supervisor").await;
    let mut mirror = Mirror::default();
    mirror.catch_up(&supervisor, None).await;
    let output = server.command(&["admin", "--jurisdiction", given::COUNTY, "new-epoch"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // Something of the old life is held that the new one never had.
    let strange = (Channel::Area(COUNTY.area("101")), Uuid::from_u128(7));
    mirror.standing.insert(strange, 1);
    let request = Request { cursor: mirror.cursor.clone(), ..Request::default() };
    let answer = supervisor.sync(&request).await;
    assert!(answer.resync);
    let theirs: BTreeMap<_, _> = answer.digests.clone().unwrap();
    let mine = mirror.digests();
    let differing: Vec<Channel> = theirs
        .iter()
        .filter(|(c, d)| mine.get(c).copied().unwrap_or_default() != **d)
        .map(|(c, _)| *c)
        .collect();
    assert_eq!(differing, [strange.0], "only what differs is sent again");
    let request = Request { cursor: answer.cursor, resync: differing, digests: true, ..Request::default() };
    let again = supervisor.sync(&request).await;
    mirror.take(&again);
    assert!(!again.more && !mirror.standing.contains_key(&strange));
    assert_eq!(
        again.digests.unwrap().into_iter().filter(|(_, d)| d.count > 0).collect::<BTreeMap<_, _>>(),
        mirror.digests()
    );
}

#[tokio::test]
async fn the_ledger_stands_after_a_kill() {
    let server = Server::start().await;
    let mut phone = Speaker::sign_in(&server, "inspector1").await;
    let commands: Vec<Json> = (0..10).map(|n| submit(&mut phone, &site("101", "201", n)).0).collect();
    assert!(phone.push(&commands).await.outcomes.iter().all(|o| o.status == Status::Applied));
    let server = server.kill_and_start();
    let phone = phone.at(&server);
    assert!(phone.push(&commands).await.outcomes.iter().all(|o| o.status == Status::Applied));
    let output = server.command(&["verify", "ledger", "--jurisdiction", given::COUNTY]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(
        phone.get_json("/v1/inspections?limit=200").await["inspections"].as_array().unwrap().len(),
        10
    );
}
