//! A clerk at the command line, with files to import.

use std::process::Command;

use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use serde_json::Value;

use super::{given, postgres::Database};

/// Somebody at the command line, with files in a folder.
pub struct Clerk {
    pub database: Database,
    folder: tempfile::TempDir,
}

pub struct Told {
    pub ok: bool,
    pub report: Value,
}

impl Told {
    /// The faults as (line, column, code).
    pub fn faults(&self) -> Vec<(u64, String, String)> {
        let text = |fault: &Value, key: &str| fault[key].as_str().unwrap_or_default().to_owned();
        let faults = self.report["faults"].as_array().expect("a list of faults");
        faults
            .iter()
            .map(|f| (f["line"].as_u64().expect("a line"), text(f, "column"), text(f, "code")))
            .collect()
    }

    pub fn tally(&self) -> (u64, u64, u64) {
        let count =
            |key: &str| self.report[key].as_u64().unwrap_or_else(|| panic!("{key} in {}", self.report));
        (count("added"), count("changed"), count("unchanged"))
    }
}

impl Clerk {
    pub async fn new() -> Self {
        Self::at(Database::new().await)
    }

    pub fn at(database: Database) -> Self {
        Clerk { database, folder: tempfile::tempdir().expect("a folder") }
    }

    pub fn import(&self, what: &str, bytes: &[u8], flags: &[&str]) -> Told {
        let file = self.folder.path().join("file");
        std::fs::write(&file, bytes).expect("writing the file");
        let file = file.to_str().expect("a path").to_owned();
        let output =
            self.run(&[&["import", what, &file, "--jurisdiction", given::COUNTY, "--json"], flags].concat());
        let told = String::from_utf8(output.stdout).expect("UTF-8");
        let report = serde_json::from_str(&told)
            .unwrap_or_else(|error| panic!("{error}: {told} {}", String::from_utf8_lossy(&output.stderr)));
        Told { ok: output.status.success(), report }
    }

    pub fn run(&self, arguments: &[&str]) -> std::process::Output {
        Command::new(env!("CARGO_BIN_EXE_anfang"))
            .args(arguments)
            .env("ANFANG_DATA_DIR", self.folder.path())
            .env("DATABASE_URL", &self.database.url)
            .env("ANFANG_LOG", "error")
            .output()
            .expect("running anfang")
    }

    /// Everything that an import may touch, the ledger apart.
    pub async fn holdings(&self) -> String {
        let tables = ["areas", "units", "sites", "checklists", "feed", "memberships"];
        let mut all = String::new();
        for table in tables {
            let rows = format!(
                "SELECT coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '') AS text FROM {table} t"
            );
            all.push_str(&self.text(&rows).await);
        }
        all
    }

    pub async fn text(&self, query: &str) -> String {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            text: String,
        }
        let row: Row =
            diesel::sql_query(query).get_result(&mut self.database.conn().await).await.expect("a text");
        row.text
    }

    pub async fn count(&self, query: &str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = BigInt)]
            count: i64,
        }
        let row: Row =
            diesel::sql_query(query).get_result(&mut self.database.conn().await).await.expect("a count");
        row.count
    }

    pub async fn ledger_entries(&self) -> i64 {
        self.count("SELECT count(*) FROM ledger").await
    }
}

/// A fault as [`Told::faults`] tells it.
pub fn fault(line: u64, column: &str, code: &str) -> (u64, String, String) {
    (line, column.into(), code.into())
}
