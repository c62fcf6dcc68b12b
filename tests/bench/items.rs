//! A ledger of a million open items: lists, counts, accounts, and the clock's sweep over it.
//!
//! The rows are put there by SQL, with bodies as the server writes them; what reads them is the server, over HTTP.

use std::time::{Duration, Instant};

use anfang_protocol::{
    ids::{AccountId, RectificationId},
    lifecycle::places::desk_id,
};
use anyhow::{Context, bail};
use chrono::{TimeDelta, Utc};
use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    given::County,
    ground::{self, TOWNSHIPS, township, unit, villages},
    http::request,
    people::Person,
};
use anfang::db::Conn;

/// Items on the ledger, all of them open.
pub const ITEMS: u64 = 1_000_000;
/// Of them fall due at once.
pub const DUE: u64 = 1000;
const CHUNK: u64 = 20_000;

const ID: &str = "0193ffff-0000-7000-8000-000000000000";
const AREA: &str = "0193ffff-0000-7000-8000-0000000000a0";
const UNIT: &str = "0193ffff-0000-7000-8000-0000000000b0";
const FINDING: &str = "0193ffff-0000-7000-8000-0000000000c0";

/// The half that a unit sees, of an item that was handed over four days ago and should have been signed for by now.
fn body(by: AccountId) -> String {
    let day = |days: i64| Utc::now() + TimeDelta::days(days);
    let due = json!({ "on": day(30).date_naive(), "passes_at": day(30) });
    json!({
        "rectification_id": ID, "area_id": AREA, "source": "inspection", "severity": "serious",
        "text": "住院费用未实现“一站式”结算，本人先行垫付，三个月后仍未报销，村医和乡镇卫生院均未解释原因。",
        "findings": [{
            "finding_id": FINDING, "source": "inspection", "severity": "serious",
            "text": "住院费用未实现“一站式”结算，本人先行垫付 6,200 元，三个月后仍未报销。",
            "item": "medical.settlement",
        }],
        "listed": { "by": by, "at": day(-5) },
        "stage": { "name": "handed_over", "order": {
            "number": 1, "unit_id": UNIT, "person": { "name": "王建国" }, "requirement": "核实后按政策报销，向本人说明",
            "standard": "报销到账，回访本人满意", "given": { "by": by, "at": day(-4) }, "due": due, "sign_by": day(-3),
        }},
        "rounds": 0, "orders": [UNIT],
        "track": [{ "at": day(-4), "clock": "runs", "due": due }],
        "receipts": [{ "from": day(-4), "sign_by": day(-3) }],
    })
    .to_string()
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

async fn number(conn: &mut Conn, query: &str) -> anyhow::Result<i64> {
    Ok(diesel::sql_query(query).get_result::<Number>(conn).await.context("counting")?.number)
}

/// Puts the items there, over all villages, units and stages; one in twenty is overdue, none falls due for the clock.
pub async fn fill(conn: &mut Conn, county: County, by: AccountId) -> anyhow::Result<()> {
    let places: Vec<(Uuid, Uuid, Uuid)> = (0..TOWNSHIPS)
        .flat_map(|t| {
            villages(t).map(move |village| {
                let of = |code: &str| county.area(code).0;
                (of(&township(t)), of(&village), county.unit(&unit(&village)).0)
            })
        })
        .collect();
    let column = |of: fn(&(Uuid, Uuid, Uuid)) -> Uuid| places.iter().map(of).collect::<Vec<Uuid>>();
    let (townships, areas, units) = (column(|p| p.0), column(|p| p.1), column(|p| p.2));
    let body = body(by);
    for from in (0..ITEMS).step_by(usize::try_from(CHUNK)?) {
        let ids: Vec<Uuid> = (from..from + CHUNK).map(id).collect();
        let desks: Vec<Uuid> = ids.iter().map(|id| desk_id(RectificationId(*id))).collect();
        diesel::sql_query(
            "INSERT INTO rectifications (jurisdiction_id, rectification_id, desk_id, area_id, channel_area_id, stage, severity, \
                source, unit_id, seen_by, person, due_at, next_at, listed_at, rounds, rev, decided_rev, body, desk) \
             SELECT $1, id, desk_id, area, township, \
                (ARRAY['handed_over', 'acknowledged', 'in_progress', 'in_progress', 'in_progress', 'answered', 'returned', \
                       'suspended', 'reopened', 'handed_over'])[1 + k % 10], \
                CASE WHEN k % 12 = 0 THEN 'grave' WHEN k % 4 = 0 THEN 'serious' ELSE 'general' END, \
                CASE WHEN k % 11 = 0 THEN 'citizens' WHEN n % 1000 = 7 THEN 'media' ELSE 'inspection' END, unit, unit, \
                '王建国' || n % 160 || CASE WHEN k % 3 = 0 THEN '甲' ELSE '乙' END, \
                CASE WHEN k % 10 IN (5, 7) THEN NULL \
                     WHEN k % 20 = 3 THEN $2 - (n % 30 + 1) * interval '1 day' ELSE $2 + (n % 60 + 1) * interval '1 day' END, \
                $2 + (n % 50 + 2) * interval '1 day', $2 - (1000000 - n) * interval '20 seconds', 0, 2, 2, \
                replace(replace(replace(replace($3, $9, id::text), $10, area::text), $11, unit::text), $13, \
                        overlay(id::text PLACING '7001' FROM 15)), '{}' \
             FROM (SELECT i.n, i.n / 160 AS k, i.id, i.desk_id, ($4::uuid[])[p] AS township, ($5::uuid[])[p] AS area, ($6::uuid[])[p] AS unit \
                   FROM (SELECT $12 + o - 1 AS n, id, desk_id, 1 + (($12 + o) * 7919) % array_length($4::uuid[], 1) AS p \
                         FROM unnest($7::uuid[], $8::uuid[]) WITH ORDINALITY AS u (id, desk_id, o)) i) q",
        )
        .bind::<SqlUuid, _>(county.id().0)
        .bind::<Timestamptz, _>(Utc::now())
        .bind::<Text, _>(&body)
        .bind::<Array<SqlUuid>, _>(&townships)
        .bind::<Array<SqlUuid>, _>(&areas)
        .bind::<Array<SqlUuid>, _>(&units)
        .bind::<Array<SqlUuid>, _>(&ids)
        .bind::<Array<SqlUuid>, _>(&desks)
        .bind::<Text, _>(ID)
        .bind::<Text, _>(AREA)
        .bind::<Text, _>(UNIT)
        .bind::<BigInt, _>(from.cast_signed())
        .bind::<Text, _>(FINDING)
        .execute(conn)
        .await?;
    }
    conn.batch_execute(&format!(
        "INSERT INTO item_moves (jurisdiction_id, rectification_id, rev, unit_id, kind, at) \
         SELECT jurisdiction_id, rectification_id, 2, unit_id, 'new', listed_at FROM rectifications \
         WHERE jurisdiction_id = '{0}'; \
         INSERT INTO item_findings (jurisdiction_id, finding_id, rectification_id, body) \
         SELECT jurisdiction_id, (body::jsonb #>> '{{findings,0,finding_id}}')::uuid, rectification_id, \
            body::jsonb #>> '{{findings,0}}' \
         FROM rectifications WHERE jurisdiction_id = '{0}'",
        county.id()
    ))
    .await?;
    settle(conn).await
}

/// Waits until the server has added the tallies up; then Postgres tidies, as it does by itself in the course of a night.
async fn settle(conn: &mut Conn) -> anyhow::Result<()> {
    let until = Instant::now() + Duration::from_secs(120);
    while number(
        conn,
        "SELECT (SELECT count(*) FROM item_deltas) + (SELECT count(*) FROM move_deltas) AS number",
    )
    .await?
        > 0
    {
        if Instant::now() > until {
            bail!("nobody adds the tallies up");
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    for table in [
        "rectifications",
        "item_findings",
        "item_tallies",
        "item_deltas",
        "move_tallies",
        "move_deltas",
        "item_moves",
    ] {
        conn.batch_execute(&format!("VACUUM (ANALYZE) {table}")).await?;
    }
    Ok(())
}

fn id(n: u64) -> Uuid {
    Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0000 + u128::from(n))
}

/// What is asked of the ledger: in words, and the address.
pub fn questions(county: County) -> Vec<(&'static str, String)> {
    let village = county.area(&ground::villages(3).next().unwrap_or_default());
    let of = |query: &str| format!("/v1/rectifications?{query}");
    let by = |what: &str| format!("/v1/rectifications/counts?by={what}");
    let today = Utc::now().date_naive();
    vec![
        ("list: the newest", of("limit=50")),
        (
            "list: a page in the middle",
            of(&format!(
                "limit=50&after={}_{}",
                (Utc::now() - TimeDelta::days(115)).timestamp_micros(),
                id(1)
            )),
        ),
        ("list: returned", of("stage=returned")),
        ("list: grave", of("severity=grave")),
        ("list: of a rare source", of("source=media")),
        ("list: overdue", of("overdue=true")),
        (
            "list: due within a day",
            of(&format!("due_until={}", (Utc::now() + TimeDelta::days(1)).format("%Y-%m-%dT%H:%M:%SZ"))),
        ),
        ("list: of a township", of(&format!("area_id={}", county.area(&township(3))))),
        ("list: of a village, in progress", of(&format!("area_id={village}&stage=in_progress"))),
        (
            "list: of a unit",
            of(&format!("unit_id={}", county.unit(&unit(&ground::villages(5).next().unwrap_or_default())))),
        ),
        ("list: of a person", of("person=%E7%8E%8B%E5%BB%BA%E5%9B%BD17%E4%B9%99")),
        ("counts by stage", by("stage")),
        ("counts by township", by("township")),
        ("counts by village", by("area")),
        ("counts by unit", by("unit")),
        ("counts by person", by("person")),
        ("counts by severity", by("severity")),
        ("counts by stage, of a township", format!("{}&area_id={}", by("stage"), county.area(&township(3)))),
        (
            "accounts of all units, a week",
            format!("/v1/reconciliation?from={}&to={today}", today - TimeDelta::days(6)),
        ),
    ]
}

/// Asks once; the answer must have something in it.
pub async fn ask(person: &mut Person, path: &str) -> anyhow::Result<u64> {
    let head = request("GET", path, Some(&person.token), &[], 0);
    let answer = person.line.ask(&[head.as_bytes()]).await?;
    if answer.status != 200 || answer.body.len() < 60 {
        bail!("GET {path}: {}", answer.told());
    }
    Ok(1)
}

/// All items that the counts tell of; they must be the items that there are.
pub async fn counted(person: &mut Person) -> anyhow::Result<u64> {
    let head = request("GET", "/v1/rectifications/counts?by=stage", Some(&person.token), &[], 0);
    let told: Value = person.line.ask(&[head.as_bytes()]).await?.json()?;
    Ok(told["counts"].as_array().context("counts")?.iter().filter_map(|count| count["total"].as_u64()).sum())
}

/// How often a table with a row for each item was read from its first row to its last. Reading an empty one so is no fault.
pub async fn whole_reads(conn: &mut Conn) -> anyhow::Result<i64> {
    let query = format!(
        "SELECT coalesce(sum(seq_scan), 0)::bigint AS number FROM pg_stat_user_tables WHERE n_live_tup >= {ITEMS} / 2"
    );
    number(conn, &query).await
}

/// Lets items fall due, and waits until the server's clock has seen to all of them: seconds.
pub async fn fall_due(conn: &mut Conn, county: County) -> anyhow::Result<f64> {
    let due: Vec<Uuid> = (0..DUE).map(|n| id(n * 10)).collect();
    let started = Instant::now();
    diesel::sql_query(
        "UPDATE rectifications SET next_at = now() WHERE jurisdiction_id = $1 AND rectification_id = ANY($2)",
    )
    .bind::<SqlUuid, _>(county.id().0)
    .bind::<Array<SqlUuid>, _>(&due)
    .execute(conn)
    .await?;
    let left = format!(
        "SELECT count(*) AS number FROM rectifications WHERE jurisdiction_id = '{}' AND next_at <= now()",
        county.id()
    );
    while number(conn, &left).await? > 0 {
        if started.elapsed() > Duration::from_secs(120) {
            bail!("the clock does not see to what is due");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let seconds = started.elapsed().as_secs_f64();
    let done = format!(
        "SELECT count(*) AS number FROM commands WHERE jurisdiction_id = '{}' AND kind = 'rectification.remind' \
         AND status = 'applied'",
        county.id()
    );
    let done = number(conn, &done).await?;
    if done != DUE.cast_signed() {
        bail!("{done} reminders for {DUE} items that were due");
    }
    Ok(seconds)
}
