//! As whom Postgres runs.
//!
//! Promises: never root, which Postgres itself refuses. A server that is not root runs it as itself. One
//! that is root steps down: to the owner of an existing cluster, else to `postgres`, else to `nobody`.
//! Never: runs anything on behalf of an owner other than these.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use nix::unistd::{Pid, Uid, User, geteuid, getppid, setsid};

/// Variables that Postgres may need to find its libraries; it gets no other of ours: not our
/// `DATABASE_URL` and secrets, nor a stray `PGDATA`, `PGOPTIONS` or `LC_ALL`.
const PASSED_ON: &[&str] = &["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR"];

/// The user that owns the cluster and runs Postgres.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub uid: u32,
    pub gid: u32,
    pub name: String,
    /// The user of this program, when it is another: root.
    pub served: Option<String>,
}

impl Account {
    /// The account of the cluster in `data`: its owner when it exists, else that of a new one.
    pub fn of_cluster(data: &Path) -> Result<Self> {
        let Ok(owner) = data.metadata().map(|found| found.uid()) else {
            return Self::for_new();
        };
        let me = geteuid();
        if owner == 0 {
            bail!(
                "{} belongs to root, as which Postgres refuses to run. Give it to an unprivileged user: \
                 chown -R postgres: {0}",
                data.display()
            );
        }
        if !me.is_root() && owner != me.as_raw() {
            bail!("{} belongs to user {owner}, but this program runs as {me}", data.display());
        }
        Self::of(owner)
    }

    /// The account of a cluster that is still to be made.
    pub fn for_new() -> Result<Self> {
        let me = geteuid();
        if !me.is_root() {
            return Self::of(me.as_raw());
        }
        for name in ["postgres", "nobody"] {
            if let Some(user) = User::from_name(name).context("looking up a user")? {
                return Self::of(user.uid.as_raw());
            }
        }
        bail!("started as root, and there is neither a user `postgres` nor `nobody` to run Postgres as")
    }

    fn of(uid: u32) -> Result<Self> {
        let me = geteuid();
        let user = named(uid)?;
        let served = if me.as_raw() == uid { None } else { Some(named(me.as_raw())?.name) };
        Ok(Self { uid, gid: user.gid.as_raw(), name: user.name, served })
    }

    /// The users that may connect: this program's and, in case it is another, the cluster's.
    pub fn welcome(&self) -> impl Iterator<Item = &str> {
        self.served.as_deref().into_iter().chain([self.name.as_str()])
    }

    /// Hands a folder that this program just made to the account.
    pub fn own(&self, folder: &Path) -> Result<()> {
        if self.served.is_none() {
            return Ok(());
        }
        std::os::unix::fs::lchown(folder, Some(self.uid), Some(self.gid))
            .with_context(|| format!("giving {} to user {}", folder.display(), self.name))
    }

    /// Whether the account can enter `folder`. Not computed from modes, but tried, for the kernel alone knows
    /// about ACLs, mounts and the folders above.
    ///
    /// `program` is run with `--version`.
    pub fn can_enter(&self, folder: &Path, program: &Path) -> Result<bool> {
        let tried = |folder: &Path| self.command(program, folder, Signal::SIGKILL).arg("--version").output();
        // Without this first try, a program that may not be run would look like a folder that is closed.
        tried(Path::new("/"))
            .with_context(|| format!("running {} as user {}", program.display(), self.name))?;
        match tried(folder) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(false),
            Err(error) => Err(error).with_context(|| format!("entering {}", folder.display())),
        }
    }

    /// A program of Postgres, to be run as the account in `folder`.
    ///
    /// It is the head of a session of its own, so that a Ctrl-C in the terminal reaches us alone and we stop
    /// Postgres when the last request is answered. `on_our_death` is what the kernel sends it when the
    /// *thread* that started it ends, so that thread must outlive it, or mean it to stop.
    pub fn command(&self, program: &Path, folder: &Path, on_our_death: Signal) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder).env_clear();
        command.envs(PASSED_ON.iter().filter_map(|name| std::env::var_os(name).map(|value| (name, value))));
        if self.served.is_some() {
            // With `uid`, std also drops our supplementary groups.
            command.gid(self.gid).uid(self.uid);
        }
        let parent = Pid::this();
        // SAFETY: between fork and exec only async-signal-safe calls are allowed. These are three bare system
        // calls, on values copied into the closure: no allocation, no lock, no environment.
        unsafe {
            command.pre_exec(move || {
                setsid()?;
                die_with(parent, on_our_death)
            });
        }
        command
    }
}

/// Runs in the child, after std's `setuid`, which would clear the death signal again.
#[cfg(target_os = "linux")]
fn die_with(parent: Pid, signal: Signal) -> io::Result<()> {
    nix::sys::prctl::set_pdeathsig(signal)?;
    // Our program may have died just before: then no signal will come, and nobody waits for Postgres.
    if getppid() == parent { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
}

/// No such signal elsewhere: the next start stops what was left running.
#[cfg(not(target_os = "linux"))]
fn die_with(parent: Pid, _signal: Signal) -> io::Result<()> {
    if getppid() == parent { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
}

fn named(uid: u32) -> Result<User> {
    let user = User::from_uid(Uid::from_raw(uid)).context("looking up a user")?;
    user.with_context(|| {
        format!("user id {uid} has no name, and Postgres asks for one: add it to /etc/passwd")
    })
}
