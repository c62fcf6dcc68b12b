//! Watches over an answer that takes long: it ends when the sign-in does, not when the file does.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::{Stream, StreamExt};

use crate::{
    auth::{Actor, Gate},
    clock::Clock,
    db::Db,
};

/// How often the gate is asked, at most.
const ASK_EVERY: Duration = Duration::from_millis(400);

/// An actor who is being answered.
pub struct Watch {
    gate: Arc<Gate>,
    db: Db,
    clock: Clock,
    actor: Actor,
    asked: Instant,
}

impl Watch {
    /// From now on: the actor was just let in.
    pub fn new(gate: Arc<Gate>, db: Db, clock: Clock, actor: Actor) -> Self {
        Watch { gate, db, clock, actor, asked: Instant::now() }
    }

    /// Passes the pieces on for as long as the sign-in holds. A piece that was waiting for a slow reader is asked
    /// about again before it goes.
    pub fn over<S>(mut self, pieces: S) -> impl Stream<Item = io::Result<Bytes>>
    where
        S: Stream<Item = io::Result<Bytes>> + Unpin,
    {
        let mut pieces = pieces;
        async_stream::try_stream! {
            while let Some(piece) = pieces.next().await {
                let piece = piece?;
                self.ask().await?;
                yield piece;
            }
        }
    }

    async fn ask(&mut self) -> io::Result<()> {
        if self.asked.elapsed() < ASK_EVERY {
            return Ok(());
        }
        self.asked = Instant::now();
        self.gate.still(&self.db, self.clock.now(), &self.actor).await.map_err(io::Error::other)
    }
}
