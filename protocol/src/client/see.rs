//! What there is to see: the server's word, with the phone's own writes laid over.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{
    Engine,
    clock::TimeSense,
    feed::{Feed, Item},
    files::{FileState, Files},
    outbox::{Entry, Outbox},
    overlay,
};
use crate::{
    Problem,
    evidence::EvidenceStatus,
    ids::{AccountId, SiteId},
    inspection::Inspection,
    sha::Sha,
    site::Site,
};

/// An item as the screen shows it: the server's word, and the phone's own writes laid over.
#[derive(Debug, Clone, Default)]
pub struct Shown<'a> {
    pub item: Option<&'a Item>,
    pub pending: Vec<&'a Entry>,
}

impl Engine {
    pub fn owner(&self) -> Option<AccountId> {
        self.state.owner
    }

    pub fn outbox(&self) -> &Outbox {
        &self.state.outbox
    }

    pub fn feed(&self) -> &Feed {
        &self.state.feed
    }

    pub fn files(&self) -> &Files {
        &self.state.files
    }

    pub fn time(&self) -> &TimeSense {
        &self.state.time
    }

    /// Why the phone no longer gets changes, if it does not.
    pub fn too_old(&self) -> Option<&Problem> {
        self.pace.too_old.as_deref()
    }

    /// Everything published, with the phone's own pending writes laid over.
    pub fn shown(&self) -> BTreeMap<Uuid, Shown<'_>> {
        let mut shown: BTreeMap<Uuid, Shown<'_>> = BTreeMap::new();
        for (id, item) in self.state.feed.items() {
            shown.entry(id).or_default().item = Some(item);
        }
        let outbox = &self.state.outbox;
        for entry in outbox.iter().filter(|entry| entry.is_laid_over() && !outbox.is_dead(entry)) {
            shown.entry(entry.item).or_default().pending.push(entry);
        }
        shown
    }

    /// An inspection as the screen shows it. `None` when there is none, or when this version cannot read it.
    pub fn inspection(&self, id: Uuid) -> Option<Inspection> {
        let outbox = &self.state.outbox;
        let base = self.state.feed.get(id).and_then(|item| item.body.as_ref()?.read().ok());
        let pending: Vec<&Entry> =
            outbox.iter().filter(|e| e.item == id && e.is_laid_over() && !outbox.is_dead(e)).collect();
        let me = self.state.owner.unwrap_or(AccountId(Uuid::nil()));
        let area_of = |site: SiteId| Some(self.site(site)?.area_id);
        let held = |sha: &Sha| self.held(sha);
        overlay::lay_over(base, &pending, &overlay::Around { me, area_of: &area_of, held: &held })
    }

    pub fn site(&self, id: SiteId) -> Option<Site> {
        self.state.feed.get(id.0)?.body.as_ref()?.read().ok()
    }

    fn held(&self, sha: &Sha) -> EvidenceStatus {
        match self.state.files.get(sha).map(|file| &file.state) {
            Some(FileState::Received { .. }) => EvidenceStatus::Stored,
            Some(FileState::Declared { offset: Some(1..), .. } | FileState::Sent { .. }) => {
                EvidenceStatus::Partial
            }
            _ => EvidenceStatus::Missing,
        }
    }
}
