//! Sends what is due: one webhook at a time, by whoever has its turn.

use std::{net::SocketAddr, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    address::is_public,
    key, signature,
    store::{self, Webhook},
};
use crate::{auth::Secret, clock::Clock, db::Db, failure::Result};

/// Notices in one request, about: those of one moment go together.
const TOGETHER: i64 = 100;
/// The longest that a receiver may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// After the first failure, and after many.
const REST_SECONDS: i64 = 1;
const REST_SECONDS_MAX: i64 = 3600;

/// What a sender needs.
#[derive(Clone)]
pub struct Sender {
    pub secret: Secret,
    /// Also to private and loopback addresses, and without TLS.
    pub private: bool,
}

#[derive(Serialize)]
struct Body<'a> {
    jurisdiction_id: uuid::Uuid,
    /// Behind these notices: what comes again after a replay begins behind the cursor that was given.
    cursor: String,
    notices: &'a [Box<RawValue>],
}

/// Sends what is due to one webhook. False: nothing was due.
///
/// # Errors
/// Broken when the database fails; a receiver that fails is tried again later.
pub async fn deliver(sender: &Sender, db: &Db, clock: &Clock) -> Result<bool> {
    let (webhook, notices, through) = {
        let mut conn = db.conn().await?;
        let Some(webhook) = store::take_turn(&mut conn, clock.now()).await? else { return Ok(false) };
        let (notices, through) = store::notices(&mut conn, &webhook, TOGETHER).await?;
        (webhook, notices, through)
    };
    let Some(through) = through else { return Ok(false) };
    // No connection is held while the receiver thinks.
    let sent = if notices.is_empty() {
        Ok(())
    } else {
        let body =
            Body { jurisdiction_id: webhook.jurisdiction_id, cursor: through.to_string(), notices: &notices };
        send(sender, &webhook, serde_json::to_vec(&body)?, clock.now()).await
    };
    let now = clock.now();
    let why = sent.err().map(|error| format!("{error:#}"));
    if let Some(why) = &why {
        tracing::warn!(webhook = %webhook.webhook_id, error = why, "a webhook did not take its notices");
    }
    let failed = why.as_deref().map(|why| (why, now + rest(webhook.attempts)));
    store::done(&mut *db.conn().await?, &webhook, through, failed, now).await?;
    Ok(true)
}

/// Twice as long after each failure.
fn rest(attempts: i32) -> TimeDelta {
    let factor = 1_i64 << attempts.clamp(0, 20);
    TimeDelta::seconds((REST_SECONDS * factor).min(REST_SECONDS_MAX))
}

async fn send(sender: &Sender, webhook: &Webhook, body: Vec<u8>, now: DateTime<Utc>) -> anyhow::Result<()> {
    let url: reqwest::Url = webhook.url.parse()?;
    let client = client(sender, &url).await?;
    let timestamp = now.timestamp();
    let signed = signature(&key(&sender.secret, webhook.webhook_id), timestamp, &body);
    let answer = client
        .post(url)
        .header("content-type", "application/json")
        .header("x-anfang-webhook", webhook.webhook_id.to_string())
        .header("x-anfang-timestamp", timestamp.to_string())
        .header("x-anfang-signature", format!("v1={signed}"))
        .body(body)
        .send()
        .await
        // The address may have a secret in it.
        .map_err(reqwest::Error::without_url)?;
    anyhow::ensure!(answer.status().is_success(), "the receiver answered {}", answer.status());
    Ok(())
}

/// A client for one request: it goes to the addresses that were looked at, wherever the name may lead a moment later.
async fn client(sender: &Sender, url: &reqwest::Url) -> anyhow::Result<reqwest::Client> {
    let host = url.host_str().unwrap_or_default().to_owned();
    let port = url.port_or_known_default().unwrap_or(443);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let found: Vec<SocketAddr> = tokio::net::lookup_host((bare, port)).await?.collect();
    if !sender.private {
        anyhow::ensure!(url.scheme() == "https", "without TLS nothing is sent");
        anyhow::ensure!(
            found.iter().all(|address| is_public(address.ip())),
            "the address is not of the public network; see ANFANG_WEBHOOKS_PRIVATE"
        );
    }
    anyhow::ensure!(!found.is_empty(), "the name leads nowhere");
    Ok(reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(PATIENCE)
        .resolve_to_addrs(&host, &found)
        .build()?)
}
