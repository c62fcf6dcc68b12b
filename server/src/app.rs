//! Mounts each room's routes, and serves them.

use std::{sync::Arc, time::Duration};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    middleware::{Compress, DefaultHeaders, from_fn},
    web::{self, Data, PathConfig, QueryConfig},
};
use anfang_protocol::{Code, Problem, capabilities::PROTOCOL};
use anyhow::Context;
use metrics_exporter_prometheus::PrometheusBuilder;
use tracing_actix_web::TracingLogger;
use utoipa::{
    OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_actix_web::{AppExt, service_config::ServiceConfig};
use utoipa_swagger_ui::SwaggerUi;

use crate::{
    areas, auth,
    casework::Hall,
    checklists,
    clock::Clock,
    config::Serve,
    evidence,
    failure::{self, Failure},
    home, inspections,
    ledger::Bell,
    ops, sites,
    sync::{self, Hints},
    trace, units, worker,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Anfang",
        description = "Unannounced inspections, from an offline phone to evidence that stands. The protocol, with its reasons, is in docs/PROTOCOL.md.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    modifiers(&AccessToken)
)]
struct Description;

struct AccessToken;

impl utoipa::Modify for AccessToken {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        openapi
            .components
            .get_or_insert_default()
            .add_security_scheme("access_token", SecurityScheme::Http(scheme));
    }
}

/// Every route of the server, each declared in its room.
fn routes(config: &mut ServiceConfig) {
    ops::routes(config);
    auth::routes::routes(config);
    sync::routes::routes(config);
    evidence::routes::routes(config);
    areas::routes::routes(config);
    units::routes::routes(config);
    sites::routes::routes(config);
    checklists::routes::routes(config);
    inspections::routes::routes(config);
}

/// The OpenAPI description of all routes.
pub fn description() -> utoipa::openapi::OpenApi {
    App::new().into_utoipa_app().openapi(Description::openapi()).configure(routes).split_for_parts().1
}

/// What is at no address: a later version of the protocol is told apart from nothing at all.
async fn nothing_here(request: HttpRequest) -> HttpResponse {
    let version =
        request.path().strip_prefix("/v").and_then(|rest| rest.split('/').next()?.parse::<u32>().ok());
    let problem = match version {
        Some(version) if version != PROTOCOL => Problem::new(Code::VersionUnknown)
            .detail(format!("version {version}; this server speaks {PROTOCOL}")),
        _ => Code::NotFound.into(),
    };
    failure::answer(&problem)
}

fn unreadable_query(error: &dyn std::fmt::Display) -> actix_web::Error {
    Failure::from(Problem::new(Code::RequestInvalid).at("query").detail(error.to_string())).into()
}

/// Headers of every answer, where the handler sets no other.
fn headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add(("x-content-type-options", "nosniff"))
        .add(("referrer-policy", "no-referrer"))
        .add(("x-frame-options", "DENY"))
        .add(("cross-origin-resource-policy", "same-origin"))
        .add(("cache-control", "no-store"))
}

/// What the handlers share, each part on its own: a signature tells what a handler touches.
#[derive(Clone)]
struct Shared {
    parts: Arc<dyn Fn(&mut web::ServiceConfig) + Send + Sync>,
}

/// Runs the server until it is told to stop (SIGINT, SIGTERM), then finishes what is under way.
///
/// # Errors
/// When the database, the secret, the folder of blobs or the address cannot be had.
pub async fn serve(config: Serve) -> anyhow::Result<()> {
    let prometheus = PrometheusBuilder::new().install_recorder().context("the metrics recorder")?;
    let clock = Clock::default();
    let opened = home::open(&config.home, config.db_connections).await?;
    let bell = Bell::default();
    let hall = Hall::new(opened.db.clone(), clock.clone(), bell.clone());
    let hints = Hints::start(opened.db.clone(), opened.url.clone(), &bell);
    let gatehouse = auth::routes::Gatehouse::open(&config)?;
    let evidence = evidence::Room::open(&config, &opened.db, &clock, &bell)?;
    let chores = worker::start(opened.db.clone(), clock.clone(), evidence.clone());
    let db = opened.db.clone();
    let shared = Shared {
        parts: Arc::new(move |app: &mut web::ServiceConfig| {
            app.app_data(Data::new(db.clone()))
                .app_data(Data::new(clock.clone()))
                .app_data(Data::new(hall.clone()))
                .app_data(Data::new(bell.clone()))
                .app_data(Data::new(hints.clone()))
                .app_data(Data::new(prometheus.clone()))
                .app_data(PathConfig::default().error_handler(|_, _| Failure::from(Code::NotFound).into()))
                .app_data(QueryConfig::default().error_handler(|error, _| unreadable_query(&error)));
            gatehouse.share(app);
            evidence.share(app);
        }),
    };
    let outcome = listen(&config, shared).await;
    chores.stop().await;
    opened.close().await;
    outcome
}

async fn listen(config: &Serve, shared: Shared) -> anyhow::Result<()> {
    let server = HttpServer::new(move || {
        let (app, description) = App::new()
            .into_utoipa_app()
            .openapi(Description::openapi())
            .map(|app| {
                app.wrap(Compress::default())
                    .wrap(headers())
                    .wrap(from_fn(trace::observe))
                    .wrap(TracingLogger::<trace::Sparse>::new())
            })
            .configure(routes)
            .split_for_parts();
        app.configure(|app| (shared.parts)(app))
            .service(SwaggerUi::new("/docs/{_:.*}").url("/openapi.json", description))
            .service(web::redirect("/docs", "/docs/"))
            .default_service(web::to(nothing_here))
    })
    .workers(config.workers.unwrap_or_else(|| std::thread::available_parallelism().map_or(2, Into::into)))
    .shutdown_timeout(config.shutdown_seconds)
    .client_request_timeout(Duration::from_secs(60))
    .bind_auto_h2c(config.listen)
    .with_context(|| format!("listening on {}", config.listen))?;
    for address in server.addrs() {
        // Tests and scripts wait for this line.
        println!("anfang is listening on http://{address}");
    }
    server.run().await.context("the server")
}
