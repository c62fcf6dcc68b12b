//! The device's own key. It never leaves the folder; what leaves are proofs that it is there.

use std::path::Path;

use anfang_protocol::{
    auth::{PROOF_TYPE, ProofClaims},
    canonical::canonical,
};
use anyhow::Context;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::json;

use super::{Result, blobs::write_secret};
use crate::clock::chance;

const FILE: &str = "device.key";

pub struct DeviceKey(SigningKey);

impl DeviceKey {
    /// The key of this phone; made the first time.
    ///
    /// # Errors
    /// When the file cannot be read or written, or holds no key.
    pub fn of(home: &Path) -> Result<Self> {
        let path = home.join(FILE);
        if !path.exists() {
            write_secret(&path, hex::encode(chance::<32>()).as_bytes())?;
        }
        let text = std::fs::read_to_string(&path).context("reading the device's key")?;
        let mut seed = [0; 32];
        hex::decode_to_slice(text.trim(), &mut seed).context("the device's key is 64 hexadecimal digits")?;
        Ok(DeviceKey(SigningKey::from_bytes(&seed)))
    }

    /// A new one in place of one that the server has revoked.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn renew(home: &Path) -> Result<Self> {
        write_secret(&home.join(FILE), hex::encode(chance::<32>()).as_bytes())?;
        Self::of(home)
    }

    /// The public part as a JSON Web Key.
    pub fn public(&self) -> serde_json::Value {
        let x = URL_SAFE_NO_PAD.encode(self.0.verifying_key().as_bytes());
        json!({"kty": "OKP", "crv": "Ed25519", "x": x})
    }

    /// A proof: the claims, signed.
    ///
    /// # Errors
    /// Never with claims that have a JSON form, as all of ours have.
    pub fn prove(&self, claims: &ProofClaims) -> Result<String> {
        let header = canonical(&json!({"typ": PROOF_TYPE, "alg": "EdDSA"})).context("a proof's header")?;
        let claims = canonical(claims).context("a proof's claims")?;
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = self.0.sign(signed.as_bytes());
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
    }
}
