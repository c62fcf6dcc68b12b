//! Checklists from a file: JSON, one checklist or a list of them. Pure.

use std::collections::HashMap;

use anfang_protocol::{
    checklist::{AnswerType, Checklist, Item},
    ids::{ChecklistId, JurisdictionId},
    words::Words,
};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::{
    fault::{self, Fault},
    record::{self, offset_in},
    text::Lines,
};
use crate::checklists::check;

/// A checklist as a file has it: without an id, and without a version number if it shall be the next.
#[derive(Debug)]
pub struct Draft {
    pub line: usize,
    pub code: String,
    pub version: Option<u32>,
    pub title: Words,
    pub guidance: Option<Words>,
    /// Each item with its line.
    pub items: Vec<(usize, Item)>,
}

/// All that a file has.
#[derive(Debug, Default)]
pub struct Drafts {
    pub drafts: Vec<Draft>,
    pub faults: Vec<Fault>,
}

/// A checklist whose items are still the text that they have, so that each fault has its line.
#[derive(Deserialize)]
struct Head<'t> {
    code: String,
    #[serde(default)]
    version: Option<u32>,
    title: Words,
    #[serde(default)]
    guidance: Option<Words>,
    #[serde(borrow)]
    items: Vec<&'t RawValue>,
}

/// Reads to the end whatever is wrong.
pub fn read(text: &str) -> Drafts {
    let mut out = Drafts::default();
    let mut lines = Lines::of(text);
    match record::parts(text) {
        Ok(parts) => parts.iter().for_each(|part| read_one(text, part.get(), &mut lines, &mut out)),
        Err(fault) => out.faults.push(fault),
    }
    out
}

fn read_one(text: &str, part: &str, lines: &mut Lines, out: &mut Drafts) {
    let line = lines.line_at(offset_in(text, part));
    let head: Head = match serde_json::from_str(part) {
        Ok(head) => head,
        Err(error) => return out.faults.push(invalid(line, &error)),
    };
    let known = json!({ "code": head.code, "version": head.version, "title": head.title,
        "guidance": head.guidance, "items": [] });
    let before = out.faults.len();
    find_unknown(line, part, &known, &mut out.faults);
    let mut items = Vec::with_capacity(head.items.len());
    for raw in &head.items {
        let line = lines.line_at(offset_in(text, raw.get()));
        match serde_json::from_str::<Item>(raw.get()) {
            Ok(item) => {
                let known = serde_json::to_value(&item).unwrap_or_default();
                find_unknown(line, raw.get(), &known, &mut out.faults);
                items.push((line, item));
            }
            Err(error) => out.faults.push(invalid(line, &error)),
        }
    }
    if out.faults.len() == before {
        let Head { code, version, title, guidance, .. } = head;
        out.drafts.push(Draft { line, code, version, title, guidance, items });
    }
}

fn invalid(line: usize, error: &serde_json::Error) -> Fault {
    Fault::new(line + error.line().saturating_sub(1), fault::JSON_INVALID).value(error.to_string())
}

/// Fields that mean nothing would be lost without a word: a mistyped `veto` must not be.
fn find_unknown(line: usize, part: &str, known: &Value, faults: &mut Vec<Fault>) {
    let mut paths = Vec::new();
    if let Ok(given) = serde_json::from_str(part) {
        compare_fields("", &given, known, &mut paths);
    }
    faults.extend(paths.into_iter().map(|path| Fault::new(line, fault::FIELD_UNKNOWN).column(path)));
}

fn compare_fields(path: &str, given: &Value, known: &Value, paths: &mut Vec<String>) {
    match (given, known) {
        (Value::Object(given), Value::Object(known)) => {
            for (key, value) in given {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                match known.get(key) {
                    Some(known) => compare_fields(&path, value, known, paths),
                    // What says nothing is written out by nobody.
                    None if value.is_null() || value.as_array().is_some_and(Vec::is_empty) => {}
                    None => paths.push(path),
                }
            }
        }
        (Value::Array(given), Value::Array(known)) => {
            for (index, (given, known)) in given.iter().zip(known).enumerate() {
                compare_fields(&format!("{path}[{index}]"), given, known, paths);
            }
        }
        _ => {}
    }
}

/// What shall be published.
#[derive(Debug, Default)]
pub struct Editions {
    pub new: Vec<Checklist>,
    /// How many of the new ones are the first of their code.
    pub first: usize,
    pub unchanged: usize,
}

/// Sets the drafts beside what is published. Meaningless when there are faults.
pub fn merge(
    jurisdiction: JurisdictionId,
    published: Vec<Checklist>,
    drafts: Vec<Draft>,
    faults: &mut Vec<Fault>,
) -> Editions {
    let mut versions: HashMap<String, Vec<Checklist>> = HashMap::new();
    for list in published {
        versions.entry(list.code.clone()).or_default().push(list);
    }
    let mut editions = Editions::default();
    for draft in drafts {
        let known = versions.entry(draft.code.clone()).or_default();
        let lines: Vec<usize> = draft.items.iter().map(|(line, _)| *line).collect();
        let line = draft.line;
        let asked = draft.version;
        let list = edition(jurisdiction, draft, known);
        let same = known.iter().find(|old| old.version == list.version);
        if let Some(old) = same {
            if *old == list {
                editions.unchanged += 1;
            } else {
                let version = list.version.to_string();
                faults.push(Fault::new(line, fault::VERSION_IMMUTABLE).column("version").value(version));
            }
            continue;
        }
        if asked.is_some() && list.version != newest(known) + 1 {
            let version = list.version.to_string();
            faults.push(Fault::new(line, fault::VERSION_NOT_NEXT).column("version").value(version));
        }
        faults.extend(check::flaws(&list).into_iter().map(|flaw| blame(flaw, line, &lines)));
        faults.extend(reused(&list, known, &lines));
        editions.first += usize::from(known.is_empty());
        known.push(list.clone());
        editions.new.push(list);
    }
    editions
}

fn newest(known: &[Checklist]) -> u32 {
    known.iter().map(|list| list.version).max().unwrap_or(0)
}

/// The draft with its id and number. Without a number it is the newest version if it says the same, else the next.
fn edition(jurisdiction: JurisdictionId, draft: Draft, known: &[Checklist]) -> Checklist {
    let newest = newest(known);
    let mut list = Checklist {
        checklist_id: ChecklistId(jurisdiction.derive("checklist", &draft.code)),
        version: draft.version.unwrap_or(newest),
        code: draft.code,
        title: draft.title,
        guidance: draft.guidance,
        items: draft.items.into_iter().map(|(_, item)| item).collect(),
    };
    if draft.version.is_none() && !known.contains(&list) {
        list.version = newest.saturating_add(1);
    }
    list
}

fn blame(flaw: check::Flaw, line: usize, lines: &[usize]) -> Fault {
    let line = flaw.item.and_then(|item| lines.get(item)).copied().unwrap_or(line);
    Fault::new(line, flaw.reason).column(flaw.field).value(flaw.value)
}

/// An item's code is never used again for another question; another type of answer gives that away.
fn reused(list: &Checklist, known: &[Checklist], lines: &[usize]) -> Vec<Fault> {
    let is_other = |item: &Item| {
        let earlier = known.iter().filter_map(|old| old.item(&item.code));
        earlier.into_iter().any(|old| type_of(&old.answer) != type_of(&item.answer))
    };
    let others = list.items.iter().zip(lines).filter(|(item, _)| is_other(item));
    others
        .map(|(item, line)| Fault::new(*line, fault::ITEM_CODE_REUSED).column("code").value(&item.code))
        .collect()
}

fn type_of(answer: &AnswerType) -> std::mem::Discriminant<AnswerType> {
    std::mem::discriminant(answer)
}
