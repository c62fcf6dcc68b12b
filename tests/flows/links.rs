//! Uploads over bad links: cut, stalled, doubled, killed; and any sequence of these against a model.

use std::time::{Duration, Instant};

use anfang_protocol::{blob::Standing, sha::Sha};
use proptest::prelude::*;
use reqwest::StatusCode;

use crate::harness::figures::tell;
use crate::harness::{
    Server, Speaker,
    chance::{Dice, noise, runner, seed},
    tus::{Link, header},
};

#[tokio::test]
async fn a_link_that_is_cut_again_and_again_sends_little_twice() {
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let film = noise(20, 100_000_000);
    let upload = phone.place(&film).await;
    let (mut dice, mut sent, mut links) = (Dice::new(7), 0, 0);
    loop {
        let from = usize::try_from(phone.stands_at(&upload).await).unwrap();
        if from == film.len() {
            break;
        }
        let rest = film.len() - from;
        let mut link = Link::patch(&phone, &upload, from as u64, rest).await;
        let length = (1 + dice.below(2_000_000)).min(rest);
        link.send(&film[from..from + length]).await;
        sent += length;
        links += 1;
        if length == rest {
            assert_eq!(link.status().await, 204);
        } else {
            link.cut().await;
        }
    }
    tell!("{links} links, {sent} bytes sent for {}", film.len());
    assert!(links > 40);
    assert!(sent <= film.len() / 100 * 105, "{sent} bytes sent for {}", film.len());
    assert_eq!(phone.download(Sha::of(&film)).await, Some(film));
}

#[tokio::test]
async fn a_dead_connection_holds_nobody_up() {
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let photo = noise(21, 3_000_000);
    let upload = phone.place(&photo).await;
    // Its sender is gone; the server cannot know.
    let mut hung = Link::patch(&phone, &upload, 0, photo.len()).await;
    hung.send(&photo[..1_234_567]).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let began = Instant::now();
    let from = phone.stands_at(&upload).await;
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(from, 1_234_567, "what it had sent is kept");
    assert_eq!(hung.status().await, 409);
    // Without asking first, too.
    let mut hung = Link::patch(&phone, &upload, from, photo.len() - from as usize).await;
    hung.send(&photo[1_234_567..1_234_568]).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(phone.patch(&upload, from, &photo[from as usize..]).await.status(), StatusCode::CONFLICT);
    let from = phone.stands_at(&upload).await;
    assert_eq!(from, 1_234_568);
    assert_eq!(phone.patch(&upload, from, &photo[from as usize..]).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(phone.download(Sha::of(&photo)).await, Some(photo));
}

#[tokio::test]
async fn of_two_writers_at_one_offset_one_wins_and_the_file_is_right() {
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    for round in 0..12 {
        let photo = noise(100 + round, 600_000);
        let upload = phone.place(&photo).await;
        assert_eq!(phone.patch(&upload, 0, &photo[..100_000]).await.status(), StatusCode::NO_CONTENT);
        let (a, b, c) = tokio::join!(
            phone.patch(&upload, 100_000, &photo[100_000..]),
            phone.patch(&upload, 100_000, &photo[100_000..]),
            phone.patch(&upload, 100_000, &photo[100_000..300_000]),
        );
        for answer in [a, b, c] {
            let status = answer.status();
            assert!([StatusCode::NO_CONTENT, StatusCode::CONFLICT].contains(&status), "{status}");
        }
        finish(&phone, &upload, &photo).await;
        assert_eq!(phone.download(Sha::of(&photo)).await, Some(photo));
    }
}

/// Goes on as a client does: asks, sends the rest.
async fn finish(phone: &Speaker, upload: &str, file: &[u8]) {
    for _ in 0..20 {
        let from = usize::try_from(phone.stands_at(upload).await).unwrap();
        if from == file.len() {
            return;
        }
        phone.patch(upload, from as u64, &file[from..]).await;
    }
    panic!("the upload is never whole");
}

#[tokio::test]
async fn another_server_process_takes_an_upload_over() {
    let server = Server::start().await;
    let second = server.another();
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let roamed = phone.at(&second);
    let photo = noise(22, 2_000_000);
    let upload = phone.place(&photo).await;
    let mut hung = Link::patch(&phone, &upload, 0, photo.len()).await;
    hung.send(&photo[..500_000]).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let began = Instant::now();
    let from = usize::try_from(roamed.stands_at(&upload).await).unwrap();
    let done = roamed.patch(&upload, from as u64, &photo[from..]).await;
    assert_eq!(done.status(), StatusCode::NO_CONTENT);
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    hung.send(&photo[500_000..]).await;
    assert_eq!(hung.status().await, 409);
    assert_eq!(phone.download(Sha::of(&photo)).await, Some(photo));
}

#[tokio::test]
async fn giving_up_while_it_finishes_leaves_no_half() {
    let server = Server::start().await;
    let phone = Speaker::sign_in(&server, "inspector1").await;
    let (mut stored, mut gone) = (0, 0);
    for round in 0..30 {
        let photo = noise(200 + round, 50_000);
        let upload = phone.place(&photo).await;
        let late = async {
            tokio::time::sleep(Duration::from_micros(round * 200)).await;
            phone.give_up(&upload).await
        };
        let (sent, given_up) = tokio::join!(phone.patch(&upload, 0, &photo), late);
        match phone.declare(&photo, "image/jpeg").await {
            Standing::Have { .. } => {
                assert_eq!(phone.download(Sha::of(&photo)).await, Some(photo));
                stored += 1;
            }
            Standing::Upload { offset, .. } => {
                assert_eq!(given_up, StatusCode::NO_CONTENT);
                assert_ne!(sent.status(), StatusCode::NO_CONTENT, "it was told stored and is not");
                assert_eq!((offset, phone.download(Sha::of(&photo)).await), (0, None));
                gone += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    tell!("{stored} stored, {gone} given up");
    let (rows, files) = books_and_files(&server).await;
    assert!(rows.iter().all(|row| files.contains(row)), "no row is without its file");
}

/// Hashes in the books, and names of whole files.
async fn books_and_files(server: &Server) -> (Vec<String>, Vec<String>) {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        sha: String,
    }
    let mut conn = server.database.conn().await;
    let query = diesel::sql_query("SELECT encode(sha256, 'hex') AS sha FROM blobs");
    let rows: Vec<Row> = diesel_async::RunQueryDsl::load(query, &mut conn).await.unwrap();
    let mut files = Vec::new();
    let mut folders = vec![server.data().join("blobs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            match entry.path().is_dir() {
                true => folders.push(entry.path()),
                false => {
                    let bytes = std::fs::read(entry.path()).unwrap();
                    let name = entry.file_name().to_string_lossy().into_owned();
                    assert_eq!(Sha::of(&bytes).to_string(), name, "a file has the hash that it is named by");
                    files.push(name);
                }
            }
        }
    }
    (rows.into_iter().map(|row| row.sha).collect(), files)
}

#[tokio::test]
async fn a_killed_server_keeps_what_it_acknowledged() {
    let mut server = Server::start().await;
    let mut phone = Speaker::sign_in(&server, "inspector1").await;
    let mut dice = Dice::new(11);
    let mut whole: Vec<Vec<u8>> = Vec::new();
    for round in 0..8 {
        let film = noise(300 + round, 9_000_000);
        let upload = phone.place(&film).await;
        let acknowledged = 1 + dice.below(3_000_000);
        let first = phone.patch(&upload, 0, &film[..acknowledged]).await;
        assert_eq!(first.status(), StatusCode::NO_CONTENT);
        let small = noise(400 + round, 60_000);
        assert_eq!(phone.upload(&small, "image/jpeg").await, StatusCode::NO_CONTENT);
        whole.push(small);
        let mut link = Link::patch(&phone, &upload, acknowledged as u64, film.len() - acknowledged).await;
        let more = dice.below(film.len() - acknowledged - 1);
        let (_, killed) = tokio::join!(link.send(&film[acknowledged..acknowledged + more]), async {
            tokio::time::sleep(Duration::from_millis(dice.below(60) as u64)).await;
            server.kill_and_start()
        });
        server = killed;
        phone = phone.at(&server);
        let from = phone.stands_at(&upload).await;
        assert!(from >= acknowledged as u64, "{from} of {acknowledged} acknowledged bytes");
        finish(&phone, &upload, &film).await;
        whole.push(film);
    }
    for file in &whole {
        assert_eq!(phone.download(Sha::of(file)).await.as_ref(), Some(file));
    }
    let (rows, files) = books_and_files(&server).await;
    assert!(rows.iter().all(|row| files.contains(row)));
}

/// What a client may do with one upload.
#[derive(Debug, Clone)]
enum Act {
    Declare,
    Head,
    /// Sends so many thousandths of the rest.
    Patch(u16),
    /// Announces the rest, sends so many thousandths of it, and is cut off.
    Cut(u16),
    /// Sends at an offset that is so far off.
    Astray(i16),
    GiveUp,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        2 => Just(Act::Declare),
        3 => Just(Act::Head),
        4 => (0..=1000u16).prop_map(Act::Patch),
        4 => (0..1000u16).prop_map(Act::Cut),
        2 => (-500..500i16).prop_map(Act::Astray),
        1 => Just(Act::GiveUp),
    ];
    prop::collection::vec(act, 1..14)
}

/// What the server should hold.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Model {
    Nothing,
    Open(usize),
    Whole,
}

#[test]
fn any_sequence_ends_as_the_model_says() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::start());
    let phone = runtime.block_on(Speaker::sign_in(&server, "inspector1"));
    let file = std::cell::Cell::new(10_000);
    let run = |(acts, size): (Vec<Act>, usize)| {
        file.set(file.get() + 1);
        runtime.block_on(play(&phone, &acts, &noise(file.get(), size)));
        Ok(())
    };
    runner(seed("uploads"), 40, 100).run(&(acts(), 70..400_000usize), run).unwrap();
}

async fn play(phone: &Speaker, acts: &[Act], file: &[u8]) {
    let sha = Sha::of(file);
    let mut model = Model::Nothing;
    let mut upload = String::from("/v1/uploads/0198c7a0-0000-7000-8000-000000000000");
    for act in acts {
        let held = match model {
            Model::Nothing => 0,
            Model::Open(held) => held,
            Model::Whole => file.len(),
        };
        let part = |thousandths: u16| (file.len() - held) * usize::from(thousandths) / 1000;
        match act {
            Act::Declare => match phone.declare(file, "image/jpeg").await {
                Standing::Have { .. } => assert_eq!(model, Model::Whole),
                Standing::Upload { upload: path, offset, .. } => {
                    assert_ne!(model, Model::Whole);
                    assert_eq!(offset, held as u64);
                    assert!(model == Model::Nothing || path == upload);
                    (model, upload) = (Model::Open(held), path);
                }
                refused => panic!("{refused:?}"),
            },
            Act::Head => {
                let head = phone.tus(reqwest::Method::HEAD, &upload).send().await.unwrap();
                match model {
                    Model::Nothing => assert_eq!(head.status(), StatusCode::NOT_FOUND),
                    _ => assert_eq!(header(&head, "upload-offset"), held.to_string()),
                }
            }
            Act::Patch(thousandths) => {
                let to = held + part(*thousandths);
                let status = phone.patch(&upload, held as u64, &file[held..to]).await.status();
                match model {
                    Model::Nothing => assert_eq!(status, StatusCode::NOT_FOUND),
                    _ => assert_eq!(status, StatusCode::NO_CONTENT),
                }
                model = sent(model, to, file.len());
            }
            Act::Cut(thousandths) => {
                let to = held + part(*thousandths);
                let mut link = Link::patch(phone, &upload, held as u64, file.len() - held).await;
                link.send(&file[held..to]).await;
                link.cut().await;
                // What was on its way when the link was cut may be lost; whoever was cut off asks where it stands.
                if let Model::Open(_) = model {
                    let at = usize::try_from(phone.stands_at(&upload).await).unwrap();
                    assert!((held..=to).contains(&at), "{at} of {held} to {to}");
                    model = Model::Open(at);
                }
            }
            Act::Astray(by) => {
                let at = held.saturating_add_signed(isize::from(*by));
                if at != held {
                    let status = phone.patch(&upload, at as u64, &file[..1]).await.status();
                    let expected = if model == Model::Nothing { 404 } else { 409 };
                    assert_eq!(status.as_u16(), expected);
                }
            }
            Act::GiveUp => {
                let expected =
                    if model == Model::Nothing { StatusCode::NOT_FOUND } else { StatusCode::NO_CONTENT };
                assert_eq!(phone.give_up(&upload).await, expected);
                model = if model == Model::Whole { Model::Whole } else { Model::Nothing };
            }
        }
        let download = phone.download(sha).await;
        assert_eq!(download.is_some(), model == Model::Whole, "{act:?} {model:?}");
        assert!(download.is_none_or(|bytes| bytes == file));
    }
}

fn sent(model: Model, to: usize, size: usize) -> Model {
    match model {
        Model::Open(_) if to == size => Model::Whole,
        Model::Open(_) => Model::Open(to),
        other => other,
    }
}
