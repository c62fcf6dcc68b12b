//! The private Postgres, as a program and its operator meet it: restarts, kills, strangers, long paths.
//!
//! Each test has its own cluster. They pass for root and for any other user; run them as both.

mod support;

use crate::harness::figures::tell;
use std::{
    fs,
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::Path,
    process::Command,
    time::Duration,
};

use anfang::db::private::PrivatePostgres;

use self::support::{Folder, Program, alive, is_root, keep, kept, options, signal, sql, within_10_s};

#[test]
fn a_row_outlives_a_restart() {
    let folder = Folder::new();
    let postgres = PrivatePostgres::start(folder.options()).unwrap();
    keep(&postgres.url("anfang"), 1);
    let pid = postgres.pid().unwrap();
    postgres.stop();
    assert!(!alive(pid));
    assert!(!folder.0.join("postgres/data/postmaster.pid").exists(), "a clean stop leaves no pid file");

    let postgres = PrivatePostgres::start(folder.options()).unwrap();
    assert_eq!(kept(&postgres.url("anfang")), "1");
}

#[test]
fn the_server_owns_its_database_and_is_no_superuser() {
    let folder = Folder::new();
    let postgres = PrivatePostgres::start(folder.options()).unwrap();
    let url = postgres.url("anfang");
    assert_eq!(sql(&url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user").unwrap(), "f");
    let facts = "SELECT pg_encoding_to_char(encoding), datcollate FROM pg_database WHERE datname = 'anfang'";
    assert_eq!(sql(&url, facts).unwrap(), "UTF8|C");
    for (setting, value) in
        [("listen_addresses", ""), ("data_checksums", "on"), ("TimeZone", "UTC"), ("fsync", "off")]
    {
        assert_eq!(sql(&url, &format!("SHOW {setting}")).unwrap(), value, "{setting}");
    }
    // Not even the superuser opens a port: the command line wins.
    let rescue = url.replace("anfang@", "postgres@");
    sql(&rescue, "ALTER SYSTEM SET listen_addresses = '*'").unwrap();
    sql(&rescue, "SELECT pg_reload_conf()").unwrap();
    let source = "SELECT source FROM pg_settings WHERE name = 'listen_addresses' AND setting = ''";
    assert_eq!(sql(&rescue, source).unwrap(), "command line");
    sql(&url, "CREATE DATABASE \"a copy\" TEMPLATE anfang").unwrap();
    assert_eq!(sql(&postgres.url("a copy"), "SELECT 1").unwrap(), "1");
}

#[test]
fn postgres_comes_back_when_it_is_killed() {
    let folder = Folder::new();
    let postgres = PrivatePostgres::start(folder.options()).unwrap();
    let url = postgres.url("anfang");
    for round in 1..=3 {
        keep(&url, round);
        let pid = postgres.pid().unwrap();
        signal("-KILL", pid);
        within_10_s("a new postmaster", || postgres.pid().is_some_and(|new| new != pid));
    }
    assert_eq!(kept(&url), "1 2 3");
}

#[test]
fn a_killed_program_takes_postgres_along_and_loses_nothing() {
    let folder = Folder::new();
    for round in 1..=3 {
        let mut program = Program::start(&folder.0);
        keep(&program.url, round);
        program.kill();
        if cfg!(target_os = "linux") {
            let took = within_10_s("no postmaster", || !alive(program.postmaster));
            tell!("postgres followed its program in {took:?}");
        }
        // Later rounds start at once, while the first one may still be going down.
    }
    let postgres = PrivatePostgres::start(folder.options()).unwrap();
    assert_eq!(kept(&postgres.url("anfang")), "1 2 3");
}

#[test]
fn killed_together_or_one_after_another_nothing_is_lost() {
    let folder = Folder::new();
    for (round, postmaster_first) in [(1, true), (2, false), (3, true), (4, false)] {
        let mut program = Program::start(&folder.0);
        keep(&program.url, round);
        let children = [program.postmaster, program.child.id()];
        for pid in if postmaster_first { children } else { [children[1], children[0]] } {
            signal("-KILL", pid);
        }
        // A killed program holds its lock until the kernel has taken it down.
        let _ = program.child.wait();
        // At once: orphaned backends may still be there.
        let postgres = PrivatePostgres::start(folder.options()).unwrap();
        assert!(kept(&postgres.url("anfang")).ends_with(&round.to_string()));
    }
}

#[test]
fn a_postmaster_that_still_runs_is_stopped_before_ours_starts() {
    let folder = Folder::new();
    let mut program = Program::start(&folder.0);
    keep(&program.url, 1);
    // Frozen, it cannot follow its program.
    signal("-STOP", program.postmaster);
    program.kill();
    assert!(alive(program.postmaster));
    let frozen = program.postmaster;
    let thaw = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(700));
        signal("-CONT", frozen);
    });
    let postgres = PrivatePostgres::start(folder.options()).unwrap();
    thaw.join().unwrap();
    assert!(!alive(program.postmaster));
    assert_eq!(kept(&postgres.url("anfang")), "1");
}

#[test]
fn a_stale_pid_file_with_the_number_of_a_stranger_is_no_obstacle() {
    let folder = Folder::new();
    let postgres = PrivatePostgres::start(folder.options()).unwrap();
    keep(&postgres.url("anfang"), 1);
    let file = folder.0.join("postgres/data/postmaster.pid");
    let text = fs::read_to_string(&file).unwrap();
    postgres.stop();

    // Of the user that Postgres runs as, else Postgres itself would see that it is none of its own.
    let mut stranger = Command::new("sleep");
    stranger.arg("60");
    let owner = fs::metadata(folder.0.join("postgres/data")).unwrap().uid();
    if is_root() {
        stranger.uid(owner);
    }
    let mut stranger = stranger.spawn().unwrap();
    let (_, rest) = text.split_once('\n').unwrap();
    fs::write(&file, format!("{}\n{rest}", stranger.id())).unwrap();
    std::os::unix::fs::chown(&file, Some(owner), None).unwrap();

    let postgres = PrivatePostgres::start(folder.options()).unwrap();
    assert_eq!(kept(&postgres.url("anfang")), "1");
    assert!(stranger.try_wait().unwrap().is_none(), "the stranger was left alone");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[test]
fn a_second_program_is_refused_and_told_what_to_do() {
    let folder = Folder::new();
    let first = PrivatePostgres::start(folder.options()).unwrap();
    let error = format!("{:#}", PrivatePostgres::start(folder.options()).unwrap_err());
    assert!(error.contains("in use by process"), "{error}");
    assert!(error.contains(&std::process::id().to_string()), "{error}");
    assert!(error.contains("DATABASE_URL"), "{error}");
    assert_eq!(sql(&first.url("anfang"), "SELECT 1").unwrap(), "1", "the first one is untouched");
}

#[test]
fn a_ctrl_c_in_the_terminal_reaches_the_program_alone() {
    let folder = Folder::new();
    let mut program = Program::start(&folder.0);
    let session = |pid: u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        stat.rsplit(") ").next().unwrap().split(' ').nth(3).unwrap().to_owned()
    };
    assert_eq!(session(program.postmaster), program.postmaster.to_string(), "a session of its own");
    assert_ne!(session(program.child.id()), session(program.postmaster));
    // A program that stops as it should leaves nothing for recovery.
    signal("-INT", program.child.id());
    assert!(program.child.wait().unwrap().success());
    assert!(!alive(program.postmaster));
    assert!(!folder.0.join("postgres/data/postmaster.pid").exists());
}

#[test]
fn a_path_of_200_characters_is_no_obstacle() {
    let folder = Folder::new();
    let mut deep = folder.0.join("a folder's, name");
    while deep.as_os_str().len() < 200 {
        deep.push("检查现场");
    }
    let postgres = PrivatePostgres::start(options(&deep)).unwrap();
    keep(&postgres.url("anfang"), 1);
    let url = postgres.url("anfang");
    // The superuser is let in on the same terms, for rescue work by hand.
    let socket = sql(&url.replace("anfang@", "postgres@"), "SHOW unix_socket_directories").unwrap();
    assert_eq!(fs::metadata(&socket).unwrap().mode() & 0o777, 0o700);
    postgres.stop();
    assert!(!Path::new(&socket).exists(), "a socket folder outside the data directory goes with the program");

    let mut program = Program::start(&deep);
    assert_eq!(program.url, url, "the same folder each time");
    program.kill();
    let postgres = PrivatePostgres::start(options(&deep)).unwrap();
    assert_eq!(kept(&postgres.url("anfang")), "1");
    drop(postgres);
    let _ = fs::remove_dir_all(deep.join("postgres"));
}

#[test]
fn a_closed_data_directory_stays_closed() {
    let folder = Folder::new();
    fs::set_permissions(&folder.0, PermissionsExt::from_mode(0o700)).unwrap();
    let postgres = PrivatePostgres::start(folder.options()).unwrap();
    keep(&postgres.url("anfang"), 1);
    assert_eq!(fs::metadata(&folder.0).unwrap().mode() & 0o777, 0o700);
    let link = fs::symlink_metadata(folder.0.join("postgres")).unwrap();
    assert_eq!(link.is_symlink(), is_root(), "root's Postgres, another user, lives elsewhere");
    postgres.stop();

    // The data directory moves, and its cluster with it.
    let moved = Folder::new();
    fs::remove_dir(&moved.0).unwrap();
    fs::rename(&folder.0, &moved.0).unwrap();
    let postgres = PrivatePostgres::start(moved.options()).unwrap();
    assert_eq!(kept(&postgres.url("anfang")), "1");
}

#[test]
fn a_cluster_of_another_version_is_refused_by_the_name_of_its_package() {
    let folder = Folder::new();
    PrivatePostgres::start(folder.options()).unwrap().stop();
    fs::write(folder.0.join("postgres/data/PG_VERSION"), "9999\n").unwrap();
    let error = format!("{:#}", PrivatePostgres::start(folder.options()).unwrap_err());
    assert!(error.contains("postgresql-9999"), "{error}");
}

#[test]
fn what_postgres_complains_about_is_told() {
    let folder = Folder::new();
    let mut options = folder.options();
    options.settings.push(("no_such_setting".into(), "1".into()));
    let error = format!("{:#}", PrivatePostgres::start(options).unwrap_err());
    assert!(error.contains("unrecognized configuration parameter \"no_such_setting\""), "{error}");
    // And a failed start holds nothing back.
    PrivatePostgres::start(folder.options()).unwrap();
}

#[test]
fn a_half_made_cluster_is_made_anew() {
    let folder = Folder::new();
    fs::create_dir_all(folder.0.join("postgres/data.new/base")).unwrap();
    fs::set_permissions(folder.0.join("postgres"), PermissionsExt::from_mode(0o711)).unwrap();
    let postgres = PrivatePostgres::start(folder.options()).unwrap();
    assert_eq!(sql(&postgres.url("anfang"), "SELECT 1").unwrap(), "1");
}

#[test]
fn the_thread_that_started_it_may_end() {
    let folder = Folder::new();
    let options = folder.options();
    let postgres = std::thread::spawn(|| PrivatePostgres::start(options).unwrap()).join().unwrap();
    let pid = postgres.pid();
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(postgres.pid(), pid, "the death signal is tied to a thread of our own, not to the caller's");
}
