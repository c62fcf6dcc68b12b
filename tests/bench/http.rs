//! HTTP/1.1 as a load generator needs it: one connection kept open, requests that are bytes already, answers read
//! just far enough. A real client costs several times as much, and that would be taken from the server.

use anyhow::{Context, bail};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// One connection to the server.
pub struct Line {
    stream: TcpStream,
    answer: Vec<u8>,
}

/// An answer; the body is borrowed from the connection.
pub struct Answer<'a> {
    pub status: u16,
    pub body: &'a [u8],
}

impl Line {
    /// `address` as `127.0.0.1:8620`.
    pub async fn open(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.context("connecting to the server")?;
        stream.set_nodelay(true)?;
        Ok(Line { stream, answer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends a request, whose bytes may lie apart, and reads the whole answer.
    pub async fn ask(&mut self, parts: &[&[u8]]) -> anyhow::Result<Answer<'_>> {
        for part in parts {
            self.stream.write_all(part).await?;
        }
        self.answer.clear();
        let (status, body) = loop {
            self.read().await?;
            if let Some(end) = find(&self.answer, b"\r\n\r\n") {
                let (status, length) = head(&self.answer[..end])?;
                break (status, end + 4..end + 4 + length);
            }
        };
        while self.answer.len() < body.end {
            self.answer.reserve(body.end - self.answer.len());
            self.read().await?;
        }
        if self.answer.len() > body.end {
            bail!("more bytes than the answer has");
        }
        Ok(Answer { status, body: &self.answer[body] })
    }

    async fn read(&mut self) -> anyhow::Result<()> {
        match self.stream.read_buf(&mut self.answer).await? {
            0 => bail!("the server hung up"),
            _ => Ok(()),
        }
    }

    /// A request with a JSON body and a JSON answer, for what is not measured.
    pub async fn post<T: DeserializeOwned>(
        &mut self,
        path: &str,
        token: Option<&str>,
        body: &impl Serialize,
    ) -> anyhow::Result<T> {
        let body = serde_json::to_vec(body)?;
        let head = request("POST", path, token, &[("content-type", "application/json")], body.len());
        let answer = self.ask(&[head.as_bytes(), &body]).await?;
        answer.json().with_context(|| format!("POST {path}"))
    }

    pub async fn get<T: DeserializeOwned>(&mut self, path: &str) -> anyhow::Result<T> {
        let head = request("GET", path, None, &[], 0);
        self.ask(&[head.as_bytes()]).await?.json().with_context(|| format!("GET {path}"))
    }

    /// The body of an answer, as text.
    pub async fn read_text(&mut self, path: &str) -> anyhow::Result<String> {
        let head = request("GET", path, None, &[], 0);
        let answer = self.ask(&[head.as_bytes()]).await?;
        Ok(String::from_utf8_lossy(answer.body).into_owned())
    }

    /// Asks for a stream without end; reads its head only.
    pub async fn listen(&mut self, path: &str, token: &str) -> anyhow::Result<()> {
        let head = request("GET", path, Some(token), &[], 0);
        self.stream.write_all(head.as_bytes()).await?;
        self.answer.clear();
        while find(&self.answer, b"\r\n\r\n").is_none() {
            self.read().await?;
        }
        if self.answer.get(9..12) != Some(b"200") {
            bail!("GET {path}: {}", String::from_utf8_lossy(&self.answer));
        }
        Ok(())
    }
}

impl Answer<'_> {
    pub fn json<T: DeserializeOwned>(&self) -> anyhow::Result<T> {
        if !(200..300).contains(&self.status) {
            bail!("{} {}", self.status, String::from_utf8_lossy(self.body));
        }
        Ok(serde_json::from_slice(self.body)?)
    }

    /// How often this stands in the body.
    pub fn count(&self, text: &str) -> usize {
        self.body.windows(text.len()).filter(|window| *window == text.as_bytes()).count()
    }

    /// For messages: what went wrong.
    pub fn told(&self) -> String {
        let text = String::from_utf8_lossy(self.body);
        format!("{} {}", self.status, text.chars().take(2000).collect::<String>())
    }
}

/// The head of a request.
pub fn request(
    method: &str,
    path: &str,
    token: Option<&str>,
    headers: &[(&str, &str)],
    length: usize,
) -> String {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: bench\r\ncontent-length: {length}\r\n");
    if let Some(token) = token {
        head.push_str(&format!("authorization: Bearer {token}\r\n"));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    head
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// The status, and the length of the body.
fn head(bytes: &[u8]) -> anyhow::Result<(u16, usize)> {
    let text = std::str::from_utf8(bytes).context("the head of an answer")?;
    let status: u16 = text.get(9..12).context("a status line")?.parse()?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
    });
    match length {
        Some(length) => Ok((status, length?)),
        None if status == 204 => Ok((status, 0)),
        None => bail!("an answer without its length: {text}"),
    }
}
