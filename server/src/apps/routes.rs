//! `/`, `/desk/…` and `/field/…`: pages, scripts, styles and pictures, with the headers that keep them to themselves.

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{self, ContentType, ETag, EntityTag, Header, IfNoneMatch},
    web::{self, Path, ServiceConfig},
};
use anfang_protocol::Code;
use rust_embed::EmbeddedFile;

use super::Assets;
use crate::failure;

/// No script or style in the page, nothing from elsewhere, no frame around it. Pictures and films of evidence are
/// shown from memory, for they are fetched with a token that no address carries.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
    media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
    trusted-types svelte-trusted-html anfang-worker";

const MISSING: &str = "本程序未包含网页应用：请先运行 make web，再重新编译。\n\
    The web apps are not in this build: run `make web`, then build again.\n";

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(desk)
        .service(desk_file)
        .service(web::redirect("/field", "/field/").permanent())
        .service(field_file);
}

#[get("/")]
async fn desk(request: HttpRequest) -> HttpResponse {
    page(&request, "desk/index.html")
}

#[get("/desk/{path:.+}")]
async fn desk_file(request: HttpRequest, path: Path<String>) -> HttpResponse {
    file(&request, &format!("desk/desk/{path}"))
}

#[get("/field/{path:.*}")]
async fn field_file(request: HttpRequest, path: Path<String>) -> HttpResponse {
    if path.is_empty() {
        page(&request, "field/index.html")
    } else {
        file(&request, &format!("field/{path}"))
    }
}

fn page(request: &HttpRequest, name: &str) -> HttpResponse {
    match Assets::get(name) {
        Some(found) => give(request, name, found),
        None => HttpResponse::NotFound().content_type(ContentType::plaintext()).body(MISSING),
    }
}

fn file(request: &HttpRequest, name: &str) -> HttpResponse {
    match Assets::get(name) {
        Some(found) => give(request, name, found),
        None => failure::answer(&Code::NotFound.into()),
    }
}

/// A name with its content's hash in it is kept by the browser for ever; all else is asked for each time.
fn give(request: &HttpRequest, name: &str, found: EmbeddedFile) -> HttpResponse {
    // Weak: the same file may be sent compressed.
    let tag = EntityTag::new_weak(hex::encode(&found.metadata.sha256_hash()[..16]));
    let kept = if name.contains("/assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|held| held.weak_eq(&tag)),
        Err(_) => false,
    };
    let mut answer = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header(ETag(tag))
        .insert_header((header::CACHE_CONTROL, kept))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header(("cross-origin-opener-policy", "same-origin"))
        .insert_header(("permissions-policy", "geolocation=(self), camera=(self), microphone=(self)"));
    if known {
        return answer.finish();
    }
    answer.insert_header((header::CONTENT_TYPE, media_type(name))).body(found.data)
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("json" | "geojson") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}
