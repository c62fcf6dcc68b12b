//! The judge of what the clock did: from each item's own history (how its deadlines ran, its receipts, when it was
//! suspended and closed), the calendar and the rules, it works out which reminders and rungs had to happen and when, and
//! lays them beside the clock's commands on the ledger.
//!
//! Promises: asks neither the server's `next_at` nor the protocol's `falls`; what it cannot explain is a fault. What had to
//! happen is told by the calms: moments at which the clock had done all that was due, before anybody went on.
//! Never: mends, or writes anything.

use std::collections::{BTreeMap, HashMap};

use anfang_protocol::{
    finding::Severity,
    ids::UnitId,
    lifecycle::{
        Calendar, Rules,
        facts::Deadline,
        history::{DraftOutcome, Tick},
        look_back::{TrackRecord, look_back_on},
    },
    rectification::{Colour, Rung},
};
use chrono::{DateTime, Duration, NaiveDate, Utc};

use super::lives::{Deed, Life};
use crate::harness::gate::Calm;

type Time = DateTime<Utc>;
const NEVER: Time = DateTime::<Utc>::MAX_UTC;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Reminder { colour: String, due: Time },
    Rung { order: usize, rung: String },
}

/// From when to when the rules ask for a step, and its own time.
#[derive(Debug, Clone, Copy)]
struct Span {
    due: Time,
    from: Time,
    to: Time,
}

/// The deadline that ran from one moment to another, under which order.
struct Run {
    from: Time,
    to: Time,
    due: Deadline,
    order: usize,
}

pub struct Judge {
    calendar: Calendar,
    rules: Rules,
    calms: Vec<Calm>,
    /// The days of look-backs, by the closing's place on the ledger.
    look_backs: HashMap<i64, NaiveDate>,
}

impl Judge {
    pub fn new(lives: &[Life], calms: Vec<Calm>) -> Self {
        let (calendar, rules) = (Calendar::china(), Rules::shipped());
        let look_backs = look_backs(lives, &calendar, &rules);
        Judge { calendar, rules, calms, look_backs }
    }

    /// What is wrong with this life; nothing, as a rule.
    pub fn faults(&self, life: &Life) -> Vec<String> {
        let mut faults = Vec::new();
        let mut next = None;
        let end = self.calms.iter().map(|calm| calm.at).max().unwrap_or(DateTime::<Utc>::MIN_UTC);
        let mut asked = self.reminders(life);
        let mut given = given(life);
        let mut weigh = |step: Step, spans: &[Span], given: &[Time]| {
            if let Err(why) = self.weigh(spans, given) {
                faults.push(format!("{} {step:?}: {why}; given {given:?}, asked {spans:?}", life.id));
            }
            let open = spans.iter().filter(|span| span.to > end && given.is_empty());
            next = open.map(|span| span.due).chain(next).min();
        };
        for order in 1..=life.case.orders.len() {
            let mut ready = Some(DateTime::<Utc>::MIN_UTC);
            for rule in &self.rules.ladder {
                let step = Step::Rung { order, rung: rule.rung.to_string() };
                let spans = ready.map(|ready| self.rung(life, order, rule.after_working_days, ready));
                let given = given.remove(&step).unwrap_or_default();
                weigh(step, &spans.unwrap_or_default(), &given);
                ready = given.first().and_then(|at| goes_on(life, order, &rule.rung, *at));
            }
        }
        for step in given.keys() {
            asked.entry(step.clone()).or_default();
        }
        for (step, spans) in asked {
            let given = given.get(&step).map_or(&[][..], Vec::as_slice);
            weigh(step, &spans, given);
        }
        if next != life.next_at {
            faults.push(format!("{} is looked at next at {:?}, not {next:?}", life.id, life.next_at));
        }
        faults
    }

    fn weigh(&self, spans: &[Span], given: &[Time]) -> Result<(), &'static str> {
        let calm_in = |span: &Span| self.calms.iter().find(|calm| span.from <= calm.at && calm.at < span.to);
        let by = spans.iter().find_map(calm_in).map(|calm| calm.seen);
        match (given, by) {
            ([], None) => Ok(()),
            ([], Some(_)) => Err("missing"),
            ([at], by) => {
                let span = spans.iter().find(|span| span.from <= *at && *at < span.to);
                let span = span.ok_or("nobody asked for it then")?;
                let late = by.is_some_and(|by| *at > by) || *at - span.from > Duration::hours(25);
                if late { Err("late") } else { Ok(()) }
            }
            _ => Err("more than once"),
        }
    }

    /// The deadlines that ran: each mark of the track holds until the next one.
    fn runs(&self, life: &Life) -> Vec<Run> {
        let track = &life.case.track;
        let until = |i: usize| track.get(i + 1).map_or(NEVER, |next| next.at);
        let orders = |at| life.deeds.iter().filter(|deed| deed.gives_an_order() && deed.at <= at).count();
        let run = |(i, mark): (usize, &anfang_protocol::lifecycle::history::Mark)| match mark.what {
            Tick::Runs { due } => Some(Run { from: mark.at, to: until(i), due, order: orders(mark.at) }),
            Tick::Stands => None,
        };
        track.iter().enumerate().filter_map(run).collect()
    }

    fn reminders(&self, life: &Life) -> BTreeMap<Step, Vec<Span>> {
        let mut asked: BTreeMap<Step, Vec<Span>> = BTreeMap::new();
        let mut ask = |colour: &Colour, due: Time, from: Time, to: Time| {
            if due.max(from) < to {
                let step = Step::Reminder { colour: colour.to_string(), due };
                asked.entry(step).or_default().push(Span { due, from: due.max(from), to });
            }
        };
        let runs = self.runs(life);
        for (i, run) in runs.iter().enumerate() {
            // Since when this deadline was in force, be it that it stood meanwhile.
            let set = runs[..=i].iter().rev().take_while(|one| one.due == run.due).last().map(|one| one.from);
            for rule in &self.rules.reminders {
                let day = self.calendar.take_working_days(run.due.on, rule.working_days_before);
                let due = self.calendar.start_of(day);
                // Once the deadline has passed, nobody is told that it is near.
                let ends = run.to.min(run.due.passes_at);
                if set.is_some_and(|set| due > set) {
                    ask(&rule.colour, due, run.from, ends);
                }
            }
            ask(&Colour::Red, self.past(run.due, self.rules.red_after_working_days), run.from, run.to);
        }
        for receipt in &life.case.receipts {
            ask(&Colour::Receipt, receipt.sign_by, receipt.from, receipt.ended.unwrap_or(NEVER));
        }
        for (i, deed) in life.deeds.iter().enumerate() {
            let (day, ends): (_, &[&str]) = match deed.kind.as_str() {
                "suspend" => (deed.day("review_on"), &["resume", "cancel"]),
                "close" => (self.look_backs[&deed.seq], &["reopen", "look_back_passed"]),
                _ => continue,
            };
            let end = life.deeds[i..].iter().find(|deed| ends.contains(&deed.kind.as_str()));
            ask(&Colour::Review, self.calendar.start_of(day), deed.at, end.map_or(NEVER, |end| end.at));
        }
        asked
    }

    fn rung(&self, life: &Life, order: usize, after: u16, ready: Time) -> Vec<Span> {
        let runs = self.runs(life).into_iter().filter(|run| run.order == order);
        let span = |run: Run| {
            let due = self.past(run.due, after);
            Span { due, from: due.max(run.from).max(ready), to: run.to }
        };
        runs.map(span).filter(|span| span.from < span.to).collect()
    }

    fn past(&self, due: Deadline, working_days: u16) -> Time {
        if working_days == 0 {
            return due.passes_at;
        }
        self.calendar.start_of(self.calendar.add_working_days(due.on, working_days))
    }
}

/// What the clock gave, by the ledger.
fn given(life: &Life) -> BTreeMap<Step, Vec<Time>> {
    let mut given: BTreeMap<Step, Vec<Time>> = BTreeMap::new();
    let mut order = 0;
    for deed in &life.deeds {
        order += usize::from(deed.gives_an_order());
        let step = match (deed.clock, deed.kind.as_str()) {
            (true, "remind") => Step::Reminder { colour: deed.text("colour"), due: deed.meant },
            (true, _) => Step::Rung { order, rung: deed.text("rung") },
            (false, _) => continue,
        };
        given.entry(step).or_default().push(deed.at);
    }
    given
}

/// From when on the rung above may follow: not while a draft of this one waits for a person.
fn goes_on(life: &Life, order: usize, rung: &Rung, at: Time) -> Option<Time> {
    if !rung.waits_for_a_person() {
        return Some(at);
    }
    let drafts = &life.desk.drafts;
    let draft = drafts.iter().find(|draft| draft.order as usize == order && draft.rung == *rung)?;
    match draft.outcome {
        DraftOutcome::Waiting => None,
        DraftOutcome::Approved { at, .. } | DraftOutcome::Dropped { at, .. } => Some(at),
    }
}

/// By severity, and by how the unit's items had held until then: as the rules say, from the ledger's order of closings
/// and relapses.
fn look_backs(lives: &[Life], calendar: &Calendar, rules: &Rules) -> HashMap<i64, NaiveDate> {
    let mut turns: Vec<(&Deed, UnitId, &Severity)> = Vec::new();
    for life in lives {
        let mut units = life.case.orders.iter();
        let mut unit = None;
        for deed in &life.deeds {
            if deed.gives_an_order() {
                unit = units.next().copied();
            }
            if matches!(deed.kind.as_str(), "close" | "reopen") {
                turns.push((deed, unit.expect("somebody had it"), &life.case.severity));
            }
        }
    }
    turns.sort_by_key(|(deed, ..)| deed.seq);
    let mut records: HashMap<UnitId, TrackRecord> = HashMap::new();
    let mut days = HashMap::new();
    for (deed, unit, severity) in turns {
        let record = records.entry(unit).or_default();
        if deed.kind == "reopen" {
            record.relapsed += 1;
        } else {
            days.insert(
                deed.seq,
                look_back_on(calendar.day_of(deed.at), severity, *record, &rules.look_back),
            );
            record.closed += 1;
        }
    }
    days
}

/// The rows tell the same as the ledger: reminders and rungs of the item, its commands, its look-back.
pub fn rows_agree(life: &Life, judge: &Judge) -> Vec<String> {
    let mut faults = Vec::new();
    let mut differ = |what: &str, ledger: Vec<String>, rows: Vec<String>| {
        let (mut ledger, mut rows) = (ledger, rows);
        ledger.sort();
        rows.sort();
        if ledger != rows {
            faults.push(format!("{} {what}: on the ledger {ledger:?}, in the rows {rows:?}", life.id));
        }
    };
    let by_clock = || life.deeds.iter().filter(|deed| deed.clock);
    let commands = by_clock().map(|deed| deed.command.to_string()).collect();
    differ("commands", commands, life.clocks.iter().map(ToString::to_string).collect());
    let reminders = by_clock().filter(|deed| deed.kind == "remind");
    let told = life.case.reminded.iter().chain(&life.desk.reminded);
    differ(
        "reminders",
        reminders.map(|deed| format!("{} {} {}", deed.text("colour"), deed.meant, deed.at)).collect(),
        told.map(|one| format!("{} {} {}", one.colour, one.due, one.at)).collect(),
    );
    let rungs = life.deeds.iter().filter(|deed| matches!(deed.kind.as_str(), "escalate" | "approve_step"));
    let taken = life.case.ladder.iter().map(|taken| format!("{} {}", taken.rung, taken.at));
    let drafted = life.desk.drafts.iter().map(|draft| format!("{} {}", draft.rung, draft.at));
    differ(
        "rungs",
        rungs.map(|deed| format!("{} {}", deed.text("rung"), deed.at)).collect(),
        taken.chain(drafted).collect(),
    );
    if let (Some(look_back), Some(close)) =
        (&life.desk.look_back, life.deeds.iter().rfind(|deed| deed.kind == "close"))
    {
        differ("look-back", vec![judge.look_backs[&close.seq].to_string()], vec![look_back.on.to_string()]);
    }
    faults
}

/// The judge himself: of each step that is taken out, doubled, put off or brought forward, he sees it. Gives how many
/// were tried.
pub fn is_not_blind(judge: &Judge, lives: &[Life], most: usize) -> usize {
    let (mut tried, mut unseen) = (0, Vec::new());
    let every = (lives.len() / most).max(1);
    for life in lives.iter().step_by(every) {
        if life.next_at.is_some() {
            let other = Life { next_at: None, ..life.clone() };
            assert!(!judge.faults(&other).is_empty(), "{} would never be looked at again", life.id);
        }
        if !life.clocks.is_empty() {
            let other = Life { clocks: life.clocks[1..].to_vec(), ..life.clone() };
            assert!(!rows_agree(&other, judge).is_empty(), "{}: a command is gone", life.id);
        }
        let clocks = life.deeds.iter().enumerate().filter(|(_, deed)| deed.clock);
        for (i, deed) in clocks {
            let changed = ["taken out", "doubled", "put off", "brought forward"].map(|how| {
                let mut other = life.clone();
                match how {
                    "taken out" => drop(other.deeds.remove(i)),
                    "doubled" => other.deeds.insert(i, deed.clone()),
                    "put off" => other.deeds[i].at += Duration::hours(26),
                    _ => other.deeds[i].at -= Duration::hours(26),
                }
                (how, other)
            });
            for (how, other) in changed {
                tried += 1;
                if judge.faults(&other).is_empty() {
                    unseen.push(format!("{} {} {how}", life.id, deed.kind));
                }
            }
        }
    }
    // A step that fell due amid a day, upon something that a person did, and was overtaken by the next thing that a person
    // did, may be there or not.
    assert!(unseen.len() * 50 <= tried, "of {tried} the judge did not see {unseen:#?}");
    tried
}
