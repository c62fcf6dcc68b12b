//! Turns: of the requests that write to one upload, the latest has it.
//!
//! A phone that lost its connection comes back long before the server notices the loss. Whoever comes takes the
//! turn: the one before is told to stop, and the newcomer waits only until its file work is done. Over several
//! server processes the lease number in the database and the lock on the file do the same.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use anfang_protocol::ids::{AccountId, UploadId};
use tokio::sync::OwnedMutexGuard;
use tokio_util::sync::CancellationToken;

/// An upload, and whose: a stranger who knows its id disturbs nobody.
type Key = (AccountId, UploadId);

#[derive(Debug, Clone, Default)]
pub struct Turns {
    latest: Arc<Mutex<HashMap<Key, Latest>>>,
}

#[derive(Debug)]
struct Latest {
    stop: CancellationToken,
    working: Arc<tokio::sync::Mutex<()>>,
}

/// The right to write, until dropped. Take care to stop when told to.
#[derive(Debug)]
pub struct Turn {
    stop: CancellationToken,
    turns: Turns,
    key: Key,
    /// None while waiting.
    working: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Stops whoever has the turn and waits until it has stopped.
    pub async fn take(&self, account: AccountId, upload: UploadId) -> Turn {
        let (stop, key) = (CancellationToken::new(), (account, upload));
        let working = {
            let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = latest
                .entry(key)
                .or_insert_with(|| Latest { stop: CancellationToken::new(), working: Arc::default() });
            entry.stop.cancel();
            entry.stop = stop.clone();
            entry.working.clone()
        };
        // Made before the wait, so that it tidies up even when nobody waits for it any more.
        let mut turn = Turn { stop, turns: self.clone(), key, working: None };
        turn.working = Some(working.lock_owned().await);
        turn
    }
}

impl Turn {
    /// Ends when somebody else wants the turn.
    pub async fn lost(&self) {
        self.stop.cancelled().await;
    }

    pub fn is_lost(&self) -> bool {
        self.stop.is_cancelled()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut latest = self.turns.latest.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever came later has the entry now, and will take it away.
        if !self.stop.is_cancelled() {
            latest.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        (AccountId(uuid::Uuid::from_u128(1)), UploadId(uuid::Uuid::from_u128(2)))
    }

    #[tokio::test]
    async fn the_latest_has_the_turn_once_the_one_before_has_stopped() {
        let (turns, (account, upload)) = (Turns::default(), key());
        let first = turns.take(account, upload).await;
        let (second, third) = (turns.take(account, upload), turns.take(account, upload));
        let work = async {
            first.lost().await;
            drop(first);
        };
        let ((), second, third) = tokio::join!(work, async { second.await.is_lost() }, async {
            let turn = third.await;
            turn.is_lost()
        });
        assert!(second, "it was overtaken while it waited");
        assert!(!third);
        assert!(turns.latest.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn strangers_disturb_nobody() {
        let (turns, (account, upload)) = (Turns::default(), key());
        let mine = turns.take(account, upload).await;
        let _theirs = turns.take(AccountId(uuid::Uuid::from_u128(9)), upload).await;
        assert!(!mine.is_lost());
    }
}
