//! A folder, a cluster, a program that holds one, and psql.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use anfang::db::private::{Options, find_binaries};

/// A data directory of the test's own, gone with it; with the cluster, should that be elsewhere.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("anfang-test-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        // Like a data directory that lets others pass through, so that root's Postgres gets in.
        fs::set_permissions(&path, PermissionsExt::from_mode(0o711)).unwrap();
        Self(path)
    }

    pub fn options(&self) -> Options {
        options(&self.0)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Ok(cluster) = self.0.join("postgres").canonicalize() {
            let _ = fs::remove_dir_all(cluster);
        }
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn options(data_dir: &Path) -> Options {
    // Not against a power cut, but a killed process loses nothing without fsync.
    Options { data_dir: data_dir.to_path_buf(), settings: vec![("fsync".into(), "off".into())] }
}

pub fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// What psql prints, or its complaint. With psql, since libpq reads the URL by its own rules.
pub fn sql(url: &str, statement: &str) -> Result<String, String> {
    let psql = find_binaries().unwrap().join("psql");
    let output =
        Command::new(psql).args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statement]).output();
    let output = output.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

pub fn keep(url: &str, number: u32) {
    sql(url, "CREATE TABLE IF NOT EXISTS kept (number int PRIMARY KEY)").unwrap();
    sql(url, &format!("INSERT INTO kept VALUES ({number})")).unwrap();
}

pub fn kept(url: &str) -> String {
    sql(url, "SELECT string_agg(number::text, ' ' ORDER BY number) FROM kept").unwrap()
}

pub fn signal(name: &str, pid: u32) {
    assert!(Command::new("kill").args([name, &pid.to_string()]).status().unwrap().success());
}

/// A process that has ended and only waits to be noticed counts as gone.
pub fn alive(pid: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && !line.contains('Z'))
}

/// Waits for it at most 10 s, and says how long it took.
pub fn within_10_s(what: &str, mut is: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !is() {
        assert!(began.elapsed() < Duration::from_secs(10), "not within 10 s: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
    began.elapsed()
}

/// `anfang serve` on a cluster of its own; in a process group of its own, like one started in a terminal.
pub struct Program {
    pub child: Child,
    pub postmaster: u32,
    pub url: String,
}

impl Program {
    pub fn start(data_dir: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_anfang"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data_dir)
            .env_remove("DATABASE_URL")
            .env("ANFANG_PG_SETTINGS", "fsync=off")
            .env("ANFANG_LOG", "error")
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("starting the program");
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        output.read_line(&mut line).expect("where it listens");
        let url = fs::read_to_string(data_dir.join("postgres.url")).expect("the note of where Postgres is");
        let pid = fs::read_to_string(data_dir.join("postgres/data/postmaster.pid")).expect("its pid file");
        let postmaster = pid.lines().next().and_then(|pid| pid.trim().parse().ok()).expect("a pid");
        Self { child, postmaster, url }
    }

    pub fn kill(&mut self) {
        self.child.kill().expect("killing the program");
        self.child.wait().expect("it is gone");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
