//! The only place that asks the machine for the time or for chance.
//!
//! Everything else gets both as arguments, so that a test can put them where it wants. Clippy forbids
//! `Utc::now` and the like elsewhere.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

/// The server's clock. Clones share one setting.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// Milliseconds that a simulation has moved this clock ahead of the machine's.
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    /// A clock that runs ahead of the machine's: for simulations and tests only.
    pub fn ahead(seconds: u32) -> Self {
        let clock = Clock::default();
        clock.advance(Duration::seconds(seconds.into()));
        clock
    }

    /// The time, cut to the microseconds that Postgres keeps: what was stored equals what is read back.
    #[allow(clippy::disallowed_methods)]
    pub fn now(&self) -> DateTime<Utc> {
        let now = Utc::now() + Duration::milliseconds(self.ahead_ms.load(Ordering::Relaxed));
        DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
    }

    /// Moves the clock ahead: for simulations and tests only.
    pub fn advance(&self, by: Duration) {
        self.ahead_ms.fetch_add(by.num_milliseconds(), Ordering::Relaxed);
    }

    /// A fresh identifier that sorts by time.
    #[allow(clippy::disallowed_methods)]
    pub fn fresh_id(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// Unpredictable bytes from the operating system.
pub fn chance<const N: usize>() -> [u8; N] {
    use rand::TryRng;
    let mut bytes = [0; N];
    // A machine without a source of chance cannot keep any secret: better to stop.
    rand::rngs::SysRng.try_fill_bytes(&mut bytes).expect("the operating system gives random bytes");
    bytes
}
