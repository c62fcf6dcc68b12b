//! The Anfang server: takes photo-backed reports of unannounced inspections and keeps them as evidence.
//!
//! Where things are is told in `docs/ARCHITECTURE.md`; imports run down the list below only.

pub mod auth;
pub mod clock;
pub mod config;
pub mod db;
pub mod failure;
pub mod ledger;
