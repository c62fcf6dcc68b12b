//! From findings to items: list, join, split, add, set the severity.

use std::collections::BTreeSet;

use super::{
    authority::{Actor, Case, Person, may},
    facts::{By, Cancellation, ItemFinding},
    guard,
    item::{Desk, Item, Rectification, Stage},
    next::{Moved, Next},
    refusal::Refusal,
    scene::Scene,
};
use crate::{
    Code, Problem,
    finding::Severity,
    ids::{AreaId, FindingId, InspectionId, RectificationId},
    limits,
    notice::{Audience, NoticeKind, Told},
    rectification::{AddFinding, Join, List, Noted, SetSeverity, Source, Split},
};

/// A severity of a later version counts as serious.
fn weight(severity: &Severity) -> u8 {
    match severity {
        Severity::General => 0,
        Severity::Grave => 2,
        Severity::Serious | Severity::Unknown(_) => 1,
    }
}

/// The findings that a command brings, with the inspections that they come from.
fn gather(
    item: Option<RectificationId>,
    named: &[FindingId],
    noted: &[Noted],
    scene: &Scene<'_>,
) -> Result<(Vec<ItemFinding>, BTreeSet<InspectionId>), Refusal> {
    let mut findings: Vec<ItemFinding> = Vec::new();
    let mut inspections = BTreeSet::new();
    if named.len() + noted.len() > limits::FINDINGS_PER_ITEM {
        return Err(Refusal::at(Code::TooManyParts, "/findings"));
    }
    for (i, id) in named.iter().enumerate() {
        let place = format!("/findings/{i}");
        let known = scene.findings.get(id).filter(|facts| !facts.voided);
        let facts = known.ok_or_else(|| Refusal::at(Code::FindingUnknown, &place))?;
        if facts.listed_in.is_some_and(|listed| Some(listed) != item) {
            return Err(Refusal::at(Code::FindingListed, &place));
        }
        inspections.extend(facts.inspection_id);
        findings.push(facts.finding.clone());
    }
    for (i, noted) in noted.iter().enumerate() {
        let place = format!("/noted/{i}");
        guard::says(&format!("{place}/text"), &noted.text)?;
        guard::may_say(&format!("{place}/reference"), noted.reference.as_deref())?;
        guard::mentions(&format!("{place}/evidence"), &noted.evidence)?;
        if noted.position.as_ref().is_some_and(|position| !position.is_possible()) {
            return Err(Refusal::at(Code::PositionInvalid, &format!("{place}/position")));
        }
        if scene.findings.contains_key(&noted.finding_id) {
            return Err(Refusal::at(Code::DuplicateId, &format!("{place}/finding_id")));
        }
        findings.push(ItemFinding {
            finding_id: noted.finding_id,
            source: noted.source.clone(),
            reference: noted.reference.clone(),
            severity: noted.severity.clone(),
            text: noted.text.clone(),
            site_id: noted.site_id,
            checklist_id: None,
            item: None,
            evidence: scene.hold(&noted.evidence),
        });
    }
    let once: BTreeSet<FindingId> = findings.iter().map(|finding| finding.finding_id).collect();
    if once.len() != findings.len() {
        return Err(Refusal::at(Code::DuplicateId, "/findings"));
    }
    Ok((findings, inspections))
}

/// The site that all findings are about, if there is one.
fn common_site(findings: &[ItemFinding]) -> Option<crate::ids::SiteId> {
    let first = findings.first()?.site_id;
    first.filter(|_| findings.iter().all(|finding| finding.site_id == first))
}

fn new_item(id: RectificationId, area_id: AreaId, listed: By, findings: Vec<ItemFinding>) -> Rectification {
    let worst = findings.iter().map(|finding| &finding.severity).max_by_key(|severity| weight(severity));
    Rectification {
        rectification_id: id,
        area_id,
        site_id: common_site(&findings),
        source: findings.first().map_or(Source::Inspection, |finding| finding.source.clone()),
        severity: worst.cloned().unwrap_or(Severity::Serious),
        text: findings.first().map(|finding| finding.text.clone()).unwrap_or_default(),
        findings,
        listed,
        stage: Stage::Listed,
        orders: Vec::new(),
        rounds: 0,
        track: Vec::new(),
        receipts: Vec::new(),
        extensions: Vec::new(),
        answers: Vec::new(),
        sent_back: Vec::new(),
        reminded: Vec::new(),
        ladder: Vec::new(),
        remarks: Vec::new(),
        relapses: Vec::new(),
        kept: Vec::new(),
    }
}

pub(super) fn list(list: &List, person: &Person, scene: &Scene<'_>) -> Moved {
    guard::may_say("/text", list.text.as_deref())?;
    let (findings, inspections) = gather(None, &list.findings, &list.noted, scene)?;
    if findings.is_empty() {
        return Err(Refusal::at(Code::NoFindings, "/findings"));
    }
    let mut case = new_item(list.rectification_id, list.area_id, scene.by(person), findings);
    if let Some(severity) = &list.severity {
        case.severity = severity.clone();
    }
    if let Some(text) = list.text.as_ref().filter(|text| !text.trim().is_empty()) {
        case.text = text.clone();
    }
    let desk = Desk { inspections: inspections.into_iter().collect(), ..Desk::default() };
    Ok(Next { case, desk, others: Vec::new(), told: Vec::new() })
}

pub(super) fn add_finding(item: &Item, add: &AddFinding, scene: &Scene<'_>) -> Moved {
    let (findings, inspections) = gather(Some(item.id()), &add.findings, &add.noted, scene)?;
    if findings.is_empty() {
        return Err(Refusal::at(Code::NoFindings, "/findings"));
    }
    let mut next = Next::of(item);
    take_in(&mut next, findings, inspections)?;
    let unit = next.case.stage.holder();
    Ok(next.tell(unit.map(|unit| Told::new(Audience::Unit(unit), NoticeKind::Commented))))
}

/// Adds findings to an item that has them not yet.
pub(super) fn take_in(
    next: &mut Next,
    findings: Vec<ItemFinding>,
    inspections: impl IntoIterator<Item = InspectionId>,
) -> Result<(), Refusal> {
    let known: BTreeSet<FindingId> = next.case.findings.iter().map(|finding| finding.finding_id).collect();
    next.case.findings.extend(findings.into_iter().filter(|finding| !known.contains(&finding.finding_id)));
    if next.case.findings.len() > limits::FINDINGS_PER_ITEM {
        return Err(Refusal::at(Code::TooManyParts, "/findings"));
    }
    next.case.site_id = common_site(&next.case.findings);
    for inspection in inspections {
        if !next.desk.inspections.contains(&inspection) {
            next.desk.inspections.push(inspection);
        }
    }
    Ok(())
}

/// Findings that a look-back brings to the item that it reopens.
pub(super) fn look_back_findings(
    item: &Item,
    named: &[FindingId],
    scene: &Scene<'_>,
) -> Result<(Vec<ItemFinding>, BTreeSet<InspectionId>), Refusal> {
    gather(Some(item.id()), named, &[], scene)
}

pub(super) fn join(item: &Item, join: &Join, person: &Person, scene: &Scene<'_>) -> Moved {
    guard::says_shortly("/reason", &join.reason)?;
    let (other, areas) =
        scene.other.filter(|(other, _)| other.id() == join.other_id).ok_or(Code::ItemUnknown)?;
    let stage = other.stage();
    let case = Case { stage: Some(&stage), unit: other.unit(), areas };
    // Who may not touch the other item is told nothing about it.
    may(&Actor::Person(person.clone()), "rectification.join", &case).map_err(|code| {
        if code == Code::CommandForbidden { Code::ItemUnknown } else { Code::JoinUnsuitable }
    })?;
    if other.id() == item.id() || other.case.stage.holder().is_some() {
        return Err(Refusal::at(Code::JoinUnsuitable, "/other_id"));
    }
    let mut next = Next::of(item);
    take_in(&mut next, other.case.findings.clone(), other.desk.inspections.iter().copied())?;
    if weight(&other.case.severity) > weight(&next.case.severity) {
        next.case.severity = other.case.severity.clone();
    }
    let mut joined = Item { rev: other.rev + 1, ..other.clone() };
    let cancelled = scene.by(person);
    let (reason, joined_into) = (join.reason.clone(), Some(item.id()));
    joined.case.stage = Stage::Cancelled { cancellation: Cancellation { cancelled, reason, joined_into } };
    next.others.push(joined);
    Ok(next)
}

pub(super) fn split(item: &Item, split: &Split, person: &Person, scene: &Scene<'_>) -> Moved {
    guard::says_shortly("/reason", &split.reason)?;
    if scene.other.is_some() || split.new_id == item.id() {
        return Err(Problem::new(Code::ItemExists).at("/new_id").into());
    }
    let wanted: BTreeSet<FindingId> = split.findings.iter().copied().collect();
    let (parted, stay): (Vec<ItemFinding>, Vec<ItemFinding>) =
        item.case.findings.iter().cloned().partition(|finding| wanted.contains(&finding.finding_id));
    if parted.is_empty() || parted.len() != wanted.len() {
        return Err(Refusal::at(Code::FindingNotHere, "/findings"));
    }
    if stay.is_empty() {
        return Err(Refusal::at(Code::SplitLeavesNone, "/findings"));
    }
    let mut next = Next::of(item);
    next.case.findings = stay;
    next.case.site_id = common_site(&next.case.findings);
    let case = new_item(split.new_id, item.case.area_id, scene.by(person), parted);
    // Which finding came from which inspection is not kept, so both know of all.
    let desk = Desk { inspections: item.desk.inspections.clone(), ..Desk::default() };
    next.others.push(Item { rev: 1, case, desk });
    Ok(next)
}

pub(super) fn set_severity(item: &Item, set: &SetSeverity) -> Moved {
    guard::says_shortly("/reason", &set.reason)?;
    let mut next = Next::of(item);
    next.case.severity = set.severity.clone();
    Ok(next)
}
