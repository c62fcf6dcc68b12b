//! Pushing: reads the commands of a request and brings them to the hall.

use anfang_protocol::{
    Code, Problem,
    clock::ClockReading,
    limits,
    sync::{Outcome, Request, Status},
};
use chrono::{DateTime, Utc};

use crate::{
    auth::Actor,
    casework::{self, Done, Hall, Submission},
    failure::Result,
};

/// Outcomes in the order of the commands, and where the feed stands behind what was applied.
///
/// # Errors
/// `too_many_commands`; broken when the database is away. Nothing was done then, or all that was done will be
/// told when the same commands come again.
pub async fn push(hall: &Hall, actor: Actor, request: &Request, now: DateTime<Utc>) -> Result<Done> {
    let limit = limits::COMMANDS_PER_PUSH;
    if request.commands.len() > limit {
        let detail = format!("{} commands, at most {limit}", request.commands.len());
        return Err(Problem::new(Code::TooManyCommands).detail(detail).into());
    }
    // A client that does not tell its clock is taken to be right.
    let sent = request.clock.clone().unwrap_or_else(|| ClockReading::wall(now));
    let read: Vec<Result<Submission, Problem>> =
        request.commands.iter().map(|raw| casework::read(actor, raw, &sent)).collect();
    let mut batch = Vec::with_capacity(read.len());
    // A command without a readable envelope is refused without being remembered: it has no id to remember it by.
    let unreadable: Vec<Option<Outcome>> = read
        .into_iter()
        .map(|command| match command {
            Ok(submission) => {
                batch.push(submission);
                None
            }
            Err(problem) => Some(Outcome::refused(None, Status::Rejected, problem)),
        })
        .collect();
    let acknowledged = request.ack_through.map(|n| (actor.device, n));
    if batch.is_empty() && acknowledged.is_none() {
        return Ok(Done { outcomes: unreadable.into_iter().flatten().collect(), head: None });
    }
    let Done { outcomes, head } = hall.perform(actor.jurisdiction, batch, acknowledged).await?;
    let mut decided = outcomes.into_iter();
    let all = unreadable.into_iter().filter_map(|refused| refused.or_else(|| decided.next()));
    Ok(Done { outcomes: all.collect(), head })
}
