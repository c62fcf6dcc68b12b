//! The one binary: serve, work, administer, import, verify, be a phone, show a day.

use std::{process::ExitCode, time::Duration};

use anfang::{
    app, auth,
    clock::Clock,
    config, demo, failpoint, home,
    import::command::{self as import, Import},
    ledger, phone, webhooks, worker,
};
use anfang_protocol::{ids::JurisdictionId, plan::DrawFile};
use anyhow::Context;
use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// Unannounced inspections, from an offline phone to evidence that stands.
#[derive(Parser)]
#[command(name = "anfang", version, about, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Answer phones and desks; run the chores beside.
    Serve(config::Serve),
    /// Run the chores only (beside servers that use the same database and blobs).
    Work(config::Serve),
    /// Bring the database up to date and stop.
    Migrate(config::Home),
    /// Jurisdictions, accounts, grants, devices, keys.
    Admin(Administer),
    /// Load areas, units, sites, checklists from files: all or nothing.
    Import(Import),
    /// Check what is kept.
    #[command(subcommand)]
    Verify(Verify),
    /// Be a phone: record inspections offline, and sync.
    Phone(phone::cli::Args),
    /// Where notices are sent to.
    Webhook(webhooks::command::Args),
    /// A county that does not exist, a day, several phones; then what the supervisor sees.
    Demo(demo::show::Demo),
}

#[derive(clap::Args)]
struct Administer {
    #[command(flatten)]
    home: config::Home,
    #[command(flatten)]
    admin: auth::admin::Admin,
}

#[derive(Subcommand)]
enum Verify {
    /// Walk the ledger's chain of hashes from the first entry to the last.
    Ledger {
        #[command(flatten)]
        home: config::Home,
        /// Code of the jurisdiction.
        #[arg(long)]
        jurisdiction: String,
    },
    /// Repeat the draw of a plan, from the file that `GET /v1/plans/{id}/draw` gives. Needs no server.
    Draw { file: std::path::PathBuf },
}

fn main() -> ExitCode {
    // First of all: the process that decodes foreign files must not read configuration or start threads.
    if std::env::args().nth(1).as_deref() == Some(anfang_media::WORKER_SUBCOMMAND) {
        return anfang_media::worker_main();
    }
    give_large_blocks_back();
    let cli = Cli::parse();
    failpoint::arm();
    log_to_stderr();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("anfang: no threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(run(cli.command)).unwrap_or_else(|error| {
        eprintln!("anfang: {error:#}");
        ExitCode::FAILURE
    });
    // What was under way has ended; a thread that still draws a picture for the demonstration is not waited for.
    runtime.shutdown_timeout(Duration::from_secs(2));
    code
}

/// glibc takes the size of a large block that is given back for the size from which on blocks are worth giving back: after
/// a few sign-ins, each of which takes 19 MiB for a moment, half a gigabyte stays with the process. Where the size is set,
/// it does not learn.
fn give_large_blocks_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        const BYTES: libc::c_int = 1 << 20;
        // SAFETY: sets a number in the allocator, before there is any other thread.
        unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, BYTES) };
    }
}

/// Structured logs (JSON) unless a person reads along; `ANFANG_LOG` chooses what (default `info`).
fn log_to_stderr() {
    use std::io::IsTerminal;
    let filter = EnvFilter::try_from_env("ANFANG_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() { logs.init() } else { logs.json().flatten_event(true).init() }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(config) => app::serve(config).await?,
        Command::Work(config) => worker::work(config).await?,
        Command::Migrate(home) => home::visit(&home).await?.close().await,
        Command::Admin(Administer { home, admin }) => {
            let secret = auth::Secret::of(&home)?;
            let opened = home::visit(&home).await?;
            let done = match opened.db.conn().await {
                Ok(mut conn) => auth::admin::run(admin, &mut conn, &Clock::default(), &secret).await,
                Err(failure) => Err(failure.into()),
            };
            opened.close().await;
            done?;
        }
        Command::Webhook(args) => {
            let secret = auth::Secret::of(&args.home)?;
            let opened = home::visit(&args.home).await?;
            let done = match opened.db.conn().await {
                Ok(mut conn) => webhooks::command::run(&args, &mut conn, &Clock::default(), &secret).await,
                Err(failure) => Err(failure.into()),
            };
            opened.close().await;
            done?;
        }
        Command::Import(import) => return load(import).await,
        Command::Verify(Verify::Ledger { home, jurisdiction }) => return verify(&home, &jurisdiction).await,
        Command::Verify(Verify::Draw { file }) => return verify_draw(&file),
        Command::Demo(args) => demo::show::run(args).await?,
        Command::Phone(args) => return Ok(phone::cli::run(args).await),
    }
    Ok(ExitCode::SUCCESS)
}

async fn load(args: Import) -> anyhow::Result<ExitCode> {
    let opened = home::visit(&args.home).await?;
    let report = match opened.db.conn().await {
        Ok(mut conn) => import::run(&mut conn, Clock::default().now(), &args).await,
        Err(failure) => Err(failure.into()),
    };
    opened.close().await;
    let report = report?;
    if args.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        println!("{report}");
    }
    Ok(if report.ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn verify_draw(path: &std::path::Path) -> anyhow::Result<ExitCode> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let file: DrawFile = serde_json::from_str(&text).context("this is no record of a draw")?;
    match file.verify() {
        Ok(()) => {
            println!("draw: {} of {} sites, as committed to", file.sites.len(), file.draw.frame.len());
            Ok(ExitCode::SUCCESS)
        }
        Err(problem) => {
            println!("draw: {problem}");
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn verify(home: &config::Home, code: &str) -> anyhow::Result<ExitCode> {
    let opened = home::visit(home).await?;
    let report = match opened.db.conn().await {
        Ok(mut conn) => ledger::verify::verify(&mut conn, JurisdictionId::of(code)).await,
        Err(failure) => Err(failure),
    };
    opened.close().await;
    let report = report?;
    match report.broken {
        None => println!("ledger of {code}: {} entries, whole", report.entries),
        Some((seq, why)) => println!("ledger of {code}: broken at entry {seq}: {why}"),
    }
    Ok(if report.ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
