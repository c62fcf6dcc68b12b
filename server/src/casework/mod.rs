//! Casework: the only write path. Phones, desks and the clock all come through [`Hall::perform`].
//!
//! Promises: a command has one effect and one outcome for ever; effect, outcome, ledger entry and feed change
//! commit in one transaction; one bad command spoils nothing.
//! Never: answers HTTP, sends anything to anyone, decides by a clock of its own.

mod decide;
mod docket;
mod dossier;
mod hall;
mod item;
mod load;
mod perform;
mod plan;
mod refusal;
mod submission;
mod sweep;
mod tell;
mod unseal;
mod world;

pub use hall::{Done, Hall};
pub use submission::{Submission, read};
pub use sweep::sweep;
