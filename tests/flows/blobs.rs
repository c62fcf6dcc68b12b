//! Whole files: who may see them, how they go out, and what is in no book.

use anfang::{
    clock::Clock,
    db::Db,
    evidence::{Blobs, Spool, chore},
    ledger::Bell,
};
use anfang_protocol::{
    Code,
    blob::Standing,
    evidence::EvidenceStatus,
    inspection::Inspection,
    sha::Sha,
    sync::{Change, Request, Status},
};
use chrono::Duration;
use reqwest::{Method, StatusCode};
use uuid::Uuid;

use crate::harness::figures::tell;
use crate::harness::{
    County, Server, Speaker,
    chance::noise,
    given,
    reports::{photo, site, visit},
    tus::{header, problem},
};

const COUNTY: County = County(given::COUNTY);

/// Sends a report that names these files; gives its id.
async fn report(phone: &mut Speaker, site: &str, files: &[&[u8]]) -> Uuid {
    let mut report = visit(COUNTY, site);
    report.evidence = files.iter().map(|bytes| photo(bytes, "image/jpeg")).collect();
    let id = report.inspection_id.0;
    let command = phone.command("inspection.submit", serde_json::to_value(report).unwrap());
    let response = phone.push(&[command]).await;
    assert_eq!(response.outcomes[0].status, Status::Applied, "{:?}", response.outcomes[0].problem);
    id
}

/// The report as the feed tells it to this person: its revision, and what is held of its files.
async fn told(person: &Speaker, id: Uuid) -> Option<(u32, Vec<EvidenceStatus>)> {
    let mut request = Request { limit_bytes: Some(1024 * 1024), ..Request::default() };
    let mut found = None;
    loop {
        let response = person.sync(&request).await;
        for change in &response.changes {
            if let Change::Put(put) = change
                && put.id == id
                && let Some(body) = &put.body
            {
                let report: Inspection = serde_json::from_str(body.get()).unwrap();
                found = Some((put.rev, report.evidence.into_iter().map(|held| held.status).collect()));
            }
        }
        if !response.more {
            return found;
        }
        request.cursor = response.cursor;
    }
}

#[tokio::test]
async fn text_comes_first_and_photos_follow() {
    use EvidenceStatus::*;
    let server = Server::start().await;
    let mut phone = Speaker::sign_in(&server, "inspector1").await;
    let supervisor = Speaker::sign_in(&server, "supervisor").await;
    let (one, two) = (noise(1, 40_000), noise(2, 40_000));
    let id = report(&mut phone, &site("101", "201", 0), &[&one, &two, &one]).await;
    assert_eq!(told(&supervisor, id).await, Some((1, vec![Missing, Missing, Missing])));

    let upload = phone.place(&one).await;
    phone.patch(&upload, 0, &one[..10_000]).await;
    assert_eq!(told(&supervisor, id).await, Some((2, vec![Partial, Missing, Partial])));
    phone.patch(&upload, 10_000, &one[10_000..20_000]).await;
    assert_eq!(told(&supervisor, id).await, Some((2, vec![Partial, Missing, Partial])), "said once");
    phone.patch(&upload, 20_000, &one[20_000..]).await;
    assert_eq!(told(&supervisor, id).await, Some((3, vec![Stored, Missing, Stored])), "both mentions");
    assert_eq!(told(&phone, id).await, told(&supervisor, id).await);

    let upload = phone.place(&two).await;
    phone.patch(&upload, 0, &two[..10_000]).await;
    assert_eq!(phone.give_up(&upload).await, StatusCode::NO_CONTENT);
    assert_eq!(told(&supervisor, id).await, Some((5, vec![Stored, Missing, Stored])), "given up again");
    assert_eq!(phone.upload(&two, "image/jpeg").await, StatusCode::NO_CONTENT);
    assert_eq!(told(&supervisor, id).await, Some((6, vec![Stored, Stored, Stored])));
    // Photos may come first as well.
    let three = noise(3, 40_000);
    assert_eq!(phone.upload(&three, "image/jpeg").await, StatusCode::NO_CONTENT);
    let later = report(&mut phone, &site("101", "201", 1), &[&three, &one]).await;
    assert_eq!(told(&supervisor, later).await, Some((1, vec![Stored, Stored])));
    let verified = server.command(&["verify", "ledger", "--jurisdiction", given::COUNTY]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

#[tokio::test]
async fn a_file_is_for_whoever_reads_a_report_that_has_it() {
    let server = Server::start().await;
    let mut phone = Speaker::sign_in(&server, "inspector1").await;
    let mut other = Speaker::sign_in(&server, "inspector2").await;
    let (near, far) =
        (Speaker::sign_in(&server, "supervisor1").await, Speaker::sign_in(&server, "supervisor").await);
    let elsewhere = Speaker::sign_in_at(&server, given::OTHER_COUNTY, "supervisor").await;
    let file = noise(10, 30_000);
    let sha = Sha::of(&file);
    assert_eq!(phone.upload(&file, "image/jpeg").await, StatusCode::NO_CONTENT);
    assert_eq!(near.download(sha).await, None, "in no report yet");
    report(&mut phone, &site("101", "201", 0), &[&file]).await;
    assert_eq!((near.download(sha).await, far.download(sha).await), (Some(file.clone()), Some(file.clone())));
    assert_eq!((other.download(sha).await, elsewhere.download(sha).await), (None, None));
    // Who names a file without having it gets nothing by that, and gives nothing to others.
    let id = report(&mut other, &site("102", "201", 0), &[&file]).await;
    assert_eq!(told(&far, id).await, Some((1, vec![EvidenceStatus::Missing])));
    assert_eq!(other.download(sha).await, None);
    assert!(matches!(other.declare(&file, "image/jpeg").await, Standing::Upload { offset: 0, .. }));
    // Whoever may see it is told `have`, and a report of his has it then.
    assert!(matches!(far.declare(&file, "image/jpeg").await, Standing::Have { .. }));
    assert_eq!(other.upload(&file, "image/jpeg").await, StatusCode::NO_CONTENT);
    assert_eq!(told(&far, id).await, Some((2, vec![EvidenceStatus::Stored])));
    assert_eq!(elsewhere.upload(&file, "image/jpeg").await, StatusCode::NO_CONTENT, "counties share nothing");
}

#[tokio::test]
async fn foreign_and_absent_files_are_answered_alike() {
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let other = Speaker::sign_in(&server, "inspector2").await;
    let file = noise(11, 30_000);
    assert_eq!(phone.upload(&file, "image/jpeg").await, StatusCode::NO_CONTENT);
    let (foreign, absent) = (Sha::of(&file), Sha::of(b"nothing"));
    for way in ["", "/preview?edge=320", "/preview?edge=1280", "/preview?edge=7", "/metadata"] {
        let mut answers = Vec::new();
        for sha in [foreign.to_string(), absent.to_string(), "nonsense".into()] {
            let path = format!("/v1/blobs/{sha}{way}");
            let answer = other.get(&path).await;
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
            let mut headers: Vec<String> =
                answer.headers().iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
            headers.retain(|header| !header.starts_with("date:") && !header.starts_with("x-request-id:"));
            // Their order is chance.
            headers.sort();
            answers.push((headers, answer.text().await.unwrap()));
            let stranger = other.http.get(format!("{}{path}", other.base)).send().await.unwrap();
            assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    }
    let head = other.request(Method::HEAD, &format!("/v1/blobs/{foreign}")).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn downloads_are_ranged_and_cached_and_inert() {
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let file = noise(12, 300_000);
    let sha = Sha::of(&file);
    assert_eq!(phone.upload(&file, "image/png").await, StatusCode::NO_CONTENT);
    let path = format!("/v1/blobs/{sha}");
    let (tag, other) = (format!("\"{sha}\""), format!("\"{}\"", Sha::of(b"other")));
    let get = async |headers: &[(&str, &str)]| {
        let mut request = phone.request(Method::GET, &path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    };
    let whole = get(&[("accept-encoding", "gzip, zstd")]).await;
    for (name, value) in [
        ("content-type", "image/jpeg"),
        ("content-length", "300000"),
        ("etag", tag.as_str()),
        ("accept-ranges", "bytes"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("cache-control", "private, max-age=31536000, immutable"),
    ] {
        assert_eq!(header(&whole, name), value);
    }
    assert!(header(&whole, "content-disposition").starts_with("attachment"));
    assert_eq!(whole.bytes().await.unwrap(), file);
    let head = phone.request(Method::HEAD, &path).send().await.unwrap();
    assert_eq!((header(&head, "content-length"), header(&head, "content-type")), ("300000", "image/jpeg"));

    #[rustfmt::skip]
    let ranges: &[(&[(&str, &str)], Option<std::ops::Range<usize>>)] = &[
        (&[("range", "bytes=0-0")], Some(0..1)),
        (&[("range", "bytes=1000-199999")], Some(1000..200_000)),
        (&[("range", "bytes=299999-")], Some(299_999..300_000)),
        (&[("range", "bytes=-5")], Some(299_995..300_000)),
        (&[("range", "bytes=0-9,20-29")], Some(0..30)),
        (&[("range", "bytes=5-9"), ("if-range", &tag)], Some(5..10)),
        (&[("range", "bytes=5-9"), ("if-range", &other)], None),
        (&[("range", "bytes=nonsense")], None),
    ];
    for (headers, expected) in ranges {
        let answer = get(headers).await;
        let range = expected.clone().unwrap_or(0..file.len());
        match expected {
            Some(range) => {
                assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT, "{headers:?}");
                let said = format!("bytes {}-{}/300000", range.start, range.end - 1);
                assert_eq!(header(&answer, "content-range"), said);
            }
            None => assert_eq!(answer.status(), StatusCode::OK, "{headers:?}"),
        }
        assert_eq!(answer.bytes().await.unwrap(), &file[range], "{headers:?}");
    }
    let outside = get(&[("range", "bytes=300000-")]).await;
    assert_eq!(header(&outside, "content-range"), "bytes */300000");
    assert!(problem(outside).await.is(Code::RangeInvalid));
    for tags in [tag.clone(), format!("\"x\", W/{tag}"), "*".into()] {
        assert_eq!(get(&[("if-none-match", &tags)]).await.status(), StatusCode::NOT_MODIFIED, "{tags}");
    }
    assert_eq!(get(&[("if-none-match", &other)]).await.status(), StatusCode::OK);
}

/// The parts that the chores need, on a server's database and folder.
struct Broom {
    db: Db,
    clock: Clock,
    blobs: Blobs,
    spool: Spool,
}

impl Broom {
    fn of(server: &Server) -> Self {
        let blobs = Blobs::open(None, server.data()).unwrap();
        let spool = Spool::open(server.data(), &blobs).unwrap();
        let db = Db::connect(&server.database.url, 2).unwrap();
        Broom { db, clock: Clock::default(), blobs, spool }
    }

    async fn sweep(&self, age: Duration) -> chore::Swept {
        chore::sweep(&self.db, &self.clock, &self.blobs, &self.spool, 0..=255, age).await.unwrap()
    }
}

#[tokio::test]
async fn what_is_in_no_book_is_swept_and_nothing_else() {
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let broom = Broom::of(&server);
    let (kept, begun) = (noise(20, 30_000), noise(21, 30_000));
    assert_eq!(phone.upload(&kept, "image/jpeg").await, StatusCode::NO_CONTENT);
    let upload = phone.place(&begun).await;
    phone.patch(&upload, 0, &begun[..10_000]).await;
    // As a crash between the move and the commit, and one before a row was made, leave them.
    let county = COUNTY.id().to_string();
    let lost = Sha::of(b"lost").to_string();
    let folder = server.data().join("blobs").join(&county).join(&lost[..2]);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(&lost), b"lost").unwrap();
    let draft = server.data().join("uploads").join(&county).join(Uuid::now_v7().to_string());
    std::fs::write(&draft, b"draft").unwrap();

    assert_eq!(broom.sweep(Duration::hours(1)).await, chore::Swept::default(), "young files are left alone");
    let old = Duration::seconds(-5);
    assert_eq!(broom.sweep(old).await, chore::Swept { drafts: 1, files: 1 });
    assert!(!folder.join(&lost).exists() && !draft.exists());
    assert_eq!(broom.sweep(old).await, chore::Swept::default(), "a second time there is nothing to do");
    assert_eq!(phone.download(Sha::of(&kept)).await, Some(kept));
    assert_eq!(phone.patch(&upload, 10_000, &begun[10_000..]).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(phone.download(Sha::of(&begun)).await, Some(begun));
}

/// The broom goes over everything, again and again, whatever its age, while files become whole.
#[tokio::test]
async fn sweeping_takes_nothing_that_is_about_to_be_entered() {
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let broom = Broom::of(&server);
    let files: Vec<_> = (0..60).map(|n| noise(500 + n, 30_000)).collect();
    let sending = async {
        for batch in files.chunks(6) {
            let sent =
                futures::future::join_all(batch.iter().map(|file| phone.upload(file, "image/jpeg"))).await;
            assert!(sent.iter().all(|status| *status == StatusCode::NO_CONTENT), "{sent:?}");
        }
    };
    let mut sweeps = 0;
    let sweeping = async {
        loop {
            broom.sweep(Duration::seconds(-5)).await;
            sweeps += 1;
        }
    };
    tokio::select! { () = sending => {}, () = sweeping => {} }
    tell!("{sweeps} sweeps meanwhile");
    for file in &files {
        assert_eq!(phone.download(Sha::of(file)).await.as_ref(), Some(file));
    }
}

#[tokio::test]
async fn uploads_expire_and_say_so() {
    let server = Server::start().await;
    let mut phone = Speaker::sign_in(&server, "inspector1").await;
    let broom = Broom::of(&server);
    let file = noise(30, 30_000);
    let id = report(&mut phone, &site("101", "201", 0), &[&file]).await;
    let upload = phone.place(&file).await;
    phone.patch(&upload, 0, &file[..10_000]).await;
    assert_eq!(told(&phone, id).await, Some((2, vec![EvidenceStatus::Partial])));
    let mut conn = server.database.conn().await;
    let past = diesel::sql_query("UPDATE uploads SET expires_at = now() - interval '1 hour'");
    diesel_async::RunQueryDsl::execute(past, &mut conn).await.unwrap();
    assert_eq!(phone.tus(Method::HEAD, &upload).send().await.unwrap().status(), StatusCode::GONE);
    let gone = phone.patch(&upload, 10_000, &file[10_000..]).await;
    assert!(problem(gone).await.is(Code::UploadGone));
    let expired = chore::expire(&broom.db, &broom.clock, &Bell::default(), &broom.spool, 10).await.unwrap();
    assert_eq!(expired, 1);
    assert_eq!(told(&phone, id).await, Some((3, vec![EvidenceStatus::Missing])));
    assert_eq!(phone.tus(Method::HEAD, &upload).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    assert_eq!(phone.upload(&file, "image/jpeg").await, StatusCode::NO_CONTENT);
    assert_eq!(told(&phone, id).await, Some((4, vec![EvidenceStatus::Stored])));
}

#[tokio::test]
async fn overlooked_evidence_is_mended() {
    let server = Server::start().await;
    let mut phone = Speaker::sign_in(&server, "inspector1").await;
    let broom = Broom::of(&server);
    let file = noise(31, 30_000);
    assert_eq!(phone.upload(&file, "image/jpeg").await, StatusCode::NO_CONTENT);
    let id = report(&mut phone, &site("101", "201", 0), &[&file]).await;
    for round in [0_u32, 1] {
        // As when the report and the last byte arrive at the same moment.
        let mut conn = server.database.conn().await;
        let missed = diesel::sql_query("UPDATE evidence SET status = 'missing'");
        diesel_async::RunQueryDsl::execute(missed, &mut conn).await.unwrap();
        match round {
            0 => assert!(matches!(phone.declare(&file, "image/jpeg").await, Standing::Have { .. })),
            _ => assert_eq!(chore::mend(&broom.db, &Bell::default(), 10).await.unwrap(), 1),
        }
        assert_eq!(told(&phone, id).await, Some((2 + round, vec![EvidenceStatus::Stored])));
    }
}
