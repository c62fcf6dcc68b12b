//! Runs each room's chores, beside the server or alone (`anfang work`).
//!
//! A chore takes no input, looks at the state, does a bounded part of what is due, and may run on any number of
//! processes at once.

use std::time::Duration;

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::JoinHandle,
};

use crate::{
    auth::{self, Secret},
    casework::{self, Hall},
    clock::Clock,
    config::Serve,
    db::Db,
    evidence,
    failure::Result,
    home,
    ledger::{self, Bell},
    rectifications, sync,
    webhooks::chore::{self, Sender},
};

/// How long the worker rests when nothing was due.
const REST: Duration = Duration::from_millis(500);
/// How often tallies are added up.
const ADD_UP_EVERY: Duration = Duration::from_secs(5);
/// How often unfinished uploads and orphans are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(300);

/// Chores at work; to be stopped before the database goes.
pub struct Chores {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Chores {
    /// Lets what is under way finish.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        for task in self.tasks {
            let _ = task.await;
        }
    }
}

/// `anfang work`: the chores alone, until told to stop (SIGINT, SIGTERM).
///
/// # Errors
/// When the database or the folder of blobs cannot be had.
pub async fn work(config: Serve) -> anyhow::Result<()> {
    let clock = Clock::ahead(config.clock_ahead_seconds);
    let opened = home::open(&config.home, config.db_connections).await?;
    let evidence = evidence::Room::open(&config, &opened.db, &clock, &Bell::default())?;
    let hall = Hall::new(opened.db.clone(), clock.clone(), Bell::default());
    let sender = Sender { secret: Secret::of(&config.home)?, private: config.webhooks_private };
    let chores = start(opened.db.clone(), clock, evidence, hall, sender);
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    chores.stop().await;
    opened.close().await;
    Ok(())
}

/// Starts all chores.
pub fn start(db: Db, clock: Clock, evidence: evidence::Room, hall: Hall, sender: Sender) -> Chores {
    let (stop, stopped) = watch::channel(false);
    let examining = tokio::spawn({
        let (db, clock, evidence, mut stopped) =
            (db.clone(), clock.clone(), evidence.clone(), stopped.clone());
        async move {
            while !*stopped.borrow() {
                let done = evidence.examine_pending(&db, &clock).await.unwrap_or_else(|error| {
                    tracing::warn!(error = %error, "examining files");
                    0
                });
                if done == 0 {
                    rest(REST, &mut stopped).await;
                }
            }
        }
    });
    let escalating = tokio::spawn({
        let (db, clock, mut stopped) = (db.clone(), clock.clone(), stopped.clone());
        async move {
            while !*stopped.borrow() {
                let done = casework::sweep(&hall, &db, &clock).await.unwrap_or_else(|error| {
                    tracing::warn!(error = %error, "looking for what fell due");
                    0
                });
                if done == 0 {
                    rest(REST, &mut stopped).await;
                }
            }
        }
    });
    let sending = tokio::spawn({
        let (db, clock, mut stopped) = (db.clone(), clock.clone(), stopped.clone());
        async move {
            while !*stopped.borrow() {
                let done = chore::deliver(&sender, &db, &clock).await.unwrap_or_else(|error| {
                    tracing::warn!(error = %error, "sending notices");
                    false
                });
                if !done {
                    rest(REST, &mut stopped).await;
                }
            }
        }
    });
    let adding_up = tokio::spawn({
        let (db, mut stopped) = (db.clone(), stopped.clone());
        async move {
            while !*stopped.borrow() {
                if let Err(error) = add_up(&db).await {
                    tracing::warn!(error = %error, "adding tallies up");
                }
                rest(ADD_UP_EVERY, &mut stopped).await;
            }
        }
    });
    let sweeping = tokio::spawn({
        let mut stopped = stopped;
        async move {
            while !*stopped.borrow() {
                if let Err(error) = evidence.sweep(&db, &clock).await {
                    tracing::warn!(error = %error, "sweeping uploads");
                }
                if let Err(error) = forget_tokens(&db, &clock).await {
                    tracing::warn!(error = %error, "sweeping refresh tokens");
                }
                if let Err(error) = forget_tombstones(&db, &clock).await {
                    tracing::warn!(error = %error, "sweeping tombstones");
                }
                if let Err(error) = ledger::walk::along(&db, &clock).await {
                    tracing::warn!(error = %error, "walking along the ledger");
                }
                rest(SWEEP_EVERY, &mut stopped).await;
            }
        }
    });
    Chores { stop, tasks: vec![examining, escalating, sending, adding_up, sweeping] }
}

async fn add_up(db: &Db) -> Result<usize> {
    rectifications::chore::add_up(&mut *db.conn().await?).await
}

async fn forget_tokens(db: &Db, clock: &Clock) -> Result<()> {
    while auth::chore::sweep(&mut *db.conn().await?, clock.now()).await? > 0 {}
    Ok(())
}

async fn forget_tombstones(db: &Db, clock: &Clock) -> Result<()> {
    while sync::chore::sweep(&mut *db.conn().await?, clock.now()).await? {}
    Ok(())
}

/// Rests, unless it is time to stop.
async fn rest(time: Duration, stopped: &mut watch::Receiver<bool>) {
    // An error says that nobody is left who could tell: the rest goes on to its end.
    let told = async {
        while stopped.changed().await.is_ok() {
            if *stopped.borrow() {
                return;
            }
        }
        std::future::pending::<()>().await;
    };
    let _ = tokio::time::timeout(time, told).await;
}
