//! What phones, desks and the Anfang server say to each other, and what may be said next.
//!
//! Pure: no I/O, no clock, no randomness of its own. Time and identifiers come in as arguments, so that a
//! phone in a valley and the server decide alike. The wire format is specified in `docs/PROTOCOL.md`.

pub mod area;
pub mod auth;
pub mod authority;
pub mod blob;
pub mod canonical;
pub mod capabilities;
pub mod checklist;
pub mod client;
pub mod clock;
pub mod command;
#[cfg(feature = "openapi")]
pub mod described;
pub mod draw;
pub mod evidence;
pub mod feed;
pub mod finding;
pub mod ids;
pub mod inspection;
pub mod lifecycle;
pub mod limits;
pub mod notice;
pub mod people;
pub mod place;
pub mod plan;
pub mod problem;
pub mod rectification;
pub mod review;
pub mod sha;
pub mod site;
pub mod sync;
pub mod tier;
pub mod unit;
pub mod verdict;
mod vocabulary;
pub mod words;

pub use problem::{Code, Problem};
