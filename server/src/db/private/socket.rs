//! The folder of the socket.
//!
//! Promises: it belongs to the cluster's account, is 0700, and its path is short enough for a socket. Mostly
//! `run/` in the cluster's folder, where nobody else can put anything. When that path is too long, a folder
//! in `/run` (root), `XDG_RUNTIME_DIR` or `/tmp`, named after the cluster, so that a killed program's is
//! found and used again; those of clusters that are gone are swept.
//! Never: follows a link, or uses a folder that somebody else made.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::unistd::geteuid;

use super::account::Account;
use super::place::{Place, make_folder, path_hash};

/// Names the socket; nothing listens on TCP.
pub(super) const PORT: u16 = 5432;
/// What Postgres makes in the folder.
const FILES: [&str; 2] = [".s.PGSQL.5432", ".s.PGSQL.5432.lock"];
/// Linux allows 107 bytes to the socket's path, macOS 103.
const PATH_LIMIT_BYTES: usize = 103;
/// A younger empty folder may be one that its program is just about to use.
const STALE_AFTER: Duration = Duration::from_secs(3600);

/// The folder, emptied and removed again when dropped, if it lies outside the cluster.
#[derive(Debug)]
pub(super) struct SocketFolder {
    path: PathBuf,
    outside: bool,
}

impl SocketFolder {
    /// Only while the cluster's place is locked and its Postgres is down.
    pub fn open(place: &Place, account: &Account) -> Result<Self> {
        if fits(&place.run()) {
            // Made anew: the data may have been restored under another user. Nobody else can put it here.
            let _ = remove(&place.run());
            return Ok(Self { path: take(place.run(), account)?, outside: false });
        }
        let name = format!("anfang-{:016x}", path_hash(place.folder()));
        let mut refusals = Vec::new();
        for base in bases() {
            sweep(&base, account);
            match take(base.join(&name), account) {
                Ok(path) => return Ok(Self { path, outside: true }),
                Err(error) => refusals.push(format!("{error:#}")),
            }
        }
        bail!(
            "{} is too long for a socket, and there is no safe folder for one elsewhere: {}",
            place.run().display(),
            refusals.join("; ")
        )
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketFolder {
    fn drop(&mut self) {
        if self.outside {
            let _ = remove(&self.path);
        }
    }
}

/// Also free of what has a meaning in Postgres's list of folders.
fn fits(folder: &Path) -> bool {
    let bytes = folder.as_os_str().as_encoded_bytes();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
    bytes.len() + "/".len() + FILES[0].len() <= PATH_LIMIT_BYTES && bytes.iter().all(plain)
}

/// Folders for ours, safest first. In a shared one without the sticky bit others could swap ours for theirs,
/// so it comes last, and with a warning.
fn bases() -> Vec<PathBuf> {
    let me = geteuid();
    let private = if me.is_root() {
        Some(PathBuf::from("/run"))
    } else {
        std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from)
    };
    let mut bases: Vec<PathBuf> = private
        .into_iter()
        .filter(|base| {
            base.metadata().is_ok_and(|it| it.is_dir() && it.uid() == me.as_raw() && it.mode() & 0o022 == 0)
        })
        .collect();
    let shared = ["/tmp", "/var/tmp"].map(PathBuf::from);
    let (sticky, open): (Vec<_>, Vec<_>) =
        shared.into_iter().partition(|base| base.metadata().is_ok_and(|it| it.mode() & 0o1000 != 0));
    let none_safe = bases.is_empty() && sticky.is_empty();
    bases.extend(sticky);
    if none_safe {
        tracing::warn!(
            "neither /tmp nor /var/tmp has the sticky bit: other users could replace the socket's folder"
        );
        bases.extend(open);
    }
    bases
}

/// Makes the folder or takes our own of an earlier run.
fn take(path: PathBuf, account: &Account) -> Result<PathBuf> {
    match make_folder(&path, 0o700) {
        Ok(()) => account.own(&path)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // Not followed: a link planted by somebody else is not a folder of ours.
            let found =
                fs::symlink_metadata(&path).with_context(|| format!("looking at {}", path.display()))?;
            let mine = [geteuid().as_raw(), account.uid].contains(&found.uid());
            if !found.is_dir() || !mine || found.mode() & 0o777 != 0o700 {
                bail!("{} is not a folder of user {} with mode 0700", path.display(), account.name);
            }
            if found.uid() != account.uid {
                // Killed between making it and giving it away.
                account.own(&path)?;
            }
        }
        Err(error) => return Err(error).with_context(|| format!("making {}", path.display())),
    }
    for file in FILES {
        match fs::remove_file(path.join(file)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("removing {file} of an earlier run"));
            }
            _ => {}
        }
    }
    Ok(path)
}

/// Removes what killed programs left in `base`, as far as nobody answers there. Best effort.
fn sweep(base: &Path, account: &Account) {
    let Ok(entries) = base.read_dir() else { return };
    for entry in entries.flatten() {
        let ours = entry.file_name().to_str().is_some_and(|name| {
            name.strip_prefix("anfang-")
                .is_some_and(|rest| rest.len() == 16 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
        });
        let Ok(found) = entry.metadata() else { continue };
        let old = found.modified().is_ok_and(|at| at.elapsed().is_ok_and(|age| age > STALE_AFTER));
        let mode = found.permissions().mode() & 0o777;
        if ours && old && found.is_dir() && found.uid() == account.uid && mode == 0o700 {
            let dead = UnixStream::connect(entry.path().join(FILES[0])).is_err();
            if dead && remove(&entry.path()).is_ok() {
                tracing::info!(folder = %entry.path().display(), "removed a socket folder that nobody uses");
            }
        }
    }
}

/// Only Postgres's two files and the then empty folder: whatever else is in there stays, with the folder.
fn remove(folder: &Path) -> io::Result<()> {
    for file in FILES {
        let _ = fs::remove_file(folder.join(file));
    }
    fs::remove_dir(folder)
}
