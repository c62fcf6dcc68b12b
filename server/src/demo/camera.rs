//! Photos that nobody took: drawn scenes as a phone would file them, with honest EXIF.
//!
//! Pure: seed, time and place are arguments. 1600 × 1200 stored; every third is taken upright, and says so by
//! its orientation.

use anfang_protocol::place::Position;
use chrono::{DateTime, FixedOffset, Utc};
use exif::{Field, In, Rational, Tag, Value, experimental::Writer};
use image::{ExtendedColorType, ImageEncoder, RgbImage, codecs::jpeg::JpegEncoder, imageops};
use rand::{RngExt, SeedableRng};

use super::{
    canvas::{At, Canvas, Colour},
    names::Dice,
};

pub const WIDTH: u32 = 1600;
pub const HEIGHT: u32 = 1200;
const QUALITY: u8 = 82;
const GRAIN: u8 = 9;

/// Orientation of EXIF: upright as stored, or to be turned by a quarter to the right.
const UPRIGHT: u16 = 1;
const QUARTER_TURN: u16 = 6;

/// What a photo shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    House,
    CrackedWall,
    WaterTap,
    NoticeBoard,
    Road,
}

impl Scene {
    pub const ALL: [Scene; 5] =
        [Scene::House, Scene::CrackedWall, Scene::WaterTap, Scene::NoticeBoard, Scene::Road];

    /// What the photo of this seed shows.
    pub fn of(seed: u64) -> Self {
        Self::ALL[(seed % Self::ALL.len() as u64) as usize]
    }
}

/// A JPEG; 150 to 400 KB.
pub fn photo(seed: u64, taken: DateTime<FixedOffset>, position: &Position) -> Vec<u8> {
    let mut dice = Dice::seed_from_u64(seed);
    let is_upright = seed % 3 == 2;
    let (width, height) = if is_upright { (HEIGHT, WIDTH) } else { (WIDTH, HEIGHT) };
    let mut canvas = Canvas::new(width, height);
    match Scene::of(seed) {
        Scene::House => house(&mut canvas, &mut dice),
        Scene::CrackedWall => cracked_wall(&mut canvas, &mut dice),
        Scene::WaterTap => water_tap(&mut canvas, &mut dice),
        Scene::NoticeBoard => notice_board(&mut canvas, &mut dice),
        Scene::Road => road(&mut canvas, &mut dice),
    }
    canvas.grain(&mut dice, GRAIN);
    let image = canvas.into_image();
    // The sensor lies on its side when the phone is held upright.
    let (stored, orientation) =
        if is_upright { (imageops::rotate270(&image), QUARTER_TURN) } else { (image, UPRIGHT) };
    encode(&stored, exif(taken, position, orientation))
}

/// Writing into memory cannot fail, and the sizes are ours: what is left over would be an empty file.
fn encode(image: &RgbImage, exif: Option<Vec<u8>>) -> Vec<u8> {
    let mut jpeg = Vec::with_capacity(400 * 1024);
    let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, QUALITY);
    let with_exif = exif.is_none_or(|exif| encoder.set_exif_metadata(exif).is_ok());
    debug_assert!(with_exif, "the encoder of JPEG takes EXIF");
    let written = encoder.write_image(image.as_raw(), image.width(), image.height(), ExtendedColorType::Rgb8);
    debug_assert!(written.is_ok(), "memory takes every byte");
    jpeg
}

fn exif(taken: DateTime<FixedOffset>, position: &Position, orientation: u16) -> Option<Vec<u8>> {
    let field = |tag: Tag, value: Value| Field { tag, ifd_num: In::PRIMARY, value };
    let text = |text: String| Value::Ascii(vec![text.into_bytes()]);
    let utc = taken.with_timezone(&Utc);
    let fields = [
        field(Tag::Make, text("Anfang Demo".into())),
        field(Tag::Model, text("Drawn 1".into())),
        field(Tag::Orientation, Value::Short(vec![orientation])),
        field(Tag::DateTimeOriginal, text(taken.format("%Y:%m:%d %H:%M:%S").to_string())),
        field(Tag::OffsetTimeOriginal, text(taken.format("%:z").to_string())),
        field(Tag::GPSVersionID, Value::Byte(vec![2, 3, 0, 0])),
        field(Tag::GPSLatitudeRef, text(if position.latitude < 0.0 { "S" } else { "N" }.into())),
        field(Tag::GPSLatitude, degrees(position.latitude)),
        field(Tag::GPSLongitudeRef, text(if position.longitude < 0.0 { "W" } else { "E" }.into())),
        field(Tag::GPSLongitude, degrees(position.longitude)),
        field(Tag::GPSDateStamp, text(utc.format("%Y:%m:%d").to_string())),
        field(Tag::GPSTimeStamp, clock(utc)),
    ];
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut tiff = std::io::Cursor::new(Vec::new());
    writer.write(&mut tiff, false).ok()?;
    Some(tiff.into_inner())
}

/// Degrees, minutes and ten-thousandths of a second: 3 mm.
fn degrees(value: f64) -> Value {
    const PARTS: f64 = 10_000.0;
    let total = (value.abs() * 3600.0 * PARTS).round() as u64;
    let (seconds, minutes) = (total % (60 * PARTS as u64), total / (60 * PARTS as u64));
    let rational = |num: u64, denom: u32| Rational { num: u32::try_from(num).unwrap_or(0), denom };
    Value::Rational(vec![
        rational(minutes / 60, 1),
        rational(minutes % 60, 1),
        rational(seconds, PARTS as u32),
    ])
}

fn clock(utc: DateTime<Utc>) -> Value {
    use chrono::Timelike;
    let whole = |num: u32| Rational { num, denom: 1 };
    Value::Rational(vec![whole(utc.hour()), whole(utc.minute()), whole(utc.second())])
}

/// A colour a little different at every throw.
fn about(dice: &mut Dice, colour: Colour, by: i16) -> Colour {
    let shift = dice.random_range(-by..=by);
    colour.map(|value| (i16::from(value) + shift).clamp(0, 255) as u8)
}

fn hills(canvas: &mut Canvas, dice: &mut Dice) {
    let sky = about(dice, [166, 196, 226], 20);
    canvas.band(0.0, 0.62, sky, [222, 228, 230]);
    for (height, colour) in [(0.34, [134, 150, 158]), (0.44, [104, 128, 110])] {
        let mut ridge: Vec<At> =
            (0..=12).map(|step| (f64::from(step) / 12.0, height + dice.random_range(-0.06..0.06))).collect();
        ridge.extend([(1.0, 0.7), (0.0, 0.7)]);
        canvas.polygon(&ridge, about(dice, colour, 12));
    }
    canvas.band(0.6, 1.0, about(dice, [158, 140, 108], 14), [128, 112, 84]);
}

fn house(canvas: &mut Canvas, dice: &mut Dice) {
    hills(canvas, dice);
    let left = dice.random_range(0.14..0.24);
    let right = left + dice.random_range(0.54..0.62);
    let (eaves, ground) = (0.42, 0.8);
    let wall = [[206, 190, 160], [224, 220, 210], [186, 150, 118]][dice.random_range(0..3)];
    let wall = about(dice, wall, 10);
    canvas.rect(left, eaves, right, ground, wall);
    canvas.rect(left, ground - 0.07, right, ground, about(dice, [120, 112, 104], 10));
    let roof = about(dice, [104, 84, 78], 14);
    canvas.polygon(
        &[(left - 0.05, eaves), (left + 0.06, 0.27), (right - 0.06, 0.27), (right + 0.05, eaves)],
        roof,
    );
    for row in 1..8 {
        let y = 0.27 + f64::from(row) * (eaves - 0.27) / 8.0;
        let slant = 0.11 * (y - 0.27) / (eaves - 0.27);
        canvas.line((left + 0.06 - slant, y), (right - 0.06 + slant, y), 0.003, [76, 62, 58]);
    }
    let middle = (left + right) / 2.0;
    canvas.rect(middle - 0.05, 0.55, middle + 0.05, ground, about(dice, [110, 66, 44], 16));
    canvas.rect(middle - 0.16, 0.5, middle + 0.16, 0.53, [188, 44, 40]);
    for centre in [left + 0.11, right - 0.11] {
        window(canvas, dice, centre);
    }
    if dice.random_bool(0.5) {
        let start = (right - dice.random_range(0.1..0.2), eaves);
        crack(canvas, dice, start, 0.3, 0.006);
    }
}

/// With panes, one of them perhaps broken.
fn window(canvas: &mut Canvas, dice: &mut Dice, centre: f64) {
    canvas.rect(centre - 0.065, 0.52, centre + 0.065, 0.68, [92, 64, 48]);
    for (x, y) in [(-0.055, 0.533), (0.005, 0.533), (-0.055, 0.607), (0.005, 0.607)] {
        let pane = if dice.random_bool(0.15) { [34, 34, 38] } else { [126, 158, 176] };
        canvas.rect(centre + x, y, centre + x + 0.05, y + 0.06, about(dice, pane, 10));
    }
}

/// A jagged line downwards, of `length`, with branches.
fn crack(canvas: &mut Canvas, dice: &mut Dice, start: At, length: f64, thickness: f64) {
    let mut at = start;
    for step in 0..14 {
        let next = (at.0 + dice.random_range(-0.03..0.03), at.1 + length / 14.0);
        let thin = thickness * (1.0 - f64::from(step) / 20.0);
        canvas.line(at, next, thin, [44, 38, 34]);
        if dice.random_bool(0.25) {
            let aside = (next.0 + dice.random_range(-0.06..0.06), next.1 + 0.03);
            canvas.line(next, aside, thin / 2.0, [66, 58, 50]);
        }
        at = next;
    }
}

fn cracked_wall(canvas: &mut Canvas, dice: &mut Dice) {
    let plaster = about(dice, [204, 192, 170], 16);
    canvas.band(0.0, 1.0, plaster, about(dice, [184, 168, 142], 10));
    for _ in 0..26 {
        let at = (dice.random_range(0.0..1.0), dice.random_range(0.0..1.0));
        let stain = about(dice, [188, 174, 148], 12);
        canvas.disc(at, dice.random_range(0.01..0.06), stain);
    }
    // Where the plaster is off, the bricks show.
    let (left, top) = (dice.random_range(0.05..0.2), dice.random_range(0.55..0.68));
    canvas.rect(left, top, left + 0.24, top + 0.26, [150, 140, 130]);
    for row in 0..6 {
        for column in 0..4 {
            let x = left + 0.004 + f64::from(column) * 0.06 + if row % 2 == 0 { 0.0 } else { 0.012 };
            let y = top + 0.005 + f64::from(row) * 0.043;
            canvas.rect(x, y, x + 0.045, y + 0.035, about(dice, [148, 84, 66], 14));
        }
    }
    let from = (dice.random_range(0.4..0.65), 0.02);
    crack(canvas, dice, from, 0.95, 0.016);
    // A coin beside it tells the size.
    canvas.disc((from.0 + 0.17, 0.5), 0.022, [196, 168, 92]);
    canvas.disc((from.0 + 0.17, 0.5), 0.017, [214, 188, 116]);
}

fn water_tap(canvas: &mut Canvas, dice: &mut Dice) {
    canvas.band(0.0, 1.0, about(dice, [198, 206, 208], 14), [170, 178, 180]);
    for line in 1..9 {
        let at = f64::from(line) / 9.0;
        canvas.line((0.0, at), (1.0, at), 0.003, [150, 158, 160]);
        canvas.line((at, 0.0), (at, 1.0), 0.003, [150, 158, 160]);
    }
    let x = dice.random_range(0.4..0.55);
    let metal = about(dice, [142, 146, 152], 12);
    canvas.line((x, 0.0), (x, 0.3), 0.035, [108, 112, 118]);
    canvas.line((x, 0.3), (x + 0.16, 0.3), 0.045, metal);
    canvas.line((x + 0.15, 0.29), (x + 0.15, 0.4), 0.04, metal);
    canvas.line((x + 0.02, 0.22), (x + 0.12, 0.22), 0.022, [176, 46, 40]);
    canvas.line((x + 0.07, 0.22), (x + 0.07, 0.3), 0.02, metal);
    let bucket = [[46, 96, 160], [176, 60, 50]][dice.random_range(0..2)];
    let bucket = about(dice, bucket, 14);
    canvas.polygon(&[(x, 0.66), (x + 0.3, 0.66), (x + 0.26, 0.95), (x + 0.04, 0.95)], bucket);
    canvas.polygon(&[(x + 0.01, 0.66), (x + 0.29, 0.66), (x + 0.27, 0.7), (x + 0.03, 0.7)], [28, 40, 52]);
    if dice.random_bool(0.6) {
        canvas.line((x + 0.15, 0.4), (x + 0.15, 0.68), 0.016, [196, 222, 236]);
    } else {
        canvas.disc((x + 0.15, 0.44), 0.009, [172, 206, 226]);
    }
}

fn notice_board(canvas: &mut Canvas, dice: &mut Dice) {
    canvas.band(0.0, 1.0, about(dice, [186, 172, 150], 14), [150, 138, 120]);
    canvas.rect(0.08, 0.12, 0.92, 0.86, [112, 74, 48]);
    canvas.rect(0.1, 0.22, 0.9, 0.84, about(dice, [58, 106, 88], 10));
    canvas.rect(0.1, 0.135, 0.9, 0.21, [178, 40, 36]);
    for mark in 0..6 {
        let x = 0.28 + f64::from(mark) * 0.075;
        canvas.rect(x, 0.15, x + 0.045, 0.195, [244, 222, 140]);
    }
    for column in 0..4 {
        for row in 0..2 {
            if dice.random_bool(0.15) {
                continue;
            }
            let left = 0.13 + f64::from(column) * 0.19;
            let top = 0.26 + f64::from(row) * 0.29 + dice.random_range(0.0..0.02);
            let paper = about(dice, [240, 238, 228], 8);
            canvas.rect(left, top, left + 0.16, top + 0.24, paper);
            canvas.rect(left + 0.03, top + 0.015, left + 0.13, top + 0.035, [120, 30, 30]);
            for line in 0..9 {
                let y = top + 0.055 + f64::from(line) * 0.019;
                let end = left + dice.random_range(0.08..0.148);
                canvas.line((left + 0.012, y), (end, y), 0.003, [84, 84, 88]);
            }
        }
    }
}

fn road(canvas: &mut Canvas, dice: &mut Dice) {
    hills(canvas, dice);
    let vanish = dice.random_range(0.4..0.6);
    let surface = about(dice, [148, 146, 142], 12);
    canvas.polygon(&[(vanish - 0.02, 0.56), (vanish + 0.02, 0.56), (0.98, 1.0), (0.02, 1.0)], surface);
    for stripe in 0..7 {
        let near = 0.58 + 0.42 * (f64::from(stripe) / 7.0).powi(2);
        let x = vanish + (0.5 - vanish) * (near - 0.56) / 0.44;
        canvas.rect(x - 0.004 * near, near, x + 0.004 * near, near + 0.02 * near, [220, 216, 204]);
    }
    for _ in 0..dice.random_range(2..6) {
        let y = dice.random_range(0.68..0.95);
        let half = 0.4 * (y - 0.56) / 0.44;
        let at = (0.5 + dice.random_range(-half..half), y);
        let size = 0.02 + 0.06 * (y - 0.56);
        canvas.disc(at, size, [96, 88, 78]);
        canvas.disc((at.0 + 0.003, at.1 + 0.004), size * 0.75, [70, 64, 58]);
    }
}
