//! How a command is not applied.

use anfang_protocol::{Code, Problem, limits, sync::Status};
use serde_json::value::RawValue;

/// How a command was not applied.
pub(super) struct Refusal {
    pub status: Status,
    pub problem: Problem,
    /// With a conflict: the item as it stands.
    pub current: Option<Box<RawValue>>,
    /// With a conflict that changed the item: its revision.
    pub rev: Option<u32>,
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Refusal { status: Status::Rejected, problem, current: None, rev: None }
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Problem::new(code).into()
    }
}

impl Refusal {
    pub(super) fn blocked(code: Code) -> Self {
        Refusal { status: Status::Blocked, problem: code.into(), current: None, rev: None }
    }
}

pub(super) fn check_reason(reason: &str) -> Result<(), Refusal> {
    check_text("/reason", reason)
}

pub(super) fn check_text(at: &str, text: &str) -> Result<(), Refusal> {
    let long = text.chars().count() > limits::SHORT_TEXT_CHARS;
    if text.trim().is_empty() || long || text.contains('\0') {
        return Err(Problem::new(Code::TextInvalid).at(at).into());
    }
    Ok(())
}
