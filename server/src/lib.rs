//! The Anfang server: takes photo-backed reports of unannounced inspections and keeps them as evidence.
//!
//! Where things are is told in `docs/ARCHITECTURE.md`; imports run down only.

pub mod app;
pub mod apps;
pub mod areas;
pub mod auth;
pub mod casework;
pub mod checklists;
pub mod clock;
pub mod config;
pub mod db;
pub mod demo;
pub mod description;
pub mod evidence;
pub mod failpoint;
pub mod failure;
pub mod home;
pub mod import;
pub mod inspections;
pub mod ledger;
pub mod notices;
pub mod ops;
pub mod people;
pub mod phone;
pub mod plans;
pub mod rectifications;
pub mod sites;
pub mod sync;
pub mod tagged;
pub mod terms;
pub mod trace;
pub mod units;
pub mod webhooks;
pub mod wire;
pub mod worker;
