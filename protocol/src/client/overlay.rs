//! The phone's own writes, laid over what the server has told, until the feed brings their effect.
//!
//! Laying over twice is the same as once: parts are known by their ids. What was refused is not laid over; it
//! waits in the outbox.

use uuid::Uuid;

use super::outbox::Entry;
use crate::{
    command::Command,
    evidence::{Evidence, EvidenceStatus, HeldEvidence},
    ids::{AccountId, AreaId, SiteId},
    inspection::{
        Amend, Ask, AskedBack, Correction, Inspection, InspectionStage, Submit, Void, add_notes,
        merge_answers,
    },
    sha::Sha,
    verdict::Verdict,
};

/// What the overlay has to know of its surroundings.
pub struct Around<'a> {
    /// The signed-in person.
    pub me: AccountId,
    /// The area of a site, where the phone knows the site; else the nil id stands in.
    pub area_of: &'a dyn Fn(SiteId) -> Option<AreaId>,
    /// How much of a file the server is known to hold.
    pub held: &'a dyn Fn(&Sha) -> EvidenceStatus,
}

/// Lays commands over an inspection, in order. `None` when there is neither an inspection nor a submission of
/// one. The verdict and the flags are the server's to give: a new inspection has none.
pub fn lay_over(base: Option<Inspection>, commands: &[&Entry], around: &Around<'_>) -> Option<Inspection> {
    let mut shown = base;
    for entry in commands {
        match (Command::read(&entry.kind, entry_body(entry)?.as_ref()), &mut shown) {
            (Ok(Command::InspectionSubmit(submit)), None) => shown = Some(submitted(*submit, entry, around)),
            (Ok(Command::InspectionAmend(amend)), Some(inspection)) => {
                amended(inspection, *amend, entry, around);
            }
            (Ok(Command::InspectionVoid(void)), Some(inspection)) => voided(inspection, void, entry, around),
            (Ok(Command::InspectionAsk(ask)), Some(inspection)) => asked(inspection, ask, entry, around),
            // The feed brought the submission already, or the word is one of another version.
            _ => {}
        }
    }
    shown
}

fn entry_body(entry: &Entry) -> Option<Box<serde_json::value::RawValue>> {
    entry.envelope.read::<crate::command::Envelope>().ok().map(|envelope| envelope.body)
}

fn submitted(submit: Submit, entry: &Entry, around: &Around<'_>) -> Inspection {
    let area_id = (around.area_of)(submit.site_id).unwrap_or(AreaId(Uuid::nil()));
    Inspection {
        inspection_id: submit.inspection_id,
        stage: InspectionStage::Submitted,
        site_id: submit.site_id,
        area_id,
        plan_id: submit.plan_id,
        by: around.me,
        arrival: submit.arrival,
        departure: submit.departure,
        team: submit.team,
        checklists: submit.checklists,
        findings: submit.findings,
        evidence: submit.evidence.into_iter().map(|evidence| held(evidence, around)).collect(),
        interviews: submit.interviews,
        notes: submit.notes,
        verdict: Verdict::default(),
        flags: Vec::new(),
        received_at: entry.at,
        skew_ms: 0,
        questions: Vec::new(),
        amendments: Vec::new(),
        voided: None,
    }
}

fn amended(inspection: &mut Inspection, amend: Amend, entry: &Entry, around: &Around<'_>) {
    for answers in &amend.checklists {
        merge_answers(&mut inspection.checklists, answers);
    }
    for finding in amend.findings {
        if inspection.findings.iter().all(|known| known.finding_id != finding.finding_id) {
            inspection.findings.push(finding);
        }
    }
    let added = amend.evidence.iter().map(|evidence| evidence.evidence_id).collect();
    for evidence in amend.evidence {
        if inspection.evidence.iter().all(|known| known.evidence.evidence_id != evidence.evidence_id) {
            inspection.evidence.push(held(evidence, around));
        }
    }
    for interview in amend.interviews {
        if !inspection.interviews.contains(&interview) {
            inspection.interviews.push(interview);
        }
    }
    // What the server has already told is not laid over it once more.
    let same = |told: &Correction| {
        told.by == around.me && told.reason == amend.reason && told.question_id == amend.question_id
    };
    if inspection.amendments.iter().any(same) {
        return;
    }
    if let Some(notes) = &amend.notes {
        add_notes(&mut inspection.notes, notes);
    }
    inspection.amendments.push(Correction {
        by: around.me,
        at: entry.at,
        reason: amend.reason,
        question_id: amend.question_id,
        evidence: added,
    });
}

fn asked(inspection: &mut Inspection, ask: Ask, entry: &Entry, around: &Around<'_>) {
    let Ask { inspection_id: _, question_id, finding_id, text } = ask;
    if inspection.questions.iter().all(|known| known.question_id != question_id) {
        inspection.questions.push(AskedBack { question_id, by: around.me, at: entry.at, finding_id, text });
    }
}

fn voided(inspection: &mut Inspection, void: Void, entry: &Entry, around: &Around<'_>) {
    inspection.stage = InspectionStage::Voided;
    if inspection.voided.is_none() {
        inspection.voided = Some(Correction {
            by: around.me,
            at: entry.at,
            reason: void.reason,
            question_id: None,
            evidence: Vec::new(),
        });
    }
}

fn held(evidence: Evidence, around: &Around<'_>) -> HeldEvidence {
    let status = (around.held)(&evidence.sha256);
    HeldEvidence { evidence, status }
}
