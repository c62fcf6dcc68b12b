//! From text to records: rows of a table or features of a GeoJSON collection, alike, each with its line.
//!
//! Pure. Reads to the end whatever is wrong, and lists it.

use std::collections::{BTreeSet, HashMap, HashSet};

use anfang_protocol::words::Words;
use geojson::{Feature, Geometry, JsonObject};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{
    fault::{self, Fault, Faulty},
    text::Lines,
};

/// A column that a kind of file may have, by its name and the headings that people write.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    pub headings: &'static [&'static str],
}

/// One row or feature.
#[derive(Debug)]
pub struct Record {
    pub line: usize,
    cells: Vec<(&'static str, String)>,
    pub geometry: Option<Geometry>,
    /// What is wrong with it, before any cell is read.
    pub faults: Vec<Fault>,
}

impl Record {
    /// The trimmed cell; none when the file has no such column.
    pub fn cell(&self, column: &str) -> Option<&str> {
        self.cells.iter().find(|(name, _)| *name == column).map(|(_, cell)| cell.as_str())
    }

    /// It is wrong for these reasons.
    pub fn faulty(&self, faults: Vec<Fault>) -> Faulty {
        let told = |column: &str| self.cell(column).filter(|cell| !cell.is_empty()).map(str::to_owned);
        // What has no name says what it is about.
        let zh = told("name_zh").or_else(|| told("text"));
        let name = zh.map(|zh| Words { zh, en: told("name_en") });
        Faulty { line: self.line, code: told(CODE).unwrap_or_default(), name, faults }
    }
}

/// All that a file has.
#[derive(Debug, Default)]
pub struct Records {
    pub records: Vec<Record>,
    /// What is wrong with the file, and with none of its rows.
    pub faults: Vec<Fault>,
    /// Rows that could not be read.
    pub faulty: Vec<Faulty>,
    /// Properties of features that mean nothing here.
    pub ignored: BTreeSet<String>,
}

/// The column by which every row is known.
pub const CODE: &str = "code";

fn known(columns: &[Column], heading: &str) -> Option<&'static str> {
    let heading = heading.trim().to_lowercase();
    let fits = |column: &&Column| column.name == heading || column.headings.contains(&heading.as_str());
    columns.iter().find(fits).map(|column| column.name)
}

/// Reads a table: comma, tab or semicolon between cells, the first row is the heading.
pub fn read_table(text: &str, columns: &[Column]) -> Records {
    let mut out = Records::default();
    let mut lines = Lines::of(text);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let mut heading: Option<Vec<Option<&'static str>>> = None;
    for row in reader.records() {
        let row = match row {
            Ok(row) => row,
            Err(_) => {
                out.faults.push(Fault::new(lines.line(), fault::FORMAT_UNKNOWN));
                break;
            }
        };
        let start = row.position().map_or(0, |at| usize::try_from(at.byte()).unwrap_or(usize::MAX));
        let line = lines.line_at(skip_breaks(text, start));
        if row.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        match &heading {
            None => heading = Some(read_heading(&row, line, columns, &mut out.faults)),
            Some(heading) => read_row(&row, line, heading, &mut out),
        }
    }
    out
}

/// What stands most often in the first line between cells.
fn delimiter(text: &str) -> u8 {
    let first = text.trim_start().lines().next().unwrap_or_default();
    let count = |mark: u8| first.bytes().filter(|byte| *byte == mark).count();
    // The last of equals wins: a comma.
    [b';', b'\t', b','].into_iter().max_by_key(|mark| count(*mark)).unwrap_or(b',')
}

/// Where a row begins in truth: the reader counts the line breaks before it, too.
fn skip_breaks(text: &str, start: usize) -> usize {
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    start + rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

fn read_heading(
    row: &csv::StringRecord,
    line: usize,
    columns: &[Column],
    faults: &mut Vec<Fault>,
) -> Vec<Option<&'static str>> {
    let mut seen = HashSet::new();
    let names: Vec<_> = row.iter().map(|cell| known(columns, cell)).collect();
    for (cell, name) in row.iter().zip(&names) {
        match name {
            Some(name) if !seen.insert(*name) => {
                faults.push(Fault::new(line, fault::COLUMN_TWICE).column(*name).value(cell));
            }
            None => faults.push(Fault::new(line, fault::COLUMN_UNKNOWN).value(cell)),
            Some(_) => {}
        }
    }
    if !seen.contains(CODE) {
        faults.push(Fault::new(line, fault::COLUMN_MISSING).column(CODE));
    }
    names
}

fn read_row(row: &csv::StringRecord, line: usize, heading: &[Option<&'static str>], out: &mut Records) {
    let named = row.iter().zip(heading);
    let cells: Vec<_> =
        named.filter_map(|(cell, name)| name.map(|name| (name, cell.trim().to_owned()))).collect();
    let record = Record { line, cells, geometry: None, faults: Vec::new() };
    if row.len() == heading.len() {
        out.records.push(record);
    } else {
        out.faulty.push(record.faulty(vec![Fault::new(line, fault::CELLS_COUNT)]));
    }
}

#[derive(Deserialize)]
struct Collection<'t> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    features: Vec<&'t RawValue>,
}

/// Reads a GeoJSON collection of features.
pub fn read_features(text: &str, columns: &[Column]) -> Records {
    let mut out = Records::default();
    let mut lines = Lines::of(text);
    let features = match serde_json::from_str::<Collection>(text) {
        Ok(collection) if collection.kind == "FeatureCollection" => collection.features,
        Ok(collection) => {
            out.faults.push(Fault::new(1, fault::FORMAT_UNKNOWN).value(collection.kind));
            return out;
        }
        Err(error) => {
            let fault = Fault::new(error.line().max(1), fault::JSON_INVALID).value(error.to_string());
            out.faults.push(fault);
            return out;
        }
    };
    for raw in features {
        let line = lines.line_at(offset_in(text, raw.get()));
        match raw.get().parse::<Feature>() {
            Ok(Feature { properties, geometry, .. }) => {
                let record = record_of(properties.unwrap_or_default(), line, columns, &mut out.ignored);
                out.records.push(Record { geometry, ..record });
            }
            Err(error) => {
                let fault = Fault::new(line, fault::JSON_INVALID).value(error.to_string());
                let known = record_of(properties_of(raw.get()), line, columns, &mut BTreeSet::new());
                out.faulty.push(known.faulty(vec![fault]));
            }
        }
    }
    out
}

/// The parts of a JSON file that has one thing, or a list of them.
///
/// # Errors
/// `json_invalid`, with the line.
pub fn parts(text: &str) -> Result<Vec<&RawValue>, Fault> {
    let many = text.trim_start().starts_with('[');
    let parts =
        if many { serde_json::from_str(text) } else { serde_json::from_str(text).map(|one| vec![one]) };
    parts.map_err(|error| Fault::new(error.line().max(1), fault::JSON_INVALID).value(error.to_string()))
}

/// Where a part begins within the text that it was borrowed from.
pub fn offset_in(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

/// The properties of a feature whose geometry, say, could not be read.
fn properties_of(raw: &str) -> JsonObject {
    #[derive(Deserialize)]
    struct Known {
        properties: JsonObject,
    }
    serde_json::from_str(raw).map(|known: Known| known.properties).unwrap_or_default()
}

fn record_of(
    properties: JsonObject,
    line: usize,
    columns: &[Column],
    ignored: &mut BTreeSet<String>,
) -> Record {
    let (mut cells, mut faults): (HashMap<&'static str, String>, _) = (HashMap::new(), Vec::new());
    for (key, value) in properties {
        match (known(columns, &key), cell_of(&value)) {
            (None, _) => {
                ignored.insert(key);
            }
            (Some(name), Some(cell)) => {
                if cells.insert(name, cell).is_some() {
                    faults.push(Fault::new(line, fault::COLUMN_TWICE).column(name).value(key));
                }
            }
            (Some(name), None) => faults.push(Fault::new(line, fault::TEXT_INVALID).column(name)),
        }
    }
    Record { line, cells: cells.into_iter().collect(), geometry: None, faults }
}

fn cell_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Array(_) | Value::Object(_) => None,
    }
}
