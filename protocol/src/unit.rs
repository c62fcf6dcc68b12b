//! Responsible units (责任单位): townships, sector departments, villages.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{AreaId, UnitId},
    vocabulary::vocabulary,
    words::Words,
};

vocabulary! {
    UnitKind {
        Township = "township",
        /// 行业部门
        Department = "department",
        Village = "village",
        /// 暗访组, 验收组: those who inspect and accept
        Team = "team",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Unit {
    pub unit_id: UnitId,
    pub code: String,
    pub name: Words,
    pub kind: UnitKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area_id: Option<AreaId>,
}
