//! Cursors: where a client stands in the feed. Sealed, with a fresh nonce each, so that they tell nothing: a
//! readable sequence would show an outsider that something happened.

use anfang_protocol::{feed::Channel, ids::AccountId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::auth::secret::Sealer;

/// The order of changes within one sequence number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Phase {
    Drop,
    Gone,
    Put,
    /// Behind everything of this sequence number.
    End,
}

/// The place of one change in the order of all. For changes of an item, the id breaks ties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// The effective sequence: of the item's change, or of the grant if that came later.
    #[serde(with = "wide")]
    pub seq: i64,
    pub phase: Phase,
    pub channel: Channel,
    pub id: Uuid,
}

impl Position {
    pub const START: Position =
        Position { seq: -1, phase: Phase::End, channel: Channel::Reference, id: Uuid::nil() };

    /// Behind all that happened up to and with `seq`.
    pub fn end_of(seq: i64) -> Self {
        Position { seq, phase: Phase::End, channel: Channel::Reference, id: Uuid::nil() }
    }
}

/// Channels that are sent again because the client's digest differed, as if they had been granted at `at`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Again {
    #[serde(with = "wide")]
    pub at: i64,
    pub channels: Vec<Channel>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    pub account: AccountId,
    pub epoch: Uuid,
    pub position: Position,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Again>,
}

/// A mark behind the effects of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    pub epoch: Uuid,
    #[serde(with = "wide")]
    pub seq: i64,
}

/// Numbers of the order, all as long as each other: the length of what is sealed would tell how much has happened.
mod wide {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(number: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{number:020}"))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

const CURSOR: &[u8] = b"cursor";
const WRITTEN: &[u8] = b"written";

impl Cursor {
    /// Before everything.
    pub fn start(account: AccountId, epoch: Uuid) -> Self {
        Cursor { account, epoch, position: Position::START, again: None }
    }

    pub fn seal(&self, sealer: &Sealer) -> String {
        seal(self, CURSOR, sealer)
    }

    /// None: not one of ours (another secret, another version): the client is to resync, not to fail.
    pub fn open(text: &str, sealer: &Sealer) -> Option<Self> {
        open(text, CURSOR, sealer)
    }
}

impl Written {
    pub fn seal(&self, sealer: &Sealer) -> String {
        seal(self, WRITTEN, sealer)
    }

    pub fn open(text: &str, sealer: &Sealer) -> Option<Self> {
        open(text, WRITTEN, sealer)
    }
}

fn seal<T: Serialize>(value: &T, purpose: &[u8], sealer: &Sealer) -> String {
    // These are our own plain structs: they always have a JSON form.
    sealer.seal(purpose, &serde_json::to_vec(value).unwrap_or_default())
}

fn open<T: for<'a> Deserialize<'a>>(text: &str, purpose: &[u8], sealer: &Sealer) -> Option<T> {
    serde_json::from_slice(&sealer.open(purpose, text)?).ok()
}
