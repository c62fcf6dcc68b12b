//! What a report means: its validation against the checklists it was made with, and its verdict.
//!
//! Pure and shared: a phone runs it before it queues a report, the server before it stores one. What would make
//! the report meaningless is refused; what a person in the field could not help is flagged and kept.

use std::collections::{HashMap, HashSet};

use crate::{
    Code, Problem,
    checklist::{AnswerType, Checklist, Item},
    evidence::Evidence,
    finding::Finding,
    ids::{ChecklistId, EvidenceId},
    inspection::{Answer, Answers, Interview, Presence, Submit, Value},
    limits,
    place::Position,
    site::{Site, SiteKind},
    verdict::{Flag, Verdict},
};

/// What a report says, after it was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Reviewed {
    pub verdict: Verdict,
    pub flags: Vec<Flag>,
}

/// Whether this value fails this item; `None` when it neither passes nor fails.
///
/// # Errors
/// `answer_wrong_type`, `answer_out_of_range`.
pub fn fails(item: &Item, value: &Value) -> Result<Option<bool>, Code> {
    match (&item.answer, value) {
        (_, Value::NotApplicable(_)) => Ok(None),
        (AnswerType::PassFail, Value::Pass(pass)) => Ok(Some(!pass)),
        (AnswerType::Number { min, max, pass_min, pass_max, .. }, Value::Number(n)) => {
            if !n.is_finite() || n < min || n > max {
                return Err(Code::AnswerOutOfRange);
            }
            let judged = pass_min.is_some() || pass_max.is_some();
            let fails = pass_min.is_some_and(|low| *n < low) || pass_max.is_some_and(|high| *n > high);
            Ok(judged.then_some(fails))
        }
        (AnswerType::Choice { options }, Value::Choice(code)) => options
            .iter()
            .find(|option| option.code == *code)
            .map(|option| Some(option.fails))
            .ok_or(Code::AnswerOutOfRange),
        (AnswerType::Text, Value::Text(_)) => Ok(None),
        _ => Err(Code::AnswerWrongType),
    }
}

/// Checks a whole report against the site and the checklists it names.
///
/// # Errors
/// The first thing that makes the report meaningless, with its place in the message.
pub fn review(submit: &Submit, site: &Site, checklists: &[&Checklist]) -> Result<Reviewed, Problem> {
    check_counts(submit)?;
    check_times(&submit.arrival, &submit.departure)?;
    check_positions(submit)?;
    check_texts(submit)?;
    check_evidence(submit)?;
    let mut flags = place_flags(submit, site);
    let verdict = judge_answers(submit, site.kind.clone(), checklists, &mut flags)?;
    flags.sort();
    flags.dedup();
    Ok(Reviewed { verdict, flags })
}

fn check_counts(submit: &Submit) -> Result<(), Problem> {
    let answers = submit.checklists.iter().map(|c| c.answers.len()).sum();
    let counts = [
        ("/checklists", submit.checklists.len(), limits::CHECKLISTS_PER_INSPECTION),
        ("/checklists/*/answers", answers, limits::ANSWERS_PER_INSPECTION),
        ("/findings", submit.findings.len(), limits::FINDINGS_PER_INSPECTION),
        ("/evidence", submit.evidence.len(), limits::EVIDENCE_PER_INSPECTION),
        ("/interviews", submit.interviews.len(), limits::INTERVIEWS_PER_INSPECTION),
        ("/team", submit.team.len(), limits::INTERVIEWS_PER_INSPECTION),
    ];
    for (place, count, limit) in counts {
        if count > limit {
            return Err(Problem::new(Code::TooManyParts)
                .at(place)
                .detail(format!("{count}, at most {limit}")));
        }
    }
    Ok(())
}

fn check_times(arrival: &Presence, departure: &Presence) -> Result<(), Problem> {
    if departure.at < arrival.at {
        return Err(Problem::new(Code::TimesImpossible)
            .at("/departure/at")
            .detail(format!("departure {} before arrival {}", departure.at, arrival.at)));
    }
    Ok(())
}

fn check_positions(submit: &Submit) -> Result<(), Problem> {
    let at = |place: String, position: &Option<Position>| match position {
        Some(position) if !position.is_possible() => Err(Problem::new(Code::PositionInvalid).at(place)),
        _ => Ok(()),
    };
    at("/arrival/position".into(), &submit.arrival.position)?;
    at("/departure/position".into(), &submit.departure.position)?;
    for (i, finding) in submit.findings.iter().enumerate() {
        at(format!("/findings/{i}/position"), &finding.position)?;
    }
    for (i, evidence) in submit.evidence.iter().enumerate() {
        at(format!("/evidence/{i}/position"), &evidence.position)?;
    }
    Ok(())
}

/// Postgres text cannot hold NUL; a text of white space only says nothing.
pub(crate) fn check_text(place: String, text: &str, limit: usize, may_be_empty: bool) -> Result<(), Problem> {
    let problem = |detail: &str| Err(Problem::new(Code::TextInvalid).at(place.clone()).detail(detail));
    if text.contains('\0') {
        return problem("it has a NUL character");
    }
    if !may_be_empty && text.trim().is_empty() {
        return problem("it is empty");
    }
    if text.chars().count() > limit {
        return problem(&format!("longer than {limit} characters"));
    }
    Ok(())
}

fn check_texts(submit: &Submit) -> Result<(), Problem> {
    let long = limits::LONG_TEXT_CHARS;
    let short = limits::SHORT_TEXT_CHARS;
    for (i, finding) in submit.findings.iter().enumerate() {
        check_text(format!("/findings/{i}/text"), &finding.text, long, false)?;
        check_text(format!("/findings/{i}/notes"), finding.notes.as_deref().unwrap_or(""), long, true)?;
    }
    for (i, Interview { who, text, satisfaction }) in submit.interviews.iter().enumerate() {
        check_text(format!("/interviews/{i}/who"), who, short, false)?;
        check_text(format!("/interviews/{i}/text"), text.as_deref().unwrap_or(""), long, true)?;
        if satisfaction.is_some_and(|s| !(1..=5).contains(&s)) {
            return Err(Problem::new(Code::AnswerOutOfRange).at(format!("/interviews/{i}/satisfaction")));
        }
    }
    for (i, name) in submit.team.iter().enumerate() {
        check_text(format!("/team/{i}"), name, short, false)?;
    }
    check_text("/notes".into(), submit.notes.as_deref().unwrap_or(""), long, true)?;
    for (place, presence) in [("/arrival", &submit.arrival), ("/departure", &submit.departure)] {
        let reason = presence.no_position.as_deref().unwrap_or("");
        check_text(format!("{place}/no_position"), reason, short, true)?;
    }
    for (c, answers) in submit.checklists.iter().enumerate() {
        for (i, answer) in answers.answers.iter().enumerate() {
            let place = format!("/checklists/{c}/answers/{i}");
            check_text(format!("{place}/note"), answer.note.as_deref().unwrap_or(""), long, true)?;
            if let Value::Text(text) | Value::NotApplicable(text) | Value::Choice(text) = &answer.value {
                check_text(format!("{place}/value"), text, long, true)?;
            }
        }
    }
    Ok(())
}

/// Media types a report may name. The bytes themselves are judged at the end of their upload.
pub const MEDIA_TYPES: &[&str] =
    &["image/jpeg", "image/heic", "image/heif", "image/webp", "image/png", "video/mp4", "video/quicktime"];

/// Mentions of files, each once, each of an allowed size and type. The ids that they have.
pub(crate) fn check_mentions(evidence: &[Evidence], place: &str) -> Result<HashSet<EvidenceId>, Problem> {
    let mut known = HashSet::new();
    for (i, evidence) in evidence.iter().enumerate() {
        let Evidence { evidence_id, size, media_type, caption, .. } = evidence;
        if !known.insert(*evidence_id) {
            return Err(Problem::new(Code::DuplicateId).at(format!("{place}/{i}/evidence_id")));
        }
        if *size == 0 || *size > limits::BLOB_BYTES || !MEDIA_TYPES.contains(&media_type.as_str()) {
            return Err(Problem::new(Code::EvidenceInvalid).at(format!("{place}/{i}")));
        }
        let caption = caption.as_deref().unwrap_or("");
        check_text(format!("{place}/{i}/caption"), caption, limits::LONG_TEXT_CHARS, true)?;
    }
    Ok(known)
}

fn check_evidence(submit: &Submit) -> Result<(), Problem> {
    let known = check_mentions(&submit.evidence, "/evidence")?;
    let mut finding_ids = HashSet::new();
    for (i, finding) in submit.findings.iter().enumerate() {
        if !finding_ids.insert(finding.finding_id) {
            return Err(Problem::new(Code::DuplicateId).at(format!("/findings/{i}/finding_id")));
        }
        check_known(&finding.evidence, &known, format!("/findings/{i}/evidence"))?;
    }
    for (c, answers) in submit.checklists.iter().enumerate() {
        for (i, answer) in answers.answers.iter().enumerate() {
            check_known(&answer.evidence, &known, format!("/checklists/{c}/answers/{i}/evidence"))?;
        }
    }
    Ok(())
}

fn check_known(named: &[EvidenceId], known: &HashSet<EvidenceId>, place: String) -> Result<(), Problem> {
    match named.iter().find(|id| !known.contains(id)) {
        Some(id) => Err(Problem::new(Code::EvidenceUnknown).at(place).detail(id.to_string())),
        None => Ok(()),
    }
}

fn place_flags(submit: &Submit, site: &Site) -> Vec<Flag> {
    let mut flags = Vec::new();
    match &submit.arrival.position {
        None => flags.push(Flag::NoPosition),
        Some(arrival) => {
            if arrival.mock {
                flags.push(Flag::MockPosition);
            }
            if let (Some(latitude), Some(longitude)) = (site.latitude, site.longitude) {
                let allowed = site.radius_m.unwrap_or(500.0) + arrival.accuracy_m.unwrap_or(0.0).min(500.0);
                if arrival.distance_m(&Position::new(latitude, longitude)) > allowed {
                    flags.push(Flag::FarFromSite);
                }
            }
        }
    }
    if submit.departure.at - submit.arrival.at > chrono::Duration::days(1) {
        flags.push(Flag::LongVisit);
    }
    flags
}

fn judge_answers(
    submit: &Submit,
    kind: SiteKind,
    checklists: &[&Checklist],
    flags: &mut Vec<Flag>,
) -> Result<Verdict, Problem> {
    let mut verdict = Verdict::default();
    let mut seen = HashSet::new();
    let findings = Named::of(&submit.findings);
    for (c, answers) in submit.checklists.iter().enumerate() {
        let place = format!("/checklists/{c}");
        if !seen.insert(answers.checklist_id) {
            return Err(Problem::new(Code::ChecklistTwice).at(place));
        }
        let checklist = find(checklists, answers).ok_or_else(|| {
            let detail = format!("checklist {} version {}", answers.checklist_id, answers.version);
            Problem::new(Code::ChecklistUnknown).at(place.clone()).detail(detail)
        })?;
        judge_checklist(checklist, answers, &kind, &findings, &place, &mut verdict, flags)?;
    }
    for (i, finding) in submit.findings.iter().enumerate() {
        check_finding_item(finding, submit, checklists).map_err(|code| {
            Problem::new(code)
                .at(format!("/findings/{i}/item"))
                .detail(finding.item.clone().unwrap_or_default())
        })?;
    }
    Ok(verdict)
}

fn find<'a>(checklists: &[&'a Checklist], answers: &Answers) -> Option<&'a Checklist> {
    checklists
        .iter()
        .copied()
        .find(|c| c.checklist_id == answers.checklist_id && c.version == answers.version)
}

/// Findings by the item they name, with the number of photos they bring.
struct Named<'a>(HashMap<(ChecklistId, &'a str), usize>);

impl<'a> Named<'a> {
    fn of(findings: &'a [Finding]) -> Self {
        let mut named = HashMap::new();
        for finding in findings {
            if let (Some(checklist), Some(item)) = (finding.checklist_id, &finding.item) {
                *named.entry((checklist, item.as_str())).or_default() += finding.evidence.len();
            }
        }
        Named(named)
    }
}

fn judge_checklist(
    checklist: &Checklist,
    answers: &Answers,
    kind: &SiteKind,
    findings: &Named<'_>,
    place: &str,
    verdict: &mut Verdict,
    flags: &mut Vec<Flag>,
) -> Result<(), Problem> {
    let mut answered = HashSet::new();
    for (i, answer) in answers.answers.iter().enumerate() {
        let refuse = |code| Problem::new(code).at(format!("{place}/answers/{i}")).detail(answer.item.clone());
        let item = checklist.item(&answer.item).ok_or_else(|| refuse(Code::ItemCodeUnknown))?;
        if !applies(item, kind) {
            return Err(refuse(Code::ItemNotForSite));
        }
        if !answered.insert(answer.item.as_str()) {
            return Err(refuse(Code::AnswerTwice));
        }
        match fails(item, &answer.value).map_err(refuse)? {
            Some(true) => count_failure(checklist, item, answer, findings, verdict, flags),
            Some(false) => verdict.passed += 1,
            None => {}
        }
    }
    let missing =
        |item: &Item| item.required && applies(item, kind) && !answered.contains(item.code.as_str());
    if checklist.items.iter().any(missing) {
        flags.push(Flag::AnswersMissing);
    }
    Ok(())
}

fn count_failure(
    checklist: &Checklist,
    item: &Item,
    answer: &Answer,
    findings: &Named<'_>,
    verdict: &mut Verdict,
    flags: &mut Vec<Flag>,
) {
    verdict.failed += 1;
    if item.veto {
        verdict.vetoed_by.push(item.code.clone());
    }
    let found = findings.0.get(&(checklist.checklist_id, item.code.as_str()));
    if found.is_none() {
        flags.push(Flag::FindingMissing);
    }
    if answer.evidence.len() + found.copied().unwrap_or(0) < usize::from(item.min_photos) {
        flags.push(Flag::PhotosMissing);
    }
}

fn applies(item: &Item, kind: &SiteKind) -> bool {
    item.applies_to.is_empty() || item.applies_to.contains(kind)
}

/// A finding that names an item names one of a checklist which the report answers.
fn check_finding_item(finding: &Finding, submit: &Submit, checklists: &[&Checklist]) -> Result<(), Code> {
    let Some(checklist_id) = finding.checklist_id else {
        return if finding.item.is_none() { Ok(()) } else { Err(Code::ChecklistUnknown) };
    };
    let answers =
        submit.checklists.iter().find(|a| a.checklist_id == checklist_id).ok_or(Code::ChecklistUnknown)?;
    let checklist = find(checklists, answers).ok_or(Code::ChecklistUnknown)?;
    let item = finding.item.as_deref().ok_or(Code::ItemCodeUnknown)?;
    checklist.item(item).map(|_| ()).ok_or(Code::ItemCodeUnknown)
}
