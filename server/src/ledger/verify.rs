//! Walks a jurisdiction's chain from the first entry to the head and says where it breaks.

use anfang_protocol::{Code, Problem, ids::JurisdictionId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    db::{
        Conn,
        schema::{heads, ledger},
    },
    failure::Result,
};

/// What the walk found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub entries: u64,
    /// Sequence of the first entry that does not fit, with the reason; none: the chain is whole.
    pub broken: Option<(i64, &'static str)>,
}

impl Report {
    pub fn ok(&self) -> bool {
        self.broken.is_none()
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = ledger)]
struct Row {
    seq: i64,
    kind: String,
    command_id: Option<Uuid>,
    account_id: Option<Uuid>,
    device_id: Option<Uuid>,
    at: DateTime<Utc>,
    entry: String,
    prev_hash: Vec<u8>,
    hash: Vec<u8>,
}

/// Entries read at a time.
const PAGE: i64 = 5000;

/// The hash that stands before the first entry.
pub const GENESIS: [u8; 32] = [0; 32];

/// Recomputes every hash. Reads in pages; memory stays bounded.
///
/// # Errors
/// When the database fails; a broken chain is a [`Report`], not an error.
pub async fn verify(conn: &mut Conn, jurisdiction: JurisdictionId) -> Result<Report> {
    // First, and the walk ends there: what is appended meanwhile is no fault.
    let (head_seq, head): (i64, Vec<u8>) = heads::table
        .filter(heads::jurisdiction_id.eq(jurisdiction.0))
        .select((heads::seq, heads::ledger_hash))
        .first(conn)
        .await
        .optional()?
        .ok_or_else(|| Problem::new(Code::NotFound).detail("there is no such jurisdiction"))?;
    let mut report = Report { entries: 0, broken: None };
    let (mut after, mut hash) = (0_i64, GENESIS.to_vec());
    loop {
        let page: Vec<Row> = ledger::table
            .filter(ledger::jurisdiction_id.eq(jurisdiction.0))
            .filter(ledger::seq.gt(after).and(ledger::seq.le(head_seq)))
            .order(ledger::seq)
            .limit(PAGE)
            .select(Row::as_select())
            .load(conn)
            .await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for row in page {
            report.entries += 1;
            if row.prev_hash != hash {
                report.broken = Some((row.seq, "it does not follow the entry before it"));
                return Ok(report);
            }
            hash = link(&hash, &row).to_vec();
            if hash != row.hash {
                report.broken = Some((row.seq, "its content is not what was hashed"));
                return Ok(report);
            }
        }
    }
    if head != hash {
        report.broken = Some((after, "entries are missing at the end"));
    }
    Ok(report)
}

/// The hash of an entry: SHA-256 over the hash before it, its sequence (8 bytes, big-endian) and, in lines, its
/// kind, command, account, device, time in microseconds since 1970, and text.
fn link(prev: &[u8], row: &Row) -> [u8; 32] {
    let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let lines = [
        row.kind.clone(),
        id(row.command_id),
        id(row.account_id),
        id(row.device_id),
        row.at.timestamp_micros().to_string(),
        row.entry.clone(),
    ];
    let mut hasher = Sha256::new();
    hasher.update(prev);
    hasher.update(row.seq.to_be_bytes());
    hasher.update(lines.join("\n"));
    hasher.finalize().into()
}
