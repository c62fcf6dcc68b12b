//! Proofs and keys, good and forged.

use ed25519_dalek::SigningKey;
use jsonwebtoken::{EncodingKey, Header};
use uuid::Uuid;

use super::*;
use crate::auth::jws::ed25519_signer;

const NOW: DateTime<Utc> = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
/// A P-256 key in PKCS 8, made for this test only.
const P256: &str = "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b020101042094c9f3f1a1bf0445e7eb5316df0eb52\
    389e74bcd95df5862159b6aa2d89ef04aa14403420004697d648c609545fecba78fe430f0afa4cd46c56761ea154b43bc4955e53b7b7bf7fe15b4f1b\
    57c2303b453cf4e34828c3ff381f50b2d1a05e04179345a7e761a";

struct Signer {
    key: EncodingKey,
    algorithm: Algorithm,
    jwk: Value,
}

fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn ed25519(seed: u8) -> Signer {
    let x = SigningKey::from_bytes(&[seed; 32]).verifying_key().to_bytes();
    Signer {
        key: ed25519_signer(&[seed; 32]),
        algorithm: Algorithm::EdDSA,
        jwk: json!({"kty": "OKP", "crv": "Ed25519", "x": b64(&x)}),
    }
}

fn p256() -> Signer {
    let der = hex::decode(P256).unwrap();
    let point = &der[der.len() - 64..];
    Signer {
        key: EncodingKey::from_ec_der(&der),
        algorithm: Algorithm::ES256,
        jwk: json!({"kty": "EC", "crv": "P-256", "x": b64(&point[..32]), "y": b64(&point[32..])}),
    }
}

impl Signer {
    fn header(&self) -> Header {
        Header { typ: Some(PROOF_TYPE.into()), ..Header::new(self.algorithm) }
    }

    fn sign(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &self.key).unwrap()
    }
}

fn challenges() -> Challenges {
    Challenges::new(&Secret::from_bytes([3; 32]))
}

fn sign_in(challenge: &str) -> Value {
    json!({"purpose": "sign_in", "jti": Uuid::nil(), "challenge": challenge})
}

#[test]
fn both_kinds_of_key_prove_themselves_and_not_each_other() {
    let fresh = sign_in(&challenges().issue(NOW));
    for signer in [ed25519(1), p256()] {
        let key = DeviceKey::read(&signer.jwk).unwrap();
        let proof = signer.sign(&signer.header(), &fresh);
        assert!(key.check_challenged(&proof, Purpose::SignIn, &challenges(), NOW).is_ok());
        let others =
            [ed25519(2).jwk, if signer.algorithm == Algorithm::ES256 { ed25519(1).jwk } else { p256().jwk }];
        for other in others {
            let key = DeviceKey::read(&other).unwrap();
            assert!(key.check_challenged(&proof, Purpose::SignIn, &challenges(), NOW).is_err());
        }
    }
}

#[test]
fn a_proof_is_for_one_purpose_one_challenge_and_ten_minutes() {
    let signer = ed25519(1);
    let key = DeviceKey::read(&signer.jwk).unwrap();
    let check = |claims: &Value, now| {
        key.check_challenged(&signer.sign(&signer.header(), claims), Purpose::SignIn, &challenges(), now)
    };
    let good = sign_in(&challenges().issue(NOW));
    assert!(check(&good, NOW + TimeDelta::minutes(10)).is_ok());
    assert!(check(&good, NOW + TimeDelta::minutes(10) + TimeDelta::milliseconds(1)).is_err());
    assert!(check(&good, NOW - TimeDelta::seconds(60)).is_ok(), "another process's clock may be ahead");
    assert!(check(&good, NOW - TimeDelta::seconds(61)).is_err());
    let elsewhere = Challenges::new(&Secret::from_bytes([4; 32])).issue(NOW);
    for challenge in [elsewhere.as_str(), "", "x"] {
        assert!(check(&sign_in(challenge), NOW).is_err(), "{challenge}");
    }
    assert!(check(&json!({"purpose": "sign_in", "jti": Uuid::nil()}), NOW).is_err(), "no challenge");
    for purpose in ["enrol", "refresh", "Sign_In", ""] {
        let mut claims = good.clone();
        claims["purpose"] = json!(purpose);
        assert!(check(&claims, NOW).is_err(), "{purpose}");
    }
}

#[test]
fn a_refresh_proof_is_over_one_token() {
    let signer = ed25519(1);
    let key = DeviceKey::read(&signer.jwk).unwrap();
    let claims = |sha: Value| json!({"purpose": "refresh", "jti": Uuid::nil(), "token_sha256": sha});
    let check = |claims: Value| key.check_refresh(&signer.sign(&signer.header(), &claims), Sha::of(b"token"));
    assert!(check(claims(json!(Sha::of(b"token")))).is_ok());
    assert!(check(claims(json!(Sha::of(b"other")))).is_err());
    assert!(check(claims(Value::Null)).is_err());
    assert!(check(sign_in(&challenges().issue(NOW))).is_err());
}

#[test]
fn headers_that_are_not_just_so_are_refused() {
    let signer = ed25519(1);
    let key = DeviceKey::read(&signer.jwk).unwrap();
    let claims = sign_in(&challenges().issue(NOW));
    let check = |header: Header| {
        key.check_challenged(&signer.sign(&header, &claims), Purpose::SignIn, &challenges(), NOW)
    };
    assert!(check(signer.header()).is_ok());
    assert!(check(Header { typ: Some("at+jwt".into()), ..signer.header() }).is_err());
    assert!(check(Header { typ: None, ..signer.header() }).is_err());
    assert!(check(Header { kid: Some("1".into()), ..signer.header() }).is_err());
    assert!(check(Header { jku: Some("https://example.org".into()), ..signer.header() }).is_err());
    assert!(check(Header { crit: Some(vec!["exp".into()]), ..signer.header() }).is_err());
    assert!(
        check(Header { jwk: serde_json::from_value(signer.jwk.clone()).unwrap(), ..signer.header() })
            .is_err()
    );

    let proof = signer.sign(&signer.header(), &claims);
    let payload_and_signature = proof.split_once('.').unwrap().1;
    for alg in ["none", "None", "HS256", "ES256", "eddsa", ""] {
        let header = b64(json!({"typ": PROOF_TYPE, "alg": alg}).to_string().as_bytes());
        let forged = format!("{header}.{payload_and_signature}");
        assert!(key.check_challenged(&forged, Purpose::SignIn, &challenges(), NOW).is_err(), "{alg}");
        let unsigned = format!("{header}.{}.", payload_and_signature.split_once('.').unwrap().0);
        assert!(key.check_challenged(&unsigned, Purpose::SignIn, &challenges(), NOW).is_err(), "{alg}");
    }
}

#[test]
fn keys_that_are_none_of_the_two_kinds_are_refused() {
    let (ed, ec) = (ed25519(1).jwk, p256().jwk);
    let with = |jwk: &Value, member: &str, value: Value| {
        let mut jwk = jwk.clone();
        jwk[member] = value;
        jwk
    };
    let zero = b64(&[0; 32]);
    let bad = [
        with(&ed, "d", json!(zero)),
        with(&ec, "d", Value::Null),
        with(&ed, "crv", json!("Ed448")),
        with(&ed, "crv", json!("X25519")),
        with(&ed, "kty", json!("EC")),
        with(&ed, "x", json!(b64(&[1; 31]))),
        with(&ed, "x", json!(b64(&[1; 33]))),
        with(&ed, "x", json!("")),
        // Of order one: a signature of zeros would fit every message.
        with(
            &ed,
            "x",
            json!(b64(&{
                let mut one = [0; 32];
                one[0] = 1;
                one
            })),
        ),
        with(&ed, "x", json!(format!("{}=", ed["x"].as_str().unwrap()))),
        with(&ec, "crv", json!("P-384")),
        with(&ec, "crv", json!("secp256k1")),
        with(&ec, "y", json!(zero)),
        with(&ec, "y", Value::Null),
        json!({"kty": "oct", "k": zero}),
        json!({"kty": "RSA", "n": zero, "e": "AQAB"}),
        json!("key"),
        json!({}),
        Value::Null,
    ];
    for jwk in bad {
        let refusal = DeviceKey::read(&jwk).map(|_| ()).unwrap_err();
        assert!(refusal.is(Code::RequestInvalid), "{jwk}");
    }
}

#[test]
fn a_key_keeps_only_what_makes_it_and_has_one_name() {
    let mut exported = ed25519(1).jwk;
    exported["ext"] = json!(true);
    exported["key_ops"] = json!(["verify"]);
    let key = DeviceKey::read(&exported).unwrap();
    assert_eq!(key.jwk, ed25519(1).jwk);
    assert_eq!(key.thumbprint(), DeviceKey::read(&ed25519(1).jwk).unwrap().thumbprint());
    assert_ne!(key.thumbprint(), DeviceKey::read(&ed25519(2).jwk).unwrap().thumbprint());
}

#[test]
fn the_thumbprint_is_that_of_rfc_8037() {
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let thumbprint = DeviceKey::read(&jwk).unwrap().thumbprint();
    assert_eq!(b64(&thumbprint.0), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}
