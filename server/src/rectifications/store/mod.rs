//! Rows of items, of the findings and files under them, and of what they moved.

pub mod list;
mod read;
mod save;

pub use read::{desks, due, listed, lock, track_records, wire};
pub use save::{Saving, reschedule, save};
