//! Memberships: which channels are open to whom, since which number of the order, and which were.
//!
//! Never: decides that; grants do.

use std::collections::{BTreeMap, BTreeSet};

use anfang_protocol::ids::{AccountId, JurisdictionId};
use diesel::{
    prelude::*,
    sql_types::{Array, Int8, Text, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::{
    db::{Conn, prepared, schema::memberships},
    failure::Result,
};

/// Accounts and channels, side by side.
type Pairs = (Vec<Uuid>, Vec<String>);

/// What has to change so that the memberships are what the grants say.
#[derive(Default)]
pub struct Difference {
    opened: Pairs,
    closed: Pairs,
}

impl Difference {
    /// A channel, as it is spelt, opens to an account.
    pub fn opens(&mut self, account: AccountId, channel: String) {
        self.opened.0.push(account.0);
        self.opened.1.push(channel);
    }

    /// A channel, as it is spelt, closes to an account.
    pub fn closes(&mut self, account: AccountId, channel: String) {
        self.closed.0.push(account.0);
        self.closed.1.push(channel);
    }

    /// How many open.
    pub fn opened(&self) -> usize {
        self.opened.0.len()
    }

    /// How many close.
    pub fn closed(&self) -> usize {
        self.closed.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.opened() + self.closed() == 0
    }

    /// Writes the memberships at this sequence. The counter row is held, so nothing comes between.
    ///
    /// # Errors
    /// Broken when the database fails.
    pub async fn write(&self, conn: &mut Conn, jurisdiction: JurisdictionId, seq: i64) -> Result<()> {
        if !self.opened.0.is_empty() {
            prepared(
                "INSERT INTO memberships (jurisdiction_id, account_id, channel, granted_seq) \
                 SELECT $1, account_id, channel, $4 FROM unnest($2, $3) AS opened (account_id, channel) \
                 ON CONFLICT (jurisdiction_id, account_id, channel) \
                 DO UPDATE SET granted_seq = excluded.granted_seq, revoked_seq = NULL",
            )
            .bind::<SqlUuid, _>(jurisdiction.0)
            .bind::<Array<SqlUuid>, _>(&self.opened.0)
            .bind::<Array<Text>, _>(&self.opened.1)
            .bind::<Int8, _>(seq)
            .execute(conn)
            .await?;
        }
        if !self.closed.0.is_empty() {
            prepared(
                "UPDATE memberships AS m SET revoked_seq = $4 FROM unnest($2, $3) AS closed (account_id, channel) \
                 WHERE m.jurisdiction_id = $1 AND m.account_id = closed.account_id AND m.channel = closed.channel",
            )
            .bind::<SqlUuid, _>(jurisdiction.0)
            .bind::<Array<SqlUuid>, _>(&self.closed.0)
            .bind::<Array<Text>, _>(&self.closed.1)
            .bind::<Int8, _>(seq)
            .execute(conn)
            .await?;
        }
        Ok(())
    }
}

/// The channels that are open to these accounts.
///
/// # Errors
/// Broken when the database fails.
pub async fn open(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    accounts: &[AccountId],
) -> Result<BTreeMap<AccountId, BTreeSet<String>>> {
    let rows: Vec<(Uuid, String)> = memberships::table
        .filter(memberships::jurisdiction_id.eq(jurisdiction.0))
        .filter(memberships::account_id.eq_any(accounts.iter().map(|account| account.0).collect::<Vec<_>>()))
        .filter(memberships::revoked_seq.is_null())
        .select((memberships::account_id, memberships::channel))
        .load(conn)
        .await?;
    let mut open: BTreeMap<AccountId, BTreeSet<String>> = BTreeMap::new();
    for (account, channel) in rows {
        open.entry(AccountId(account)).or_default().insert(channel);
    }
    Ok(open)
}
