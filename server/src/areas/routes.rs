//! `GET /v1/areas`: the tree, and boundaries one by one.

use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Data, Path},
};
use anfang_protocol::{Code, Problem, area::Area, ids::AreaId};
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::store;
use crate::{auth::Actor, db::Db, failure::Result, tagged::tagged};

pub fn routes(config: &mut ServiceConfig) {
    config.service(list).service(boundary);
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AreaList {
    /// In the order of their codes.
    pub areas: Vec<Area>,
}

/// All areas of the jurisdiction.
#[utoipa::path(
    operation_id = "list_areas",
    tag = "reference",
    responses((status = 200, body = AreaList), (status = 304), (status = 401, body = Problem))
)]
#[get("/v1/areas")]
pub async fn list(request: HttpRequest, actor: Actor, db: Data<Db>) -> Result<HttpResponse> {
    let mut conn = db.conn().await?;
    let areas = store::visible(&mut conn, &actor).await?;
    tagged(&request, &AreaList { areas })
}

/// The boundary of an area: GeoJSON geometry, WGS 84.
#[utoipa::path(
    operation_id = "area_boundary",
    tag = "reference",
    params(("id" = AreaId, Path, description = "The area")),
    responses(
        (status = 200, body = serde_json::Value),
        (status = 304),
        (status = 401, body = Problem),
        (status = 404, body = Problem)
    )
)]
#[get("/v1/areas/{id}/boundary")]
pub async fn boundary(
    request: HttpRequest,
    actor: Actor,
    db: Data<Db>,
    id: Path<AreaId>,
) -> Result<HttpResponse> {
    let mut conn = db.conn().await?;
    let boundary = store::boundary(&mut conn, &actor, *id).await?.ok_or(Code::NotFound)?;
    tagged(&request, &boundary)
}
