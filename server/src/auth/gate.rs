//! The gate: a token says who, the database says whether still.
//!
//! Promises: what was revoked is out within a second on every server process, for the database's word is never
//! older than half a second. Never: lets through what it could not ask about.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anfang_protocol::{
    Code,
    ids::{DeviceId, JurisdictionId, SessionId},
    sha::Sha,
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::{
    auth::{
        Actor,
        actor::Enrolling,
        keys::{ACCESS_MINUTES, Keys, Verifying},
        standing::Standing,
        tokens::{self, Bearer, Claims},
    },
    db::{
        Conn, Db,
        schema::{accounts, devices, sessions},
    },
    failure::Result,
};

/// How old the database's word may be, counted from when it was asked.
const WORD_LASTS: Duration = Duration::from_millis(500);
/// Sign-ins and tokens remembered by one server process.
const REMEMBERED: u64 = 20_000;

/// Who was let in.
#[derive(Debug, Clone, Copy)]
pub enum Admitted {
    Actor(Actor),
    Enrolling(Enrolling),
}

/// A token whose signature was good. Its times and its key are looked at again at every use.
struct Verified {
    claims: Claims,
    key: Uuid,
}

/// The database's word on a sign-in.
#[derive(Debug, Clone)]
struct Word {
    asked: Instant,
    /// None: there is no such sign-in.
    state: Option<Arc<State>>,
}

#[derive(Debug, Queryable)]
struct State {
    account: Uuid,
    device: Option<Uuid>,
    expires_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    standing: String,
    /// Of the device, where there is one: version of the protocol, and when it was revoked.
    protocol: Option<i32>,
    revoked_at: Option<DateTime<Utc>>,
}

/// Checks tokens. One for all threads of a server process.
pub struct Gate {
    keys: Arc<Keys>,
    verified: moka::sync::Cache<Sha, Arc<Verified>>,
    words: moka::sync::Cache<(JurisdictionId, SessionId), Word>,
}

impl Gate {
    pub fn new(keys: Arc<Keys>) -> Self {
        let life = Duration::from_secs(60 * ACCESS_MINUTES.unsigned_abs());
        Gate {
            keys,
            verified: moka::sync::Cache::builder().max_capacity(REMEMBERED).time_to_live(life).build(),
            words: moka::sync::Cache::builder().max_capacity(REMEMBERED).time_to_live(WORD_LASTS).build(),
        }
    }

    /// Lets the bearer of a token in.
    ///
    /// # Errors
    /// `token_invalid`; `device_revoked`, only to who shows a token that was good. Broken when the database
    /// cannot be asked.
    pub async fn admit(&self, db: &Db, now: DateTime<Utc>, token: &str) -> Result<Admitted> {
        let verified = self.verify(db, now, token).await?;
        self.ask(db, now, &verified.claims.bearer()).await
    }

    /// Whether an actor let in a while ago would be let in now: for requests and streams that last longer than a
    /// second (uploads, event streams), at least once a second.
    ///
    /// # Errors
    /// As [`admit`](Self::admit).
    pub async fn still(&self, db: &Db, now: DateTime<Utc>, actor: &Actor) -> Result<()> {
        self.ask(db, now, &actor.bearer()).await.map(drop)
    }

    /// Forgets every word: after a revocation it acts on this process at once.
    pub fn forget(&self) {
        self.words.invalidate_all();
    }

    async fn verify(&self, db: &Db, now: DateTime<Utc>, token: &str) -> Result<Arc<Verified>> {
        let unverified = tokens::read(token).ok_or(Code::TokenInvalid)?;
        let (jurisdiction, id) = (unverified.jurisdiction(), unverified.key);
        let key = match self.keys.cached(jurisdiction, id) {
            Some(key) => Some(key),
            None => self.keys.verifying(&mut *db.conn().await?, jurisdiction, id).await?,
        };
        let key: Arc<Verifying> = key.filter(|key| key.holds(now)).ok_or(Code::TokenInvalid)?;
        let name = Sha::of(token.as_bytes());
        let verified = match self.verified.get(&name).filter(|verified| verified.key == id) {
            Some(verified) => verified,
            None => {
                let claims = unverified.verify(&key).ok_or(Code::TokenInvalid)?;
                let verified = Arc::new(Verified { claims, key: id });
                self.verified.insert(name, verified.clone());
                verified
            }
        };
        if verified.claims.holds(now) { Ok(verified) } else { Err(Code::TokenInvalid.into()) }
    }

    async fn ask(&self, db: &Db, now: DateTime<Utc>, bearer: &Bearer) -> Result<Admitted> {
        let fresh = self
            .words
            .get(&(bearer.jurisdiction, bearer.session))
            .filter(|word| word.asked.elapsed() < WORD_LASTS);
        let word = match fresh {
            Some(word) => word,
            None => {
                let asked = Instant::now();
                let state = load(&mut *db.conn().await?, bearer).await?.map(Arc::new);
                let word = Word { asked, state };
                self.words.insert((bearer.jurisdiction, bearer.session), word.clone());
                word
            }
        };
        judge(bearer, word.state.as_deref(), now).map_err(Into::into)
    }
}

async fn load(conn: &mut Conn, bearer: &Bearer) -> Result<Option<State>> {
    let here = bearer.jurisdiction.0;
    Ok(sessions::table
        .find((here, bearer.session.0))
        .inner_join(
            accounts::table
                .on(accounts::jurisdiction_id.eq(here).and(accounts::account_id.eq(sessions::account_id))),
        )
        .left_join(
            devices::table.on(devices::jurisdiction_id
                .eq(here)
                .and(devices::device_id.nullable().eq(sessions::device_id))),
        )
        .select((
            sessions::account_id,
            sessions::device_id,
            sessions::expires_at,
            sessions::ended_at,
            accounts::standing,
            devices::protocol.nullable(),
            devices::revoked_at.nullable(),
        ))
        .first(conn)
        .await
        .optional()?)
}

fn judge(bearer: &Bearer, state: Option<&State>, now: DateTime<Utc>) -> Result<Admitted, Code> {
    let state = state
        .filter(|state| state.account == bearer.account.0 && state.device.map(DeviceId) == bearer.device)
        .ok_or(Code::TokenInvalid)?;
    if state.revoked_at.is_some() {
        return Err(Code::DeviceRevoked);
    }
    if state.ended_at.is_some() || now >= state.expires_at || state.standing != Standing::Active.as_str() {
        return Err(Code::TokenInvalid);
    }
    let Bearer { jurisdiction, account, session, .. } = *bearer;
    match (bearer.device, state.protocol) {
        (None, _) => Ok(Admitted::Enrolling(Enrolling { jurisdiction, account, session })),
        (Some(device), Some(protocol)) => {
            let protocol = protocol.unsigned_abs();
            Ok(Admitted::Actor(Actor { jurisdiction, account, device, session, protocol }))
        }
        (Some(_), None) => Err(Code::TokenInvalid),
    }
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
