//! Promise 5: whatever is forged is answered 401, beside a token that is good.

use std::sync::Arc;

use anfang::{
    auth::{
        Secret,
        keys::{Keys, Signing},
    },
    clock::Clock,
};
use anfang_protocol::{Code, auth::Purpose};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jsonwebtoken::{Algorithm, EncodingKey};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    County, Server,
    ask::{Answer, Asker, prove},
    device::DeviceKey,
    given,
};

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Somebody who has the server's own key, and may put anything into a token.
struct Forger {
    key: Arc<Signing>,
    public: Vec<u8>,
    other_key: Arc<Signing>,
    claims: Value,
    valid: String,
}

impl Forger {
    async fn new(server: &Server, valid: &str) -> Self {
        use anfang::db::schema::signing_keys as table;
        let keys = Keys::new(&Secret::load(&server.data().join("secret.key")).expect("the secret"));
        let (mut conn, clock) = (server.database.conn().await, Clock::default());
        let mut key =
            async |county| keys.signing(&mut conn, &clock, County(county).id()).await.expect("a key");
        let (key, other_key) = (key(given::COUNTY).await, key(given::OTHER_COUNTY).await);
        let public: Vec<u8> = table::table
            .find((County(given::COUNTY).id().0, key.id))
            .select(table::public_key)
            .first(&mut server.database.conn().await)
            .await
            .expect("its public part");
        let payload = valid.split('.').nth(1).expect("a payload");
        let claims =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64")).expect("claims");
        Forger { key, public, other_key, claims, valid: valid.to_owned() }
    }

    fn header(&self) -> Value {
        json!({"typ": "at+jwt", "alg": "EdDSA", "kid": self.key.id.to_string()})
    }

    /// Any text as header and payload, signed with the server's own key.
    fn sign(&self, header: &str, payload: &str) -> String {
        sign_with(&self.key.encoding, Algorithm::EdDSA, header, payload)
    }

    fn with_header(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut header = self.header();
        change(&mut header);
        self.sign(&header.to_string(), &self.claims.to_string())
    }

    fn with_claims(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = self.claims.clone();
        change(&mut claims);
        self.sign(&self.header().to_string(), &claims.to_string())
    }

    fn without_claim(&self, name: &str) -> String {
        self.with_claims(|claims| drop(claims.as_object_mut().unwrap().remove(name)))
    }

    fn claim(&self, name: &str, value: Value) -> String {
        self.with_claims(|claims| claims[name] = value)
    }

    fn head(&self, name: &str, value: Value) -> String {
        self.with_header(|header| header[name] = value)
    }
}

fn sign_with(key: &EncodingKey, algorithm: Algorithm, header: &str, payload: &str) -> String {
    let signed = format!("{}.{}", b64(header), b64(payload));
    let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), key, algorithm).expect("a signature");
    format!("{signed}.{signature}")
}

type Forgery = (&'static str, String);

fn algorithms(forger: &Forger) -> Vec<Forgery> {
    let payload = b64(forger.claims.to_string());
    let unsigned = |alg: &str, tail: &str| {
        let mut header = forger.header();
        header["alg"] = json!(alg);
        format!("{}.{payload}{tail}", b64(header.to_string()))
    };
    let hmac = |secret: &[u8], algorithm: Algorithm| {
        let mut header = forger.header();
        header["alg"] = json!(format!("{algorithm:?}"));
        sign_with(
            &EncodingKey::from_secret(secret),
            algorithm,
            &header.to_string(),
            &forger.claims.to_string(),
        )
    };
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        base64::engine::general_purpose::STANDARD.encode(
            [&[0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0], forger.public.as_slice()].concat()
        )
    );
    vec![
        ("alg none", unsigned("none", ".")),
        ("alg None", unsigned("None", ".")),
        ("alg NONE", unsigned("NONE", ".")),
        ("alg nOnE", unsigned("nOnE", ".")),
        ("alg none, no third part", unsigned("none", "")),
        ("alg none, a signature", unsigned("none", ".AAAA")),
        ("alg empty", unsigned("", ".")),
        ("alg EdDSA, no signature", unsigned("EdDSA", ".")),
        ("alg missing", forger.with_header(|header| drop(header.as_object_mut().unwrap().remove("alg")))),
        ("alg null", forger.head("alg", Value::Null)),
        ("alg array", forger.head("alg", json!(["EdDSA"]))),
        ("alg lower case", forger.head("alg", json!("eddsa"))),
        ("alg Ed25519", forger.head("alg", json!("Ed25519"))),
        ("alg ES256 over an EdDSA signature", forger.head("alg", json!("ES256"))),
        ("alg RS256 over an EdDSA signature", forger.head("alg", json!("RS256"))),
        ("alg PS512 over an EdDSA signature", forger.head("alg", json!("PS512"))),
        ("HS256 keyed with the public key", hmac(&forger.public, Algorithm::HS256)),
        ("HS512 keyed with the public key", hmac(&forger.public, Algorithm::HS512)),
        (
            "HS256 keyed with the public key in hex",
            hmac(hex::encode(&forger.public).as_bytes(), Algorithm::HS256),
        ),
        ("HS256 keyed with the public key in PEM", hmac(pem.as_bytes(), Algorithm::HS256)),
        ("HS256 keyed with nothing", hmac(b"", Algorithm::HS256)),
    ]
}

/// A key that is not the server's, in the form that signs.
fn stranger() -> (EncodingKey, Value) {
    let seed: [u8; 32] = anfang::clock::chance();
    let x = b64(ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key().to_bytes());
    let pkcs8 =
        [&[0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20][..], &seed].concat();
    (EncodingKey::from_ed_der(&pkcs8), json!({"kty": "OKP", "crv": "Ed25519", "x": x}))
}

fn keys(forger: &Forger) -> Vec<Forgery> {
    let (stranger, jwk) = stranger();
    let strange = |change: &dyn Fn(&mut Value)| {
        let mut header = forger.header();
        change(&mut header);
        sign_with(&stranger, Algorithm::EdDSA, &header.to_string(), &forger.claims.to_string())
    };
    let kid = |kid: Value| forger.head("kid", kid);
    let upper = forger.key.id.to_string().to_uppercase();
    let other_county = |change: &dyn Fn(&mut Value)| {
        let (mut header, mut claims) = (forger.header(), forger.claims.clone());
        header["kid"] = json!(forger.other_key.id);
        change(&mut claims);
        sign_with(&forger.other_key.encoding, Algorithm::EdDSA, &header.to_string(), &claims.to_string())
    };
    let other = County(given::OTHER_COUNTY).id();
    vec![
        ("signed by a stranger", strange(&|_| ())),
        ("signed by a stranger, jwk embedded", strange(&|header| header["jwk"] = jwk.clone())),
        (
            "signed by a stranger, jku",
            strange(&|header| header["jku"] = json!("https://example.org/jwks.json")),
        ),
        (
            "signed by a stranger, x5u",
            strange(&|header| header["x5u"] = json!("https://example.org/cert.pem")),
        ),
        ("signed by a stranger, x5c", strange(&|header| header["x5c"] = json!(["MIIB"]))),
        ("signed by a stranger, unknown kid", strange(&|header| header["kid"] = json!(Uuid::nil()))),
        ("kid missing", forger.with_header(|header| drop(header.as_object_mut().unwrap().remove("kid")))),
        ("kid null", kid(Value::Null)),
        ("kid array", kid(json!([forger.key.id.to_string()]))),
        ("kid object", kid(json!({"id": forger.key.id.to_string()}))),
        ("kid number", kid(json!(1))),
        ("kid empty", kid(json!(""))),
        ("kid unknown", kid(json!("018f0000-0000-7000-8000-000000000000"))),
        ("kid of a path", kid(json!("../../../../dev/null"))),
        ("kid of a path behind the key", kid(json!(format!("{}/../../x", forger.key.id)))),
        ("kid of SQL", kid(json!("' OR '1'='1"))),
        ("kid of SQL behind the key", kid(json!(format!("{}'; DROP TABLE signing_keys; --", forger.key.id)))),
        ("kid with NUL", kid(json!(format!("{}\0", forger.key.id)))),
        ("kid without hyphens", kid(json!(forger.key.id.simple().to_string()))),
        ("kid in braces", kid(json!(forger.key.id.braced().to_string()))),
        ("kid in capitals", kid(json!(upper))),
        ("kid of another jurisdiction", kid(json!(forger.other_key.id))),
        ("another jurisdiction's key", other_county(&|_| ())),
        (
            "another jurisdiction's key and jid, this issuer",
            other_county(&|claims| claims["jid"] = json!(other)),
        ),
        (
            "all of another jurisdiction, but the sign-in",
            other_county(&|claims| {
                claims["jid"] = json!(other);
                claims["iss"] = json!(format!("anfang:{other}"));
            }),
        ),
    ]
}

fn headers(forger: &Forger) -> Vec<Forgery> {
    let claims = forger.claims.to_string();
    let kid = forger.key.id;
    vec![
        ("typ JWT", forger.head("typ", json!("JWT"))),
        ("typ of a proof", forger.head("typ", json!("anfang-proof+jwt"))),
        ("typ in capitals", forger.head("typ", json!("AT+JWT"))),
        ("typ with application/", forger.head("typ", json!("application/at+jwt"))),
        ("typ missing", forger.with_header(|header| drop(header.as_object_mut().unwrap().remove("typ")))),
        ("crit", forger.head("crit", json!(["exp"]))),
        (
            "crit of b64",
            forger.with_header(|header| {
                header["crit"] = json!(["b64"]);
                header["b64"] = json!(false);
            }),
        ),
        ("jku beside a good signature", forger.head("jku", json!("https://example.org"))),
        ("zip", forger.head("zip", json!("DEF"))),
        ("cty of a nested token", forger.head("cty", json!("JWT"))),
        (
            "alg twice",
            forger.sign(&format!(r#"{{"typ":"at+jwt","alg":"none","alg":"EdDSA","kid":"{kid}"}}"#), &claims),
        ),
        ("header array", forger.sign(r#"["EdDSA"]"#, &claims)),
        ("header no JSON", forger.sign("EdDSA", &claims)),
    ]
}

fn times(forger: &Forger) -> Vec<Forgery> {
    let now = Clock::default().now().timestamp();
    vec![
        ("exp missing", forger.without_claim("exp")),
        ("exp null", forger.claim("exp", Value::Null)),
        ("exp string", forger.claim("exp", json!(forger.claims["exp"].to_string()))),
        ("exp float", forger.claim("exp", json!(forger.claims["exp"].as_f64().unwrap() + 0.5))),
        ("exp far too late", forger.claim("exp", json!(i64::MAX))),
        (
            "exp beyond 64 bits",
            forger.sign(
                &forger.header().to_string(),
                &forger.claims.to_string().replace(&forger.claims["exp"].to_string(), "1e300"),
            ),
        ),
        (
            "exp an hour later than ours",
            forger.claim("exp", json!(forger.claims["exp"].as_i64().unwrap() + 3600)),
        ),
        ("exp negative", forger.claim("exp", json!(-1))),
        ("exp a second ago", forger.claim("exp", json!(now - 1))),
        (
            "exp an hour ago",
            forger.with_claims(|claims| {
                for (name, ago) in [("exp", 3600), ("nbf", 4000), ("iat", 4000)] {
                    claims[name] = json!(now - ago);
                }
            }),
        ),
        ("nbf missing", forger.without_claim("nbf")),
        ("nbf string", forger.claim("nbf", json!("0"))),
        ("nbf in half a minute", forger.claim("nbf", json!(now + 30))),
        ("iat missing", forger.without_claim("iat")),
        ("iat in half a minute", forger.claim("iat", json!(now + 30))),
        (
            "iat and nbf long ago, as if for ever",
            forger.with_claims(|claims| {
                claims["iat"] = json!(0);
                claims["nbf"] = json!(0);
            }),
        ),
    ]
}

fn claims(forger: &Forger) -> Vec<Forgery> {
    let own = |name: &str| forger.claims[name].as_str().unwrap().to_owned();
    let twice = forger.claims.to_string().replacen('{', &format!(r#"{{"sub":"{}","#, Uuid::nil()), 1);
    vec![
        ("iss missing", forger.without_claim("iss")),
        ("iss wrong", forger.claim("iss", json!("anfang"))),
        ("iss array", forger.claim("iss", json!([own("iss"), "other"]))),
        (
            "iss of another jurisdiction",
            forger.claim("iss", json!(format!("anfang:{}", County(given::OTHER_COUNTY).id()))),
        ),
        ("aud missing", forger.without_claim("aud")),
        ("aud wrong", forger.claim("aud", json!("other"))),
        ("aud array", forger.claim("aud", json!(["anfang", "other"]))),
        ("sub missing", forger.without_claim("sub")),
        ("sub of nobody", forger.claim("sub", json!(Uuid::nil()))),
        ("sub number", forger.claim("sub", json!(1))),
        ("sub twice", forger.sign(&forger.header().to_string(), &twice)),
        ("sid missing", forger.without_claim("sid")),
        ("sid of nothing", forger.claim("sid", json!(Uuid::nil()))),
        ("jid missing", forger.without_claim("jid")),
        ("jid of nothing", forger.claim("jid", json!(Uuid::nil()))),
        ("jid of another jurisdiction", forger.claim("jid", json!(County(given::OTHER_COUNTY).id()))),
        ("jti missing", forger.without_claim("jti")),
        ("did missing", forger.without_claim("did")),
        ("did of another device", forger.claim("did", json!(Uuid::nil()))),
        ("scope enrol beside a device", forger.claim("scope", json!("enrol"))),
        ("scope of everything", forger.claim("scope", json!("admin"))),
        (
            "a device put away for enrolling",
            forger.with_claims(|claims| {
                claims.as_object_mut().unwrap().remove("did");
                claims["scope"] = json!("enrol");
            }),
        ),
        ("a claim too many", forger.claim("role", json!("administrator"))),
        ("claims array", forger.sign(&forger.header().to_string(), "[]")),
        ("claims no JSON", forger.sign(&forger.header().to_string(), "me")),
    ]
}

fn shapes(forger: &Forger) -> Vec<Forgery> {
    let valid = &forger.valid;
    let parts: Vec<&str> = valid.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("three parts") };
    let flipped: String = signature
        .chars()
        .enumerate()
        .map(|(at, c)| if at == 10 { if c == 'A' { 'B' } else { 'A' } } else { c })
        .collect();
    let other_claims = forger.claim("jti", json!(Uuid::nil()));
    let other_signature = other_claims.rsplit('.').next().unwrap();
    vec![
        ("one part", header.to_owned()),
        ("two parts", format!("{header}.{payload}")),
        ("four parts", format!("{valid}.AAAA")),
        ("a dot at the end", format!("{valid}.")),
        ("a dot at the start", format!(".{valid}")),
        ("an empty payload", format!("{header}..{signature}")),
        ("an empty header", format!(".{payload}.{signature}")),
        ("padded", format!("{valid}=")),
        ("padded header", format!("{header}=.{payload}.{signature}")),
        ("white space within", format!("{header}. {payload}.{signature}")),
        ("a tab at the end", format!("{valid}\t.")),
        ("standard base64", format!("{header}.{payload}.{}+/", &signature[..signature.len() - 2])),
        ("one bit of the signature", format!("{header}.{payload}.{flipped}")),
        ("a signature cut short", format!("{header}.{payload}.{}", &signature[..signature.len() - 4])),
        ("a signature too long", format!("{valid}AAAA")),
        ("the signature of other claims", format!("{header}.{payload}.{other_signature}")),
        (
            "the payload of other claims",
            format!("{header}.{}.{signature}", other_claims.split('.').nth(1).unwrap()),
        ),
        ("huge payload", forger.claim("jti", json!("x".repeat(40_000)))),
        ("huge nonsense", "A".repeat(60_000)),
        ("dots only", "..".to_owned()),
        (
            "JSON serialisation",
            json!({"payload": payload, "protected": header, "signature": signature}).to_string(),
        ),
    ]
}

async fn me(asker: &Asker, token: &str) -> Answer {
    asker.get("/v1/me", token).await
}

#[tokio::test]
async fn no_forged_token_is_believed() {
    let server = Server::start().await;
    let asker = Asker::at(&server);
    let (tokens, key) = asker.arrive("inspector1").await;
    let forger = Forger::new(&server, &tokens.access_token).await;
    let enrolling = asker.try_password("inspector1", given::PASSWORD).await.tokens().access_token;
    let challenge = asker.challenge().await;
    let mut forgeries = [
        algorithms(&forger),
        keys(&forger),
        headers(&forger),
        times(&forger),
        claims(&forger),
        shapes(&forger),
    ]
    .concat();
    forgeries.extend([
        ("the refresh token", tokens.refresh_token.clone().unwrap()),
        ("a proof", prove(&key, Purpose::SignIn, Some(challenge.clone()), None)),
        ("the challenge", challenge),
        ("the password", given::PASSWORD.replace(|c: char| !c.is_ascii(), "")),
        ("an identifier", tokens.account_id.to_string()),
    ]);
    assert!(forgeries.len() >= 100, "{}", forgeries.len());

    me(&asker, &tokens.access_token).await.is_ok();
    // What the forger makes is as good as the server's own, when nothing in it is wrong.
    me(&asker, &forger.with_claims(|_| ())).await.is_ok();
    me(&asker, &forger.claim("jti", json!(Uuid::from_u128(1)))).await.is_ok();
    for (name, forgery) in &forgeries {
        let answer = me(&asker, forgery).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (401, Some(Code::TokenInvalid)),
            "{name}: {}",
            answer.text
        );
    }
    me(&asker, &enrolling).await.is_refused(Code::EnrolmentRequired);
    me(&asker, &tokens.access_token).await.is_ok();
}

#[tokio::test]
async fn a_token_is_shown_in_one_place_only() {
    let server = Server::start().await;
    let asker = Asker::at(&server);
    let (tokens, _) = asker.arrive("inspector1").await;
    let token = tokens.access_token;
    let me = format!("{}/v1/me", server.base);
    let ask = async |request: reqwest::RequestBuilder| Answer::of(request.send().await.unwrap()).await;
    let http = &asker.http;

    ask(http.get(&me)).await.is_refused(Code::SignInRequired);
    ask(http.get(format!("{me}?access_token={token}"))).await.is_refused(Code::SignInRequired);
    ask(http.get(&me).header("cookie", format!("access_token={token}")))
        .await
        .is_refused(Code::SignInRequired);
    ask(http.get(&me).header("x-access-token", &token)).await.is_refused(Code::SignInRequired);
    ask(http.get(&me).header("authorization", &token)).await.is_refused(Code::TokenInvalid);
    ask(http.get(&me).header("authorization", "Bearer")).await.is_refused(Code::TokenInvalid);
    ask(http.get(&me).header("authorization", "Bearer ")).await.is_refused(Code::TokenInvalid);
    ask(http.get(&me).header("authorization", format!("Basic {token}"))).await.is_refused(Code::TokenInvalid);
    ask(http.get(&me).header("authorization", format!("Bearer  {token}")))
        .await
        .is_refused(Code::TokenInvalid);
    let twice = http.get(&me).header("authorization", format!("Bearer {token}"));
    ask(twice.header("authorization", "Bearer x")).await.is_refused(Code::TokenInvalid);
    ask(http.get(&me).header("authorization", format!("bearer {token}"))).await.is_ok();
    let refused = ask(http.get(&me)).await;
    assert_eq!(refused.headers["www-authenticate"], "Bearer");
}

#[tokio::test]
async fn a_token_for_enrolling_opens_nothing_else() {
    let server = Server::start().await;
    let asker = Asker::at(&server);
    let first = asker.try_password("inspector1", given::PASSWORD).await.tokens();
    assert!(first.device_id.is_none() && first.refresh_token.is_none());
    for (method, path) in [
        (Method::GET, "/v1/me"),
        (Method::GET, "/v1/devices"),
        (Method::DELETE, "/v1/devices/00000000-0000-0000-0000-000000000000"),
        (Method::DELETE, "/v1/sessions/current"),
        (Method::GET, "/v1/sync/events"),
    ] {
        let answer = asker.ask(method, path, Some(&first.access_token), None::<&()>).await;
        answer.is_refused(Code::EnrolmentRequired);
    }
    let sync = asker.post("/v1/sync", Some(&first.access_token), &json!({})).await;
    sync.is_refused(Code::EnrolmentRequired);

    let (tokens, key) = asker.arrive("inspector1").await;
    asker.enrol(&tokens.access_token, &key).await.is_refused(Code::TokenInvalid);
    asker.enrol(&first.access_token, &key).await.is_ok();
    asker.enrol(&first.access_token, &key).await.is_refused(Code::TokenInvalid);
}

#[tokio::test]
async fn keys_are_rotated_without_signing_anybody_out() {
    use anfang::db::schema::signing_keys as table;
    let server = Server::start().await;
    let asker = Asker::at(&server);
    let (before, _) = asker.arrive("inspector1").await;
    let done = server.command(&["admin", "rotate-keys", "--jurisdiction", given::COUNTY, "--json"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let new: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    me(&asker, &before.access_token).await.is_ok();

    // The server looks at the keys anew after five seconds at most.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(6);
    let kid = loop {
        let (after, _) = asker.arrive("inspector1").await;
        me(&asker, &after.access_token).await.is_ok();
        let header = URL_SAFE_NO_PAD.decode(after.access_token.split('.').next().unwrap()).unwrap();
        let kid = serde_json::from_slice::<Value>(&header).unwrap()["kid"].clone();
        if kid == new["key_id"] || std::time::Instant::now() > deadline {
            break kid;
        }
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    };
    assert_eq!(kid, new["key_id"], "new tokens are signed with the new key");
    me(&asker, &before.access_token).await.is_ok();

    // A key that was retired for longer than a token lives verifies nothing.
    let long_ago = Clock::default().now() - chrono::Duration::minutes(12);
    diesel::update(table::table.filter(table::retired_at.is_not_null()))
        .set(table::retired_at.eq(long_ago))
        .execute(&mut server.database.conn().await)
        .await
        .unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    me(&asker, &before.access_token).await.is_refused(Code::TokenInvalid);
}

#[tokio::test]
async fn a_copied_refresh_token_is_worth_nothing_without_the_key() {
    const TRIES: usize = 10_000;
    let server = Server::start().await;
    let asker = Asker::at(&server);
    let (tokens, key) = asker.arrive("inspector1").await;
    let tries = (0..TRIES).map(|_| {
        let (asker, request) = (asker.clone(), crate::harness::ask::refresh(&DeviceKey::generate(), &tokens));
        async move { asker.refresh(&request).await.code() }
    });
    let codes: Vec<Option<Code>> =
        futures::StreamExt::collect(futures::StreamExt::buffer_unordered(futures::stream::iter(tries), 16))
            .await;
    assert_eq!(codes.iter().filter(|code| **code == Some(Code::ProofInvalid)).count(), TRIES);
    // And it took nothing from the one who has the key.
    asker.refresh(&crate::harness::ask::refresh(&key, &tokens)).await.is_ok();
}
