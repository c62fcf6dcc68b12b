//! Signing in with a password, step by step: the handler holds no database connection while the password is
//! compared.

use std::net::IpAddr;

use anfang_protocol::{
    Code, Problem,
    auth::{Purpose, SignInDevice, Tokens},
    ids::JurisdictionId,
};
use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection;

use crate::{
    auth::{
        Actor, Challenges,
        accounts::{self, Account},
        attempts::{Attempt, Attempts},
        devices, jurisdictions,
        keys::Keys,
        sessions::{self, Begun},
        tokens::{self, Claims},
    },
    clock::Clock,
    db::Conn,
    failure::{Failure, Result},
};

/// An attempt to sign in, counted, with the account if there is one.
pub struct Tried {
    pub jurisdiction: JurisdictionId,
    attempt: Attempt,
    account: Option<Account>,
}

impl Tried {
    /// What the password is to be compared with.
    pub fn hash(&self) -> Option<String> {
        self.account.as_ref().map(|account| account.password_hash.clone())
    }

    pub fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }
}

/// Counts the attempt and looks the account up, by the jurisdiction's code (not needed where there is only one) and the
/// login.
///
/// # Errors
/// `too_many_requests`; `credentials_wrong` where there is no such jurisdiction: their codes are public.
pub async fn attempt(
    conn: &mut Conn,
    now: DateTime<Utc>,
    attempts: &Attempts,
    address: Option<IpAddr>,
    (jurisdiction, login): (Option<&str>, &str),
) -> Result<Tried> {
    let jurisdiction = match jurisdictions::find(conn, jurisdiction).await {
        Err(Failure::Refused(problem)) if problem.is(Code::NotFound) => {
            return Err(Code::CredentialsWrong.into());
        }
        found => found?,
    };
    let login = accounts::login(login)?;
    let attempt = attempts.begin(conn, now, jurisdiction, &login, address).await?;
    let account = accounts::by_login(conn, jurisdiction, &login).await?;
    Ok(Tried { jurisdiction, attempt, account })
}

/// The same for somebody who is signed in and gives the password again.
pub async fn attempt_again(
    conn: &mut Conn,
    now: DateTime<Utc>,
    attempts: &Attempts,
    address: Option<IpAddr>,
    actor: &Actor,
) -> Result<Tried> {
    let account = accounts::by_id(conn, actor.jurisdiction, actor.account).await?;
    let attempt = attempts.begin(conn, now, actor.jurisdiction, &account.login, address).await?;
    Ok(Tried { jurisdiction: actor.jurisdiction, attempt, account: Some(account) })
}

/// It was no failure: another secret than the password was right.
///
/// # Errors
/// Broken when the database fails.
pub async fn forgive(conn: &mut Conn, now: DateTime<Utc>, attempts: &Attempts, tried: &Tried) -> Result<()> {
    attempts.settle(conn, now, &tried.attempt).await
}

/// What follows from the password being right or wrong.
///
/// # Errors
/// `credentials_wrong`; `account_disabled`, told only to who knows the password.
pub async fn settle(
    conn: &mut Conn,
    now: DateTime<Utc>,
    attempts: &Attempts,
    tried: Tried,
    right: bool,
) -> Result<(JurisdictionId, Account)> {
    let account = tried.account.filter(|_| right).ok_or(Code::CredentialsWrong)?;
    attempts.settle(conn, now, &tried.attempt).await?;
    if !account.is_active() {
        return Err(Code::AccountDisabled.into());
    }
    Ok((tried.jurisdiction, account))
}

/// Begins the sign-in, on the device that is named and proven, or for enrolling one.
///
/// # Errors
/// `proof_invalid`, `device_revoked`.
pub async fn begin(
    conn: &mut Conn,
    clock: &Clock,
    challenges: &Challenges,
    jurisdiction: JurisdictionId,
    account: &Account,
    device: Option<&SignInDevice>,
) -> Result<Begun> {
    let device = match device {
        None => None,
        Some(named) => {
            let known = devices::of_account(conn, jurisdiction, account.account_id, named.device_id).await?;
            let known = known.ok_or_else(|| Problem::new(Code::ProofInvalid).at("/device/device_id"))?;
            known.key.check_challenged(&named.proof, Purpose::SignIn, challenges, clock.now())?;
            Some((named.device_id, known.capabilities))
        }
    };
    conn.transaction(async |conn| {
        if !accounts::is_unchanged(conn, jurisdiction, account).await? {
            return Err(Failure::from(Code::CredentialsWrong));
        }
        sessions::begin(conn, clock, jurisdiction, account.account_id, device, Vec::new()).await
    })
    .await
}

/// The tokens of a sign-in that was begun or carried on.
pub async fn tokens(conn: &mut Conn, clock: &Clock, keys: &Keys, begun: Begun) -> Result<Tokens> {
    let (now, bearer) = (clock.now(), begun.bearer);
    let key = keys.signing(conn, clock, bearer.jurisdiction).await?;
    let claims = Claims::new(&bearer, clock.fresh_id(), now, begun.expires_at);
    let (refresh_token, refresh_expires_at) =
        begun.refresh.map(|token| (token.text, token.expires_at)).unzip();
    Ok(Tokens {
        account_id: bearer.account,
        jurisdiction_id: bearer.jurisdiction,
        device_id: bearer.device,
        access_token: tokens::sign(&key, &claims)?,
        access_expires_at: claims.expires_at(),
        refresh_token,
        refresh_expires_at,
        capabilities: begun.capabilities,
        server_time: now,
    })
}
