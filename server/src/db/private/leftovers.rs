//! What an earlier run left: a postmaster that still runs, its orphaned backends, a stale `postmaster.pid`.
//!
//! Promises: when [`clear`] returns, no process of Postgres works in the folder, and no pid file there keeps
//! a new one from starting. A process is known by what it is (a `postgres` whose working directory is that
//! very folder), never by its number alone, for numbers are used again.
//! Never: signals a process that is not Postgres in that folder.

use std::fs;
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const POLL: Duration = Duration::from_millis(20);
/// How long after the start of clearing each of them comes: to a postmaster a fast shutdown (to an orphan:
/// give up your query), an immediate one, the end. Crash recovery makes good whatever the last two leave.
const STEPS: [(Duration, Signal); 3] = [
    (Duration::ZERO, Signal::SIGINT),
    (Duration::from_secs(15), Signal::SIGQUIT),
    (Duration::from_secs(25), Signal::SIGKILL),
];
const LIMIT: Duration = Duration::from_secs(35);

/// Stops what runs in the cluster `data` and removes a pid file that a stranger's number keeps alive. Only
/// while the place is locked. Takes 35 s at most, usually no time.
pub(super) fn clear(data: &Path) -> Result<()> {
    let began = Instant::now();
    let mut steps = STEPS.iter().peekable();
    loop {
        let running = processes_in(data)?;
        if running.is_empty() {
            break;
        }
        if began.elapsed() > LIMIT {
            bail!("processes {running:?} of an earlier Postgres in {} do not end", data.display());
        }
        while let Some((_, signal)) = steps.next_if(|(after, _)| began.elapsed() >= *after) {
            tracing::warn!(?running, %signal, "stopping a Postgres that an earlier run left");
            // A postmaster stops its children itself, in good order; only orphans are told one by one.
            let postmaster = pid_in_file(data).filter(|pid| running.contains(pid));
            let told = match postmaster {
                Some(pid) if *signal != Signal::SIGKILL => vec![pid],
                _ => running.clone(),
            };
            for pid in told {
                // It may just have ended by itself.
                let _ = kill(Pid::from_raw(pid), *signal);
            }
        }
        thread::sleep(POLL);
    }
    forget_stranger(data)
}

/// Postgres takes a pid file for valid if any process has that number. We know better by now. The file of a
/// number that is free stays for Postgres, whose own checks are more than ours.
fn forget_stranger(data: &Path) -> Result<()> {
    let Some(pid) = pid_in_file(data) else {
        return Ok(());
    };
    if kill(Pid::from_raw(pid), None).is_err() {
        return Ok(());
    }
    let file = data.join("postmaster.pid");
    tracing::warn!(
        pid,
        "postmaster.pid is of a crashed Postgres, whose number another process has now; removing it"
    );
    match fs::remove_file(&file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing the stale {}", file.display()))
        }
        _ => Ok(()),
    }
}

/// The postmaster's process id as its lock file has it.
fn pid_in_file(data: &Path) -> Option<i32> {
    let text = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    text.lines().next()?.trim().parse().ok().filter(|pid| *pid > 1)
}

#[cfg(target_os = "linux")]
fn processes_in(data: &Path) -> Result<Vec<i32>> {
    use std::os::unix::fs::MetadataExt;

    let identity = |path: &Path| path.metadata().map(|found| (found.dev(), found.ino()));
    let Ok(wanted) = identity(data) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").context("listing the processes in /proc")?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // Fails for processes that are not ours to see, or gone: none of them is in our folder.
        if identity(&entry.path().join("cwd")).is_ok_and(|cwd| cwd == wanted) {
            let program = fs::read_link(entry.path().join("exe")).unwrap_or_default();
            // After an update of the package its name is followed by ` (deleted)`.
            let name = program.file_name().unwrap_or_default().to_string_lossy();
            if name == "postgres" || name == "postgres (deleted)" {
                found.push(pid);
            }
        }
    }
    Ok(found)
}

/// Without /proc: only the postmaster, known by its command line. Its orphans keep the shared memory, which
/// makes a new Postgres refuse to start, and end by themselves.
#[cfg(not(target_os = "linux"))]
fn processes_in(data: &Path) -> Result<Vec<i32>> {
    let Some(pid) = pid_in_file(data) else {
        return Ok(Vec::new());
    };
    let listed =
        std::process::Command::new("ps").args(["-ww", "-o", "args=", "-p", &pid.to_string()]).output();
    let listed = listed.context("running ps")?;
    let line = String::from_utf8_lossy(&listed.stdout).into_owned();
    let ours = line.contains("postgres") && line.contains(&*data.to_string_lossy());
    Ok(if ours { vec![pid] } else { Vec::new() })
}
