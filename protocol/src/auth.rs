//! Signing in, enrolling a device, staying signed in.
//!
//! A client holds a key pair of its own. It proves that it does by a *proof*: a compact JWS (`typ`
//! `anfang-proof+jwt`, `alg` EdDSA or ES256) over [`ProofClaims`]. Without the key, a copied refresh token is
//! worth nothing. Access tokens are short-lived bearer tokens (RFC 9068, `typ` `at+jwt`).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    ids::{AccountId, DeviceId, JurisdictionId},
    people::Grant,
    sha::Sha,
};

/// `POST /v1/sessions`: sign in with a password.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignIn {
    /// Code of the jurisdiction; may be left out where the server has only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jurisdiction: Option<String>,
    pub login: String,
    pub password: String,
    /// A device enrolled before. Without it, the answer's access token allows enrolling one, nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<SignInDevice>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInDevice {
    pub device_id: DeviceId,
    /// A proof over `purpose: "sign_in"` and the challenge of `GET /v1/capabilities`.
    pub proof: String,
}

/// `POST /v1/devices`: enrol a device, with the access token of a sign-in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Enrol {
    /// What its owner calls it: 1 to 100 characters.
    pub name: String,
    /// For instance `android 15`, `web`, `cli`.
    pub platform: String,
    /// The version of the protocol that this device will speak for as long as it is enrolled.
    pub protocol: u32,
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// JSON Web Key (RFC 7517): `OKP`/`Ed25519` or `EC`/`P-256`, public part only.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub public_key: serde_json::Value,
    /// A proof over `purpose: "enrol"` and the challenge of `GET /v1/capabilities`.
    pub proof: String,
}

/// `POST /v1/sessions/refresh`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Refresh {
    pub refresh_token: String,
    /// A proof over `purpose: "refresh"` and the hash of the refresh token. The same proof sent again (the answer
    /// was lost) gets the same successor; another proof over a used token ends the sign-in.
    pub proof: String,
}

/// `POST /v1/password`: change one's own password. Every other sign-in of the account ends.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangePassword {
    pub old_password: String,
    /// At least [`PASSWORD_CHARS_MIN`] characters.
    pub new_password: String,
}

/// Characters of a new password, at least and at most.
pub const PASSWORD_CHARS_MIN: usize = 8;
pub const PASSWORD_CHARS_MAX: usize = 200;
/// Characters of a device's name or platform.
pub const DEVICE_NAME_CHARS: usize = 100;

/// The claims of a proof. Its header has `typ` and `alg`, and nothing else.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProofClaims {
    pub purpose: Purpose,
    /// Fresh for each attempt; kept when the very same request is repeated.
    pub jti: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
    /// SHA-256 of the refresh token's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_sha256: Option<Sha>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Purpose {
    SignIn,
    Enrol,
    Refresh,
}

/// `typ` of a proof's header.
pub const PROOF_TYPE: &str = "anfang-proof+jwt";

/// What a sign-in, an enrolment or a refresh gives.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tokens {
    pub account_id: AccountId,
    pub jurisdiction_id: JurisdictionId,
    /// Absent before a device is enrolled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<DeviceId>,
    pub access_token: String,
    pub access_expires_at: DateTime<Utc>,
    /// Used once; its successor comes with the answer. Absent before a device is enrolled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_expires_at: Option<DateTime<Utc>>,
    /// Capability names that client and server have in common.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<String>,
    pub server_time: DateTime<Utc>,
}

/// `GET /v1/me`: who the server takes the caller for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    pub account_id: AccountId,
    pub jurisdiction_id: JurisdictionId,
    pub device_id: DeviceId,
    pub login: String,
    pub name: String,
    pub grants: Vec<Grant>,
}

/// One of the caller's devices.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Device {
    pub device_id: DeviceId,
    pub account_id: AccountId,
    pub name: String,
    pub platform: String,
    pub protocol: u32,
    pub enrolled_at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<DateTime<Utc>>,
}
