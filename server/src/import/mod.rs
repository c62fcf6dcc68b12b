//! `anfang import` and `/v1/imports`: reference data from the files that offices have.
//!
//! Promises: lists everything that is wrong, with line, column, code and reason, and then writes nothing; or
//! writes all of it in one transaction. The same file twice changes nothing the second time. A column that the
//! file does not have leaves the values as they are; an empty cell takes the value away.
//! Never: removes a row; guesses what a word or code may mean.

pub mod areas;
pub mod cells;
pub mod checklists;
pub mod command;
mod each;
pub mod fault;
pub mod findings;
pub mod record;
pub mod routes;
pub mod rows;
pub mod sites;
pub mod store;
pub mod terms;
pub mod text;
pub mod units;
mod what;

use std::collections::BTreeSet;

use anfang_protocol::{
    ids::{AccountId, DeviceId},
    sha::Sha,
};

use fault::{Fault, Faulty};
use record::{Column, Records};
pub use what::What;

use crate::terms::Term;

/// Bytes of a file at most.
pub const FILE_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Rows of a file at most: they are written in one transaction, within the time-outs of its statements.
pub const ROWS_MAX: usize = 200_000;

/// A file as it was read: what it wants, and what is wrong with it so far.
#[derive(Debug)]
pub struct Source {
    pub name: String,
    pub what: What,
    /// Who brings it; none: the command line.
    pub by: Option<(AccountId, DeviceId)>,
    pub sha256: Sha,
    pub encoding: &'static str,
    pub rows: usize,
    pub wants: Wants,
    /// What is wrong with it, and with none of its rows.
    pub faults: Vec<Fault>,
    /// Rows that could not be read.
    pub faulty: Vec<Faulty>,
    pub ignored: BTreeSet<String>,
}

impl Source {
    /// All that is wrong so far, in any order.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.faults.iter().chain(self.faulty.iter().flat_map(|row| &row.faults))
    }
}

/// The rows that could be read.
#[derive(Debug)]
pub enum Wants {
    Areas(Vec<areas::AreaPatch>),
    Units(Vec<units::UnitPatch>),
    Sites(Vec<sites::SitePatch>),
    Checklists(Vec<checklists::Draft>),
    /// Each with its line.
    Terms(Vec<(usize, Term)>),
}

/// Reads a file. Pure, and total: whatever the bytes are, the answer is rows and faults.
pub fn read(what: What, name: &str, bytes: &[u8]) -> Source {
    let mut source = Source {
        name: name.to_owned(),
        what,
        by: None,
        sha256: Sha::of(bytes),
        encoding: "UTF-8",
        rows: 0,
        wants: Wants::Checklists(Vec::new()),
        faults: Vec::new(),
        faulty: Vec::new(),
        ignored: BTreeSet::new(),
    };
    if bytes.len() > FILE_BYTES_MAX {
        source.faults.push(Fault::new(1, fault::TOO_LARGE));
        return source;
    }
    let decoded = match text::decode(bytes) {
        Ok(decoded) => decoded,
        Err(fault) => {
            source.faults.push(fault);
            return source;
        }
    };
    source.encoding = decoded.encoding;
    let is_json = decoded.text.trim_start().starts_with(['{', '[']);
    match what {
        What::Checklists => read_checklists(&decoded.text, &mut source),
        What::Calendar | What::Deadlines | What::Tiers => {
            let read = terms::read(what, &decoded.text, &mut source.faults, &mut source.faulty);
            source.rows = read.len();
            source.wants = Wants::Terms(read);
        }
        What::Areas => read_rows(&decoded.text, is_json, areas::COLUMNS, &mut source, |records| {
            Wants::Areas(areas::patches(records))
        }),
        What::Units => read_rows(&decoded.text, is_json, units::COLUMNS, &mut source, |records| {
            Wants::Units(units::patches(records))
        }),
        What::Sites => read_rows(&decoded.text, is_json, sites::COLUMNS, &mut source, |records| {
            Wants::Sites(sites::patches(records))
        }),
    }
    if source.rows == 0 && source.faults().next().is_none() {
        source.faults.push(Fault::new(1, fault::NO_ROWS));
    }
    source
}

fn read_checklists(text: &str, source: &mut Source) {
    let drafts = checklists::read(text);
    source.rows = drafts.drafts.len();
    source.faults.extend(drafts.fault);
    source.faulty = drafts.faulty;
    source.wants = Wants::Checklists(drafts.drafts);
}

fn read_rows(
    text: &str,
    is_json: bool,
    columns: &[Column],
    source: &mut Source,
    patches: impl FnOnce(&mut Records) -> Wants,
) {
    let mut records =
        if is_json { record::read_features(text, columns) } else { record::read_table(text, columns) };
    source.rows = records.records.len();
    if source.rows > ROWS_MAX {
        source.faults.push(Fault::new(1, fault::TOO_LARGE).value(format!("{} rows", source.rows)));
        return;
    }
    source.wants = patches(&mut records);
    source.faults.extend(records.faults);
    source.faulty = records.faulty;
    source.ignored = records.ignored;
}
