//! The loop through public doors: a finding is listed, handed over, signed for, answered, verified, closed; and its
//! branches. Who sees what at each step, and that nothing anybody did is lost.

use anfang_protocol::{
    feed::{Channel, Kind},
    ids::InspectionId,
    inspection::Submit,
    people::{Role, Scope},
    sha::Sha,
    sync::Status,
};
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    County, Server, Speaker,
    chance::noise,
    given,
    ledger::{Holdings, mention, newcomer, query_text},
    reports,
};

const HERE: County = County(given::COUNTY);

/// Everybody who has to do with an item of the first township.
struct Ground {
    server: Server,
    inspector: Speaker,
    supervisor: Speaker,
    officer: Speaker,
    verifier: Speaker,
}

impl Ground {
    async fn new() -> Self {
        let server = Server::start().await;
        Ground {
            inspector: Speaker::sign_in(&server, "inspector1").await,
            supervisor: Speaker::sign_in(&server, "supervisor1").await,
            officer: Speaker::sign_in(&server, "officer").await,
            verifier: Speaker::sign_in(&server, "verifier").await,
            server,
        }
    }

    /// A report with one finding, which has raw notes and a photo that is uploaded. Gives the finding's id.
    async fn reports(&mut self, text: &str, photo: &[u8]) -> (InspectionId, Uuid) {
        let mut submit: Submit = reports::visit(HERE, &reports::site("101", "201", 1));
        let mut finding = reports::finding(text);
        finding.notes = Some("户主私下说的话".into());
        let evidence = mention(photo);
        finding.evidence = vec![evidence.evidence_id];
        let id = finding.finding_id.0;
        submit.findings = vec![finding];
        submit.evidence = vec![evidence];
        let inspection = submit.inspection_id;
        let body = serde_json::to_value(&submit).expect("JSON");
        let outcome = self.inspector.gives("inspection.submit", body, None).await;
        assert_eq!(outcome.status, Status::Applied, "{:?}", outcome.problem);
        assert!(self.inspector.upload(photo, "image/jpeg").await.is_success());
        (inspection, id)
    }

    async fn lists(&mut self, finding: Uuid) -> Uuid {
        let id = Uuid::now_v7();
        let body = json!({ "area_id": HERE.area("101201"), "findings": [finding] });
        assert_eq!(self.supervisor.does("list", id, body).await, 1);
        id
    }

    async fn hands_over(&mut self, id: Uuid) {
        self.supervisor.does("hand_over", id, order("U101")).await;
    }

    /// An item that the officer has signed for.
    async fn signed(&mut self) -> Uuid {
        let (_, finding) = self.reports("水窖漏水", &noise(1, 3000)).await;
        let id = self.lists(finding).await;
        self.hands_over(id).await;
        self.officer.does("acknowledge", id, json!({})).await;
        id
    }
}

fn order(unit: &str) -> Value {
    json!({
        "unit_id": HERE.unit(unit), "person": { "name": "王镇长" }, "requirement": "十日内修好",
        "due": { "working_days": 10 },
    })
}

fn item(held: &Holdings, id: Uuid) -> Option<&(Kind, u32, Value)> {
    held.iter().find(|((_, one), _)| *one == id).map(|(_, item)| item)
}

fn stage(held: &Holdings, id: Uuid) -> String {
    item(held, id).expect("the item").2["stage"]["name"].as_str().expect("a stage").to_owned()
}

#[tokio::test]
async fn from_a_finding_to_off_the_ledger() {
    let mut ground = Ground::new().await;
    let (before, after) = (noise(11, 5000), noise(12, 6000));
    let (inspection, finding) = ground.reports("房顶漏雨", &before).await;
    let id = ground.lists(finding).await;
    let unit = Channel::Unit(HERE.unit("U101"));

    // Listed: those who oversee see both halves, the unit nothing, not even the photo.
    let desk = ground.supervisor.holds().await;
    let (_, rev, body) = &desk[&(Channel::Area(HERE.area("101")), id)];
    assert_eq!((*rev, body["stage"]["name"].as_str()), (1, Some("listed")));
    let half = anfang_protocol::lifecycle::places::desk_id(id.into());
    assert_eq!(desk[&(Channel::Area(HERE.area("101")), half)].2["inspections"], json!([inspection]));
    let held = ground.officer.holds().await;
    assert!(held.values().all(|(kind, ..)| *kind != Kind::Rectification && *kind != Kind::Notice));
    assert_eq!(ground.officer.download(Sha::of(&before)).await, None);

    // Handed over: now the unit sees it, in words fit for it, with the photo; and is told.
    ground.hands_over(id).await;
    let held = ground.officer.holds().await;
    let (kind, rev, body) = &held[&(unit, id)];
    assert_eq!((kind, *rev), (&Kind::Rectification, 2));
    assert_eq!(body["findings"][0]["evidence"][0]["status"], "stored");
    let text = serde_json::to_string(&held.values().map(|(.., body)| body).collect::<Vec<_>>()).unwrap();
    assert!(!text.contains("户主私下说的话"), "raw notes are not for the unit");
    assert!(held.values().all(|(kind, ..)| !matches!(kind, Kind::Inspection | Kind::RectificationDesk)));
    assert_eq!(ground.officer.download(Sha::of(&before)).await.as_deref(), Some(&before[..]));
    assert_eq!(ground.officer.notices().await, ["handed_over"]);

    // Signed for and answered; accepted by the words, but not closed before the photo has come.
    ground.officer.does("acknowledge", id, json!({})).await;
    let answer = json!({ "text": "已换瓦", "evidence": [mention(&after)] });
    ground.officer.does("report", id, answer).await;
    ground.verifier.does("accept", id, json!({ "method": "photo" })).await;
    let missing = ground.verifier.fails("close", id, json!({})).await;
    assert_eq!(missing, (Status::Rejected, "after_photo_missing".into()));
    let rev = item(&ground.verifier.holds().await, id).expect("the item").1;
    assert!(ground.officer.upload(&after, "image/jpeg").await.is_success());
    let held = ground.verifier.holds().await;
    let (_, now, body) = item(&held, id).expect("the item");
    assert_eq!((*now, body["answers"][0]["evidence"][0]["status"].as_str()), (rev + 1, Some("stored")));
    assert_eq!(item(&ground.officer.holds().await, id).expect("the item").1, rev + 1);
    assert_eq!(ground.verifier.download(Sha::of(&after)).await.as_deref(), Some(&after[..]));
    ground.verifier.does("close", id, json!({ "text": "属实" })).await;
    assert_eq!(stage(&ground.officer.holds().await, id), "closed");
}

#[tokio::test]
async fn of_two_answers_at_once_both_are_kept() {
    let mut ground = Ground::new().await;
    let unit = Scope::Unit(HERE.unit("U101"));
    newcomer(&ground.server, "officer2", Role::UnitOfficer, unit).await;
    let mut second = Speaker::sign_in(&ground.server, "officer2").await;
    let id = ground.signed().await;
    let base = item(&second.holds().await, id).expect("the item").1;
    let (mine, yours) = (noise(21, 4000), noise(22, 4000));
    let body = |text: &str, photo: &[u8]| json!({ "rectification_id": id, "text": text, "evidence": [mention(photo)] });
    let first = ground.officer.gives("rectification.report", body("先到", &mine), Some(base)).await;
    assert_eq!(first.status, Status::Applied);
    let late = second.gives("rectification.report", body("后到", &yours), Some(base)).await;
    assert_eq!(late.status, Status::Conflict, "{:?}", late.problem);
    let current: Value = serde_json::from_str(late.current.expect("the other side").get()).expect("JSON");
    assert_eq!(current["answers"][0]["text"], "先到");

    // The late one stands in the item whole, and its photo may come.
    assert_eq!(second.upload(&yours, "image/jpeg").await, StatusCode::NO_CONTENT);
    let held = ground.officer.holds().await;
    let (_, rev, body_now) = item(&held, id).expect("the item");
    assert_eq!(body_now["kept"][0]["body"]["text"], "后到");
    assert_eq!(ground.officer.download(Sha::of(&yours)).await.as_deref(), Some(&yours[..]));
    assert!(ground.supervisor.notices().await.contains(&"conflict".to_owned()));

    // Settled by a person: an answer upon the answer. That a photo arrived since is no reason to refuse it.
    assert!(ground.officer.upload(&mine, "image/jpeg").await.is_success());
    let both = second.gives("rectification.report", body("两人的合在一起", &yours), Some(*rev)).await;
    assert_eq!(both.status, Status::Applied, "{:?}", both.problem);
}

#[tokio::test]
async fn declined_reassigned_and_gone_from_the_first_unit() {
    let mut ground = Ground::new().await;
    let other = HERE.unit("U102");
    newcomer(&ground.server, "officer102", Role::UnitOfficer, Scope::Unit(other)).await;
    let mut second = Speaker::sign_in(&ground.server, "officer102").await;
    let (_, finding) = ground.reports("路灯不亮", &noise(31, 3000)).await;
    let id = ground.lists(finding).await;
    ground.hands_over(id).await;
    assert_eq!(second.fails("acknowledge", id, json!({})).await, (Status::Rejected, "not_your_unit".into()));
    let nowhere = second.fails("acknowledge", Uuid::now_v7(), json!({})).await;
    assert_eq!(nowhere, (Status::Rejected, "not_your_unit".into()), "another's is as good as none");
    ground.officer.does("decline", id, json!({ "reason": "不属本镇", "suggests": other })).await;
    let held = ground.officer.holds().await;
    assert!(item(&held, id).is_none(), "what was declined is gone from the unit");
    let mut again = order("U102");
    again["reason"] = "属白水乡".into();
    ground.supervisor.does("reassign", id, again).await;
    assert_eq!(stage(&second.holds().await, id), "handed_over");
    assert!(item(&ground.officer.holds().await, id).is_none());
    assert_eq!(second.notices().await, ["handed_over"]);
}

#[tokio::test]
async fn extended_suspended_returned_and_reopened() {
    let mut ground = Ground::new().await;
    let id = ground.signed().await;
    let later = json!({ "due": { "working_days": 20 }, "reason": "等雨停" });
    ground.officer.does("ask_extension", id, later).await;
    ground.supervisor.does("grant_extension", id, json!({})).await;
    ground.supervisor.does("suspend", id, json!({ "reason": "须上级立项", "review_on": "2027-03-01" })).await;
    assert_eq!(ground.officer.fails("report", id, json!({ "text": "好了" })).await.1, "item_suspended");
    ground.supervisor.does("resume", id, json!({ "reason": "已立项" })).await;
    for (round, photo) in [noise(41, 3000), noise(42, 3000)].iter().enumerate() {
        let answer = json!({ "text": "好了", "evidence": [mention(photo)] });
        ground.officer.does("report", id, answer).await;
        assert!(ground.officer.upload(photo, "image/jpeg").await.is_success());
        if round == 0 {
            ground.verifier.does("return", id, json!({ "reasons": "照片看不清" })).await;
        }
    }
    ground.verifier.does("accept", id, json!({ "method": "photo" })).await;
    ground.supervisor.does("close", id, json!({})).await;
    ground.verifier.does("reopen", id, json!({ "reason": "又漏了" })).await;
    let held = ground.officer.holds().await;
    let (.., body) = item(&held, id).expect("the item");
    assert_eq!((body["stage"]["name"].as_str(), body["rounds"].as_u64()), (Some("reopened"), Some(1)));
    assert_eq!(body["relapses"].as_array().map(Vec::len), Some(1));
    lists_and_accounts(&mut ground, id).await;
    let balance = "SELECT string_agg(kind, ',' ORDER BY rev, kind) AS text FROM item_moves";
    assert_eq!(query_text(&ground.server, balance).await, "new,closed,reopened");
}

/// On site is what was seen since the order and the last return, at that site; and what comes back counts against the unit
/// and against the group that accepted it, and moves no other balance.
#[tokio::test]
async fn seen_on_site_and_a_relapse_counts_against_both() {
    let mut ground = Ground::new().await;
    let (before, finding) = ground.reports("院墙倒塌", &noise(43, 3000)).await;
    let id = ground.lists(finding).await;
    ground.hands_over(id).await;
    let group = HERE.unit("U102");
    let account = newcomer(&ground.server, "accepting", Role::Verifier, Scope::Area(HERE.area("101"))).await;
    let mut accepting = Speaker::sign_in(&ground.server, "accepting").await;
    ground.officer.does("acknowledge", id, json!({})).await;
    ground.supervisor.does("assign_verifiers", id, json!({ "group": group, "accounts": [account] })).await;
    let on_site = |inspection| json!({ "method": "on_site", "inspection_id": inspection });
    let after = noise(44, 3000);
    for round in 0..2 {
        let answer = json!({ "text": "墙已砌好", "evidence": [mention(&after)] });
        ground.officer.does("report", id, answer).await;
        let refused = accepting.fails("accept", id, on_site(before)).await;
        assert_eq!(refused, (Status::Rejected, "visit_unsuitable".into()), "round {round}: seen before");
        if round == 0 {
            accepting.does("return", id, json!({ "reasons": "照片看不清" })).await;
        }
    }
    assert!(ground.officer.upload(&after, "image/jpeg").await.is_success());
    let seen = |site: u32| {
        let mut visit = reports::visit(HERE, &reports::site("101", "201", site));
        let now = Utc::now();
        (visit.arrival.at, visit.departure.at) = (now, now);
        visit
    };
    let (elsewhere, here) = (seen(2), seen(1));
    for visit in [&elsewhere, &here] {
        let body = serde_json::to_value(visit).expect("JSON");
        assert_eq!(accepting.gives("inspection.submit", body, None).await.status, Status::Applied);
    }
    let refused = accepting.fails("accept", id, on_site(elsewhere.inspection_id)).await;
    assert_eq!(refused.1, "visit_unsuitable", "another site");
    accepting.does("accept", id, on_site(here.inspection_id)).await;
    ground.verifier.does("close", id, json!({})).await;
    let of = |kind: &str| format!("/v1/relapses?by={kind}");
    let line = |unit, closed, relapsed| json!([{ "unit_id": unit, "closed": closed, "relapsed": relapsed }]);
    assert_eq!(ground.supervisor.get_json(&of("group")).await["held"], line(group, 1, 0));
    ground.verifier.does("reopen", id, json!({ "reason": "又倒了" })).await;
    assert_eq!(ground.supervisor.get_json(&of("group")).await["held"], line(group, 1, 1));
    assert_eq!(ground.supervisor.get_json(&of("unit")).await["held"], line(HERE.unit("U101"), 1, 1));
    assert_eq!(ground.officer.get_json(&of("group")).await["held"], json!([]), "not the unit's to know");
    let days = ground.supervisor.get_json("/v1/reconciliation?from=2020-01-01&to=2100-01-01").await;
    let units: Vec<&Value> =
        days["days"].as_array().expect("days").iter().map(|day| &day["unit_id"]).collect();
    assert_eq!(units, [&json!(HERE.unit("U101"))]);
}

#[tokio::test]
async fn joined_split_and_listed_once() {
    let mut ground = Ground::new().await;
    let (_, one) = ground.reports("甲", &noise(51, 3000)).await;
    let (_, two) = ground.reports("乙", &noise(52, 3000)).await;
    let (first, second) = (ground.lists(one).await, ground.lists(two).await);
    let body = json!({ "area_id": HERE.area("101"), "findings": [one] });
    let again = ground.supervisor.fails("list", Uuid::now_v7(), body.clone()).await;
    assert_eq!(again, (Status::Rejected, "finding_listed".into()));
    ground.supervisor.does("join", first, json!({ "other_id": second, "reason": "同一户" })).await;
    let held = ground.supervisor.holds().await;
    assert_eq!(stage(&held, second), "cancelled");
    let parted = Uuid::now_v7();
    let split = json!({ "new_id": parted, "findings": [one], "reason": "不是一回事" });
    ground.supervisor.does("split", first, split).await;
    for (id, of_it) in
        [(first, &["list", "join", "split"][..]), (second, &["list", "join"]), (parted, &["split"])]
    {
        let trail = ground.supervisor.get_json(&format!("/v1/rectifications/{id}/trail")).await;
        let trail = trail["trail"].as_array().expect("a list").clone();
        let types: Vec<_> = trail.iter().map(|one| one["type"].as_str().expect("a type")).collect();
        let expected: Vec<_> = of_it.iter().map(|one| format!("rectification.{one}")).collect();
        assert_eq!(types, expected);
        assert!(trail.iter().all(|one| one["name"].is_string() && one["status"] == "applied"), "{trail:?}");
    }
    let held = ground.supervisor.holds().await;
    assert_eq!(item(&held, first).expect("the item").2["findings"][0]["text"], "乙");
    assert_eq!(item(&held, parted).expect("the item").2["findings"][0]["text"], "甲");
    // A problem from elsewhere may name a site, of the item's own township.
    let noted = |site: Uuid| {
        let noted = json!({ "finding_id": Uuid::now_v7(), "source": "audit", "severity": "general", "text": "丙", "site_id": site });
        json!({ "area_id": HERE.area("101"), "noted": [noted] })
    };
    for nowhere in [Uuid::now_v7(), HERE.site(&reports::site("102", "201", 1)).0] {
        let refused = ground.supervisor.fails("list", Uuid::now_v7(), noted(nowhere)).await;
        assert_eq!(refused, (Status::Rejected, "site_unknown".into()));
    }
    ground.supervisor.does("list", Uuid::now_v7(), noted(HERE.site(&reports::site("101", "201", 1)).0)).await;
    // Cancelled, so that its finding may be listed anew.
    ground.supervisor.does("cancel", parted, json!({ "reason": "列错了" })).await;
    ground.supervisor.does("list", Uuid::now_v7(), body).await;
    let stranger = json!({ "area_id": HERE.area("102"), "findings": [two] });
    let refused = ground.supervisor.fails("list", Uuid::now_v7(), stranger).await;
    assert_eq!(
        refused,
        (Status::Rejected, "command_forbidden".into()),
        "supervisor1 has the first township only"
    );
}

#[tokio::test]
async fn a_notice_is_read_by_its_person_only() {
    let mut ground = Ground::new().await;
    let (_, finding) = ground.reports("路面塌陷", &noise(61, 3000)).await;
    let id = ground.lists(finding).await;
    ground.hands_over(id).await;
    let held = ground.officer.holds().await;
    let notice = held.iter().find(|(_, (kind, ..))| *kind == Kind::Notice).expect("a notice");
    let body = json!({ "notice_id": notice.0.1 });
    let another = ground.supervisor.gives("notice.read", body.clone(), None).await;
    assert_eq!(another.problem.and_then(|p| p.code()).map(|c| c.slug()), Some("notice_unknown"));
    for _ in 0..2 {
        let outcome = ground.officer.gives("notice.read", body.clone(), None).await;
        assert_eq!((outcome.status, outcome.rev.as_deref()), (Status::Applied, Some("2")));
    }
    let held = ground.officer.holds().await;
    let (_, rev, body) = &held[notice.0];
    assert!(*rev == 2 && body["read_at"].is_string(), "{body}");
}

/// An item that was new, closed and reopened on one day, as lists, counts, its trail and the accounts have it.
async fn lists_and_accounts(ground: &mut Ground, id: Uuid) {
    let list = ground.officer.get_json("/v1/rectifications?stage=reopened").await;
    assert_eq!(list["rectifications"][0]["rectification_id"], json!(id));
    let list = ground.officer.get_json("/v1/rectifications?stage=closed").await;
    assert_eq!(list["rectifications"], json!([]));
    let counts = ground.supervisor.get_json("/v1/rectifications/counts?by=unit").await;
    let expected = json!({
        "key": HERE.unit("U101"), "total": 1, "open": 1, "closed": 0, "returned": 0, "suspended": 0, "overdue": 0,
        "due_soon": 0,
    });
    assert_eq!(counts["counts"], json!([expected]));
    let trail = ground.verifier.get_json(&format!("/v1/rectifications/{id}/trail")).await;
    let types: Vec<&str> = trail["trail"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["type"].as_str().expect("a type"))
        .collect();
    assert_eq!((types[0], types[types.len() - 1]), ("rectification.list", "rectification.reopen"));
    // Said two days before it came in: the trail tells both times.
    let remark = json!({ "rectification_id": id, "remark_id": Uuid::now_v7(), "text": "已电话回访" });
    let mut said = ground.supervisor.command("rectification.comment", remark);
    said["at"] = json!(Utc::now() - TimeDelta::days(2));
    assert_eq!(ground.supervisor.push(std::slice::from_ref(&said)).await.outcomes[0].status, Status::Applied);
    let trail = ground.verifier.get_json(&format!("/v1/rectifications/{id}/trail")).await;
    let last = trail["trail"].as_array().and_then(|all| all.last()).expect("a comment");
    let time =
        |value: &Value| value.as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok()).expect("a time");
    // Postgres keeps microseconds.
    assert_eq!(time(&last["given_at"]).timestamp_micros(), time(&said["at"]).timestamp_micros());
    assert!(time(&last["at"]) - time(&said["at"]) > TimeDelta::days(1));
    let refused = ground.officer.get(&format!("/v1/rectifications/{id}/trail")).await;
    assert_eq!(refused.status(), StatusCode::NOT_FOUND, "the trail names the inspectors: not for the unit");
    let days = ground.officer.get_json("/v1/reconciliation?from=2020-01-01&to=2100-01-01").await;
    let day = &days["days"][0];
    let account: Vec<u64> = ["opening", "new", "reopened", "closed", "moved_away", "closing"]
        .iter()
        .map(|word| day[*word].as_u64().expect("a number"))
        .collect();
    assert_eq!(account, [0, 1, 1, 1, 0, 1]);
    let elsewhere = Speaker::sign_in(&ground.server, "inspector2").await;
    let none = elsewhere.get_json("/v1/rectifications").await;
    assert_eq!(none["rectifications"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_falls_due_happens_once_with_two_processes() {
    let mut ground = Ground::new().await;
    let mut items = Vec::new();
    for seed in 0..5 {
        let (_, finding) = ground.reports("逾期不改", &noise(71 + seed, 2000)).await;
        let id = ground.lists(finding).await;
        ground.hands_over(id).await;
        items.push(id);
    }
    // Eight weeks on: two processes at once, one of them killed in between. The deadlines have passed by then, so nobody
    // is told that they are near.
    let ahead = [("ANFANG_CLOCK_AHEAD_SECONDS", "4838400")];
    let (one, two) = (ground.server.another_with(&ahead), ground.server.another_with(&ahead));
    tokio::time::sleep(std::time::Duration::from_millis(150)).await;
    let two = two.kill_and_start();
    let waiting =
        "SELECT count(*)::text AS text FROM rectifications WHERE next_at < now() + interval '56 days'";
    for _ in 0..200 {
        if query_text(&ground.server, waiting).await == "0" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    // Her token has run out in eight weeks.
    let then = Speaker::sign_in(&one, "supervisor").await;
    let late = then.get_json("/v1/rectifications/counts?by=unit").await;
    assert_eq!((&late["counts"][0]["overdue"], &late["counts"][0]["total"]), (&json!(5), &json!(5)));
    let of_village = format!("/v1/rectifications/counts?by=site&area_id={}", HERE.area("101201"));
    let sites = then.get_json(&of_village).await;
    let overdue = sites["counts"]
        .as_array()
        .expect("counts")
        .iter()
        .map(|count| count["overdue"].as_u64().expect("a number"));
    assert_eq!(overdue.sum::<u64>(), 5);
    let nowhere = then.get("/v1/rectifications/counts?by=site").await;
    assert_eq!(nowhere.status(), StatusCode::UNPROCESSABLE_ENTITY);
    drop((one, two));
    let done = "SELECT coalesce(string_agg(step || '=' || n, ' ' ORDER BY step), '') AS text FROM ( \
        SELECT e.kind || ':' || coalesce(e.entry::jsonb #>> '{command,body,colour}', e.entry::jsonb #>> '{command,body,rung}') \
            AS step, count(*) AS n \
        FROM ledger e WHERE e.account_id IS NULL AND e.kind LIKE 'rectification.%' GROUP BY 1) s";
    let expected = "rectification.escalate:remind=5 rectification.escalate:summon=5 rectification.escalate:supervise=5 \
        rectification.remind:receipt=5 rectification.remind:red=5";
    assert_eq!(query_text(&ground.server, done).await, expected);
    let refused =
        "SELECT count(*)::text AS text FROM commands WHERE account_id IS NULL AND status <> 'applied'";
    assert_eq!(query_text(&ground.server, refused).await, "0", "no step was tried in vain");

    // The summons is a draft: the unit does not know of it before a person lets it go out.
    let held = ground.officer.holds().await;
    assert_eq!(item(&held, items[0]).expect("the item").2["ladder"].as_array().map(Vec::len), Some(2));
    assert!(ground.supervisor.notices().await.contains(&"draft_waits".to_owned()));
    ground.supervisor.does("approve_step", items[0], json!({ "rung": "summon" })).await;
    let held = ground.officer.holds().await;
    assert_eq!(item(&held, items[0]).expect("the item").2["ladder"][2]["rung"], "summon");
}
