//! The parent: starts a child for each file, a few at a time, and hears it out.
//!
//! **Promises:** an answer for every file. A child that crashes, is killed, talks too much or takes too
//! long yields a damaged file with `Flag::DecoderGaveUp`, and keeps what it said before; the only error is
//! that no child could be started, which is worth a retry. A dropped call ends its child. **Never:** reads
//! the file in this process; waits without a limit, save for its turn.

use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::wire::{Heard, MAX_OUTPUT_BYTES, hear};
use super::{Examination, Examined, Flag, MediaType, WORKER_SUBCOMMAND};

/// The child has 5 s of CPU at low priority; on a busy machine that takes a while. Whoever needs longer was kept from
/// working: that says nothing of the file.
const PATIENCE: Duration = Duration::from_secs(120);

/// Examines files in child processes.
pub struct Examiner {
    program: PathBuf,
    turns: Semaphore,
    patience: Duration,
}

impl Examiner {
    /// `program` is our own binary, which knows `WORKER_SUBCOMMAND`; at most `decoders` children (at least
    /// one) run at once, each within 300 MB and one core.
    pub fn new(program: PathBuf, decoders: usize) -> Self {
        Self { program, turns: Semaphore::new(decoders.max(1)), patience: PATIENCE }
    }

    /// Looks into an open file, from its beginning, taking it for what `sniff` found. The file's offset is
    /// moved; pass one that nobody else reads by offset.
    ///
    /// # Errors
    /// When no child can be started, or the machine is so busy that it came to nothing: try again later.
    pub async fn examine(&self, file: File, media_type: MediaType) -> anyhow::Result<Examined> {
        let _turn = self.turns.acquire().await.context("examiner closed")?;
        let mut child = Command::new(&self.program)
            .arg(WORKER_SUBCOMMAND)
            .arg(media_type.as_str())
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(file))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start a media worker")?;
        let mut output = Vec::new();
        let ended = timeout(self.patience, listen(&mut child, &mut output)).await;
        let ended_well = matches!(ended, Ok(Ok(true)));
        if !ended_well {
            // Also reaps it. An error means that it has ended already.
            child.kill().await.ok();
        }
        ended.context("the media worker did not get to work")?.ok();
        Ok(conclude(media_type, ended_well, hear(&output)))
    }
}

/// Hears the child to its end; false if it talks too much or ends badly.
async fn listen(child: &mut Child, output: &mut Vec<u8>) -> std::io::Result<bool> {
    if let Some(stdout) = child.stdout.take() {
        stdout.take(MAX_OUTPUT_BYTES as u64 + 1).read_to_end(output).await?;
    }
    if output.len() > MAX_OUTPUT_BYTES {
        return Ok(false);
    }
    Ok(child.wait().await?.success())
}

fn conclude(media_type: MediaType, ended_well: bool, heard: Heard) -> Examined {
    if let (true, Some((examination, cost, previews))) = (ended_well, heard.done) {
        return Examined { examination, previews, cost: Some(cost) };
    }
    let mut examination = heard.facts.unwrap_or_else(|| Examination::blank(media_type));
    examination.damage(Flag::DecoderGaveUp);
    Examined { examination, previews: Vec::new(), cost: None }
}
