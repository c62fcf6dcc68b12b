//! What to do next, and what an answer means. Pure: the driver does it, keeps the records, applies them.

use super::{
    Asked, Engine, Record,
    clock::Moment,
    files::{self, FileState, FileStep, FileWork},
    pace::{Access, Pace},
    wire::Page,
};
use crate::{
    Code, Problem,
    blob::{Declared, Standing},
    capabilities::Limits,
    ids::CommandId,
    limits,
    sha::Sha,
    sync::{Request, Status},
};

/// Room for what goes with the commands in one request.
const REQUEST_OVERHEAD_BYTES: usize = 64 * 1024;
/// Refusals of a request that only pulled, after which the phone pulls everything anew.
const PULL_REFUSALS_MAX: u32 = 3;

/// The link, as the phone's system tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    None,
    /// Paid by the byte, or known to be thin.
    Metered,
    Free,
}

#[derive(Debug, Clone)]
pub enum Step {
    /// Nothing to do before this uptime; `None`: until something changes.
    Wait { until_ms: Option<u64>, why: Why },
    /// A person has to sign in.
    SignIn(Option<Box<Problem>>),
    /// Get a new access token.
    Refresh,
    /// `POST /v1/sync` with this request.
    Sync(Box<Exchange>),
    /// `POST /v1/blobs`.
    Declare(Vec<Declared>),
    /// `HEAD` of an upload: how many bytes the server holds.
    Ask { sha256: Sha, upload: String },
    /// `PATCH` of an upload with `length` bytes of the file from `offset` on.
    Upload { sha256: Sha, upload: String, offset: u64, length: u64 },
}

#[derive(Debug, Clone, PartialEq)]
pub enum Why {
    /// All is done that can be done.
    Idle,
    Offline,
    /// Something failed; it is tried again.
    BackOff(Option<Box<Problem>>),
}

/// A push and a pull in one round trip.
#[derive(Debug, Clone)]
pub struct Exchange {
    pub request: Request,
    pub asked: Asked,
}

/// What came of a step.
#[derive(Debug, Clone)]
pub enum Answer {
    /// To `Sync`.
    Synced(Box<Page>),
    /// To `Declare`.
    Declared(Vec<Standing>),
    /// To `Ask` and `Upload`: the bytes that the server holds.
    Holds(u64),
    /// To `SignIn` and `Refresh`.
    Welcome,
    /// Any answer that is not a success. `problem`: when it was a problem of this protocol.
    Refused { status: u16, problem: Option<Box<Problem>>, retry_after_s: Option<u32> },
    /// The phone itself cannot: its own file is unreadable or not what it was.
    Broken(Box<Problem>),
    /// No answer, or not a whole one: the server may have done it or not.
    Lost,
}

/// A step that was taken, as the driver saw it.
#[derive(Debug, Clone)]
pub struct Taken<'a> {
    pub step: &'a Step,
    pub answer: Answer,
    pub took_ms: u64,
}

impl Engine {
    /// The next step. Ask again after each answer; one step at a time.
    pub fn next(&self, now: &Moment, network: Network) -> Step {
        if network == Network::None {
            return Step::Wait { until_ms: None, why: Why::Offline };
        }
        if let Access::SignedOut(problem) = &self.pace.access {
            return Step::SignIn(problem.clone());
        }
        if now.uptime_ms < self.pace.wait_until_ms {
            let why = Why::BackOff(self.pace.trouble.clone());
            return Step::Wait { until_ms: Some(self.pace.wait_until_ms), why };
        }
        if self.pace.access == Access::Stale {
            return Step::Refresh;
        }
        if let Some(exchange) = self.next_exchange(now) {
            return Step::Sync(Box::new(exchange));
        }
        self.next_file(now, network).unwrap_or_else(|| self.rest(network))
    }

    /// What has to be kept before a step is taken, so that a phone that dies in the middle knows that it began.
    pub fn begin(&self, step: &Step) -> Vec<Record> {
        match step {
            Step::Sync(exchange) => {
                let first: Vec<CommandId> = exchange
                    .asked
                    .commands
                    .iter()
                    .copied()
                    .filter(|id| self.state.outbox.get(*id).is_some_and(|entry| !entry.sent))
                    .collect();
                if first.is_empty() { Vec::new() } else { vec![Record::Sending(first)] }
            }
            Step::Upload { sha256, upload, .. } => {
                let state = FileState::Declared { upload: upload.clone(), offset: None };
                vec![Record::File(FileStep::to(*sha256, state))]
            }
            _ => Vec::new(),
        }
    }

    fn limits(&self) -> Limits {
        self.state.limits.clone().unwrap_or_else(Limits::of_this_version)
    }

    fn next_exchange(&self, now: &Moment) -> Option<Exchange> {
        let commands = self.batch(now);
        let pulls = self.pace.too_old.is_none();
        let look = pulls && (self.pace.pull_due || now.uptime_ms >= self.pace.poll_at_ms);
        if commands.is_empty() && !look {
            return None;
        }
        let outbox = &self.state.outbox;
        let waiting_for = outbox.mark().filter(|_| outbox.awaits_effects()).map(str::to_owned);
        let pull = pulls.then(|| self.state.feed.pull());
        let raw = |id: &CommandId| outbox.get(*id).map(|entry| entry.envelope.raw().to_owned());
        let request = Request {
            cursor: pull.as_ref().and_then(|pull| pull.cursor.clone()),
            pull: pulls,
            ack_through: outbox.ack_through(),
            limit_bytes: Some(self.pace.page_bytes.min(self.limits().page_bytes_max)),
            waiting_for: waiting_for.clone(),
            resync: pull.iter().flat_map(|pull| &pull.resync).filter_map(|name| name.known()).collect(),
            digests: pull.as_ref().is_some_and(|pull| pull.digests),
            clock: Some(self.state.time.reading(now)),
            commands: commands.iter().filter_map(raw).collect(),
        };
        Some(Exchange { request, asked: Asked { commands, pull, waiting_for } })
    }

    /// The commands of the next push: in order, within the server's limits and what the link bears.
    fn batch(&self, now: &Moment) -> Vec<CommandId> {
        let limits = self.limits();
        let count = self.pace.push_commands.min(limits.commands_per_push).max(1);
        let room = self.pace.push_bytes.min(limits.request_bytes.saturating_sub(REQUEST_OVERHEAD_BYTES));
        let mut bytes = 0;
        let mut batch = Vec::new();
        for entry in self.state.outbox.sendable(now.uptime_ms >= self.pace.retry_at_ms).take(count) {
            bytes += entry.envelope.text().len() + 1;
            if bytes > room && !batch.is_empty() {
                break;
            }
            batch.push(entry.id);
        }
        batch
    }

    fn next_file(&self, now: &Moment, network: Network) -> Option<Step> {
        let wanted = self.wanted_files();
        let due = self.state.files.due(&wanted, self.may_send_videos(network));
        let may_declare = now.uptime_ms >= self.pace.declare_at_ms;
        let work = self.state.files.next(&due, may_declare, self.limits().blobs_per_declaration)?;
        Some(match work {
            FileWork::Declare(blobs) => Step::Declare(blobs),
            FileWork::Ask { sha256, upload } => Step::Ask { sha256, upload },
            FileWork::Upload { sha256, upload, offset, left } => {
                Step::Upload { sha256, upload, offset, length: left.min(self.pace.upload_bytes) }
            }
        })
    }

    fn may_send_videos(&self, network: Network) -> bool {
        network == Network::Free || !self.settings.video_on_wifi_only
    }

    fn rest(&self, network: Network) -> Step {
        let wanted = self.wanted_files();
        let files = !self.state.files.due(&wanted, self.may_send_videos(network)).is_empty();
        let commands = self.state.outbox.open() > 0;
        let mut times = vec![];
        if self.pace.too_old.is_none() {
            times.push(self.pace.poll_at_ms);
        }
        if commands {
            times.push(self.pace.retry_at_ms);
        }
        if files {
            times.push(self.pace.declare_at_ms);
        }
        let why = if commands || files { Why::BackOff(self.pace.trouble.clone()) } else { Why::Idle };
        Step::Wait { until_ms: times.into_iter().min(), why }
    }

    /// What an answer means. The driver keeps the records that are [`Record::is_kept`], then applies all of them.
    /// `chance`, 0 to 1, spreads retries.
    pub fn received(&self, taken: Taken<'_>, now: &Moment, chance: f64) -> Vec<Record> {
        let mut pace = self.pace.clone();
        let mut records = match taken.answer {
            Answer::Synced(page) => self.synced(taken.step, *page, taken.took_ms, now, chance, &mut pace),
            Answer::Declared(standings) => self.declared(&standings, now, chance, &mut pace),
            Answer::Holds(holds) => self.holds(taken.step, holds, taken.took_ms, now, chance, &mut pace),
            Answer::Welcome => {
                pace.access = Access::Good;
                pace.went_well();
                Vec::new()
            }
            Answer::Refused { status, problem, retry_after_s } => {
                let refusal = Refusal { status, problem, retry_after_s };
                self.refused(taken.step, refusal, now, chance, &mut pace)
            }
            Answer::Broken(problem) => broken(taken.step, problem),
            Answer::Lost => self.lost(taken.step, now, chance, &mut pace),
        };
        // First: what the other records mean for the pace comes on top.
        records.insert(0, Record::Pace(Box::new(pace)));
        records
    }

    fn synced(
        &self,
        step: &Step,
        page: Page,
        took_ms: u64,
        now: &Moment,
        chance: f64,
        pace: &mut Pace,
    ) -> Vec<Record> {
        let Step::Sync(exchange) = step else { return Vec::new() };
        pace.went_well();
        pace.pull_refusals = 0;
        pace.fit_sync(took_ms, page.more, self.limits().page_bytes_max);
        pace.poll_at_ms = now.uptime_ms + self.settings.poll_ms;
        let put_off = |status: &Status| matches!(status, Status::Retry | Status::Blocked);
        if page.outcomes.iter().any(|outcome| put_off(&outcome.status)) {
            let problems = page.outcomes.iter().filter_map(|outcome| outcome.problem.as_ref());
            let asked_s = problems.filter_map(|problem| problem.retry_after_s).max();
            pace.defer(&self.settings, now, asked_s, chance);
        } else if !exchange.asked.commands.is_empty() {
            pace.nothing_deferred();
        }
        vec![Record::Synced(Box::new(super::Synced { asked: exchange.asked.clone(), page, wall: now.wall }))]
    }

    fn declared(&self, standings: &[Standing], now: &Moment, chance: f64, pace: &mut Pace) -> Vec<Record> {
        pace.went_well();
        let server_now = self.state.time.server_now(now);
        let (steps, wait) = self.state.files.declared(standings, server_now);
        if wait || steps.is_empty() {
            pace.hold_declarations(&self.settings, now, chance);
        }
        // What is stored now shows in the feed.
        if steps.iter().any(|step| matches!(step.state, FileState::Received { .. })) {
            pace.pull_due = pace.too_old.is_none();
        }
        steps.into_iter().map(Record::File).collect()
    }

    fn holds(
        &self,
        step: &Step,
        holds: u64,
        took_ms: u64,
        now: &Moment,
        chance: f64,
        pace: &mut Pace,
    ) -> Vec<Record> {
        let (sha256, upload, from) = match step {
            Step::Ask { sha256, upload } => (*sha256, upload, None),
            Step::Upload { sha256, upload, offset, .. } => (*sha256, upload, Some(*offset)),
            _ => return Vec::new(),
        };
        match from {
            Some(offset) if holds <= offset => pace.back_off(&self.settings, now, None, chance),
            Some(_) => {
                pace.went_well();
                pace.fit_upload(took_ms);
            }
            None => {}
        }
        self.state.files.holds(sha256, upload, holds, from).into_iter().map(Record::File).collect()
    }

    fn lost(&self, step: &Step, now: &Moment, chance: f64, pace: &mut Pace) -> Vec<Record> {
        pace.back_off(&self.settings, now, None, chance);
        match step {
            Step::Sync(_) => pace.shrink_sync(),
            Step::Upload { .. } => pace.shrink_upload(),
            _ => {}
        }
        Vec::new()
    }

    fn refused(
        &self,
        step: &Step,
        refusal: Refusal,
        now: &Moment,
        chance: f64,
        pace: &mut Pace,
    ) -> Vec<Record> {
        pace.trouble = refusal.problem.clone();
        if let Some(access) = refusal.access(step) {
            // Refreshing is tried at once, but not in a circle.
            if matches!(access, Access::Stale) {
                pace.back_off(&self.settings, now, Some(0), chance);
            }
            pace.access = access;
            return Vec::new();
        }
        if refusal.is_passing() {
            pace.back_off(&self.settings, now, refusal.retry_after_s, chance);
            return Vec::new();
        }
        match step {
            Step::Sync(exchange) => self.sync_refused(&exchange.asked, refusal, now, chance, pace),
            Step::Ask { sha256, upload } | Step::Upload { sha256, upload, .. } => {
                self.upload_refused(*sha256, upload, refusal, now, chance, pace)
            }
            _ => {
                pace.back_off(&self.settings, now, refusal.retry_after_s, chance);
                Vec::new()
            }
        }
    }

    /// The server refused the request as a whole. One command may be the reason: the batch is halved until it
    /// stands alone.
    fn sync_refused(
        &self,
        asked: &Asked,
        refusal: Refusal,
        now: &Moment,
        chance: f64,
        pace: &mut Pace,
    ) -> Vec<Record> {
        if refusal.is(Code::ClientTooOld) && asked.pull.is_some() {
            pace.too_old = refusal.problem;
            pace.pull_due = false;
            return Vec::new();
        }
        if asked.commands.len() > 1 {
            pace.push_commands = asked.commands.len() / 2;
            return Vec::new();
        }
        if let ([command], true) = (asked.commands.as_slice(), refusal.blames_the_message())
            && let Some(problem) = refusal.problem
        {
            return vec![Record::RefusedHere { command: *command, problem: *problem }];
        }
        pace.back_off(&self.settings, now, refusal.retry_after_s, chance);
        if asked.commands.is_empty() && refusal.problem.is_some() {
            pace.pull_refusals += 1;
            if pace.pull_refusals >= PULL_REFUSALS_MAX && self.state.feed.cursor().is_some() {
                pace.pull_refusals = 0;
                return vec![Record::StartOver];
            }
        }
        Vec::new()
    }

    fn upload_refused(
        &self,
        sha256: Sha,
        upload: &str,
        refusal: Refusal,
        now: &Moment,
        chance: f64,
        pace: &mut Pace,
    ) -> Vec<Record> {
        let to = |state| vec![Record::File(FileStep::to(sha256, state))];
        match (refusal.status, refusal.problem) {
            (404 | 410, _) => {
                pace.hold_declarations(&self.settings, now, chance);
                to(FileState::Saved)
            }
            (_, Some(problem)) if problem.is(Code::HashMismatch) => {
                self.state.files.mismatched(sha256, *problem).into_iter().map(Record::File).collect()
            }
            (413 | 415 | 422, Some(problem)) => to(FileState::Refused(problem)),
            _ => {
                // Somebody else wrote to it, or a part was damaged: ask where it stands.
                pace.back_off(&self.settings, now, refusal.retry_after_s, chance);
                to(FileState::Declared { upload: upload.to_owned(), offset: None })
            }
        }
    }
}

fn broken(step: &Step, problem: Box<Problem>) -> Vec<Record> {
    match step {
        Step::Ask { sha256, .. } | Step::Upload { sha256, .. } => {
            vec![Record::File(FileStep::to(*sha256, FileState::Refused(problem)))]
        }
        _ => Vec::new(),
    }
}

/// An answer that is not a success.
struct Refusal {
    status: u16,
    problem: Option<Box<Problem>>,
    retry_after_s: Option<u32>,
}

impl Refusal {
    fn is(&self, code: Code) -> bool {
        self.problem.as_ref().is_some_and(|problem| problem.is(code))
    }

    /// What it says about the sign-in, if it does.
    fn access(&self, step: &Step) -> Option<Access> {
        let over = || Some(Access::SignedOut(self.problem.clone()));
        let ended = [
            Code::RefreshReused,
            Code::DeviceRevoked,
            Code::CredentialsWrong,
            Code::AccountDisabled,
            Code::EnrolmentRequired,
        ];
        match (self.status, step) {
            _ if ended.iter().any(|code| self.is(*code)) => over(),
            (400..=403, Step::Refresh | Step::SignIn(_)) => over(),
            (401, _) => Some(Access::Stale),
            _ => None,
        }
    }

    fn is_passing(&self) -> bool {
        matches!(self.status, 408 | 425 | 429) || self.status >= 500 || self.status < 400
    }

    /// It says that the message itself is at fault, and says so in this protocol's words: a portal in between
    /// does not.
    fn blames_the_message(&self) -> bool {
        let Some(code) = self.problem.as_ref().and_then(|problem| problem.code()) else { return false };
        matches!(
            code,
            Code::NotJson
                | Code::TooDeep
                | Code::TooLarge
                | Code::RequestInvalid
                | Code::CommandUnreadable
                | Code::CommandTooLarge
                | Code::CommandInvalid
                | Code::CommandTypeUnknown
        ) && !files::is_passing(&Problem::new(code))
    }
}

#[allow(clippy::assertions_on_constants)]
const _: () = assert!(limits::REQUEST_BYTES > limits::COMMAND_BYTES + REQUEST_OVERHEAD_BYTES);
