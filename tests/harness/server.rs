//! A real server process on a database of the test's own.

use std::{
    fs::Permissions,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
};

use super::postgres::Database;

/// A running `anfang serve`; killed when dropped.
pub struct Server {
    child: Child,
    pub base: String,
    pub database: Database,
    data: Arc<tempfile::TempDir>,
    settings: Vec<(String, String)>,
}

impl Server {
    /// A server on a fresh database with the given county.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With further environment variables.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let database = Database::new().await;
        let data = Arc::new(tempfile::tempdir().expect("a folder"));
        // The template's keys are sealed with this secret.
        let secret = data.path().join("secret.key");
        std::fs::write(&secret, super::given::SECRET).expect("the secret");
        std::fs::set_permissions(&secret, Permissions::from_mode(0o600)).expect("its permissions");
        let settings = settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Self::spawn(database, data, settings)
    }

    /// Another process on the same database and folder.
    pub fn another(&self) -> Self {
        Self::spawn(self.database.clone(), self.data.clone(), self.settings.clone())
    }

    /// Another process with this one's folder, on another database.
    pub fn on(&self, database: &Database) -> Self {
        Self::spawn(database.clone(), self.data.clone(), self.settings.clone())
    }

    /// SIGKILL, for good.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Another process with further environment variables.
    pub fn another_with(&self, more: &[(&str, &str)]) -> Self {
        let more = more.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let settings = self.settings.iter().cloned().chain(more).collect();
        Self::spawn(self.database.clone(), self.data.clone(), settings)
    }

    fn spawn(database: Database, data: Arc<tempfile::TempDir>, settings: Vec<(String, String)>) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_anfang"))
            .arg("serve")
            .env("ANFANG_LISTEN", "127.0.0.1:0")
            .env("ANFANG_DATA_DIR", data.path())
            .env("DATABASE_URL", &database.url)
            .env("ANFANG_LOG", std::env::var("ANFANG_LOG").unwrap_or_else(|_| "warn".into()))
            .env("ANFANG_DB_CONNECTIONS", "6")
            // Phones of tests are in a hurry; `limits` looks at this.
            .env("ANFANG_REQUESTS_PER_SECOND", "0")
            .envs(settings.iter().map(|(k, v)| (k, v)))
            .stdout(Stdio::piped())
            .spawn()
            .expect("starting the server");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let line = lines.next().expect("the server says where it listens").expect("a line");
        let base = line.split_whitespace().last().expect("an address").to_owned();
        // Go on reading, or a full pipe would stop the server.
        std::thread::spawn(move || lines.for_each(drop));
        Server { child, base, database, data, settings }
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

    /// SIGKILL, then a new process on the same database and folder.
    pub fn kill_and_start(mut self) -> Self {
        self.child.kill().expect("killing the server");
        self.child.wait().expect("the server is gone");
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
        println!("SKIPPED: no folder of shared media at {}", folder.display());
    }
    there.then_some(folder)
}
