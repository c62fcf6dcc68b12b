//! JSON bodies of requests: decompressed, bounded, and refused with a coded problem when they are no good.

use std::convert::Infallible;

use actix_web::{FromRequest, HttpRequest, dev, http::header, web::Bytes};
use anfang_protocol::{Code, Problem, limits};
use futures::{StreamExt, future::LocalBoxFuture};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::failure::Result;

/// A JSON body of type `T`: at most `limits::REQUEST_BYTES` after decompression, `limits::JSON_DEPTH` deep.
///
/// Extracting it never fails, reading it does: so that who may not ask hears just that, whatever the body is.
#[derive(Debug)]
pub struct Wire<T>(Result<T>);

impl<T> Wire<T> {
    /// # Errors
    /// `wrong_content_type`, `not_json`, `request_invalid`, `text_invalid`, `too_large`, `too_deep`.
    pub fn read(self) -> Result<T> {
        self.0
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Wire<T> {
    type Error = Infallible;
    type Future = LocalBoxFuture<'static, Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move { Ok(Wire(collect(&request, payload).await.and_then(|body| read(&body)))) })
    }
}

async fn collect(request: &HttpRequest, payload: dev::Payload) -> Result<Vec<u8>> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(Problem::new(Code::WrongContentType).detail("send application/json").into());
    }
    // The limit is on what comes out of the decompressor: a small bomb must not become a large body.
    let mut stream = dev::Decompress::from_headers(payload, request.headers());
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk: Bytes = chunk.map_err(|error| {
            Problem::new(Code::NotJson).detail(format!("the body could not be read: {error}"))
        })?;
        if body.len() + chunk.len() > limits::REQUEST_BYTES {
            let detail = format!("at most {} bytes after decompression", limits::REQUEST_BYTES);
            return Err(Problem::new(Code::TooLarge).detail(detail).into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    if depth(body) > limits::JSON_DEPTH {
        return Err(Problem::new(Code::TooDeep)
            .detail(format!("at most {} levels", limits::JSON_DEPTH))
            .into());
    }
    // Serde would take an array for a struct, field by field: no client means that.
    if body.trim_ascii_start().first() == Some(&b'[') {
        return Err(Problem::new(Code::RequestInvalid).detail("the body is a JSON object").into());
    }
    serde_json::from_slice(body).map_err(|error| {
        let code = match () {
            () if error.is_data() => Code::RequestInvalid,
            // The form is that of JSON, but a text in it is none: an unpaired surrogate.
            () if serde_json::from_slice::<&RawValue>(body).is_ok() => Code::TextInvalid,
            () => Code::NotJson,
        };
        Problem::new(code).detail(error.to_string()).into()
    })
}

/// The deepest nesting of brackets outside of strings. Nothing is parsed: what is too deep is never parsed at all.
fn depth(body: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
