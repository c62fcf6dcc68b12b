//! Rectifications: the items of the ledger, as rows and as they travel.
//!
//! Promises: the half that the unit may see and the half of those who oversee never mix; how much of a file is held is
//! told as it stands at the moment of asking.
//! Never: writes by itself; casework does, through the store. Never decides: the protocol's lifecycle does.

pub mod chore;
pub mod export;
mod query;
mod record;
pub mod routes;
pub mod store;

pub use record::{Mention, Record};
