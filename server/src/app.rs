//! Mounts each room's routes, and serves them.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::{Server, ServerHandle},
    middleware::{Compress, DefaultHeaders, from_fn},
    web::{self, Data},
};
use anfang_protocol::{Code, Problem, capabilities::PROTOCOL};
use anyhow::Context;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::{
    signal::unix::{SignalKind, signal},
    task::JoinHandle,
};
use tracing_actix_web::TracingLogger;
use utoipa::OpenApi;
use utoipa_actix_web::{AppExt, service_config::ServiceConfig};
use utoipa_swagger_ui::SwaggerUi;

use crate::{
    apps, areas,
    auth::{self, Gatehouse, Secret},
    casework::Hall,
    checklists,
    clock::Clock,
    config::Serve,
    db::Db,
    description::{self, Description},
    evidence, failure,
    home::{self, Opened},
    import, inspections,
    ledger::Bell,
    ops, people, plans,
    rectifications::{self, export::Exports},
    sites,
    sync::{self, Hints},
    terms, trace, units,
    webhooks::chore::Sender,
    worker::{self, Chores},
};

/// Every route of the server, each declared in its room.
fn routes(config: &mut ServiceConfig) {
    ops::routes(config);
    auth::routes::routes(config);
    sync::routes::routes(config);
    evidence::routes::routes(config);
    areas::routes::routes(config);
    units::routes::routes(config);
    people::routes::routes(config);
    sites::routes::routes(config);
    checklists::routes::routes(config);
    inspections::routes::routes(config);
    rectifications::routes::routes(config);
    terms::routes::routes(config);
    import::routes::routes(config);
    plans::routes::routes(config);
}

/// The OpenAPI description of all routes.
pub fn description() -> utoipa::openapi::OpenApi {
    let described = App::new().into_utoipa_app().openapi(Description::openapi()).configure(routes);
    description::complete(described.split_for_parts().1)
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

/// Headers of every answer, where the handler sets no other.
fn headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add(("x-content-type-options", "nosniff"))
        .add(("referrer-policy", "no-referrer"))
        .add(("x-frame-options", "DENY"))
        .add(("cross-origin-resource-policy", "same-origin"))
        .add(("cache-control", "no-store"))
}

/// A server at work.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    pub db: Db,
    /// The server's own: a demonstration may move it.
    pub clock: Clock,
    server: JoinHandle<std::io::Result<()>>,
    door: Door,
    chores: Chores,
    opened: Opened,
}

/// By which a server is told to stop.
#[derive(Clone)]
struct Door {
    handle: ServerHandle,
    hints: Hints,
}

impl Door {
    /// Lets nobody in any more, ends what would never end by itself, and finishes what is under way.
    async fn close(&self) {
        self.hints.close();
        self.handle.stop(true).await;
    }

    async fn close_on_signal(self) {
        let mut terminate = match signal(SignalKind::terminate()) {
            Ok(terminate) => terminate,
            Err(error) => return tracing::warn!(error = %error, "SIGTERM cannot be waited for"),
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        self.close().await;
    }
}

impl Running {
    /// Waits until the server is told to stop (SIGINT, SIGTERM) and has finished what was under way.
    ///
    /// # Errors
    /// When the server ended by a failure.
    pub async fn wait(self) -> anyhow::Result<()> {
        let outcome = self.server.await;
        self.chores.stop().await;
        drop(self.db);
        self.opened.close().await;
        outcome?.context("the server")
    }

    /// Waits until the server is told to stop.
    pub async fn told_to_stop(&self) {
        self.door.hints.closed().await;
    }

    /// Stops it, finishing what is under way.
    ///
    /// # Errors
    /// As [`Running::wait`].
    pub async fn stop(self) -> anyhow::Result<()> {
        self.door.close().await;
        self.wait().await
    }
}

/// Runs the server until it is told to stop.
///
/// # Errors
/// As [`start`] and [`Running::wait`].
pub async fn serve(config: Serve) -> anyhow::Result<()> {
    let running = start(config).await?;
    // Tests and scripts wait for this line.
    println!("anfang is listening on http://{}", running.address);
    running.wait().await
}

/// Starts the server; it listens when this returns.
///
/// # Errors
/// When the database, the secret, the folder of blobs or the address cannot be had.
pub async fn start(config: Serve) -> anyhow::Result<Running> {
    let prometheus = PrometheusBuilder::new().install_recorder().context("the metrics recorder")?;
    let clock = Clock::ahead(config.clock_ahead_seconds);
    let opened = home::open(&config.home, config.db_connections).await?;
    let bell = Bell::default();
    let hall = Hall::new(opened.db.clone(), clock.clone(), bell.clone());
    let hints = Hints::start(opened.db.clone(), opened.url.clone(), &bell);
    let exports = Exports::open(config.home.data_dir.join("exports")).context("the folder of exports")?;
    let gatehouse = Gatehouse::open(&config)?;
    let evidence = evidence::Room::open(&config, &opened.db, &clock, &bell)?;
    let sender = Sender { secret: Secret::of(&config.home)?, private: config.webhooks_private };
    let chores = worker::start(opened.db.clone(), clock.clone(), evidence.clone(), hall.clone(), sender);
    let (db, shared, ticking) = (opened.db.clone(), hints.clone(), clock.clone());
    let parts: Parts = Arc::new(move |app: &mut web::ServiceConfig| {
        app.app_data(Data::new(db.clone()))
            .app_data(Data::new(clock.clone()))
            .app_data(Data::new(hall.clone()))
            .app_data(Data::new(shared.clone()))
            .app_data(Data::new(prometheus.clone()))
            .app_data(Data::new(exports.clone()))
            .app_data(failure::path_config())
            .app_data(failure::query_config());
        gatehouse.share(app);
        evidence.share(app);
    });
    let (server, address) = listen(&config, parts)?;
    let door = Door { handle: server.handle(), hints };
    tokio::spawn(door.clone().close_on_signal());
    let (db, server) = (opened.db.clone(), tokio::spawn(server));
    Ok(Running { address, db, clock: ticking, server, door, chores, opened })
}

/// What the handlers share, each part on its own: a signature tells what a handler touches.
type Parts = Arc<dyn Fn(&mut web::ServiceConfig) + Send + Sync>;

fn listen(config: &Serve, parts: Parts) -> anyhow::Result<(Server, SocketAddr)> {
    let server = HttpServer::new(move || {
        let (app, description) = App::new()
            .into_utoipa_app()
            .openapi(Description::openapi())
            .map(|app| {
                app.wrap(from_fn(failure::no_nul))
                    .wrap(Compress::default())
                    .wrap(headers())
                    .wrap(from_fn(trace::observe))
                    .wrap(TracingLogger::<trace::Sparse>::new())
            })
            .configure(routes)
            .split_for_parts();
        app.configure(|app| parts(app))
            .service(SwaggerUi::new("/docs/{_:.*}").url("/openapi.json", description::complete(description)))
            .service(web::redirect("/docs", "/docs/"))
            .configure(apps::routes::routes)
            .default_service(web::to(nothing_here))
    })
    .workers(config.workers.unwrap_or_else(|| std::thread::available_parallelism().map_or(2, Into::into)))
    .disable_signals()
    .shutdown_timeout(config.shutdown_seconds)
    .client_request_timeout(Duration::from_secs(60))
    .bind_auto_h2c(config.listen)
    .with_context(|| format!("listening on {}", config.listen))?;
    let address = server.addrs().first().copied().unwrap_or(config.listen);
    Ok((server.run(), address))
}

#[cfg(test)]
mod tests {
    use anfang_protocol::command::Command;
    use serde_json::Value;

    fn names<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|field| names(field, found));
            }
            Value::Array(parts) => parts.iter().for_each(|part| names(part, found)),
            _ => {}
        }
    }

    #[test]
    fn every_command_is_described_and_every_name_leads_somewhere() {
        let document = serde_json::to_value(super::description()).expect("JSON");
        let schemas = document["components"]["schemas"].as_object().expect("schemas");
        for kind in Command::KINDS {
            assert!(schemas.contains_key(*kind), "{kind}");
        }
        let operations = document["paths"]
            .as_object()
            .expect("paths")
            .values()
            .flat_map(|path| path.as_object().expect("operations").values());
        let mut ids: Vec<&str> =
            operations.filter_map(|operation| operation["operationId"].as_str()).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "an operation's name stands twice");
        let mut found = Vec::new();
        names(&document, &mut found);
        assert!(found.len() > 300, "{}", found.len());
        for name in found {
            let name = name.strip_prefix("#/components/schemas/").expect("a schema of ours");
            assert!(schemas.contains_key(name), "{name}");
        }
    }
}
