//! Checklists: what is checked, versioned and bilingual. A published version never changes.

use serde::{Deserialize, Serialize};

use crate::{finding::Severity, ids::ChecklistId, site::SiteKind, words::Words};

/// One published version of a checklist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Checklist {
    pub checklist_id: ChecklistId,
    /// 1, 2, 3 … An inspection keeps the version it was made with for ever.
    pub version: u32,
    pub code: String,
    pub title: Words,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guidance: Option<Words>,
    pub items: Vec<Item>,
}

impl Checklist {
    pub fn item(&self, code: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.code == code)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Item {
    /// Unique within the checklist, never used again for another question.
    pub code: String,
    pub title: Words,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guidance: Option<Words>,
    /// Site kinds the item applies to; empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applies_to: Vec<SiteKind>,
    pub answer: AnswerType,
    /// An inspection without an answer to it is flagged `answers_missing`.
    #[serde(default)]
    pub required: bool,
    /// 一票否决: failing this item fails the whole village or household.
    #[serde(default)]
    pub veto: bool,
    /// Code of the sector department in charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    pub default_severity: Severity,
    /// Working days a unit gets to put a failure right, unless the supervisor says otherwise.
    pub rectify_within_days: u16,
    /// Photos that a failing answer needs at least; fewer is flagged `photos_missing`.
    #[serde(default)]
    pub min_photos: u8,
}

/// What an answer to an item looks like, and when it fails.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AnswerType {
    PassFail,
    /// Outside `min..=max` is no possible answer; outside `pass_min..=pass_max` fails.
    Number {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<Words>,
        min: f64,
        max: f64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pass_min: Option<f64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pass_max: Option<f64>,
    },
    Choice {
        options: Vec<ChoiceOption>,
    },
    Text,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChoiceOption {
    pub code: String,
    pub title: Words,
    #[serde(default)]
    pub fails: bool,
}
