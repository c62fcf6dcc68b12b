//! A Postgres of the test's own, to be killed, copied and promoted: plain `initdb` and `pg_ctl`, so that nothing
//! of ours brings it up again behind the test's back.

use std::{
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anfang::db::{migrate, private::find_binaries};
use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, User, geteuid},
};

use super::{chance::Dice, given, postgres::Database};

/// Killed processes lose nothing without fsync, and the disk is not what is tried here.
const SETTINGS: &str = "listen_addresses = ''\nfsync = off\nmax_connections = 60\nmax_wal_senders = 8\nwal_level = replica\n\
    restart_after_crash = on\nlog_min_messages = warning\nwal_keep_size = 256MB\n";

pub struct Cluster {
    folder: tempfile::TempDir,
    binaries: PathBuf,
    /// As whom it runs, when the test is root, as which Postgres refuses to run.
    user: Option<User>,
}

/// How a cluster is struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// SIGKILL of one process that serves a connection: Postgres recovers by itself.
    Backend,
    /// `pg_ctl stop -m immediate`.
    Immediate,
    /// SIGKILL of all its processes.
    All,
    /// An orderly restart.
    Restart,
}

impl Cluster {
    /// A running cluster with the given county in its database.
    pub async fn with_the_county() -> Self {
        let cluster = Self::empty();
        cluster.initialise();
        cluster.start();
        cluster.sql("postgres", "CREATE ROLE anfang LOGIN CREATEDB");
        cluster.sql("postgres", "CREATE DATABASE anfang OWNER anfang");
        let url = cluster.database().url;
        std::thread::spawn(move || {
            tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
                migrate::migrate(&url).await.expect("migrating");
                given::fill(&url).await;
            });
        })
        .join()
        .expect("the county is there");
        cluster
    }

    /// A running cluster with an empty database, to restore a dump into.
    pub fn with_nothing() -> Self {
        let cluster = Self::empty();
        cluster.initialise();
        cluster.start();
        cluster.sql("postgres", "CREATE ROLE anfang LOGIN CREATEDB");
        cluster.sql("postgres", "CREATE DATABASE anfang OWNER anfang");
        cluster
    }

    fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).expect("its mode");
        let named = |name| User::from_name(name).ok().flatten();
        let user =
            geteuid().is_root().then(|| named("postgres").or_else(|| named("nobody")).expect("a user"));
        if let Some(user) = &user {
            std::os::unix::fs::chown(folder.path(), Some(user.uid.as_raw()), Some(user.gid.as_raw()))
                .expect("its owner");
        }
        Cluster { folder, binaries: find_binaries().expect("Postgres"), user }
    }

    fn initialise(&self) {
        let data = self.data();
        let made = self
            .run("initdb", &["-D", text(&data), "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"]);
        assert!(made.is_ok(), "{made:?}");
        self.configure("");
    }

    fn configure(&self, more: &str) {
        let socket = format!("unix_socket_directories = '{}'\n", self.folder.path().display());
        let path = self.data().join("postgresql.auto.conf");
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        std::fs::write(&path, format!("{before}{SETTINGS}{socket}{more}")).expect("its settings");
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn database(&self) -> Database {
        let host: String = text(self.folder.path()).replace('/', "%2F");
        Database { url: format!("postgresql://anfang@{host}:5432/anfang") }
    }

    /// Runs a program of Postgres to its end.
    fn run(&self, program: &str, arguments: &[&str]) -> Result<String, String> {
        let mut command = Command::new(self.binaries.join(program));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env_remove("DATABASE_URL").env("PGHOST", self.folder.path()).env("PGUSER", "postgres");
        if let Some(user) = &self.user {
            command.gid(user.gid.as_raw()).uid(user.uid.as_raw());
        }
        // Into files: a daemon that keeps a pipe open would keep us waiting for its end.
        let (out, err) = (tempfile::tempfile().expect("a file"), tempfile::tempfile().expect("a file"));
        let copies = (out.try_clone().expect("a file"), err.try_clone().expect("a file"));
        let status = command.stdout(copies.0).stderr(copies.1).status().expect(program);
        let read = |mut file: std::fs::File| {
            let mut text = String::new();
            let whole = std::io::Seek::rewind(&mut file)
                .and_then(|()| std::io::Read::read_to_string(&mut file, &mut text));
            whole.map(|_| text).expect("what it said")
        };
        if status.success() { Ok(read(out)) } else { Err(format!("{program} {}", read(err))) }
    }

    pub fn sql(&self, database: &str, statement: &str) -> String {
        let told = self.run("psql", &["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statement]);
        told.unwrap_or_else(|error| panic!("{statement}: {error}")).trim().to_owned()
    }

    /// Returns when it accepts connections.
    pub fn start(&self) {
        let log = self.folder.path().join("log");
        let began = Instant::now();
        loop {
            let started =
                self.run("pg_ctl", &["-D", text(&self.data()), "-l", text(&log), "-w", "-t", "60", "start"]);
            match started {
                Ok(_) => return,
                // Orphans of a killed one may still be going down.
                Err(_) if began.elapsed() < Duration::from_secs(30) => {
                    std::thread::sleep(Duration::from_millis(50))
                }
                Err(error) => {
                    let log = std::fs::read_to_string(&log).unwrap_or_default();
                    panic!("Postgres does not start: {error}\n{}", &log[log.len().saturating_sub(2000)..]);
                }
            }
        }
    }

    fn stop(&self, mode: &str) {
        self.run("pg_ctl", &["-D", text(&self.data()), "-w", "-t", "60", "-m", mode, "stop"]).ok();
    }

    /// Strikes, and brings it up again where it would stay down. Returns when it accepts connections.
    pub fn strike(&self, blow: Blow, dice: &mut Dice) {
        match blow {
            Blow::Backend => {
                let pids = self.sql("postgres", "SELECT pid FROM pg_stat_activity WHERE usename = 'anfang'");
                let pids: Vec<i32> = pids.lines().filter_map(|pid| pid.parse().ok()).collect();
                if !pids.is_empty() {
                    // It may just have ended by itself.
                    let struck = Pid::from_raw(*dice.pick(&pids));
                    let _ = kill(struck, Signal::SIGKILL);
                    // Until the postmaster has taken note, everything answers as if nothing had happened.
                    gone(struck);
                }
                self.await_recovery();
            }
            Blow::Immediate => {
                self.stop("immediate");
                self.start();
            }
            Blow::Restart => {
                self.stop("fast");
                self.start();
            }
            Blow::All => {
                self.kill();
                self.start();
            }
        }
    }

    /// SIGKILL of the postmaster and all its children.
    pub fn kill(&self) {
        let pids = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let Some(postmaster) = pids.lines().next().and_then(|pid| pid.trim().parse::<i32>().ok()) else {
            return;
        };
        let children = children_of(postmaster);
        for pid in std::iter::once(postmaster).chain(children) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        gone(Pid::from_raw(postmaster));
    }

    fn await_recovery(&self) {
        let until = Instant::now() + Duration::from_secs(30);
        while self.run("psql", &["-XAtq", "-d", "postgres", "-c", "SELECT 1"]).is_err() {
            assert!(Instant::now() < until, "Postgres does not recover");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A streaming standby. From now on a commit is answered when the standby has it: without that, a failover
    /// loses what was on its way.
    pub fn standby(&self) -> Self {
        let standby = Self::empty();
        let copied = standby.run(
            "pg_basebackup",
            &[
                "-h",
                text(self.folder.path()),
                "-D",
                text(&standby.data()),
                "-R",
                "-X",
                "stream",
                "-c",
                "fast",
                "--no-sync",
            ],
        );
        assert!(copied.is_ok(), "{copied:?}");
        standby.configure("");
        standby.start();
        self.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'");
        self.sql("postgres", "SELECT pg_reload_conf()");
        let until = Instant::now() + Duration::from_secs(30);
        while self.sql("postgres", "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'")
            != "1"
        {
            assert!(Instant::now() < until, "the standby does not follow");
            std::thread::sleep(Duration::from_millis(50));
        }
        standby
    }

    /// What streams to the standby stops, as if the line between them were dead.
    pub fn falls_silent_to_its_standby(&self) {
        let sender = self.sql("postgres", "SELECT pid FROM pg_stat_replication");
        kill(Pid::from_raw(sender.parse().expect("one standby")), Signal::SIGSTOP).expect("stopped");
    }

    pub fn promote(&self) {
        // It came with the base backup or the reload, and there is nobody to wait for any more.
        self.sql("postgres", "ALTER SYSTEM RESET synchronous_standby_names");
        let promoted = self.run("pg_ctl", &["-D", text(&self.data()), "-w", "promote"]);
        assert!(promoted.is_ok(), "{promoted:?}");
        self.sql("postgres", "SELECT pg_reload_conf()");
    }

    /// A dump of the database, as an operator makes it.
    pub fn dump(&self) -> String {
        self.run("pg_dump", &["-d", "anfang"]).expect("a dump")
    }

    pub fn restore(&self, dump: &str) {
        let file = self.folder.path().join("dump.sql");
        std::fs::write(&file, dump).expect("the dump");
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).expect("its mode");
        let restored =
            self.run("psql", &["-Xq", "-v", "ON_ERROR_STOP=1", "-1", "-d", "anfang", "-f", text(&file)]);
        assert!(restored.is_ok(), "{restored:?}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop("immediate");
        self.kill();
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

fn children_of(parent: i32) -> Vec<i32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The fourth field, counted behind the name, which may have spaces.
        let after = stat.rsplit(") ").next().unwrap_or_default();
        after.split_whitespace().nth(1).and_then(|field| field.parse().ok()) == Some(parent)
    })
    .collect()
}

/// Waits until a killed process is gone, and its parent knows.
fn gone(pid: Pid) {
    let until = Instant::now() + Duration::from_secs(5);
    while kill(pid, None).is_ok() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
}
