//! A real server process on a database of the test's own.

use super::figures::tell;
use std::{
    fs::Permissions,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use super::postgres::Database;

/// A running `anfang serve`; killed when dropped.
pub struct Server {
    child: Child,
    pub base: String,
    pub database: Database,
    data: Arc<tempfile::TempDir>,
    settings: Vec<(String, String)>,
    panics: Arc<AtomicU32>,
}

impl Server {
    /// A server on a fresh database with the given county.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With further environment variables.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        Self::on(Database::new().await, settings)
    }

    /// On a database that somebody else made, and may take away.
    pub fn on(database: Database, settings: &[(&str, &str)]) -> Self {
        Self::in_folder(Some(database), tempfile::tempdir().expect("a folder"), settings)
    }

    /// With a folder of the test's own; without a database, on a private one in it.
    pub fn in_folder(database: Option<Database>, data: tempfile::TempDir, settings: &[(&str, &str)]) -> Self {
        let data = Arc::new(data);
        // The template's keys are sealed with this secret.
        let secret = data.path().join("secret.key");
        std::fs::write(&secret, super::given::SECRET).expect("the secret");
        std::fs::set_permissions(&secret, Permissions::from_mode(0o600)).expect("its permissions");
        let its_own = Database { url: String::new() };
        let mut server = Self::spawn(database.unwrap_or(its_own), data, owned(settings));
        if server.database.url.is_empty() {
            let note = std::fs::read_to_string(server.data().join("postgres.url"));
            server.database.url = note.expect("the note of where Postgres is");
        }
        server
    }

    /// Another process on the same database and folder.
    pub fn another(&self) -> Self {
        Self::spawn(self.database.clone(), self.data.clone(), self.settings.clone())
    }

    /// Another process with this one's folder, on another database.
    pub fn turned_to(&self, database: &Database) -> Self {
        Self::spawn(database.clone(), self.data.clone(), self.settings.clone())
    }

    /// Another process with further environment variables.
    pub fn another_with(&self, more: &[(&str, &str)]) -> Self {
        let more = more.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let settings = self.settings.iter().cloned().chain(more).collect();
        Self::spawn(self.database.clone(), self.data.clone(), settings)
    }

    fn spawn(database: Database, data: Arc<tempfile::TempDir>, settings: Vec<(String, String)>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_anfang"));
        match database.url.as_str() {
            "" => command.env_remove("DATABASE_URL"),
            url => command.env("DATABASE_URL", url),
        };
        let mut child = command
            .arg("serve")
            .env("ANFANG_LISTEN", "127.0.0.1:0")
            .env("ANFANG_DATA_DIR", data.path())
            .env("ANFANG_LOG", std::env::var("ANFANG_LOG").unwrap_or_else(|_| "warn".into()))
            .env("ANFANG_DB_CONNECTIONS", "6")
            // Phones of tests are in a hurry; `limits` looks at this.
            .env("ANFANG_REQUESTS_PER_SECOND", "0")
            .envs(settings.iter().map(|(k, v)| (k, v)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starting the server");
        let panics = Arc::new(AtomicU32::new(0));
        let (log, counter) = (child.stderr.take().expect("its log"), panics.clone());
        std::thread::spawn(move || {
            for line in BufReader::new(log).lines().map_while(Result::ok) {
                if line.contains("panicked at") {
                    counter.fetch_add(1, Ordering::Relaxed);
                }
                eprintln!("{line}");
            }
        });
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let line = lines.next().expect("the server says where it listens").expect("a line");
        let base = line.split_whitespace().last().expect("an address").to_owned();
        // Go on reading, or a full pipe would stop the server.
        std::thread::spawn(move || lines.for_each(drop));
        Server { child, base, database, data, settings, panics }
    }

    pub fn data(&self) -> &Path {
        self.data.path()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end.
    pub async fn wait(&mut self) -> std::process::ExitStatus {
        for _ in 0..600 {
            if let Some(status) = self.child.try_wait().expect("asking for the server") {
                return status;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("the server did not end within 30 s");
    }

    pub fn address(&self) -> std::net::SocketAddr {
        self.base.trim_start_matches("http://").parse().expect("the server's address")
    }

    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().expect("asking for the server").is_none()
    }

    /// How often a thread of it has panicked.
    pub fn panics(&self) -> u32 {
        self.panics.load(Ordering::Relaxed)
    }

    /// A new process on the same folder, with other settings, and on this database from now on.
    pub fn again(mut self, database: Database, settings: &[(&str, &str)]) -> Self {
        self.kill();
        Self::spawn(database, self.data.clone(), owned(settings))
    }

    pub fn kill(&mut self) {
        self.child.kill().expect("killing the server");
        self.child.wait().expect("the server is gone");
    }

    /// SIGKILL, then a new process on the same database and folder.
    pub fn kill_and_start(mut self) -> Self {
        self.kill();
        self.another()
    }

    /// Runs another command of the program on the same database and folder.
    pub fn command(&self, arguments: &[&str]) -> std::process::Output {
        Command::new(env!("CARGO_BIN_EXE_anfang"))
            .args(arguments)
            .env("ANFANG_DATA_DIR", self.data.path())
            .env("DATABASE_URL", &self.database.url)
            .env("ANFANG_LOG", "error")
            .output()
            .expect("running anfang")
    }
}

fn owned(settings: &[(&str, &str)]) -> Vec<(String, String)> {
    settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Real phone photos and hostile files, where they are beside the project; tests that need them say so when they
/// are absent.
pub fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let folder = std::env::var_os("ANFANG_SHARED").map_or(beside, PathBuf::from);
    let there = folder.join("photos").is_dir();
    if !there {
        tell!("SKIPPED: no folder of shared media at {}", folder.display());
    }
    there.then_some(folder)
}

/// What a process has in memory.
#[cfg(target_os = "linux")]
pub fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a running process");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its memory");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number")
}
