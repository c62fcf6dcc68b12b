//! The register: where whole files are entered in the books.
//!
//! Files of one jurisdiction that become whole while others are being entered wait together and share the next
//! transaction: one commit and one turn at the counter row serve many. If that fails, each is tried alone, so that
//! no file fails for a neighbour; while the database is away, for ten seconds each.

mod arrival;
mod store;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

pub use arrival::{Arrival, Entered};

use anfang_protocol::{Code, Problem, ids::JurisdictionId};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep},
};

use crate::{
    clock::Clock,
    db::Db,
    evidence::Blobs,
    failpoint,
    failure::{Failure, Result},
    ledger::Bell,
};

/// How long the row of a whole file stays, for stock clients that lost the last answer and ask with HEAD.
pub const RECEIPT: chrono::Duration = chrono::Duration::hours(24);
/// Files in one transaction.
const BATCH: usize = 64;
/// Files waiting for one jurisdiction; beyond it the server is told to be busy.
const QUEUE: usize = 1024;
/// How long entering is tried while the database is away: a file that moved to its place and is not entered has to
/// be sent again.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(250);

struct Job {
    arrival: Arrival,
    answer: oneshot::Sender<Result<Entered>>,
}

/// Clones share the queues.
#[derive(Clone)]
pub struct Register {
    db: Db,
    clock: Clock,
    blobs: Blobs,
    bell: Bell,
    queues: Arc<Mutex<HashMap<JurisdictionId, mpsc::Sender<Job>>>>,
    /// Queues are served on the runtime that made the register, not on that of the request which came first.
    runtime: tokio::runtime::Handle,
}

impl Register {
    /// Must be called within a runtime that lives as long as the server.
    pub fn new(db: Db, clock: Clock, blobs: Blobs, bell: Bell) -> Self {
        Register {
            db,
            clock,
            blobs,
            bell,
            queues: Arc::default(),
            runtime: tokio::runtime::Handle::current(),
        }
    }

    /// Enters a file. When this answers `Stored`, it is durable.
    ///
    /// # Errors
    /// `unavailable` when too many wait already; broken when the database fails.
    pub async fn enter(&self, jurisdiction: JurisdictionId, arrival: Arrival) -> Result<Entered> {
        let (answer, answered) = oneshot::channel();
        let busy = || Failure::from(Problem::new(Code::Unavailable).retry_after_s(2));
        self.queue(jurisdiction).try_send(Job { arrival, answer }).map_err(|_| busy())?;
        answered.await.map_err(|_| busy())?
    }

    fn queue(&self, jurisdiction: JurisdictionId) -> mpsc::Sender<Job> {
        // The lock is held for a look-up only; a panic while holding it cannot leave the map half-done.
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queues.entry(jurisdiction).or_insert_with(|| self.open(jurisdiction));
        if queue.is_closed() {
            *queue = self.open(jurisdiction);
        }
        queue.clone()
    }

    fn open(&self, jurisdiction: JurisdictionId) -> mpsc::Sender<Job> {
        let (sender, mut jobs) = mpsc::channel::<Job>(QUEUE);
        let register = self.clone();
        self.runtime.spawn(async move {
            let mut together = Vec::with_capacity(BATCH);
            while jobs.recv_many(&mut together, BATCH).await > 0 {
                register.serve(jurisdiction, std::mem::take(&mut together)).await;
            }
        });
        sender
    }

    async fn serve(&self, jurisdiction: JurisdictionId, jobs: Vec<Job>) {
        let deadline = Instant::now() + PATIENCE;
        if jobs.len() > 1 {
            let arrivals: Vec<&Arrival> = jobs.iter().map(|job| &job.arrival).collect();
            if let Ok(entered) = self.insist(jurisdiction, &arrivals, deadline).await {
                for (job, entered) in jobs.into_iter().zip(entered) {
                    // The client may have gone; what was entered stays.
                    let _ = job.answer.send(Ok(entered));
                }
                return;
            }
        }
        for job in jobs {
            let entered = self.insist(jurisdiction, &[&job.arrival], deadline).await;
            let one = |entered: Vec<Entered>| entered.into_iter().next().unwrap_or(Entered::Superseded);
            let _ = job.answer.send(entered.map(one));
        }
    }

    /// Tries again while the database is away. Entering twice is entering once.
    async fn insist(
        &self,
        jurisdiction: JurisdictionId,
        arrivals: &[&Arrival],
        deadline: Instant,
    ) -> Result<Vec<Entered>> {
        loop {
            match self.commit(jurisdiction, arrivals).await {
                Err(failure) if failure.problem().is(Code::Unavailable) && Instant::now() < deadline => {
                    sleep(PAUSE).await;
                }
                other => return other,
            }
        }
    }

    async fn commit(&self, jurisdiction: JurisdictionId, arrivals: &[&Arrival]) -> Result<Vec<Entered>> {
        let mut conn = self.db.conn().await?;
        let now = self.clock.now();
        let booked = store::book(&mut conn, &self.blobs, jurisdiction, arrivals, now, now + RECEIPT).await?;
        failpoint::pass("upload.before_answer");
        self.bell.ring(jurisdiction, &booked.places);
        metrics::counter!("anfang_files_stored_total").increment(arrivals.len() as u64);
        Ok(booked.entered)
    }
}
