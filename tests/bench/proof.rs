//! The proof that what was counted was done: rows in the database, and whole chains.

use std::collections::BTreeMap;

use anfang::ledger::verify::verify;
use anyhow::bail;
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;

use crate::{given::County, ground::Databases};

/// What clients were told, by county.
#[derive(Debug, Default)]
pub struct Books(BTreeMap<&'static str, Told>);

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Told {
    /// Reports answered `applied`.
    reports: i64,
    /// Photos of these reports answered as stored.
    evidence: i64,
    /// All files answered as stored.
    files: i64,
}

impl Books {
    pub fn reports(&mut self, county: County, reports: u64, photos_each: u64) {
        let told = self.0.entry(county.0).or_default();
        told.reports += reports.cast_signed();
        told.evidence += (reports * photos_each).cast_signed();
        told.files += (reports * photos_each).cast_signed();
    }

    pub fn files(&mut self, county: County, files: u64) {
        self.0.entry(county.0).or_default().files += files.cast_signed();
    }
}

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = BigInt)]
    inspections: i64,
    #[diesel(sql_type = BigInt)]
    findings: i64,
    #[diesel(sql_type = BigInt)]
    commands: i64,
    #[diesel(sql_type = BigInt)]
    entries: i64,
    #[diesel(sql_type = BigInt)]
    evidence: i64,
    #[diesel(sql_type = BigInt)]
    files: i64,
}

const COUNT: &str = "SELECT \
    (SELECT count(*) FROM inspections WHERE jurisdiction_id = $1) AS inspections, \
    (SELECT count(*) FROM findings WHERE jurisdiction_id = $1) AS findings, \
    (SELECT count(*) FROM commands WHERE jurisdiction_id = $1 AND status = 'applied') AS commands, \
    (SELECT count(*) FROM ledger WHERE jurisdiction_id = $1 AND kind = 'inspection.submit') AS entries, \
    (SELECT count(*) FROM evidence WHERE jurisdiction_id = $1 AND status = 'stored') AS evidence, \
    (SELECT count(*) FROM blobs WHERE jurisdiction_id = $1) AS files";

/// Says what was counted.
///
/// # Errors
/// When the database holds anything but what clients were told, or a ledger's chain is broken.
pub async fn check(databases: &Databases, books: &Books) -> anyhow::Result<String> {
    let mut conn = databases.conn(Databases::MAIN).await?;
    let mut sum = Told::default();
    let mut links = 0;
    for (code, told) in &books.0 {
        let id = County(code).id();
        let held: Held = diesel::sql_query(COUNT).bind::<SqlUuid, _>(id.0).get_result(&mut conn).await?;
        let found = Told { reports: held.inspections, evidence: held.evidence, files: held.files };
        let alike = [held.findings / 3, held.commands, held.entries].iter().all(|n| *n == told.reports);
        if found != *told || !alike {
            bail!(
                "county {code}: told {told:?}, but the database holds {found:?}, {} findings, {} commands, {} \
                entries",
                held.findings,
                held.commands,
                held.entries
            );
        }
        let report = verify(&mut conn, id).await?;
        if let Some((seq, why)) = report.broken {
            bail!("the ledger of county {code} is broken at {seq}: {why}");
        }
        links += report.entries;
        sum.reports += told.reports;
        sum.files += told.files;
    }
    Ok(format!(
        "Counted in the database afterwards, warm-up included: {} reports with their findings, commands and entries, \
         {} files, as told; {links} links of the ledgers' chains whole.",
        sum.reports, sum.files
    ))
}
