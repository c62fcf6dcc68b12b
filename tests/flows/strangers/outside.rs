//! What is mounted beside the description: the pages of the apps, and the description itself. The router gives no list, so
//! the sources are read: every route in them is in the table, whichever door it was mounted through.

use std::collections::BTreeSet;

use super::{
    matrix::Answer,
    table::{Ask, Door, Route, route},
};
use crate::tidy::{code, sources};

/// Mounted without a macro over a handler: how the sources spell it, and what it answers.
const BUILT: [(&str, &str); 4] = [
    (r#"web::redirect("/docs", "/docs/")"#, "/docs"),
    (
        r#"SwaggerUi::new("/docs/{_:.*}").url("/openapi.json", description::complete(description))"#,
        "/docs/{_:.*}",
    ),
    (r#".url("/openapi.json", "#, "/openapi.json"),
    (r#"web::redirect("/field", "/field/").permanent()"#, "/field"),
];

/// Ways to mount something that is no handler with a path over it.
const BUILDERS: [&str; 12] = [
    "web::redirect(",
    "web::resource(",
    "web::scope(",
    "web::route(",
    "web::to(",
    "SwaggerUi::new(",
    ".url(\"/",
    ".route(",
    "Resource::new(",
    "Scope::new(",
    "ResourceDef::",
    "Files::new(",
];

pub fn outside() -> Vec<Route> {
    let public = |path| route("GET", path, Door::Outside);
    const ALIKE: &str = "alike";
    vec![
        public("/").plain(ALIKE, |_| Ask::at("/")),
        public("/desk/{path:.+}").plain(ALIKE, |_| Ask::at("/desk/assets/none.js")),
        public("/field").plain(ALIKE, |_| Ask::at("/field")),
        public("/field/{path:.*}").plain(ALIKE, |_| Ask::at("/field/")),
        public("/docs").plain(ALIKE, |_| Ask::at("/docs")),
        public("/docs/{_:.*}").plain(ALIKE, |_| Ask::at("/docs/")),
        public("/openapi.json").plain(ALIKE, |_| Ask::at("/openapi.json")),
    ]
}

/// Whether somebody's answer is that of one who is not signed in. Whether the apps are in this build is all one.
pub fn cell(answer: &Answer, unsigned: &Answer) -> String {
    let alike = answer == unsigned && [200, 404].contains(&answer.status);
    if alike { "alike".to_owned() } else { format!("{} unlike {}", answer.cell(), unsigned.cell()) }
}

/// Paths in the macros over handlers, with their methods.
fn over_handlers(code: &str) -> Vec<(String, String)> {
    const METHODS: [&str; 9] =
        ["get", "post", "put", "patch", "delete", "head", "options", "connect", "trace"];
    let attribute = |line: &str| {
        let (name, rest) = line.trim().strip_prefix("#[")?.split_once('(')?;
        let name = name.trim_start_matches("actix_web::");
        assert!(!["route", "routes", "scope"].contains(&name), "write one method for one handler: {line}");
        let path = rest.strip_prefix('"').and_then(|rest| rest.split_once('"'));
        METHODS.contains(&name).then(|| {
            (name.to_ascii_uppercase(), path.unwrap_or_else(|| panic!("no path in {line}")).0.to_owned())
        })
    };
    code.lines().filter_map(attribute).collect()
}

/// Everything that the sources mount is in the table, and all that is mounted is a handler with its path over it, or is
/// named in [`BUILT`].
pub fn check_mounted(known: &BTreeSet<(String, String)>) {
    let read = |(path, text): (String, String)| (path, code(&text).collect::<Vec<_>>().join("\n"));
    let sources: Vec<(String, String)> = sources("server/src").into_iter().map(read).collect();
    let mut mounted: BTreeSet<(String, String)> = BTreeSet::new();
    for (path, code) in &sources {
        mounted.extend(over_handlers(code));
        assert!(!code.contains("#[routes]"), "{}: write one method for one handler", path);
        let mut rest = code.clone();
        for (spelt, built) in BUILT {
            if code.contains(spelt) {
                mounted.insert(("GET".into(), built.into()));
            }
            rest = rest.replace(spelt, "built");
        }
        // What answers where nothing is mounted.
        rest = rest.replace(".default_service(web::to(nothing_here))", "");
        for builder in BUILDERS {
            assert!(!rest.contains(builder), "{} mounts with {builder}…) what no table names", path);
        }
        for mounted in rest.split(".service(").skip(1) {
            let handler = mounted.split_once(')').map_or("", |(handler, _)| handler);
            let plain = !handler.is_empty() && handler.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            assert!(plain, "{} mounts {handler}: no handler with its path over it", path);
        }
    }
    let unknown: Vec<_> = mounted.difference(known).collect();
    assert!(unknown.is_empty(), "mounted, and not in tests/flows/strangers/: {unknown:?}");
    let gone: Vec<_> = known.difference(&mounted).collect();
    assert!(gone.is_empty(), "in tests/flows/strangers/, and not mounted: {gone:?}");
}
