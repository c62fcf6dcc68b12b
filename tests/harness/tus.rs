//! Uploading by hand: tus requests, and a bare TCP link that can be cut, stalled, or fed byte by byte.

use std::time::Duration;

use anfang_protocol::{
    Problem,
    blob::{Declarations, Declare, Declared, Standing},
    sha::Sha,
};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::Speaker;

/// What the response says went wrong.
pub async fn problem(response: Response) -> Problem {
    let text = response.text().await.expect("a body");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("a problem: {error}: {text}"))
}

pub fn offset(response: &Response) -> u64 {
    header(response, "upload-offset").parse().expect("an offset")
}

pub fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).unwrap_or_else(|| panic!("the header {name}")).to_str().expect("ASCII")
}

impl Speaker {
    pub async fn declare(&self, bytes: &[u8], media_type: &str) -> Standing {
        let file =
            Declared { sha256: Sha::of(bytes), size: bytes.len() as u64, media_type: media_type.into() };
        self.declare_all(vec![file]).await.remove(0)
    }

    pub async fn declare_all(&self, blobs: Vec<Declared>) -> Vec<Standing> {
        let response =
            self.request(Method::POST, "/v1/blobs").json(&Declare { blobs }).send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
        response.json::<Declarations>().await.expect("declarations").blobs
    }

    /// Declares a file that the server does not have, and gives the upload's path.
    pub async fn place(&self, bytes: &[u8]) -> String {
        match self.declare(bytes, "image/jpeg").await {
            Standing::Upload { upload, .. } => upload,
            other => panic!("an upload, not {other:?}"),
        }
    }

    pub fn tus(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).header("tus-resumable", "1.0.0")
    }

    pub fn part(&self, upload: &str, from: u64, bytes: &[u8]) -> RequestBuilder {
        self.tus(Method::PATCH, upload)
            .header("upload-offset", from.to_string())
            .header("content-type", "application/offset+octet-stream")
            .body(bytes.to_vec())
    }

    pub async fn patch(&self, upload: &str, from: u64, bytes: &[u8]) -> Response {
        self.part(upload, from, bytes).send().await.expect("an answer")
    }

    pub async fn stands_at(&self, upload: &str) -> u64 {
        let response = self.tus(Method::HEAD, upload).send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
        offset(&response)
    }

    pub async fn give_up(&self, upload: &str) -> StatusCode {
        self.tus(Method::DELETE, upload).send().await.expect("an answer").status()
    }

    /// The bytes of a file, as they are downloaded.
    pub async fn download(&self, sha: Sha) -> Option<Vec<u8>> {
        let response = self.get(&format!("/v1/blobs/{sha}")).await;
        match response.status() {
            StatusCode::OK => Some(response.bytes().await.expect("its bytes").to_vec()),
            StatusCode::NOT_FOUND => None,
            status => panic!("a download, not {status}"),
        }
    }
}

/// A bare connection on which a request is written by hand.
pub struct Link(TcpStream);

impl Link {
    /// Begins a PATCH of `length` bytes; none of them is sent yet.
    pub async fn patch(speaker: &Speaker, upload: &str, from: u64, length: usize) -> Self {
        let head = Self::head(speaker, upload, from, &format!("Content-Length: {length}\r\n"));
        let mut link = Self::open(speaker).await;
        link.send(head.as_bytes()).await;
        link
    }

    pub fn head(speaker: &Speaker, upload: &str, from: u64, more: &str) -> String {
        format!(
            "PATCH {upload} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {}\r\nTus-Resumable: 1.0.0\r\n\
             Upload-Offset: {from}\r\nContent-Type: application/offset+octet-stream\r\n{more}\r\n",
            speaker.tokens.access_token
        )
    }

    pub async fn open(speaker: &Speaker) -> Self {
        let address = speaker.base.trim_start_matches("http://");
        let stream = TcpStream::connect(address).await.expect("connecting");
        stream.set_nodelay(true).expect("no delay");
        Link(stream)
    }

    /// Sends bytes; that the server may have hung up meanwhile is no failure.
    pub async fn send(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes).await;
    }

    /// Cuts the link, and waits until the server has noticed.
    pub async fn cut(mut self) {
        let _ = self.0.shutdown().await;
        let mut rest = Vec::new();
        let _ = timeout(Duration::from_secs(20), self.0.read_to_end(&mut rest))
            .await
            .expect("the server hangs up");
    }

    /// Status of the answer.
    pub async fn status(&mut self) -> u16 {
        let mut answer = Vec::new();
        while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
            let mut byte = [0; 512];
            let read =
                timeout(Duration::from_secs(20), self.0.read(&mut byte)).await.expect("an answer in time");
            match read.expect("an answer") {
                0 => break,
                length => answer.extend_from_slice(&byte[..length]),
            }
        }
        let text = String::from_utf8_lossy(&answer);
        text.split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .unwrap_or_else(|| panic!("a status: {text}"))
    }
}
