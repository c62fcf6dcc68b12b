//! The ledger: what happened, in order, chained by hashes; and the feed that phones follow.
//!
//! Change feed, audit trail and order of all changes are one thing, written by one statement at the very end of
//! each writing transaction ([`append`]). Entries are never changed or removed.

pub mod bell;
pub mod verify;
pub mod walk;

pub use bell::Bell;

use anfang_protocol::{
    canonical::canonical,
    feed::{Channel, Kind, share},
    ids::{AccountId, CommandId, DeviceId, JurisdictionId},
};
use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, Bool, Int4, Int8, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    db::{Conn, prepared},
    failure::Result,
};

/// One thing that happened.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Type of the command or event, for instance `inspection.submit`, `evidence.stored`, `grant.given`.
    pub kind: String,
    pub command: Option<CommandId>,
    /// None: the clock, or the command line.
    pub account: Option<AccountId>,
    pub device: Option<DeviceId>,
    pub at: DateTime<Utc>,
    /// Canonical JSON of what happened.
    pub text: String,
}

impl Entry {
    /// An event that no command caused.
    ///
    /// # Errors
    /// When `what` has no canonical form.
    pub fn event(kind: &str, at: DateTime<Utc>, what: &impl Serialize) -> Result<Self> {
        Ok(Entry {
            kind: kind.to_owned(),
            command: None,
            account: None,
            device: None,
            at,
            text: canonical(what)?,
        })
    }

    pub fn by(mut self, account: AccountId, device: DeviceId) -> Self {
        self.account = Some(account);
        self.device = Some(device);
        self
    }
}

/// An item entering, changing in, or leaving a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub channel: Channel,
    pub item: Uuid,
    pub kind: Kind,
    pub present: bool,
    pub rev: i32,
}

impl Place {
    pub fn put(channel: Channel, kind: Kind, item: Uuid, rev: i32) -> Self {
        Place { channel, item, kind, present: true, rev }
    }

    /// The item left the channel: every move leaves an exit row (protocol-design §3).
    pub fn exit(channel: Channel, kind: Kind, item: Uuid, rev: i32) -> Self {
        Place { channel, item, kind, present: false, rev }
    }
}

/// The head of a jurisdiction's order right behind an append: whoever has seen it has seen what was appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, diesel::QueryableByName)]
pub struct Head {
    #[diesel(sql_type = Int8)]
    pub seq: i64,
    #[diesel(sql_type = SqlUuid)]
    pub epoch: Uuid,
}

/// Numbers and chains the entries and places the items. Must be the last statement before COMMIT: from here on
/// the jurisdiction's counter row is held. Returns the head after it.
///
/// Within one call an item may stand in one channel only once. The connection is shared, so that the statement can
/// be sent right behind those before it.
pub async fn append(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    entries: &[Entry],
    places: &[Place],
) -> Result<Head> {
    let channels: Vec<String> = places.iter().map(|p| p.channel.to_string()).collect();
    let shares: Vec<i64> = places.iter().map(|p| share(p.item, p.rev.unsigned_abs()).cast_signed()).collect();
    Ok(prepared(
        "SELECT append_to_ledger($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) AS seq, \
             (SELECT epoch FROM heads WHERE jurisdiction_id = $1) AS epoch",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<Text>, _>(entries.iter().map(|e| e.kind.as_str()).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(entries.iter().map(|e| e.command.map(|id| id.0)).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(entries.iter().map(|e| e.account.map(|id| id.0)).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(entries.iter().map(|e| e.device.map(|id| id.0)).collect::<Vec<_>>())
    .bind::<Array<Timestamptz>, _>(entries.iter().map(|e| e.at).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(entries.iter().map(|e| e.text.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(channels)
    .bind::<Array<SqlUuid>, _>(places.iter().map(|p| p.item).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(places.iter().map(|p| p.kind.as_str()).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(places.iter().map(|p| p.present).collect::<Vec<_>>())
    .bind::<Array<Int4>, _>(places.iter().map(|p| p.rev).collect::<Vec<_>>())
    .bind::<Array<Int8>, _>(shares)
    .get_result(&mut conn)
    .await?)
}
