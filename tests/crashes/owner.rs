//! The phone dies at every write of its own store: its journal is cut after every byte of what it wrote last.

use std::{fs, time::Duration};

use anfang::phone::Did;
use anfang_protocol::evidence::EvidenceStatus;

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

/// After every step the phone becomes what a power cut within its last write leaves, at several bytes; it goes on from
/// any of these, and may have to do the step again.
#[tokio::test]
async fn a_phone_that_dies_at_every_write_of_its_store_goes_on() {
    let mut dice = Dice::new(seed("the phone's own store"));
    let server = Server::start().await;
    let mut phone = Phone::sign_in(&server, "inspector1").await;
    let mut ids = Vec::new();
    for n in 0..3 {
        let visit = phone.inspects(COUNTY, &site("101", "201", n)).finds("院墙倒塌");
        ids.push(visit.with_photo(&noise(dice.next(), 150_000)).keep().0);
    }
    let journal = phone.home().join("journal.jsonl");
    let (mut deaths, mut steps) = (0, 0);
    while !(phone.report().done && phone.engine().feed().items().count() > 0) {
        let before = fs::read(&journal).expect("a journal").len();
        if let Did::Waits(..) = phone.driver().step().await.expect("the phone works") {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        steps += 1;
        assert!(steps < 2000, "it never comes to an end: {:?}", phone.report());
        let now = fs::read(&journal).expect("a journal");
        // What a step wrote first was on the disk before anything went out; only its last line can be torn.
        let last =
            now[..now.len().saturating_sub(1)].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        // A phone looks for news whenever it starts: one that never takes two steps would do nothing else.
        if now.len() <= before || last < before || dice.percent(50) {
            continue;
        }
        let mut cuts = vec![last, now.len() - 1];
        cuts.extend((0..cuts_per_line()).map(|_| last + dice.below(now.len() - last)));
        // Of each cut it must be able to go on, and of one it does: mostly of the whole line, or it would never come
        // to an end.
        for cut in &cuts {
            phone.could_go_on_from(&now[..*cut]);
        }
        deaths += cuts.len() + 1;
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
    println!("the phone's own store: {deaths} deaths in {steps} steps");
}
