//! Configuration: flags, or environment variables of the same name, with documented defaults.

use std::{fs::DirBuilder, net::SocketAddr, os::unix::fs::DirBuilderExt, path::PathBuf};

use anyhow::Context;

/// Where things are, for every command that needs the database.
#[derive(Debug, Clone, clap::Args)]
pub struct Home {
    /// Folder for all that this program keeps: its own Postgres, blobs, unfinished uploads, the secret.
    #[arg(long, env = "ANFANG_DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,

    /// Postgres to use. Without it the program runs a private one in the data folder.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// Where files of evidence are kept: a folder, or s3://bucket/prefix (credentials from AWS_* variables).
    /// Default: the folder `blobs` in the data folder.
    #[arg(long, env = "ANFANG_BLOBS")]
    pub blobs: Option<String>,

    /// File with the installation's secret (32 bytes); every server process must have the same.
    /// Default: `secret.key` in the data folder, made at the first start.
    #[arg(long, env = "ANFANG_SECRET_FILE")]
    pub secret_file: Option<PathBuf>,
}

impl Home {
    /// Makes the data folder if there is none: others may pass through (the private Postgres may run as another
    /// user), not look in.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make_data_dir(&self) -> anyhow::Result<()> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o711)
            .create(&self.data_dir)
            .with_context(|| format!("making the data folder {}", self.data_dir.display()))
    }
}

/// `anfang serve`.
#[derive(Debug, Clone, clap::Args)]
pub struct Serve {
    #[command(flatten)]
    pub home: Home,

    /// Address to listen on.
    #[arg(long, env = "ANFANG_LISTEN", default_value = "127.0.0.1:8620")]
    pub listen: SocketAddr,

    /// Threads that answer requests. Default: one per processor.
    #[arg(long, env = "ANFANG_WORKERS")]
    pub workers: Option<usize>,

    /// Connections to Postgres.
    #[arg(long, env = "ANFANG_DB_CONNECTIONS", default_value_t = 16)]
    pub db_connections: usize,

    /// Decoders of photos at work at once, each in a process of its own.
    #[arg(long, env = "ANFANG_DECODERS", default_value_t = 1)]
    pub decoders: usize,

    /// Seconds that requests under way are given to finish at shutdown.
    #[arg(long, env = "ANFANG_SHUTDOWN_SECONDS", default_value_t = 30)]
    pub shutdown_seconds: u64,

    /// Failed sign-ins within fifteen minutes after which an account has to wait; an address, after ten times as many.
    #[arg(long, env = "ANFANG_SIGN_IN_FAILURES", default_value_t = 10)]
    pub sign_in_failures: u32,

    /// Requests a second that one sign-in may send to one server process, in bursts of up to ten seconds' worth; 0: any.
    #[arg(long, env = "ANFANG_REQUESTS_PER_SECOND", default_value_t = 20)]
    pub requests_per_second: u32,

    /// Trust X-Forwarded-For of a reverse proxy for the address of the caller.
    #[arg(long, env = "ANFANG_BEHIND_PROXY")]
    pub behind_proxy: bool,

    /// For simulations only: the server's clock runs ahead by so many seconds.
    #[arg(long, env = "ANFANG_CLOCK_AHEAD_SECONDS", default_value_t = 0, hide = true)]
    pub clock_ahead_seconds: u32,
}
