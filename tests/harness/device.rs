//! A device's key, written from docs/PROTOCOL.md alone: what a client of somebody else would do.

use anfang_protocol::auth::{PROOF_TYPE, ProofClaims};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};

#[derive(Clone)]
pub struct DeviceKey(SigningKey);

impl DeviceKey {
    pub fn generate() -> Self {
        DeviceKey(SigningKey::from_bytes(&anfang::clock::chance()))
    }

    pub fn public_jwk(&self) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(self.0.verifying_key().as_bytes()) })
    }

    pub fn prove(&self, claims: &ProofClaims) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(&json!({ "alg": "EdDSA", "typ": PROOF_TYPE }));
        let signed = format!("{header}.{}", part(&serde_json::to_value(claims).expect("claims")));
        let signature = self.0.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}
