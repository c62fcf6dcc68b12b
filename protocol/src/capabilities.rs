//! `GET /v1/capabilities`: what this server speaks, and its limits. Needs no sign-in.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The newest version of the protocol.
pub const PROTOCOL: u32 = 1;
/// The oldest version that may still pull. Every version may push, for ever.
pub const OLDEST_PULL: u32 = 1;

/// Additions to version 1, by name.
pub const CAPABILITIES: &[&str] = &[
    "sync",
    "digests",
    "events",
    "tus",
    "tus-checksum-sha1",
    "tus-checksum-sha256",
    "preview",
    "gzip",
    "zstd",
];

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Capabilities {
    pub protocols: Vec<u32>,
    pub oldest_pull: u32,
    pub capabilities: Vec<String>,
    pub media_types: Vec<String>,
    pub command_types: Vec<String>,
    pub limits: Limits,
    pub server_time: DateTime<Utc>,
    /// To be signed in a proof; good for ten minutes.
    pub challenge: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Limits {
    pub commands_per_push: usize,
    pub command_bytes: usize,
    pub request_bytes: usize,
    pub json_depth: usize,
    pub page_bytes: usize,
    pub page_bytes_max: usize,
    pub blob_bytes: u64,
    pub blobs_per_declaration: usize,
    pub open_uploads_per_device: i64,
    pub upload_hours: i64,
}

impl Limits {
    pub fn of_this_version() -> Self {
        use crate::limits::*;
        Limits {
            commands_per_push: COMMANDS_PER_PUSH,
            command_bytes: COMMAND_BYTES,
            request_bytes: REQUEST_BYTES,
            json_depth: JSON_DEPTH,
            page_bytes: PAGE_BYTES,
            page_bytes_max: PAGE_BYTES_MAX,
            blob_bytes: BLOB_BYTES,
            blobs_per_declaration: BLOBS_PER_DECLARATION,
            open_uploads_per_device: OPEN_UPLOADS_PER_DEVICE,
            upload_hours: UPLOAD_HOURS,
        }
    }
}
