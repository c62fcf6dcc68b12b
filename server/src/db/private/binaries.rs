//! Which Postgres of this machine to use.
//!
//! Promises: what it returns has `postgres` and `initdb`, and the major version it says.
//! Never: downloads or installs; that is the Makefile's.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

/// Older ones let everybody create tables in `public`, and leave their security fixes in 2026.
const OLDEST_MAJOR: u32 = 15;

/// Where packages put what is not in PATH; at most one `*` in a part of a path.
const FOLDERS: &[&str] = &[
    "/usr/lib/postgresql/*/bin",  // Debian, Ubuntu
    "/usr/pgsql-*/bin",           // RPMs of postgresql.org
    "/usr/libexec/postgresql*",   // Alpine
    "/usr/lib/postgresql*/bin",   // openSUSE
    "/usr/lib64/postgresql*/bin", // Gentoo
    "/usr/local/pgsql/bin",       // built from source
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin", // Homebrew on Intel
    "/Applications/Postgres.app/Contents/Versions/*/bin",
];

/// The programs of one Postgres version.
#[derive(Debug, Clone)]
pub(super) struct Binaries {
    pub folder: PathBuf,
    pub major: u32,
    /// As it tells it itself, e.g. `15.18 (Debian 15.18-0+deb12u1)`.
    pub version: String,
}

impl Binaries {
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// The newest one from 15 on, for a new cluster.
pub(super) fn find_newest() -> Result<Binaries> {
    let all = find_all()?;
    let seen = listed(&all);
    // `max_by_key` takes the last of equals; reversed, the first: PATH goes before the folders.
    match all.into_iter().rev().filter(|found| found.major >= OLDEST_MAJOR).max_by_key(|found| found.major) {
        Some(found) => Ok(found),
        None => bail!(
            "no Postgres {OLDEST_MAJOR} or newer on this machine ({seen}). Install the package `postgresql` \
             (Debian, Ubuntu, Arch) or `postgresql-server` (Fedora, RHEL), or name a folder with \
             `postgres` and `initdb` in ANFANG_PG_BIN, or a running server in DATABASE_URL"
        ),
    }
}

/// The one that an existing cluster needs: Postgres reads the files of its own major version only.
pub(super) fn find_major(major: u32, cluster: &Path) -> Result<Binaries> {
    let all = find_all()?;
    let seen = listed(&all);
    match all.into_iter().find(|found| found.major == major) {
        Some(found) => Ok(found),
        None => bail!(
            "the cluster in {} was made by Postgres {major}, which this machine does not have ({seen}). \
             Install the package `postgresql-{major}` (Debian) or `postgresql{major}-server` (RPM), or \
             name its folder in ANFANG_PG_BIN. To move to another version: dump with {major}, restore into \
             a new cluster",
            cluster.display()
        ),
    }
}

fn listed(all: &[Binaries]) -> String {
    if all.is_empty() {
        return "none was found".into();
    }
    let each: Vec<String> = all.iter().map(|b| format!("{} in {}", b.major, b.folder.display())).collect();
    format!("found: {}", each.join(", "))
}

fn find_all() -> Result<Vec<Binaries>> {
    if let Some(only) = std::env::var_os("ANFANG_PG_BIN").filter(|value| !value.is_empty()) {
        let only = PathBuf::from(only);
        return match examine(&only) {
            Some(found) => Ok(vec![found]),
            None => {
                bail!("ANFANG_PG_BIN is {}, which holds no working `postgres` and `initdb`", only.display())
            }
        };
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    let mut folders: Vec<PathBuf> = Vec::new();
    for folder in in_path.chain(FOLDERS.iter().flat_map(|pattern| expand(pattern))) {
        // To where the programs really are: a folder of links to some of them lacks `pg_dump` and its like.
        let real = folder.join("postgres").canonicalize().ok();
        let folder = real.as_deref().and_then(Path::parent).unwrap_or(&folder).to_path_buf();
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    Ok(folders.iter().filter_map(|folder| examine(folder)).collect())
}

/// Asks the program rather than the name of its folder, which is a habit of packagers and no promise.
fn examine(folder: &Path) -> Option<Binaries> {
    let postgres = folder.join("postgres");
    if !postgres.is_file() || !folder.join("initdb").is_file() {
        return None;
    }
    let output = Command::new(&postgres).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.trim().strip_prefix("postgres (PostgreSQL) ")?.to_owned();
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    Some(Binaries { folder: folder.to_path_buf(), major: digits.parse().ok()?, version })
}

/// The folders that match a pattern of [`FOLDERS`].
fn expand(pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from("/")];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        let Some((before, after)) = part.split_once('*') else {
            found.iter_mut().for_each(|path| path.push(part));
            continue;
        };
        let entries = found.iter().filter_map(|path| path.read_dir().ok()).flatten().flatten();
        found = entries
            .filter(|entry| {
                entry.file_name().to_str().is_some_and(|name| {
                    name.len() >= part.len() - 1 && name.starts_with(before) && name.ends_with(after)
                })
            })
            .map(|entry| entry.path())
            .collect();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_a_part_of_one_name() {
        assert_eq!(expand("/usr/no-such*/bin"), Vec::<PathBuf>::new());
        assert!(expand("/pro*/self").contains(&PathBuf::from("/proc/self")));
        assert_eq!(expand("/usr/bin"), [PathBuf::from("/usr/bin")]);
    }
}
