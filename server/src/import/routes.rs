//! `/v1/rectifications/import` and `/v1/imports/{what}`.

use actix_web::{
    HttpResponse, post,
    web::{Bytes, Data, Path, Payload, Query},
};
use anfang_protocol::{Code, Problem, limits};
use futures::StreamExt;
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    What, command,
    findings::{self, Report},
};
use crate::{
    auth::{Actor, office},
    casework::Hall,
    clock::Clock,
    db::Db,
    failure::Result,
};

/// Bytes of a file that is sent, at most; a larger one is for the command line.
const POSTED_BYTES_MAX: usize = 16 * 1024 * 1024;

pub fn routes(config: &mut ServiceConfig) {
    config.service(import).service(import_reference);
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// Check every row, list nothing.
    #[serde(default)]
    dry_run: bool,
}

/// Problems from elsewhere, from a table: `code`, `area_code`, `source`, `severity`, `text`, `site_code`; headings in
/// Chinese do as well. With a fault anywhere, nothing is listed. A dry run tells the table row by row.
#[utoipa::path(tag = "rectifications", params(ImportQuery), security(("access_token" = [])),
    request_body(content = String, content_type = "text/csv"), responses(
    (status = 200, body = Report),
    (status = 413, body = Problem, content_type = "application/problem+json"),
))]
#[post("/v1/rectifications/import")]
async fn import(
    actor: Actor,
    query: Query<ImportQuery>,
    body: Payload,
    hall: Data<Hall>,
    db: Data<Db>,
    clock: Data<Clock>,
) -> Result<HttpResponse> {
    let bytes = collect(body, limits::REQUEST_BYTES).await?;
    let report = findings::import(&hall, &db, actor, &bytes, clock.now(), query.dry_run).await?;
    Ok(HttpResponse::Ok().json(report))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ReferenceQuery {
    /// Check every row, write nothing.
    #[serde(default)]
    dry_run: bool,
    /// What the file is called: for the ledger and the report, 200 characters of it.
    #[serde(default)]
    file: String,
}

/// Areas, units, sites or checklists from a file: CSV (UTF-8, UTF-16, GB18030), GeoJSON, or JSON for checklists; 16 MB at
/// most. With a fault anywhere, nothing is written. A dry run tells the file row by row. For administrators of the whole
/// jurisdiction.
#[utoipa::path(operation_id = "import_reference", tag = "administration",
    params(("what" = What, Path), ReferenceQuery),
    request_body(content = String, content_type = "application/octet-stream"), responses(
    (status = 200, body = command::Report),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 413, body = Problem, content_type = "application/problem+json"),
))]
#[post("/v1/imports/{what}")]
async fn import_reference(
    actor: Actor,
    what: Path<String>,
    query: Query<ReferenceQuery>,
    body: Payload,
    db: Data<Db>,
    clock: Data<Clock>,
) -> Result<HttpResponse> {
    office::admit(&mut *db.conn().await?, &actor).await?;
    let what: What = What::named(&what).ok_or(Code::NotFound)?;
    let bytes = collect(body, POSTED_BYTES_MAX).await?;
    let name: String = query.file.chars().filter(|c| !c.is_control()).take(200).collect();
    // Decoding takes long enough to hold up others on this thread.
    let mut source = tokio::task::spawn_blocking(move || super::read(what, &name, &bytes))
        .await
        .map_err(anyhow::Error::from)?;
    source.by = Some((actor.account, actor.device));
    let conn = &mut *db.conn().await?;
    let report = command::import(conn, actor.jurisdiction, clock.now(), what, source, query.dry_run).await?;
    Ok(HttpResponse::Ok().json(report))
}

async fn collect(mut body: Payload, most: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk: Bytes = chunk.map_err(|error| {
            Problem::new(Code::RequestInvalid).detail(format!("the body broke off: {error}"))
        })?;
        if bytes.len() + chunk.len() > most {
            return Err(Problem::new(Code::TooLarge)
                .detail(format!("at most {most} bytes: split it"))
                .into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
