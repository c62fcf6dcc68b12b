//! The statement that enters whole files.

use std::collections::BTreeSet;

use anfang_protocol::{Code, Problem, ids::JurisdictionId};
use chrono::{DateTime, Utc};
use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Binary, Bool, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncConnection, RunQueryDsl};
use serde_json::json;
use uuid::Uuid;

use super::arrival::{Arrival, Entered};
use crate::{
    db::{Conn, prepared},
    evidence::{
        Blobs, blobs,
        mentions::store::{Revised, places},
    },
    failpoint,
    failure::{Failure, Result},
    ledger::{self, Entry, Place},
};

/// An arrival that was entered, with one report that it completes.
#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    ordinal: i64,
    #[diesel(sql_type = Bool)]
    fresh: bool,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    item_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    kind: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    channel_area_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    other: Option<Uuid>,
    #[diesel(sql_type = Nullable<Integer>)]
    rev: Option<i32>,
}

/// What an arrival changed.
#[derive(Default)]
struct News {
    /// This account did not hold the file before.
    fresh: bool,
    /// Reports and items that now have it.
    reports: Vec<Revised>,
}

/// Enters files; for each arrival what it changed, or `None` when its writer no longer had the lease.
///
/// One statement: rows of files and holders, the upload's row kept as a receipt, any other upload of the same file
/// by the same account closed, waiting evidence marked, its reports revised.
async fn enter(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    arrivals: &[&Arrival],
    now: DateTime<Utc>,
    receipts_until: DateTime<Utc>,
) -> Result<Vec<Option<News>>> {
    let rows: Vec<Row> = prepared(
        "WITH arrived AS MATERIALIZED ( \
            SELECT * FROM unnest($2, $3, $4, $5, $6, $7, $8, $9) WITH ORDINALITY \
                AS a (sha256, size, media_type, metadata, account_id, device_id, upload_id, lease, ordinal)), \
         receipts AS ( \
            UPDATE uploads u SET held = u.size, expires_at = $11 FROM arrived a \
            WHERE u.jurisdiction_id = $1 AND u.upload_id = a.upload_id AND u.lease = a.lease RETURNING u.upload_id), \
         good AS MATERIALIZED ( \
            SELECT * FROM arrived a WHERE a.lease IS NULL OR a.upload_id IN (SELECT upload_id FROM receipts)), \
         made AS ( \
            INSERT INTO uploads (jurisdiction_id, upload_id, account_id, device_id, sha256, size, media_type, held, \
                created_at, expires_at) \
            SELECT $1, upload_id, account_id, device_id, sha256, size, media_type, size, $10, $11 \
            FROM good WHERE lease IS NULL ON CONFLICT DO NOTHING), \
         closed AS ( \
            UPDATE uploads u SET held = u.size, lease = u.lease + 1, expires_at = $11 FROM good g \
            WHERE u.jurisdiction_id = $1 AND u.account_id = g.account_id AND u.sha256 = g.sha256 \
                AND u.upload_id <> g.upload_id AND u.held < u.size), \
         files AS ( \
            INSERT INTO blobs (jurisdiction_id, sha256, size, media_type, stored_at, examination, metadata) \
            SELECT DISTINCT ON (sha256) $1, sha256, size, media_type, $10, 'pending', metadata \
            FROM good ORDER BY sha256 ON CONFLICT DO NOTHING), \
         holders AS ( \
            INSERT INTO blob_holders (jurisdiction_id, sha256, account_id) \
            SELECT DISTINCT $1, sha256, account_id FROM good ORDER BY sha256, account_id \
            ON CONFLICT DO NOTHING RETURNING sha256, account_id), \
         marked AS ( \
            UPDATE evidence e SET status = 'stored' FROM (SELECT DISTINCT sha256, account_id FROM good) g \
            WHERE e.jurisdiction_id = $1 AND e.sha256 = g.sha256 AND e.account_id = g.account_id \
                AND e.status <> 'stored' \
            RETURNING e.inspection_id, e.sha256, e.account_id), \
         locked AS ( \
            SELECT inspection_id FROM inspections \
            WHERE jurisdiction_id = $1 AND inspection_id IN (SELECT inspection_id FROM marked) \
            ORDER BY inspection_id FOR UPDATE), \
         revised AS ( \
            UPDATE inspections i SET rev = i.rev + 1 FROM locked l \
            WHERE i.jurisdiction_id = $1 AND i.inspection_id = l.inspection_id \
            RETURNING i.inspection_id, i.channel_area_id, i.account_id, i.rev), \
         marked_items AS ( \
            UPDATE item_evidence e SET status = 'stored' FROM (SELECT DISTINCT sha256, account_id FROM good) g \
            WHERE e.jurisdiction_id = $1 AND e.sha256 = g.sha256 AND e.account_id = g.account_id \
                AND e.status <> 'stored' \
            RETURNING e.rectification_id, e.item_id, e.sha256, e.account_id), \
         locked_items AS ( \
            SELECT rectification_id FROM rectifications \
            WHERE jurisdiction_id = $1 AND rectification_id IN ( \
                SELECT rectification_id FROM marked_items WHERE item_id = rectification_id) \
            ORDER BY rectification_id FOR UPDATE), \
         revised_items AS ( \
            UPDATE rectifications r SET rev = r.rev + 1 FROM locked_items l \
            WHERE r.jurisdiction_id = $1 AND r.rectification_id = l.rectification_id \
            RETURNING r.rectification_id, r.channel_area_id, r.seen_by, r.rev), \
         all_marked AS ( \
            SELECT inspection_id AS item_id, sha256, account_id FROM marked \
            UNION SELECT rectification_id, sha256, account_id FROM marked_items WHERE item_id = rectification_id), \
         all_revised AS ( \
            SELECT inspection_id AS item_id, 'inspection' AS kind, channel_area_id, account_id AS other, rev FROM revised \
            UNION ALL SELECT rectification_id, 'rectification', channel_area_id, seen_by, rev FROM revised_items) \
         SELECT g.ordinal, h.sha256 IS NOT NULL AS fresh, r.item_id, r.kind, r.channel_area_id, r.other, r.rev \
         FROM good g LEFT JOIN holders h USING (sha256, account_id) \
         LEFT JOIN all_marked m USING (sha256, account_id) \
         LEFT JOIN all_revised r ON r.item_id = m.item_id \
         ORDER BY g.ordinal",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<Binary>, _>(arrivals.iter().map(|a| a.sha.0.to_vec()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(arrivals.iter().map(|a| a.size.cast_signed()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(arrivals.iter().map(|a| a.media_type).collect::<Vec<_>>())
    .bind::<Array<Nullable<Jsonb>>, _>(arrivals.iter().map(|a| a.metadata()).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(arrivals.iter().map(|a| a.account.0).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(arrivals.iter().map(|a| a.device.0).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(arrivals.iter().map(|a| a.upload.0).collect::<Vec<_>>())
    .bind::<Array<Nullable<BigInt>>, _>(arrivals.iter().map(|a| a.lease).collect::<Vec<_>>())
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(receipts_until)
    .load(conn)
    .await?;
    let mut news: Vec<Option<News>> = arrivals.iter().map(|_| None).collect();
    for row in rows {
        let Some(slot) = usize::try_from(row.ordinal - 1).ok().and_then(|i| news.get_mut(i)) else {
            continue;
        };
        let entry = slot.get_or_insert_default();
        entry.fresh = row.fresh;
        if let (Some(item_id), Some(kind), Some(channel_area_id), Some(rev)) =
            (row.item_id, row.kind, row.channel_area_id, row.rev)
        {
            entry.reports.push(Revised { kind, item_id, channel_area_id, other: row.other, rev });
        }
    }
    Ok(news)
}

/// Keeps sweeps away until the end of the transaction; for stores that cannot lock a folder.
async fn hold_off_sweeps(conn: &mut Conn, jurisdiction: JurisdictionId) -> Result<()> {
    prepared("SELECT pg_advisory_xact_lock_shared(hashtextextended('sweep ' || $1, 0))")
        .bind::<Text, _>(jurisdiction.to_string())
        .execute(conn)
        .await?;
    Ok(())
}

/// What one transaction entered.
pub struct Booked {
    /// For each arrival, in order.
    pub entered: Vec<Entered>,
    pub places: Vec<Place>,
}

/// Enters files in one transaction. Entering one again changes nothing.
///
/// # Errors
/// Broken when the database fails; `unavailable` when a remote store has lost the file meanwhile.
pub async fn book(
    conn: &mut Conn,
    blobs: &Blobs,
    jurisdiction: JurisdictionId,
    arrivals: &[&Arrival],
    now: DateTime<Utc>,
    receipts_until: DateTime<Utc>,
) -> Result<Booked> {
    conn.transaction::<_, Failure, _>(async |conn| {
        if blobs.is_remote() {
            hold_off_sweeps(conn, jurisdiction).await?;
            for arrival in arrivals {
                if blobs.written_at(blobs::Place::Original(jurisdiction, arrival.sha)).await?.is_none() {
                    return Err(Problem::new(Code::Unavailable).detail("the file was swept away").into());
                }
            }
        }
        let news = enter(conn, jurisdiction, arrivals, now, receipts_until).await?;
        let entries = entries(arrivals, &news, now)?;
        let places = places(news.iter().flatten().flat_map(|news| &news.reports));
        if !entries.is_empty() {
            ledger::append(conn, jurisdiction, &entries, &places).await?;
        }
        failpoint::pass("upload.before_commit");
        let entered = |news: &Option<News>| news.as_ref().map_or(Entered::Superseded, |_| Entered::Stored);
        Ok(Booked { entered: news.iter().map(entered).collect(), places })
    })
    .await
}

fn entries(arrivals: &[&Arrival], news: &[Option<News>], now: DateTime<Utc>) -> Result<Vec<Entry>> {
    let mut told = BTreeSet::new();
    let is_news = |news: &&News| news.fresh || !news.reports.is_empty();
    let fresh = arrivals.iter().zip(news).filter_map(|(a, news)| Some((a, news.as_ref().filter(is_news)?)));
    fresh
        // The same person may have sent the same file twice at once.
        .filter(|(arrival, _)| told.insert((arrival.account, arrival.sha)))
        .map(|(arrival, news)| {
            let of = |kind: &str| -> BTreeSet<_> {
                news.reports.iter().filter(|one| one.kind == kind).map(|one| one.item_id).collect()
            };
            let what = json!({
                "account": arrival.account, "device": arrival.device, "inspections": of("inspection"),
                "media_type": arrival.media_type, "rectifications": of("rectification"), "sha256": arrival.sha,
                "size": arrival.size.to_string(),
            });
            Ok(Entry::event("evidence.stored", now, &what)?.by(arrival.account, arrival.device))
        })
        .collect()
}
