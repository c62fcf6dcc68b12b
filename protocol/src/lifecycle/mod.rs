//! The life of an item on the ledger (domain.md §4): its stages, what may follow what, and when things fall due.
//!
//! Promises: pure. What is known goes in, the next state or a refusal comes out; a phone in a valley and the server
//! decide alike. Each guard of the domain is a rule with a name ([`guard`]), each refusal says what to do instead.
//! Never: looks at a clock, reads a table, sends a message, closes more than one item.
//!
//! | file | what it answers |
//! |---|---|
//! | `item`, `facts`, `history` | what an item is: stages that carry their facts, and what happened beside them |
//! | `scene`, `known` | what is known when a command is judged |
//! | `step` | (item, command, actor, scene) -> the next item, or a refusal |
//! | `guard` | the rules that no move may break |
//! | `authority` | who may give which command at which stage, as one table |
//! | `conflict` | what becomes of a command that was given upon an older revision |
//! | `calendar` | working days, and the last moment of a day |
//! | `deadlines` | what falls due, and when; overdue at any time |
//! | `look_back` | when to come back |
//! | `reconcile` | opening + new + reopened − closed − moved away = closing |
//! | `places` | in which channels an item stands, and with what |
//! | `diagram` | the stages as a picture |

pub mod authority;
pub mod calendar;
mod clockwork;
pub mod conflict;
pub mod deadlines;
pub mod diagram;
pub mod facts;
pub mod guard;
mod handing;
pub mod history;
pub mod item;
pub mod known;
mod listing;
pub mod look_back;
mod next;
pub mod places;
pub mod reconcile;
mod refusal;
pub mod rules;
mod scene;
pub mod step;
mod talk;
mod verifying;
mod work;

pub use authority::{Actor, Person, may};
pub use calendar::Calendar;
pub use conflict::{Decision, decide};
pub use deadlines::{Falls, falls};
pub use item::{Item, Rectification, Stage, StageName};
pub use refusal::Refusal;
pub use rules::Rules;
pub use scene::Scene;
pub use step::Step;
