//! The feed: channels, what stands in them, and digests that prove both sides agree (protocol-design §3).

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::{
    ids::{AccountId, AreaId, PlanId, UnitId},
    sha::Sha,
    vocabulary::vocabulary,
};

/// What access is granted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// Areas, units, checklists: for everyone with any grant.
    Reference,
    /// The sites of a township (or of what is directly under a county).
    Sites(AreaId),
    /// The inspections of a township.
    Area(AreaId),
    Unit(UnitId),
    Plan(PlanId),
    /// What is a person's own: the inspections that he or she sent, notices.
    Person(AccountId),
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Channel::Reference => f.write_str("reference"),
            Channel::Sites(id) => write!(f, "sites:{id}"),
            Channel::Area(id) => write!(f, "area:{id}"),
            Channel::Unit(id) => write!(f, "unit:{id}"),
            Channel::Plan(id) => write!(f, "plan:{id}"),
            Channel::Person(id) => write!(f, "person:{id}"),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a channel is written as reference, or as sites:, area:, unit:, plan: or person: with an id")]
pub struct NotAChannel;

impl FromStr for Channel {
    type Err = NotAChannel;
    fn from_str(text: &str) -> Result<Self, NotAChannel> {
        if text == "reference" {
            return Ok(Channel::Reference);
        }
        let (kind, id) = text.split_once(':').ok_or(NotAChannel)?;
        let id = Uuid::parse_str(id).map_err(|_| NotAChannel)?;
        match kind {
            "sites" => Ok(Channel::Sites(AreaId(id))),
            "area" => Ok(Channel::Area(AreaId(id))),
            "unit" => Ok(Channel::Unit(UnitId(id))),
            "plan" => Ok(Channel::Plan(PlanId(id))),
            "person" => Ok(Channel::Person(AccountId(id))),
            _ => Err(NotAChannel),
        }
    }
}

impl Serialize for Channel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Channel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Channel {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some(
                "reference, sites:<area>, area:<area>, unit:<unit>, plan:<plan> or person:<account>",
            ))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Channel {}

vocabulary! {
    /// What an item is. A client keeps items of a kind it does not know, unread.
    Kind {
        Area = "area",
        Unit = "unit",
        Site = "site",
        Checklist = "checklist",
        Inspection = "inspection",
        /// An item of the ledger, as its unit may see it.
        Rectification = "rectification",
        /// The half of an item that only those who oversee see.
        RectificationDesk = "rectification_desk",
        Plan = "plan",
        Notice = "notice",
    }
}

/// What a channel holds, summed up: equal sums mean equal holdings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChannelDigest {
    pub count: u64,
    /// Exclusive or of [`share`] over the items, as 16 hexadecimal digits.
    #[serde(with = "hex_u64")]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub xor: u64,
}

impl ChannelDigest {
    /// Adds or takes away one item: the same operation.
    pub fn toggle(&mut self, id: Uuid, rev: u32, present: bool) {
        self.count = if present { self.count + 1 } else { self.count.saturating_sub(1) };
        self.xor ^= share(id, rev);
    }
}

/// An item's share in its channel's digest: the first 8 bytes of SHA-256 over `<id>:<rev>`.
pub fn share(id: Uuid, rev: u32) -> u64 {
    Sha::of(format!("{id}:{rev}").as_bytes()).share()
}

pub type Digests = BTreeMap<Channel, ChannelDigest>;

mod hex_u64 {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{value:016x}"))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        u64::from_str_radix(&text, 16).map_err(serde::de::Error::custom)
    }
}
