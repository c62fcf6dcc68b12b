//! A phone of the model: the real engine, and what is on its disk.

use anfang_protocol::{
    client::{Engine, Moment, Record, Settings},
    feed::{ChannelDigest, Digests},
    ids::AccountId,
};
use chrono::{DateTime, Duration};
use uuid::Uuid;

use super::model::{self, View};

pub struct Phone {
    pub me: AccountId,
    pub engine: Engine,
    /// What is on its disk, as text: each line one append.
    journal: Vec<String>,
    pub now: Moment,
}

fn settings() -> Settings {
    Settings { backoff_ms: 10, backoff_max_ms: 1000, poll_ms: 5000, video_on_wifi_only: true }
}

impl Phone {
    pub fn new(n: usize) -> Self {
        let now = Moment {
            wall: DateTime::UNIX_EPOCH + Duration::days(20_000),
            uptime_ms: 0,
            boot: "boot".to_owned(),
        };
        let me = AccountId(Uuid::from_u128(n as u128 + 1));
        Phone { me, engine: Engine::new(settings()), journal: Vec::new(), now }
    }

    pub fn write(&mut self, records: &[Record]) {
        let kept: Vec<&Record> = records.iter().filter(|record| record.is_kept()).collect();
        if !kept.is_empty() {
            self.journal.push(serde_json::to_string(&kept).expect("records are JSON"));
        }
    }

    pub fn keep(&mut self, records: Vec<Record>) {
        self.write(&records);
        records.iter().for_each(|record| self.engine.apply(record));
    }

    pub fn dies(&mut self) {
        let mut lines = self.journal.iter();
        let mut engine = Engine::new(settings());
        for line in lines.by_ref() {
            if let Some(snapshot) = line.strip_prefix("snapshot ") {
                engine = Engine::restore(settings(), serde_json::from_str(snapshot).expect("a snapshot"));
            } else {
                let records: Vec<Record> = serde_json::from_str(line).expect("a line of the journal");
                records.iter().for_each(|record| engine.apply(record));
            }
        }
        self.engine = engine;
        self.now.uptime_ms += 1;
    }

    pub fn compact(&mut self) {
        let snapshot = serde_json::to_string(self.engine.snapshot()).expect("the state is JSON");
        self.journal = vec![format!("snapshot {snapshot}")];
    }

    /// Puts what the phone has in place of what it is told.
    pub fn sums_up(&self, digests: &mut Digests) {
        for (channel, digest) in digests {
            *digest = ChannelDigest::default();
            for (id, item) in self.engine.feed().items() {
                if item.channels().any(|name| name.0 == channel.to_string()) {
                    digest.toggle(id, item.rev, true);
                }
            }
        }
    }

    /// What the screens show of the feed.
    pub fn view(&self) -> View {
        let items = self.engine.feed().items();
        items
            .map(|(id, item)| {
                let tokens = item.body.as_ref().and_then(|body| body.read::<model::Thing>().ok());
                let channels = item.channels().map(|channel| channel.0.clone()).collect();
                (id, (item.rev, tokens.expect("every item has its body").tokens, channels))
            })
            .collect()
    }
}
