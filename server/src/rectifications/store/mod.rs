//! Rows of items, of the findings and files under them, of what they moved, and their tallies.

pub mod export;
pub mod list;
mod read;
mod save;
pub mod tally;

pub use read::{desks, due, listed, lock, track_records, wire};
pub use save::{Saving, reschedule, save};
