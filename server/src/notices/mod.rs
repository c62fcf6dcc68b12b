//! Notices: what people are told, each in the person's own channel.
//!
//! Promises: the same thing told twice is told once; only the person reads it.
//! Never: finds out whom to tell (casework does), sends anything anywhere.

pub mod store;
