//! Units from a file: patches of rows, merged into those that are there. Pure.

use std::collections::HashMap;

use anfang_protocol::{ids::JurisdictionId, unit::UnitKind, words::Words};
use uuid::Uuid;

use super::{
    cells::{self, Given, needed},
    each::each,
    fault::{self, Fault, Faulty},
    record::{CODE, Column, Records},
    rows::{Change, Head, differ},
};
use crate::{areas::store::Lies, units::store::UnitRow};

pub const COLUMNS: &[Column] = &[
    Column { name: CODE, headings: &["代码", "编码", "单位编码", "单位代码"] },
    Column { name: "name_zh", headings: &["name", "名称", "单位名称"] },
    Column { name: "name_en", headings: &["英文名", "英文名称"] },
    Column { name: "kind", headings: &["类别", "单位类别"] },
    Column { name: "area_code", headings: &["区划代码", "所在区划代码", "行政区划代码"] },
];

/// What a file says of one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitPatch {
    pub line: usize,
    pub code: String,
    pub name_zh: Option<String>,
    pub name_en: Given<String>,
    pub kind: Option<UnitKind>,
    pub area_code: Given<String>,
}

/// Reads the rows; those that cannot be read are `faulty`.
pub fn patches(read: &mut Records) -> Vec<UnitPatch> {
    let records = std::mem::take(&mut read.records);
    each(records, read, |cells| {
        let code = cells.firm(CODE, cells::code);
        if cells.record.cell(CODE).is_none() {
            cells.fault(CODE, fault::CELL_MISSING, "");
        }
        if cells.record.geometry.is_some() {
            cells.fault("geometry", fault::GEOMETRY_UNEXPECTED, "");
        }
        Some(UnitPatch {
            line: cells.record.line,
            name_zh: cells.firm("name_zh", cells::text),
            name_en: cells.optional("name_en", cells::text),
            kind: cells.firm("kind", cells::unit_kind),
            area_code: cells.optional("area_code", cells::area_code),
            code: code?,
        })
    })
}

/// The rows of the file as they shall be, without those that are faulty. `areas` are all there are.
pub fn merge(
    jurisdiction: JurisdictionId,
    before: &[UnitRow],
    areas: &HashMap<Uuid, Lies>,
    patches: Vec<UnitPatch>,
    faulty: &mut Vec<Faulty>,
) -> Vec<UnitRow> {
    let old: HashMap<Uuid, &UnitRow> = before.iter().map(|row| (row.unit_id, row)).collect();
    let mut wanted = Vec::with_capacity(patches.len());
    for patch in patches {
        let id = jurisdiction.derive("unit", &patch.code);
        let old = old.get(&id).copied();
        match apply(jurisdiction, &patch, id, old, areas) {
            Ok(row) => wanted.push(row),
            Err(faults) => {
                let zh = patch.name_zh.or_else(|| old.map(|old| old.name_zh.clone()));
                let en = patch.name_en.over(old.and_then(|old| old.name_en.clone()));
                let name = zh.map(|zh| Words { zh, en });
                faulty.push(Faulty { line: patch.line, code: patch.code, name, faults });
            }
        }
    }
    wanted
}

fn apply(
    jurisdiction: JurisdictionId,
    patch: &UnitPatch,
    id: Uuid,
    old: Option<&UnitRow>,
    areas: &HashMap<Uuid, Lies>,
) -> Result<UnitRow, Vec<Fault>> {
    if let Given::Set(code) = &patch.area_code
        && !areas.contains_key(&jurisdiction.derive("area", code))
    {
        return Err(vec![Fault::new(patch.line, fault::AREA_UNKNOWN).column("area_code").value(code)]);
    }
    let area_id = match &patch.area_code {
        Given::Keep => old.and_then(|old| old.area_id),
        Given::Clear => None,
        Given::Set(code) => Some(jurisdiction.derive("area", code)),
    };
    let name = patch.name_zh.clone().or_else(|| old.map(|old| old.name_zh.clone()));
    let kind = patch.kind.as_ref().map(UnitKind::to_string).or_else(|| old.map(|old| old.kind.clone()));
    let (Some(name_zh), Some(kind)) = (&name, &kind) else {
        return Err(needed(patch.line, &[("name_zh", name.is_none()), ("kind", kind.is_none())]));
    };
    Ok(UnitRow {
        unit_id: id,
        code: patch.code.clone(),
        name_zh: name_zh.clone(),
        name_en: patch.name_en.clone().over(old.and_then(|old| old.name_en.clone())),
        kind: kind.clone(),
        area_id,
        rev: 1,
    })
}

pub fn head(row: &UnitRow) -> Head {
    (row.code.clone(), Some(Words { zh: row.name_zh.clone(), en: row.name_en.clone() }))
}

/// What a row changes; `areas` are all there are.
pub fn changes(areas: &HashMap<Uuid, Lies>, before: Option<&UnitRow>, after: &UnitRow) -> Vec<Change> {
    let cells = |row: &UnitRow| {
        let area = row.area_id.and_then(|id| areas.get(&id));
        vec![
            ("name_zh", row.name_zh.clone()),
            ("name_en", row.name_en.clone().unwrap_or_default()),
            ("kind", row.kind.clone()),
            ("area_code", area.map(|area| area.code.clone()).unwrap_or_default()),
        ]
    };
    differ(before.map(cells), cells(after))
}
