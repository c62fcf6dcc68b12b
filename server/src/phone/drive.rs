//! Carrying out what the engine decides, one step at a time.

use std::time::{Duration, Instant};

use anfang_protocol::{
    Problem,
    blob::{Declarations, Declare},
    client::{Answer, Page, Step, Taken, Why, step::Exchange},
    sha::Sha,
};
use reqwest::Method;

use super::{
    Phone, Result, Trouble,
    http::{Call, Outgoing, Reply},
};

/// What became of a step.
#[derive(Debug, Clone, PartialEq)]
pub enum Did {
    /// Something was exchanged, or tried.
    Went,
    /// There is nothing to do for this long; `None`: until something changes.
    Waits(Option<Duration>, Why),
}

/// How a sync ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    /// All is sent that can be sent, and what is shown is what the server shows.
    Done,
    /// The time was up, or there is no link; with the last trouble.
    NotYet(Option<Box<Problem>>),
}

impl Phone {
    /// Takes one step.
    ///
    /// # Errors
    /// When a person has to sign in, or the phone's own disk fails. The link's failures are none.
    pub async fn step(&mut self) -> Result<Did> {
        let now = self.now();
        let mut step = self.engine.next(&now, self.network);
        match &step {
            Step::Wait { until_ms, why } => {
                let wait = until_ms.map(|until| Duration::from_millis(until.saturating_sub(now.uptime_ms)));
                return Ok(Did::Waits(wait, why.clone()));
            }
            Step::SignIn(problem) => return Err(Trouble::SignedOut(problem.clone())),
            Step::Refresh => {}
            _ if self.session.as_ref().is_none_or(|session| !session.is_fresh(&now)) => step = Step::Refresh,
            _ => {}
        }
        self.keep(self.engine.begin(&step))?;
        let began = Instant::now();
        let answer = self.carry_out(&step).await?;
        let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(step = name_of(&step), answer = ?short(&answer), took_ms, "phone");
        let taken = Taken { step: &step, answer, took_ms };
        let records = self.engine.received(taken, &self.now(), self.senses.chance());
        self.keep(records)?;
        Ok(Did::Went)
    }

    /// Takes steps until all is done, or the time is up.
    ///
    /// # Errors
    /// As [`Phone::step`].
    pub async fn sync_until_done(&mut self, limit: Duration) -> Result<Ended> {
        self.nudge()?;
        let began = Instant::now();
        loop {
            let left = limit.saturating_sub(began.elapsed());
            match self.step().await? {
                Did::Waits(_, Why::Idle) => return Ok(Ended::Done),
                Did::Waits(_, Why::Offline) => return Ok(Ended::NotYet(None)),
                Did::Waits(wait, Why::BackOff(problem)) => {
                    let wait = wait.unwrap_or(left).max(Duration::from_millis(1));
                    if wait >= left {
                        return Ok(Ended::NotYet(problem));
                    }
                    tokio::time::sleep(wait).await;
                }
                Did::Went if left.is_zero() => return Ok(Ended::NotYet(None)),
                Did::Went => {}
            }
        }
    }

    /// One push and pull, whatever else there is to do: text goes, files stay for later.
    ///
    /// # Errors
    /// As [`Phone::step`].
    pub async fn push(&mut self, limit: Duration) -> Result<Ended> {
        self.nudge()?;
        let began = Instant::now();
        while began.elapsed() < limit {
            match self.next_step() {
                Step::Sync(_) | Step::Refresh | Step::SignIn(_) => {
                    self.step().await?;
                }
                Step::Wait { why: Why::BackOff(_), until_ms: Some(until_ms) } => {
                    let wait = until_ms.saturating_sub(self.now().uptime_ms);
                    tokio::time::sleep(Duration::from_millis(wait.max(1))).await;
                }
                _ => return Ok(Ended::Done),
            }
        }
        Ok(Ended::NotYet(None))
    }

    /// Stays in touch: does what is to be done as soon as there is something, until an error ends it.
    ///
    /// # Errors
    /// As [`Phone::step`].
    pub async fn watch(&mut self) -> Result<()> {
        loop {
            match self.step().await? {
                Did::Went => {}
                Did::Waits(wait, Why::Idle) => {
                    let wait = wait.unwrap_or(Duration::from_secs(60));
                    let token = self.session.as_ref().map(|session| session.access_token.clone());
                    let news = async {
                        self.http.hear("/v1/sync/events", token.as_deref().unwrap_or_default()).await;
                        // A stream that ends at once must not make the phone spin.
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    };
                    if tokio::time::timeout(wait, news).await.is_ok() {
                        self.nudge()?;
                    }
                }
                Did::Waits(wait, _) => {
                    tokio::time::sleep(wait.unwrap_or(Duration::from_secs(1)).max(Duration::from_millis(1)))
                        .await;
                }
            }
        }
    }

    async fn carry_out(&mut self, step: &Step) -> Result<Answer> {
        match step {
            Step::Sync(exchange) => self.exchange(exchange).await,
            Step::Declare(blobs) => {
                let declare = Declare { blobs: blobs.clone() };
                let reply = self.post("/v1/blobs", &declare).await?;
                Ok(read(reply, |reply| {
                    let told: Declarations = serde_json::from_slice(&reply.body).ok()?;
                    Some(Answer::Declared(told.blobs))
                }))
            }
            Step::Ask { upload, .. } => {
                let reply = self.tus(Method::HEAD, upload, vec![], Outgoing::Nothing).await;
                Ok(read(reply, |reply| reply.number("upload-offset").map(Answer::Holds)))
            }
            Step::Upload { sha256, upload, offset, length } => {
                self.upload(sha256, upload, *offset, *length).await
            }
            Step::Refresh => self.refresh().await,
            Step::SignIn(_) | Step::Wait { .. } => Ok(Answer::Lost),
        }
    }

    async fn exchange(&self, exchange: &Exchange) -> Result<Answer> {
        let reply = self.post("/v1/sync", &exchange.request).await?;
        // A portal's login page, or half an answer, is no answer.
        Ok(read(reply, |reply| Page::read(&reply.body).ok().map(|page| Answer::Synced(Box::new(page)))))
    }

    async fn upload(&self, sha: &Sha, upload: &str, offset: u64, length: u64) -> Result<Answer> {
        let path = self.blobs.path(sha);
        let here = tokio::fs::metadata(&path).await.map(|metadata| metadata.len()).unwrap_or(0);
        if here < offset + length {
            return Ok(Answer::Broken(Box::new(unreadable(sha))));
        }
        let headers = vec![("upload-offset", offset.to_string())];
        let part = Outgoing::Part { path, offset, length };
        let reply = self.tus(Method::PATCH, upload, headers, part).await;
        Ok(read(reply, |reply| reply.number("upload-offset").map(Answer::Holds)))
    }

    fn token(&self) -> Option<&str> {
        self.session.as_ref().map(|session| session.access_token.as_str())
    }

    async fn post<T: serde::Serialize>(&self, path: &str, message: &T) -> Result<Option<Reply>> {
        let capabilities = self.session.as_ref().map_or(&[][..], |session| &session.capabilities);
        let body = Outgoing::json(message, capabilities)?;
        let call = Call { method: Method::POST, path, token: self.token(), headers: Vec::new(), body };
        Ok(self.http.call(call).await)
    }

    async fn tus(
        &self,
        method: Method,
        path: &str,
        mut headers: Vec<(&'static str, String)>,
        body: Outgoing,
    ) -> Option<Reply> {
        headers.push(("tus-resumable", "1.0.0".to_owned()));
        self.http.call(Call { method, path, token: self.token(), headers, body }).await
    }
}

/// A success is read; what cannot be read is as good as lost; all else is a refusal.
fn read(reply: Option<Reply>, success: impl FnOnce(&Reply) -> Option<Answer>) -> Answer {
    match reply {
        None => Answer::Lost,
        Some(reply) if reply.is_success() => success(&reply).unwrap_or(Answer::Lost),
        Some(reply) => reply.refusal(),
    }
}

/// A problem of the phone's own: its copy is gone or cut short.
fn unreadable(sha: &Sha) -> Problem {
    Problem {
        kind: "urn:anfang:phone:file_unreadable".to_owned(),
        title: "The phone's own copy of the file is missing or damaged".to_owned(),
        title_zh: "手机上的文件副本缺失或损坏".to_owned(),
        status: 0,
        detail: Some(sha.to_string()),
        at: None,
        retry_after_s: None,
        server_time: None,
    }
}

fn name_of(step: &Step) -> &'static str {
    match step {
        Step::Wait { .. } => "wait",
        Step::SignIn(_) => "sign in",
        Step::Refresh => "refresh",
        Step::Sync(_) => "sync",
        Step::Declare(_) => "declare",
        Step::Ask { .. } => "ask",
        Step::Upload { .. } => "upload",
    }
}

fn short(answer: &Answer) -> String {
    match answer {
        Answer::Synced(page) => format!("{} outcomes, {} changes", page.outcomes.len(), page.changes.len()),
        Answer::Declared(standings) => format!("{} standings", standings.len()),
        Answer::Holds(bytes) => format!("holds {bytes}"),
        Answer::Welcome => "welcome".to_owned(),
        Answer::Refused { status, problem, .. } => {
            format!("{status} {}", problem.as_ref().map_or("", |problem| problem.kind.as_str()))
        }
        Answer::Broken(problem) => problem.kind.clone(),
        Answer::Lost => "lost".to_owned(),
    }
}
