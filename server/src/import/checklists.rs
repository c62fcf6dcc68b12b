//! Checklists from a file: JSON, one checklist or a list of them. Pure.

use std::collections::{HashMap, HashSet};

use anfang_protocol::{
    checklist::{AnswerType, Checklist, Item},
    ids::{ChecklistId, JurisdictionId},
    words::Words,
};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::{
    fault::{self, Fault, Faulty},
    record::{self, offset_in},
    rows::{Change, Head},
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
    /// It is no JSON.
    pub fault: Option<Fault>,
    pub faulty: Vec<Faulty>,
}

/// A checklist whose items are still the text that they have, so that each fault has its line.
#[derive(Deserialize)]
struct Begun<'t> {
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
        Err(fault) => out.fault = Some(fault),
    }
    out
}

fn read_one(text: &str, part: &str, lines: &mut Lines, out: &mut Drafts) {
    let line = lines.line_at(offset_in(text, part));
    let head: Begun = match serde_json::from_str(part) {
        Ok(head) => head,
        Err(error) => {
            let given: Value = serde_json::from_str(part).unwrap_or_default();
            let code = given["code"].as_str().unwrap_or_default().to_owned();
            let name = serde_json::from_value(given["title"].clone()).ok();
            let faults = vec![invalid(line, &error)];
            return out.faulty.push(Faulty { line, code, name, faults });
        }
    };
    let known = json!({ "code": head.code, "version": head.version, "title": head.title,
        "guidance": head.guidance, "items": [] });
    let mut faults = Vec::new();
    find_unknown(line, part, &known, &mut faults);
    let mut items = Vec::with_capacity(head.items.len());
    for raw in &head.items {
        let line = lines.line_at(offset_in(text, raw.get()));
        match serde_json::from_str::<Item>(raw.get()) {
            Ok(item) => {
                let known = serde_json::to_value(&item).unwrap_or_default();
                find_unknown(line, raw.get(), &known, &mut faults);
                items.push((line, item));
            }
            Err(error) => faults.push(invalid(line, &error)),
        }
    }
    let Begun { code, version, title, guidance, .. } = head;
    if faults.is_empty() {
        out.drafts.push(Draft { line, code, version, title, guidance, items });
    } else {
        out.faulty.push(Faulty { line, code, name: Some(title), faults });
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

/// What shall be published, and what is.
#[derive(Debug, Default)]
pub struct Editions {
    pub new: Vec<Edition>,
    /// Each with its line.
    pub unchanged: Vec<(usize, Checklist)>,
}

#[derive(Debug)]
pub struct Edition {
    pub line: usize,
    /// The version before it; none: it is the first of its code.
    pub before: Option<Checklist>,
    pub list: Checklist,
}

/// Sets the drafts beside what is published; those that are faulty are left out.
pub fn merge(
    jurisdiction: JurisdictionId,
    published: Vec<Checklist>,
    drafts: Vec<Draft>,
    faulty: &mut Vec<Faulty>,
) -> Editions {
    let mut versions: HashMap<String, Vec<Checklist>> = HashMap::new();
    for list in published {
        versions.entry(list.code.clone()).or_default().push(list);
    }
    let mut editions = Editions::default();
    let mut unnumbered = HashSet::new();
    for draft in drafts {
        // Each would be the version after the other, every time that the file is imported.
        if draft.version.is_none() && !unnumbered.insert(draft.code.clone()) {
            let faults = vec![Fault::new(draft.line, fault::CODE_TWICE).column("code").value(&draft.code)];
            faulty.push(Faulty { line: draft.line, code: draft.code, name: Some(draft.title), faults });
            continue;
        }
        let known = versions.entry(draft.code.clone()).or_default();
        let lines: Vec<usize> = draft.items.iter().map(|(line, _)| *line).collect();
        let (line, asked) = (draft.line, draft.version);
        let list = edition(jurisdiction, draft, known);
        let same = known.iter().find(|old| old.version == list.version);
        if same.is_some_and(|old| *old == list) {
            editions.unchanged.push((line, list));
            continue;
        }
        let is_next = asked.is_none() || list.version == newest(known) + 1;
        let misnumbered = match (same, is_next) {
            (Some(_), _) => Some(fault::VERSION_IMMUTABLE),
            (None, false) => Some(fault::VERSION_NOT_NEXT),
            (None, true) => None,
        };
        let version = list.version.to_string();
        let mut faults: Vec<Fault> = misnumbered
            .map(|reason| Fault::new(line, reason).column("version").value(version))
            .into_iter()
            .collect();
        let before = known.iter().max_by_key(|old| old.version).cloned();
        if same.is_none() {
            faults.extend(check::flaws(&list).into_iter().map(|flaw| blame(flaw, line, &lines)));
            faults.extend(reused(&list, known, &lines));
            known.push(list.clone());
        }
        if faults.is_empty() {
            editions.new.push(Edition { line, before, list });
        } else {
            faulty.push(Faulty { line, code: list.code, name: Some(list.title), faults });
        }
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

pub fn head(list: &Checklist) -> Head {
    (list.code.clone(), Some(list.title.clone()))
}

/// By its version, and which items are new, others, gone or elsewhere, by their codes.
pub fn changes(before: Option<&Checklist>, after: &Checklist) -> Vec<Change> {
    let version =
        Change::new("version", before.map(|old| old.version.to_string()), after.version.to_string());
    let Some(before) = before else {
        return vec![version, Change::new("items", None, after.items.len().to_string())];
    };
    let mut changes = vec![version];
    let head = [words(before.title.clone().into()), words(before.guidance.clone())];
    let now = [words(after.title.clone().into()), words(after.guidance.clone())];
    for (column, (from, to)) in ["title", "guidance"].into_iter().zip(head.into_iter().zip(now)) {
        if from != to {
            changes.push(Change::new(column, Some(from), to));
        }
    }
    let codes = |items: Vec<&Item>| items.iter().map(|item| item.code.as_str()).collect::<Vec<_>>().join(" ");
    let added = after.items.iter().filter(|item| before.item(&item.code).is_none());
    let other = after.items.iter().filter(|item| before.item(&item.code).is_some_and(|old| old != *item));
    let removed = before.items.iter().filter(|item| after.item(&item.code).is_none());
    let lists = [
        ("added", codes(added.collect())),
        ("changed", codes(other.collect())),
        ("removed", codes(removed.collect())),
        ("moved", codes(moved(before, after))),
    ];
    let told = lists.into_iter().filter(|(_, codes)| !codes.is_empty());
    changes.extend(told.map(|(column, codes)| Change::new(column, None, codes)));
    changes
}

fn words(words: Option<Words>) -> String {
    let Some(Words { zh, en }) = words else { return String::new() };
    [Some(zh), en].into_iter().flatten().collect::<Vec<_>>().join(" / ")
}

/// The fewest items that were taken elsewhere, of those that both have.
fn moved<'c>(before: &Checklist, after: &'c Checklist) -> Vec<&'c Item> {
    let place = |item: &Item| before.items.iter().position(|old| old.code == item.code);
    let kept: Vec<(usize, &Item)> =
        after.items.iter().filter_map(|item| Some((place(item)?, item))).collect();
    // The longest row of them that stand in the order of before: how long it is up to each, and what comes before it.
    let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(kept.len());
    for (n, (place, _)) in kept.iter().enumerate() {
        let lower = (0..n).filter(|m| kept[*m].0 < *place).max_by_key(|m| best[*m].0);
        best.push((lower.map_or(1, |m| best[m].0 + 1), lower));
    }
    let mut stays = vec![false; kept.len()];
    let mut at = (0..kept.len()).max_by_key(|n| best[*n].0);
    while let Some(n) = at {
        stays[n] = true;
        at = best[n].1;
    }
    kept.iter().zip(stays).filter(|(_, stays)| !stays).map(|((_, item), _)| *item).collect()
}
