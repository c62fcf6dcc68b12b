//! The model's days on a real Postgres. Whatever the model writes is written there, too, by the server's own statements;
//! whatever it reads is read there, too; and both must be the same at every step: what the model shows of phones and
//! pulls holds of the server's SQL.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
};

use anfang::{
    auth::memberships::Difference,
    clock::Clock,
    db::Conn,
    ledger::{self, Entry, Place},
    sync::{
        chore,
        page::{FeedRow, Head, Membership, Want},
        store,
    },
};
use anfang_protocol::{
    feed::{Channel, Digests, Kind},
    ids::{AccountId, JurisdictionId},
};
use diesel_async::SimpleAsyncConnection;
use serde_json::json;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::model::Row;
use crate::harness::postgres::Database;

/// What is of a jurisdiction and comes back with a backup.
const TABLES: [&str; 5] = ["heads", "feed", "memberships", "epochs", "ledger"];

/// The model's people and things are in no other table, and a restore takes entries back.
const ALONE: &str = "
    DO $$ DECLARE one record; BEGIN
        FOR one IN SELECT conrelid::regclass AS of, conname FROM pg_constraint
            WHERE contype = 'f' AND conrelid::regclass::text IN ('heads', 'feed', 'memberships', 'epochs', 'ledger')
        LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.of, one.conname); END LOOP;
    END $$;
    ALTER TABLE ledger DISABLE TRIGGER USER";

pub struct Twin {
    runtime: Runtime,
    conn: RefCell<Conn>,
    /// Each day has a jurisdiction of its own.
    here: Cell<JurisdictionId>,
    days: Cell<u32>,
    /// The model counts its epochs, Postgres draws them: each of the model's, with what it is there.
    epochs: RefCell<BTreeMap<Uuid, Uuid>>,
    pub compared: Cell<usize>,
}

impl std::fmt::Debug for Twin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Twin(day {})", self.days.get())
    }
}

impl Twin {
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let conn = runtime.block_on(async {
            let mut conn = Database::new().await.conn().await;
            conn.batch_execute(ALONE).await.expect("its own database");
            for table in TABLES {
                let kept = format!("CREATE TEMP TABLE kept_{table} (LIKE {table})");
                conn.batch_execute(&kept).await.expect("room for a backup");
            }
            conn
        });
        Twin {
            runtime,
            conn: RefCell::new(conn),
            here: Cell::new(JurisdictionId(Uuid::nil())),
            days: Cell::new(0),
            epochs: RefCell::default(),
            compared: Cell::new(0),
        }
    }

    /// A feed in which nothing has happened yet.
    pub fn begin_a_day(&self, head: &Head) {
        self.days.set(self.days.get() + 1);
        self.here.set(JurisdictionId::of(&format!("day {}", self.days.get())));
        self.epochs.take();
        self.run(&format!(
            "INSERT INTO heads (jurisdiction_id, seq, ledger_hash, epoch, incarnation) \
             VALUES ('{}', {}, sha256(''), gen_random_uuid(), incarnation())",
            self.here.get(),
            head.seq
        ));
        self.note_epoch(head.epoch);
    }

    fn run(&self, sql: &str) {
        let mut conn = self.conn.borrow_mut();
        self.runtime.block_on(conn.batch_execute(sql)).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    fn note_epoch(&self, model: Uuid) {
        let (here, conn) = (self.here.get(), self.conn.borrow());
        let head = self.runtime.block_on(store::head(&conn, here)).expect("the head");
        let known = self.epochs.borrow_mut().insert(model, head.epoch);
        assert_eq!(known, None, "an epoch comes once");
    }

    // What the model writes

    pub fn grants(&self, seq: i64, person: AccountId, channel: Channel) {
        self.changes(seq, |difference| difference.opens(person, channel.to_string()));
    }

    pub fn revokes(&self, seq: i64, person: AccountId, channel: Channel) {
        self.changes(seq, |difference| difference.closes(person, channel.to_string()));
    }

    fn changes(&self, seq: i64, how: impl FnOnce(&mut Difference)) {
        let mut difference = Difference::default();
        how(&mut difference);
        let mut conn = self.conn.borrow_mut();
        let entry = Entry::event("channels.derived", Clock::default().now(), &json!({})).expect("an entry");
        self.runtime.block_on(async {
            let head = ledger::append(&conn, self.here.get(), &[entry], &[]).await.expect("appending");
            assert_eq!(head.seq, seq, "Postgres counts otherwise");
            difference.write(&mut conn, self.here.get(), seq).await.expect("writing memberships");
        });
    }

    pub fn places(&self, seq: i64, rows: &[((Channel, Uuid), Row)], rev: impl Fn(Uuid) -> u32) {
        let place = |((channel, item), row): &((Channel, Uuid), Row)| {
            let (kind, rev) = (Kind::from("thing"), rev(*item).cast_signed());
            match row.present {
                true => Place::put(*channel, kind, *item, rev),
                false => Place::exit(*channel, kind, *item, rev),
            }
        };
        // An item that stays is named once.
        let last: BTreeMap<_, _> = rows.iter().map(|row| (row.0, place(row))).collect();
        let places: Vec<Place> = last.into_values().collect();
        let conn = self.conn.borrow();
        let head = self.runtime.block_on(ledger::append(&conn, self.here.get(), &[], &places));
        // Nothing that stood anywhere, nothing that is placed: no number is taken.
        let counted = head.expect("placing").seq + i64::from(places.is_empty());
        assert_eq!(counted, seq, "Postgres counts otherwise");
        drop(conn);
        if places.is_empty() {
            self.run(&format!("UPDATE heads SET seq = {seq} WHERE jurisdiction_id = '{}'", self.here.get()));
        }
    }

    pub fn sweeps(&self, floor: i64) {
        let mut conn = self.conn.borrow_mut();
        self.runtime.block_on(chore::forget(&mut conn, self.here.get(), floor)).expect("forgetting");
    }

    pub fn backs_up(&self) {
        let here = self.here.get();
        let keep = |table: &str| {
            format!(
                "DELETE FROM kept_{table}; INSERT INTO kept_{table} SELECT * FROM {table} WHERE jurisdiction_id = '{here}';"
            )
        };
        self.run(&TABLES.map(keep).concat());
    }

    /// As from a backup into another cluster: at the first connect the server notices.
    pub fn restores(&self, epoch: Uuid) {
        let here = self.here.get();
        let bring = |table: &str| {
            format!(
                "DELETE FROM {table} WHERE jurisdiction_id = '{here}'; INSERT INTO {table} TABLE kept_{table};"
            )
        };
        let elsewhere =
            format!("UPDATE heads SET incarnation = 'elsewhere' WHERE jurisdiction_id = '{here}';");
        self.run(&[TABLES.map(bring).concat(), elsewhere, "SELECT renew_epochs()".to_owned()].concat());
        self.note_epoch(epoch);
    }

    // What the model reads

    fn same<T: PartialEq + std::fmt::Debug>(&self, what: &str, theirs: &T, ours: &T) {
        self.compared.set(self.compared.get() + 1);
        assert_eq!(theirs, ours, "Postgres (left) and the model (right) read {what} otherwise");
    }

    pub fn has_head(&self, model: &Head) {
        let conn = self.conn.borrow();
        let head = self.runtime.block_on(store::head(&conn, self.here.get())).expect("the head");
        assert_eq!(self.epochs.borrow().get(&model.epoch), Some(&head.epoch), "another epoch");
        self.same("the head", &(head.seq, head.tombstone_floor), &(model.seq, model.tombstone_floor));
    }

    pub fn has_memberships(&self, person: AccountId, model: &[Membership]) {
        let conn = self.conn.borrow();
        let read = self.runtime.block_on(store::memberships(&conn, self.here.get(), person));
        let sorted = |mut all: Vec<Membership>| {
            all.sort_by_key(|membership| membership.channel);
            all
        };
        self.same("memberships", &sorted(read.expect("memberships")), &sorted(model.to_vec()));
    }

    pub fn has_changed(&self, wants: &[Want], limit: usize, model: &[FeedRow]) {
        let conn = self.conn.borrow();
        let limit = i64::try_from(limit).expect("a small number");
        let read = self.runtime.block_on(store::changed(&conn, self.here.get(), wants, limit));
        self.same("what changed", &sorted(&read.expect("rows")), &sorted(model));
    }

    pub fn has_filled(&self, wants: &[Want], limit: usize, model: &[FeedRow]) {
        let conn = self.conn.borrow();
        let limit = i64::try_from(limit).expect("a small number");
        let read = self.runtime.block_on(store::filled(&conn, self.here.get(), wants, limit));
        self.same("what is filled in", &sorted(&read.expect("rows")), &sorted(model));
    }

    pub fn has_newest(&self, channels: &[Channel], model: i64) {
        let conn = self.conn.borrow();
        let read = self.runtime.block_on(store::newest(&conn, self.here.get(), channels));
        self.same("the newest row", &read.expect("a number"), &model);
    }

    pub fn has_digests(&self, model: &Digests) {
        let channels: Vec<Channel> = model.keys().copied().collect();
        let conn = self.conn.borrow();
        let read = self.runtime.block_on(store::digests(&conn, self.here.get(), &channels));
        self.same("digests", &read.expect("digests"), model);
    }

    pub fn has_changed_since(&self, life: Option<Uuid>, channels: &[Channel], model: &BTreeSet<Channel>) {
        let life = life.and_then(|life| self.epochs.borrow().get(&life).copied());
        let conn = self.conn.borrow();
        let read = self.runtime.block_on(store::changed_since(&conn, self.here.get(), life, channels));
        let read: BTreeSet<Channel> = read.expect("channels").into_iter().collect();
        self.same("what changed since", &read, model);
    }
}

/// In one order; of what left, its revision does not count: nobody is told.
fn sorted(rows: &[FeedRow]) -> Vec<(Channel, i64, bool, Uuid, i32)> {
    let rev = |row: &FeedRow| if row.present { row.rev } else { 0 };
    let mut rows: Vec<_> =
        rows.iter().map(|row| (row.channel, row.seq, row.present, row.item, rev(row))).collect();
    rows.sort_unstable();
    rows
}
