//! Opens what a command works on: the database (given, running, or private), brought up to date.

use std::{
    fs,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use diesel_async::AsyncConnection;

use crate::{
    config::Home,
    db::{
        self, Conn, Db,
        private::{Options, PrivatePostgres},
    },
};

/// A database that is ready, and the Postgres that has to be stopped with us if it is ours.
pub struct Opened {
    pub db: Db,
    pub url: String,
    private: Option<Private>,
}

struct Private {
    postgres: PrivatePostgres,
    note: PathBuf,
}

/// Beside the private cluster while it runs: where other commands of this program reach it.
const NOTE: &str = "postgres.url";

/// Opens the database for a server, which may have to bring up a private one.
///
/// # Errors
/// The database cannot be reached, started or brought up to date.
pub async fn open(home: &Home, connections: usize) -> anyhow::Result<Opened> {
    home.make_data_dir()?;
    let (url, private) = match &home.database_url {
        Some(url) => (url.clone(), None),
        None => {
            let private = start(&home.data_dir).await?;
            (private.postgres.url("anfang"), Some(private))
        }
    };
    ready(url, private, connections).await
}

/// Opens the database for a short command: that of the running server, if there is one.
///
/// # Errors
/// As [`open`].
pub async fn visit(home: &Home) -> anyhow::Result<Opened> {
    const CONNECTIONS: usize = 4;
    if home.database_url.is_none()
        && let Ok(url) = fs::read_to_string(home.data_dir.join(NOTE))
        && Conn::establish(&url).await.is_ok()
    {
        return ready(url, None, CONNECTIONS).await;
    }
    open(home, CONNECTIONS).await
}

async fn ready(url: String, private: Option<Private>, connections: usize) -> anyhow::Result<Opened> {
    db::migrate::migrate(&url).await?;
    let db = Db::connect(&url, connections)?;
    drop(db.conn().await.context("connecting to Postgres")?);
    Ok(Opened { db, url, private })
}

async fn start(data_dir: &Path) -> anyhow::Result<Private> {
    let options = Options { data_dir: data_dir.to_owned(), settings: settings() };
    let postgres = tokio::task::spawn_blocking(|| PrivatePostgres::start(options)).await??;
    let note = data_dir.join(NOTE);
    write_note(&note, &postgres.url("anfang"))?;
    Ok(Private { postgres, note })
}

/// Settings for the private Postgres from `ANFANG_PG_SETTINGS` (`name=value`, separated by semicolons).
fn settings() -> Vec<(String, String)> {
    let text = std::env::var("ANFANG_PG_SETTINGS").unwrap_or_default();
    text.split(';')
        .filter_map(|s| s.split_once('='))
        .map(|(k, v)| (k.trim().into(), v.trim().into()))
        .collect()
}

fn write_note(path: &Path, url: &str) -> anyhow::Result<()> {
    use std::io::Write;
    // It may be left from a program that was killed.
    let _ = fs::remove_file(path);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(url.as_bytes())?;
    Ok(())
}

impl Opened {
    /// Stops the private Postgres, if it is ours. What was committed is on the disk.
    pub async fn close(self) {
        drop(self.db);
        if let Some(private) = self.private {
            let _ = fs::remove_file(&private.note);
            let _ = tokio::task::spawn_blocking(move || private.postgres.stop()).await;
        }
    }
}
