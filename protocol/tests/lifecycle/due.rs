//! Deadlines, reminders, the ladder and look-backs, day by day.

use chrono::NaiveDate;

use super::*;
use anfang_protocol::lifecycle::{
    deadlines::{self, is_overdue, was_overdue, working_days_late},
    look_back::look_back_on,
};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn due(county: &County) -> NaiveDate {
    county.item().case.stage.order().unwrap().due.on
}

#[test]
fn the_whole_ladder_once_and_on_time() {
    // Handed over on Monday 2 March 2026, due on Monday the 16th.
    let mut county = handed_over();
    county.does(Who::Ann, acknowledge());
    assert_eq!(due(&county), day("2026-03-16"));
    let mut log = Vec::new();
    for _ in 0..60 {
        county.now = county.calendar.start_of(county.calendar.day_of(county.now) + Duration::days(1));
        for done in county.sweep() {
            let what =
                done.split(':').take(3).filter(|part| part.parse::<i64>().is_err()).collect::<Vec<_>>();
            log.push(format!("{} {}", county.calendar.day_of(county.now), what.join(" ")));
        }
        if county.item().draft_waits() {
            let rung = county.item().desk.drafts.last().unwrap().rung.clone();
            county.does(
                Who::Supervisor,
                Act::ApproveStep(ApproveStep { rectification_id: item_id(0), rung, text: None }),
            );
        }
    }
    assert_eq!(
        log,
        [
            "2026-03-11 remind blue",
            "2026-03-13 remind blue",
            "2026-03-16 remind yellow",
            "2026-03-17 remind red",
            "2026-03-17 escalate remind",
            "2026-03-19 escalate supervise",
            "2026-03-23 escalate summon",
            "2026-03-30 escalate admonish",
        ]
    );
    let rungs: Vec<&Rung> = county.item().case.ladder.iter().map(|taken| &taken.rung).collect();
    assert_eq!(rungs, Rung::ALL.iter().collect::<Vec<_>>());
}

#[test]
fn an_escalation_step_happens_once_and_in_order() {
    let mut county = working();
    let escalate = |rung: Rung| Act::Escalate(Escalate { rectification_id: item_id(0), rung });
    let clock = |county: &mut County, rung: Rung| match county.give(&Actor::Clock, &escalate(rung), None) {
        Decision::Applied(_) => None,
        Decision::Rejected(problem) => problem.code(),
        Decision::Conflict(_) => panic!(),
    };
    assert_eq!(clock(&mut county, Rung::Remind), Some(Code::StepTooEarly));
    county.days(60);
    assert_eq!(clock(&mut county, Rung::Supervise), Some(Code::StepOutOfOrder));
    assert_eq!(clock(&mut county, Rung::Remind), None);
    assert_eq!(clock(&mut county, Rung::Remind), Some(Code::StepDone));
    assert_eq!(clock(&mut county, Rung::Supervise), None);
    assert_eq!(clock(&mut county, Rung::Summon), None);
    assert_eq!(clock(&mut county, Rung::Admonish), Some(Code::StepOutOfOrder), "the draft waits");
}

#[test]
fn from_the_summons_up_a_person_decides() {
    let mut county = working();
    county.days(60);
    county.sweep();
    assert_eq!(county.item().case.ladder.len(), 2, "the clock alone goes as far as supervision");
    assert!(county.item().draft_waits());
    let approve = |rung| Act::ApproveStep(ApproveStep { rectification_id: item_id(0), rung, text: None });
    let dropped =
        Act::DropStep(DropStep {
            rectification_id: item_id(0), rung: Rung::Summon, reason: "已说明".into()
        });
    assert_eq!(county.refuses(Who::Supervisor, approve(Rung::Admonish)), Code::NoDraft);
    assert_eq!(county.refuses(Who::Ann, approve(Rung::Summon)), Code::CommandForbidden);
    county.does(Who::Supervisor, dropped.clone());
    assert_eq!(county.refuses(Who::Supervisor, dropped), Code::NoDraft);
    county.sweep();
    county.does(Who::Supervisor, approve(Rung::Admonish));
    let rungs: Vec<&Rung> = county.item().case.ladder.iter().map(|taken| &taken.rung).collect();
    assert_eq!(rungs, [&Rung::Remind, &Rung::Supervise, &Rung::Admonish]);
}

#[test]
fn the_receipt_clock_is_apart_from_the_fix_clock() {
    let mut county = handed_over();
    county.pass(Duration::hours(23));
    assert!(county.sweep().is_empty());
    county.pass(Duration::hours(1));
    assert_eq!(county.sweep().len(), 1);
    let late_at = county.now;
    assert!(deadlines::receipt_was_late(&county.item().case, late_at));
    assert!(!is_overdue(&county.item().case, late_at), "signed late, but not overdue");
    county.pass(Duration::hours(1));
    county.does(Who::Ann, acknowledge());
    assert!(!deadlines::receipt_was_late(&county.item().case, county.now));
    assert!(deadlines::receipt_was_late(&county.item().case, late_at), "and it stays known");
}

#[test]
fn overdue_at_any_past_time_through_extension_suspension_and_return() {
    let mut county = working();
    let (mut first, mut looks) = (county.now, Vec::new());
    first -= Duration::days(1);
    let live = |county: &mut County, days: i64, looks: &mut Vec<(DateTime<Utc>, bool)>| {
        for _ in 0..days {
            county.days(1);
            looks.push((county.now, is_overdue(&county.item().case, county.now)));
        }
        // Somebody acts a while after the last look.
        county.pass(Duration::minutes(5));
    };
    live(&mut county, 10, &mut looks);
    county.does(Who::Ann, ask_extension(10));
    county.does(
        Who::Supervisor,
        Act::GrantExtension(GrantExtension { rectification_id: item_id(0), due: None, text: None }),
    );
    assert_eq!(due(&county), day("2026-03-26"));
    live(&mut county, 17, &mut looks);
    assert!(looks.last().unwrap().1, "late on 29 March");
    assert_eq!(
        working_days_late(&county.item().case, county.now, &county.calendar),
        1,
        "one working day: Friday"
    );
    county.does(
        Who::Supervisor,
        Act::Suspend(Suspend {
            rectification_id: item_id(0),
            reason: "待省级批复".into(),
            review_on: day("2026-04-20"),
        }),
    );
    live(&mut county, 20, &mut looks);
    assert!(!looks.last().unwrap().1, "not while suspended");
    county.does(
        Who::Supervisor,
        Act::Resume(Resume { rectification_id: item_id(0), reason: "已批复".into(), due: None }),
    );
    // 29 March to 18 April: 14 working days, Qingming left out. 26 March moves by as many.
    assert_eq!(due(&county), day("2026-04-16"));
    live(&mut county, 1, &mut looks);
    assert!(looks.last().unwrap().1, "late again, as it was before");
    county.does(Who::Ann, answer(&[1]));
    live(&mut county, 3, &mut looks);
    county.does(Who::Vic, send_back());
    live(&mut county, 3, &mut looks);
    for (at, overdue) in looks {
        assert_eq!(was_overdue(&county.item().case, at), overdue, "at {at}");
    }
    assert!(!was_overdue(&county.item().case, first), "not before it was handed over");
}

#[test]
fn an_extension_moves_what_falls_due() {
    let mut county = working();
    county.days(3);
    let before = deadlines::next(county.item(), county.now, &county.calendar, &county.rules);
    county.does(Who::Ann, ask_extension(40));
    assert_eq!(
        deadlines::next(county.item(), county.now, &county.calendar, &county.rules),
        before,
        "asking moves nothing"
    );
    county.does(
        Who::Supervisor,
        Act::GrantExtension(GrantExtension { rectification_id: item_id(0), due: None, text: None }),
    );
    assert!(deadlines::next(county.item(), county.now, &county.calendar, &county.rules) > before);
    county.days(20);
    assert!(county.sweep().is_empty(), "nothing of the old deadline is left");
}

/// No server ran, or its clock was set forward: what says that a deadline is near or today comes before it has passed, or
/// not at all. The clock does not look at the item again and again for it.
#[test]
fn a_reminder_before_the_deadline_never_comes_after_it() {
    let told = |days: i64| {
        let mut county = working();
        county.days(days);
        let steps = county.sweep();
        let next = deadlines::next(county.item(), county.now, &county.calendar, &county.rules);
        assert!(next.is_none_or(|at| at > county.now), "after {days} days: {next:?}");
        let late = is_overdue(&county.item().case, county.now);
        let early = steps.iter().any(|step| step.contains(":blue:") || step.contains(":yellow:"));
        (late, early, steps.iter().any(|step| step.contains(":red:")))
    };
    let all: Vec<(bool, bool, bool)> = (0..30).map(told).collect();
    assert!(all.iter().all(|(late, early, red)| !(*late && *early) && late == red), "{all:?}");
    assert!(all.iter().any(|(_, early, _)| *early) && all.iter().any(|(late, ..)| *late), "{all:?}");
}

/// A deadline that another one took the place of, and that is set again later, makes up for nothing that lay behind by then.
#[test]
fn a_deadline_that_is_set_again_counts_from_then() {
    let mut county = working();
    let first = due(&county);
    let due_on = |person: &str, on| {
        Act::Reassign(Reassign {
            rectification_id: item_id(0),
            unit_id: UNIT_A,
            person: named(person),
            reason: "换人".into(),
            leader: None,
            requirement: None,
            due: Some(Due::On(on)),
            receipt_hours: None,
        })
    };
    county.does(Who::Supervisor, due_on("李某", first + Duration::days(10)));
    // Both blue reminders of the first deadline would have been by now.
    county.now = county.calendar.start_of(first) - Duration::hours(1);
    let looked = county.sweep();
    assert!(!looked.iter().any(|done| done.starts_with("remind:blue")), "{looked:?}");
    county.does(Who::Supervisor, due_on("张某", first));
    assert_eq!(county.sweep(), [""; 0]);
    county.pass(Duration::hours(2));
    assert!(county.sweep()[0].starts_with("remind:yellow"), "the day itself");
}

#[test]
fn two_processes_give_the_same_command() {
    let mut county = working();
    county.days(60);
    let look = |county: &County| {
        let item = county.item();
        let due = deadlines::falls(item, county.now, &county.calendar, &county.rules);
        due.first().map(|falls| falls.command(item).0)
    };
    assert_eq!(look(&county), look(&county));
    let before = look(&county);
    county.sweep();
    assert_ne!(look(&county), before);
}

#[test]
fn the_look_back_comes_sooner_to_the_grave_and_to_the_relapsing() {
    let rules = Rules::shipped().look_back;
    let on = |severity: Severity, closed, relapsed| {
        let record = TrackRecord { closed, relapsed };
        (look_back_on(day("2026-03-02"), &severity, record, &rules) - day("2026-03-02")).num_days()
    };
    assert_eq!(on(Severity::General, 0, 0), 90);
    assert_eq!(on(Severity::Serious, 100, 9), 60);
    assert_eq!(on(Severity::Grave, 100, 9), 30);
    assert_eq!(on(Severity::Grave, 100, 10), 15);
    assert_eq!(on(Severity::Grave, 100, 25), 7);
    assert_eq!(on(Severity::Grave, 4, 4), 30, "four closed items say nothing yet");
    assert_eq!(on(Severity::Unknown("dire".into()), 0, 0), 60);
}

#[test]
fn the_shipped_rules_hold_water() {
    Rules::shipped().check().unwrap();
    let mut rules = Rules::shipped();
    rules.ladder.swap(0, 1);
    assert!(rules.check().unwrap_err().is(Code::RuleInvalid));
}
