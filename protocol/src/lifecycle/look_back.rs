//! When to look back (回头看): by severity, and sooner at units whose items relapse.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::rules::LookBackRules;
use crate::finding::Severity;

/// How the unit's closed items held so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TrackRecord {
    pub closed: u32,
    pub relapsed: u32,
}

impl TrackRecord {
    /// Relapses per hundred closed items, rounded down; none while too few were closed to say.
    pub fn percent(&self, least_closed: u32) -> Option<u32> {
        let said = self.closed > 0 && self.closed >= least_closed;
        said.then(|| (u64::from(self.relapsed) * 100 / u64::from(self.closed)).try_into().unwrap_or(u32::MAX))
    }
}

/// The day of the look-back on an item that was closed on this one. At least one day later.
pub fn look_back_on(
    closed_on: NaiveDate,
    severity: &Severity,
    record: TrackRecord,
    rules: &LookBackRules,
) -> NaiveDate {
    // A severity of a later version counts as serious.
    let days = rules.days.get(severity).or_else(|| rules.days.get(&Severity::Serious)).copied().unwrap_or(60);
    let percent = record.percent(rules.least_closed).unwrap_or(0);
    let share = if percent >= u32::from(rules.quarter_from_percent) {
        4
    } else if percent >= u32::from(rules.halve_from_percent) {
        2
    } else {
        1
    };
    let days = u64::from((days / share).max(1));
    closed_on.checked_add_days(Days::new(days)).unwrap_or(closed_on)
}
