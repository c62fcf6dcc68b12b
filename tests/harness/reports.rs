//! Reports as inspectors write them.

use anfang_protocol::{
    evidence::{Evidence, EvidenceSource},
    finding::{Finding, Severity},
    ids::{ChecklistId, EvidenceId, FindingId, InspectionId, SiteId},
    inspection::{Answer, Answers, Presence, Submit, Value},
    place::Position,
    sha::Sha,
};
use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::County;

/// When the given visits take place.
pub fn morning() -> DateTime<Utc> {
    "2026-11-21T01:30:00Z".parse().expect("a time")
}

/// A visit to a household, all well, nothing photographed.
pub fn visit(county: County, site: &str) -> Submit {
    let presence = |at| Presence { at, position: Some(Position::new(34.0, 104.0)), no_position: None };
    Submit {
        inspection_id: InspectionId(Uuid::now_v7()),
        site_id: county.site(site),
        plan_id: None,
        arrival: presence(morning()),
        departure: presence(morning() + Duration::minutes(40)),
        team: vec!["李督查".into()],
        checklists: Vec::new(),
        findings: Vec::new(),
        evidence: Vec::new(),
        interviews: Vec::new(),
        notes: None,
    }
}

/// The shipped checklist for households.
pub fn household_checklist(county: County) -> ChecklistId {
    ChecklistId(county.id().derive("checklist", "household"))
}

pub fn answers(county: County, answers: &[(&str, Value)]) -> Answers {
    let answer = |(item, value): &(&str, Value)| Answer {
        item: (*item).into(),
        value: value.clone(),
        note: None,
        evidence: Vec::new(),
    };
    Answers {
        checklist_id: household_checklist(county),
        version: 1,
        answers: answers.iter().map(answer).collect(),
    }
}

pub fn finding(text: &str) -> Finding {
    Finding {
        finding_id: FindingId(Uuid::now_v7()),
        checklist_id: None,
        item: None,
        severity: Severity::General,
        text: text.into(),
        notes: None,
        position: None,
        evidence: Vec::new(),
    }
}

/// A mention of a photo.
pub fn photo(bytes: &[u8], media_type: &str) -> Evidence {
    Evidence {
        evidence_id: EvidenceId(Uuid::now_v7()),
        sha256: Sha::of(bytes),
        size: bytes.len() as u64,
        media_type: media_type.into(),
        source: EvidenceSource::Camera,
        taken_at: Some(morning()),
        position: None,
        caption: None,
    }
}

/// Sites of the given county, by their codes.
pub fn site(township: &str, village: &str, n: u32) -> String {
    format!("H{township}{village}-{n}")
}

/// An id that nothing has.
pub fn nowhere() -> SiteId {
    SiteId(Uuid::from_u128(0xdead))
}
