//! Asking back: a supervisor's question reaches the author, the answer reaches who asked, and nobody else has a say.

use anfang_protocol::{
    Code, limits,
    sync::{Change, Outcome, Request, Status},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    County, Phone, Server, Speaker, given,
    reports::{finding, photo, site, visit},
};

const COUNTY: County = County(given::COUNTY);

/// A report with one finding; their ids.
async fn report(phone: &mut Speaker) -> (Uuid, Uuid) {
    let mut report = visit(COUNTY, &site("101", "201", 0));
    report.findings = vec![finding("屋顶漏雨")];
    let ids = (report.inspection_id.0, report.findings[0].finding_id.0);
    let command = phone.command("inspection.submit", serde_json::to_value(report).expect("JSON"));
    assert_eq!(told(&phone.push(&[command]).await.outcomes[0]), (Status::Applied, None));
    ids
}

fn told(outcome: &Outcome) -> (Status, Option<Code>) {
    (outcome.status.clone(), outcome.problem.as_ref().and_then(|problem| problem.code()))
}

async fn ask(who: &mut Speaker, body: Value) -> (Status, Option<Code>) {
    let command = who.command("inspection.ask", body);
    told(&who.push(&[command]).await.outcomes[0])
}

fn question(inspection: Uuid, text: &str) -> (Uuid, Value) {
    let id = Uuid::now_v7();
    (id, json!({ "inspection_id": inspection, "question_id": id, "text": text }))
}

/// Kinds of the notices about this inspection, as this person's feed has them.
async fn notices(who: &Speaker, inspection: Uuid) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = who.sync(&Request { cursor, ..Request::default() }).await;
        for change in &page.changes {
            let Change::Put(put) = change else { continue };
            let body = put.body.as_ref().map(|body| serde_json::from_str::<Value>(body.get()).expect("JSON"));
            let notice = body.filter(|body| body["notice_id"].is_string());
            let about = notice.filter(|notice| notice["inspection_id"] == inspection.to_string());
            found.extend(about.map(|notice| notice["kind"].as_str().expect("a kind").to_owned()));
        }
        if !page.more {
            return found;
        }
        cursor = page.cursor;
    }
}

#[tokio::test]
async fn a_question_reaches_the_author_and_the_answer_who_asked() {
    let server = Server::start().await;
    let mut author = Speaker::sign_in(&server, "inspector1").await;
    let mut supervisor = Speaker::sign_in(&server, "supervisor1").await;
    let (id, leak) = report(&mut author).await;
    let (asked, mut body) = question(id, "是东屋还是西屋？");
    body["finding_id"] = json!(leak);
    assert_eq!(ask(&mut supervisor, body).await, (Status::Applied, None));
    assert_eq!(notices(&author, id).await, ["asked"]);
    assert_eq!(notices(&supervisor, id).await, [""; 0], "who asks need not be told");

    let picture = photo(b"the west room", "image/jpeg");
    let answer = json!({
        "inspection_id": id, "question_id": asked, "reason": "西屋，补拍一张", "evidence": [picture],
    });
    let command = author.command("inspection.amend", answer);
    assert_eq!(told(&author.push(&[command]).await.outcomes[0]), (Status::Applied, None));
    assert_eq!(notices(&supervisor, id).await, ["asked_answered"]);
    assert_eq!(notices(&author, id).await, ["asked"], "who answers need not be told");

    let shown = author.get_json(&format!("/v1/inspections/{id}")).await;
    let (question, answer) = (&shown["questions"][0], &shown["amendments"][0]);
    assert_eq!(
        (&question["question_id"], &question["finding_id"], &question["text"]),
        (&json!(asked), &json!(leak), &json!("是东屋还是西屋？"))
    );
    assert_eq!(question["by"], json!(supervisor.tokens.account_id));
    assert_eq!(
        (&answer["question_id"], &answer["reason"], &answer["evidence"]),
        (&json!(asked), &json!("西屋，补拍一张"), &json!([picture.evidence_id]))
    );
}

#[tokio::test]
async fn only_a_supervisor_over_the_township_asks() {
    let server = Server::start().await;
    let mut author = Speaker::sign_in(&server, "inspector1").await;
    let (id, _) = report(&mut author).await;
    for login in ["inspector1", "inspector", "inspector2", "resident", "verifier", "leader", "auditor", "admin"] {
        let mut who = Speaker::sign_in(&server, login).await;
        let asked = ask(&mut who, question(id, "在场的是谁？").1).await;
        assert_eq!(asked, (Status::Blocked, Some(Code::ItemUnknown)), "{login}");
        let of_nothing = ask(&mut who, question(Uuid::now_v7(), "在场的是谁？").1).await;
        assert_eq!(asked, of_nothing, "{login} learns nothing of it");
    }
    assert_eq!(notices(&author, id).await, [""; 0]);
    let shown = author.get_json(&format!("/v1/inspections/{id}")).await;
    assert_eq!(shown.get("questions"), None);
}

#[tokio::test]
async fn a_question_that_cannot_be_is_refused_and_changes_nothing() {
    let server = Server::start().await;
    let mut author = Speaker::sign_in(&server, "inspector1").await;
    let mut supervisor = Speaker::sign_in(&server, "supervisor1").await;
    let (id, _) = report(&mut author).await;
    let (_, foreign) = report(&mut author).await;
    let (first, body) = question(id, "在场的是谁？");
    assert_eq!(ask(&mut supervisor, body).await, (Status::Applied, None));
    let with = |field: &str, value: Value| {
        let (_, mut body) = question(id, "在场的是谁？");
        body[field] = value;
        body
    };
    let wrong = [
        (with("text", json!(" ")), Code::TextInvalid),
        (with("text", json!("长".repeat(limits::SHORT_TEXT_CHARS + 1))), Code::TextInvalid),
        (with("finding_id", json!(foreign)), Code::FindingUnknown),
        (with("question_id", json!(first)), Code::DuplicateId),
    ];
    for (body, code) in wrong {
        assert_eq!(ask(&mut supervisor, body).await, (Status::Rejected, Some(code)));
    }
    let answer = json!({ "inspection_id": id, "question_id": Uuid::now_v7(), "reason": "答复" });
    let command = author.command("inspection.amend", answer);
    let refused = told(&author.push(&[command]).await.outcomes[0]);
    assert_eq!(refused, (Status::Rejected, Some(Code::QuestionUnknown)));
    let shown = author.get_json(&format!("/v1/inspections/{id}")).await;
    assert_eq!((shown["questions"].as_array().map(Vec::len), shown.get("amendments")), (Some(1), None));

    for _ in 1..limits::QUESTIONS_PER_INSPECTION {
        assert_eq!(ask(&mut supervisor, question(id, "还有呢？").1).await, (Status::Applied, None));
    }
    let one_more = ask(&mut supervisor, question(id, "还有呢？").1).await;
    assert_eq!(one_more, (Status::Rejected, Some(Code::TooManyParts)));

    let void = supervisor.command("inspection.void", json!({ "inspection_id": id, "reason": "走错了户" }));
    assert_eq!(told(&supervisor.push(&[void]).await.outcomes[0]), (Status::Applied, None));
    let late = ask(&mut supervisor, question(id, "在场的是谁？").1).await;
    assert_eq!(late, (Status::Conflict, Some(Code::InspectionVoided)));
}

#[tokio::test]
async fn what_was_asked_and_answered_offline_is_what_the_server_makes_of_it() {
    let server = Server::start().await;
    // Supervisors inspect, too: both halves on one phone without a signal.
    let mut phone = Phone::sign_in(&server, "supervisor1").await;
    phone.sync_until_done().await;
    let (id, _) = phone.inspects(COUNTY, &site("101", "201", 1)).finds("门锁坏了").keep();
    let question = phone.asks(id, "什么时候坏的？");
    phone.answers(id, question, "上周三");
    let offline = phone.engine().inspection(id.0).expect("it is on the phone");
    phone.sync_until_done().await;
    let online = phone.engine().inspection(id.0).expect("it is on the phone");
    let asked = |shown: &anfang_protocol::inspection::Inspection| {
        let questions = shown.questions.iter().map(|q| (q.question_id, q.by, q.text.clone()));
        let answers = shown.amendments.iter().map(|a| (a.question_id, a.by, a.reason.clone()));
        (questions.collect::<Vec<_>>(), answers.collect::<Vec<_>>())
    };
    assert_eq!(asked(&offline), asked(&online));
    assert_eq!((online.questions.len(), online.amendments.len()), (1, 1));
}
