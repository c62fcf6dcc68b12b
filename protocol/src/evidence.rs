//! Evidence: a photo, video, sound or document, named by the SHA-256 of its bytes, never altered.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ids::EvidenceId, place::Position, sha::Sha, vocabulary::vocabulary};

vocabulary! {
    /// How the file came to be on the phone.
    EvidenceSource {
        Camera = "camera",
        /// Picked from the gallery: nobody saw the shutter.
        Gallery = "gallery",
        File = "file",
    }
}

vocabulary! {
    /// How much of a file the server holds (protocol-design §1.3).
    EvidenceStatus {
        Missing = "missing",
        Partial = "partial",
        /// Whole, hashed, and on stable storage.
        Stored = "stored",
    }
}

/// A report's mention of a file. Two mentions may name the same bytes; both are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Evidence {
    pub evidence_id: EvidenceId,
    pub sha256: Sha,
    /// Bytes, 1 to `limits::BLOB_BYTES`.
    pub size: u64,
    pub media_type: String,
    pub source: EvidenceSource,
    /// When the shutter fell, by the phone's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
}

/// A mention together with what the server holds of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HeldEvidence {
    #[serde(flatten)]
    pub evidence: Evidence,
    pub status: EvidenceStatus,
}
