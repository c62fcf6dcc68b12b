//! Films: are the boxes of an MP4 or MOV sound, and what do they say of time, place and camera?
//!
//! **Promises:** no recursion, so that no nesting can matter; at most 65,536 boxes at the top and 4,096 in
//! any other; at most 32 MiB of index is read, picture and sound never are. **Never:** decodes, so that
//! "not damaged" means only that the film's frame is whole.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use chrono::{DateTime, TimeDelta};

use super::container::{be16, be32, be64};
use super::metadata::{place, plain_text, plausible};
use super::{Examination, Flag};

const MAX_TOP_BOXES: usize = 65_536;
const MAX_CHILDREN: usize = 4_096;
const MAX_INDEX_BYTES: u64 = 32 * 1024 * 1024;
/// Seconds from 1904, where films count from, to 1970.
const EPOCH_1904_TO_1970_S: i64 = 2_082_844_800;

type Kind = [u8; 4];

/// Examines a film of `length` bytes.
pub(super) fn read_film(file: &File, length: u64, into: &mut Examination) -> io::Result<()> {
    let top = top_level(file, length)?;
    if top.trailing {
        into.flag(Flag::TrailingData);
    }
    let sound =
        top.complete && top.has_media && top.index.as_deref().is_some_and(|moov| read_index(moov, into));
    if !sound {
        into.damage(Flag::Incomplete);
    }
    Ok(())
}

#[derive(Default)]
struct TopLevel {
    index: Option<Vec<u8>>,
    has_media: bool,
    complete: bool,
    trailing: bool,
}

/// Steps from box to box through the file, reading headers only, and the index (`moov`) whole.
fn top_level(file: &File, length: u64) -> io::Result<TopLevel> {
    let mut found = TopLevel::default();
    let mut at = 0;
    for _ in 0..MAX_TOP_BOXES {
        if at == length {
            found.complete = true;
            break;
        }
        let mut head = [0; 16];
        let have = head.len().min(usize::try_from(length - at).unwrap_or(usize::MAX));
        file.read_exact_at(&mut head[..have], at)?;
        let Some((kind, header, size)) = box_header(&head[..have], length - at) else {
            break;
        };
        if size > length - at {
            // A box unknown to films is a vendor's appendix; a known one that does not fit is a cut.
            found.trailing = !is_top_kind(kind);
            found.complete = found.trailing;
            break;
        }
        match &kind {
            b"moov" if found.index.is_none() && size <= MAX_INDEX_BYTES => {
                let mut index = vec![0; usize::try_from(size - header).unwrap_or(0)];
                file.read_exact_at(&mut index, at + header)?;
                found.index = Some(index);
            }
            b"mdat" => found.has_media = true,
            _ => {}
        }
        at += size;
    }
    Ok(found)
}

fn is_top_kind(kind: Kind) -> bool {
    matches!(
        &kind,
        b"ftyp" | b"moov" | b"mdat" | b"moof" | b"free" | b"skip" | b"wide" | b"uuid" | b"meta" | b"sidx"
    )
}

/// Kind, header length and whole length of the box that begins here, of which `room` bytes are left.
fn box_header(head: &[u8], room: u64) -> Option<(Kind, u64, u64)> {
    let kind = *head.get(4..)?.first_chunk()?;
    let (header, size) = match be32(head, 0)? {
        0 => (8, room),
        1 => (16, be64(head, 8)?),
        size => (8, u64::from(size)),
    };
    (size >= header).then_some((kind, header, size))
}

/// The boxes within a box; `None` if any of them does not fit, or there are too many.
fn children(data: &[u8]) -> Option<Vec<(Kind, &[u8])>> {
    let mut found = Vec::new();
    let mut rest = data;
    // QuickTime may end a list with four zero bytes.
    while rest.len() >= 8 {
        let (kind, header, size) = box_header(rest, rest.len() as u64)?;
        let size = usize::try_from(size).ok()?;
        found.push((kind, rest.get(usize::try_from(header).ok()?..size)?));
        rest = rest.get(size..)?;
        if found.len() > MAX_CHILDREN {
            return None;
        }
    }
    Some(found)
}

fn child<'a>(boxes: &[(Kind, &'a [u8])], kind: &Kind) -> Option<&'a [u8]> {
    boxes.iter().find(|(found, _)| found == kind).map(|(_, body)| *body)
}

/// Reads the index; false if it is no sound index of a film with a picture.
fn read_index(moov: &[u8], into: &mut Examination) -> bool {
    let Some(boxes) = children(moov) else { return false };
    read_tags(&boxes, into);
    let Some(header) = child(&boxes, b"mvhd") else {
        return false;
    };
    read_header_time(header, into);
    let tracks = boxes.iter().filter(|(kind, _)| kind == b"trak");
    let mut pictures = tracks.filter_map(|(_, trak)| picture_size(trak));
    let Some((width, height)) = pictures.next() else {
        return false;
    };
    (into.width, into.height) = (Some(width), Some(height));
    true
}

/// The size as shown, if this is a track of pictures with a table of samples.
fn picture_size(trak: &[u8]) -> Option<(u32, u32)> {
    let boxes = children(trak)?;
    let media = children(child(&boxes, b"mdia")?)?;
    if child(&media, b"hdlr")?.get(8..12) != Some(b"vide") {
        return None;
    }
    let samples = children(child(&media, b"minf")?)?;
    children(child(&samples, b"stbl")?)?;
    let tkhd = child(&boxes, b"tkhd")?;
    // Version 1 has 64-bit times. The matrix and the size (16.16 fixed point) end the box.
    let matrix = if tkhd.first() == Some(&1) { 52 } else { 40 };
    let (width, height) = (be32(tkhd, matrix + 36)? >> 16, be32(tkhd, matrix + 40)? >> 16);
    let quarter_turn = be32(tkhd, matrix)? == 0 && be32(tkhd, matrix + 16)? == 0;
    let size = if quarter_turn { (height, width) } else { (width, height) };
    (width > 0 && height > 0).then_some(size)
}

/// The header's time stands in where no tag tells, and is compared where one does.
fn read_header_time(mvhd: &[u8], into: &mut Examination) {
    let seconds = match mvhd.first() {
        Some(0) => be32(mvhd, 4).map(u64::from),
        Some(1) => be64(mvhd, 4),
        _ => None,
    };
    let Some(seconds) = seconds.filter(|&seconds| seconds != 0) else {
        return;
    };
    let time = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| DateTime::from_timestamp(seconds.checked_sub(EPOCH_1904_TO_1970_S)?, 0))
        .and_then(|time| plausible(time.naive_utc()));
    match (time, into.taken_local) {
        (Some(header), Some(tag)) => {
            if (header - tag).abs() > TimeDelta::days(1) {
                into.flag(Flag::TimesDisagree);
            }
        }
        (Some(header), None) => {
            into.taken_local = Some(header);
            into.flag(Flag::ContainerTime);
        }
        (None, _) => into.flag(Flag::DateInvalid),
    }
}

/// Tags of phones: Apple's keyed list in `meta`, and the user data that Android writes.
fn read_tags(boxes: &[(Kind, &[u8])], into: &mut Examination) {
    if let Some(meta) = child(boxes, b"meta") {
        for (key, value) in keyed_tags(meta).unwrap_or_default() {
            read_tag(key, value, into);
        }
    }
    let Some(user_data) = child(boxes, b"udta").and_then(children) else {
        return;
    };
    for (kind, body) in user_data {
        // Text with its length and language before it.
        let text = be16(body, 0).and_then(|length| body.get(4..4 + usize::from(length))).unwrap_or_default();
        match &kind {
            b"\xa9xyz" => read_tag(b"location.ISO6709", text, into),
            b"\xa9mak" => read_tag(b"make", text, into),
            b"\xa9mod" => read_tag(b"model", text, into),
            b"\xa9day" => read_tag(b"creationdate", text, into),
            b"auth" if body.get(6..).is_some_and(|name| name.starts_with(b"ReplayKitRecording")) => {
                into.flag(Flag::ScreenRecording);
            }
            _ => {}
        }
    }
}

/// Pairs up `keys` (names) and `ilst` (values, whose kind is the number of the name, from 1).
fn keyed_tags<'a>(meta: &'a [u8]) -> Option<Vec<(&'a [u8], &'a [u8])>> {
    // ISO has a version before the children, QuickTime has not.
    let boxes = children(if meta.get(4..8) == Some(b"hdlr") { meta } else { meta.get(4..)? })?;
    let names = children(child(&boxes, b"keys")?.get(8..)?)?;
    let values = children(child(&boxes, b"ilst")?)?;
    let pair = |(kind, body): (Kind, &'a [u8])| {
        let index = usize::try_from(u32::from_be_bytes(kind)).ok()?.checked_sub(1)?;
        let (_, name) = names.get(index)?;
        // The value comes after its type and language.
        let value = child(&children(body)?, b"data")?.get(8..)?;
        Some((name.strip_prefix(b"com.apple.quicktime.").unwrap_or(name), value))
    };
    Some(values.into_iter().filter_map(pair).collect())
}

/// The first statement of each kind counts.
fn read_tag(key: &[u8], value: &[u8], into: &mut Examination) {
    match key {
        b"make" if into.make.is_none() => into.make = plain_text(value),
        b"model" if into.model.is_none() => into.model = plain_text(value),
        b"location.ISO6709" if into.gps.is_none() => read_iso6709(value, into),
        b"creationdate" if into.taken_local.is_none() => {
            let text = std::str::from_utf8(value).unwrap_or_default().trim();
            let Ok(time) = DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%z") else {
                return into.flag(Flag::DateInvalid);
            };
            let offset_minutes = TimeDelta::seconds(time.offset().local_minus_utc().into()).num_minutes();
            into.taken_local = plausible(time.naive_local());
            into.taken_offset_minutes = into.taken_local.and_then(|_| i16::try_from(offset_minutes).ok());
            if into.taken_local.is_none() {
                into.flag(Flag::DateInvalid);
            }
        }
        _ => {}
    }
}

/// `+27.1281+100.2508+2405.7/`: decimal degrees, then metres. The forms with minutes are not guessed at.
fn read_iso6709(value: &[u8], into: &mut Examination) {
    let text = std::str::from_utf8(value).unwrap_or_default();
    let body = text.split('/').next().unwrap_or_default();
    let starts: Vec<usize> = body.match_indices(['+', '-']).map(|(at, _)| at).take(4).collect();
    let number = |index: usize, digits: usize| {
        let start = *starts.get(index)?;
        let part = body.get(start..starts.get(index + 1).copied().unwrap_or(body.len()))?;
        let whole = part.get(1..)?.split('.').next()?;
        let decimal = part.get(1..)?.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        (decimal && whole.len() <= digits).then(|| part.parse::<f64>().ok()).flatten()
    };
    place(number(0, 2).zip(number(1, 3)), into);
    if let Some(gps) = into.gps.as_mut() {
        gps.altitude_m = number(2, 5).filter(|metres| (-1000.0..=10_000.0).contains(metres));
    }
}
