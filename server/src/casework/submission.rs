//! A command as it came in: read, and not yet decided.

use anfang_protocol::{
    Code, Problem,
    canonical::canonical,
    clock::ClockReading,
    command::{Command, Envelope},
    ids::{AccountId, DeviceId},
    limits,
    sha::Sha,
};
use serde_json::value::RawValue;

use crate::auth::Actor;

/// A command, read, with who gave it and when it was sent.
#[derive(Debug, Clone)]
pub struct Submission {
    /// None: the clock.
    pub actor: Option<Actor>,
    pub envelope: Envelope,
    /// What it says in today's words, or why that cannot be read.
    pub command: Result<Command, Problem>,
    /// The canonical text of the command as sent, and its SHA-256.
    pub canonical: String,
    pub digest: Sha,
    /// The phone's clocks when the push left it.
    pub sent: ClockReading,
}

impl Submission {
    pub fn account(&self) -> Option<AccountId> {
        self.actor.map(|actor| actor.account)
    }

    pub fn device(&self) -> Option<DeviceId> {
        self.actor.map(|actor| actor.device)
    }
}

/// Reads a command as sent. `None`: it has no readable envelope, so it has no id to remember an outcome by.
///
/// # Errors
/// The problem to tell about an unreadable envelope.
pub fn read(actor: Actor, raw: &RawValue, sent: &ClockReading) -> Result<Submission, Problem> {
    let unreadable = |detail: String| Problem::new(Code::CommandUnreadable).detail(detail);
    let envelope: Envelope =
        serde_json::from_str(raw.get()).map_err(|error| unreadable(error.to_string()))?;
    if envelope.kind.contains('\0') || envelope.kind.len() > 100 {
        return Err(unreadable("the type is no text of at most 100 bytes".into()));
    }
    let value: serde_json::Value =
        serde_json::from_str(raw.get()).map_err(|error| unreadable(error.to_string()))?;
    let text = canonical(&value).map_err(|error| unreadable(error.to_string()))?;
    let limit = limits::COMMAND_BYTES;
    let command = if raw.get().len() > limit {
        Err(Problem::new(Code::CommandTooLarge).detail(format!("{} bytes, at most {limit}", raw.get().len())))
    } else if has_nul(&value) {
        // Postgres keeps no NUL in text; a report with one was never typed by a person.
        Err(Problem::new(Code::TextInvalid).detail("a text has a NUL character"))
    } else {
        Command::read(&envelope.kind, &envelope.body)
    };
    Ok(Submission {
        actor: Some(actor),
        envelope,
        command,
        digest: Sha::of(text.as_bytes()),
        canonical: text,
        sent: sent.clone(),
    })
}

/// Whether any text of the value has a NUL character.
fn has_nul(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(values) => values.iter().any(has_nul),
        serde_json::Value::Object(fields) => {
            fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value))
        }
        _ => false,
    }
}
