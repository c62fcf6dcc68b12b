//! What the child says to its parent: messages in JSON with their length before them, then previews.
//!
//! **Promises:** the reader trusts nothing: every length is checked against what arrived and against a
//! limit. The facts are sent before decoding begins, so that they outlive a crash of the decoder.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::{Cost, Examination, Preview};

/// Above all that a sound child can say: two previews and some kilobytes.
pub(super) const MAX_OUTPUT_BYTES: usize = 8 * 1024 * 1024;
const MAX_MESSAGE_BYTES: usize = 64 * 1024;
const MAX_PREVIEWS: usize = 4;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Message {
    /// Before decoding.
    Facts(Examination),
    /// After it; the bytes of the previews follow in this order.
    Done { examination: Examination, cost: Cost, previews: Vec<PreviewHead> },
}

#[derive(Serialize, Deserialize)]
pub(super) struct PreviewHead {
    edge: u16,
    width: u32,
    height: u32,
    bytes: usize,
}

/// Writes one message, with the previews it announces.
pub(super) fn send(to: &mut impl Write, message: &Message, previews: &[Preview]) -> io::Result<()> {
    let text = serde_json::to_vec(message)?;
    let length = u32::try_from(text.len()).map_err(io::Error::other)?;
    to.write_all(&length.to_be_bytes())?;
    to.write_all(&text)?;
    for preview in previews {
        to.write_all(&preview.jpeg)?;
    }
    to.flush()
}

impl From<&Preview> for PreviewHead {
    fn from(preview: &Preview) -> Self {
        Self { edge: preview.edge, width: preview.width, height: preview.height, bytes: preview.jpeg.len() }
    }
}

/// All that could be understood of a child's output.
#[derive(Default)]
pub(super) struct Heard {
    pub facts: Option<Examination>,
    pub done: Option<(Examination, Cost, Vec<Preview>)>,
}

/// Reads what a child said, up to the first thing that makes no sense.
pub(super) fn hear(mut output: &[u8]) -> Heard {
    let mut heard = Heard::default();
    while let Some(message) = take_message(&mut output) {
        match message {
            Message::Facts(examination) => heard.facts = Some(examination),
            Message::Done { examination, cost, previews } => {
                heard.done = take_previews(&mut output, &previews).map(|made| (examination, cost, made));
                break;
            }
        }
    }
    heard
}

fn take_message(output: &mut &[u8]) -> Option<Message> {
    let length = u32::from_be_bytes(output.split_off(..4)?.try_into().ok()?);
    let length = usize::try_from(length).ok().filter(|&length| length <= MAX_MESSAGE_BYTES)?;
    serde_json::from_slice(output.split_off(..length)?).ok()
}

fn take_previews(output: &mut &[u8], heads: &[PreviewHead]) -> Option<Vec<Preview>> {
    if heads.len() > MAX_PREVIEWS {
        return None;
    }
    let take = |head: &PreviewHead| {
        let jpeg = output.split_off(..head.bytes)?.to_vec();
        Some(Preview { edge: head.edge, width: head.width, height: head.height, jpeg })
    };
    heads.iter().map(take).collect()
}
