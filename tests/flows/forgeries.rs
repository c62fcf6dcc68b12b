//! What a forger would show as an access token: every way that is known to have opened something somewhere.

use std::sync::Arc;

use anfang::{
    auth::{
        Secret,
        keys::{Keys, Signing},
    },
    clock::Clock,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{County, Server, given};

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Somebody who has the server's own key, and may put anything into a token.
pub struct Forger {
    key: Arc<Signing>,
    public: Vec<u8>,
    other_key: Arc<Signing>,
    claims: Value,
    valid: String,
}

impl Forger {
    pub async fn new(server: &Server, valid: &str) -> Self {
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

    pub fn with_claims(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = self.claims.clone();
        change(&mut claims);
        self.sign(&self.header().to_string(), &claims.to_string())
    }

    fn without_claim(&self, name: &str) -> String {
        self.with_claims(|claims| drop(claims.as_object_mut().unwrap().remove(name)))
    }

    pub fn claim(&self, name: &str, value: Value) -> String {
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

pub type Forgery = (&'static str, String);

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

/// Each with its name.
pub fn all(forger: &Forger) -> Vec<Forgery> {
    [algorithms(forger), keys(forger), headers(forger), times(forger), claims(forger), shapes(forger)]
        .concat()
}
