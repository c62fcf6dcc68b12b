//! Answers with an entity tag of what they say: a client that holds the same gets 304 and no body.

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::header::{CacheControl, CacheDirective, ETag, EntityTag, IfNoneMatch},
};
use anfang_protocol::sha::Sha;
use serde::Serialize;

use crate::failure::Result;

/// Digits of the hash in a tag: 128 bits of it.
const TAG_DIGITS: usize = 32;

/// Writes JSON, or 304 when `If-None-Match` names it. The tag depends on nothing but the body: it tells nobody
/// that something happened that he or she may not see.
///
/// # Errors
/// When the body cannot be written as JSON.
pub fn tagged(request: &HttpRequest, body: &impl Serialize) -> Result<HttpResponse> {
    let bytes = serde_json::to_vec(body)?;
    let mut tag = Sha::of(&bytes).to_string();
    tag.truncate(TAG_DIGITS);
    // Weak: compressed and plain forms share it.
    let tag = EntityTag::new_weak(tag);
    let holds = match request.get_header::<IfNoneMatch>() {
        Some(IfNoneMatch::Items(tags)) => tags.iter().any(|held| held.weak_eq(&tag)),
        Some(IfNoneMatch::Any) | None => false,
    };
    let mut answer = if holds { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header(ETag(tag))
        .insert_header(CacheControl(vec![CacheDirective::Private, CacheDirective::NoCache]));
    if holds {
        return Ok(answer.finish());
    }
    Ok(answer.content_type(mime_json()).body(bytes))
}

fn mime_json() -> actix_web::http::header::ContentType {
    actix_web::http::header::ContentType::json()
}
