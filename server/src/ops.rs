//! For those who run the server, and those who answer for it: is it alive, is it ready, how is it doing, is its ledger
//! whole.

use actix_web::{HttpRequest, HttpResponse, get, http::header, web::Data};
use anfang_protocol::{
    Code, Problem,
    people::{Role, Scope},
};
use chrono::{DateTime, Utc};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    auth::{Actor, grants},
    db::Db,
    failure::{self, Result},
    ledger::walk,
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(healthz).service(readyz).service(measurements).service(verification);
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
    (status = 503, body = Problem, content_type = "application/problem+json"),
))]
#[get("/readyz")]
async fn readyz(db: Data<Db>) -> HttpResponse {
    match db.ping().await {
        Ok(()) => HttpResponse::Ok().content_type("text/plain").body("ready\n"),
        Err(error) => {
            tracing::warn!(error = %error, "not ready");
            failure::answer(&Problem::new(Code::Unavailable).retry_after_s(2))
        }
    }
}

/// Prometheus metrics, for callers on this machine only: counts tell an outsider that something happened.
#[utoipa::path(tag = "operations", responses(
    (status = 200, body = String, content_type = "text/plain"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
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

/// How the ledger's chain was found at the last walk along it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Verification {
    /// Every entry followed from the one before it.
    ok: bool,
    checked_at: DateTime<Utc>,
}

/// Whether the ledger is whole: the server walks along it once a day. Without counts, which would grow with sealed plans.
/// For supervisors, leaders, auditors and administrators.
#[utoipa::path(operation_id = "verification", tag = "operations", responses(
    (status = 200, body = Verification),
    (status = 404, body = Problem, description = "not for the caller, or not walked along yet", content_type = "application/problem+json"),
))]
#[get("/v1/ledger/verification")]
async fn verification(actor: Actor, db: Data<Db>) -> Result<HttpResponse> {
    const TOLD: [Role; 4] = [Role::Supervisor, Role::Leader, Role::Auditor, Role::Administrator];
    let conn = &mut *db.conn().await?;
    let held = grants::live_grants(conn, actor.jurisdiction, &[actor.account]).await?;
    let told = held
        .values()
        .flatten()
        .any(|held| TOLD.contains(&held.grant.role) && matches!(held.grant.scope, Scope::Area(_)));
    let walk = if told { walk::last(conn, actor.jurisdiction).await? } else { None };
    let walk = walk.ok_or(Code::NotFound)?;
    Ok(HttpResponse::Ok().json(Verification { ok: walk.whole, checked_at: walk.checked_at }))
}
