//! The lives of items, as ledger and rows tell them when all is over.

use std::collections::{BTreeMap, HashMap};

use anfang_protocol::lifecycle::item::{Desk, Rectification};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use crate::harness::Server;

/// Something that was done about an item, from the ledger.
#[derive(Debug, Clone)]
pub struct Deed {
    pub seq: i64,
    pub at: DateTime<Utc>,
    /// Without `rectification.`
    pub kind: String,
    pub clock: bool,
    pub command: Uuid,
    /// When the giver says that it was; of the clock: when it fell due.
    pub meant: DateTime<Utc>,
    body: Value,
}

impl Deed {
    pub fn gives_an_order(&self) -> bool {
        matches!(self.kind.as_str(), "hand_over" | "reassign")
    }

    pub fn text(&self, field: &str) -> String {
        self.body[field].as_str().expect("a text").to_owned()
    }

    pub fn day(&self, field: &str) -> NaiveDate {
        self.text(field).parse().expect("a day")
    }
}

#[derive(Debug, Clone)]
pub struct Life {
    pub id: Uuid,
    pub case: Rectification,
    pub desk: Desk,
    /// When the server means to look at it next.
    pub next_at: Option<DateTime<Utc>>,
    /// In the ledger's order; applied ones only.
    pub deeds: Vec<Deed>,
    /// The clock's commands that were applied, by the table of commands.
    pub clocks: Vec<Uuid>,
}

#[derive(QueryableByName)]
struct ItemRow {
    #[diesel(sql_type = SqlUuid)]
    rectification_id: Uuid,
    #[diesel(sql_type = Text)]
    body: String,
    #[diesel(sql_type = Text)]
    desk: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    next_at: Option<DateTime<Utc>>,
}

#[derive(QueryableByName)]
struct DeedRow {
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Bool)]
    clock: bool,
    #[diesel(sql_type = SqlUuid)]
    command: Uuid,
    #[diesel(sql_type = Text)]
    text: String,
}

#[derive(QueryableByName)]
struct CommandRow {
    #[diesel(sql_type = SqlUuid)]
    item_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    command_id: Uuid,
}

/// All items with all that happened to them.
pub async fn all(server: &Server) -> Vec<Life> {
    let mut conn = server.database.conn().await;
    let items: Vec<ItemRow> =
        diesel::sql_query("SELECT rectification_id, body, desk, next_at FROM rectifications")
            .load(&mut conn)
            .await
            .expect("items");
    let deeds: Vec<DeedRow> = diesel::sql_query(
        "SELECT seq, at, account_id IS NULL AS clock, command_id AS command, (entry::jsonb -> 'command')::text AS text \
         FROM ledger WHERE kind LIKE 'rectification.%' AND entry::jsonb ->> 'status' IS NULL ORDER BY seq",
    )
    .load(&mut conn)
    .await
    .expect("deeds");
    let commands: Vec<CommandRow> = diesel::sql_query(
        "SELECT item_id, command_id FROM commands \
         WHERE account_id IS NULL AND status = 'applied' AND kind LIKE 'rectification.%'",
    )
    .load(&mut conn)
    .await
    .expect("commands");
    let mut of: HashMap<Uuid, Vec<Deed>> = HashMap::new();
    for row in deeds {
        let command: Value = serde_json::from_str(&row.text).expect("JSON");
        let id = command["body"]["rectification_id"].as_str().expect("an id").parse().expect("an id");
        of.entry(id).or_default().push(deed(&row, &command));
    }
    let mut clocks: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for row in commands {
        clocks.entry(row.item_id).or_default().push(row.command_id);
    }
    let life = |row: ItemRow| Life {
        id: row.rectification_id,
        case: serde_json::from_str(&row.body).expect("a case"),
        desk: serde_json::from_str(&row.desk).expect("a desk"),
        next_at: row.next_at,
        deeds: of.remove(&row.rectification_id).expect("it was listed"),
        clocks: clocks.remove(&row.rectification_id).unwrap_or_default(),
    };
    let lives = items.into_iter().map(life).collect();
    assert!(of.is_empty() && clocks.is_empty(), "something was done to items that there are not");
    lives
}

fn deed(row: &DeedRow, command: &Value) -> Deed {
    let kind = command["type"].as_str().and_then(|kind| kind.strip_prefix("rectification."));
    Deed {
        seq: row.seq,
        at: row.at,
        kind: kind.expect("a type").to_owned(),
        clock: row.clock,
        command: row.command,
        meant: command["at"].as_str().expect("a time").parse().expect("a time"),
        body: command["body"].clone(),
    }
}

/// How often each kind of thing happened, by the ledger: `close`, `clock:remind:blue`, `approve_step:summon` …
pub fn tally(lives: &[Life]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for deed in lives.iter().flat_map(|life| &life.deeds) {
        let which = ["colour", "rung"].iter().find_map(|field| deed.body[*field].as_str());
        let by = if deed.clock { "clock:" } else { "" };
        let which = which.map(|which| format!(":{which}")).unwrap_or_default();
        *counts.entry(format!("{by}{}{which}", deed.kind)).or_insert(0) += 1;
    }
    counts
}
