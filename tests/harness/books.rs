//! What is true in the end: the tables and the folder of files, read beside what people were told.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::SystemTime,
};

use anfang::{
    clock::Clock,
    db::Db,
    evidence::{Blobs, Spool, chore},
};
use anfang_protocol::sha::Sha;
use diesel::sql_types::{BigInt, Integer, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::{County, Phone, Server, Speaker, given};

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(diesel::QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Counts by a query with a column `count`.
pub async fn count(server: &Server, query: &str) -> i64 {
    let mut conn = server.database.conn().await;
    let counted: Count = diesel::sql_query(query).get_result(&mut conn).await.expect(query);
    counted.count
}

pub async fn names(server: &Server, query: &str) -> BTreeSet<String> {
    let mut conn = server.database.conn().await;
    let rows: Vec<Name> = diesel::sql_query(query).load(&mut conn).await.expect(query);
    rows.into_iter().map(|row| row.name).collect()
}

/// Files that were hashed already, with what tells that they are still the same.
pub type Hashed = BTreeMap<String, (u64, Option<SystemTime>)>;

/// Files below a folder, by the hash of their bytes; a file must have the hash that it is named by. What was hashed before
/// and is as long and as old as then is not hashed again.
fn files(folder: &Path, hashed: &mut Hashed) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
                continue;
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            let about = entry.metadata().map(|about| (about.len(), about.modified().ok())).expect("a file");
            if hashed.get(&name) != Some(&about) {
                let bytes = std::fs::read(entry.path()).expect("a file");
                assert_eq!(Sha::of(&bytes).to_string(), name, "a file has the hash that it is named by");
                hashed.insert(name.clone(), about);
            }
            found.insert(name);
        }
    }
    found
}

/// Hashes in the books: originals and previews.
async fn booked(server: &Server) -> BTreeSet<String> {
    let all = "SELECT encode(sha256, 'hex') AS name FROM blobs UNION SELECT encode(preview_sha256, 'hex') FROM previews";
    names(server, all).await
}

/// No row without its file, no file with another hash than its name says. Good at any moment.
pub async fn rows_have_their_files(server: &Server) {
    new_rows_have_their_files(server, &mut Hashed::new()).await;
}

/// The same, where it is asked again and again: each file is hashed once.
pub async fn new_rows_have_their_files(server: &Server, hashed: &mut Hashed) {
    // Rows first: a file that comes between is none too many.
    let rows = booked(server).await;
    let files = files(&server.data().join("blobs"), hashed);
    let without: Vec<_> = rows.difference(&files).collect();
    assert!(without.is_empty(), "rows without a file: {without:?}");
}

/// Waits until it is so: files are looked at, and previews made, after they were answered for. What a killed process had
/// taken on is let go at once, not after the minute and a half that it might have needed.
pub async fn every_file_is_examined(server: &Server) {
    let mut conn = server.database.conn().await;
    let let_go = "UPDATE blobs SET claimed_until = NULL WHERE examination = 'pending'";
    diesel::sql_query(let_go).execute(&mut conn).await.expect("letting go");
    for _ in 0..600 {
        if count(server, "SELECT count(*) FROM blobs WHERE examination = 'pending'").await == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("files are still not examined after a minute");
}

/// Waits for the first walk along the ledger's chain: whether it was found whole.
pub async fn ledger_is_walked(overseer: &Speaker) -> bool {
    for _ in 0..600 {
        let answer = overseer.get("/v1/ledger/verification").await;
        if answer.status().is_success() {
            return answer.json::<serde_json::Value>().await.expect("JSON")["ok"] == true;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("nobody has walked along the ledger for a minute");
}

/// Sweeps as the chore does, but at once; after it nothing is there that is in no book. Nobody may be sending.
pub async fn sweep_leaves_no_orphan(server: &Server) -> chore::Swept {
    let db = Db::connect(&server.database.url, 2).expect("a pool");
    let blobs = Blobs::open(None, server.data()).expect("the files");
    let spool = Spool::open(server.data(), &blobs).expect("the drafts");
    // What a preview has just put in place is not in the books yet.
    every_file_is_examined(server).await;
    let swept = chore::sweep(&db, &Clock::default(), &blobs, &spool, 0..=255, chrono::Duration::zero())
        .await
        .expect("swept");
    assert_eq!(
        files(&server.data().join("blobs"), &mut Hashed::new()),
        booked(server).await,
        "after the sweep"
    );
    let open = names(server, "SELECT upload_id::text AS name FROM uploads WHERE held < size").await;
    let drafts = drafts(&server.data().join("uploads"));
    let orphans: Vec<_> = drafts.difference(&open).collect();
    assert!(orphans.is_empty(), "unfinished files that nobody goes on with: {orphans:?}");
    swept
}

fn drafts(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path().is_dir() {
            true => found.extend(drafts(&entry.path())),
            false => drop(found.insert(entry.file_name().to_string_lossy().into_owned())),
        }
    }
    found
}

/// What phones were given to report, in all.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    pub reports: i64,
    pub findings: i64,
    pub photos: i64,
}

impl std::ops::AddAssign for Work {
    fn add_assign(&mut self, more: Self) {
        self.reports += more.reports;
        self.findings += more.findings;
        self.photos += more.photos;
    }
}

/// Everything that was given is there once: reports, findings, photos, their commands and ledger entries.
pub async fn hold_exactly(server: &Server, work: Work) {
    let found = Work {
        reports: count(server, "SELECT count(*) FROM inspections").await,
        findings: count(server, "SELECT count(*) FROM findings").await,
        photos: count(server, "SELECT count(*) FROM evidence WHERE status = 'stored'").await,
    };
    assert_eq!(found, work, "reports, findings and stored photos");
    let evidence = count(server, "SELECT count(*) FROM evidence").await;
    assert_eq!(evidence, work.photos, "no photo is named twice");
    let commands = count(server, "SELECT count(*) FROM commands WHERE status = 'applied'").await;
    let entries = count(server, "SELECT count(*) FROM ledger WHERE command_id IS NOT NULL").await;
    let distinct = count(server, "SELECT count(DISTINCT command_id) FROM ledger").await;
    assert_eq!((commands, entries, distinct), (work.reports, work.reports, work.reports), "one entry each");
    let unheld = "SELECT count(*) FROM evidence e WHERE NOT EXISTS (SELECT FROM blob_holders h \
        WHERE h.jurisdiction_id = e.jurisdiction_id AND h.account_id = e.account_id AND h.sha256 = e.sha256)";
    assert_eq!(count(server, unheld).await, 0, "stored photos are held");
}

/// Whether anybody heard it or not: what a server said to be stored is stored.
pub async fn hold_what_was_acknowledged(
    server: &Server,
    commands: &BTreeSet<String>,
    files: &BTreeSet<String>,
) {
    let applied =
        names(server, "SELECT command_id::text AS name FROM commands WHERE status = 'applied'").await;
    let lost: Vec<_> = commands.difference(&applied).collect();
    assert!(lost.is_empty(), "commands acknowledged and lost: {lost:?}");
    let held = names(server, "SELECT encode(sha256, 'hex') AS name FROM blobs").await;
    let lost: Vec<_> = files.difference(&held).collect();
    assert!(lost.is_empty(), "files acknowledged and lost: {lost:?}");
}

/// The ledger's chain of hashes, walked.
pub fn ledger_is_whole(server: &Server) {
    let output = server.command(&["verify", "ledger", "--jurisdiction", given::COUNTY]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[derive(diesel::QueryableByName)]
struct Standing {
    #[diesel(sql_type = SqlUuid)]
    item_id: Uuid,
    #[diesel(sql_type = Integer)]
    rev: i32,
}

/// This phone shows exactly what its person may read, at the latest revision; all its commands were applied, all its
/// files received.
pub async fn phone_agrees(server: &Server, phone: &Phone, login: &str) {
    let mut conn = server.database.conn().await;
    let rows: Vec<Standing> = diesel::sql_query(
        "SELECT f.item_id, max(f.rev) AS rev FROM feed f \
         JOIN memberships m USING (jurisdiction_id, channel) JOIN accounts a USING (jurisdiction_id, account_id) \
         WHERE f.jurisdiction_id = $1 AND f.present AND m.revoked_seq IS NULL AND a.login = $2 GROUP BY f.item_id",
    )
    .bind::<SqlUuid, _>(County(given::COUNTY).id().0)
    .bind::<Text, _>(login)
    .load(&mut conn)
    .await
    .expect("the feed");
    let truth: BTreeMap<Uuid, u32> =
        rows.into_iter().map(|row| (row.item_id, row.rev.unsigned_abs())).collect();
    let sees = phone.sees();
    let missing: Vec<_> = truth.iter().filter(|(id, rev)| sees.get(id) != Some(rev)).collect();
    let extra: Vec<_> = sees.keys().filter(|id| !truth.contains_key(id)).collect();
    assert!(missing.is_empty() && extra.is_empty(), "{login} misses {missing:?} and has {extra:?}");
    let report = phone.report();
    assert!(
        report.commands.iter().all(|command| command.state == "applied"),
        "{login}: {:?}",
        report.commands
    );
    assert!(report.files.iter().all(|file| file.state == "received"), "{login}: {:?}", report.files);
}
