//! Sites (点位): what is inspected.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    ids::{AreaId, SiteId},
    vocabulary::vocabulary,
    words::Words,
};

vocabulary! {
    /// The kind of a site (domain.md §3).
    SiteKind {
        Village = "village",
        /// 户
        Household = "household",
        Clinic = "clinic",
        WaterWorks = "water_works",
        House = "house",
        School = "school",
        Workshop = "workshop",
        SolarStation = "solar_station",
        Project = "project",
        Office = "office",
        /// 驻村工作队住所
        Quarters = "quarters",
    }
}

vocabulary! {
    /// Where a village or household stands on the way out of poverty.
    PovertyState {
        /// 未脱贫
        NotLifted = "not_lifted",
        /// 已脱贫
        Lifted = "lifted",
        /// 边缘户
        Marginal = "marginal",
        /// 独居老人
        ElderlyAlone = "elderly_alone",
        /// 非建档立卡户
        NotRegistered = "not_registered",
    }
}

vocabulary! {
    /// How safe a dwelling is, by its official survey.
    HousingGrade {
        /// A级
        A = "a",
        /// B级
        B = "b",
        /// C级危房
        C = "c",
        /// D级危房
        D = "d",
    }
}

/// One value of an attribute. Numbers keep the meaning that the attribute's name gives them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Attribute {
    Flag(bool),
    #[serde(serialize_with = "shortest")]
    Number(f64),
    Text(String),
}

/// Whole numbers travel without a fraction: 860, not 860.0.
fn shortest<S: serde::Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT {
        serializer.serialize_i64(*number as i64)
    } else {
        serializer.serialize_f64(*number)
    }
}

/// The type that an attribute's values have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeType {
    /// A whole number, 0 or more.
    Count,
    /// 0 to 100.
    Percent,
    Year,
    PovertyState,
    HousingGrade,
    Text,
}

impl SiteKind {
    /// The attributes that a site of this kind has, by name. Others are refused at import.
    pub fn attributes(&self) -> &'static [(&'static str, AttributeType)] {
        use AttributeType::*;
        match self {
            SiteKind::Village => &[
                ("population", Count),
                ("households", Count),
                ("registered_poor", Count),
                ("not_lifted_poor", Count),
                ("incidence_percent", Percent),
                ("state", PovertyState),
                ("lifted_year", Year),
            ],
            SiteKind::Household => &[
                ("head", Text),
                ("members", Count),
                ("state", PovertyState),
                ("lifted_year", Year),
                ("helper", Text),
                ("housing_grade", HousingGrade),
            ],
            SiteKind::House => &[("department", Text), ("housing_grade", HousingGrade)],
            SiteKind::Project => &[("funds_yuan", Count), ("department", Text)],
            _ => &[("department", Text)],
        }
    }
}

/// A site as it stands in the `sites` channel of its township.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Site {
    pub site_id: SiteId,
    pub area_id: AreaId,
    pub kind: SiteKind,
    pub code: String,
    pub name: Words,
    /// Degrees, WGS 84; absent when nobody has measured it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latitude: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longitude: Option<f64>,
    /// Arrivals within this many metres count as on site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub radius_m: Option<f64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Attribute>,
}
