//! Photos of an exact size: a drawn scene, padded in a comment, with sixteen bytes behind its end that make each one
//! another file. What comes before them is hashed once.

use anfang::demo::camera;
use anfang_protocol::{
    blob::{Declarations, Declare, Declared, Standing},
    place::Position,
    sha::Sha,
};
use anyhow::{Context, bail};
use chrono::DateTime;
use sha2::{Digest, Sha256};

use crate::{http::request, people::Person, reports::Chance};

const TAIL_BYTES: usize = 16;
/// Bytes of one JPEG comment, its marker and length included, at most.
const COMMENT_BYTES: usize = 65_537;

/// All photos of one size.
#[derive(Clone)]
pub struct Film {
    head: Vec<u8>,
    hashed: Sha256,
}

/// One of them.
pub struct Photo {
    tail: [u8; TAIL_BYTES],
    pub sha: Sha,
}

impl Film {
    /// `bytes` each.
    pub fn of(bytes: usize) -> anyhow::Result<Self> {
        let taken = DateTime::parse_from_rfc3339("2026-11-21T09:30:00+08:00")?;
        let position = Position::new(34.0, 104.0);
        let drawn = (0..12).map(|seed| camera::photo(seed, taken, &position));
        let room = bytes - TAIL_BYTES;
        let jpeg = drawn
            .filter(|jpeg| jpeg.len() + 4 <= room)
            .max_by_key(Vec::len)
            .context("no drawn photo is small enough")?;
        let mut head = jpeg[..2].to_vec();
        head.extend(padding(room - jpeg.len()));
        head.extend_from_slice(&jpeg[2..]);
        if head.len() != room {
            bail!("a photo of {} bytes instead of {room}", head.len());
        }
        let hashed = Sha256::new_with_prefix(&head);
        Ok(Film { head, hashed })
    }

    pub fn len(&self) -> usize {
        self.head.len() + TAIL_BYTES
    }

    pub fn take(&self, chance: &mut Chance) -> Photo {
        let mut tail = [0; TAIL_BYTES];
        tail[..8].copy_from_slice(&chance.next().to_be_bytes());
        tail[8..].copy_from_slice(&chance.next().to_be_bytes());
        let sha = Sha(self.hashed.clone().chain_update(tail).finalize().into());
        Photo { tail, sha }
    }

    /// A photo whole, for the disk's own measurement.
    pub fn bytes(&self, photo: &Photo) -> Vec<u8> {
        [&self.head[..], &photo.tail].concat()
    }
}

/// Comments of `bytes` in all.
fn padding(mut bytes: usize) -> Vec<u8> {
    let mut chance = Chance(7);
    let mut comments = Vec::with_capacity(bytes);
    while bytes > 0 {
        // The rest must still have room for a comment.
        let size = if bytes > COMMENT_BYTES { COMMENT_BYTES.min(bytes - 4) } else { bytes };
        comments.extend([0xff, 0xfe]);
        comments.extend(u16::try_from(size - 2).unwrap_or(u16::MAX).to_be_bytes());
        comments.extend((4..size).map(|_| chance.next().to_le_bytes()[0]));
        bytes -= size;
    }
    comments
}

/// Declares photos and sends those bytes that the server asks for: all of them.
pub async fn upload(person: &mut Person, film: &Film, photos: &[Photo]) -> anyhow::Result<()> {
    let declared = |photo: &Photo| Declared {
        sha256: photo.sha,
        size: film.len() as u64,
        media_type: "image/jpeg".into(),
    };
    let declare = Declare { blobs: photos.iter().map(declared).collect() };
    let token = person.token.clone();
    let answer: Declarations = person.line.post("/v1/blobs", Some(&token), &declare).await?;
    for (photo, standing) in photos.iter().zip(&answer.blobs) {
        let Standing::Upload { upload, offset: 0, .. } = standing else {
            bail!("a new photo was not asked for: {standing:?}");
        };
        let headers = [
            ("tus-resumable", "1.0.0"),
            ("upload-offset", "0"),
            ("content-type", "application/offset+octet-stream"),
        ];
        let head = request("PATCH", upload, Some(&token), &headers, film.len());
        let answer = person.line.ask(&[head.as_bytes(), &film.head, &photo.tail]).await?;
        // 204 to the last byte is the receipt: the file is whole, hashed and in the books.
        if answer.status != 204 {
            bail!("an upload was not stored: {}", answer.told());
        }
    }
    Ok(())
}
