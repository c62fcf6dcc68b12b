//! Drives connections for a fixed time, and counts what was done within it.

use std::time::{Duration, Instant};

use futures::future::try_join_all;

use super::meter::{Meter, Shares};

/// What was measured.
#[derive(Debug, Clone, Default)]
pub struct Load {
    /// Units done within the time: reports, files, pulls.
    pub units: u64,
    pub seconds: f64,
    /// Of each step that ended within the time.
    pub micros: Vec<u32>,
    pub shares: Shares,
}

impl Load {
    pub fn rate(&self) -> f64 {
        self.units as f64 / self.seconds
    }

    /// Milliseconds; `part` from 0 to 1.
    pub fn percentile_ms(&self, part: f64) -> f64 {
        let mut sorted = self.micros.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        sorted.get((last as f64 * part).round() as usize).map_or(0.0, |micros| f64::from(*micros) / 1e3)
    }

    pub fn and(mut self, other: Load) -> Load {
        self.micros.extend(other.micros);
        Load {
            units: self.units + other.units,
            seconds: self.seconds + other.seconds,
            micros: self.micros,
            shares: self.shares.and(other.shares),
        }
    }
}

/// Each worker takes one step after the other, first to warm up, then for `seconds`. A step tells how many units it
/// did; one that fails ends the bench: failures are no work.
pub async fn drive<W>(
    meter: &Meter,
    workers: &mut [W],
    seconds: f64,
    step: impl AsyncFn(&mut W) -> anyhow::Result<u64>,
) -> anyhow::Result<Load> {
    let begin = Instant::now() + Duration::from_secs_f64((seconds / 4.0).min(1.0));
    let end = begin + Duration::from_secs_f64(seconds);
    let step = &step;
    let working = try_join_all(workers.iter_mut().map(|worker| async move {
        let (mut units, mut micros) = (0, Vec::with_capacity(4096));
        loop {
            let started = Instant::now();
            if started >= end {
                return anyhow::Ok((units, micros));
            }
            let done = step(worker).await?;
            let ended = Instant::now();
            if (begin..end).contains(&ended) {
                units += done;
                micros.push(u32::try_from((ended - started).as_micros()).unwrap_or(u32::MAX));
            }
        }
    }));
    let metering = async {
        tokio::time::sleep_until(begin.into()).await;
        let before = meter.read()?;
        tokio::time::sleep_until(end.into()).await;
        anyhow::Ok(meter.read()?.since(&before))
    };
    let (worked, shares) = tokio::try_join!(working, metering)?;
    let mut load = Load { seconds, shares, ..Load::default() };
    for (units, micros) in worked {
        load.units += units;
        load.micros.extend(micros);
    }
    Ok(load)
}
