//! `anfang import` as a clerk runs it: every bad row is listed, nothing half is written, twice is once.

use serde_json::{Value, json};

use crate::harness::figures::tell;
use crate::harness::{
    County, Server, Speaker,
    clerk::{Clerk, fault},
    given,
};

const HEADING: &str = "code,name_zh,kind,area_code,latitude,longitude,radius_m,members,state,population\r\n";

/// A file in which nearly every row is wrong in another way, with Windows line ends and an empty line.
fn bad_sites() -> String {
    let rows = [
        "S1,一号,household,990100101201,34.1,104.1,80,4,未脱贫,",
        "S2,二号,palace,990100101201,34.1,104.1,80,,,",
        "",
        "S3,,household,990100101299,34.1,104.1,80,,,",
        "S4,四号,household,990100101299,34.1,104.1,80,,,",
        "S5,五号,household,990100101201,104.1,34.1,80,,,",
        "S6,六号,household,990100101201,34.1,,80,,,",
        "S7,七号,household,990100101201,0,0,80,,,",
        "S8,八号,household,990100101201,34.1,104.1,0,many,,",
        "S1,一号,household,990100101201,34.1,104.1,80,,,",
        "S9,九号,household,990100101201,34.1,104.1,80,,,1200",
        "S10,十号,household,9.90100E+11,34.1,104.1,80,2.5,rich,",
        "S11,十一号,household",
        "S12,十二号,village,990100101201,34.1,104.1,80,,lifted,1200",
    ];
    format!("{HEADING}{}", rows.join("\r\n"))
}

#[tokio::test]
async fn a_dry_run_lists_every_bad_row_and_writes_nothing() {
    let clerk = Clerk::new().await;
    let before = (clerk.holdings().await, clerk.ledger_entries().await);
    for flags in [&["--dry-run"][..], &[]] {
        let told = clerk.import("sites", bad_sites().as_bytes(), flags);
        assert!(!told.ok, "a file with faults fails");
        let expected = [
            fault(3, "kind", "word_unknown"),
            fault(5, "name_zh", "cell_missing"),
            fault(6, "area_code", "area_unknown"),
            fault(7, "latitude", "number_out_of_range"),
            fault(8, "longitude", "position_incomplete"),
            fault(9, "latitude", "position_invalid"),
            fault(10, "members", "number_invalid"),
            fault(10, "radius_m", "number_out_of_range"),
            fault(11, "code", "code_twice"),
            fault(12, "population", "attribute_not_of_kind"),
            fault(13, "area_code", "code_shortened"),
            fault(13, "members", "number_invalid"),
            fault(13, "state", "word_unknown"),
            fault(14, "", "cells_count"),
        ];
        assert_eq!(told.faults(), expected, "{}", told.report);
        for fault in told.report["faults"].as_array().unwrap() {
            assert!(!fault["reason"].as_str().unwrap().is_empty());
            assert!(!fault["reason_zh"].as_str().unwrap().is_ascii());
        }
        assert_eq!(told.report["written"], json!(false));
        assert_eq!((clerk.holdings().await, clerk.ledger_entries().await), before, "with {flags:?}");
    }
}

#[tokio::test]
async fn a_good_file_is_written_whole_and_the_second_time_changes_nothing() {
    let clerk = Clerk::new().await;
    let entries = clerk.ledger_entries().await;
    let rows: String = (0..500)
        .map(|n| format!("N{n},新{n},household,990100102202,34.{n:03},104.2,80,{},已脱贫,\n", n % 7))
        .collect();
    let file = format!("{HEADING}{rows}");
    let dry = clerk.import("sites", file.as_bytes(), &["--dry-run"]);
    assert!(dry.ok && dry.tally() == (500, 0, 0), "{}", dry.report);
    assert_eq!(clerk.ledger_entries().await, entries, "a dry run leaves no trace");

    assert_eq!(clerk.import("sites", file.as_bytes(), &[]).tally(), (500, 0, 0));
    let after = clerk.holdings().await;
    assert_eq!(clerk.ledger_entries().await, entries + 1, "one entry");
    assert_eq!(clerk.import("sites", file.as_bytes(), &[]).tally(), (0, 0, 500));
    assert_eq!(clerk.holdings().await, after, "no revision, no feed row moved");
    assert_eq!(clerk.ledger_entries().await, entries + 2, "the import itself is told");

    let entry: Value = serde_json::from_str(
        &clerk
            .text("SELECT entry AS text FROM ledger WHERE kind = 'import.sites' ORDER BY seq DESC LIMIT 1")
            .await,
    )
    .expect("JSON");
    assert_eq!((&entry["added"], &entry["unchanged"], &entry["rows"]), (&json!(0), &json!(500), &json!(500)));
    assert_eq!(entry["sha256"].as_str().map(str::len), Some(64));

    let changed = file.replacen("新7,", "新七,", 1);
    assert_eq!(clerk.import("sites", changed.as_bytes(), &[]).tally(), (0, 1, 499));
    let rev = "SELECT rev::bigint AS count FROM sites WHERE code = 'N7' UNION ALL \
               SELECT f.rev FROM feed f JOIN sites s ON f.item_id = s.site_id WHERE s.code = 'N7'";
    assert_eq!(
        clerk.count(&format!("SELECT sum(count)::bigint AS count FROM ({rev}) r")).await,
        4,
        "2 and 2"
    );
    let verified = clerk.run(&["verify", "ledger", "--jurisdiction", given::COUNTY]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

#[tokio::test]
async fn one_bad_row_at_the_end_keeps_a_thousand_good_ones_out() {
    let clerk = Clerk::new().await;
    let before = clerk.holdings().await;
    let rows: String =
        (0..1000).map(|n| format!("N{n},新{n},household,990100102202,34.1,104.2,80,,,\n")).collect();
    let told = clerk.import(
        "sites",
        format!("{HEADING}{rows}X,坏,household,990100999999,34,104,80,,,\n").as_bytes(),
        &[],
    );
    assert_eq!(told.faults(), [fault(1002, "area_code", "area_unknown")]);
    assert_eq!(clerk.holdings().await, before);
}

#[tokio::test]
async fn columns_that_are_not_there_stay_and_empty_cells_clear() {
    let clerk = Clerk::new().await;
    let told = clerk.import("sites", "编码,纬度,经度\nH101201-0,34.55,104.55\n".as_bytes(), &[]);
    assert_eq!(told.tally(), (0, 1, 0), "{}", told.report);
    let row = "SELECT concat_ws('|', name_zh, latitude, longitude, radius_m, attributes->>'head') AS text \
               FROM sites WHERE code = 'H101201-0' AND jurisdiction_id = (SELECT jurisdiction_id FROM jurisdictions WHERE code = '990100')";
    assert_eq!(clerk.text(row).await, "张家0户|34.55|104.55|200|张0");
    let told = clerk.import("sites", "code,radius_m,head\nH101201-0,,\n".as_bytes(), &[]);
    assert_eq!(told.tally(), (0, 1, 0), "{}", told.report);
    assert_eq!(clerk.text(row).await, "张家0户|34.55|104.55");
}

#[tokio::test]
async fn a_site_that_moves_leaves_one_township_and_enters_the_other() {
    let server = Server::start().await;
    let (old, new) =
        (Speaker::sign_in(&server, "inspector1").await, Speaker::sign_in(&server, "inspector2").await);
    let site = County(given::COUNTY).site("H101201-0");
    let path = format!("/v1/sites/{site}");
    assert_eq!((old.get(&path).await.status().as_u16(), new.get(&path).await.status().as_u16()), (200, 404));

    let clerk = Clerk::at(server.database.clone());
    let told = clerk.import("sites", b"code,area_code\nH101201-0,990100102201\n", &[]);
    assert_eq!(told.tally(), (0, 1, 0));
    assert_eq!((old.get(&path).await.status().as_u16(), new.get(&path).await.status().as_u16()), (404, 200));
    let stands = format!(
        "SELECT string_agg(CASE WHEN channel LIKE '%' || area_id THEN code || ':' || present END, ' ' ORDER BY code) AS text \
         FROM feed f, areas a WHERE f.item_id = '{site}' AND a.jurisdiction_id = f.jurisdiction_id"
    );
    assert_eq!(clerk.text(&stands).await, "990100101000:false 990100102000:true", "an exit row stays behind");
}

#[tokio::test]
async fn the_sites_of_a_village_follow_it_to_another_township() {
    let server = Server::start().await;
    let (old, new) =
        (Speaker::sign_in(&server, "inspector1").await, Speaker::sign_in(&server, "inspector2").await);
    let count =
        async |who: &Speaker| who.get_json("/v1/sites?limit=1000").await["sites"].as_array().unwrap().len();
    assert_eq!((count(&old).await, count(&new).await), (20, 20));
    let clerk = Clerk::at(server.database.clone());
    let told = clerk.import("areas", b"code,parent_code\n990100101202,990100102000\n", &[]);
    assert_eq!(told.tally(), (0, 1, 0), "{}", told.report);
    assert_eq!((count(&old).await, count(&new).await), (10, 30));
    let exits = "SELECT count(*) FROM feed WHERE NOT present AND kind = 'site'";
    assert_eq!(clerk.count(exits).await, 10, "each left an exit row");
}

#[tokio::test]
async fn a_new_township_opens_to_those_who_hold_the_county() {
    let server = Server::start().await;
    let (county, township) =
        (Speaker::sign_in(&server, "inspector").await, Speaker::sign_in(&server, "inspector1").await);
    let clerk = Clerk::at(server.database.clone());
    let areas = "code,name_zh,level,parent_code\n990100104000,新桥镇,乡镇,990100000000\n990100104201,桥头村,村,990100104000\n";
    assert_eq!(clerk.import("areas", areas.as_bytes(), &[]).tally(), (2, 0, 0));
    let sites = "code,name_zh,kind,area_code\nB1,桥头村,村,990100104201\n";
    assert_eq!(clerk.import("sites", sites.as_bytes(), &[]).tally(), (1, 0, 0));
    let path = format!("/v1/sites/{}", County(given::COUNTY).site("B1"));
    assert_eq!(county.get(&path).await.status(), 200, "the memberships were derived anew");
    assert_eq!(township.get(&path).await.status(), 404);
}

#[tokio::test]
async fn a_spreadsheet_in_gbk_with_chinese_words_is_read() {
    let clerk = Clerk::new().await;
    let text = "点位编码,点位名称,点位类别,区划代码,纬度,经度,户主,家庭人口数,脱贫状态,住房等级\r\n\
                K1,赵家院,户,990100103201,34.3,104.3,赵满仓,3,边缘户,D级危房\r\n";
    let (bytes, _, lossy) = encoding_rs::GBK.encode(text);
    assert!(!lossy && std::str::from_utf8(&bytes).is_err(), "it is no UTF-8");
    let told = clerk.import("sites", &bytes, &[]);
    assert_eq!(told.tally(), (1, 0, 0), "{}", told.report);
    assert_eq!(told.report["encoding"], "gb18030");
    let row = "SELECT concat_ws('|', name_zh, kind, attributes->>'head', attributes->>'state', attributes->>'housing_grade') AS text FROM sites WHERE code = 'K1'";
    assert_eq!(clerk.text(row).await, "赵家院|household|赵满仓|marginal|d");
}

#[tokio::test]
async fn boundaries_come_by_geojson_and_leave_the_rest_alone() {
    let server = Server::start().await;
    let clerk = Clerk::at(server.database.clone());
    let ring = json!([[104.0, 34.0], [104.2, 34.0], [104.2, 34.2], [104.0, 34.0]]);
    let feature = |code: &str, kind: &str, coordinates: Value| {
        json!({ "type": "Feature", "properties": { "code": code, "adcode": 1 },
                "geometry": { "type": kind, "coordinates": coordinates } })
    };
    let open = json!([[[104.0, 34.0], [104.2, 34.0], [104.2, 34.2], [104.1, 34.1]]]);
    let bad = serde_json::to_string_pretty(&json!({ "type": "FeatureCollection", "features": [
        feature("990100101000", "Polygon", open), feature("990100102000", "Point", json!([104.0, 34.0])) ] }));
    let told = clerk.import("areas", bad.unwrap().as_bytes(), &[]);
    let codes: Vec<_> = told.faults().into_iter().map(|(_, _, code)| code).collect();
    assert_eq!(codes, ["boundary_invalid", "boundary_invalid"], "{}", told.report);

    let good = json!({ "type": "FeatureCollection", "features": [feature("990100101000", "Polygon", json!([ring]))] });
    let told = clerk.import("areas", good.to_string().as_bytes(), &[]);
    assert_eq!(told.tally(), (0, 1, 0), "{}", told.report);
    assert_eq!(told.report["ignored"], json!(["adcode"]));
    assert_eq!(clerk.import("areas", good.to_string().as_bytes(), &[]).tally(), (0, 0, 1));

    let reader = Speaker::sign_in(&server, "inspector2").await;
    let areas = reader.get_json("/v1/areas").await;
    let area = areas["areas"].as_array().unwrap().iter().find(|a| a["code"] == "990100101000").unwrap();
    assert_eq!((&area["has_boundary"], &area["name"]["zh"]), (&json!(true), &json!("青石镇")));
    let path = format!("/v1/areas/{}/boundary", area["area_id"].as_str().unwrap());
    assert_eq!(reader.get_json(&path).await, json!({ "type": "Polygon", "coordinates": [ring] }));
}

#[tokio::test]
async fn the_tree_of_areas_keeps_its_rules() {
    let clerk = Clerk::new().await;
    let before = clerk.holdings().await;
    let heading = "code,name_zh,level,parent_code\n";
    type Expected = &'static [(u64, &'static str, &'static str)];
    let cases: &[(&str, Expected)] = &[
        ("990100104000,甲镇,township,990100999000\n", &[(2, "parent_code", "parent_unknown")]),
        ("990100104000,甲镇,township,990100104000\n", &[(2, "parent_code", "parent_not_higher")]),
        ("990100104000,甲镇,township,990100101000\n", &[(2, "parent_code", "parent_not_higher")]),
        ("990100104000,甲镇,township,\n", &[(2, "parent_code", "root_second")]),
        (
            "990100101000,青石镇,village,990100000000\n",
            &[(2, "parent_code", "parent_not_higher"), (2, "parent_code", "parent_not_higher")],
        ),
        ("99010010400,甲镇,township,990100000000\n", &[(2, "code", "area_code_invalid")]),
        (
            "990100104000,甲镇,duchy,990100000000\n990100104201,乙村,village,990100104000\n",
            &[(2, "level", "word_unknown")],
        ),
        (
            "990100104201,乙村,village,990100104202\n990100104202,丙村,village,990100104201\n",
            &[(2, "parent_code", "parent_not_higher"), (3, "parent_code", "parent_not_higher")],
        ),
        ("990100104000,,township,990100000000\n", &[(2, "name_zh", "cell_missing")]),
    ];
    for (rows, expected) in cases {
        let told = clerk.import("areas", format!("{heading}{rows}").as_bytes(), &[]);
        let expected: Vec<_> =
            expected.iter().map(|(line, column, code)| fault(*line, column, code)).collect();
        assert_eq!(told.faults(), expected, "{rows}");
    }
    for (file, code) in [
        ("", "no_rows"),
        ("code\n", "no_rows"),
        ("code,colour\n990100101000,red\n", "column_unknown"),
        ("name_zh\n甲\n", "column_missing"),
        ("code,code\n1,1\n", "column_twice"),
        ("[1]", "json_invalid"),
        ("code,name_zh\n990100101000,青\u{0}石\n", "text_invalid"),
    ] {
        let told = clerk.import("areas", file.as_bytes(), &[]);
        assert!(told.faults().iter().any(|(_, _, found)| found == code), "{file:?}: {}", told.report);
    }
    assert_eq!(clerk.holdings().await, before);
}

#[tokio::test]
async fn thirty_thousand_sites_take_seconds() {
    let clerk = Clerk::new().await;
    let row = |n: usize| {
        let (latitude, longitude) = (34.0 + n as f64 * 1e-6, 104.0 + n as f64 * 2e-6);
        format!("N{n},新{n},household,990100102202,{latitude},{longitude},80,{},已脱贫,\n", n % 7)
    };
    let file = format!("{HEADING}{}", (0..30_000).map(row).collect::<String>());
    let mut seconds = Vec::new();
    for expected in [(30_000, 0, 0), (0, 0, 30_000)] {
        let started = std::time::Instant::now();
        assert_eq!(clerk.import("sites", file.as_bytes(), &[]).tally(), expected);
        seconds.push(started.elapsed().as_secs_f64());
    }
    tell!("30,000 sites: imported in {:.1} s, again in {:.1} s", seconds[0], seconds[1]);
    // On an idle machine with two cores it is under five; tests run beside each other.
    assert!(seconds.iter().all(|seconds| *seconds < 30.0), "{seconds:?}");
}

#[tokio::test]
async fn two_clerks_with_one_file_write_it_once() {
    let clerk = Clerk::new().await;
    let rows: String =
        (0..2000).map(|n| format!("N{n},新{n},household,990100102202,34.1,104.2,80,,,\n")).collect();
    let file = format!("{HEADING}{rows}");
    let tallies: Vec<_> = std::thread::scope(|scope| {
        let at_once: Vec<_> = (0..3)
            .map(|_| Clerk::at(clerk.database.clone()))
            .map(|clerk| (clerk, file.as_bytes()))
            .map(|(clerk, file)| scope.spawn(move || clerk.import("sites", file, &[]).tally()))
            .collect();
        at_once.into_iter().map(|thread| thread.join().expect("a clerk")).collect()
    });
    assert_eq!(tallies.iter().map(|tally| tally.0).sum::<u64>(), 2000, "{tallies:?}");
    assert_eq!(tallies.iter().map(|tally| tally.2).sum::<u64>(), 4000, "{tallies:?}");
}

#[tokio::test]
async fn an_unknown_jurisdiction_is_refused() {
    let clerk = Clerk::new().await;
    let told = clerk.run(&["import", "checklists", "--templates", "--jurisdiction", "123456"]);
    assert!(!told.status.success());
    assert!(String::from_utf8_lossy(&told.stderr).contains("123456"));
}
