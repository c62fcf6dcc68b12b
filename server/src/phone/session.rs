//! Signing in, enrolling this device, staying signed in.
//!
//! A refresh token is used once. The proof that goes with it is on the disk before it goes out: a phone that dies
//! or loses the answer sends the very same again, and gets the same successor.

use std::path::Path;

use anfang_protocol::{
    Code, Problem,
    auth::{Enrol, ProofClaims, Purpose, Refresh, SignIn, SignInDevice, Tokens},
    capabilities::{CAPABILITIES, Capabilities, PROTOCOL},
    client::{Answer, Moment, Record, Step, Taken},
    ids::{AccountId, DeviceId},
    sha::Sha,
};
use anyhow::Context;
use reqwest::Method;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Phone, Result, Trouble,
    blobs::write_secret,
    http::{Call, Http, Outgoing, Reply},
    keys::DeviceKey,
};

const FILE: &str = "session.json";
/// An access token this close to its end is refreshed first: a refused push is paid for twice.
const MARGIN_MS: u64 = 30_000;

/// What a person types.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Code of the jurisdiction, where the server has several.
    pub jurisdiction: Option<String>,
    pub login: String,
    pub password: String,
}

/// A sign-in, as the phone remembers it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Session {
    pub server: String,
    pub login: String,
    pub account_id: AccountId,
    pub device_id: DeviceId,
    /// Names of what both sides can.
    pub capabilities: Vec<String>,
    pub(super) access_token: String,
    /// How long the access token lasts from when it came, by the phone's uptime.
    access_lasts_ms: u64,
    came_uptime_ms: u64,
    came_boot: String,
    refresh_token: String,
    /// The proof of a refresh that has begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pending_proof: Option<String>,
}

impl Session {
    /// # Errors
    /// When the file cannot be read.
    pub fn read(home: &Path) -> Result<Option<Self>> {
        match std::fs::read(home.join(FILE)) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text).context("reading the session")?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(anyhow::Error::from(error).context("reading the session").into()),
        }
    }

    fn write(&self, home: &Path) -> Result<()> {
        let text = serde_json::to_vec_pretty(self).context("the session")?;
        write_secret(&home.join(FILE), &text)
    }

    /// The access token is good for a while yet. After a restart of the machine nobody knows.
    pub fn is_fresh(&self, now: &Moment) -> bool {
        let lasts = self.access_lasts_ms.saturating_sub(MARGIN_MS.min(self.access_lasts_ms / 4));
        self.came_boot == now.boot && now.uptime_ms < self.came_uptime_ms.saturating_add(lasts)
    }

    fn of(server: &str, login: &str, tokens: Tokens, now: &Moment) -> Option<Self> {
        let lasts = (tokens.access_expires_at - tokens.server_time).num_milliseconds();
        Some(Session {
            server: server.to_owned(),
            login: login.to_owned(),
            account_id: tokens.account_id,
            device_id: tokens.device_id?,
            capabilities: tokens.capabilities,
            access_token: tokens.access_token,
            access_lasts_ms: u64::try_from(lasts).unwrap_or(0),
            came_uptime_ms: now.uptime_ms,
            came_boot: now.boot.clone(),
            refresh_token: tokens.refresh_token?,
            pending_proof: None,
        })
    }
}

impl Phone {
    /// Signs a person in; enrols this device the first time. The phone belongs to that person from then on.
    ///
    /// # Errors
    /// Refused by the server; unreachable; refused here when the phone belongs to somebody else.
    pub async fn sign_in(&mut self, server: &str, credentials: &Credentials) -> Result<()> {
        self.http.reach(server)?;
        let capabilities: Capabilities = self.ask_json(Method::GET, "/v1/capabilities", None, None).await?;
        let known = self.session.clone().filter(|session| session.login == credentials.login);
        let mut key = DeviceKey::of(&self.home)?;
        let mut tokens = self.open_session(credentials, known.as_ref(), &key, &capabilities).await;
        if known.is_some() && is_refused_for(&tokens, &[Code::DeviceRevoked, Code::ProofInvalid]) {
            key = DeviceKey::renew(&self.home)?;
            tokens = self.open_session(credentials, None, &key, &capabilities).await;
        }
        let mut tokens = tokens?;
        if self.engine.owner().is_some_and(|owner| owner != tokens.account_id) {
            let why = "this folder is another person's phone; use a folder of your own";
            return Err(Problem::new(Code::NotAllowed).detail(why).into());
        }
        if tokens.device_id.is_none() || tokens.refresh_token.is_none() {
            tokens = self.enrol(&tokens.access_token, &key, &capabilities).await?;
        }
        let now = self.now();
        let owner = tokens.account_id;
        let session = Session::of(server, &credentials.login, tokens, &now)
            .context("the server enrolled this device without giving it a refresh token")?;
        session.write(&self.home)?;
        self.session = Some(session);
        let welcome = Taken { step: &Step::SignIn(None), answer: Answer::Welcome, took_ms: 0 };
        let mut records = vec![Record::Owner(owner), Record::Limits(capabilities.limits)];
        records.extend(self.engine.received(welcome, &now, 0.0));
        self.keep(records)
    }

    async fn open_session(
        &self,
        credentials: &Credentials,
        known: Option<&Session>,
        key: &DeviceKey,
        capabilities: &Capabilities,
    ) -> Result<Tokens> {
        let device = match known {
            None => None,
            Some(session) => {
                let proof = self.challenged(key, Purpose::SignIn, capabilities)?;
                Some(SignInDevice { device_id: session.device_id, proof })
            }
        };
        let sign_in = SignIn {
            jurisdiction: credentials.jurisdiction.clone(),
            login: credentials.login.clone(),
            password: credentials.password.clone(),
            device,
        };
        self.ask_json(Method::POST, "/v1/sessions", None, Some(Outgoing::json(&sign_in, &[])?)).await
    }

    async fn enrol(&self, token: &str, key: &DeviceKey, capabilities: &Capabilities) -> Result<Tokens> {
        let enrol = Enrol {
            name: self.options.name.clone(),
            platform: self.options.platform.clone(),
            protocol: PROTOCOL,
            capabilities: CAPABILITIES.iter().map(|name| (*name).to_owned()).collect(),
            public_key: key.public(),
            proof: self.challenged(key, Purpose::Enrol, capabilities)?,
        };
        self.ask_json(Method::POST, "/v1/devices", Some(token), Some(Outgoing::json(&enrol, &[])?)).await
    }

    fn challenged(&self, key: &DeviceKey, purpose: Purpose, capabilities: &Capabilities) -> Result<String> {
        key.prove(&ProofClaims {
            purpose,
            jti: self.options.clock.fresh_id(),
            challenge: Some(capabilities.challenge.clone()),
            token_sha256: None,
        })
    }

    async fn ask_json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<Outgoing>,
    ) -> Result<T> {
        let body = body.unwrap_or(Outgoing::Nothing);
        let reply = self.http.call(Call { method, path, token, headers: Vec::new(), body }).await;
        let reply = reply.ok_or(Trouble::Unreachable)?;
        if reply.is_success() {
            return Ok(serde_json::from_slice(&reply.body).with_context(|| format!("the answer to {path}"))?);
        }
        match reply.problem() {
            Some(problem) => Err(Trouble::Refused(problem)),
            None => Err(anyhow::anyhow!("{path} answered {}", reply.status).into()),
        }
    }

    /// Gets a new access token, and the next refresh token with it.
    ///
    /// # Errors
    /// When the disk fails; what the server says is the answer.
    pub(super) async fn refresh(&mut self) -> Result<Answer> {
        let Some(mut session) = self.session.clone() else {
            return Ok(Answer::Refused { status: 401, problem: None, retry_after_s: None });
        };
        let proof = match session.pending_proof.clone() {
            Some(proof) => proof,
            None => {
                let proof = DeviceKey::of(&self.home)?.prove(&ProofClaims {
                    purpose: Purpose::Refresh,
                    jti: self.options.clock.fresh_id(),
                    challenge: None,
                    token_sha256: Some(Sha::of(session.refresh_token.as_bytes())),
                })?;
                session.pending_proof = Some(proof.clone());
                session.write(&self.home)?;
                self.session = Some(session.clone());
                proof
            }
        };
        let body = Outgoing::json(&Refresh { refresh_token: session.refresh_token.clone(), proof }, &[])?;
        let Some(reply) = post(&self.http, "/v1/sessions/refresh", body).await else {
            return Ok(Answer::Lost);
        };
        if !reply.is_success() {
            return Ok(reply.refusal());
        }
        let tokens: Option<Tokens> = serde_json::from_slice(&reply.body).ok();
        let renewed =
            tokens.and_then(|tokens| Session::of(&session.server, &session.login, tokens, &self.now()));
        let Some(mut renewed) = renewed else { return Ok(Answer::Lost) };
        if renewed.capabilities.is_empty() {
            renewed.capabilities = session.capabilities;
        }
        renewed.write(&self.home)?;
        self.session = Some(renewed);
        Ok(Answer::Welcome)
    }
}

async fn post(http: &Http, path: &str, body: Outgoing) -> Option<Reply> {
    http.call(Call { method: Method::POST, path, token: None, headers: Vec::new(), body }).await
}

fn is_refused_for(tokens: &Result<Tokens>, codes: &[Code]) -> bool {
    matches!(tokens, Err(Trouble::Refused(problem)) if codes.iter().any(|code| problem.is(*code)))
}
