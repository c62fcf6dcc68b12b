//! `anfang phone`: a phone on the command line, killed and started again.

use std::{
    io::Write,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use anfang::demo::link::{Link, Weather};
use serde_json::{Value, json};

use crate::harness::{Server, Speaker, chance::noise, given, reports::site};

struct Cli {
    home: tempfile::TempDir,
}

impl Cli {
    fn new() -> Self {
        Cli { home: tempfile::tempdir().expect("a folder") }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_anfang"));
        command.arg("phone").args(arguments).env("ANFANG_PHONE_HOME", self.home.path().join("phone"));
        command.env("ANFANG_LOG", "error").env_remove("ANFANG_PASSWORD").stdin(Stdio::null());
        command
    }

    /// Runs to the end; blocking is fine, the server is a process of its own.
    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("running anfang phone")
    }

    #[track_caller]
    fn must(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{error}");
        out.into_owned()
    }

    #[track_caller]
    fn json(&self, code: i32, arguments: &[&str]) -> Value {
        let text = self.must(code, arguments);
        serde_json::from_str(text.trim()).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    fn sign_in(&self, server: &str, password: &str) -> Output {
        let arguments =
            ["sign-in", "--server", server, "--jurisdiction", given::COUNTY, "--login", "inspector1"];
        self.command(&arguments).env("ANFANG_PASSWORD", password).output().expect("running anfang phone")
    }

    fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.home.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        path.to_string_lossy().into_owned()
    }

    fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("starting anfang phone")
    }
}

fn report(site: &str) -> Value {
    json!({
        "site": site,
        "arrival": {"at": "2026-11-21T01:30:00Z", "position": [34.0, 104.0], "accuracy_m": 8.0},
        "departure": {"at": "2026-11-21T02:10:00Z"},
        "findings": [{"severity": "serious", "text": "屋顶漏雨", "photos": ["roof.jpg"]}],
        "photos": {"roof.jpg": {"source": "camera", "caption": "东屋"}},
        "interviews": [{"who": "户主", "satisfaction": 3}],
        "notes": "只给组里看",
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_goes_from_a_file_to_the_supervisor() {
    let server = Server::start().await;
    let cli = Cli::new();
    let photo = cli.file("roof.jpg", &noise(1, 120_000));
    let draft = cli.file("report.json", report(&site("101", "201", 0)).to_string().as_bytes());

    cli.must(1, &["status"]);
    cli.must(2, &["record"]);
    assert_eq!(cli.sign_in(&server.base, "wrong").status.code(), Some(4));
    assert_eq!(cli.sign_in(&server.base, given::PASSWORD).status.code(), Some(0));
    let unknown = cli.run(&["record", &draft, "--photo", &photo]);
    assert_eq!(unknown.status.code(), Some(4), "the phone has no sites yet");
    cli.must(0, &["sync"]);
    assert_eq!(cli.must(0, &["sites"]).lines().count(), 20, "the sites of the township");
    assert_eq!(cli.must(0, &["sites", "H101201"]).lines().count(), 10);

    let recorded = cli.json(0, &["record", &draft, "--photo", &photo]);
    let id = recorded["inspection_id"].as_str().expect("an id").to_owned();
    let status = cli.json(3, &["status", "--json"]);
    assert_eq!(
        (&status["commands"][0]["state"], &status["files"][0]["state"]),
        (&json!("saved"), &json!("saved"))
    );
    let pending: Value = serde_json::from_str(cli.must(0, &["list"]).trim()).expect("one line");
    assert_eq!(pending["pending"], true);

    let synced = cli.json(0, &["sync", "--until-done"]);
    assert_eq!(synced["done"], true);
    let status = cli.json(0, &["status", "--json"]);
    assert_eq!(status["commands"][0]["state"], "applied");
    assert_eq!(
        (&status["files"][0]["state"], &status["files"][0]["deletable"]),
        (&json!("received"), &json!(true))
    );

    let desk = Speaker::sign_in(&server, "supervisor").await;
    let list = desk.get_json("/v1/inspections?limit=10").await;
    assert_eq!(list["inspections"][0]["inspection_id"], id.as_str());
    let freed = cli.json(0, &["tidy"]);
    assert_eq!(freed["freed_bytes"], 120_000);
    assert_eq!(std::fs::read_dir(cli.home.path().join("phone/blobs")).expect("the folder").count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_killed_at_any_point_goes_on() {
    let server = Server::start().await;
    let link = Link::to(server.base.trim_start_matches("http://").parse().expect("an address"))
        .await
        .expect("a link");
    let cli = Cli::new();
    assert_eq!(cli.sign_in(&server.base, given::PASSWORD).status.code(), Some(0));
    cli.must(0, &["sync"]);
    for n in 0..5 {
        let photo = cli.file("roof.jpg", &noise(10 + u64::from(n), 500_000));
        let draft = cli.file("report.json", report(&site("101", "201", n)).to_string().as_bytes());
        cli.must(0, &["record", &draft, "--photo", &photo]);
    }
    link.set(Weather { bytes_per_second: Some(800_000), ..Weather::default() });
    for n in 0..12_u64 {
        let mut phone = cli.start(&["sync", "--until-done", "--via", &link.base()]);
        tokio::time::sleep(Duration::from_millis(60 + 40 * n)).await;
        phone.kill().expect("killing the phone");
        phone.wait().expect("it is gone");
        cli.run(&["status", "--json"]);
    }
    link.clear_up();
    cli.must(0, &["sync", "--until-done", "--via", &link.base(), "--seconds", "60"]);
    let status = cli.json(0, &["status", "--json"]);
    for command in status["commands"].as_array().expect("commands") {
        assert_eq!(command["state"], "applied");
    }
    for file in status["files"].as_array().expect("files") {
        assert_eq!(file["state"], "received");
    }
    let desk = Speaker::sign_in(&server, "supervisor").await;
    let list = desk.get_json("/v1/inspections?limit=200").await;
    assert_eq!(list["inspections"].as_array().expect("a list").len(), 5, "each report once");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_says_why_and_waits_for_a_person() {
    let server = Server::start().await;
    let cli = Cli::new();
    let mut sign_in = cli
        .command(&[
            "sign-in",
            "--server",
            &server.base,
            "--jurisdiction",
            given::COUNTY,
            "--login",
            "inspector1",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("starting anfang phone");
    writeln!(sign_in.stdin.take().expect("its input"), "{}", given::PASSWORD).expect("the password");
    assert!(sign_in.wait().expect("it ends").success(), "the password may come by standard input");
    cli.must(0, &["sync"]);

    let photo = cli.file("roof.jpg", &noise(1, 5_000));
    let mut wrong = report(&site("101", "201", 0));
    wrong["findings"][0]["photos"] = json!(["absent.jpg"]);
    let draft = cli.file("wrong.json", wrong.to_string().as_bytes());
    let refused = cli.run(&["record", &draft, "--photo", &photo]);
    assert_eq!(refused.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("absent.jpg"));
    let text = cli.file("notes.txt", b"no photo at all");
    let draft = cli.file("report.json", report(&site("101", "201", 0)).to_string().as_bytes());
    assert_eq!(cli.run(&["record", &draft, "--photo", &text]).status.code(), Some(4), "no allowed format");
    assert_eq!(cli.json(0, &["status", "--json"])["commands"], json!([]), "nothing was queued");

    // Another process has the folder while it watches for news.
    let mut watching = busy_watching(&cli, &draft, &photo);
    watching.kill().expect("killing the phone");
    watching.wait().expect("it is gone");
    cli.must(0, &["sync", "--until-done"]);
    let phone = cli.home.path().join("phone");
    for secret in ["device.key", "session.json"] {
        assert_eq!(mode(&phone.join(secret)), 0o600, "{secret} is its owner's only");
    }
}

/// A phone that watches for news and has its folder, so that recording is refused with a code of its own. (One that
/// found the folder taken by the recording has ended, and is started again.)
fn busy_watching(cli: &Cli, draft: &str, photo: &str) -> Child {
    let mut watching = cli.start(&["sync", "--watch"]);
    for _ in 0..100 {
        std::thread::sleep(Duration::from_millis(200));
        if cli.run(&["record", draft, "--photo", photo]).status.code() == Some(6) {
            return watching;
        }
        if watching.try_wait().expect("asking for the phone").is_some() {
            watching = cli.start(&["sync", "--watch"]);
        }
    }
    panic!("the watching phone never took its folder");
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).expect("the file").permissions().mode() & 0o777
}
