//! Files of evidence in the phone's own folder, by their hash; and the few ways in which it writes to the disk.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anfang_protocol::{Code, Problem, client::NewFile, limits, sha::Sha};
use anyhow::Context;
use sha2::{Digest, Sha256};

use super::trouble::Result;
use crate::clock::chance;

/// A photo, video or sound that the phone has put safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    /// What its owner calls it.
    pub name: String,
    pub sha256: Sha,
    pub size: u64,
    pub media_type: String,
}

impl Photo {
    pub fn as_new_file(&self) -> NewFile {
        NewFile {
            sha256: self.sha256,
            size: self.size,
            media_type: self.media_type.clone(),
            name: Some(self.name.clone()),
        }
    }
}

#[derive(Debug)]
pub struct Blobs {
    folder: PathBuf,
}

impl Blobs {
    /// # Errors
    /// When the folder cannot be read.
    pub fn open(home: &Path) -> Result<Self> {
        let folder = home.join("blobs");
        // Copies that were begun when the phone died are nobody's.
        for entry in std::fs::read_dir(&folder).context("reading the folder of files")?.flatten() {
            if entry.file_name().to_string_lossy().ends_with(".part") {
                let _ = std::fs::remove_file(entry.path());
            }
        }
        Ok(Blobs { folder })
    }

    pub fn path(&self, sha: &Sha) -> PathBuf {
        self.folder.join(sha.to_string())
    }

    /// Copies a file in, hashing it on the way; returns when the copy is on the disk.
    ///
    /// # Errors
    /// Refused: no allowed format, empty, too large. Broken: it cannot be read or written.
    pub fn keep_file(&self, path: &Path) -> Result<Photo> {
        let mut source = File::open(path).with_context(|| format!("opening {}", path.display()))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        self.copy(&name, &mut source)
    }

    /// The same for bytes.
    ///
    /// # Errors
    /// As [`Blobs::keep_file`].
    pub fn keep(&self, name: &str, mut bytes: &[u8]) -> Result<Photo> {
        self.copy(name, &mut bytes)
    }

    fn copy(&self, name: &str, source: &mut dyn Read) -> Result<Photo> {
        let part = self.folder.join(format!("{}.part", hex::encode(chance::<8>())));
        let copied = self.copy_to(&part, name, source);
        match copied {
            Ok(photo) => {
                std::fs::rename(&part, self.path(&photo.sha256)).context("naming the copy")?;
                sync_folder(&self.folder)?;
                Ok(photo)
            }
            Err(trouble) => {
                let _ = std::fs::remove_file(&part);
                Err(trouble)
            }
        }
    }

    fn copy_to(&self, part: &Path, name: &str, source: &mut dyn Read) -> Result<Photo> {
        let refused = |code| Problem::new(code).detail(name.to_owned());
        let mut file = File::create(part).context("making a copy")?;
        let mut hasher = Sha256::new();
        let mut size = 0;
        let mut media_type = None;
        let mut buffer = vec![0; 256 * 1024];
        loop {
            let filled = fill(source, &mut buffer).with_context(|| format!("reading {name}"))?;
            if filled == 0 {
                break;
            }
            let bytes = &buffer[..filled];
            if size == 0 {
                media_type = Some(sniff(bytes).ok_or_else(|| refused(Code::MediaNotAllowed))?);
            }
            size += filled as u64;
            hasher.update(bytes);
            file.write_all(bytes).context("writing a copy")?;
        }
        let media_type = media_type.ok_or_else(|| refused(Code::BlobEmpty))?.to_owned();
        if size > limits::BLOB_BYTES {
            return Err(refused(Code::BlobTooLarge).into());
        }
        file.sync_all().context("syncing a copy")?;
        Ok(Photo { name: name.to_owned(), sha256: Sha(hasher.finalize().into()), size, media_type })
    }

    /// Deletes a copy; one that is not there is deleted.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn delete(&self, sha: &Sha) -> Result<()> {
        match std::fs::remove_file(self.path(sha)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(anyhow::Error::from(error).context("deleting a copy").into())
            }
            _ => Ok(()),
        }
    }
}

/// Reads until the buffer is full or the source is at its end.
fn fill(source: &mut dyn Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The media type by the first bytes, where it is an allowed one. The server looks for itself.
pub fn sniff(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand.get(..4)? {
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"mif1" | b"msf1" => Some("image/heic"),
            b"qt  " => Some("video/quicktime"),
            _ => Some("video/mp4"),
        },
        _ => None,
    }
}

/// Makes the names in a folder as durable as the files.
///
/// # Errors
/// When the disk fails.
pub fn sync_folder(folder: &Path) -> Result<()> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(synced.with_context(|| format!("syncing {}", folder.display()))?)
}

/// Writes a file that only its owner may read, whole or not at all.
///
/// # Errors
/// When the disk fails.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<()> {
    let new = path.with_extension("new");
    let _ = std::fs::remove_file(&new);
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&new, path)
    };
    write().with_context(|| format!("writing {}", path.display()))?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))
}
