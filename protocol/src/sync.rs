//! `POST /v1/sync`: commands up and changes down in one round trip (protocol-design §2).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{
    clock::ClockReading,
    feed::{Channel, Digests, Kind},
    ids::CommandId,
    problem::Problem,
    verdict::Flag,
};

/// What a client sends. Either part may be empty.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Request {
    /// Where the last page ended; null before the first.
    #[serde(default)]
    pub cursor: Option<String>,
    /// False: push only, send no changes.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub pull: bool,
    /// All outcomes up to this `n` have been received and kept: their bodies need not be stored longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ack_through: Option<u32>,
    /// Size of the page wished for, in bytes of changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_bytes: Option<usize>,
    /// `written_through` of the last acknowledged command that the client still shows from its own overlay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<String>,
    /// Channels whose digest differed: they are dropped and sent again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resync: Vec<Channel>,
    /// Ask for digests with the last page.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub digests: bool,
    /// The phone's clocks at the moment of sending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockReading>,
    /// Each one an [`crate::command::Envelope`], kept as sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<crate::command::Envelope>))]
    pub commands: Vec<Box<RawValue>>,
}

fn yes() -> bool {
    true
}

fn is_true(value: &bool) -> bool {
    *value
}

impl Default for Request {
    fn default() -> Self {
        Request {
            cursor: None,
            pull: true,
            ack_through: None,
            limit_bytes: None,
            waiting_for: None,
            resync: Vec::new(),
            digests: false,
            clock: None,
            commands: Vec::new(),
        }
    }
}

/// What the server answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Response {
    /// One for each command, in the same order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<Outcome>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// To be sent with the next request; opaque, different at every call. Absent when nothing was pulled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// More pages follow: do not show what came so far as complete.
    #[serde(default)]
    pub more: bool,
    /// A mark in the feed behind the effects of this push's commands; opaque.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_through: Option<String>,
    /// `cursor` is past `waiting_for` and past `written_through`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub arrived: bool,
    /// The cursor is of another life of the database (restore, failover): compare `digests`, ask for `resync`
    /// of the channels that differ, drop those that are not listed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resync: bool,
    /// What the channels hold at this cursor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<std::collections::BTreeMap<String, crate::feed::ChannelDigest>>))]
    pub digests: Option<Digests>,
    pub server_time: DateTime<Utc>,
}

/// One step of the feed: `{"drop": channel}`, `{"gone": [channel, id]}` or
/// `{"put": [channel, id], "kind": …, "rev": …, "body": …}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "WireChange", into = "WireChange")]
pub enum Change {
    /// Forget all memberships in this channel.
    Drop(Channel),
    /// The item left this channel; it may still stand in another.
    Gone(Channel, Uuid),
    /// The item stands in this channel.
    Put(Put),
}

#[derive(Debug, Clone)]
pub struct Put {
    pub channel: Channel,
    pub id: Uuid,
    pub kind: Kind,
    /// The item's own revision: 1, 2, 3 …
    pub rev: u32,
    /// The item itself; absent when this very page has it already, for another channel.
    pub body: Option<Box<RawValue>>,
}

/// The flat form of a [`Change`] on the wire.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WireChange {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    drop: Option<Channel>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gone: Option<(Channel, Uuid)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    put: Option<(Channel, Uuid)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<Kind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rev: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    body: Option<Box<RawValue>>,
}

impl TryFrom<WireChange> for Change {
    type Error = &'static str;

    fn try_from(wire: WireChange) -> Result<Self, Self::Error> {
        match wire {
            WireChange { drop: Some(channel), .. } => Ok(Change::Drop(channel)),
            WireChange { gone: Some((channel, id)), .. } => Ok(Change::Gone(channel, id)),
            WireChange { put: Some((channel, id)), kind: Some(kind), rev: Some(rev), body, .. } => {
                let rev = rev.parse().map_err(|_| "a revision is a whole number in a string")?;
                Ok(Change::Put(Put { channel, id, kind, rev, body }))
            }
            _ => Err("a change is one of drop, gone, put with kind and rev"),
        }
    }
}

impl From<Change> for WireChange {
    fn from(change: Change) -> Self {
        match change {
            Change::Drop(channel) => WireChange { drop: Some(channel), ..Default::default() },
            Change::Gone(channel, id) => WireChange { gone: Some((channel, id)), ..Default::default() },
            Change::Put(put) => WireChange {
                put: Some((put.channel, put.id)),
                kind: Some(put.kind),
                rev: Some(put.rev.to_string()),
                body: put.body,
                ..Default::default()
            },
        }
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Change {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        <WireChange as utoipa::PartialSchema>::schema()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Change {
    fn name() -> std::borrow::Cow<'static, str> {
        "Change".into()
    }
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Status {
    /// Done; durable, replayed word for word.
    Applied,
    /// Refused for ever under this id; durable.
    Rejected,
    /// The item had moved on and the step is no longer legal; durable; `current` has the other side.
    Conflict,
    /// Waits for an earlier command on the same item; not stored, send it again.
    Blocked,
    /// The server could not do it now; not stored, send it again.
    Retry,
}

impl Status {
    pub fn is_durable(&self) -> bool {
        matches!(self, Status::Applied | Status::Rejected | Status::Conflict)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Outcome {
    /// Null only when the command had no readable id.
    pub id: Option<CommandId>,
    pub status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Box<Problem>>,
    /// The item's revision after the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<String>,
    /// Remarks that did not stop the command.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
    /// With `conflict`: the item as it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub current: Option<Box<RawValue>>,
}

impl Outcome {
    pub fn applied(id: CommandId, rev: u32, flags: Vec<Flag>) -> Self {
        Outcome {
            id: Some(id),
            status: Status::Applied,
            problem: None,
            rev: Some(rev.to_string()),
            flags,
            current: None,
        }
    }

    pub fn refused(id: Option<CommandId>, status: Status, problem: Problem) -> Self {
        Outcome { id, status, problem: Some(Box::new(problem)), rev: None, flags: Vec::new(), current: None }
    }
}
