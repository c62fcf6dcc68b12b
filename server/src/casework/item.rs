//! Decides commands about items of the ledger, purely: sets the scene, asks the protocol's lifecycle, and keeps what it
//! answers in the world, so that the next command of the batch sees it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use anfang_protocol::{
    Code, Problem,
    authority::{Opens, opens},
    evidence::{EvidenceStatus, HeldEvidence},
    ids::{AreaId, EvidenceId, FindingId},
    inspection::InspectionStage,
    lifecycle::{
        Decision, Item, Person, Scene, Step,
        authority::Actor,
        conflict::{self, Conflict},
        facts::ItemFinding,
        known::{FindingFacts, Visit},
        places,
        reconcile::MoveKind,
    },
    notice::{ReadNotice, Told},
    rectification::{Act, Source},
    sha::Sha,
    sync::Status,
};
use chrono::{DateTime, Utc};

use super::{
    docket::{self, Docket, Telling, findings},
    refusal::Refusal,
    submission::Submission,
    world::World,
};
use crate::{
    inspections,
    ledger::Place,
    notices,
    rectifications::{Record, store::Saving},
};

/// The item's new revision, or why there is none.
pub(super) fn decide(
    world: &mut World,
    submission: &Submission,
    act: &Act,
    now: DateTime<Utc>,
) -> Result<u32, Refusal> {
    match judge(world, submission, act, now)? {
        Decision::Applied(step) => Ok(take(world, submission, *step)),
        Decision::Rejected(problem) => Err(problem.into()),
        Decision::Conflict(conflict) => Err(keep(world, submission, *conflict)),
    }
}

fn judge(world: &World, submission: &Submission, act: &Act, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    let docket = &world.docket;
    let terms = docket.terms.as_ref().ok_or(Code::TryAgain)?;
    let actor = actor(docket, submission);
    let makes = matches!(act, Act::List(_));
    // An item that is no concern of the giver's is as absent as none.
    let found = docket.items.get(&act.rectification_id());
    let record = found.filter(|record| makes || concerns(docket, &actor, record));
    let areas = areas(docket, &actor, record, act);
    let unit = record.and_then(|record| record.item.unit());
    let by = submission.account();
    let held = |sha: &Sha| {
        let status = by.and_then(|account| world.evidence.get(&(account, *sha)));
        status.cloned().unwrap_or(EvidenceStatus::Missing)
    };
    let own = |id| {
        let visit = world.inspections.get(&id).filter(|visit| Some(visit.account_id) == by)?;
        Some(Visit { site_id: visit.site_id, made: visit.recorded_at.unwrap_or(visit.received_at) })
    };
    let scene = Scene {
        now,
        base_rev: record.and_then(|record| record.seen(base_rev(submission))),
        calendar: &terms.calendar,
        rules: &terms.rules,
        areas: &areas,
        findings: &facts(world, &actor, act),
        other: other(docket, act),
        record: unit.and_then(|unit| docket.records.get(&unit)).copied().unwrap_or_default(),
        held: &held,
        is_unit: &|id| docket.units.contains(&id),
        is_group: &|id| docket.units.contains(&id) || docket.teams.contains(&id),
        is_account: &|id| docket.accounts.contains(&id),
        visit: &|id| own(id).or_else(|| docket.visits.get(&(by?, id)).copied()),
    };
    let decision = conflict::decide(record.map(|r| &r.item), act, &actor, submission.envelope.id, &scene);
    match decision {
        // It may still be on its way.
        Decision::Rejected(problem) if record.is_none() && problem.is(Code::ItemUnknown) => {
            Err(Refusal::blocked(Code::ItemUnknown))
        }
        Decision::Applied(step) => {
            let strange = strange(world, record, act);
            Ok(strange.map_or(Decision::Applied(step), Decision::Rejected))
        }
        decision => Ok(decision),
    }
}

/// Findings, and problems from elsewhere, lie in the item's own township: whoever reads the item reads them. What is looked
/// for is told apart from what there is not by nobody: the giver was let in to this township before.
fn strange(world: &World, record: Option<&Record>, act: &Act) -> Option<Problem> {
    let township = match act {
        Act::List(list) => world.docket.channel_areas.get(&list.area_id).copied(),
        _ => record.map(|record| record.channel_area_id),
    };
    let outside = |finding: &FindingId| {
        let area = fact(world, *finding).filter(|facts| facts.inspection_id.is_some())?.area_id;
        Some(township.is_none_or(|township| !world.docket.path(area).contains(&township)))
    };
    if let Some(i) = act.findings().iter().position(|finding| outside(finding) == Some(true)) {
        return Some(Problem::new(Code::FindingUnknown).at(format!("/findings/{i}")));
    }
    let lies_there = |site| world.grounds.get(&site).is_some_and(|g| Some(g.channel_area_id) == township);
    let strange = docket::noted(act).iter().position(|n| n.site_id.is_some_and(|site| !lies_there(site)))?;
    Some(Problem::new(Code::SiteUnknown).at(format!("/noted/{strange}/site_id")))
}

fn actor(docket: &Docket, submission: &Submission) -> Actor {
    let nobody = |account| Person { account, unit: None, grants: Vec::new() };
    match submission.account() {
        None => Actor::Clock,
        Some(account) => {
            Actor::Person(docket.people.get(&account).cloned().unwrap_or_else(|| nobody(account)))
        }
    }
}

fn base_rev(submission: &Submission) -> Option<u32> {
    submission.envelope.base_rev.as_deref()?.parse().ok()
}

/// Whether the giver has anything to do with the item: by its area, or by a unit that had it.
fn concerns(docket: &Docket, actor: &Actor, record: &Record) -> bool {
    let Actor::Person(person) = actor else { return true };
    let path = docket.path(record.item.case.area_id);
    person.grants.iter().any(|held| held.area.is_some_and(|area| path.contains(&area)))
        || record.item.case.orders.iter().any(|unit| person.is_of(*unit))
}

/// The areas to judge by. Of an item that there is not, the giver's own: so it is unknown, not forbidden, whether there
/// is none or it is another's.
fn areas(docket: &Docket, actor: &Actor, record: Option<&Record>, act: &Act) -> Vec<AreaId> {
    match (record, act, actor) {
        (Some(record), ..) => docket.path(record.item.case.area_id).to_vec(),
        (None, Act::List(list), _) => docket.path(list.area_id).to_vec(),
        (None, _, Actor::Person(person)) => person.grants.iter().filter_map(|held| held.area).collect(),
        (None, _, Actor::Clock) => Vec::new(),
    }
}

fn other<'w>(docket: &'w Docket, act: &Act) -> Option<(&'w Item, &'w [AreaId])> {
    let id = match act {
        Act::Join(join) => join.other_id,
        Act::Split(split) => split.new_id,
        _ => return None,
    };
    docket.items.get(&id).map(|record| (&record.item, docket.path(record.item.case.area_id)))
}

/// The findings that the command names, as far as the giver may see them; those whose ids it would take, in any case.
fn facts(world: &World, actor: &Actor, act: &Act) -> BTreeMap<FindingId, FindingFacts> {
    let named = act.findings();
    let visible = |facts: &FindingFacts| {
        !named.contains(&facts.finding.finding_id)
            || facts.inspection_id.is_none()
            || reads(actor, world.docket.path(facts.area_id))
    };
    findings(act).filter_map(|id| Some((id, fact(world, id)?))).filter(|(_, facts)| visible(facts)).collect()
}

/// Whether the giver reads the inspections of an area with this path.
fn reads(actor: &Actor, path: &[AreaId]) -> bool {
    let Actor::Person(person) = actor else { return false };
    person.grants.iter().any(|held| {
        opens(&held.grant.role, &held.grant.scope).contains(&Opens::Inspections)
            && held.area.is_some_and(|area| path.contains(&area))
    })
}

fn fact(world: &World, id: FindingId) -> Option<FindingFacts> {
    let listed = world.docket.listed.get(&id);
    let listed_in = listed.map(|(item, _)| *item);
    let of_visit = world.inspections.values().find_map(|visit| {
        let finding = visit.findings.iter().find(|finding| finding.finding_id == id)?;
        Some(FindingFacts {
            finding: as_listed(visit, finding),
            area_id: visit.area_id,
            inspection_id: Some(visit.inspection_id),
            listed_in,
            voided: visit.stage != InspectionStage::Submitted,
        })
    });
    of_visit.or_else(|| {
        let (item, finding) = listed?;
        let area_id = world.docket.items.get(item).map(|record| record.item.case.area_id);
        Some(FindingFacts {
            finding: finding.clone(),
            area_id: area_id.unwrap_or(AreaId(uuid::Uuid::nil())),
            inspection_id: None,
            listed_in,
            voided: false,
        })
    })
}

/// A finding in the words that are fit for the unit: no raw notes.
fn as_listed(visit: &inspections::Record, finding: &anfang_protocol::finding::Finding) -> ItemFinding {
    let evidence = visit.evidence.iter().filter(|(e, _)| finding.evidence.contains(&e.evidence_id));
    ItemFinding {
        finding_id: finding.finding_id,
        source: Source::Inspection,
        reference: None,
        severity: finding.severity.clone(),
        text: finding.text.clone(),
        site_id: Some(visit.site_id),
        checklist_id: finding.checklist_id,
        item: finding.item.clone(),
        evidence: evidence
            .map(|(evidence, status)| HeldEvidence { evidence: evidence.clone(), status: status.clone() })
            .collect(),
    }
}

fn take(world: &mut World, submission: &Submission, step: Step) -> u32 {
    let Step { item, others, told, moves } = step;
    let rev = item.rev;
    remember_authors(world, submission, &item);
    let docket = &mut world.docket;
    for one in moves {
        if let Some(record) = docket.records.get_mut(&one.unit_id) {
            match one.kind {
                MoveKind::Closed => record.closed += 1,
                MoveKind::Reopened => record.relapsed += 1,
                _ => {}
            }
        }
        docket.moves.push((rev.cast_signed(), one));
    }
    tell(docket, submission, &item, told);
    for item in others.into_iter().chain([item]) {
        put(docket, item);
    }
    rev
}

fn keep(world: &mut World, submission: &Submission, conflict: Conflict) -> Refusal {
    let Conflict { problem, item, show, told } = conflict;
    tell(&mut world.docket, submission, &item, told);
    let current = show.then(|| serde_json::value::to_raw_value(&item.case).ok()).flatten();
    let rev = show.then_some(item.rev);
    put(&mut world.docket, item);
    Refusal { status: Status::Conflict, problem, current, rev }
}

fn put(docket: &mut Docket, item: Item) {
    // Whoever may list here was found to reach the area, so it is known.
    let area = item.case.area_id;
    let channel = docket.channel_areas.get(&area).copied().unwrap_or(area);
    docket.put(item, channel);
}

fn tell(docket: &mut Docket, submission: &Submission, item: &Item, told: Vec<Told>) {
    if !told.is_empty() {
        let (item, by) = (Arc::new(item.clone()), submission.account());
        docket.told.extend(told.into_iter().map(|told| Telling { told, item: item.clone(), by }));
    }
}

/// A finding's photos belong to whoever reported it; what is noted from elsewhere to whoever notes it.
fn remember_authors(world: &mut World, submission: &Submission, item: &Item) {
    let visits = || world.inspections.values();
    let mut new = HashMap::new();
    for held in item.case.findings.iter().flat_map(|finding| &finding.evidence) {
        let id: EvidenceId = held.evidence.evidence_id;
        if !world.docket.authors.contains_key(&id) {
            let visit = visits().find(|visit| visit.evidence.iter().any(|(e, _)| e.evidence_id == id));
            new.extend(visit.map(|v| v.account_id).or(submission.account()).map(|account| (id, account)));
        }
    }
    world.docket.authors.extend(new);
}

/// Marks a notice as read.
pub(super) fn read_notice(
    world: &mut World,
    submission: &Submission,
    read: &ReadNotice,
    now: DateTime<Utc>,
) -> Result<u32, Refusal> {
    let own = |notice: &&mut anfang_protocol::notice::Notice| Some(notice.account_id) == submission.account();
    let docket = &mut world.docket;
    let notice = docket.notices.get_mut(&read.notice_id).filter(own).ok_or(Code::NoticeUnknown)?;
    if notice.read_at.is_none() {
        docket.read.insert(read.notice_id);
    }
    notice.read(now);
    Ok(notices::store::rev(notice).unsigned_abs())
}

/// What is to be written of the items that the batch touched.
pub(super) fn savings(world: &World, now: DateTime<Utc>) -> Vec<Saving<'_>> {
    let Some(terms) = &world.docket.terms else { return Vec::new() };
    let touched = world.docket.touched.iter().filter_map(|id| world.docket.items.get(id));
    touched
        .map(|record| {
            let case = &record.item.case;
            let answers = case.answers.iter().flat_map(|answer| &answer.evidence);
            let held = case.findings.iter().flat_map(|finding| &finding.evidence).chain(answers);
            let statuses: HashMap<(EvidenceId, Sha), &EvidenceStatus> =
                held.map(|h| ((h.evidence.evidence_id, h.evidence.sha256), &h.status)).collect();
            let status = |mention: &crate::rectifications::Mention| {
                let in_item = statuses.get(&(mention.evidence, mention.sha)).copied();
                let sent = world.evidence.get(&(mention.account, mention.sha));
                sent.or(in_item).cloned().unwrap_or(EvidenceStatus::Missing)
            };
            let mentions = record.mentions(&world.docket.authors, None);
            Saving {
                record,
                next_at: anfang_protocol::lifecycle::deadlines::next(
                    &record.item,
                    now,
                    &terms.calendar,
                    &terms.rules,
                ),
                mentions: mentions.into_iter().map(|mention| (mention.clone(), status(&mention))).collect(),
            }
        })
        .collect()
}

/// Where the items that were made or changed stand.
pub(super) fn standing(world: &World) -> Vec<Place> {
    let touched = world.docket.touched.iter().filter_map(|id| world.docket.items.get(id));
    touched
        .flat_map(|record| places::places(record.saved.as_ref(), &record.item, record.channel_area_id))
        .map(|standing| Place {
            channel: standing.channel,
            item: standing.id,
            kind: standing.kind,
            present: standing.present,
            rev: standing.rev.cast_signed(),
        })
        .collect()
}
