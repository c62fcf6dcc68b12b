//! Plans (暗访任务): who goes, when, where. Sealed until its time.
//!
//! Promises: a sealed plan is read by its team and its author only, and each reading is on the ledger before the plan
//! is told; what a draw depended on is kept, and told once the plan is unsealed.
//! Never: writes by itself (casework does, through the store); answers about a plan that is not yours otherwise than
//! about one that is not there. docs/plans.md lists every place where a plan is referred to.

pub mod record;
pub mod routes;
pub mod store;

pub use record::Record;
