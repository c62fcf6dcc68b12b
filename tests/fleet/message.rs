//! HTTP messages, as far as a network of the test's own has to understand them.

use std::io::Read;

use tokio::{io::AsyncReadExt, net::TcpStream};

/// A head and what follows it, as bytes.
#[derive(Debug, Clone, Default)]
pub struct Message {
    pub head: Vec<u8>,
    pub body: Vec<u8>,
}

/// A request's head.
#[derive(Debug, Clone)]
pub struct Head {
    pub text: Vec<u8>,
    pub method: String,
    pub path: String,
    /// Bytes of the body.
    pub length: usize,
}

impl Head {
    /// Reads a head, and what of the body came with it. `None`: nobody asked anything.
    pub async fn read(from: &mut TcpStream) -> std::io::Result<Option<(Self, Vec<u8>)>> {
        let mut bytes = Vec::new();
        loop {
            if let Some(end) = end_of_head(&bytes) {
                let body = bytes.split_off(end);
                return Ok(Head::of(bytes).map(|head| (head, body)));
            }
            if from.read_buf(&mut bytes).await? == 0 {
                return Ok(None);
            }
        }
    }

    pub fn of(text: Vec<u8>) -> Option<Self> {
        let message = Message { head: text, body: Vec::new() };
        let first = std::str::from_utf8(&message.head).ok()?.lines().next()?.to_owned();
        let mut words = first.split(' ');
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        assert!(message.header("transfer-encoding").is_none(), "phones tell the length: {first}");
        let length = message.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        Some(Head { text: message.head, method, path, length })
    }

    /// As it goes on to a server, which is to close the connection after its answer.
    pub fn onward(&self) -> Vec<u8> {
        let end = self.text.len() - 2;
        [&self.text[..end], b"connection: close\r\n\r\n"].concat()
    }
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

impl Message {
    pub fn split(mut bytes: Vec<u8>) -> Option<Self> {
        let body = bytes.split_off(end_of_head(&bytes)?);
        Some(Message { head: bytes, body })
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let text = std::str::from_utf8(&self.head).ok()?;
        let mut fields = text.lines().skip(1).filter_map(|line| line.split_once(':'));
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// Of an answer.
    pub fn status(&self) -> u16 {
        let text = std::str::from_utf8(&self.head).unwrap_or_default();
        text.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
    }

    /// The body's content: framing and compression undone. `None`: it is not whole.
    pub fn content(&self) -> Option<Vec<u8>> {
        let chunked = self.header("transfer-encoding").is_some_and(|coding| coding.contains("chunked"));
        let body = if chunked { unchunk(&self.body)? } else { self.body.clone() };
        let mut content = Vec::new();
        match self.header("content-encoding") {
            Some("gzip") => drop(flate2::read::GzDecoder::new(&*body).read_to_end(&mut content).ok()?),
            Some("zstd") => content = zstd::decode_all(&*body).ok()?,
            _ => content = body,
        }
        Some(content)
    }

    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.content()?).ok()
    }
}

fn unchunk(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let line = body.windows(2).position(|two| two == b"\r\n")?;
        let size = std::str::from_utf8(&body[..line]).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        body = body.get(line + 2..)?;
        if size == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(body.get(..size)?);
        body = body.get(size + 2..)?;
    }
}
