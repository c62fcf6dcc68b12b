//! An item as casework handles it: its two halves, and what of it the database holds.

use std::collections::{BTreeSet, HashMap};

use anfang_protocol::{
    evidence::{Evidence, EvidenceStatus},
    ids::{AccountId, AreaId, EvidenceId},
    lifecycle::{
        history::Kept,
        item::{Item, Stage},
        places::{self, desk_id},
    },
    rectification::Act,
    sha::Sha,
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A file that an item names, on whose behalf, and in which of its halves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mention {
    /// `rectification_id`, or the id of the half of those who oversee.
    pub half: Uuid,
    pub evidence: EvidenceId,
    pub sha: Sha,
    pub account: AccountId,
}

/// One item, whole.
#[derive(Debug, Clone)]
pub struct Record {
    pub item: Item,
    pub channel_area_id: AreaId,
    /// The last revision that a command made; arrivals of files make others.
    pub decided_rev: u32,
    /// As the database has it; none: not at all.
    pub saved: Option<Item>,
    /// Mentions that have rows.
    pub files: BTreeSet<Mention>,
}

impl Record {
    pub fn new(item: Item, channel_area_id: AreaId) -> Self {
        Record { decided_rev: item.rev, item, channel_area_id, saved: None, files: BTreeSet::new() }
    }

    /// The item after a command.
    pub fn becomes(&mut self, item: Item) {
        self.decided_rev = item.rev;
        self.item = item;
    }

    /// The revision that a giver had before the eyes, as far as decisions go: that a photo arrived since is no change
    /// that anybody could have overlooked.
    pub fn seen(&self, base: Option<u32>) -> Option<u32> {
        base.map(|base| if (self.decided_rev..=self.item.rev).contains(&base) { self.item.rev } else { base })
    }

    /// Puts in what the server holds of the files.
    pub fn put_statuses(&mut self, statuses: &HashMap<(EvidenceId, Sha), EvidenceStatus>) {
        for held in self.item.evidence_mut() {
            let key = (held.evidence.evidence_id, held.evidence.sha256);
            held.status = statuses.get(&key).cloned().unwrap_or(EvidenceStatus::Missing);
        }
    }

    /// Every file that the item names, as it stands. Whoever is not known to have mentioned a file of a finding is
    /// `by`, who brings it now.
    pub fn mentions(
        &self,
        authors: &HashMap<EvidenceId, AccountId>,
        by: Option<AccountId>,
    ) -> BTreeSet<Mention> {
        let (id, desk) = (self.item.id().0, desk_id(self.item.id()));
        let of = |half, evidence: &Evidence, account| Mention {
            half,
            evidence: evidence.evidence_id,
            sha: evidence.sha256,
            account,
        };
        let case = &self.item.case;
        let mut found = BTreeSet::new();
        for held in case.findings.iter().flat_map(|finding| &finding.evidence) {
            let known = authors.get(&held.evidence.evidence_id).copied();
            found.extend(known.or(by).map(|account| of(id, &held.evidence, account)));
        }
        for answer in &case.answers {
            found.extend(answer.evidence.iter().map(|held| of(id, &held.evidence, answer.given.by)));
        }
        for (half, kept) in [(id, &case.kept), (desk, &self.item.desk.kept)] {
            for one in kept {
                found.extend(kept_evidence(one).iter().map(|evidence| of(half, evidence, one.by)));
            }
        }
        found
    }

    /// When the deadline passes, while the fix clock runs.
    pub fn due_at(&self) -> Option<DateTime<Utc>> {
        let stage = &self.item.case.stage;
        stage.order().filter(|_| stage.runs()).map(|order| order.due.passes_at)
    }

    pub fn closed_at(&self) -> Option<DateTime<Utc>> {
        match &self.item.case.stage {
            Stage::Closed { closing, .. } => Some(closing.closed.at),
            _ => None,
        }
    }

    pub fn seen_by(&self) -> Option<Uuid> {
        places::seen_by(&self.item).map(|unit| unit.0)
    }
}

/// Files of a command that came too late: they may be uploaded all the same.
fn kept_evidence(kept: &Kept) -> Vec<Evidence> {
    match Act::read(&kept.kind, &kept.body.to_string()) {
        Some(Ok(act)) => act.evidence().into_iter().cloned().collect(),
        _ => Vec::new(),
    }
}
