//! `/v1/rectifications`, and the accounts of units.

use actix_web::{
    HttpResponse, get,
    web::{Data, Path, Query},
};
use anfang_protocol::{Code, Problem, lifecycle::item::Rectification};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::{
    query::{ListQuery, mark},
    store::{
        self,
        list::{self, Happened},
        tally::{self, By, Count, Day, Held},
    },
};
use crate::{auth::Actor, clock::Clock, db::Db, failure::Result};

pub fn routes(config: &mut ServiceConfig) {
    config.service(items).service(counts).service(trail).service(accounts).service(held);
    super::export::routes::routes(config);
}

/// A page of items, the last listed first.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RectificationList)]
struct List {
    #[schema(value_type = Vec<Rectification>)]
    rectifications: Vec<Box<RawValue>>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Items of the ledger that the caller may see, the last listed first.
#[utoipa::path(tag = "rectifications", params(ListQuery), security(("access_token" = [])), responses(
    (status = 200, body = List),
))]
#[get("/v1/rectifications")]
async fn items(
    actor: Actor,
    query: Query<ListQuery>,
    db: Data<Db>,
    clock: Data<Clock>,
) -> Result<HttpResponse> {
    let mut filter = query.into_inner().filter(clock.now())?;
    let limit = filter.limit;
    filter.limit += 1;
    let mut conn = db.conn().await?;
    let mut rows = list::visible(&mut conn, &actor, &filter).await?;
    let page = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > page;
    rows.truncate(page);
    let ids: Vec<Uuid> = rows.iter().map(|(id, _)| *id).collect();
    let mut bodies: std::collections::HashMap<Uuid, Box<RawValue>> =
        store::wire(&conn, actor.jurisdiction, &ids).await?.into_iter().collect();
    let rectifications = ids.iter().filter_map(|id| bodies.remove(id)).collect();
    let next = rows.last().filter(|_| more).map(|(id, at)| mark(*id, *at));
    Ok(HttpResponse::Ok().json(List { rectifications, next }))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct CountQuery {
    /// `stage` (unless told), `sector`, `township`, `area`, `unit`, `person`, `severity`, `source`; `site` with an area.
    by: Option<String>,
    /// Only items in this area, with all below it.
    area_id: Option<Uuid>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Counts {
    counts: Vec<Count>,
}

/// How many items the caller may see, by something, and how they stand.
#[utoipa::path(tag = "rectifications", params(CountQuery), security(("access_token" = [])), responses(
    (status = 200, body = Counts),
    (status = 422, body = Problem, description = "request_invalid", content_type = "application/problem+json"),
))]
#[get("/v1/rectifications/counts")]
async fn counts(
    actor: Actor,
    query: Query<CountQuery>,
    db: Data<Db>,
    clock: Data<Clock>,
) -> Result<HttpResponse> {
    let invalid = |at: &str, why: &str| Problem::new(Code::RequestInvalid).at(at).detail(why);
    let by = match query.by.as_deref() {
        None => By::default(),
        Some(name) => By::named(name).ok_or_else(|| invalid("by", "there is no such way to count"))?,
    };
    if by == By::Site && query.area_id.is_none() {
        return Err(invalid("area_id", "sites are counted in an area: name one").into());
    }
    let counts = tally::counts(&mut *db.conn().await?, &actor, by, query.area_id, clock.now()).await?;
    Ok(HttpResponse::Ok().json(Counts { counts }))
}

#[derive(Serialize, utoipa::ToSchema)]
struct Trail {
    trail: Vec<Happened>,
}

/// What happened to an item, in order, for those who oversee it. Somebody else's, and none, are the same 404.
#[utoipa::path(tag = "rectifications", params(("id" = Uuid, Path)), security(("access_token" = [])), responses(
    (status = 200, body = Trail),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/v1/rectifications/{id}/trail")]
async fn trail(actor: Actor, id: Path<Uuid>, db: Data<Db>) -> Result<HttpResponse> {
    let trail = list::trail(&mut *db.conn().await?, &actor, *id).await?.ok_or(Code::NotFound)?;
    Ok(HttpResponse::Ok().json(Trail { trail }))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct AccountQuery {
    from: NaiveDate,
    to: NaiveDate,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Accounts {
    days: Vec<Day>,
}

/// Opening, new, reopened, closed, moved away, closing: per unit and day.
#[utoipa::path(tag = "rectifications", params(AccountQuery), security(("access_token" = [])), responses(
    (status = 200, body = Accounts),
))]
#[get("/v1/reconciliation")]
async fn accounts(actor: Actor, query: Query<AccountQuery>, db: Data<Db>) -> Result<HttpResponse> {
    let days = tally::accounts(&mut *db.conn().await?, &actor, query.from, query.to).await?;
    Ok(HttpResponse::Ok().json(Accounts { days }))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct HeldQuery {
    /// `unit` (unless told): whose work it was. `group`: who accepted it.
    by: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct HeldList {
    held: Vec<Held>,
}

/// How closed items held: closings and relapses (反弹) of each unit, or of each acceptance group (domain.md §4).
#[utoipa::path(tag = "rectifications", params(HeldQuery), security(("access_token" = [])), responses(
    (status = 200, body = HeldList),
    (status = 422, body = Problem, description = "request_invalid", content_type = "application/problem+json"),
))]
#[get("/v1/relapses")]
async fn held(actor: Actor, query: Query<HeldQuery>, db: Data<Db>) -> Result<HttpResponse> {
    let by_group = match query.by.as_deref() {
        None | Some("unit") => false,
        Some("group") => true,
        Some(_) => {
            return Err(Problem::new(Code::RequestInvalid).at("by").detail("unit, or group").into());
        }
    };
    let held = tally::held(&mut *db.conn().await?, &actor, by_group).await?;
    Ok(HttpResponse::Ok().json(HeldList { held }))
}
