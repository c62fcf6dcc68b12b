//! Where whole files live: a folder, or an S3-compatible store.
//!
//! Promises: names are the server's own (`<jurisdiction>/<aa>/<sha256>`), so that the same name always means the
//! same bytes and writing twice is harmless; in a folder a finished file is moved, never copied, and its name is
//! on stable storage before this says so; reading holds a bounded piece of a file in memory.
//! Never: overwrites with other bytes, knows who may see what.

use std::{
    fs::File,
    io,
    ops::Range,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use anfang_protocol::{ids::JurisdictionId, sha::Sha};
use anyhow::Context;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    GetOptions, GetRange, ObjectStore, ObjectStoreExt, aws::AmazonS3Builder, buffered::BufWriter,
    local::LocalFileSystem, path::Path as Name, prefix::PrefixStore,
};
use rustix::fs::{FlockOperation, flock};
use tokio::{io::AsyncReadExt, task::spawn_blocking};

use crate::failure::Result;

/// Bytes of a file in memory per reader.
const PIECE_BYTES: usize = 128 * 1024;
/// Bytes of one part of a multipart put, the least that S3 takes being 5 MiB.
const PART_BYTES: usize = 8 * 1024 * 1024;
/// Parts of one file on their way to S3 at once.
const PARTS_AT_ONCE: usize = 2;

/// A file's place in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    Original(JurisdictionId, Sha),
    /// A derivative, under the hash of its own bytes.
    Preview(JurisdictionId, Sha),
}

impl Place {
    /// The folder of a place, for all files whose hash begins with the same byte.
    pub fn folder(&self) -> String {
        match self {
            Place::Original(jurisdiction, sha) => format!("{jurisdiction}/{}", &sha.to_string()[..2]),
            Place::Preview(jurisdiction, sha) => format!("{jurisdiction}/previews/{}", &sha.to_string()[..2]),
        }
    }

    fn sha(&self) -> Sha {
        match self {
            Place::Original(_, sha) | Place::Preview(_, sha) => *sha,
        }
    }

    fn name(&self) -> Name {
        Name::from(format!("{}/{}", self.folder(), self.sha()))
    }
}

/// A file that was just put in place and is not in the books yet: while this lives, no sweep removes it.
#[derive(Debug)]
pub struct Placed {
    /// Locked, shared, until closed; none for a remote store.
    folder: Option<File>,
}

impl Placed {
    /// Brings the file's name to stable storage. Blocks.
    ///
    /// # Errors
    /// From the file system: the file must be given up.
    pub fn keep(&self) -> io::Result<()> {
        self.folder.as_ref().map_or(Ok(()), File::sync_all)
    }
}

/// A file in the store, as a sweep finds it.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    pub sha: Sha,
    pub written_at: DateTime<Utc>,
}

pub type Pieces = BoxStream<'static, io::Result<Bytes>>;

/// Clones share the store.
#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    /// None: a remote store.
    root: Option<Arc<Path>>,
}

impl Blobs {
    /// `home` as configured: nothing (the folder `blobs` in the data folder), a folder, or `s3://bucket/prefix`
    /// with credentials from `AWS_*` variables.
    ///
    /// # Errors
    /// When the folder cannot be made, or the address or the credentials make no sense.
    pub fn open(home: Option<&str>, data_dir: &Path) -> anyhow::Result<Self> {
        match home {
            Some(url) if url.starts_with("s3://") => Self::on_s3(url),
            Some(url) if url.contains("://") => {
                anyhow::bail!("ANFANG_BLOBS must be a folder or s3://bucket/prefix")
            }
            Some(folder) => Self::in_folder(Path::new(folder)),
            None => Self::in_folder(&data_dir.join("blobs")),
        }
    }

    fn in_folder(folder: &Path) -> anyhow::Result<Self> {
        let blame = || format!("the folder for files, {}", folder.display());
        std::fs::create_dir_all(folder).with_context(blame)?;
        let root = folder.canonicalize().with_context(blame)?;
        let store = LocalFileSystem::new_with_prefix(&root).with_context(blame)?.with_fsync(true);
        Ok(Blobs { store: Arc::new(store), root: Some(root.into()) })
    }

    fn on_s3(url: &str) -> anyhow::Result<Self> {
        let (bucket, prefix) = url.trim_start_matches("s3://").split_once('/').unwrap_or((&url[5..], ""));
        let s3 = AmazonS3Builder::from_env().with_bucket_name(bucket).build().context("the S3 store")?;
        Ok(Self::remote(Arc::new(PrefixStore::new(s3, prefix))))
    }

    /// Any other store of the `object_store` crate.
    pub fn remote(store: Arc<dyn ObjectStore>) -> Self {
        Blobs { store, root: None }
    }

    /// The folder, unless the store is remote.
    pub fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    pub fn is_remote(&self) -> bool {
        self.root.is_none()
    }

    /// Moves a finished file, whose bytes are on stable storage, to its place; its name is not durable before
    /// [`Placed::keep`]. Blocks; for a folder only.
    ///
    /// # Errors
    /// From the file system. The file is then where it was.
    pub fn move_in(&self, place: Place, from: &Path) -> io::Result<Placed> {
        let root = self.root().ok_or(io::ErrorKind::Unsupported)?;
        let folder = root.join(place.folder());
        let handle = match File::open(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_folder(&folder)?;
                File::open(&folder)?
            }
            other => other?,
        };
        flock(&handle, FlockOperation::LockShared)?;
        std::fs::rename(from, folder.join(place.sha().to_string()))?;
        Ok(Placed { folder: Some(handle) })
    }

    /// Sends a finished file to a remote store, in bounded parts.
    ///
    /// # Errors
    /// From the store; nothing is visible there then.
    pub async fn send(&self, place: Place, from: &Path) -> Result<Placed> {
        let mut file = tokio::fs::File::open(from).await?;
        let mut writer = BufWriter::with_capacity(self.store.clone(), place.name(), PART_BYTES)
            .with_max_concurrency(PARTS_AT_ONCE);
        loop {
            let mut piece = Vec::with_capacity(PIECE_BYTES);
            if (&mut file).take(PIECE_BYTES as u64).read_to_end(&mut piece).await? == 0 {
                break;
            }
            writer.put(piece.into()).await?;
        }
        tokio::io::AsyncWriteExt::shutdown(&mut writer).await?;
        Ok(Placed { folder: None })
    }

    /// Stores a small file: a preview. It is written at `spare` first, a path that nobody else uses.
    ///
    /// # Errors
    /// From the store.
    pub async fn put(&self, place: Place, bytes: Bytes, spare: PathBuf) -> Result<Placed> {
        if self.is_remote() {
            self.store.put(&place.name(), bytes.into()).await?;
            return Ok(Placed { folder: None });
        }
        let blobs = self.clone();
        let write = move || {
            let mut file = File::create(&spare)?;
            io::Write::write_all(&mut file, &bytes)?;
            file.sync_all()?;
            let placed = blobs.move_in(place, &spare)?;
            placed.keep()?;
            Ok::<_, io::Error>(placed)
        };
        Ok(spawn_blocking(write).await??)
    }

    /// The bytes of `range`, which must lie within the file. The first piece is read already: what cannot be
    /// read is an error here, not in the middle of an answer.
    ///
    /// # Errors
    /// From the store; also when the file is not there.
    pub async fn read(&self, place: Place, range: Range<u64>) -> Result<Pieces> {
        let Some(root) = self.root() else {
            let options = GetOptions::default().with_range(Some(GetRange::Bounded(range)));
            let pieces = self.store.get_opts(&place.name(), options).await?.into_stream();
            return Ok(pieces.map_err(io::Error::other).boxed());
        };
        let path = root.join(place.folder()).join(place.sha().to_string());
        let (first, file) = spawn_blocking(move || {
            let file = File::open(path)?;
            read_piece(&file, range.clone()).map(|piece| (piece, (file, range)))
        })
        .await??;
        let next = file.1.start + first.len() as u64..file.1.end;
        Ok(futures::stream::once(async move { Ok(first) }).chain(pieces(file.0, next)).boxed())
    }

    /// The file, open for a decoder; one from a remote store is fetched into `spare`, a path that nobody else
    /// uses and that holds nothing afterwards.
    ///
    /// # Errors
    /// From the store; also when the file is not there.
    pub async fn open_file(&self, place: Place, spare: PathBuf) -> Result<File> {
        if let Some(root) = self.root() {
            let path = root.join(place.folder()).join(place.sha().to_string());
            return Ok(spawn_blocking(move || File::open(path)).await??);
        }
        let mut pieces = self.store.get(&place.name()).await?.into_stream();
        let at = spare.clone();
        let file = spawn_blocking(move || {
            let file = File::options().read(true).write(true).create(true).truncate(true).open(&at)?;
            std::fs::remove_file(&at)?;
            Ok::<_, io::Error>(Arc::new(file))
        })
        .await??;
        let mut at = 0;
        while let Some(piece) = pieces.next().await {
            let (piece, to) = (piece?, file.clone());
            let end = at + piece.len() as u64;
            spawn_blocking(move || to.write_all_at(&piece, at)).await??;
            at = end;
        }
        Arc::into_inner(file).context("a fetched file is still in use").map_err(Into::into)
    }

    /// When a file was written; `None` when there is none.
    ///
    /// # Errors
    /// From the store.
    pub async fn written_at(&self, place: Place) -> Result<Option<DateTime<Utc>>> {
        match self.store.head(&place.name()).await {
            Ok(meta) => Ok(Some(meta.last_modified)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Files whose place has this folder.
    pub fn list(&self, folder: &str) -> impl Stream<Item = Result<Found>> + use<> {
        let listed = self.store.list(Some(&Name::from(folder)));
        listed.filter_map(|meta| async move {
            match meta {
                Ok(meta) => {
                    let sha = meta.location.filename().and_then(|name| name.parse().ok())?;
                    Some(Ok(Found { sha, written_at: meta.last_modified }))
                }
                // A folder that is not there yet has no files.
                Err(object_store::Error::NotFound { .. }) => None,
                Err(error) => Some(Err(error.into())),
            }
        })
    }

    /// Takes a file away that is in no book. Nothing to take away is fine.
    ///
    /// # Errors
    /// From the store.
    pub async fn remove(&self, place: Place) -> Result<()> {
        match self.store.delete(&place.name()).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps everybody from putting files into this folder while the answer lives; `None` when somebody is at
    /// it. A remote store has no such lock: there the books are locked instead.
    ///
    /// # Errors
    /// From the file system.
    pub async fn close_folder(&self, folder: String) -> Result<Option<Closed>> {
        let Some(root) = &self.root else { return Ok(Some(Closed { _folder: None })) };
        let path = root.join(folder);
        let handle = spawn_blocking(move || {
            let handle = match File::open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                other => other?,
            };
            match flock(&handle, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => Ok(Some(handle)),
                Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
                Err(error) => Err(io::Error::from(error)),
            }
        })
        .await??;
        Ok(handle.map(|handle| Closed { _folder: Some(handle) }))
    }
}

/// A folder that nobody else puts files into.
#[derive(Debug)]
pub struct Closed {
    _folder: Option<File>,
}

/// Makes a folder and those above it; each name is on stable storage afterwards. Blocks.
///
/// # Errors
/// From the file system.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    match std::fs::create_dir(folder) {
        Ok(()) => {}
        // Somebody else was faster; the name may not be durable yet, so it is synced here too.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make_folder(folder.parent().ok_or(io::ErrorKind::InvalidInput)?)?;
            return make_folder(folder);
        }
        Err(error) => return Err(error),
    }
    match folder.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

/// The first piece of a range. Blocks.
fn read_piece(file: &File, range: Range<u64>) -> io::Result<Bytes> {
    let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX).min(PIECE_BYTES);
    let mut piece = vec![0; length];
    file.read_exact_at(&mut piece, range.start)?;
    Ok(piece.into())
}

fn pieces(file: File, range: Range<u64>) -> impl Stream<Item = io::Result<Bytes>> {
    futures::stream::try_unfold((file, range), |(file, range)| async move {
        if range.is_empty() {
            return Ok(None);
        }
        let read = move || read_piece(&file, range.clone()).map(|piece| (piece, file, range));
        let (piece, file, range) = spawn_blocking(read).await.map_err(io::Error::other)??;
        let rest = range.start + piece.len() as u64..range.end;
        Ok(Some((piece, (file, rest))))
    })
}
