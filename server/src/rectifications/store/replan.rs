//! When the clock looks at items again: said anew for single ones, and after new rules for all, a page at a time.

use anfang_protocol::{ids::JurisdictionId, lifecycle::Item};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, Int4, Nullable, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::read::item;
use crate::{
    db::{
        Conn, prepared,
        schema::{rectifications, replans},
    },
    failure::Result,
};

/// Has every item that is not cancelled looked at by the rules that hold now, whatever is being looked at already.
///
/// # Errors
/// Broken when the database fails.
pub async fn replan(conn: &mut Conn, jurisdiction: JurisdictionId, now: DateTime<Utc>) -> Result<()> {
    let row = (replans::after.eq(Uuid::nil()), replans::since.eq(now));
    diesel::insert_into(replans::table)
        .values((replans::jurisdiction_id.eq(jurisdiction.0), row))
        .on_conflict(replans::jurisdiction_id)
        .do_update()
        .set(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// So long after new rules some process may still go by the old ones.
const SETTLED: TimeDelta = TimeDelta::seconds(5);

/// Looks at the next `page` of the items that are still to be looked at. Returns how many; 0: none are, or not yet.
///
/// # Errors
/// Broken when the database fails or a stored body cannot be read.
pub async fn look_anew(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    now: DateTime<Utc>,
    page: i64,
    next: impl Fn(&Item) -> Option<DateTime<Utc>>,
) -> Result<usize> {
    let mine = replans::table.find(jurisdiction.0);
    let due = mine.filter(replans::since.le(now - SETTLED)).select(replans::after).for_update();
    let Some(after) = due.first::<Uuid>(conn).await.optional()? else { return Ok(0) };
    let rows: Vec<(i32, String, String)> = rectifications::table
        .filter(rectifications::jurisdiction_id.eq(jurisdiction.0))
        .filter(rectifications::rectification_id.gt(after))
        .filter(rectifications::stage.ne("cancelled"))
        .order(rectifications::rectification_id)
        .limit(page)
        .select((rectifications::rev, rectifications::body, rectifications::desk))
        .load(conn)
        .await?;
    let items = rows.iter().map(|(rev, body, desk)| item(*rev, body, desk)).collect::<Result<Vec<Item>>>()?;
    let Some(last) = items.last() else {
        diesel::delete(mine).execute(conn).await?;
        return Ok(0);
    };
    diesel::update(mine).set(replans::after.eq(last.id().0)).execute(conn).await?;
    reschedule(conn, jurisdiction, items.iter(), next).await?;
    Ok(items.len())
}

/// Says when to look at these items again, as far as they have not changed since they were read.
///
/// # Errors
/// Broken when the database fails.
pub async fn reschedule<'a>(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    items: impl Iterator<Item = &'a Item> + Clone,
    next: impl Fn(&Item) -> Option<DateTime<Utc>>,
) -> Result<()> {
    let of = || items.clone();
    if of().next().is_none() {
        return Ok(());
    }
    prepared(
        "UPDATE rectifications r SET next_at = n.next_at FROM unnest($2, $3, $4) AS n (id, rev, next_at) \
         WHERE jurisdiction_id = $1 AND rectification_id = n.id AND r.rev = n.rev AND r.next_at IS DISTINCT FROM n.next_at",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(of().map(|item| item.id().0).collect::<Vec<_>>())
    .bind::<Array<Int4>, _>(of().map(|item| item.rev.cast_signed()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Timestamptz>>, _>(of().map(next).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}
