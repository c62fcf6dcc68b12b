//! Sync: commands up and changes down in one round trip (docs/PROTOCOL.md).
//!
//! Promises: a client that keeps pulling ends up with exactly what it may see; what was acknowledged is durable;
//! after the page that takes a scope away not one byte of it is sent.
//! Never: decides commands (casework does), or tells an outsider by a cursor that something happened.

pub mod chore;
pub mod cursor;
mod hints;
pub mod page;
mod pull;
mod push;
pub mod routes;
pub mod store;

pub use hints::Hints;
