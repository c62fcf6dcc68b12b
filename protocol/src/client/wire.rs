//! The server's answer as a phone reads it: channels are text, and what it does not know is kept or passed
//! over, never a reason to stop. A phone of today goes on when the server has learnt new words.

use std::{collections::BTreeMap, fmt, sync::Arc};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{
    feed::{Channel, ChannelDigest, Kind},
    sync::{Outcome, Response},
};

/// The name of a channel, also of one that this version cannot read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChannelName(pub String);

impl ChannelName {
    /// The channel, if this version knows its kind.
    pub fn known(&self) -> Option<Channel> {
        self.0.parse().ok()
    }
}

impl From<Channel> for ChannelName {
    fn from(channel: Channel) -> Self {
        ChannelName(channel.to_string())
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An item's JSON, kept as it came: fields that this version does not know stay in it.
#[derive(Debug, Clone)]
pub struct Body(Arc<RawValue>);

impl Body {
    pub fn text(&self) -> &str {
        self.0.get()
    }

    pub fn raw(&self) -> &RawValue {
        &self.0
    }

    /// Reads it, where this version knows its form.
    ///
    /// # Errors
    /// When the JSON has another form.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.text())
    }
}

impl From<Box<RawValue>> for Body {
    fn from(raw: Box<RawValue>) -> Self {
        Body(raw.into())
    }
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Body::from(Box::<RawValue>::deserialize(deserializer)?))
    }
}

/// [`Response`], read leniently.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Page {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<Outcome>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(default)]
    pub more: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_through: Option<String>,
    #[serde(default)]
    pub arrived: bool,
    #[serde(default)]
    pub resync: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digests: Option<BTreeMap<ChannelName, ChannelDigest>>,
    pub server_time: DateTime<Utc>,
}

/// One step of the feed; which of the three it is, is told by the field that is there.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Change {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drop: Option<ChannelName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<(ChannelName, Uuid)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put: Option<(ChannelName, Uuid)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
}

impl Page {
    /// Reads the body of an answer.
    ///
    /// # Errors
    /// When it is not what `POST /v1/sync` answers (a portal's login page, a cut-off body).
    pub fn read(text: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(text)
    }
}

impl TryFrom<&Response> for Page {
    type Error = serde_json::Error;

    fn try_from(response: &Response) -> Result<Self, Self::Error> {
        Page::read(&serde_json::to_vec(response)?)
    }
}
