//! `/v1/rectifications/import`.

use actix_web::{
    HttpResponse, post,
    web::{Bytes, Data, Payload, Query},
};
use anfang_protocol::{Code, Problem, limits};
use futures::StreamExt;
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::findings::{self, Report};
use crate::{auth::Actor, casework::Hall, clock::Clock, db::Db, failure::Result};

pub fn routes(config: &mut ServiceConfig) {
    config.service(import);
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// Check every row, list nothing.
    #[serde(default)]
    dry_run: bool,
}

/// Problems from elsewhere, from a table: `code`, `area_code`, `source`, `severity`, `text`, `site_code`; headings in
/// Chinese do as well. With a fault anywhere, nothing is listed.
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
    let bytes = collect(body).await?;
    let report = findings::import(&hall, &db, actor, &bytes, clock.now(), query.dry_run).await?;
    Ok(HttpResponse::Ok().json(report))
}

async fn collect(mut body: Payload) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk: Bytes = chunk.map_err(|error| {
            Problem::new(Code::RequestInvalid).detail(format!("the body broke off: {error}"))
        })?;
        if bytes.len() + chunk.len() > limits::REQUEST_BYTES {
            return Err(Problem::new(Code::TooLarge).into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
