//! Lists of inspections, by the channels that the reader holds.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::{
    auth::{Actor, grants},
    db::{
        Conn,
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
        query =
            query.filter(inspections::area_id.eq_any(grants::within(conn, actor.jurisdiction, area).await?));
    }
    if let Some(site) = filter.site {
        query = query.filter(inspections::site_id.eq(site));
    }
    if let Some((at, id)) = filter.before {
        // The first condition says the same once more, in a form that an index begins at.
        query = query
            .filter(inspections::received_at.le(at))
            .filter(inspections::received_at.lt(at).or(inspections::inspection_id.lt(id)));
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
