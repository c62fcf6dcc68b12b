//! What is true in the end, read as superuser from the tables themselves, beside what the phones hold.

use std::collections::{BTreeMap, BTreeSet};

use anfang::auth::grants;
use anfang_protocol::{authority::channels, feed::Channel, people::Grant};
use diesel::sql_types::{BigInt, Int4, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::{
    COUNTY,
    phone::{Mirror, Phone, unhurried},
};
use crate::harness::{Server, given};

#[derive(diesel::QueryableByName)]
struct Standing {
    #[diesel(sql_type = Text)]
    channel: String,
    #[diesel(sql_type = SqlUuid)]
    item_id: Uuid,
    #[diesel(sql_type = Int4)]
    rev: i32,
}

pub async fn check(seed: u64, server: &Server, phones: &[Phone]) {
    feed_is_what_the_tables_say(seed, server).await;
    commands_had_one_effect(seed, server, phones).await;
    for phone in phones {
        phone_holds_what_its_grants_allow(seed, server, phone).await;
    }
    let output = server.command(&["verify", "ledger", "--jurisdiction", given::COUNTY]);
    assert!(output.status.success(), "seed {seed}: {}", String::from_utf8_lossy(&output.stdout));
}

async fn phone_holds_what_its_grants_allow(seed: u64, server: &Server, phone: &Phone) {
    let mut conn = server.database.conn().await;
    let (account, login) = (phone.account(), phone.login);
    let held = grants::live_grants(&mut conn, COUNTY.id(), &[account]).await.expect("grants");
    let live: Vec<Grant> = held.into_values().flatten().map(|held| held.grant).collect();
    let land = grants::land(&mut conn, COUNTY.id()).await.expect("the land");
    let allowed: Vec<String> = channels(account, &live, &land).iter().map(Channel::to_string).collect();
    let rows: Vec<Standing> = diesel::sql_query(
        "SELECT channel, item_id, rev FROM feed WHERE jurisdiction_id = $1 AND present AND channel = ANY ($2)",
    )
    .bind::<SqlUuid, _>(COUNTY.id().0)
    .bind::<diesel::sql_types::Array<Text>, _>(allowed)
    .load(&mut conn)
    .await
    .expect("the feed");
    let truth: BTreeMap<(Channel, Uuid), u32> = rows
        .into_iter()
        .map(|row| ((row.channel.parse().expect("a channel"), row.item_id), row.rev.unsigned_abs()))
        .collect();
    let missing: Vec<_> =
        truth.iter().filter(|(key, rev)| phone.mirror.standing.get(key) != Some(rev)).collect();
    let extra: Vec<_> = phone.mirror.standing.keys().filter(|key| !truth.contains_key(key)).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "seed {seed}: {login} misses {missing:?} and has {extra:?}"
    );
    // Somebody who begins today sees the same, in the same words.
    let mut speaker = phone.speaker.at(server);
    speaker.http = unhurried();
    let mut fresh =
        Phone { login, speaker, mirror: Mirror::default(), outbox: Vec::new(), pages: Vec::new(), lost: 0 };
    fresh.pull_all(&server.base, None).await;
    assert_eq!(fresh.mirror.standing, phone.mirror.standing, "seed {seed}: {login}");
    for (id, body) in &fresh.mirror.bodies {
        assert_eq!(phone.mirror.bodies.get(id), Some(body), "seed {seed}: {login} holds an older {id}");
    }
    assert_eq!(fresh.mirror.bodies.len(), phone.mirror.bodies.len(), "seed {seed}: {login} holds no more");
}

/// Every site stands in its township's channel and nowhere else, every inspection in its township's and its author's,
/// each at its revision.
async fn feed_is_what_the_tables_say(seed: u64, server: &Server) {
    let places = "SELECT 'sites:' || channel_area_id AS channel, site_id AS item_id, rev FROM sites WHERE jurisdiction_id = $1 \
        UNION ALL SELECT 'area:' || channel_area_id, inspection_id, rev FROM inspections WHERE jurisdiction_id = $1 \
        UNION ALL SELECT 'person:' || account_id, inspection_id, rev FROM inspections WHERE jurisdiction_id = $1";
    let feed = "SELECT channel::text, item_id, rev FROM feed WHERE jurisdiction_id = $1 AND present \
        AND kind IN ('site', 'inspection')";
    let mut sets = Vec::new();
    for query in [places, feed] {
        let rows: Vec<Standing> = diesel::sql_query(query)
            .bind::<SqlUuid, _>(COUNTY.id().0)
            .load(&mut server.database.conn().await)
            .await
            .expect("rows");
        sets.push(rows.into_iter().map(|row| (row.channel, row.item_id, row.rev)).collect::<BTreeSet<_>>());
    }
    let (tables, feed) = (&sets[0], &sets[1]);
    let apart: Vec<_> = tables.symmetric_difference(feed).take(10).collect();
    assert!(apart.is_empty(), "seed {seed}: only in the tables or only in the feed: {apart:?}");
}

async fn commands_had_one_effect(seed: u64, server: &Server, phones: &[Phone]) {
    #[derive(diesel::QueryableByName)]
    struct Effect {
        #[diesel(sql_type = SqlUuid)]
        command_id: Uuid,
        #[diesel(sql_type = BigInt)]
        entries: i64,
    }
    #[derive(diesel::QueryableByName, Debug, PartialEq, Eq)]
    struct Item {
        #[diesel(sql_type = Int4)]
        rev: i32,
        #[diesel(sql_type = BigInt)]
        findings: i64,
    }
    let mut conn = server.database.conn().await;
    let effects: Vec<Effect> = diesel::sql_query(
        "SELECT command_id, (SELECT count(*) FROM ledger l WHERE l.jurisdiction_id = $1 AND l.command_id = c.command_id) AS entries \
         FROM commands c WHERE jurisdiction_id = $1",
    )
    .bind::<SqlUuid, _>(COUNTY.id().0)
    .load(&mut conn)
    .await
    .expect("commands");
    let entries: BTreeMap<Uuid, i64> = effects.into_iter().map(|e| (e.command_id, e.entries)).collect();
    let mut items: BTreeMap<Uuid, Item> = BTreeMap::new();
    for sent in phones.iter().flat_map(|phone| &phone.outbox) {
        let expected = sent.outcome.as_ref().map(|_| i64::from(sent.is_applied()));
        assert_eq!(entries.get(&sent.id).copied(), expected, "seed {seed}: entries of {:?}", sent.json);
        if sent.is_applied() {
            let item = items.entry(sent.item).or_insert(Item { rev: 0, findings: 0 });
            item.rev += 1;
            item.findings += sent.json["body"]["findings"].as_array().map_or(0, |all| all.len() as i64);
        }
    }
    for (id, expected) in items {
        let found: Item = diesel::sql_query(
            "SELECT rev, (SELECT count(*) FROM findings f WHERE f.jurisdiction_id = $1 AND f.inspection_id = $2) AS findings \
             FROM inspections WHERE jurisdiction_id = $1 AND inspection_id = $2",
        )
        .bind::<SqlUuid, _>(COUNTY.id().0)
        .bind::<SqlUuid, _>(id)
        .get_result(&mut conn)
        .await
        .expect("what was applied is there");
        assert_eq!(found, expected, "seed {seed}: every command on {id} counts once");
    }
    let all: Item = diesel::sql_query(
        "SELECT count(*)::int AS rev, 0::bigint AS findings FROM inspections WHERE jurisdiction_id = $1",
    )
    .bind::<SqlUuid, _>(COUNTY.id().0)
    .get_result(&mut conn)
    .await
    .expect("a count");
    let applied = phones
        .iter()
        .flat_map(|p| &p.outbox)
        .filter(|s| s.is_applied() && s.json["type"] == "inspection.submit");
    assert_eq!(all.rev as usize, applied.count(), "seed {seed}: inspections");
}
