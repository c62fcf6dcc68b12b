//! Calendars, rules of deadlines and priority tiers from a file: JSON, one or a list of them. Pure.

use anfang_protocol::{
    Problem,
    lifecycle::{Rules, calendar::CalendarYear},
    tier::TierRules,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    fault::{self, Fault, Faulty},
    record::{self, offset_in},
    rows::{Case, Change, Head},
    text::Lines,
    what::What,
};
use crate::terms::Term;

/// Reads to the end whatever is wrong. Each that can be read comes with its line.
pub fn read(what: What, text: &str, faults: &mut Vec<Fault>, faulty: &mut Vec<Faulty>) -> Vec<(usize, Term)> {
    let parts = record::parts(text).unwrap_or_else(|fault| {
        faults.push(fault);
        Vec::new()
    });
    let mut lines = Lines::of(text);
    let mut terms: Vec<(usize, Term)> = Vec::with_capacity(parts.len());
    for part in parts {
        let line = lines.line_at(offset_in(text, part.get()));
        let term = match what {
            What::Calendar => one(part.get(), CalendarYear::check).map(Term::Calendar),
            What::Tiers => one(part.get(), TierRules::check).map(Term::Tiers),
            _ => one(part.get(), Rules::check).map(Term::Deadlines),
        };
        let fault = match term {
            Ok(term) if terms.iter().any(|(_, other)| other.year() == term.year()) => {
                Fault::new(line, fault::YEAR_TWICE).value(term.year().to_string())
            }
            Ok(term) => {
                terms.push((line, term));
                continue;
            }
            Err(fault) => fault(line),
        };
        let (code, name) = head(&serde_json::from_str(part.get()).unwrap_or_default());
        faulty.push(Faulty { line, code, name, faults: vec![fault] });
    }
    terms
}

type Placed = Box<dyn FnOnce(usize) -> Fault>;

fn one<T: DeserializeOwned>(text: &str, check: fn(&T) -> Result<(), Problem>) -> Result<T, Placed> {
    let read: T = serde_json::from_str(text).map_err(|error| -> Placed {
        Box::new(move |line| {
            Fault::new(line + error.line().saturating_sub(1), fault::JSON_INVALID).value(error.to_string())
        })
    })?;
    check(&read).map_err(|problem| -> Placed {
        Box::new(move |line| {
            let said = [problem.at.as_deref(), problem.detail.as_deref()];
            let said: Vec<&str> = said.into_iter().flatten().collect();
            Fault::new(line, fault::TERM_INVALID).value(said.join(" "))
        })
    })?;
    Ok(read)
}

/// A term beside the one that is there, by their kept texts.
///
/// # Errors
/// When a text cannot be read.
pub fn case(before: Option<&String>, body: &String) -> serde_json::Result<Case<Value>> {
    let after = serde_json::from_str(body)?;
    Ok(match before {
        Some(before) if before == body => Case::Unchanged(after),
        Some(before) => Case::Changed { before: serde_json::from_str(before)?, after },
        None => Case::New(after),
    })
}

/// By its calendar and year, else by its version; its name is where it comes from.
pub fn head(term: &Value) -> Head {
    let year = term["year"].as_i64().map(|year| year.to_string());
    let number = year.or_else(|| term["version"].as_u64().map(|version| format!("v{version}")));
    let code: Vec<String> = term["calendar"].as_str().map(str::to_owned).into_iter().chain(number).collect();
    (code.join(" "), serde_json::from_value(term["source"].clone()).ok())
}

/// Field by field; of a list what goes and what comes.
pub fn changes(before: Option<&Value>, after: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare("", before, after, &mut changes);
    changes
}

fn compare(path: &str, before: Option<&Value>, after: &Value, changes: &mut Vec<Change>) {
    match after {
        _ if before == Some(after) => {}
        Value::Object(fields) if !fields.contains_key("zh") => {
            for (field, after) in fields {
                let path = if path.is_empty() { field.clone() } else { format!("{path}.{field}") };
                compare(&path, before.and_then(|before| before.get(field)), after, changes);
            }
        }
        Value::Array(list) => {
            let old = before.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let lacks = |of: &[Value], other: &[Value]| {
                let alone: Vec<String> = of.iter().filter(|one| !other.contains(one)).map(text).collect();
                alone.join("; ")
            };
            let (goes, comes) = (lacks(old, list), lacks(list, old));
            // The same ones in another order are told whole.
            let moved = !old.is_empty() && goes.is_empty() && comes.is_empty();
            let (goes, comes) = if moved { (lacks(old, &[]), lacks(list, &[])) } else { (goes, comes) };
            if !(goes.is_empty() && comes.is_empty()) {
                changes.push(Change::new(path, (!goes.is_empty()).then_some(goes), comes));
            }
        }
        _ => changes.push(Change::new(path, before.map(text), text(after))),
    }
}

/// A thing by its fields, words in both languages.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join("; "),
        Value::Object(fields) => match fields.get("zh") {
            Some(zh) => {
                let both = [Some(zh), fields.get("en")].into_iter().flatten().map(text);
                both.collect::<Vec<_>>().join(" / ")
            }
            None => {
                let each = fields.iter().map(|(field, value)| format!("{field} {}", text(value)));
                each.collect::<Vec<_>>().join(", ")
            }
        },
    }
}
