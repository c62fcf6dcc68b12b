//! Areas from a file: patches of rows, merged into the tree that is there. Pure.

use std::collections::{BTreeMap, HashMap, HashSet};

use anfang_protocol::{area::AreaLevel, ids::JurisdictionId, place::Position, words::Words};
use geojson::GeometryValue;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    cells::{self, Cells, Given, needed},
    each::each,
    fault::{self, Fault, Faulty},
    record::{CODE, Column, Records},
    rows::{Change, Head, differ},
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

/// Reads the rows; those that cannot be read are `faulty`.
pub fn patches(read: &mut Records) -> Vec<AreaPatch> {
    let records = std::mem::take(&mut read.records);
    each(records, read, |cells| {
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

/// The rows as they shall be: those of the file that are not faulty, and those whose township changes with them; the
/// latter are known only while none is faulty.
pub fn merge(
    jurisdiction: JurisdictionId,
    before: &[AreaRow],
    patches: Vec<AreaPatch>,
    faulty: &mut Vec<Faulty>,
) -> Vec<AreaRow> {
    let id_of = |code: &str| jurisdiction.derive("area", code);
    // What refers to rows that could not be read is not to blame.
    let spoilt: HashSet<Uuid> = faulty.iter().map(|row| id_of(&row.code)).collect();
    let mut tree: Tree =
        before.iter().map(|row| (row.area_id, Node { row: row.clone(), line: None })).collect();
    for patch in patches {
        let id = id_of(&patch.code);
        let old = tree.get(&id).map(|node| node.row.clone());
        let (line, code) = (patch.line, patch.code.clone());
        let name = patch.name_zh.clone().map(Words::zh).or(old.as_ref().map(name_of));
        match apply(patch, id, old, &id_of) {
            Ok(row) => {
                tree.insert(id, Node { row, line: Some(line) });
            }
            Err(faults) => faulty.push(Faulty { line, code, name, faults }),
        }
    }
    let blamed = check(&tree, &spoilt);
    let whole = faulty.is_empty() && blamed.is_empty();
    let channels: HashMap<Uuid, Uuid> =
        tree.keys().filter_map(|id| Some((*id, channel(&tree, *id)?))).collect();
    let mut wanted = Vec::new();
    for (id, mut node) in tree {
        let channel = channels.get(&id).copied().unwrap_or(node.row.channel_area_id);
        match (node.line, blamed.get(&id)) {
            (Some(line), Some(faults)) => {
                let (code, name) = head(&node.row);
                faulty.push(Faulty { line, code, name, faults: faults.clone() });
                continue;
            }
            (None, _) if !whole || node.row.channel_area_id == channel => continue,
            _ => {}
        }
        node.row.channel_area_id = channel;
        wanted.push(node.row);
    }
    wanted
}

fn name_of(row: &AreaRow) -> Words {
    Words { zh: row.name_zh.clone(), en: row.name_en.clone() }
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

/// What is wrong with the tree, by the row of the file that is to blame.
type Blamed = BTreeMap<Uuid, Vec<Fault>>;

fn check(tree: &Tree, spoilt: &HashSet<Uuid>) -> Blamed {
    let mut blamed = Blamed::new();
    check_parents(tree, spoilt, &mut blamed);
    check_root(tree, &mut blamed);
    blamed
}

/// Every parent is there and of a higher level. Levels rise strictly on the way up, so that there is no cycle.
fn check_parents(tree: &Tree, spoilt: &HashSet<Uuid>, blamed: &mut Blamed) {
    for node in tree.values() {
        let Some(parent_id) = node.row.parent_id else { continue };
        let parent = tree.get(&parent_id);
        // The row in the file is to blame: the child's, or the parent's that changed under its child.
        let Some((culprit, line)) = culprit([Some(node), parent]) else { continue };
        let reason = match parent {
            None if spoilt.contains(&parent_id) => continue,
            None => fault::PARENT_UNKNOWN,
            Some(parent) if depth(&parent.row.level) >= depth(&node.row.level) => fault::PARENT_NOT_HIGHER,
            Some(_) => continue,
        };
        let fault = Fault::new(line, reason).column("parent_code").value(&node.row.code);
        blamed.entry(culprit).or_default().push(fault);
    }
}

/// The first of these that the file speaks of.
fn culprit<'n>(nodes: impl IntoIterator<Item = Option<&'n Node>>) -> Option<(Uuid, usize)> {
    nodes.into_iter().flatten().find_map(|node| Some((node.row.area_id, node.line?)))
}

/// One area is above all others, and it is a city or a county.
fn check_root(tree: &Tree, blamed: &mut Blamed) {
    let mut roots: Vec<_> = tree.values().filter(|node| node.row.parent_id.is_none()).collect();
    // The one that stays: the one there was, else the highest, else the first.
    roots.sort_by_key(|node| (node.line.is_some(), depth(&node.row.level), node.line));
    let (Some(root), others) = (roots.first(), roots.iter().skip(1)) else { return };
    let high = [AreaLevel::City, AreaLevel::County].iter().any(|level| level.as_str() == root.row.level);
    if let (false, Some(line)) = (high, root.line) {
        let fault = Fault::new(line, fault::ROOT_TOO_LOW).column("level").value(&root.row.level);
        blamed.entry(root.row.area_id).or_default().push(fault);
    }
    for other in others {
        if let Some((culprit, line)) = culprit([Some(*other), Some(*root)]) {
            let fault = Fault::new(line, fault::ROOT_SECOND).column("parent_code").value(&other.row.code);
            blamed.entry(culprit).or_default().push(fault);
        }
    }
}

/// The nearest area at township level or above, itself included. None where a parent is not there, or is not higher.
fn channel(tree: &Tree, id: Uuid) -> Option<Uuid> {
    let mut node = tree.get(&id)?;
    while !AreaLevel::from(node.row.level.as_str()).has_channels() {
        let parent = tree.get(&node.row.parent_id?)?;
        if depth(&parent.row.level) >= depth(&node.row.level) {
            return None;
        }
        node = parent;
    }
    Some(node.row.area_id)
}

pub fn head(row: &AreaRow) -> Head {
    (row.code.clone(), Some(name_of(row)))
}

/// What a row changes; `codes` has those of all areas, the new ones included.
pub fn changes(codes: &HashMap<Uuid, String>, before: Option<&AreaRow>, after: &AreaRow) -> Vec<Change> {
    let code = |id: Option<Uuid>| id.and_then(|id| codes.get(&id).cloned()).unwrap_or_default();
    let cells = |row: &AreaRow| {
        vec![
            ("name_zh", row.name_zh.clone()),
            ("name_en", row.name_en.clone().unwrap_or_default()),
            ("level", row.level.clone()),
            ("parent_code", code(row.parent_id)),
            ("sector_zh", row.sector_zh.clone().unwrap_or_default()),
            ("sector_en", row.sector_en.clone().unwrap_or_default()),
        ]
    };
    let mut changes = differ(before.map(cells), cells(after));
    let old = before.and_then(|before| before.boundary.as_ref());
    if old != after.boundary.as_ref() {
        let from = before.map(|_| old.map(corners).unwrap_or_default());
        let to = after.boundary.as_ref().map(corners).unwrap_or_default();
        changes.push(Change::new("boundary", from, to));
    }
    // With its parent it may come under another township, and what lies in it is read there from then on.
    let township = before.map(|before| before.channel_area_id);
    if township.is_some_and(|township| township != after.channel_area_id) {
        changes.push(Change::new("township_code", Some(code(township)), code(Some(after.channel_area_id))));
    }
    changes
}

/// How many corners a boundary has.
fn corners(boundary: &Value) -> String {
    fn count(coordinates: &Value) -> usize {
        match coordinates.as_array() {
            Some(position) if position.iter().all(Value::is_number) => 1,
            Some(parts) => parts.iter().map(count).sum(),
            None => 0,
        }
    }
    count(&boundary["coordinates"]).to_string()
}
