//! The routes of the ledger and of plans, and the commands about them.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    table::{Ask, Door, Route, command, route},
    things::Right,
    work::BASE,
};
use crate::harness::reports::morning;

const EMPTY_TEXT: &str = "200 rejected text_invalid";

pub fn ledger() -> Vec<Route> {
    use Door::Signed;
    vec![
        route("GET", "/v1/rectifications", Signed)
            .to("in an area", Right::Item, "200", |t| {
                Ask::at(format!("/v1/rectifications?area_id={}", t.area))
            })
            .to("of a site", Right::Item, "200", |t| {
                Ask::at(format!("/v1/rectifications?site_id={}", t.site))
            })
            .plain("200", |_| Ask::at("/v1/rectifications?limit=200")),
        route("GET", "/v1/rectifications/counts", Signed)
            .to("in an area", Right::Item, "200", |t| {
                Ask::at(format!("/v1/rectifications/counts?by=severity&area_id={}", t.area))
            })
            .plain("200", |_| Ask::at("/v1/rectifications/counts?by=unit")),
        route("POST", "/v1/rectifications/import", Signed)
            .to("into an area", Right::Oversee, "200", |t| Ask {
                body: Some(
                    format!("code,area_code,source,severity,text\n1,{},audit,general,x\n", t.work.area_code)
                        .into(),
                ),
                ..Ask::at("/v1/rectifications/import?dry_run=true")
            })
            .plain("200", |_| Ask {
                body: Some("code,area_code,source,severity,text\n".into()),
                ..Ask::at("/v1/rectifications/import?dry_run=true")
            }),
        route("GET", "/v1/rectifications/export", Signed)
            .to("of an area", Right::Item, "200", |t| {
                Ask::at(format!("/v1/rectifications/export?format=csv&area_id={}", t.area))
            })
            .plain("200", |_| Ask::at("/v1/rectifications/export?format=csv")),
        route("GET", "/v1/rectifications/{id}/trail", Signed)
            .to("", Right::Trail, "200", |t| Ask::at(format!("/v1/rectifications/{}/trail", t.work.item))),
        route("GET", "/v1/relapses", Signed).plain("200", |_| Ask::at("/v1/relapses?by=group")),
        route("GET", "/v1/reconciliation", Signed)
            .plain("200", |_| Ask::at("/v1/reconciliation?from=2026-11-01&to=2026-11-30")),
    ]
}

pub fn plans() -> Vec<Route> {
    use Door::Signed;
    vec![
        route("GET", "/v1/plans", Signed).plain("200", |_| Ask::at("/v1/plans?limit=200")),
        route("GET", "/v1/plans/{id}", Signed)
            .to("sealed", Right::Plan, "200", |t| Ask::at(format!("/v1/plans/{}", t.work.plan)))
            .to("unsealed", Right::OpenPlan, "200", |t| Ask::at(format!("/v1/plans/{}", t.work.open_plan))),
        route("GET", "/v1/plans/{id}/draw", Signed)
            .to("sealed", Right::Nobody, "404", |t| Ask::at(format!("/v1/plans/{}/draw", t.work.plan)))
            .to("unsealed", Right::OpenPlan, "200", |t| {
                Ask::at(format!("/v1/plans/{}/draw", t.work.open_plan))
            }),
    ]
}

/// A command about an item, given upon the revision that it was planted with.
fn about(item: Uuid, kind: &str, more: Value) -> Ask {
    let mut body = json!({ "rectification_id": item });
    let (Value::Object(all), Value::Object(more)) = (&mut body, more) else { panic!("an object") };
    all.extend(more);
    let mut ask = command(&format!("rectification.{kind}"), body);
    if let Some(json) = &mut ask.json {
        json["commands"][0]["base_rev"] = "3".into();
    }
    ask
}

fn remark() -> Value {
    json!({ "remark_id": Uuid::now_v7(), "text": "" })
}

/// Commands with what cannot be right, so that the one who may is refused only after it was seen that he may.
pub fn commands(sync: Route) -> Route {
    of_plans(of_items(sync))
}

fn of_items(sync: Route) -> Route {
    sync.to("list", Right::Oversee, "200 rejected finding_listed", |t| {
        about(Uuid::now_v7(), "list", json!({ "area_id": t.area, "findings": [t.work.listed] }))
    })
    .to("add a finding of", Right::Gather, "200 rejected finding_listed", |t| {
        about(BASE, "add_finding", json!({ "findings": [t.work.listed] }))
    })
    .to("join with", Right::Gather, "200 rejected join_unsuitable", |t| {
        about(BASE, "join", json!({ "other_id": t.work.item, "reason": "同一户" }))
    })
    .to("set the severity", Right::Oversee, EMPTY_TEXT, |t| {
        about(t.work.item, "set_severity", json!({ "severity": "grave", "reason": "" }))
    })
    .to("suspend", Right::Oversee, EMPTY_TEXT, |t| {
        about(t.work.item, "suspend", json!({ "reason": "", "review_on": "2035-01-01" }))
    })
    .to("cancel", Right::Oversee, EMPTY_TEXT, |t| about(t.work.item, "cancel", json!({ "reason": "" })))
    .to("approve a step", Right::Oversee, "200 rejected no_draft", |t| {
        about(t.work.item, "approve_step", json!({ "rung": "summon" }))
    })
    .to("decline", Right::Unit, EMPTY_TEXT, |t| about(t.work.item, "decline", json!({ "reason": "" })))
    .to("report", Right::Unit, "200 rejected not_acknowledged", |t| {
        about(t.work.item, "report", json!({ "text": "" }))
    })
    .to("accept", Right::Verify, "200 rejected not_answered", |t| {
        about(t.work.item, "accept", json!({ "method": "photo" }))
    })
    .to("comment", Right::Remark, EMPTY_TEXT, |t| about(t.work.item, "comment", remark()))
    .to("instruct", Right::Instruct, EMPTY_TEXT, |t| about(t.work.item, "instruct", remark()))
    .to("remind", Right::Nobody, "", |t| about(t.work.item, "remind", json!({ "colour": "red" })))
    .to("read a notice", Right::Team, "200 applied", |t| {
        command("notice.read", json!({ "notice_id": t.work.notice }))
    })
}

fn of_plans(sync: Route) -> Route {
    sync.to("seal", Right::Oversee, "200 rejected plan_invalid", |t| {
        // The site is named twice.
        let plan = json!({
            "plan_id": Uuid::now_v7(), "team": ["<me>"], "sites": { "named": [t.site, t.site] },
            "window": { "from": "2035-06-01T00:00:00Z", "to": "2035-06-10T00:00:00Z" },
            "checklists": [{ "checklist_id": "<checklist>", "version": 1 }],
        });
        command("plan.seal", plan)
    })
    .to("draw of an area", Right::Oversee, "200 rejected plan_invalid", |t| {
        // Of workshops, where there are none.
        let plan = json!({
            "plan_id": Uuid::now_v7(), "team": ["<me>"],
            "sites": { "drawn": { "areas": [t.area], "kinds": ["workshop"], "count": 1 } },
            "window": { "from": "2035-06-01T00:00:00Z", "to": "2035-06-10T00:00:00Z" },
            "checklists": [{ "checklist_id": "<checklist>", "version": 1 }],
        });
        command("plan.seal", plan)
    })
    .to("withdraw", Right::Planner, "200 rejected text_invalid", |t| {
        command("plan.withdraw", json!({ "plan_id": t.work.plan, "reason": "" }))
    })
    .to("unseal again", Right::Planner, "200 rejected plan_over", |t| {
        command("plan.unseal", json!({ "plan_id": t.work.open_plan }))
    })
    .to("submit under a plan", Right::Plan, "200 rejected times_impossible", |t| under(t.site, t.work.plan))
    .to("submit under no plan", Right::Nobody, "", |t| under(t.site, Uuid::now_v7()))
}

/// A report that ends before it begins.
fn under(site: Uuid, plan: Uuid) -> Ask {
    let presence = |at| json!({ "at": at, "no_position": "屋内" });
    let report = json!({
        "inspection_id": Uuid::now_v7(), "site_id": site, "plan_id": plan,
        "arrival": presence(morning()), "departure": presence(morning() - chrono::Duration::hours(1)),
    });
    command("inspection.submit", report)
}
