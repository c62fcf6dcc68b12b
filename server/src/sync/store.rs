//! Reads the feed. Everything runs in one snapshot that the caller opened.

use std::collections::BTreeMap;

use anfang_protocol::{
    feed::{Channel, ChannelDigest, Digests, Kind},
    ids::{AccountId, JurisdictionId},
};
use diesel::{
    prelude::*,
    sql_types::{Array, Bool, Int4, Int8, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use futures::StreamExt;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::page::{FeedRow, Head, Membership, Want};
use crate::{
    areas, checklists,
    db::{
        Conn, prepared,
        schema::{heads, memberships},
    },
    failure::{Failure, Result},
    inspections, notices, plans, rectifications, sites, units,
};

pub async fn head(mut conn: &Conn, jurisdiction: JurisdictionId) -> Result<Head> {
    let (seq, epoch, tombstone_floor) = heads::table
        .filter(heads::jurisdiction_id.eq(jurisdiction.0))
        .select((heads::seq, heads::epoch, heads::tombstone_floor))
        .first(&mut conn)
        .await?;
    Ok(Head { seq, epoch, tombstone_floor })
}

pub async fn memberships(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    account: AccountId,
) -> Result<Vec<Membership>> {
    let rows: Vec<(String, i64, Option<i64>)> = memberships::table
        .filter(memberships::jurisdiction_id.eq(jurisdiction.0))
        .filter(memberships::account_id.eq(account.0))
        .select((memberships::channel, memberships::granted_seq, memberships::revoked_seq))
        .load(&mut conn)
        .await?;
    rows.into_iter()
        .map(|(channel, granted_seq, revoked_seq)| {
            Ok(Membership { channel: read_channel(&channel)?, granted_seq, revoked_seq })
        })
        .collect()
}

fn read_channel(text: &str) -> Result<Channel> {
    text.parse().map_err(|_| Failure::Broken(anyhow::anyhow!("a stored channel cannot be read: {text}")))
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    channel: String,
    #[diesel(sql_type = SqlUuid)]
    item_id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Int8)]
    seq: i64,
    #[diesel(sql_type = Bool)]
    present: bool,
    #[diesel(sql_type = Int4)]
    rev: i32,
}

fn rows(rows: Vec<Row>) -> Result<Vec<FeedRow>> {
    rows.into_iter()
        .map(|row| {
            Ok(FeedRow {
                channel: read_channel(&row.channel)?,
                item: row.item_id,
                kind: Kind::from(row.kind.as_str()),
                seq: row.seq,
                present: row.present,
                rev: row.rev,
            })
        })
        .collect()
}

/// The next changes of each channel, in the channel's order; at most `limit` of each, so that the first `limit`
/// of all are among them.
pub async fn changed(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    wants: &[Want],
    limit: i64,
) -> Result<Vec<FeedRow>> {
    if wants.is_empty() {
        return Ok(Vec::new());
    }
    let found: Vec<Row> = prepared(
        "SELECT x.channel, x.item_id, x.kind, x.seq, x.present, x.rev \
         FROM unnest($2, $3, $4, $5) AS w (channel, seq, present, id) CROSS JOIN LATERAL ( \
            SELECT f.channel, f.item_id, f.kind, f.seq, f.present, f.rev FROM feed f \
            WHERE f.jurisdiction_id = $1 AND f.channel = w.channel COLLATE \"C\" \
              AND (f.seq, f.present, f.item_id) > (w.seq, w.present, w.id) \
            ORDER BY f.seq, f.present, f.item_id LIMIT $6) x",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<Text>, _>(wants.iter().map(|w| w.channel.to_string()).collect::<Vec<_>>())
    .bind::<Array<Int8>, _>(wants.iter().map(|w| w.after.0).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(wants.iter().map(|w| w.after.1).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(wants.iter().map(|w| w.after.2).collect::<Vec<_>>())
    .bind::<Int8, _>(limit)
    .load(&mut conn)
    .await?;
    rows(found)
}

/// What stood in granted channels when they were granted and has not changed since.
pub async fn filled(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    wants: &[Want],
    limit: i64,
) -> Result<Vec<FeedRow>> {
    let fills: Vec<(Channel, i64, Uuid)> =
        wants.iter().filter_map(|w| w.fill.map(|(granted, id)| (w.channel, granted, id))).collect();
    if fills.is_empty() {
        return Ok(Vec::new());
    }
    let found: Vec<Row> = prepared(
        "SELECT x.channel, x.item_id, x.kind, x.seq, x.present, x.rev \
         FROM unnest($2, $3, $4) AS w (channel, granted, id) CROSS JOIN LATERAL ( \
            SELECT f.channel, f.item_id, f.kind, f.seq, f.present, f.rev FROM feed f \
            WHERE f.jurisdiction_id = $1 AND f.channel = w.channel COLLATE \"C\" AND f.item_id > w.id \
              AND f.seq <= w.granted AND f.present \
            ORDER BY f.item_id LIMIT $5) x",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<Text>, _>(fills.iter().map(|(channel, _, _)| channel.to_string()).collect::<Vec<_>>())
    .bind::<Array<Int8>, _>(fills.iter().map(|(_, granted, _)| *granted).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(fills.iter().map(|(_, _, id)| *id).collect::<Vec<_>>())
    .bind::<Int8, _>(limit)
    .load(&mut conn)
    .await?;
    rows(found)
}

/// What these channels hold now, summed up.
pub async fn digests(mut conn: &Conn, jurisdiction: JurisdictionId, channels: &[Channel]) -> Result<Digests> {
    #[derive(QueryableByName)]
    struct Sum {
        #[diesel(sql_type = Text)]
        channel: String,
        #[diesel(sql_type = Int8)]
        count: i64,
        #[diesel(sql_type = Int8)]
        xor: i64,
    }
    let sums: Vec<Sum> = prepared(
        "SELECT channel, count(*) AS count, bit_xor(share) AS xor FROM feed \
         WHERE jurisdiction_id = $1 AND channel = ANY($2) AND present GROUP BY channel",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<Text>, _>(channels.iter().map(ToString::to_string).collect::<Vec<_>>())
    .load(&mut conn)
    .await?;
    let mut digests: Digests = channels.iter().map(|channel| (*channel, ChannelDigest::default())).collect();
    for sum in sums {
        let digest = ChannelDigest { count: sum.count.unsigned_abs(), xor: sum.xor.cast_unsigned() };
        digests.insert(read_channel(&sum.channel)?, digest);
    }
    Ok(digests)
}

/// Which of these channels changed since that life of the database ended; since the first that ended, if it is not
/// remembered.
pub async fn changed_since(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    life: Option<Uuid>,
    channels: &[Channel],
) -> Result<Vec<Channel>> {
    #[derive(QueryableByName)]
    struct Changed {
        #[diesel(sql_type = Text)]
        channel: String,
    }
    let changed: Vec<Changed> = prepared(
        "SELECT c.channel FROM unnest($3) AS c (channel) WHERE EXISTS ( \
            SELECT FROM feed f WHERE f.jurisdiction_id = $1 AND f.channel = c.channel COLLATE \"C\" AND f.seq > coalesce( \
                (SELECT ended_seq FROM epochs WHERE jurisdiction_id = $1 AND epoch = $2), \
                (SELECT min(ended_seq) FROM epochs WHERE jurisdiction_id = $1)))",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Nullable<SqlUuid>, _>(life)
    .bind::<Array<Text>, _>(channels.iter().map(ToString::to_string).collect::<Vec<_>>())
    .load(&mut conn)
    .await?;
    changed.iter().map(|changed| read_channel(&changed.channel)).collect()
}

/// Items as they travel, by id. A kind that no room answers for has no bodies.
pub async fn bodies(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    wanted: &BTreeMap<String, std::collections::BTreeSet<Uuid>>,
) -> Result<BTreeMap<Uuid, Box<RawValue>>> {
    let mut bodies = BTreeMap::new();
    for (kind, ids) in wanted {
        let ids: Vec<Uuid> = ids.iter().copied().collect();
        bodies.extend(match Kind::from(kind.as_str()) {
            Kind::Area => areas::store::wire(conn, jurisdiction, &ids).await?,
            Kind::Unit => units::store::wire(conn, jurisdiction, &ids).await?,
            Kind::Site => sites::store::wire(conn, jurisdiction, &ids).await?,
            Kind::Checklist => checklists::store::wire(conn, jurisdiction, &ids).await?,
            Kind::Inspection => inspections::store::wire(conn, jurisdiction, &ids).await?,
            Kind::Rectification => rectifications::store::wire(conn, jurisdiction, &ids).await?,
            Kind::RectificationDesk => rectifications::store::desks(conn, jurisdiction, &ids).await?,
            Kind::Notice => notices::store::wire(conn, jurisdiction, &ids).await?,
            Kind::Plan => plans::store::wire(conn, jurisdiction, &ids).await?,
            Kind::Unknown(_) => Vec::new(),
        });
    }
    Ok(bodies)
}

/// The Postgres channel of hints.
const NEWS: &str = "anfang_news";

/// Tells all server processes, from a transaction of its own.
pub async fn notify(conn: &mut Conn, text: &str) -> Result<()> {
    prepared("SELECT pg_notify($1, $2)").bind::<Text, _>(NEWS).bind::<Text, _>(text).execute(conn).await?;
    Ok(())
}

/// Hears what all server processes tell, on a connection of its own, until that breaks.
pub async fn hear(url: &str, mut tell: impl FnMut(&str)) -> anyhow::Result<()> {
    let mut conn = Conn::establish(url).await?;
    conn.batch_execute(&format!("LISTEN {NEWS}")).await?;
    let mut notifications = std::pin::pin!(conn.notifications_stream());
    while let Some(notification) = notifications.next().await {
        tell(&notification?.payload);
    }
    anyhow::bail!("the connection was closed")
}
