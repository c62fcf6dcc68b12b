//! The checklists that are shipped. A user can change all of them: by publishing the next version.

/// Each template's name and JSON, in the form that `anfang import checklists` reads.
pub const ALL: &[(&str, &str)] = &[
    ("household.json", include_str!("templates/household.json")),
    ("village_exit.json", include_str!("templates/village_exit.json")),
    ("six_improvements.json", include_str!("templates/six_improvements.json")),
    ("presence.json", include_str!("templates/presence.json")),
    ("funds_projects.json", include_str!("templates/funds_projects.json")),
];
