//! Hints: "there is news", over server-sent events, to those whose channels changed. They carry no data.
//!
//! A hint crosses server processes by NOTIFY, sent from a transaction of its own after the commit and gathered
//! for a moment: NOTIFY inside the writing transactions would take a lock over the whole cluster at each commit.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anfang_protocol::{feed::Channel, ids::JurisdictionId};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::store;
use crate::{
    db::Db,
    failure::Result,
    ledger::{Bell, bell::Rung},
};

/// How long news is gathered before it is told.
const GATHER: Duration = Duration::from_millis(100);
/// Channels in one notification: Postgres allows 8,000 bytes.
const CHANNELS: usize = 100;

#[derive(Serialize, Deserialize)]
struct Notice {
    jurisdiction: JurisdictionId,
    channels: Vec<Channel>,
}

/// News from all server processes. Clones share it.
#[derive(Clone)]
pub struct Hints {
    news: broadcast::Sender<Rung>,
    closing: CancellationToken,
}

impl Hints {
    /// Starts gathering this process's news and listening for everybody's.
    pub fn start(db: Db, url: String, bell: &Bell) -> Self {
        let hints = Hints { news: broadcast::channel(1024).0, closing: CancellationToken::new() };
        tokio::spawn(tell(db, bell.listen()));
        tokio::spawn(hear(url, hints.news.clone()));
        hints
    }

    pub fn listen(&self) -> broadcast::Receiver<Rung> {
        self.news.subscribe()
    }

    /// Ends the streams of those who listen: they would hold up a server that is told to stop.
    pub fn close(&self) {
        self.closing.cancel();
    }

    /// Waits for [`close`](Self::close).
    pub async fn closed(&self) {
        self.closing.cancelled().await;
    }
}

async fn tell(db: Db, mut rung: broadcast::Receiver<Rung>) {
    use broadcast::error::RecvError;
    loop {
        let first = match rung.recv().await {
            Ok(news) => news,
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        let mut gathered: BTreeMap<JurisdictionId, BTreeSet<Channel>> = BTreeMap::new();
        gathered.entry(first.jurisdiction).or_default().extend(first.channels);
        tokio::time::sleep(GATHER).await;
        while let Ok(news) = rung.try_recv() {
            gathered.entry(news.jurisdiction).or_default().extend(news.channels);
        }
        if let Err(error) = notify(&db, gathered).await {
            // Clients ask by themselves, too: a lost hint delays, it loses nothing.
            tracing::warn!(error = %error, "hints could not be sent");
        }
    }
}

async fn notify(db: &Db, gathered: BTreeMap<JurisdictionId, BTreeSet<Channel>>) -> Result<()> {
    let mut conn = db.conn().await?;
    for (jurisdiction, channels) in gathered {
        let channels: Vec<Channel> = channels.into_iter().collect();
        for part in channels.chunks(CHANNELS) {
            let text = serde_json::to_string(&Notice { jurisdiction, channels: part.to_vec() })?;
            store::notify(&mut conn, &text).await?;
        }
    }
    Ok(())
}

/// Listens on a connection of its own, and again whenever that breaks.
async fn hear(url: String, hints: broadcast::Sender<Rung>) {
    let tell = |text: &str| {
        if let Ok(notice) = serde_json::from_str::<Notice>(text) {
            let channels = notice.channels.into_iter().collect();
            // Nobody listening is fine.
            let _ = hints.send(Rung { jurisdiction: notice.jurisdiction, channels });
        }
    };
    loop {
        if let Err(error) = store::hear(&url, tell).await {
            tracing::warn!(error = %error, "the line for hints broke; opening it again");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
