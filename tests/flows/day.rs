//! The demonstration's day, small: phones go out of reach, inspect, lose the link, come back, finish.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use anfang::{
    clock::Clock,
    demo::day::{self, Day, Event},
    phone::Credentials,
};

use crate::harness::{Server, Speaker, chance::noise, given};

#[tokio::test(flavor = "multi_thread")]
async fn a_day_ends_with_everything_at_the_server() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let people = ["inspector1", "inspector2"].map(|login| Credentials {
        jurisdiction: Some(given::COUNTY.to_owned()),
        login: login.to_owned(),
        password: given::PASSWORD.to_owned(),
    });
    let sent = Arc::new(AtomicU64::new(0));
    let counted = sent.clone();
    let figures = day::play(Day {
        server: server.base.trim_start_matches("http://").parse().expect("the server's address"),
        people: people.to_vec(),
        folder: folder.path().to_owned(),
        inspections_each: 2,
        seed: 7,
        // Drawing takes longer than all the rest of the day.
        camera: |seed, _, _| noise(seed, 250_000),
        bytes_per_second: 2_000_000,
        clock: Clock::default(),
        watch: Arc::new(move |event| {
            if let Event::Sent { bytes } = event {
                counted.fetch_add(bytes, Ordering::Relaxed);
            }
        }),
    })
    .await
    .expect("the day comes to its end");
    assert_eq!((figures.phones, figures.inspections), (2, 4));
    assert!(figures.findings > 0 && figures.evidence_stored >= 4, "{figures:?}");
    assert!(figures.links_lost >= 2, "the links were cut: {figures:?}");
    assert!(figures.bytes_resumed > 0, "uploads went on where they were: {figures:?}");
    assert_eq!(figures.bytes_uploaded, sent.load(Ordering::Relaxed));
    let desk = Speaker::sign_in(&server, "supervisor").await;
    let list = desk.get_json("/v1/inspections?limit=200").await;
    assert_eq!(list["inspections"].as_array().expect("a list").len(), 4);
}
