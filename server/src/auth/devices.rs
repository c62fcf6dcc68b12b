//! Devices: installations of clients, each of one account, known by the key that they hold.
//!
//! Promises: a device that is revoked is out within a second, everywhere, and its key never comes back; somebody
//! else's device answers like one that does not exist. Never: keeps a private key.

use std::collections::BTreeSet;

use anfang_protocol::{
    Code, Problem,
    auth::{DEVICE_NAME_CHARS, Device, Enrol},
    authority::{Held, governs},
    capabilities::{CAPABILITIES, PROTOCOL},
    ids::{AccountId, AreaId, DeviceId, JurisdictionId},
    people::{Role, Scope},
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    auth::{
        Actor,
        actor::Enrolling,
        by_whom, grants, jurisdictions,
        proofs::DeviceKey,
        sessions::{self, Begun, Ended},
    },
    clock::Clock,
    db::{
        Conn,
        schema::{accounts, devices, units},
    },
    failure::{Failure, Result},
    ledger::{self, Entry},
};

/// Capability names that a client may list, and characters of each.
const CAPABILITIES_MAX: usize = 100;

/// A device at sign-in.
#[derive(Debug)]
pub struct Known {
    pub key: DeviceKey,
    pub capabilities: Vec<String>,
}

/// An account's device, by its id. None when it is not this account's.
///
/// # Errors
/// `device_revoked`.
pub async fn of_account(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    account: AccountId,
    device: DeviceId,
) -> Result<Option<Known>> {
    let row: Option<(Value, Value, Option<DateTime<Utc>>)> = devices::table
        .find((jurisdiction.0, device.0))
        .filter(devices::account_id.eq(account.0))
        .select((devices::public_key, devices::capabilities, devices::revoked_at))
        .first(conn)
        .await
        .optional()?;
    let Some((key, capabilities, revoked_at)) = row else { return Ok(None) };
    if revoked_at.is_some() {
        return Err(Code::DeviceRevoked.into());
    }
    Ok(Some(Known { key: DeviceKey::read(&key)?, capabilities: serde_json::from_value(capabilities)? }))
}

/// Capability names that client and server have in common.
pub fn in_common(named: &[String]) -> Vec<String> {
    CAPABILITIES
        .iter()
        .filter(|ours| named.iter().any(|theirs| theirs == *ours))
        .map(|&ours| ours.to_owned())
        .collect()
}

/// Checks what a client says of itself.
///
/// # Errors
/// `text_invalid`, `version_unknown`, `request_invalid`.
pub fn check(enrol: &Enrol) -> Result<(), Problem> {
    for (text, at) in [(&enrol.name, "/name"), (&enrol.platform, "/platform")] {
        let fits = (1..=DEVICE_NAME_CHARS).contains(&text.trim().chars().count());
        if !fits || text.chars().any(char::is_control) {
            let why = format!("1 to {DEVICE_NAME_CHARS} characters are wanted");
            return Err(Problem::new(Code::TextInvalid).at(at).detail(why));
        }
    }
    if enrol.protocol != PROTOCOL {
        let why = format!("this server speaks version {PROTOCOL}");
        return Err(Problem::new(Code::VersionUnknown).at("/protocol").detail(why));
    }
    let too_long = enrol.capabilities.iter().any(|name| name.len() > CAPABILITIES_MAX);
    if too_long || enrol.capabilities.len() > CAPABILITIES_MAX {
        let why = format!("at most {CAPABILITIES_MAX} names of {CAPABILITIES_MAX} bytes");
        return Err(Problem::new(Code::RequestInvalid).at("/capabilities").detail(why));
    }
    Ok(())
}

/// Enrols the device that holds this key, which has been proven, and signs the account in on it. The same key
/// again is the same device: an answer that was lost leaves no second one behind.
///
/// # Errors
/// `token_invalid` when the enrolling sign-in was used before; `device_revoked` when the key was.
pub async fn enrol(
    conn: &mut Conn,
    clock: &Clock,
    by: &Enrolling,
    enrol: &Enrol,
    key: &DeviceKey,
) -> Result<Begun> {
    let name = format!("{}:{}", by.account, key.thumbprint());
    let device = DeviceId(by.jurisdiction.derive("device", &name));
    conn.transaction(async |conn| {
        let now = clock.now();
        if !sessions::end_enrolling(conn, now, by.jurisdiction, by.session).await? {
            return Err(Failure::from(Code::TokenInvalid));
        }
        keep(conn, now, by, device, enrol, key).await?;
        let what = json!({"device_id": device, "protocol": enrol.protocol, "key_sha256": key.thumbprint()});
        let entry = Entry::event("device.enrolled", now, &what)?.by(by.account, device);
        let device = (device, in_common(&enrol.capabilities));
        sessions::begin(conn, clock, by.jurisdiction, by.account, Some(device), vec![entry]).await
    })
    .await
}

async fn keep(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &Enrolling,
    device: DeviceId,
    enrol: &Enrol,
    key: &DeviceKey,
) -> Result<()> {
    let described = (
        devices::name.eq(enrol.name.trim()),
        devices::platform.eq(enrol.platform.trim()),
        devices::protocol.eq(i32::try_from(enrol.protocol).unwrap_or(i32::MAX)),
        devices::capabilities.eq(json!(in_common(&enrol.capabilities))),
        devices::last_seen_at.eq(now),
    );
    let kept = diesel::insert_into(devices::table)
        .values((
            devices::jurisdiction_id.eq(by.jurisdiction.0),
            devices::device_id.eq(device.0),
            devices::account_id.eq(by.account.0),
            devices::public_key.eq(&key.jwk),
            devices::enrolled_at.eq(now),
            described.clone(),
        ))
        .on_conflict((devices::jurisdiction_id, devices::device_id))
        .do_update()
        .set(described)
        .returning(devices::revoked_at)
        .get_result::<Option<DateTime<Utc>>>(conn)
        .await?;
    match kept {
        None => Ok(()),
        Some(_) => {
            Err(Problem::new(Code::DeviceRevoked).detail("this key was revoked; make a new one").into())
        }
    }
}

type Row = (Uuid, Uuid, String, String, i32, DateTime<Utc>, Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// The devices of one account, newest first: the actor's own, or those of an account that the actor administers.
///
/// # Errors
/// `not_found`.
pub async fn list(conn: &mut Conn, actor: &Actor, account: AccountId) -> Result<Vec<Device>> {
    if account != actor.account && !administers(conn, actor, account).await? {
        return Err(Code::NotFound.into());
    }
    of(conn, actor.jurisdiction, account).await
}

/// The devices of one account, newest first.
pub async fn of(conn: &mut Conn, jurisdiction: JurisdictionId, account: AccountId) -> Result<Vec<Device>> {
    let rows: Vec<Row> = devices::table
        .filter(devices::jurisdiction_id.eq(jurisdiction.0))
        .filter(devices::account_id.eq(account.0))
        .order((devices::enrolled_at.desc(), devices::device_id))
        .select((
            devices::device_id,
            devices::account_id,
            devices::name,
            devices::platform,
            devices::protocol,
            devices::enrolled_at,
            devices::last_seen_at,
            devices::revoked_at,
        ))
        .load(conn)
        .await?;
    let device =
        |(device, account, name, platform, protocol, enrolled_at, last_seen_at, revoked_at): Row| Device {
            device_id: DeviceId(device),
            account_id: AccountId(account),
            name,
            platform,
            protocol: protocol.unsigned_abs(),
            enrolled_at,
            last_seen_at,
            revoked_at,
        };
    Ok(rows.into_iter().map(device).collect())
}

/// Revokes a device: the actor's own, or one of an account that the actor administers. Again is no error.
///
/// # Errors
/// `not_found`, for a device of somebody else as for none.
pub async fn revoke(conn: &mut Conn, now: DateTime<Utc>, actor: &Actor, device: DeviceId) -> Result<()> {
    let owner: Option<Uuid> = devices::table
        .find((actor.jurisdiction.0, device.0))
        .select(devices::account_id)
        .first(conn)
        .await
        .optional()?;
    let owner = AccountId(owner.ok_or(Code::NotFound)?);
    if owner != actor.account && !administers(conn, actor, owner).await? {
        return Err(Code::NotFound.into());
    }
    strike(conn, now, actor.jurisdiction, Some(actor), device).await
}

/// Revokes a device, its sign-ins and refresh tokens with it. The caller has decided that this is allowed.
///
/// # Errors
/// `not_found`.
pub async fn strike(
    conn: &mut Conn,
    now: DateTime<Utc>,
    jurisdiction: JurisdictionId,
    by: Option<&Actor>,
    device: DeviceId,
) -> Result<()> {
    conn.transaction(async |conn| {
        let revoked_at: Option<Option<DateTime<Utc>>> = devices::table
            .find((jurisdiction.0, device.0))
            .select(devices::revoked_at)
            .for_update()
            .first(conn)
            .await
            .optional()?;
        if revoked_at.ok_or(Code::NotFound)?.is_some() {
            return Ok(());
        }
        diesel::update(devices::table.find((jurisdiction.0, device.0)))
            .set(devices::revoked_at.eq(now))
            .execute(conn)
            .await?;
        let ended = sessions::end_of_device(conn, now, jurisdiction, device, Ended::DeviceRevoked).await?;
        let what = json!({"device_id": device, "sessions_ended": ended});
        let entry = by_whom(Entry::event("device.revoked", now, &what)?, by);
        ledger::append(conn, jurisdiction, &[entry], &[]).await?;
        Ok::<_, Failure>(())
    })
    .await
}

/// Whether the actor administers an account ([`governs`]).
async fn administers(conn: &mut Conn, actor: &Actor, account: AccountId) -> Result<bool> {
    let mut held = grants::live_grants(conn, actor.jurisdiction, &[actor.account, account]).await?;
    let administered: BTreeSet<AreaId> = held
        .remove(&actor.account)
        .unwrap_or_default()
        .into_iter()
        .filter(|held| held.grant.role == Role::Administrator && matches!(held.grant.scope, Scope::Area(_)))
        .filter_map(|held| held.area)
        .collect();
    if administered.is_empty() {
        return Ok(false);
    }
    let Some(unit_area) = area_of_unit(conn, actor.jurisdiction, account).await? else { return Ok(false) };
    // A grant that reaches no area (a unit without one) is the whole jurisdiction's affair. One over a plan counts for
    // nothing here: an administrator who lost sight of somebody's devices would know of the plan.
    let of_plan = |held: &Held| matches!(held.grant.scope, Scope::Plan(_));
    let mut areas: Vec<Option<AreaId>> = held
        .remove(&account)
        .unwrap_or_default()
        .into_iter()
        .filter(|held| !of_plan(held))
        .map(|held| held.area)
        .collect();
    areas.extend(unit_area.map(Some));
    let paths =
        grants::paths(conn, actor.jurisdiction, &areas.iter().copied().flatten().collect::<Vec<_>>()).await?;
    let reach: Vec<Vec<AreaId>> = areas
        .into_iter()
        .map(|area| area.and_then(|area| paths.get(&area).cloned()).unwrap_or_default())
        .collect();
    let roots = jurisdictions::roots(conn, actor.jurisdiction).await?;
    Ok(governs(&administered, roots.iter().any(|root| administered.contains(root)), &reach))
}

/// The area of the account's unit, if it has one. None: there is no such account.
async fn area_of_unit(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    account: AccountId,
) -> Result<Option<Option<AreaId>>> {
    let area: Option<Option<Option<Uuid>>> = accounts::table
        .find((jurisdiction.0, account.0))
        .left_join(units::table.on(
            units::jurisdiction_id.eq(jurisdiction.0).and(units::unit_id.nullable().eq(accounts::unit_id)),
        ))
        .select(units::area_id.nullable().nullable())
        .first::<Option<Uuid>>(conn)
        .await
        .optional()?
        .map(Some);
    Ok(area.flatten().map(|area| area.map(AreaId)))
}
