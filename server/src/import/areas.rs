//! Areas from a file: patches of rows, merged into the tree that is there. Pure.

use std::collections::{BTreeMap, HashMap, HashSet};

use anfang_protocol::{area::AreaLevel, ids::JurisdictionId, place::Position};
use geojson::GeometryValue;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    cells::{self, Cells, Given, needed},
    fault::{self, Fault},
    record::{CODE, Column, Records},
};
use crate::areas::store::AreaRow;

pub const COLUMNS: &[Column] = &[
    Column {
        name: CODE, headings: &["代码", "区划代码", "行政区划代码", "统计用区划代码"]
    },
    Column { name: "name_zh", headings: &["name", "名称", "区划名称"] },
    Column { name: "name_en", headings: &["英文名", "英文名称"] },
    Column { name: "level", headings: &["级别", "层级"] },
    Column { name: "parent_code", headings: &["上级代码", "上级区划代码"] },
    Column { name: "sector_zh", headings: &["sector", "战区"] },
    Column { name: "sector_en", headings: &["战区英文名"] },
];

/// What a file says of one area.
#[derive(Debug, Clone, PartialEq)]
pub struct AreaPatch {
    pub line: usize,
    pub code: String,
    pub name_zh: Option<String>,
    pub name_en: Given<String>,
    pub level: Option<AreaLevel>,
    pub parent_code: Given<String>,
    pub sector_zh: Given<String>,
    pub sector_en: Given<String>,
    pub boundary: Given<Value>,
}

/// Reads the rows; those that cannot be read are faults and their codes `spoilt`.
pub fn patches(read: &mut Records) -> Vec<AreaPatch> {
    let records = std::mem::take(&mut read.records);
    super::each(records, read, |cells| {
        let code = cells.firm(CODE, cells::area_code);
        if cells.record.cell(CODE).is_none() {
            cells.fault(CODE, fault::CELL_MISSING, "");
        }
        Some(AreaPatch {
            line: cells.record.line,
            name_zh: cells.firm("name_zh", cells::text),
            name_en: cells.optional("name_en", cells::text),
            level: cells.firm("level", cells::area_level),
            parent_code: cells.optional("parent_code", cells::area_code),
            sector_zh: cells.optional("sector_zh", cells::text),
            sector_en: cells.optional("sector_en", cells::text),
            boundary: boundary(cells),
            code: code?,
        })
    })
}

/// Corners that a boundary has at most.
const CORNERS_MAX: usize = 50_000;

fn boundary(cells: &mut Cells) -> Given<Value> {
    let Some(geometry) = &cells.record.geometry else { return Given::Keep };
    let polygons: Vec<_> = match &geometry.value {
        GeometryValue::Polygon { coordinates } => vec![coordinates],
        GeometryValue::MultiPolygon { coordinates } => coordinates.iter().collect(),
        _ => Vec::new(),
    };
    let rings = || polygons.iter().flat_map(|polygon| polygon.iter());
    let corners: usize = rings().map(Vec::len).sum();
    let closed = rings().all(|ring| ring.len() >= 4 && ring.first() == ring.last());
    let on_globe = rings().flatten().all(|at| {
        let at = at.as_slice();
        at.len() >= 2 && Position::new(at[1], at[0]).is_possible()
    });
    let whole = !polygons.is_empty() && polygons.iter().all(|polygon| !polygon.is_empty());
    if !(whole && closed && on_globe && corners <= CORNERS_MAX) {
        let type_name = geometry.value.type_name();
        cells.fault("geometry", fault::BOUNDARY_INVALID, type_name);
        return Given::Keep;
    }
    // Heights and foreign members are dropped: the same shape is always the same JSON.
    let flat: Vec<Vec<Vec<[f64; 2]>>> = polygons
        .iter()
        .map(|polygon| polygon.iter().map(|ring| ring.iter().map(|at| [at[0], at[1]]).collect()).collect())
        .collect();
    Given::Set(match flat.as_slice() {
        [only] => json!({ "type": "Polygon", "coordinates": only }),
        many => json!({ "type": "MultiPolygon", "coordinates": many }),
    })
}

struct Node {
    row: AreaRow,
    /// Where the file speaks of it.
    line: Option<usize>,
}

type Tree = BTreeMap<Uuid, Node>;

/// The rows as they shall be: those of the file, and those whose township changes with them. Meaningless when
/// there are faults.
pub fn merge(
    jurisdiction: JurisdictionId,
    before: &[AreaRow],
    patches: Vec<AreaPatch>,
    spoilt: &HashSet<String>,
    faults: &mut Vec<Fault>,
) -> Vec<AreaRow> {
    let id_of = |code: &str| jurisdiction.derive("area", code);
    let spoilt: HashSet<Uuid> = spoilt.iter().map(|code| id_of(code)).collect();
    let mut tree: Tree =
        before.iter().map(|row| (row.area_id, Node { row: row.clone(), line: None })).collect();
    for patch in patches {
        let id = id_of(&patch.code);
        let old = tree.get(&id).map(|node| node.row.clone());
        let line = patch.line;
        match apply(patch, id, old, &id_of) {
            Ok(row) => {
                tree.insert(id, Node { row, line: Some(line) });
            }
            Err(found) => faults.extend(found),
        }
    }
    check_parents(&tree, &spoilt, faults);
    check_root(&tree, faults);
    if !faults.is_empty() {
        return Vec::new();
    }
    let channels: HashMap<Uuid, Uuid> =
        tree.keys().filter_map(|id| Some((*id, channel(&tree, *id)?))).collect();
    let wanted = tree.into_values().filter_map(|mut node| {
        let channel = *channels.get(&node.row.area_id)?;
        let concerned = node.line.is_some() || node.row.channel_area_id != channel;
        node.row.channel_area_id = channel;
        concerned.then_some(node.row)
    });
    wanted.collect()
}

fn apply(
    patch: AreaPatch,
    id: Uuid,
    old: Option<AreaRow>,
    id_of: &impl Fn(&str) -> Uuid,
) -> Result<AreaRow, Vec<Fault>> {
    let parent_id = match &patch.parent_code {
        Given::Keep => old.as_ref().and_then(|old| old.parent_id),
        Given::Clear => None,
        Given::Set(code) => Some(id_of(code)),
    };
    let (name_zh, level) = match (patch.name_zh, patch.level, &old) {
        (Some(name), Some(level), _) => (name, level.as_str().to_owned()),
        (name, level, Some(old)) => (
            name.unwrap_or_else(|| old.name_zh.clone()),
            level.map_or_else(|| old.level.clone(), |level| level.as_str().to_owned()),
        ),
        (name, level, None) => {
            return Err(needed(patch.line, &[("name_zh", name.is_none()), ("level", level.is_none())]));
        }
    };
    let (name_en, sector_zh, sector_en, boundary, channel_area_id, rev) = match old {
        Some(old) => (old.name_en, old.sector_zh, old.sector_en, old.boundary, old.channel_area_id, old.rev),
        None => (None, None, None, None, id, 1),
    };
    Ok(AreaRow {
        area_id: id,
        code: patch.code,
        name_zh,
        name_en: patch.name_en.over(name_en),
        level,
        parent_id,
        channel_area_id,
        sector_zh: patch.sector_zh.over(sector_zh),
        sector_en: patch.sector_en.over(sector_en),
        boundary: patch.boundary.over(boundary),
        rev,
    })
}

/// How far from the top a level is.
fn depth(level: &str) -> Option<usize> {
    AreaLevel::ALL.iter().position(|known| known.as_str() == level)
}

/// Every parent is there and of a higher level. Levels rise strictly on the way up, so that there is no cycle.
fn check_parents(tree: &Tree, spoilt: &HashSet<Uuid>, faults: &mut Vec<Fault>) {
    for node in tree.values() {
        let Some(parent_id) = node.row.parent_id else { continue };
        let parent = tree.get(&parent_id);
        // The row in the file is to blame: the child's, or the parent's that changed under its child.
        let Some(line) = node.line.or(parent.and_then(|parent| parent.line)) else { continue };
        let fault = |reason| Fault::new(line, reason).column("parent_code").value(&node.row.code);
        match parent {
            None if spoilt.contains(&parent_id) => {}
            None => faults.push(fault(fault::PARENT_UNKNOWN)),
            Some(parent) if depth(&parent.row.level) >= depth(&node.row.level) => {
                faults.push(fault(fault::PARENT_NOT_HIGHER));
            }
            Some(_) => {}
        }
    }
}

/// One area is above all others, and it is a city or a county.
fn check_root(tree: &Tree, faults: &mut Vec<Fault>) {
    let mut roots: Vec<_> = tree.values().filter(|node| node.row.parent_id.is_none()).collect();
    // The one that stays: the one there was, else the highest, else the first.
    roots.sort_by_key(|node| (node.line.is_some(), depth(&node.row.level), node.line));
    let (Some(root), others) = (roots.first(), roots.iter().skip(1)) else { return };
    let high = [AreaLevel::City, AreaLevel::County].iter().any(|level| level.as_str() == root.row.level);
    if let (false, Some(line)) = (high, root.line) {
        faults.push(Fault::new(line, fault::ROOT_TOO_LOW).column("level").value(&root.row.level));
    }
    for other in others {
        if let Some(line) = other.line.or(root.line) {
            faults.push(Fault::new(line, fault::ROOT_SECOND).column("parent_code").value(&other.row.code));
        }
    }
}

/// The nearest area at township level or above, itself included. The tree has been checked.
fn channel(tree: &Tree, id: Uuid) -> Option<Uuid> {
    let node = tree.get(&id)?;
    if AreaLevel::from(node.row.level.as_str()).has_channels() {
        return Some(id);
    }
    channel(tree, node.row.parent_id?)
}
