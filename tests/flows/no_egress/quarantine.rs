//! A server in a network of its own, in which there is nothing but itself, looked at through the kernel while it is fed
//! what would make others speak to strangers.
//!
//! Two means. In the network namespace only loopback exists: what is not on this machine cannot be reached, and
//! whatever socket the server opens besides shows in /proc. And strace, attached to the server and its decoders,
//! lists each call that connects, sends, opens for writing, makes, moves, or runs something. Where a machine has
//! only one of them the test goes on with that one and says so.

use std::{
    collections::BTreeSet,
    fs,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anfang_protocol::{blob::Metadata, sha::Sha};
use nix::sched::{CloneFlags, unshare};
use reqwest::StatusCode;

use super::{check_folder, hostile_names, polyglot, trace::Trace};
use crate::harness::figures::tell;
use crate::harness::{Server, Speaker, postgres::Database, server::shared};

/// Files larger than this take their time in the tests of previews.
const FILE_BYTES_MAX: u64 = 120_000;

/// What decoders of others have been made to fetch or to write with, besides the shared files.
fn lures() -> Vec<(String, Vec<u8>)> {
    let svg = r#"<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">
        <!ENTITY y SYSTEM "http://192.0.2.1/x">]><svg xmlns="http://www.w3.org/2000/svg"
        xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="http://192.0.2.1/y.png"/>&x;&y;</svg>"#;
    let mvg = "push graphic-context\nviewbox 0 0 64 64\nimage over 0,0 0,0 'https://192.0.2.1/\"|touch /tmp/lured\"'\n\
        pop graphic-context\n";
    let playlist = "#EXTM3U\n#EXTINF:1,\nhttp://192.0.2.1/header.m3u8\n";
    let texts = [("svg", svg), ("mvg", mvg), ("m3u8", playlist)];
    let mut all: Vec<_> = texts.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).to_vec();
    // The same behind the signature of what is allowed.
    let disguised = |(name, text): &(String, Vec<u8>)| {
        (format!("{name} as JPEG"), [b"\xff\xd8\xff\xe0\0\x10JFIF\0".as_slice(), text].concat())
    };
    all.extend(all.iter().map(disguised).collect::<Vec<_>>());
    all.push(("polyglot".into(), polyglot()));
    all
}

fn files() -> Vec<(String, Vec<u8>)> {
    let mut files = lures();
    if let Some(folder) = shared() {
        let entries = fs::read_dir(folder.join("hostile")).expect("the hostile files").flatten();
        for entry in entries.filter(|e| e.metadata().is_ok_and(|m| (1..FILE_BYTES_MAX).contains(&m.len()))) {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !["SHA256SUMS", "EXPECT.tsv", "hostile_names.json"].contains(&name.as_str()) {
                files.push((name, fs::read(entry.path()).expect("a hostile file")));
            }
        }
    }
    files
}

/// Whether this thread, and the processes that it starts, are in a network of their own now.
fn leave_the_network() -> bool {
    if let Err(error) = unshare(CloneFlags::CLONE_NEWNET) {
        tell!("SKIPPED: a network of its own: the kernel says {error}");
        return false;
    }
    let up = Command::new("ip").args(["link", "set", "lo", "up"]).status();
    assert!(up.is_ok_and(|status| status.success()), "ip link set lo up");
    true
}

/// Addresses of all sockets of this network that are not between the server and its clients.
fn strange_sockets(listener: u16) -> BTreeSet<String> {
    let mut strange = BTreeSet::new();
    for table in ["tcp", "tcp6", "udp", "udp6", "raw", "raw6"] {
        // That of this thread: the process is in another network.
        let text = fs::read_to_string(format!("/proc/thread-self/net/{table}")).unwrap_or_default();
        for line in text.lines().skip(1) {
            let mut words = line.split_whitespace().skip(1);
            let (local, remote) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
            let is_ours = |address: &str| address.ends_with(&format!(":{listener:04X}"));
            if !(table.starts_with("tcp") && (is_ours(local) || is_ours(remote))) {
                strange.insert(format!("{table}: {local} to {remote}"));
            }
        }
    }
    strange
}

#[tokio::test]
async fn the_server_speaks_to_nobody_but_its_clients_and_its_database() {
    // The tests' Postgres is to be started outside.
    let _ = Database::new().await;
    let done = std::thread::spawn(|| {
        let alone = leave_the_network();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(feed(alone));
    });
    tokio::task::spawn_blocking(move || done.join())
        .await
        .expect("a thread")
        .expect("nothing strange was seen");
}

async fn feed(alone: bool) {
    let server = Server::start().await;
    let listener: u16 = server.base.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    let trace = Trace::attach(server.pid());
    if trace.is_none() {
        tell!("SKIPPED: the list of system calls; covered is what shows in a network of its own ({alone})");
    }
    assert!(alone || trace.is_some() || std::env::var_os("CI").is_none(), "nothing would be looked at");
    let seen = Arc::new(AtomicBool::new(true));
    let watch = alone.then(|| {
        let (go_on, target) = (seen.clone(), fs::read_link("/proc/thread-self/ns/net").expect("a network"));
        std::thread::spawn(move || {
            // Threads are in the network of whoever started them.
            assert_eq!(fs::read_link("/proc/thread-self/ns/net").expect("a network"), target);
            let mut strange = BTreeSet::new();
            while go_on.load(Ordering::Relaxed) {
                strange.extend(strange_sockets(listener));
                std::thread::sleep(Duration::from_millis(2));
            }
            strange
        })
    });
    let kept = upload_everything(&server).await;
    assert!(kept > 2, "files were kept and examined");
    seen.store(false, Ordering::Relaxed);
    let strange = watch.map(|watch| watch.join().expect("the watch")).unwrap_or_default();
    assert!(strange.is_empty(), "sockets that are not the server's clients: {strange:?}");
    check_folder(&server);
    if let Some(trace) = trace {
        let report = trace.finish();
        let faults = report.faults(server.data(), std::path::Path::new(env!("CARGO_BIN_EXE_anfang")));
        assert!(faults.is_empty(), "{} calls:\n{}", faults.len(), faults.join("\n"));
        // It did look.
        assert!(report.opened_within(server.data()) > 3 && report.ran() > 0, "the trace shows nothing");
        tell!("{} calls looked at, none strange", report.len());
    }
}

/// Uploads all files, with hostile names; those that are kept are examined. Gives their number.
async fn upload_everything(server: &Server) -> usize {
    let phone = Speaker::sign_in(server, "inspector1").await;
    let names = hostile_names().unwrap_or_default();
    let mut kept = Vec::new();
    for (n, (name, bytes)) in files().iter().enumerate() {
        if let Some(chosen) = names.get(n) {
            super::uploaded(&phone, 5000 + n, chosen).await;
        }
        let status = phone.upload(bytes, "image/jpeg").await;
        let fine =
            [StatusCode::NO_CONTENT, StatusCode::UNSUPPORTED_MEDIA_TYPE, StatusCode::UNPROCESSABLE_ENTITY];
        assert!(fine.contains(&status), "{name}: {status}");
        if status == StatusCode::NO_CONTENT {
            kept.push(Sha::of(bytes));
        }
    }
    for sha in &kept {
        phone.get(&format!("/v1/blobs/{sha}/preview?edge=1280")).await;
        for _ in 0..600 {
            let metadata = phone.get_json(&format!("/v1/blobs/{sha}/metadata")).await;
            if serde_json::from_value::<Metadata>(metadata).expect("metadata").examined {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    kept.len()
}
