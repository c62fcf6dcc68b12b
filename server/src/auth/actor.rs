//! The actor: on whose behalf a request is carried out.

use anfang_protocol::ids::{AccountId, DeviceId, JurisdictionId, SessionId};

use super::tokens::Bearer;

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

impl Actor {
    pub fn bearer(&self) -> Bearer {
        let Actor { jurisdiction, account, device, session, .. } = *self;
        Bearer { jurisdiction, account, session, device: Some(device) }
    }
}

/// A signed-in account that may enrol a device, and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enrolling {
    pub jurisdiction: JurisdictionId,
    pub account: AccountId,
    pub session: SessionId,
}
