//! The server dies at every named point of the push and upload paths, at the first pass and at later ones.

use crate::harness::figures::tell;
use std::time::{Duration, Instant};

use anfang::failpoint::POINTS;

use super::team::Team;
use crate::{
    fleet::proxy::Weather,
    harness::{
        Server,
        chance::{Dice, number, seed},
    },
};

/// Waits until the server is dead; false: it is not within the time.
async fn dies(server: &mut Server, within: Duration) -> bool {
    let until = Instant::now() + within;
    while Instant::now() < until {
        if !server.is_alive() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_point_it_has_kept_what_it_acknowledged() {
    let passes = number("ANFANG_CRASHES").map_or(1, |crashes| crashes.div_ceil(POINTS.len() as u64).max(3));
    let seed = seed("crashes at points");
    let mut dice = Dice::new(seed);
    let began = Instant::now();
    let mut server = Server::with(&[("ANFANG_LOG", "off")]).await;
    let mut team = Team::sets_out(&server, 3, &mut dice).await;
    // Cut parts are kept apart from whole files.
    team.net.set(Weather { cut: 30, ..Weather::default() });
    let (mut deaths, mut reached) = (0, 0);
    for pass in 1..=passes {
        for point in POINTS {
            // The first pass of all; then any of the next few.
            let skipped = if pass == 1 { dice.below(2) } else { dice.below(6) };
            // With a moment before: what was answered too early is heard, and then it is lost.
            let end = if pass == 1 || dice.percent(50) { "return(40)" } else { "return" };
            let armed = match skipped {
                0 => format!("{point}={end}"),
                _ => format!("{point}={skipped}*off->{end}"),
            };
            let database = server.database.clone();
            server = server.again(database, &[("FAILPOINTS", &armed), ("ANFANG_LOG", "off")]);
            team.leads_to(&server);
            team.more(2 + skipped as i64);
            // Reports that wait for one another go in one request: more of them, until enough came by.
            let mut died = false;
            for _ in 0..20 {
                died = dies(&mut server, Duration::from_secs(3)).await;
                if died {
                    break;
                }
                team.more(3);
            }
            assert!(died, "{armed}: nobody came by");
            reached += usize::from(skipped == 0);
            deaths += 1;
            team.has_lost_nothing(&server).await;
        }
    }
    let database = server.database.clone();
    let server = server.again(database, &[("ANFANG_LOG", "off")]);
    team.leads_to(&server);
    team.net.set(Weather::default());
    let work = team.comes_home(&server).await;
    tell!(
        "crashes at points: {deaths} deaths at {} points ({reached} at the first pass), {} reports, {} photos; 0 lost, \
         0 doubled, 0 rows without a file, 0 orphans; {:.1} s",
        POINTS.len(),
        work.reports,
        work.photos,
        began.elapsed().as_secs_f64()
    );
}
