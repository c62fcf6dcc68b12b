//! What becomes of a report: its result, and the remarks about it.

use serde::{Deserialize, Serialize};

use crate::vocabulary::vocabulary;

vocabulary! {
    /// A remark about a report that did not stop it.
    Flag {
        /// A required item has no answer.
        AnswersMissing = "answers_missing",
        /// A failing answer has fewer photos than the item asks for.
        PhotosMissing = "photos_missing",
        /// A failing answer has no finding.
        FindingMissing = "finding_missing",
        /// No position at arrival.
        NoPosition = "no_position",
        /// The arrival lies outside the site's radius, accuracy allowed for.
        FarFromSite = "far_from_site",
        /// The fix came from a mock provider.
        MockPosition = "mock_position",
        /// The phone's clock is off by more than five minutes.
        ClockSkew = "clock_skew",
        /// The phone's clock was moved between recording and sending.
        ClockMoved = "clock_moved",
        /// The time claimed lies in the future, or before a server time that the phone had seen.
        TimeImpossible = "time_impossible",
        /// The visit is said to have lasted more than a day.
        LongVisit = "long_visit",
        /// The grant ended before the report arrived; it was taken in because it was begun before.
        ScopeEnded = "scope_ended",
    }
}

/// The result of an inspection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Verdict {
    pub passed: u32,
    pub failed: u32,
    /// Codes of veto items (一票否决) that failed: one is enough to fail the whole village or household.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vetoed_by: Vec<String>,
}
