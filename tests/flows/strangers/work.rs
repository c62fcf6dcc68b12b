//! What may leak of the work of a thing's township: an item of the ledger that its unit has, a sealed plan and an unsealed
//! one, what the team is told, somebody without a device and a role of that person's.

use anfang_protocol::{feed::Kind, sha::Sha, sync::Status};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::things::{HERE, Person, Right, Thing, mark, marked_photo};
use crate::harness::{
    County,
    reports::{finding, household_checklist, photo, site, visit},
};

/// An item of the first township that is listed and no more: others may be brought together with it.
pub const BASE: Uuid = Uuid::from_u128(0x019a_0000_0000_7000_8000_0000_0000_0001);

pub struct Work {
    pub item: Uuid,
    /// The finding under the item, and its photo.
    pub listed: Uuid,
    pub listed_sha: Sha,
    pub unit: Uuid,
    pub area_code: String,
    /// Sealed, of the thing's site.
    pub plan: Uuid,
    /// Drawn, and unsealed.
    pub open_plan: Uuid,
    /// The team's grant over the sealed plan.
    pub plan_grant: Uuid,
    /// The team is told of the sealed plan.
    pub notice: Uuid,
    /// Somebody of the unit who was never here.
    pub spare: Uuid,
    /// That one's role.
    pub grant: Uuid,
}

impl Work {
    pub fn absent() -> Self {
        let id = Uuid::now_v7;
        Work {
            item: id(),
            listed: id(),
            listed_sha: Sha::of(id().as_bytes()),
            unit: id(),
            area_code: format!("{}999000", HERE.0),
            plan: id(),
            open_plan: id(),
            plan_grant: id(),
            notice: id(),
            spare: id(),
            grant: id(),
        }
    }

    pub fn nameless(&self, text: &str) -> String {
        let ids = [
            self.item,
            self.listed,
            self.unit,
            self.plan,
            self.open_plan,
            self.plan_grant,
            self.notice,
            self.spare,
            self.grant,
        ];
        let text = text.replace(&self.listed_sha.to_string(), "<sha>").replace(&self.area_code, "<code>");
        ids.iter().fold(text, |text, id| text.replace(&id.to_string(), "<id>"))
    }
}

fn whose<'a>(people: &'a mut [Person], county: County, login: &str) -> &'a mut Person {
    let mut found = people.iter_mut().filter(|person| person.county.0 == county.0 && person.login == login);
    found.next().expect("somebody who signed in")
}

async fn applied(person: &mut Person, kind: &str, body: Value) {
    let outcome = person.speaker.gives(kind, body, None).await;
    assert_eq!(outcome.status, Status::Applied, "{kind} by {}: {:?}", person.name(), outcome.problem);
}

/// Gives each thing its work.
pub async fn plant(people: &mut [Person], things: &mut [Thing]) {
    for (n, thing) in (0..).zip(things.iter_mut()) {
        let county = thing.county;
        let mut work = Work {
            unit: county.unit(&format!("U{}", thing.township)).0,
            area_code: format!("{}{}000", county.0, thing.township),
            ..Work::absent()
        };
        report(whose(people, county, thing.author), thing, &mut work, n).await;
        hand_over(whose(people, county, "supervisor"), thing, &work, n).await;
        let team = whose(people, county, thing.team).speaker.tokens.account_id.0;
        seal(whose(people, county, thing.planner), thing, team, &work, n).await;
        work.plan_grant = Uuid::new_v5(&work.plan, format!("grant:{team}").as_bytes());
        work.notice = told(whose(people, county, thing.team), work.plan).await;
        employ(whose(people, county, "admin"), thing, &mut work, n).await;
        for (right, id) in
            [(Right::Plan, work.plan), (Right::OpenPlan, work.open_plan), (Right::Item, work.item)]
        {
            thing.marks.push((right, id.to_string()));
        }
        thing.work = work;
    }
    let noted = json!({
        "finding_id": Uuid::now_v7(), "source": "audit", "severity": "general", "text": "专款挪用",
    });
    let base = json!({ "rectification_id": BASE, "area_id": HERE.area("101"), "noted": [noted] });
    applied(whose(people, HERE, "supervisor"), "rectification.list", base).await;
}

/// A second report, whose finding goes on the ledger.
async fn report(author: &mut Person, thing: &mut Thing, work: &mut Work, n: u32) {
    let bytes = marked_photo(&mark("listed-photo", n));
    let mut report = visit(thing.county, &site(thing.township, "201", n));
    let mut found = finding(&mark("listed-finding", n));
    found.notes = Some(mark("listed-raw", n));
    let mut evidence = photo(&bytes, "image/jpeg");
    evidence.caption = Some(mark("listed-caption", n));
    found.evidence = vec![evidence.evidence_id];
    (work.listed, work.listed_sha) = (found.finding_id.0, evidence.sha256);
    report.notes = Some(mark("listed-notes", n));
    (report.findings, report.evidence) = (vec![found], vec![evidence]);
    applied(author, "inspection.submit", serde_json::to_value(&report).expect("JSON")).await;
    assert_eq!(author.speaker.upload(&bytes, "image/jpeg").await, StatusCode::NO_CONTENT);
    let preview = author.speaker.get(&format!("/v1/blobs/{}/preview", work.listed_sha)).await;
    assert_eq!(preview.status(), StatusCode::OK, "{}", thing.name);
    for what in ["listed-raw", "listed-notes"] {
        thing.marks.push((Right::Report, mark(what, n)));
    }
    // Which visit it was is not for the unit.
    thing.marks.push((Right::Report, report.inspection_id.to_string()));
    for what in ["listed-finding", "listed-caption", "listed-photo"] {
        thing.marks.push((Right::Listed, mark(what, n)));
    }
}

async fn hand_over(supervisor: &mut Person, thing: &mut Thing, work: &Work, n: u32) {
    let list = json!({ "rectification_id": work.item, "area_id": thing.area, "findings": [work.listed] });
    applied(supervisor, "rectification.list", list).await;
    let order = json!({
        "rectification_id": work.item, "unit_id": work.unit, "person": { "name": mark("person", n) },
        "requirement": mark("requirement", n), "due": { "working_days": 10 },
    });
    applied(supervisor, "rectification.hand_over", order).await;
    let said = json!({
        "rectification_id": work.item, "remark_id": Uuid::now_v7(), "text": mark("internal", n), "internal": true,
    });
    applied(supervisor, "rectification.comment", said).await;
    let marks = [(Right::Item, "person"), (Right::Item, "requirement"), (Right::Trail, "internal")];
    thing.marks.extend(marks.map(|(right, what)| (right, mark(what, n))));
}

async fn seal(planner: &mut Person, thing: &mut Thing, team: Uuid, work: &Work, n: u32) {
    let drawn = json!({ "drawn": { "areas": [thing.area], "kinds": ["household"], "count": 1 } });
    for (id, sites, what) in
        [(work.plan, json!({ "named": [thing.site] }), "sealed"), (work.open_plan, drawn, "unsealed")]
    {
        let plan = json!({
            "plan_id": id, "team": [team], "sites": sites, "orders": mark(what, n),
            "window": { "from": "2035-06-01T00:00:00Z", "to": "2035-06-10T00:00:00Z" },
            "checklists": [{ "checklist_id": household_checklist(thing.county), "version": 1 }],
        });
        applied(planner, "plan.seal", plan).await;
    }
    applied(planner, "plan.unseal", json!({ "plan_id": work.open_plan })).await;
    thing.marks.push((Right::Plan, mark("sealed", n)));
    thing.marks.push((Right::OpenPlan, mark("unsealed", n)));
}

/// What tells this person of that plan.
async fn told(person: &Person, plan: Uuid) -> Uuid {
    let held = person.speaker.holds().await;
    let of_plan = |(kind, _, body): &(Kind, u32, Value)| {
        *kind == Kind::Notice && body.to_string().contains(&plan.to_string())
    };
    held.iter().find(|(_, item)| of_plan(item)).expect("a notice of the plan").0.1
}

/// Somebody more in the unit, who inspects its township.
async fn employ(admin: &Person, thing: &mut Thing, work: &mut Work, n: u32) {
    let account = json!({
        "account_id": work.spare, "login": format!("spare-{n}"), "name": mark("spare", n), "unit_id": work.unit,
    });
    let asked = admin.speaker.request(Method::POST, "/v1/accounts").json(&account);
    assert_eq!(asked.send().await.expect("an answer").status(), StatusCode::CREATED);
    let role = json!({ "role": "inspector", "area_id": thing.area });
    let path = format!("/v1/accounts/{}/grants", work.spare);
    let answer = admin.speaker.request(Method::POST, &path).json(&role).send().await.expect("an answer");
    let held: Value = answer.json().await.expect("JSON");
    work.grant = held["grant_id"].as_str().and_then(|id| id.parse().ok()).expect("a grant");
    thing.marks.push((Right::Serving, mark("spare", n)));
}
