//! Real phones on bad links: what was recorded arrives, once and whole, whatever happens on the way.

use std::time::Duration;

use anfang::{demo::link::Weather, phone::Ended};
use anfang_protocol::{
    evidence::EvidenceStatus,
    inspection::{Inspection, InspectionStage},
    verdict::Verdict,
};
use uuid::Uuid;

use crate::harness::{
    County, Phone, Server, Speaker,
    chance::noise,
    given,
    reports::{nowhere, site},
};

const COUNTY: County = County(given::COUNTY);

/// The inspection as this phone's screen shows it.
fn shown(phone: &Phone, id: Uuid) -> Inspection {
    phone.engine().inspection(id).expect("the phone shows it")
}

async fn count(server: &Server) -> usize {
    let desk = Speaker::sign_in(server, "supervisor").await;
    let list = desk.get_json("/v1/inspections?limit=200").await;
    list["inspections"].as_array().expect("a list").len()
}

#[tokio::test]
async fn text_arrives_first_and_photos_follow() {
    let server = Server::start().await;
    let mut phone = Phone::sign_in(&server, "inspector1").await;
    let (id, command) = phone
        .inspects(COUNTY, &site("101", "201", 0))
        .finds("屋顶漏雨")
        .with_photo(&noise(1, 200_000))
        .keep();
    assert_eq!(shown(&phone, id.0).findings.len(), 1, "it shows before it is sent");
    assert_eq!(phone.push().await, Ended::Done);
    assert_eq!(phone.state(command), "applied");
    assert_eq!(shown(&phone, id.0).evidence[0].status, EvidenceStatus::Missing);
    assert!(phone.engine().deletable().is_empty(), "nothing may go before the server has it");
    phone.sync_until_done().await;
    let inspection = shown(&phone, id.0);
    assert_eq!(inspection.evidence[0].status, EvidenceStatus::Stored);
    assert_eq!(phone.engine().deletable().len(), 1);
    assert!(phone.engine().shown()[&id.0].pending.is_empty(), "the server's word is enough now");
    assert_eq!(count(&server).await, 1);
}

#[tokio::test]
async fn uploads_go_on_where_the_link_was_cut() {
    const FILES: u64 = 4;
    const BYTES: u64 = 3_000_000;
    let server = Server::start().await;
    let mut phone = Phone::sign_in(&server, "inspector1").await;
    let mut visit = phone.inspects(COUNTY, &site("101", "201", 1)).finds("墙体开裂");
    for n in 0..FILES {
        visit = visit.with_photo(&noise(n, BYTES as usize));
    }
    let (id, _) = visit.keep();
    let before = phone.link.carried().up_bytes;
    phone.bad_link(Weather { cut_after: Some(40_000), then_every: Some(700_000), ..Weather::default() });
    phone.sync_until_done().await;
    let carried = phone.link.carried();
    assert!(carried.cuts > 10, "the link was cut: {carried:?}");
    let sent = carried.up_bytes - before;
    assert!(sent < FILES * BYTES * 105 / 100, "{sent} bytes for {}: more than 5 % twice", FILES * BYTES);
    assert!(phone.report().resumed_bytes > 0);
    assert!(shown(&phone, id.0).evidence.iter().all(|e| e.status == EvidenceStatus::Stored));
}

#[tokio::test]
async fn lost_answers_are_asked_for_again_and_nothing_happens_twice() {
    let server = Server::start().await;
    let mut phone = Phone::sign_in(&server, "inspector1").await;
    for n in 0..6 {
        let (id, _) = phone
            .inspects(COUNTY, &site("101", "202", n))
            .finds("水龙头无水")
            .with_photo(&noise(n.into(), 30_000))
            .keep();
        phone.bad_link(Weather { swallow_answers: 1 + n % 4, ..Weather::default() });
        phone.sync_until_done().await;
        assert_eq!(shown(&phone, id.0).findings.len(), 1);
    }
    assert!(phone.link.carried().cuts >= 6);
    assert_eq!(count(&server).await, 6);
    assert!(phone.report().commands.iter().all(|command| command.state == "applied"));
}

#[tokio::test]
async fn a_phone_that_dies_after_every_step_goes_on() {
    let server = Server::start().await;
    let mut phone = Phone::sign_in(&server, "inspector1").await;
    let mut ids = Vec::new();
    for n in 0..3 {
        let visit = phone.inspects(COUNTY, &site("101", "201", n)).finds("院墙倒塌");
        ids.push(visit.with_photo(&noise(40 + u64::from(n), 150_000)).keep());
        phone.dies_and_starts();
    }
    for _ in 0..200 {
        phone.driver().step().await.expect("the phone works");
        let done = phone.report().done;
        phone.dies_and_starts();
        if done {
            break;
        }
    }
    phone.sync_until_done().await;
    assert_eq!(count(&server).await, 3);
    for (id, command) in ids {
        assert_eq!(phone.state(command), "applied");
        assert_eq!(shown(&phone, id.0).evidence[0].status, EvidenceStatus::Stored);
    }
}

#[tokio::test]
async fn a_refused_report_stays_for_a_person_and_holds_up_nobody() {
    let server = Server::start().await;
    let mut phone = Phone::sign_in(&server, "inspector1").await;
    let (bad, refused) = phone
        .inspects(COUNTY, &site("101", "201", 0))
        .with(|submit| submit.site_id = nowhere())
        .finds("无此点位")
        .with_photo(&noise(5, 10_000))
        .keep();
    let follower = phone.amends(bad, "补充说明", "补充");
    let (_, good) = phone.inspects(COUNTY, &site("101", "201", 1)).keep();
    phone.sync_until_done().await;
    assert_eq!((phone.state(refused), phone.state(follower)), ("rejected", "blocked"));
    assert_eq!(phone.state(good), "applied");
    let report = phone.report();
    let why = report.refused().next().and_then(|command| command.problem.clone()).expect("a reason");
    assert_eq!(why.kind, "urn:anfang:problem:site_unknown");
    assert!(phone.engine().deletable().is_empty(), "the photo of a refused report is all there is");
    phone.dies_and_starts();
    assert_eq!(phone.state(refused), "rejected", "it stays until a person deals with it");
    phone.driver().discard(refused, true).expect("a refused one may go");
    assert_eq!(phone.report().commands.len(), 1);
    assert!(phone.driver().tidy().expect("tidied") >= 10_000);
}

#[tokio::test]
async fn corrections_made_offline_follow_their_report() {
    let server = Server::start().await;
    let mut phone = Phone::sign_in(&server, "inspector1").await;
    phone.sync_until_done().await;
    let visit = phone.inspects(COUNTY, &site("101", "201", 2)).finds("误记");
    let (id, submit) = visit.with(|submit| submit.notes = Some("先记的备注".to_owned())).keep();
    let first = phone.amends(id, "补充情况", "补充后的备注");
    let again = phone.amends(id, "再补充", "又想起来的");
    let void = phone.voids(id, "点位记错");
    let offline = shown(&phone, id.0);
    assert_eq!(offline.notes.as_deref(), Some("先记的备注\n补充后的备注\n又想起来的"));
    assert_eq!(offline.stage, InspectionStage::Voided);
    phone.sync_until_done().await;
    for command in [submit, first, again, void] {
        assert_eq!(phone.state(command), "applied");
    }
    assert_eq!(phone.sees()[&id.0], 4, "four revisions");
    assert_eq!(
        as_recorded(shown(&phone, id.0)),
        as_recorded(offline),
        "the server made of it what the phone showed"
    );
}

/// Without what only the server can tell: when it heard of it, and how it judged.
fn as_recorded(inspection: Inspection) -> Inspection {
    let mut corrections = inspection.amendments;
    corrections.extend(inspection.voided.clone());
    corrections.iter_mut().for_each(|correction| correction.at = inspection.arrival.at);
    Inspection {
        verdict: Verdict::default(),
        flags: Vec::new(),
        received_at: inspection.arrival.at,
        skew_ms: 0,
        amendments: corrections,
        voided: None,
        ..inspection
    }
}

#[tokio::test]
async fn a_lost_answer_to_a_refresh_ends_no_sign_in() {
    let server = Server::start().await;
    let mut phone = Phone::sign_in(&server, "inspector1").await;
    for swallowed in [0, 1, 3] {
        phone.lets_its_token_grow_old();
        phone.inspects(COUNTY, &site("101", "201", 3)).keep();
        phone.bad_link(Weather { swallow_answers: swallowed, ..Weather::default() });
        phone.sync_until_done().await;
    }
    assert_eq!(count(&server).await, 3);
}

#[tokio::test]
async fn a_killed_server_has_kept_what_it_acknowledged() {
    let mut server = Server::start().await;
    let mut phone = Phone::sign_in(&server, "inspector1").await;
    let mut visit = phone.inspects(COUNTY, &site("101", "202", 4)).finds("灶台破损");
    for n in 0..4 {
        visit = visit.with_photo(&noise(70 + n, 900_000));
    }
    let (id, _) = visit.keep();
    for _ in 0..3 {
        phone.bad_link(Weather { bytes_per_second: Some(1_500_000), ..Weather::default() });
        phone.tries(Duration::from_millis(500)).await;
        let taken = phone.report().sent_bytes;
        server = server.kill_and_start();
        phone.finds(&server).await;
        phone.tries(Duration::from_millis(300)).await;
        assert!(phone.report().sent_bytes >= taken, "what was taken is not sent again");
    }
    phone.sync_until_done().await;
    assert!(shown(&phone, id.0).evidence.iter().all(|e| e.status == EvidenceStatus::Stored));
    assert_eq!(count(&server).await, 1);
}

/// What each phone sees is what its person may see, and another county's phones see nothing of it.
#[tokio::test]
async fn phones_see_their_own_county_and_township() {
    let server = Server::start().await;
    let mut one = Phone::sign_in(&server, "inspector1").await;
    let mut all = Phone::sign_in(&server, "supervisor").await;
    let mut elsewhere = Phone::sign_in(&server, "inspector2").await;
    let mut foreign = Phone::sign_in_at(&server, given::OTHER_COUNTY, "supervisor").await;
    let (id, _) = one.inspects(COUNTY, &site("101", "201", 5)).finds("卫生室未开门").keep();
    one.sync_until_done().await;
    for phone in [&mut all, &mut elsewhere, &mut foreign] {
        phone.sync_until_done().await;
    }
    assert_eq!(all.sees().get(&id.0), one.sees().get(&id.0));
    assert!(one.sees().contains_key(&id.0));
    assert!(!elsewhere.sees().contains_key(&id.0), "another township's");
    assert!(!foreign.sees().contains_key(&id.0), "another county's");
    let mine = COUNTY.site(&site("101", "201", 5)).0;
    assert!(one.sees().contains_key(&mine) && !elsewhere.sees().contains_key(&mine));
}

/// A link on which nothing moves is given up, not waited for.
#[tokio::test]
async fn a_silent_link_is_given_up_and_tried_again() {
    let server = Server::start().await;
    let mut phone = Phone::sign_in(&server, "inspector1").await;
    let (_, command) = phone.inspects(COUNTY, &site("101", "201", 6)).keep();
    phone.bad_link(Weather { silent: true, ..Weather::default() });
    let began = std::time::Instant::now();
    assert!(matches!(phone.tries(Duration::from_secs(6)).await, Ended::NotYet(_)));
    assert!(began.elapsed() < Duration::from_secs(20));
    assert_eq!(phone.state(command), "sending");
    phone.link.clear_up();
    phone.sync_until_done().await;
    assert_eq!(phone.state(command), "applied");
}
