//! How often a device may ask: so many requests a second, in bursts of ten seconds' worth.
//!
//! Counted per sign-in and server process, in memory. Promises: who asks too often is told how long to wait, and is
//! cut off from nothing else. Never: writes, or asks the database.

use std::num::NonZeroU32;

use anfang_protocol::{Code, Problem, ids::SessionId};
use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock, DefaultClock},
};

/// Seconds' worth of requests that may come at once.
const BURST_SECONDS: u32 = 10;
/// Sign-ins remembered before those that have been quiet are let go.
const REMEMBERED: usize = 20_000;

/// The limit. One for all threads of a server process.
pub struct Pace {
    limiter: Option<DefaultKeyedRateLimiter<SessionId>>,
    clock: DefaultClock,
}

impl Pace {
    /// `per_second` of 0: no limit.
    pub fn new(per_second: u32) -> Self {
        let limiter = NonZeroU32::new(per_second).map(|rate| {
            let burst = rate.saturating_mul(NonZeroU32::new(BURST_SECONDS).unwrap_or(rate));
            DefaultKeyedRateLimiter::keyed(Quota::per_second(rate).allow_burst(burst))
        });
        Pace { limiter, clock: DefaultClock::default() }
    }

    /// Counts one request.
    ///
    /// # Errors
    /// `too_many_requests` with the seconds to wait.
    pub fn count(&self, session: SessionId) -> Result<(), Problem> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        if limiter.len() > REMEMBERED {
            limiter.retain_recent();
        }
        limiter.check_key(&session).map_err(|early| {
            let wait = early.wait_time_from(self.clock.now()).as_secs().saturating_add(1);
            Problem::new(Code::TooManyRequests).retry_after_s(u32::try_from(wait).unwrap_or(60))
        })
    }
}
