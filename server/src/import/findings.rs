//! Problems from elsewhere (central, provincial, audit, media, citizens) from a table: each row becomes an item of the
//! ledger, by the same command that a person at a desk would give.
//!
//! Promises: a dry run tells of every row what would become of it, decided by the same code; with a fault anywhere nothing
//! is listed. The same file twice lists nothing the second time: ids follow from the codes, and the text of a row is its
//! command.

use anfang_protocol::{
    Code, Problem,
    clock::ClockReading,
    finding::Severity,
    ids::{CommandId, FindingId, JurisdictionId, RectificationId},
    rectification::{List, Noted, Source as Origin},
    sync::{Outcome, Status},
    words::Words,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{json, value::to_raw_value};
use uuid::Uuid;

use super::{
    cells::{self, Cells, Given},
    each::each,
    fault::{self, Fault, Faulty},
    record::{self, CODE, Column},
    rows::{self, Case, Told, Trial},
    store, text,
};
use crate::{
    auth::Actor,
    casework::{self, Hall, Submission},
    db::Db,
    failure::{Failure, Reason, Result},
};

pub const COLUMNS: &[Column] = &[
    Column { name: CODE, headings: &["编号", "编码", "问题编号"] },
    Column { name: "area_code", headings: &["区划代码", "行政区划代码"] },
    Column { name: "source", headings: &["来源", "问题来源"] },
    Column { name: "severity", headings: &["严重程度", "等级"] },
    Column { name: "text", headings: &["问题", "问题描述", "内容"] },
    Column { name: "site_code", headings: &["点位编码", "点位"] },
];

/// Rows of a file at most.
const ROWS_MAX: usize = 2000;
/// Commands that are decided together.
const TOGETHER: usize = 200;

/// What came of a file.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Report {
    pub rows: usize,
    /// Rows that became items; in a dry run, that would.
    pub listed: usize,
    /// Rows that were imported before, as they are.
    pub unchanged: usize,
    pub dry_run: bool,
    /// Line, column, code, reason in both languages, value.
    #[schema(value_type = Vec<Object>)]
    pub faults: Vec<Fault>,
    /// Row by row: of a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trial: Option<Trial>,
}

struct Row {
    line: usize,
    code: String,
    text: String,
    list: List,
    /// As it is told.
    cells: Told,
}

/// Lists what the file has, or tells why not.
///
/// # Errors
/// Broken when the database fails; `unavailable` when too many wait already.
pub async fn import(
    hall: &Hall,
    db: &Db,
    actor: Actor,
    bytes: &[u8],
    now: DateTime<Utc>,
    dry_run: bool,
) -> Result<Report> {
    let Read { rows, mut faults, mut faulty } = read(actor.jurisdiction, bytes);
    let ids: Vec<Uuid> = rows.iter().map(|row| row.list.rectification_id.0).collect();
    let before = store::known_items(&mut *db.conn().await?, actor.jurisdiction, &ids).await?;
    let batch = rows.iter().map(|row| submission(actor, row, now)).collect::<Result<Vec<_>>>()?;
    let mut outcomes = Vec::with_capacity(rows.len());
    for batch in batch.chunks(TOGETHER) {
        outcomes.extend(hall.rehearse(actor.jurisdiction, batch).await?);
    }
    let known = |row: &Row| before.contains(&row.list.rectification_id.0);
    let mut fit = Vec::with_capacity(rows.len());
    for (row, outcome) in rows.iter().zip(&outcomes) {
        match refused((row, outcome)) {
            Some(fault) => faulty.push(row.faulty(fault)),
            None if known(row) => fit.push((Some(row.line), Case::Unchanged(row))),
            None => fit.push((Some(row.line), Case::New(row))),
        }
    }
    faults.extend(faulty.iter().flat_map(|row| row.faults.iter().cloned()));
    faults.sort_by_key(|fault| fault.line);
    let trial = dry_run.then(|| {
        let head = |row: &&Row| (row.code.clone(), Some(Words::zh(&row.text)));
        rows::trial(faulty.iter().collect(), fit, head, |_, row| rows::differ(None, row.cells.clone()))
    });
    if faults.is_empty() && !dry_run {
        for (rows, batch) in rows.chunks(TOGETHER).zip(batch.chunks(TOGETHER)) {
            let outcomes = hall.perform(actor.jurisdiction, batch.to_vec(), None).await?.outcomes;
            faults.extend(rows.iter().zip(&outcomes).filter_map(refused));
        }
    }
    let mut report = Report { rows: rows.len(), listed: 0, unchanged: 0, dry_run, faults, trial };
    if report.faults.is_empty() {
        report.unchanged = rows.iter().filter(|row| known(row)).count();
        report.listed = rows.len() - report.unchanged;
    }
    Ok(report)
}

const SITE_UNKNOWN: Reason = Reason {
    code: "site_unknown",
    en: "There is no site with this code in this township; import the sites first, or leave the cell empty",
    zh: "该乡镇没有此点位编码，请先导入点位，或留空",
};

fn refused((row, outcome): (&Row, &Outcome)) -> Option<Fault> {
    if outcome.status == Status::Applied {
        return None;
    }
    let code = outcome.problem.as_deref().and_then(Problem::code).unwrap_or(Code::TryAgain);
    if code == Code::SiteUnknown {
        return Some(Fault::new(row.line, SITE_UNKNOWN).column("site_code"));
    }
    let reason = Reason { code: code.slug(), en: code.title(), zh: code.title_zh() };
    Some(Fault::new(row.line, reason))
}

impl Row {
    fn faulty(&self, fault: Fault) -> Faulty {
        let name = Some(Words::zh(&self.text));
        Faulty { line: self.line, code: self.code.clone(), name, faults: vec![fault] }
    }
}

/// A table as it was read.
#[derive(Default)]
struct Read {
    rows: Vec<Row>,
    /// Of none of its rows.
    faults: Vec<Fault>,
    faulty: Vec<Faulty>,
}

/// Reads a table. Pure, and total.
fn read(jurisdiction: JurisdictionId, bytes: &[u8]) -> Read {
    let decoded = match text::decode(bytes) {
        Ok(decoded) => decoded,
        Err(fault) => return Read { faults: vec![fault], ..Read::default() },
    };
    let mut read = record::read_table(&decoded.text, COLUMNS);
    let records = std::mem::take(&mut read.records);
    if records.len() > ROWS_MAX {
        let fault = Fault::new(1, fault::TOO_LARGE).value(format!("{} rows", records.len()));
        return Read { faults: vec![fault], ..Read::default() };
    }
    let mut rows = each(records, &mut read, |cells| row(jurisdiction, cells));
    if rows.is_empty() && read.faults.is_empty() && read.faulty.is_empty() {
        read.faults.push(Fault::new(1, fault::NO_ROWS));
    }
    rows.sort_by_key(|row| row.line);
    Read { rows, faults: read.faults, faulty: read.faulty }
}

/// The columns that every row must fill.
const NEEDED: [&str; 5] = [CODE, "area_code", "source", "severity", "text"];

fn row(jurisdiction: JurisdictionId, cells: &mut Cells) -> Option<Row> {
    let code = cells.firm(CODE, cells::code);
    let area = cells.firm("area_code", cells::area_code);
    let (source, severity) = (cells.firm("source", origin), cells.firm("severity", severity));
    let text = cells.firm("text", long_text);
    let site = match cells.optional("site_code", cells::code) {
        Given::Set(code) => Some(code),
        Given::Keep | Given::Clear => None,
    };
    for column in NEEDED {
        if cells.record.cell(column).is_none() {
            cells.fault(column, fault::CELL_MISSING, "");
        }
    }
    let (code, area, source, severity, text) = (code?, area?, source?, severity?, text?);
    let told = vec![
        ("area_code", area.clone()),
        ("source", source.to_string()),
        ("severity", severity.to_string()),
        ("text", text.clone()),
        ("site_code", site.clone().unwrap_or_default()),
    ];
    let noted = Noted {
        finding_id: FindingId(jurisdiction.derive("noted", &code)),
        source,
        reference: Some(code.clone()),
        severity,
        text: text.clone(),
        site_id: site.map(|code| jurisdiction.derive("site", &code).into()),
        position: None,
        evidence: Vec::new(),
    };
    let list = List {
        rectification_id: RectificationId(jurisdiction.derive("rectification", &code)),
        area_id: jurisdiction.derive("area", &area).into(),
        findings: Vec::new(),
        noted: vec![noted],
        severity: None,
        text: None,
    };
    Some(Row { line: cells.record.line, code, text, list, cells: told })
}

fn origin(cell: &str) -> Result<Origin, Reason> {
    let origin = match cell {
        "中央" | "中央反馈" => Origin::Central,
        "省级" | "省级反馈" => Origin::Provincial,
        "审计" => Origin::Audit,
        "媒体" | "媒体曝光" => Origin::Media,
        "群众" | "群众举报" => Origin::Citizens,
        word => Origin::from(word),
    };
    // What an inspection found comes from a phone.
    if origin.is_known() && origin != Origin::Inspection { Ok(origin) } else { Err(fault::WORD_UNKNOWN) }
}

fn severity(cell: &str) -> Result<Severity, Reason> {
    let severity = match cell {
        "一般" => Severity::General,
        "较重" => Severity::Serious,
        "严重" => Severity::Grave,
        word => Severity::from(word),
    };
    if severity.is_known() { Ok(severity) } else { Err(fault::WORD_UNKNOWN) }
}

fn long_text(cell: &str) -> Result<String, Reason> {
    let fits = cell.chars().count() <= anfang_protocol::limits::LONG_TEXT_CHARS && !cell.contains('\0');
    if fits { Ok(cell.to_owned()) } else { Err(fault::TEXT_INVALID) }
}

/// The command of a row. Its text is the same whenever the file is imported, so that again is a repeat; and another's, if
/// somebody else imports it.
fn submission(actor: Actor, row: &Row, now: DateTime<Utc>) -> Result<Submission> {
    let body = serde_json::to_value(&row.list)?;
    let name = format!("import {} {}", actor.account, serde_json::to_string(&body)?);
    let id = CommandId(Uuid::new_v5(&row.list.rectification_id.0, name.as_bytes()));
    let envelope = json!({
        "n": 0, "id": id, "type": "rectification.list", "at": DateTime::<Utc>::UNIX_EPOCH, "body": body,
    });
    casework::read(actor, &to_raw_value(&envelope)?, &ClockReading::wall(now)).map_err(Failure::from)
}
