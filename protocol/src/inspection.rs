//! Inspections (暗访记录): one visit of one site by one team.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    evidence::{Evidence, HeldEvidence},
    finding::Finding,
    ids::{AccountId, AreaId, ChecklistId, EvidenceId, FindingId, InspectionId, PlanId, QuestionId, SiteId},
    place::Position,
    verdict::{Flag, Verdict},
    vocabulary::vocabulary,
};

/// Arrival at a site, or departure from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Presence {
    /// By the phone's clock.
    pub at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// Why there is no position ("no fix under the roof").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_position: Option<String>,
}

/// The answers to one version of one checklist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Answers {
    pub checklist_id: ChecklistId,
    pub version: u32,
    pub answers: Vec<Answer>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Answer {
    /// The item's code.
    pub item: String,
    pub value: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<EvidenceId>,
}

/// The value of an answer; its form must be that of the item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Value {
    Pass(bool),
    Number(f64),
    /// The code of the option.
    Choice(String),
    Text(String),
    /// The item does not apply here, with the reason. Neither passes nor fails.
    NotApplicable(String),
}

/// Somebody who was asked. Private answers never reach a responsible unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Interview {
    pub who: String,
    /// Satisfaction (满意度), 1 to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub satisfaction: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The body of `inspection.submit`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Submit {
    pub inspection_id: InspectionId,
    pub site_id: SiteId,
    /// Absent: ad-hoc.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_id: Option<PlanId>,
    pub arrival: Presence,
    pub departure: Presence,
    /// Names of those who went, beside the sender.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub team: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checklists: Vec<Answers>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interviews: Vec<Interview>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// The body of `inspection.amend`: what was forgotten or wrong, with the reason. Answers replace those to the
/// same items; findings and evidence are only ever added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Amend {
    pub inspection_id: InspectionId,
    /// Where it answers a question: the answer.
    pub reason: String,
    /// The question that this answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question_id: Option<QuestionId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checklists: Vec<Answers>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interviews: Vec<Interview>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// The body of `inspection.ask`: a supervisor asks the author back. An amendment that names the question answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ask {
    pub inspection_id: InspectionId,
    pub question_id: QuestionId,
    /// The finding of the inspection that is asked about; absent: the whole visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding_id: Option<FindingId>,
    pub text: String,
}

/// The body of `inspection.void`: made in error. It stays on the ledger and in the lists, marked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Void {
    pub inspection_id: InspectionId,
    pub reason: String,
}

vocabulary! {
    /// The stage of an inspection; an unknown word shows as submitted.
    InspectionStage {
        Submitted = "submitted",
        Voided = "voided",
    }
}

/// One amendment, or the voiding, as the inspection's history tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Correction {
    pub by: AccountId,
    /// Server time.
    pub at: DateTime<Utc>,
    pub reason: String,
    /// The question that the amendment answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question_id: Option<QuestionId>,
    /// What the amendment added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<EvidenceId>,
}

/// A question back to the author; open until an amendment names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AskedBack {
    pub question_id: QuestionId,
    pub by: AccountId,
    /// Server time.
    pub at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding_id: Option<FindingId>,
    pub text: String,
}

/// An inspection as the feed and the desk show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Inspection {
    pub inspection_id: InspectionId,
    pub stage: InspectionStage,
    pub site_id: SiteId,
    pub area_id: AreaId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_id: Option<PlanId>,
    /// Who sent it.
    pub by: AccountId,
    pub arrival: Presence,
    pub departure: Presence,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub team: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checklists: Vec<Answers>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<HeldEvidence>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interviews: Vec<Interview>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    pub verdict: Verdict,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
    /// Server time of the submission.
    pub received_at: DateTime<Utc>,
    /// The phone's wall clock minus the server's, in milliseconds, when it was pushed.
    pub skew_ms: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<AskedBack>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amendments: Vec<Correction>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voided: Option<Correction>,
}

/// Answers of an amendment replace those to the same items of the same checklist version; the others stay.
pub fn merge_answers(into: &mut Vec<Answers>, new: &Answers) {
    let same = |a: &&mut Answers| a.checklist_id == new.checklist_id && a.version == new.version;
    match into.iter_mut().find(same) {
        None => into.push(new.clone()),
        Some(answers) => {
            answers.answers.retain(|old| !new.answers.iter().any(|answer| answer.item == old.item));
            answers.answers.extend(new.answers.iter().cloned());
        }
    }
}

/// Notes of an amendment stand below those before: nothing is overwritten.
pub fn add_notes(notes: &mut Option<String>, more: &str) {
    *notes = Some(match notes.take() {
        Some(before) => format!("{before}\n{more}"),
        None => more.to_owned(),
    });
}
