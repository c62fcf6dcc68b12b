//! From bytes to text: spreadsheets in China write GB18030 (GBK) as often as UTF-8.

use encoding_rs::{Encoding, GB18030, UTF_8};

use super::fault::{self, Fault};

/// A text with the encoding it came in.
#[derive(Debug)]
pub struct Decoded {
    pub text: String,
    pub encoding: &'static str,
}

/// A byte-order mark decides; without one UTF-8 if it is valid, else GB18030 if that is. Nothing is replaced or
/// guessed beyond that, and the report says which encoding was taken.
///
/// # Errors
/// With the line of the first byte that is neither.
pub fn decode(bytes: &[u8]) -> Result<Decoded, Fault> {
    if let Some((marked, mark_bytes)) = Encoding::for_bom(bytes) {
        return strictly(marked, &bytes[mark_bytes..]).ok_or_else(|| unreadable(bytes, 0));
    }
    let utf8_until = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(Decoded { text: text.to_owned(), encoding: UTF_8.name() }),
        Err(error) => error.valid_up_to(),
    };
    strictly(GB18030, bytes).ok_or_else(|| unreadable(bytes, utf8_until))
}

fn strictly(encoding: &'static Encoding, bytes: &[u8]) -> Option<Decoded> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    Some(Decoded { text: text.into_owned(), encoding: encoding.name() })
}

fn unreadable(bytes: &[u8], at: usize) -> Fault {
    let breaks = bytes[..at].iter().filter(|byte| **byte == b'\n').count();
    Fault::new(breaks + 1, fault::ENCODING_UNKNOWN)
}

/// Tells the line of a place in a text; asked in rising order it walks the text once.
pub struct Lines<'t> {
    text: &'t [u8],
    at: usize,
    line: usize,
}

impl<'t> Lines<'t> {
    pub fn of(text: &'t str) -> Self {
        Lines { text: text.as_bytes(), at: 0, line: 1 }
    }

    /// The line that was asked for last.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The line, from 1, that the byte at `offset` stands on. A line ends with LF, CR LF or CR.
    pub fn line_at(&mut self, offset: usize) -> usize {
        let offset = offset.min(self.text.len());
        if offset < self.at {
            (self.at, self.line) = (0, 1);
        }
        for at in self.at..offset {
            let ends = match self.text[at] {
                b'\n' => true,
                b'\r' => self.text.get(at + 1) != Some(&b'\n'),
                _ => false,
            };
            self.line += usize::from(ends);
        }
        self.at = offset;
        self.line
    }
}
