//! What the pure lifecycle says of the same commands and the same clock, from the items as it has them.

use std::collections::{BTreeMap, BTreeSet};

use anfang_protocol::ids::UnitId;
use anfang_protocol::{
    authority::{Opens, opens},
    evidence::EvidenceStatus,
    ids::{AccountId, AreaId, FindingId, InspectionId, RectificationId},
    lifecycle::{
        Calendar, Decision, Item, Person, Rules, Scene, authority::Actor, conflict::decide,
        facts::ItemFinding, falls, known::FindingFacts, look_back::TrackRecord, reconcile::MoveKind,
    },
    rectification::Act,
    sha::Sha,
    sync::Status,
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::HERE;

/// What is expected of a command.
#[derive(Debug, PartialEq)]
pub struct Expected {
    pub status: Status,
    pub code: String,
    /// Told to the giver.
    pub rev: Option<String>,
    /// With a conflict: whether the item is shown.
    pub shown: bool,
}

pub struct Model {
    pub items: BTreeMap<RectificationId, Item>,
    /// Findings of visits, with the visit.
    pub visits: BTreeMap<FindingId, (ItemFinding, InspectionId)>,
    /// Files that have come.
    pub held: BTreeSet<Sha>,
    pub accounts: BTreeSet<AccountId>,
    records: BTreeMap<UnitId, TrackRecord>,
    calendar: Calendar,
    rules: Rules,
}

/// The items' village, with the areas that it lies in.
fn path() -> [AreaId; 3] {
    [HERE.area("101201"), HERE.area("101"), HERE.area("")]
}

impl Model {
    pub fn new(visits: BTreeMap<FindingId, (ItemFinding, InspectionId)>, held: BTreeSet<Sha>) -> Self {
        Model {
            items: BTreeMap::new(),
            visits,
            held,
            accounts: BTreeSet::new(),
            records: BTreeMap::new(),
            calendar: Calendar::china(),
            rules: Rules::shipped(),
        }
    }

    /// Commands of one person on their way together: what follows on the same item upon one that did not apply waits.
    /// Gives what is expected, and the items that change.
    pub fn push(
        &mut self,
        person: &Person,
        acts: &[(Act, Option<u32>)],
        now: DateTime<Utc>,
    ) -> (Vec<Expected>, BTreeSet<RectificationId>) {
        let (mut all, mut changed, mut halted) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        for (act, base) in acts {
            let id = act.rectification_id();
            let refused =
                |status, code: &str| Expected { status, code: code.into(), rev: None, shown: false };
            if halted.contains(&id) {
                all.push(refused(Status::Blocked, "predecessor_refused"));
                continue;
            }
            let absent = self.seen(person, act).is_none();
            let expected = match self.decide(person, act, *base, now) {
                Decision::Applied(step) => {
                    let rev = Some(step.item.rev.to_string());
                    for one in &step.moves {
                        let record = self.records.entry(one.unit_id).or_default();
                        record.closed += u32::from(one.kind == MoveKind::Closed);
                        record.relapsed += u32::from(one.kind == MoveKind::Reopened);
                    }
                    changed.extend(self.put(step.others.into_iter().chain([step.item])));
                    Expected { status: Status::Applied, code: String::new(), rev, shown: false }
                }
                Decision::Rejected(problem) => {
                    let why = problem.code().expect("a code").slug();
                    let waits = absent && why == "item_unknown";
                    refused(if waits { Status::Blocked } else { Status::Rejected }, why)
                }
                Decision::Conflict(conflict) => {
                    let why = conflict.problem.code().expect("a code").slug().to_owned();
                    let rev = conflict.show.then(|| conflict.item.rev.to_string());
                    changed.extend(self.put([conflict.item]));
                    Expected { status: Status::Conflict, code: why, rev, shown: conflict.show }
                }
            };
            if expected.status != Status::Applied {
                halted.insert(id);
            }
            all.push(expected);
        }
        (all, changed)
    }

    fn put(&mut self, items: impl IntoIterator<Item = Item>) -> BTreeSet<RectificationId> {
        let put = |item: Item| {
            let id = item.id();
            self.items.insert(id, item);
            id
        };
        items.into_iter().map(put).collect()
    }

    /// What the clock does with everything by this moment. Gives the items that change, and how many steps it took.
    pub fn clock(&mut self, now: DateTime<Utc>) -> (BTreeSet<RectificationId>, Vec<Act>) {
        let (mut changed, mut steps) = (BTreeSet::new(), Vec::new());
        let ids: Vec<RectificationId> = self.items.keys().copied().collect();
        for id in ids {
            loop {
                let before = self.items[&id].clone();
                let due = falls(&before, now, &self.calendar, &self.rules);
                if due.is_empty() {
                    break;
                }
                for one in due {
                    let (_, act) = one.command(&before);
                    let item = self.items[&id].clone();
                    let around = path();
                    let scene = self.scene(&around, None, now);
                    match decide(Some(&item), &act, &Actor::Clock, Uuid::nil().into(), &scene) {
                        Decision::Applied(step) => changed.extend(self.put([step.item])),
                        other => panic!("the clock takes no step in vain: {other:?}"),
                    }
                    steps.push(act);
                }
            }
        }
        (changed, steps)
    }

    /// The item, if it is any concern of the person's: by its area, or by a unit that had it.
    fn seen(&self, person: &Person, act: &Act) -> Option<&Item> {
        let near = person.grants.iter().any(|held| held.area.is_some_and(|area| path().contains(&area)));
        let makes = matches!(act, Act::List(_));
        let concerns =
            |item: &&Item| near || makes || item.case.orders.iter().any(|unit| person.is_of(*unit));
        self.items.get(&act.rectification_id()).filter(concerns)
    }

    fn scene<'a>(&'a self, areas: &'a [AreaId], base_rev: Option<u32>, now: DateTime<Utc>) -> Scene<'a> {
        static NONE: BTreeMap<FindingId, FindingFacts> = BTreeMap::new();
        Scene {
            now,
            base_rev,
            calendar: &self.calendar,
            rules: &self.rules,
            areas,
            findings: &NONE,
            other: None,
            record: TrackRecord::default(),
            held: &|_| EvidenceStatus::Missing,
            is_unit: &|_| false,
            is_group: &|_| false,
            is_account: &|_| false,
            visit: &|_| None,
        }
    }

    fn decide(&self, person: &Person, act: &Act, base: Option<u32>, now: DateTime<Utc>) -> Decision {
        let (path, item) = (path(), self.seen(person, act));
        let own: Vec<AreaId> = person.grants.iter().filter_map(|held| held.area).collect();
        let makes = matches!(act, Act::List(_));
        let areas: &[AreaId] = if item.is_some() || makes { &path } else { &own };
        let other = match act {
            Act::Join(join) => self.items.get(&join.other_id),
            Act::Split(split) => self.items.get(&split.new_id),
            _ => None,
        };
        let findings = self.facts(person, act);
        let record = item.and_then(Item::unit).and_then(|unit| self.records.get(&unit));
        let units = ["U101", "U102", "U103", "zhujian"].map(|code| HERE.unit(code));
        let scene = Scene {
            findings: &findings,
            other: other.map(|other| (other, &path[..])),
            record: record.copied().unwrap_or_default(),
            held: &|sha| {
                if self.held.contains(sha) { EvidenceStatus::Stored } else { EvidenceStatus::Missing }
            },
            is_unit: &|unit| units.contains(&unit),
            is_group: &|group| units.contains(&group),
            is_account: &|account| self.accounts.contains(&account),
            ..self.scene(areas, base.filter(|_| item.is_some()), now)
        };
        decide(item, act, &Actor::Person(person.clone()), Uuid::nil().into(), &scene)
    }

    /// The findings that the command names, as far as the giver reads the visits.
    fn facts(&self, person: &Person, act: &Act) -> BTreeMap<FindingId, FindingFacts> {
        let reads = person.grants.iter().any(|held| {
            opens(&held.grant.role, &held.grant.scope).contains(&Opens::Inspections)
                && held.area.is_some_and(|area| path().contains(&area))
        });
        let named = act.findings().iter().filter(|_| reads);
        let listed_in = |id: &FindingId| {
            let open = self.items.values().filter(|item| item.stage().as_str() != "cancelled");
            let mut has = open.filter(|item| item.case.findings.iter().any(|one| one.finding_id == *id));
            has.next().map(Item::id)
        };
        let fact = |id: &FindingId| {
            let (finding, inspection) = self.visits.get(id)?.clone();
            Some(FindingFacts {
                finding,
                area_id: HERE.area("101201"),
                inspection_id: Some(inspection),
                listed_in: listed_in(id),
                voided: false,
            })
        };
        named.filter_map(|id| Some((*id, fact(id)?))).collect()
    }
}
