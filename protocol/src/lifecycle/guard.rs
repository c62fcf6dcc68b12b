//! The rules that no move may break (domain.md §4), each by its name.

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    authority::Person,
    calendar::Calendar,
    facts::{Deadline, Order},
    item::Item,
    known::Visit,
    refusal::Refusal,
};
use crate::{
    Code, Problem,
    evidence::{Evidence, EvidenceStatus},
    limits,
    rectification::Due,
    review::{check_mentions, check_text},
};

/// The one who verifies is never of the unit that fixed it, and never one who answered.
///
/// # Errors
/// `verifier_of_unit`.
pub fn verifier_is_of_another_unit(item: &Item, person: &Person) -> Result<(), Code> {
    let of_the_unit = item.unit().is_some_and(|unit| person.is_of(unit));
    // Whoever answered, for whichever unit, has had a hand in it, also after leaving the unit.
    let answered = item.case.answers.iter().any(|answer| {
        answer.given.by == person.account
            || (Some(answer.unit_id) != item.unit() && person.is_of(answer.unit_id))
    });
    if of_the_unit || answered { Err(Code::VerifierOfUnit) } else { Ok(()) }
}

/// Who is assigned verifies; without an assignment, any verifier in the area.
///
/// # Errors
/// `verifier_not_assigned`.
pub fn verifier_is_assigned(item: &Item, person: &Person) -> Result<(), Code> {
    let Some(assignment) = &item.desk.assignment else { return Ok(()) };
    let named = assignment.accounts.contains(&person.account);
    let of_the_group = assignment.accounts.is_empty() && person.is_of(assignment.group);
    if named || of_the_group { Ok(()) } else { Err(Code::VerifierNotAssigned) }
}

/// Closing needs at least one photo of the answer that has arrived whole.
///
/// # Errors
/// `after_photo_missing`.
pub fn after_photo_is_whole(item: &Item) -> Result<(), Code> {
    let mut photos = item.answer().into_iter().flat_map(|answer| &answer.evidence);
    let whole = photos
        .any(|held| held.status == EvidenceStatus::Stored && held.evidence.media_type.starts_with("image/"));
    if whole { Ok(()) } else { Err(Code::AfterPhotoMissing) }
}

/// An extension is asked for before the deadline.
///
/// # Errors
/// `extension_too_late`.
pub fn extension_is_before_the_deadline(order: &Order, now: DateTime<Utc>) -> Result<(), Code> {
    if now < order.due.passes_at { Ok(()) } else { Err(Code::ExtensionTooLate) }
}

/// # Errors
/// `deadline_not_later`.
pub fn is_later(new: Deadline, old: Deadline) -> Result<(), Code> {
    if new.on > old.on { Ok(()) } else { Err(Code::DeadlineNotLater) }
}

/// The deadline that is meant, today being the day on which it is given. It may end with this very day, but not lie
/// behind.
///
/// # Errors
/// `date_not_ahead`, `date_too_far`.
pub fn deadline(due: &Due, today: NaiveDate, calendar: &Calendar) -> Result<Deadline, Code> {
    let on = match *due {
        Due::On(on) if on < today => return Err(Code::DateNotAhead),
        Due::On(on) if (on - today).num_days() > 2 * i64::from(limits::WORKING_DAYS_MAX) => {
            return Err(Code::DateTooFar);
        }
        Due::On(on) => on,
        Due::WorkingDays(0) => return Err(Code::DateNotAhead),
        Due::WorkingDays(n) if n > limits::WORKING_DAYS_MAX => return Err(Code::DateTooFar),
        Due::WorkingDays(n) => return Ok(calendar.deadline_after(today, n)),
    };
    Ok(calendar.deadline(on))
}

/// A day to come, for a review.
///
/// # Errors
/// `date_not_ahead`, `date_too_far`.
pub fn lies_ahead(day: NaiveDate, today: NaiveDate) -> Result<(), Code> {
    if day <= today {
        return Err(Code::DateNotAhead);
    }
    is_near(day, today)
}

/// A verification on site names a visit of a site that the item is about, made since the order was given or the work was last
/// sent back. Not since the answer: that may have waited on a phone.
///
/// # Errors
/// `visit_unsuitable`.
pub fn visit_saw_the_work(item: &Item, order: &Order, visit: Visit) -> Result<(), Refusal> {
    let mut sites = item.case.findings.iter().filter_map(|finding| finding.site_id).peekable();
    let elsewhere = sites.peek().is_some() && !sites.any(|site| site == visit.site_id);
    let sent_back = item.case.sent_back.last().map(|back| back.returned.at);
    let since = sent_back.map_or(order.given.at, |at| at.max(order.given.at));
    if elsewhere || visit.made < since {
        return Err(Refusal::at(Code::VisitUnsuitable, "/inspection_id"));
    }
    Ok(())
}

/// Not so far away that it cannot be meant.
///
/// # Errors
/// `date_too_far`.
pub fn is_near(day: NaiveDate, today: NaiveDate) -> Result<(), Code> {
    let far = (day - today).num_days().abs() > 2 * i64::from(limits::WORKING_DAYS_MAX);
    if far { Err(Code::DateTooFar) } else { Ok(()) }
}

/// A text that says something.
///
/// # Errors
/// `text_invalid`.
pub fn says(place: &str, text: &str) -> Result<(), Problem> {
    check_text(place.to_owned(), text, limits::LONG_TEXT_CHARS, false)
}

/// A name, or a reason.
///
/// # Errors
/// `text_invalid`.
pub fn says_shortly(place: &str, text: &str) -> Result<(), Problem> {
    check_text(place.to_owned(), text, limits::SHORT_TEXT_CHARS, false)
}

/// A text that may be absent, but is not endless.
///
/// # Errors
/// `text_invalid`.
pub fn may_say(place: &str, text: Option<&str>) -> Result<(), Problem> {
    check_text(place.to_owned(), text.unwrap_or(""), limits::LONG_TEXT_CHARS, true)
}

/// Mentions of files.
///
/// # Errors
/// `too_many_parts`, `evidence_invalid`, `duplicate_id`, `position_invalid`, `text_invalid`.
pub fn mentions(place: &str, evidence: &[Evidence]) -> Result<(), Problem> {
    if evidence.len() > limits::EVIDENCE_PER_ANSWER {
        return Err(Problem::new(Code::TooManyParts).at(place));
    }
    if let Some(i) = evidence.iter().position(|e| e.position.as_ref().is_some_and(|at| !at.is_possible())) {
        return Err(Problem::new(Code::PositionInvalid).at(format!("{place}/{i}/position")));
    }
    check_mentions(evidence, place).map(drop)
}
