//! A report as a person writes it: sites and checklists by their codes, photos by their names, no ids. Turned
//! into the protocol's words with what the phone knows from its feed, and checked as the server will check it.

use std::collections::BTreeMap;

use anfang_protocol::{
    Code, Problem,
    checklist::{AnswerType, Checklist, Item},
    client::Engine,
    evidence::{Evidence, EvidenceSource},
    feed::Kind,
    finding::{Finding, Severity},
    ids::{EvidenceId, FindingId, InspectionId},
    inspection::{Answer, Answers, Interview, Presence, Submit, Value},
    place::Position,
    review,
    site::Site,
    verdict::Flag,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, de::DeserializeOwned};
use uuid::Uuid;

use super::Photo;

/// The JSON file that `anfang phone record` reads.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// Code of the site, its Chinese name where only one has it, or its id.
    pub site: String,
    /// Left out: now.
    #[serde(default)]
    pub arrival: Option<PresenceDraft>,
    #[serde(default)]
    pub departure: Option<PresenceDraft>,
    #[serde(default)]
    pub team: Vec<String>,
    #[serde(default)]
    pub checklists: Vec<ChecklistDraft>,
    #[serde(default)]
    pub findings: Vec<FindingDraft>,
    /// More about the photos, by their names.
    #[serde(default)]
    pub photos: BTreeMap<String, PhotoDraft>,
    #[serde(default)]
    pub interviews: Vec<Interview>,
    #[serde(default)]
    pub notes: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresenceDraft {
    #[serde(default)]
    pub at: Option<DateTime<Utc>>,
    /// Degrees north and east, WGS 84.
    #[serde(default)]
    pub position: Option<(f64, f64)>,
    #[serde(default)]
    pub accuracy_m: Option<f64>,
    #[serde(default)]
    pub no_position: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChecklistDraft {
    /// Its code or its id.
    pub checklist: String,
    /// Left out: the newest that the phone has.
    #[serde(default)]
    pub version: Option<u32>,
    /// By item code: a value, or an object with `value`, `note`, `photos`.
    pub answers: BTreeMap<String, AnswerDraft>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum AnswerDraft {
    Full(FullAnswer),
    Short(ValueDraft),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FullAnswer {
    pub value: ValueDraft,
    #[serde(default)]
    pub note: Option<String>,
    #[serde(default)]
    pub photos: Vec<String>,
}

/// `true` passes, `false` fails; a number; a text, or the code of a choice; `{"not_applicable": "why"}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum ValueDraft {
    Pass(bool),
    Number(f64),
    Text(String),
    NotApplicable { not_applicable: String },
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingDraft {
    /// May be left out where only one of the answered checklists has the item.
    #[serde(default)]
    pub checklist: Option<String>,
    /// Left out: a free observation.
    #[serde(default)]
    pub item: Option<String>,
    /// Left out: the item's own, or serious.
    #[serde(default)]
    pub severity: Option<Severity>,
    pub text: String,
    #[serde(default)]
    pub notes: Option<String>,
    #[serde(default)]
    pub position: Option<(f64, f64)>,
    #[serde(default)]
    pub photos: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhotoDraft {
    #[serde(default)]
    pub source: Option<EvidenceSource>,
    #[serde(default)]
    pub taken_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub position: Option<(f64, f64)>,
    #[serde(default)]
    pub caption: Option<String>,
}

/// A draft in the protocol's words.
#[derive(Debug, Clone)]
pub struct Drafted {
    pub submit: Submit,
    /// What the server will remark, as far as the phone can tell.
    pub flags: Vec<Flag>,
}

impl Draft {
    /// Fills in ids and versions, and reviews the report.
    ///
    /// # Errors
    /// The first thing that the server would refuse, or that names what the phone does not have.
    pub fn fill(
        &self,
        engine: &Engine,
        photos: &[Photo],
        now: DateTime<Utc>,
        mut fresh: impl FnMut() -> Uuid,
    ) -> Result<Drafted, Problem> {
        let site = self.find_site(engine)?;
        let checklists: Vec<Checklist> =
            self.checklists.iter().map(|draft| draft.find(engine)).collect::<Result<_, _>>()?;
        let mut names = BTreeMap::new();
        let evidence: Vec<Evidence> = photos
            .iter()
            .map(|photo| {
                let id = EvidenceId(fresh());
                names.insert(photo.name.as_str(), id);
                self.mention(id, photo)
            })
            .collect();
        if let Some(name) = self.photos.keys().find(|name| !names.contains_key(name.as_str())) {
            return Err(no_photo(name));
        }
        let answers = self
            .checklists
            .iter()
            .zip(&checklists)
            .map(|(draft, checklist)| draft.fill(checklist, &names))
            .collect::<Result<_, _>>()?;
        let findings = self
            .findings
            .iter()
            .map(|draft| draft.fill(FindingId(fresh()), &checklists, &names))
            .collect::<Result<_, _>>()?;
        let submit = Submit {
            inspection_id: InspectionId(fresh()),
            site_id: site.site_id,
            plan_id: None,
            arrival: presence(self.arrival.as_ref(), now),
            departure: presence(self.departure.as_ref(), now),
            team: self.team.clone(),
            checklists: answers,
            findings,
            evidence,
            interviews: self.interviews.clone(),
            notes: self.notes.clone(),
        };
        let reviewed = review::review(&submit, &site, &checklists.iter().collect::<Vec<_>>())?;
        Ok(Drafted { submit, flags: reviewed.flags })
    }

    fn find_site(&self, engine: &Engine) -> Result<Site, Problem> {
        let unknown = |why: &str| Problem::new(Code::SiteUnknown).at("/site").detail(why.to_owned());
        let sites: Vec<Site> = all(engine, &Kind::Site).collect();
        let exact = |site: &&Site| site.code == self.site || site.site_id.to_string() == self.site;
        if let Some(site) = sites.iter().find(exact) {
            return Ok(site.clone());
        }
        let named: Vec<&Site> = sites.iter().filter(|site| site.name.zh == self.site).collect();
        match named.as_slice() {
            [site] => Ok((*site).clone()),
            [] => Err(unknown("this phone's feed has no such site; `anfang phone sites` lists them")),
            _ => Err(unknown("several sites have this name; give the code")),
        }
    }

    fn mention(&self, evidence_id: EvidenceId, photo: &Photo) -> Evidence {
        let draft = self.photos.get(&photo.name).cloned().unwrap_or_default();
        Evidence {
            evidence_id,
            sha256: photo.sha256,
            size: photo.size,
            media_type: photo.media_type.clone(),
            source: draft.source.unwrap_or(EvidenceSource::File),
            taken_at: draft.taken_at,
            position: draft.position.map(position),
            caption: draft.caption,
        }
    }
}

type Names<'a> = BTreeMap<&'a str, EvidenceId>;

impl ChecklistDraft {
    fn find(&self, engine: &Engine) -> Result<Checklist, Problem> {
        all::<Checklist>(engine, &Kind::Checklist)
            .filter(|known| known.code == self.checklist || known.checklist_id.to_string() == self.checklist)
            .filter(|known| self.version.is_none_or(|version| version == known.version))
            .max_by_key(|known| known.version)
            .ok_or_else(|| Problem::new(Code::ChecklistUnknown).detail(self.checklist.clone()))
    }

    fn fill(&self, checklist: &Checklist, names: &Names<'_>) -> Result<Answers, Problem> {
        let answers = self.answers.iter().map(|(code, draft)| {
            let item = checklist
                .item(code)
                .ok_or_else(|| Problem::new(Code::ItemCodeUnknown).detail(code.clone()))?;
            let (value, note, photos) = match draft {
                AnswerDraft::Short(value) => (value, None, &[][..]),
                AnswerDraft::Full(full) => (&full.value, full.note.clone(), &full.photos[..]),
            };
            Ok(Answer {
                item: code.clone(),
                value: value.fill(item),
                note,
                evidence: find_all(names, photos)?,
            })
        });
        Ok(Answers {
            checklist_id: checklist.checklist_id,
            version: checklist.version,
            answers: answers.collect::<Result<_, Problem>>()?,
        })
    }
}

impl ValueDraft {
    /// A text is the code of a choice where the item wants one. What does not fit is left for the review to tell.
    fn fill(&self, item: &Item) -> Value {
        match (self, &item.answer) {
            (ValueDraft::Text(text), AnswerType::Choice { .. }) => Value::Choice(text.clone()),
            (ValueDraft::Text(text), _) => Value::Text(text.clone()),
            (ValueDraft::Pass(pass), _) => Value::Pass(*pass),
            (ValueDraft::Number(number), _) => Value::Number(*number),
            (ValueDraft::NotApplicable { not_applicable }, _) => Value::NotApplicable(not_applicable.clone()),
        }
    }
}

impl FindingDraft {
    fn fill(
        &self,
        finding_id: FindingId,
        checklists: &[Checklist],
        names: &Names<'_>,
    ) -> Result<Finding, Problem> {
        let mut fitting = checklists.iter().filter(|checklist| {
            let named = self
                .checklist
                .as_ref()
                .is_none_or(|c| *c == checklist.code || *c == checklist.checklist_id.to_string());
            named && self.item.as_ref().is_some_and(|item| checklist.item(item).is_some())
        });
        let checklist = match &self.item {
            None => None,
            Some(item) => {
                Some(fitting.next().ok_or_else(|| Problem::new(Code::ItemCodeUnknown).detail(item.clone()))?)
            }
        };
        if let (Some(item), Some(_)) = (&self.item, fitting.next()) {
            let why = format!("several checklists have the item {item}; name one");
            return Err(Problem::new(Code::ItemCodeUnknown).detail(why));
        }
        let default = checklist
            .and_then(|checklist| checklist.item(self.item.as_deref()?))
            .map_or(Severity::Serious, |item| item.default_severity.clone());
        Ok(Finding {
            finding_id,
            checklist_id: checklist.map(|checklist| checklist.checklist_id),
            item: self.item.clone(),
            severity: self.severity.clone().unwrap_or(default),
            text: self.text.clone(),
            notes: self.notes.clone(),
            position: self.position.map(position),
            evidence: find_all(names, &self.photos)?,
        })
    }
}

/// Everything of a kind that the phone's feed has and this version can read.
pub fn all<'a, T: DeserializeOwned>(engine: &'a Engine, kind: &'a Kind) -> impl Iterator<Item = T> + 'a {
    let items = engine.feed().items().filter(move |(_, item)| item.kind == *kind);
    items.filter_map(|(_, item)| serde_json::from_str(item.body.as_ref()?.text()).ok())
}

fn find_all(names: &Names<'_>, wanted: &[String]) -> Result<Vec<EvidenceId>, Problem> {
    wanted.iter().map(|name| names.get(name.as_str()).copied().ok_or_else(|| no_photo(name))).collect()
}

fn no_photo(name: &str) -> Problem {
    let why = format!("no photo named {name} was given with --photo");
    Problem::new(Code::EvidenceUnknown).detail(why)
}

fn position((latitude, longitude): (f64, f64)) -> Position {
    Position::new(latitude, longitude)
}

fn presence(draft: Option<&PresenceDraft>, now: DateTime<Utc>) -> Presence {
    let draft = draft.cloned().unwrap_or_default();
    let accuracy_m = draft.accuracy_m;
    Presence {
        at: draft.at.unwrap_or(now),
        position: draft.position.map(|place| Position { accuracy_m, ..position(place) }),
        no_position: draft.no_position,
    }
}
