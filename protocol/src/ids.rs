//! Typed identifiers. All are UUIDs; those made on phones are UUIDv7, so that they sort by time.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($($(#[$meta:meta])* $name:ident,)+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map($name)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                $name(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    )+};
}

id! {
    /// The county or city whose headquarters runs the inspections: the unit of isolation (domain.md §3).
    JurisdictionId,
    AccountId,
    /// One installation of a client, used by one account.
    DeviceId,
    /// A sign-in on one device: a family of refresh tokens.
    SessionId,
    GrantId,
    AreaId,
    UnitId,
    SiteId,
    ChecklistId,
    PlanId,
    InspectionId,
    FindingId,
    /// What a supervisor asks the author of an inspection back.
    QuestionId,
    EvidenceId,
    /// Made by the client, once per command, and kept over every resend.
    CommandId,
    UploadId,
    /// An item on the ledger of rectifications (整改事项).
    RectificationId,
    /// A comment or an instruction on such an item.
    RemarkId,
    NoticeId,
}

/// Namespace of identifiers that are derived from a name, so that an import run twice names the same thing.
pub const NAMESPACE: Uuid = Uuid::from_u128(0x5b0f_9f0e_2c1d_5e8a_9a41_616e_6661_6e67);

impl JurisdictionId {
    /// The identifier of the jurisdiction with this code: codes are unique because identifiers are.
    pub fn of(code: &str) -> Self {
        JurisdictionId(Uuid::new_v5(&NAMESPACE, format!("jurisdiction:{code}").as_bytes()))
    }

    /// An identifier for a thing that is named by a code within this jurisdiction.
    pub fn derive(&self, kind: &str, code: &str) -> Uuid {
        Uuid::new_v5(&self.0, format!("{kind}:{code}").as_bytes())
    }
}
