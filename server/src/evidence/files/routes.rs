//! `GET /v1/blobs/{sha256}`, its preview, its metadata.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    body::SizedStream,
    get, head,
    http::{StatusCode, header::ContentEncoding},
    web::{Data, Json, Path, Query},
};
use anfang_protocol::{Code, Problem, blob::Metadata, sha::Sha};
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    range::{Asked, asked},
    store::{self, Seen},
};
use crate::{
    auth::{Actor, Gate, Watch},
    clock::Clock,
    db::Db,
    evidence::{Blobs, Examinations, blobs::Place},
    failure::{self, PROBLEM_JSON, Result},
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(blob).service(blob_head).service(blob_preview).service(blob_metadata);
}

/// Download an original: the bytes as they were uploaded.
#[utoipa::path(tag = "files", operation_id = "blob", params(("sha256" = String, Path)),
    responses((status = 200), (status = 206), (status = 304),
        (status = "4XX", body = Problem, content_type = PROBLEM_JSON)))]
#[get("/v1/blobs/{sha256}")]
async fn blob(
    actor: Actor,
    sha: Path<String>,
    request: HttpRequest,
    db: Data<Db>,
    blobs: Data<Blobs>,
    gate: Data<Gate>,
    clock: Data<Clock>,
) -> Result<HttpResponse> {
    let seen = see(&actor, &sha, &db).await?;
    let place = Place::Original(actor.jurisdiction, seen.sha);
    let watch = Watch::new(gate.into_inner(), Db::clone(&db), Clock::clone(&clock), actor);
    give(&request, &blobs, place, seen.sha, seen.size, &seen.media_type, Some(watch)).await
}

/// What a download of the original would answer.
#[utoipa::path(tag = "files", operation_id = "blob_head", params(("sha256" = String, Path)),
    responses((status = 200), (status = "4XX")))]
#[head("/v1/blobs/{sha256}")]
async fn blob_head(actor: Actor, sha: Path<String>, db: Data<Db>) -> Result<HttpResponse> {
    let seen = see(&actor, &sha, &db).await?;
    let mut answer = file_answer(StatusCode::OK, seen.sha, &seen.media_type);
    Ok(answer.body(SizedStream::new(seen.size, futures::stream::empty::<std::io::Result<_>>())))
}

#[derive(Deserialize, utoipa::IntoParams)]
struct Edge {
    /// Longest edge in pixels: 320 or 1280.
    edge: Option<u16>,
}

/// A small JPEG of a photo, upright and without any metadata.
#[utoipa::path(tag = "files", operation_id = "blob_preview", params(("sha256" = String, Path), Edge),
    responses((status = 200, content_type = "image/jpeg"),
        (status = "4XX", body = Problem, content_type = PROBLEM_JSON)))]
#[get("/v1/blobs/{sha256}/preview")]
async fn blob_preview(
    actor: Actor,
    sha: Path<String>,
    edge: Query<Edge>,
    request: HttpRequest,
    db: Data<Db>,
    blobs: Data<Blobs>,
    examinations: Data<Examinations>,
) -> Result<HttpResponse> {
    let seen = see(&actor, &sha, &db).await?;
    let edge = edge.edge.unwrap_or(320);
    if ![320, 1280].contains(&edge) {
        return Err(Problem::new(Code::RequestInvalid).at("edge").detail("320 or 1280").into());
    }
    if !seen.examined {
        examinations.examine(actor.jurisdiction, seen.sha).await?;
    }
    let previews = store::previews(&*db.conn().await?, &actor, seen.sha).await?;
    let preview = previews.into_iter().find(|preview| preview.edge == edge).ok_or(Code::NoPreview)?;
    let place = Place::Preview(actor.jurisdiction, preview.sha);
    give(&request, &blobs, place, preview.sha, preview.size, "image/jpeg", None).await
}

/// What a file says of itself.
#[utoipa::path(tag = "files", operation_id = "blob_metadata", params(("sha256" = String, Path)),
    responses((status = 200, body = Metadata), (status = "4XX", body = Problem, content_type = PROBLEM_JSON)))]
#[get("/v1/blobs/{sha256}/metadata")]
async fn blob_metadata(actor: Actor, sha: Path<String>, db: Data<Db>) -> Result<Json<Metadata>> {
    let seen = see(&actor, &sha, &db).await?;
    let previews = store::previews(&*db.conn().await?, &actor, seen.sha).await?;
    Ok(Json(seen.metadata(previews.into_iter().map(|preview| preview.edge).collect())?))
}

/// The file, or the one answer for what is not there and what is not for this actor.
async fn see(actor: &Actor, sha: &str, db: &Db) -> Result<Seen> {
    let sha: Sha = sha.parse().map_err(|_| Code::NotFound)?;
    Ok(store::find(&*db.conn().await?, actor, sha).await?.ok_or(Code::NotFound)?)
}

/// Headers of every answer that has bytes of evidence: nothing in them is run, shown in a page, or guessed at.
fn file_answer(status: StatusCode, sha: Sha, media_type: &str) -> HttpResponseBuilder {
    let ending = match media_type {
        "image/jpeg" => "jpg",
        "image/heic" => "heic",
        "image/png" => "png",
        "image/webp" => "webp",
        "video/mp4" => "mp4",
        "video/quicktime" => "mov",
        _ => "bin",
    };
    let mut answer = HttpResponse::build(status);
    answer
        .content_type(media_type)
        // Bytes of evidence are never compressed on the way: ranges and lengths are theirs.
        .insert_header(ContentEncoding::Identity)
        .insert_header(("etag", format!("\"{sha}\"")))
        .insert_header(("accept-ranges", "bytes"))
        .insert_header(("cache-control", "private, max-age=31536000, immutable"))
        .insert_header(("vary", "authorization"))
        .insert_header(("x-content-type-options", "nosniff"))
        .insert_header(("content-security-policy", "sandbox; default-src 'none'"))
        .insert_header(("content-disposition", format!("attachment; filename=\"{sha}.{ending}\"")));
    answer
}

async fn give(
    request: &HttpRequest,
    blobs: &Blobs,
    place: Place,
    sha: Sha,
    size: u64,
    media_type: &str,
    watch: Option<Watch>,
) -> Result<HttpResponse> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let tag = format!("\"{sha}\"");
    let known =
        |tags: &str| tags.split(',').map(|t| t.trim().trim_start_matches("W/")).any(|t| t == tag || t == "*");
    if header("if-none-match").is_some_and(known) {
        return Ok(file_answer(StatusCode::NOT_MODIFIED, sha, media_type).finish());
    }
    // A range of another state of the file would be of no use; this file has only one.
    let range = header("range").filter(|_| header("if-range").is_none_or(|wanted| wanted.trim() == tag));
    let (status, range) = match asked(range, size) {
        Asked::Whole => (StatusCode::OK, 0..size),
        Asked::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Asked::Outside => {
            let mut answer =
                failure::answer(&Problem::new(Code::RangeInvalid).detail(format!("{size} bytes")));
            let length = format!("bytes */{size}").parse().map_err(anyhow::Error::from)?;
            answer.headers_mut().insert(actix_web::http::header::CONTENT_RANGE, length);
            return Ok(answer);
        }
    };
    let mut answer = file_answer(status, sha, media_type);
    if status == StatusCode::PARTIAL_CONTENT {
        answer.insert_header(("content-range", format!("bytes {}-{}/{size}", range.start, range.end - 1)));
    }
    let length = range.end - range.start;
    let pieces = blobs.read(place, range).await?;
    Ok(match watch {
        Some(watch) => answer.body(SizedStream::new(length, Box::pin(watch.over(pieces)))),
        None => answer.body(SizedStream::new(length, pieces)),
    })
}
