//! The Anfang server: takes photo-backed reports of unannounced inspections and keeps them as evidence.
//!
//! Where things are is told in `docs/ARCHITECTURE.md`; imports run down the list below only.

pub mod areas;
pub mod auth;
pub mod checklists;
pub mod clock;
pub mod config;
pub mod db;
pub mod demo;
pub mod failure;
pub mod import;
pub mod ledger;
pub mod phone;
pub mod sites;
pub mod tagged;
pub mod units;
