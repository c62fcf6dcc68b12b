//! Where the parts of a photo lie in its file: size, EXIF block, the true end of the picture.
//!
//! **Promises:** one linear pass over bytes already in memory, nothing decoded or inflated, no allocation
//! that the file chooses. Completeness is judged here because the decoders forgive: `image` opens nearly
//! every truncated JPEG and shows grey for what is missing. **Never:** judges the pixels.

use std::borrow::Cow;

use heifer::heifer_isobmff::{HeifFile, boxes::Property};

use super::MediaType;

/// The result of one walk over a photo.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Survey<'a> {
    /// The TIFF structure within the EXIF block, without the `Exif\0\0` that JPEG (and some WebP) has.
    pub exif: Option<Cow<'a, [u8]>>,
    /// Width and height as stored, before any orientation; none if unstated or zero.
    pub size: Option<(u32, u32)>,
    /// The picture's end lies within the file.
    pub complete: bool,
    /// Bytes follow that end.
    pub trailing: bool,
    /// Memory that decoding takes beyond the pixels themselves, as far as the header tells.
    pub extra_decode_bytes: u64,
    /// A JPEG that is not progressive and yet has a scan for each colour.
    pub separate_scans: bool,
}

/// Walks over a photo of the given type; films have their own module.
pub(super) fn survey(media_type: MediaType, bytes: &[u8]) -> Survey<'_> {
    match media_type {
        MediaType::Jpeg => jpeg(bytes),
        MediaType::Png => png(bytes),
        MediaType::Webp => webp(bytes),
        MediaType::Heic => heic(bytes),
        MediaType::Mp4 | MediaType::Mov => Survey::default(),
    }
}

/// Follows the markers up to EOI. Compressed data is skipped by the same rule as junk between segments
/// (search the next 0xFF that starts a marker), since within a scan 0xFF is always stuffed with 0x00.
/// EOI marks of embedded thumbnails lie inside segments and are jumped over.
fn jpeg(bytes: &[u8]) -> Survey<'_> {
    let mut survey = Survey::default();
    let mut scanned = false;
    let mut frame: Option<(bool, u8)> = None;
    let mut at = 2;
    while let Some(skipped) = bytes.get(at..).and_then(|rest| rest.iter().position(|&byte| byte == 0xff)) {
        at += skipped + 1;
        match bytes.get(at) {
            None => break,
            Some(0xff) => continue,
            // Stuffing, TEM, RST0-7 and a second SOI have no body.
            Some(0x00 | 0x01 | 0xd0..=0xd8) => at += 1,
            Some(0xd9) => {
                survey.complete = scanned && survey.size.is_some();
                survey.trailing = at + 1 < bytes.len();
                break;
            }
            Some(&marker) => {
                at += 1;
                let Some(length) = be16(bytes, at).filter(|&length| length >= 2) else {
                    continue;
                };
                let end = at + usize::from(length);
                let body = bytes.get(at + 2..end.min(bytes.len())).unwrap_or_default();
                match marker {
                    0xda => {
                        // Its first byte says how many colours it has.
                        survey.separate_scans |= matches!((frame, body.first()),
                            (Some((false, all)), Some(&some)) if some < all);
                        scanned = true;
                    }
                    0xe1 if survey.exif.is_none() => {
                        survey.exif = body.strip_prefix(b"Exif\0\0").map(Cow::Borrowed);
                    }
                    // SOF0..15 without DHT, JPG and DAC, which share the range.
                    0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) && survey.size.is_none() => {
                        frame = read_frame_header(marker, body, &mut survey);
                    }
                    _ => {}
                }
                at = end;
            }
        }
    }
    survey
}

/// SOF: precision, height, width, then three bytes per component. A progressive picture holds all its
/// coefficients (two bytes each) until the end, which is what bombs of many scans live on. Returns whether it
/// is progressive, and the number of colours.
fn read_frame_header(marker: u8, body: &[u8], survey: &mut Survey<'_>) -> Option<(bool, u8)> {
    let (height, width) =
        be16(body, 1).zip(be16(body, 3)).filter(|&(height, width)| height > 0 && width > 0)?;
    survey.size = Some((width.into(), height.into()));
    let progressive = matches!(marker, 0xc2 | 0xc6 | 0xca | 0xce);
    let factors = body.get(6..).unwrap_or_default().as_chunks::<3>().0.iter().map(|c| (c[1] >> 4, c[1] & 15));
    if progressive {
        let samples: u64 = factors.clone().map(|(h, v)| u64::from(h) * u64::from(v)).sum();
        let block = factors.clone().map(|f| u64::from(f.0)).max().unwrap_or(1)
            * factors.map(|f| u64::from(f.1)).max().unwrap_or(1);
        survey.extra_decode_bytes = u64::from(width) * u64::from(height) * 2 * samples / block.max(1);
    }
    Some((progressive, body.get(5).copied()?))
}

/// The chunks of a PNG from `at` on: name, body, offset of the next. Ends at the first that does not fit.
fn png_chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8], usize)> {
    let mut at = 8;
    std::iter::from_fn(move || {
        let length = usize::try_from(be32(bytes, at)?).ok()?;
        let name = bytes.get(at + 4..at + 8)?;
        let end = (at + 8).checked_add(length)?;
        let body = bytes.get(at + 8..end)?;
        bytes.get(end..end + 4)?; // the checksum
        at = end + 4;
        Some((name, body, at))
    })
}

fn png(bytes: &[u8]) -> Survey<'_> {
    let mut survey = Survey::default();
    for (name, body, next) in png_chunks(bytes) {
        match name {
            b"IHDR" => survey.size = be32(body, 0).zip(be32(body, 4)).filter(|&(w, h)| w > 0 && h > 0),
            b"eXIf" => survey.exif = Some(Cow::Borrowed(strip_exif_prefix(body))),
            b"IEND" => {
                survey.complete = survey.size.is_some();
                survey.trailing = next < bytes.len();
                break;
            }
            _ => {}
        }
    }
    survey
}

/// The same picture with nothing but what makes its pixels: text and colour profiles, which may inflate
/// to any size, and animation never reach the decoder.
pub(super) fn png_pixels_only(bytes: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(bytes.len());
    kept.extend_from_slice(bytes.get(..8).unwrap_or_default());
    let mut start = 8;
    for (name, _, next) in png_chunks(bytes) {
        if matches!(name, b"IHDR" | b"PLTE" | b"tRNS" | b"IDAT" | b"IEND") {
            kept.extend_from_slice(bytes.get(start..next).unwrap_or_default());
        }
        start = next;
        if name == b"IEND" {
            break;
        }
    }
    kept
}

fn webp(bytes: &[u8]) -> Survey<'_> {
    let mut survey = Survey::default();
    let Some(stated) = le32(bytes, 4).and_then(|size| usize::try_from(size).ok()) else {
        return survey;
    };
    let end = stated.saturating_add(8);
    survey.complete = end <= bytes.len();
    // An odd size is padded by one byte.
    survey.trailing = end.saturating_add(stated % 2) < bytes.len();
    let mut at = 12;
    while let Some((name, length)) = bytes.get(at..at + 4).zip(le32(bytes, at + 4)) {
        let Some(next) = usize::try_from(length).ok().and_then(|length| (at + 8).checked_add(length)) else {
            break;
        };
        let body = bytes.get(at + 8..next.min(bytes.len())).unwrap_or_default();
        match name {
            b"VP8X" => survey.size = le24(body, 4).zip(le24(body, 7)).map(|(w, h)| (w + 1, h + 1)),
            b"EXIF" => survey.exif = Some(Cow::Borrowed(strip_exif_prefix(body))),
            _ => {}
        }
        at = next.saturating_add(next % 2);
    }
    survey
}

/// The library finds EXIF items wherever they lie (one phone puts them at the end of the file).
fn heic(bytes: &[u8]) -> Survey<'_> {
    let (complete, trailing) = heic_end(bytes);
    let mut survey = Survey { complete, trailing, ..Survey::default() };
    let Ok(file) = HeifFile::parse(bytes) else {
        return survey;
    };
    let id = file.primary_id;
    survey.exif = file.exif(id).ok().flatten().map(Cow::Owned);
    survey.size = file.image_size(id).ok().flatten().filter(|&(w, h)| w > 0 && h > 0);
    let quarters =
        file.item_properties(id).ok().into_iter().flatten().fold(0, |sum, property| match property {
            Property::Rotation(quarters) => sum + quarters,
            _ => sum,
        });
    if quarters % 2 == 1 {
        survey.size = survey.size.map(|(w, h)| (h, w));
    }
    survey
}

/// Whether all boxes that matter lie within the file, and whether something else follows them.
fn heic_end(bytes: &[u8]) -> (bool, bool) {
    let mut at = 0_usize;
    while at < bytes.len() {
        let header = be32(bytes, at).zip(bytes.get(at + 4..at + 8));
        let Some((size, name)) = header else {
            return (true, true);
        };
        let known =
            matches!(name, b"ftyp" | b"meta" | b"mdat" | b"moov" | b"free" | b"skip" | b"uuid" | b"idat");
        let size = match size {
            0 => return (true, false), // to the end of the file
            1 => be64(bytes, at + 8).and_then(|size| usize::try_from(size).ok()),
            size => usize::try_from(size).ok(),
        };
        match size.filter(|&size| size >= 8).and_then(|size| at.checked_add(size)) {
            Some(next) if next <= bytes.len() => at = next,
            // A known box that does not fit is a cut; anything else is a vendor's appendix.
            _ => return (!known, !known),
        }
    }
    (true, false)
}

fn strip_exif_prefix(block: &[u8]) -> &[u8] {
    block.strip_prefix(b"Exif\0\0").unwrap_or(block)
}

pub(super) fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|raw| u16::from_be_bytes(*raw))
}

pub(super) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|raw| u32::from_be_bytes(*raw))
}

pub(super) fn be64(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|raw| u64::from_be_bytes(*raw))
}

fn le24(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|&[a, b, c]| u32::from_le_bytes([a, b, c, 0]))
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|raw| u32::from_le_bytes(*raw))
}
