//! Decides commands, purely: what is known goes in, outcomes and changed records come out.

use anfang_protocol::{
    Code, Problem, authority,
    checklist::Checklist,
    clock::{self, Judged},
    command::Command,
    evidence::{Evidence, EvidenceStatus},
    ids::{AccountId, AreaId, InspectionId, QuestionId},
    inspection::{
        Amend, Answers, Ask, AskedBack, Correction, InspectionStage, Submit, Void, add_notes, merge_answers,
    },
    limits,
    notice::{Notice, NoticeKind},
    people::Role,
    review::{Reviewed, review},
    sync::{Outcome, Status},
    verdict::Flag,
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    item, plan,
    refusal::{Refusal, check_reason, check_text},
    submission::Submission,
    world::{Ground, Known, World},
};
use crate::inspections::{
    Record,
    record::{Body, Saved},
};

/// The outcome of one command; what it changes is changed in `world`. Whether the outcome is new (to be
/// stored) or a replay is told by the second value.
pub fn decide(world: &mut World, submission: &Submission, now: DateTime<Utc>) -> (Outcome, bool) {
    let id = submission.envelope.id;
    if let Some(known) = world.known.get(&id) {
        return (replay(known, submission), false);
    }
    let command = match &submission.command {
        Ok(command) => command,
        Err(problem) => return remember(world, submission, refused(submission, problem.clone().into())),
    };
    let about = command.item();
    if let Some(problem) = must_wait(world, submission, about) {
        world.halted.extend(submission.device().map(|device| (device, about)));
        return (Outcome::refused(Some(id), Status::Blocked, problem), false);
    }
    let done = match command {
        Command::InspectionSubmit(submit) => submit_inspection(world, submission, submit, now),
        Command::InspectionAmend(amend) => amend_inspection(world, submission, amend, now),
        Command::InspectionVoid(void) => void_inspection(world, submission, void, now),
        Command::InspectionAsk(ask) => ask_back(world, submission, ask, now),
        Command::Rectification(act) => item::decide(world, submission, act, now).map(unflagged),
        Command::NoticeRead(read) => item::read_notice(world, submission, read, now).map(unflagged),
        Command::PlanSeal(seal) => plan::seal(world, submission, seal, now).map(unflagged),
        Command::PlanUnseal(unseal) => plan::unseal_by(world, submission, unseal, now).map(unflagged),
        Command::PlanWithdraw(withdraw) => plan::withdraw(world, submission, withdraw, now).map(unflagged),
    };
    match done {
        Ok((rev, flags)) => {
            let outcome = Outcome::applied(id, rev.unsigned_abs(), flags);
            remember(world, submission, outcome)
        }
        Err(refusal) => {
            world.halted.extend(submission.device().map(|device| (device, about)));
            remember(world, submission, refused(submission, refusal))
        }
    }
}

fn refused(submission: &Submission, refusal: Refusal) -> Outcome {
    let outcome = Outcome::refused(Some(submission.envelope.id), refusal.status, refusal.problem);
    let rev = refusal.rev.map(|rev| rev.to_string());
    Outcome { current: refusal.current, rev, ..outcome }
}

/// Keeps a durable outcome in the world, so that a repeat within the batch is a repeat. What the clock was refused is not
/// kept: it gives the same command again when it sees the same thing due, and then it may be right.
fn remember(world: &mut World, submission: &Submission, outcome: Outcome) -> (Outcome, bool) {
    let too_early = submission.account().is_none() && outcome.status == Status::Rejected;
    if !outcome.status.is_durable() || too_early {
        return (outcome, false);
    }
    let known = Known {
        account: submission.account(),
        digest: submission.digest,
        status: outcome.status.clone(),
        outcome: Some(outcome.clone()),
    };
    world.known.insert(submission.envelope.id, known);
    (outcome, true)
}

fn replay(known: &Known, submission: &Submission) -> Outcome {
    let id = submission.envelope.id;
    // Whose command it was must not show to somebody who guessed its id.
    if known.digest != submission.digest || known.account != submission.account() {
        return Outcome::refused(Some(id), Status::Rejected, Code::IdReused.into());
    }
    known.outcome.clone().unwrap_or(Outcome {
        id: Some(id),
        status: known.status.clone(),
        problem: None,
        rev: None,
        flags: Vec::new(),
        current: None,
    })
}

fn must_wait(world: &World, submission: &Submission, item: Uuid) -> Option<Problem> {
    if submission.device().is_some_and(|device| world.halted.contains(&(device, item))) {
        return Some(Code::PredecessorRefused.into());
    }
    let before = submission.envelope.after?;
    match world.known.get(&before) {
        // A stranger's command is as unknown as none.
        Some(known) if known.account == submission.account() => {
            (known.status != Status::Applied).then(|| Code::PredecessorRefused.into())
        }
        _ => Some(Problem::new(Code::PredecessorUnknown).detail(before.to_string())),
    }
}

/// Whether a role that allows the command reaches the area: now, or, for what was begun before the role was taken away, then
/// (protocol-design §1.7). `Some(true)`: it no longer does.
fn reaches(world: &World, submission: &Submission, area: AreaId, begun: DateTime<Utc>) -> Option<bool> {
    let reach = world.reach_of(submission.account()?, area);
    let allowed = |role: &Role| authority::roles_within(&submission.envelope.kind).any(|may| may == role);
    let of_roles = || reach.iter().filter(|r| allowed(&r.role));
    if of_roles().any(|r| r.revoked_at.is_none()) {
        return Some(false);
    }
    of_roles().any(|r| r.revoked_at.is_some_and(|at| begun < at)).then_some(true)
}

type Done = Result<(i32, Vec<Flag>), Refusal>;

fn unflagged(rev: u32) -> (i32, Vec<Flag>) {
    (rev.cast_signed(), Vec::new())
}

fn submit_inspection(
    world: &mut World,
    submission: &Submission,
    submit: &Submit,
    now: DateTime<Utc>,
) -> Done {
    let by = submission.account().ok_or(Code::CommandForbidden)?;
    let reading = submission.envelope.reading();
    let judged = clock::judge(&reading, &submission.sent, now);
    // Begun: what the phone's monotonic clock tells, else what it claims, put right by its skew.
    let begun =
        judged.recorded_at.unwrap_or(submission.envelope.at - chrono::Duration::milliseconds(judged.skew_ms));
    // A plan's team may report of its sites, wherever its roles reach. Looked at before the site: who has no such plan
    // must not learn whether there is such a site.
    if let Some(plan) = submit.plan_id {
        plan::covers(world, plan, by, submit.site_id)?;
    }
    let ground = world.grounds.get(&submit.site_id).ok_or(Code::SiteUnknown)?;
    let ended = match submit.plan_id {
        None => reaches(world, submission, ground.site.area_id, begun).ok_or(Code::SiteUnknown)?,
        Some(_) => false,
    };
    if world.inspections.contains_key(&submit.inspection_id) {
        return Err(Code::ItemExists.into());
    }
    let checklists = checklists_of(world, &submit.checklists);
    let mut reviewed = review(submit, &ground.site, &checklists)?;
    check_free(
        world,
        submit.findings.iter().map(|f| f.finding_id.0),
        submit.evidence.iter().map(|e| e.evidence_id.0),
    )?;
    add_sending_flags(&mut reviewed, &judged, ended);
    let record = new_record(world, by, submit, ground, reviewed, &judged, now);
    take(world, &record);
    let flags = record.reviewed.flags.clone();
    world.touched.insert(record.inspection_id);
    world.inspections.insert(record.inspection_id, record);
    if let Some(plan) = submit.plan_id {
        plan::arrive(world, submission, plan, now);
    }
    Ok((1, flags))
}

fn new_record(
    world: &World,
    by: AccountId,
    submit: &Submit,
    ground: &Ground,
    reviewed: Reviewed,
    judged: &Judged,
    now: DateTime<Utc>,
) -> Record {
    Record {
        inspection_id: submit.inspection_id,
        stage: InspectionStage::Submitted,
        site_id: submit.site_id,
        area_id: ground.site.area_id,
        channel_area_id: ground.channel_area_id,
        account_id: by,
        recorded_at: judged.recorded_at,
        received_at: now,
        skew_ms: judged.skew_ms,
        reviewed,
        body: Body {
            plan_id: submit.plan_id,
            arrival: submit.arrival.clone(),
            departure: submit.departure.clone(),
            team: submit.team.clone(),
            checklists: submit.checklists.clone(),
            interviews: submit.interviews.clone(),
            notes: submit.notes.clone(),
            questions: Vec::new(),
            amendments: Vec::new(),
            voided: None,
        },
        findings: submit.findings.clone(),
        evidence: held(world, by, &submit.evidence),
        rev: 1,
        saved: Saved::Nothing,
    }
}

fn amend_inspection(world: &mut World, submission: &Submission, amend: &Amend, now: DateTime<Utc>) -> Done {
    let id = amend.inspection_id;
    let by = submission.account().ok_or(Code::CommandForbidden)?;
    let record = own(world, by, id)?;
    if record.stage != InspectionStage::Submitted {
        return Err(moved_on(record));
    }
    check_reason(&amend.reason)?;
    let asker = amend.question_id.map(|question| asker_of(record, question)).transpose()?;
    let mut amended = record.clone();
    for answers in &amend.checklists {
        merge_answers(&mut amended.body.checklists, answers);
    }
    amended.findings.extend(amend.findings.iter().cloned());
    amended.evidence.extend(held(world, by, &amend.evidence));
    amended.body.interviews.extend(amend.interviews.iter().cloned());
    if let Some(notes) = &amend.notes {
        add_notes(&mut amended.body.notes, notes);
    }
    amended.body.amendments.push(Correction {
        question_id: amend.question_id,
        evidence: amend.evidence.iter().map(|evidence| evidence.evidence_id).collect(),
        ..correction(by, &amend.reason, now)
    });
    let ground = world.grounds.get(&amended.site_id).ok_or(Code::SiteUnknown)?;
    let checklists = checklists_of(world, &amended.body.checklists);
    let reviewed = review(&amended.as_submit(), &ground.site, &checklists)?;
    check_free(
        world,
        amend.findings.iter().map(|f| f.finding_id.0),
        amend.evidence.iter().map(|e| e.evidence_id.0),
    )?;
    amended.judged_again(reviewed);
    take(world, &amended);
    let answer = keep(world, amended);
    let told = asker.filter(|asker| *asker != by);
    let notice = |asker| Notice::of_question(NoticeKind::AskedAnswered, id, answer.0, asker, now);
    world.notices.extend(told.map(notice));
    Ok(answer)
}

fn void_inspection(world: &mut World, submission: &Submission, void: &Void, now: DateTime<Utc>) -> Done {
    let by = submission.account().ok_or(Code::CommandForbidden)?;
    let record = own(world, by, void.inspection_id)
        .or_else(|_| overseen(world, submission, void.inspection_id, now))?;
    if record.stage != InspectionStage::Submitted {
        return Err(moved_on(record));
    }
    check_reason(&void.reason)?;
    let mut voided = record.clone();
    voided.stage = InspectionStage::Voided;
    voided.body.voided = Some(correction(by, &void.reason, now));
    Ok(keep(world, voided))
}

/// A supervisor asks the author back: the author is told, and answers with an amendment.
fn ask_back(world: &mut World, submission: &Submission, ask: &Ask, now: DateTime<Utc>) -> Done {
    let by = submission.account().ok_or(Code::CommandForbidden)?;
    let record = overseen(world, submission, ask.inspection_id, now)?;
    if record.stage != InspectionStage::Submitted {
        return Err(moved_on(record));
    }
    check_text("/text", &ask.text)?;
    if ask.finding_id.is_some_and(|id| record.findings.iter().all(|finding| finding.finding_id != id)) {
        return Err(Problem::new(Code::FindingUnknown).at("/finding_id").into());
    }
    let mut asked = record.clone();
    let questions = &mut asked.body.questions;
    if questions.iter().any(|known| known.question_id == ask.question_id) {
        return Err(Problem::new(Code::DuplicateId).at("/question_id").into());
    }
    if questions.len() >= limits::QUESTIONS_PER_INSPECTION {
        return Err(Problem::new(Code::TooManyParts).at("/question_id").into());
    }
    let Ask { inspection_id, question_id, finding_id, text } = ask.clone();
    questions.push(AskedBack { question_id, by, at: now, finding_id, text });
    let author = asked.account_id;
    let answer = keep(world, asked);
    if author != by {
        world.notices.push(Notice::of_question(NoticeKind::Asked, inspection_id, answer.0, author, now));
    }
    Ok(answer)
}

fn asker_of(record: &Record, question: QuestionId) -> Result<AccountId, Problem> {
    let asked = record.body.questions.iter().find(|asked| asked.question_id == question);
    asked.map(|asked| asked.by).ok_or_else(|| Problem::new(Code::QuestionUnknown).at("/question_id"))
}

/// An inspection that the actor oversees. Out of reach, and none, look alike.
fn overseen<'w>(
    world: &'w World,
    submission: &Submission,
    id: InspectionId,
    now: DateTime<Utc>,
) -> Result<&'w Record, Refusal> {
    let within = |record: &&Record| reaches(world, submission, record.area_id, now) == Some(false);
    world.inspections.get(&id).filter(within).ok_or_else(|| Refusal::blocked(Code::ItemUnknown))
}

/// The actor's own inspection. Another's, and none, look alike: it may still be on its way.
fn own(world: &World, by: AccountId, id: InspectionId) -> Result<&Record, Refusal> {
    world
        .inspections
        .get(&id)
        .filter(|record| record.account_id == by)
        .ok_or_else(|| Refusal::blocked(Code::ItemUnknown))
}

/// The item has moved on: a person has to look at it and decide.
fn moved_on(record: &Record) -> Refusal {
    let current = serde_json::value::to_raw_value(&record.as_inspection()).ok();
    Refusal { status: Status::Conflict, problem: Code::InspectionVoided.into(), current, rev: None }
}

fn keep(world: &mut World, mut record: Record) -> (i32, Vec<Flag>) {
    // One step per command, however they are batched: the same commands end at the same revision.
    record.rev += 1;
    world.touched.insert(record.inspection_id);
    let answer = (record.rev, record.reviewed.flags.clone());
    world.inspections.insert(record.inspection_id, record);
    answer
}

fn correction(by: AccountId, reason: &str, now: DateTime<Utc>) -> Correction {
    Correction { by, at: now, reason: reason.to_owned(), question_id: None, evidence: Vec::new() }
}

fn checklists_of<'w>(world: &'w World, answers: &[Answers]) -> Vec<&'w Checklist> {
    answers
        .iter()
        .filter_map(|a| world.checklists.get(&(a.checklist_id, a.version)).map(AsRef::as_ref))
        .collect()
}

fn held(world: &World, by: AccountId, evidence: &[Evidence]) -> Vec<(Evidence, EvidenceStatus)> {
    let status = |e: &Evidence| {
        let key = (by, e.sha256);
        world.evidence.get(&key).cloned().unwrap_or(EvidenceStatus::Missing)
    };
    evidence.iter().map(|e| (e.clone(), status(e))).collect()
}

fn check_free(
    world: &World,
    findings: impl Iterator<Item = Uuid>,
    evidence: impl Iterator<Item = Uuid>,
) -> Result<(), Refusal> {
    match findings.chain(evidence).find(|id| world.taken.contains(id)) {
        Some(id) => Err(Problem::new(Code::DuplicateId).detail(id.to_string()).into()),
        None => Ok(()),
    }
}

fn take(world: &mut World, record: &Record) {
    world.taken.extend(record.findings.iter().map(|f| f.finding_id.0));
    world.taken.extend(record.evidence.iter().map(|(e, _)| e.evidence_id.0));
}

fn add_sending_flags(reviewed: &mut Reviewed, judged: &Judged, scope_ended: bool) {
    let skewed = judged.skew_ms.abs() > clock::TOLERANCE.num_milliseconds();
    let candidates = [
        (skewed, Flag::ClockSkew),
        (judged.clock_moved, Flag::ClockMoved),
        (judged.impossible, Flag::TimeImpossible),
        (scope_ended, Flag::ScopeEnded),
    ];
    reviewed.flags.extend(candidates.into_iter().filter(|(holds, _)| *holds).map(|(_, flag)| flag));
    reviewed.flags.sort();
}
