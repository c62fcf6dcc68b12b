//! A phone of somebody else's making, by the rules of docs/PROTOCOL.md alone: memberships, outbox, and a bad link.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use anfang_protocol::{
    Code,
    feed::{Channel, ChannelDigest, share},
    ids::AccountId,
    sync::{Change, Put, Request, Response, Status},
};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{COUNTY, Dice};
use crate::harness::{
    Server, Speaker,
    reports::{finding, site, visit},
};

/// What a phone holds of the feed. Keeps an item for as long as it stands in a channel, and no longer.
#[derive(Default, Clone)]
pub struct Mirror {
    pub cursor: Option<String>,
    /// Channels to ask for anew.
    again: Vec<Channel>,
    pub standing: BTreeMap<(Channel, Uuid), u32>,
    pub bodies: BTreeMap<Uuid, String>,
    pub resyncs: usize,
}

impl Mirror {
    pub fn take(&mut self, response: &Response) {
        for change in &response.changes {
            match change {
                Change::Drop(channel) => self.forget(|c, _| c == channel),
                Change::Gone(channel, id) => self.forget(|c, i| c == channel && i == id),
                Change::Put(Put { channel, id, rev, body, .. }) => {
                    self.standing.insert((*channel, *id), *rev);
                    match body {
                        Some(body) => drop(self.bodies.insert(*id, body.get().to_owned())),
                        None => assert!(
                            self.bodies.contains_key(id),
                            "a put of {id} without a body, and none before"
                        ),
                    }
                }
            }
        }
        self.cursor = response.cursor.clone();
        self.again.clear();
        if response.resync {
            self.resyncs += 1;
            let theirs = response.digests.clone().expect("digests with a resync");
            self.forget(|channel, _| !theirs.contains_key(channel));
            let mine = self.digests();
            let differs = |(channel, digest): (&Channel, &ChannelDigest)| {
                (mine.get(channel).copied().unwrap_or_default() != *digest).then_some(*channel)
            };
            self.again = theirs.iter().filter_map(differs).collect();
        } else if let (false, Some(digests)) = (response.more, &response.digests) {
            // At the end of every pull both sides hold the same.
            let theirs: BTreeMap<_, _> =
                digests.iter().filter(|(_, d)| d.count > 0).map(|(c, d)| (*c, *d)).collect();
            assert_eq!(theirs, self.digests(), "what the server says that this phone holds");
        }
    }

    fn forget(&mut self, is_gone: impl Fn(&Channel, &Uuid) -> bool) {
        self.standing.retain(|(channel, id), _| !is_gone(channel, id));
        let held: BTreeSet<Uuid> = self.standing.keys().map(|(_, id)| *id).collect();
        self.bodies.retain(|id, _| held.contains(id));
    }

    fn digests(&self) -> BTreeMap<Channel, ChannelDigest> {
        let mut digests: BTreeMap<Channel, ChannelDigest> = BTreeMap::new();
        for ((channel, id), rev) in &self.standing {
            let digest = digests.entry(*channel).or_default();
            digest.count += 1;
            digest.xor ^= share(*id, *rev);
        }
        digests
    }

    fn request(&self, limit_bytes: Option<usize>) -> Request {
        Request {
            cursor: self.cursor.clone(),
            resync: self.again.clone(),
            limit_bytes,
            digests: true,
            ..Request::default()
        }
    }
}

/// A command in the outbox.
#[derive(Debug)]
pub struct Sent {
    pub id: Uuid,
    pub item: Uuid,
    /// The command on the same item that it follows.
    pub after: Option<Uuid>,
    pub json: Value,
    /// The durable outcome, word for word.
    pub outcome: Option<String>,
    pub last: Option<(Status, Option<Code>)>,
}

impl Sent {
    pub fn is_refused(&self) -> bool {
        matches!(self.last, Some((Status::Rejected | Status::Conflict, _)))
    }

    pub fn is_applied(&self) -> bool {
        matches!(self.last, Some((Status::Applied, _)))
    }
}

/// A page that arrived: when it was asked for and when it was there, and the channels that it speaks of beyond
/// telling to drop them.
pub struct Page {
    pub asked: Instant,
    pub there: Instant,
    pub channels: BTreeSet<Channel>,
}

pub struct Phone {
    pub login: &'static str,
    pub speaker: Speaker,
    pub mirror: Mirror,
    pub outbox: Vec<Sent>,
    pub pages: Vec<Page>,
    /// Answers that never came.
    pub lost: usize,
}

impl Phone {
    pub async fn sign_in(server: &Server, login: &'static str) -> Self {
        let mut speaker = Speaker::sign_in(server, login).await;
        speaker.http = unhurried();
        let (outbox, pages) = (Vec::new(), Vec::new());
        Phone { login, speaker, mirror: Mirror::default(), outbox, pages, lost: 0 }
    }

    pub fn account(&self) -> AccountId {
        self.speaker.tokens.account_id
    }

    /// What this phone does in one round.
    pub async fn act(&mut self, mut dice: Dice, bases: &[String]) {
        if dice.percent(60) {
            self.write(&mut dice);
        }
        for _ in 0..=dice.below(3) {
            let base = dice.pick(bases).clone();
            match dice.below(10) {
                0..4 => self.push(&mut dice, &base, false).await,
                4..6 => self.push(&mut dice, &base, true).await,
                6..9 => self.pull(&mut dice, &base).await,
                _ => {
                    let other = dice.pick(bases).clone();
                    self.pull_twice(&mut dice, &base, &other).await;
                }
            }
        }
    }

    /// One to three reports, each perhaps followed by an amendment or a voiding.
    fn write(&mut self, dice: &mut Dice) {
        for _ in 0..=dice.below(3) {
            let place =
                site(*dice.pick(&["101", "102", "103"]), *dice.pick(&["201", "202"]), dice.below(10) as u32);
            let mut report = visit(COUNTY, &place);
            report.findings = vec![finding("屋顶漏雨")];
            if dice.percent(15) {
                report.departure.at = report.arrival.at - chrono::Duration::hours(1);
            }
            let item = report.inspection_id.0;
            let mut before =
                self.queue("inspection.submit", serde_json::to_value(&report).expect("JSON"), item, None);
            while dice.percent(40) {
                let (kind, body) = match dice.percent(70) {
                    true => {
                        ("inspection.amend", json!({ "reason": "漏记", "findings": [finding("补一条")] }))
                    }
                    false => ("inspection.void", json!({ "reason": "走错了户" })),
                };
                before = self.queue(kind, body, item, Some(before));
            }
        }
    }

    fn queue(&mut self, kind: &str, mut body: Value, item: Uuid, after: Option<Uuid>) -> Uuid {
        body["inspection_id"] = json!(item);
        let mut json = self.speaker.command(kind, body);
        if let Some(after) = after {
            json["after"] = json!(after);
        }
        let id = json["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
        self.outbox.push(Sent { id, item, after, json, outcome: None, last: None });
        id
    }

    /// Some of the outbox: what waits and what was decided long ago, in any order, with repeats.
    fn batch(&self, dice: &mut Dice) -> Vec<usize> {
        let chance = if dice.percent(20) { 15 } else { 0 };
        let mut batch: Vec<usize> = (0..self.outbox.len())
            .filter(|n| self.outbox[*n].outcome.is_none() || dice.percent(chance))
            .collect();
        if dice.percent(30) {
            dice.shuffle(&mut batch);
        }
        if let (true, Some(again)) = (dice.percent(30), batch.first().copied()) {
            batch.push(again);
        }
        batch.truncate(1 + dice.below(12));
        batch
    }

    async fn push(&mut self, dice: &mut Dice, base: &str, pulls: bool) {
        let batch = self.batch(dice);
        if batch.is_empty() {
            return;
        }
        let limit = 1024 + dice.below(4096);
        let mut request = if pulls { self.mirror.request(Some(limit)) } else { Request::default() };
        request.pull = pulls;
        self.add(&mut request, &batch);
        let (lost, patience) = (dice.percent(25), patience(dice));
        if let Some((response, page)) = self.send(base, &request, patience).await {
            if lost {
                self.lost += 1;
                return;
            }
            self.take_outcomes(&batch, &response);
            if pulls {
                self.mirror.take(&response);
                self.pages.push(page);
            }
        }
    }

    fn add(&self, request: &mut Request, batch: &[usize]) {
        let raw = |n: &usize| serde_json::value::to_raw_value(&self.outbox[*n].json).expect("raw JSON");
        request.commands = batch.iter().map(raw).collect();
    }

    /// Every command has one outcome, whenever it is asked for.
    fn take_outcomes(&mut self, batch: &[usize], response: &Response) {
        assert_eq!(response.outcomes.len(), batch.len(), "an outcome for each command");
        for (n, outcome) in batch.iter().zip(&response.outcomes) {
            let sent = &mut self.outbox[*n];
            assert_eq!(outcome.id.map(|id| id.0), Some(sent.id), "in the same order");
            if outcome.status.is_durable() {
                let text = serde_json::to_string(outcome).expect("JSON");
                let before = sent.outcome.get_or_insert_with(|| text.clone());
                assert_eq!(*before, text, "{}: one outcome for ever", self.login);
            } else {
                assert!(sent.outcome.is_none(), "{}: decided, and then {outcome:?}", self.login);
            }
            sent.last = Some((outcome.status.clone(), outcome.problem.as_ref().and_then(|p| p.code())));
        }
    }

    async fn pull(&mut self, dice: &mut Dice, base: &str) {
        let limit = 1024 + dice.below(6000);
        for _ in 0..=dice.below(6) {
            let request = self.mirror.request(Some(limit));
            let (lost, patience) = (dice.percent(20), patience(dice));
            match self.send(base, &request, patience).await {
                Some(_) if lost => self.lost += 1,
                Some((response, page)) => {
                    self.mirror.take(&response);
                    self.pages.push(page);
                }
                None => {}
            }
        }
    }

    /// The same question twice at once, to two servers: either answer will do.
    async fn pull_twice(&mut self, dice: &mut Dice, one: &str, other: &str) {
        let request = self.mirror.request(Some(1024 + dice.below(3000)));
        let second = dice.percent(50);
        let (a, b) = futures::join!(ask(&self.speaker, one, &request), ask(&self.speaker, other, &request));
        if let Some((response, page)) = if second { b.or(a) } else { a.or(b) } {
            self.mirror.take(&response);
            self.pages.push(page);
        }
    }

    async fn send(&mut self, base: &str, request: &Request, patience: Duration) -> Option<(Response, Page)> {
        let answer = tokio::time::timeout(patience, ask(&self.speaker, base, request)).await.ok().flatten();
        if answer.is_none() {
            self.lost += 1;
        }
        answer
    }

    /// Those that are neither decided nor waiting for ever behind one that was refused.
    pub fn open(&self) -> Vec<usize> {
        let mut dead: BTreeSet<Uuid> =
            self.outbox.iter().filter(|sent| sent.is_refused()).map(|sent| sent.id).collect();
        let mut open = Vec::new();
        // What follows stands behind what it follows.
        for (n, sent) in self.outbox.iter().enumerate().filter(|(_, sent)| sent.outcome.is_none()) {
            if sent.after.is_some_and(|before| dead.contains(&before)) {
                dead.insert(sent.id);
            } else {
                open.push(n);
            }
        }
        open
    }

    pub async fn push_all(&mut self, base: &str) {
        for _ in 0..20 {
            let open = self.open();
            for batch in open.chunks(100) {
                let mut request = Request { pull: false, ..Request::default() };
                self.add(&mut request, batch);
                let (response, _) = ask(&self.speaker, base, &request).await.expect("a good link");
                self.take_outcomes(batch, &response);
            }
            if open.is_empty() {
                break;
            }
        }
        // And all of it once more: nothing happens twice.
        let all: Vec<usize> = (0..self.outbox.len()).filter(|n| self.outbox[*n].outcome.is_some()).collect();
        for batch in all.chunks(150) {
            let mut request = Request { pull: false, ..Request::default() };
            self.add(&mut request, batch);
            let (response, _) = ask(&self.speaker, base, &request).await.expect("a good link");
            self.take_outcomes(batch, &response);
        }
    }

    pub async fn pull_all(&mut self, base: &str, limit_bytes: Option<usize>) {
        for _ in 0..2000 {
            let request = self.mirror.request(limit_bytes);
            let (response, page) = ask(&self.speaker, base, &request).await.expect("a good link");
            self.mirror.take(&response);
            self.pages.push(page);
            if !response.more && self.mirror.again.is_empty() && !response.resync {
                return;
            }
        }
        panic!("{}: the pull never ends", self.login);
    }
}

/// Keeps no idle connection: one that the server is about to close would lose a request that must arrive.
pub fn unhurried() -> reqwest::Client {
    reqwest::Client::builder().pool_max_idle_per_host(0).build().expect("a client")
}

/// Sometimes so little that the answer, or the question itself, is lost on the way.
fn patience(dice: &mut Dice) -> Duration {
    Duration::from_millis(if dice.percent(15) { dice.below(12) as u64 } else { 20_000 })
}

/// None: the server is not there, or not now.
async fn ask(speaker: &Speaker, base: &str, request: &Request) -> Option<(Response, Page)> {
    let asked = Instant::now();
    let sent = speaker
        .http
        .request(Method::POST, format!("{base}/v1/sync"))
        .bearer_auth(&speaker.tokens.access_token)
        .json(request)
        .send()
        .await;
    let answer = sent.ok()?;
    let status = answer.status().as_u16();
    let text = answer.text().await.ok()?;
    assert!(status == 200 || status == 503, "{status} {text}");
    if status == 503 {
        return None;
    }
    let response: Response = serde_json::from_str(&text).expect("a sync response");
    let mut told: Vec<Channel> = Vec::new();
    for change in &response.changes {
        match change {
            Change::Drop(_) => {}
            Change::Gone(channel, _) | Change::Put(Put { channel, .. }) => told.push(*channel),
        }
    }
    told.extend(response.digests.iter().flatten().map(|(channel, _)| *channel));
    Some((response, Page { asked, there: Instant::now(), channels: told.into_iter().collect() }))
}
