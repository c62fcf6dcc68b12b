//! Jurisdictions: set up once, found by their code.

use anfang_protocol::{
    Code, Problem,
    area::AreaLevel,
    feed::{Channel, Kind},
    ids::{AreaId, JurisdictionId},
    words::Words,
};
use diesel::{
    prelude::*,
    sql_types::{Bytea, Uuid as SqlUuid},
};
use diesel_async::{AsyncConnection, RunQueryDsl};
use serde_json::json;
use uuid::Uuid;

use crate::{
    clock::Clock,
    db::{
        Conn, prepared,
        schema::{areas, epochs, heads, jurisdictions},
    },
    failure::{Failure, Result},
    ledger::{self, Entry, Place, verify::GENESIS},
};

/// A jurisdiction to be set up, or renamed.
#[derive(Debug, Clone)]
pub struct NewJurisdiction {
    /// Official code, as people type it at sign-in.
    pub code: String,
    pub name: Words,
    /// IANA name, for instance `Asia/Shanghai`.
    pub time_zone: String,
    /// With it, an area of the jurisdiction's own code and name is made where there is none, so that roles over
    /// the whole can be granted before areas are imported. An import finds it again by its code.
    pub root: Option<AreaLevel>,
}

/// Sets the jurisdiction up with an empty ledger, or brings its name and time zone up to date.
///
/// # Errors
/// `text_invalid` when the code, a name or the time zone will not do.
pub async fn set_up(conn: &mut Conn, clock: &Clock, new: &NewJurisdiction) -> Result<JurisdictionId> {
    check(new)?;
    let id = JurisdictionId::of(&new.code);
    conn.transaction(async |conn| {
        diesel::insert_into(jurisdictions::table)
            .values((
                jurisdictions::jurisdiction_id.eq(id.0),
                jurisdictions::code.eq(&new.code),
                jurisdictions::name_zh.eq(&new.name.zh),
                jurisdictions::name_en.eq(&new.name.en),
                jurisdictions::time_zone.eq(&new.time_zone),
                jurisdictions::created_at.eq(clock.now()),
            ))
            .on_conflict(jurisdictions::jurisdiction_id)
            .do_update()
            .set((
                jurisdictions::name_zh.eq(&new.name.zh),
                jurisdictions::name_en.eq(&new.name.en),
                jurisdictions::time_zone.eq(&new.time_zone),
            ))
            .execute(conn)
            .await?;
        prepared(
            "INSERT INTO heads (jurisdiction_id, ledger_hash, epoch, incarnation) \
             VALUES ($1, $2, gen_random_uuid(), incarnation()) ON CONFLICT DO NOTHING",
        )
        .bind::<SqlUuid, _>(id.0)
        .bind::<Bytea, _>(GENESIS.as_slice())
        .execute(conn)
        .await?;
        let root = match &new.root {
            Some(level) => make_root(conn, id, new, level).await?,
            None => None,
        };
        let what = json!({"code": new.code, "name": new.name, "time_zone": new.time_zone, "root_area": root});
        let places: Vec<Place> =
            root.map(|area| Place::put(Channel::Reference, Kind::Area, area, 1)).into_iter().collect();
        ledger::append(conn, id, &[Entry::event("jurisdiction.set_up", clock.now(), &what)?], &places)
            .await?;
        Ok::<_, Failure>(id)
    })
    .await
}

fn check(new: &NewJurisdiction) -> Result<(), Problem> {
    let refuse = |at: &str, why: &str| Err(Problem::new(Code::TextInvalid).at(at).detail(why));
    let plain = |text: &str, chars: usize| {
        !text.trim().is_empty() && text.chars().count() <= chars && !text.chars().any(char::is_control)
    };
    if !plain(&new.code, 32) || new.code.chars().any(char::is_whitespace) {
        return refuse("/code", "a code has 1 to 32 characters, no white space");
    }
    if !plain(&new.name.zh, 100) || !new.name.en.as_deref().is_none_or(|name| plain(name, 100)) {
        return refuse("/name", "a name has 1 to 100 characters");
    }
    if !plain(&new.time_zone, 64) {
        return refuse("/time_zone", "the time zone is an IANA name, for instance Asia/Shanghai");
    }
    Ok(())
}

/// The area of the jurisdiction itself, if it has no area at all. Its code is filled up to twelve digits.
async fn make_root(
    conn: &mut Conn,
    id: JurisdictionId,
    new: &NewJurisdiction,
    level: &AreaLevel,
) -> Result<Option<Uuid>> {
    let digits = new.code.len() <= 12 && new.code.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || !level.has_channels() {
        let why = "an area of its own is made for a code of up to twelve digits, at township level or above";
        return Err(Problem::new(Code::TextInvalid).at("/code").detail(why).into());
    }
    let any: Option<Uuid> = areas::table
        .filter(areas::jurisdiction_id.eq(id.0))
        .select(areas::area_id)
        .first(conn)
        .await
        .optional()?;
    if any.is_some() {
        return Ok(None);
    }
    let code = format!("{:0<12}", new.code);
    let area = id.derive("area", &code);
    diesel::insert_into(areas::table)
        .values((
            areas::jurisdiction_id.eq(id.0),
            areas::area_id.eq(area),
            areas::code.eq(code),
            areas::name_zh.eq(&new.name.zh),
            areas::name_en.eq(&new.name.en),
            areas::level.eq(level.as_str()),
            areas::channel_area_id.eq(area),
            areas::rev.eq(1),
        ))
        .execute(conn)
        .await?;
    Ok(Some(area))
}

/// The jurisdiction with this code; without a code, the only one there is.
///
/// # Errors
/// `not_found`; `request_invalid` when there are several and none was named.
pub async fn find(conn: &mut Conn, code: Option<&str>) -> Result<JurisdictionId> {
    let some: Vec<Uuid> = match code {
        Some(code) => {
            jurisdictions::table
                .find(JurisdictionId::of(code.trim()).0)
                .select(jurisdictions::jurisdiction_id)
                .load(conn)
                .await?
        }
        None => jurisdictions::table.select(jurisdictions::jurisdiction_id).limit(2).load(conn).await?,
    };
    match some.as_slice() {
        [id] => Ok(JurisdictionId(*id)),
        [] => Err(Problem::new(Code::NotFound).detail("there is no such jurisdiction").into()),
        _ => Err(Problem::new(Code::RequestInvalid)
            .at("/jurisdiction")
            .detail("this server has several jurisdictions: name one by its code")
            .into()),
    }
}

/// The root areas: those that lie in none.
pub async fn roots(conn: &mut Conn, id: JurisdictionId) -> Result<Vec<AreaId>> {
    let roots: Vec<Uuid> = areas::table
        .filter(areas::jurisdiction_id.eq(id.0))
        .filter(areas::parent_id.is_null())
        .select(areas::area_id)
        .load(conn)
        .await?;
    Ok(roots.into_iter().map(AreaId).collect())
}

/// Begins a new epoch: every phone compares its digests with the server's and fetches what differs.
pub async fn new_epoch(conn: &mut Conn, clock: &Clock, id: JurisdictionId) -> Result<()> {
    conn.transaction(async |conn| {
        let entry = Entry::event("epoch.renewed", clock.now(), &json!({}))?;
        ledger::append(conn, id, &[entry], &[]).await?;
        diesel::insert_into(epochs::table)
            .values(heads::table.find(id.0).select((heads::jurisdiction_id, heads::epoch, heads::seq)))
            .into_columns((epochs::jurisdiction_id, epochs::epoch, epochs::ended_seq))
            .execute(conn)
            .await?;
        let epoch = clock.fresh_id();
        let changed =
            diesel::update(heads::table.find(id.0)).set(heads::epoch.eq(epoch)).execute(conn).await?;
        if changed == 1 { Ok(()) } else { Err(Failure::from(Code::NotFound)) }
    })
    .await
}
