//! `GET /v1/sites`: what can be inspected, as far as the actor's areas go.

use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Data, Path, Query},
};
use anfang_protocol::{
    Code, Problem,
    ids::{AreaId, SiteId},
    limits,
    site::{Site, SiteKind},
};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::store::{self, Wanted};
use crate::{auth::Actor, db::Db, failure::Result, tagged::tagged};

pub fn routes(config: &mut ServiceConfig) {
    config.service(list).service(one);
}

/// Sites on a page: when nobody says, and at most.
const PAGE: u32 = 100;
const PAGE_MAX: u32 = 1000;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// In this area or below.
    pub area_id: Option<AreaId>,
    pub kind: Option<SiteKind>,
    /// A part of the name or code.
    pub q: Option<String>,
    /// `next` of the page before.
    pub after: Option<String>,
    /// Sites on the page: 1 to 1000, else 100.
    pub limit: Option<u32>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SitePage {
    /// In the order of their codes.
    pub sites: Vec<Site>,
    /// Give this as `after` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The sites in the areas that you may read, page by page.
#[utoipa::path(
    operation_id = "list_sites",
    tag = "reference",
    params(Filter),
    responses(
        (status = 200, body = SitePage),
        (status = 304),
        (status = 401, body = Problem),
        (status = 422, body = Problem)
    )
)]
#[get("/v1/sites")]
pub async fn list(
    request: HttpRequest,
    actor: Actor,
    db: Data<Db>,
    filter: Query<Filter>,
) -> Result<HttpResponse> {
    let Filter { area_id, kind, q, after, limit } = filter.into_inner();
    for (at, text) in [("q", &q), ("after", &after)] {
        let fits = |text: &str| text.chars().count() <= limits::SHORT_TEXT_CHARS;
        if !text.as_deref().is_none_or(fits) {
            return Err(Problem::new(Code::TextInvalid).at(at).into());
        }
    }
    let page = limit.unwrap_or(PAGE);
    if !(1..=PAGE_MAX).contains(&page) {
        return Err(Problem::new(Code::RequestInvalid).at("limit").detail("1 to 1000").into());
    }
    let wanted = Wanted { area: area_id, kind, part: q.filter(|q| !q.is_empty()), after };
    let mut conn = db.conn().await?;
    // One more than the page tells whether there is another.
    let mut sites = store::visible(&mut conn, &actor, &wanted, i64::from(page) + 1).await?;
    let is_more = sites.len() > page as usize;
    sites.truncate(page as usize);
    let next = sites.last().filter(|_| is_more).map(|site| site.code.clone());
    tagged(&request, &SitePage { sites, next })
}

/// One site.
#[utoipa::path(
    operation_id = "get_site",
    tag = "reference",
    params(("id" = SiteId, Path, description = "The site")),
    responses(
        (status = 200, body = Site),
        (status = 304),
        (status = 401, body = Problem),
        (status = 404, body = Problem)
    )
)]
#[get("/v1/sites/{id}")]
pub async fn one(request: HttpRequest, actor: Actor, db: Data<Db>, id: Path<SiteId>) -> Result<HttpResponse> {
    let mut conn = db.conn().await?;
    let site = store::visible_one(&mut conn, &actor, *id).await?.ok_or(Code::NotFound)?;
    tagged(&request, &site)
}
