//! The database begins another life: a standby is promoted, a dump is restored. Phones notice by the epoch, and end
//! with exactly what the server holds; what they hold and a restored database lost comes back.

use std::time::Duration;

use super::team::Team;
use crate::harness::figures::tell;
use crate::harness::{
    Server, books,
    chance::{Dice, seed},
    cluster::Cluster,
};

const QUIET: &[(&str, &str)] = &[("ANFANG_LOG", "off")];

async fn epoch(server: &Server) -> String {
    let epochs = books::names(server, "SELECT epoch::text AS name FROM heads").await;
    epochs.into_iter().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promoted_standby_goes_on_where_the_primary_died() {
    let mut dice = Dice::new(seed("promotion"));
    let primary = Cluster::with_the_county().await;
    let standby = tokio::task::block_in_place(|| primary.standby());
    let mut server = Server::on(primary.database(), QUIET);
    let mut team = Team::sets_out(&server, 3, &mut dice).await;
    team.more(9);
    tokio::time::sleep(Duration::from_millis(900)).await;
    let before = epoch(&server).await;
    // The standby hears no more; who is told "stored" from here on was told so by the primary alone.
    tokio::task::block_in_place(|| primary.falls_silent_to_its_standby());
    team.more(6);
    tokio::time::sleep(Duration::from_millis(600)).await;
    tokio::task::block_in_place(|| {
        primary.kill();
        standby.promote();
    });
    server = server.again(standby.database(), QUIET);
    // Before a phone speaks to it: they see another epoch, and bring again what was lost.
    team.has_lost_nothing(&server).await;
    team.leads_to(&server);
    team.more(6);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_ne!(epoch(&server).await, before, "another life has another epoch");
    let work = team.comes_home(&server).await;
    tell!("promotion: {} reports, {} photos; 0 lost, 0 doubled", work.reports, work.photos);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_restored_dump_has_lost_the_phones_bring_back() {
    let mut dice = Dice::new(seed("restore"));
    let first = Cluster::with_the_county().await;
    let mut server = Server::on(first.database(), QUIET);
    let team = Team::sets_out(&server, 3, &mut dice).await;
    team.more(6);
    tokio::time::sleep(Duration::from_millis(800)).await;
    let dump = tokio::task::block_in_place(|| first.dump());
    // Acknowledged after the dump: it is lost with the first cluster, and on the phones.
    team.more(9);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let before = books::count(&server, "SELECT count(*) FROM inspections").await;
    server.kill();
    let second = tokio::task::block_in_place(|| {
        first.kill();
        let second = Cluster::with_nothing();
        second.restore(&dump);
        second
    });
    server = server.again(second.database(), QUIET);
    let restored = books::count(&server, "SELECT count(*) FROM inspections").await;
    team.leads_to(&server);
    let work = team.comes_home(&server).await;
    tell!("restore: {before} reports before, {restored} in the dump, {} in the end", work.reports);
    assert!(restored < before, "the dump was older: {restored} of {before}");
}
