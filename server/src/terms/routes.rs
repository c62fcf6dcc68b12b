//! `/v1/terms`.

use actix_web::{HttpResponse, get, web::Data};
use anfang_protocol::{
    lifecycle::{Rules, calendar::CalendarYear},
    tier::TierRules,
};
use chrono::Datelike;
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::store;
use crate::{auth::Actor, clock::Clock, db::Db, failure::Result};

pub fn routes(config: &mut ServiceConfig) {
    config.service(terms);
}

/// By which deadlines are counted.
#[derive(Serialize, utoipa::ToSchema)]
struct Terms {
    /// IANA name.
    time_zone: String,
    /// Public holidays and make-up working days, a year each.
    #[schema(value_type = Vec<Object>)]
    years: Vec<CalendarYear>,
    /// Receipt, reminders, ladder, look-back.
    #[schema(value_type = Object)]
    rules: Rules,
    /// What comes first in a draw of this year.
    #[schema(value_type = Object)]
    tiers: TierRules,
}

/// The calendar, the rules and the priority tiers in force.
#[utoipa::path(tag = "rectifications", security(("access_token" = [])), responses(
    (status = 200, body = Terms),
))]
#[get("/v1/terms")]
async fn terms(actor: Actor, db: Data<Db>, clock: Data<Clock>) -> Result<HttpResponse> {
    let found = store::in_force(&mut *db.conn().await?, actor.jurisdiction).await?;
    let tiers = found.tiers(clock.now().year());
    Ok(HttpResponse::Ok().json(Terms {
        time_zone: found.time_zone,
        years: found.years,
        rules: found.rules,
        tiers,
    }))
}
