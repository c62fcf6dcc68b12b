//! Proofs: a device shows that it holds its key, by signing what only this moment asks for.
//!
//! Promises: without the key, a password opens nothing but enrolment, and a refresh token nothing at all.
//! Never: keeps challenges; they carry their own time, sealed.

use anfang_protocol::{
    Code, Problem,
    auth::{PROOF_TYPE, ProofClaims, Purpose},
    sha::Sha,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Value, json};

use crate::auth::{
    jws::Compact,
    secret::{Sealer, Secret},
};

/// How long a challenge is good for.
const CHALLENGE_MINUTES: i64 = 10;
/// How far ahead another server process's clock may be.
const AHEAD_SECONDS: i64 = 60;

/// Challenges for sign-in and enrolment: sealed time stamps, which need no row.
pub struct Challenges(Sealer);

impl Challenges {
    pub fn new(secret: &Secret) -> Self {
        Challenges(secret.sealer("challenge"))
    }

    /// A challenge, good for ten minutes, for anyone.
    pub fn issue(&self, now: DateTime<Utc>) -> String {
        self.0.seal(b"", &now.timestamp_millis().to_be_bytes())
    }

    fn is_good(&self, now: DateTime<Utc>, challenge: &str) -> bool {
        let issued =
            self.0.open(b"", challenge).and_then(|bytes| bytes.try_into().ok()).map(i64::from_be_bytes);
        let age = issued.and_then(DateTime::from_timestamp_millis).map(|issued| now - issued);
        age.is_some_and(|age| {
            age <= TimeDelta::minutes(CHALLENGE_MINUTES) && age >= -TimeDelta::seconds(AHEAD_SECONDS)
        })
    }
}

/// The public key of a device.
#[derive(Debug)]
pub struct DeviceKey {
    algorithm: Algorithm,
    decoding: DecodingKey,
    /// The members that make the key (RFC 7638), and no others.
    pub jwk: Value,
}

/// Members that only a private or a symmetric key has.
const PRIVATE: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

impl DeviceKey {
    /// Reads a JSON Web Key: `OKP`/`Ed25519` or `EC`/`P-256`, public part only.
    ///
    /// # Errors
    /// `request_invalid` with the reason.
    pub fn read(jwk: &Value) -> Result<Self, Problem> {
        let refuse = |why: &str| Problem::new(Code::RequestInvalid).at("/public_key").detail(why);
        if PRIVATE.iter().any(|member| jwk.get(member).is_some()) {
            return Err(refuse("the private part of the key must never leave the device"));
        }
        let text = |member: &str| jwk.get(member).and_then(Value::as_str);
        let coordinate = |member: &str| {
            let text = text(member)?;
            let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
            Some((text, bytes))
        };
        let key = match (text("kty"), text("crv")) {
            (Some("OKP"), Some("Ed25519")) => coordinate("x").and_then(|(x, bytes)| ed25519(x, &bytes)),
            (Some("EC"), Some("P-256")) => {
                coordinate("x").zip(coordinate("y")).and_then(|(x, y)| p256(x.0, y.0))
            }
            _ => return Err(refuse("the key must be OKP with Ed25519, or EC with P-256")),
        };
        key.ok_or_else(|| refuse("the coordinates are no point of the curve that can be a key"))
    }

    /// The key's own name: SHA-256 of its canonical form (RFC 7638).
    pub fn thumbprint(&self) -> Sha {
        // serde_json keeps the members of a `json!` sorted, which is the canonical order here.
        Sha::of(self.jwk.to_string().as_bytes())
    }

    /// The claims of a proof for this purpose by this key.
    fn claims(&self, proof: &str, purpose: Purpose) -> Result<ProofClaims, Problem> {
        Compact::<ProofClaims>::read(proof, PROOF_TYPE)
            .filter(|proof| proof.header.kid.is_none() && proof.is_signed_by(&self.decoding, self.algorithm))
            .map(|proof| proof.claims)
            .filter(|claims| claims.purpose == purpose)
            .ok_or_else(|| {
                let wanted = json!(purpose);
                Problem::new(Code::ProofInvalid)
                    .at("/proof")
                    .detail(format!("a proof for {wanted}, signed by the device's key, is wanted"))
            })
    }

    /// Checks a proof over a challenge of this server's.
    ///
    /// # Errors
    /// `proof_invalid`.
    pub fn check_challenged(
        &self,
        proof: &str,
        purpose: Purpose,
        challenges: &Challenges,
        now: DateTime<Utc>,
    ) -> Result<ProofClaims, Problem> {
        let claims = self.claims(proof, purpose)?;
        if !claims.challenge.as_deref().is_some_and(|challenge| challenges.is_good(now, challenge)) {
            let why =
                "the challenge is missing, not this server's or older than ten minutes; fetch a new one";
            return Err(Problem::new(Code::ProofInvalid).at("/proof").detail(why));
        }
        Ok(claims)
    }

    /// Checks a proof over a refresh token.
    ///
    /// # Errors
    /// `proof_invalid`.
    pub fn check_refresh(&self, proof: &str, token: Sha) -> Result<ProofClaims, Problem> {
        let claims = self.claims(proof, Purpose::Refresh)?;
        if claims.token_sha256 != Some(token) {
            let why = "the proof is over another refresh token";
            return Err(Problem::new(Code::ProofInvalid).at("/proof").detail(why));
        }
        Ok(claims)
    }
}

fn ed25519(x: &str, bytes: &[u8; 32]) -> Option<DeviceKey> {
    // With a key of small order, one signature fits many messages.
    let point = ed25519_dalek::VerifyingKey::from_bytes(bytes).ok()?;
    (!point.is_weak()).then(|| DeviceKey {
        algorithm: Algorithm::EdDSA,
        decoding: DecodingKey::from_ed_der(bytes),
        jwk: json!({"crv": "Ed25519", "kty": "OKP", "x": x}),
    })
}

fn p256(x: &str, y: &str) -> Option<DeviceKey> {
    let decoding = DecodingKey::from_ec_components(x, y).ok()?;
    // An error says that there is no such point; that the empty signature is wrong, we know.
    jsonwebtoken::crypto::verify("", b"", &decoding, Algorithm::ES256).ok()?;
    let jwk = json!({"crv": "P-256", "kty": "EC", "x": x, "y": y});
    Some(DeviceKey { algorithm: Algorithm::ES256, decoding, jwk })
}

#[cfg(test)]
#[path = "proofs_tests.rs"]
mod tests;
