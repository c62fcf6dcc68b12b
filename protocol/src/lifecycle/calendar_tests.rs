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
}

/// The regulation on public holidays: a day for all citizens that falls on a Saturday or Sunday is made up for on a
/// working day. In 2027 these are 6 and 7 February, 1 and 2 May, 2 and 3 October.
#[test]
fn statutory_days_on_weekends_of_2027_have_days_in_lieu() {
    let china = Calendar::china();
    let off = CalendarYear::shipped().into_iter().find(|year| year.year == 2027).unwrap().off;
    let statutory = off.iter().filter(|off| !off.name.zh.contains("补假"));
    let on_weekends = statutory
        .flat_map(|off| off.from.iter_days().take_while(|day| *day <= off.to))
        .filter(|day| matches!(day.weekday(), Weekday::Sat | Weekday::Sun));
    let lieu = off.iter().filter(|off| off.name.zh.contains("补假"));
    let lieu: Vec<NaiveDate> =
        lieu.flat_map(|off| off.from.iter_days().take_while(|day| *day <= off.to)).collect();
    assert_eq!((on_weekends.count(), lieu.len()), (6, 6));
    for one in lieu {
        assert!(!matches!(one.weekday(), Weekday::Sat | Weekday::Sun) && !china.is_working(one), "{one}");
    }
    for (last, next) in
        [("2027-02-10", "2027-02-11"), ("2027-05-04", "2027-05-05"), ("2027-10-05", "2027-10-06")]
    {
        assert!(!china.is_working(day(last)) && china.is_working(day(next)), "{last}");
    }
}

#[test]
fn a_deadline_counted_over_an_unpublished_year_is_provisional() {
    let china = Calendar::china();
    let after = |from: &str, n| china.deadline_after(day(from), n);
    assert_eq!((after("2026-12-01", 5).on, after("2026-12-01", 5).provisional), (day("2026-12-08"), false));
    assert!(after("2026-12-28", 5).provisional, "from a known year into one that is not");
    assert!(after("2027-03-01", 1).provisional && after("2028-03-01", 1).provisional);
    assert!(!china.deadline(day("2027-03-01")).provisional, "a day that somebody named is not counted");
    let told = serde_json::to_value(after("2026-12-01", 5)).unwrap();
    assert_eq!(told.as_object().unwrap().len(), 2, "what is not provisional says nothing of it: {told}");
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
