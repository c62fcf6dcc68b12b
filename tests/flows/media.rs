//! The media module against real photos, hostile files and generated ones (promises 13, 14, 18).
//!
//! The files are those of the shared folder, used in place; without it the tests that need it say so and
//! pass. Everything goes through `Examiner`, that is through the real child process.

mod table;

use std::{
    collections::BTreeSet,
    fs::File,
    io::{Seek, Write},
    path::{Path, PathBuf},
};

use anfang_media::{
    Examined, Examiner,
    Flag::*,
    MediaType::{self, *},
    Preview, SNIFF_BYTES, sniff,
};
use image::{DynamicImage, ImageFormat, RgbImage, metadata::Orientation};
use proptest::prelude::*;

use crate::harness::server::shared;

use self::table::{Fate::*, HOSTILE, PHOTOS};

const CHILD_CPU_MS: u32 = 5_000;
const CHILD_RSS_KIB: u64 = 300 * 1000 * 1000 / 1024;

fn examiner() -> Examiner {
    Examiner::new(PathBuf::from(env!("CARGO_BIN_EXE_anfang")), 2)
}

/// Sniffs and examines a file as the server does; `None` is a 415.
async fn look(path: &Path) -> Option<Examined> {
    let bytes = std::fs::read(path).expect("a test file");
    let media_type = sniff(&bytes[..bytes.len().min(SNIFF_BYTES)])?;
    let examined = examiner().examine(File::open(path).unwrap(), media_type).await.expect("a child");
    assert_eq!(examined.examination.media_type, media_type);
    println!("{}: {:?} {:?}", path.file_name().unwrap().display(), examined.examination, examined.cost);
    check_always(&examined, &bytes);
    Some(examined)
}

/// What holds for every file whatsoever.
fn check_always(examined: &Examined, original: &[u8]) {
    let Examined { examination, previews, cost } = examined;
    if let Some(cost) = cost {
        assert!(cost.cpu_ms <= CHILD_CPU_MS, "{} ms of CPU", cost.cpu_ms);
        assert!(cost.peak_rss_kib.is_some_and(|kib| kib < CHILD_RSS_KIB), "{:?} KiB", cost.peak_rss_kib);
    }
    assert!(!examination.damaged || previews.is_empty(), "a damaged file has no previews");
    assert!((1..=8).contains(&examination.orientation));
    if let Some(gps) = examination.gps {
        assert!(gps.latitude.abs() <= 90.0 && gps.longitude.abs() <= 180.0);
        assert!(gps.latitude != 0.0 || gps.longitude != 0.0, "a silent 0,0");
    }
    for text in [&examination.make, &examination.model].into_iter().flatten() {
        assert!(text.chars().count() <= 64 && !text.chars().any(char::is_control), "{text:?}");
    }
    for preview in previews {
        check_preview(preview, original);
    }
    // What is stored and answered: JSON, which has no NaN to hide behind.
    let json = serde_json::to_string(examination).expect("JSON");
    assert_eq!(&serde_json::from_str::<anfang_media::Examination>(&json).unwrap(), examination);
}

/// A preview is a JPEG of the stated size with one APP0 and no other metadata, which ends with its end.
fn check_preview(preview: &Preview, original: &[u8]) {
    let jpeg = &preview.jpeg;
    assert!(jpeg.starts_with(b"\xff\xd8") && jpeg.ends_with(b"\xff\xd9"));
    let mut at = 2;
    while jpeg[at + 1] != 0xda {
        let marker = jpeg[at + 1];
        assert_eq!(jpeg[at], 0xff);
        assert!(matches!(marker, 0xe0 | 0xdb | 0xc0 | 0xc4), "segment {marker:#x} in a preview");
        at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    }
    let ends = jpeg[at..].windows(2).filter(|pair| pair == b"\xff\xd9").count();
    assert_eq!(ends, 1, "bytes after the end of a preview");
    for forbidden in [&b"Exif"[..], b"ICC_PROFILE", b"http://ns.adobe.com", b"<script", b"PK\x03\x04"] {
        let found = jpeg.windows(forbidden.len()).any(|window| window == forbidden);
        assert!(!found, "{:?} in a preview", String::from_utf8_lossy(forbidden));
    }
    let longest = preview.width.max(preview.height);
    assert!(longest <= preview.edge.into(), "larger than its edge");
    assert!(original.len() < 64 || !jpeg.ends_with(&original[original.len() - 64..]));
    let shown = image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg).expect("a preview opens");
    assert_eq!((shown.width(), shown.height()), (preview.width, preview.height));
}

fn pixels(preview: &Preview) -> RgbImage {
    image::load_from_memory(&preview.jpeg).unwrap().into_rgb8()
}

/// Mean absolute difference of two pictures of one size, 0..=255.
fn difference(one: &RgbImage, other: &RgbImage) -> f64 {
    assert_eq!(one.dimensions(), other.dimensions());
    let total: u64 = one.as_raw().iter().zip(other.as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    total as f64 / one.as_raw().len() as f64
}

#[tokio::test]
async fn every_real_photo_tells_what_its_source_tells() {
    let Some(shared) = shared() else { return };
    for &(name, media_type, size, camera, taken, orientation, gps, flags) in PHOTOS {
        let examined = look(&shared.join("photos").join(name)).await.expect("an allowed format");
        let seen = &examined.examination;
        assert!(!seen.damaged, "{name}");
        assert_eq!(seen.media_type, media_type, "{name}");
        assert_eq!(seen.width.zip(seen.height), Some(size), "{name}");
        assert_eq!(seen.orientation, orientation, "{name}");
        let stated: Vec<_> = [&seen.make, &seen.model].into_iter().flatten().map(String::as_str).collect();
        assert_eq!(stated.join(" "), camera, "{name}");
        let local = seen.taken_local.map(|time| time.to_string()).unwrap_or_default();
        let offset = seen.taken_offset_minutes.map(|minutes| format!(" {minutes:+}")).unwrap_or_default();
        assert_eq!(local + &offset, taken, "{name}");
        assert_eq!(seen.gps.is_some(), gps.is_some(), "{name}");
        if let Some((found, (latitude, longitude))) = seen.gps.zip(gps) {
            assert!(
                (found.latitude - latitude).abs() < 1e-4 && (found.longitude - longitude).abs() < 1e-4,
                "{name}"
            );
        }
        assert_eq!(seen.flags, BTreeSet::from_iter(flags.iter().copied()), "{name}");
        check_sizes(&examined, size, name);
        check_likeness(&examined, &shared.join("photos").join(name));
    }
}

/// Both previews of a photo, each as large as its edge allows; none of a film.
fn check_sizes(examined: &Examined, (width, height): (u32, u32), name: &str) {
    let edges: Vec<_> = examined.previews.iter().map(|preview| preview.edge).collect();
    if examined.examination.media_type.is_video() {
        return assert!(edges.is_empty(), "{name}");
    }
    assert_eq!(edges, [320, 1280], "{name}");
    for preview in &examined.previews {
        let scale = (f64::from(preview.edge) / f64::from(width.max(height))).min(1.0);
        let close = |side: u32, of: u32| (f64::from(side) - f64::from(of) * scale).abs() <= 1.0;
        assert!(close(preview.width, width) && close(preview.height, height), "{name}: {preview:?}");
        if scale < 1.0 {
            assert_eq!(preview.width.max(preview.height), u32::from(preview.edge), "{name}");
        }
    }
}

/// The previews show what the file shows: against a plain decoding by `image`, which has no HEIC.
fn check_likeness(examined: &Examined, path: &Path) {
    let [small, large] = examined.previews.as_slice() else {
        return;
    };
    let (small, large) = (pixels(small), pixels(large));
    let resized = |of: &RgbImage| image::imageops::thumbnail(of, small.width(), small.height());
    assert!(difference(&small, &resized(&large)) < 8.0, "{}", path.display());
    if examined.examination.media_type != Heic {
        let mut original = image::open(path).expect("a photo");
        original.apply_orientation(Orientation::from_exif(examined.examination.orientation).unwrap());
        assert!(difference(&small, &resized(&original.into_rgb8())) < 8.0, "{}", path.display());
    }
}

#[tokio::test]
async fn all_eight_orientations_show_the_same_picture() {
    let Some(shared) = shared() else { return };
    let mut upright = None;
    for turn in 1..=8_u8 {
        let path = shared.join(format!("photos/o{turn}_orientation_{turn}.jpg"));
        let examined = look(&path).await.expect("a JPEG");
        assert_eq!(examined.examination.orientation, turn);
        assert_eq!(examined.examination.width.zip(examined.examination.height), Some((1800, 1200)));
        let shown = pixels(&examined.previews[1]);
        let first = upright.get_or_insert_with(|| shown.clone());
        let apart = difference(first, &shown);
        // The samples bear their number as text, so they are not quite the same.
        assert!(apart < 6.0, "orientation {turn} is {apart} apart");
    }
}

#[tokio::test]
async fn every_hostile_file_meets_its_fate() {
    let Some(shared) = shared() else { return };
    for (name, fate) in HOSTILE {
        let examined = look(&shared.join("hostile").join(name)).await;
        match fate {
            Refused => assert!(examined.is_none(), "{name}"),
            Damaged(why) => {
                let examination = examined.expect(name).examination;
                assert!(examination.damaged && examination.flags.contains(why), "{name}: {examination:?}");
                assert!(!examination.flags.contains(&DecoderGaveUp), "{name}");
            }
            Accepted(flags) => {
                let Examined { examination, previews, .. } = examined.expect(name);
                assert!(!examination.damaged && previews.len() == 2, "{name}: {examination:?}");
                assert_eq!(examination.flags, BTreeSet::from_iter(flags.iter().copied()), "{name}");
                assert_eq!(examination.gps, None, "{name}");
                assert_eq!(examination.taken_local, None, "{name}");
            }
            Bounded => assert!(!examined.expect(name).examination.flags.contains(&DecoderGaveUp), "{name}"),
        }
    }
}

#[test]
fn every_file_of_the_shared_folder_is_in_a_table() {
    let Some(shared) = shared() else { return };
    let named: BTreeSet<_> = PHOTOS.iter().map(|row| row.0).chain(HOSTILE.iter().map(|row| row.0)).collect();
    for folder in ["photos", "hostile"] {
        for entry in std::fs::read_dir(shared.join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let is_media = !matches!(name.as_str(), "SHA256SUMS" | "EXPECT.tsv" | "hostile_names.json");
            let is_orientation = name.starts_with('o') && name.contains("_orientation_");
            assert!(!is_media || is_orientation || named.contains(name.as_str()), "{name} is not tested");
        }
    }
}

/// A generated picture with enough in it that a missing part shows.
fn drawn(width: u32, height: u32) -> DynamicImage {
    let mix =
        |x: u32, y: u32| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).wrapping_mul(97) >> 13;
    let pixel = |x, y| image::Rgb([mix(x, y) as u8, (x * 255 / width) as u8, (y * 255 / height) as u8]);
    RgbImage::from_fn(width, height, pixel).into()
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

async fn look_at_bytes(bytes: &[u8], media_type: MediaType) -> Examined {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    let examined = examiner().examine(file, media_type).await.expect("a child");
    check_always(&examined, bytes);
    examined
}

/// What the decoder would show wrongly is not shown.
#[tokio::test]
async fn a_jpeg_with_a_scan_for_each_colour_is_kept_without_preview() {
    let picture = drawn(64, 48);
    let mut jpeg = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, 80);
    encoder.set_optimized_huffman_tables(true);
    encoder.encode(picture.as_bytes(), 64, 48, jpeg_encoder::ColorType::Rgb).unwrap();
    let examined = look_at_bytes(&jpeg, Jpeg).await;
    assert!(!examined.examination.damaged && examined.previews.is_empty());
    assert_eq!(examined.examination.flags, BTreeSet::from([UnsupportedCoding]));
}

#[tokio::test]
async fn transparency_is_laid_on_white_and_small_pictures_stay_small() {
    let clear = DynamicImage::ImageRgba8(image::RgbaImage::from_pixel(40, 20, image::Rgba([0, 0, 0, 0])));
    for (format, media_type) in [(ImageFormat::Png, Png), (ImageFormat::WebP, Webp)] {
        let examined = look_at_bytes(&encoded(&clear, format), media_type).await;
        assert_eq!(examined.examination.flags, BTreeSet::from([LowContent]));
        for preview in &examined.previews {
            assert_eq!((preview.width, preview.height), (40, 20));
            assert!(pixels(preview).as_raw().iter().all(|&value| value > 250));
        }
    }
}

#[tokio::test]
async fn a_child_that_cannot_end_well_is_an_answer_and_one_that_cannot_start_an_error() {
    let file = || tempfile::tempfile().unwrap();
    let fails = Examiner::new("/bin/false".into(), 1).examine(file(), Jpeg).await.unwrap();
    assert!(fails.examination.damaged && fails.examination.flags.contains(&DecoderGaveUp));
    // `yes image/jpeg` never ends and never stops talking.
    let babbles = Examiner::new("/usr/bin/yes".into(), 1).examine(file(), Jpeg).await.unwrap();
    assert!(babbles.examination.flags.contains(&DecoderGaveUp) && babbles.previews.is_empty());
    assert!(Examiner::new("/no/such/program".into(), 1).examine(file(), Jpeg).await.is_err());
}

fn blocking<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any cut is seen, in every format; none crashes the child.
    #[test]
    fn any_cut_of_a_photo_is_damaged(part in 0.0..1.0_f64, format in 0..3_usize) {
        let (format, media_type) =
            [(ImageFormat::Jpeg, Jpeg), (ImageFormat::Png, Png), (ImageFormat::WebP, Webp)][format];
        let whole = encoded(&drawn(120, 90), format);
        let cut = &whole[..(whole.len() as f64 * part) as usize];
        let examined = blocking(look_at_bytes(cut, media_type));
        prop_assert!(examined.examination.damaged);
        prop_assert!(!examined.examination.flags.contains(&DecoderGaveUp));
    }

    /// Neither noise behind a signature nor noise within a sound file brings the child down.
    #[test]
    fn no_bytes_crash_the_child(
        noise in prop::collection::vec(any::<u8>(), 0..2048),
        at in 0.0..1.0_f64,
        kind in 0..6_usize,
    ) {
        let media_type = MediaType::ALL[kind];
        let head: &[u8] = match media_type {
            Jpeg => b"\xff\xd8\xff\xe0",
            Heic => b"\0\0\0\x14ftypheic\0\0\0\0mif1",
            Webp => b"RIFF\0\x08\0\0WEBPVP8 ",
            Png => b"\x89PNG\r\n\x1a\n",
            Mp4 => b"\0\0\0\x14ftypisom\0\0\x02\0isom",
            Mov => b"\0\0\0\x14ftypqt  \0\0\0\0qt  ",
        };
        prop_assert_eq!(sniff(head), Some(media_type));
        let examined = blocking(look_at_bytes(&[head, &noise].concat(), media_type));
        prop_assert!(!examined.examination.flags.contains(&DecoderGaveUp));

        let format = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP][kind % 3];
        let mut spoiled = encoded(&drawn(64, 48), format);
        let start = (spoiled.len() as f64 * at) as usize;
        for (byte, noise) in spoiled[start..].iter_mut().zip(noise.iter().take(16)) {
            *byte = *noise;
        }
        let media_type = [Jpeg, Png, Webp][kind % 3];
        let examined = blocking(look_at_bytes(&spoiled, media_type));
        prop_assert!(!examined.examination.flags.contains(&DecoderGaveUp));
    }
}
