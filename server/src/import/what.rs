//! What can be imported, and by which name.

/// What can be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Administrative areas, from CSV or GeoJSON with boundaries.
    Areas,
    /// Responsible units and teams, from CSV.
    Units,
    /// What is inspected, from CSV or GeoJSON points.
    Sites,
    /// What is checked, from JSON.
    Checklists,
    /// Public holidays and make-up working days, a year each, from JSON.
    Calendar,
    /// When is reminded and escalated, from JSON.
    Deadlines,
    /// What comes first in a draw, from JSON.
    Tiers,
}

impl What {
    /// By the name that it has in addresses.
    pub fn named(name: &str) -> Option<Self> {
        <What as clap::ValueEnum>::value_variants()
            .iter()
            .copied()
            .find(|what| what.event().strip_prefix("import.") == Some(name))
    }

    /// The kind of the ledger's entry.
    pub(super) fn event(self) -> &'static str {
        match self {
            What::Areas => "import.areas",
            What::Units => "import.units",
            What::Sites => "import.sites",
            What::Checklists => "import.checklists",
            What::Calendar => "import.calendar",
            What::Deadlines => "import.deadlines",
            What::Tiers => "import.tiers",
        }
    }
}
