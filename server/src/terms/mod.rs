//! Terms: by what a jurisdiction counts. Its working calendar, its rules of deadlines, its priority tiers.
//!
//! Promises: data, imported like other reference data (domain.md §3, §4); what was not imported is as shipped with the
//! program. Never: changes a deadline that was given already; only when to look at an item again follows from new terms.

pub mod routes;
pub mod store;

use anfang_protocol::{
    lifecycle::{Rules, calendar::CalendarYear},
    tier::TierRules,
};

/// What holds in a jurisdiction.
#[derive(Debug, Clone)]
pub struct InForce {
    /// IANA name.
    pub time_zone: String,
    /// One for each year that is known, the earliest first.
    pub years: Vec<CalendarYear>,
    pub rules: Rules,
    /// By year.
    tiers: Vec<TierRules>,
}

impl InForce {
    /// The tiers of a year; of one that has none of its own, those of the year before it that has.
    pub fn tiers(&self, year: i32) -> TierRules {
        let before = self.tiers.iter().filter(|rules| rules.year <= year).max_by_key(|rules| rules.year);
        let mut rules = before.cloned().unwrap_or_else(|| TierRules::shipped(year));
        rules.year = year;
        rules
    }
}

/// Something that may be imported.
#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    Calendar(CalendarYear),
    Deadlines(Rules),
    Tiers(TierRules),
}

impl Term {
    pub fn kind(&self) -> &'static str {
        match self {
            Term::Calendar(_) => "calendar",
            Term::Deadlines(_) => "deadlines",
            Term::Tiers(_) => "tiers",
        }
    }

    /// The year that it is of; 0: of any.
    pub fn year(&self) -> i32 {
        match self {
            Term::Calendar(year) => year.year,
            Term::Deadlines(_) => 0,
            Term::Tiers(rules) => rules.year,
        }
    }
}
