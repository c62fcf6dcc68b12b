//! Compact JSON Web Signatures, read strictly: what this server did not write or ask for is refused.
//!
//! Never: takes a key, an address or an algorithm from the token itself. Header members other than the three
//! below (`jku`, `jwk`, `x5u`, `crit` …) make the whole text invalid.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Characters of a token or proof, at most. Ours have about 600.
pub const CHARS_MAX: usize = 2048;

/// The only header members that are understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    pub typ: String,
    pub alg: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
}

/// A token taken apart. Nothing in it is to be believed before [`Compact::is_signed_by`].
#[derive(Debug)]
pub struct Compact<'t, C> {
    pub header: Header,
    pub claims: C,
    signed: &'t str,
    signature: &'t str,
}

impl<'t, C: DeserializeOwned> Compact<'t, C> {
    /// Reads a token of this `typ`. None when anything is amiss; why is nobody's business.
    pub fn read(text: &'t str, typ: &str) -> Option<Self> {
        if text.len() > CHARS_MAX {
            return None;
        }
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let header: Header = part(header)?;
        // A second dot in the payload is no base64 and fails there.
        let claims = part(payload)?;
        (header.typ == typ).then_some(Compact { header, claims, signed, signature })
    }

    /// Whether the header names this algorithm, and the signature over the very text read is by this key.
    pub fn is_signed_by(&self, key: &DecodingKey, algorithm: Algorithm) -> bool {
        let named = match algorithm {
            Algorithm::EdDSA => "EdDSA",
            Algorithm::ES256 => "ES256",
            _ => return false,
        };
        self.header.alg == named
            && jsonwebtoken::crypto::verify(self.signature, self.signed.as_bytes(), key, algorithm)
                .unwrap_or(false)
    }
}

fn part<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// DER of an Ed25519 private key without its public part (RFC 8410): this, then the 32 bytes of the seed.
const ED25519_PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// The signing key of this seed.
pub fn ed25519_signer(seed: &[u8; 32]) -> jsonwebtoken::EncodingKey {
    jsonwebtoken::EncodingKey::from_ed_der(&[ED25519_PKCS8.as_slice(), seed].concat())
}
