//! Who speaks: accounts, sign-ins, devices, grants.
//!
//! Promises: a token says who, the database says whether still; a revoked device or ended sign-in acts within a
//! second on every server process; a stranger, a forger and a thief of a token all get the same 401.
//! Never: decides what may be done to an item (that is casework's, by the authority table).

pub mod actor;

pub use actor::Actor;
