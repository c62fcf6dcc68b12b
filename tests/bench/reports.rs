//! Reports as bytes: written once, then only their identifiers are changed in place, so that the generator costs
//! little. Identifiers sort by time, as phones make them; all chance comes from a seed.

use anfang::checklists::templates;
use anfang_protocol::{
    checklist::{AnswerType, Checklist},
    evidence::{Evidence, EvidenceSource},
    finding::{Finding, Severity},
    ids::{ChecklistId, EvidenceId, FindingId, InspectionId, SiteId},
    inspection::{Answer, Answers, Interview, Presence, Submit, Value},
    place::Position,
    sha::Sha,
};
use anyhow::Context;
use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::{
    given::County,
    ground::{self, TOWNSHIPS},
};

/// Items that fail in every report; text is enough for them.
const FAILING: [&str; 3] = ["food.protein", "medical.settlement", "medical.doctor"];
const FINDINGS: [&str; 3] = [
    "入户查看，厨房无肉蛋奶存放，户主称近两个月未吃过肉，家中老人和一名五岁儿童以面食和土豆为主，营养明显不足。",
    "住院费用未实现“一站式”结算，本人先行垫付 6,200 元，三个月后仍未报销，村医和乡镇卫生院均未解释原因。",
    "家庭医生签约服务流于形式，签约人从未上门，慢性病随访记录为同一笔迹补填，日期与患者外出务工时间矛盾。",
];

/// Numbers from a seed, the same on every machine (splitmix64).
#[derive(Debug, Clone)]
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// Makes identifiers and picks sites for one phone.
pub struct Pen {
    chance: Chance,
    /// Milliseconds of the next identifier.
    at: u64,
    n: u32,
    sites: Vec<SiteId>,
}

/// The first count of a device's commands: seven digits, so that it can be changed in place.
const FIRST_N: u32 = 1_000_000;

impl Pen {
    /// Writes about households of all townships but the first, whose reports are counted elsewhere.
    pub fn new(county: County, seed: u64, now: DateTime<Utc>) -> Self {
        let codes = (1..TOWNSHIPS).flat_map(|t| ground::households(county, t));
        Self::about(county, codes, seed, now)
    }

    pub fn about(county: County, sites: impl Iterator<Item = String>, seed: u64, now: DateTime<Utc>) -> Self {
        Pen {
            chance: Chance(seed),
            at: now.timestamp_millis().unsigned_abs(),
            n: FIRST_N,
            sites: sites.map(|code| county.site(&code)).collect(),
        }
    }

    fn id(&mut self) -> Uuid {
        self.at += 1;
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&self.chance.next().to_le_bytes());
        uuid::Builder::from_unix_timestamp_millis(self.at, &bytes).into_uuid()
    }

    fn site(&mut self) -> SiteId {
        self.sites[self.chance.below(self.sites.len())]
    }
}

/// What stands in the written bytes for something that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    N,
    Id,
    /// The id of the report: told to who asks.
    Inspection,
    Site,
    /// The hash of the photo of this number.
    Sha(usize),
}

/// The body of a push.
pub struct Template {
    pub bytes: Vec<u8>,
    pub reports: usize,
    slots: Vec<(Slot, Vec<usize>)>,
    inspection: Uuid,
}

impl Template {
    /// `reports` text reports with three findings each, and as many photos each. Nothing is pulled.
    pub fn new(
        county: County,
        reports: usize,
        photos: usize,
        photo_bytes: usize,
        at: DateTime<Utc>,
    ) -> anyhow::Result<Self> {
        let mut marks = Marks::default();
        let commands = (0..reports)
            .map(|_| {
                let submit = submit(county, photos, photo_bytes, at, &mut marks)?;
                let id = marks.uuid(Slot::Id);
                let n = marks.number();
                anyhow::Ok(json!({ "n": n, "id": id, "type": "inspection.submit", "at": at, "body": submit }))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let text = json!({ "pull": false, "commands": commands }).to_string();
        let slots = marks
            .0
            .into_iter()
            .map(|(slot, mark)| (slot, text.match_indices(&mark).map(|(at, _)| at).collect()))
            .collect();
        Ok(Template { bytes: text.into_bytes(), reports, slots, inspection: Uuid::nil() })
    }

    /// Makes other reports of them; `photos` by their number.
    pub fn rewrite(&mut self, pen: &mut Pen, photos: &[Sha]) {
        for (slot, places) in &self.slots {
            let text = match slot {
                Slot::N => {
                    pen.n += 1;
                    pen.n.to_string()
                }
                Slot::Id => pen.id().to_string(),
                Slot::Inspection => {
                    self.inspection = pen.id();
                    self.inspection.to_string()
                }
                Slot::Site => pen.site().to_string(),
                Slot::Sha(photo) => photos[*photo].to_string(),
            };
            for at in places {
                self.bytes[*at..*at + text.len()].copy_from_slice(text.as_bytes());
            }
        }
    }

    /// The last report's id.
    pub fn inspection(&self) -> Uuid {
        self.inspection
    }
}

/// Texts that are sure to occur nowhere else.
#[derive(Default)]
struct Marks(Vec<(Slot, String)>);

impl Marks {
    fn uuid(&mut self, slot: Slot) -> Uuid {
        let id = Uuid::from_u128(0xffff_0000_0000_7000_8000_0000_0000_0000 + self.0.len() as u128);
        self.0.push((slot, id.to_string()));
        id
    }

    fn number(&mut self) -> u32 {
        let n = 8_765_000 + self.0.len() as u32;
        self.0.push((Slot::N, n.to_string()));
        n
    }

    fn sha(&mut self, photo: usize) -> Sha {
        let sha = Sha::of(format!("mark {}", self.0.len()).as_bytes());
        self.0.push((Slot::Sha(photo), sha.to_string()));
        sha
    }
}

fn submit(
    county: County,
    photos: usize,
    photo_bytes: usize,
    at: DateTime<Utc>,
    marks: &mut Marks,
) -> anyhow::Result<Submit> {
    let position = || Position::new(34.0, 104.0);
    let presence = |at| Presence { at, position: Some(position()), no_position: None };
    let checklist_id = ChecklistId(county.id().derive("checklist", "household"));
    let evidence: Vec<Evidence> = (0..photos)
        .map(|photo| Evidence {
            evidence_id: EvidenceId(marks.uuid(Slot::Id)),
            sha256: marks.sha(photo),
            size: photo_bytes as u64,
            media_type: "image/jpeg".into(),
            source: EvidenceSource::Camera,
            taken_at: Some(at),
            position: Some(position()),
            caption: None,
        })
        .collect();
    let finding = |(i, (item, text)): (usize, (&str, &str))| Finding {
        finding_id: FindingId(marks.uuid(Slot::Id)),
        checklist_id: Some(checklist_id),
        item: Some(item.into()),
        severity: Severity::Serious,
        text: text.into(),
        notes: None,
        position: Some(position()),
        evidence: evidence.get(i).map(|e| e.evidence_id).into_iter().collect(),
    };
    let findings = FAILING.into_iter().zip(FINDINGS).enumerate().map(finding).collect();
    Ok(Submit {
        inspection_id: InspectionId(marks.uuid(Slot::Inspection)),
        site_id: SiteId(marks.uuid(Slot::Site)),
        plan_id: None,
        arrival: presence(at - Duration::minutes(50)),
        departure: presence(at - Duration::minutes(10)),
        team: vec!["李督查".into(), "王督查".into()],
        checklists: vec![Answers { checklist_id, version: 1, answers: answers()? }],
        findings,
        evidence,
        interviews: vec![Interview {
            who: "户主".into(),
            satisfaction: Some(3),
            text: Some("对饮水满意，对报销不满意".into()),
        }],
        notes: None,
    })
}

/// An answer to every item of the household checklist; three of them fail.
fn answers() -> anyhow::Result<Vec<Answer>> {
    let shipped = templates::ALL.iter().find(|(name, _)| *name == "household.json");
    let mut checklist: serde_json::Value = serde_json::from_str(shipped.context("the checklist")?.1)?;
    checklist["checklist_id"] = json!(Uuid::nil());
    let checklist: Checklist = serde_json::from_value(checklist)?;
    let answer = |item: &anfang_protocol::checklist::Item| {
        let fails = FAILING.contains(&item.code.as_str());
        let value = match &item.answer {
            AnswerType::PassFail => Value::Pass(!fails),
            AnswerType::Number { min, pass_min, pass_max, .. } => {
                Value::Number(pass_min.or(*pass_max).unwrap_or(*min))
            }
            AnswerType::Choice { options } => {
                let option = options.iter().find(|option| option.fails == fails);
                Value::Choice(option.map(|option| option.code.clone()).unwrap_or_default())
            }
            AnswerType::Text => Value::Text("希望把入户路修一修".into()),
        };
        Answer { item: item.code.clone(), value, note: None, evidence: Vec::new() }
    };
    Ok(checklist.items.iter().map(answer).collect())
}
