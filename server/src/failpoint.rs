//! Points at which a test can kill the process: between a write, its fsync, a commit and the answer.
//!
//! `FAILPOINTS='push.before_commit=2*off->return'` kills it at the third pass of that point, as SIGKILL does:
//! no destructor runs, nothing is flushed. `return(40)` lets 40 ms pass before: an answer that was given too early is
//! then heard.
//!
//! Promises: nothing of this is in a program that was not built for tests; only the dev-dependencies ask for the
//! feature `failpoints` of the crate `fail`, and without it a point is an empty function.
//! Never: changes what the code around a point does, other than by ending it.

/// Every point, in the order in which a report and then its photo pass them. Tests kill at each.
pub const POINTS: &[&str] = &[
    "push.before_writes",
    "push.before_append",
    "push.before_commit",
    "push.before_answer",
    "upload.declared",
    "upload.written",
    "upload.before_part_sync",
    "upload.part_synced",
    "upload.part_booked",
    "upload.before_file_sync",
    "upload.before_move",
    "upload.moved",
    "upload.before_entry",
    "upload.before_commit",
    "upload.before_answer",
];

/// Reads from the environment where to die. Called once, before anything is served.
pub fn arm() {
    if fail::has_failpoints() {
        // The points stay armed for as long as its guard lives: to the end.
        std::mem::forget(fail::FailScenario::setup());
    }
}

/// The process may end here.
#[inline]
pub fn pass(point: &'static str) {
    debug_assert!(POINTS.contains(&point), "{point} is in the list, or no test dies there");
    if fail::has_failpoints()
        && let Some(wait_ms) = fail::eval(point, |wait_ms| wait_ms)
    {
        let wait_ms = wait_ms.and_then(|text| text.parse().ok()).unwrap_or(0);
        std::thread::sleep(std::time::Duration::from_millis(wait_ms));
        die();
    }
}

/// Like the kernel's word: at once, with nothing flushed and nobody told.
fn die() {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    loop {
        std::thread::park();
    }
}
