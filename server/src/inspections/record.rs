//! An inspection as casework handles it: the report as it stands, and what the server made of it.

use anfang_protocol::{
    evidence::{Evidence, EvidenceStatus, HeldEvidence},
    finding::Finding,
    ids::{AccountId, AreaId, InspectionId, PlanId, SiteId},
    inspection::{Answers, AskedBack, Correction, Inspection, InspectionStage, Interview, Presence, Submit},
    review::Reviewed,
    verdict::Flag,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The parts of a report that have no rows of their own: the `body` column, and part of the wire form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Body {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_id: Option<PlanId>,
    pub arrival: Presence,
    pub departure: Presence,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub team: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checklists: Vec<Answers>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interviews: Vec<Interview>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<AskedBack>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amendments: Vec<Correction>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voided: Option<Correction>,
}

/// One inspection, whole.
#[derive(Debug, Clone)]
pub struct Record {
    pub inspection_id: InspectionId,
    pub stage: InspectionStage,
    pub site_id: SiteId,
    pub area_id: AreaId,
    pub channel_area_id: AreaId,
    pub account_id: AccountId,
    pub recorded_at: Option<DateTime<Utc>>,
    pub received_at: DateTime<Utc>,
    pub skew_ms: i64,
    pub reviewed: Reviewed,
    pub body: Body,
    pub findings: Vec<Finding>,
    pub evidence: Vec<(Evidence, EvidenceStatus)>,
    pub rev: i32,
    /// How many findings and pieces of evidence have rows already; the rest are to be inserted. They only grow.
    pub saved: Saved,
}

/// What of a record the database holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    Nothing,
    Row { findings: usize, evidence: usize },
}

impl Record {
    /// The report as one message, as if it had been sent whole: what a review works on.
    pub fn as_submit(&self) -> Submit {
        Submit {
            inspection_id: self.inspection_id,
            site_id: self.site_id,
            plan_id: self.body.plan_id,
            arrival: self.body.arrival.clone(),
            departure: self.body.departure.clone(),
            team: self.body.team.clone(),
            checklists: self.body.checklists.clone(),
            findings: self.findings.clone(),
            evidence: self.evidence.iter().map(|(evidence, _)| evidence.clone()).collect(),
            interviews: self.body.interviews.clone(),
            notes: self.body.notes.clone(),
        }
    }

    /// As it travels.
    pub fn as_inspection(&self) -> Inspection {
        let held = |(evidence, status): &(Evidence, EvidenceStatus)| HeldEvidence {
            evidence: evidence.clone(),
            status: status.clone(),
        };
        Inspection {
            inspection_id: self.inspection_id,
            stage: self.stage.clone(),
            site_id: self.site_id,
            area_id: self.area_id,
            plan_id: self.body.plan_id,
            by: self.account_id,
            arrival: self.body.arrival.clone(),
            departure: self.body.departure.clone(),
            team: self.body.team.clone(),
            checklists: self.body.checklists.clone(),
            findings: self.findings.clone(),
            evidence: self.evidence.iter().map(held).collect(),
            interviews: self.body.interviews.clone(),
            notes: self.body.notes.clone(),
            verdict: self.reviewed.verdict.clone(),
            flags: self.reviewed.flags.clone(),
            received_at: self.received_at,
            skew_ms: self.skew_ms,
            questions: self.body.questions.clone(),
            amendments: self.body.amendments.clone(),
            voided: self.body.voided.clone(),
        }
    }

    /// Flags about the phone's clock and scope stay as they were; those about the report are made anew.
    pub fn judged_again(&mut self, reviewed: Reviewed) {
        let kept = self.reviewed.flags.iter().filter(|flag| is_about_sending(flag)).cloned();
        let mut flags: Vec<Flag> = kept.chain(reviewed.flags).collect();
        flags.sort();
        flags.dedup();
        self.reviewed = Reviewed { verdict: reviewed.verdict, flags };
    }
}

fn is_about_sending(flag: &Flag) -> bool {
    matches!(flag, Flag::ClockSkew | Flag::ClockMoved | Flag::TimeImpossible | Flag::ScopeEnded)
}
