//! Walks a jurisdiction's chain from the first entry to the head and says where it breaks.

use anfang_protocol::ids::JurisdictionId;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use sha2::{Digest, Sha256};

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

/// Entries read at a time.
const PAGE: i64 = 5000;

/// The hash that stands before the first entry.
pub const GENESIS: [u8; 32] = [0; 32];

/// Recomputes every hash. Reads in pages; memory stays bounded.
///
/// # Errors
/// When the database fails; a broken chain is a [`Report`], not an error.
pub async fn verify(conn: &mut Conn, jurisdiction: JurisdictionId) -> Result<Report> {
    let mut report = Report { entries: 0, broken: None };
    let (mut after, mut hash) = (0_i64, GENESIS.to_vec());
    loop {
        let page: Vec<(i64, String, Vec<u8>, Vec<u8>)> = ledger::table
            .filter(ledger::jurisdiction_id.eq(jurisdiction.0))
            .filter(ledger::seq.gt(after))
            .order(ledger::seq)
            .limit(PAGE)
            .select((ledger::seq, ledger::entry, ledger::prev_hash, ledger::hash))
            .load(conn)
            .await?;
        let Some(last) = page.last() else { break };
        after = last.0;
        for (seq, entry, prev, claimed) in page {
            report.entries += 1;
            if prev != hash {
                report.broken = Some((seq, "it does not follow the entry before it"));
                return Ok(report);
            }
            hash = link(&hash, seq, &entry).to_vec();
            if hash != claimed {
                report.broken = Some((seq, "its content is not what was hashed"));
                return Ok(report);
            }
        }
    }
    let head: Vec<u8> = heads::table
        .filter(heads::jurisdiction_id.eq(jurisdiction.0))
        .select(heads::ledger_hash)
        .first(conn)
        .await?;
    if head != hash {
        report.broken = Some((after, "entries are missing at the end"));
    }
    Ok(report)
}

/// The hash of an entry: SHA-256 over the hash before it, its sequence (8 bytes, big-endian) and its text.
pub fn link(prev: &[u8], seq: i64, entry: &str) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(prev);
    hasher.update(seq.to_be_bytes());
    hasher.update(entry.as_bytes());
    hasher.finalize().into()
}
