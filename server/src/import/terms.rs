//! Calendars, rules of deadlines and priority tiers from a file: JSON, one or a list of them. Pure.

use anfang_protocol::{
    Problem,
    lifecycle::{Rules, calendar::CalendarYear},
    tier::TierRules,
};
use serde::de::DeserializeOwned;

use super::{
    What,
    fault::{self, Fault},
    record::{self, offset_in},
    text::Lines,
};
use crate::terms::Term;

/// Reads to the end whatever is wrong.
pub fn read(what: What, text: &str, faults: &mut Vec<Fault>) -> Vec<Term> {
    let parts = record::parts(text).unwrap_or_else(|fault| {
        faults.push(fault);
        Vec::new()
    });
    let mut lines = Lines::of(text);
    let mut terms: Vec<Term> = Vec::with_capacity(parts.len());
    for part in parts {
        let line = lines.line_at(offset_in(text, part.get()));
        let term = match what {
            What::Calendar => one(part.get(), CalendarYear::check).map(Term::Calendar),
            What::Tiers => one(part.get(), TierRules::check).map(Term::Tiers),
            _ => one(part.get(), Rules::check).map(Term::Deadlines),
        };
        match term {
            Ok(term) if terms.iter().any(|other| other.year() == term.year()) => {
                faults.push(Fault::new(line, fault::YEAR_TWICE).value(term.year().to_string()));
            }
            Ok(term) => terms.push(term),
            Err(fault) => faults.push(fault(line)),
        }
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
