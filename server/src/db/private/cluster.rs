//! Making a cluster, and configuring it for a start.
//!
//! Promises: a cluster appears complete, with its role and database, or not at all: it is made beside its
//! place and renamed. Its configuration is written anew at each start, outside the cluster's own folder.
//! Never: touches the data of a cluster that exists.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Output, Stdio};

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;

use super::account::Account;
use super::binaries::Binaries;
use super::place::{Place, make_folder};
use super::settings;

/// The role of the server: owns its databases and may create more, but is no superuser, so that a hole
/// in a query does not become a shell on the machine.
pub(super) const ROLE: &str = "anfang";
/// The superuser of the cluster, for rescue work by hand; let in on the same terms.
const SUPERUSER: &str = "postgres";
/// Exists from the first start on.
const DATABASE: &str = "anfang";

/// C.UTF-8 for what is a letter, so that search ignores case in every script; C for order, so that an index
/// survives an update of the system's library and serves `LIKE 'x%'`. Plain C where C.UTF-8 is missing.
const LOCALES: [&[&str]; 2] = [&["--locale=C.UTF-8", "--lc-collate=C"], &["--locale=C"]];

/// The major version that made the cluster; `None` when there is no cluster yet.
pub(super) fn version(place: &Place) -> Result<Option<u32>> {
    let data = place.data();
    if !data.try_exists().with_context(|| format!("looking at {}", data.display()))? {
        return Ok(None);
    }
    let text = fs::read_to_string(data.join("PG_VERSION")).with_context(|| {
        format!("{} is no Postgres cluster: its PG_VERSION cannot be read", data.display())
    })?;
    let major =
        text.trim().parse().with_context(|| format!("PG_VERSION of {} says {text:?}", data.display()))?;
    Ok(Some(major))
}

/// Makes the cluster of `place`, in a few seconds; `careless` skips the flushing to disk.
pub(super) fn create(place: &Place, account: &Account, binaries: &Binaries, careless: bool) -> Result<()> {
    let staging = place.staging();
    tracing::info!(
        cluster = %place.folder().display(), version = binaries.version, user = account.name,
        "making a private Postgres cluster"
    );
    let mut complaints = String::new();
    let made =
        LOCALES.iter().find_map(|locale| match initialise(&staging, account, binaries, locale, careless) {
            Ok(()) => Some(()),
            Err(error) => {
                complaints = format!("{error:#}");
                None
            }
        });
    if made.is_none() {
        bail!("Postgres could not make a cluster in {}: {complaints}", place.folder().display());
    }
    add_database(&staging, account, binaries, careless)?;
    fs::rename(&staging, place.data()).context("putting the new cluster in its place")?;
    File::open(place.folder()).and_then(|folder| folder.sync_all()).context("flushing the cluster's folder")
}

fn initialise(
    staging: &Path,
    account: &Account,
    binaries: &Binaries,
    locale: &[&str],
    careless: bool,
) -> Result<()> {
    if staging.try_exists()? {
        fs::remove_dir_all(staging).context("removing a half-made cluster")?;
    }
    make_folder(staging, 0o700).with_context(|| format!("making {}", staging.display()))?;
    account.own(staging)?;
    let mut command = account.command(&binaries.program("initdb"), staging, Signal::SIGKILL);
    command.arg("--pgdata").arg(staging).args([
        "--username",
        SUPERUSER,
        "--encoding=UTF8",
        "--data-checksums",
    ]);
    command.args(["--auth-local=peer", "--auth-host=reject", "--no-instructions"]).args(locale);
    if careless {
        command.arg("--no-sync");
    }
    let output = command.stdin(Stdio::null()).output().context("running initdb")?;
    accept("initdb", &output)
}

/// In single-user mode: before anybody could connect, and with no client program.
fn add_database(staging: &Path, account: &Account, binaries: &Binaries, careless: bool) -> Result<()> {
    let mut command = account.command(&binaries.program("postgres"), staging, Signal::SIGKILL);
    command.arg("--single").arg("-D").arg(staging).args([
        "-c",
        "exit_on_error=on",
        "-c",
        "log_checkpoints=off",
    ]);
    if careless {
        command.args(["-c", "fsync=off"]);
    }
    command.arg("postgres").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().context("running postgres --single")?;
    let statements = format!("CREATE ROLE {ROLE} LOGIN CREATEDB\nCREATE DATABASE {DATABASE} OWNER {ROLE}\n");
    let told = child.stdin.take().map(|mut input| input.write_all(statements.as_bytes()));
    let output = child.wait_with_output().context("waiting for postgres --single")?;
    accept("postgres --single", &output)?;
    told.transpose().context("writing to postgres --single")?;
    Ok(())
}

fn accept(program: &str, output: &Output) -> Result<()> {
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text.trim().lines().collect();
    bail!("{program} ended with {}: {}", output.status, lines[lines.len().saturating_sub(12)..].join("\n"))
}

/// Writes `postgresql.conf`, `pg_hba.conf` and `pg_ident.conf`.
pub(super) fn configure(place: &Place, account: &Account, extra: &[(String, String)]) -> Result<()> {
    let conf = place.conf();
    if !conf.is_dir() {
        // Readable for the cluster's user, writable for ours; who may come this far, the folder above says.
        make_folder(&conf, 0o755).with_context(|| format!("making {}", conf.display()))?;
    }
    let head = "# Written by Anfang at each start: changes made here are lost.\n";
    let hba = [ROLE, SUPERUSER].map(|role| format!("local all {role} peer map=anfang\n")).concat();
    let mut ident = String::from(head);
    for user in account.welcome() {
        // Quoted, for a user of a directory service may be called `firm\anna` or have a space.
        let user = user.replace('"', "\"\"");
        ident.push_str(&format!("anfang \"{user}\" {ROLE}\nanfang \"{user}\" {SUPERUSER}\n"));
    }
    let files = [
        ("postgresql.conf", settings::postgresql_conf(extra)),
        ("pg_hba.conf", format!("{head}{hba}")),
        ("pg_ident.conf", ident),
    ];
    for (name, text) in files {
        let path = conf.join(name);
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        // Whatever root's umask: the cluster's user reads them.
        fs::set_permissions(&path, PermissionsExt::from_mode(0o644))
            .with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}
