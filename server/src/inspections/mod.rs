//! Inspections (暗访记录): reading them, one or many; their rows.
//!
//! Promises: shows an inspection to whom its channels allow, to nobody else; what was amended or voided stays.
//! Never: writes by itself (casework does, through [`store`]).

mod list;
pub mod record;
pub mod routes;
pub mod store;

pub use record::Record;
