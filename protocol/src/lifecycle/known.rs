//! What the ledger has to know of the things that a command names.

use chrono::{DateTime, Utc};

use super::facts::ItemFinding;
use crate::ids::{AreaId, InspectionId, RectificationId, SiteId};

/// A finding that a command names, with what the ledger has to know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct FindingFacts {
    pub finding: ItemFinding,
    pub area_id: AreaId,
    pub inspection_id: Option<InspectionId>,
    /// The item that it stands under already.
    pub listed_in: Option<RectificationId>,
    /// Its inspection was voided.
    pub voided: bool,
}

/// An inspection that a command names, with what the ledger has to know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    pub site_id: SiteId,
    /// When it was made, as far as the phone's clocks can be trusted; else when it came in.
    pub made: DateTime<Utc>,
}
