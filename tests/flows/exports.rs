//! Exports of the list: the same items in every format, with their number and the hash of the bytes; nothing of
//! anybody else's, and nothing that a spreadsheet would run.

use std::io::Cursor;

use base64::{Engine, prelude::BASE64_STANDARD};
use calamine::{Reader, Xlsx};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::harness::{
    County, Server, Speaker,
    chance::noise,
    given,
    ledger::{mention, query_text},
};

const HERE: County = County(given::COUNTY);

struct Export {
    bytes: Vec<u8>,
    count: usize,
    media_type: String,
}

async fn export(speaker: &Speaker, query: &str) -> Export {
    let answer = speaker.get(&format!("/v1/rectifications/export?{query}")).await;
    assert_eq!(answer.status(), 200, "{query}");
    let header = |name: &str| answer.headers()[name].to_str().expect("a text").to_owned();
    let (count, digest, media_type) =
        (header("x-anfang-count"), header("repr-digest"), header("content-type"));
    assert!(header("content-disposition").contains("rectifications-"));
    let bytes = answer.bytes().await.expect("a body").to_vec();
    let sha256 = Sha256::digest(&bytes);
    assert_eq!(digest, format!("sha-256=:{}:", BASE64_STANDARD.encode(sha256)), "{query}");
    Export { bytes, count: count.parse().expect("a number"), media_type }
}

fn rows(csv: &Export) -> Vec<csv::StringRecord> {
    let text = std::str::from_utf8(&csv.bytes).expect("UTF-8").strip_prefix('\u{feff}').expect("a mark");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(reader.headers().expect("a heading").get(8), Some("问题 problem"));
    reader.records().map(|row| row.expect("a row")).collect()
}

/// The problems in a workbook, opened as a spreadsheet does: in the order of the table, as text and nothing to run.
fn of_the_workbook(book: &Export) -> Vec<String> {
    let mut workbook: Xlsx<_> =
        calamine::open_workbook_from_rs(Cursor::new(&book.bytes)).expect("a workbook");
    let sheet = workbook.worksheet_range_at(0).expect("a sheet").expect("cells");
    let formulas = workbook.worksheet_formula(&workbook.sheet_names()[0]).expect("formulas");
    assert_eq!(formulas.used_cells().count(), 0);
    let mut rows = sheet.rows();
    assert_eq!(rows.next().expect("a heading")[8].to_string(), "问题 problem");
    rows.map(|row| row[8].to_string()).collect()
}

/// A table has a mark before what a spreadsheet would take for a formula; a workbook knows what is text.
fn unmarked(text: String) -> String {
    text.strip_prefix('\'').map(str::to_owned).unwrap_or(text)
}

/// More than one part of the reading, of two townships.
const ITEMS: usize = 1100;

async fn list_many(supervisor: &mut Speaker) {
    let of = |n: usize| {
        let text =
            if n == 0 { "=HYPERLINK(\"http://example.invalid\")".to_owned() } else { format!("问题{n}") };
        json!([{ "finding_id": Uuid::now_v7(), "source": "audit", "severity": "serious", "text": text,
            "site_id": HERE.site("H101201-1") }])
    };
    let mut commands = Vec::new();
    for n in 0..ITEMS {
        let area = if n.is_multiple_of(11) { "102201" } else { "101201" };
        let mut body =
            json!({ "rectification_id": Uuid::now_v7(), "area_id": HERE.area(area), "noted": of(n) });
        if area == "102201" {
            body["noted"][0].as_object_mut().expect("a finding").remove("site_id");
        }
        commands.push(supervisor.command("rectification.list", body));
    }
    for part in commands.chunks(200) {
        let outcomes = supervisor.push(part).await.outcomes;
        let refused = outcomes.iter().find(|outcome| outcome.problem.is_some());
        assert!(refused.is_none(), "{refused:?}");
    }
}

#[tokio::test]
async fn the_list_as_table_as_workbook_and_as_map() {
    let server = Server::start().await;
    let mut supervisor = Speaker::sign_in(&server, "supervisor").await;
    let of_one_township = Speaker::sign_in(&server, "supervisor1").await;
    let officer = Speaker::sign_in(&server, "officer").await;
    list_many(&mut supervisor).await;

    let all = export(&supervisor, "").await;
    assert_eq!((all.count, all.media_type.as_str()), (ITEMS, "text/csv; charset=utf-8"));
    let table = rows(&all);
    assert_eq!(table.len(), ITEMS);
    let texts: Vec<&str> = table.iter().map(|row| row.get(8).expect("a text")).collect();
    assert!(texts.iter().all(|text| !text.starts_with('=')), "nothing that a spreadsheet would run");
    assert!(texts.contains(&"'=HYPERLINK(\"http://example.invalid\")"));
    let ids: std::collections::BTreeSet<&str> = table.iter().filter_map(|row| row.get(0)).collect();
    assert_eq!(ids.len(), ITEMS, "each once");

    // As the list: by scope and by filter.
    assert_eq!(export(&of_one_township, "format=csv").await.count, 1000);
    assert_eq!(export(&supervisor, &format!("area_id={}", HERE.area("102"))).await.count, 100);
    assert_eq!(export(&supervisor, "sector=西部战区").await.count, 100);
    assert_eq!(export(&officer, "").await.count, 0);
    let refused = supervisor.get("/v1/rectifications/export?format=pdf").await;
    assert_eq!(refused.status(), 422);

    let map = export(&supervisor, "format=geojson").await;
    let read: Value = serde_json::from_slice(&map.bytes).expect("JSON");
    let features = read["features"].as_array().expect("features");
    assert_eq!((map.count, features.len()), (ITEMS, ITEMS));
    let placed = features.iter().filter(|feature| feature["geometry"]["type"] == "Point").count();
    assert_eq!(placed, 1000, "those of a site with a place");

    let book = export(&supervisor, "format=xlsx").await;
    assert_eq!(book.count, ITEMS);
    let texts: Vec<String> = of_the_workbook(&book);
    assert_eq!(
        texts,
        table.iter().map(|row| row.get(8).expect("a text").to_owned()).map(unmarked).collect::<Vec<_>>()
    );

    let noted = "SELECT string_agg(entry::jsonb ->> 'format' || ' ' || (entry::jsonb ->> 'count'), ', ' ORDER BY seq) AS text \
        FROM ledger WHERE kind = 'export.made'";
    let noted = query_text(&server, noted).await;
    assert_eq!(noted, "csv 1100, csv 1000, csv 100, csv 100, csv 0, geojson 1100, xlsx 1100");
    assert_eq!(
        std::fs::read_dir(server.data().join("exports")).expect("the folder").count(),
        0,
        "nothing stays"
    );
}

#[tokio::test]
async fn a_unit_exports_what_it_sees() {
    let server = Server::start().await;
    let mut supervisor = Speaker::sign_in(&server, "supervisor").await;
    let officer = Speaker::sign_in(&server, "officer").await;
    let id = Uuid::now_v7();
    let photo = noise(1, 1000);
    assert!(supervisor.upload(&photo, "image/jpeg").await.is_success());
    let noted = json!([{ "finding_id": Uuid::now_v7(), "source": "citizens", "severity": "general", "text": "路灯不亮",
        "evidence": [mention(&photo)] }]);
    supervisor.does("list", id, json!({ "area_id": HERE.area("101201"), "noted": noted })).await;
    let order = json!({ "unit_id": HERE.unit("U101"), "person": { "name": "王镇长" }, "requirement": "换灯",
        "due": { "working_days": 5 } });
    supervisor.does("hand_over", id, order).await;
    let table = export(&officer, "format=csv").await;
    let row = &rows(&table)[0];
    let cells: Vec<&str> = [0, 1, 3, 8, 9, 10, 11].iter().map(|n| row.get(*n).expect("a cell")).collect();
    let id = id.to_string();
    assert_eq!(cells, [&id, "handed_over", "citizens", "路灯不亮", "青石镇人民政府", "王镇长", "换灯"]);
}

async fn import(speaker: &Speaker, table: &str, dry_run: bool) -> Value {
    let path = format!("/v1/rectifications/import?dry_run={dry_run}");
    let request = speaker.request(reqwest::Method::POST, &path).header("content-type", "text/csv");
    let answer = request.body(table.to_owned()).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    answer.json().await.expect("JSON")
}

#[tokio::test]
async fn problems_from_elsewhere_are_listed_by_a_table_or_not_at_all() {
    let server = Server::start().await;
    let supervisor = Speaker::sign_in(&server, "supervisor1").await;
    let inspector = Speaker::sign_in(&server, "inspector1").await;
    let here = |village: &str| format!("{}{village}", given::COUNTY);
    let heading = "编号,区划代码,来源,严重程度,问题,点位编码\n";
    let good = format!(
        "{heading}审-1,{},审计,较重,专款挪用,\n民-2,{},群众举报,一般,\"水费\n过高\",H101201-3\n",
        here("101201"),
        here("101202")
    );
    let bad = format!(
        "{good}媒-3,{},媒体,一般,路不通,\n央-4,{},中央,重大,未整改,\n央-5,{},中央,一般,未整改,H999\n",
        here("102201"),
        here("101201"),
        here("101201")
    );
    // Everything that is wrong is told with its line; and then nothing is listed.
    for dry_run in [true, false] {
        let report = import(&supervisor, &bad, dry_run).await;
        let faults: Vec<(u64, &str)> = report["faults"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|fault| (fault["line"].as_u64().expect("a line"), fault["code"].as_str().expect("a code")))
            .collect();
        assert_eq!(faults, [(5, "command_forbidden"), (6, "word_unknown"), (7, "site_unknown")]);
        assert_eq!(report["listed"], 0);
    }
    let none = supervisor.get_json("/v1/rectifications").await;
    assert_eq!(none["rectifications"], json!([]));

    let counts =
        |report: &Value| ["rows", "listed", "unchanged"].map(|key| report[key].as_u64().expect("a number"));
    assert_eq!(counts(&import(&supervisor, &good, true).await), [2, 2, 0]);
    assert_eq!(supervisor.get_json("/v1/rectifications").await["rectifications"], json!([]), "a dry run");
    assert_eq!(counts(&import(&supervisor, &good, false).await), [2, 2, 0]);
    let listed = supervisor.get_json("/v1/rectifications").await["rectifications"].clone();
    let mut told: Vec<(&str, &str)> = listed
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| (item["source"].as_str().expect("a word"), item["text"].as_str().expect("a text")))
        .collect();
    told.sort_unstable();
    assert_eq!(told, [("audit", "专款挪用"), ("citizens", "水费\n过高")]);
    // Again: nothing new. Changed: that is no list's business any more.
    assert_eq!(counts(&import(&supervisor, &good, false).await), [2, 0, 2]);
    let changed = import(&supervisor, &good.replace("专款挪用", "专款闲置"), false).await;
    assert_eq!(changed["faults"][0]["code"], "item_exists", "{changed}");
    let refused = import(&inspector, &good.replace("审-1", "审-9"), false).await;
    assert_eq!(refused["faults"][0]["code"], "command_forbidden", "{refused}");
}
