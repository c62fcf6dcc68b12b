//! For those who run the server: is it alive, is it ready, how is it doing.

use actix_web::{HttpRequest, HttpResponse, get, http::header, web::Data};
use anfang_protocol::Code;
use metrics_exporter_prometheus::PrometheusHandle;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{db::Db, failure};

pub fn routes(config: &mut ServiceConfig) {
    config.service(healthz).service(readyz).service(measurements);
}

/// The process is alive.
#[utoipa::path(tag = "operations", responses((status = 200, body = String, content_type = "text/plain")))]
#[get("/healthz")]
async fn healthz() -> &'static str {
    "ok\n"
}

/// The server can do its work: the database answers.
#[utoipa::path(tag = "operations", responses(
    (status = 200, body = String, content_type = "text/plain"),
    (status = 503, body = anfang_protocol::Problem, content_type = "application/problem+json"),
))]
#[get("/readyz")]
async fn readyz(db: Data<Db>) -> HttpResponse {
    match db.ping().await {
        Ok(()) => HttpResponse::Ok().content_type("text/plain").body("ready\n"),
        Err(error) => {
            tracing::warn!(error = %error, "not ready");
            failure::answer(&anfang_protocol::Problem::new(Code::Unavailable).retry_after_s(2))
        }
    }
}

/// Prometheus metrics, for callers on this machine only: counts tell an outsider that something happened.
#[utoipa::path(tag = "operations", responses(
    (status = 200, body = String, content_type = "text/plain"),
    (status = 404, body = anfang_protocol::Problem, content_type = "application/problem+json"),
))]
#[get("/metrics")]
async fn measurements(
    request: HttpRequest,
    db: Data<Db>,
    prometheus: Data<PrometheusHandle>,
) -> HttpResponse {
    let forwarded =
        request.headers().contains_key("x-forwarded-for") || request.headers().contains_key("forwarded");
    let local = request.peer_addr().is_none_or(|address| address.ip().is_loopback());
    if forwarded || !local {
        return failure::answer(&Code::NotFound.into());
    }
    let (used, size) = db.usage();
    metrics::gauge!("anfang_db_connections_used").set(used as f64);
    metrics::gauge!("anfang_db_connections_max").set(size as f64);
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
        .body(prometheus.render())
}
