//! Rows of items, of the findings and files under them, of what they moved, and their tallies.

pub mod export;
pub mod list;
mod read;
mod replan;
mod save;
pub mod tally;

pub use read::{desks, due, listed, lock, track_records, wire};
pub use replan::{look_anew, replan, reschedule};
pub use save::{Saving, save};
