//! What a batch of commands may depend on, loaded before anything is decided.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use anfang_protocol::{
    checklist::Checklist,
    evidence::EvidenceStatus,
    ids::{AccountId, AreaId, ChecklistId, CommandId, DeviceId, InspectionId, SiteId},
    notice::Notice,
    people::Role,
    sha::Sha,
    site::Site,
    sync::{Outcome, Status},
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{docket::Docket, dossier::Dossier};
use crate::inspections::Record;

/// A command that has its outcome already.
#[derive(Debug, Clone)]
pub struct Known {
    /// None: the clock.
    pub account: Option<AccountId>,
    pub digest: Sha,
    pub status: Status,
    /// As it was sent; gone once the client acknowledged it.
    pub outcome: Option<Outcome>,
}

/// A role that a person has, or had, over an area.
#[derive(Debug, Clone)]
pub struct Reach {
    pub role: Role,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// A site with the area in whose channels its things stand.
#[derive(Debug, Clone)]
pub struct Ground {
    pub site: Site,
    pub channel_area_id: AreaId,
}

#[derive(Debug, Default)]
pub struct World {
    pub known: HashMap<CommandId, Known>,
    pub grounds: HashMap<SiteId, Ground>,
    /// Roles of the batch's people over the areas in question.
    pub reach: HashMap<(AccountId, AreaId), Vec<Reach>>,
    pub checklists: HashMap<(ChecklistId, u32), Arc<Checklist>>,
    /// Ordered, so that rows are written in one order by everybody.
    pub inspections: BTreeMap<InspectionId, Record>,
    /// Inspections that this batch made or changed.
    pub touched: HashSet<InspectionId>,
    /// Ids of findings and evidence that are in use.
    pub taken: HashSet<Uuid>,
    pub evidence: HashMap<(AccountId, Sha), EvidenceStatus>,
    /// Items on which a command of this push was not applied: what follows on them waits.
    pub halted: HashSet<(DeviceId, Uuid)>,
    /// Questions back to authors, and answers to them.
    pub notices: Vec<Notice>,
    /// What commands about items of the ledger depend on.
    pub docket: Docket,
    /// What commands about plans depend on.
    pub dossier: Dossier,
}

impl World {
    pub fn reach_of(&self, account: AccountId, area: AreaId) -> &[Reach] {
        self.reach.get(&(account, area)).map_or(&[], Vec::as_slice)
    }
}
