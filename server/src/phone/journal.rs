//! The journal: what the engine has to remember, one line per durable step.
//!
//! A line is the length of its JSON, 16 digits of its SHA-256, and the JSON: a snapshot of the state, or the
//! records of one step. Promises: a step that was appended is there after a power cut, whole or not at all. A torn
//! last line is what a step looks like that never happened; damage anywhere else is told, never passed over.

use std::{
    fs::{File, OpenOptions},
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use anfang_protocol::{
    client::{Engine, Record, Settings, State},
    sha::Sha,
};
use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use super::{blobs::sync_folder, trouble::Result};

const FILE: &str = "journal.jsonl";
const NEW_FILE: &str = "journal.jsonl.new";
/// A journal is made short when it is longer than this and than twice its snapshot, bytes.
const LONG_BYTES: u64 = 2 * 1024 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Snapshot(Box<State>),
    Records(Vec<Record>),
}

/// The same, to be written without copying.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum LineOf<'a> {
    Snapshot(&'a State),
    Records(Vec<&'a Record>),
}

#[derive(Debug)]
pub struct Journal {
    home: PathBuf,
    file: File,
    bytes: u64,
    snapshot_bytes: u64,
    /// After a failed write nobody knows what the disk holds: the phone has to be opened anew.
    failed: bool,
}

/// A journal that was read.
pub struct Replayed {
    pub engine: Engine,
    /// Bytes of whole lines; what follows is torn.
    whole_bytes: u64,
    snapshot_bytes: u64,
}

/// Reads the journal of a phone. One that is not there is empty.
///
/// # Errors
/// When a line that is not the last is damaged.
pub fn replay(home: &Path, settings: Settings) -> Result<Replayed> {
    let path = home.join(FILE);
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(anyhow::Error::from(error).context("reading the journal").into()),
    };
    let mut replayed = Replayed { engine: Engine::new(settings.clone()), whole_bytes: 0, snapshot_bytes: 0 };
    let mut rest = text.as_slice();
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, after) = (&rest[..end], &rest[end + 1..]);
        match read(line) {
            Some(Line::Snapshot(state)) => {
                replayed.engine = Engine::restore(settings.clone(), *state);
                replayed.snapshot_bytes = line.len() as u64;
            }
            Some(Line::Records(records)) => {
                records.iter().for_each(|record| replayed.engine.apply(record));
            }
            None if after.is_empty() => break,
            None => {
                let place = replayed.whole_bytes;
                return Err(anyhow::anyhow!("{} is damaged at byte {place}", path.display()).into());
            }
        }
        replayed.whole_bytes += end as u64 + 1;
        rest = after;
    }
    Ok(replayed)
}

fn read(line: &[u8]) -> Option<Line> {
    let mut parts = line.splitn(3, |byte| *byte == b' ');
    let length: usize = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
    let sum = parts.next()?;
    let json = parts.next()?;
    if json.len() != length || checksum(json).as_bytes() != sum {
        return None;
    }
    serde_json::from_slice(json).ok()
}

fn checksum(json: &[u8]) -> String {
    format!("{:016x}", Sha::of(json).share())
}

fn write(line: &LineOf<'_>) -> anyhow::Result<Vec<u8>> {
    let json = serde_json::to_vec(line).context("a step of the journal")?;
    let mut text = format!("{} {} ", json.len(), checksum(&json)).into_bytes();
    text.extend_from_slice(&json);
    text.push(b'\n');
    Ok(text)
}

impl Journal {
    /// Opens the journal of a phone and reads it; a torn last line is cut off.
    ///
    /// # Errors
    /// When it cannot be read or is damaged.
    pub fn open(home: &Path, settings: Settings) -> Result<(Self, Engine)> {
        let replayed = replay(home, settings)?;
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(home.join(FILE))
            .context("opening the journal")?;
        file.set_len(replayed.whole_bytes).context("cutting the journal's torn end off")?;
        file.seek(SeekFrom::End(0)).context("going to the journal's end")?;
        file.sync_all().context("syncing the journal")?;
        sync_folder(home)?;
        let journal = Journal {
            home: home.to_owned(),
            file,
            bytes: replayed.whole_bytes,
            snapshot_bytes: replayed.snapshot_bytes,
            failed: false,
        };
        Ok((journal, replayed.engine))
    }

    /// Writes what is to be kept of these records, as one step, and waits until it is on the disk.
    ///
    /// # Errors
    /// When the disk fails; the journal takes nothing more then.
    pub fn append(&mut self, records: &[Record]) -> Result<()> {
        let kept: Vec<&Record> = records.iter().filter(|record| record.is_kept()).collect();
        if kept.is_empty() {
            return Ok(());
        }
        if self.failed {
            return Err(anyhow::anyhow!("the journal failed before; open the phone anew").into());
        }
        let text = write(&LineOf::Records(kept))?;
        let written = self.file.write_all(&text).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            self.failed = true;
            return Err(anyhow::Error::from(error).context("writing the journal").into());
        }
        self.bytes += text.len() as u64;
        Ok(())
    }

    /// Replaces a long journal by a snapshot, in one step that happens or does not.
    ///
    /// # Errors
    /// When the disk fails; the old journal is then still there.
    pub fn compact_if_long(&mut self, engine: &Engine) -> Result<()> {
        if self.bytes < LONG_BYTES.max(self.snapshot_bytes * 2) {
            return Ok(());
        }
        self.compact(engine)
    }

    /// # Errors
    /// As [`Journal::compact_if_long`].
    pub fn compact(&mut self, engine: &Engine) -> Result<()> {
        let text = write(&LineOf::Snapshot(engine.snapshot()))?;
        let path = self.home.join(NEW_FILE);
        let mut file = File::create(&path).context("making a new journal")?;
        file.write_all(&text).context("writing the snapshot")?;
        file.sync_all().context("syncing the snapshot")?;
        std::fs::rename(&path, self.home.join(FILE)).context("putting the new journal in place")?;
        // From here on the new file is the journal, whatever the folder's sync says.
        self.file = file;
        self.bytes = text.len() as u64;
        self.snapshot_bytes = self.bytes;
        self.failed = sync_folder(&self.home).is_err();
        if self.failed {
            let place = self.home.display();
            return Err(anyhow::anyhow!("syncing {place} after the journal was replaced").into());
        }
        Ok(())
    }
}

/// Used by `status`: there has to be a phone to look at.
///
/// # Errors
/// When the folder has no journal.
pub fn must_exist(home: &Path) -> Result<()> {
    if home.join(FILE).exists() {
        return Ok(());
    }
    let missing = || -> anyhow::Result<()> { bail!("there is no phone in {}", home.display()) };
    Ok(missing()?)
}

#[cfg(test)]
mod tests {
    use anfang_protocol::{client::NewFile, sha::Sha};

    use super::*;

    fn step(n: u64) -> Vec<Record> {
        vec![Record::Files(vec![NewFile {
            sha256: Sha::of(&n.to_be_bytes()),
            size: n,
            media_type: "image/jpeg".to_owned(),
            name: None,
        }])]
    }

    fn sizes(engine: &Engine) -> Vec<u64> {
        let mut sizes: Vec<u64> = engine.files().iter().map(|(_, file)| file.size).collect();
        sizes.sort_unstable();
        sizes
    }

    /// A power cut after any byte of the last step leaves all steps before it, and the phone goes on.
    #[test]
    fn a_torn_end_is_a_step_that_never_happened() {
        let home = tempfile::tempdir().expect("a folder");
        let (mut journal, _) = Journal::open(home.path(), Settings::default()).expect("a new journal");
        journal.append(&step(1)).expect("kept");
        let before = std::fs::read(home.path().join(FILE)).expect("the journal").len();
        journal.append(&step(2)).expect("kept");
        let whole = std::fs::read(home.path().join(FILE)).expect("the journal");
        for cut in before..whole.len() {
            std::fs::write(home.path().join(FILE), &whole[..cut]).expect("a torn journal");
            let (mut journal, engine) = Journal::open(home.path(), Settings::default()).expect("it opens");
            assert_eq!(sizes(&engine), [1], "cut at {cut}");
            journal.append(&step(3)).expect("it goes on");
            let (_, engine) = Journal::open(home.path(), Settings::default()).expect("it opens again");
            assert_eq!(sizes(&engine), [1, 3], "cut at {cut}");
        }
    }

    #[test]
    fn damage_in_the_middle_is_told() {
        let home = tempfile::tempdir().expect("a folder");
        let (mut journal, _) = Journal::open(home.path(), Settings::default()).expect("a new journal");
        journal.append(&step(1)).expect("kept");
        journal.append(&step(2)).expect("kept");
        let mut text = std::fs::read(home.path().join(FILE)).expect("the journal");
        text[40] ^= 1;
        std::fs::write(home.path().join(FILE), &text).expect("a damaged journal");
        assert!(Journal::open(home.path(), Settings::default()).is_err());
    }

    #[test]
    fn a_snapshot_stands_for_all_that_was_before() {
        let home = tempfile::tempdir().expect("a folder");
        let (mut journal, mut engine) = Journal::open(home.path(), Settings::default()).expect("a journal");
        for n in 1..=3 {
            journal.append(&step(n)).expect("kept");
            step(n).iter().for_each(|record| engine.apply(record));
        }
        journal.compact(&engine).expect("compacted");
        journal.append(&step(4)).expect("kept");
        let (_, engine) = Journal::open(home.path(), Settings::default()).expect("it opens");
        assert_eq!(sizes(&engine), [1, 2, 3, 4]);
    }
}
