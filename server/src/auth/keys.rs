//! The keys that sign access tokens: one signs, those before it still verify for the life of a token.
//!
//! Promises: private keys leave memory only sealed with the installation's secret; a key serves one jurisdiction.
//! Never: takes a key from anywhere but the table.

use std::{sync::Arc, time::Duration};

use anfang_protocol::ids::JurisdictionId;
use anyhow::anyhow;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use ed25519_dalek::SigningKey;
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::json;
use uuid::Uuid;

use crate::{
    auth::{
        jws,
        secret::{Sealer, Secret},
    },
    clock::{Clock, chance},
    db::{
        Conn,
        schema::{heads, signing_keys},
    },
    failure::{Failure, Result},
    ledger::{self, Entry},
};

/// How long a key that was read serves before it is read again: another process may have retired it.
const CACHED: Duration = Duration::from_secs(5);
/// Life of an access token.
pub const ACCESS_MINUTES: i64 = 10;
/// How long a retired key still verifies: the life of a token, and what other processes' caches add.
const VERIFIES_AFTER_MINUTES: i64 = ACCESS_MINUTES + 1;

/// A key that verifies.
pub struct Verifying {
    pub decoding: DecodingKey,
    retired_at: Option<DateTime<Utc>>,
}

impl Verifying {
    /// Whether tokens of this key are still good.
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        self.retired_at.is_none_or(|at| now < at + TimeDelta::minutes(VERIFIES_AFTER_MINUTES))
    }
}

/// The key that signs.
pub struct Signing {
    pub id: Uuid,
    pub encoding: EncodingKey,
}

type Row = (Uuid, Vec<u8>, Vec<u8>, Option<DateTime<Utc>>);

/// Keys of all jurisdictions, kept in memory for a few seconds.
pub struct Keys {
    sealer: Sealer,
    signing: moka::sync::Cache<JurisdictionId, Arc<Signing>>,
    verifying: moka::sync::Cache<(JurisdictionId, Uuid), Arc<Verifying>>,
}

impl Keys {
    pub fn new(secret: &Secret) -> Self {
        Keys {
            sealer: secret.sealer("signing-keys"),
            signing: moka::sync::Cache::builder().max_capacity(1_000).time_to_live(CACHED).build(),
            verifying: moka::sync::Cache::builder().max_capacity(10_000).time_to_live(CACHED).build(),
        }
    }

    /// A key by its id, for verifying. None when this jurisdiction has no such key.
    pub async fn verifying(
        &self,
        conn: &mut Conn,
        jurisdiction: JurisdictionId,
        id: Uuid,
    ) -> Result<Option<Arc<Verifying>>> {
        let row: Option<(Vec<u8>, Option<DateTime<Utc>>)> = signing_keys::table
            .find((jurisdiction.0, id))
            .select((signing_keys::public_key, signing_keys::retired_at))
            .first(conn)
            .await
            .optional()?;
        let Some((public, retired_at)) = row else { return Ok(None) };
        let key = Arc::new(Verifying { decoding: DecodingKey::from_ed_der(&public), retired_at });
        self.verifying.insert((jurisdiction, id), key.clone());
        Ok(Some(key))
    }

    /// The same, if it was read a moment ago.
    pub fn cached(&self, jurisdiction: JurisdictionId, id: Uuid) -> Option<Arc<Verifying>> {
        self.verifying.get(&(jurisdiction, id))
    }

    /// The key that signs, made at first use.
    ///
    /// # Errors
    /// Broken when the key was sealed with another secret.
    pub async fn signing(
        &self,
        conn: &mut Conn,
        clock: &Clock,
        jurisdiction: JurisdictionId,
    ) -> Result<Arc<Signing>> {
        if let Some(key) = self.signing.get(&jurisdiction) {
            return Ok(key);
        }
        let row = match newest(conn, jurisdiction).await? {
            Some(row) => row,
            None => {
                conn.transaction(async |conn| {
                    lock(conn, jurisdiction).await?;
                    match newest(conn, jurisdiction).await? {
                        Some(row) => Ok::<_, Failure>(row),
                        None => self.make(conn, clock, jurisdiction, "signing_key.made").await,
                    }
                })
                .await?
            }
        };
        let key = Arc::new(self.unseal(jurisdiction, row)?);
        self.signing.insert(jurisdiction, key.clone());
        Ok(key)
    }

    /// Retires the key that signs and makes a new one. Returns the new key's id.
    pub async fn rotate(&self, conn: &mut Conn, clock: &Clock, jurisdiction: JurisdictionId) -> Result<Uuid> {
        let row = conn
            .transaction(async |conn| {
                lock(conn, jurisdiction).await?;
                diesel::update(signing_keys::table)
                    .filter(signing_keys::jurisdiction_id.eq(jurisdiction.0))
                    .filter(signing_keys::retired_at.is_null())
                    .set(signing_keys::retired_at.eq(clock.now()))
                    .execute(conn)
                    .await?;
                self.make(conn, clock, jurisdiction, "signing_key.rotated").await
            })
            .await?;
        self.signing.invalidate(&jurisdiction);
        self.verifying.invalidate_all();
        Ok(row.0)
    }

    async fn make(
        &self,
        conn: &mut Conn,
        clock: &Clock,
        jurisdiction: JurisdictionId,
        event: &str,
    ) -> Result<Row> {
        let (id, seed) = (clock.fresh_id(), chance::<32>());
        let public = SigningKey::from_bytes(&seed).verifying_key().to_bytes().to_vec();
        let sealed = self.sealer.seal_bytes(&binding(jurisdiction, id), &seed);
        diesel::insert_into(signing_keys::table)
            .values((
                signing_keys::jurisdiction_id.eq(jurisdiction.0),
                signing_keys::key_id.eq(id),
                signing_keys::public_key.eq(&public),
                signing_keys::sealed_key.eq(&sealed),
                signing_keys::created_at.eq(clock.now()),
            ))
            .execute(conn)
            .await?;
        let entry =
            Entry::event(event, clock.now(), &json!({"key_id": id, "public_key": hex::encode(&public)}))?;
        ledger::append(conn, jurisdiction, &[entry], &[]).await?;
        Ok((id, public, sealed, None))
    }

    fn unseal(&self, jurisdiction: JurisdictionId, (id, public, sealed, _): Row) -> Result<Signing> {
        let seed: Option<[u8; 32]> =
            self.sealer.open_bytes(&binding(jurisdiction, id), &sealed).and_then(|seed| seed.try_into().ok());
        let fits =
            |seed: &[u8; 32]| SigningKey::from_bytes(seed).verifying_key().as_bytes() == public.as_slice();
        let seed = seed.filter(fits).ok_or_else(|| {
            anyhow!(
                "the signing key {id} was sealed with another secret than this server's: give every server the same \
                 secret file, or make a new key with `anfang admin rotate-keys`"
            )
        })?;
        Ok(Signing { id, encoding: jws::ed25519_signer(&seed) })
    }
}

/// What a sealed key is bound to: it opens for no other jurisdiction and under no other id.
fn binding(jurisdiction: JurisdictionId, id: Uuid) -> Vec<u8> {
    [jurisdiction.0.as_bytes().as_slice(), id.as_bytes()].concat()
}

async fn newest(conn: &mut Conn, jurisdiction: JurisdictionId) -> Result<Option<Row>> {
    Ok(signing_keys::table
        .filter(signing_keys::jurisdiction_id.eq(jurisdiction.0))
        .filter(signing_keys::retired_at.is_null())
        .order(signing_keys::created_at.desc())
        .select((
            signing_keys::key_id,
            signing_keys::public_key,
            signing_keys::sealed_key,
            signing_keys::retired_at,
        ))
        .first(conn)
        .await
        .optional()?)
}

/// Takes the jurisdiction's counter row, so that two processes do not each make a first key.
async fn lock(conn: &mut Conn, jurisdiction: JurisdictionId) -> Result<()> {
    heads::table.find(jurisdiction.0).select(heads::seq).for_update().first::<i64>(conn).await?;
    Ok(())
}
