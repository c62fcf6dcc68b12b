//! The frozen samples of what this version added, read and said again. The whole lot is replayed by the tests of the
//! server; here it is seen that none is missing.

use std::{collections::BTreeSet, path::Path};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, value::RawValue};

use super::*;
use anfang_protocol::{
    canonical::{canonical, digest},
    command::{Command, Envelope},
    lifecycle::item::{Desk, Rectification, StageName},
    notice::Notice,
    plan::{DrawFile, Plan},
};

#[derive(Deserialize)]
struct Sample {
    r#as: String,
    message: Box<RawValue>,
    #[serde(default)]
    unknown: Vec<String>,
    sha256: Option<Sha>,
    code: Option<String>,
    of: Option<String>,
    text: Option<String>,
}

fn samples(folder: &str) -> Vec<(String, Sample)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/v1").join(folder);
    let mut found: Vec<(String, Sample)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            (
                path.display().to_string(),
                serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path:?}: {e}")),
            )
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// The message without the fields that this version does not know.
fn frozen(sample: &Sample) -> Value {
    let mut value: Value = serde_json::from_str(sample.message.get()).unwrap();
    for pointer in &sample.unknown {
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        value.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(field).unwrap();
    }
    value
}

fn same<T: DeserializeOwned + Serialize>(name: &str, sample: &Sample) -> T {
    let today: T = serde_json::from_str(sample.message.get()).unwrap_or_else(|e| panic!("{name}: {e}"));
    let said = serde_json::to_value(&today).unwrap();
    assert_eq!(canonical(&said).unwrap(), canonical(&frozen(sample)).unwrap(), "{name}");
    today
}

#[test]
fn every_kind_of_command_has_a_sample() {
    let mut kinds = BTreeSet::new();
    for (name, sample) in samples("commands") {
        let envelope: Envelope = serde_json::from_str(sample.message.get()).unwrap();
        kinds.insert(envelope.kind.clone());
        let value: Value = serde_json::from_str(sample.message.get()).unwrap();
        assert_eq!(Some(digest(&value).unwrap()), sample.sha256, "{name}");
        let command = Command::read(&envelope.kind, &envelope.body).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(command.kind(), envelope.kind);
        if let Command::Rectification(act) = command {
            assert_eq!(
                canonical(&act.body()).unwrap(),
                canonical(&frozen(&sample)["body"]).unwrap(),
                "{name}"
            );
        }
    }
    assert_eq!(kinds, Command::KINDS.iter().map(ToString::to_string).collect());
}

#[test]
fn every_stage_has_a_sample() {
    let (mut stages, mut others) = (BTreeSet::new(), BTreeSet::new());
    for (name, sample) in samples("items") {
        match sample.r#as.as_str() {
            "rectification" => drop(stages.insert(same::<Rectification>(&name, &sample).stage.name())),
            "rectification_desk" => drop(same::<Desk>(&name, &sample)),
            "plan" => drop(same::<Plan>(&name, &sample)),
            "notice" => drop(same::<Notice>(&name, &sample)),
            _ => continue,
        }
        others.insert(sample.r#as);
    }
    assert_eq!(stages, StageName::ALL.iter().cloned().collect());
    assert_eq!(others.len(), 4);
}

#[test]
fn draws_come_out_as_they_were_frozen() {
    let mut codes = BTreeSet::new();
    for (name, sample) in samples("draws") {
        let file: DrawFile = same(&name, &sample);
        let code = file.verify().err().and_then(|problem| problem.code()).map(|code| code.slug().to_owned());
        assert_eq!(code, sample.code, "{name}");
        codes.insert(code);
    }
    assert_eq!(codes.len(), 3);
}

#[test]
fn what_was_refused_still_is() {
    let mut seen = 0;
    for (name, sample) in samples("refused") {
        let (Some("command"), Some(text)) = (sample.of.as_deref(), &sample.text) else { continue };
        let Ok(envelope) = serde_json::from_str::<Envelope>(text) else { continue };
        let code = Command::read(&envelope.kind, &envelope.body).unwrap_err().code().map(Code::slug);
        assert_eq!(serde_json::json!({ "code": code }), frozen(&sample), "{name}");
        seen += 1;
    }
    assert!(seen > 5, "{seen}");
}
