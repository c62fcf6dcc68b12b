//! The demonstration, small and whole, as its program is started by hand: weeks pass, and every fate that an item may have
//! is met.

use std::process::Command;

use serde_json::Value;

#[test]
fn the_weeks_after_the_day_meet_every_fate() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = Command::new(env!("CARGO_BIN_EXE_anfang"))
        .args([
            "demo",
            "--once",
            "--phones",
            "2",
            "--inspections",
            "4",
            "--listen",
            "127.0.0.1:0",
            "--data-dir",
        ])
        .arg(folder.path().join("data"))
        .output()
        .expect("the program");
    let (told, complaints) = (String::from_utf8_lossy(&demo.stdout), String::from_utf8_lossy(&demo.stderr));
    assert!(demo.status.success(), "{told}{complaints}");
    let figures: Value = serde_json::from_str(told.lines().last().expect("figures")).expect("JSON");
    assert_eq!(figures["ledger_ok"], true, "{figures}");
    assert_eq!((&figures["inspections"], &figures["plans_unsealed"]), (&8.into(), &1.into()), "{figures}");
    for fate in ["open", "closed", "returned", "suspended", "overdue", "summoned", "relapsed"] {
        assert!(figures["items"][fate].as_u64() > Some(0), "nothing was {fate}: {figures}");
    }
    assert_eq!(figures["total"]["evidence_stored"], figures["total"]["evidence_mentioned"], "{figures}");
}
