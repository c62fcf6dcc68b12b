//! Writes lines as a table or a map, one after the other.

use std::{
    fs::File,
    io::{BufWriter, Seek, SeekFrom, Write},
    path::Path,
};

use anfang_protocol::rectification::Funds;
use anyhow::{Context, Result};
use geojson::{Feature, Geometry, JsonObject};
use rust_xlsxwriter::Workbook;
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    #[default]
    Csv,
    Xlsx,
    GeoJson,
}

impl Format {
    pub fn read(word: &str) -> Option<Self> {
        match word {
            "csv" => Some(Format::Csv),
            "xlsx" => Some(Format::Xlsx),
            "geojson" => Some(Format::GeoJson),
            _ => None,
        }
    }

    /// As the end of a file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Xlsx => "xlsx",
            Format::GeoJson => "geojson",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Format::GeoJson => "application/geo+json",
        }
    }
}

/// An item as one line. Times are of the jurisdiction, for people.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line {
    pub id: String,
    pub stage: String,
    pub severity: String,
    pub source: String,
    pub township: String,
    pub area: String,
    pub site_code: Option<String>,
    pub site: Option<String>,
    pub text: String,
    pub unit: Option<String>,
    pub person: Option<String>,
    pub requirement: Option<String>,
    pub standard: Option<String>,
    pub funds: Option<Funds>,
    pub listed_at: String,
    pub due_at: Option<String>,
    pub overdue: bool,
    pub closed_at: Option<String>,
    pub rounds: i32,
    pub rung: Option<String>,
    /// Latitude and longitude of its site.
    pub position: Option<(f64, f64)>,
}

enum Cell<'a> {
    Text(&'a str),
    Number(f64),
    Nothing,
}

fn maybe(text: &Option<String>) -> Cell<'_> {
    text.as_deref().map_or(Cell::Nothing, Cell::Text)
}

/// A sum as a spreadsheet counts it: whole yuan up to 2^53 are exact.
fn yuan<'a>(line: &Line, of: fn(&Funds) -> u64) -> Cell<'a> {
    line.funds.as_ref().map_or(Cell::Nothing, |funds| Cell::Number(of(funds) as f64))
}

type Column = (&'static str, &'static str, fn(&Line) -> Cell<'_>);

/// Heading in both languages, and what stands below it.
const COLUMNS: [Column; 24] = [
    ("编号", "id", |line| Cell::Text(&line.id)),
    ("状态", "stage", |line| Cell::Text(&line.stage)),
    ("严重程度", "severity", |line| Cell::Text(&line.severity)),
    ("来源", "source", |line| Cell::Text(&line.source)),
    ("乡镇", "township", |line| Cell::Text(&line.township)),
    ("区划", "area", |line| Cell::Text(&line.area)),
    ("点位编码", "site_code", |line| maybe(&line.site_code)),
    ("点位", "site", |line| maybe(&line.site)),
    ("问题", "problem", |line| Cell::Text(&line.text)),
    ("责任单位", "unit", |line| maybe(&line.unit)),
    ("责任人", "person", |line| maybe(&line.person)),
    ("整改要求", "requirement", |line| maybe(&line.requirement)),
    ("工作标准", "standard", |line| maybe(&line.standard)),
    ("计划资金（元）", "planned_yuan", |line| yuan(line, |funds| funds.planned_yuan)),
    ("到位资金（元）", "in_place_yuan", |line| yuan(line, |funds| funds.in_place_yuan)),
    ("支出资金（元）", "spent_yuan", |line| yuan(line, |funds| funds.spent_yuan)),
    ("列入时间", "listed_at", |line| Cell::Text(&line.listed_at)),
    ("整改期限", "due_at", |line| maybe(&line.due_at)),
    ("逾期", "overdue", |line| Cell::Number(f64::from(u8::from(line.overdue)))),
    ("销号时间", "closed_at", |line| maybe(&line.closed_at)),
    ("退回次数", "rounds", |line| Cell::Number(f64::from(line.rounds))),
    ("督办层级", "rung", |line| maybe(&line.rung)),
    ("纬度", "latitude", |line| {
        line.position.map_or(Cell::Nothing, |(latitude, _)| Cell::Number(latitude))
    }),
    ("经度", "longitude", |line| {
        line.position.map_or(Cell::Nothing, |(_, longitude)| Cell::Number(longitude))
    }),
];

/// A file that grows line by line.
pub enum Sheet {
    Csv(Box<csv::Writer<BufWriter<File>>>),
    Xlsx { workbook: Box<Workbook>, file: File, row: u32 },
    GeoJson { file: BufWriter<File>, is_first: bool },
}

/// Rows that a worksheet has, the heading included.
const XLSX_ROWS: u32 = 1_048_576;

impl Sheet {
    /// # Errors
    /// When the file cannot be written.
    pub fn begin(format: Format, folder: &Path) -> Result<Self> {
        let mut file = tempfile::tempfile_in(folder).context("a file for the export")?;
        match format {
            Format::Csv => {
                // Spreadsheets take a file without this mark for the local encoding.
                file.write_all("\u{feff}".as_bytes())?;
                let mut csv = csv::Writer::from_writer(BufWriter::new(file));
                csv.write_record(COLUMNS.iter().map(|(zh, en, _)| format!("{zh} {en}")))?;
                Ok(Sheet::Csv(Box::new(csv)))
            }
            Format::Xlsx => {
                let mut workbook = Workbook::new();
                workbook.set_tempdir(folder)?;
                let sheet = workbook.add_worksheet_with_constant_memory()?;
                sheet.set_name("问题清单")?;
                for (column, (zh, en, _)) in (0..).zip(COLUMNS) {
                    sheet.write_string(0, column, format!("{zh} {en}"))?;
                }
                Ok(Sheet::Xlsx { workbook: Box::new(workbook), file, row: 1 })
            }
            Format::GeoJson => {
                let mut file = BufWriter::new(file);
                file.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")?;
                Ok(Sheet::GeoJson { file, is_first: true })
            }
        }
    }

    /// # Errors
    /// When the file cannot be written, or a worksheet is full.
    pub fn write(&mut self, line: &Line) -> Result<()> {
        match self {
            Sheet::Csv(csv) => Ok(csv.write_record(COLUMNS.iter().map(|(.., of)| match of(line) {
                Cell::Text(text) => inert(text),
                Cell::Number(number) => number.to_string(),
                Cell::Nothing => String::new(),
            }))?),
            Sheet::Xlsx { workbook, row, .. } => {
                anyhow::ensure!(*row < XLSX_ROWS, "a worksheet has at most {XLSX_ROWS} rows");
                let sheet = workbook.worksheet_from_index(0)?;
                for (column, (.., of)) in (0..).zip(COLUMNS) {
                    match of(line) {
                        // Cut as spreadsheets do; a string cell is never a formula.
                        Cell::Text(text) => {
                            sheet.write_string(*row, column, text.chars().take(32_767).collect::<String>())?
                        }
                        Cell::Number(number) => sheet.write_number(*row, column, number)?,
                        Cell::Nothing => continue,
                    };
                }
                *row += 1;
                Ok(())
            }
            Sheet::GeoJson { file, is_first } => {
                if !std::mem::take(is_first) {
                    file.write_all(b",\n")?;
                }
                Ok(serde_json::to_writer(file, &feature(line))?)
            }
        }
    }

    /// The whole file, to be read from its beginning.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(self) -> Result<File> {
        let mut file = match self {
            Sheet::Csv(csv) => csv.into_inner().map_err(|error| error.into_error())?.into_inner()?,
            Sheet::Xlsx { mut workbook, file, .. } => {
                workbook.save_to_writer(BufWriter::new(&file))?;
                file
            }
            Sheet::GeoJson { mut file, .. } => {
                file.write_all(b"]}\n")?;
                file.into_inner()?
            }
        };
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }
}

fn feature(line: &Line) -> Feature {
    let properties: JsonObject = COLUMNS
        .iter()
        .filter_map(|(_, en, of)| match of(line) {
            Cell::Text(text) => Some(((*en).to_owned(), Value::from(text))),
            Cell::Number(number) => Some(((*en).to_owned(), Value::from(number))),
            Cell::Nothing => None,
        })
        .collect();
    let point = |(latitude, longitude): (f64, f64)| Geometry::new_point([longitude, latitude]);
    Feature { geometry: line.position.map(point), properties: Some(properties), ..Feature::default() }
}

/// A text that no spreadsheet takes for a formula.
fn inert(text: &str) -> String {
    let starts = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if starts { format!("'{text}") } else { text.to_owned() }
}
