//! A file that is to be entered.

use anfang_protocol::{
    blob::MediaFlag,
    ids::{AccountId, DeviceId, UploadId},
    sha::Sha,
};
use serde_json::json;

use crate::evidence::blobs::Placed;

/// A file in its place.
#[derive(Debug)]
pub struct Arrival {
    pub sha: Sha,
    pub size: u64,
    /// As the bytes show.
    pub media_type: &'static str,
    /// The declared media type is another one.
    pub media_type_differs: bool,
    pub account: AccountId,
    pub device: DeviceId,
    pub upload: UploadId,
    /// None: the upload has no row yet.
    pub lease: Option<i64>,
    /// Keeps sweeps away.
    pub placed: Placed,
}

impl Arrival {
    /// What is known before anybody looked into the file.
    pub(super) fn metadata(&self) -> Option<serde_json::Value> {
        self.media_type_differs.then(|| json!({ "flags": [MediaFlag::MediaTypeDiffers] }))
    }
}

/// What became of an arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entered {
    Stored,
    /// Somebody else took the upload over, or gave it up.
    Superseded,
}
