//! The phone's sense of time: its own clocks are claims, the server's is what was last heard.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use crate::clock::ClockReading;

/// What the phone's clocks say now. Given to the engine, which never asks a clock itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    pub wall: DateTime<Utc>,
    /// Milliseconds since the phone started; never goes back while it runs. All waiting is measured in it.
    pub uptime_ms: u64,
    /// Distinguishes one start of the phone from the next.
    pub boot: String,
}

/// What the phone knows of the server's time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TimeSense {
    /// The server time of the last answer.
    pub server_seen: Option<DateTime<Utc>>,
    /// The phone's wall clock minus the server's at that moment, in milliseconds.
    pub skew_ms: Option<i64>,
}

impl TimeSense {
    /// An answer came in at `wall`, saying that it was `server` when it was written.
    pub fn hear(&mut self, server: DateTime<Utc>, wall: DateTime<Utc>) {
        self.server_seen = Some(server);
        self.skew_ms = Some((wall - server).num_milliseconds());
    }

    /// The claim that goes with a command or a push.
    pub fn reading(&self, now: &Moment) -> ClockReading {
        ClockReading {
            wall: now.wall,
            uptime_ms: Some(now.uptime_ms),
            boot: Some(now.boot.clone()),
            server_seen: self.server_seen,
        }
    }

    /// The best guess at the server's time.
    pub fn server_now(&self, now: &Moment) -> DateTime<Utc> {
        let skew = Duration::try_milliseconds(self.skew_ms.unwrap_or(0)).unwrap_or_default();
        now.wall.checked_sub_signed(skew).unwrap_or(now.wall)
    }
}
