//! One day in the county: phones fetch what they need, go out of reach, inspect, photograph what is wrong, lose
//! the link in the middle of uploads, come back, and finish.
//!
//! Real phones (`crate::phone`) over real HTTP through a link that is really cut. The same seed plays the same
//! day.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use anfang_protocol::{
    checklist::{AnswerType, Checklist, Item},
    client::{Network, Settings, Why},
    command::Command,
    evidence::{Evidence, EvidenceSource},
    feed::Kind,
    finding::Finding,
    ids::{EvidenceId, FindingId, InspectionId},
    inspection::{Answer, Answers, Interview, Presence, Submit, Value},
    place::Position,
    site::Site,
};
use anyhow::{Context, bail};
use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};
use serde::Serialize;

use super::link::{Link, Weather};
use crate::{
    clock::Clock,
    phone::{Credentials, Did, Options, Phone, Photo, all},
};

/// How a photo comes about: a seed, the time on the camera's clock, the place; gives a JPEG.
pub type Camera = fn(u64, DateTime<FixedOffset>, &Position) -> Vec<u8>;

/// For whoever looks at no progress.
pub(super) fn nobody_watches() -> Watch {
    Arc::new(|_| {})
}

/// Told as the day goes on, for progress bars. Called from several phones at once.
pub type Watch = Arc<dyn Fn(Event) + Send + Sync>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A phone has its county in its pocket and leaves.
    Left,
    Inspected,
    Photographed,
    /// A phone is in reach again, with so many bytes to send.
    CameBack {
        bytes: u64,
    },
    /// The server took so many more bytes.
    Sent {
        bytes: u64,
    },
    /// A phone is done.
    Done,
}

/// The day to be played.
pub struct Day {
    /// Where the server listens.
    pub server: SocketAddr,
    /// Who goes out. Each has a phone of his or her own.
    pub people: Vec<Credentials>,
    /// Folder for the phones, one below for each login. Kept: another day goes on with the same phones.
    pub folder: PathBuf,
    pub inspections_each: usize,
    pub seed: u64,
    pub camera: Camera,
    /// Bytes per second of the bad link.
    pub bytes_per_second: u64,
    pub clock: Clock,
    pub watch: Watch,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    pub phones: u64,
    pub inspections: u64,
    pub findings: u64,
    /// Files that the server has given a receipt for.
    pub evidence_stored: u64,
    /// Bytes of files that the server took.
    pub bytes_uploaded: u64,
    /// Bytes that did not have to be sent again after the link was lost.
    pub bytes_resumed: u64,
    pub changes_pulled: u64,
    pub links_lost: u64,
}

impl Figures {
    fn add(mut self, other: Figures) -> Self {
        self.phones += other.phones;
        self.inspections += other.inspections;
        self.findings += other.findings;
        self.evidence_stored += other.evidence_stored;
        self.bytes_uploaded += other.bytes_uploaded;
        self.bytes_resumed += other.bytes_resumed;
        self.changes_pulled += other.changes_pulled;
        self.links_lost += other.links_lost;
        self
    }
}

/// The longest that a phone may need to finish.
const PATIENCE: Duration = Duration::from_secs(600);
/// Beijing time, as the cameras have it.
const EAST_SECONDS: i32 = 8 * 3600;
/// Cuts that a phone lives through before the link holds.
const CUTS: u64 = 3;

/// Plays the day; returns when every phone is done.
///
/// # Errors
/// When a phone cannot sign in, has no sites, is refused something, or does not finish.
pub async fn play(day: Day) -> anyhow::Result<Figures> {
    let day = Arc::new(day);
    let phones: Vec<_> = (0..day.people.len()).map(|n| tokio::spawn(one_phone(day.clone(), n))).collect();
    let mut figures = Figures::default();
    for phone in phones {
        figures = figures.add(phone.await??);
    }
    Ok(figures)
}

async fn one_phone(day: Arc<Day>, n: usize) -> anyhow::Result<Figures> {
    let credentials = &day.people[n];
    let login = &credentials.login;
    let dice = Xoshiro256PlusPlus::seed_from_u64(day.seed.wrapping_mul(1_000_003).wrapping_add(n as u64));
    let link = Link::to(day.server).await.context("a link")?;
    let mut phone = open(&day, login)?;
    // In the morning the phone is in the office: a good link.
    match phone.session().is_some() {
        true => phone.reach(&link.base())?,
        false => {
            phone.sign_in(&link.base(), credentials).await.with_context(|| format!("{login} signs in"))?
        }
    }
    finish(&mut phone, &day.watch).await.with_context(|| format!("{login} in the morning"))?;
    let before = tally(&phone);
    (day.watch)(Event::Left);
    phone.network = Network::None;
    link.set(Weather { down: true, ..Weather::default() });
    let (mut phone, mut dice, findings) = inspect_all(day.clone(), phone, dice).await?;
    come_back(&day, &link, &mut phone, &mut dice).await.with_context(|| format!("{login} comes back"))?;
    (day.watch)(Event::Done);
    let report = phone.report();
    if let Some(refused) = report.refused().next() {
        bail!("{login}: the server refused {}: {:?}", refused.kind, refused.problem);
    }
    let after = tally(&phone);
    Ok(Figures {
        phones: 1,
        inspections: day.inspections_each as u64,
        findings,
        evidence_stored: after.evidence_stored - before.evidence_stored,
        bytes_uploaded: after.bytes_uploaded - before.bytes_uploaded,
        bytes_resumed: after.bytes_resumed - before.bytes_resumed,
        changes_pulled: after.changes_pulled,
        links_lost: link.carried().cuts,
    })
}

fn open(day: &Day, login: &str) -> anyhow::Result<Phone> {
    let options = Options {
        settings: Settings { backoff_ms: 150, backoff_max_ms: 1_500, ..Settings::default() },
        stall: Duration::from_secs(20),
        name: format!("{login} 的手机"),
        platform: "demo".to_owned(),
        clock: day.clock.clone(),
    };
    Ok(Phone::open(&day.folder.join(login), options)?)
}

fn tally(phone: &Phone) -> Figures {
    let report = phone.report();
    Figures {
        evidence_stored: report.files.iter().filter(|file| file.state == "received").count() as u64,
        bytes_uploaded: report.sent_bytes,
        bytes_resumed: report.resumed_bytes,
        changes_pulled: report.changes,
        ..Figures::default()
    }
}

/// Offline: photos are drawn and reports are queued. Drawing takes time, so it keeps to a thread of its own.
async fn inspect_all(
    day: Arc<Day>,
    mut phone: Phone,
    mut dice: Xoshiro256PlusPlus,
) -> anyhow::Result<(Phone, Xoshiro256PlusPlus, u64)> {
    let inspected = tokio::task::spawn_blocking(move || -> anyhow::Result<_> {
        let sites: Vec<Site> = all::<Site>(phone.engine(), &Kind::Site).collect();
        let checklists = newest(all::<Checklist>(phone.engine(), &Kind::Checklist));
        if sites.is_empty() || checklists.is_empty() {
            bail!("the phone has {} sites and {} checklists", sites.len(), checklists.len());
        }
        let mut findings = 0;
        for visit in 0..day.inspections_each {
            let site = &sites[dice.random_range(0..sites.len())];
            let hours_ago = (day.inspections_each - visit) as i64;
            let arrival = day.clock.now() - TimeDelta::minutes(50 * hours_ago + dice.random_range(0..20));
            let mut visit = Visit { day: &day, phone: &mut phone, dice: &mut dice, site, arrival };
            findings += visit.carry_out(&checklists)?;
            (day.watch)(Event::Inspected);
        }
        Ok((phone, dice, findings))
    });
    inspected.await.context("inspecting")?
}

fn newest(checklists: impl Iterator<Item = Checklist>) -> Vec<Checklist> {
    let mut newest: std::collections::BTreeMap<String, Checklist> = std::collections::BTreeMap::new();
    for checklist in checklists {
        match newest.get(&checklist.code) {
            Some(known) if known.version >= checklist.version => {}
            _ => {
                newest.insert(checklist.code.clone(), checklist);
            }
        }
    }
    newest.into_values().collect()
}

/// One visit of one site.
struct Visit<'a> {
    day: &'a Day,
    phone: &'a mut Phone,
    dice: &'a mut Xoshiro256PlusPlus,
    site: &'a Site,
    arrival: DateTime<Utc>,
}

impl Visit<'_> {
    /// Returns the number of findings.
    fn carry_out(&mut self, checklists: &[Checklist]) -> anyhow::Result<u64> {
        let place = self.place();
        let departure = self.arrival + TimeDelta::minutes(self.dice.random_range(15..40));
        let mut photos = Vec::new();
        let mut evidence = Vec::new();
        self.take_photo(&place, "点位全貌", &mut evidence, &mut photos)?;
        let mut findings = Vec::new();
        let mut answered = Vec::new();
        for checklist in checklists {
            let answers = self.answer(checklist, &place, &mut findings, &mut evidence, &mut photos)?;
            if !answers.is_empty() {
                let (checklist_id, version) = (checklist.checklist_id, checklist.version);
                answered.push(Answers { checklist_id, version, answers });
            }
        }
        let count = findings.len() as u64;
        let satisfaction = Some(self.dice.random_range(2..=5));
        let submit = Submit {
            inspection_id: InspectionId(self.day.clock.fresh_id()),
            site_id: self.site.site_id,
            plan_id: None,
            arrival: Presence { at: self.arrival, position: Some(place.clone()), no_position: None },
            departure: Presence { at: departure, position: Some(place), no_position: None },
            team: Vec::new(),
            checklists: answered,
            findings,
            evidence,
            interviews: vec![Interview { who: "受访群众".to_owned(), satisfaction, text: None }],
            notes: None,
        };
        self.phone.give(&Command::InspectionSubmit(Box::new(submit)), &photos)?;
        Ok(count)
    }

    /// Where the phone believes to be: near the site, where its place is known.
    fn place(&mut self) -> Position {
        let latitude = self.site.latitude.unwrap_or(34.0) + self.dice.random_range(-0.0004..0.0004);
        let longitude = self.site.longitude.unwrap_or(104.0) + self.dice.random_range(-0.0004..0.0004);
        let accuracy_m = Some(f64::from(self.dice.random_range(4..25)));
        Position { accuracy_m, at: Some(self.arrival), ..Position::new(latitude, longitude) }
    }

    /// Answers the items that apply; what fails is photographed and becomes a finding.
    fn answer(
        &mut self,
        checklist: &Checklist,
        place: &Position,
        findings: &mut Vec<Finding>,
        evidence: &mut Vec<Evidence>,
        photos: &mut Vec<Photo>,
    ) -> anyhow::Result<Vec<Answer>> {
        let mut answers = Vec::new();
        let applies = |item: &&Item| item.applies_to.is_empty() || item.applies_to.contains(&self.site.kind);
        let items: Vec<Item> = checklist.items.iter().filter(applies).cloned().collect();
        for item in items {
            let fails = self.dice.random_bool(0.12);
            let mut mentions = Vec::new();
            if fails {
                for _ in 0..item.min_photos.max(1) {
                    mentions.push(self.take_photo(place, &item.title.zh, evidence, photos)?);
                }
                findings.push(Finding {
                    finding_id: FindingId(self.day.clock.fresh_id()),
                    checklist_id: Some(checklist.checklist_id),
                    item: Some(item.code.clone()),
                    severity: item.default_severity.clone(),
                    text: format!("{}：{}", item.title.zh, self.remark()),
                    notes: None,
                    position: Some(place.clone()),
                    evidence: mentions,
                });
            }
            let value = self.value(&item.answer, fails);
            answers.push(Answer { item: item.code.clone(), value, note: None, evidence: Vec::new() });
        }
        Ok(answers)
    }

    fn remark(&mut self) -> &'static str {
        const REMARKS: [&str; 6] = [
            "现场查看未达到标准",
            "自查台账写“已完成”，现场未见",
            "设施损坏，群众反映已有两个月",
            "只完成一部分，剩余部分无人负责",
            "资料与现场情况不符",
            "质量不合格，需要返工",
        ];
        REMARKS[self.dice.random_range(0..REMARKS.len())]
    }

    fn value(&mut self, answer: &AnswerType, fails: bool) -> Value {
        match answer {
            AnswerType::PassFail => Value::Pass(!fails),
            AnswerType::Number { min, max, pass_min, pass_max, .. } => {
                Value::Number(number(*min, *max, *pass_min, *pass_max, fails))
            }
            AnswerType::Choice { options } => {
                let fitting = options.iter().find(|option| option.fails == fails).or(options.first());
                Value::Choice(fitting.map(|option| option.code.clone()).unwrap_or_default())
            }
            AnswerType::Text => Value::Text("现场已核对".to_owned()),
        }
    }

    fn take_photo(
        &mut self,
        place: &Position,
        caption: &str,
        evidence: &mut Vec<Evidence>,
        photos: &mut Vec<Photo>,
    ) -> anyhow::Result<EvidenceId> {
        let taken_at = self.arrival + TimeDelta::seconds(60 + 45 * photos.len() as i64);
        let zone = FixedOffset::east_opt(EAST_SECONDS).context("Beijing time")?;
        let bytes = (self.day.camera)(self.dice.random(), taken_at.with_timezone(&zone), place);
        let photo = self.phone.keep_bytes(&format!("IMG_{}.jpg", photos.len() + 1), &bytes)?;
        let evidence_id = EvidenceId(self.day.clock.fresh_id());
        evidence.push(Evidence {
            evidence_id,
            sha256: photo.sha256,
            size: photo.size,
            media_type: photo.media_type.clone(),
            source: EvidenceSource::Camera,
            taken_at: Some(taken_at),
            position: Some(place.clone()),
            caption: Some(caption.to_owned()),
        });
        photos.push(photo);
        (self.day.watch)(Event::Photographed);
        Ok(evidence_id)
    }
}

/// A number that passes, or one that fails where there is room for one.
fn number(min: f64, max: f64, pass_min: Option<f64>, pass_max: Option<f64>, fails: bool) -> f64 {
    let good = match (pass_min, pass_max) {
        (Some(low), Some(high)) => (low + high) / 2.0,
        (Some(low), None) => low.max(min),
        (None, Some(high)) => high.min(max),
        (None, None) => (min + max) / 2.0,
    };
    let bad = match (pass_min, pass_max) {
        (Some(low), _) if low > min => min,
        (_, Some(high)) if high < max => max,
        _ => good,
    };
    if fails { bad } else { good }
}

/// In reach again, on a thin link that is cut in the middle of things until it holds.
async fn come_back(
    day: &Day,
    link: &Link,
    phone: &mut Phone,
    dice: &mut Xoshiro256PlusPlus,
) -> anyhow::Result<()> {
    let due: u64 =
        phone.engine().files().iter().map(|(_, file)| file.size - file.held().min(file.size)).sum();
    (day.watch)(Event::CameBack { bytes: due });
    phone.network = Network::Metered;
    for _ in 0..CUTS {
        // The text goes first; the cut falls into the photos that follow.
        let cut_after = Some(60_000 + dice.random_range(0..150_000));
        let cuts = link.carried().cuts;
        link.set(Weather { cut_after, bytes_per_second: Some(day.bytes_per_second), ..Weather::default() });
        let lost = go_on(phone, &day.watch, || link.carried().cuts > cuts).await?;
        if !lost {
            break;
        }
        link.set(Weather { down: true, ..Weather::default() });
        go_on_for(phone, &day.watch, Duration::from_millis(300)).await?;
    }
    link.clear_up();
    phone.network = Network::Free;
    finish(phone, &day.watch).await
}

/// Steps until the phone is done (false), or something else is true (true).
async fn go_on(phone: &mut Phone, watch: &Watch, until: impl Fn() -> bool) -> anyhow::Result<bool> {
    let began = std::time::Instant::now();
    while began.elapsed() < PATIENCE {
        let before = phone.engine().files().sent_bytes;
        let did = phone.step().await?;
        let sent = phone.engine().files().sent_bytes - before;
        if sent > 0 {
            watch(Event::Sent { bytes: sent });
        }
        if until() {
            return Ok(true);
        }
        match did {
            Did::Went => {}
            Did::Waits(_, Why::Idle) => return Ok(false),
            Did::Waits(wait, _) => {
                let wait = wait.unwrap_or(Duration::from_millis(50));
                tokio::time::sleep(wait.clamp(Duration::from_millis(1), Duration::from_secs(2))).await;
            }
        }
    }
    bail!("the phone did not finish within {} seconds: {:?}", PATIENCE.as_secs(), phone.report())
}

async fn go_on_for(phone: &mut Phone, watch: &Watch, time: Duration) -> anyhow::Result<()> {
    let began = std::time::Instant::now();
    go_on(phone, watch, || began.elapsed() >= time).await.map(|_| ())
}

/// Until nothing is left to do, with a good link.
pub(super) async fn finish(phone: &mut Phone, watch: &Watch) -> anyhow::Result<()> {
    phone.nudge()?;
    go_on(phone, watch, || false).await.map(|_| ())
}
