//! The thread that starts Postgres, watches it, and stops it.
//!
//! One thread for all of it, alive as long as Postgres: the kernel's death signal comes when the *thread*
//! that started a process ends, so a thread of a pool would take Postgres down with it.
//!
//! Promises: Postgres that dies by itself comes back on the same socket, after 1 s, then every 2 s;
//! the log stays under twice [`LOG_LIMIT_BYTES`].
//! Never: gives up on a Postgres that is still recovering (within [`START_LIMIT`]).

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::account::Account;
use super::binaries::Binaries;
use super::place::Place;
use super::{leftovers, socket};

/// Recovery replays at most `max_wal_size` (1 GB) of log: minutes on a bad disk.
const START_LIMIT: Duration = Duration::from_secs(600);
const WATCH: Duration = Duration::from_millis(250);
const POLL: Duration = Duration::from_millis(20);
const REPORT: Duration = Duration::from_secs(10);
/// A full disk keeps Postgres from starting; when there is space again, nobody waits for more than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Fast; immediate; and the kernel's word, should the postmaster hang. Each with the patience for it.
const STOPPING: [(Signal, Duration); 3] = [
    (Signal::SIGINT, Duration::from_secs(20)),
    (Signal::SIGQUIT, Duration::from_secs(6)),
    (Signal::SIGKILL, Duration::from_secs(5)),
];
const LOG_LIMIT_BYTES: u64 = 8 << 20;
const TAIL_LIMIT_BYTES: u64 = 4 << 10;
const TAIL_LIMIT_LINES: usize = 15;

/// All that a start needs, to be repeated at will.
#[derive(Debug)]
pub(super) struct Plan {
    postgres: PathBuf,
    account: Account,
    data: PathBuf,
    conf: PathBuf,
    log: PathBuf,
    socket: PathBuf,
}

impl Plan {
    pub fn new(binaries: &Binaries, account: Account, place: &Place, socket: &Path) -> Self {
        Self {
            postgres: binaries.program("postgres"),
            account,
            data: place.data(),
            conf: place.conf(),
            log: place.log(),
            socket: socket.to_path_buf(),
        }
    }

    /// What nobody may override is on the command line: it wins over every file, and over ALTER SYSTEM.
    fn arguments(&self) -> Vec<std::ffi::OsString> {
        let mut arguments = vec!["-D".into(), self.data.clone().into_os_string()];
        let files = [
            ("config_file", "postgresql.conf"),
            ("hba_file", "pg_hba.conf"),
            ("ident_file", "pg_ident.conf"),
        ];
        let paths = files.map(|(name, file)| (name, self.conf.join(file)));
        for (name, path) in paths.into_iter().chain([("unix_socket_directories", self.socket.clone())]) {
            let mut setting = std::ffi::OsString::from(format!("{name}="));
            setting.push(path);
            arguments.extend(["-c".into(), setting]);
        }
        for setting in ["listen_addresses=".into(), format!("port={}", socket::PORT)] {
            arguments.extend(["-c".into(), setting.into()]);
        }
        arguments
    }
}

#[derive(Debug, Default)]
struct Shared {
    /// 0 while there is none.
    pid: AtomicU32,
    stopping: AtomicBool,
}

/// Handle of the thread; dropping it stops Postgres and waits for both.
#[derive(Debug)]
pub(super) struct Supervisor {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Supervisor {
    /// Starts the thread, and returns when Postgres accepts connections.
    pub fn start(plan: Plan) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let (sender, receiver) = channel();
        let for_thread = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("private-postgres".into())
            .spawn(move || supervise(&plan, &for_thread, &sender))
            .context("starting a thread")?;
        let supervisor = Self { shared, thread: Some(thread) };
        receiver.recv().unwrap_or_else(|_| Err(anyhow!("the thread that starts Postgres has panicked")))?;
        Ok(supervisor)
    }

    pub fn pid(&self) -> Option<u32> {
        Some(self.shared.pid.load(Ordering::Acquire)).filter(|pid| *pid != 0)
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            if thread.join().is_err() {
                // The kernel told Postgres to stop when that thread ended.
                tracing::error!("the thread that watched Postgres had panicked");
            }
        }
    }
}

fn supervise(plan: &Plan, shared: &Shared, started: &Sender<Result<()>>) {
    let mut child = match launch(plan, shared) {
        Ok(child) => child,
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    if started.send(Ok(())).is_err() {
        return stop(&mut child, shared);
    }
    loop {
        if shared.stopping.load(Ordering::Acquire) {
            return stop(&mut child, shared);
        }
        match child.try_wait() {
            Ok(None) => {}
            Ok(Some(status)) => {
                shared.pid.store(0, Ordering::Release);
                tracing::error!(%status, "Postgres ended by itself; starting it again");
                match relaunch(plan, shared) {
                    Some(again) => child = again,
                    None => return,
                }
            }
            Err(error) => tracing::error!(%error, "cannot watch Postgres"),
        }
        keep_short(&plan.log);
        thread::park_timeout(WATCH);
    }
}

/// Until it works, or until nobody wants it any more (`None`).
fn relaunch(plan: &Plan, shared: &Shared) -> Option<Child> {
    let mut pause = Duration::from_secs(1);
    loop {
        match leftovers::clear(&plan.data).and_then(|()| launch(plan, shared)) {
            Ok(child) => {
                tracing::info!(pid = child.id(), "Postgres is back");
                return Some(child);
            }
            Err(error) => tracing::error!("Postgres does not start: {error:#}"),
        }
        let until = Instant::now() + pause;
        while Instant::now() < until {
            if shared.stopping.load(Ordering::Acquire) {
                return None;
            }
            thread::park_timeout(WATCH);
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Starts Postgres and waits until it accepts connections.
fn launch(plan: &Plan, shared: &Shared) -> Result<Child> {
    keep_short(&plan.log);
    let log = open_log(&plan.log)?;
    let said_before_bytes = log.metadata().context("looking at the log of Postgres")?.len();
    let mut command = plan.account.command(&plan.postgres, &plan.data, Signal::SIGINT);
    command.args(plan.arguments()).stdin(Stdio::null());
    command.stdout(log.try_clone().context("opening the log of Postgres")?).stderr(log);
    let mut child = command
        .spawn()
        .with_context(|| format!("running {} as {}", plan.postgres.display(), plan.account.name))?;
    match await_ready(&mut child, plan, shared, said_before_bytes) {
        Ok(()) => {
            shared.pid.store(child.id(), Ordering::Release);
            Ok(child)
        }
        Err(error) => {
            stop(&mut child, shared);
            Err(error)
        }
    }
}

fn await_ready(child: &mut Child, plan: &Plan, shared: &Shared, said_before_bytes: u64) -> Result<()> {
    let began = Instant::now();
    let mut report = REPORT;
    loop {
        if let Some(status) = child.try_wait().context("waiting for Postgres")? {
            bail!(
                "Postgres ended with {status} instead of starting. The end of its log, {}:\n{}",
                plan.log.display(),
                tail(&plan.log, said_before_bytes)
            );
        }
        if says_ready(&plan.data, child.id()) {
            return Ok(());
        }
        if shared.stopping.load(Ordering::Acquire) {
            bail!("told to stop while Postgres was starting");
        }
        if began.elapsed() > START_LIMIT {
            bail!(
                "Postgres accepts no connections after {} s. The end of its log, {}:\n{}",
                START_LIMIT.as_secs(),
                plan.log.display(),
                tail(&plan.log, said_before_bytes)
            );
        }
        if began.elapsed() > report {
            tracing::info!(seconds = report.as_secs(), "waiting for Postgres, which is recovering");
            report += REPORT;
        }
        thread::sleep(POLL);
    }
}

/// Asks the pid file, as `pg_ctl` does: its eighth line is the postmaster's state. Needs no client, and adds
/// no aborted connection to the log.
fn says_ready(data: &Path, pid: u32) -> bool {
    let Ok(text) = fs::read_to_string(data.join("postmaster.pid")) else {
        return false;
    };
    let mut lines = text.lines();
    let of_this_one = lines.next().is_some_and(|line| line.trim() == pid.to_string());
    of_this_one && lines.nth(6).is_some_and(|state| state.trim() == "ready")
}

/// Takes 31 s at most, mostly a fraction of one. It is our child and not yet waited for: nobody else can have
/// its number.
fn stop(child: &mut Child, shared: &Shared) {
    shared.pid.store(0, Ordering::Release);
    let Ok(pid) = i32::try_from(child.id()).map(Pid::from_raw) else {
        return;
    };
    for (signal, patience) in STOPPING {
        if matches!(child.try_wait(), Ok(Some(_))) || kill(pid, signal).is_err() {
            return;
        }
        let until = Instant::now() + patience;
        while Instant::now() < until {
            if matches!(child.try_wait(), Ok(Some(_))) {
                tracing::info!(%signal, "private Postgres has stopped");
                return;
            }
            thread::sleep(POLL);
        }
        tracing::warn!(%signal, seconds = patience.as_secs(), "Postgres has not stopped");
    }
}

fn open_log(path: &Path) -> Result<File> {
    // Ours to open: the cluster's user gets the open file, and no right to the folder.
    let opened = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
    opened.with_context(|| format!("opening the log {}", path.display()))
}

/// Postgres holds the file open, so it is copied and emptied, not renamed; what is said in between is lost.
fn keep_short(log: &Path) {
    if log.metadata().is_ok_and(|found| found.len() > LOG_LIMIT_BYTES) {
        let kept = fs::copy(log, log.with_extension("log.1"));
        if let Err(error) = kept.and_then(|_| OpenOptions::new().write(true).open(log)?.set_len(0)) {
            tracing::warn!(%error, "cannot shorten the log of Postgres");
        }
    }
}

/// The last lines that Postgres said from `start_bytes` on.
fn tail(log: &Path, start_bytes: u64) -> String {
    let read = || -> std::io::Result<String> {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(start_bytes.max(length.saturating_sub(TAIL_LIMIT_BYTES)).min(length)))?;
        let mut bytes = Vec::new();
        file.take(TAIL_LIMIT_BYTES).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = read().unwrap_or_else(|error| format!("(cannot be read: {error})"));
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LIMIT_LINES)..].join("\n")
}
