//! Somebody signed in on a device of his or her own, speaking plain HTTP: the desk, or a phone reduced to its words.

use super::device::DeviceKey;
use anfang_protocol::{
    auth::{Enrol, ProofClaims, Purpose, SignIn, Tokens},
    blob::{Declarations, Declare, Declared, Standing},
    capabilities::{Capabilities, PROTOCOL},
    sha::Sha,
    sync::{Request, Response},
};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use uuid::Uuid;

use super::{Server, given};

/// A signed-in person.
pub struct Speaker {
    pub base: String,
    pub http: reqwest::Client,
    pub tokens: Tokens,
    pub key: DeviceKey,
    n: u32,
}

/// Signs somebody in who has no device yet, in the first county.
impl Speaker {
    pub async fn sign_in(server: &Server, login: &str) -> Self {
        Self::sign_in_at(server, given::COUNTY, login).await
    }

    pub async fn sign_in_at(server: &Server, county: &str, login: &str) -> Self {
        let http = reqwest::Client::new();
        let base = server.base.clone();
        let challenge = capabilities(&http, &base).await.challenge;
        let sign_in = SignIn {
            jurisdiction: Some(county.into()),
            login: login.into(),
            password: given::PASSWORD.into(),
            device: None,
        };
        let first: Tokens =
            post(&http, &base, "/v1/sessions", None, &serde_json::to_value(sign_in).unwrap()).await;
        let key = DeviceKey::generate();
        let claims = ProofClaims {
            purpose: Purpose::Enrol,
            jti: Uuid::now_v7(),
            challenge: Some(challenge),
            token_sha256: None,
        };
        let enrol = Enrol {
            name: format!("{login} 的手机"),
            platform: "test".into(),
            protocol: PROTOCOL,
            capabilities: vec!["sync".into()],
            public_key: key.public_jwk(),
            proof: key.prove(&claims),
        };
        let enrol = serde_json::to_value(enrol).unwrap();
        let tokens: Tokens = post(&http, &base, "/v1/devices", Some(&first.access_token), &enrol).await;
        Speaker { base, http, tokens, key, n: 0 }
    }

    /// The same person and device, speaking to another server process.
    pub fn at(&self, server: &Server) -> Self {
        Speaker {
            base: server.base.clone(),
            http: reqwest::Client::new(),
            tokens: self.tokens.clone(),
            key: self.key.clone(),
            n: self.n,
        }
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.tokens.access_token)
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.request(Method::GET, path).send().await.expect("an answer")
    }

    pub async fn get_json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        let status = response.status();
        let text = response.text().await.expect("a body");
        assert!(status.is_success(), "GET {path}: {status} {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// A command of this device, as it travels.
    pub fn command(&mut self, kind: &str, body: Value) -> Value {
        self.n += 1;
        serde_json::json!({
            "n": self.n, "id": Uuid::now_v7(), "type": kind, "at": "2026-11-21T08:00:00Z", "body": body,
        })
    }

    pub async fn sync(&self, request: &Request) -> Response {
        let response = self.try_sync(request).await.expect("an answer");
        let status = response.status();
        let text = response.text().await.expect("a body");
        assert_eq!(status, StatusCode::OK, "{text}");
        serde_json::from_str(&text).expect("a sync response")
    }

    pub async fn try_sync(&self, request: &Request) -> reqwest::Result<reqwest::Response> {
        self.request(Method::POST, "/v1/sync").json(request).send().await
    }

    /// Pushes commands, pulls nothing.
    pub async fn push(&self, commands: &[Value]) -> Response {
        let commands =
            commands.iter().map(|c| serde_json::from_value(c.clone()).expect("raw JSON")).collect();
        self.sync(&Request { pull: false, commands, ..Request::default() }).await
    }

    /// The same, where the server may refuse, or be away. True: it has the file.
    pub async fn upload_or_not(&self, bytes: &[u8]) -> bool {
        let blobs = vec![Declared {
            sha256: Sha::of(bytes),
            size: bytes.len() as u64,
            media_type: "image/jpeg".into(),
        }];
        let answer = self.request(Method::POST, "/v1/blobs").json(&Declare { blobs }).send().await;
        let Ok(answer) = answer else { return false };
        match answer.json::<Declarations>().await.ok().and_then(|mut told| told.blobs.pop()) {
            Some(Standing::Have { .. }) => true,
            Some(Standing::Upload { upload, offset, .. }) => {
                let from = usize::try_from(offset).expect("an offset");
                self.patch(&upload, offset, &bytes[from..]).await.status().is_success()
            }
            _ => false,
        }
    }

    /// Uploads a file whole: declare, then one PATCH. Gives the final answer's status.
    pub async fn upload(&self, bytes: &[u8], media_type: &str) -> StatusCode {
        let sha256 = Sha::of(bytes);
        let declared = Declared { sha256, size: bytes.len() as u64, media_type: media_type.into() };
        let declare = serde_json::to_value(Declare { blobs: vec![declared] }).unwrap();
        let standings: Declarations =
            post(&self.http, &self.base, "/v1/blobs", Some(&self.tokens.access_token), &declare).await;
        match &standings.blobs[0] {
            Standing::Have { .. } => StatusCode::OK,
            Standing::Refused { problem, .. } => StatusCode::from_u16(problem.status).unwrap(),
            Standing::Upload { upload, offset, .. } => {
                let from = usize::try_from(*offset).unwrap();
                let patch = self
                    .request(Method::PATCH, upload)
                    .header("tus-resumable", "1.0.0")
                    .header("upload-offset", offset.to_string())
                    .header("content-type", "application/offset+octet-stream")
                    .body(bytes[from..].to_vec());
                patch.send().await.expect("an answer").status()
            }
        }
    }
}

pub async fn capabilities(http: &reqwest::Client, base: &str) -> Capabilities {
    http.get(format!("{base}/v1/capabilities"))
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("capabilities")
}

async fn post<T: serde::de::DeserializeOwned>(
    http: &reqwest::Client,
    base: &str,
    path: &str,
    token: Option<&str>,
    body: &Value,
) -> T {
    let mut request = http.post(format!("{base}{path}")).json(body);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let response = request.send().await.expect("an answer");
    let status = response.status();
    let text = response.text().await.expect("a body");
    assert!(status.is_success(), "POST {path}: {status} {text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("POST {path}: {error}: {text}"))
}
