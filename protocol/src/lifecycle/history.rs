//! What happened to an item beside its stages: deadlines, extensions, reminders, the ladder, remarks. Only grows.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::facts::{By, Deadline};
use crate::{
    ids::{AccountId, CommandId, RemarkId},
    rectification::{Colour, Rung},
    vocabulary::vocabulary,
};

/// One moment in the history of the fix clock. From these alone, overdue can be recomputed for any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Mark {
    pub at: DateTime<Utc>,
    #[serde(flatten)]
    pub what: Tick,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "clock", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Tick {
    /// The clock runs, against this deadline.
    Runs { due: Deadline },
    /// The clock stands: answered, suspended, declined, closed, cancelled.
    Stands,
}

/// One run of the receipt clock (签收时限), apart from the fix clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReceiptRun {
    pub from: DateTime<Utc>,
    pub sign_by: DateTime<Utc>,
    /// Signed for, declined, or taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<DateTime<Utc>>,
}

/// An extension that was asked for, and what became of it. Both are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Extension {
    pub asked: By,
    pub order: u32,
    pub reason: String,
    pub from: Deadline,
    pub to: Deadline,
    pub decision: ExtensionDecision,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ExtensionDecision {
    Pending,
    Granted {
        by: AccountId,
        at: DateTime<Utc>,
        due: Deadline,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    Refused {
        by: AccountId,
        at: DateTime<Utc>,
        reason: String,
    },
    /// The unit answered, or the item was taken away, before anybody decided.
    Lapsed {
        at: DateTime<Utc>,
    },
}

/// A reminder that went out. Each once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reminded {
    pub at: DateTime<Utc>,
    pub colour: Colour,
    /// The deadline's `passes_at`, the `sign_by`, or the first moment of the day of the review or look-back.
    pub of: DateTime<Utc>,
    /// When the reminder itself fell due: two blue ones before one deadline are two.
    pub due: DateTime<Utc>,
}

/// A rung of the ladder that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Taken {
    pub rung: Rung,
    pub order: u32,
    pub at: DateTime<Utc>,
    /// The deadline that had passed.
    pub due: Deadline,
    /// Who approved it; none below the summons, where the clock acts alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<By>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A drafted rung, and what a person made of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Draft {
    pub rung: Rung,
    pub order: u32,
    pub at: DateTime<Utc>,
    pub due: Deadline,
    pub outcome: DraftOutcome,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DraftOutcome {
    Waiting,
    Approved { by: AccountId, at: DateTime<Utc> },
    Dropped { by: AccountId, at: DateTime<Utc>, reason: String },
}

vocabulary! {
    RemarkKind {
        Comment = "comment",
        /// 批示
        Instruction = "instruction",
    }
}

/// A comment or an instruction. Never altered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Remark {
    pub remark_id: RemarkId,
    pub kind: RemarkKind,
    pub said: By,
    pub text: String,
    /// Who has read it, and when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read: Vec<By>,
}

/// A command that came too late to apply: kept whole, for a person to look at beside what is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Kept {
    pub command_id: CommandId,
    #[serde(rename = "type")]
    pub kind: String,
    pub by: AccountId,
    /// Server time.
    pub at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_rev: Option<String>,
    /// The revision that it met.
    pub met_rev: String,
    /// Why it did not apply: the code of a problem.
    pub why: String,
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub body: serde_json::Value,
}
