//! Lists of inspections, by the channels that the reader holds.

use anfang_protocol::ids::JurisdictionId;
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types::Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::{
    auth::Actor,
    db::{
        Conn, prepared,
        schema::{feed, inspections, memberships},
    },
    failure::Result,
};

/// Which inspections a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub area: Option<Uuid>,
    pub site: Option<Uuid>,
    /// Only those received before this one (keyset: time and id of the last row of the page before).
    pub before: Option<(DateTime<Utc>, Uuid)>,
    pub limit: i64,
}

/// The area and all below it.
async fn within(conn: &mut Conn, jurisdiction: JurisdictionId, area: Uuid) -> Result<Vec<Uuid>> {
    #[derive(QueryableByName)]
    struct Area {
        #[diesel(sql_type = SqlUuid)]
        area_id: Uuid,
    }
    let areas: Vec<Area> = prepared(
        "WITH RECURSIVE down (area_id) AS ( \
            SELECT $2 UNION ALL \
            SELECT a.area_id FROM down JOIN areas a ON a.jurisdiction_id = $1 AND a.parent_id = down.area_id) \
         SELECT area_id FROM down",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<SqlUuid, _>(area)
    .load(conn)
    .await?;
    Ok(areas.into_iter().map(|area| area.area_id).collect())
}

/// Ids of inspections that the actor may see, newest first, with the time each was received.
///
/// # Errors
/// Broken when the database fails.
pub async fn visible(conn: &mut Conn, actor: &Actor, filter: &Filter) -> Result<Vec<(Uuid, DateTime<Utc>)>> {
    let mut query = inspections::table
        .filter(inspections::jurisdiction_id.eq(actor.jurisdiction.0))
        .filter(diesel::dsl::exists(
            feed::table
                .inner_join(
                    memberships::table.on(memberships::jurisdiction_id
                        .eq(feed::jurisdiction_id)
                        .and(memberships::channel.eq(feed::channel))),
                )
                .filter(feed::jurisdiction_id.eq(inspections::jurisdiction_id))
                .filter(feed::item_id.eq(inspections::inspection_id))
                .filter(feed::present)
                .filter(memberships::account_id.eq(actor.account.0))
                .filter(memberships::revoked_seq.is_null()),
        ))
        .order((inspections::received_at.desc(), inspections::inspection_id.desc()))
        .limit(filter.limit)
        .select((inspections::inspection_id, inspections::received_at))
        .into_boxed();
    if let Some(area) = filter.area {
        query = query.filter(inspections::area_id.eq_any(within(conn, actor.jurisdiction, area).await?));
    }
    if let Some(site) = filter.site {
        query = query.filter(inspections::site_id.eq(site));
    }
    if let Some((at, id)) = filter.before {
        query = query.filter(
            inspections::received_at
                .lt(at)
                .or(inspections::received_at.eq(at).and(inspections::inspection_id.lt(id))),
        );
    }
    Ok(query.load(conn).await?)
}

/// Whether the actor may see this one.
pub async fn may_see(conn: &mut Conn, actor: &Actor, id: Uuid) -> Result<bool> {
    let standing = feed::table
        .inner_join(
            memberships::table.on(memberships::jurisdiction_id
                .eq(feed::jurisdiction_id)
                .and(memberships::channel.eq(feed::channel))),
        )
        .filter(feed::jurisdiction_id.eq(actor.jurisdiction.0))
        .filter(feed::item_id.eq(id))
        .filter(feed::present)
        .filter(memberships::account_id.eq(actor.account.0))
        .filter(memberships::revoked_seq.is_null());
    Ok(diesel::select(diesel::dsl::exists(standing)).get_result(conn).await?)
}
