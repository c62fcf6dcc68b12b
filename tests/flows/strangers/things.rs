//! What may leak: things of several people, townships and counties, each with marks that no stranger may ever read.

use anfang_protocol::sha::Sha;
use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use super::work::{self, Work};
use crate::harness::{
    County, Server, Speaker,
    ask::Asker,
    device::DeviceKey,
    given,
    reports::{finding, household_checklist, photo, site, visit},
};

pub const HERE: County = County(given::COUNTY);
pub const THERE: County = County(given::OTHER_COUNTY);

/// Everybody of a given county.
pub const LOGINS: [&str; 11] = [
    "inspector1",
    "inspector2",
    "inspector",
    "supervisor",
    "supervisor1",
    "verifier",
    "leader",
    "resident",
    "officer",
    "auditor",
    "admin",
];

/// Whose right it is, by what is asked. Written by hand from the domain, not from the code's own table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// To read a report and its files: its author, and those who oversee its township.
    Report,
    /// To amend a report: its author.
    Author,
    /// To void a report: its author, and supervisors of its township.
    Void,
    /// To ask a report's author back: supervisors of its township.
    Oversee,
    /// To report on a site: those who inspect in its township.
    Inspect,
    /// To read a site: everybody with a role in its township.
    Site,
    /// To go on with an upload: who began it.
    Upload,
    /// To see and revoke a device: its owner, and administrators.
    Device,
    /// To read reference data: everybody of the county.
    County,
    /// To keep accounts and reference data: administrators of the whole county.
    Office,
    /// To know whether the ledger is whole.
    Oversight,
    /// To read an item of the ledger: those who oversee its township, and the unit it is handed over to.
    Item,
    /// To read the finding under an item, and its photo: as the report, and the unit.
    Listed,
    /// To read what happened to an item: those who oversee its township, for it names the inspectors.
    Trail,
    /// To decline an item: the unit it is with.
    Unit,
    /// To accept an answer: verifiers.
    Verify,
    /// To remark on an item: those who oversee its township, save auditors, and the unit.
    Remark,
    /// To instruct: leaders.
    Instruct,
    /// To bring together with the item [`super::work::BASE`]: supervisors of both townships.
    Gather,
    /// To read the notice of a sealed plan: the team.
    Team,
    /// To know of a sealed plan: who sealed it, and the team.
    Plan,
    /// To unseal or withdraw a plan: who sealed it.
    Planner,
    /// To read an unsealed plan: who sealed it, the team, and those who oversee its township.
    OpenPlan,
    /// To read who serves in a township: those who oversee it, and administrators.
    Serving,
    /// What is nobody's to see.
    Nobody,
}

/// Somebody who asks.
pub struct Person {
    pub county: County,
    pub login: &'static str,
    pub speaker: Speaker,
}

impl Person {
    pub fn name(&self) -> String {
        if self.county.0 == HERE.0 { self.login.to_owned() } else { format!("other {}", self.login) }
    }

    /// A right that is over nothing in particular.
    pub fn holds(&self, right: Right) -> bool {
        match right {
            Right::Office => self.login == "admin",
            Right::Oversight => {
                ["supervisor", "supervisor1", "leader", "auditor", "admin"].contains(&self.login)
            }
            _ => false,
        }
    }

    pub fn has(&self, right: Right, to: &Thing) -> bool {
        let among = |logins: &[&str]| logins.contains(&self.login);
        let wide = |logins: &[&str], in_101: &[&str], in_102: &[&str]| {
            among(logins) || to.township == "101" && among(in_101) || to.township == "102" && among(in_102)
        };
        let author = self.login == to.author;
        let unit = self.login == "officer" && to.township == "101";
        let reads = wide(&["supervisor", "verifier", "leader", "auditor"], &["supervisor1"], &[]);
        let planned = self.login == to.team || self.login == to.planner;
        self.county.0 == to.county.0
            && match right {
                Right::Report => author || reads,
                Right::Author | Right::Upload => author,
                Right::Void => author || wide(&["supervisor"], &["supervisor1"], &[]),
                Right::Oversee => wide(&["supervisor"], &["supervisor1"], &[]),
                Right::Inspect => wide(
                    &["inspector", "supervisor", "verifier"],
                    &["inspector1", "supervisor1", "resident"],
                    &["inspector2"],
                ),
                Right::Site => wide(
                    &["inspector", "supervisor", "verifier", "leader", "auditor", "admin"],
                    &["inspector1", "supervisor1", "resident", "officer"],
                    &["inspector2"],
                ),
                Right::Device => author || self.login == "admin",
                Right::County => true,
                Right::Office | Right::Oversight => self.holds(right),
                Right::Item => reads || unit,
                Right::Listed => author || reads || unit,
                Right::Trail => reads,
                Right::Unit => unit,
                Right::Verify => among(&["verifier"]),
                Right::Remark => wide(&["supervisor", "verifier", "leader"], &["supervisor1"], &[]) || unit,
                Right::Instruct => among(&["leader"]),
                Right::Gather => to.county.0 == HERE.0 && self.has(Right::Oversee, to),
                Right::Team => self.login == to.team,
                Right::Plan => planned,
                Right::Planner => self.login == to.planner,
                Right::OpenPlan => planned || reads,
                Right::Serving => reads || among(&["admin"]),
                Right::Nobody => false,
            }
    }
}

/// Somebody's report with all that belongs to it; or, as `absent`, names that nothing has.
pub struct Thing {
    pub name: &'static str,
    pub county: County,
    pub township: &'static str,
    pub author: &'static str,
    /// Who sealed its plans: for one of the things not the supervisor of the whole county.
    pub planner: &'static str,
    /// Who carries them out. Of resident teams nobody does.
    pub team: &'static str,
    pub inspection: Uuid,
    pub site: Uuid,
    pub area: Uuid,
    pub checklist: Uuid,
    pub sha: Sha,
    pub photo_bytes: usize,
    pub upload: Uuid,
    pub upload_to_drop: Uuid,
    pub device: Uuid,
    pub account: Uuid,
    pub work: Work,
    /// Texts that only those with the right may read.
    pub marks: Vec<(Right, String)>,
}

impl Thing {
    /// Names that nothing has; `photo_bytes` is a length to declare.
    pub fn absent(photo_bytes: usize) -> Self {
        let id = Uuid::now_v7;
        Thing {
            name: "absent",
            county: HERE,
            township: "",
            author: "",
            planner: "",
            team: "",
            inspection: id(),
            site: id(),
            area: id(),
            checklist: id(),
            sha: Sha::of(id().as_bytes()),
            photo_bytes,
            upload: id(),
            upload_to_drop: id(),
            device: id(),
            account: id(),
            work: Work::absent(),
            marks: Vec::new(),
        }
    }

    /// The text with all names of this thing made equal, so that answers about two things compare.
    pub fn nameless(&self, text: &str) -> String {
        let ids = [
            self.inspection,
            self.site,
            self.area,
            self.checklist,
            self.upload,
            self.upload_to_drop,
            self.device,
            self.account,
        ];
        let text = text.replace(&self.sha.to_string(), "<sha>");
        let text = self.work.nameless(&text);
        ids.iter().fold(text, |text, id| text.replace(&id.to_string(), "<id>"))
    }
}

/// A JPEG with a remark in it; all remarks of one length give files of one length.
pub fn marked_photo(remark: &str) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([(x * 4) as u8, (y * 5) as u8, 90]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Jpeg).expect("a JPEG");
    let plain = bytes.into_inner();
    let length = u16::try_from(remark.len() + 2).expect("a short remark").to_be_bytes();
    [&plain[..2], &[0xff, 0xfe], &length, remark.as_bytes(), &plain[2..]].concat()
}

/// A client that keeps no idle connection: one that the server is about to close would lose a request.
pub fn unhurried() -> reqwest::Client {
    reqwest::Client::builder().pool_max_idle_per_host(0).build().expect("a client")
}

/// Signs everybody of both counties in.
pub async fn everybody(server: &Server) -> Vec<Person> {
    let all = [HERE, THERE].into_iter().flat_map(|county| LOGINS.map(|login| (county, login)));
    join_all(all.map(|(county, login)| async move {
        let mut speaker = Speaker::sign_in_at(server, county.0, login).await;
        speaker.http = unhurried();
        Person { county, login, speaker }
    }))
    .await
}

/// Things of: an inspector, somebody else in that township, an inspector of another township, another county.
pub async fn plant(server: &Server, people: &mut [Person]) -> Vec<Thing> {
    let places = [
        ("101, inspector1", HERE, "101", "inspector1", 0),
        ("101, resident", HERE, "101", "resident", 1),
        ("102, inspector2", HERE, "102", "inspector2", 2),
        ("other county", THERE, "101", "inspector1", 3),
    ];
    for county in [HERE, THERE] {
        let reference = reference(county, &places.map(|(_, c, township, _, n)| (c, township, n)));
        for (what, name, text) in reference {
            import(server, county, what, name, &text);
        }
    }
    let mut things = Vec::new();
    for (name, county, township, author, n) in places {
        let mut authors = people.iter_mut().filter(|p| p.county.0 == county.0 && p.login == author);
        let author = authors.next().expect("the author signed in");
        things.push(plant_one(server, author, name, township, n).await);
    }
    work::plant(people, &mut things).await;
    things
}

pub fn mark(what: &str, n: u32) -> String {
    format!("zz-{what}-{n}-zz")
}

/// Names of sites, boundaries of townships; for the other county names of areas and units as well.
fn reference(county: County, places: &[(County, &str, u32)]) -> Vec<(&'static str, &'static str, String)> {
    let c = county.0;
    let mut sites = String::from("code,name_zh\n");
    for (_, township, n) in places.iter().filter(|(of, ..)| of.0 == c) {
        sites.push_str(&format!("{},{}\n", site(township, "201", *n), mark("site", *n)));
    }
    let feature = |township: &str| {
        let ring = json!([[[104.0, 34.0], [104.1, 34.0], [104.1, 34.1], [104.0, 34.0]]]);
        json!({
            "type": "Feature", "properties": { "code": format!("{c}{township}000") },
            "geometry": { "type": "Polygon", "coordinates": ring },
        })
    };
    let features: Vec<_> = ["101", "102"].map(feature).to_vec();
    let areas = json!({ "type": "FeatureCollection", "features": features }).to_string();
    let mut files = vec![("sites", "sites.csv", sites), ("areas", "areas.geojson", areas)];
    if c == THERE.0 {
        files.push(("areas", "names.csv", format!("code,name_zh\n{c}103000,{}\n", mark("area", 3))));
        files.push(("units", "units.csv", format!("code,name_zh\nU103,{}\n", mark("unit", 3))));
    }
    files
}

fn import(server: &Server, county: County, what: &str, name: &str, text: &str) {
    let file = server.data().join(name);
    std::fs::write(&file, text).expect("a file to import");
    let output =
        server.command(&["import", what, file.to_str().expect("a path"), "--jurisdiction", county.0]);
    assert!(output.status.success(), "importing {name}: {}", String::from_utf8_lossy(&output.stdout));
    std::fs::remove_file(file).expect("the imported file");
}

async fn plant_one(
    server: &Server,
    author: &mut Person,
    name: &'static str,
    township: &'static str,
    n: u32,
) -> Thing {
    let county = author.county;
    let bytes = marked_photo(&mark("photo", n));
    let mut report = visit(county, &site(township, "201", n));
    let mut found = finding(&mark("finding", n));
    found.notes = Some(mark("raw", n));
    let mut evidence = photo(&bytes, "image/jpeg");
    evidence.caption = Some(mark("caption", n));
    found.evidence = vec![evidence.evidence_id];
    let sha = evidence.sha256;
    report.findings = vec![found];
    report.evidence = vec![evidence];
    report.notes = Some(mark("notes", n));
    report.team = vec![mark("team", n)];
    let inspection = report.inspection_id.0;
    let command = author.speaker.command("inspection.submit", serde_json::to_value(&report).expect("JSON"));
    let response = author.speaker.push(&[command]).await;
    assert_eq!(
        response.outcomes[0].status,
        anfang_protocol::sync::Status::Applied,
        "{:?}",
        response.outcomes
    );
    assert_eq!(author.speaker.upload(&bytes, "image/jpeg").await, StatusCode::NO_CONTENT);
    for edge in [320, 1280] {
        let preview = author.speaker.get(&format!("/v1/blobs/{sha}/preview?edge={edge}")).await;
        assert_eq!(preview.status(), StatusCode::OK, "{name}");
    }
    let inspection_marks = ["finding", "raw", "caption", "photo", "notes", "team"];
    let mut marks: Vec<(Right, String)> =
        inspection_marks.map(|what| (Right::Report, mark(what, n))).to_vec();
    marks.push((Right::Report, inspection.to_string()));
    marks.push((Right::Site, mark("site", n)));
    marks.push((Right::Device, mark("device", n)));
    marks.push((Right::Upload, mark("upload", n)));
    if county.0 == THERE.0 {
        marks.extend(["area", "unit"].map(|what| (Right::County, mark(what, 3))));
    }
    Thing {
        name,
        county,
        township,
        author: author.login,
        planner: if n == 1 { "supervisor1" } else { "supervisor" },
        team: if author.login == "resident" { "inspector" } else { author.login },
        inspection,
        site: report.site_id.0,
        area: county.area(township).0,
        checklist: household_checklist(county).0,
        sha,
        photo_bytes: bytes.len(),
        upload: begin_upload(&author.speaker, &mark("upload", n)).await,
        upload_to_drop: begin_upload(&author.speaker, &mark("upload", n)).await,
        device: spare_device(server, author, &mark("device", n)).await,
        account: author.speaker.tokens.account_id.0,
        work: Work::absent(),
        marks,
    }
}

/// An upload without a hash, as a stock client begins it, with a name in its metadata.
async fn begin_upload(speaker: &Speaker, name: &str) -> Uuid {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let answer = speaker
        .request(Method::POST, "/v1/uploads")
        .header("tus-resumable", "1.0.0")
        .header("upload-length", "1000")
        .header("upload-metadata", format!("filename {}", STANDARD.encode(name)))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::CREATED);
    let location = answer.headers()["location"].to_str().expect("an address");
    location.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an upload's address ends with its id")
}

/// Another device of the same person, that nobody will miss.
async fn spare_device(server: &Server, person: &Person, name: &str) -> Uuid {
    let asker = Asker::at(server);
    let mut sign_in = crate::harness::ask::sign_in(person.login, given::PASSWORD, None);
    sign_in.jurisdiction = Some(person.county.0.into());
    let first = asker.post("/v1/sessions", None, &sign_in).await.tokens();
    let key = DeviceKey::generate();
    let mut enrolment = asker.enrolment(&key).await;
    enrolment.name = name.to_owned();
    let tokens = asker.post("/v1/devices", Some(&first.access_token), &enrolment).await.tokens();
    tokens.device_id.expect("a device").0
}
