//! The working calendar of a jurisdiction: weekends, public holidays, make-up working days, and its time zone.
//!
//! Data, a file per year, imported like other reference data. Days of years without a file follow the week alone,
//! and [`Calendar::knows`] says so.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::facts::Deadline;
use crate::{Code, Problem, words::Words};

/// Days off in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaysOff {
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub name: Words,
}

/// One year of one calendar, as a file has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarYear {
    /// For instance `cn`.
    pub calendar: String,
    pub year: i32,
    /// By an official notice; else only what the law itself says is known.
    pub published: bool,
    pub source: Words,
    pub off: Vec<DaysOff>,
    /// Saturdays and Sundays on which people work (调休上班).
    pub working: Vec<NaiveDate>,
}

impl CalendarYear {
    /// The years that ship with the program.
    pub fn shipped() -> Vec<CalendarYear> {
        let files =
            [include_str!("../../calendars/cn-2026.json"), include_str!("../../calendars/cn-2027.json")];
        files.iter().filter_map(|text| serde_json::from_str(text).ok()).collect()
    }

    /// # Errors
    /// `calendar_invalid`: days of another year, a holiday that ends before it begins, a day both off and working.
    pub fn check(&self) -> Result<(), Problem> {
        let invalid = |day: NaiveDate, why: &str| {
            Err(Problem::new(Code::CalendarInvalid).at(day.to_string()).detail(why))
        };
        for off in &self.off {
            if off.from > off.to {
                return invalid(off.from, "it ends before it begins");
            }
            if off.from.year() != self.year || off.to.year() != self.year {
                return invalid(off.from, "a day of another year");
            }
        }
        for day in &self.working {
            if day.year() != self.year {
                return invalid(*day, "a day of another year");
            }
            if self.off.iter().any(|off| (off.from..=off.to).contains(day)) {
                return invalid(*day, "both off and working");
            }
        }
        Ok(())
    }
}

/// Days and their ends, where the jurisdiction is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    zone: Tz,
    off: BTreeSet<NaiveDate>,
    working: BTreeSet<NaiveDate>,
    /// Years with a file, and whether it is by an official notice.
    years: BTreeMap<i32, bool>,
}

/// Days looked at before the count of working days is given up: no calendar is off for that long.
const LONGEST: usize = 4000;

impl Calendar {
    /// # Errors
    /// `time_zone_unknown`; `calendar_invalid`.
    pub fn new(zone: &str, years: &[CalendarYear]) -> Result<Self, Problem> {
        let zone: Tz =
            zone.parse().map_err(|_| Problem::new(Code::TimeZoneUnknown).detail(zone.to_owned()))?;
        let mut calendar =
            Calendar { zone, off: BTreeSet::new(), working: BTreeSet::new(), years: BTreeMap::new() };
        for year in years {
            year.check()?;
            let off = year.off.iter().flat_map(|off| off.from.iter_days().take_while(|day| *day <= off.to));
            calendar.off.extend(off);
            calendar.working.extend(&year.working);
            calendar.years.insert(year.year, year.published);
        }
        Ok(calendar)
    }

    /// China's, as shipped.
    pub fn china() -> Self {
        Calendar::new("Asia/Shanghai", &CalendarYear::shipped())
            .expect("the shipped calendars are well-formed")
    }

    /// `None`: no file for this year, the week alone decides. `Some(false)`: only the statutory days are known.
    pub fn knows(&self, day: NaiveDate) -> Option<bool> {
        self.years.get(&day.year()).copied()
    }

    pub fn is_working(&self, day: NaiveDate) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        self.working.contains(&day) || !(weekend || self.off.contains(&day))
    }

    /// The day that it is there at this moment.
    pub fn day_of(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.zone).date_naive()
    }

    /// The first moment of a day there.
    pub fn start_of(&self, day: NaiveDate) -> DateTime<Utc> {
        let midnight = day.and_time(NaiveTime::MIN);
        // Where clocks are put forward at midnight, the day begins with the first moment that there is.
        let candidates = (0..24 * 4).map(|quarter| midnight + chrono::Duration::minutes(15 * quarter));
        let first = candidates.filter_map(|at| self.zone.from_local_datetime(&at).earliest()).next();
        first.map_or_else(|| midnight.and_utc(), |at| at.with_timezone(&Utc))
    }

    /// A deadline on this day: it passes with the first moment of the next.
    pub fn deadline(&self, on: NaiveDate) -> Deadline {
        let passes_at = self.start_of(on.checked_add_days(Days::new(1)).unwrap_or(on));
        Deadline { on, passes_at, provisional: false }
    }

    /// A deadline so many working days after `from`; provisional when days of a year were counted whose arrangement
    /// is not known.
    pub fn deadline_after(&self, from: NaiveDate, working_days: u16) -> Deadline {
        let on = self.add_working_days(from, working_days);
        let provisional = (from.year()..=on.year()).any(|year| self.years.get(&year) != Some(&true));
        Deadline { provisional, ..self.deadline(on) }
    }

    /// The n-th working day after this one. The day itself does not count; n = 0 is the day itself, or the next
    /// working day if it is off.
    pub fn add_working_days(&self, day: NaiveDate, n: u16) -> NaiveDate {
        let mut ahead = day.iter_days().take(LONGEST).filter(|day| self.is_working(*day));
        let skip = usize::from(n) - usize::from(n > 0 && !self.is_working(day));
        ahead.nth(skip).unwrap_or(day)
    }

    /// The n-th working day before this one, which itself does not count.
    pub fn take_working_days(&self, day: NaiveDate, n: u16) -> NaiveDate {
        let mut at = day;
        for _ in 0..n {
            let back = std::iter::successors(at.pred_opt(), NaiveDate::pred_opt);
            at = back.take(LONGEST).find(|day| self.is_working(*day)).unwrap_or(at);
        }
        at
    }

    /// Working days after `from`, up to and with `to`.
    pub fn working_days_between(&self, from: NaiveDate, to: NaiveDate) -> u16 {
        let days = from.iter_days().skip(1).take(LONGEST).take_while(|day| *day <= to);
        u16::try_from(days.filter(|day| self.is_working(*day)).count()).unwrap_or(u16::MAX)
    }
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
