//! A person with a phone: the real driver, in a folder of its own, behind a link that can be made bad.

use std::{collections::BTreeMap, time::Duration};

use anfang::{
    demo::link::{Link, Weather},
    phone::{Credentials, Ended, Options, Photo, Report, Trouble},
};
use anfang_protocol::{
    client::{Engine, Settings},
    command::Command,
    ids::{CommandId, InspectionId, QuestionId},
    inspection::{Amend, Ask, Submit, Void},
};
use tempfile::TempDir;
use uuid::Uuid;

use super::{County, Server, given, reports};

/// The longest that a test waits for a phone that does not move.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Phone {
    phone: Option<anfang::phone::Phone>,
    home: TempDir,
    /// Silence after which it gives a connection up.
    stall: Duration,
    pub link: Link,
}

/// Quick to try again: tests have no time for a real phone's patience.
fn options(stall: Duration) -> Options {
    Options {
        settings: Settings { backoff_ms: 20, backoff_max_ms: 500, poll_ms: 60_000, video_on_wifi_only: true },
        stall,
        name: "试验手机".to_owned(),
        platform: "test".to_owned(),
        ..Options::default()
    }
}

impl Phone {
    /// A new phone of somebody in the first county, signed in.
    pub async fn sign_in(server: &Server, login: &str) -> Self {
        Self::sign_in_at(server, given::COUNTY, login).await
    }

    pub async fn sign_in_at(server: &Server, county: &str, login: &str) -> Self {
        Self::sign_in_by(server.address(), county, login).await
    }

    /// By way of something that stands before the server.
    pub async fn sign_in_by(way: std::net::SocketAddr, county: &str, login: &str) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let link = Link::to(way).await.expect("a link");
        let stall = Duration::from_secs(5);
        let mut phone = anfang::phone::Phone::open(home.path(), options(stall)).expect("a phone");
        let credentials = Credentials {
            jurisdiction: Some(county.to_owned()),
            login: login.to_owned(),
            password: given::PASSWORD.to_owned(),
        };
        phone.sign_in(&link.base(), &credentials).await.expect("signing in");
        Phone { phone: Some(phone), home, stall, link }
    }

    /// Gives a silent connection up as late as a real phone does.
    pub fn patient(mut self) -> Self {
        self.stall = Options::default().stall;
        self.dies_and_starts();
        self
    }

    pub fn driver(&mut self) -> &mut anfang::phone::Phone {
        self.phone.as_mut().expect("the phone is on")
    }

    pub fn engine(&self) -> &Engine {
        self.phone.as_ref().expect("the phone is on").engine()
    }

    pub fn report(&self) -> Report {
        Report::of(self.engine())
    }

    /// The battery is empty and charged again: all that is left is what is in the folder.
    pub fn dies_and_starts(&mut self) {
        self.phone = None;
        let mut phone = self.starts();
        phone.reach(&self.link.base()).expect("an address");
        self.phone = Some(phone);
    }

    pub fn home(&self) -> &std::path::Path {
        self.home.path()
    }

    /// Whether this would be a journal to go on from.
    pub fn could_go_on_from(&self, journal: &[u8]) {
        let home = tempfile::tempdir().expect("a folder");
        std::fs::write(home.path().join("journal.jsonl"), journal).expect("the journal");
        anfang::phone::Phone::look(home.path()).expect("the phone could start again");
    }

    /// The same, and of its journal there is only this: the power went while it wrote.
    pub fn dies_with(&mut self, journal: &[u8]) {
        self.phone = None;
        std::fs::write(self.home.path().join("journal.jsonl"), journal).expect("the journal");
        self.dies_and_starts();
    }

    /// Another test that starts a process just now holds a copy of all open files, the folder's lock among them,
    /// until that process begins: a moment.
    fn starts(&self) -> anfang::phone::Phone {
        for _ in 0..100 {
            match anfang::phone::Phone::open(self.home.path(), options(self.stall)) {
                Err(Trouble::Busy) => std::thread::sleep(Duration::from_millis(10)),
                opened => return opened.expect("the phone starts again"),
            }
        }
        panic!("the phone's folder stays taken");
    }

    /// The access token is not to be trusted any more: the next step begins with a refresh.
    pub fn lets_its_token_grow_old(&mut self) {
        let path = self.home.path().join("session.json");
        let text = std::fs::read_to_string(&path).expect("the session");
        let mut session: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        session["came_boot"] = "an earlier start".into();
        std::fs::write(&path, session.to_string()).expect("the session");
        self.dies_and_starts();
    }

    /// The server has another address: a new process of it was started.
    pub async fn finds(&mut self, server: &Server) {
        self.link = Link::to(server.address()).await.expect("a link");
        let base = self.link.base();
        self.driver().reach(&base).expect("an address");
    }

    pub fn bad_link(&self, weather: Weather) {
        self.link.set(weather);
    }

    /// Begins a visit of a site of the given county; [`Visit::keep`] ends it.
    pub fn inspects(&mut self, county: County, site: &str) -> Visit<'_> {
        Visit { submit: reports::visit(county, site), photos: Vec::new(), phone: self }
    }

    pub fn gives(&mut self, command: &Command) -> CommandId {
        self.driver().give(command, &[]).expect("the phone keeps it")
    }

    pub fn amends(&mut self, inspection_id: InspectionId, reason: &str, notes: &str) -> CommandId {
        let amend = Amend { notes: Some(notes.to_owned()), ..amendment(inspection_id, reason) };
        self.gives(&Command::InspectionAmend(Box::new(amend)))
    }

    pub fn asks(&mut self, inspection_id: InspectionId, text: &str) -> QuestionId {
        let question_id = QuestionId(Uuid::now_v7());
        let text = text.to_owned();
        self.gives(&Command::InspectionAsk(Ask { inspection_id, question_id, finding_id: None, text }));
        question_id
    }

    pub fn answers(&mut self, inspection_id: InspectionId, question: QuestionId, text: &str) -> CommandId {
        let amend = Amend { question_id: Some(question), ..amendment(inspection_id, text) };
        self.gives(&Command::InspectionAmend(Box::new(amend)))
    }

    pub fn voids(&mut self, inspection_id: InspectionId, reason: &str) -> CommandId {
        self.gives(&Command::InspectionVoid(Void { inspection_id, reason: reason.to_owned() }))
    }

    /// Text only: pushes and pulls, leaves files for later.
    pub async fn push(&mut self) -> Ended {
        self.driver().push(PATIENCE).await.expect("the phone works")
    }

    /// Goes on until all is done, whatever the link does; however long that takes, as long as it gets on.
    pub async fn sync_until_done(&mut self) {
        loop {
            let before = self.progress();
            let ended = self.tries(PATIENCE).await;
            if ended == Ended::Done {
                return;
            }
            assert_ne!(self.progress(), before, "{ended:?}, and nothing moved: {:?}", self.report());
        }
    }

    /// What this phone has behind it: commands that were applied, bytes that the server took, changes that came.
    fn progress(&self) -> (usize, u64, u64) {
        let report = self.report();
        let applied = report.commands.iter().filter(|command| command.state == "applied").count();
        (applied, report.sent_bytes, report.changes)
    }

    /// Tries for a while.
    pub async fn tries(&mut self, time: Duration) -> Ended {
        self.driver().sync_until_done(time).await.expect("the phone works")
    }

    /// What the phone shows of the feed: items and their revisions.
    pub fn sees(&self) -> BTreeMap<Uuid, u32> {
        self.engine().feed().items().map(|(id, item)| (id, item.rev)).collect()
    }

    /// A command's state in a word.
    pub fn state(&self, id: CommandId) -> &'static str {
        self.report().commands.iter().find(|command| command.id == id).expect("the command is kept").state
    }
}

/// A visit, as it goes on.
pub struct Visit<'a> {
    phone: &'a mut Phone,
    submit: Submit,
    photos: Vec<Photo>,
}

impl Visit<'_> {
    pub fn finds(mut self, text: &str) -> Self {
        self.submit.findings.push(reports::finding(text));
        self
    }

    /// A photo of what was found last, or of the site.
    pub fn with_photo(mut self, bytes: &[u8]) -> Self {
        let photo = self.phone.driver().keep_bytes("photo", bytes).expect("the phone keeps the photo");
        let mention = reports::photo(bytes, &photo.media_type);
        if let Some(finding) = self.submit.findings.last_mut() {
            finding.evidence.push(mention.evidence_id);
        }
        self.submit.evidence.push(mention);
        self.photos.push(photo);
        self
    }

    pub fn with(mut self, change: impl FnOnce(&mut Submit)) -> Self {
        change(&mut self.submit);
        self
    }

    /// Puts it in the outbox.
    pub fn keep(self) -> (InspectionId, CommandId) {
        let id = self.submit.inspection_id;
        let command = Command::InspectionSubmit(Box::new(self.submit));
        (id, self.phone.driver().give(&command, &self.photos).expect("the phone keeps it"))
    }
}

/// An amendment that says why, and nothing else.
fn amendment(inspection_id: InspectionId, reason: &str) -> Amend {
    Amend {
        inspection_id,
        reason: reason.to_owned(),
        question_id: None,
        checklists: Vec::new(),
        findings: Vec::new(),
        evidence: Vec::new(),
        interviews: Vec::new(),
        notes: None,
    }
}
