//! Comments, instructions (批示), and who has read them. They change no stage, and never conflict.

use super::{
    authority::Person,
    facts::By,
    guard,
    history::{Remark, RemarkKind},
    item::Item,
    next::{Moved, Next},
    refusal::Refusal,
    scene::Scene,
};
use crate::{
    Code,
    ids::RemarkId,
    limits,
    notice::{Audience, NoticeKind, Told},
    people::Role,
    rectification::{Comment, Instruct, Read},
};

/// Whether the person oversees the item: only then may internal remarks be made and read.
fn oversees(person: &Person, scene: &Scene<'_>) -> bool {
    let roles = [Role::Supervisor, Role::Verifier, Role::Leader];
    person.grants.iter().any(|held| {
        roles.contains(&held.grant.role) && held.area.is_some_and(|area| scene.areas.contains(&area))
    })
}

fn check_new(item: &Item, id: RemarkId, text: &str) -> Result<(), Refusal> {
    guard::says("/text", text)?;
    let remarks = || item.case.remarks.iter().chain(&item.desk.remarks);
    if remarks().any(|remark| remark.remark_id == id) {
        return Err(Refusal::at(Code::DuplicateId, "/remark_id"));
    }
    if remarks().count() >= limits::REMARKS_PER_ITEM {
        return Err(Refusal::at(Code::TooManyParts, "/text"));
    }
    Ok(())
}

fn remark(remark_id: RemarkId, kind: RemarkKind, said: By, text: &str) -> Remark {
    Remark { remark_id, kind, said, text: text.to_owned(), read: Vec::new() }
}

pub(super) fn comment(item: &Item, body: &Comment, person: &Person, scene: &Scene<'_>) -> Moved {
    check_new(item, body.remark_id, &body.text)?;
    let said = remark(body.remark_id, RemarkKind::Comment, scene.by(person), &body.text);
    let mut next = Next::of(item);
    if body.internal {
        if !oversees(person, scene) {
            return Err(Code::CommandForbidden.into());
        }
        next.desk.remarks.push(said);
        return Ok(next.tell([Told::new(Audience::Supervisors, NoticeKind::Commented)]));
    }
    next.case.remarks.push(said);
    let unit = item.case.stage.holder().map(|unit| Told::new(Audience::Unit(unit), NoticeKind::Commented));
    Ok(next.tell([Told::new(Audience::Supervisors, NoticeKind::Commented)]).tell(unit))
}

pub(super) fn instruct(item: &Item, body: &Instruct, person: &Person, scene: &Scene<'_>) -> Moved {
    check_new(item, body.remark_id, &body.text)?;
    let mut next = Next::of(item);
    next.case.remarks.push(remark(body.remark_id, RemarkKind::Instruction, scene.by(person), &body.text));
    let unit = item.case.stage.holder().map(|unit| Told::new(Audience::Unit(unit), NoticeKind::Instructed));
    Ok(next.tell([Told::new(Audience::Supervisors, NoticeKind::Instructed)]).tell(unit))
}

/// Reading twice is the same as once: the first time counts.
pub(super) fn read(item: &Item, body: &Read, person: &Person, scene: &Scene<'_>) -> Moved {
    let mut next = Next::of(item);
    let internal = oversees(person, scene);
    for (i, id) in body.remarks.iter().enumerate() {
        let desk = next.desk.remarks.iter_mut().filter(|_| internal);
        let found = next.case.remarks.iter_mut().chain(desk).find(|remark| remark.remark_id == *id);
        let remark = found.ok_or_else(|| Refusal::at(Code::RemarkUnknown, &format!("/remarks/{i}")))?;
        if remark.read.iter().all(|read| read.by != person.account) {
            remark.read.push(scene.by(person));
        }
    }
    Ok(next)
}
