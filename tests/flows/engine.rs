//! The phone's engine against a model server: random work, random faults, crashes between any two steps; then
//! everything is let run to its end, and both sides must agree.

mod days;
mod model;
mod phone;
mod pull;
mod traps;
mod twin;

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    sync::LazyLock,
};

use anfang::sync::{
    cursor::{Cursor, Position},
    page::{self, Beginning, Head},
};
use anfang_protocol::{
    Code, Problem,
    client::{Answer, Network, NewCommand, NewFile, Page, Step, Taken, Why, Word, outbox::CommandState},
    feed::Channel,
    ids::{AccountId, CommandId},
    sha::Sha,
    sync::Request,
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::harness::chance::{Dice, number, runner, seed};
use crate::harness::figures::tell;
use days::{Action, Fate, Other, action};
use model::{Act, Model, Verdict, area};
use phone::Phone;
use traps::Trap;
use twin::Twin;

const PHONES: usize = 2;
const FILE_BYTES: u64 = 100_000;
/// Steps without a fault after which a phone has come to rest, at the most.
const STEPS: usize = 60;

struct World {
    server: Model,
    phones: Vec<Phone>,
    late: Vec<(AccountId, Request)>,
    next_id: u128,
    /// Every command that was given and not thrown away: its phone, item and token.
    given: BTreeMap<CommandId, (usize, Act)>,
}

fn mine(phone: usize, item: u8) -> Uuid {
    Uuid::from_u128(0x1_0000 + phone as u128 * 0x100 + u128::from(item))
}

fn theirs(item: u8) -> Uuid {
    Uuid::from_u128(0x2_0000 + u128::from(item))
}

impl World {
    fn new(mut server: Model) -> Self {
        let phones: Vec<Phone> = (0..PHONES).map(Phone::new).collect();
        for phone in &phones {
            server.grant(phone.me, Channel::Person(phone.me));
        }
        server.back_up();
        World { server, phones, late: Vec::new(), next_id: 0, given: BTreeMap::new() }
    }

    fn fresh(&mut self) -> CommandId {
        self.next_id += 1;
        CommandId(Uuid::from_u128(0xC_0000 + self.next_id))
    }

    fn act(&mut self, action: &Action) {
        match action {
            Action::Give { phone, item, verdict, files } => self.give(*phone, *item, *verdict, *files),
            Action::Turn { phone, fate, part } => self.turn(*phone, *fate, *part),
            Action::Others(other) => self.others(*other),
            Action::Compact(phone) => self.phones[*phone].compact(),
            Action::Discard { phone, again } => self.deal_with_refused(*phone, *again),
            Action::LateArrives => {
                if let Some((who, request)) = self.late.pop() {
                    self.server.sync(who, &request, false);
                }
            }
        }
    }

    fn give(&mut self, phone: usize, item: u8, verdict: Verdict, files: u8) {
        let id = self.fresh();
        let act = Act { item: mine(phone, item), token: self.next_id as u32, verdict };
        let files: Vec<NewFile> = (0..files)
            .map(|n| NewFile {
                sha256: Sha::of(format!("{} {n}", self.next_id / 2).as_bytes()),
                size: FILE_BYTES,
                media_type: "image/jpeg".to_owned(),
                name: None,
            })
            .collect();
        let new = NewCommand {
            id,
            kind: "model.act".to_owned(),
            item: act.item,
            base_rev: None,
            body: serde_json::value::to_raw_value(&act).expect("plain data"),
            files: files.iter().map(|file| file.sha256).collect(),
        };
        let phone_ = &mut self.phones[phone];
        let records = phone_.engine.queue(new, files, &phone_.now.clone()).expect("it can be queued");
        phone_.keep(records);
        self.given.insert(id, (phone, act));
    }

    fn deal_with_refused(&mut self, phone: usize, again: bool) {
        let refused = self.phones[phone].engine.outbox().iter().find(|e| e.state.is_refused()).map(|e| e.id);
        let Some(id) = refused else { return };
        let before: BTreeSet<CommandId> = self.outbox_ids(phone);
        let (engine, now) = (&self.phones[phone].engine, self.phones[phone].now.clone());
        let mut next_id = self.next_id;
        let records = if again {
            engine.give_again(id, &now, || {
                next_id += 1;
                CommandId(Uuid::from_u128(0xC_0000 + next_id))
            })
        } else {
            engine.discard(id, false)
        };
        self.next_id = next_id;
        self.phones[phone].keep(records.expect("a refused command can be dealt with"));
        let after = self.outbox_ids(phone);
        for gone in before.difference(&after) {
            self.given.remove(gone);
        }
        for id in after.difference(&before) {
            let entry = self.phones[phone].engine.outbox().get(*id).expect("just listed");
            let envelope: anfang_protocol::command::Envelope = entry.envelope.read().expect("an envelope");
            let act = serde_json::from_str(envelope.body.get()).expect("the model's own body");
            self.given.insert(*id, (phone, act));
        }
    }

    fn outbox_ids(&self, phone: usize) -> BTreeSet<CommandId> {
        self.phones[phone].engine.outbox().iter().map(|entry| entry.id).collect()
    }

    fn others(&mut self, other: Other) {
        match other {
            Other::Touch(item, set) => {
                let channels: Vec<Channel> = (0..3).filter(|n| set & (1 << n) != 0).map(area).collect();
                self.server.touch(theirs(item), &channels);
            }
            Other::Remove(item) => self.server.touch(theirs(item), &[]),
            Other::Grant(who, n) => self.server.grant(self.phones[who].me, area(n)),
            Other::Revoke(who, n) => self.server.revoke(self.phones[who].me, area(n)),
            Other::BackUp => self.server.back_up(),
            Other::Restore => self.server.restore(),
            Other::UploadsExpire => self.server.expire_uploads(),
            Other::Sweep => self.server.sweep(),
        }
    }

    /// One step of a phone, with what fate has in store.
    fn turn(&mut self, n: usize, fate: Fate, part: u8) {
        if matches!(fate, Fate::DiesBefore) {
            self.phones[n].dies();
        }
        let step = self.phones[n].engine.next(&self.phones[n].now, Network::Free);
        if let Step::Wait { until_ms, .. } = step {
            let now = &mut self.phones[n].now;
            now.uptime_ms = until_ms.unwrap_or(now.uptime_ms).max(now.uptime_ms + 1);
            return;
        }
        let records = self.phones[n].engine.begin(&step);
        self.phones[n].keep(records);
        let answer = self.carry_out(n, &step, fate, part);
        match fate {
            Fate::DiesWhileAsking | Fate::DiesWithTheAnswer => return self.phones[n].dies(),
            _ => {}
        }
        let phone = &mut self.phones[n];
        phone.now.uptime_ms += 5;
        let taken = Taken { step: &step, answer, took_ms: 5 };
        let records = phone.engine.received(taken, &phone.now, f64::from(part) / 255.0);
        if matches!(fate, Fate::DiesAfterKeeping) {
            phone.write(&records);
            phone.dies();
        } else {
            phone.keep(records);
        }
    }

    fn carry_out(&mut self, n: usize, step: &Step, fate: Fate, part: u8) -> Answer {
        let me = self.phones[n].me;
        match (fate, step) {
            (Fate::RequestLost | Fate::DiesWhileAsking, _) => return Answer::Lost,
            (Fate::Late, Step::Sync(exchange)) => {
                self.late.push((me, exchange.request.clone()));
                return Answer::Lost;
            }
            (Fate::Busy, _) => return refusal(Code::TooManyRequests),
            (Fate::TokenExpired, Step::Sync(_) | Step::Declare(_)) => return refusal(Code::TokenInvalid),
            _ => {}
        }
        let is_cut = matches!(fate, Fate::AnswerLost | Fate::DiesWithTheAnswer);
        let answer = match step {
            Step::Sync(exchange) => {
                let mut response = self.server.sync(me, &exchange.request, matches!(fate, Fate::Stale));
                if matches!(fate, Fate::Twice) {
                    response = self.server.sync(me, &exchange.request, false);
                }
                if let (Some(Trap::NotCompared), Some(digests)) = (self.server.trap, &mut response.digests) {
                    self.phones[n].sums_up(digests);
                }
                Answer::Synced(Box::new(Page::try_from(&response).expect("answers can be read")))
            }
            Step::Declare(blobs) => Answer::Declared(self.server.declare(blobs)),
            Step::Ask { sha256, .. } => match self.server.ask(*sha256, FILE_BYTES) {
                Some(holds) => Answer::Holds(holds),
                None => refusal(Code::UploadGone),
            },
            Step::Upload { sha256, offset, length, .. } => {
                let length = if is_cut { length * u64::from(part) / 256 } else { *length };
                match self.server.patch(*sha256, *offset, length, FILE_BYTES) {
                    Ok(holds) => Answer::Holds(holds),
                    Err(code) => refusal(code),
                }
            }
            Step::Refresh | Step::SignIn(_) => Answer::Welcome,
            Step::Wait { .. } => unreachable!("handled before"),
        };
        if is_cut { Answer::Lost } else { answer }
    }

    // What must hold at every moment

    fn check(&self) {
        for (n, phone) in self.phones.iter().enumerate() {
            self.check_published(phone);
            self.check_own_writes(n, phone);
            for sha in phone.engine.deletable() {
                assert!(self.server.ever_held.contains(&sha), "deletable before the server had it");
            }
        }
    }

    /// What is published is what the person could see at the very moment that the pull ended.
    fn check_published(&self, phone: &Phone) {
        let feed = phone.engine.feed();
        let snapshot = feed.cursor().and_then(|cursor| self.server.snapshots.get(cursor));
        if let Some(snapshot) = snapshot.filter(|_| !feed.is_unfinished()) {
            assert_eq!(&phone.view(), snapshot, "the screen shows another state than the feed's");
        }
    }

    /// What a person did stays on the screen, from the moment it was done.
    fn check_own_writes(&self, n: usize, phone: &Phone) {
        let shown = phone.engine.shown();
        for (id, (_, act)) in self.given.iter().filter(|(_, (owner, _))| *owner == n) {
            let outbox = phone.engine.outbox();
            let entry = outbox.get(*id).expect("a command stays until a person deals with it");
            if outbox.is_dead(entry) {
                continue;
            }
            let item = shown.get(&act.item);
            let is_pending = item.is_some_and(|shown| shown.pending.iter().any(|e| e.id == *id));
            let body = item.and_then(|shown| shown.item).and_then(|item| item.body.as_ref());
            let thing: Option<model::Thing> = body.and_then(|body| body.read().ok());
            let is_there = thing.is_some_and(|thing| thing.tokens.contains(&act.token));
            assert!(is_pending || is_there, "the phone's own write vanished: {:?}", entry.state);
        }
    }

    // What must hold in the end

    /// Everything is let run to its end; the most steps that a phone took for it.
    fn settle(&mut self) -> usize {
        self.server.commit();
        while let Some((who, request)) = self.late.pop() {
            self.server.sync(who, &request, false);
        }
        let mut most = 0;
        // Twice: what the last phone pushes, the first has still to see.
        for n in (0..PHONES).chain(0..PHONES) {
            self.phones[n].dies();
            let mut steps = 0;
            loop {
                let step = self.phones[n].engine.next(&self.phones[n].now, Network::Free);
                if matches!(step, Step::Wait { why: Why::Idle, .. }) {
                    break;
                }
                self.turn(n, Fate::Good, 0);
                self.check();
                steps += 1;
                assert!(steps < STEPS, "it does not come to rest: {step:?}");
            }
            most = most.max(steps);
        }
        most
    }

    fn check_end(&self) {
        for (n, phone) in self.phones.iter().enumerate() {
            assert_eq!(phone.view(), self.server.view(phone.me), "phone {n} and the server differ");
            let stands = phone.engine.feed().cursor().map(|cursor| pull::position(cursor).position);
            assert_eq!(
                stands,
                Some(Position::end_of(self.server.seq)),
                "phone {n} looks through old rows for ever"
            );
            assert!(!phone.engine.outbox().awaits_effects());
            assert!(phone.engine.shown().values().all(|shown| shown.pending.is_empty()));
        }
        for (id, (n, act)) in &self.given {
            let entry = self.phones[*n].engine.outbox().get(*id).expect("it stays");
            let thing = self.server.things.get(&act.item);
            let times = thing.map_or(0, |t| t.tokens.iter().filter(|token| **token == act.token).count());
            match &entry.state {
                CommandState::Applied(_) => {
                    assert_eq!(times, 1, "acknowledged, and not there");
                    for sha in &entry.files {
                        assert!(self.server.held.contains(sha), "its file has not arrived");
                    }
                }
                CommandState::Rejected(problem) => {
                    assert!(problem.is(Code::SiteUnknown), "the reason was lost: {problem}");
                    assert_eq!((times, act.verdict), (0, Verdict::Refused));
                }
                CommandState::Conflict(conflict) => {
                    assert!(conflict.problem.as_ref().is_some_and(|p| p.is(Code::ItemMoved)));
                    assert_eq!((times, act.verdict), (0, Verdict::Conflict));
                }
                state => {
                    assert!(self.phones[*n].engine.outbox().is_dead(entry), "left behind: {state:?}");
                    assert_eq!(times, 0);
                }
            }
            assert!(entry.word() != Word::Waiting, "put off for ever");
        }
    }
}

fn refusal(code: Code) -> Answer {
    let problem = Problem::new(code);
    Answer::Refused { status: problem.status, problem: Some(Box::new(problem)), retry_after_s: None }
}

/// Lives a day to its end; the most steps that a phone took until it came to rest.
fn live(actions: &[Action], server: Model) -> usize {
    let mut world = World::new(server);
    for action in actions {
        world.act(action);
        world.check();
    }
    let steps = world.settle();
    world.check_end();
    steps
}

/// Random days out of a seed, each lived with a server of its own, until one goes wrong, which is made smaller in so many
/// steps.
fn days(seed: u64, days: u32, shrink: u32, server: impl Fn() -> Model) -> Lived {
    let mut runner = runner(seed, days, shrink);
    let (lived, steps) = (Cell::new(0), Cell::new(0));
    let outcome = runner.run(&prop::collection::vec(action(), 1..120), |actions| {
        lived.set(lived.get() + 1);
        steps.set(steps.get().max(live(&actions, server())));
        Ok(())
    });
    Lived { days: lived.get(), steps: steps.get(), wrong: outcome.err().map(|error| error.to_string()) }
}

struct Lived {
    days: u32,
    steps: usize,
    wrong: Option<String>,
}

/// `ANFANG_SEED`, or one that is drawn: the days on Postgres are the first of those in memory.
static SEED: LazyLock<u64> = LazyLock::new(|| seed("random days"));

fn cases(name: &str, otherwise: u32) -> u32 {
    number(name).map_or(otherwise, |many| u32::try_from(many).expect("a number of cases"))
}

/// Exactly once, nothing lost, nothing stale, nothing deleted early, whatever the network and the battery do: 1,000 days,
/// or `ANFANG_CASES`, of the seed `ANFANG_SEED`, or one that is drawn.
#[test]
fn phones_and_server_agree_whatever_happens() {
    let Lived { days, steps, wrong } = days(*SEED, cases("ANFANG_CASES", 1000), 20_000, Model::default);
    tell!("{days} random days, at most {steps} steps to rest");
    assert!(wrong.is_none(), "ANFANG_SEED={}: {}", *SEED, wrong.unwrap_or_default());
}

/// The same days of the same seed with a real Postgres beside the model: the server's statements write and read what the
/// model writes and reads. The first 40 of them, or `ANFANG_CASES_ON_POSTGRES`.
#[test]
fn postgres_holds_and_reads_what_the_model_does() {
    let twin = Rc::new(Twin::start());
    let Lived { days, wrong, .. } =
        days(*SEED, cases("ANFANG_CASES_ON_POSTGRES", 40), 300, || Model::beside(&twin));
    tell!("{days} of the random days on Postgres: {} reads compared", twin.compared.get());
    assert!(wrong.is_none(), "ANFANG_SEED={}: {}", *SEED, wrong.unwrap_or_default());
    assert!(twin.compared.get() > 40, "nothing was read");
}

/// The simulation is worth something only if it sees the faults that it is for, and nothing where there is none.
#[test]
fn every_trap_is_noticed() {
    const SEED: u64 = 1;
    let seen_after =
        |trap| Some(days(SEED, 4000, 0, || Model::with(trap))).filter(|lived| lived.wrong.is_some());
    let seen: Vec<_> =
        Trap::ALL.into_iter().map(|trap| (trap, seen_after(trap).map(|lived| lived.days))).collect();
    tell!("noticed after so many random days: {seen:?}");
    assert!(seen.iter().all(|(_, days)| days.is_some()), "not noticed: {seen:?}");
    let last = seen.iter().filter_map(|(_, days)| *days).max().unwrap_or_default();
    let control = days(SEED, last, 0, Model::default);
    assert!(control.wrong.is_none(), "without any trap: {}", control.wrong.unwrap_or_default());
}

/// After a restore a thing may stand at a revision that meant something else before, which the server tells once; if a
/// second comparison comes before the phone has asked (here since its cursor has become too old), it still has to ask.
#[test]
fn what_one_comparison_found_the_next_does_not_forget() {
    let turns = |many| vec![Action::Turn { phone: 0, fate: Fate::Good, part: 0 }; many];
    let touch = |item| Action::Others(Other::Touch(item, 1 << item));
    for (before, after) in (0..6).flat_map(|before| (1..4).map(move |after| (before, after))) {
        let mut day = vec![Action::Others(Other::Grant(0, 0)), Action::Others(Other::BackUp), touch(0)];
        day.extend(turns(before));
        day.extend([Action::Others(Other::Restore), touch(0)]);
        day.extend(turns(after));
        day.extend([touch(1), touch(1), Action::Others(Other::Sweep)]);
        live(&day, Model::default());
    }
}

/// A cursor ahead of the head in the same life of the database waits, whatever it asks for.
#[test]
fn who_is_ahead_waits() {
    let mut dice = Dice::new(seed("cursors ahead"));
    for _ in 0..10_000 {
        let account = AccountId(Uuid::from_u128(1));
        let epoch = Uuid::from_u128(7);
        let seq = dice.below(100) as i64;
        let head = Head { seq, epoch, tombstone_floor: dice.below(seq.max(1) as usize) as i64 - 1 };
        let position = Position::end_of(seq + 1 + dice.below(50) as i64);
        let ahead = Cursor { position, ..Cursor::start(account, epoch) };
        let begun = page::begin(Some(ahead.clone()), account, &head, &[], seq);
        assert_eq!(begun, Beginning::Nothing(ahead));
    }
}
