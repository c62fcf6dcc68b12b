//! The words of tus 1.0.0 (https://tus.io/protocols/resumable-upload): headers in, header values out.
//!
//! Never: trusts a name. What a client says of a file travels back to it unread.

use anfang_protocol::{Code, Problem, sha::Sha};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

pub const VERSION: &str = "1.0.0";
pub const EXTENSIONS: &str = "creation,creation-with-upload,checksum,expiration,termination";
pub const CHECKSUM_ALGORITHMS: &str = "sha1,sha256";
/// Content type of file bytes.
pub const OFFSET_STREAM: &str = "application/offset+octet-stream";

/// Bytes of an `Upload-Metadata` header.
const METADATA_BYTES: usize = 4096;

/// # Errors
/// `tus_version`.
pub fn check_version(version: Option<&str>) -> Result<(), Problem> {
    match version {
        Some(VERSION) => Ok(()),
        other => {
            Err(Problem::new(Code::TusVersion)
                .detail(format!("Tus-Resumable: {}", other.unwrap_or("absent"))))
        }
    }
}

/// A length or an offset.
///
/// # Errors
/// `request_invalid` when it is absent or no number.
pub fn number(header: &'static str, value: Option<&str>) -> Result<u64, Problem> {
    let plain = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    value
        .filter(plain)
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| invalid(header, "a number of bytes is wanted"))
}

fn invalid(header: &'static str, detail: &str) -> Problem {
    Problem::new(Code::RequestInvalid).at(header).detail(detail)
}

/// What a client said of a file when it created the upload.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// As it was sent; answered to HEAD.
    pub text: Option<String>,
    pub sha256: Option<Sha>,
    pub media_type: Option<String>,
}

/// Reads `Upload-Metadata`: pairs of a key and a value in base64, by commas. An empty header is an absent one.
///
/// # Errors
/// `request_invalid` for what is not of that form, `text_invalid` for a name that no text may be.
pub fn metadata(header: Option<&str>) -> Result<Metadata, Problem> {
    const AT: &str = "Upload-Metadata";
    let text = header.unwrap_or("").trim();
    let mut metadata = Metadata::default();
    if text.is_empty() {
        return Ok(metadata);
    }
    if text.len() > METADATA_BYTES {
        return Err(invalid(AT, "longer than 4096 bytes"));
    }
    let mut keys = Vec::new();
    for pair in text.split(',') {
        let (key, value) = pair.trim().split_once(' ').unwrap_or((pair.trim(), ""));
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_graphic()) || keys.contains(&key) {
            return Err(invalid(AT, "keys are ASCII, not empty, and stand once"));
        }
        keys.push(key);
        let value = BASE64.decode(value.trim()).map_err(|_| invalid(AT, "values are base64"))?;
        match key {
            "sha256" => {
                metadata.sha256 = Some(sha(&value).ok_or_else(|| invalid(AT, "sha256 is no SHA-256"))?)
            }
            "filetype" | "type" | "contentType" => metadata.media_type = media_type(&value),
            _ => check_text(&value)?,
        }
    }
    metadata.text = Some(text.to_owned());
    Ok(metadata)
}

/// In hexadecimal, in base64, or plain.
fn sha(value: &[u8]) -> Option<Sha> {
    match value.len() {
        32 => Sha::from_slice(value),
        44 => BASE64.decode(value).ok().and_then(|bytes| Sha::from_slice(&bytes)),
        64 => std::str::from_utf8(value).ok()?.to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

/// A media type in the narrow sense; anything else is as good as unsaid.
fn media_type(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?.trim();
    let plain = text.len() <= 100 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/+-.".contains(&b));
    (plain && text.contains('/')).then(|| text.to_ascii_lowercase())
}

/// Names and captions are never used, but what comes in as text must be able to go out as text.
fn check_text(value: &[u8]) -> Result<(), Problem> {
    let problem = |detail: &str| Err(Problem::new(Code::TextInvalid).at("Upload-Metadata").detail(detail));
    match std::str::from_utf8(value) {
        Ok(text) if text.contains('\0') => problem("it has a NUL character"),
        Ok(_) => Ok(()),
        Err(_) => problem("it is not UTF-8"),
    }
}

/// Checks one part against its `Upload-Checksum`.
#[derive(Clone)]
pub struct PartSum {
    running: Running,
    expected: Vec<u8>,
}

#[derive(Clone)]
enum Running {
    Sha1(sha1_smol::Sha1),
    Sha256(Sha256),
}

impl PartSum {
    /// Reads `Upload-Checksum`: an algorithm and the sum in base64.
    ///
    /// # Errors
    /// `checksum_unknown`.
    pub fn read(header: &str) -> Result<Self, Problem> {
        let unknown = || Problem::new(Code::ChecksumUnknown).at("Upload-Checksum");
        let (algorithm, sum) = header.trim().split_once(' ').ok_or_else(unknown)?;
        let (running, bytes) = match algorithm {
            "sha1" => (Running::Sha1(sha1_smol::Sha1::new()), 20),
            "sha256" => (Running::Sha256(Sha256::new()), 32),
            _ => return Err(unknown()),
        };
        let expected = BASE64.decode(sum.trim()).map_err(|_| unknown())?;
        if expected.len() != bytes {
            return Err(unknown());
        }
        Ok(PartSum { running, expected })
    }

    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.running {
            Running::Sha1(sum) => sum.update(bytes),
            Running::Sha256(sum) => sum.update(bytes),
        }
    }

    pub fn holds(&self) -> bool {
        match &self.running {
            Running::Sha1(sum) => sum.digest().bytes().as_slice() == self.expected,
            Running::Sha256(sum) => sum.clone().finalize().as_slice() == self.expected,
        }
    }
}

/// A time as HTTP headers spell it.
pub fn http_date(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_read_in_every_form_that_clients_send() {
        let hash = Sha::of(b"photo");
        let forms = [
            BASE64.encode(hash.to_string()),
            BASE64.encode(hash.to_string().to_uppercase()),
            BASE64.encode(hash.0),
            BASE64.encode(BASE64.encode(hash.0)),
        ];
        for form in forms {
            let read = metadata(Some(&format!("filename eC5qcGc=,sha256 {form},is_confidential"))).unwrap();
            assert_eq!(read.sha256, Some(hash));
        }
        assert_eq!(metadata(Some("")).unwrap(), Metadata::default());
        assert_eq!(metadata(None).unwrap(), Metadata::default());
        let typed = format!("filetype {}", BASE64.encode("image/JPEG"));
        assert_eq!(metadata(Some(&typed)).unwrap().media_type.as_deref(), Some("image/jpeg"));
    }

    #[test]
    fn metadata_that_no_text_may_be_is_refused() {
        for (header, code) in [
            ("filename !!", Code::RequestInvalid),
            (",", Code::RequestInvalid),
            ("a YQ==,a YQ==", Code::RequestInvalid),
            ("sha256 YQ==", Code::RequestInvalid),
            ("filename AA==", Code::TextInvalid),
            // An unpaired surrogate, as some encoders write it.
            ("filename 7aCA", Code::TextInvalid),
        ] {
            assert!(metadata(Some(header)).unwrap_err().is(code), "{header}");
        }
    }

    #[test]
    fn a_part_is_checked_against_its_own_sum() {
        for (header, holds) in [
            ("sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", true),
            ("sha256 ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", true),
            ("sha1 AAAANkcGgWq6PiVxeFDCbJzQ2J0=", false),
        ] {
            let mut sum = PartSum::read(header).unwrap();
            sum.update(b"a");
            sum.update(b"bc");
            assert_eq!(sum.holds(), holds, "{header}");
        }
        for header in
            ["md5 kAFQmDzST7DWlj99KOF/cg==", "sha1", "sha1 xx", "sha256 qZk+NkcGgWq6PiVxeFDCbJzQ2J0="]
        {
            assert!(
                PartSum::read(header).is_err_and(|problem| problem.is(Code::ChecksumUnknown)),
                "{header}"
            );
        }
    }

    #[test]
    fn numbers_are_plain() {
        assert_eq!(number("Upload-Offset", Some("0")).unwrap(), 0);
        for wrong in [None, Some(""), Some("-1"), Some("+1"), Some("1.0"), Some("99999999999999999999")] {
            assert!(number("Upload-Offset", wrong).is_err());
        }
    }
}
