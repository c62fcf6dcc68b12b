//! What is measured on: a private Postgres with its usual settings (fsync on), fictional counties, a real server.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anfang::{
    auth::{
        Passwords,
        jurisdictions::{self, NewJurisdiction},
    },
    clock::Clock,
    db::{
        Conn, migrate,
        private::{Options, PrivatePostgres},
    },
    import::{self, What, command},
};
use anfang_protocol::{
    area::AreaLevel,
    people::{Role, Scope},
    words::Words,
};
use anyhow::{Context, bail};
use diesel_async::{AsyncConnection, SimpleAsyncConnection};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::given::{self, County};

/// The county of most measurements; the next seven join it where eight write at once.
pub const COUNTIES: [County; 8] = [
    County("981000"),
    County("981100"),
    County("981200"),
    County("981300"),
    County("981400"),
    County("981500"),
    County("981600"),
    County("981700"),
];
/// The county whose feed grows to a million rows.
pub const LONG_COUNTY: County = County("981900");
/// The county whose ledger has a million items.
pub const LEDGER_COUNTY: County = County("982000");
/// Officer of one village's unit.
pub const OFFICER: &str = "officer";

/// Townships of each county.
pub const TOWNSHIPS: u32 = 20;
const VILLAGES: u32 = 8;
/// Households in each village: of the first county (30,000 in all, as a real one has), and of the others.
const HOUSEHOLDS: u32 = 188;
const HOUSEHOLDS_OF_OTHERS: u32 = 7;
/// Inspectors of the first county, and of each other one.
pub const INSPECTORS: usize = 32;
pub const INSPECTORS_OF_OTHERS: usize = 16;
/// Inspector of the first township only: his first sync is measured.
pub const NEWCOMER: &str = "newcomer";
pub const SUPERVISOR: &str = "supervisor";

/// Where all of it lives, below the build's folder: the file system that is measured is that one.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench")
}

/// Databases of a run.
pub struct Databases {
    postgres: PrivatePostgres,
}

impl Databases {
    /// The database of the server.
    pub const MAIN: &str = "bench";
    /// The same schema and counties: into it Postgres inserts by itself.
    pub const BASELINE: &str = "baseline";

    pub async fn make() -> anyhow::Result<Self> {
        let options = Options { data_dir: folder(), settings: Vec::new() };
        let postgres = tokio::task::spawn_blocking(|| PrivatePostgres::start(options)).await??;
        let databases = Databases { postgres };
        let mut root = databases.conn("anfang").await?;
        for name in [Self::MAIN, Self::BASELINE] {
            root.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
        }
        root.batch_execute(&format!("CREATE DATABASE {}", Self::MAIN)).await?;
        let url = databases.url(Self::MAIN);
        migrate::migrate(&url).await?;
        fill(&mut databases.conn(Self::MAIN).await?).await?;
        let copy = format!("CREATE DATABASE {} TEMPLATE {}", Self::BASELINE, Self::MAIN);
        root.batch_execute(&copy).await.context("copying the filled database")?;
        for name in [Self::MAIN, Self::BASELINE] {
            databases.conn(name).await?.batch_execute("ANALYZE").await?;
        }
        Ok(databases)
    }

    pub fn url(&self, name: &str) -> String {
        self.postgres.url(name)
    }

    pub async fn conn(&self, name: &str) -> anyhow::Result<Conn> {
        Conn::establish(&self.url(name)).await.with_context(|| format!("connecting to {name}"))
    }

    pub fn postmaster(&self) -> anyhow::Result<u32> {
        self.postgres.pid().context("Postgres is not running")
    }

    /// Both sides of a comparison begin alike: right behind a checkpoint, where the log is dearest.
    pub async fn checkpoint(&self) -> anyhow::Result<()> {
        let url = self.url("postgres").replacen("//anfang@", "//postgres@", 1);
        Conn::establish(&url).await?.batch_execute("CHECKPOINT").await?;
        Ok(())
    }

    pub async fn stop(self) -> anyhow::Result<()> {
        Ok(tokio::task::spawn_blocking(move || self.postgres.stop()).await?)
    }
}

async fn fill(conn: &mut Conn) -> anyhow::Result<()> {
    let hash = Passwords::default().hash(given::PASSWORD.to_owned()).await?;
    for (i, county) in COUNTIES.into_iter().enumerate() {
        let first = i == 0;
        set_up(conn, county, if first { HOUSEHOLDS } else { HOUSEHOLDS_OF_OTHERS }).await?;
        for n in 0..if first { INSPECTORS } else { INSPECTORS_OF_OTHERS } {
            let scope = Scope::Area(county.area(""));
            given::person(conn, county, &inspector(n), &hash, Role::Inspector, scope).await;
        }
    }
    let township = Scope::Area(COUNTIES[0].area(&township(0)));
    given::person(conn, COUNTIES[0], NEWCOMER, &hash, Role::Inspector, township).await;
    set_up(conn, LONG_COUNTY, HOUSEHOLDS_OF_OTHERS).await?;
    for (login, role) in [(inspector(0), Role::Inspector), (SUPERVISOR.into(), Role::Supervisor)] {
        given::person(conn, LONG_COUNTY, &login, &hash, role, Scope::Area(LONG_COUNTY.area(""))).await;
    }
    set_up(conn, LEDGER_COUNTY, 1).await?;
    import(conn, LEDGER_COUNTY, What::Units, units(LEDGER_COUNTY)).await?;
    let officer = Scope::Unit(LEDGER_COUNTY.unit(&unit(&villages(5).next().unwrap_or_default())));
    given::person(conn, LEDGER_COUNTY, OFFICER, &hash, Role::UnitOfficer, officer).await;
    let everywhere = Scope::Area(LEDGER_COUNTY.area(""));
    given::person(conn, LEDGER_COUNTY, SUPERVISOR, &hash, Role::Supervisor, everywhere).await;
    Ok(())
}

async fn import(conn: &mut Conn, county: County, what: What, text: String) -> anyhow::Result<()> {
    let source = import::read(what, "bench.csv", text.as_bytes());
    let report = command::import(conn, county.id(), Clock::default().now(), what, source, false).await?;
    if !report.ok() {
        bail!("the county does not import: {report}");
    }
    Ok(())
}

/// Code of a village's unit.
pub fn unit(village: &str) -> String {
    format!("U{village}")
}

fn units(county: County) -> String {
    let rows = (0..TOWNSHIPS)
        .flat_map(villages)
        .map(|village| format!("{},{village}村委会,village,{}{village}\n", unit(&village), county.0));
    ["code,name,kind,area_code\n".to_owned()].into_iter().chain(rows).collect()
}

async fn set_up(conn: &mut Conn, county: County, households: u32) -> anyhow::Result<()> {
    let clock = Clock::default();
    let new = NewJurisdiction {
        code: county.0.into(),
        name: Words::new("量度县", "Measured County"),
        time_zone: "Asia/Shanghai".into(),
        root: Some(AreaLevel::County),
    };
    jurisdictions::set_up(conn, &clock, &new).await?;
    import(conn, county, What::Areas, areas(county)).await?;
    import(conn, county, What::Sites, sites(county, households)).await?;
    let checklists = command::shipped();
    command::import(conn, county.id(), clock.now(), What::Checklists, checklists, false).await?;
    Ok(())
}

pub fn inspector(n: usize) -> String {
    format!("inspector{n}")
}

/// Code of a township within its county.
pub fn township(n: u32) -> String {
    (101 + n).to_string()
}

pub fn villages(township_n: u32) -> impl Iterator<Item = String> {
    (0..VILLAGES).map(move |v| format!("{}{}", township(township_n), 201 + v))
}

fn areas(county: County) -> String {
    let c = county.0;
    let mut text = String::from("code,name_zh,name_en,level,parent_code\n");
    text.push_str(&format!("{c}000000,量度县,Measured County,county,\n"));
    for t in 0..TOWNSHIPS {
        let code = township(t);
        text.push_str(&format!("{c}{code}000,第{t}镇,Township {t},township,{c}000000\n"));
        for village in villages(t) {
            text.push_str(&format!("{c}{village},{village}村,,village,{c}{code}000\n"));
        }
    }
    text
}

fn sites(county: County, households: u32) -> String {
    let c = county.0;
    let mut text =
        String::from("code,name_zh,kind,area_code,latitude,longitude,radius_m,head,members,state\n");
    for village in (0..TOWNSHIPS).flat_map(villages) {
        for n in 0..households {
            text.push_str(&format!(
                "H{village}-{n},张家{n}户,household,{c}{village},34.0,104.0,200,张{n},4,not_lifted\n"
            ));
        }
    }
    text
}

/// Codes of the households of a township.
pub fn households(county: County, township_n: u32) -> Vec<String> {
    let count = if county.0 == COUNTIES[0].0 { HOUSEHOLDS } else { HOUSEHOLDS_OF_OTHERS };
    villages(township_n).flat_map(|village| (0..count).map(move |n| format!("H{village}-{n}"))).collect()
}

/// A running `anfang serve` with the settings that it has by itself, the limit on a device's requests apart.
pub struct Server {
    child: Child,
    /// As `127.0.0.1:8620`.
    pub address: String,
}

impl Server {
    pub fn start(databases: &Databases) -> anyhow::Result<Self> {
        let data = folder().join("server");
        if data.exists() {
            fs::remove_dir_all(&data)?;
        }
        let log = File::create(folder().join("server.log"))?;
        let mut child = Command::new(env!("CARGO_BIN_EXE_anfang"))
            .arg("serve")
            .env("ANFANG_LISTEN", "127.0.0.1:0")
            .env("ANFANG_REQUESTS_PER_SECOND", "0")
            .env("ANFANG_DATA_DIR", &data)
            .env("DATABASE_URL", databases.url(Databases::MAIN))
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("starting the server")?;
        let mut lines = BufReader::new(child.stdout.take().context("its output")?).lines();
        let line = lines.next().context("the server did not start; see server.log")??;
        let address = line.split("http://").nth(1).context("an address")?.to_owned();
        // Go on reading, or a full pipe would stop the server.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Server { child, address })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn stop(mut self) -> anyhow::Result<()> {
        kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGTERM)?;
        let until = Instant::now() + Duration::from_secs(40);
        while self.child.try_wait()?.is_none() {
            if Instant::now() > until {
                bail!("the server does not stop");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
