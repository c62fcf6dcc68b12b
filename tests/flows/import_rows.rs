//! A dry run as a clerk reads it: what each row would do, and what is wrong with it; and that the import then does that.

use serde_json::{Value, json};

use crate::harness::{
    Server, Speaker,
    chance::{Dice, seed},
    clerk::{Clerk, Told},
    given,
};

const KINDS: [&str; 4] = ["faulty", "changed", "new", "unchanged"];

fn rows(report: &Value) -> &Vec<Value> {
    report["trial"]["rows"].as_array().unwrap_or_else(|| panic!("rows in {report}"))
}

fn count(report: &Value, is: &str) -> u64 {
    report["trial"][is].as_u64().unwrap_or_else(|| panic!("{is} in {report}"))
}

/// (line, code, what it is), as they are told.
fn heads(report: &Value) -> Vec<(u64, &str, &str)> {
    let told = rows(report).iter().map(|row| (row["line"].as_u64().unwrap_or(0), &row["code"], &row["is"]));
    told.map(|(line, code, is)| (line, code.as_str().expect("a code"), is.as_str().expect("a word")))
        .collect()
}

/// What a row changes, as `column: from > to`.
fn changes(report: &Value, code: &str) -> Vec<String> {
    let row = rows(report).iter().find(|row| row["code"] == code);
    let row = row.unwrap_or_else(|| panic!("{code} in {report}"));
    let told = row["changes"].as_array().cloned().unwrap_or_default();
    let from = |change: &Value| change["from"].as_str().map(|from| format!("{from} > ")).unwrap_or_default();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    told.iter().map(|one| format!("{}: {}{}", text(&one["column"]), from(one), text(&one["to"]))).collect()
}

fn fault_codes(row: &Value) -> Vec<&str> {
    let faults = row["faults"].as_array().map(Vec::as_slice).unwrap_or_default();
    faults.iter().map(|fault| fault["code"].as_str().expect("a code")).collect()
}

#[tokio::test]
async fn new_changed_unchanged_and_faulty_rows_are_told_beside_each_other() {
    let clerk = Clerk::new().await;
    let there = "编码,点位名称,类别,区划代码,纬度,经度,半径,户主,家庭人口,状态\n\
        A1,一号,户,990100101201,34.10,104.20,80,张三,4,未脱贫\nA2,二号,户,990100101201,,,,李四,,\n";
    assert_eq!(clerk.import("sites", there.as_bytes(), &[]).tally(), (2, 0, 0));
    let file = "编码,点位名称,类别,区划代码,纬度,经度,半径,户主,家庭人口,状态\n\
        A2,二号,农户,990100101201,,,,李四,,\n\
        A3,三号,学校,990100102201,34.5,104.50,,,,\n\
        A1,一号院,户,990100101201,34.1,104.2,,张三,5.0,已脱贫\n\
        A4,四号,户,990100101201,34.1,,,,,\n\
        A5,五号,户,990100999999,34.1,104.1,,,,\n\
        A3,三号,学校,990100102201,34.5,104.50,,,,\n\
        A6,六号,学校\n";
    let told = clerk.import("sites", file.as_bytes(), &["--dry-run"]).report;
    let expected = [
        (5, "A4", "faulty"),
        (6, "A5", "faulty"),
        (7, "A3", "faulty"),
        (8, "A6", "faulty"),
        (4, "A1", "changed"),
        (3, "A3", "new"),
        (2, "A2", "unchanged"),
    ];
    assert_eq!(heads(&told), expected, "{told}");
    assert_eq!(KINDS.map(|is| count(&told, is)), [4, 1, 1, 1]);
    assert_eq!(
        changes(&told, "A1"),
        ["name_zh: 一号 > 一号院", "radius_m: 80 > ", "state: not_lifted > lifted", "members: 4 > 5"]
    );
    let faults: Vec<_> = rows(&told)[..4].iter().flat_map(fault_codes).collect();
    assert_eq!(faults, ["position_incomplete", "area_unknown", "code_twice", "cells_count"]);
    let new = &rows(&told)[5];
    assert_eq!((&new["name"]["zh"], new["changes"][0].get("from")), (&json!("三号"), None));
    let columns: Vec<_> =
        new["changes"].as_array().expect("changes").iter().map(|one| &one["column"]).collect();
    assert_eq!(columns, ["name_zh", "kind", "area_code", "latitude", "longitude"]);
    assert_eq!(told["added"], Value::Null, "with faults the report itself counts nothing, as ever");
    assert_eq!(told["faults"].as_array().expect("a list").len(), 4, "all of them stand in the one list, too");
    assert!(clerk.import("sites", file.as_bytes(), &[]).report.get("trial").is_none(), "it is no dry run");

    // One of another kind loses what only the old kind has; names of units and their areas.
    let told = clerk.import("sites", "编码,类别\nA1,学校\n".as_bytes(), &["--dry-run"]).report;
    let lost = ["kind: household > school", "state: not_lifted > ", "head: 张三 > ", "members: 4 > "];
    assert_eq!(changes(&told, "A1"), lost);
    let units = "code,name_zh,name_en,kind,area_code\nU101,,,,\nU900,某局,Some bureau,部门,990100101000\n";
    let told = clerk.import("units", units.as_bytes(), &["--dry-run"]).report;
    assert_eq!(heads(&told), [(2, "U101", "faulty"), (3, "U900", "new")], "{told}");
    assert_eq!(rows(&told)[1]["name"], json!({ "zh": "某局", "en": "Some bureau" }));
    let told = clerk.import("units", "code,area_code\nU101,990100102000\n".as_bytes(), &["--dry-run"]).report;
    assert_eq!(changes(&told, "U101"), ["area_code: 990100101000 > 990100102000"]);
}

/// GeoJSON on a single line, as programs write it.
fn features(all: &[(&str, Value, Value)]) -> String {
    let feature = |(code, more, geometry): &(&str, Value, Value)| {
        let mut properties = more.clone();
        properties["code"] = json!(code);
        json!({ "type": "Feature", "properties": properties, "geometry": geometry })
    };
    json!({ "type": "FeatureCollection", "features": all.iter().map(feature).collect::<Vec<_>>() })
        .to_string()
}

#[tokio::test]
async fn boundaries_are_told_by_their_corners_and_what_follows_a_village_is_told_with_it() {
    let clerk = Clerk::new().await;
    let ring = |east: f64| json!([[[104.0, 34.0], [104.2, 34.0], [east, 34.2], [104.0, 34.0]]]);
    let shape = |east: f64| json!({ "type": "Polygon", "coordinates": ring(east) });
    let open = json!({ "type": "Polygon", "coordinates": [[[104.0, 34.0], [104.2, 34.0], [104.2, 34.2]]] });
    let none = json!({});
    let first = features(&[
        ("990100101000", none.clone(), shape(104.2)),
        ("990100102000", none.clone(), shape(104.2)),
    ]);
    let told = clerk.import("areas", first.as_bytes(), &["--dry-run"]).report;
    assert_eq!(changes(&told, "990100101000"), ["boundary:  > 4"]);
    assert_eq!(clerk.import("areas", first.as_bytes(), &[]).tally(), (0, 2, 0));
    let second = features(&[
        ("990100101000", json!({ "name_zh": "青石镇", "height": 5 }), shape(104.2)),
        ("990100102000", none.clone(), shape(104.3)),
        ("990100103000", json!({ "name": "红岩乡" }), open),
        ("990100104000", json!({ "name": "新桥镇", "级别": "镇", "上级代码": "990100000000" }), json!(null)),
    ]);
    let told = clerk.import("areas", second.as_bytes(), &["--dry-run"]).report;
    // All begin on the one line there is, and yet each has its own faults.
    let expected = [
        (1, "990100103000", "faulty"),
        (1, "990100102000", "changed"),
        (1, "990100104000", "new"),
        (1, "990100101000", "unchanged"),
    ];
    assert_eq!(heads(&told), expected, "{told}");
    assert_eq!(fault_codes(&rows(&told)[0]), ["boundary_invalid"]);
    assert_eq!(changes(&told, "990100102000"), ["boundary: 4 > 4"], "another shape of as many corners");

    let group = "code,name_zh,level,parent_code\n990100101501,一组,组,990100101201\n";
    assert_eq!(clerk.import("areas", group.as_bytes(), &[]).tally(), (1, 0, 0));
    let moves = b"code,parent_code\n990100101201,990100102000\n";
    let told = clerk.import("areas", moves, &["--dry-run"]);
    assert_eq!(told.tally(), (0, 2, 0));
    assert_eq!(heads(&told.report), [(2, "990100101201", "changed"), (0, "990100101501", "changed")]);
    let township = "township_code: 990100101000 > 990100102000";
    assert_eq!(changes(&told.report, "990100101201"), ["parent_code: 990100101000 > 990100102000", township]);
    assert_eq!(changes(&told.report, "990100101501"), [township]);
    let wrong = "code,parent_code\n990100101201,990100102000\n990100101000,990100999000\n";
    let told = clerk.import("areas", wrong.as_bytes(), &["--dry-run"]).report;
    assert_eq!(heads(&told), [(3, "990100101000", "faulty"), (2, "990100101201", "changed")], "{told}");
}

fn checklist(code: &str, title: &str, items: &[(&str, &str)]) -> Value {
    let item = |(code, title): &(&str, &str)| {
        json!({ "code": code, "title": { "zh": title, "en": "Item" }, "answer": { "type": "pass_fail" },
            "default_severity": "general", "rectify_within_days": 10 })
    };
    json!({ "code": code, "title": { "zh": title, "en": "List" }, "items": items.iter().map(item).collect::<Vec<_>>() })
}

#[tokio::test]
async fn a_checklist_is_told_by_its_version_and_its_items() {
    let clerk = Clerk::new().await;
    let first = json!([
        checklist("kitchens", "厨房", &[("a", "灶"), ("b", "水"), ("c", "电"), ("d", "门")]),
        checklist("wells", "水井", &[("a", "水")]),
    ]);
    let told = clerk.import("checklists", first.to_string().as_bytes(), &["--dry-run"]).report;
    assert_eq!(changes(&told, "kitchens"), ["version: 1", "items: 4"]);
    clerk.import("checklists", first.to_string().as_bytes(), &[]);
    let mut bad = checklist("roofs", "屋顶", &[("a", "瓦"), ("b", "梁")]);
    bad["items"][1]["vetto"] = json!(true);
    let second = json!([
        checklist("wells", "水井", &[("a", "水")]),
        checklist("kitchens", "厨房与灶", &[("d", "门"), ("a", "灶台"), ("b", "水"), ("e", "窗")]),
        bad,
    ]);
    let text = serde_json::to_string_pretty(&second).expect("JSON");
    let told = clerk.import("checklists", text.as_bytes(), &["--dry-run"]).report;
    let told_heads: Vec<_> = heads(&told).into_iter().map(|(_, code, is)| (code, is)).collect();
    assert_eq!(told_heads, [("roofs", "faulty"), ("kitchens", "changed"), ("wells", "unchanged")], "{told}");
    assert_eq!(
        changes(&told, "kitchens"),
        [
            "version: 1 > 2",
            "title: 厨房 / List > 厨房与灶 / List",
            "added: e",
            "changed: a",
            "removed: c",
            "moved: d"
        ]
    );
    // The fault has the line of its item, and stands at the checklist that has it.
    let faulty = &rows(&told)[0];
    assert_eq!(faulty["name"]["zh"], "屋顶");
    assert!(faulty["faults"][0]["line"].as_u64() > faulty["line"].as_u64(), "{faulty}");
    // Which of two is the newest, only their numbers could tell.
    let twice = json!([second[1], second[0], checklist("wells", "水井", &[("a", "水"), ("b", "绳")])]);
    let told = clerk.import("checklists", twice.to_string().as_bytes(), &["--dry-run"]).report;
    assert_eq!(
        (count(&told, "faulty"), &rows(&told)[0]["faults"][0]["code"]),
        (1, &json!("code_twice")),
        "{told}"
    );
}

#[tokio::test]
async fn terms_are_told_by_what_goes_and_what_comes() {
    let clerk = Clerk::new().await;
    let off =
        |from: &str, to: &str, zh: &str| json!({ "from": from, "to": to, "name": { "zh": zh, "en": "Day" } });
    let year = |year: i32, off: Vec<Value>| json!({ "calendar": "cn", "year": year, "published": true, "source": { "zh": "通知" }, "off": off, "working": [] });
    let import = |what: &str, file: &Value, flags: &[&str]| {
        clerk.import(what, file.to_string().as_bytes(), flags).report
    };
    let first = json!([year(2031, vec![off("2031-01-01", "2031-01-01", "元旦")])]);
    assert_eq!(
        changes(&import("calendar", &first, &["--dry-run"]), "cn 2031"),
        [
            "calendar: cn",
            "off: from 2031-01-01, name 元旦 / Day, to 2031-01-01",
            "published: true",
            "source: 通知",
            "year: 2031"
        ]
    );
    import("calendar", &first, &[]);
    let second = json!([
        year(2031, vec![off("2031-01-01", "2031-01-02", "元旦")]),
        year(2032, vec![]),
        year(2033, vec![off("2032-01-01", "2032-01-01", "元旦")]),
    ]);
    let told = import("calendar", &second, &["--dry-run"]);
    let told_heads: Vec<_> = heads(&told).into_iter().map(|(_, code, is)| (code, is)).collect();
    assert_eq!(told_heads, [("cn 2033", "faulty"), ("cn 2031", "changed"), ("cn 2032", "new")], "{told}");
    assert_eq!(fault_codes(&rows(&told)[0]), ["term_invalid"]);
    let days = |to: &str| format!("from 2031-01-01, name 元旦 / Day, to {to}");
    assert_eq!(changes(&told, "cn 2031"), [format!("off: {} > {}", days("2031-01-01"), days("2031-01-02"))]);

    let mut rules: Value =
        serde_json::from_str(include_str!("../../protocol/rules/deadlines.json")).expect("JSON");
    import("deadlines", &rules, &[]);
    assert_eq!(heads(&import("deadlines", &rules, &["--dry-run"])), [(1, "v1", "unchanged")]);
    rules["version"] = json!(2);
    rules["look_back"]["days"]["grave"] = json!(45);
    rules["reminders"][1] = json!({ "colour": "blue", "working_days_before": 2 });
    assert_eq!(
        changes(&import("deadlines", &rules, &["--dry-run"]), "v2"),
        [
            "look_back.days.grave: 30 > 45",
            "reminders: colour blue, working_days_before 1 > colour blue, working_days_before 2",
            "version: 1 > 2"
        ]
    );
    // In another order only.
    rules["reminders"][1] = json!({ "colour": "blue", "working_days_before": 1 });
    rules["reminders"].as_array_mut().expect("a list").swap(0, 2);
    let whole = &changes(&import("deadlines", &rules, &["--dry-run"]), "v2")[1];
    assert!(whole.starts_with("reminders: ") && whole.contains(" > "), "{whole}");
    let tiers: Value = serde_json::from_str(include_str!("../../protocol/rules/tiers.json")).expect("JSON");
    assert_eq!(heads(&import("tiers", &tiers, &["--dry-run"])), [(1, "2026", "new")]);
}

#[tokio::test]
async fn problems_from_elsewhere_are_told_row_by_row() {
    let server = Server::start().await;
    let supervisor = Speaker::sign_in(&server, "supervisor1").await;
    let import = async |table: &str, dry_run: bool| -> Value {
        let path = format!("/v1/rectifications/import?dry_run={dry_run}");
        let answer = supervisor.request(reqwest::Method::POST, &path).body(table.to_owned()).send().await;
        answer.expect("an answer").json().await.expect("JSON")
    };
    let heading = "编号,区划代码,来源,严重程度,问题,点位编码\n";
    let first = format!("{heading}审-1,990100101201,审计,较重,专款挪用,\n");
    let written = import(&first, false).await;
    assert_eq!((&written["listed"], written.get("trial")), (&json!(1), None));
    let long = "很长".repeat(400);
    let file = format!(
        "{first}民-2,990100101202,群众举报,一般,{long},H101201-3\n央-3,990100101201,中央,重大,未整改,\n\
         央-4,990100101201,中央,一般,未整改,H999\n媒-5,990100102201,媒体,一般,路不通,\n"
    );
    let told = import(&file, true).await;
    let expected = [
        (4, "央-3", "faulty"),
        (5, "央-4", "faulty"),
        (6, "媒-5", "faulty"),
        (3, "民-2", "new"),
        (2, "审-1", "unchanged"),
    ];
    assert_eq!(heads(&told), expected, "{told}");
    let faults: Vec<_> = rows(&told)[..3].iter().flat_map(fault_codes).collect();
    assert_eq!(faults, ["word_unknown", "site_unknown", "command_forbidden"]);
    let mut changes = changes(&told, "民-2");
    let text = changes.remove(3);
    assert_eq!(
        changes,
        ["area_code: 990100101202", "source: citizens", "severity: general", "site_code: H101201-3"]
    );
    assert!(text.chars().count() < 260 && text.ends_with("很长…"), "cut: {text}");
    assert_eq!(rows(&told)[4]["name"], json!({ "zh": "专款挪用" }));
    // Without the faulty ones it does what it told.
    let good: String = file.lines().take(3).map(|line| format!("{line}\n")).collect();
    let (dry, done) = (import(&good, true).await, import(&good, false).await);
    assert_eq!([count(&dry, "new"), count(&dry, "unchanged")], [1, 1]);
    assert_eq!((&done["listed"], &done["unchanged"]), (&json!(1), &json!(1)));
    assert_eq!(count(&import(&good, true).await, "unchanged"), 2);
}

#[tokio::test]
async fn of_a_long_file_the_first_rows_are_told_and_how_many_there_are() {
    let clerk = Clerk::new().await;
    let heading = "code,name_zh,kind,area_code\n";
    let row = |n: usize| format!("N{n},新{n},household,990100102202\n");
    let file = format!("{heading}{}X,坏,household,990100999999\n", (0..1500).map(row).collect::<String>());
    let told = clerk.import("sites", file.as_bytes(), &["--dry-run"]).report;
    assert_eq!(rows(&told).len(), 1000);
    assert_eq!((count(&told, "faulty"), count(&told, "new")), (1, 1500));
    assert_eq!(heads(&told)[..3], [(1502, "X", "faulty"), (2, "N0", "new"), (3, "N1", "new")]);
}

/// What a dry run tells is what the import does, and after it everything is as the file has it.
fn keeps_its_word(clerk: &Clerk, what: &str, file: &str) {
    let dry = clerk.import(what, file.as_bytes(), &["--dry-run"]);
    let told = rows(&dry.report);
    for is in KINDS {
        let of_kind = told.iter().filter(|row| row["is"] == is).count();
        assert_eq!(of_kind as u64, count(&dry.report, is), "{is} in {file}\n{}", dry.report);
    }
    let whole = |row: &&Value| row["is"] == "changed" && changes_of(row).is_empty();
    assert_eq!(told.iter().find(whole), None, "a change is told: {file}");
    let done = clerk.import(what, file.as_bytes(), &[]);
    assert_eq!(done.report["faults"], dry.report["faults"], "{file}");
    assert_eq!(done.ok, count(&dry.report, "faulty") == 0, "{file}\n{}", dry.report);
    if done.ok {
        let counts = ["new", "changed", "unchanged"].map(|is| count(&dry.report, is));
        assert_eq!(done.tally(), counts.into(), "{file}");
        assert_eq!(dry.tally(), done.tally());
        let again = clerk.import(what, file.as_bytes(), &["--dry-run"]);
        let of_file = told.iter().filter(|row| row["line"].is_u64()).count() as u64;
        assert_eq!(again.tally(), (0, 0, of_file), "{file}");
        assert!(heads(&again.report).iter().all(|(_, _, is)| *is == "unchanged"), "{file}");
        assert!(rows(&again.report).iter().all(|row| changes_of(row).is_empty()), "{file}");
    } else {
        fit_rows_are_known(clerk, what, file, &dry);
    }
}

fn changes_of(row: &Value) -> &[Value] {
    row["changes"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Of things that hang on nothing else in the file: without the faulty rows the others are told just the same.
fn fit_rows_are_known(clerk: &Clerk, what: &str, file: &str, dry: &Told) {
    if !matches!(what, "sites" | "units") {
        return;
    }
    let faulty: Vec<u64> =
        heads(&dry.report).iter().filter(|(_, _, is)| *is == "faulty").map(|(line, ..)| *line).collect();
    let lines = file.lines().enumerate().filter(|(n, _)| !faulty.contains(&(*n as u64 + 1)));
    let mended: String = lines.map(|(_, line)| format!("{line}\n")).collect();
    if mended.lines().count() < 2 {
        return;
    }
    let clean = clerk.import(what, mended.as_bytes(), &["--dry-run"]);
    let plain = |report: &Value| -> Vec<Value> {
        let fit = rows(report).iter().filter(|row| row["is"] != "faulty");
        fit.map(|row| json!([row["code"], row["is"], row["name"], row["changes"]])).collect()
    };
    assert_eq!(plain(&clean.report), plain(&dry.report), "{file}");
}

const VILLAGES: [&str; 5] = ["990100101201", "990100101202", "990100102201", "990100102202", "990100999999"];

fn table(
    dice: &mut Dice,
    heading: &str,
    codes: &[&str],
    row: impl Fn(&mut Dice, &str) -> Vec<String>,
) -> String {
    let mut codes = codes.to_vec();
    dice.shuffle(&mut codes);
    let many = 1 + dice.below(codes.len());
    let rows = codes[..many].iter().map(|code| row(dice, code).join(","));
    format!("{heading}\n{}\n", rows.collect::<Vec<_>>().join("\n"))
}

/// An area that there is; now and then one that there is not.
fn village(dice: &mut Dice) -> String {
    let known = if dice.percent(4) { 5 } else { 4 };
    VILLAGES[dice.below(known)].to_owned()
}

fn sites(dice: &mut Dice) -> String {
    let heading =
        "code,name_zh,name_en,kind,area_code,latitude,longitude,radius_m,head,members,state,department";
    let codes = ["D1", "D2", "D3", "D4", "D5", "D6", "H101201-0", "H101201-1", "H101202-2"];
    table(dice, heading, &codes, |dice, code| {
        let place = *dice.pick(&[("", ""), ("34.10", "104.2"), ("34.1", "104.25"), ("-0.5", "1e2")]);
        let kind = *dice.pick(&["户", "household", "school"]);
        let home = if kind == "school" {
            ["", "", "", ["", "edu", "教育局"][dice.below(3)]]
        } else {
            [
                *dice.pick(&["", "张三", "李四"]),
                *dice.pick(&["", "4", "4.0", "5"]),
                *dice.pick(&["", "已脱贫", "lifted"]),
                "",
            ]
        };
        let radius = if dice.percent(4) { "-1" } else { dice.pick(&["", "80", "80.5"]) };
        let names = [*dice.pick(&["甲", "乙"]), *dice.pick(&["", "House"])];
        let area = village(dice);
        let start = [code, names[0], names[1], kind, &area, place.0, place.1, radius];
        start.iter().chain(&home).map(|cell| (*cell).to_owned()).collect()
    })
}

fn units(dice: &mut Dice) -> String {
    let codes = ["U101", "U102", "U901", "U902", "U903", "U904"];
    table(dice, "code,name_zh,name_en,kind,area_code", &codes, |dice, code| {
        let kind = if dice.percent(5) { "bureau" } else { dice.pick(&["部门", "department", "village"]) };
        let area = if dice.percent(50) { String::new() } else { village(dice) };
        let names = [*dice.pick(&["甲局", "乙局"]), *dice.pick(&["", "Bureau"])];
        vec![code.into(), names[0].into(), names[1].into(), kind.into(), area]
    })
}

fn areas(dice: &mut Dice) -> String {
    let codes =
        ["990100104000", "990100101201", "990100102201", "990100104201", "990100101501", "990100104501"];
    table(dice, "code,name_zh,name_en,level,parent_code", &codes, |dice, code| {
        let (level, parents): (_, &[&str]) = match &code[9..] {
            "000" => ("township", &["990100000000"]),
            "201" => ("村", &["990100101000", "990100102000", "990100104000"]),
            _ => ("组", &["990100101201", "990100102201", "990100104201"]),
        };
        let names = [*dice.pick(&["甲", "乙"]), *dice.pick(&["", "Place"])];
        vec![code.into(), names[0].into(), names[1].into(), level.into(), (*dice.pick(parents)).into()]
    })
}

fn checklists(dice: &mut Dice) -> String {
    let list = |dice: &mut Dice| {
        let mut items =
            vec![("a", "水"), ("b", "电"), ("c", "路"), ("d", if dice.percent(50) { "门" } else { "窗" })];
        dice.shuffle(&mut items);
        let many = if dice.percent(5) { 0 } else { 2 + dice.below(3) };
        items.truncate(many);
        checklist(*dice.pick(&["one", "two"]), *dice.pick(&["甲表", "乙表"]), &items)
    };
    let lists: Vec<_> = (0..1 + dice.below(3)).map(|_| list(dice)).collect();
    json!(lists).to_string()
}

fn calendar(dice: &mut Dice) -> String {
    let mut years = [2031, 2032, 2033];
    dice.shuffle(&mut years);
    let year = |(n, year): (usize, &i32)| {
        let day = format!("{}-01-0{}", if n == 2 { 2000 } else { *year }, n + 1);
        json!({ "calendar": "cn", "year": year, "published": true, "source": { "zh": "通知" },
            "off": [{ "from": day, "to": day, "name": { "zh": "元旦" } }], "working": [] })
    };
    let many = if dice.percent(10) { 3 } else { 1 + dice.below(2) };
    json!(years[..many].iter().enumerate().map(year).collect::<Vec<_>>()).to_string()
}

#[tokio::test]
async fn a_dry_run_keeps_its_word() {
    let mut dice = Dice::new(seed("a dry run keeps its word"));
    let clerk = Clerk::new().await;
    let kinds: [(&str, fn(&mut Dice) -> String); 5] = [
        ("areas", areas),
        ("units", units),
        ("sites", sites),
        ("checklists", checklists),
        ("calendar", calendar),
    ];
    for _ in 0..8 {
        for (what, file) in kinds {
            keeps_its_word(&clerk, what, &file(&mut dice));
        }
    }
    let verified = clerk.run(&["verify", "ledger", "--jurisdiction", given::COUNTY]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}
