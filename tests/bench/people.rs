//! People who signed in through the server's door, each on a device and a connection of his or her own.

use anfang_protocol::{
    auth::{Enrol, ProofClaims, Purpose, SignIn, Tokens},
    capabilities::{Capabilities, PROTOCOL},
    ids::{AccountId, DeviceId},
};
use anyhow::Context;
use uuid::Uuid;

use crate::{
    device::DeviceKey,
    given::{self, County},
    ground::inspector,
    http::Line,
};

pub struct Person {
    pub county: County,
    pub account: AccountId,
    pub device: DeviceId,
    pub token: String,
    pub line: Line,
}

pub async fn sign_in(address: &str, county: County, login: &str) -> anyhow::Result<Person> {
    let mut line = Line::open(address).await?;
    let challenge = line.get::<Capabilities>("/v1/capabilities").await?.challenge;
    let sign_in = SignIn {
        jurisdiction: Some(county.0.into()),
        login: login.into(),
        password: given::PASSWORD.into(),
        device: None,
    };
    let first: Tokens = line.post("/v1/sessions", None, &sign_in).await?;
    let key = DeviceKey::generate();
    let claims = ProofClaims {
        purpose: Purpose::Enrol,
        jti: Uuid::from_bytes(anfang::clock::chance()),
        challenge: Some(challenge),
        token_sha256: None,
    };
    let enrol = Enrol {
        name: format!("{login} 的手机"),
        platform: "bench".into(),
        protocol: PROTOCOL,
        capabilities: Vec::new(),
        public_key: key.public_jwk(),
        proof: key.prove(&claims),
    };
    let tokens: Tokens = line.post("/v1/devices", Some(&first.access_token), &enrol).await?;
    Ok(Person {
        county,
        account: tokens.account_id,
        device: tokens.device_id.context("a device")?,
        token: tokens.access_token,
        // Signing in may take longer than a connection is kept open for the next.
        line: Line::open(address).await?,
    })
}

/// Who writes at once: so many of each of these counties.
pub async fn inspectors(address: &str, counties: &[County], each: usize) -> anyhow::Result<Vec<Person>> {
    let mut people = Vec::with_capacity(counties.len() * each);
    for n in 0..each {
        for county in counties {
            people.push(sign_in(address, *county, &inspector(n)).await?);
        }
    }
    for person in &mut people {
        person.line = Line::open(address).await?;
    }
    Ok(people)
}
