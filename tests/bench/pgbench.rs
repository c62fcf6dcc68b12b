//! What Postgres does by itself: pgbench writes the same rows into the same tables of a database beside the
//! server's, with its indexes and foreign keys, and runs the same queries.
//!
//! It has it easier than the server on purpose: constant texts in prepared statements, nothing to read, decide or
//! hash, and no counter row, so that its clients never wait for each other.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use anfang::db::{Conn, private};
use anyhow::{Context, bail};
use diesel::{QueryableByName, sql_types::Text};
use diesel_async::RunQueryDsl;

use crate::{
    ground::{self, Databases},
    load::Load,
    meter::Meter,
    people::Person,
};

/// Texts of one stored report, as the server wrote them.
#[derive(QueryableByName)]
pub struct Sample {
    #[diesel(sql_type = Text)]
    body: String,
    #[diesel(sql_type = Text)]
    finding: String,
    #[diesel(sql_type = Text)]
    outcome: String,
    #[diesel(sql_type = Text)]
    entry: String,
    #[diesel(sql_type = Text)]
    flags: String,
}

impl Sample {
    /// Of the newest report in the server's database.
    pub async fn take(conn: &mut Conn) -> anyhow::Result<Self> {
        let sample = diesel::sql_query(
            "SELECT i.body, f.body AS finding, c.outcome, l.entry, i.flags::text AS flags FROM inspections i \
             JOIN findings f USING (jurisdiction_id, inspection_id) \
             JOIN commands c ON c.jurisdiction_id = i.jurisdiction_id AND c.item_id = i.inspection_id \
             JOIN ledger l ON l.jurisdiction_id = i.jurisdiction_id AND l.command_id = c.command_id \
             WHERE c.outcome IS NOT NULL ORDER BY i.received_at DESC LIMIT 1",
        );
        Ok(sample.get_result(conn).await?)
    }
}

/// Text within a statement. pgbench takes a colon before a word for a variable of its own.
fn text(text: &str) -> String {
    format!("'{}'", text.replace(':', ";").replace('\'', "''"))
}

/// One of these, by the number of pgbench's client.
fn of_client(values: impl Iterator<Item = String>, sql_type: &str) -> String {
    let all: Vec<String> = values.collect();
    format!("({}::{sql_type}[])[:client_id + 1]", text(&format!("{{{}}}", all.join(","))))
}

/// Sites that each client writes about in turn.
const SITES: usize = 32;

/// A transaction of `reports` reports, each by the person of the client's number: the rows that a push leaves.
fn inserts(sample: &Sample, people: &[&Person], reports: usize) -> String {
    let jurisdiction = of_client(people.iter().map(|p| p.county.id().to_string()), "uuid");
    let account = of_client(people.iter().map(|p| p.account.to_string()), "uuid");
    let device = of_client(people.iter().map(|p| p.device.to_string()), "uuid");
    let area = of_client(people.iter().map(|p| p.county.area(&ground::township(1)).to_string()), "uuid");
    let sites = people.iter().enumerate().flat_map(|(n, person)| {
        let codes = (1..ground::TOWNSHIPS).flat_map(|t| ground::households(person.county, t));
        codes.skip(n * 13).take(SITES).map(|code| person.county.site(&code).to_string()).collect::<Vec<_>>()
    });
    let sites = text(&format!("{{{}}}", sites.collect::<Vec<_>>().join(",")));
    let site = format!("({sites}::uuid[])[:client_id * {SITES} + 1 + (:n + i) % {SITES}]");
    let id = |number: &str| format!("('01930000-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid");
    let (one, each) = (id("(:base::bigint + i) * 4"), id("(:base::bigint + i) * 4 + o"));
    let of_report = format!("FROM generate_series(0, {}) AS g(i)", reports - 1);
    let of_finding = format!("{of_report}, generate_series(0, 2) AS f(o)");
    let Sample { body, finding, outcome, entry, flags } = sample;
    let (body, finding, outcome, entry) = (text(body), text(finding), text(outcome), text(entry));
    let hash = "decode(repeat('5a', 32), 'hex')";
    let mut script = String::from("\\set base :client_id * 1000000000 + :n\n");
    script.push_str(&format!("\\set n :n + {reports}\n"));
    for statement in [
        "BEGIN".to_owned(),
        format!(
            "INSERT INTO inspections (jurisdiction_id, inspection_id, stage, site_id, area_id, channel_area_id, \
                account_id, arrived_at, departed_at, received_at, skew_ms, passed, failed, vetoed_by, flags, body, rev) \
             SELECT {jurisdiction}, {one}, 'submitted', {site}, {area}, {area}, {account}, now(), now(), now(), 0, \
                18, 3, '[]', {}::jsonb, {body}, 1 {of_report}",
            text(flags)
        ),
        format!(
            "INSERT INTO findings (jurisdiction_id, finding_id, inspection_id, ordinal, checklist_id, item, severity, \
                body) \
             SELECT {jurisdiction}, {each}, {one}, o, {one}, 'medical.doctor', 'serious', {finding} {of_finding}"
        ),
        format!(
            "INSERT INTO commands (jurisdiction_id, command_id, account_id, device_id, n, kind, item_id, digest, \
                status, outcome, given_at, received_at) \
             SELECT {jurisdiction}, {one}, {account}, {device}, :base::bigint + i, 'inspection.submit', {one}, {hash}, \
                'applied', {outcome}, now(), now() {of_report}"
        ),
        format!(
            "INSERT INTO ledger (jurisdiction_id, seq, command_id, kind, account_id, device_id, at, entry, prev_hash, \
                hash) \
             SELECT {jurisdiction}, 100000000 + :base::bigint + i, {one}, 'inspection.submit', {account}, {device}, \
                now(), {entry}, {hash}, {hash} {of_report}"
        ),
        format!(
            "INSERT INTO feed (jurisdiction_id, channel, item_id, kind, seq, present, rev, share) \
             SELECT {jurisdiction}, CASE o WHEN 0 THEN 'area;' || {area} ELSE 'person;' || {account} END, {one}, \
                'inspection', 100000000 + :base::bigint + i, true, 1, 42 {of_report}, generate_series(0, 1) AS f(o)"
        ),
        "COMMIT".to_owned(),
    ] {
        script.push_str(&statement);
        script.push_str(";\n");
    }
    script
}

/// A run of pgbench: the statements of `script`, again and again.
pub struct Run<'a> {
    pub databases: &'a Databases,
    pub database: &'a str,
    pub meter: &'a Meter,
    pub clients: usize,
    pub seconds: f64,
}

impl Run<'_> {
    /// Reports of `batch` to a transaction; counts reports. `begun` tells where the identifiers go on.
    pub fn insert(
        &self,
        sample: &Sample,
        people: &[&Person],
        batch: usize,
        begun: &mut u64,
    ) -> anyhow::Result<Load> {
        let load = self.run(&inserts(sample, people, batch), *begun)?;
        // More than any client can have written.
        *begun += 10_000_000;
        Ok(Load { units: load.units * batch as u64, ..load })
    }

    /// Counts transactions. The mean time of one stands for all its percentiles.
    pub fn run(&self, script: &str, begun: u64) -> anyhow::Result<Load> {
        let file: PathBuf = ground::folder().join("pgbench.sql");
        fs::write(&file, script)?;
        let before = self.meter.read()?;
        let output = Command::new(private::find_binaries()?.join("pgbench"))
            .args(["--no-vacuum", "--protocol=prepared", "--file"])
            .arg(&file)
            .arg(format!("--client={}", self.clients))
            .arg(format!("--time={}", self.seconds.round().max(1.0)))
            .arg(format!("--define=n={begun}"))
            .arg(self.databases.url(self.database))
            .stdin(Stdio::null())
            .output()
            .context("running pgbench")?;
        let shares = self.meter.read()?.since(&before);
        let told = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            bail!("pgbench: {told} {}", String::from_utf8_lossy(&output.stderr));
        }
        let figure = |before: &str| {
            let rest = told.split(before).nth(1)?;
            rest.split_whitespace().next()?.parse::<f64>().ok()
        };
        let rate = figure("tps = ").context("pgbench tells no rate")?;
        let done = figure("actually processed: ").context("pgbench tells no count")?;
        let mean_ms = figure("latency average = ").context("pgbench tells no latency")?;
        Ok(Load { units: done as u64, seconds: done / rate, micros: vec![(mean_ms * 1e3) as u32], shares })
    }
}
