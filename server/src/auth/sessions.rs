//! Sign-ins: each a family of refresh tokens on one device, every token used once.
//!
//! Promises: a successor that was lost on the way is given again to the very same proof; any other second use of
//! a token ends the family. A refresh token is good for 30 days, a family for 180: a phone may stay in a valley
//! for a month, and a password is typed twice a year.
//! Never: keeps a refresh token, only its hash. Refreshes are not on the ledger: they change nobody's rights.

use anfang_protocol::{
    Code,
    ids::{AccountId, DeviceId, JurisdictionId, SessionId},
    sha::Sha,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    auth::{
        Actor,
        keys::ACCESS_MINUTES,
        proofs::DeviceKey,
        secret::{Secret, keyed},
        standing::Standing,
        tokens::Bearer,
    },
    clock::{Clock, chance},
    db::{
        Conn,
        schema::{accounts, devices, refresh_tokens, sessions},
    },
    failure::{Failure, Result},
    ledger::{self, Entry},
};

/// A refresh token that is not used within this time is dead.
pub const REFRESH_DAYS: i64 = 30;
/// After this time the password is wanted again.
const FAMILY_DAYS: i64 = 180;

/// Why a sign-in ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    SignedOut,
    RefreshReused,
    DeviceRevoked,
    PasswordChanged,
    /// It was for enrolling, and has.
    Enrolled,
}

impl Ended {
    pub fn as_str(self) -> &'static str {
        match self {
            Ended::SignedOut => "signed_out",
            Ended::RefreshReused => "refresh_reused",
            Ended::DeviceRevoked => "device_revoked",
            Ended::PasswordChanged => "password_changed",
            Ended::Enrolled => "enrolled",
        }
    }
}

/// A refresh token to hand out, once.
#[derive(Debug)]
pub struct RefreshToken {
    pub text: String,
    pub expires_at: DateTime<Utc>,
}

/// A sign-in that was begun or carried on.
#[derive(Debug)]
pub struct Begun {
    pub bearer: Bearer,
    /// The sign-in's own end.
    pub expires_at: DateTime<Utc>,
    /// None: may only enrol a device.
    pub refresh: Option<RefreshToken>,
    /// Capability names that the device and the server have in common.
    pub capabilities: Vec<String>,
}

/// Begins a sign-in. On a device (with its capabilities), it ends the device's earlier ones. To be called within a transaction, which it
/// ends with the ledger's entry.
pub async fn begin(
    conn: &mut Conn,
    clock: &Clock,
    jurisdiction: JurisdictionId,
    account: AccountId,
    device: Option<(DeviceId, Vec<String>)>,
    also: Vec<Entry>,
) -> Result<Begun> {
    let (device, capabilities) = device.unzip();
    let (now, session) = (clock.now(), SessionId(clock.fresh_id()));
    let life = device.map_or(TimeDelta::minutes(ACCESS_MINUTES), |_| TimeDelta::days(FAMILY_DAYS));
    let expires_at = now + life;
    if let Some(device) = device {
        end_of_device(conn, now, jurisdiction, device, Ended::SignedOut).await?;
    }
    diesel::insert_into(sessions::table)
        .values((
            sessions::jurisdiction_id.eq(jurisdiction.0),
            sessions::session_id.eq(session.0),
            sessions::account_id.eq(account.0),
            sessions::device_id.eq(device.map(|device| device.0)),
            sessions::started_at.eq(now),
            sessions::expires_at.eq(expires_at),
        ))
        .execute(conn)
        .await?;
    let refresh = match device {
        None => None,
        Some(_) => Some(keep(conn, now, jurisdiction, session, expires_at, &chance()).await?),
    };
    let mut entry = Entry::event("session.begun", now, &json!({"session_id": session}))?;
    (entry.account, entry.device) = (Some(account), device);
    let entries = [also, vec![entry]].concat();
    ledger::append(conn, jurisdiction, &entries, &[]).await?;
    let bearer = Bearer { jurisdiction, account, session, device };
    Ok(Begun { bearer, expires_at, refresh, capabilities: capabilities.unwrap_or_default() })
}

/// The text of a refresh token: the jurisdiction, so that it can be found, and 32 bytes that nobody can guess.
fn text(jurisdiction: JurisdictionId, bytes: &[u8; 32]) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(jurisdiction.0), URL_SAFE_NO_PAD.encode(bytes))
}

fn jurisdiction_of(token: &str) -> Option<JurisdictionId> {
    let (jurisdiction, bytes) = token.split_once('.')?;
    let jurisdiction: [u8; 16] = URL_SAFE_NO_PAD.decode(jurisdiction).ok()?.try_into().ok()?;
    (URL_SAFE_NO_PAD.decode(bytes).ok()?.len() == 32).then(|| JurisdictionId(Uuid::from_bytes(jurisdiction)))
}

async fn keep(
    conn: &mut Conn,
    now: DateTime<Utc>,
    jurisdiction: JurisdictionId,
    session: SessionId,
    family_expires_at: DateTime<Utc>,
    bytes: &[u8; 32],
) -> Result<RefreshToken> {
    let text = text(jurisdiction, bytes);
    diesel::insert_into(refresh_tokens::table)
        .values((
            refresh_tokens::jurisdiction_id.eq(jurisdiction.0),
            refresh_tokens::token_sha256.eq(Sha::of(text.as_bytes()).0.as_slice()),
            refresh_tokens::session_id.eq(session.0),
            refresh_tokens::issued_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(RefreshToken { text, expires_at: family_expires_at.min(now + TimeDelta::days(REFRESH_DAYS)) })
}

/// A refresh token that was shown, with its family.
#[derive(Queryable)]
struct Shown {
    session: Uuid,
    issued_at: DateTime<Utc>,
    used_by_proof: Option<Uuid>,
    expires_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    account: Uuid,
    device: Uuid,
    public_key: Value,
    capabilities: Value,
    device_revoked_at: Option<DateTime<Utc>>,
    standing: String,
}

impl Shown {
    /// Whether the family may go on. The device's key has been proven by now: the reason may be told.
    fn check(&self, now: DateTime<Utc>) -> Result<()> {
        if self.device_revoked_at.is_some() {
            return Err(Code::DeviceRevoked.into());
        }
        let stale = now >= self.issued_at + TimeDelta::days(REFRESH_DAYS);
        if self.ended_at.is_some() || now >= self.expires_at || stale {
            return Err(Code::TokenInvalid.into());
        }
        if self.standing != Standing::Active.as_str() {
            return Err(Code::AccountDisabled.into());
        }
        Ok(())
    }
}

/// Gives successors to refresh tokens. Holds the key that derives them, so that a lost answer can be repeated.
pub struct Refresher([u8; 32]);

impl Refresher {
    pub fn new(secret: &Secret) -> Self {
        Refresher(secret.key("refresh-tokens"))
    }

    /// Uses a refresh token: gives its successor and carries the sign-in on.
    ///
    /// # Errors
    /// `token_invalid`, `proof_invalid`, `device_revoked`, `account_disabled`; `refresh_reused` when the token was
    /// used before with another proof: the family is ended then.
    pub async fn refresh(&self, conn: &mut Conn, clock: &Clock, token: &str, proof: &str) -> Result<Begun> {
        let jurisdiction = jurisdiction_of(token).ok_or(Code::TokenInvalid)?;
        let used =
            conn.transaction(async |conn| self.turn(conn, clock, jurisdiction, token, proof).await).await?;
        // The end of a family is a fact to be kept: told only after it was committed.
        Ok(used.ok_or(Code::RefreshReused)?)
    }

    /// One use of a token, under a lock on it. None: it was used before, and the family is ended now.
    async fn turn(
        &self,
        conn: &mut Conn,
        clock: &Clock,
        jurisdiction: JurisdictionId,
        token: &str,
        proof: &str,
    ) -> Result<Option<Begun>> {
        let (now, sha) = (clock.now(), Sha::of(token.as_bytes()));
        let shown = load(conn, jurisdiction, sha).await?.ok_or(Code::TokenInvalid)?;
        let claims = DeviceKey::read(&shown.public_key)?.check_refresh(proof, sha)?;
        shown.check(now)?;
        let session = SessionId(shown.session);
        let successor = keyed(&self.0, &[token.as_bytes(), b"\n", claims.jti.as_bytes()]);
        let refresh = match shown.used_by_proof {
            None => {
                spend(conn, now, jurisdiction, sha, claims.jti).await?;
                keep(conn, now, jurisdiction, session, shown.expires_at, &successor).await?
            }
            Some(earlier) if earlier == claims.jti => {
                repeat(conn, jurisdiction, &successor, shown.expires_at).await?.ok_or(Code::TokenInvalid)?
            }
            Some(_) => {
                end_reused(conn, now, jurisdiction, &shown).await?;
                return Ok(None);
            }
        };
        let device = DeviceId(shown.device);
        diesel::update(devices::table.find((jurisdiction.0, shown.device)))
            .set(devices::last_seen_at.eq(now))
            .execute(conn)
            .await?;
        let bearer =
            Bearer { jurisdiction, account: AccountId(shown.account), session, device: Some(device) };
        let capabilities = serde_json::from_value(shown.capabilities)?;
        Ok(Some(Begun { bearer, expires_at: shown.expires_at, refresh: Some(refresh), capabilities }))
    }
}

async fn load(conn: &mut Conn, jurisdiction: JurisdictionId, sha: Sha) -> Result<Option<Shown>> {
    // The lock first, by itself: what is read after it is what the use before left.
    let found: Option<Uuid> = refresh_tokens::table
        .find((jurisdiction.0, sha.0.as_slice()))
        .select(refresh_tokens::session_id)
        .for_update()
        .first(conn)
        .await
        .optional()?;
    let Some(session) = found else { return Ok(None) };
    Ok(refresh_tokens::table
        .find((jurisdiction.0, sha.0.as_slice()))
        .inner_join(
            sessions::table
                .on(sessions::jurisdiction_id.eq(jurisdiction.0).and(sessions::session_id.eq(session))),
        )
        .inner_join(
            devices::table.on(devices::jurisdiction_id
                .eq(jurisdiction.0)
                .and(devices::device_id.nullable().eq(sessions::device_id))),
        )
        .inner_join(accounts::table.on(
            accounts::jurisdiction_id.eq(jurisdiction.0).and(accounts::account_id.eq(sessions::account_id)),
        ))
        .select((
            refresh_tokens::session_id,
            refresh_tokens::issued_at,
            refresh_tokens::used_by_proof,
            sessions::expires_at,
            sessions::ended_at,
            sessions::account_id,
            devices::device_id,
            devices::public_key,
            devices::capabilities,
            devices::revoked_at,
            accounts::standing,
        ))
        .first(conn)
        .await
        .optional()?)
}

async fn spend(
    conn: &mut Conn,
    now: DateTime<Utc>,
    jurisdiction: JurisdictionId,
    sha: Sha,
    proof: Uuid,
) -> Result<()> {
    diesel::update(refresh_tokens::table.find((jurisdiction.0, sha.0.as_slice())))
        .set((refresh_tokens::used_at.eq(now), refresh_tokens::used_by_proof.eq(proof)))
        .execute(conn)
        .await?;
    Ok(())
}

/// The successor again, as long as it was not used itself: then its answer had arrived.
async fn repeat(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    successor: &[u8; 32],
    family_expires_at: DateTime<Utc>,
) -> Result<Option<RefreshToken>> {
    let text = text(jurisdiction, successor);
    let issued: Option<DateTime<Utc>> = refresh_tokens::table
        .find((jurisdiction.0, Sha::of(text.as_bytes()).0.as_slice()))
        .filter(refresh_tokens::used_at.is_null())
        .select(refresh_tokens::issued_at)
        .first(conn)
        .await
        .optional()?;
    Ok(issued.map(|at| RefreshToken {
        text,
        expires_at: family_expires_at.min(at + TimeDelta::days(REFRESH_DAYS)),
    }))
}

async fn end_reused(
    conn: &mut Conn,
    now: DateTime<Utc>,
    jurisdiction: JurisdictionId,
    shown: &Shown,
) -> Result<()> {
    let live = sessions::table.find((jurisdiction.0, shown.session)).filter(sessions::ended_at.is_null());
    diesel::update(live)
        .set((sessions::ended_at.eq(now), sessions::ended_why.eq(Ended::RefreshReused.as_str())))
        .execute(conn)
        .await?;
    let what = json!({"session_id": shown.session, "why": Ended::RefreshReused.as_str()});
    let entry =
        Entry::event("session.ended", now, &what)?.by(AccountId(shown.account), DeviceId(shown.device));
    ledger::append(conn, jurisdiction, &[entry], &[]).await?;
    Ok(())
}

/// Signs out: ends the actor's own sign-in.
pub async fn sign_out(conn: &mut Conn, now: DateTime<Utc>, actor: &Actor) -> Result<()> {
    conn.transaction(async |conn| {
        let live = sessions::table
            .find((actor.jurisdiction.0, actor.session.0))
            .filter(sessions::ended_at.is_null());
        diesel::update(live)
            .set((sessions::ended_at.eq(now), sessions::ended_why.eq(Ended::SignedOut.as_str())))
            .execute(conn)
            .await?;
        let what = json!({"session_id": actor.session, "why": Ended::SignedOut.as_str()});
        let entry = Entry::event("session.ended", now, &what)?.by(actor.account, actor.device);
        ledger::append(conn, actor.jurisdiction, &[entry], &[]).await?;
        Ok::<_, Failure>(())
    })
    .await
}

/// Ends a sign-in that was for enrolling. False when it had ended before: it serves once.
pub async fn end_enrolling(
    conn: &mut Conn,
    now: DateTime<Utc>,
    jurisdiction: JurisdictionId,
    session: SessionId,
) -> Result<bool> {
    let live = sessions::table.find((jurisdiction.0, session.0)).filter(sessions::ended_at.is_null());
    let ended = diesel::update(live)
        .set((sessions::ended_at.eq(now), sessions::ended_why.eq(Ended::Enrolled.as_str())))
        .execute(conn)
        .await?;
    Ok(ended == 1)
}

/// Ends the sign-ins of a device. Returns how many.
pub async fn end_of_device(
    conn: &mut Conn,
    now: DateTime<Utc>,
    jurisdiction: JurisdictionId,
    device: DeviceId,
    why: Ended,
) -> Result<usize> {
    Ok(diesel::update(sessions::table)
        .filter(sessions::jurisdiction_id.eq(jurisdiction.0))
        .filter(sessions::device_id.eq(device.0))
        .filter(sessions::ended_at.is_null())
        .set((sessions::ended_at.eq(now), sessions::ended_why.eq(why.as_str())))
        .execute(conn)
        .await?)
}

/// Ends the sign-ins of an account, but for `keep`. Returns how many.
pub async fn end_all(
    conn: &mut Conn,
    now: DateTime<Utc>,
    jurisdiction: JurisdictionId,
    account: AccountId,
    keep: Option<SessionId>,
    why: Ended,
) -> Result<usize> {
    Ok(diesel::update(sessions::table)
        .filter(sessions::jurisdiction_id.eq(jurisdiction.0))
        .filter(sessions::account_id.eq(account.0))
        .filter(sessions::session_id.ne(keep.map_or(Uuid::nil(), |keep| keep.0)))
        .filter(sessions::ended_at.is_null())
        .set((sessions::ended_at.eq(now), sessions::ended_why.eq(why.as_str())))
        .execute(conn)
        .await?)
}
