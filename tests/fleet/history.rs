//! Judges a history: what phones asked, what servers answered, in the order in which the network saw it.
//!
//! - A photo's bytes go only after its phone was told that the report which names it is stored.
//! - A command has one durable outcome, whoever asks, however often.
//! - What a phone is told in its pages never goes back to an older revision.
//! - A report that a phone was told to be stored comes back to it in its pages; and no page shows a report that nobody
//!   gave.
//! - What servers acknowledged is collected: in the end it has to be there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    message::{Head, Message},
    proxy::Event,
};

/// Bytes that a phone may send again, in percent of those that it has to send.
const SENT_AGAIN_PERCENT_MAX: f64 = 5.0;

/// What servers acknowledged, and what it cost.
#[derive(Debug, Default)]
pub struct Judged {
    /// Commands that were answered `applied`, heard or not.
    pub applied: BTreeSet<String>,
    /// Hashes of files that were answered as whole, or as `have`.
    pub received: BTreeSet<String>,
    pub wrong: Vec<String>,
    pub requests: usize,
    pub undelivered: usize,
    pub replays: usize,
    pub text: Bytes,
    pub files: Bytes,
}

/// Bytes of bodies that went up.
#[derive(Debug, Default, Clone, Copy)]
pub struct Bytes {
    pub carried: u64,
    /// Of these, what the network swallowed, for good or until the phone had given up: no server could know of them.
    pub kept_back: u64,
    /// Without which it cannot be done.
    pub needed: u64,
}

impl Bytes {
    fn goes(&mut self, bytes: u64, kept_back: bool) {
        self.carried += bytes;
        self.kept_back += if kept_back { bytes } else { 0 };
    }
}

impl Judged {
    /// What was sent again, in percent of what was needed, although a server had seen it or could have.
    pub fn known_sent_again_percent(&self) -> f64 {
        self.over(self.text.carried + self.files.carried - self.text.kept_back - self.files.kept_back)
    }

    /// The same with all that the network swallowed.
    pub fn all_sent_again_percent(&self) -> f64 {
        self.over(self.text.carried + self.files.carried)
    }

    fn over(&self, carried: u64) -> f64 {
        let needed = (self.text.needed + self.files.needed).max(1);
        carried.saturating_sub(needed) as f64 * 100.0 / needed as f64
    }

    /// Whether it costs no more than was promised.
    pub fn is_thrifty(&self) -> bool {
        self.known_sent_again_percent() <= SENT_AGAIN_PERCENT_MAX
    }
}

#[derive(Debug)]
struct Asked {
    phone: usize,
    method: String,
    path: String,
    json: Option<Value>,
}

/// Hears a history in parts, if need be.
#[derive(Default)]
pub struct Judge {
    pub judged: Judged,
    asked: BTreeMap<usize, Asked>,
    /// Commands that were seen whole.
    seen: BTreeSet<String>,
    /// Which report a command gives.
    reports: BTreeMap<String, String>,
    /// Which commands name a file.
    named: BTreeMap<(usize, String), Vec<String>>,
    /// What each phone was told to be applied.
    told: BTreeSet<(usize, String)>,
    outcomes: BTreeMap<String, (String, String)>,
    /// Uploads by their path: hash and size.
    uploads: BTreeMap<String, (String, u64)>,
    sizes: BTreeMap<(usize, String), u64>,
    revisions: BTreeMap<(usize, String, String), u64>,
    /// Reports in anybody's pages.
    inspections: BTreeSet<String>,
}

/// Of a whole history, with its quiet end.
pub fn judge(history: &[Event]) -> Judged {
    let mut judge = Judge::default();
    judge.hears(history);
    judge.looks_into_the_pages();
    let Judge { mut judged, sizes, .. } = judge;
    judged.files.needed = sizes.values().sum();
    judged
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

impl Judge {
    pub fn hears(&mut self, history: &[Event]) {
        for event in history {
            match event {
                Event::Asked { phone, ticket, again, kept_back, carried, request } => {
                    self.asks((*phone, *ticket), *again, (*carried as u64, *kept_back), request);
                }
                Event::Answered { ticket, delivered, answer } => self.answers(*ticket, *delivered, answer),
            }
        }
    }

    fn asks(&mut self, (phone, ticket): (usize, usize), again: bool, weight: (u64, bool), request: &Message) {
        let Some(Head { method, path, .. }) = Head::of(request.head.clone()) else { return };
        let json = request.json();
        self.judged.requests += 1;
        if again {
            self.judged.replays += 1;
        } else if path == "/v1/sync" {
            self.text_goes(phone, weight, json.as_ref());
        } else if method == "PATCH" {
            self.judged.files.goes(weight.0, weight.1);
            self.photo_goes(phone, &path);
        }
        self.asked.insert(ticket, Asked { phone, method, path, json });
    }

    fn text_goes(&mut self, phone: usize, (bytes, kept_back): (u64, bool), json: Option<&Value>) {
        let Some(json) = json else {
            // Cut in the middle: all of it goes again.
            self.judged.text.goes(bytes, kept_back);
            return;
        };
        let commands = list(&json["commands"]);
        if commands.is_empty() {
            return;
        }
        self.judged.text.goes(bytes, kept_back);
        let fresh = commands.iter().filter(|command| self.seen.insert(text(&command["id"]))).count();
        self.judged.text.needed += bytes * fresh as u64 / commands.len() as u64;
        for command in commands {
            if let Some(report) = command["body"]["inspection_id"].as_str() {
                self.reports.insert(text(&command["id"]), report.to_owned());
            }
            for evidence in list(&command["body"]["evidence"]) {
                let naming = self.named.entry((phone, text(&evidence["sha256"]))).or_default();
                naming.push(text(&command["id"]));
            }
        }
    }

    fn photo_goes(&mut self, phone: usize, path: &str) {
        let Some((sha, size)) = self.uploads.get(path).cloned() else {
            return self.judged.wrong.push(format!("phone {phone} sends to {path}, which no server named"));
        };
        self.sizes.insert((phone, sha.clone()), size);
        let naming = self.named.get(&(phone, sha.clone())).cloned().unwrap_or_default();
        if !naming.iter().any(|command| self.told.contains(&(phone, command.clone()))) {
            self.judged
                .wrong
                .push(format!("phone {phone} sends {sha} before its report {naming:?} is stored"));
        }
    }

    fn answers(&mut self, ticket: usize, delivered: bool, answer: &Message) {
        self.judged.undelivered += usize::from(!delivered);
        let Some(asked) = self.asked.remove(&ticket) else { return };
        let status = answer.status();
        if status >= 500 && status != 503 {
            self.judged.wrong.push(format!("{} {} was answered {status}", asked.method, asked.path));
        }
        if !(200..300).contains(&status) {
            return;
        }
        if asked.method == "PATCH" {
            self.part_taken(&asked, answer);
        } else if let Some(told) = answer.json() {
            match asked.path.as_str() {
                "/v1/sync" => self.synced(asked.phone, delivered, &told),
                "/v1/blobs" => self.declared(&asked, &told),
                _ => {}
            }
        }
    }

    fn part_taken(&mut self, asked: &Asked, answer: &Message) {
        let offset: Option<u64> = answer.header("upload-offset").and_then(|offset| offset.parse().ok());
        if let Some((sha, size)) = self.uploads.get(&asked.path)
            && offset == Some(*size)
        {
            self.judged.received.insert(sha.clone());
        }
    }

    fn declared(&mut self, asked: &Asked, told: &Value) {
        let sizes: BTreeMap<String, u64> = list(&asked.json.as_ref().unwrap_or(&Value::Null)["blobs"])
            .iter()
            .map(|blob| (text(&blob["sha256"]), blob["size"].as_u64().unwrap_or(0)))
            .collect();
        for blob in list(&told["blobs"]) {
            let sha = text(&blob["sha256"]);
            match blob["status"].as_str() {
                Some("have") => drop(self.judged.received.insert(sha)),
                Some("upload") => {
                    let size = sizes.get(&sha).copied().unwrap_or(0);
                    self.uploads.insert(text(&blob["upload"]), (sha, size));
                }
                _ => {}
            }
        }
    }

    fn synced(&mut self, phone: usize, delivered: bool, told: &Value) {
        for outcome in list(&told["outcomes"]) {
            let (id, status) = (text(&outcome["id"]), text(&outcome["status"]));
            if !["applied", "rejected", "conflict"].contains(&status.as_str()) {
                continue;
            }
            let now = (status.clone(), text(&outcome["rev"]));
            let before = self.outcomes.entry(id.clone()).or_insert_with(|| now.clone());
            // A body that was let go after `ack_through` has no revision any more.
            if before.0 != now.0 || (before.1 != now.1 && !now.1.is_empty() && !before.1.is_empty()) {
                self.judged.wrong.push(format!("command {id} was {before:?} and is {now:?}"));
            }
            if status == "applied" {
                self.judged.applied.insert(id.clone());
                if delivered {
                    self.told.insert((phone, id));
                }
            }
        }
        if delivered {
            self.page(phone, list(&told["changes"]));
        }
    }

    fn looks_into_the_pages(&mut self) {
        let shown: BTreeSet<(usize, &String)> =
            self.revisions.keys().map(|(phone, _, item)| (*phone, item)).collect();
        for (phone, command) in &self.told {
            if let Some(report) = self.reports.get(command)
                && !shown.contains(&(*phone, report))
            {
                let wrong = format!("phone {phone} was told that {report} is stored, and no page brought it");
                self.judged.wrong.push(wrong);
            }
        }
        let given: BTreeSet<&String> = self.reports.values().collect();
        for report in self.inspections.iter().filter(|report| !given.contains(report)) {
            self.judged.wrong.push(format!("pages show {report}, which nobody reported"));
        }
    }

    fn page(&mut self, phone: usize, changes: &[Value]) {
        for change in changes {
            if let Some(channel) = change["drop"].as_str() {
                self.revisions.retain(|(who, place, _), _| *who != phone || place != channel);
            } else if let [channel, id] = list(&change["put"]) {
                if change["kind"] == "inspection" {
                    self.inspections.insert(text(id));
                }
                let rev: u64 = text(&change["rev"]).parse().unwrap_or(0);
                let key = (phone, text(channel), text(id));
                let before = self.revisions.insert(key.clone(), rev).unwrap_or(0);
                if rev < before {
                    self.judged.wrong.push(format!("{key:?} went from revision {before} back to {rev}"));
                }
            }
        }
    }
}
