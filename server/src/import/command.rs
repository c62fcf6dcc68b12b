//! The command line of `anfang import`: reads the file, imports it, says what came of it.

use std::path::PathBuf;

use anfang_protocol::{ids::JurisdictionId, sha::Sha};
use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    FILE_BYTES_MAX, Source, What,
    fault::Fault,
    read,
    rows::Trial,
    store::{self, Verdict},
};
use crate::{checklists::templates, config::Home, db::Conn, failure::Failure};

/// `anfang import`.
#[derive(Debug, Clone, clap::Args)]
pub struct Import {
    /// What the file has.
    pub what: What,

    /// CSV (UTF-8, UTF-16 or GB18030), GeoJSON, or JSON for checklists.
    #[arg(required_unless_present = "templates")]
    pub file: Option<PathBuf>,

    /// Import the checklists that are shipped with the program.
    #[arg(long, conflicts_with = "file")]
    pub templates: bool,

    /// Code of the jurisdiction.
    #[arg(long)]
    pub jurisdiction: String,

    /// Check everything and write nothing.
    #[arg(long)]
    pub dry_run: bool,

    /// Tell the result as one JSON object.
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub home: Home,
}

/// What came of the import of one file.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ImportReport)]
pub struct Report {
    pub what: What,
    pub file: String,
    #[schema(value_type = String)]
    pub sha256: Sha,
    pub encoding: &'static str,
    pub rows: usize,
    /// Absent when there are faults.
    pub added: Option<usize>,
    pub changed: Option<usize>,
    pub unchanged: Option<usize>,
    pub dry_run: bool,
    pub written: bool,
    /// Properties of features that mean nothing here.
    pub ignored: Vec<String>,
    pub faults: Vec<Fault>,
    /// Row by row: of a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trial: Option<Trial>,
}

impl Report {
    pub fn ok(&self) -> bool {
        self.faults.is_empty()
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for fault in &self.faults {
            writeln!(f, "{}: {fault}", self.file)?;
        }
        if !self.ignored.is_empty() {
            writeln!(f, "{}: ignored / 已忽略: {}", self.file, self.ignored.join(", "))?;
        }
        write!(f, "{} ({}): {} rows / 行", self.file, self.encoding, self.rows)?;
        match (self.added, self.changed, self.unchanged) {
            (Some(added), Some(changed), Some(unchanged)) => write!(
                f,
                ", {added} new / 新增, {changed} changed / 变更, {unchanged} unchanged / 不变; {}",
                if self.written {
                    "imported / 已导入"
                } else {
                    "dry run, nothing was written / 试运行，未写入"
                }
            ),
            _ => write!(f, "; {} faults, nothing was written / 处错误，未写入", self.faults.len()),
        }
    }
}

/// Carries out the command. The caller prints the report and exits 1 unless it is [`Report::ok`].
///
/// # Errors
/// When the file cannot be read, the jurisdiction does not exist, or the database fails.
pub async fn run(conn: &mut Conn, now: DateTime<Utc>, args: &Import) -> anyhow::Result<Report> {
    let jurisdiction = JurisdictionId::of(&args.jurisdiction);
    if !store::exists(conn, jurisdiction).await? {
        bail!("there is no jurisdiction with the code {}; set it up first", args.jurisdiction);
    }
    Ok(import(conn, jurisdiction, now, args.what, source(args)?, args.dry_run).await?)
}

/// The shipped checklists as one file.
pub fn shipped() -> Source {
    let bodies: Vec<&str> = templates::ALL.iter().map(|(_, body)| *body).collect();
    read(What::Checklists, "templates", format!("[{}]", bodies.join(",")).as_bytes())
}

fn source(args: &Import) -> anyhow::Result<Source> {
    if args.templates {
        if args.what != What::Checklists {
            bail!("templates are shipped of checklists only");
        }
        return Ok(shipped());
    }
    let path = args.file.as_ref().context("name a file")?;
    let size = std::fs::metadata(path).with_context(|| format!("reading {}", path.display()))?.len();
    if size > FILE_BYTES_MAX as u64 {
        bail!("{} has more than {FILE_BYTES_MAX} bytes; split it", path.display());
    }
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(read(args.what, &name, &bytes))
}

/// Imports one file that was read.
///
/// # Errors
/// When the database fails.
pub async fn import(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    now: DateTime<Utc>,
    what: What,
    mut source: Source,
    dry_run: bool,
) -> Result<Report, Failure> {
    let mut report = Report {
        what,
        file: source.name.clone(),
        sha256: source.sha256,
        encoding: source.encoding,
        rows: source.rows,
        added: None,
        changed: None,
        unchanged: None,
        dry_run,
        written: false,
        ignored: std::mem::take(&mut source.ignored).into_iter().collect(),
        faults: Vec::new(),
        trial: None,
    };
    let (verdict, trial) = store::import(conn, jurisdiction, now, source, dry_run).await?;
    report.trial = trial;
    match verdict {
        Verdict::Refused(faults) => report.faults = faults,
        Verdict::Fit(tally) => {
            report.added = Some(tally.added);
            report.changed = Some(tally.changed);
            report.unchanged = Some(tally.unchanged);
            report.written = !dry_run;
        }
    }
    Ok(report)
}
