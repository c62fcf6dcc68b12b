//! `anfang demo`: a server with a county in it, one day of inspections, and what a supervisor then sees.

use std::{sync::Arc, time::Duration};

use anfang_protocol::{Code, ids::JurisdictionId, people::Role};
use anyhow::Context;
use chrono::TimeDelta;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde::Serialize;

use super::{
    camera,
    county::{self, County},
    day::{self, Day, Event, Figures},
    store::{self, Totals},
    weeks::{self, Weeks},
};
use crate::{
    app::{self, Running},
    auth::{
        Passwords,
        accounts::{self, NewAccount},
        grants,
        jurisdictions::{self, NewJurisdiction},
        standing::Standing,
    },
    clock::Clock,
    config::Serve,
    db::Conn,
    failure::Failure,
    ledger::verify,
    phone::Credentials,
};

/// `anfang demo`.
#[derive(Debug, Clone, clap::Args)]
pub struct Demo {
    #[command(flatten)]
    pub serve: Serve,

    /// Print the figures as one JSON object in the last line, and stop.
    #[arg(long)]
    pub once: bool,

    /// Phones that go out.
    #[arg(long, default_value_t = 6)]
    pub phones: usize,

    /// Inspections that each phone makes.
    #[arg(long, default_value_t = 5)]
    pub inspections: usize,
}

/// Of everybody in the demonstration. Its server listens on this machine only unless told otherwise.
const PASSWORD: &str = "anfang-demo-2026";
/// Whose view is shown at the end.
const SUPERVISOR: &str = "supervisor1";
const SEED: u64 = 20_201_121;

/// What `--once` prints in the end.
#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    day: Figures,
    total: Totals,
    /// Items of the ledger, after the weeks.
    items: Option<store::Items>,
    notices: i64,
    plans_unsealed: i64,
    ledger_ok: bool,
}

/// Plays the demonstration.
///
/// # Errors
/// When the server cannot start, or a phone cannot finish its day.
pub async fn run(demo: Demo) -> anyhow::Result<()> {
    let bars = MultiProgress::new();
    let starting = spinner(&bars, "数据库与服务器启动 / starting Postgres and the server");
    let running = app::start(demo.serve.clone()).await?;
    starting.finish();
    let told = tokio::select! {
        told = story(&demo, &running, &bars) => told?,
        // Its phones would try for ever to reach a server that lets nobody in.
        () = running.told_to_stop() => {
            println!("\n停止，数据保留 / stopped; the data stay for the next time.");
            return running.wait().await;
        }
    };
    if demo.once {
        running.stop().await?;
        println!("{}", serde_json::to_string(&told)?);
        anyhow::ensure!(told.ledger_ok, "the ledger does not verify");
        return Ok(());
    }
    println!("\n按 Ctrl-C 停止 / Ctrl-C stops it; the data stay for the next time.");
    running.wait().await
}

/// Everything that is played, and what came of it.
async fn story(demo: &Demo, running: &Running, bars: &MultiProgress) -> anyhow::Result<Told> {
    let clock = running.clock.clone();
    let jurisdiction = JurisdictionId::of(county::JURISDICTION);
    let mut conn = running.db.conn().await?;
    // Of an earlier run, what was begun goes on from today; else the story begins weeks ago and ends today.
    let is_new = store::totals(&mut conn, jurisdiction).await?.inspections == 0;
    if is_new {
        clock.advance(TimeDelta::days(-weeks::DAYS));
    }
    let county = county::draw(jurisdiction, SEED, county::HOUSEHOLDS_DEMO);
    let loading = spinner(bars, "虚构县数据 / the fictional county");
    load(&mut conn, &clock, jurisdiction, &county).await?;
    loading.finish();
    let before = store::totals(&mut conn, jurisdiction).await?;
    drop(conn);
    let figures =
        play(demo, &clock, &county, running.address, before.inspections.unsigned_abs(), bars).await?;
    if is_new {
        follow(demo, running, &county, bars).await.context("the weeks")?;
    }
    let mut conn = running.db.conn().await?;
    let by_township = store::items(&mut conn, jurisdiction, clock.now()).await?;
    let (notices, plans_unsealed) = store::told(&mut conn, jurisdiction).await?;
    let total = store::totals(&mut conn, jurisdiction).await?;
    let chain = verify::verify(&mut conn, jurisdiction).await?;
    let seen = store::townships(&mut conn, jurisdiction, SUPERVISOR).await?;
    drop(conn);
    tell_day(&county, &figures, &total, &seen, &chain);
    tell_items(&by_township, notices);
    tell_doors(&county, running.address);
    let items = by_township.into_iter().next_back();
    Ok(Told { day: figures, total, items, notices, plans_unsealed, ledger_ok: chain.ok() })
}

fn spinner(bars: &MultiProgress, text: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    let bar = bars.add(ProgressBar::new_spinner().with_style(style).with_message(text));
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// The county with its people. What is there already stays as it is.
async fn load(
    conn: &mut Conn,
    clock: &Clock,
    jurisdiction: JurisdictionId,
    county: &County,
) -> anyhow::Result<()> {
    let new = NewJurisdiction {
        code: county.code.into(),
        name: county.name.clone(),
        time_zone: "Asia/Shanghai".into(),
        root: None,
    };
    jurisdictions::set_up(conn, clock, &new).await?;
    county::load(conn, jurisdiction, clock.now(), county).await?;
    let password_hash = Passwords::default().hash(PASSWORD.to_owned()).await?;
    for person in &county.people {
        let new = NewAccount {
            login: person.login.clone(),
            name: person.name.clone(),
            password_hash: password_hash.clone(),
            standing: Standing::Active,
            unit: person.unit,
        };
        let account = match accounts::create(conn, clock, jurisdiction, &new).await {
            // Of an earlier run: with its grants.
            Err(Failure::Refused(problem)) if problem.is(Code::ItemExists) => continue,
            made => made?,
        };
        for (role, scope) in &person.grants {
            grants::give(conn, clock, jurisdiction, None, account, role.clone(), *scope).await?;
        }
    }
    Ok(())
}

async fn play(
    demo: &Demo,
    clock: &Clock,
    county: &County,
    server: std::net::SocketAddr,
    seed: u64,
    bars: &MultiProgress,
) -> anyhow::Result<Figures> {
    let inspectors =
        county.people.iter().filter(|p| p.grants.iter().any(|(role, _)| *role == Role::Inspector));
    let people = inspectors.take(demo.phones).map(|person| Credentials {
        jurisdiction: Some(county.code.into()),
        login: person.login.clone(),
        password: PASSWORD.into(),
    });
    let day = Day {
        server,
        people: people.collect(),
        folder: demo.serve.home.data_dir.join("phones"),
        inspections_each: demo.inspections,
        seed,
        camera: camera::photo,
        bytes_per_second: 400_000,
        clock: clock.clone(),
        watch: watch(demo, bars),
    };
    day::play(day).await.context("the day")
}

/// The weeks after the day, up to now.
async fn follow(demo: &Demo, running: &Running, county: &County, bars: &MultiProgress) -> anyhow::Result<()> {
    let style = ProgressStyle::with_template("  {bar:30} {pos}/{len} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let days = bars.add(ProgressBar::new(weeks::DAYS.unsigned_abs()).with_style(style));
    days.set_message("交办、整改、验收、销号 / handed over, put right, verified (days)");
    let played = Weeks {
        base: format!("http://{}", running.address),
        folder: demo.serve.home.data_dir.join("phones"),
        password: PASSWORD,
        county,
        jurisdiction: JurisdictionId::of(county::JURISDICTION),
        camera: camera::photo,
        clock: running.clock.clone(),
        db: running.db.clone(),
        passes: &|day| days.set_position(day.unsigned_abs()),
    };
    weeks::play(&played).await?;
    days.finish();
    Ok(())
}

/// The problem list by township.
fn tell_items(by_township: &[store::Items], notices: i64) {
    println!(
        "\n问题清单 / the problem list (在账 open, 销号 closed, 退回 returned, 挂账 suspended, 逾期 overdue, \
         约谈 summoned, 反弹 relapsed), {notices} 条通知 / notices:"
    );
    for t in by_township {
        println!(
            "  {:>3} {:>3} {:>3} {:>3} {:>3} {:>3} {:>3}  {}",
            t.open,
            t.closed,
            t.returned,
            t.suspended,
            t.overdue,
            t.summoned,
            t.relapsed,
            t.name.as_deref().unwrap_or("合计 / all")
        );
    }
}

fn watch(demo: &Demo, bars: &MultiProgress) -> day::Watch {
    let counted = |text: &'static str, length: usize| {
        let style = ProgressStyle::with_template("  {bar:30} {pos}/{len} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        bars.add(ProgressBar::new(length as u64).with_style(style).with_message(text))
    };
    let visits = counted("离线暗访 / inspections, offline", demo.phones * demo.inspections);
    let style = ProgressStyle::with_template("  {bar:30} {bytes}/{total_bytes} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let sent = bars.add(
        ProgressBar::new(0).with_style(style).with_message("断点续传 / photos, over a link that breaks"),
    );
    Arc::new(move |event| match event {
        Event::Inspected => visits.inc(1),
        Event::CameBack { bytes } => sent.inc_length(bytes),
        Event::Sent { bytes } => sent.inc(bytes),
        Event::Left | Event::Photographed | Event::Done => {}
    })
}

fn tell_day(
    county: &County,
    day: &Figures,
    total: &Totals,
    seen: &[store::Township],
    chain: &verify::Report,
) {
    println!("\n{} ({}): {} areas, {} sites", county.name.zh, county.code, total.areas, total.sites);
    println!(
        "今日 / today: {} phones, {} inspections, {} findings, {} photos stored; the link was lost {} times, \
         {} of {} bytes did not have to be sent again",
        day.phones,
        day.inspections,
        day.findings,
        day.evidence_stored,
        day.links_lost,
        day.bytes_resumed,
        day.bytes_uploaded
    );
    let state = match &chain.broken {
        None => "完整 / whole".to_owned(),
        Some(broken) => format!("断裂 / BROKEN: {broken:?}"),
    };
    println!("账本 / ledger: {} entries, {state}", total.ledger_entries);
    println!(
        "\n{SUPERVISOR} 看到 / sees (暗访 inspections, 一票否决 vetoed, 问题 findings, 严重 grave, 照片 photos):"
    );
    for t in seen {
        println!(
            "  {:>3} {:>3} {:>3} {:>3} {:>3}  {}",
            t.inspections, t.vetoed, t.findings, t.grave, t.photos, t.name
        );
    }
}

/// Where to go, and as whom: last, so that it stands where the eyes are.
fn tell_doors(county: &County, address: std::net::SocketAddr) {
    println!("\n  http://{address}/              督查台 / the desk");
    println!("  http://{address}/field/        外勤应用 / the field app");
    println!("  http://{address}/docs/         接口说明 / the interface, browsable");
    println!("  http://{address}/v1/inspections  (sign in first: POST /v1/sessions)");
    println!("\n登录 / sign-ins (jurisdiction {}, password {PASSWORD}):", county.code);
    for login in
        ["admin", SUPERVISOR, "leader1", "inspector1a", "officer-township-08", "verifier1", "auditor"]
    {
        if let Some(person) = county.people.iter().find(|p| p.login == login) {
            let roles: Vec<&str> = person.grants.iter().take(1).map(|(role, _)| role.as_str()).collect();
            println!("  {login:<20} {} ({})", person.name, roles.join(", "));
        }
    }
    println!(
        "\n  anfang phone --home /tmp/phone sign-in --server http://{address} --jurisdiction {} --login inspector6a",
        county.code
    );
}
