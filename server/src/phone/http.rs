//! HTTP as a phone needs it: streamed both ways, counted, and given up when nothing moves any more. Slow is no
//! failure; silence is.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anfang_protocol::{Problem, client::Answer};
use anyhow::Context;
use bytes::Bytes;
use futures::{Stream, stream};
use reqwest::{
    Body, Client, Method, Url,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, RETRY_AFTER},
};
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::trouble::Result;

/// Pieces in which bodies are handed on: small, so that a thin link shows its progress.
const PIECE_BYTES: usize = 16 * 1024;
/// The longest answer that is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Shorter bodies are not worth compressing.
const COMPRESS_FROM_BYTES: usize = 512;

/// What went over the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Traffic {
    pub requests: u64,
    /// Bytes of bodies that were handed to the link; not all need have arrived.
    pub sent_bytes: u64,
    /// Bytes of answers' bodies, after decompression.
    pub received_bytes: u64,
}

#[derive(Debug, Default)]
struct Counters {
    requests: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
}

impl Counters {
    fn moved(&self) -> u64 {
        self.sent.load(Ordering::Relaxed) + self.received.load(Ordering::Relaxed)
    }
}

#[derive(Debug)]
pub struct Http {
    client: Client,
    base: Option<Url>,
    stall: Duration,
    counters: Arc<Counters>,
}

/// A request.
pub struct Call<'a> {
    pub method: Method,
    pub path: &'a str,
    pub token: Option<&'a str>,
    pub headers: Vec<(&'static str, String)>,
    pub body: Outgoing,
}

pub enum Outgoing {
    Nothing,
    /// JSON, compressed the way that the server knows.
    Json {
        text: Vec<u8>,
        encoding: Option<&'static str>,
    },
    /// A part of a file, as tus sends it.
    Part {
        path: PathBuf,
        offset: u64,
        length: u64,
    },
}

/// A whole answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A header that holds a number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.headers.get(name)?.to_str().ok()?.trim().parse().ok()
    }

    /// The problem that it tells, in this protocol's words.
    pub fn problem(&self) -> Option<Box<Problem>> {
        let kind = self.headers.get(CONTENT_TYPE)?.to_str().ok()?;
        kind.starts_with("application/problem+json")
            .then(|| serde_json::from_slice(&self.body).ok())
            .flatten()
    }

    /// What it means to the engine when it is no success.
    pub fn refusal(&self) -> Answer {
        let problem = self.problem();
        let told = self.number(RETRY_AFTER.as_str()).and_then(|seconds| u32::try_from(seconds).ok());
        let retry_after_s = told.or_else(|| problem.as_ref()?.retry_after_s);
        Answer::Refused { status: self.status, problem, retry_after_s }
    }
}

impl Outgoing {
    /// JSON of a value, in one of the encodings that both sides know.
    ///
    /// # Errors
    /// Never with the messages of the protocol.
    pub fn json<T: Serialize>(value: &T, capabilities: &[String]) -> Result<Self> {
        let text = serde_json::to_vec(value).context("a message")?;
        let knows = |name: &str| capabilities.iter().any(|capability| capability == name);
        if text.len() < COMPRESS_FROM_BYTES {
            return Ok(Outgoing::Json { text, encoding: None });
        }
        if knows("zstd") {
            let text = zstd::encode_all(text.as_slice(), 6).context("compressing")?;
            return Ok(Outgoing::Json { text, encoding: Some("zstd") });
        }
        if knows("gzip") {
            return Ok(Outgoing::Json { text: gzip(&text)?, encoding: Some("gzip") });
        }
        Ok(Outgoing::Json { text, encoding: None })
    }
}

fn gzip(text: &[u8]) -> Result<Vec<u8>> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).context("compressing")?;
    Ok(encoder.finish().context("compressing")?)
}

impl Http {
    /// # Errors
    /// When `base` is neither empty nor an address.
    pub fn new(base: &str, stall: Duration) -> Result<Self> {
        let client = Client::builder()
            .connect_timeout(stall)
            // A token goes to the server that gave it, and nowhere else.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("anfang-phone/", env!("CARGO_PKG_VERSION")))
            .build()
            .context("preparing HTTP")?;
        let mut http = Http { client, base: None, stall, counters: Arc::default() };
        if !base.is_empty() {
            http.reach(base)?;
        }
        Ok(http)
    }

    /// # Errors
    /// When it is no address.
    pub fn reach(&mut self, base: &str) -> Result<()> {
        let base = Url::parse(base).with_context(|| format!("{base:?} is no address of a server"))?;
        self.base = Some(base);
        Ok(())
    }

    pub fn traffic(&self) -> Traffic {
        Traffic {
            requests: self.counters.requests.load(Ordering::Relaxed),
            sent_bytes: self.counters.sent.load(Ordering::Relaxed),
            received_bytes: self.counters.received.load(Ordering::Relaxed),
        }
    }

    /// Sends a request and reads the whole answer. `None` when no whole answer came: the server may have done what
    /// was asked, or not.
    pub async fn call(&self, call: Call<'_>) -> Option<Reply> {
        let request = self.request(call).await?;
        self.counters.requests.fetch_add(1, Ordering::Relaxed);
        self.unless_silent(self.exchange(request)).await.flatten()
    }

    /// Waits until the server says something on this stream of events, or ends it.
    pub async fn hear(&self, path: &str, token: &str) {
        let call = Call {
            method: Method::GET,
            path,
            token: Some(token),
            headers: vec![("accept", "text/event-stream".to_owned())],
            body: Outgoing::Nothing,
        };
        let Some(request) = self.request(call).await else { return };
        let Ok(mut response) = request.send().await else { return };
        if !response.status().is_success() {
            return;
        }
        while let Ok(Some(piece)) = response.chunk().await {
            // Comments (": …") only keep the connection open.
            if piece.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"data:")) {
                return;
            }
        }
    }

    async fn request(&self, call: Call<'_>) -> Option<reqwest::RequestBuilder> {
        let url = self.base.as_ref()?.join(call.path).ok()?;
        // The server names paths of its own; another place is none of this phone's business.
        if url.origin() != self.base.as_ref()?.origin() {
            return None;
        }
        let mut request = self.client.request(call.method, url);
        if let Some(token) = call.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        match call.body {
            Outgoing::Nothing => Some(request),
            Outgoing::Json { text, encoding } => {
                request = request.header(CONTENT_TYPE, "application/json").header(CONTENT_LENGTH, text.len());
                if let Some(encoding) = encoding {
                    request = request.header(CONTENT_ENCODING, encoding);
                }
                Some(request.body(Body::wrap_stream(self.pieces(Bytes::from(text)))))
            }
            Outgoing::Part { path, offset, length } => {
                let mut file = tokio::fs::File::open(path).await.ok()?;
                file.seek(std::io::SeekFrom::Start(offset)).await.ok()?;
                request = request
                    .header(CONTENT_TYPE, "application/offset+octet-stream")
                    .header(CONTENT_LENGTH, length);
                Some(request.body(Body::wrap_stream(self.part(file, length))))
            }
        }
    }

    fn pieces(&self, text: Bytes) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
        let counters = self.counters.clone();
        stream::unfold((text, counters), |(mut rest, counters)| async move {
            if rest.is_empty() {
                return None;
            }
            let piece = rest.split_to(rest.len().min(PIECE_BYTES));
            counters.sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
            Some((Ok(piece), (rest, counters)))
        })
    }

    fn part(
        &self,
        file: tokio::fs::File,
        length: u64,
    ) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
        let counters = self.counters.clone();
        stream::try_unfold((file, length, counters), |(mut file, left, counters)| async move {
            if left == 0 {
                return Ok(None);
            }
            let mut piece = vec![0; PIECE_BYTES.min(usize::try_from(left).unwrap_or(PIECE_BYTES))];
            let read = file.read(&mut piece).await?;
            if read == 0 {
                return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof));
            }
            piece.truncate(read);
            counters.sent.fetch_add(read as u64, Ordering::Relaxed);
            Ok(Some((Bytes::from(piece), (file, left - read as u64, counters))))
        })
    }

    async fn exchange(&self, request: reqwest::RequestBuilder) -> Option<Reply> {
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => {
                tracing::debug!(error = format!("{error:#}"), "no answer");
                return None;
            }
        };
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.ok()? {
            self.counters.received.fetch_add(piece.len() as u64, Ordering::Relaxed);
            if body.len() + piece.len() > ANSWER_BYTES_MAX {
                return None;
            }
            body.extend_from_slice(&piece);
        }
        Some(Reply { status, headers, body })
    }

    /// Gives up when no byte moves for as long as `stall`.
    async fn unless_silent<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = std::pin::pin!(work);
        let mut moved = self.counters.moved();
        loop {
            tokio::select! {
                done = &mut work => return Some(done),
                () = tokio::time::sleep(self.stall) => {
                    let now = self.counters.moved();
                    if now == moved {
                        return None;
                    }
                    moved = now;
                }
            }
        }
    }
}
