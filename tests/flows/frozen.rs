//! The frozen messages of protocol/examples/v1, replayed.
//!
//! A sample is what some phone out there sends or has stored, or what another implementation was tested with. If
//! one fails, the program has changed its meaning: mend the program, never the sample. A new kind of message comes
//! as a new sample, with its line in SHA256SUMS.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anfang_protocol::{
    Code, Problem, area, auth, blob,
    canonical::{canonical, digest},
    capabilities::{self, CAPABILITIES, Capabilities},
    checklist::Checklist,
    clock::{self, ClockReading},
    command::{Command, Envelope},
    evidence::{EvidenceSource, EvidenceStatus},
    feed::{self, ChannelDigest},
    finding::Severity,
    inspection::{Inspection, InspectionStage, Submit},
    lifecycle::item,
    notice,
    people::Role,
    plan,
    rectification::{Colour, Method, Rung, Source},
    review::{MEDIA_TYPES, review},
    sha::Sha,
    site::{HousingGrade, PovertyState, Site, SiteKind},
    sync, unit,
    verdict::{Flag, Verdict},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json, value::RawValue};
use uuid::Uuid;

/// A file of a sample. What it has beside `message` depends on what it is a sample of.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    r#as: String,
    #[serde(rename = "about")]
    _about: String,
    message: Box<RawValue>,
    /// Pointers to fields that this version does not know. They are ignored, and not said again.
    #[serde(default)]
    unknown: Vec<String>,
    /// Of a command.
    sha256: Option<Sha>,
    /// Of the commands in a request, by pointer.
    #[serde(default)]
    digests: BTreeMap<String, Sha>,
    text: Option<String>,
    of: Option<String>,
    code: Option<String>,
    items: Option<Value>,
    public_key: Option<Value>,
    #[serde(rename = "private_key_hex")]
    _private_key_hex: Option<String>,
    proof: Option<String>,
    submit: Option<Box<RawValue>>,
    site: Option<Site>,
    checklists: Option<Vec<Checklist>>,
    recorded: Option<ClockReading>,
    sent: Option<ClockReading>,
    now: Option<DateTime<Utc>>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/examples/v1")
}

fn all() -> BTreeMap<String, Vec<u8>> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder of samples") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let mut found = Vec::new();
    walk(&root(), &mut found);
    let name =
        |path: &Path| path.strip_prefix(root()).expect("below the root").to_string_lossy().replace('\\', "/");
    found.into_iter().map(|path| (name(&path), fs::read(&path).expect("a sample"))).collect()
}

#[test]
fn samples_are_as_they_were_frozen() {
    let mut files = all();
    let sums = String::from_utf8(files.remove("SHA256SUMS").expect("the list of samples")).expect("UTF-8");
    files.remove("README.md").expect("what the folder is");
    let listed: BTreeMap<&str, &str> = sums
        .lines()
        .map(|line| line.split_once("  ").expect("sum, name"))
        .map(|(sum, name)| (name, sum))
        .collect();
    for (name, bytes) in &files {
        let sum = listed.get(name.as_str()).unwrap_or_else(|| panic!("{name} is not listed in SHA256SUMS"));
        assert_eq!(Sha::of(bytes).to_string(), *sum, "{name} was edited: a frozen sample never changes");
    }
    let gone: Vec<_> = listed.keys().filter(|name| !files.contains_key(**name)).collect();
    assert!(gone.is_empty(), "samples are never removed: {gone:?}");
}

#[test]
fn every_sample_still_means_what_it_meant() {
    let (mut wrong, mut kinds) = (Vec::new(), BTreeSet::new());
    for (name, bytes) in all().iter().filter(|(name, _)| name.ends_with(".json")) {
        let checked = serde_json::from_slice::<Sample>(bytes).map_err(|error| error.to_string());
        let checked = checked.and_then(|sample| {
            kinds.insert(sample.r#as.clone());
            check(&sample)
        });
        if let Err(why) = checked {
            wrong.push(format!("{name}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "mend the program, never the sample:\n{}", wrong.join("\n"));
    assert_eq!(kinds.len(), 32, "samples of every kind are there: {kinds:?}");
}

type Checked = Result<(), String>;

fn check(sample: &Sample) -> Checked {
    match sample.r#as.as_str() {
        "command" => command(sample),
        "sync.request" => same::<sync::Request>(sample).and_then(|()| digests(sample)),
        "sync.response" => same::<sync::Response>(sample),
        "canonical" => canonical_form(sample),
        "digest" => channel_digest(sample),
        "clock" => judged(sample),
        "review" => reviewed(sample),
        "refused" => refused(sample),
        "problem" => problem(sample),
        "problem_codes" => problem_codes(sample),
        "auth.proof" => proof(sample),
        "auth.sign_in" => same::<auth::SignIn>(sample),
        "auth.enrol" => same::<auth::Enrol>(sample),
        "auth.refresh" => same::<auth::Refresh>(sample),
        "auth.change_password" => same::<auth::ChangePassword>(sample),
        "auth.tokens" => same::<auth::Tokens>(sample),
        "auth.me" => same::<auth::Me>(sample),
        "auth.devices" => same::<Vec<auth::Device>>(sample),
        "capabilities" => same::<Capabilities>(sample),
        "area" => same::<area::Area>(sample),
        "unit" => same::<unit::Unit>(sample),
        "site" => same::<Site>(sample),
        "checklist" => same::<Checklist>(sample),
        "inspection" => same::<Inspection>(sample),
        "rectification" => same::<item::Rectification>(sample),
        "rectification_desk" => same::<item::Desk>(sample),
        "plan" => same::<plan::Plan>(sample),
        "notice" => same::<notice::Notice>(sample),
        "draw" => drawn(sample),
        "blobs.declare" => same::<blob::Declare>(sample),
        "blobs.declarations" => same::<blob::Declarations>(sample),
        "blobs.metadata" => same::<blob::Metadata>(sample),
        other => Err(format!("nobody checks samples of {other:?}")),
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("it cannot be read: {error}"))
}

/// Equal as JSON: compared in the canonical form, in which 8 and 8.0 are the same number.
fn equal(what: &str, ours: &impl Serialize, frozen: &impl Serialize) -> Checked {
    // Through a value: a command in its text as sent has no canonical form of its own.
    fn form(value: &impl Serialize) -> Result<String, String> {
        let value = serde_json::to_value(value).map_err(|error| error.to_string())?;
        canonical(&value).map_err(|error| error.to_string())
    }
    let (ours, frozen) = (form(ours)?, form(frozen)?);
    if ours == frozen { Ok(()) } else { Err(format!("{what} differs\n  frozen {frozen}\n  today  {ours}")) }
}

fn without<'p>(mut value: Value, unknown: impl IntoIterator<Item = &'p str>) -> Result<Value, String> {
    for pointer in unknown {
        let (parent, field) = pointer.rsplit_once('/').ok_or("no pointer")?;
        let parent = value.pointer_mut(parent).and_then(Value::as_object_mut);
        parent
            .and_then(|parent| parent.remove(field))
            .ok_or_else(|| format!("there is no {pointer} to be unknown"))?;
    }
    Ok(value)
}

/// Reads the message into today's type and says it again.
fn same<T: DeserializeOwned + Serialize>(sample: &Sample) -> Checked {
    let today: T = read(sample.message.get())?;
    let frozen = without(read(sample.message.get())?, sample.unknown.iter().map(String::as_str))?;
    equal("the message", &today, &frozen)
}

fn command(sample: &Sample) -> Checked {
    let envelope: Envelope = read(sample.message.get())?;
    let (in_body, outside): (Vec<&str>, Vec<&str>) =
        sample.unknown.iter().map(String::as_str).partition(|pointer| pointer.starts_with("/body/"));
    let frozen: Value = read(sample.message.get())?;
    equal("the envelope", &envelope, &without(frozen.clone(), outside)?)?;
    equal("the digest", &digest(&frozen).map_err(|e| e.to_string())?, &sample.sha256)?;
    let body = match Command::read(&envelope.kind, &envelope.body).map_err(|problem| problem.to_string())? {
        Command::InspectionSubmit(submit) => json!(submit),
        Command::InspectionAmend(amend) => json!(amend),
        Command::InspectionVoid(void) => json!(void),
        Command::InspectionAsk(ask) => json!(ask),
        Command::Rectification(act) => act.body(),
        Command::PlanSeal(seal) => json!(seal),
        Command::PlanUnseal(unseal) => json!(unseal),
        Command::PlanWithdraw(withdraw) => json!(withdraw),
        Command::NoticeRead(read) => json!(read),
    };
    let frozen =
        without(frozen["body"].clone(), in_body.iter().filter_map(|pointer| pointer.strip_prefix("/body")))?;
    equal("the body", &body, &frozen)
}

/// Commands are kept as sent: their digests are those of the text, unknown fields included.
fn digests(sample: &Sample) -> Checked {
    let request: sync::Request = read(sample.message.get())?;
    let ours: Result<BTreeMap<String, Sha>, String> = request
        .commands
        .iter()
        .enumerate()
        .map(|(i, raw)| {
            Ok((format!("/commands/{i}"), digest(&read::<Value>(raw.get())?).map_err(|e| e.to_string())?))
        })
        .collect();
    equal("the digests", &ours?, &sample.digests)
}

fn canonical_form(sample: &Sample) -> Checked {
    let text = sample.text.as_deref().ok_or("a sample of text")?;
    let today = canonical(&read::<Value>(text)?).map_err(|error| error.to_string())?;
    let sum = Sha::of(today.as_bytes());
    equal("the canonical form", &json!({ "canonical": today, "sha256": sum }), &sample.message)
}

#[derive(Deserialize)]
struct Standing {
    id: Uuid,
    rev: u32,
    share: String,
}

fn channel_digest(sample: &Sample) -> Checked {
    let items: Vec<Standing> = read(&sample.items.as_ref().ok_or("a sample of items")?.to_string())?;
    let mut sum = ChannelDigest::default();
    for Standing { id, rev, share } in items {
        equal("a share", &format!("{:016x}", feed::share(id, rev)), &share)?;
        sum.toggle(id, rev, true);
    }
    equal("the digest", &sum, &sample.message)
}

fn judged(sample: &Sample) -> Checked {
    let (Some(recorded), Some(sent), Some(now)) = (&sample.recorded, &sample.sent, sample.now) else {
        return Err("a sample of clocks".into());
    };
    let today = clock::judge(recorded, sent, now);
    let today = json!({ "skew_ms": today.skew_ms, "recorded_at": today.recorded_at,
        "clock_moved": today.clock_moved, "impossible": today.impossible });
    equal("the judgement", &today, &sample.message)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Review {
    Accepted { verdict: Verdict, flags: Vec<Flag> },
    Refused { code: String, at: String },
}

fn reviewed(sample: &Sample) -> Checked {
    let (Some(submit), Some(site), Some(checklists)) = (&sample.submit, &sample.site, &sample.checklists)
    else {
        return Err("a sample of a report".into());
    };
    let submit: Submit = read(submit.get())?;
    match (review(&submit, site, &checklists.iter().collect::<Vec<_>>()), read(sample.message.get())?) {
        (Ok(today), Review::Accepted { verdict, flags }) => {
            equal("the verdict", &today.verdict, &verdict)?;
            equal("the flags", &today.flags, &flags)
        }
        (Err(today), Review::Refused { code, at }) => {
            equal("the refusal", &(today.code().map(Code::slug), today.at), &(Some(code), Some(at)))
        }
        (Ok(_), Review::Refused { code, .. }) => Err(format!("it is no longer refused as {code}")),
        (Err(problem), Review::Accepted { .. }) => Err(format!("it is refused today: {problem}")),
    }
}

/// What cannot be read, and the code that says so.
fn refused(sample: &Sample) -> Checked {
    fn code_of<T: DeserializeOwned>(text: &str) -> Option<Code> {
        let error = serde_json::from_str::<T>(text).err()?;
        Some(if error.is_data() { Code::RequestInvalid } else { Code::NotJson })
    }
    fn command_code(text: &str) -> Option<Code> {
        match serde_json::from_str::<Envelope>(text) {
            Err(_) => Some(Code::CommandUnreadable),
            Ok(envelope) => {
                Command::read(&envelope.kind, &envelope.body).err().and_then(|problem| problem.code())
            }
        }
    }
    let text = sample.text.as_deref().ok_or("a sample of text")?;
    let today = match sample.of.as_deref() {
        Some("command") => command_code(text),
        Some("sync.request") => code_of::<sync::Request>(text),
        Some("sync.change") => code_of::<sync::Change>(text),
        Some("auth.sign_in") => code_of::<auth::SignIn>(text),
        Some("auth.enrol") => code_of::<auth::Enrol>(text),
        Some("blobs.declare") => code_of::<blob::Declare>(text),
        other => return Err(format!("nobody refuses {other:?}")),
    };
    equal("the refusal", &json!({ "code": today.map(Code::slug) }), &sample.message)
}

fn problem(sample: &Sample) -> Checked {
    same::<Problem>(sample)?;
    let problem: Problem = read(sample.message.get())?;
    equal("the code", &problem.code().map(Code::slug), &sample.code)
}

/// A draw is repeated: it comes out as recorded, or is refused with this code.
fn drawn(sample: &Sample) -> Checked {
    same::<plan::DrawFile>(sample)?;
    let file: plan::DrawFile = read(sample.message.get())?;
    let code = file.verify().err().and_then(|problem| problem.code());
    equal("the draw", &code.map(Code::slug), &sample.code)
}

/// Codes are never taken away, nor is their status changed. New ones are welcome.
fn problem_codes(sample: &Sample) -> Checked {
    let today: BTreeMap<&str, u16> = Code::ALL.iter().map(|code| (code.slug(), code.status())).collect();
    let frozen: BTreeMap<String, u16> = read(sample.message.get())?;
    let changed: Vec<_> =
        frozen.iter().filter(|(slug, status)| today.get(slug.as_str()) != Some(status)).collect();
    if changed.is_empty() { Ok(()) } else { Err(format!("these codes are gone or changed: {changed:?}")) }
}

fn proof(sample: &Sample) -> Checked {
    let text = sample.proof.as_deref().ok_or("a sample of a proof")?;
    let (signed, signature) = text.rsplit_once('.').ok_or("no signature")?;
    let (header, claims) = signed.split_once('.').ok_or("no claims")?;
    let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|error| error.to_string());
    let header: Value = serde_json::from_slice(&bytes(header)?).map_err(|error| error.to_string())?;
    equal("the header", &header, &json!({ "typ": auth::PROOF_TYPE, "alg": "EdDSA" }))?;
    let claims: auth::ProofClaims =
        serde_json::from_slice(&bytes(claims)?).map_err(|error| error.to_string())?;
    equal("the claims", &claims, &sample.message)?;
    let key = sample.public_key.as_ref().and_then(|jwk| jwk["x"].as_str()).ok_or("no public key")?;
    let key: [u8; 32] = bytes(key)?.try_into().map_err(|_| "no Ed25519 key")?;
    let key = ed25519_dalek::VerifyingKey::from_bytes(&key).map_err(|error| error.to_string())?;
    let signature =
        ed25519_dalek::Signature::from_slice(&bytes(signature)?).map_err(|error| error.to_string())?;
    key.verify_strict(signed.as_bytes(), &signature).map_err(|error| error.to_string())
}

#[test]
fn the_specification_names_every_word() {
    let text = fs::read_to_string(root().join("../../../docs/PROTOCOL.md")).expect("docs/PROTOCOL.md");
    let mut missing: Vec<String> = Vec::new();
    for code in Code::ALL {
        let row = format!("| `{}` | {} |", code.slug(), code.status());
        if !text.contains(&row) {
            missing.push(format!("a row {row:?}"));
        }
    }
    let words: Vec<&str> = [
        Flag::ALL.iter().map(Flag::as_str).collect::<Vec<_>>(),
        blob::MediaFlag::ALL.iter().map(blob::MediaFlag::as_str).collect(),
        feed::Kind::ALL.iter().map(feed::Kind::as_str).collect(),
        Role::ALL.iter().map(Role::as_str).collect(),
        Severity::ALL.iter().map(Severity::as_str).collect(),
        EvidenceSource::ALL.iter().map(EvidenceSource::as_str).collect(),
        EvidenceStatus::ALL.iter().map(EvidenceStatus::as_str).collect(),
        InspectionStage::ALL.iter().map(InspectionStage::as_str).collect(),
        SiteKind::ALL.iter().map(SiteKind::as_str).collect(),
        PovertyState::ALL.iter().map(PovertyState::as_str).collect(),
        HousingGrade::ALL.iter().map(HousingGrade::as_str).collect(),
        item::StageName::ALL.iter().map(item::StageName::as_str).collect(),
        Source::ALL.iter().map(Source::as_str).collect(),
        Method::ALL.iter().map(Method::as_str).collect(),
        Rung::ALL.iter().map(Rung::as_str).collect(),
        Colour::ALL.iter().map(Colour::as_str).collect(),
        notice::NoticeKind::ALL.iter().map(notice::NoticeKind::as_str).collect(),
        plan::Unsealing::ALL.iter().map(plan::Unsealing::as_str).collect(),
        area::AreaLevel::ALL.iter().map(area::AreaLevel::as_str).collect(),
        unit::UnitKind::ALL.iter().map(unit::UnitKind::as_str).collect(),
        CAPABILITIES.to_vec(),
        Command::KINDS.to_vec(),
        MEDIA_TYPES.to_vec(),
    ]
    .concat();
    missing.extend(words.into_iter().filter(|word| !text.contains(&format!("`{word}`"))).map(str::to_owned));
    let limits = serde_json::to_value(capabilities::Limits::of_this_version()).expect("limits are JSON");
    for (name, value) in limits.as_object().expect("an object") {
        let row = format!("| `{name}` | {value} |");
        if !text.contains(&row) {
            missing.push(format!("a row {row:?}"));
        }
    }
    assert!(missing.is_empty(), "docs/PROTOCOL.md does not name: {}", missing.join(", "));
}
