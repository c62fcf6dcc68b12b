//! Server and Postgres are killed at any moment, or Postgres is restarted again and again, under load.

use std::time::{Duration, Instant};

use anfang_protocol::sync::Status;

use super::team::Team;
use crate::harness::figures::tell;
use crate::harness::{
    County, Server, Speaker,
    books::count,
    chance::{Dice, number, seed},
    cluster::{Blow, Cluster},
    given,
    reports::{site, visit},
};

const QUIET: &[(&str, &str)] = &[("ANFANG_LOG", "off")];
/// How soon the server is back once Postgres is.
const BACK_WITHIN: Duration = Duration::from_secs(5);

/// Asks until the server says that it is ready.
async fn back(server: &Server) -> Duration {
    let began = Instant::now();
    loop {
        let ready = reqwest::get(format!("{}/readyz", server.base)).await;
        if ready.is_ok_and(|answer| answer.status().is_success()) {
            return began.elapsed();
        }
        assert!(began.elapsed() < Duration::from_secs(60), "the server does not come back");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_nothing_is_lost() {
    let crashes = number("ANFANG_CRASHES").unwrap_or(12);
    let seed = seed("crashes at random");
    let mut dice = Dice::new(seed);
    let began = Instant::now();
    let cluster = Cluster::with_the_county().await;
    let mut server = Server::on(cluster.database(), QUIET);
    let mut team = Team::sets_out(&server, 4, &mut dice).await;
    let (mut of_server, mut of_postgres, mut longest, mut panics) = (0, 0, Duration::ZERO, 0);
    for _ in 0..crashes {
        team.more(3);
        tokio::time::sleep(Duration::from_millis(20 + dice.below(450) as u64)).await;
        let blow = *dice.pick(&[Blow::Backend, Blow::Immediate, Blow::All]);
        let both = dice.percent(15);
        if both || dice.percent(50) {
            panics += server.panics();
            server.kill();
            of_server += 1;
            if both {
                cluster.kill();
                cluster.start();
                of_postgres += 1;
            }
            server = server.again(cluster.database(), QUIET);
            team.leads_to(&server);
        } else {
            tokio::task::block_in_place(|| cluster.strike(blow, &mut dice));
            of_postgres += 1;
            longest = longest.max(back(&server).await);
        }
        team.has_lost_nothing(&server).await;
    }
    assert!(longest < BACK_WITHIN, "{longest:?} after Postgres was back");
    panics += server.panics();
    let work = team.comes_home(&server).await;
    assert_eq!(panics + server.panics(), 0, "panics");
    tell!(
        "crashes at random: {of_server} of the server, {of_postgres} of Postgres, {} reports, {} photos; 0 lost, 0 \
         doubled; back at most {longest:?} after Postgres; {:.1} s",
        work.reports,
        work.photos,
        began.elapsed().as_secs_f64()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_restarts_under_load() {
    let restarts = number("ANFANG_RESTARTS").unwrap_or(3);
    let every = Duration::from_millis(number("ANFANG_RESTARTS").map_or(700, |_| 10_000));
    let mut dice = Dice::new(seed("restarts"));
    let cluster = Cluster::with_the_county().await;
    let server = Server::on(cluster.database(), QUIET);
    let mut team = Team::sets_out(&server, 3, &mut dice).await;
    let mut longest = Duration::ZERO;
    for n in 0..restarts {
        team.more(if every > Duration::from_secs(5) { 60 } else { 8 });
        tokio::time::sleep(every).await;
        let blow = [Blow::Restart, Blow::Immediate, Blow::All][(n % 3) as usize];
        tokio::task::block_in_place(|| cluster.strike(blow, &mut dice));
        longest = longest.max(back(&server).await);
        team.has_lost_nothing(&server).await;
    }
    assert!(longest < BACK_WITHIN, "{longest:?} after Postgres was back");
    let work = team.comes_home(&server).await;
    assert_eq!(server.panics(), 0, "panics");
    tell!("restarts: {restarts} of Postgres, {} reports; back at most {longest:?} after it", work.reports);
}

/// What is acknowledged is on the disk, not on its way there: all of Postgres dies at the very moment of the answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_the_answer_it_has_what_it_answered_for() {
    let deaths = number("ANFANG_CRASHES").map_or(4, |crashes| crashes.div_ceil(20));
    let cluster = Cluster::with_the_county().await;
    // As somebody may have set it who wanted to be fast.
    cluster.sql("postgres", "ALTER ROLE anfang SET synchronous_commit = off");
    let server = Server::on(cluster.database(), QUIET);
    let mut speaker = Speaker::sign_in(&server, "inspector1").await;
    for n in 1..=deaths {
        let report =
            serde_json::to_value(visit(County(given::COUNTY), &site("101", "201", 1))).expect("JSON");
        let outcome = speaker.gives("inspection.submit", report, None).await;
        assert_eq!(outcome.status, Status::Applied);
        tokio::task::block_in_place(|| {
            cluster.kill();
            cluster.start();
        });
        back(&server).await;
        let held = count(&server, "SELECT count(*) FROM inspections").await;
        assert_eq!(held, n.cast_signed(), "reports after {n} answers");
    }
    tell!("killed at the answer: {deaths} deaths of Postgres, {deaths} reports; 0 lost");
}
