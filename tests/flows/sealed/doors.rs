//! The doors through which something is written: whatever an outsider, administrators among them, sends there about
//! people, places and problems that a sealed plan is about, the answer is the same as without the plan; and so is what
//! everybody reads afterwards. Every route that the description has, and that writes, is tried.

use std::collections::BTreeSet;

use anfang_protocol::sha::Sha;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, HERE, Known, Stage, answer, ask, commands};
use crate::harness::{Server, Speaker, chance::noise, given, ledger::query_text};

/// What an outsider may have got hold of besides.
struct Loot {
    /// Codes of the plan's sites.
    codes: Vec<String>,
    /// The grants over the plan.
    grants: Vec<String>,
    /// The team's device.
    device: String,
}

impl Loot {
    async fn of(server: &Server, known: &Known) -> Self {
        let list = async |query: &str| -> Vec<String> {
            let text = query_text(server, query).await;
            text.split_whitespace().map(str::to_owned).collect()
        };
        let sites: Vec<String> = known.sites.iter().map(|id| format!("'{id}'")).collect();
        let sites = format!(
            "SELECT string_agg(code, ' ' ORDER BY code) AS text FROM sites WHERE site_id IN ({})",
            sites.join(",")
        );
        let grants = "SELECT string_agg(grant_id::text, ' ') AS text FROM grants WHERE plan_id IS NOT NULL";
        let device = format!(
            "SELECT max(device_id::text) AS text FROM devices WHERE account_id = '{}' AND revoked_at IS NULL",
            known.team
        );
        let loot = Loot {
            codes: list(&sites).await,
            grants: list(grants).await,
            device: query_text(server, &device).await,
        };
        assert!(loot.codes.len() == known.sites.len() && loot.grants.len() > 1, "nothing to look for");
        loot
    }
}

enum Body {
    None,
    Json(Value),
    Bytes(&'static str, Vec<u8>),
}

struct Try {
    method: Method,
    /// As the description has it.
    door: &'static str,
    path: String,
    body: Body,
    headers: Vec<(&'static str, String)>,
}

fn at(method: Method, door: &'static str, place: &str, query: &str, body: Body) -> Try {
    let path = match door.split_once('{') {
        Some((before, rest)) => format!("{before}{place}{}{query}", rest.split_once('}').expect("a brace").1),
        None => format!("{door}{query}"),
    };
    Try { method, door, path, body, headers: Vec::new() }
}

/// Everything that this outsider tries, the harmless things first. The ids in it are made once, so that both servers get
/// the same words.
fn tries(name: &str, known: &Known, loot: &Loot) -> Vec<Try> {
    let (fresh, team) = (Uuid::now_v7(), known.team.to_string());
    let mut all = people(name, fresh, known, loot);
    all.extend(tables(name, known, loot));
    all.extend(files(known));
    let (post, delete) = (|| Method::POST, || Method::DELETE);
    let wrong = |login: &str| json!({ "jurisdiction": given::COUNTY, "login": login, "password": "not it", "code": "AAAA-BBBB" });
    // So few that nobody is told to wait: for how many seconds would depend on the moment.
    let guesses = ["admin", "inspector2", "other supervisor"].contains(&name);
    for login in ["inspector1", "supervisor", &known.plan.to_string()].iter().filter(|_| guesses) {
        all.push(at(post(), "/v1/sessions", "", "", Body::Json(wrong(login))));
        all.push(at(post(), "/v1/invitations", "", "", Body::Json(wrong(login))));
    }
    let junk = json!({ "refresh_token": known.plan, "proof": "a.b.c" });
    all.push(at(post(), "/v1/sessions/refresh", "", "", Body::Json(junk)));
    all.push(at(post(), "/v1/devices", "", "", Body::Json(json!({ "name": known.plan }))));
    let password = json!({ "old_password": "not it", "new_password": "正确的马 another" });
    all.push(at(post(), "/v1/password", "", "", Body::Json(password)));
    for id in [&known.plan.to_string(), &loot.device, &team] {
        all.push(at(delete(), "/v1/devices/{device_id}", id, "", Body::None));
    }
    all
}

/// Accounts, standing, invitations, grants.
fn people(name: &str, fresh: Uuid, known: &Known, loot: &Loot) -> Vec<Try> {
    const GRANTS: &str = "/v1/accounts/{account_id}/grants";
    const STANDING: &str = "/v1/accounts/{account_id}/standing";
    const INVITATION: &str = "/v1/accounts/{account_id}/invitation";
    let login = format!("fresh.{}", name.replace(' ', "."));
    let account = |id: Uuid, login: &str| json!({ "account_id": id, "login": login, "name": "新来的", "unit_id": null });
    let mut all = Vec::new();
    for body in
        [account(fresh, &login), account(known.plan, &format!("{login}.2")), account(fresh, "inspector1")]
    {
        all.push(at(Method::POST, "/v1/accounts", "", "", Body::Json(body)));
    }
    let over = |role: &str, area: Value, unit: Value, plan: Value| json!({ "role": role, "area_id": area, "unit_id": unit, "plan_id": plan });
    let none = Value::Null;
    let whose = [fresh.to_string(), known.team.to_string(), known.plan.to_string()];
    for id in &whose {
        for body in [
            over("inspector", json!(HERE.area("103")), none.clone(), none.clone()),
            over("inspector", json!(known.plan), none.clone(), none.clone()),
            over("inspector", none.clone(), json!(known.plan), none.clone()),
            over("inspector", none.clone(), none.clone(), json!(known.plan)),
            over("supervisor", json!(HERE.area("101")), none.clone(), json!(known.plan)),
        ] {
            all.push(at(Method::POST, GRANTS, id, "", Body::Json(body)));
        }
        all.push(at(Method::POST, INVITATION, id, "", Body::None));
    }
    for id in loot.grants.iter().chain([&known.plan.to_string()]) {
        all.push(at(Method::DELETE, "/v1/grants/{grant_id}", id, "", Body::None));
    }
    for id in &whose {
        for standing in ["disabled", "active"] {
            all.push(at(Method::PUT, STANDING, id, "", Body::Json(json!({ "standing": standing }))));
        }
    }
    all
}

/// Tables that name the plan's sites, as a rehearsal and in earnest.
fn tables(name: &str, known: &Known, loot: &Loot) -> Vec<Try> {
    let mut sites =
        String::from("code,name_zh,kind,area_code,latitude,longitude,radius_m,head,members,state\n");
    let mut problems = String::from("编号,区划代码,来源,严重程度,问题,点位编码\n");
    let area = format!("{}101201", given::COUNTY);
    for code in &loot.codes {
        let village = &code[4..7];
        let there = format!("{}101{village}", given::COUNTY);
        sites.push_str(&format!("{code},改了名的 {name},household,{there},34.0,104.0,200,张,4,not_lifted\n"));
        problems.push_str(&format!("{name} {code},{area},审计,较重,专款挪用,{code}\n"));
    }
    problems.push_str(&format!("{},{area},审计,较重,专款挪用,{}\n", known.plan, loot.codes[0]));
    let units = format!("code,name_zh,name_en,kind,area_code\nU{},新单位,,department,\n", known.plan);
    let areas = format!(
        "code,name_zh,name_en,level,parent_code\n{area},青石镇201村,,village,{}101000\n",
        given::COUNTY
    );
    let odd = || format!("{{\"plan_id\":\"{}\"}}", known.plan);
    let mut all = Vec::new();
    for query in ["?dry_run=true&file=a.csv", "?dry_run=false&file=a.csv"] {
        let csv = |text: &str| Body::Bytes("text/csv", text.as_bytes().to_vec());
        for (what, text) in [("sites", &sites), ("units", &units), ("areas", &areas)] {
            all.push(at(Method::POST, "/v1/imports/{what}", what, query, csv(text)));
        }
        for what in ["checklists", "calendar", "deadlines", "tiers", "plans"] {
            all.push(at(Method::POST, "/v1/imports/{what}", what, query, csv(&odd())));
        }
        all.push(at(Method::POST, "/v1/rectifications/import", "", query, csv(&problems)));
    }
    all
}

fn files(known: &Known) -> Vec<Try> {
    let (there, new) = (noise(5, 2000), noise(6, 900));
    let file =
        |bytes: &[u8]| json!({ "sha256": Sha::of(bytes), "size": bytes.len(), "media_type": "image/jpeg" });
    let of_plan = json!({ "sha256": Sha::of(known.plan.as_bytes()), "size": 16, "media_type": "image/jpeg" });
    let blobs = json!({ "blobs": [file(&there), file(&new), of_plan] });
    let mut all = vec![at(Method::POST, "/v1/blobs", "", "", Body::Json(blobs))];
    let mut tus = |mut one: Try, more: &[(&'static str, String)]| {
        one.headers = vec![("tus-resumable", "1.0.0".into())];
        one.headers.extend(more.iter().cloned());
        all.push(one);
    };
    let length = ("upload-length", "900".to_owned());
    tus(at(Method::POST, "/v1/uploads", "", "", Body::None), &[length]);
    const ONE: &str = "/v1/uploads/{upload_id}";
    let id = known.plan.to_string();
    let offset = ("upload-offset", "0".to_owned());
    let patch = Body::Bytes("application/offset+octet-stream", new);
    tus(at(Method::PATCH, ONE, &id, "", patch), &[offset]);
    tus(at(Method::HEAD, ONE, &id, "", Body::None), &[]);
    tus(at(Method::DELETE, ONE, &id, "", Body::None), &[]);
    let instead = ("x-http-method-override", "DELETE".to_owned());
    tus(at(Method::POST, ONE, &id, "", Body::None), &[instead]);
    all
}

async fn send(speaker: &Speaker, one: &Try) -> Answer {
    let mut request = speaker.request(one.method.clone(), &one.path);
    for (name, value) in &one.headers {
        request = request.header(*name, value);
    }
    let request = match &one.body {
        Body::None => request,
        Body::Json(body) => request.json(body),
        Body::Bytes(kind, bytes) => request.header("content-type", *kind).body(bytes.clone()),
    };
    let mut told = answer(request).await;
    told.body = blotted(&told.body);
    if let Some(place) = told.headers.get_mut("location") {
        *place = blotted(place);
    }
    told
}

/// Without ids, moments and codes that the server makes up anew each time: each by as many letters as it has.
fn blotted(text: &str) -> String {
    let mut told = timeless(text);
    for key in ["code", "grant_id", "upload_id"] {
        let mark = format!("\"{key}\":\"");
        let mut from = 0;
        while let Some(start) = told[from..].find(&mark).map(|at| from + at + mark.len()) {
            let end = start + told[start..].find('"').expect("the end of a text");
            // The codes of problems are words.
            let made_up = key != "code" || told[start..end].chars().any(|c| c.is_ascii_uppercase());
            let instead = if made_up { format!("<{}>", end - start) } else { told[start..end].to_owned() };
            told.replace_range(start..end, &instead);
            from = start + instead.len();
        }
    }
    // Where an upload goes has its id in the address.
    let mut from = 0;
    while let Some(start) = told[from..].find("/v1/uploads/").map(|at| from + at + 12) {
        let end = start
            + told[start..].find(|c: char| c != '-' && !c.is_ascii_hexdigit()).unwrap_or(told.len() - start);
        told.replace_range(start..end, "<id>");
        from = start;
    }
    told
}

/// Every door, by every outsider, at both servers; afterwards everybody reads again.
pub async fn same_at_every_door(stage: &mut Stage, servers: &[Server; 2]) {
    let loot = Loot::of(&servers[0], &stage.known).await;
    let known = &stage.known;
    let mut tried: BTreeSet<(String, String)> = BTreeSet::new();
    let mut kinds: BTreeSet<u16> = BTreeSet::new();
    for (name, speaker, cursor) in &mut stage.outsiders {
        let twins = [speaker.at(&servers[0]), speaker.at(&servers[1])];
        for one in tries(name, known, &loot) {
            let (a, b) = tokio::join!(send(&twins[0], &one), send(&twins[1], &one));
            assert_eq!(a, b, "{name}: {} {}", one.method, one.path);
            tried.insert((one.method.as_str().to_lowercase(), one.door.to_owned()));
            kinds.insert(a.status);
        }
        let more = json!({ "pull": false, "commands": about_the_plans_things(speaker, known) });
        let again = json!({ "pull": true, "digests": true, "limit_bytes": 1_000_000, "cursor": cursor });
        for body in [more, again] {
            let (a, b) = tokio::join!(
                ask(&twins[0], Method::POST, "/v1/sync", Some(&body)),
                ask(&twins[1], Method::POST, "/v1/sync", Some(&body)),
            );
            assert_eq!((a.status, timeless(&a.body)), (b.status, timeless(&b.body)), "{name}: {body}");
        }
    }
    for (name, speaker, _) in &stage.outsiders {
        let twins = [speaker.at(&servers[0]), speaker.at(&servers[1])];
        let leave = at(Method::DELETE, "/v1/sessions/current", "", "", Body::None);
        let (a, b) = tokio::join!(send(&twins[0], &leave), send(&twins[1], &leave));
        assert_eq!(a, b, "{name} leaves");
        tried.insert(("delete".into(), "/v1/sessions/current".into()));
    }
    assert!([200, 201, 204, 401, 404, 422].iter().all(|status| kinds.contains(status)), "{kinds:?}");
    every_writing_route_was_tried(&stage.outsiders[0].1.at(&servers[0]), &tried).await;
}

async fn every_writing_route_was_tried(speaker: &Speaker, tried: &BTreeSet<(String, String)>) {
    let description = speaker.get_json("/openapi.json").await;
    let mut missed = Vec::new();
    for (path, item) in description["paths"].as_object().expect("paths") {
        for method in ["post", "put", "patch", "delete"].iter().filter(|method| item.get(**method).is_some())
        {
            let synced = path == "/v1/sync";
            if !synced && !tried.contains(&((*method).to_owned(), path.clone())) {
                missed.push(format!("{method} {path}"));
            }
        }
    }
    assert!(missed.is_empty(), "doors that nobody tried: {missed:?}");
}

/// The ids of the plan, its sites and its team in every place of a command where an id may stand.
fn about_the_plans_things(speaker: &mut Speaker, known: &Known) -> Vec<Value> {
    let item = json!(Uuid::now_v7());
    let plan = json!(known.plan);
    let noted = |site: &Uuid| json!({ "finding_id": Uuid::now_v7(), "source": "audit", "severity": "general", "text": "丙", "site_id": site });
    let order = json!({ "rectification_id": known.item, "unit_id": HERE.unit("U101"), "requirement": "修",
        "person": { "name": "某", "account_id": known.team }, "due": { "working_days": 3 }, "reason": "换人" });
    let mut all = vec![
        speaker.command("inspection.void", json!({ "inspection_id": plan, "reason": "试探" })),
        speaker.command("inspection.ask", json!({ "inspection_id": plan, "text": "试探" })),
        speaker.command("rectification.cancel", json!({ "rectification_id": plan, "reason": "试探" })),
        speaker.command("rectification.reassign", order),
        speaker.command(
            "rectification.list",
            json!({ "rectification_id": plan, "area_id": HERE.area("101201"),
            "noted": [noted(&HERE.site("H101201-1").0)] }),
        ),
        speaker.command(
            "rectification.list",
            json!({ "rectification_id": item, "area_id": plan, "noted": [noted(&known.plan)] }),
        ),
        speaker.command(
            "rectification.assign_verifiers",
            json!({ "rectification_id": known.item, "group": plan, "accounts": [known.team] }),
        ),
    ];
    for site in &known.sites {
        let list = json!({ "rectification_id": Uuid::now_v7(), "area_id": HERE.area("101201"), "noted": [noted(site)] });
        all.push(speaker.command("rectification.list", list));
    }
    // A plan that another wants to seal over the same things, and under the same id.
    all.extend(commands(speaker, known));
    all.push(
        speaker.command(
            "plan.seal",
            super::plan(known.plan, &[&json!(known.team)], super::households("101", 2)),
        ),
    );
    all
}

/// Without the moments at which either server wrote something down.
fn timeless(body: &str) -> String {
    let is_moment = |part: &&str| part.parse::<chrono::DateTime<chrono::Utc>>().is_ok();
    body.split('"').map(|part| if is_moment(&part) { "then" } else { part }).collect::<Vec<_>>().join("\"")
}
