//! `/v1/inspections`.

use actix_web::{
    HttpResponse, get,
    web::{Data, Path, Query},
};
use anfang_protocol::{Code, Problem, inspection::Inspection};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::{
    list::store::{Filter, may_see, visible},
    store,
};
use crate::{auth::Actor, db::Db, failure::Result};

pub fn routes(config: &mut ServiceConfig) {
    config.service(list).service(one);
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only in this township, village or other area.
    area_id: Option<Uuid>,
    /// Only of this site.
    site_id: Option<Uuid>,
    /// `next` of the page before.
    after: Option<String>,
    /// 1 to 200; 50 unless told.
    limit: Option<i64>,
}

/// A page of inspections, newest first.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = InspectionList)]
struct List {
    #[schema(value_type = Vec<Inspection>)]
    inspections: Vec<Box<RawValue>>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

fn mark(at: DateTime<Utc>, id: Uuid) -> String {
    format!("{}_{id}", at.timestamp_micros())
}

fn read_mark(text: &str) -> Option<(DateTime<Utc>, Uuid)> {
    let (at, id) = text.split_once('_')?;
    Some((DateTime::from_timestamp_micros(at.parse().ok()?)?, id.parse().ok()?))
}

/// Inspections that the caller may see, newest first.
#[utoipa::path(operation_id = "list_inspections", tag = "inspections", params(ListQuery), security(("access_token" = [])), responses(
    (status = 200, body = List),
))]
#[get("/v1/inspections")]
async fn list(actor: Actor, query: Query<ListQuery>, db: Data<Db>) -> Result<HttpResponse> {
    let limit = query.limit.unwrap_or(50).clamp(1, 200);
    let before = match &query.after {
        None => None,
        Some(text) => Some(read_mark(text).ok_or_else(|| Problem::new(Code::RequestInvalid).at("after"))?),
    };
    let filter = Filter { area: query.area_id, site: query.site_id, before, limit: limit + 1 };
    let mut conn = db.conn().await?;
    let mut rows = visible(&mut conn, &actor, &filter).await?;
    let more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let ids: Vec<Uuid> = rows.iter().map(|(id, _)| *id).collect();
    let mut bodies: std::collections::HashMap<Uuid, Box<RawValue>> =
        store::wire(&mut conn, actor.jurisdiction, &ids).await?.into_iter().collect();
    let inspections = ids.iter().filter_map(|id| bodies.remove(id)).collect();
    let next = rows.last().filter(|_| more).map(|(id, at)| mark(*at, *id));
    Ok(HttpResponse::Ok().json(List { inspections, next }))
}

/// One inspection. Somebody else's, and none, are the same 404.
#[utoipa::path(operation_id = "get_inspection", tag = "inspections", params(("id" = Uuid, Path)), security(("access_token" = [])), responses(
    (status = 200, body = Inspection),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/v1/inspections/{id}")]
async fn one(actor: Actor, id: Path<Uuid>, db: Data<Db>) -> Result<HttpResponse> {
    let mut conn = db.conn().await?;
    if !may_see(&mut conn, &actor, *id).await? {
        return Err(Code::NotFound.into());
    }
    let body = store::wire(&mut conn, actor.jurisdiction, &[*id]).await?.pop();
    let (_, body) = body.ok_or(Code::NotFound)?;
    Ok(HttpResponse::Ok().json(body))
}
