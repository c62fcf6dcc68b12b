//! `POST /v1/blobs` and tus 1.0.0 at `/v1/uploads`.

use std::{future::Future, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, delete, head,
    http::StatusCode,
    options, patch, post,
    web::{Data, Json, Path, Payload},
};
use anfang_protocol::{
    Code, Problem,
    blob::{Declarations, Declare},
    ids::UploadId,
    limits::BLOB_BYTES,
};
use futures::StreamExt;
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    Progress, Uploads,
    declare::address,
    intake::{Body, Part, Piece},
    tus,
};
use crate::{
    auth::Actor,
    failure::{Failure, PROBLEM_JSON, Result},
    wire::Wire,
};

/// How long a request may be silent before its link counts as cut.
const SILENCE: Duration = Duration::from_secs(90);
/// Pieces of a request on their way to the file.
const PIECES: usize = 16;
/// How much of a refused request is still read, so that its client comes to read the answer.
const DRAIN_BYTES: usize = 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(2);

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(declare_blobs)
        .service(options_of_uploads)
        .service(options_of_upload)
        .service(create)
        .service(stand)
        .service(append)
        .service(give_up)
        .service(override_method);
}

/// Declare the files that you are about to upload.
///
/// Answers, for each file, `have` (the receipt: it is on stable storage) or where to send its bytes.
#[utoipa::path(tag = "files", operation_id = "declare_blobs", request_body = Declare,
    responses((status = 200, body = Declarations), (status = "4XX", body = Problem, content_type = PROBLEM_JSON)))]
#[post("/v1/blobs")]
async fn declare_blobs(
    actor: Actor,
    declare: Wire<Declare>,
    uploads: Data<Uploads>,
) -> Result<Json<Declarations>> {
    let declare = declare.read()?;
    let blobs = uploads.declare(&actor, &declare.blobs).await?;
    Ok(Json(Declarations { blobs }))
}

/// What this server can of tus.
#[utoipa::path(tag = "files", operation_id = "upload_options", responses((status = 204)))]
#[options("/v1/uploads")]
async fn options_of_uploads() -> HttpResponse {
    abilities()
}

/// What this server can of tus.
#[utoipa::path(tag = "files", operation_id = "upload_options_of_one", responses((status = 204)),
    params(("upload_id" = String, Path)))]
#[options("/v1/uploads/{upload_id}")]
async fn options_of_upload() -> HttpResponse {
    abilities()
}

/// Create an upload, with its first bytes if you like (tus creation, creation-with-upload).
///
/// Give `sha256` in `Upload-Metadata`: then creating twice gives the same upload.
#[utoipa::path(tag = "files", operation_id = "create_upload",
    responses((status = 201), (status = "4XX", body = Problem, content_type = PROBLEM_JSON)))]
#[post("/v1/uploads")]
async fn create(
    actor: Actor,
    request: HttpRequest,
    payload: Payload,
    uploads: Data<Uploads>,
) -> HttpResponse {
    let created = async {
        tus::check_version(header(&request, "tus-resumable")?)?;
        let size = tus::number("Upload-Length", header(&request, "upload-length")?)?;
        let metadata = tus::metadata(header(&request, "upload-metadata")?)?;
        let with_bytes = is_offset_stream(&request)? && length(&request)? != Some(0);
        if !with_bytes {
            return uploads.create(&actor, size, metadata, None).await;
        }
        let part = part(&request, 0)?;
        let uploads = Uploads::clone(&uploads);
        receive(
            payload,
            |body| async move { uploads.create(&actor, size, metadata, Some((part, body))).await },
        )
        .await
    };
    match created.await {
        Ok(progress) => progress_answer(StatusCode::CREATED, &progress)
            .insert_header(("location", address(progress.upload)))
            .finish(),
        Err(failure) => refusal(&failure),
    }
}

/// Where an upload stands. Stops whoever is writing to it.
#[utoipa::path(tag = "files", operation_id = "upload_offset", params(("upload_id" = String, Path)),
    responses((status = 200), (status = "4XX")))]
#[head("/v1/uploads/{upload_id}")]
async fn stand(actor: Actor, id: Path<String>, request: HttpRequest, uploads: Data<Uploads>) -> HttpResponse {
    answer_stand(&actor, &id, &request, &uploads).await
}

/// Send the next bytes of an upload.
#[utoipa::path(tag = "files", operation_id = "append_upload", params(("upload_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = Problem, content_type = PROBLEM_JSON)))]
#[patch("/v1/uploads/{upload_id}")]
async fn append(
    actor: Actor,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
    uploads: Data<Uploads>,
) -> HttpResponse {
    answer_append(actor, &id, &request, payload, &uploads).await
}

/// Give an upload up.
#[utoipa::path(tag = "files", operation_id = "delete_upload", params(("upload_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = Problem, content_type = PROBLEM_JSON)))]
#[delete("/v1/uploads/{upload_id}")]
async fn give_up(
    actor: Actor,
    id: Path<String>,
    request: HttpRequest,
    uploads: Data<Uploads>,
) -> HttpResponse {
    answer_give_up(&actor, &id, &request, &uploads).await
}

/// For clients that can only POST: the method in `X-HTTP-Method-Override`.
#[utoipa::path(tag = "files", operation_id = "override_upload_method", params(("upload_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = Problem, content_type = PROBLEM_JSON)))]
#[post("/v1/uploads/{upload_id}")]
async fn override_method(
    actor: Actor,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
    uploads: Data<Uploads>,
) -> HttpResponse {
    match header(&request, "x-http-method-override") {
        Ok(Some("PATCH")) => answer_append(actor, &id, &request, payload, &uploads).await,
        Ok(Some("HEAD")) => answer_stand(&actor, &id, &request, &uploads).await,
        Ok(Some("DELETE")) => answer_give_up(&actor, &id, &request, &uploads).await,
        _ => refusal(&Code::MethodNotAllowed.into()),
    }
}

async fn answer_stand(actor: &Actor, id: &str, request: &HttpRequest, uploads: &Uploads) -> HttpResponse {
    let stands = async {
        tus::check_version(header(request, "tus-resumable")?)?;
        uploads.head(actor, upload(id)?).await
    };
    match stands.await {
        Ok(progress) => {
            let mut answer = progress_answer(StatusCode::OK, &progress);
            answer.insert_header(("upload-length", progress.size.to_string()));
            answer.insert_header(("cache-control", "no-store"));
            if let Some(metadata) = progress.metadata {
                answer.insert_header(("upload-metadata", metadata));
            }
            answer.finish()
        }
        Err(failure) => refusal(&failure),
    }
}

async fn answer_append(
    actor: Actor,
    id: &str,
    request: &HttpRequest,
    payload: Payload,
    uploads: &Uploads,
) -> HttpResponse {
    let appended = async {
        tus::check_version(header(request, "tus-resumable")?)?;
        if !is_offset_stream(request)? {
            return Err(Problem::new(Code::WrongContentType).detail(tus::OFFSET_STREAM).into());
        }
        let id = upload(id)?;
        let part = part(request, tus::number("Upload-Offset", header(request, "upload-offset")?)?)?;
        let uploads = uploads.clone();
        receive(payload, |body| async move { uploads.append(&actor, id, part, body).await }).await
    };
    match appended.await {
        Ok(progress) => progress_answer(StatusCode::NO_CONTENT, &progress).finish(),
        Err(failure) => refusal(&failure),
    }
}

async fn answer_give_up(actor: &Actor, id: &str, request: &HttpRequest, uploads: &Uploads) -> HttpResponse {
    let given_up = async {
        tus::check_version(header(request, "tus-resumable")?)?;
        uploads.give_up(actor, upload(id)?).await
    };
    match given_up.await {
        Ok(()) => HttpResponse::NoContent().insert_header(("tus-resumable", tus::VERSION)).finish(),
        Err(failure) => refusal(&failure),
    }
}

fn abilities() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header(("tus-resumable", tus::VERSION))
        .insert_header(("tus-version", tus::VERSION))
        .insert_header(("tus-extension", tus::EXTENSIONS))
        .insert_header(("tus-max-size", BLOB_BYTES.to_string()))
        .insert_header(("tus-checksum-algorithm", tus::CHECKSUM_ALGORITHMS))
        .finish()
}

fn progress_answer(status: StatusCode, progress: &Progress) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer
        .insert_header(("tus-resumable", tus::VERSION))
        .insert_header(("upload-offset", progress.held.to_string()))
        .insert_header(("upload-expires", tus::http_date(progress.expires_at)));
    answer
}

/// A problem, with what tus clients want beside it.
fn refusal(failure: &Failure) -> HttpResponse {
    use actix_web::{ResponseError, http::header::HeaderValue};
    let mut answer = failure.error_response();
    let extra = [("tus-resumable", tus::VERSION), ("tus-version", tus::VERSION)];
    for (name, value) in extra {
        answer
            .headers_mut()
            .insert(actix_web::http::header::HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    answer
}

/// An id that cannot be one names nothing.
fn upload(id: &str) -> Result<UploadId> {
    Ok(id.parse().map_err(|_| Code::NotFound)?)
}

fn header<'a>(request: &'a HttpRequest, name: &'static str) -> Result<Option<&'a str>, Problem> {
    match request.headers().get(name).map(|value| value.to_str()) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text)),
        Some(Err(_)) => Err(Problem::new(Code::RequestInvalid).at(name).detail("not ASCII")),
    }
}

fn is_offset_stream(request: &HttpRequest) -> Result<bool, Problem> {
    let media_type = header(request, "content-type")?.unwrap_or("").split(';').next().unwrap_or("").trim();
    Ok(media_type.eq_ignore_ascii_case(tus::OFFSET_STREAM))
}

fn length(request: &HttpRequest) -> Result<Option<u64>, Problem> {
    header(request, "content-length")?.map(|value| tus::number("Content-Length", Some(value))).transpose()
}

fn part(request: &HttpRequest, from: u64) -> Result<Part, Problem> {
    let sum = header(request, "upload-checksum")?.map(tus::PartSum::read).transpose()?;
    Ok(Part { from, length: length(request)?, sum })
}

/// Hands a request's bytes to `work`, which goes on to its end even if the request is dropped.
async fn receive<F>(mut payload: Payload, work: impl FnOnce(Body) -> F) -> Result<Progress>
where
    F: Future<Output = Result<Progress>> + Send + 'static,
{
    let (pieces, body) = mpsc::channel(PIECES);
    let mut work = tokio::spawn(work(body));
    let ended = loop {
        tokio::select! {
            biased;
            outcome = &mut work => break Some(outcome),
            piece = timeout(SILENCE, payload.next()) => match piece {
                Ok(Some(Ok(bytes))) => {
                    if pieces.send(Piece::Bytes(bytes)).await.is_err() {
                        break None;
                    }
                }
                Ok(None) => {
                    pieces.send(Piece::End).await.ok();
                    break None;
                }
                // Cut, or silent for too long.
                Ok(Some(Err(_))) | Err(_) => break None,
            },
        }
    };
    drop(pieces);
    let outcome = match ended {
        Some(outcome) => outcome?,
        None => work.await?,
    };
    if outcome.is_err() {
        drain(payload).await;
    }
    outcome
}

async fn drain(mut payload: Payload) {
    let read = async {
        let mut left = DRAIN_BYTES;
        while let Some(Ok(bytes)) = payload.next().await {
            match left.checked_sub(bytes.len()) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    };
    tokio::select! { () = read => {}, () = sleep(DRAIN_TIME) => {} }
}
