//! What a dry run tells of a file row by row: what each would do, and what is wrong with it. Pure.

use anfang_protocol::words::Words;
use serde::Serialize;

use super::fault::{Fault, Faulty};

/// Rows that are told at most: more than a person reads, and less than a browser minds.
pub const TOLD_MAX: usize = 1000;
/// Characters of a cell that are told.
const TEXT_CHARS: usize = 240;

/// A file row by row, as a dry run would have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = ImportTrial)]
pub struct Trial {
    /// How many rows are of each kind, told or not. While others are faulty: as far as it is known.
    pub faulty: usize,
    pub changed: usize,
    pub new: usize,
    pub unchanged: usize,
    /// The first 1000: the faulty ones, then what changes, is new, stays; each in the order of the file.
    pub rows: Vec<Row>,
}

/// What a row is to what is there. In the order in which they need a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[schema(as = ImportRowIs)]
#[serde(rename_all = "snake_case")]
pub enum Is {
    Faulty,
    Changed,
    New,
    Unchanged,
}

/// One row of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = ImportRow)]
pub struct Row {
    /// Line of the file on which it begins; 1 is the first. Absent: it is not in the file, and changes with what is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Empty where it cannot be read.
    pub code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Words>,
    pub is: Is,
    /// Of a changed one what changes, of a new one all that it has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// What is wrong with it; also in the list of all faults.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
}

/// What becomes of one column or field, as a person reads it; empty: nothing is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = ImportChange)]
pub struct Change {
    pub column: String,
    /// Absent: there is nothing to set beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    pub to: String,
}

impl Change {
    pub fn new(column: impl Into<String>, from: Option<String>, to: impl AsRef<str>) -> Self {
        Change { column: column.into(), from: from.as_deref().map(cut), to: cut(to.as_ref()) }
    }
}

/// A row that is fit, beside what is there.
#[derive(Debug)]
pub enum Case<R> {
    Changed { before: R, after: R },
    New(R),
    Unchanged(R),
}

impl<R> Case<R> {
    fn is(&self) -> Is {
        match self {
            Case::Changed { .. } => Is::Changed,
            Case::New(_) => Is::New,
            Case::Unchanged(_) => Is::Unchanged,
        }
    }
}

/// By what a row is known.
pub type Head = (String, Option<Words>);

/// Counts all, and tells the first. Fit rows come with their lines.
pub fn trial<R>(
    mut faulty: Vec<&Faulty>,
    mut fit: Vec<(Option<usize>, Case<R>)>,
    head: impl Fn(&R) -> Head,
    changes: impl Fn(Option<&R>, &R) -> Vec<Change>,
) -> Trial {
    faulty.sort_by_key(|row| row.line);
    fit.sort_by_key(|(line, case)| (case.is(), line.unwrap_or(usize::MAX)));
    let count = |is: Is| fit.iter().filter(|(_, case)| case.is() == is).count();
    let told = fit.iter().map(|(line, case)| {
        let (row, changes) = match case {
            Case::Changed { before, after } => (after, changes(Some(before), after)),
            Case::New(after) => (after, changes(None, after)),
            Case::Unchanged(row) => (row, Vec::new()),
        };
        let (code, name) = head(row);
        Row { line: *line, code, name: name.map(short), is: case.is(), changes, faults: Vec::new() }
    });
    Trial {
        faulty: faulty.len(),
        changed: count(Is::Changed),
        new: count(Is::New),
        unchanged: count(Is::Unchanged),
        rows: faulty.iter().map(|row| wrong(row)).chain(told).take(TOLD_MAX).collect(),
    }
}

fn wrong(row: &Faulty) -> Row {
    Row {
        line: Some(row.line),
        code: cut(&row.code),
        name: row.name.clone().map(short),
        is: Is::Faulty,
        changes: Vec::new(),
        faults: row.faults.clone(),
    }
}

/// The columns of a row with what stands in them, always in the same order.
pub type Told = Vec<(&'static str, String)>;

/// Column by column: of a new row what it has, else what is another.
pub fn differ(before: Option<Told>, after: Told) -> Vec<Change> {
    let Some(before) = before else {
        let has = after.into_iter().filter(|(_, to)| !to.is_empty());
        return has.map(|(column, to)| Change::new(column, None, to)).collect();
    };
    let both = before.into_iter().zip(after).filter(|((_, from), (_, to))| from != to);
    both.map(|((_, from), (column, to))| Change::new(column, Some(from), to)).collect()
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn short(name: Words) -> Words {
    Words { zh: cut(&name.zh), en: name.en.as_deref().map(cut) }
}
