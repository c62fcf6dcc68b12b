//! The installation's secret: 32 bytes that every server process shares, and what is derived from them.
//!
//! Promises: the file is whole or absent, never half written, and readable by its owner only.
//! Never: uses the secret itself as a key; each purpose has a key of its own.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use anyhow::{Context, bail};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use sha2::Sha256;

use crate::{clock::chance, config::Home};

/// The name of the secret's file in the data folder.
const FILE: &str = "secret.key";

/// The installation's secret.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl Secret {
    /// The secret of this installation: of the file that is named, or of the data folder's, made at first use.
    ///
    /// # Errors
    /// When a file that is named is missing, or cannot be read or written, or is no secret.
    pub fn of(home: &Home) -> anyhow::Result<Self> {
        match &home.secret_file {
            Some(path) => read(path)?.with_context(|| format!("there is no secret file {}", path.display())),
            None => {
                home.make_data_dir()?;
                Secret::load(&home.data_dir.join(FILE))
            }
        }
    }

    /// Reads the file; makes it when there is none. Several processes may start at once: all get the same.
    ///
    /// # Errors
    /// When the file cannot be read or written, or holds neither 32 bytes nor 64 hexadecimal digits.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        if let Some(secret) = read(path)? {
            return Ok(secret);
        }
        make(path).with_context(|| format!("making the secret file {}", path.display()))?;
        read(path)?.with_context(|| format!("the secret file {} went away", path.display()))
    }

    /// A secret from bytes: for tests.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Secret(bytes)
    }

    /// The key for one purpose (HKDF-SHA256).
    pub fn key(&self, purpose: &str) -> [u8; 32] {
        keyed(&self.0, &[b"anfang/", purpose.as_bytes()])
    }

    pub fn sealer(&self, purpose: &str) -> Sealer {
        Sealer(XChaCha20Poly1305::new(&self.key(purpose).into()))
    }
}

/// 32 bytes that only the holder of `key` can compute from `parts` (HKDF-Expand, which is HMAC-SHA256 here).
pub fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut out = [0; 32];
    Hkdf::<Sha256>::from_prk(key)
        .expect("a key has the length of a hash")
        .expand_multi_info(parts, &mut out)
        .expect("one block is not too long");
    out
}

fn read(path: &Path) -> anyhow::Result<Option<Secret>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| format!("opening the secret file {}", path.display()));
        }
    };
    if file.metadata()?.permissions().mode() & 0o007 != 0 {
        tracing::warn!(path = %path.display(), "the secret file can be read by everyone on this machine");
    }
    let mut bytes = Vec::new();
    file.take(100).read_to_end(&mut bytes)?;
    if let Ok(secret) = <[u8; 32]>::try_from(bytes.as_slice()) {
        return Ok(Some(Secret(secret)));
    }
    let mut secret = [0; 32];
    if hex::decode_to_slice(bytes.trim_ascii(), &mut secret).is_err() {
        bail!("the secret file {} holds neither 32 bytes nor 64 hexadecimal digits", path.display());
    }
    Ok(Some(Secret(secret)))
}

/// Writes a fresh secret aside, whole and durable, then gives it the name unless another process was faster.
fn make(path: &Path) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let aside = folder.join(format!(".{FILE}.{}", hex::encode(chance::<8>())));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
    file.write_all(&chance::<32>())?;
    file.sync_all()?;
    let linked = fs::hard_link(&aside, path);
    fs::remove_file(&aside)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(File::open(folder)?.sync_all()?),
    }
}

/// Seals bytes so that nobody outside can read or forge them, and no two seals look alike.
#[derive(Clone)]
pub struct Sealer(XChaCha20Poly1305);

/// Bytes of the nonce that a seal begins with.
const NONCE_BYTES: usize = 24;

impl Sealer {
    /// Seals `plain`, bound to `aad`: base64url, a fresh nonce at every call.
    pub fn seal(&self, aad: &[u8], plain: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(self.seal_bytes(aad, plain))
    }

    /// What was sealed under the same `aad`; none for anything else.
    pub fn open(&self, aad: &[u8], text: &str) -> Option<Vec<u8>> {
        self.open_bytes(aad, &URL_SAFE_NO_PAD.decode(text).ok()?)
    }

    pub fn seal_bytes(&self, aad: &[u8], plain: &[u8]) -> Vec<u8> {
        let nonce = chance::<NONCE_BYTES>();
        let mut sealed = nonce.to_vec();
        let cipher = self.0.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad });
        sealed.extend(cipher.expect("a message of a few kilobytes is not too long"));
        sealed
    }

    pub fn open_bytes(&self, aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, cipher) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        self.0.decrypt(&XNonce::from(*nonce), Payload { msg: cipher, aad }).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_made_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        let made = Secret::load(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read(&path).unwrap().len(), 32);
        assert_eq!(made.0, Secret::load(&path).unwrap().0);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left aside");
    }

    #[test]
    fn many_processes_at_once_get_one_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        let all: Vec<[u8; 32]> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| Secret::load(&path).unwrap().0)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(all.iter().all(|secret| *secret == all[0]));
    }

    #[test]
    fn a_file_that_is_no_secret_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        for content in [&b""[..], b"short", &[7; 33], &[b'g'; 64]] {
            fs::write(&path, content).unwrap();
            assert!(Secret::load(&path).is_err(), "{content:?}");
            assert_eq!(fs::read(&path).unwrap(), content);
        }
        fs::write(&path, format!("{}\n", hex::encode([9; 32]))).unwrap();
        assert_eq!(Secret::load(&path).unwrap().0, [9; 32]);
    }

    #[test]
    fn purposes_have_keys_of_their_own() {
        let secret = Secret::from_bytes([1; 32]);
        assert_ne!(secret.key("cursor"), secret.key("challenge"));
        assert_ne!(secret.key("cursor"), Secret::from_bytes([2; 32]).key("cursor"));
    }

    #[test]
    fn a_seal_opens_only_as_it_was_closed() {
        let sealer = Secret::from_bytes([1; 32]).sealer("cursor");
        let sealed = sealer.seal(b"me", b"hello");
        assert_eq!(sealer.open(b"me", &sealed).unwrap(), b"hello");
        assert_ne!(sealed, sealer.seal(b"me", b"hello"), "no two seals look alike");
        assert!(sealer.open(b"you", &sealed).is_none());
        assert!(Secret::from_bytes([1; 32]).sealer("other").open(b"me", &sealed).is_none());
        assert!(sealer.open(b"me", "").is_none());
        for at in 0..sealed.len() {
            let mut bent = sealed.clone().into_bytes();
            bent[at] = if bent[at] == b'A' { b'B' } else { b'A' };
            assert!(sealer.open(b"me", std::str::from_utf8(&bent).unwrap()).is_none(), "byte {at}");
        }
    }
}
