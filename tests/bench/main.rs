//! `make bench`: how fast this server is on this machine, beside what Postgres and the disk do here by themselves.
//!
//! One run, one machine: each figure and what it is held against are measured in turns within the same minute, in
//! `ANFANG_BENCH_SECONDS` (default 5) seconds each, right behind a checkpoint. The server is the real program with
//! its usual settings on a Postgres with its usual settings, fsync on; only the limit on a device's requests is
//! off. The generator's own share of the processors is shown. A request that is not answered `applied` or stored
//! ends the bench, and at the end the rows are counted and the ledgers' chains are walked: failures are no work.

#![allow(clippy::disallowed_methods, reason = "a benchmark asks the clock itself")]

#[path = "../harness/device.rs"]
mod device;
mod disk;
#[path = "../harness/given.rs"]
#[allow(dead_code, reason = "the tests' own county is not used here")]
mod given;
mod ground;
mod http;
mod items;
mod load;
mod meter;
mod people;
mod pgbench;
mod photos;
mod proof;
mod pulls;
mod pushes;
mod reports;
mod rustus;
mod stages;
mod table;

use std::{path::Path, process::ExitCode};

use anfang::clock::Clock;
use serde_json::json;

use crate::{ground::Databases, stages::Bench};

fn main() -> ExitCode {
    let seconds =
        std::env::var("ANFANG_BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5.0);
    // One thread: what the generator does is then bounded by one processor, and easy to see.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(run(seconds)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(seconds: f64) -> anyhow::Result<()> {
    if cfg!(debug_assertions) {
        println!("Built without optimisation: the figures mean nothing. `make bench` builds as for use.");
    }
    println!("Setting up: a Postgres, nine counties, 30,000 households …");
    let databases = Databases::make().await?;
    let outcome = measure(&databases, seconds).await;
    databases.stop().await?;
    outcome
}

async fn measure(databases: &Databases, seconds: f64) -> anyhow::Result<()> {
    let server = ground::Server::start(databases)?;
    let mut bench = Bench::new(databases, &server, seconds)?;
    let outcome = bench.all().await;
    // What was measured before something failed is told all the same.
    table::print(&bench.figures, &bench.memory);
    outcome?;
    let proven = proof::check(databases, &bench.books).await?;
    let about = json!({
        "at": Clock::default().now(),
        "seconds": seconds,
        "processors": meter::processors(),
        "optimised": !cfg!(debug_assertions),
        "postgres": anfang::db::private::find_binaries()?,
    });
    println!("\n{proven}");
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../bench/latest.json");
    table::save(&path, &bench.figures, &bench.memory, about)?;
    println!("Written to target/bench/latest.json");
    server.stop()
}
