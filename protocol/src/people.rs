//! Roles and what they are granted over (domain.md §2).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{AccountId, AreaId, GrantId, PlanId, UnitId},
    vocabulary::vocabulary,
};

vocabulary! {
    /// What a person may do, over the scope of a grant. An unknown role may do nothing.
    Role {
        /// 暗访组 / 督查组
        Inspector = "inspector",
        /// 指挥部 / 督查办
        Supervisor = "supervisor",
        /// 责任单位
        UnitOfficer = "unit_officer",
        /// 验收组
        Verifier = "verifier",
        /// 包抓领导 / 分管领导
        Leader = "leader",
        /// 驻村工作队 / 第一书记 / 帮扶责任人
        ResidentTeam = "resident_team",
        /// 纪检 / 审计
        Auditor = "auditor",
        /// 管理员
        Administrator = "administrator",
    }
}

/// What a grant covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Scope {
    /// An area with all below it. At township level or above: the township is the grain of access.
    Area(AreaId),
    Unit(UnitId),
    Plan(PlanId),
}

/// A role of a person over a scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Grant {
    pub grant_id: GrantId,
    pub account_id: AccountId,
    pub role: Role,
    pub scope: Scope,
    pub granted_at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<DateTime<Utc>>,
}
