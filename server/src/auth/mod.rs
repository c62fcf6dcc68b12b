//! Who speaks: accounts, sign-ins, devices, grants.
//!
//! Promises: a token says who, the database says whether still; a revoked device or ended sign-in acts within a
//! second on every server process; a stranger, a forger and a thief of a token all get the same 401.
//! Never: decides what may be done to an item (that is casework's, by the authority table).

pub mod accounts;
pub mod actor;
mod address;
pub mod admin;
pub mod attempts;
pub mod chore;
pub mod devices;
mod extract;
pub mod gate;
pub mod grants;
pub mod jurisdictions;
mod jws;
pub mod keys;
pub mod memberships;
pub mod office;
pub mod pace;
pub mod passwords;
pub mod proofs;
pub mod routes;
pub mod secret;
pub mod sessions;
pub mod sign_in;
pub mod standing;
pub mod tokens;
pub mod watch;

pub use actor::{Actor, Enrolling};
pub use gate::Gate;
pub use passwords::Passwords;
pub use proofs::Challenges;
pub use routes::Gatehouse;
pub use secret::{Sealer, Secret};
pub use watch::Watch;

use crate::ledger::Entry;

/// The entry with who caused it; none: the clock, or the command line.
fn by_whom(entry: Entry, actor: Option<&Actor>) -> Entry {
    match actor {
        Some(actor) => entry.by(actor.account, actor.device),
        None => entry,
    }
}
