//! Access tokens: who speaks, for ten minutes (RFC 9068). Signed with the jurisdiction's key, checked strictly.
//!
//! Promises: whoever has no key of ours gets nothing past [`verify`]. Never: says whether a sign-in still
//! holds; that is the database's word ([`super::gate`]).

use anfang_protocol::ids::{AccountId, DeviceId, JurisdictionId, SessionId};
use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::Algorithm;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    auth::{
        jws::Compact,
        keys::{ACCESS_MINUTES, Signing, Verifying},
    },
    failure::Result,
};

/// Tokens are dated back a little: server processes may disagree about the time.
const BACKDATED_SECONDS: i64 = 5;

const TYPE: &str = "at+jwt";
const AUDIENCE: &str = "anfang";
/// The scope of a token that allows enrolling a device and nothing else.
const ENROL: &str = "enrol";

/// The claims: all of these, and no others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: AccountId,
    pub sid: SessionId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub did: Option<DeviceId>,
    pub jid: JurisdictionId,
    pub iat: i64,
    pub nbf: i64,
    pub exp: i64,
    pub jti: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// Whose sign-in a token speaks for.
#[derive(Debug, Clone, Copy)]
pub struct Bearer {
    pub jurisdiction: JurisdictionId,
    pub account: AccountId,
    pub session: SessionId,
    /// None: may only enrol a device.
    pub device: Option<DeviceId>,
}

impl Claims {
    /// Claims for ten minutes from `now`, or until `latest` if that is earlier.
    pub fn new(bearer: &Bearer, jti: Uuid, now: DateTime<Utc>, latest: DateTime<Utc>) -> Self {
        let exp = latest.min(now + TimeDelta::minutes(ACCESS_MINUTES));
        let since = now.timestamp() - BACKDATED_SECONDS;
        Claims {
            iss: issuer(bearer.jurisdiction),
            aud: AUDIENCE.to_owned(),
            sub: bearer.account,
            sid: bearer.session,
            did: bearer.device,
            jid: bearer.jurisdiction,
            iat: since,
            nbf: since,
            exp: exp.timestamp(),
            jti,
            scope: bearer.device.is_none().then(|| ENROL.to_owned()),
        }
    }

    pub fn bearer(&self) -> Bearer {
        Bearer { jurisdiction: self.jid, account: self.sub, session: self.sid, device: self.did }
    }

    pub fn expires_at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.exp, 0).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Whether the token is good at this time: no leeway.
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        let now = now.timestamp();
        self.iat <= now && self.nbf <= now && now < self.exp
    }

    /// Whether the claims fit one another as ours do.
    fn consistent(&self) -> bool {
        let scope_fits = match self.did {
            Some(_) => self.scope.is_none(),
            None => self.scope.as_deref() == Some(ENROL),
        };
        let life = self.exp.saturating_sub(self.iat);
        scope_fits
            && self.iss == issuer(self.jid)
            && self.aud == AUDIENCE
            && life <= ACCESS_MINUTES * 60 + BACKDATED_SECONDS
    }
}

fn issuer(jurisdiction: JurisdictionId) -> String {
    format!("anfang:{jurisdiction}")
}

/// Signs the claims.
///
/// # Errors
/// Broken when the key cannot sign.
pub fn sign(key: &Signing, claims: &Claims) -> Result<String> {
    let mut header = jsonwebtoken::Header::new(Algorithm::EdDSA);
    header.typ = Some(TYPE.to_owned());
    header.kid = Some(key.id.to_string());
    Ok(jsonwebtoken::encode(&header, claims, &key.encoding).context("signing an access token")?)
}

/// A token that has the right form. Its claims choose the key that they are then checked with.
pub struct Unverified<'t> {
    token: Compact<'t, Claims>,
    pub key: Uuid,
}

/// Reads a token. None when it is not one of ours by its form.
pub fn read(text: &str) -> Option<Unverified<'_>> {
    let token: Compact<'_, Claims> = Compact::read(text, TYPE)?;
    let kid = token.header.kid.as_deref()?;
    let key = Uuid::parse_str(kid).ok().filter(|key| key.to_string() == kid)?;
    Some(Unverified { token, key })
}

impl Unverified<'_> {
    /// Whose key to look up. Not to be believed.
    pub fn jurisdiction(&self) -> JurisdictionId {
        self.token.claims.jid
    }

    /// The claims, if the signature is by this key of the jurisdiction they name. Times are for the caller to
    /// check, at every use: [`Claims::holds`], [`Verifying::holds`].
    ///
    /// `jsonwebtoken` checks the signature only. Its own checks of time go by the machine's clock, round up, and
    /// leave a minute of leeway and `nbf` alone unless told otherwise.
    pub fn verify(self, key: &Verifying) -> Option<Claims> {
        let good = self.token.claims.consistent() && self.token.is_signed_by(&key.decoding, Algorithm::EdDSA);
        good.then_some(self.token.claims)
    }
}
