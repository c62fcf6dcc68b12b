//! Areas (行政区划): the tree that everything lies in.
//!
//! Promises: an area knows in whose feed channels its things stand; a change of an area reaches everyone who
//! reads the reference channel. Never: changes an area by itself; that is the import's.

pub mod routes;
pub mod store;

use anfang_protocol::feed::{Channel, Kind};

use crate::{db::revised::Changes, ledger::Place};

/// Where changed areas stand: everyone with any grant reads them.
pub fn places(changes: &Changes<store::AreaRow>) -> Vec<Place> {
    let put = |row: &&store::AreaRow| Place::put(Channel::Reference, Kind::Area, row.area_id, row.rev);
    changes.rows().iter().map(put).collect()
}
