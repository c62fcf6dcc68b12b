//! The statement that enters whole files.

use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Binary, Bool, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use anfang_protocol::ids::JurisdictionId;
use chrono::{DateTime, Utc};

use super::Arrival;
use crate::{
    db::{Conn, prepared},
    evidence::mentions::store::Revised,
    failure::Result,
};

/// An arrival that was entered, with one report that it completes.
#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    ordinal: i64,
    #[diesel(sql_type = Bool)]
    fresh: bool,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    inspection_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    channel_area_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    author: Option<Uuid>,
    #[diesel(sql_type = Nullable<Integer>)]
    rev: Option<i32>,
}

/// What the books say of one arrival.
#[derive(Default)]
pub struct Booked {
    /// This account did not hold the file before.
    pub fresh: bool,
    /// Reports that now have it.
    pub reports: Vec<Revised>,
}

/// Enters files; for each arrival what the books say, or `None` when its writer no longer had the lease.
///
/// One statement: rows of files and holders, the upload's row kept as a receipt, any other upload of the same file
/// by the same account closed, waiting evidence marked, its reports revised.
///
/// # Errors
/// Broken when the database fails.
pub async fn enter(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    arrivals: &[&Arrival],
    now: DateTime<Utc>,
    receipts_until: DateTime<Utc>,
) -> Result<Vec<Option<Booked>>> {
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
            RETURNING i.inspection_id, i.channel_area_id, i.account_id AS author, i.rev) \
         SELECT g.ordinal, h.sha256 IS NOT NULL AS fresh, r.inspection_id, r.channel_area_id, r.author, r.rev \
         FROM good g LEFT JOIN holders h USING (sha256, account_id) \
         LEFT JOIN (SELECT DISTINCT * FROM marked) m USING (sha256, account_id) \
         LEFT JOIN revised r ON r.inspection_id = m.inspection_id \
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
    let mut booked: Vec<Option<Booked>> = arrivals.iter().map(|_| None).collect();
    for row in rows {
        let Some(slot) = usize::try_from(row.ordinal - 1).ok().and_then(|i| booked.get_mut(i)) else { continue };
        let entry = slot.get_or_insert_default();
        entry.fresh = row.fresh;
        if let (Some(inspection_id), Some(channel_area_id), Some(author), Some(rev)) =
            (row.inspection_id, row.channel_area_id, row.author, row.rev)
        {
            entry.reports.push(Revised { inspection_id, channel_area_id, author, rev });
        }
    }
    Ok(booked)
}

/// Keeps sweeps away from these files until the end of the transaction; for stores that cannot lock a folder.
///
/// # Errors
/// Broken when the database fails.
pub async fn hold_off_sweeps(conn: &mut Conn, jurisdiction: JurisdictionId) -> Result<()> {
    prepared("SELECT pg_advisory_xact_lock_shared(hashtextextended('sweep ' || $1, 0))")
        .bind::<Text, _>(jurisdiction.to_string())
        .execute(conn)
        .await?;
    Ok(())
}
