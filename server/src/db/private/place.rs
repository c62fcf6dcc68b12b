//! Where a cluster lives, and the lock on it.
//!
//! Usually `<data_dir>/postgres`. But a server started as root runs Postgres as another user, who may not be
//! able to get there: under `/root`, or in a data directory of mode 0700. We do not open up folders that the
//! operator closed. Instead such a cluster is kept in `/var/lib/anfang/clusters/<name>`, and
//! `<data_dir>/postgres` is a symbolic link to it: it shows in `ls -l` where the data is, moves along with
//! the data directory, and goes with it. (Bind mounts need rights that containers lack; passing an open
//! directory through /proc/self/fd hides the place from the operator and his backups.)
//!
//! Promises: the folder is this user's own; two programs never hold one `Place`.
//! Never: takes over a folder left behind by a data directory that was deleted: new evidence with old rows
//! would be a lie. It says what it found and takes the next name.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nix::unistd::geteuid;

use super::account::Account;
use super::binaries::Binaries;

const ELSEWHERE: &str = "/var/lib/anfang/clusters";

/// The folder of one cluster, held by this program.
#[derive(Debug)]
pub(super) struct Place {
    folder: PathBuf,
    /// On the data directory, against two first starts; on the folder, against two data directories (one
    /// a copy) with links to one cluster. The kernel opens both when this program dies, however it dies.
    locks: [File; 2],
}

impl Drop for Place {
    /// Not by closing alone: a child that is just being started has copies of our files until its program begins, and
    /// the next start may come sooner.
    fn drop(&mut self) {
        for lock in &self.locks {
            let _ = lock.unlock();
        }
    }
}

impl Place {
    /// Finds or makes the folder of the cluster of `data_dir`, and locks it.
    pub fn open(data_dir: &Path, binaries: &Binaries) -> Result<Self> {
        // Root's data directory can be passed through, not listed: Postgres, as another user, must get in.
        let mode = if geteuid().is_root() { 0o711 } else { 0o700 };
        DirBuilder::new()
            .recursive(true)
            .mode(mode)
            .create(data_dir)
            .with_context(|| format!("making the data directory {}", data_dir.display()))?;
        let data_dir = data_dir.canonicalize().context("resolving the data directory")?;
        let outer = lock(&data_dir.join("postgres.lock"), &data_dir)?;
        let link = data_dir.join("postgres");
        if fs::symlink_metadata(&link).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            make(&data_dir, &link, mode, binaries)?;
        }
        let folder = link.canonicalize().with_context(|| {
            format!(
                "{} is a link to a cluster that is not there: restore it, or remove the link",
                link.display()
            )
        })?;
        let found = folder.metadata().context("looking at the cluster's folder")?;
        if !found.is_dir() || found.uid() != geteuid().as_raw() {
            bail!(
                "{} is not a folder of the user this program runs as ({}), but of user {}: start it as \
                 that user",
                folder.display(),
                geteuid(),
                found.uid()
            );
        }
        let inner = lock(&folder.join("lock"), &data_dir)?;
        let place = Self { folder, locks: [outer, inner] };
        place.check_entry(binaries)?;
        Ok(place)
    }

    /// An existing cluster may have become unreachable: somebody closed a folder above it.
    fn check_entry(&self, binaries: &Binaries) -> Result<()> {
        let account = Account::of_cluster(&self.data())?;
        if account.served.is_some() && !account.can_enter(&self.folder, &binaries.program("postgres"))? {
            bail!(
                "user {} runs the cluster in {}, but cannot get into that folder: a folder above it is \
                 closed to others. Allow passing through (chmod o+x), or move the folder and leave a link",
                account.name,
                self.folder.display()
            );
        }
        Ok(())
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The cluster itself, owned by its account.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// A cluster in the making; becomes [`Place::data`] when it is complete.
    pub fn staging(&self) -> PathBuf {
        self.folder.join("data.new")
    }

    /// Outside the cluster, for root must not write in a folder of somebody else.
    pub fn conf(&self) -> PathBuf {
        self.folder.join("conf")
    }

    pub fn log(&self) -> PathBuf {
        self.folder.join("postgres.log")
    }

    pub fn run(&self) -> PathBuf {
        self.folder.join("run")
    }
}

fn make(data_dir: &Path, link: &Path, mode: u32, binaries: &Binaries) -> Result<()> {
    make_folder(link, mode).with_context(|| format!("making {}", link.display()))?;
    let account = Account::for_new()?;
    if account.served.is_none() || account.can_enter(link, &binaries.program("postgres"))? {
        return Ok(());
    }
    fs::remove_dir(link).context("making room for a link")?;
    let elsewhere = make_elsewhere(data_dir, mode)?;
    symlink(&elsewhere, link).with_context(|| format!("linking {}", link.display()))?;
    tracing::info!(
        data_dir = %data_dir.display(), cluster = %elsewhere.display(),
        "user {} cannot get into the data directory; the cluster is kept elsewhere", account.name
    );
    Ok(())
}

fn make_elsewhere(data_dir: &Path, mode: u32) -> Result<PathBuf> {
    let parent = Path::new(ELSEWHERE);
    DirBuilder::new()
        .recursive(true)
        .mode(0o711)
        .create(parent)
        .with_context(|| format!("making {ELSEWHERE}"))?;
    let stem = format!("{:016x}", path_hash(data_dir));
    for number in 1..=99 {
        let folder = parent.join(format!("{stem}-{number}"));
        match make_folder(&folder, mode) {
            Ok(()) => {
                let text = format!(
                    "The Postgres cluster of the Anfang data directory {}, which links to it.\nIt is here \
                     because Postgres runs as an unprivileged user, who cannot get in there.\n",
                    data_dir.display()
                );
                fs::write(folder.join("README"), text).context("writing README")?;
                return Ok(folder);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => tracing::warn!(
                left = %folder.display(),
                "an earlier cluster of this path was left behind and is not used; remove it if not needed"
            ),
            Err(error) => return Err(error).with_context(|| format!("making {}", folder.display())),
        }
    }
    bail!("99 clusters of {} were left behind in {ELSEWHERE}: remove those nobody needs", data_dir.display())
}

/// A new folder of exactly this mode, whatever the umask. Fails when there is anything of that name.
pub(super) fn make_folder(path: &Path, mode: u32) -> io::Result<()> {
    DirBuilder::new().mode(mode).create(path)?;
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))
}

/// FNV-1a: short, and the same in every version of Rust, unlike std's hasher. No secret depends on it.
pub(super) fn path_hash(path: &Path) -> u64 {
    path.as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn lock(path: &Path, data_dir: &Path) -> Result<File> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("opening the lock {} (is this folder another user's?)", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Only for the message: a holder that has not yet written its number is no error.
            let _ = file.read_to_string(&mut holder);
            let holder = if holder.trim().is_empty() { "another process" } else { holder.trim() };
            bail!(
                "the private Postgres of {} is in use by {holder}. Use that running server, stop it first, \
                 or give this one another data directory or a DATABASE_URL",
                data_dir.display()
            );
        }
        Err(TryLockError::Error(error)) => {
            return Err(error).with_context(|| format!("locking {}", path.display()));
        }
    }
    file.set_len(0).context("writing the lock")?;
    writeln!(file, "process {}", std::process::id()).context("writing the lock")?;
    Ok(file)
}
