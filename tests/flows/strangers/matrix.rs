//! Asks every route on behalf of everybody, compares, and writes down who was answered what.

use std::{collections::BTreeMap, fmt::Write as _};

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    table::{Ask, Door, Probe, Route},
    things::{Person, Thing},
};
use crate::harness::{given, reports::household_checklist};

/// An answer as far as a stranger could tell it from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Without those that differ at every call.
    pub headers: BTreeMap<String, String>,
    pub text: String,
    photo_bytes: usize,
}

pub async fn send(
    http: &reqwest::Client,
    base: &str,
    token: Option<&str>,
    method: &Method,
    ask: &Ask,
) -> Answer {
    let mut request = http.request(method.clone(), format!("{base}{}", ask.path));
    for (name, value) in &ask.headers {
        request = request.header(*name, value);
    }
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(json) = &ask.json {
        request = request.json(json);
    }
    if let Some(body) = &ask.body {
        request = request.body(body.clone());
    }
    let mut response = request.send().await.expect("an answer");
    let named = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let mut headers: BTreeMap<String, String> = response.headers().iter().map(named).collect();
    // A connection may be closed behind an answer whose question was not read to its end.
    headers.retain(|name, _| !["date", "x-request-id", "connection"].contains(&name.as_str()));
    let status = response.status().as_u16();
    let bytes = if ask.endless && status == 200 {
        response.chunk().await.expect("a beginning").unwrap_or_default()
    } else {
        response.bytes().await.expect("a whole body")
    };
    Answer { status, headers, text: String::from_utf8_lossy(&bytes).into_owned(), photo_bytes: 0 }
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// Without the names in the question, and without times and addresses that are made anew for each answer.
    pub fn without_names(mut self, thing: &Thing) -> Self {
        self.photo_bytes = thing.photo_bytes;
        if let Ok(mut value) = serde_json::from_str::<Value>(&self.text) {
            blank(&mut value);
            self.text = value.to_string();
        }
        self.text = thing.nameless(&self.text);
        for (name, value) in &mut self.headers {
            match name.as_str() {
                "location" => *value = value.rsplit_once('/').map_or("?", |(folder, _)| folder).to_owned(),
                "upload-expires" => *value = "?".to_owned(),
                // Of a body with times in it.
                "content-length" if self.text.contains("<made anew>") => *value = "?".to_owned(),
                _ => *value = thing.nameless(value),
            }
        }
        self
    }

    /// In short, for docs/routes.txt: the status, and what else decides.
    pub fn cell(&self) -> String {
        let json = self.json();
        let code = |problem: &Value| {
            let code = problem["type"].as_str()?.strip_prefix("urn:anfang:problem:")?;
            (code != "not_found").then(|| code.to_owned())
        };
        let outcome = &json["outcomes"][0];
        let told = if outcome.is_object() {
            let status = outcome["status"].as_str().unwrap_or("?");
            Some(
                [Some(status.to_owned()), code(&outcome["problem"])]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
                    .join(" "),
            )
        } else if let Some(changes) = json["changes"].as_array() {
            let put = changes.iter().any(|change| change.get("put").is_some());
            Some(if put { "put" } else { "drop" }.to_owned())
        } else if let Some(offset) = self.headers.get("upload-offset") {
            let whole = offset.parse() == Ok(self.photo_bytes);
            Some(if whole { "whole".to_owned() } else { format!("offset {offset}") })
        } else if let Some(status) = json["blobs"][0]["status"].as_str() {
            Some(status.to_owned())
        } else {
            code(&json)
        };
        [Some(self.status.to_string()), told].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

fn blank(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match name.as_str() {
                    "server_time" | "expires_at" | "upload" | "cursor" | "challenge" => {
                        *value = json!("<made anew>")
                    }
                    // Of a command in this very request.
                    "id" if value.is_string() => *value = json!("<made anew>"),
                    _ => blank(value),
                }
            }
        }
        Value::Array(parts) => parts.iter_mut().for_each(blank),
        _ => {}
    }
}

/// What everybody was answered.
pub struct Matrix<'a> {
    people: &'a [Person],
    things: &'a [Thing],
    absent: &'a Thing,
    text: String,
    pub faults: Vec<String>,
    pub asked: usize,
}

impl<'a> Matrix<'a> {
    pub fn new(people: &'a [Person], things: &'a [Thing], absent: &'a Thing) -> Self {
        let mut text = String::from(
            "Who is answered what (tests/flows/strangers.rs; written anew with ANFANG_BLESS=1)\n\
             Columns: a report of inspector1 in township 101, with its site, photo, upload, and its author's device; an\n\
             item of the ledger that the township's unit has; a sealed plan and an unsealed one, of the supervisor\n\
             for the author; an account of the unit, with a role. The same of the resident team there (plans of\n\
             supervisor1 for inspector); of inspector2 in township 102, whose unit nobody here is of; of\n\
             inspector1 in another county; none. What is somebody else's is answered as none, word for word. 404 is not_found.\n\
             People who are answered alike share a line; `other` are those of the other county.\n",
        );
        text.push('\n');
        Matrix { people, things, absent, text, faults: Vec::new(), asked: 0 }
    }

    pub fn text(&self) -> String {
        format!("{}\n", self.text.trim_end())
    }

    /// Asks a route in every way, for everybody and everything: those without the right first, for those with it
    /// may change something.
    pub async fn ask(&mut self, route: &Route) {
        let door = match route.door {
            Door::Public => "public",
            Door::Outside => "public, not in the description, no data",
            Door::Signed => "signed in",
            Door::Enrolling => "enrolling only",
        };
        for probe in &route.probes {
            let how = if probe.how.is_empty() { String::new() } else { format!(" ({})", probe.how) };
            let _ = writeln!(self.text, "{} {}{how}: {door}", route.method, route.path);
            let rows = if probe.right.is_some() {
                self.compare(route, probe).await
            } else {
                self.plain(route, probe).await
            };
            let mut lines: Vec<(Vec<String>, Vec<String>)> = Vec::new();
            for (person, row) in self.people.iter().zip(rows) {
                match lines.iter_mut().find(|(cells, _)| *cells == row) {
                    Some((_, names)) => names.push(person.name()),
                    None => lines.push((row, vec![person.name()])),
                }
            }
            let everybody = lines.len() == 1;
            for (cells, names) in lines {
                let names = if everybody { "everybody".to_owned() } else { shorten(&names) };
                let _ = writeln!(self.text, "    {:<28} {names}", cells.join(" | "));
            }
            self.text.push('\n');
        }
    }

    async fn plain(&mut self, route: &Route, probe: &Probe) -> Vec<Vec<String>> {
        let answers = join_all(self.people.iter().map(|person| put(person, route, probe, self.absent))).await;
        let mut rows = Vec::new();
        for (person, answer) in self.people.iter().zip(answers) {
            self.check_leaks(person, route, probe, self.absent, &answer);
            let answer = answer.without_names(self.absent);
            let cell = if route.door == Door::Outside {
                let stranger = (probe.ask)(self.absent);
                let (http, base) = (&person.speaker.http, &person.speaker.base);
                let unsigned = send(http, base, None, &route.method, &stranger).await;
                super::outside::cell(&answer, &unsigned.without_names(self.absent))
            } else {
                answer.cell()
            };
            let expected = match probe.only {
                Some(right) if !person.holds(right) => "404",
                _ => probe.granted,
            };
            if cell != expected {
                self.faults.push(format!("{}: {cell}, not {expected}", title(person, route, probe, "-")));
            }
            rows.push(vec![cell]);
        }
        rows
    }

    async fn compare(&mut self, route: &Route, probe: &Probe) -> Vec<Vec<String>> {
        let right = probe.right.expect("a probe that takes a right");
        let nothing = join_all(self.people.iter().map(|person| put(person, route, probe, self.absent))).await;
        let none: Vec<Answer> = nothing.iter().map(|a| a.clone().without_names(self.absent)).collect();
        let mut rows: Vec<Vec<String>> = vec![vec![String::new(); self.things.len() + 1]; self.people.len()];
        for (row, none) in rows.iter_mut().zip(&none) {
            *row.last_mut().expect("a column for none") = none.cell();
        }
        for with_right in [false, true] {
            for (column, thing) in self.things.iter().enumerate() {
                let asked: Vec<usize> = (0..self.people.len())
                    .filter(|n| self.people[*n].has(right, thing) == with_right)
                    .collect();
                let answers =
                    join_all(asked.iter().map(|n| put(&self.people[*n], route, probe, thing))).await;
                for (n, answer) in asked.into_iter().zip(answers) {
                    let person = &self.people[n];
                    self.check_leaks(person, route, probe, thing, &answer);
                    let answer = answer.without_names(thing);
                    rows[n][column] = answer.cell();
                    let fault = match with_right {
                        true if answer.cell() != probe.granted => {
                            format!("has the right and gets {}", answer.cell())
                        }
                        true if answer == none[n] => {
                            "has the right and is answered as if there were nothing".into()
                        }
                        false if answer != none[n] => {
                            format!("{answer:?}\n  is not as for nothing:\n  {:?}", none[n])
                        }
                        _ => continue,
                    };
                    self.faults.push(format!("{}: {fault}", title(person, route, probe, thing.name)));
                }
            }
        }
        rows
    }

    /// Nothing that this person may not read, and no secret, is anywhere in the answer; save the names that stood in the
    /// question: those come back for what is not there, too.
    fn check_leaks(&mut self, person: &Person, route: &Route, probe: &Probe, about: &Thing, answer: &Answer) {
        self.asked += 1;
        let question = format!("{:?}", (probe.ask)(about));
        let whole = format!("{:?}\n{}", answer.headers, answer.text);
        let mut leak = |what: &str| {
            self.faults.push(format!("{}: tells {what}", title(person, route, probe, "-")));
        };
        let forbidden =
            self.things.iter().flat_map(|t| t.marks.iter().filter(move |(right, _)| !person.has(*right, t)));
        for (_, mark) in forbidden {
            if whole.contains(mark.as_str()) && !question.contains(mark.as_str()) {
                leak(mark);
            }
        }
        for other in self.people {
            let tokens = &other.speaker.tokens;
            if [Some(&tokens.access_token), tokens.refresh_token.as_ref()]
                .into_iter()
                .flatten()
                .any(|t| whole.contains(t))
            {
                leak("a token");
            }
        }
        if [given::PASSWORD, given::SECRET, "$argon2"].iter().any(|secret| whole.contains(secret)) {
            leak("a secret");
        }
        for address in addresses(answer) {
            let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.".contains(c);
            if address.len() > 100 || !address.chars().all(plain) {
                leak(&format!("an address that says too much: {address}"));
            }
        }
    }
}

/// Addresses on this server that an answer gives.
fn addresses(answer: &Answer) -> Vec<String> {
    fn within(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(text) if text.starts_with("/v1/") || text.contains("://") => {
                found.push(text.clone())
            }
            Value::Array(parts) => parts.iter().for_each(|part| within(part, found)),
            Value::Object(fields) => fields.values().for_each(|field| within(field, found)),
            _ => {}
        }
    }
    let mut found: Vec<String> = answer.headers.get("location").into_iter().cloned().collect();
    within(&answer.json(), &mut found);
    found
}

fn title(person: &Person, route: &Route, probe: &Probe, thing: &str) -> String {
    format!("{} {} {} [{}] by {}", route.method, route.path, probe.how, thing, person.name())
}

/// The question with this person's own names in it.
fn asked_by(person: &Person, ask: Ask) -> Ask {
    let me = person.speaker.tokens.account_id.to_string();
    let checklist = household_checklist(person.county).to_string();
    let named = |json: Value| {
        let text = json.to_string().replace("<me>", &me).replace("<checklist>", &checklist);
        serde_json::from_str(&text).expect("JSON")
    };
    Ask { path: ask.path.replace("<me>", &me), json: ask.json.map(named), ..ask }
}

/// Asks as this person. A question with a cursor gets the one at the end of all that the person may read.
async fn put(person: &Person, route: &Route, probe: &Probe, thing: &Thing) -> Answer {
    let speaker = &person.speaker;
    let token = Some(speaker.tokens.access_token.as_str());
    let mut ask = asked_by(person, (probe.ask)(thing));
    if let Some(cursor) = ask.json.as_mut().and_then(|json| json.get_mut("cursor")) {
        let (mut at, mut more) = (Value::Null, true);
        while more {
            let pull = Ask { path: ask.path.clone(), json: Some(json!({ "cursor": at })), ..Ask::default() };
            let page = send(&speaker.http, &speaker.base, token, &Method::POST, &pull).await.json();
            (at, more) = (page["cursor"].clone(), page["more"] == json!(true));
        }
        *cursor = at;
    }
    send(&speaker.http, &speaker.base, token, &route.method, &ask).await
}

/// Names, with everybody of the other county in one word.
fn shorten(names: &[String]) -> String {
    let others = names.iter().filter(|name| name.starts_with("other ")).count();
    let mut text: Vec<&str> = names.iter().map(String::as_str).collect();
    if others == super::things::LOGINS.len() {
        text.retain(|name| !name.starts_with("other "));
        text.push("other *");
    }
    text.join(", ")
}
