//! Webhooks: notices, for programs of the headquarters (a text-message gateway, a chat of the office).
//!
//! Promises: each notice is sent at least once, in the order in which it came about, and again until it is taken; every
//! request is signed; what was sent can be sent again from any point.
//! Never: goes to a private or loopback address unless the configuration allows it, follows a redirection, opens an
//! address that anybody but the operator gave; tells of plans, which only their people may know of.

pub mod address;
pub mod chore;
pub mod command;
pub mod store;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::auth::Secret;

/// The key that a webhook's requests are signed with. It follows from the installation's secret.
pub fn key(secret: &Secret, webhook: Uuid) -> [u8; 32] {
    secret.key(&format!("webhook {webhook}"))
}

/// HMAC-SHA-256 over time, a dot and the body, as hexadecimal digits.
pub fn signature(key: &[u8; 32], timestamp: i64, body: &[u8]) -> String {
    // A key of any length will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(timestamp.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}
