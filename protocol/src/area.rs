//! The tree of administrative areas (行政区划).

use serde::{Deserialize, Serialize};

use crate::{ids::AreaId, vocabulary::vocabulary, words::Words};

vocabulary! {
    /// The level of an area.
    AreaLevel {
        City = "city",
        County = "county",
        /// 乡镇: the grain of access, each has channels of its own.
        Township = "township",
        /// 行政村
        Village = "village",
        /// 村民小组
        Group = "group",
    }
}

impl AreaLevel {
    /// Areas at this level or above have feed channels of their own; what lies below stands in its township's.
    pub fn has_channels(&self) -> bool {
        matches!(self, AreaLevel::City | AreaLevel::County | AreaLevel::Township)
    }
}

/// An area as it stands in the reference channel. The boundary is fetched apart: it is large.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Area {
    pub area_id: AreaId,
    /// The official 12-digit code.
    pub code: String,
    pub name: Words,
    pub level: AreaLevel,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<AreaId>,
    /// The sector of command (战区) that a township belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sector: Option<Words>,
    #[serde(default)]
    pub has_boundary: bool,
}
