//! How fast to go: back-off, sizes that fit the link, when to ask again. Not kept over a restart; a phone that
//! was switched off begins afresh.

use super::clock::Moment;
use crate::{Problem, limits};

/// What the owner of the phone, or a test, may set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The first wait after a failure, milliseconds; it doubles with each further one.
    pub backoff_ms: u64,
    pub backoff_max_ms: u64,
    /// Between two looks for news when nothing else is to be done.
    pub poll_ms: u64,
    /// Videos wait for a link that is not paid by the byte.
    pub video_on_wifi_only: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { backoff_ms: 1_000, backoff_max_ms: 300_000, poll_ms: 60_000, video_on_wifi_only: true }
    }
}

/// Whether the access token is good.
#[derive(Debug, Clone, PartialEq)]
pub enum Access {
    Good,
    /// To be refreshed.
    Stale,
    /// Only a person can go on, by signing in.
    SignedOut(Option<Box<Problem>>),
}

const PAGE_MIN: usize = 8 * 1024;
const PUSH_MIN: usize = 4 * 1024;
const UPLOAD_MIN: u64 = 64 * 1024;
const UPLOAD_FIRST: u64 = 512 * 1024;
const UPLOAD_MAX: u64 = 64 * 1024 * 1024;
/// An exchange that took less may be larger next time, one that took more must be smaller, milliseconds.
const QUICK_MS: u64 = 3_000;
const SLOW_MS: u64 = 20_000;

#[derive(Debug, Clone, PartialEq)]
pub struct Pace {
    pub(super) access: Access,
    /// Failures in a row.
    failures: u32,
    /// Uptime before which nothing is tried.
    pub(super) wait_until_ms: u64,
    /// Uptime before which what the server has put off is not sent again.
    pub(super) retry_at_ms: u64,
    deferrals: u32,
    /// Uptime before which nothing is declared.
    pub(super) declare_at_ms: u64,
    pub(super) poll_at_ms: u64,
    /// A pull is wanted now.
    pub(super) pull_due: bool,
    /// The server no longer serves changes to this version.
    pub(super) too_old: Option<Box<Problem>>,
    pub(super) push_commands: usize,
    pub(super) push_bytes: usize,
    pub(super) page_bytes: usize,
    pub(super) upload_bytes: u64,
    /// Refusals of a request that only pulled, in a row.
    pub(super) pull_refusals: u32,
    /// The last thing that went wrong with the link or the server.
    pub(super) trouble: Option<Box<Problem>>,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            access: Access::Good,
            failures: 0,
            wait_until_ms: 0,
            retry_at_ms: 0,
            deferrals: 0,
            declare_at_ms: 0,
            poll_at_ms: 0,
            pull_due: true,
            too_old: None,
            push_commands: limits::COMMANDS_PER_PUSH,
            push_bytes: limits::COMMAND_BYTES,
            page_bytes: limits::PAGE_BYTES,
            upload_bytes: UPLOAD_FIRST,
            pull_refusals: 0,
            trouble: None,
        }
    }
}

impl Pace {
    /// Something came through, and it took this long.
    pub(super) fn went_well(&mut self) {
        self.failures = 0;
        self.wait_until_ms = 0;
        self.trouble = None;
    }

    /// Waits before the next try: doubling, with jitter (`chance`, 0 to 1), or as long as the server asked.
    pub(super) fn back_off(&mut self, settings: &Settings, now: &Moment, asked_s: Option<u32>, chance: f64) {
        let delay = delay_ms(settings, self.failures, asked_s, chance);
        self.failures = self.failures.saturating_add(1);
        self.wait_until_ms = now.uptime_ms + delay;
    }

    /// The server put off some commands.
    pub(super) fn defer(&mut self, settings: &Settings, now: &Moment, asked_s: Option<u32>, chance: f64) {
        let delay = delay_ms(settings, self.deferrals, asked_s, chance);
        self.deferrals = self.deferrals.saturating_add(1);
        self.retry_at_ms = now.uptime_ms + delay;
    }

    pub(super) fn nothing_deferred(&mut self) {
        self.deferrals = 0;
    }

    pub(super) fn hold_declarations(&mut self, settings: &Settings, now: &Moment, chance: f64) {
        self.declare_at_ms = now.uptime_ms + delay_ms(settings, 2, None, chance);
    }

    pub(super) fn fit_sync(&mut self, took_ms: u64, more: bool, page_max: usize) {
        if took_ms <= QUICK_MS {
            self.push_commands = (self.push_commands * 2).min(limits::COMMANDS_PER_PUSH);
            self.push_bytes = (self.push_bytes * 2).min(limits::REQUEST_BYTES);
            if more {
                self.page_bytes = (self.page_bytes * 2).min(page_max);
            }
        } else if took_ms > SLOW_MS {
            self.shrink_sync();
        }
    }

    pub(super) fn shrink_sync(&mut self) {
        self.push_bytes = (self.push_bytes / 2).max(PUSH_MIN);
        self.page_bytes = (self.page_bytes / 2).max(PAGE_MIN);
    }

    pub(super) fn fit_upload(&mut self, took_ms: u64) {
        if took_ms <= QUICK_MS {
            self.upload_bytes = (self.upload_bytes * 4).min(UPLOAD_MAX);
        } else if took_ms > SLOW_MS {
            self.shrink_upload();
        }
    }

    pub(super) fn shrink_upload(&mut self) {
        self.upload_bytes = (self.upload_bytes / 2).max(UPLOAD_MIN);
    }
}

fn delay_ms(settings: &Settings, failures: u32, asked_s: Option<u32>, chance: f64) -> u64 {
    let chance = if chance.is_finite() { chance.clamp(0.0, 1.0) } else { 0.5 };
    let ceiling = settings.backoff_ms.saturating_mul(1 << failures.min(20)).min(settings.backoff_max_ms);
    match asked_s {
        // Not all phones at once when the time is over.
        Some(seconds) => u64::from(seconds) * 1000 + (settings.backoff_ms as f64 * chance) as u64,
        None => ceiling / 2 + (ceiling as f64 / 2.0 * chance) as u64,
    }
}
