//! The phone dies at every write of its own store: its journal is cut in every line that it wrote, at its steps and when a
//! command is queued; and it dies while a photo is copied.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anfang::phone::Did;
use anfang_protocol::{evidence::EvidenceStatus, ids::InspectionId, sha::Sha};
use tempfile::TempDir;

use crate::harness::figures::tell;
use crate::harness::{
    County, Phone, Server,
    books::{self, Work},
    chance::{Dice, noise, number, seed},
    given,
    reports::site,
};

const COUNTY: County = County(given::COUNTY);

/// Cuts within a line that are tried, beside those at its ends.
fn cuts_per_line() -> usize {
    number("ANFANG_CRASHES").map_or(1, |_| 20)
}

fn journal(phone: &Phone) -> Vec<u8> {
    fs::read(phone.home().join("journal.jsonl")).expect("a journal")
}

/// Where the last line begins.
fn last_line(journal: &[u8]) -> usize {
    let ends = journal[..journal.len().saturating_sub(1)].iter().rposition(|byte| *byte == b'\n');
    ends.map_or(0, |at| at + 1)
}

/// Tries each line that came behind `before`: cut at its ends and within, it must be a journal to go on from. Gives the
/// cuts of the last line, and how many were tried.
fn tries_every_cut(phone: &Phone, before: usize, now: &[u8], dice: &mut Dice) -> (Vec<usize>, usize) {
    let (mut from, mut cuts, mut tried) = (before, Vec::new(), 0);
    while let Some(length) = now[from..].iter().position(|byte| *byte == b'\n') {
        cuts = vec![from, from + length];
        cuts.extend((0..cuts_per_line()).map(|_| from + dice.below(length)));
        cuts.iter().for_each(|cut| phone.could_go_on_from(&now[..*cut]));
        tried += cuts.len();
        from += length + 1;
    }
    assert_eq!(from, now.len(), "a journal ends with a whole line");
    (cuts, tried)
}

/// Reports, and dies while the command is queued, until it has survived that: what was not kept is given again.
fn queues(phone: &mut Phone, n: u32, dice: &mut Dice) -> (InspectionId, usize) {
    let mut tried = 0;
    loop {
        let (before, commands) = (journal(phone).len(), phone.report().commands.len());
        let visit = phone.inspects(COUNTY, &site("101", "201", n)).finds("院墙倒塌");
        let id = visit.with_photo(&noise(dice.next(), 150_000)).keep().0;
        let now = journal(phone);
        let (cuts, more) = tries_every_cut(phone, before, &now, dice);
        assert!(more > 0, "a queued command is written");
        tried += more;
        let goes_on_from = if dice.percent(50) { now.len() } else { *dice.pick(&cuts) };
        phone.dies_with(&now[..goes_on_from]);
        let kept = phone.report().commands.len() - commands;
        assert_eq!(
            kept,
            usize::from(goes_on_from == now.len()),
            "whole or not at all, cut at {goes_on_from}"
        );
        if kept == 1 {
            return (id, tried);
        }
    }
}

/// After every step the phone could go on from what a power cut within any of its writes leaves, at several bytes; and
/// from some that are drawn it does, and may have to do the step again.
#[tokio::test]
async fn a_phone_that_dies_at_every_write_of_its_store_goes_on() {
    let mut dice = Dice::new(seed("the phone's own store"));
    let server = Server::start().await;
    let mut phone = Phone::sign_in(&server, "inspector1").await;
    let mut ids = Vec::new();
    let (mut deaths, mut steps) = (0, 0);
    for n in 0..3 {
        let (id, tried) = queues(&mut phone, n, &mut dice);
        ids.push(id);
        deaths += tried;
    }
    let queued = deaths;
    while !(phone.report().done && phone.engine().feed().items().count() > 0) {
        let before = journal(&phone).len();
        if let Did::Waits(..) = phone.driver().step().await.expect("the phone works") {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        steps += 1;
        assert!(steps < 2000, "it never comes to an end: {:?}", phone.report());
        let now = journal(&phone);
        let (cuts, tried) = tries_every_cut(&phone, before, &now, &mut dice);
        deaths += tried;
        // A phone looks for news whenever it starts: one that never takes two steps would do nothing else. And what a
        // step wrote first was on the disk before anything went out: really torn can only be its last line.
        if tried == 0 || last_line(&now) < before || dice.percent(50) {
            continue;
        }
        deaths += 1;
        // Mostly of the whole line, or it would never come to an end.
        let goes_on_from = if dice.percent(60) { now.len() } else { *dice.pick(&cuts) };
        phone.dies_with(&now[..goes_on_from]);
    }
    phone.sync_until_done().await;
    for id in &ids {
        let inspection = phone.engine().inspection(id.0).expect("the phone shows it");
        assert_eq!(inspection.evidence[0].status, EvidenceStatus::Stored);
    }
    books::hold_exactly(&server, Work { reports: 3, findings: 3, photos: 3 }).await;
    books::phone_agrees(&server, &phone, "inspector1").await;
    tell!(
        "the phone's own store: {deaths} deaths, {queued} of them at a queued command, the others in {steps} steps"
    );
}

/// Bytes that the phone writes at once when it copies a file.
const WRITE_BYTES: usize = 256 * 1024;

/// Copies that are not whole yet.
fn parts(home: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(home.join("blobs")).expect("the files").flatten().map(|entry| entry.path());
    entries.filter(|path| path.extension().is_some_and(|end| end == "part")).collect()
}

/// What is on the disk at this moment.
fn image(home: &Path) -> TempDir {
    let copy = tempfile::tempdir().expect("a folder");
    fs::create_dir(copy.path().join("blobs")).expect("a folder");
    for folder in ["", "blobs"] {
        for entry in fs::read_dir(home.join(folder)).expect("a folder").flatten() {
            if entry.path().is_file() {
                let to = copy.path().join(folder).join(entry.file_name());
                fs::copy(entry.path(), to).expect("a copy");
            }
        }
    }
    copy
}

/// Hands a photo over in pieces, and takes an image of the disk after each write of the copy.
fn feeds(pipe: &Path, home: &Path, photo: &[u8]) -> Vec<TempDir> {
    let mut pipe = fs::OpenOptions::new().write(true).open(pipe).expect("the pipe");
    let (mut images, mut fed) = (Vec::new(), 0);
    for piece in photo.chunks(WRITE_BYTES / 2) {
        pipe.write_all(piece).expect("the phone reads");
        fed += piece.len();
        let written = (fed / WRITE_BYTES * WRITE_BYTES) as u64;
        let began = Instant::now();
        while parts(home).iter().all(|part| fs::metadata(part).expect("a copy").len() != written) {
            assert!(began.elapsed() < Duration::from_secs(10), "{written} bytes are not written");
            std::thread::yield_now();
        }
        images.push(image(home));
    }
    images
}

/// The phone that wakes up with this has nothing half, and keeps the photo as if nothing had been.
fn goes_on_with(image: &TempDir, photo: &[u8]) {
    let phone = anfang::phone::Phone::open(image.path(), Default::default()).expect("the phone starts again");
    assert_eq!(parts(image.path()), Vec::<PathBuf>::new(), "copies that were begun are gone");
    let kept = phone.keep_bytes("photo", photo).expect("the phone keeps the photo");
    let copy = fs::read(image.path().join("blobs").join(kept.sha256.to_string())).expect("the copy");
    assert_eq!((Sha::of(&copy), kept.sha256), (Sha::of(photo), Sha::of(photo)));
}

#[tokio::test]
async fn a_phone_that_dies_while_it_copies_a_photo_goes_on() {
    let mut dice = Dice::new(seed("a photo is copied"));
    let server = Server::start().await;
    let mut phone = Phone::sign_in(&server, "inspector1").await;
    let photo = noise(dice.next(), 3 * WRITE_BYTES - 1000);
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("photo.jpg");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, 0o600.into()).expect("a pipe");
    let (way, home, bytes) = (pipe.clone(), phone.home().to_owned(), photo.clone());
    let feeder = std::thread::spawn(move || feeds(&way, &home, &bytes));
    phone.driver().keep_photo(&pipe).expect("the phone keeps the photo");
    let mut images = feeder.join().expect("fed");
    // Each write may have been torn; and the last was whole before the copy had its name.
    for torn in images.iter().map(|whole| image(whole.path())).collect::<Vec<_>>() {
        for part in parts(torn.path()) {
            let length = fs::metadata(&part).expect("a copy").len();
            let cut = length.saturating_sub(1 + dice.below(WRITE_BYTES) as u64);
            fs::OpenOptions::new().write(true).open(part).and_then(|file| file.set_len(cut)).expect("cut");
        }
        images.push(torn);
    }
    let unnamed = image(phone.home());
    let blobs = unnamed.path().join("blobs");
    fs::rename(blobs.join(Sha::of(&photo).to_string()), blobs.join("0011223344556677.part"))
        .expect("renamed");
    images.extend([unnamed, image(phone.home())]);
    images.iter().for_each(|image| goes_on_with(image, &photo));
    // One of them this phone goes on from, with all that follows.
    let began = phone.home().join("blobs/7766554433221100.part");
    fs::write(&began, &photo[..dice.below(photo.len())]).expect("a torn copy");
    phone.dies_and_starts();
    assert!(!began.exists(), "copies that were begun are gone");
    phone.inspects(COUNTY, &site("101", "201", 1)).finds("院墙倒塌").with_photo(&photo).keep();
    phone.sync_until_done().await;
    books::hold_exactly(&server, Work { reports: 1, findings: 1, photos: 1 }).await;
    books::phone_agrees(&server, &phone, "inspector1").await;
    tell!("a photo is copied: {} deaths", images.len() + 1);
}
