//! Real photos and hostile files, through the whole server: upload, preview, metadata, download.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anfang_protocol::{
    Code,
    blob::{MediaFlag, Metadata},
    sha::Sha,
};
use reqwest::StatusCode;

use crate::harness::figures::tell;
use crate::harness::{
    Server, Speaker,
    server::{resident_kib, shared},
    tus::{header, problem},
};

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("heic" | "heif") => "image/heic",
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        Some("mp4") => "video/mp4",
        Some("mov") => "video/quicktime",
        _ => "image/jpeg",
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder of media").flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).filter(|path| is_media(path)).collect();
    files.sort();
    files
}

fn is_media(path: &Path) -> bool {
    let endings = ["jpg", "png", "webp", "heic", "heif", "mp4", "mov", "gif"];
    path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| endings.contains(&ending))
}

/// A preview, asked for until the server has made up its mind.
async fn preview(phone: &Speaker, sha: Sha, edge: u16) -> reqwest::Response {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let answer = phone.get(&format!("/v1/blobs/{sha}/preview?edge={edge}")).await;
        if answer.status() != StatusCode::SERVICE_UNAVAILABLE || Instant::now() > deadline {
            return answer;
        }
        assert!(answer.headers().contains_key("retry-after"));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn metadata(phone: &Speaker, sha: Sha) -> Metadata {
    serde_json::from_value(phone.get_json(&format!("/v1/blobs/{sha}/metadata")).await).expect("metadata")
}

/// Pixels only: no segment of metadata, nothing after the end.
fn check_bare_jpeg(bytes: &[u8], edge: u32) -> (u32, u32) {
    assert!(bytes.starts_with(&[0xff, 0xd8]) && bytes.ends_with(&[0xff, 0xd9]));
    let (mut at, mut size) = (2, (0, 0));
    loop {
        let (marker, length) =
            (bytes[at + 1], usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]])));
        assert_eq!(bytes[at], 0xff);
        match marker {
            0xe0 => assert!(bytes[at + 4..].starts_with(b"JFIF\0") && length == 16),
            0xe1..=0xef | 0xfe => panic!("a segment of metadata: {marker:#x}"),
            0xc0..=0xc3 => {
                let side = |from: usize| u32::from(u16::from_be_bytes([bytes[from], bytes[from + 1]]));
                size = (side(at + 7), side(at + 5));
            }
            0xda => break,
            _ => {}
        }
        at += 2 + length;
    }
    assert!(size.0 > 0 && size.1 > 0 && size.0.max(size.1) <= edge, "{size:?} within {edge}");
    size
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_photo_goes_in_and_comes_out_equal() {
    let Some(shared) = shared() else { return };
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let photos = files(&shared.join("photos"));
    assert!(photos.len() > 30, "the folder has the photos that it says");
    let mut upright = BTreeSet::new();
    for path in &photos {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(path).unwrap();
        let sha = Sha::of(&bytes);
        let status = phone.upload(&bytes, media_type(path)).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{name}");
        assert_eq!(phone.download(sha).await.as_ref(), Some(&bytes), "{name}");
        if media_type(path).starts_with("video/") {
            assert!(problem(preview(&phone, sha, 320).await).await.is(Code::NoPreview));
            continue;
        }
        for edge in [320, 1280] {
            let answer = preview(&phone, sha, edge).await;
            assert_eq!(answer.status(), StatusCode::OK, "{name} {edge}");
            assert_eq!(header(&answer, "content-type"), "image/jpeg");
            assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
            assert!(header(&answer, "content-disposition").starts_with("attachment"));
            let tag = header(&answer, "etag").trim_matches('"').to_owned();
            let jpeg = answer.bytes().await.unwrap();
            assert_eq!(Sha::of(&jpeg).to_string(), tag, "a preview is named by its own hash");
            assert_ne!(tag, sha.to_string());
            check_bare_jpeg(&jpeg, edge.into());
        }
        let said = metadata(&phone, sha).await;
        assert_eq!((said.sha256, said.size, said.examined), (sha, bytes.len() as u64, true), "{name}");
        assert_eq!(said.media_type, media_type(path), "{name}");
        assert_eq!(said.previews, [320, 1280], "{name}");
        assert!(
            said.width.is_some() && !said.flags.contains(&MediaFlag::Damaged),
            "{name}: {:?}",
            said.flags
        );
        let has_position =
            name.contains("_gps") && !["_gps_empty", "_gps_0_0"].iter().any(|no| name.contains(no));
        assert!(!has_position || said.latitude.is_some(), "{name}: {said:?}");
        assert!(said.latitude.is_none() || said.latitude.is_some_and(|l| l != 0.0), "{name}");
        if name.contains("_orientation_") {
            upright.insert((said.width, said.height));
        }
    }
    assert_eq!(upright.len(), 1, "however the camera was held: {upright:?}");
    let verified = server.command(&["verify", "ledger", "--jurisdiction", crate::harness::given::COUNTY]);
    assert!(verified.status.success());
}

/// What must become of a hostile file: EXPECT.tsv, with the rule of promise 18 for damaged files.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    /// 415: no allowed format.
    NotAllowed,
    /// 422: empty.
    Empty,
    /// Kept; with or without a preview.
    Kept,
    /// Kept, flagged damaged, without a preview.
    Damaged,
}

fn fate(name: &str) -> Fate {
    match name.split('_').next().unwrap_or(name) {
        "x24" => Fate::Empty,
        "x21" | "x22" | "x23" | "x28" => Fate::NotAllowed,
        "x03" | "x04" | "x05" | "x25" | "x26" | "x29" | "x30" | "x31" | "x32" => Fate::Damaged,
        _ => Fate::Kept,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_hostile_file_ends_as_expected() {
    let Some(shared) = shared() else { return };
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let before = resident_kib(server.pid());
    let hostile = files(&shared.join("hostile"));
    assert!(hostile.len() > 35);
    for path in &hostile {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(path).unwrap();
        let sha = Sha::of(&bytes);
        let said = match name.ends_with(".gif") {
            true => "image/png",
            false => media_type(path),
        };
        let status = phone.upload(&bytes, said).await;
        match fate(&name) {
            Fate::Empty => assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{name}"),
            Fate::NotAllowed => {
                assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{name}");
                assert_eq!(phone.download(sha).await, None, "{name}: its bytes are dropped");
            }
            kept => {
                assert_eq!(status, StatusCode::NO_CONTENT, "{name}");
                assert_eq!(phone.download(sha).await.as_ref(), Some(&bytes), "{name}");
                let answer = preview(&phone, sha, 1280).await;
                let flags = metadata(&phone, sha).await.flags;
                println!("{name}: {} {flags:?}", answer.status());
                match answer.status() {
                    StatusCode::OK => {
                        let jpeg = answer.bytes().await.unwrap();
                        check_bare_jpeg(&jpeg, 1280);
                        for foreign in [&b"<script"[..], b"PK\x03\x04", b"<html"] {
                            assert!(!jpeg.windows(foreign.len()).any(|w| w == foreign), "{name}");
                        }
                    }
                    _ => assert!(problem(answer).await.is(Code::NoPreview), "{name}"),
                }
                let damaged = flags.contains(&MediaFlag::Damaged);
                assert!(kept != Fate::Damaged || damaged, "{name}: {flags:?}");
                check_said(&name, &metadata(&phone, sha).await);
            }
        }
    }
    let rise = resident_kib(server.pid()).saturating_sub(before);
    assert!(rise < 100 * 1024, "the server itself grew by {rise} KiB");
}

fn check_said(name: &str, said: &Metadata) {
    let has = |flag: MediaFlag| said.flags.contains(&flag);
    match name.split('_').next().unwrap_or(name) {
        "x12" | "x13" | "x14" => {
            assert!(said.latitude.is_none() && has(MediaFlag::GpsInvalid), "{name}: {said:?}")
        }
        "x15" => assert!(said.latitude.is_none_or(|l| (l + 30.5).abs() < 1e-4), "{name}: {said:?}"),
        "x16" => assert!(said.taken_local.is_none() && has(MediaFlag::DateInvalid), "{name}: {said:?}"),
        "x17" => {
            let control =
                |text: &Option<String>| text.as_ref().is_some_and(|t| t.chars().any(char::is_control));
            assert!(!control(&said.make) && !control(&said.model), "{name}: {said:?}");
        }
        "x18" => assert!(has(MediaFlag::OrientationInvalid) && !has(MediaFlag::Damaged), "{name}: {said:?}"),
        "x19" | "x20" => {
            assert!(!has(MediaFlag::Damaged) && has(MediaFlag::TrailingData), "{name}: {said:?}")
        }
        "x08" | "x09" | "x10" | "x11" => assert!(!has(MediaFlag::Damaged), "{name}: {said:?}"),
        _ => {}
    }
}

/// Memory of a server and of the decoders that it started.
fn family_kib(pid: u32) -> u64 {
    let children = std::fs::read_dir("/proc").expect("processes").flatten().filter_map(|entry| {
        let child: u32 = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).ok()?;
        let parent: u32 = stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()?;
        let status = std::fs::read_to_string(format!("/proc/{child}/status")).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?.to_owned();
        (parent == pid).then(|| line.split_whitespace().nth(1)?.parse::<u64>().ok()).flatten()
    });
    resident_kib(pid) + children.sum::<u64>()
}

/// A sound PNG of 10,000 by 10,000 pixels, a few kilobytes long.
fn huge_png() -> Vec<u8> {
    let mut bytes = Vec::new();
    let side = 10_000_u32;
    let pixels = vec![200_u8; (side * side) as usize];
    let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    image::ImageEncoder::write_image(encoder, &pixels, side, side, image::ExtendedColorType::L8)
        .expect("a PNG");
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_at_once_for_the_preview_of_one_huge_picture() {
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let png = huge_png();
    let sha = Sha::of(&png);
    let before = resident_kib(server.pid());
    assert_eq!(phone.upload(&png, "image/png").await, StatusCode::NO_CONTENT);
    let (pid, peak) = (server.pid(), Arc::new(AtomicU64::new(0)));
    let watching = tokio::spawn({
        let peak = peak.clone();
        async move {
            loop {
                peak.fetch_max(family_kib(pid), Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    });
    let asked = futures::future::join_all((0..50).map(|_| preview(&phone, sha, 320))).await;
    let mut tags = BTreeSet::new();
    for answer in asked {
        tags.insert((answer.status(), answer.headers().get("etag").cloned().map(|t| format!("{t:?}"))));
    }
    watching.abort();
    assert_eq!(tags.len(), 1, "everybody gets the same: {tags:?}");
    let rise = peak.load(Ordering::Relaxed).saturating_sub(before);
    tell!("{tags:?}, {rise} KiB more at the peak, decoders included");
    assert!(rise < 400 * 1024, "{rise} KiB");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_examine_a_file_once() {
    let server = Server::start().await;
    let second = server.another();
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let roamed = phone.at(&second);
    let mut shas = Vec::new();
    for n in 0..6_u8 {
        let mut bytes = Vec::new();
        let shade =
            image::RgbImage::from_fn(640, 480, |x, y| image::Rgb([n * 20, (x % 256) as u8, (y % 256) as u8]));
        shade.write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Jpeg).unwrap();
        assert_eq!(phone.upload(&bytes, "image/jpeg").await, StatusCode::NO_CONTENT);
        shas.push(Sha::of(&bytes));
    }
    for sha in &shas {
        let (here, there) = tokio::join!(preview(&phone, *sha, 320), preview(&roamed, *sha, 320));
        assert_eq!((here.status(), there.status()), (StatusCode::OK, StatusCode::OK));
        assert_eq!(header(&here, "etag"), header(&there, "etag"));
    }
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        count: i64,
    }
    let mut conn = server.database.conn().await;
    let query = diesel::sql_query("SELECT count(*) AS count FROM ledger WHERE kind = 'evidence.examined'");
    let told: Count = diesel_async::RunQueryDsl::get_result(query, &mut conn).await.unwrap();
    assert_eq!(told.count, 6, "once each");
}
