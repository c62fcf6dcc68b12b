//! `GET /v1/units`: who answers for what is found.

use actix_web::{HttpRequest, HttpResponse, get, web::Data};
use anfang_protocol::{Problem, unit::Unit};
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::store;
use crate::{auth::Actor, db::Db, failure::Result, tagged::tagged};

pub fn routes(config: &mut ServiceConfig) {
    config.service(list);
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UnitList {
    /// In the order of their codes.
    pub units: Vec<Unit>,
}

/// All units of the jurisdiction.
#[utoipa::path(
    operation_id = "list_units",
    tag = "reference",
    responses((status = 200, body = UnitList), (status = 304), (status = 401, body = Problem))
)]
#[get("/v1/units")]
pub async fn list(request: HttpRequest, actor: Actor, db: Data<Db>) -> Result<HttpResponse> {
    let mut conn = db.conn().await?;
    let units = store::visible(&mut conn, &actor).await?;
    tagged(&request, &UnitList { units })
}
