//! A county that has come since Postgres last looked at its tables has no rows there, as far as the planner knows. What is
//! asked for by its ids is found by them all the same, and not by reading all of the county.

use anfang_protocol::sync::{Request, Status};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use crate::harness::{
    County, Server, Speaker, given,
    reports::{finding, site, visit},
};

const PULLS: i64 = 30;
const NEW: i64 = 5;

/// So many reports with three findings each.
async fn reports(by: &mut Speaker, county: County, many: i64) {
    for part in (0..many).collect::<Vec<_>>().chunks(50) {
        let mut commands = Vec::new();
        for _ in part {
            let mut submit = visit(county, &site("101", "201", 1));
            submit.findings = (0..3).map(|n| finding(&format!("问题{n}"))).collect();
            commands.push(by.command("inspection.submit", serde_json::to_value(submit).expect("JSON")));
        }
        let answer = by.push(&commands).await;
        assert!(answer.outcomes.iter().all(|outcome| outcome.status == Status::Applied));
    }
}

/// Rows of reports that were read so far, by whatever way.
async fn rows_read(server: &Server) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Read {
        #[diesel(sql_type = diesel::sql_types::Int8)]
        rows: i64,
    }
    let query = diesel::sql_query(
        "SELECT sum(idx_tup_fetch + seq_tup_read)::bigint AS rows FROM pg_stat_user_tables \
         WHERE relname IN ('inspections', 'findings')",
    );
    let read: Read = query.get_result(&mut server.database.conn().await).await.expect("statistics");
    read.rows
}

/// Postgres tells some seconds later what was read.
async fn settled(server: &Server, at_least: i64) -> i64 {
    let began = std::time::Instant::now();
    loop {
        let before = rows_read(server).await;
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        let now = rows_read(server).await;
        if now >= at_least && now == before {
            return now;
        }
        assert!(began.elapsed().as_secs() < 90, "{now} rows are read, not {at_least}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_county_is_not_read_whole() {
    let server = Server::start().await;
    let (old, new) = (County(given::COUNTY), County(given::OTHER_COUNTY));
    let conn = &mut server.database.conn().await;
    conn.batch_execute(
        "ALTER TABLE inspections SET (autovacuum_enabled = off); ALTER TABLE findings SET (autovacuum_enabled = off)",
    )
    .await
    .expect("nobody else looks");
    reports(&mut Speaker::sign_in_at(&server, old.0, "inspector1").await, old, 200).await;
    conn.batch_execute("ANALYZE").await.expect("statistics");
    let mut inspector = Speaker::sign_in_at(&server, new.0, "inspector1").await;
    reports(&mut inspector, new, 400).await;
    let reader = Speaker::sign_in_at(&server, new.0, "supervisor").await;
    let mut request = Request { limit_bytes: Some(1024 * 1024), ..Request::default() };
    loop {
        let answer = reader.sync(&request).await;
        request.cursor = answer.cursor;
        if !answer.more {
            break;
        }
    }
    reports(&mut inspector, new, NEW).await;
    let before = settled(&server, 0).await;
    for _ in 0..PULLS {
        assert_eq!(reader.sync(&request).await.changes.len(), NEW as usize);
    }
    // A report is a row, and each of its findings.
    let due = PULLS * NEW * 4;
    let read = settled(&server, before + due).await - before;
    assert!(read < due * 2, "{read} rows were read for {due}");
}
