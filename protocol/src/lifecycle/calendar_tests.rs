//! The shipped calendars, and counting by them.

use chrono::NaiveDate;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn the_year_2026_as_published() {
    let china = Calendar::china();
    for off in
        ["2026-01-02", "2026-02-16", "2026-02-23", "2026-04-06", "2026-05-05", "2026-06-19", "2026-10-07"]
    {
        assert!(!china.is_working(day(off)), "{off}");
    }
    for working in ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"] {
        assert!(china.is_working(day(working)), "{working}");
    }
    let days = day("2026-01-01").iter_days().take(365).filter(|day| china.is_working(*day));
    // 365 days, 104 of them weekend days, 33 days off of which 14 are weekend days, 6 made up for.
    let off =
        CalendarYear::shipped()[0].off.iter().map(|off| (off.to - off.from).num_days() + 1).sum::<i64>();
    assert_eq!((days.count(), off), (365 - 104 - (33 - 14) + 6, 33));
    assert_eq!(china.knows(day("2026-05-01")), Some(true));
}

#[test]
fn the_year_2027_is_not_published_yet() {
    let china = Calendar::china();
    assert_eq!(china.knows(day("2027-05-01")), Some(false));
    assert_eq!(china.knows(day("2028-05-01")), None);
    assert!(!china.is_working(day("2027-02-08")) && china.is_working(day("2027-02-09")));
}

#[test]
fn working_days_are_counted_over_holidays() {
    let china = Calendar::china();
    let after = |from: &str, n| china.add_working_days(day(from), n).to_string();
    assert_eq!(after("2026-03-02", 0), "2026-03-02");
    assert_eq!(after("2026-03-02", 5), "2026-03-09");
    // Saturday 14 February works; then nine days off.
    assert_eq!(after("2026-02-13", 1), "2026-02-14");
    assert_eq!(after("2026-02-14", 1), "2026-02-24");
    assert_eq!(after("2026-02-16", 0), "2026-02-24");
    assert_eq!(after("2026-02-16", 1), "2026-02-24");
    assert_eq!(china.take_working_days(day("2026-02-24"), 2).to_string(), "2026-02-13");
    assert_eq!(china.working_days_between(day("2026-02-13"), day("2026-02-24")), 2);
}

#[test]
fn a_deadline_ends_with_its_day_there() {
    let china = Calendar::china();
    assert_eq!(china.deadline(day("2026-03-16")).passes_at.to_rfc3339(), "2026-03-16T16:00:00+00:00");
    // Where clocks go forward at midnight, the day begins at one.
    let beirut = Calendar::new("Asia/Beirut", &[]).unwrap();
    assert_eq!(beirut.start_of(day("2026-03-29")).to_rfc3339(), "2026-03-28T22:00:00+00:00");
    assert!(Calendar::new("Asia/Nowhere", &[]).unwrap_err().is(Code::TimeZoneUnknown));
}

#[test]
fn a_file_that_cannot_be_meant_is_refused() {
    let mut year = CalendarYear::shipped().remove(0);
    year.working.push(day("2026-10-01"));
    assert!(year.check().unwrap_err().is(Code::CalendarInvalid));
    year.working = vec![day("2025-12-31")];
    assert!(year.check().unwrap_err().is(Code::CalendarInvalid));
}
