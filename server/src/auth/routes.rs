//! Doors of this room: sign-in, refresh, devices, passwords.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse, delete, get, post,
    web::{self, Data, Json, Path, Query},
};
use anfang_protocol::{
    Code, Problem,
    auth::{ChangePassword, Device, Enrol, Me, Purpose, Refresh, SignIn, Tokens},
    ids::AccountId,
};
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    auth::{
        Actor, Challenges, Enrolling, Gate, Passwords, Sealer, Secret, accounts,
        address::address,
        attempts::Attempts,
        devices, grants,
        keys::Keys,
        office::{self, invitations::Invitations},
        pace::Pace,
        passwords,
        proofs::DeviceKey,
        sessions::{self, Refresher},
        sign_in,
    },
    clock::Clock,
    config::Serve,
    db::Db,
    failure::Result,
    wire::Wire,
};

/// What this room shares with the handlers of all rooms and with the [`Actor`] extractor. Made once for all threads.
#[derive(Clone)]
pub struct Gatehouse {
    keys: Data<Keys>,
    gate: Data<Gate>,
    refresher: Data<Refresher>,
    challenges: Data<Challenges>,
    passwords: Data<Passwords>,
    attempts: Data<Attempts>,
    pace: Data<Pace>,
    invitations: Data<Invitations>,
    cursors: Data<Sealer>,
}

impl Gatehouse {
    /// Reads the installation's secret, and makes it at the first start.
    ///
    /// # Errors
    /// When the secret cannot be had.
    pub fn open(config: &Serve) -> anyhow::Result<Self> {
        let secret = Secret::of(&config.home)?;
        let keys = Arc::new(Keys::new(&secret));
        Ok(Gatehouse {
            keys: Data::from(keys.clone()),
            gate: Data::new(Gate::new(keys)),
            refresher: Data::new(Refresher::new(&secret)),
            challenges: Data::new(Challenges::new(&secret)),
            passwords: Data::new(Passwords::default()),
            attempts: Data::new(Attempts::new(&secret, config.sign_in_failures, config.behind_proxy)),
            pace: Data::new(Pace::new(config.requests_per_second)),
            invitations: Data::new(Invitations::new(&secret)),
            cursors: Data::new(secret.sealer("cursors")),
        })
    }

    /// Gives them to the application. `Data<Db>` and `Data<Clock>` are wanted besides.
    pub fn share(&self, app: &mut web::ServiceConfig) {
        app.app_data(self.keys.clone())
            .app_data(self.gate.clone())
            .app_data(self.refresher.clone())
            .app_data(self.challenges.clone())
            .app_data(self.passwords.clone())
            .app_data(self.attempts.clone())
            .app_data(self.pace.clone())
            .app_data(self.invitations.clone())
            .app_data(self.cursors.clone());
    }
}

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(post_session)
        .service(post_refresh)
        .service(delete_session)
        .service(post_device)
        .service(get_devices)
        .service(delete_device)
        .service(get_me)
        .service(post_password);
    office::routes::routes(config);
}

/// Sign in with a password: on an enrolled device, or to enrol one.
#[utoipa::path(
    post, path = "/v1/sessions", tag = "people", request_body = SignIn, security(()),
    responses(
        (status = 200, body = Tokens), (status = 401, body = Problem, description = "credentials_wrong, proof_invalid, device_revoked"),
        (status = 403, body = Problem, description = "account_disabled"), (status = 429, body = Problem, description = "too_many_requests"),
    )
)]
#[post("/v1/sessions")]
#[allow(clippy::too_many_arguments)]
async fn post_session(
    request: HttpRequest,
    body: Wire<SignIn>,
    db: Data<Db>,
    clock: Data<Clock>,
    keys: Data<Keys>,
    challenges: Data<Challenges>,
    passwords: Data<Passwords>,
    attempts: Data<Attempts>,
) -> Result<HttpResponse> {
    let body = body.read()?;
    let address = address(&request, attempts.behind_proxy);
    let who = (body.jurisdiction.as_deref(), body.login.as_str());
    let tried = sign_in::attempt(&mut *db.conn().await?, clock.now(), &attempts, address, who).await?;
    let right = passwords.matches(body.password, tried.hash()).await?;
    let conn = &mut *db.conn().await?;
    let (jurisdiction, account) = sign_in::settle(conn, clock.now(), &attempts, tried, right).await?;
    let begun =
        sign_in::begin(conn, &clock, &challenges, jurisdiction, &account, body.device.as_ref()).await?;
    Ok(secret(sign_in::tokens(conn, &clock, &keys, begun).await?))
}

/// Stay signed in: gives the successor of a refresh token. Each is used once.
#[utoipa::path(
    post, path = "/v1/sessions/refresh", tag = "people", request_body = Refresh, security(()),
    responses(
        (status = 200, body = Tokens),
        (status = 401, body = Problem, description = "token_invalid, proof_invalid, refresh_reused, device_revoked"),
        (status = 403, body = Problem, description = "account_disabled"),
    )
)]
#[post("/v1/sessions/refresh")]
async fn post_refresh(
    body: Wire<Refresh>,
    db: Data<Db>,
    clock: Data<Clock>,
    keys: Data<Keys>,
    refresher: Data<Refresher>,
) -> Result<HttpResponse> {
    let body = body.read()?;
    let conn = &mut *db.conn().await?;
    let begun = refresher.refresh(conn, &clock, &body.refresh_token, &body.proof).await?;
    Ok(secret(sign_in::tokens(conn, &clock, &keys, begun).await?))
}

/// Sign out.
#[utoipa::path(
    delete, path = "/v1/sessions/current", tag = "people",
    responses((status = 204), (status = 401, body = Problem))
)]
#[delete("/v1/sessions/current")]
async fn delete_session(
    actor: Actor,
    db: Data<Db>,
    clock: Data<Clock>,
    gate: Data<Gate>,
) -> Result<HttpResponse> {
    sessions::sign_out(&mut *db.conn().await?, clock.now(), &actor).await?;
    gate.forget();
    Ok(HttpResponse::NoContent().finish())
}

/// Enrol a device with the access token of a sign-in. Pins its protocol version.
#[utoipa::path(
    post, path = "/v1/devices", tag = "people", request_body = Enrol,
    responses(
        (status = 200, body = Tokens), (status = 400, body = Problem, description = "version_unknown"),
        (status = 401, body = Problem), (status = 422, body = Problem, description = "request_invalid, text_invalid"),
    )
)]
#[post("/v1/devices")]
async fn post_device(
    enrolling: Enrolling,
    body: Wire<Enrol>,
    db: Data<Db>,
    clock: Data<Clock>,
    keys: Data<Keys>,
    challenges: Data<Challenges>,
) -> Result<HttpResponse> {
    let body = body.read()?;
    devices::check(&body)?;
    let key = DeviceKey::read(&body.public_key)?;
    key.check_challenged(&body.proof, Purpose::Enrol, &challenges, clock.now())?;
    let conn = &mut *db.conn().await?;
    let begun = devices::enrol(conn, &clock, &enrolling, &body, &key).await?;
    Ok(secret(sign_in::tokens(conn, &clock, &keys, begun).await?))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
struct WhoseDevices {
    /// For administrators: an account in their areas. Left out: one's own.
    account_id: Option<AccountId>,
}

/// One's own devices; for administrators also those of an account in their areas.
#[utoipa::path(
    get, path = "/v1/devices", tag = "people", params(WhoseDevices),
    responses((status = 200, body = Vec<Device>), (status = 401, body = Problem), (status = 404, body = Problem))
)]
#[get("/v1/devices")]
async fn get_devices(actor: Actor, whose: Query<WhoseDevices>, db: Data<Db>) -> Result<Json<Vec<Device>>> {
    let account = whose.account_id.unwrap_or(actor.account);
    Ok(Json(devices::list(&mut *db.conn().await?, &actor, account).await?))
}

/// Revoke a device: its access, its refresh tokens and its uploads end within a second.
#[utoipa::path(
    delete, path = "/v1/devices/{device_id}", tag = "people", params(("device_id" = String, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem))
)]
#[delete("/v1/devices/{device_id}")]
async fn delete_device(
    actor: Actor,
    device: Path<String>,
    db: Data<Db>,
    clock: Data<Clock>,
    gate: Data<Gate>,
) -> Result<HttpResponse> {
    let device = device.parse().map_err(|_| Code::NotFound)?;
    devices::revoke(&mut *db.conn().await?, clock.now(), &actor, device).await?;
    gate.forget();
    Ok(HttpResponse::NoContent().finish())
}

/// Who the server takes the caller for, with the grants that hold.
#[utoipa::path(get, path = "/v1/me", tag = "people", responses((status = 200, body = Me), (status = 401, body = Problem)))]
#[get("/v1/me")]
async fn get_me(actor: Actor, db: Data<Db>) -> Result<Json<Me>> {
    let conn = &mut *db.conn().await?;
    let account = accounts::by_id(conn, actor.jurisdiction, actor.account).await?;
    let held = grants::live_grants(conn, actor.jurisdiction, &[actor.account]).await?;
    Ok(Json(Me {
        account_id: actor.account,
        jurisdiction_id: actor.jurisdiction,
        device_id: actor.device,
        login: account.login,
        name: account.name,
        grants: held.into_values().flatten().map(|held| held.grant).collect(),
    }))
}

/// Change one's own password. Every other sign-in ends, its refresh tokens with it.
#[utoipa::path(
    post, path = "/v1/password", tag = "people", request_body = ChangePassword,
    responses(
        (status = 204), (status = 401, body = Problem, description = "credentials_wrong"),
        (status = 422, body = Problem, description = "password_unsuitable"), (status = 429, body = Problem),
    )
)]
#[post("/v1/password")]
#[allow(clippy::too_many_arguments)]
async fn post_password(
    request: HttpRequest,
    actor: Actor,
    body: Wire<ChangePassword>,
    db: Data<Db>,
    clock: Data<Clock>,
    gate: Data<Gate>,
    passwords: Data<Passwords>,
    attempts: Data<Attempts>,
) -> Result<HttpResponse> {
    let body = body.read()?;
    let address = address(&request, attempts.behind_proxy);
    let tried =
        sign_in::attempt_again(&mut *db.conn().await?, clock.now(), &attempts, address, &actor).await?;
    let right = passwords.matches(body.old_password, tried.hash()).await?;
    let (_, account) = sign_in::settle(&mut *db.conn().await?, clock.now(), &attempts, tried, right).await?;
    passwords::check_new(&body.new_password, &account.login)
        .map_err(|problem| problem.at("/new_password"))?;
    let hash = passwords.hash(body.new_password).await?;
    accounts::change_password(&mut *db.conn().await?, &clock, &actor, &account, &hash).await?;
    gate.forget();
    Ok(HttpResponse::NoContent().finish())
}

/// Tokens, which no cache may keep.
fn secret(tokens: Tokens) -> HttpResponse {
    HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(tokens)
}
