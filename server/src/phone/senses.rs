//! The machine's monotonic clock, and which start of the machine it counts from.

use std::time::Instant;

use anfang_protocol::client::Moment;

use crate::clock::{Clock, chance};

#[derive(Debug)]
pub struct Senses {
    boot: String,
    /// Uptime of the machine when the process looked first.
    start_ms: u64,
    since: Instant,
}

impl Senses {
    /// On Linux the machine's own uptime, suspended time included; elsewhere that of this process, which makes
    /// each start of the program a boot of its own.
    pub fn new() -> Self {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
        let uptime = std::fs::read_to_string("/proc/uptime").ok();
        let seconds = uptime.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
        let (boot, start_ms) = match (boot, seconds) {
            (Some(boot), Some(seconds)) if seconds.is_finite() && seconds >= 0.0 => {
                (boot.trim().to_owned(), (seconds * 1000.0) as u64)
            }
            _ => (hex::encode(chance::<16>()), 0),
        };
        Senses { boot, start_ms, since: Instant::now() }
    }

    pub fn now(&self, clock: &Clock) -> Moment {
        let elapsed = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        Moment {
            wall: clock.now(),
            uptime_ms: self.start_ms.saturating_add(elapsed),
            boot: self.boot.clone(),
        }
    }

    /// A number from 0 to 1.
    pub fn chance(&self) -> f64 {
        f64::from(u32::from_be_bytes(chance::<4>())) / f64::from(u32::MAX)
    }
}
