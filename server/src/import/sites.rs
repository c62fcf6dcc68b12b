//! Sites from a file: patches of rows, merged into those that are there. Pure.

use std::collections::{BTreeMap, HashMap};

use anfang_protocol::{
    ids::{AreaId, JurisdictionId, SiteId},
    place::Position,
    site::{Attribute, AttributeType, Site, SiteKind},
    words::Words,
};
use geojson::GeometryValue;
use uuid::Uuid;

use super::{
    cells::{self, Cells, Given, needed},
    each::each,
    fault::{self, Fault, Faulty},
    record::{CODE, Column, Records},
    rows::{Change, Head, differ},
};
use crate::{areas::store::Lies, failure::Reason, sites::store::SiteRow};

pub const COLUMNS: &[Column] = &[
    Column { name: CODE, headings: &["代码", "编码", "点位编码"] },
    Column { name: "name_zh", headings: &["name", "名称", "点位名称"] },
    Column { name: "name_en", headings: &["英文名", "英文名称"] },
    Column { name: "kind", headings: &["类别", "点位类别"] },
    Column { name: "area_code", headings: &["区划代码", "所在区划代码", "行政区划代码"] },
    Column { name: "latitude", headings: &["lat", "纬度"] },
    Column { name: "longitude", headings: &["lon", "lng", "经度"] },
    Column { name: "radius_m", headings: &["半径", "半径(米)", "半径（米）"] },
    // Attributes: the union over all kinds.
    Column { name: "population", headings: &["人口", "总人口"] },
    Column { name: "households", headings: &["户数", "总户数"] },
    Column { name: "registered_poor", headings: &["建档立卡贫困人口", "贫困人口"] },
    Column { name: "not_lifted_poor", headings: &["未脱贫人口"] },
    Column {
        name: "incidence_percent", headings: &["贫困发生率", "贫困发生率(%)", "贫困发生率（%）"]
    },
    Column { name: "state", headings: &["状态", "脱贫状态"] },
    Column { name: "lifted_year", headings: &["脱贫年份", "脱贫年度"] },
    Column { name: "head", headings: &["户主", "户主姓名"] },
    Column { name: "members", headings: &["家庭人口", "家庭人口数"] },
    Column { name: "helper", headings: &["帮扶责任人", "帮扶人"] },
    Column { name: "housing_grade", headings: &["住房等级", "住房安全等级", "房屋等级"] },
    Column { name: "funds_yuan", headings: &["资金", "资金(元)", "资金（元）"] },
    Column { name: "department", headings: &["主管部门", "行业部门"] },
];

/// What a file says of one site.
#[derive(Debug, Clone, PartialEq)]
pub struct SitePatch {
    pub line: usize,
    pub code: String,
    pub name_zh: Option<String>,
    pub name_en: Given<String>,
    pub kind: Option<SiteKind>,
    pub area_code: Option<String>,
    pub position: Given<(f64, f64)>,
    pub radius_m: Given<f64>,
    /// Cells of attribute columns, unread: what they may hold depends on the kind, which the file may not tell.
    pub attributes: Vec<(&'static str, String)>,
}

/// Names of all attributes that any kind has.
fn attribute_columns() -> impl Iterator<Item = &'static str> {
    let is_attribute = |name: &str| {
        SiteKind::ALL.iter().any(|kind| kind.attributes().iter().any(|(known, _)| *known == name))
    };
    COLUMNS.iter().map(|column| column.name).filter(move |name| is_attribute(name))
}

/// Reads the rows; those that cannot be read are `faulty`.
pub fn patches(read: &mut Records) -> Vec<SitePatch> {
    let records = std::mem::take(&mut read.records);
    let columns: Vec<_> = attribute_columns().collect();
    each(records, read, |cells| {
        let code = cells.firm(CODE, cells::code);
        if cells.record.cell(CODE).is_none() {
            cells.fault(CODE, fault::CELL_MISSING, "");
        }
        let attribute = |name: &&'static str| Some((*name, cells.record.cell(name)?.to_owned()));
        let attributes: Vec<_> = columns.iter().filter_map(attribute).collect();
        let kind = cells.firm("kind", cells::site_kind);
        if let Some(kind) = &kind {
            // To be told together with what else is wrong in the row.
            self::attributes(cells.record.line, kind, &attributes, None, &mut cells.faults);
        }
        Some(SitePatch {
            line: cells.record.line,
            name_zh: cells.firm("name_zh", cells::text),
            name_en: cells.optional("name_en", cells::text),
            kind,
            area_code: cells.firm("area_code", cells::area_code),
            position: position(cells),
            radius_m: cells.optional("radius_m", radius),
            attributes,
            code: code?,
        })
    })
}

/// Metres; above zero, and nobody stands 50 km off and is on site.
fn radius(cell: &str) -> Result<f64, Reason> {
    cells::number(cell, f64::MIN_POSITIVE..=50_000.0)
}

fn position(cells: &mut Cells) -> Given<(f64, f64)> {
    if let Some(geometry) = &cells.record.geometry {
        let GeometryValue::Point { coordinates } = &geometry.value else {
            cells.fault("geometry", fault::POINT_EXPECTED, geometry.value.type_name());
            return Given::Keep;
        };
        return match coordinates.as_slice() {
            [longitude, latitude, ..] => possible(cells, "geometry", *latitude, *longitude),
            _ => {
                cells.fault("geometry", fault::POINT_EXPECTED, "");
                Given::Keep
            }
        };
    }
    // Range first: "103.5" as a latitude is told as such.
    let latitude = cells.optional("latitude", |cell| cells::number(cell, -90.0..=90.0));
    let longitude = cells.optional("longitude", |cell| cells::number(cell, -180.0..=180.0));
    match (latitude, longitude) {
        (Given::Set(latitude), Given::Set(longitude)) => possible(cells, "latitude", latitude, longitude),
        (Given::Clear, Given::Clear) => Given::Clear,
        (Given::Set(_), _) if cells.record.cell("longitude").is_none_or(str::is_empty) => {
            cells.fault("longitude", fault::POSITION_INCOMPLETE, "");
            Given::Keep
        }
        (_, Given::Set(_)) if cells.record.cell("latitude").is_none_or(str::is_empty) => {
            cells.fault("latitude", fault::POSITION_INCOMPLETE, "");
            Given::Keep
        }
        _ => Given::Keep,
    }
}

fn possible(cells: &mut Cells, column: &str, latitude: f64, longitude: f64) -> Given<(f64, f64)> {
    if Position::new(latitude, longitude).is_possible() {
        return Given::Set((latitude, longitude));
    }
    cells.fault(column, fault::POSITION_INVALID, &format!("{latitude}, {longitude}"));
    Given::Keep
}

/// The rows of the file as they shall be, without those that are faulty. `before` has those of the file's codes that are
/// there; `areas` are all there are.
pub fn merge(
    jurisdiction: JurisdictionId,
    before: &[SiteRow],
    areas: &HashMap<Uuid, Lies>,
    patches: Vec<SitePatch>,
    faulty: &mut Vec<Faulty>,
) -> Vec<SiteRow> {
    let old: HashMap<SiteId, &SiteRow> = before.iter().map(|row| (row.site.site_id, row)).collect();
    let mut wanted = Vec::with_capacity(patches.len());
    for patch in patches {
        let id = SiteId(jurisdiction.derive("site", &patch.code));
        let old = old.get(&id).copied();
        match apply(jurisdiction, &patch, id, old, areas) {
            Ok(row) => wanted.push(row),
            Err(faults) => {
                let known = old.map(|old| old.site.name.clone());
                let name = patch.name_zh.map(Words::zh).or(known);
                faulty.push(Faulty { line: patch.line, code: patch.code, name, faults });
            }
        }
    }
    wanted
}

fn apply(
    jurisdiction: JurisdictionId,
    patch: &SitePatch,
    id: SiteId,
    old: Option<&SiteRow>,
    areas: &HashMap<Uuid, Lies>,
) -> Result<SiteRow, Vec<Fault>> {
    let line = patch.line;
    let name = patch.name_zh.clone().or_else(|| old.map(|old| old.site.name.zh.clone()));
    let kind = patch.kind.clone().or_else(|| old.map(|old| old.site.kind.clone()));
    let area = patch.area_code.as_deref().map(|code| AreaId(jurisdiction.derive("area", code)));
    let area = area.or_else(|| old.map(|old| old.site.area_id));
    let (Some(zh), Some(kind), Some(area_id)) = (&name, &kind, area) else {
        let lacks = [("name_zh", name.is_none()), ("kind", kind.is_none()), ("area_code", area.is_none())];
        return Err(needed(line, &lacks));
    };
    let mut faults = Vec::new();
    let attributes = attributes(line, kind, &patch.attributes, old, &mut faults);
    let channel = areas.get(&area_id.0).map(|area| area.channel_area_id);
    if channel.is_none() {
        let code = patch.area_code.as_deref().unwrap_or_default();
        faults.push(Fault::new(line, fault::AREA_UNKNOWN).column("area_code").value(code));
    }
    let (true, Some(channel)) = (faults.is_empty(), channel) else { return Err(faults) };
    let (en, position, radius_m) = match old.map(|old| &old.site) {
        Some(old) => (old.name.en.clone(), old.latitude.zip(old.longitude), old.radius_m),
        None => (None, None, None),
    };
    let position = patch.position.clone().over(position);
    let site = Site {
        site_id: id,
        area_id,
        kind: kind.clone(),
        code: patch.code.clone(),
        name: Words { zh: zh.clone(), en: patch.name_en.clone().over(en) },
        latitude: position.map(|(latitude, _)| latitude),
        longitude: position.map(|(_, longitude)| longitude),
        radius_m: patch.radius_m.clone().over(radius_m),
        attributes,
    };
    Ok(SiteRow { site, channel_area_id: AreaId(channel), rev: 1 })
}

/// The attributes as they shall be: of this kind only, each of its type.
fn attributes(
    line: usize,
    kind: &SiteKind,
    given: &[(&'static str, String)],
    old: Option<&SiteRow>,
    faults: &mut Vec<Fault>,
) -> BTreeMap<String, Attribute> {
    let types: HashMap<&str, AttributeType> = kind.attributes().iter().copied().collect();
    let mut attributes = old.map(|old| old.site.attributes.clone()).unwrap_or_default();
    attributes.retain(|name, _| types.contains_key(name.as_str()));
    for (name, cell) in given {
        let of_kind = types.get(name);
        let value = match (of_kind, cell.as_str()) {
            (_, "") => {
                attributes.remove(*name);
                continue;
            }
            (None, _) => Err(fault::ATTRIBUTE_NOT_OF_KIND),
            (Some(attribute_type), cell) => attribute(*attribute_type, cell),
        };
        match value {
            Ok(value) => {
                attributes.insert((*name).to_owned(), value);
            }
            Err(reason) => faults.push(Fault::new(line, reason).column(*name).value(cell)),
        }
    }
    attributes
}

/// People of a village, yuan of a project: more than this is a slip.
const COUNT_MAX: f64 = 1e12;

fn attribute(attribute_type: AttributeType, cell: &str) -> Result<Attribute, Reason> {
    Ok(match attribute_type {
        AttributeType::Count => Attribute::Number(cells::whole(cell, 0.0..=COUNT_MAX)?),
        AttributeType::Percent => {
            let digits = cell.trim_end_matches(['%', '％']).trim_end();
            Attribute::Number(cells::number(digits, 0.0..=100.0)?)
        }
        AttributeType::Year => Attribute::Number(cells::whole(cell, 1949.0..=2100.0)?),
        AttributeType::PovertyState => Attribute::Text(cells::poverty_state(cell)?.to_string()),
        AttributeType::HousingGrade => Attribute::Text(cells::housing_grade(cell)?.to_string()),
        AttributeType::Text => Attribute::Text(cells::text(cell)?),
    })
}

pub fn head(row: &SiteRow) -> Head {
    (row.site.code.clone(), Some(row.site.name.clone()))
}

/// What a row changes; `areas` are all there are.
pub fn changes(areas: &HashMap<Uuid, Lies>, before: Option<&SiteRow>, after: &SiteRow) -> Vec<Change> {
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let cell = |site: &Site, column: &str| match column {
        "name_zh" => site.name.zh.clone(),
        "name_en" => site.name.en.clone().unwrap_or_default(),
        "kind" => site.kind.to_string(),
        "area_code" => areas.get(&site.area_id.0).map(|area| area.code.clone()).unwrap_or_default(),
        "latitude" => number(site.latitude),
        "longitude" => number(site.longitude),
        "radius_m" => number(site.radius_m),
        name => match site.attributes.get(name) {
            Some(Attribute::Flag(flag)) => flag.to_string(),
            Some(Attribute::Number(value)) => value.to_string(),
            Some(Attribute::Text(text)) => text.clone(),
            None => String::new(),
        },
    };
    let columns = || COLUMNS.iter().map(|column| column.name).filter(|name| *name != CODE);
    let cells = |row: &SiteRow| columns().map(|name| (name, cell(&row.site, name))).collect();
    differ(before.map(cells), cells(after))
}
