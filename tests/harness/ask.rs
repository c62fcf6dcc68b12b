//! Single requests with nothing assumed: what a stranger, a forger or a hasty client would send.

use anfang_protocol::{
    Code, Problem,
    auth::{Enrol, ProofClaims, Purpose, Refresh, SignIn, SignInDevice, Tokens},
    capabilities::PROTOCOL,
    sha::Sha,
};
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{Server, device::DeviceKey, given, speaker};

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub async fn of(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, text: response.text().await.unwrap_or_default() }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub fn code(&self) -> Option<Code> {
        serde_json::from_str::<Problem>(&self.text).ok()?.code()
    }

    #[track_caller]
    pub fn is_ok(&self) -> &Self {
        assert!(self.status.is_success(), "{} {}", self.status, self.text);
        self
    }

    /// A refusal with this code and the status that belongs to it.
    #[track_caller]
    pub fn is_refused(&self, code: Code) -> &Self {
        assert_eq!((self.status.as_u16(), self.code()), (code.status(), Some(code)), "{}", self.text);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        self
    }

    #[track_caller]
    pub fn tokens(&self) -> Tokens {
        self.is_ok();
        serde_json::from_str(&self.text).expect("tokens")
    }
}

/// Somebody at a server's door.
#[derive(Clone)]
pub struct Asker {
    pub base: String,
    pub http: reqwest::Client,
}

impl Asker {
    pub fn at(server: &Server) -> Self {
        Asker { base: server.base.clone(), http: reqwest::Client::new() }
    }

    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<&impl Serialize>,
    ) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        Answer::of(request.send().await.expect("an answer")).await
    }

    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.ask(Method::GET, path, Some(token), None::<&()>).await
    }

    pub async fn delete(&self, path: &str, token: &str) -> Answer {
        self.ask(Method::DELETE, path, Some(token), None::<&()>).await
    }

    pub async fn post(&self, path: &str, token: Option<&str>, body: &impl Serialize) -> Answer {
        self.ask(Method::POST, path, token, Some(body)).await
    }

    pub async fn challenge(&self) -> String {
        speaker::capabilities(&self.http, &self.base).await.challenge
    }

    /// Tries a password, without a device.
    pub async fn try_password(&self, login: &str, password: &str) -> Answer {
        self.post("/v1/sessions", None, &sign_in(login, password, None)).await
    }

    /// Signs in on a device that is enrolled already.
    pub async fn try_device(&self, login: &str, device: &str, key: &DeviceKey) -> Answer {
        let proof = prove(key, Purpose::SignIn, Some(self.challenge().await), None);
        let device = SignInDevice { device_id: device.parse().expect("an id"), proof };
        self.post("/v1/sessions", None, &sign_in(login, given::PASSWORD, Some(device))).await
    }

    /// Enrols the device that has this key.
    pub async fn enrol(&self, token: &str, key: &DeviceKey) -> Answer {
        let body = self.enrolment(key).await;
        self.post("/v1/devices", Some(token), &body).await
    }

    pub async fn enrolment(&self, key: &DeviceKey) -> Enrol {
        Enrol {
            name: "试验手机".into(),
            platform: "test".into(),
            protocol: PROTOCOL,
            capabilities: vec!["sync".into(), "levitation".into()],
            public_key: key.public_jwk(),
            proof: prove(key, Purpose::Enrol, Some(self.challenge().await), None),
        }
    }

    /// Signs in and enrols a fresh device.
    pub async fn arrive(&self, login: &str) -> (Tokens, DeviceKey) {
        let key = DeviceKey::generate();
        let first = self.try_password(login, given::PASSWORD).await.tokens();
        (self.enrol(&first.access_token, &key).await.tokens(), key)
    }

    pub async fn refresh(&self, request: &Refresh) -> Answer {
        self.post("/v1/sessions/refresh", None, request).await
    }
}

pub fn sign_in(login: &str, password: &str, device: Option<SignInDevice>) -> SignIn {
    SignIn {
        jurisdiction: Some(given::COUNTY.into()),
        login: login.into(),
        password: password.into(),
        device,
    }
}

pub fn prove(key: &DeviceKey, purpose: Purpose, challenge: Option<String>, token: Option<&str>) -> String {
    let token_sha256 = token.map(|token| Sha::of(token.as_bytes()));
    key.prove(&ProofClaims { purpose, jti: Uuid::now_v7(), challenge, token_sha256 })
}

/// A request to use this refresh token, with a proof of its own.
pub fn refresh(key: &DeviceKey, tokens: &Tokens) -> Refresh {
    let refresh_token = tokens.refresh_token.clone().expect("a refresh token");
    Refresh { proof: prove(key, Purpose::Refresh, None, Some(&refresh_token)), refresh_token }
}
