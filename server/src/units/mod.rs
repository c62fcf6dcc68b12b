//! Units (责任单位): townships, sector departments, villages and teams that answer for what is found.
//!
//! Promises: a change of a unit reaches everyone who reads the reference channel. Never: changes a unit by
//! itself; that is the import's.

pub mod routes;
pub mod store;

use anfang_protocol::feed::{Channel, Kind};

use crate::{db::revised::Changes, ledger::Place};

/// Where changed units stand: everyone with any grant reads them.
pub fn places(changes: &Changes<store::UnitRow>) -> Vec<Place> {
    let put = |row: &&store::UnitRow| Place::put(Channel::Reference, Kind::Unit, row.unit_id, row.rev);
    changes.rows().iter().map(put).collect()
}
