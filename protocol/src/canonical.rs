//! The canonical form of JSON (RFC 8785) and hashes over it.

use serde::Serialize;

use crate::sha::Sha;

#[derive(Debug, thiserror::Error)]
#[error("this JSON has no canonical form (RFC 8785): {0}")]
pub struct NotCanonical(#[from] serde_json::Error);

/// The canonical text: keys sorted, no white space, numbers as ECMAScript writes them.
pub fn canonical<T: Serialize>(value: &T) -> Result<String, NotCanonical> {
    Ok(serde_json_canonicalizer::to_string(value)?)
}

/// The SHA-256 of the canonical text.
pub fn digest<T: Serialize>(value: &T) -> Result<Sha, NotCanonical> {
    Ok(Sha::of(canonical(value)?.as_bytes()))
}
