//! What the camera says in EXIF: time, place, make, orientation.
//!
//! **Promises:** a value is taken as written or not at all; what is stated but unusable raises a flag.
//! Little work whatever the block holds: at most 1 MiB is read, a directory is visited once (the library
//! remembers), values are parsed only when asked for. **Never:** guesses a hemisphere or a zone, converts
//! local time, reads maker notes or thumbnails.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use exif::{Exif, In, Reader, Tag, Value};

use super::{Examination, Flag, Gps};

/// JPEG cannot hold more than 64 KiB; the other formats could hold anything.
const MAX_EXIF_BYTES: usize = 1024 * 1024;
const MAX_TEXT_CHARS: usize = 64;
/// Offsets in use reach from -12:00 to +14:00.
const MAX_OFFSET_MINUTES: i16 = 14 * 60;

/// Reads an EXIF block (a TIFF structure) into the examination. The orientation is left alone where the
/// container turns the picture itself (HEIC), for it would be turned twice.
pub(super) fn read_exif(block: &[u8], orientation_counts: bool, into: &mut Examination) {
    if block.len() > MAX_EXIF_BYTES {
        into.flag(Flag::MetadataTooLarge);
        return;
    }
    let mut partial = false;
    let read = Reader::new()
        .continue_on_error(true)
        .read_raw(block.to_vec())
        .or_else(|error| error.distill_partial_result(|_| partial = true));
    if partial || read.is_err() {
        into.flag(Flag::MetadataUnreadable);
    }
    let Ok(exif) = read else { return };
    if orientation_counts {
        read_orientation(&exif, into);
    }
    into.make = ascii(&exif, Tag::Make).and_then(plain_text);
    into.model = ascii(&exif, Tag::Model).and_then(plain_text);
    read_time(&exif, into);
    read_position(&exif, into);
}

fn read_orientation(exif: &Exif, into: &mut Examination) {
    let Some(field) = exif.get_field(Tag::Orientation, In::PRIMARY) else {
        return;
    };
    match field.value.get_uint(0) {
        Some(turn @ 1..=8) => into.orientation = turn as u8,
        _ => into.flag(Flag::OrientationInvalid),
    }
}

fn read_time(exif: &Exif, into: &mut Examination) {
    if let Some(stated) = ascii(exif, Tag::DateTimeOriginal).filter(|text| !is_blank(text)) {
        match parse_time(stated) {
            Some(time) => into.taken_local = Some(time),
            None => into.flag(Flag::DateInvalid),
        }
    }
    // Some phones write only the offset of the file's own time; both are the same clock's.
    let offset = ascii(exif, Tag::OffsetTimeOriginal).or_else(|| ascii(exif, Tag::OffsetTime));
    if let Some(stated) = offset.filter(|text| !is_blank(text)) {
        match parse_offset(stated) {
            Some(minutes) => into.taken_offset_minutes = Some(minutes),
            None => into.flag(Flag::OffsetInvalid),
        }
    }
}

/// `YYYY:MM:DD HH:MM:SS` and nothing else.
fn parse_time(text: &[u8]) -> Option<NaiveDateTime> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.len() == 19)?;
    plausible(NaiveDateTime::parse_from_str(text, "%Y:%m:%d %H:%M:%S").ok()?)
}

/// Times outside 1990..=2099 are no camera's; 2038 and other wrong clocks are kept for the caller to judge.
pub(super) fn plausible(time: NaiveDateTime) -> Option<NaiveDateTime> {
    (1990..=2099).contains(&time.year()).then_some(time)
}

/// `+HH:MM` or `-HH:MM`, in minutes.
fn parse_offset(text: &[u8]) -> Option<i16> {
    let &[sign, h1, h2, b':', m1, m2] = text else {
        return None;
    };
    let digits = [h1, h2, m1, m2].map(|digit| digit.is_ascii_digit().then(|| i16::from(digit - b'0')));
    let [Some(h1), Some(h2), Some(m1), Some(m2)] = digits else {
        return None;
    };
    let minutes = (h1 * 10 + h2) * 60 + m1 * 10 + m2;
    match sign {
        _ if m1 > 5 || minutes > MAX_OFFSET_MINUTES => None,
        b'+' => Some(minutes),
        b'-' => Some(-minutes),
        _ => None,
    }
}

fn read_position(exif: &Exif, into: &mut Examination) {
    let latitude = exif.get_field(Tag::GPSLatitude, In::PRIMARY);
    let longitude = exif.get_field(Tag::GPSLongitude, In::PRIMARY);
    if latitude.is_none() && longitude.is_none() {
        return;
    }
    let latitude = latitude.and_then(|field| {
        signed_degrees(&field.value, 90.0, hemisphere(ascii(exif, Tag::GPSLatitudeRef), b"N", b"S")?)
    });
    let longitude = longitude.and_then(|field| {
        signed_degrees(&field.value, 180.0, hemisphere(ascii(exif, Tag::GPSLongitudeRef), b"E", b"W")?)
    });
    place(latitude.zip(longitude), into);
    let Some(mut gps) = into.gps else { return };
    gps.altitude_m = stated(read_altitude(exif), Flag::GpsAltitudeInvalid, into);
    gps.at = stated(read_fix_time(exif), Flag::GpsTimeInvalid, into);
    into.gps = Some(gps);
}

/// Keeps a position that is one; `None` stands for one that is stated but unusable.
pub(super) fn place(position: Option<(f64, f64)>, into: &mut Examination) {
    match position {
        None => into.flag(Flag::GpsInvalid),
        Some((latitude, longitude)) if !(latitude.abs() <= 90.0 && longitude.abs() <= 180.0) => {
            into.flag(Flag::GpsInvalid);
        }
        Some((latitude, longitude)) if latitude.abs() < 1e-6 && longitude.abs() < 1e-6 => {
            into.flag(Flag::GpsZero);
        }
        Some((latitude, longitude)) => {
            into.gps = Some(Gps { latitude, longitude, altitude_m: None, at: None });
        }
    }
}

/// Unpacks "absent", "stated and bad", "stated and good".
fn stated<T>(value: Option<Result<T, ()>>, flag: Flag, into: &mut Examination) -> Option<T> {
    match value? {
        Ok(value) => Some(value),
        Err(()) => {
            into.flag(flag);
            None
        }
    }
}

fn hemisphere(stated: Option<&[u8]>, positive: &[u8], negative: &[u8]) -> Option<f64> {
    match stated? {
        letter if letter == positive => Some(1.0),
        letter if letter == negative => Some(-1.0),
        _ => None,
    }
}

/// Degrees, minutes, seconds. A negative part contradicts the hemisphere letter, so it is refused.
fn signed_degrees(value: &Value, most: f64, sign: f64) -> Option<f64> {
    let [degrees, minutes, seconds] = three_parts(value)?;
    let in_range = degrees <= most && minutes <= 60.0 && seconds <= 60.0;
    let total = degrees + minutes / 60.0 + seconds / 3600.0;
    (in_range && total <= most).then_some(total * sign)
}

/// Three non-negative rationals; signed ones are accepted, since some phones write the wrong type.
fn three_parts(value: &Value) -> Option<[f64; 3]> {
    let part = |index| rational(value, index).filter(|part| *part >= 0.0);
    let count = match value {
        Value::Rational(parts) => parts.len(),
        Value::SRational(parts) => parts.len(),
        _ => 0,
    };
    (count == 3).then_some(())?;
    Some([part(0)?, part(1)?, part(2)?])
}

/// A rational with a denominator; x/0 is no number.
fn rational(value: &Value, index: usize) -> Option<f64> {
    match value {
        Value::Rational(parts) => parts.get(index).filter(|r| r.denom != 0).map(|r| r.to_f64()),
        Value::SRational(parts) => parts.get(index).filter(|r| r.denom != 0).map(|r| r.to_f64()),
        _ => None,
    }
}

fn read_altitude(exif: &Exif) -> Option<Result<f64, ()>> {
    let metres = rational(&exif.get_field(Tag::GPSAltitude, In::PRIMARY)?.value, 0);
    let reference = exif.get_field(Tag::GPSAltitudeRef, In::PRIMARY).map_or(Some(0), |f| f.value.get_uint(0));
    let signed = match reference {
        Some(0 | 2) => metres,
        Some(1 | 3) => metres.map(|metres| -metres),
        _ => None,
    };
    Some(signed.filter(|metres| (-1000.0..=10_000.0).contains(metres)).ok_or(()))
}

/// The satellites' date and time, which are UTC. Either alone (common) is no instant and no fault.
fn read_fix_time(exif: &Exif) -> Option<Result<DateTime<Utc>, ()>> {
    let date = ascii(exif, Tag::GPSDateStamp).filter(|text| !is_blank(text))?;
    let time = &exif.get_field(Tag::GPSTimeStamp, In::PRIMARY)?.value;
    let read = || {
        let date = std::str::from_utf8(date).ok().filter(|text| text.len() == 10)?;
        let date = NaiveDate::parse_from_str(date, "%Y:%m:%d").ok()?;
        let [hours, minutes, seconds] = three_parts(time)?;
        // Large values saturate, and are then refused by chrono.
        let time = NaiveTime::from_hms_opt(hours as u32, minutes as u32, seconds as u32)?;
        Some(plausible(date.and_time(time))?.and_utc())
    };
    Some(read().ok_or(()))
}

/// The first text of a field, without the NUL bytes and spaces that cameras pad with.
fn ascii(exif: &Exif, tag: Tag) -> Option<&[u8]> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(texts) => texts.first().map(|text| text.trim_ascii()),
        _ => None,
    }
}

/// Blanks, with or without colons, are the standard's way of saying "unknown".
fn is_blank(text: &[u8]) -> bool {
    text.iter().all(|byte| matches!(byte, b' ' | b':'))
}

/// One line of foreign text that is safe to store and show: no control characters (NUL, escapes, line
/// ends), none that turn the direction of writing, bounded. It still needs escaping where it is shown.
pub(super) fn plain_text(raw: &[u8]) -> Option<String> {
    let bounded = raw.get(..raw.len().min(MAX_TEXT_CHARS * 16))?;
    let text = String::from_utf8_lossy(bounded);
    let harmless = text.chars().filter(|c| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    });
    let short: String = harmless.take(MAX_TEXT_CHARS).collect();
    let short = short.trim();
    (!short.is_empty()).then(|| short.to_owned())
}
