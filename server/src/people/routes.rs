//! `GET /v1/people`.

use actix_web::{
    HttpResponse, get,
    web::{Data, Query},
};
use anfang_protocol::{
    Code, Problem,
    ids::{AccountId, UnitId},
};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::store;
use crate::{auth::Actor, db::Db, failure::Result};

pub fn routes(config: &mut ServiceConfig) {
    config.service(list);
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PeopleQuery {
    /// Only those who belong to this unit or serve it.
    pub unit_id: Option<Uuid>,
    /// Only those with this role, for instance `verifier`.
    pub role: Option<String>,
    /// Part of the name.
    pub q: Option<String>,
    /// `next` of the page before.
    pub after: Option<String>,
    /// 1 to 200; 50 unless told.
    pub limit: Option<i64>,
}

/// Somebody with an active account.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Person {
    #[schema(value_type = Uuid)]
    pub account_id: AccountId,
    pub name: String,
    /// The unit that he or she belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub unit_id: Option<UnitId>,
    /// Over areas and units that the caller oversees.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
}

/// A page of people, by name.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct People {
    pub people: Vec<Person>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Where a page ends: id and name. Both are in the mark, so that nobody's is looked up by somebody's word.
fn mark(person: &Person) -> String {
    format!("{}{}", person.account_id, person.name)
}

fn read_mark(text: &str) -> Option<(Uuid, &str)> {
    let (id, name) = text.split_at_checked(uuid::fmt::Hyphenated::LENGTH)?;
    Some((id.parse().ok()?, name))
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
