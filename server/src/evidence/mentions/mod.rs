//! Mentions: the evidence that reports name, and how much of it the server holds.
//!
//! Promises: a change of status is a revision of the report, and is in the feed with it; `stored` is said only to
//! whoever sent all the bytes or may see them.
//! Never: touches bytes.

pub mod store;

use anfang_protocol::{ids::AccountId, sha::Sha};

/// A file, and on whose behalf it is named.
pub type Mention = (AccountId, Sha);
