//! The private Postgres: a cluster of our own, for a server that was given no `DATABASE_URL`.
//!
//! Promises: one cluster per data directory, and never two postmasters on it. Started with the program
//! and stopped with it: cleanly when the program stops, by the kernel's death signal when the program is
//! killed (Linux; elsewhere the next start stops what was left running). Brought up again when it dies
//! while the program lives, on the same URL. Nobody but the program's own user and the cluster's user can
//! connect: the socket folder is 0700, and `peer` authentication asks the kernel who is there.
//!
//! Never: listens on TCP, runs Postgres as root, changes the mode or the owner of a folder it did not make,
//! upgrades a cluster, deletes a finished one, adopts a postmaster that another program started.
//!
//! The folder, `<data_dir>/postgres` (or where that link leads, see `place`):
//! `conf/` written anew at each start, `data/` the cluster, `run/` the socket, `postgres.log`, `lock`.
//!
//! Everything here blocks: call it through `spawn_blocking`.

mod account;
mod binaries;
mod cluster;
mod leftovers;
mod place;
mod settings;
mod socket;
mod supervisor;

use std::path::{Path, PathBuf};

use anyhow::Result;

use account::Account;
use cluster::ROLE;
use place::Place;
use socket::SocketFolder;
use supervisor::{Plan, Supervisor};

/// What a private cluster is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The server's data directory; made when missing.
    pub data_dir: PathBuf,
    /// Further lines for `postgresql.conf`, winning over ours: tests pass `fsync` = `off`. They cannot
    /// open a TCP port or move the socket, which are set where `postgresql.conf` does not reach.
    pub settings: Vec<(String, String)>,
}

/// A running private cluster. Dropping it stops Postgres, which blocks: see [`PrivatePostgres::stop`].
#[derive(Debug)]
pub struct PrivatePostgres {
    // The order is the order of dropping: Postgres stops, its socket folder goes, the locks open.
    supervisor: Supervisor,
    socket: SocketFolder,
    place: Place,
}

impl PrivatePostgres {
    /// Starts the cluster of `options.data_dir`, making it first when there is none, and returns when it
    /// accepts connections and the database `anfang` exists.
    ///
    /// Blocks: about a second, a few at the very first start, and up to ten minutes while Postgres
    /// recovers from a crash.
    ///
    /// # Errors
    /// No Postgres of the needed version on the machine; the data directory is another program's, another
    /// user's or not writable; Postgres refused to start, with the end of its log.
    pub fn start(options: Options) -> Result<Self> {
        settings::check(&options.settings)?;
        let newest = binaries::find_newest()?;
        let place = Place::open(&options.data_dir, &newest)?;
        let account = Account::of_cluster(&place.data())?;
        leftovers::clear(&place.staging())?;
        leftovers::clear(&place.data())?;
        let binaries = match cluster::version(&place)? {
            Some(major) => binaries::find_major(major, &place.data())?,
            None => {
                cluster::create(&place, &account, &newest, settings::are_careless(&options.settings))?;
                newest
            }
        };
        let socket = SocketFolder::open(&place, &account)?;
        cluster::configure(&place, &account, &options.settings)?;
        let plan = Plan::new(&binaries, account, &place, socket.path());
        let supervisor = Supervisor::start(plan)?;
        tracing::info!(
            version = binaries.version,
            cluster = %place.folder().display(),
            socket = %socket.path().display(),
            "private Postgres is ready"
        );
        Ok(Self { supervisor, socket, place })
    }

    /// The URL of a database of this cluster, for tokio-postgres and libpq alike: through the socket
    /// folder, as the role `anfang`. Stays the same when Postgres has to be brought up again.
    pub fn url(&self, database: &str) -> String {
        let host = percent_encoded(self.socket.path().as_os_str().as_encoded_bytes());
        format!("postgresql://{ROLE}@{host}:{}/{}", socket::PORT, percent_encoded(database.as_bytes()))
    }

    /// The process id of the postmaster; `None` while it is being brought up again after it died.
    pub fn pid(&self) -> Option<u32> {
        self.supervisor.pid()
    }

    /// The folder of the cluster: beside its data it holds `postgres.log`.
    pub fn folder(&self) -> &Path {
        self.place.folder()
    }

    /// Stops Postgres: a fast shutdown (open transactions are rolled back), an immediate one after 20 s,
    /// SIGKILL after 6 s more. Whatever was committed is safe in each case. Dropping does the same.
    pub fn stop(self) {
        drop(self);
    }
}

/// The folder with the newest Postgres of this machine (`postgres`, `initdb`; by all packagings also
/// `pg_dump` and `psql`): `ANFANG_PG_BIN` if set, else the highest version from 15 on in `PATH` and in the
/// distributions' folders.
///
/// # Errors
/// None is found; the text names the package to install.
pub fn find_binaries() -> Result<PathBuf> {
    Ok(binaries::find_newest()?.folder)
}

fn percent_encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
