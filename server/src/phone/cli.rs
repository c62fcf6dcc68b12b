//! `anfang phone …`: a phone on the command line.

use std::{
    io::{BufRead, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anfang_protocol::{
    Code, Problem,
    client::{Network, Why, pace::Settings},
    command::Command,
    feed::Kind,
    ids::{CommandId, InspectionId},
    inspection::Void,
    site::Site,
};
use anyhow::Context;
use serde_json::json;

use super::{Credentials, Did, Draft, Ended, Options, Phone, Report, Result, Trouble, draft::all, journal};
use crate::clock::Clock;

/// A phone on the command line: signs in, keeps its state in a folder, records inspections offline, and syncs.
///
/// Killed at any point and started again, it goes on where it was.
#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_CODES, after_long_help = LONG_HELP)]
pub struct Args {
    /// The phone's folder: its key, its journal, its files of evidence. One person, one folder.
    #[arg(long, env = "ANFANG_PHONE_HOME", default_value = "phone", global = true)]
    home: PathBuf,

    #[command(subcommand)]
    command: What,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 broken (disk, damaged folder); 2 wrong usage; 3 not done yet, run it again; \
4 something was refused and needs a person; 5 sign in first; 6 another process has this folder.";

const LONG_HELP: &str = "\
A REPORT, as `record` reads it (JSON; all but `site` may be left out):

  {
    \"site\": \"990126101201\",                       code, name or id of a site in this phone's feed
    \"arrival\":   {\"at\": \"2026-11-22T01:10:00Z\", \"position\": [32.5321, 107.9012], \"accuracy_m\": 8},
    \"departure\": {\"at\": \"2026-11-22T01:50:00Z\"},  without `at`: now
    \"team\": [\"Wang Fang\"],
    \"checklists\": [{\"checklist\": \"household\", \"answers\": {
        \"water\": true,                              passes; false fails
        \"income\": 5200,                             a number
        \"roof\": {\"value\": false, \"note\": \"leaks\", \"photos\": [\"roof.jpg\"]},
        \"school\": {\"not_applicable\": \"no children\"}}}],
    \"findings\": [{\"item\": \"roof\", \"severity\": \"serious\", \"text\": \"屋顶漏雨\", \"photos\": [\"roof.jpg\"]}],
    \"photos\": {\"roof.jpg\": {\"source\": \"camera\", \"taken_at\": \"2026-11-22T01:20:00Z\", \"caption\": \"…\"}},
    \"interviews\": [{\"who\": \"head of household\", \"satisfaction\": 4}],
    \"notes\": \"for the team only\"
  }

States of a command: saved, sending (sent, no answer yet), waiting (the server could not do it now), blocked \
(waits for an earlier one), applied, rejected, conflict. States of a file: saved, declared, sending, received \
(the server's receipt is here), refused, given_up.

Exit codes: 0 done; 1 broken (disk, damaged folder); 2 wrong usage; 3 not done yet, run it again; \
4 something was refused and needs a person; 5 sign in first; 6 another process has this folder.";

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Sign in, and enrol this folder as a device the first time.
    SignIn(SignIn),
    /// Keep a report with its photos; needs no link.
    Record(Record),
    /// Void an inspection that was made in error; needs no link.
    Void {
        inspection: InspectionId,
        #[arg(long)]
        reason: String,
    },
    /// Send what there is to send, fetch what there is to see.
    Sync(Sync),
    /// Every command and every file, with its state and the reason.
    Status {
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// The sites in this phone's feed.
    Sites {
        /// Only those whose code or name has this in it.
        search: Option<String>,
        /// One JSON object per line.
        #[arg(long)]
        json: bool,
    },
    /// The inspections that this phone shows, its own unsent ones included. One JSON object per line.
    List,
    /// Throw away a refused command, or one that never went out, with all that follow it.
    Discard {
        id: CommandId,
        /// Its files need not be kept either, where nothing else names them.
        #[arg(long)]
        with_files: bool,
    },
    /// Give a refused command again under a new id, when its reason was removed.
    Again { id: CommandId },
    /// Delete this phone's copies of files that the server holds whole.
    Tidy,
}

#[derive(Debug, clap::Args)]
struct SignIn {
    #[arg(long, env = "ANFANG_SERVER")]
    server: String,
    #[arg(long)]
    login: String,
    /// Code of the jurisdiction, where the server has several.
    #[arg(long)]
    jurisdiction: Option<String>,
    /// Better in the environment; without it, the first line of standard input.
    #[arg(long, env = "ANFANG_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    /// What this device is called in the list of devices.
    #[arg(long, default_value = "anfang phone")]
    name: String,
}

#[derive(Debug, clap::Args)]
struct Record {
    /// The report (see `anfang phone --help`); `-`: standard input.
    file: PathBuf,
    /// A photo or video that the report names by its file name. May be given several times.
    #[arg(long = "photo", value_name = "FILE")]
    photos: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct Sync {
    /// Go on, waiting and trying again, until all is done.
    #[arg(long)]
    until_done: bool,
    /// Stay, and act on news as it comes. Ends with an interrupt.
    #[arg(long, conflicts_with = "until_done")]
    watch: bool,
    /// With --until-done: give up after this many seconds.
    #[arg(long, default_value_t = 86_400)]
    seconds: u64,
    /// Reach the server by this address instead of the one signed in at.
    #[arg(long)]
    via: Option<String>,
    /// The link is paid by the byte: videos wait for a better one.
    #[arg(long)]
    metered: bool,
    /// Seconds without a byte in either direction after which a connection is given up.
    #[arg(long, default_value_t = 45)]
    stall_seconds: u64,
    /// The longest wait between two tries, seconds.
    #[arg(long, default_value_t = 300)]
    backoff_seconds: u64,
}

/// Runs `anfang phone`.
pub async fn run(args: Args) -> ExitCode {
    match act(&args.home, args.command).await {
        Ok(code) => code,
        Err(trouble) => {
            eprintln!("anfang phone: {trouble}");
            code_of(&trouble)
        }
    }
}

const NOT_YET: u8 = 3;
const REFUSED: u8 = 4;

fn code_of(trouble: &Trouble) -> ExitCode {
    ExitCode::from(match trouble {
        Trouble::Broken(_) => 1,
        Trouble::Unreachable => NOT_YET,
        Trouble::Refused(problem) if problem.is(Code::TooManyRequests) => NOT_YET,
        Trouble::Refused(_) => REFUSED,
        Trouble::SignedOut(_) => 5,
        Trouble::Busy => 6,
    })
}

async fn act(home: &Path, what: What) -> Result<ExitCode> {
    match what {
        What::SignIn(sign_in) => self::sign_in(home, sign_in).await,
        What::Record(record) => self::record(home, &record),
        What::Void { inspection, reason } => void(home, inspection, reason),
        What::Sync(sync) => self::sync(home, sync).await,
        What::Status { json } => status(home, json),
        What::Sites { search, json } => sites(home, search.as_deref(), json),
        What::List => list(home),
        What::Discard { id, with_files } => {
            open(home)?.discard(id, with_files)?;
            Ok(ExitCode::SUCCESS)
        }
        What::Again { id } => {
            open(home)?.give_again(id)?;
            Ok(ExitCode::SUCCESS)
        }
        What::Tidy => {
            say(&json!({"freed_bytes": open(home)?.tidy()?}));
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn open(home: &Path) -> Result<Phone> {
    journal::must_exist(home)?;
    Phone::open(home, Options::default())
}

/// One line of JSON for programs that read along. A closed pipe is nobody's failure.
fn say(value: &serde_json::Value) {
    let _ = writeln!(std::io::stdout(), "{value}");
}

async fn sign_in(home: &Path, args: SignIn) -> Result<ExitCode> {
    let password = match args.password {
        Some(password) => password,
        None => {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line).context("reading the password")?;
            line.trim_end_matches(['\r', '\n']).to_owned()
        }
    };
    let mut phone = Phone::open(home, Options { name: args.name, ..Options::default() })?;
    let credentials = Credentials { jurisdiction: args.jurisdiction, login: args.login, password };
    phone.sign_in(&args.server, &credentials).await?;
    if let Some(session) = phone.session() {
        say(&json!({"account_id": session.account_id, "device_id": session.device_id}));
    }
    Ok(ExitCode::SUCCESS)
}

fn record(home: &Path, args: &Record) -> Result<ExitCode> {
    let mut phone = open(home)?;
    let text = match args.file.to_str() {
        Some("-") => std::io::read_to_string(std::io::stdin()),
        _ => std::fs::read_to_string(&args.file),
    };
    let text = text.with_context(|| format!("reading {}", args.file.display()))?;
    let draft: Draft = serde_json::from_str(&text)
        .map_err(|error| Problem::new(Code::CommandInvalid).detail(error.to_string()))?;
    let photos = args.photos.iter().map(|path| phone.keep_photo(path)).collect::<Result<Vec<_>>>()?;
    let clock = Clock::default();
    let drafted = draft.fill(phone.engine(), &photos, clock.now(), || clock.fresh_id())?;
    let inspection_id = drafted.submit.inspection_id;
    let id = phone.give(&Command::InspectionSubmit(Box::new(drafted.submit)), &photos)?;
    say(&json!({"command": id, "inspection_id": inspection_id, "flags": drafted.flags}));
    Ok(ExitCode::SUCCESS)
}

fn void(home: &Path, inspection_id: InspectionId, reason: String) -> Result<ExitCode> {
    let mut phone = open(home)?;
    if phone.engine().inspection(inspection_id.0).is_none() {
        return Err(Problem::new(Code::ItemUnknown).detail(inspection_id.to_string()).into());
    }
    let id = phone.give(&Command::InspectionVoid(Void { inspection_id, reason }), &[])?;
    say(&json!({"command": id, "inspection_id": inspection_id}));
    Ok(ExitCode::SUCCESS)
}

async fn sync(home: &Path, args: Sync) -> Result<ExitCode> {
    journal::must_exist(home)?;
    let backoff_max_ms = args.backoff_seconds.saturating_mul(1000);
    let settings = Settings { backoff_max_ms, ..Settings::default() };
    let stall = Duration::from_secs(args.stall_seconds.max(1));
    let mut phone = Phone::open(home, Options { settings, stall, ..Options::default() })?;
    if args.metered {
        phone.network = Network::Metered;
    }
    if let Some(via) = &args.via {
        phone.reach(via)?;
    }
    if args.watch {
        phone.watch().await?;
    }
    let ended = if args.until_done {
        phone.sync_until_done(Duration::from_secs(args.seconds)).await?
    } else {
        go_as_far_as_it_goes(&mut phone).await?
    };
    let report = phone.report();
    let traffic = phone.traffic();
    say(&json!({
        "done": ended == Ended::Done && report.done,
        "refused": report.refused().count(),
        "changes": report.changes,
        "sent_bytes": report.sent_bytes,
        "resumed_bytes": report.resumed_bytes,
        "traffic": traffic,
    }));
    Ok(match ended {
        Ended::NotYet(problem) => {
            if let Some(problem) = problem {
                eprintln!("anfang phone: not yet: {problem}");
            }
            ExitCode::from(NOT_YET)
        }
        Ended::Done if needs_a_person(&report) => ExitCode::from(REFUSED),
        Ended::Done if report.done => ExitCode::SUCCESS,
        // Videos wait for a link that is not paid by the byte.
        Ended::Done => ExitCode::from(NOT_YET),
    })
}

/// No waiting: stops where the first wait would begin.
async fn go_as_far_as_it_goes(phone: &mut Phone) -> Result<Ended> {
    loop {
        match phone.step().await? {
            Did::Went => {}
            Did::Waits(_, Why::Idle) => return Ok(Ended::Done),
            Did::Waits(_, Why::Offline) => return Ok(Ended::NotYet(None)),
            Did::Waits(_, Why::BackOff(problem)) => return Ok(Ended::NotYet(problem)),
        }
    }
}

fn needs_a_person(report: &Report) -> bool {
    report.refused().next().is_some() || report.files.iter().any(|file| file.state == "refused")
}

fn status(home: &Path, as_json: bool) -> Result<ExitCode> {
    journal::must_exist(home)?;
    let report = Report::of(&Phone::look(home)?);
    if as_json {
        say(&serde_json::to_value(&report).context("the report")?);
    } else {
        let mut out = std::io::stdout().lock();
        let _ = write_report(&mut out, &report);
    }
    Ok(if needs_a_person(&report) {
        ExitCode::from(REFUSED)
    } else if report.done {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(NOT_YET)
    })
}

fn write_report(out: &mut impl Write, report: &Report) -> std::io::Result<()> {
    for command in &report.commands {
        let why = command.problem.as_ref().map(|problem| format!("  {problem}")).unwrap_or_default();
        writeln!(out, "{:>5}  {:<9} {:<18} {}{why}", command.n, command.state, command.kind, command.id)?;
    }
    for file in &report.files {
        let why = file.problem.as_ref().map(|problem| format!("  {problem}")).unwrap_or_default();
        let name = file.name.as_deref().unwrap_or_default();
        let sha = file.sha256.to_string();
        writeln!(
            out,
            "       {:<9} {:>9}/{:<9} {} {}{why}",
            file.state,
            file.held,
            file.size,
            &sha[..12],
            name.escape_debug()
        )?;
    }
    writeln!(out, "{} items shown; {} changes pulled", report.items, report.changes)
}

fn sites(home: &Path, search: Option<&str>, as_json: bool) -> Result<ExitCode> {
    journal::must_exist(home)?;
    let engine = Phone::look(home)?;
    let found =
        |site: &Site| search.is_none_or(|text| site.code.contains(text) || site.name.zh.contains(text));
    let mut out = std::io::stdout().lock();
    for site in all::<Site>(&engine, &Kind::Site).filter(found) {
        let line = match as_json {
            true => serde_json::to_string(&site).context("a site")?,
            false => format!("{}  {:<12} {}", site.code, site.kind.as_str(), site.name.zh),
        };
        if writeln!(out, "{line}").is_err() {
            break;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(home: &Path) -> Result<ExitCode> {
    journal::must_exist(home)?;
    let engine = Phone::look(home)?;
    let shown = engine.shown();
    for (id, shown) in &shown {
        let is_one = shown.item.is_some_and(|item| item.kind == Kind::Inspection);
        let rev = shown.item.map(|item| item.rev);
        if let Some(inspection) = engine.inspection(*id).filter(|_| is_one || !shown.pending.is_empty()) {
            say(&json!({"pending": !shown.pending.is_empty(), "rev": rev, "inspection": inspection}));
        }
    }
    Ok(ExitCode::SUCCESS)
}
