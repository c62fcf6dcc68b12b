//! The facts that the stages of an item carry: each is told once, by somebody, at a time, and never altered.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    evidence::HeldEvidence,
    finding::Severity,
    ids::{AccountId, ChecklistId, FindingId, InspectionId, RectificationId, SiteId, UnitId},
    rectification::{Funds, Method, Named, Source},
};

/// Who, and when by the server's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct By {
    pub by: AccountId,
    pub at: DateTime<Utc>,
}

/// A finding as the ledger keeps it: fit for the unit. The raw notes stay with the inspection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ItemFinding {
    pub finding_id: FindingId,
    pub source: Source,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    pub severity: Severity,
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_id: Option<SiteId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checklist_id: Option<ChecklistId>,
    /// The code of the checklist's item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<HeldEvidence>,
}

/// A deadline: a day, and the first moment after it in the jurisdiction's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Deadline {
    pub on: NaiveDate,
    /// At this moment, and after it, it has passed.
    pub passes_at: DateTime<Utc>,
    /// Counted in working days of a year whose arrangement of holidays was not known when it was set: only the days
    /// that the regulation itself orders were off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub provisional: bool,
}

/// What was handed over, to whom, by when (交办单).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Order {
    /// 1, 2, 3 …: each handing over and each reassignment begins an order of its own, with a ladder of its own.
    pub number: u32,
    pub unit_id: UnitId,
    pub person: Named,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leader: Option<Named>,
    pub requirement: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub funds: Option<Funds>,
    pub given: By,
    /// As it stands now; [`Rectification::track`] has how it came about.
    pub due: Deadline,
    pub sign_by: DateTime<Utc>,
}

/// An order that was signed for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Task {
    pub order: Order,
    pub receipt: By,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Work {
    pub planned: By,
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_on: Option<NaiveDate>,
}

/// One answer (整改报告). Never altered: a later one stands beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Answered {
    pub given: By,
    /// The unit that it was given for.
    pub unit_id: UnitId,
    /// 1, 2, 3 …: the round that it belongs to.
    pub round: u32,
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<HeldEvidence>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Acceptance {
    pub accepted: By,
    pub method: Method,
    /// The acceptance group: a relapse counts against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<UnitId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspection_id: Option<InspectionId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Sent back to the unit, with the reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SentBack {
    pub returned: By,
    pub reasons: String,
    /// The round that ended with it.
    pub round: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspection_id: Option<InspectionId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Refused {
    pub declined: By,
    pub reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggests: Option<UnitId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pause {
    pub suspended: By,
    pub reason: String,
    pub review_on: NaiveDate,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Closing {
    pub closed: By,
    pub acceptance: Acceptance,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A closed item whose trouble came back: it counts against the unit and against the group that accepted it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Relapse {
    pub reopened: By,
    pub reason: String,
    pub unit_id: UnitId,
    /// The closing that did not hold.
    pub closing: Closing,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspection_id: Option<InspectionId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cancellation {
    /// The approver.
    pub cancelled: By,
    pub reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined_into: Option<RectificationId>,
}

/// Who is to verify.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Assignment {
    pub assigned: By,
    pub group: UnitId,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<AccountId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LookBack {
    pub on: NaiveDate,
    /// It was done, and the item had held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<By>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspection_id: Option<InspectionId>,
}
