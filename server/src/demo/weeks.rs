//! The weeks after the day: what the phones found is listed, handed over, put right or not, verified, closed, escalated.
//!
//! Everybody acts on a real phone over real HTTP; days pass on the server's clock, which the demonstration moves. What
//! falls due meanwhile the server's own chores do.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use anfang_protocol::{
    client::Settings,
    command::Command,
    evidence::{Evidence, EvidenceSource},
    feed::Kind,
    finding::Severity,
    ids::{AreaId, EvidenceId, FindingId, JurisdictionId, RectificationId, UnitId},
    inspection::Inspection,
    lifecycle::item::Rectification,
    place::Position,
    rectification::Act,
    site::Site,
    unit::UnitKind,
};
use anyhow::{Context, bail};
use chrono::{FixedOffset, TimeDelta};
use serde_json::{Value, json};

use super::{county::County, day, store};
use crate::{
    clock::Clock,
    db::Db,
    phone::{Credentials, Options, Phone, Photo, all},
};

/// How long before now the story begins.
pub const DAYS: i64 = 40;
/// Items that are followed; each has a fate of its own, in turn.
const ITEMS: usize = 40;
/// Townships that have any.
const TOWNSHIPS: usize = 5;
/// The longest that the chores may need for what fell due.
const PATIENCE: Duration = Duration::from_secs(60);
/// Beijing time, as the cameras have it.
const EAST_SECONDS: i32 = 8 * 3600;

/// What becomes of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Closed,
    Returned,
    Overdue,
    Summoned,
    Relapsed,
    Suspended,
    Reassigned,
    Extended,
}

const FATES: [Fate; 8] = [
    Fate::Closed,
    Fate::Overdue,
    Fate::Returned,
    Fate::Summoned,
    Fate::Relapsed,
    Fate::Suspended,
    Fate::Reassigned,
    Fate::Extended,
];

/// What the story is played with.
pub struct Weeks<'a> {
    pub base: String,
    pub folder: PathBuf,
    pub password: &'a str,
    pub county: &'a County,
    pub jurisdiction: JurisdictionId,
    pub camera: day::Camera,
    pub clock: Clock,
    pub db: Db,
    /// Told as days pass.
    pub passes: &'a (dyn Fn(i64) + Send + Sync),
}

/// An item on its way.
struct Followed {
    id: RectificationId,
    fate: Fate,
    /// Login of the township's officer.
    officer: String,
}

struct Cast<'a> {
    weeks: &'a Weeks<'a>,
    phones: BTreeMap<String, Phone>,
    today: i64,
    photos: u64,
}

const SUPERVISOR: &str = "supervisor1";
const VERIFIER: &str = "verifier1";

/// Plays the weeks up to now.
///
/// # Errors
/// When somebody's command is refused, or the chores do not get done.
pub async fn play(weeks: &Weeks<'_>) -> anyhow::Result<()> {
    let mut cast = Cast { weeks, phones: BTreeMap::new(), today: 0, photos: 0 };
    cast.seal_a_plan().await.context("the plan")?;
    let items = cast.list().await.context("listing")?;
    cast.until(1).await?;
    cast.first_days(&items).await.context("the first days")?;
    cast.until(3).await?;
    cast.answers(&items).await.context("answers")?;
    cast.until(5).await?;
    cast.verdicts(&items).await.context("verification")?;
    for day in [10, 13, 15, 18, 22] {
        cast.until(day).await?;
    }
    // A month without a sign of life ends a sign-in.
    cast.everybody().await?;
    cast.late(&items).await.context("what is late")?;
    for day in [28, 34, DAYS - 1] {
        cast.until(day).await?;
    }
    cast.last_days(&items).await.context("the last days")?;
    cast.until(DAYS).await
}

impl Cast<'_> {
    /// Moves the clock, and waits until the server has done what fell due.
    async fn until(&mut self, day: i64) -> anyhow::Result<()> {
        self.weeks.clock.advance(TimeDelta::days(day - self.today));
        self.today = day;
        let began = std::time::Instant::now();
        loop {
            let mut conn = self.weeks.db.conn().await?;
            if store::due(&mut conn, self.weeks.jurisdiction, self.weeks.clock.now()).await? == 0 {
                break;
            }
            drop(conn);
            if began.elapsed() > PATIENCE {
                bail!("what fell due until day {day} is not done");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        (self.weeks.passes)(day);
        Ok(())
    }

    async fn phone(&mut self, login: &str) -> anyhow::Result<&mut Phone> {
        if !self.phones.contains_key(login) {
            let options = Options {
                settings: Settings { backoff_ms: 100, backoff_max_ms: 1_000, ..Settings::default() },
                name: format!("{login} 的设备"),
                platform: "demo".to_owned(),
                clock: self.weeks.clock.clone(),
                ..Options::default()
            };
            let mut phone = Phone::open(&self.weeks.folder.join(login), options)?;
            let credentials = Credentials {
                jurisdiction: Some(self.weeks.county.code.into()),
                login: login.to_owned(),
                password: self.weeks.password.to_owned(),
            };
            phone
                .sign_in(&self.weeks.base, &credentials)
                .await
                .with_context(|| format!("{login} signs in"))?;
            self.phones.insert(login.to_owned(), phone);
        }
        self.phones.get_mut(login).context("a phone")
    }

    /// Sends what somebody has queued, fetches what is new, and complains of a refusal.
    async fn syncs(&mut self, login: &str) -> anyhow::Result<&mut Phone> {
        let phone = self.phone(login).await?;
        day::finish(phone, &day::nobody_watches()).await.with_context(|| format!("{login} syncs"))?;
        if let Some(refused) = phone.report().refused().next() {
            bail!("{login}: the server refused {}: {:?}", refused.kind, refused.problem);
        }
        Ok(phone)
    }

    async fn gives(
        &mut self,
        login: &str,
        kind: &str,
        item: &Followed,
        more: Value,
        photos: &[Photo],
    ) -> anyhow::Result<()> {
        let command = act(kind, item.id, more)?;
        self.phone(login).await?.give(&command, photos)?;
        Ok(())
    }

    /// A drawn plan, which its time will unseal.
    async fn seal_a_plan(&mut self) -> anyhow::Result<()> {
        let now = self.weeks.clock.now();
        let county = self.weeks.county;
        let team = self.syncs("inspector5a").await?.session().context("a sign-in")?.account_id;
        let phone = self.syncs(SUPERVISOR).await?;
        let checklists: Vec<_> =
            all::<anfang_protocol::checklist::Checklist>(phone.engine(), &Kind::Checklist)
                .map(|one| json!({ "checklist_id": one.checklist_id, "version": one.version }))
                .collect();
        let root = county.areas.iter().find(|area| area.level == "county").context("the county")?;
        let body = json!({
            "plan_id": self.weeks.clock.fresh_id(), "team": [team], "checklists": checklists,
            "window": { "from": now, "to": now + TimeDelta::days(2) }, "round": "第一轮",
            "sites": { "drawn": {
                "areas": [AreaId(root.area_id)], "kinds": ["household"], "by_tier": true, "count": 8,
            } },
        });
        let seal = serde_json::from_value(body).context("the plan's form")?;
        self.phone(SUPERVISOR).await?.give(&Command::PlanSeal(Box::new(seal)), &[])?;
        self.syncs(SUPERVISOR).await?;
        self.syncs("inspector5a").await?;
        Ok(())
    }

    /// The supervisor lists what the phones found, and hands it over.
    async fn list(&mut self) -> anyhow::Result<Vec<Followed>> {
        let townships = self.weeks.officers();
        let findings = self.found(&townships).await?;
        let mut items = Vec::new();
        for (n, (finding, area, unit, severity)) in findings.into_iter().enumerate() {
            let officer = townships.values().find(|(id, _)| *id == unit).context("an officer")?.1.clone();
            let fate = FATES[n % FATES.len()];
            let item = Followed { id: RectificationId(self.weeks.clock.fresh_id()), fate, officer };
            let listed = json!({ "area_id": area, "findings": [finding] });
            self.gives(SUPERVISOR, "list", &item, listed, &[]).await?;
            let days = if fate == Fate::Returned {
                60
            } else if severity == Severity::Grave {
                5
            } else {
                10
            };
            let order = json!({
                "unit_id": unit, "person": { "name": "分管负责人" }, "requirement": "按标准整改到位，留存照片",
                "standard": "现场查看达到标准", "due": { "working_days": days }, "receipt_hours": 48,
            });
            self.gives(SUPERVISOR, "hand_over", &item, order, &[]).await?;
            items.push(item);
        }
        self.syncs(SUPERVISOR).await?;
        if items.is_empty() {
            bail!("nothing was found");
        }
        Ok(items)
    }

    /// Findings of the reports that the supervisor sees, with their areas and the units that answer for them.
    async fn found(
        &mut self,
        townships: &BTreeMap<AreaId, (UnitId, String)>,
    ) -> anyhow::Result<Vec<(FindingId, AreaId, UnitId, Severity)>> {
        let county = self.weeks.county;
        let channel: BTreeMap<AreaId, AreaId> =
            county.areas.iter().map(|area| (AreaId(area.area_id), AreaId(area.channel_area_id))).collect();
        let phone = self.syncs(SUPERVISOR).await?;
        let sites: BTreeMap<_, AreaId> =
            all::<Site>(phone.engine(), &Kind::Site).map(|site| (site.site_id, site.area_id)).collect();
        let mut of: BTreeMap<UnitId, Vec<(FindingId, AreaId, UnitId, Severity)>> = BTreeMap::new();
        for inspection in all::<Inspection>(phone.engine(), &Kind::Inspection) {
            let Some(area) = sites.get(&inspection.site_id) else { continue };
            let Some((unit, _)) = channel.get(area).and_then(|township| townships.get(township)) else {
                continue;
            };
            let found = inspection.findings.iter().map(|f| (f.finding_id, *area, *unit, f.severity.clone()));
            of.entry(*unit).or_default().extend(found);
        }
        let mut busiest: Vec<_> = of.into_values().collect();
        busiest.sort_by_key(|found| std::cmp::Reverse(found.len()));
        let each = ITEMS.div_ceil(TOWNSHIPS);
        Ok(busiest.into_iter().take(TOWNSHIPS).flat_map(|found| found.into_iter().take(each)).collect())
    }

    /// Signed for, planned; declined and given to another.
    async fn first_days(&mut self, items: &[Followed]) -> anyhow::Result<()> {
        let officers: Vec<String> = items.iter().map(|item| item.officer.clone()).collect();
        for item in items {
            let kind = if item.fate == Fate::Reassigned { "decline" } else { "acknowledge" };
            let more = if item.fate == Fate::Reassigned {
                json!({ "reason": "不属本镇职责" })
            } else {
                json!({})
            };
            self.gives(&item.officer, kind, item, more, &[]).await?;
            if item.fate == Fate::Closed {
                let plan = json!({ "text": "组织施工队三日内完成" });
                self.gives(&item.officer, "plan", item, plan, &[]).await?;
            }
        }
        self.sync_all(&officers).await?;
        let housing = UnitId(self.weeks.jurisdiction.derive("unit", "housing"));
        for item in items.iter().filter(|item| item.fate == Fate::Reassigned) {
            let order = json!({
                "unit_id": housing, "person": { "name": "业务股长" }, "reason": "属行业部门职责", "due": { "working_days": 10 },
            });
            self.gives(SUPERVISOR, "reassign", item, order, &[]).await?;
        }
        self.sync_all(&[SUPERVISOR.to_owned()]).await
    }

    async fn everybody(&mut self) -> anyhow::Result<()> {
        let logins: Vec<String> = self.phones.keys().cloned().collect();
        self.sync_all(&logins).await
    }

    async fn sync_all(&mut self, logins: &[String]) -> anyhow::Result<()> {
        let logins: std::collections::BTreeSet<&String> = logins.iter().collect();
        for login in logins {
            self.syncs(login).await?;
        }
        Ok(())
    }

    /// Who the item is with now.
    fn with(item: &Followed) -> String {
        if item.fate == Fate::Reassigned { "officer-housing".to_owned() } else { item.officer.clone() }
    }

    async fn answers(&mut self, items: &[Followed]) -> anyhow::Result<()> {
        let mut who = vec![SUPERVISOR.to_owned()];
        for item in items {
            let login = Self::with(item);
            match item.fate {
                Fate::Closed | Fate::Returned | Fate::Relapsed => self.report(&login, item).await?,
                Fate::Reassigned => {
                    self.gives(&login, "acknowledge", item, json!({}), &[]).await?;
                    self.report(&login, item).await?;
                }
                Fate::Extended => {
                    let more = json!({ "due": { "working_days": 30 }, "reason": "材料未到" });
                    self.gives(&login, "ask_extension", item, more, &[]).await?;
                }
                Fate::Suspended | Fate::Overdue | Fate::Summoned => {}
            }
            who.push(login);
        }
        self.sync_all(&who).await?;
        let review = (self.weeks.clock.now() + TimeDelta::days(120)).date_naive();
        for item in items {
            match item.fate {
                Fate::Extended => {
                    self.gives(SUPERVISOR, "grant_extension", item, json!({}), &[]).await?;
                }
                Fate::Suspended => {
                    let more = json!({ "reason": "须县级立项", "review_on": review });
                    self.gives(SUPERVISOR, "suspend", item, more, &[]).await?;
                }
                _ => {}
            }
        }
        self.sync_all(&[SUPERVISOR.to_owned()]).await
    }

    /// Answers with a photo taken afterwards.
    async fn report(&mut self, login: &str, item: &Followed) -> anyhow::Result<()> {
        let taken = self.weeks.clock.now() - TimeDelta::hours(2);
        self.photos += 1;
        let (seed, camera) = (self.photos, self.weeks.camera);
        let zone = FixedOffset::east_opt(EAST_SECONDS).context("Beijing time")?;
        let place = Position { at: Some(taken), ..Position::new(34.02, 104.01) };
        let of = place.clone();
        let bytes =
            tokio::task::spawn_blocking(move || camera(seed, taken.with_timezone(&zone), &of)).await?;
        let evidence_id = EvidenceId(self.weeks.clock.fresh_id());
        let photo = self.phone(login).await?.keep_bytes(&format!("after_{seed}.jpg"), &bytes)?;
        let evidence = Evidence {
            evidence_id,
            sha256: photo.sha256,
            size: photo.size,
            media_type: photo.media_type.clone(),
            source: EvidenceSource::Camera,
            taken_at: Some(taken),
            position: Some(place),
            caption: Some("整改后".to_owned()),
        };
        let more = json!({ "text": "已整改到位，请验收", "evidence": [evidence] });
        self.gives(login, "report", item, more, &[photo]).await
    }

    async fn verdicts(&mut self, items: &[Followed]) -> anyhow::Result<()> {
        for item in items {
            match item.fate {
                Fate::Closed | Fate::Relapsed | Fate::Reassigned => {
                    self.gives(VERIFIER, "accept", item, json!({ "method": "photo" }), &[]).await?;
                    self.gives(VERIFIER, "close", item, json!({ "text": "照片与现场相符" }), &[]).await?;
                }
                Fate::Returned => {
                    let more = json!({ "reasons": "照片只拍到一半，请补全" });
                    self.gives(VERIFIER, "return", item, more, &[]).await?;
                }
                _ => {}
            }
        }
        self.sync_all(&[VERIFIER.to_owned()]).await
    }

    /// A person lets the summons go out that the ladder drafted; a leader looks into it.
    async fn late(&mut self, items: &[Followed]) -> anyhow::Result<()> {
        let late = items.iter().filter(|item| item.fate == Fate::Summoned);
        for item in late {
            self.gives(SUPERVISOR, "approve_step", item, json!({ "rung": "summon" }), &[]).await?;
            let remark = self.weeks.clock.fresh_id();
            let more = json!({ "remark_id": remark, "text": "约谈后三日内拿出整改方案" });
            self.gives(SUPERVISOR, "comment", item, more, &[]).await?;
        }
        self.sync_all(&[SUPERVISOR.to_owned()]).await
    }

    /// Looked back at: it did not hold.
    async fn last_days(&mut self, items: &[Followed]) -> anyhow::Result<()> {
        for item in items.iter().filter(|item| item.fate == Fate::Relapsed) {
            let more = json!({ "reason": "回头看发现问题反弹" });
            self.gives(VERIFIER, "reopen", item, more, &[]).await?;
        }
        self.sync_all(&[VERIFIER.to_owned(), SUPERVISOR.to_owned()]).await?;
        let phone = self.phone(SUPERVISOR).await?;
        if all::<Rectification>(phone.engine(), &Kind::Rectification).next().is_none() {
            bail!("the supervisor's phone holds no item");
        }
        Ok(())
    }
}

impl Weeks<'_> {
    /// The unit of each township, with its officer.
    fn officers(&self) -> BTreeMap<AreaId, (UnitId, String)> {
        let townships = self.county.units.iter().filter(|unit| unit.kind == UnitKind::Township.as_str());
        townships
            .filter_map(|unit| {
                let officer = format!("officer-{}", unit.code);
                self.county.people.iter().find(|person| person.login == officer)?;
                Some((AreaId(unit.area_id?), (UnitId(unit.unit_id), officer)))
            })
            .collect()
    }
}

fn act(kind: &str, id: RectificationId, more: Value) -> anyhow::Result<Command> {
    let mut body = json!({ "rectification_id": id });
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    let act = Act::read(&format!("rectification.{kind}"), &body.to_string()).context("a kind of command")?;
    Ok(Command::Rectification(Box::new(act?)))
}
