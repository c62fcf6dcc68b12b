//! Every route of the server, with how to ask it for something of somebody's.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    outside::outside,
    things::{Right, Thing},
    work_table,
};
use crate::harness::reports::morning;

/// Who gets past the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    Public,
    /// Not in the description; the same for everybody, signed in or not.
    Outside,
    /// An access token of an enrolled device.
    Signed,
    /// An access token without a device, which is good for enrolling one.
    Enrolling,
}

/// One request.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub json: Option<Value>,
    pub body: Option<Vec<u8>>,
    /// The answer never ends: only its beginning is read.
    pub endless: bool,
}

impl Ask {
    pub fn at(path: impl Into<String>) -> Self {
        Ask { path: path.into(), ..Ask::default() }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn json(mut self, value: Value) -> Self {
        self.json = Some(value);
        self
    }

    fn body(mut self, bytes: &[u8]) -> Self {
        self.body = Some(bytes.to_vec());
        self
    }
}

/// A way to ask a route.
pub struct Probe {
    /// What is special about it; empty for the plain way.
    pub how: &'static str,
    /// The right that it takes, and what one with the right is answered; none: it names nothing of anybody's.
    pub right: Option<Right>,
    /// For those only who hold this; for others there is nothing at the address.
    pub only: Option<Right>,
    /// Status and code, as [`super::cell`] writes them.
    pub granted: &'static str,
    pub ask: fn(&Thing) -> Ask,
}

pub struct Route {
    pub method: Method,
    /// As the description spells it.
    pub path: &'static str,
    pub door: Door,
    pub probes: Vec<Probe>,
}

impl Route {
    pub fn to(
        mut self,
        how: &'static str,
        right: Right,
        granted: &'static str,
        ask: fn(&Thing) -> Ask,
    ) -> Self {
        self.probes.push(Probe { how, right: Some(right), only: None, granted, ask });
        self
    }

    /// It names nothing of anybody's.
    pub fn plain(mut self, granted: &'static str, ask: fn(&Thing) -> Ask) -> Self {
        self.probes.push(Probe { how: "", right: None, only: None, granted, ask });
        self
    }

    /// It names nothing of anybody's, and is for those only who hold a right.
    fn for_those(mut self, right: Right, granted: &'static str, ask: fn(&Thing) -> Ask) -> Self {
        self.probes.push(Probe { how: "", right: None, only: Some(right), granted, ask });
        self
    }
}

pub fn route(method: &str, path: &'static str, door: Door) -> Route {
    Route { method: method.parse().expect("a method"), path, door, probes: Vec::new() }
}

/// All routes, in the order they are asked: what ends the asker's own sign-in comes last.
pub fn table() -> Vec<Route> {
    let work = [work_table::ledger(), work_table::plans(), vec![sync()]];
    [outside(), public(), people(), office(), files(), uploads(), reference(), reports()]
        .into_iter()
        .chain(work)
        .chain([vec![events(), sign_out()]])
        .flatten()
        .collect()
}

fn public() -> Vec<Route> {
    use Door::Public;
    vec![
        route("GET", "/healthz", Public).plain("200", |_| Ask::at("/healthz")),
        route("GET", "/readyz", Public).plain("200", |_| Ask::at("/readyz")),
        // Open to callers on this machine, as tests are; the door is on the address.
        route("GET", "/metrics", Public).plain("200", |_| Ask::at("/metrics")),
        route("GET", "/v1/capabilities", Public).plain("200", |_| Ask::at("/v1/capabilities")),
        route("POST", "/v1/sessions", Public).plain("401 credentials_wrong", |_| {
            let wrong =
                json!({ "jurisdiction": "990100", "login": "supervisor", "password": "not this one" });
            Ask::at("/v1/sessions").json(wrong)
        }),
        route("POST", "/v1/sessions/refresh", Public).plain("401 token_invalid", |_| {
            Ask::at("/v1/sessions/refresh").json(json!({ "refresh_token": "nothing", "proof": "a.b.c" }))
        }),
        route("POST", "/v1/invitations", Public).plain("401 credentials_wrong", |_| {
            let wrong = json!({ "jurisdiction": "990100", "login": "nobody", "code": "0000-0000-0000", "password": "正确的马 battery" });
            Ask::at("/v1/invitations").json(wrong)
        }),
        route("OPTIONS", "/v1/uploads", Public).plain("204", |_| Ask::at("/v1/uploads")),
        route("OPTIONS", "/v1/uploads/{upload_id}", Public)
            .plain("204", |t| Ask::at(format!("/v1/uploads/{}", t.upload))),
    ]
}

fn people() -> Vec<Route> {
    use Door::{Enrolling, Signed};
    vec![
        route("GET", "/v1/me", Signed).plain("200", |_| Ask::at("/v1/me")),
        route("POST", "/v1/password", Signed).plain("401 credentials_wrong", |_| {
            let wrong = json!({ "old_password": "not this one", "new_password": "正确的马 battery" });
            Ask::at("/v1/password").json(wrong)
        }),
        route("POST", "/v1/devices", Enrolling).plain("401 token_invalid", |_| {
            let body =
                json!({ "name": "x", "platform": "x", "protocol": 1, "public_key": {}, "proof": "a.b.c" });
            Ask::at("/v1/devices").json(body)
        }),
        route("GET", "/v1/devices", Signed)
            .to("of an account", Right::Device, "200", |t| {
                Ask::at(format!("/v1/devices?account_id={}", t.account))
            })
            .plain("200", |_| Ask::at("/v1/devices")),
        route("DELETE", "/v1/devices/{device_id}", Signed)
            .to("", Right::Device, "204", |t| Ask::at(format!("/v1/devices/{}", t.device))),
    ]
}

/// With what cannot be right where it would change what others are asked for.
fn office() -> Vec<Route> {
    use Door::Signed;
    vec![
        route("GET", "/v1/accounts", Signed)
            .to("of a unit", Right::Office, "200", |t| {
                Ask::at(format!("/v1/accounts?unit_id={}", t.work.unit))
            })
            .for_those(Right::Office, "200", |_| Ask::at("/v1/accounts?limit=200")),
        route("POST", "/v1/accounts", Signed).for_those(Right::Office, "422 text_invalid", |t| {
            Ask::at("/v1/accounts").json(json!({ "account_id": t.account, "login": "", "name": "x" }))
        }),
        route("PUT", "/v1/accounts/{account_id}/standing", Signed)
            .to("", Right::Office, "204", |t| {
                let path = format!("/v1/accounts/{}/standing", t.work.spare);
                Ask::at(path).json(json!({ "standing": "active" }))
            })
            .for_those(Right::Office, "422 request_invalid", |t| {
                Ask::at(format!("/v1/accounts/{}/standing", t.account)).json(json!({ "standing": "gone" }))
            }),
        route("POST", "/v1/accounts/{account_id}/invitation", Signed)
            .to("", Right::Office, "201", |t| Ask::at(format!("/v1/accounts/{}/invitation", t.work.spare))),
        route("POST", "/v1/accounts/{account_id}/grants", Signed)
            .to("", Right::Office, "200", |t| {
                let role = json!({ "role": "auditor", "unit_id": t.work.unit });
                Ask::at(format!("/v1/accounts/{}/grants", t.work.spare)).json(role)
            })
            // Who may do this administers the county, and reads no more for administering a part of it.
            .to("over an area", Right::Office, "200", |t| {
                let role = json!({ "role": "administrator", "area_id": t.area });
                Ask::at("/v1/accounts/<me>/grants").json(role)
            })
            .to("over a unit", Right::Office, "200", |t| {
                let role = json!({ "role": "administrator", "unit_id": t.work.unit });
                Ask::at("/v1/accounts/<me>/grants").json(role)
            })
            .for_those(Right::Office, "422 request_invalid", |t| {
                Ask::at(format!("/v1/accounts/{}/grants", t.account)).json(json!({ "role": "king" }))
            }),
        route("DELETE", "/v1/grants/{grant_id}", Signed)
            .to("", Right::Office, "204", |t| Ask::at(format!("/v1/grants/{}", t.work.grant)))
            .to("over a sealed plan", Right::Nobody, "404", |t| {
                Ask::at(format!("/v1/grants/{}", t.work.plan_grant))
            }),
        route("POST", "/v1/imports/{what}", Signed).for_those(Right::Office, "200", |_| Ask {
            body: Some("code,name\n".into()),
            ..Ask::at("/v1/imports/sites?dry_run=true&file=sites.csv")
        }),
        route("GET", "/v1/ledger/verification", Signed)
            .for_those(Right::Oversight, "200", |_| Ask::at("/v1/ledger/verification")),
    ]
}

fn files() -> Vec<Route> {
    use Door::Signed;
    vec![
        route("POST", "/v1/blobs", Signed).to("", Right::Report, "200 have", |t| {
            let declared = json!({ "sha256": t.sha, "size": t.photo_bytes, "media_type": "image/jpeg" });
            Ask::at("/v1/blobs").json(json!({ "blobs": [declared] }))
        }),
        route("GET", "/v1/blobs/{sha256}", Signed)
            .to("", Right::Report, "200", |t| Ask::at(format!("/v1/blobs/{}", t.sha)))
            .to("a range", Right::Report, "206", |t| {
                Ask::at(format!("/v1/blobs/{}", t.sha)).with("range", "bytes=0-9")
            })
            .to("a range outside", Right::Report, "416 range_invalid", |t| {
                Ask::at(format!("/v1/blobs/{}", t.sha)).with("range", "bytes=9999999-")
            })
            .to("if none match", Right::Report, "304", |t| {
                Ask::at(format!("/v1/blobs/{}", t.sha)).with("if-none-match", "*")
            })
            .to("of an item", Right::Listed, "200", |t| Ask::at(format!("/v1/blobs/{}", t.work.listed_sha))),
        route("HEAD", "/v1/blobs/{sha256}", Signed)
            .to("", Right::Report, "200", |t| Ask::at(format!("/v1/blobs/{}", t.sha))),
        route("GET", "/v1/blobs/{sha256}/preview", Signed)
            .to("320", Right::Report, "200", |t| Ask::at(format!("/v1/blobs/{}/preview", t.sha)))
            .to("1280", Right::Report, "200", |t| Ask::at(format!("/v1/blobs/{}/preview?edge=1280", t.sha)))
            .to("no such size", Right::Report, "422 request_invalid", |t| {
                Ask::at(format!("/v1/blobs/{}/preview?edge=7", t.sha))
            })
            .to("of an item", Right::Listed, "200", |t| {
                Ask::at(format!("/v1/blobs/{}/preview", t.work.listed_sha))
            }),
        route("GET", "/v1/blobs/{sha256}/metadata", Signed)
            .to("", Right::Report, "200", |t| Ask::at(format!("/v1/blobs/{}/metadata", t.sha)))
            .to("of an item", Right::Listed, "200", |t| {
                Ask::at(format!("/v1/blobs/{}/metadata", t.work.listed_sha))
            }),
    ]
}

fn uploads() -> Vec<Route> {
    use Door::Signed;
    fn upload(id: Uuid) -> Ask {
        Ask::at(format!("/v1/uploads/{id}")).with("tus-resumable", "1.0.0")
    }
    /// At an offset where no upload stands: nothing is changed by it.
    fn part(id: Uuid) -> Ask {
        upload(id)
            .with("upload-offset", "7")
            .with("content-type", "application/offset+octet-stream")
            .body(b"seven..")
    }
    vec![
        route("POST", "/v1/uploads", Signed).to("naming a hash", Right::Report, "201 whole", |t| {
            use base64::{Engine, engine::general_purpose::STANDARD};
            Ask::at("/v1/uploads")
                .with("tus-resumable", "1.0.0")
                .with("upload-length", t.photo_bytes.to_string())
                .with("upload-metadata", format!("sha256 {}", STANDARD.encode(t.sha.to_string())))
        }),
        route("HEAD", "/v1/uploads/{upload_id}", Signed)
            .to("", Right::Upload, "200 offset 0", |t| upload(t.upload)),
        route("PATCH", "/v1/uploads/{upload_id}", Signed)
            .to("", Right::Upload, "409 offset_wrong", |t| part(t.upload)),
        route("POST", "/v1/uploads/{upload_id}", Signed)
            .to("as HEAD", Right::Upload, "200 offset 0", |t| {
                upload(t.upload).with("x-http-method-override", "HEAD")
            })
            .to("as PATCH", Right::Upload, "409 offset_wrong", |t| {
                part(t.upload).with("x-http-method-override", "PATCH")
            }),
        route("DELETE", "/v1/uploads/{upload_id}", Signed)
            .to("", Right::Upload, "204", |t| upload(t.upload_to_drop)),
    ]
}

fn reference() -> Vec<Route> {
    use Door::Signed;
    vec![
        route("GET", "/v1/areas", Signed).plain("200", |_| Ask::at("/v1/areas")),
        route("GET", "/v1/areas/{id}/boundary", Signed)
            .to("", Right::County, "200", |t| Ask::at(format!("/v1/areas/{}/boundary", t.area)))
            .to("if none match", Right::County, "200", |t| {
                Ask::at(format!("/v1/areas/{}/boundary", t.area)).with("if-none-match", "\"x\"")
            }),
        route("GET", "/v1/units", Signed).plain("200", |_| Ask::at("/v1/units")),
        route("GET", "/v1/people", Signed)
            .to("of a unit", Right::Serving, "200", |t| {
                Ask::at(format!("/v1/people?unit_id={}&role=auditor", t.work.unit))
            })
            .plain("200", |_| Ask::at("/v1/people"))
            .plain("200", |_| Ask::at(format!("/v1/people?unit_id={}&after={}x", Uuid::nil(), Uuid::nil()))),
        route("GET", "/v1/terms", Signed).plain("200", |_| Ask::at("/v1/terms")),
        route("GET", "/v1/checklists", Signed).plain("200", |_| Ask::at("/v1/checklists")),
        route("GET", "/v1/checklists/{id}/versions/{version}", Signed)
            .to("", Right::County, "200", |t| Ask::at(format!("/v1/checklists/{}/versions/1", t.checklist))),
        route("GET", "/v1/sites", Signed)
            .to("in an area", Right::Site, "200", |t| Ask::at(format!("/v1/sites?area_id={}", t.area)))
            .plain("200", |_| Ask::at("/v1/sites?limit=1000")),
        route("GET", "/v1/sites/{id}", Signed)
            .to("", Right::Site, "200", |t| Ask::at(format!("/v1/sites/{}", t.site))),
    ]
}

/// A push of one command, without a pull.
pub fn command(kind: &str, body: Value) -> Ask {
    let command =
        json!({ "n": 1, "id": Uuid::now_v7(), "type": kind, "at": "2026-11-21T08:00:00Z", "body": body });
    Ask::at("/v1/sync").json(json!({ "pull": false, "commands": [command] }))
}

fn reports() -> Vec<Route> {
    use Door::Signed;
    vec![
        route("GET", "/v1/inspections", Signed)
            .to("of a site", Right::Report, "200", |t| Ask::at(format!("/v1/inspections?site_id={}", t.site)))
            .plain("200", |_| Ask::at("/v1/inspections?limit=200")),
        route("GET", "/v1/inspections/{id}", Signed)
            .to("", Right::Report, "200", |t| Ask::at(format!("/v1/inspections/{}", t.inspection))),
    ]
}

fn sync() -> Route {
    // With what cannot be right, so that the one who may is refused only after it was seen that he may.
    let sync = route("POST", "/v1/sync", Door::Signed)
        .to("amend", Right::Author, "200 rejected text_invalid", |t| {
            command("inspection.amend", json!({ "inspection_id": t.inspection, "reason": "" }))
        })
        .to("void", Right::Void, "200 rejected text_invalid", |t| {
            command("inspection.void", json!({ "inspection_id": t.inspection, "reason": "" }))
        })
        .to("ask", Right::Oversee, "200 rejected text_invalid", |t| {
            let asked = json!({ "inspection_id": t.inspection, "question_id": Uuid::now_v7(), "text": "" });
            command("inspection.ask", asked)
        })
        .to("submit", Right::Inspect, "200 rejected times_impossible", |t| {
            let presence = |at| json!({ "at": at, "no_position": "屋内" });
            let report = json!({
                "inspection_id": Uuid::now_v7(), "site_id": t.site,
                "arrival": presence(morning()), "departure": presence(morning() - chrono::Duration::hours(1)),
            });
            command("inspection.submit", report)
        })
        .to("a channel again", Right::Site, "200 put", |t| again(format!("sites:{}", t.area)))
        .to("the area's channel again", Right::Trail, "200 put", |t| again(format!("area:{}", t.area)))
        .to("the unit's channel again", Right::Unit, "200 put", |t| again(format!("unit:{}", t.work.unit)))
        .to("the plan's channel again", Right::Plan, "200 put", |t| again(format!("plan:{}", t.work.plan)))
        .to("a person's channel again", Right::Author, "200 put", |t| again(format!("person:{}", t.account)))
        .plain("200 put", |_| Ask::at("/v1/sync").json(json!({ "limit_bytes": 1_000_000 })));
    work_table::commands(sync)
}

/// Who may not read the channel is told to drop it, as one that there never was.
fn again(channel: String) -> Ask {
    Ask::at("/v1/sync").json(json!({ "resync": [channel], "limit_bytes": 1_000_000, "cursor": "<cursor>" }))
}

fn events() -> Route {
    route("GET", "/v1/sync/events", Door::Signed)
        .plain("200", |_| Ask { endless: true, ..Ask::at("/v1/sync/events") })
}

fn sign_out() -> Route {
    route("DELETE", "/v1/sessions/current", Door::Signed).plain("204", |_| Ask::at("/v1/sessions/current"))
}
