//! The hall: where commands of one jurisdiction meet on their way into one transaction.
//!
//! Requests that arrive while a batch is committing wait together and form the next one. One fsync, one turn at
//! the counter row and one set of round trips then serve many phones. If a batch fails, its parts are tried
//! apart, so that nobody fails for a neighbour.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};

use anfang_protocol::{
    Code, Problem,
    command::Command,
    ids::{DeviceId, JurisdictionId},
    sync::{Outcome, Status},
};
use diesel::sql_types::{Array, Int8, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, RunQueryDsl};
use moka::sync::Cache;
use tokio::sync::{mpsc, oneshot};

use super::{
    docket::TermsCache,
    perform::{Caches, Performed, perform},
    submission::Submission,
};
use crate::{
    clock::Clock,
    db::{Conn, Db, prepared},
    failpoint,
    failure::{Failure, Result},
    ledger::{Bell, Head},
};

/// Commands in one transaction.
const BATCH: usize = 200;
/// Requests waiting for one jurisdiction; beyond it the server is told to be busy.
const QUEUE: usize = 1024;
/// How long the calendar and the rules are believed to be the same.
const TERMS_FOR: std::time::Duration = std::time::Duration::from_secs(2);
/// Times that a transaction is run again when somebody got in between.
const ATTEMPTS: usize = 5;

/// What became of one client's commands.
#[derive(Debug, Clone, Default)]
pub struct Done {
    /// In their order.
    pub outcomes: Vec<Outcome>,
    /// Behind the effects of all that is told as applied. None: nothing was applied now; it may have been before.
    pub head: Option<Head>,
}

pub type Answer = Result<Done>;

struct Job {
    batch: Vec<Submission>,
    /// Outcomes that the device has kept, by its own count.
    acknowledged: Option<(DeviceId, u32)>,
    answer: oneshot::Sender<Answer>,
}

/// Clones share the queues.
#[derive(Clone)]
pub struct Hall {
    db: Db,
    clock: Clock,
    bell: Bell,
    caches: Caches,
    queues: Arc<Mutex<HashMap<JurisdictionId, mpsc::Sender<Job>>>>,
    /// Writers live on the runtime that made the hall, not on that of the request which came first.
    runtime: tokio::runtime::Handle,
}

impl Hall {
    /// Must be called within a runtime that lives as long as the server.
    pub fn new(db: Db, clock: Clock, bell: Bell) -> Self {
        Hall {
            db,
            clock,
            bell,
            caches: Caches {
                checklists: Cache::new(1000),
                terms: Cache::builder().max_capacity(1000).time_to_live(TERMS_FOR).build(),
            },
            queues: Arc::default(),
            runtime: tokio::runtime::Handle::current(),
        }
    }

    /// Performs one client's commands, in their order. When it answers, what was applied is durable.
    ///
    /// # Errors
    /// `unavailable` when too many wait already; broken when the database fails as a whole. A single command
    /// that could not be decided has the outcome `retry`.
    pub async fn perform(
        &self,
        jurisdiction: JurisdictionId,
        batch: Vec<Submission>,
        acknowledged: Option<(DeviceId, u32)>,
    ) -> Answer {
        let (answer, answered) = oneshot::channel();
        let busy = || Failure::from(Problem::new(Code::Unavailable).retry_after_s(2));
        self.queue(jurisdiction).try_send(Job { batch, acknowledged, answer }).map_err(|_| busy())?;
        answered.await.map_err(|_| busy())?
    }

    /// What would become of these commands now: decided and saved as ever, then rolled back.
    ///
    /// # Errors
    /// As [`Hall::perform`].
    pub async fn rehearse(&self, jurisdiction: JurisdictionId, batch: &[Submission]) -> Result<Vec<Outcome>> {
        let all: Vec<&Submission> = batch.iter().collect();
        let mut conn = self.db.conn().await?;
        for _ in 0..ATTEMPTS {
            let (now, mut told) = (self.clock.now(), None);
            let rolled_back = conn
                .transaction::<(), Failure, _>(async |conn| {
                    let performed = perform(conn, jurisdiction, &all, &self.caches, now).await?;
                    told = performed.map(|performed| performed.outcomes);
                    Err(Failure::from(diesel::result::Error::RollbackTransaction))
                })
                .await;
            match (told, rolled_back) {
                (Some(outcomes), _) => return Ok(outcomes),
                (None, Err(failure)) if !got_in_between(&failure) => return Err(failure),
                (None, _) => {}
            }
        }
        // Not as if the database were away: what cannot be written must not hold up what came with it.
        Err(Problem::new(Code::TryAgain).retry_after_s(1).into())
    }

    pub(super) fn terms(&self) -> &TermsCache {
        &self.caches.terms
    }

    fn queue(&self, jurisdiction: JurisdictionId) -> mpsc::Sender<Job> {
        // The lock is held for a look-up only; a panic while holding it cannot leave the map half-done.
        let mut queues = self.queues.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let queue = queues.entry(jurisdiction).or_insert_with(|| self.open(jurisdiction));
        if queue.is_closed() {
            *queue = self.open(jurisdiction);
        }
        queue.clone()
    }

    fn open(&self, jurisdiction: JurisdictionId) -> mpsc::Sender<Job> {
        let (sender, mut jobs) = mpsc::channel::<Job>(QUEUE);
        let hall = self.clone();
        self.runtime.spawn(async move {
            while let Some(first) = jobs.recv().await {
                let mut together = vec![first];
                let mut commands = together[0].batch.len();
                while commands < BATCH {
                    let Ok(job) = jobs.try_recv() else { break };
                    commands += job.batch.len();
                    together.push(job);
                }
                hall.run(jurisdiction, together).await;
            }
        });
        sender
    }

    async fn run(&self, jurisdiction: JurisdictionId, jobs: Vec<Job>) {
        if jobs.len() > 1 {
            let all: Vec<&Submission> = jobs.iter().flat_map(|job| &job.batch).collect();
            let kept: Vec<_> = jobs.iter().filter_map(|job| job.acknowledged).collect();
            if let Ok(Done { mut outcomes, head }) = self.commit(jurisdiction, &all, &kept).await {
                for job in jobs {
                    let rest = outcomes.split_off(job.batch.len());
                    // The client may have gone; what was committed stays.
                    let _ = job.answer.send(Ok(Done { outcomes, head }));
                    outcomes = rest;
                }
                return;
            }
        }
        for job in jobs {
            let kept: Vec<_> = job.acknowledged.into_iter().collect();
            let answer = self.alone(jurisdiction, &job.batch, &kept).await;
            let _ = job.answer.send(answer);
        }
    }

    /// One client's commands: together, and if that fails one by one.
    async fn alone(
        &self,
        jurisdiction: JurisdictionId,
        batch: &[Submission],
        kept: &[(DeviceId, u32)],
    ) -> Answer {
        let all: Vec<&Submission> = batch.iter().collect();
        let failure = match self.commit(jurisdiction, &all, kept).await {
            Ok(done) => return Ok(done),
            Err(failure) => failure,
        };
        let away = failure.problem().is(Code::Unavailable) || failure.problem().is(Code::StorageFull);
        if away || batch.len() < 2 {
            let outcomes = || batch.iter().map(|s| retry(s, &failure)).collect();
            return if away { Err(failure) } else { Ok(Done { outcomes: outcomes(), head: None }) };
        }
        let mut done = Done::default();
        // What could not be decided holds up what follows on the same item, as within one transaction.
        let mut halted = HashSet::new();
        for submission in batch {
            let item = submission.command.as_ref().ok().map(Command::item);
            if item.is_some_and(|item| halted.contains(&item)) {
                let problem = Code::PredecessorRefused.into();
                done.outcomes.push(Outcome::refused(Some(submission.envelope.id), Status::Blocked, problem));
                continue;
            }
            match self.commit(jurisdiction, &[submission], &[]).await {
                Ok(one) => {
                    done.outcomes.extend(one.outcomes);
                    done.head = one.head.or(done.head);
                }
                Err(failure) => done.outcomes.push(retry(submission, &failure)),
            }
            if done.outcomes.last().is_some_and(|outcome| outcome.status != Status::Applied) {
                halted.extend(item);
            }
        }
        Ok(done)
    }

    async fn commit(
        &self,
        jurisdiction: JurisdictionId,
        batch: &[&Submission],
        kept: &[(DeviceId, u32)],
    ) -> Answer {
        let mut conn = self.db.conn().await?;
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let done = conn
                .transaction::<Option<Performed>, Failure, _>(async |conn| {
                    forget(conn, jurisdiction, kept).await?;
                    match perform(conn, jurisdiction, batch, &self.caches, now).await? {
                        Some(performed) => {
                            failpoint::pass("push.before_commit");
                            Ok(Some(performed))
                        }
                        None => Err(Failure::from(diesel::result::Error::RollbackTransaction)),
                    }
                })
                .await;
            match done {
                Ok(Some(performed)) => {
                    failpoint::pass("push.before_answer");
                    self.bell.ring(jurisdiction, &performed.places);
                    metrics::counter!("anfang_commands_total").increment(batch.len() as u64);
                    metrics::histogram!("anfang_batch_commands").record(batch.len() as f64);
                    return Ok(Done { outcomes: performed.outcomes, head: performed.head });
                }
                Ok(None) => {}
                Err(failure) if got_in_between(&failure) => {}
                Err(failure) => return Err(failure),
            }
        }
        Err(Problem::new(Code::Unavailable).retry_after_s(1).into())
    }
}

fn got_in_between(failure: &Failure) -> bool {
    use diesel::result::{DatabaseErrorKind::*, Error};
    let Failure::Broken(error) = failure else { return false };
    matches!(
        error.downcast_ref::<Error>(),
        Some(Error::RollbackTransaction | Error::DatabaseError(SerializationFailure | UniqueViolation, _))
    )
}

fn retry(submission: &Submission, failure: &Failure) -> Outcome {
    if let Failure::Broken(error) = failure {
        tracing::error!(command = %submission.envelope.id, error = format!("{error:#}"), "a command could not be decided");
    }
    Outcome::refused(
        Some(submission.envelope.id),
        Status::Retry,
        Problem::new(Code::TryAgain).retry_after_s(30),
    )
}

/// Lets bodies of outcomes go that their devices have kept; id, digest and status stay.
async fn forget(conn: &mut Conn, jurisdiction: JurisdictionId, kept: &[(DeviceId, u32)]) -> Result<()> {
    if kept.is_empty() {
        return Ok(());
    }
    prepared(
        "UPDATE commands c SET outcome = NULL FROM unnest($2, $3) AS k (device_id, n) \
         WHERE c.jurisdiction_id = $1 AND c.device_id = k.device_id AND c.n <= k.n AND c.outcome IS NOT NULL",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(kept.iter().map(|(device, _)| device.0).collect::<Vec<_>>())
    .bind::<Array<Int8>, _>(kept.iter().map(|(_, n)| i64::from(*n)).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}
