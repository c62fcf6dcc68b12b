//! People at work on the ledger: commands about items, and what each of them then holds.

use std::collections::BTreeMap;

use anfang::auth::Passwords;
use anfang_protocol::{
    evidence::Evidence,
    feed::{Channel, Kind},
    ids::AccountId,
    people::{Role, Scope},
    sync::{Change, Outcome, Request, Status},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Server, Speaker, given};

/// What somebody holds after pulling everything: kind, revision and body, by channel and id.
pub type Holdings = BTreeMap<(Channel, Uuid), (Kind, u32, Value)>;

/// An outcome in two words: the status and, if it was refused, why.
pub fn told(outcome: &Outcome) -> (Status, String) {
    let why = outcome.problem.as_ref().and_then(|problem| problem.code());
    (outcome.status.clone(), why.map_or(String::new(), |code| code.slug().to_owned()))
}

/// The one text that a query gives: for looking at what the public doors do not show.
pub async fn query_text(server: &Server, query: &str) -> String {
    use diesel_async::RunQueryDsl;
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        text: String,
    }
    let row: Row =
        diesel::sql_query(query).get_result(&mut server.database.conn().await).await.expect("a row");
    row.text
}

/// Somebody more in the first county.
pub async fn newcomer(server: &Server, login: &str, role: Role, scope: Scope) -> AccountId {
    let hash = Passwords::default().hash(given::PASSWORD.to_owned()).await.expect("hashing");
    let mut conn = server.database.conn().await;
    given::person(&mut conn, given::County(given::COUNTY), login, &hash, role, scope).await
}

impl Speaker {
    /// Gives one command, with the revision that was before the eyes.
    pub async fn gives(&mut self, kind: &str, body: Value, base: Option<u32>) -> Outcome {
        let mut command = self.command(kind, body);
        if let Some(base) = base {
            command["base_rev"] = base.to_string().into();
        }
        self.push(&[command]).await.outcomes.remove(0)
    }

    /// A command about an item that is applied; gives the revision.
    #[track_caller]
    pub fn does(&mut self, kind: &str, id: Uuid, more: Value) -> impl Future<Output = u32> {
        let place = std::panic::Location::caller();
        let mut body = json!({ "rectification_id": id });
        let (Value::Object(all), Value::Object(more)) = (&mut body, more) else { panic!("an object") };
        all.extend(more);
        let kind = format!("rectification.{kind}");
        async move {
            let outcome = self.gives(&kind, body, None).await;
            assert_eq!(outcome.status, Status::Applied, "{kind} at {place}: {:?}", outcome.problem);
            outcome.rev.expect("a revision").parse().expect("a number")
        }
    }

    /// A command about an item that is refused; gives status and code.
    pub async fn fails(&mut self, kind: &str, id: Uuid, more: Value) -> (Status, String) {
        let mut body = json!({ "rectification_id": id });
        let (Value::Object(all), Value::Object(more)) = (&mut body, more) else { panic!("an object") };
        all.extend(more);
        told(&self.gives(&format!("rectification.{kind}"), body, None).await)
    }

    /// Pulls from the beginning until nothing more comes.
    pub async fn holds(&self) -> Holdings {
        let mut held = Holdings::new();
        let mut cursor = None;
        loop {
            let answer = self.sync(&Request { cursor: cursor.take(), ..Request::default() }).await;
            for change in answer.changes {
                match change {
                    Change::Drop(channel) => held.retain(|(of, _), _| *of != channel),
                    Change::Gone(channel, id) => drop(held.remove(&(channel, id))),
                    Change::Put(put) => {
                        let body = put.body.map(|body| serde_json::from_str(body.get()).expect("JSON"));
                        // A body comes once, with the first of an item's channels.
                        let known =
                            held.iter().find(|((_, id), _)| *id == put.id).map(|(_, (.., b))| b.clone());
                        let body = body.or(known).unwrap_or(Value::Null);
                        held.insert((put.channel, put.id), (put.kind, put.rev, body));
                    }
                }
            }
            if !answer.more {
                return held;
            }
            cursor = answer.cursor;
        }
    }

    /// The kinds of the person's notices, sorted.
    pub async fn notices(&self) -> Vec<String> {
        let held = self.holds().await;
        let of = held.values().filter(|(kind, ..)| *kind == Kind::Notice);
        let mut kinds: Vec<String> =
            of.map(|(.., body)| body["kind"].as_str().expect("a kind").to_owned()).collect();
        kinds.sort();
        kinds
    }
}

/// A mention of a file as a command carries it.
pub fn mention(bytes: &[u8]) -> Evidence {
    super::reports::photo(bytes, "image/jpeg")
}

/// Counts and accounts, asked of the server as somebody who sees everything, beside the items and moves themselves.
pub async fn counts_are_of_the_items(server: &Server, overseer: &Speaker) {
    let columns = [
        ("stage", "stage"),
        ("sector", "(SELECT sector_zh FROM areas a WHERE a.area_id = rectifications.channel_area_id)"),
        ("township", "channel_area_id"),
        ("area", "area_id"),
        ("unit", "unit_id"),
        ("person", "person"),
        ("severity", "severity"),
        ("source", "source"),
    ];
    for (by, column) in columns {
        let there = format!(
            "SELECT coalesce(jsonb_object_agg(coalesce(key, '-'), n), '{{}}')::text AS text FROM ( \
                SELECT {column}::text AS key, jsonb_build_array(count(*), \
                    count(*) FILTER (WHERE stage NOT IN ('closed', 'cancelled')), count(*) FILTER (WHERE stage = 'closed'), \
                    count(*) FILTER (WHERE stage = 'returned'), count(*) FILTER (WHERE stage = 'suspended')) AS n \
                FROM rectifications WHERE jurisdiction_id = '{}' GROUP BY 1) c",
            given::County(given::COUNTY).id()
        );
        let there: Value = serde_json::from_str(&query_text(server, &there).await).expect("JSON");
        let told = overseer.get_json(&format!("/v1/rectifications/counts?by={by}")).await;
        let told: serde_json::Map<String, Value> = told["counts"]
            .as_array()
            .expect("counts")
            .iter()
            .map(|count| {
                let n = ["total", "open", "closed", "returned", "suspended"].map(|name| count[name].clone());
                (count["key"].as_str().unwrap_or("-").to_owned(), n.to_vec().into())
            })
            .collect();
        assert_eq!(Value::Object(told), there, "by {by}");
    }
    let moved = "SELECT count(*)::text AS text FROM item_moves";
    let days = overseer.get_json("/v1/reconciliation?from=2020-01-01&to=2100-01-01").await;
    let days = days["days"].as_array().expect("days");
    let told: u64 = days
        .iter()
        .flat_map(|day| {
            ["new", "reopened", "closed", "moved_away"].map(|kind| day[kind].as_u64().expect("a number"))
        })
        .sum();
    assert_eq!(told.to_string(), query_text(server, moved).await, "every move is in the accounts once");
}
