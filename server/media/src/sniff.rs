//! What a file is, by its first bytes alone.
//!
//! **Promises:** a closed list; file names and declared types play no part. **Never:** looks further than
//! `SNIFF_BYTES`, nor says whether the file is sound.

use serde::{Deserialize, Serialize};

/// How much of the beginning `sniff` wants to see. Shorter files are judged by what there is.
pub const SNIFF_BYTES: usize = 64;

/// The formats that are accepted as evidence. Everything else is refused with 415.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MediaType {
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// HEIC and HEIF: both are served as `image/heic`, which is what phones mean by either.
    #[serde(rename = "image/heic")]
    Heic,
    #[serde(rename = "image/webp")]
    Webp,
    #[serde(rename = "image/png")]
    Png,
    #[serde(rename = "video/mp4")]
    Mp4,
    #[serde(rename = "video/quicktime")]
    Mov,
}

impl MediaType {
    pub const ALL: [Self; 6] = [Self::Jpeg, Self::Heic, Self::Webp, Self::Png, Self::Mp4, Self::Mov];

    /// The IANA media type, as stored and as served.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Heic => "image/heic",
            Self::Webp => "image/webp",
            Self::Png => "image/png",
            Self::Mp4 => "video/mp4",
            Self::Mov => "video/quicktime",
        }
    }

    /// The inverse of `as_str`; exact.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|media_type| media_type.as_str() == text)
    }

    pub const fn is_video(self) -> bool {
        matches!(self, Self::Mp4 | Self::Mov)
    }
}

/// Recognises an allowed format by the beginning of the file; `None` is a refusal (415, or 422 if empty).
pub fn sniff(head: &[u8]) -> Option<MediaType> {
    if head.starts_with(b"\xff\xd8\xff") {
        Some(MediaType::Jpeg)
    } else if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some(MediaType::Png)
    } else if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        Some(MediaType::Webp)
    } else if head.get(4..8) == Some(b"ftyp") {
        sniff_brands(head)
    } else {
        None
    }
}

/// ISO base media files say what they are by brands. The major one decides; where it is a general
/// one (`mif1`), the compatible ones do, for AVIF hides behind it too.
fn sniff_brands(head: &[u8]) -> Option<MediaType> {
    let size = u32::from_be_bytes(head.get(..4)?.try_into().ok()?);
    let end = head.len().min(usize::try_from(size).ok()?);
    let compatible = || head.get(16..end).unwrap_or_default().as_chunks::<4>().0.iter();
    match head.get(8..12)? {
        b"heic" | b"heix" | b"heim" | b"heis" => Some(MediaType::Heic),
        b"mif1" => compatible()
            .any(|brand| matches!(brand, b"heic" | b"heix" | b"heim" | b"heis"))
            .then_some(MediaType::Heic),
        b"qt  " => Some(MediaType::Mov),
        b"isom" | b"iso2" | b"iso3" | b"iso4" | b"iso5" | b"iso6" | b"mp41" | b"mp42" | b"avc1" | b"hvc1"
        | b"M4V " | b"MSNV" => Some(MediaType::Mp4),
        _ => None,
    }
}
