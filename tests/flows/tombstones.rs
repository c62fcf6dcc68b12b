//! What left a channel is remembered for 90 days. A phone that was away for longer compares what it holds, and ends with
//! exactly what is its own; one that was not goes on as ever.

use anfang::{
    clock::Clock,
    import::{self, What, command},
};
use diesel_async::RunQueryDsl;

use crate::harness::{County, Server, given, phone::Phone, reports::site};

const COUNTY: County = County(given::COUNTY);
const HUNDRED_DAYS: &str = "8640000";

/// A household of the first township moves to the second.
async fn moves(server: &Server, code: &str) {
    let text = format!("code,area_code\n{code},{}102201\n", given::COUNTY);
    let source = import::read(What::Sites, "moved.csv", text.as_bytes());
    let conn = &mut server.database.conn().await;
    let now = Clock::default().now();
    let report =
        command::import(conn, COUNTY.id(), now, What::Sites, source, false).await.expect("importing");
    assert!(report.ok(), "{report}");
}

async fn tombstones(server: &Server) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::Int8)]
        count: i64,
    }
    let query = diesel::sql_query("SELECT count(*) AS count FROM feed WHERE NOT present");
    let count: Count = query.get_result(&mut server.database.conn().await).await.expect("a count");
    count.count
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_away_for_too_long_compares_and_ends_right() {
    let server = Server::start().await;
    let (mut away, mut near) =
        (Phone::sign_in(&server, "inspector1").await, Phone::sign_in(&server, "inspector1").await);
    away.sync_until_done().await;
    let code = site("101", "201", 5);
    let moved = COUNTY.site(&code).0;
    assert!(away.sees().contains_key(&moved));
    moves(&server, &code).await;
    near.inspects(COUNTY, &site("101", "201", 6)).keep();
    near.sync_until_done().await;
    assert!(!near.sees().contains_key(&moved));
    assert!(tombstones(&server).await > 0, "the move leaves one");

    let mut later = server.another_with(&[("ANFANG_CLOCK_AHEAD_SECONDS", HUNDRED_DAYS)]);
    let began = std::time::Instant::now();
    while tombstones(&server).await > 0 {
        assert!(began.elapsed().as_secs() < 60, "nothing is forgotten");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    later.kill();

    for phone in [&mut away, &mut near] {
        phone.inspects(COUNTY, &site("101", "201", 7)).keep();
        phone.sync_until_done().await;
    }
    near.inspects(COUNTY, &site("101", "201", 8)).keep();
    near.sync_until_done().await;
    away.push().await;
    away.sync_until_done().await;
    assert!(!away.sees().contains_key(&moved), "it has left");
    assert_eq!(away.sees(), near.sees());
    let compared = |phone: &Phone| phone.engine().feed().tally.epochs;
    assert_eq!((compared(&away), compared(&near)), (1, 0));
}
