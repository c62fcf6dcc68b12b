//! The scene in which a command is judged: everything beside the item itself.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    authority::Person,
    calendar::Calendar,
    facts::{By, Deadline},
    guard,
    item::Item,
    known::{FindingFacts, Visit},
    look_back::TrackRecord,
    refusal::Refusal,
    rules::Rules,
};
use crate::{
    Code,
    evidence::{Evidence, EvidenceStatus, HeldEvidence},
    ids::{AccountId, AreaId, FindingId, InspectionId, UnitId},
    rectification::Due,
    sha::Sha,
};

/// What is known when a command is judged.
pub struct Scene<'a> {
    /// Server time.
    pub now: DateTime<Utc>,
    /// The revision that the giver had before the eyes, as far as it was told.
    pub base_rev: Option<u32>,
    pub calendar: &'a Calendar,
    pub rules: &'a Rules,
    /// The item's area (of a new item: the one it is to lie in), with those that it lies in.
    pub areas: &'a [AreaId],
    /// The findings that the command names, as far as they exist.
    pub findings: &'a BTreeMap<FindingId, FindingFacts>,
    /// Of a join: the other item. Of a split: the item that has the new id already. With its areas.
    pub other: Option<(&'a Item, &'a [AreaId])>,
    /// How the items of the item's unit held so far.
    pub record: TrackRecord,
    /// What the server holds of a file that the giver mentions.
    pub held: &'a dyn Fn(&Sha) -> EvidenceStatus,
    /// Whether there is such a responsible unit.
    pub is_unit: &'a dyn Fn(UnitId) -> bool,
    /// Whether there is such a group: a unit of any kind, or a team.
    pub is_group: &'a dyn Fn(UnitId) -> bool,
    /// Whether there is such an account in the jurisdiction.
    pub is_account: &'a dyn Fn(AccountId) -> bool,
    /// The inspection, if there is one that the giver sees.
    pub visit: &'a dyn Fn(InspectionId) -> Option<Visit>,
}

impl Scene<'_> {
    pub fn today(&self) -> NaiveDate {
        self.calendar.day_of(self.now)
    }

    pub(super) fn by(&self, person: &Person) -> By {
        By { by: person.account, at: self.now }
    }

    pub(super) fn deadline(&self, due: &Due) -> Result<Deadline, Refusal> {
        guard::deadline(due, self.today(), self.calendar).map_err(|code| Refusal::at(code, "/due"))
    }

    pub(super) fn hold(&self, evidence: &[Evidence]) -> Vec<HeldEvidence> {
        let held = |e: &Evidence| HeldEvidence { evidence: e.clone(), status: (self.held)(&e.sha256) };
        evidence.iter().map(held).collect()
    }

    pub(super) fn known_account(&self, account: Option<AccountId>, place: &str) -> Result<(), Refusal> {
        match account {
            Some(account) if !(self.is_account)(account) => Err(Refusal::at(Code::PersonUnknown, place)),
            _ => Ok(()),
        }
    }

    pub(super) fn known_unit(&self, unit: UnitId, place: &str) -> Result<(), Refusal> {
        if (self.is_unit)(unit) { Ok(()) } else { Err(Refusal::at(Code::UnitUnknown, place)) }
    }

    pub(super) fn known_visit(&self, inspection: Option<InspectionId>) -> Result<Option<Visit>, Refusal> {
        let found =
            |id| (self.visit)(id).ok_or_else(|| Refusal::at(Code::InspectionUnknown, "/inspection_id"));
        inspection.map(found).transpose()
    }
}
