//! `/v1/plans`.

use actix_web::{
    HttpResponse, get,
    web::{Data, Path, Query},
};
use anfang_protocol::{
    Code, Problem,
    plan::{DrawFile, Plan},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::store;
use crate::{
    auth::Actor,
    clock::Clock,
    db::{Conn, Db},
    failure::Result,
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(list).service(one).service(draw);
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// `next` of the page before.
    after: Option<Uuid>,
    /// 1 to 200; 50 unless told.
    limit: Option<i64>,
}

/// A page of plans, the last made first.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = PlanList)]
struct List {
    #[schema(value_type = Vec<Plan>)]
    plans: Vec<Box<RawValue>>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Uuid>,
}

/// Bodies in the order of the ids. Readings of sealed plans are on the ledger when this returns.
async fn read(conn: &mut Conn, actor: &Actor, clock: &Clock, ids: &[Uuid]) -> Result<Vec<Box<RawValue>>> {
    let sealed = store::sealed(conn, actor.jurisdiction, ids).await?;
    store::record_reading(conn, actor, clock.now(), &sealed).await?;
    let mut bodies: std::collections::HashMap<Uuid, Box<RawValue>> =
        store::wire(conn, actor.jurisdiction, ids).await?.into_iter().collect();
    Ok(ids.iter().filter_map(|id| bodies.remove(id)).collect())
}

/// Plans that the caller may see: sealed ones of his or her own or team, unsealed ones of the areas overseen.
#[utoipa::path(operation_id = "list_plans", tag = "plans", params(ListQuery), security(("access_token" = [])), responses(
    (status = 200, body = List),
))]
#[get("/v1/plans")]
async fn list(
    actor: Actor,
    query: Query<ListQuery>,
    db: Data<Db>,
    clock: Data<Clock>,
) -> Result<HttpResponse> {
    let limit = query.limit.unwrap_or(50).clamp(1, 200);
    let mut conn = db.conn().await?;
    let mut ids = store::visible(&mut conn, &actor, None, query.after, limit + 1).await?;
    let page = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = ids.len() > page;
    ids.truncate(page);
    let plans = read(&mut conn, &actor, &clock, &ids).await?;
    Ok(HttpResponse::Ok().json(List { plans, next: ids.last().copied().filter(|_| more) }))
}

/// One plan. Somebody else's sealed one, and none, are the same 404.
#[utoipa::path(operation_id = "get_plan", tag = "plans", params(("id" = Uuid, Path)), security(("access_token" = [])), responses(
    (status = 200, body = Plan),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/v1/plans/{id}")]
async fn one(actor: Actor, id: Path<Uuid>, db: Data<Db>, clock: Data<Clock>) -> Result<HttpResponse> {
    let mut conn = db.conn().await?;
    let ids = store::visible(&mut conn, &actor, Some(*id), None, 1).await?;
    let body = read(&mut conn, &actor, &clock, &ids).await?.pop().ok_or(Code::NotFound)?;
    Ok(HttpResponse::Ok().json(body))
}

/// All that it takes to repeat the draw of a plan (`anfang verify draw`). While it is sealed there is none for anybody.
#[utoipa::path(tag = "plans", params(("id" = Uuid, Path)), security(("access_token" = [])), responses(
    (status = 200, body = Object, description = "commitment, sites, algorithm, count, exclusions, frame, seed"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/v1/plans/{id}/draw")]
async fn draw(actor: Actor, id: Path<Uuid>, db: Data<Db>) -> Result<HttpResponse> {
    let mut conn = db.conn().await?;
    if store::visible(&mut conn, &actor, Some(*id), None, 1).await?.is_empty() {
        return Err(Code::NotFound.into());
    }
    let (plan, draw) = store::draw(&conn, actor.jurisdiction, *id).await?.ok_or(Code::NotFound)?;
    let record = plan.draw.ok_or(Code::NotFound)?;
    let draw = serde_json::from_str(draw.get())?;
    let file = DrawFile { commitment: record.commitment, sites: plan.sites, draw, about: None };
    Ok(HttpResponse::Ok().json(file))
}
