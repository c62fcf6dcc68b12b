//! The rules of a jurisdiction on reminders, the ladder and look-backs: data, versioned, changed by the year.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Code, Problem,
    finding::Severity,
    limits,
    rectification::{Colour, Rung},
};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReminderRule {
    /// `blue` before the deadline, `yellow` on its day.
    pub colour: Colour,
    /// At the start of this working day; 0: the day of the deadline itself.
    pub working_days_before: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RungRule {
    pub rung: Rung,
    /// Falls due when so many working days after the deadline's have begun.
    pub after_working_days: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookBackRules {
    /// Days from closing to look-back, by severity.
    pub days: BTreeMap<Severity, u16>,
    /// From this relapse rate of the unit on, in per cent, half the time.
    pub halve_from_percent: u8,
    /// From this one on, a quarter.
    pub quarter_from_percent: u8,
    /// Items that the unit must have had closed before its rate says anything.
    pub least_closed: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    pub version: u32,
    /// Hours to sign for an item, unless the supervisor says otherwise.
    pub receipt_hours: u16,
    /// Whether a late receipt is reminded of.
    pub receipt_reminder: bool,
    pub reminders: Vec<ReminderRule>,
    /// Red, when so many working days after the deadline's have begun; 0: as soon as it has passed.
    pub red_after_working_days: u16,
    /// In the order in which they are taken.
    pub ladder: Vec<RungRule>,
    pub look_back: LookBackRules,
}

impl Rules {
    pub fn shipped() -> Self {
        serde_json::from_str(include_str!("../../rules/deadlines.json"))
            .expect("the shipped rules are well-formed")
    }

    /// # Errors
    /// `rule_invalid`: the ladder is out of order, or something lies too far ahead.
    pub fn check(&self) -> Result<(), Problem> {
        let invalid = |at: &str| Err(Problem::new(Code::RuleInvalid).at(at));
        let order = |rule: &RungRule| Rung::ALL.iter().position(|rung| *rung == rule.rung);
        if self.ladder.iter().any(|rule| order(rule).is_none())
            || !self
                .ladder
                .is_sorted_by(|a, b| order(a) < order(b) && a.after_working_days <= b.after_working_days)
        {
            return invalid("/ladder");
        }
        if self.ladder.iter().any(|rule| rule.after_working_days > limits::WORKING_DAYS_MAX) {
            return invalid("/ladder");
        }
        if self.reminders.iter().any(|rule| rule.working_days_before > limits::WORKING_DAYS_MAX) {
            return invalid("/reminders");
        }
        if self.receipt_hours == 0 || self.receipt_hours > limits::RECEIPT_HOURS_MAX {
            return invalid("/receipt_hours");
        }
        Ok(())
    }
}
