//! Random people with random commands, legal and not, online and offline, while time passes: what must hold after
//! every step, told independently of the code under test.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{
    dice::{Dice, act},
    snapshots::assert_instructs,
    *,
};
use anfang_protocol::{
    evidence::EvidenceStatus,
    feed::{Channel, Kind},
    lifecycle::{
        deadlines::{is_overdue, receipt_was_late, was_overdue},
        item::Stage,
        places,
        reconcile::{Move, accounts},
    },
};

/// What the world was seen to be, kept beside it.
#[derive(Default)]
struct Witness {
    moves: Vec<Move>,
    /// Per item and moment: overdue, and late in signing.
    looks: BTreeMap<(RectificationId, DateTime<Utc>), (bool, bool)>,
    /// What stands in the channels.
    feed: BTreeMap<(Channel, Uuid), (Kind, u32)>,
    applied: u32,
    refused: BTreeSet<Code>,
    conflicts: u32,
    closings: u32,
}

impl Witness {
    fn look(&mut self, county: &County) {
        for item in county.items.values() {
            let signed_late =
                matches!(&item.case.stage, Stage::HandedOver { order } if order.sign_by <= county.now);
            let look = (is_overdue(&item.case, county.now), signed_late);
            self.looks.insert((item.id(), county.now), look);
        }
    }

    fn stand(&mut self, before: Option<&Item>, after: &Item) {
        for place in places::places(before, after, TOWN) {
            let key = (place.channel, place.id);
            if place.present {
                self.feed.insert(key, (place.kind, place.rev));
            } else {
                self.feed.remove(&key);
            }
        }
    }

    fn saw(&mut self, before: &BTreeMap<RectificationId, Item>, who: &Actor, act: &Act, decision: &Decision) {
        match decision {
            Decision::Applied(step) => {
                self.applied += 1;
                self.moves.extend(step.moves.iter().cloned());
                for item in step.others.iter().chain([&step.item]) {
                    self.stand(before.get(&item.id()), item);
                    assert_eq!(item.rev, before.get(&item.id()).map_or(1, |before| before.rev + 1));
                }
                closing_was_right(before.get(&step.item.id()), who, &step.item, &mut self.closings);
            }
            Decision::Conflict(conflict) => {
                self.conflicts += 1;
                let old = &before[&conflict.item.id()];
                self.stand(Some(old), &conflict.item);
                assert_eq!(conflict.item.case.stage, old.case.stage, "a conflict moves nothing");
                let kept = conflict.item.case.kept.iter().chain(&conflict.item.desk.kept);
                assert!(kept.into_iter().any(|kept| kept.body == act.body()), "and loses nothing");
                self.refused.insert(conflict.problem.code().unwrap());
            }
            Decision::Rejected(problem) => {
                self.refused.insert(problem.code().unwrap());
            }
        }
    }

    fn check(&self, county: &County) {
        self.refused.iter().copied().filter(|code| !from_before(*code)).for_each(assert_instructs);
        for ((id, at), (overdue, late)) in &self.looks {
            let case = &county.items[id].case;
            assert_eq!(was_overdue(case, *at), *overdue, "{id} at {at}, by {:?}", case.track);
            assert_eq!(receipt_was_late(case, *at), *late, "{id} at {at}, by {:?}", case.receipts);
        }
        county.items.values().for_each(ladder_is_right);
        county.items.values().for_each(secret_is_kept);
        self.balances(county);
        self.feed_is_right(county);
    }

    fn balances(&self, county: &County) {
        let accounts = accounts(&self.moves, &county.calendar);
        let mut last: BTreeMap<UnitId, u64> = BTreeMap::new();
        for ((unit, day), account) in &accounts {
            assert!(account.balances(), "{unit} on {day}: {account:?}");
            assert_eq!(account.opening, last.get(unit).copied().unwrap_or(0), "{unit} opens as it closed");
            last.insert(*unit, account.closing);
        }
        for unit in UNITS {
            // Counted apart from the moves: what stands with the unit now.
            let held = county.items.values().filter(|item| {
                let over = ["listed", "declined", "closed", "cancelled"];
                !over.contains(&item.stage().as_str()) && item.case.orders.last() == Some(&unit)
            });
            assert_eq!(last.get(&unit).copied().unwrap_or(0), held.count() as u64, "{unit}: {accounts:?}");
        }
    }

    fn feed_is_right(&self, county: &County) {
        for item in county.items.values() {
            let id = item.id().0;
            let here = self.feed.get(&(Channel::Area(TOWN), id));
            assert_eq!(here, Some(&(Kind::Rectification, item.rev)));
            for unit in UNITS {
                let hidden = ["listed", "declined", "cancelled"].contains(&item.stage().as_str());
                let sees = !hidden && item.case.orders.last() == Some(&unit);
                assert_eq!(
                    self.feed.contains_key(&(Channel::Unit(unit), id)),
                    sees,
                    "{unit} {}",
                    item.stage()
                );
                assert!(!self.feed.contains_key(&(Channel::Unit(unit), places::desk_id(item.id()))));
            }
        }
    }
}

/// Codes from before the ledger, with titles of their own.
fn from_before(code: Code) -> bool {
    let start = Code::ALL.iter().position(|known| *known == Code::NotHandedOver);
    Code::ALL.iter().position(|known| *known == code) < start
}

/// Closed only through a verification with a whole after-photo, by people who are not of the unit.
fn closing_was_right(before: Option<&Item>, who: &Actor, after: &Item, closings: &mut u32) {
    let was_closed = matches!(before.map(|item| &item.case.stage), Some(Stage::Closed { .. }));
    let Stage::Closed { task, closing } = &after.case.stage else { return };
    if was_closed {
        return;
    }
    *closings += 1;
    let Some(Stage::Answered { acceptance: Some(_), .. }) = before.map(|item| &item.case.stage) else {
        panic!("closed from {:?}", before.map(Item::stage));
    };
    let Actor::Person(closer) = who else { panic!("closed by the clock") };
    for account in [closer.account, closing.closed.by, closing.acceptance.accepted.by] {
        let person = EVERYBODY.into_iter().find(|who| who.account() == account).unwrap();
        assert!(!person.units().contains(&task.order.unit_id), "{person:?} is of the unit");
        assert!(after.case.answers.iter().all(|answer| answer.given.by != account));
    }
    let last = after.case.answers.last().expect("an answer");
    let whole = |held: &&anfang_protocol::evidence::HeldEvidence| {
        held.status == EvidenceStatus::Stored && held.evidence.media_type.starts_with("image/")
    };
    assert!(last.evidence.iter().any(|held| whole(&held)), "no whole photo");
}

/// Under each order, every rung once, in order; from the summons up approved by a person.
fn ladder_is_right(item: &Item) {
    for order in 1..=item.case.orders.len() as u32 {
        let place = |rung: &Rung| Rung::ALL.iter().position(|known| known == rung).unwrap();
        let taken: Vec<usize> =
            item.case.ladder.iter().filter(|t| t.order == order).map(|t| place(&t.rung)).collect();
        let drafted: Vec<usize> =
            item.desk.drafts.iter().filter(|d| d.order == order).map(|d| place(&d.rung)).collect();
        assert!(taken.is_sorted_by(|a, b| a < b), "out of order, or twice: {taken:?}");
        assert!(drafted.is_sorted_by(|a, b| a < b), "out of order, or twice: {drafted:?}");
    }
    for taken in &item.case.ladder {
        let drastic = [Rung::Summon, Rung::Admonish].contains(&taken.rung);
        assert_eq!(taken.approved.is_some(), drastic, "{taken:?}");
        assert!(taken.due.passes_at <= taken.at, "taken before the deadline had passed");
    }
}

/// The unit's half tells nothing of what is not for the unit.
fn secret_is_kept(item: &Item) {
    let text = serde_json::to_string(&item.case).unwrap();
    for secret in ["内部意见", "look_back", "drafts", "assignment"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[derive(Debug, Clone)]
struct Turn {
    kind: usize,
    who: usize,
    item: u32,
    minutes: i64,
    offline: u32,
    rolls: Vec<u16>,
}

fn turn() -> impl Strategy<Value = Turn> {
    let kind = prop_oneof![2 => 0..Act::KINDS.len(), 3 => Just(KINDS_BY_STAGE)];
    let minutes = prop_oneof![4 => 0..300i64, 2 => 300..6000i64, 1 => 6000..60_000i64];
    let item = prop_oneof![6 => Just(0u32), 2 => Just(1), 1 => 2..5u32];
    (kind, 0..EVERYBODY.len() + 1, item, minutes, 0..4u32, proptest::collection::vec(any::<u16>(), 0..8))
        .prop_map(|(kind, who, item, minutes, offline, rolls)| Turn {
            kind,
            who,
            item,
            minutes,
            offline,
            rolls,
        })
}

/// Stands for: a command that leads on from where the item is.
const KINDS_BY_STAGE: usize = usize::MAX;

/// A command that leads on, and somebody who may give it: else nobody would ever get to the end of an item's life.
fn leading_on(item: Option<&Item>, roll: u16) -> (&'static str, Who) {
    let Some(item) = item else { return ("rectification.list", Who::Supervisor) };
    let officer = if item.unit() == Some(UNIT_B) { Who::Bob } else { Who::Ann };
    let choices: &[(&str, Who)] = match item.stage().as_str() {
        "listed" | "reopened" => &[("hand_over", Who::Supervisor)],
        "declined" => &[("reassign", Who::Supervisor)],
        "handed_over" => &[("acknowledge", officer), ("acknowledge", officer), ("decline", officer)],
        "acknowledged" | "in_progress" | "returned" => &[
            ("report", officer),
            ("ask_extension", officer),
            ("plan", officer),
            ("suspend", Who::Supervisor),
            ("grant_extension", Who::Supervisor),
            ("approve_step", Who::Supervisor),
        ],
        "answered" => {
            &[("accept", Who::Vic), ("close", Who::Vic), ("close", Who::Supervisor), ("return", Who::Vic)]
        }
        "suspended" => &[("resume", Who::Supervisor)],
        "closed" => &[("reopen", Who::Vic), ("look_back_passed", Who::Vic)],
        _ => &[("comment", Who::Supervisor)],
    };
    let (short, who) = choices[usize::from(roll) % choices.len()];
    (Act::KINDS.iter().find(|kind| kind.ends_with(&format!(".{short}"))).unwrap(), who)
}

fn run(turns: Vec<Turn>) -> Witness {
    let mut county = County::empty();
    let mut seen = Witness::default();
    for turn in turns {
        seen.look(&county);
        county.pass(Duration::minutes(turn.minutes));
        seen.look(&county);
        sweep(&mut county, &mut seen);
        let id = item_id(turn.item);
        let item = county.items.get(&id);
        let (kind, who) = match turn.kind {
            KINDS_BY_STAGE => {
                let (kind, who) = leading_on(item, turn.rolls.first().copied().unwrap_or(0));
                (kind, who.actor())
            }
            kind => (Act::KINDS[kind], EVERYBODY.get(turn.who).map_or(Actor::Clock, |who| who.actor())),
        };
        let act = act(kind, id, &county, &mut Dice::of(turn.rolls));
        // Up to three revisions behind, or silent about it.
        let base = item.map(|item| item.rev.saturating_sub(turn.offline));
        let base = base.filter(|_| turn.offline < 3);
        let before = county.items.clone();
        let decision = county.give(&who, &act, base);
        seen.saw(&before, &who, &act, &decision);
    }
    seen.look(&county);
    seen.check(&county);
    seen
}

/// The clock does what is due, and each step is seen.
fn sweep(county: &mut County, seen: &mut Witness) {
    for id in county.items.keys().copied().collect::<Vec<_>>() {
        for round in 0.. {
            assert!(round < 30, "the clock never ends");
            let item = &county.items[&id];
            let due = anfang_protocol::lifecycle::falls(item, county.now, &county.calendar, &county.rules);
            let next = anfang_protocol::lifecycle::deadlines::next(
                item,
                county.now,
                &county.calendar,
                &county.rules,
            );
            assert_eq!(
                next.is_some_and(|at| at <= county.now),
                !due.is_empty(),
                "next tells when to ask again"
            );
            let Some(first) = due.first() else { break };
            let (_, act) = first.command(item);
            if let Act::Remind(remind) = &act
                && matches!(remind.colour, Colour::Blue | Colour::Yellow)
            {
                let order = item.case.stage.order().expect("an order with a deadline");
                assert!(order.due.passes_at > county.now, "{:?} after the deadline", remind.colour);
            }
            let before = county.items.clone();
            let decision = county.give(&Actor::Clock, &act, None);
            assert!(matches!(decision, Decision::Applied(_)), "{first:?}: {decision:?}");
            seen.saw(&before, &Actor::Clock, &act, &decision);
        }
    }
}

/// At least 400 cases; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let asked = ProptestConfig::default();
    ProptestConfig { cases: asked.cases.max(400), failure_persistence: None, ..asked }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_people_do_the_rules_hold(turns in proptest::collection::vec(turn(), 1..80)) {
        run(turns);
    }
}

#[test]
fn random_people_get_everywhere() {
    // A property that never reaches a stage says nothing about it.
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let turns = proptest::collection::vec(turn(), 60..80);
    let (mut applied, mut conflicts, mut closings) = (0, 0, 0);
    let (mut refused, mut kinds) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..150 {
        let seen = run(turns.new_tree(&mut runner).unwrap().current());
        applied += seen.applied;
        conflicts += seen.conflicts;
        closings += seen.closings;
        refused.extend(seen.refused);
        kinds.extend(seen.moves.iter().map(|entry| entry.kind.clone()));
    }
    assert!(applied > 3000 && conflicts > 300 && closings > 100, "{applied} {conflicts} {closings}");
    assert!(refused.len() > 30, "{refused:?}");
    assert_eq!(kinds.len(), 4, "{kinds:?}");
}
