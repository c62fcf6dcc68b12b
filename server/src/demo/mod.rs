//! What the demonstration is played with: a county that does not exist, and photos that nobody took.
//!
//! Promises: the same seed draws the same county and the same photos. Never: names a real place or person.

pub mod accounts;
pub mod camera;
pub mod canvas;
pub mod county;
pub mod day;
pub mod link;
pub mod names;
pub mod show;
pub mod store;
pub mod terrain;
pub mod weeks;
