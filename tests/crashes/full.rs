//! No space left: a small file system of its own, filled to many points. Nothing that was stored is touched, reads go
//! on, nobody is told "stored" who is not, and with the space the server comes back by itself.

use std::{
    collections::BTreeMap,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use anfang_protocol::{Code, sha::Sha};
use reqwest::StatusCode;

use super::team::Team;
use crate::harness::figures::tell;
use crate::harness::{
    County, Server, Speaker, books,
    chance::{Dice, noise, seed},
    given,
    postgres::Database,
    reports::{site, visit},
    tus::problem,
};

const COUNTY: County = County(given::COUNTY);
/// How soon all works again once there is space.
const BACK_WITHIN: Duration = Duration::from_secs(5);
const KIB: u64 = 1024;

struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// None: only root may mount one; the reason is printed.
    fn mounted(mebibytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        // The private Postgres runs as another user, who has to get in.
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o711)).expect("its mode");
        let disk = SmallDisk { folder };
        std::fs::create_dir(disk.mount()).expect("a folder");
        let size = format!("size={mebibytes}m,mode=0755");
        let told = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "anfang-test"])
            .arg(disk.mount())
            .output();
        match told {
            Ok(output) if output.status.success() => Some(disk),
            Ok(output) => {
                tell!("SKIPPED: no small disk: {}", String::from_utf8_lossy(&output.stderr).trim());
                None
            }
            Err(error) => {
                tell!("SKIPPED: no small disk: {error}");
                None
            }
        }
    }

    fn mount(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    fn filler(&self) -> PathBuf {
        self.mount().join("filler")
    }

    /// Fills it, but for so many bytes.
    fn leave(&self, bytes: u64) {
        self.clear();
        let file = std::fs::File::create(self.filler()).expect("a filler");
        for _ in 0..100 {
            let disk = rustix::fs::statvfs(self.mount()).expect("its size");
            let take = (disk.f_bavail * disk.f_frsize).saturating_sub(bytes);
            let filled = |take| rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, take);
            // Somebody else may take of it at the same moment.
            if take == 0 || filled(take).is_ok() {
                return;
            }
        }
        panic!("the disk cannot be filled");
    }

    fn clear(&self) {
        let _ = std::fs::remove_file(self.filler());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.mount()).status();
    }
}

/// Sends what is missing of a file. Gives the last answer's status, and the problem's code.
async fn send(speaker: &Speaker, upload: &str, file: &[u8]) -> (StatusCode, Option<Code>) {
    let from = usize::try_from(speaker.stands_at(upload).await).expect("an offset");
    let answer = speaker.patch(upload, from as u64, &file[from..]).await;
    match answer.status() {
        status if status.is_success() => (status, None),
        status => (status, problem(answer).await.code()),
    }
}

#[tokio::test]
async fn a_full_folder_of_files_takes_no_more_and_gives_what_it_has() {
    let Some(disk) = SmallDisk::mounted(64) else { return };
    let server = Server::in_folder(
        Some(Database::new().await),
        tempfile::tempdir_in(disk.mount()).expect("a folder"),
        &[],
    );
    let speaker = Speaker::sign_in(&server, "inspector1").await;
    let first = noise(1, 200_000);
    assert_eq!(speaker.upload(&first, "image/jpeg").await, StatusCode::NO_CONTENT);
    let (mut full, mut fitted, mut longest) = (0, 0, Duration::ZERO);
    // Every page of the photo, and a few bytes beside.
    for free in (0..=304).step_by(4).chain([1, 3, 5, 293, 320, 600]) {
        let photo = noise(100 + free, 300_000);
        let upload = speaker.place(&photo).await;
        disk.leave(free * KIB);
        match send(&speaker, &upload, &photo).await {
            (StatusCode::NO_CONTENT, _) => {
                fitted += 1;
                assert_eq!(speaker.download(Sha::of(&photo)).await.as_ref(), Some(&photo), "told stored");
            }
            (status, code) => {
                full += 1;
                assert_eq!((status.as_u16(), code), (507, Some(Code::StorageFull)), "{free} KiB free");
                assert_eq!(speaker.download(Sha::of(&photo)).await, None, "not told stored, and not there");
            }
        }
        assert_eq!(speaker.download(Sha::of(&first)).await.as_ref(), Some(&first), "reads go on");
        books::rows_have_their_files(&server).await;
        disk.clear();
        let began = Instant::now();
        while speaker.stands_at(&upload).await < photo.len() as u64 {
            send(&speaker, &upload, &photo).await;
            assert!(began.elapsed() < BACK_WITHIN, "{free} KiB: not back");
        }
        longest = longest.max(began.elapsed());
        assert_eq!(speaker.download(Sha::of(&photo)).await, Some(photo));
    }
    assert!(full > 60 && fitted > 1, "{full} did not fit, {fitted} did");
    books::rows_have_their_files(&server).await;
    books::sweep_leaves_no_orphan(&server).await;
    tell!("full disk, files: {full} of {} points refused with 507; back within {longest:?}", full + fitted);
}

/// How requests ended while there was no space.
type Seen = BTreeMap<String, u32>;

/// Reads and writes for a while; what is refused must be refused for its reason.
async fn knocks(speaker: &mut Speaker, known: &Sha, time: Duration, seen: &mut Seen) {
    let until = Instant::now() + time;
    while Instant::now() < until {
        let submit = serde_json::to_value(visit(COUNTY, &site("101", "201", 1))).expect("a report");
        let mut command = speaker.command("inspection.submit", submit);
        // Refused in any case: what is written is the outcome, and no report is left that nobody counted.
        command["body"]["site_id"] = serde_json::json!("00000000-0000-0000-0000-00000000dead");
        let request = serde_json::json!({ "pull": false, "commands": [command] });
        let pushed = speaker.request(reqwest::Method::POST, "/v1/sync").json(&request).send().await;
        let read = speaker.get(&format!("/v1/blobs/{known}")).await;
        for (what, answer) in [("push", pushed.expect("an answer")), ("read", read)] {
            let status = answer.status().as_u16();
            assert!([200, 503, 507].contains(&status), "{what} was answered {status}");
            *seen.entry(format!("{what} {status}")).or_default() += 1;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_under_postgres_too_loses_nothing_and_comes_back() {
    let Some(disk) = SmallDisk::mounted(200) else { return };
    let mut dice = Dice::new(seed("full disk"));
    let settings =
        [("ANFANG_PG_SETTINGS", "fsync=off;max_wal_size=32MB;min_wal_size=32MB"), ("ANFANG_LOG", "off")];
    let folder = tempfile::tempdir_in(disk.mount()).expect("a folder");
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o711)).expect("its mode");
    let server = Server::in_folder(None, folder, &settings);
    let url = server.database.url.clone();
    let filled = std::thread::spawn(move || {
        tokio::runtime::Runtime::new().expect("a runtime").block_on(given::fill(&url));
    });
    filled.join().expect("the county is there");
    let mut speaker = Speaker::sign_in(&server, "inspector1").await;
    let known = noise(2, 100_000);
    assert_eq!(speaker.upload(&known, "image/jpeg").await, StatusCode::NO_CONTENT);
    let team = Team::sets_out(&server, 2, &mut dice).await;
    let (mut seen, mut longest) = (Seen::new(), Duration::ZERO);
    for free in [4096, 512, 64, 0, 0, 1024] {
        disk.leave(free * KIB);
        team.more(3);
        let time = Duration::from_millis(if free == 0 { 3000 } else { 1200 });
        knocks(&mut speaker, &Sha::of(&known), time, &mut seen).await;
        disk.clear();
        let began = Instant::now();
        let again = noise(dice.next(), 50_000);
        // A fresh push and a fresh photo, from the first request that is answered at all.
        loop {
            let mut after = Seen::new();
            knocks(&mut speaker, &Sha::of(&known), Duration::from_millis(1), &mut after).await;
            let well = after.keys().all(|kind| kind.ends_with("200"));
            if well && speaker.upload_or_not(&again).await {
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "it does not come back: {after:?}");
        }
        longest = longest.max(began.elapsed());
    }
    tell!("full disk, all: {seen:?}; back within {longest:?}");
    assert!(longest < BACK_WITHIN, "back after {longest:?}");
    let refused = seen.iter().filter(|(kind, _)| kind.ends_with("507")).map(|(_, n)| n).sum::<u32>();
    assert!(refused > 0 || seen.contains_key("push 503"), "the disk was full: {seen:?}");
    let work = team.comes_home(&server).await;
    assert_eq!(server.panics(), 0, "panics");
    tell!("full disk, all: {} reports, {} photos; 0 lost, 0 doubled", work.reports, work.photos);
}
