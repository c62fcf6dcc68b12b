//! The rules of the house, checked over the sources.

mod imports;

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub fn sources(folder: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let base = root().join(folder);
    let mut found = Vec::new();
    walk(&base, &mut found);
    found
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&base).expect("below the base").to_string_lossy().replace('\\', "/");
            (name, fs::read_to_string(&path).expect("a source"))
        })
        .collect()
}

/// Lines of code, without comments and strings of documentation.
pub fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

/// The floor a module of the server stands on; imports go to the same room or to a lower floor only.
fn floor(module: &str) -> Option<u8> {
    Some(match module {
        "main" => 11,
        "demo" => 10,
        "app" | "phone" => 9,
        "worker" => 8,
        "sync" | "import" => 7,
        "casework" => 6,
        "apps" | "evidence" | "areas" | "units" | "sites" | "checklists" | "inspections"
        | "rectifications" | "notices" | "people" | "plans" | "webhooks" | "terms" | "ops" => 5,
        "auth" => 4,
        "ledger" | "home" => 3,
        "db" | "wire" | "tagged" | "trace" | "description" => 2,
        "failure" | "failpoint" | "clock" | "config" => 1,
        _ => return None,
    })
}

fn module(path: &str) -> &str {
    path.split('/').next().unwrap_or(path).trim_end_matches(".rs")
}

#[test]
fn imports_run_down_only() {
    let mut wrong = Vec::new();
    for (file, others) in imports::arrows() {
        let Some(here) = file.strip_prefix("server/src/").map(module).filter(|here| *here != "lib") else {
            continue;
        };
        let Some(level) = floor(here) else {
            wrong.push(format!("{file}: no floor is set for the module {here}"));
            continue;
        };
        for other in others.iter().filter_map(|other| other.strip_prefix("server/src/")) {
            if module(other) != here && floor(module(other)).is_some_and(|other| other >= level) {
                wrong.push(format!("{file} (floor {level}) imports {other}"));
            }
        }
    }
    assert!(wrong.is_empty(), "imports must run down:\n{}", wrong.join("\n"));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let arrows = imports::arrows();
    let count: usize = arrows.values().map(std::collections::BTreeSet::len).sum();
    assert!(count > 1000, "only {count} arrows were found");
    let around = imports::circles(arrows);
    assert!(around.is_empty(), "what both sides name needs a file of its own: {around:#?}");
}

#[test]
fn diesel_and_actix_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for (path, text) in sources("server/src") {
        let file = path.rsplit('/').next().unwrap_or(&path);
        let may_diesel = ["db", "ledger", "auth", "casework"].contains(&module(&path))
            || ["store.rs", "chore.rs", "failure.rs", "home.rs"].contains(&file)
            || path.contains("/store/");
        let may_actix = ["auth", "sync"].contains(&module(&path))
            || ["routes.rs", "app.rs", "failure.rs", "wire.rs", "trace.rs", "ops.rs", "tagged.rs"]
                .contains(&file)
            || path.contains("/routes/");
        for line in code(&text) {
            if !may_diesel && (line.contains("diesel::") || line.contains("diesel_async::")) {
                wrong.push(format!("{path} names diesel: {}", line.trim()));
            }
            if !may_actix && line.contains("actix_web") {
                wrong.push(format!("{path} names actix_web: {}", line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn protocol_is_pure() {
    for (path, text) in sources("protocol/src") {
        for line in code(&text) {
            for impure in
                ["std::fs", "std::net", "std::time", "tokio", "Utc::now", "rand::", "reqwest", "diesel"]
            {
                assert!(!line.contains(impure), "protocol/{path} is not pure: {}", line.trim());
            }
        }
    }
}

#[test]
fn files_stay_small() {
    let mut long = Vec::new();
    for folder in ["server/src", "server/media/src", "protocol/src", "tests"] {
        for (path, text) in sources(folder) {
            let lines = text.lines().count();
            if lines > 500 && !path.ends_with("schema.rs") {
                long.push(format!("{folder}/{path}: {lines} lines"));
            }
        }
    }
    assert!(long.is_empty(), "split these by what they are about:\n{}", long.join("\n"));
}

#[test]
fn every_module_says_what_it_is() {
    for folder in ["server/src", "server/media/src", "protocol/src"] {
        for (path, text) in sources(folder) {
            let exempt = path.ends_with("schema.rs") || path.ends_with("_tests.rs");
            assert!(exempt || text.starts_with("//!"), "{folder}/{path} has no header");
        }
    }
}

/// Two types of one name in the OpenAPI description are one there, and the second is lost.
#[test]
fn no_name_stands_twice_in_the_description() {
    let mut seen = std::collections::BTreeMap::<String, String>::new();
    let mut twice = Vec::new();
    for folder in ["server/src", "protocol/src"] {
        for (path, text) in sources(folder) {
            let mut derived = false;
            let mut name = None;
            for line in code(&text).map(str::trim) {
                if line.starts_with("#[") {
                    derived |= line.contains("ToSchema");
                    name = line
                        .strip_prefix("#[schema(as = ")
                        .map(|rest| rest.trim_end_matches(")]").to_owned())
                        .or(name);
                    continue;
                }
                let words: Vec<&str> =
                    line.split([' ', '{', '(', ';', '<']).filter(|word| !word.is_empty()).collect();
                let own = words
                    .iter()
                    .position(|word| ["struct", "enum"].contains(word))
                    .and_then(|at| words.get(at + 1));
                if let Some(own) = own
                    && std::mem::take(&mut derived)
                    && !own.starts_with('$')
                {
                    let name = name.take().unwrap_or_else(|| (*own).to_owned());
                    if let Some(other) = seen.insert(name.clone(), path.clone()) {
                        twice.push(format!("{name}: {other} and {path}"));
                    }
                }
                (derived, name) = (false, None);
            }
        }
    }
    assert!(seen.len() > 100, "only {}", seen.len());
    assert!(twice.is_empty(), "give one another name by #[schema(as = …)]:\n{}", twice.join("\n"));
}
