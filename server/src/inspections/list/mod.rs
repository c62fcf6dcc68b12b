//! Which inspections somebody sees, newest first. Never: tells of one that stands in none of the reader's channels.

pub mod store;
