//! `GET /v1/checklists`: which versions there are, and each of them.

use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Data, Path},
};
use anfang_protocol::{Code, Problem, checklist::Checklist, ids::ChecklistId, words::Words};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::store;
use crate::{auth::Actor, db::Db, failure::Result, tagged::tagged};

pub fn routes(config: &mut ServiceConfig) {
    config.service(list).service(one);
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ChecklistList {
    /// Every published version, by code and version.
    pub checklists: Vec<ChecklistEdition>,
}

/// A published version in short.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ChecklistEdition {
    pub checklist_id: ChecklistId,
    pub version: u32,
    pub code: String,
    pub title: Words,
    pub published_at: DateTime<Utc>,
    /// How many items it has.
    pub items: usize,
    /// The version to inspect with; older ones are kept for the inspections that were made with them.
    pub newest: bool,
}

/// Every published version of every checklist.
#[utoipa::path(
    operation_id = "list_checklists",
    tag = "reference",
    responses((status = 200, body = ChecklistList), (status = 304), (status = 401, body = Problem))
)]
#[get("/v1/checklists")]
pub async fn list(request: HttpRequest, actor: Actor, db: Data<Db>) -> Result<HttpResponse> {
    let mut conn = db.conn().await?;
    let versions = store::visible(&mut conn, &actor).await?;
    let followers = versions.iter().skip(1).map(Some).chain([None]);
    let edition = |((checklist, published_at), follower): (&(Checklist, _), Option<&(Checklist, _)>)| {
        ChecklistEdition {
            checklist_id: checklist.checklist_id,
            version: checklist.version,
            code: checklist.code.clone(),
            title: checklist.title.clone(),
            published_at: *published_at,
            items: checklist.items.len(),
            newest: follower.is_none_or(|(next, _)| next.checklist_id != checklist.checklist_id),
        }
    };
    let checklists = versions.iter().zip(followers).map(edition).collect();
    tagged(&request, &ChecklistList { checklists })
}

/// One version. It never changes.
#[utoipa::path(
    operation_id = "get_checklist",
    tag = "reference",
    params(
        ("id" = ChecklistId, Path, description = "The checklist"),
        ("version" = u32, Path, description = "1, 2, 3 …")
    ),
    responses(
        (status = 200, body = Checklist),
        (status = 304),
        (status = 401, body = Problem),
        (status = 404, body = Problem)
    )
)]
#[get("/v1/checklists/{id}/versions/{version}")]
pub async fn one(
    request: HttpRequest,
    actor: Actor,
    db: Data<Db>,
    path: Path<(ChecklistId, u32)>,
) -> Result<HttpResponse> {
    let (id, version) = path.into_inner();
    let mut conn = db.conn().await?;
    let edition = store::visible_one(&mut conn, &actor, id, version).await?.ok_or(Code::NotFound)?;
    tagged(&request, &edition)
}
