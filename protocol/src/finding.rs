//! Findings (问题): a failing item or a free observation.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{ChecklistId, EvidenceId, FindingId},
    place::Position,
    vocabulary::vocabulary,
};

vocabulary! {
    /// How bad it is. An unknown word counts as serious.
    Severity {
        /// 一般
        General = "general",
        /// 较重
        Serious = "serious",
        /// 严重
        Grave = "grave",
    }
}

/// A finding as the inspector records it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    pub finding_id: FindingId,
    /// The failing item; both absent for a free observation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checklist_id: Option<ChecklistId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    pub severity: Severity,
    /// What is wrong, in words fit for the responsible unit.
    pub text: String,
    /// Raw notes: for the team and the supervisor only, never for the unit (domain.md §5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<EvidenceId>,
}
