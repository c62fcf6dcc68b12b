//! Days and their first moments in time zones of all kinds, as the calendar computes them. The web apps replay the same file.

use std::{fs, path::Path};

use anfang_protocol::lifecycle::calendar::Calendar;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde_json::{Value, json};

/// Offsets of whole, half and quarter hours, summer time, clocks put forward at midnight, a day left out.
const ZONES: [&str; 10] = [
    "Asia/Shanghai",
    "Asia/Urumqi",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "America/Sao_Paulo",
    "America/Los_Angeles",
    "Africa/Cairo",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Pacific/Apia",
];

/// Days on which clocks were changed in one of the zones, and ends of months and years.
const DAYS: [&str; 12] = [
    "2011-12-30", // Apia leaves it out.
    "2014-05-16", // Cairo
    "2018-02-18", // Sao Paulo, back
    "2018-11-04", // Sao Paulo, forward at midnight
    "2019-12-31",
    "2020-02-29",
    "2021-03-28", // Beirut, forward at midnight
    "2021-10-03", // Lord Howe, by half an hour
    "2023-03-12", // Los Angeles, forward
    "2023-11-05", // Los Angeles, back
    "2024-06-30",
    "2024-12-31",
];

fn found() -> Value {
    let mut rows = Vec::new();
    for zone in ZONES {
        let calendar = Calendar::new(zone, &[]).expect("a zone");
        for day in DAYS {
            let day: NaiveDate = day.parse().expect("a day");
            let starts = calendar.start_of(day);
            let passes = calendar.deadline(day).passes_at;
            // Moments about both ends of the day: the last before and the first of it, and within.
            let moments = [-1, 0, 5_400, 43_200, 86_399].map(|s| starts + Duration::seconds(s));
            let moments = moments.map(|at: DateTime<Utc>| json!([at.timestamp(), calendar.day_of(at)]));
            rows.push(json!({
                "zone": zone, "day": day, "starts_at": starts.timestamp(), "passes_at": passes.timestamp(),
                "days_of_moments": moments,
            }));
        }
    }
    Value::Array(rows)
}

/// `WRITE_DOCS=1` writes the file anew.
#[test]
fn days_of_time_zones_are_as_the_web_apps_replay_them() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/zones.json");
    let lines: Vec<String> = found().as_array().expect("a list").iter().map(Value::to_string).collect();
    let text = format!("[\n{}\n]\n", lines.join(",\n"));
    if std::env::var_os("WRITE_DOCS").is_some() {
        fs::write(&path, &text).expect("writing");
    }
    let kept = fs::read_to_string(&path).expect("protocol/examples/zones.json");
    assert!(
        kept == text,
        "protocol/examples/zones.json is not what the calendar computes; WRITE_DOCS=1 writes it anew"
    );
}
