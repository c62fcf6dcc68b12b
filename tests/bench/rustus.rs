//! rustus, another tus server, with the same files: one request each (creation with upload), their bytes brought to stable
//! storage (`--force-fsync`: one fdatasync; the name and what it notes of the file are not). It has it easier: it asks nobody
//! who sends, hashes nothing, looks at nothing, and keeps no books but a file beside each file.
//!
//! Measured where it is installed: `cargo install rustus`, or its path in `ANFANG_RUSTUS`.

use std::{
    fs, io,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, bail};

use crate::{
    ground,
    http::{Line, request},
    load::{Load, drive},
    meter::Meter,
    photos::Film,
    reports::Chance,
};

/// More than any file here has; it takes no more than 256 KiB by itself.
const MOST_BYTES: &str = "8000000";

/// A running rustus, with a folder of its own.
pub struct Rustus {
    child: Child,
    folder: PathBuf,
    address: String,
}

impl Rustus {
    /// None: there is none on this machine.
    pub async fn start() -> anyhow::Result<Option<Self>> {
        let program = std::env::var_os("ANFANG_RUSTUS").unwrap_or_else(|| "rustus".into());
        let folder = ground::folder().join("rustus");
        fs::create_dir_all(&folder)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let started = Command::new(program)
            .args(["--host", "127.0.0.1", "--port", &port.to_string(), "--log-level", "ERROR"])
            .args(["--force-fsync", "true", "--max-body-size", MOST_BYTES, "--data-dir"])
            .arg(folder.join("data"))
            .arg("--info-dir")
            .arg(folder.join("info"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let child = match started {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            started => started.context("starting rustus")?,
        };
        let rustus = Rustus { child, folder, address: format!("127.0.0.1:{port}") };
        for _ in 0..100 {
            if Line::open(&rustus.address).await.is_ok() {
                return Ok(Some(rustus));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("rustus does not answer");
    }

    /// Files uploaded by so many at once; counts files.
    pub async fn take(&self, meter: &Meter, film: &Film, many: usize, seconds: f64) -> anyhow::Result<Load> {
        let length = film.len().to_string();
        let headers = [
            ("tus-resumable", "1.0.0"),
            ("upload-length", length.as_str()),
            ("content-type", "application/offset+octet-stream"),
        ];
        let head = request("POST", "/files", None, &headers, film.len());
        let mut senders = Vec::with_capacity(many);
        for n in 0..many {
            senders.push((Line::open(&self.address).await?, Chance(1 << 60 | n as u64)));
        }
        let step = async |(line, chance): &mut (Line, Chance)| {
            let bytes = film.bytes(&film.take(chance));
            let answer = line.ask(&[head.as_bytes(), &bytes]).await?;
            if answer.status != 201 {
                bail!("rustus did not take a file: {}", answer.told());
            }
            Ok(1)
        };
        drive(meter, &mut senders, seconds, step).await
    }
}

impl Drop for Rustus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
