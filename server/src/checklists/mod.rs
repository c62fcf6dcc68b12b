//! Checklists: what is checked.
//!
//! Promises: a published version never changes and never goes, for inspections keep the version they were made
//! with; every version stands in the reference channel as an item of its own. Never: judges an answer; the
//! protocol's rules do.

pub mod check;
pub mod routes;
pub mod store;
pub mod templates;

use anfang_protocol::{
    checklist::Checklist,
    feed::{Channel, Kind},
    ids::JurisdictionId,
};
use uuid::Uuid;

use crate::ledger::Place;

/// Revision of every item: a version never changes.
const REV: i32 = 1;

/// What a version is called in the feed: the checklist's own id names all its versions.
pub fn item_id(jurisdiction: JurisdictionId, code: &str, version: u32) -> Uuid {
    jurisdiction.derive("checklist", &format!("{code}@{version}"))
}

/// Where newly published versions stand: everyone with any grant reads them.
pub fn places(jurisdiction: JurisdictionId, published: &[Checklist]) -> Vec<Place> {
    let put = |list: &Checklist| {
        let item = item_id(jurisdiction, &list.code, list.version);
        Place::put(Channel::Reference, Kind::Checklist, item, REV)
    };
    published.iter().map(put).collect()
}
