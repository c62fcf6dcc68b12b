//! `GET /v1/people`.

use actix_web::{
    HttpResponse, get,
    web::{Data, Query},
};
use anfang_protocol::{Code, Problem};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    page::{People, PeopleQuery, mark, read_mark},
    store,
};
use crate::{auth::Actor, db::Db, failure::Result};

pub fn routes(config: &mut ServiceConfig) {
    config.service(list);
}

/// Those who serve where the caller oversees, and the caller.
#[utoipa::path(operation_id = "list_people", tag = "reference", params(PeopleQuery), responses(
    (status = 200, body = People),
    (status = 401, body = Problem, content_type = "application/problem+json"),
))]
#[get("/v1/people")]
async fn list(actor: Actor, query: Query<PeopleQuery>, db: Data<Db>) -> Result<HttpResponse> {
    let limit = query.limit.unwrap_or(50).clamp(1, 200);
    let after = match query.after.as_deref() {
        None => None,
        Some(text) => Some(read_mark(text).ok_or_else(|| Problem::new(Code::RequestInvalid).at("after"))?),
    };
    let mut people = store::visible(&mut *db.conn().await?, &actor, &query, after, limit + 1).await?;
    let page = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = people.len() > page;
    people.truncate(page);
    let next = people.last().filter(|_| more).map(mark);
    Ok(HttpResponse::Ok().json(People { people, next }))
}
