//! Checklists as a clerk publishes them: what is out never changes, what is wrong is told item by item.

use serde_json::{Value, json};

use crate::harness::{
    clerk::{Clerk, fault},
    given,
};

fn checklist(extra: Value) -> Value {
    let mut list = json!({
        "code": "kitchens", "title": { "zh": "厨房", "en": "Kitchens" },
        "items": [{ "code": "stove", "title": { "zh": "灶台", "en": "Stove" }, "answer": { "type": "pass_fail" },
            "veto": true, "default_severity": "general", "rectify_within_days": 10 }],
    });
    for (key, value) in extra.as_object().expect("fields") {
        list[key] = value.clone();
    }
    list
}

#[tokio::test]
async fn a_published_checklist_never_changes() {
    let clerk = Clerk::new().await;
    let publish = |list: &Value| clerk.import("checklists", list.to_string().as_bytes(), &[]);
    assert_eq!(publish(&checklist(json!({}))).tally(), (1, 0, 0));
    assert_eq!(publish(&checklist(json!({}))).tally(), (0, 0, 1), "the same content is the same version");
    assert_eq!(publish(&checklist(json!({ "version": 1 }))).tally(), (0, 0, 1));

    let renamed = json!({ "zh": "厨房与灶台", "en": "Kitchens and stoves" });
    let told = publish(&checklist(json!({ "version": 1, "title": renamed })));
    assert_eq!(told.faults(), [fault(1, "version", "version_immutable")]);
    let told = publish(&checklist(json!({ "version": 3, "title": renamed })));
    assert_eq!(told.faults(), [fault(1, "version", "version_not_next")]);
    assert_eq!(publish(&checklist(json!({ "title": renamed }))).tally(), (0, 1, 0), "the next version");
    let versions = "SELECT count(*) FROM checklists c JOIN feed f ON f.item_id = c.item_id AND f.present AND f.rev = 1 \
                    AND f.jurisdiction_id = c.jurisdiction_id WHERE c.code = 'kitchens'";
    assert_eq!(clerk.count(versions).await, 2, "both versions stand in the feed");

    let told = clerk.run(&["import", "checklists", "--templates", "--jurisdiction", given::COUNTY, "--json"]);
    let report: Value = serde_json::from_slice(&told.stdout).expect("JSON");
    assert_eq!((&report["added"], &report["unchanged"]), (&json!(0), &json!(5)), "{report}");
}

#[tokio::test]
async fn bad_checklists_are_told_item_by_item() {
    let clerk = Clerk::new().await;
    let item = |extra: Value| {
        let mut item = checklist(json!({}))["items"][0].clone();
        for (key, value) in extra.as_object().expect("fields") {
            item[key] = value.clone();
        }
        item
    };
    let number = |min: f64, max: f64, pass_min: f64| json!({ "type": "number", "min": min, "max": max, "pass_min": pass_min });
    let option = |code: &str, fails: bool| json!({ "code": code, "title": { "zh": "好", "en": "Good" }, "fails": fails });
    let cases = [
        (item(json!({ "vetto": true })), "field_unknown"),
        (item(json!({ "title": { "zh": "灶台" } })), "title_missing"),
        (item(json!({ "default_severity": "deadly" })), "word_unknown"),
        (item(json!({ "applies_to": ["castle"] })), "word_unknown"),
        (item(json!({ "answer": number(0.0, 10.0, 11.0) })), "number_limits"),
        (item(json!({ "answer": number(5.0, 5.0, 5.0) })), "number_limits"),
        (item(json!({ "answer": { "type": "choice", "options": [option("a", true)] } })), "options_count"),
        (
            item(
                json!({ "answer": { "type": "choice", "options": [option("a", true), option("a", false)] } }),
            ),
            "code_twice",
        ),
        (
            item(
                json!({ "answer": { "type": "choice", "options": [option("a", false), option("b", false)] } }),
            ),
            "never_fails",
        ),
        (item(json!({ "answer": { "type": "text" } })), "never_fails"),
        (item(json!({ "answer": { "type": "dance" } })), "json_invalid"),
        (item(json!({ "rectify_within_days": 0 })), "days_invalid"),
        (item(json!({ "min_photos": 21 })), "photos_invalid"),
        (item(json!({ "code": "Stove!" })), "code_invalid"),
    ];
    for (bad, code) in cases {
        let list = checklist(json!({ "items": [item(json!({ "code": "first" })), bad] }));
        let pretty = serde_json::to_string_pretty(&list).unwrap();
        let told = clerk.import("checklists", pretty.as_bytes(), &[]);
        // The second item begins where the second opening of an item stands.
        let second =
            pretty.lines().enumerate().filter(|(_, line)| *line == "    {").nth(1).expect("two items").0 + 1;
        let lines = told.faults();
        assert!(
            lines.iter().all(|(line, _, found)| *line >= second as u64 && found == code),
            "{code}: {}",
            told.report
        );
        assert!(!lines.is_empty(), "{code}");
    }
    let twice = checklist(json!({ "items": [item(json!({})), item(json!({}))] }));
    assert_eq!(
        clerk.import("checklists", twice.to_string().as_bytes(), &[]).faults(),
        [fault(1, "code", "code_twice")]
    );

    assert!(clerk.import("checklists", checklist(json!({})).to_string().as_bytes(), &[]).ok);
    let other = item(json!({ "answer": number(0.0, 10.0, 1.0) }));
    let told = clerk.import("checklists", checklist(json!({ "items": [other] })).to_string().as_bytes(), &[]);
    assert_eq!(told.faults(), [fault(1, "code", "item_code_reused")]);
}
