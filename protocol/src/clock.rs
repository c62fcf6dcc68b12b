//! Claims about time. The server's clock rules; a phone's clock is a claim that is kept and judged.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

/// What a phone knew of time at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClockReading {
    /// The phone's wall clock.
    pub wall: DateTime<Utc>,
    /// Milliseconds since the phone started, from a clock that nobody can set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uptime_ms: Option<u64>,
    /// Distinguishes one start of the phone from the next; uptimes compare only within one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<String>,
    /// The latest server time that the phone had seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_seen: Option<DateTime<Utc>>,
}

impl ClockReading {
    pub fn wall(wall: DateTime<Utc>) -> Self {
        ClockReading { wall, uptime_ms: None, boot: None, server_seen: None }
    }
}

/// What the server makes of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// The phone's wall clock minus the server's when the push arrived, in milliseconds.
    pub skew_ms: i64,
    /// When the thing was recorded, by the server's clock, where the monotonic clock allows to say.
    pub recorded_at: Option<DateTime<Utc>>,
    /// The wall clock was moved between recording and sending, by more than [`TOLERANCE`].
    pub clock_moved: bool,
    /// The claim lies before a server time that the phone had already seen, or in the future.
    pub impossible: bool,
}

/// Differences that a phone's clock may have without being marked.
pub const TOLERANCE: Duration = Duration::minutes(5);

/// Judges the time of a command: `recorded` when it was made, `sent` when it was pushed, `now` by the server.
pub fn judge(recorded: &ClockReading, sent: &ClockReading, now: DateTime<Utc>) -> Judged {
    let skew = sent.wall - now;
    let elapsed = match (&recorded.boot, &sent.boot, recorded.uptime_ms, sent.uptime_ms) {
        (Some(a), Some(b), Some(then), Some(later)) if a == b && later >= then => {
            i64::try_from(later - then).ok().and_then(Duration::try_milliseconds)
        }
        _ => None,
    };
    let recorded_at = elapsed.and_then(|elapsed| now.checked_sub_signed(elapsed));
    // If nobody touched the clock, the claim is off by the same skew as the sending clock.
    let clock_moved = recorded_at.is_some_and(|at| ((recorded.wall - at) - skew).abs() > TOLERANCE);
    let in_future = recorded.wall - skew > now + TOLERANCE;
    let before_seen = recorded.server_seen.is_some_and(|seen| recorded.wall - skew < seen - TOLERANCE);
    Judged {
        skew_ms: skew.num_milliseconds(),
        recorded_at,
        clock_moved,
        impossible: in_future || before_seen,
    }
}
