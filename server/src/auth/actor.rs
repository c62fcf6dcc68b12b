//! The actor: on whose behalf a request is carried out.

use anfang_protocol::ids::{AccountId, DeviceId, JurisdictionId, SessionId};

/// A signed-in account on an enrolled device. Stores demand one, so that no query forgets whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    pub jurisdiction: JurisdictionId,
    pub account: AccountId,
    pub device: DeviceId,
    pub session: SessionId,
    /// Protocol version pinned at enrolment.
    pub protocol: u32,
}
