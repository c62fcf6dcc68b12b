//! `anfang admin …`: jurisdictions, accounts, grants, devices and keys, from the command line of the server.
//!
//! Promises: does nothing that is not on the ledger; a password is printed once, when the program made it up, and
//! never otherwise. Whoever can run it has the server's own rights.

use std::io::Read;

use anfang_protocol::{
    area::AreaLevel,
    auth::Device,
    authority::{Held, channels, opens},
    ids::{AccountId, AreaId, DeviceId, GrantId, JurisdictionId, PlanId, UnitId},
    people::{Role, Scope},
    words::Words,
};
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    auth::{
        Passwords, Secret,
        accounts::{self, NewAccount},
        devices, grants,
        jurisdictions::{self, NewJurisdiction},
        keys::Keys,
        passwords,
        standing::Standing,
    },
    clock::Clock,
    db::{
        Conn,
        schema::{areas, units},
    },
};

/// Everything under `anfang admin`.
#[derive(Debug, Args)]
pub struct Admin {
    /// Code of the jurisdiction; may be left out where there is only one.
    #[arg(long, global = true)]
    pub jurisdiction: Option<String>,
    /// Print one JSON object instead of words.
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set up a jurisdiction (named by --jurisdiction), or change its name and time zone.
    Jurisdiction {
        /// Name in Chinese.
        #[arg(long)]
        name: String,
        /// Name in English.
        #[arg(long)]
        name_en: Option<String>,
        /// IANA name.
        #[arg(long, default_value = "Asia/Shanghai")]
        time_zone: String,
        /// Level of the area that is made for the jurisdiction itself: city, county or township.
        #[arg(long, default_value = "county")]
        level: String,
        /// Make no such area; roles over the whole can then be granted only after areas are imported.
        #[arg(long)]
        no_area: bool,
    },
    /// Make an account.
    Account {
        #[arg(long)]
        login: String,
        /// The person's name.
        #[arg(long)]
        name: String,
        /// Code of the unit that the person belongs to.
        #[arg(long)]
        unit: Option<String>,
        #[command(flatten)]
        password: NewPassword,
        /// May do nothing until `anfang admin enable`.
        #[arg(long)]
        invited: bool,
        /// Grant the role of administrator over the whole jurisdiction.
        #[arg(long)]
        administrator: bool,
    },
    /// Set an account's password; all its sign-ins end.
    Password {
        #[arg(long)]
        login: String,
        #[command(flatten)]
        password: NewPassword,
    },
    /// Bar an account: it is out within a second.
    Disable {
        #[arg(long)]
        login: String,
    },
    /// Confirm an invited account, or let a disabled one in again.
    Enable {
        #[arg(long)]
        login: String,
    },
    /// Grant a role over an area with all below it, over a unit, or over a plan.
    Grant {
        #[arg(long)]
        login: String,
        /// inspector, supervisor, unit_officer, verifier, leader, resident_team, auditor or administrator.
        #[arg(long)]
        role: String,
        #[command(flatten)]
        over: Over,
    },
    /// List an account's grants, and the channels that they open.
    Grants {
        #[arg(long)]
        login: String,
    },
    /// Take a grant away.
    RevokeGrant {
        #[arg(long)]
        grant: GrantId,
    },
    /// List an account's devices.
    Devices {
        #[arg(long)]
        login: String,
    },
    /// Revoke a device, with its sign-ins.
    RevokeDevice {
        #[arg(long)]
        device: DeviceId,
    },
    /// Make a new key for access tokens; those signed with the old one are good to their end.
    RotateKeys,
    /// Have every client compare what it holds with the server and fetch what differs.
    NewEpoch,
}

#[derive(Debug, Args)]
#[group(skip)]
pub struct NewPassword {
    /// Read the password from standard input; without this, one is made up and printed once.
    #[arg(long)]
    pub password_stdin: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Over {
    /// Official code of an area at township level or above.
    #[arg(long)]
    pub area: Option<String>,
    /// Code of a unit.
    #[arg(long)]
    pub unit: Option<String>,
    /// Identifier of a plan.
    #[arg(long)]
    pub plan: Option<PlanId>,
}

/// What was done: in words, and as JSON.
struct Done(String, Value);

/// Carries a command out and prints what was done.
///
/// # Errors
/// When the command is refused or the database fails; nothing is changed then, or only what was printed.
pub async fn run(admin: Admin, conn: &mut Conn, clock: &Clock, secret: &Secret) -> anyhow::Result<()> {
    let json = admin.json;
    let Done(words, value) = carry_out(admin, conn, clock, secret).await?;
    if json {
        println!("{value}");
    } else {
        println!("{words}");
    }
    Ok(())
}

async fn carry_out(admin: Admin, conn: &mut Conn, clock: &Clock, secret: &Secret) -> anyhow::Result<Done> {
    let code = admin.jurisdiction;
    if let Command::Jurisdiction { name, name_en, time_zone, level, no_area } = admin.command {
        let code = code.context("name the jurisdiction with --jurisdiction CODE")?;
        let root = (!no_area).then(|| AreaLevel::from(level.as_str()));
        return jurisdiction(
            conn,
            clock,
            NewJurisdiction { code, name: Words { zh: name, en: name_en }, time_zone, root },
        )
        .await;
    }
    let here = jurisdictions::find(conn, code.as_deref()).await?;
    match admin.command {
        Command::Jurisdiction { .. } => bail!("handled above"),
        Command::Account { login, name, unit, password, invited, administrator } => {
            let standing = if invited { Standing::Invited } else { Standing::Active };
            let unit = match unit {
                None => None,
                Some(code) => Some(accounts::unit(conn, here, &code).await?),
            };
            let new = NewAccount { login, name, password_hash: String::new(), standing, unit };
            account(conn, clock, here, new, &password, administrator).await
        }
        Command::Password { login, password } => set_password(conn, clock, here, &login, &password).await,
        Command::Disable { login } => stand(conn, clock, here, &login, Standing::Disabled).await,
        Command::Enable { login } => stand(conn, clock, here, &login, Standing::Active).await,
        Command::Grant { login, role, over } => grant(conn, clock, here, &login, &role, &over).await,
        Command::Grants { login } => list_grants(conn, here, &login).await,
        Command::RevokeGrant { grant } => {
            grants::revoke(conn, clock, here, None, grant).await?;
            Ok(Done(format!("The grant {grant} is taken away."), json!({"grant_id": grant})))
        }
        Command::Devices { login } => list_devices(conn, here, &login).await,
        Command::RevokeDevice { device } => {
            devices::strike(conn, clock.now(), here, None, device).await?;
            Ok(Done(format!("The device {device} is revoked."), json!({"device_id": device})))
        }
        Command::RotateKeys => {
            let key = Keys::new(secret).rotate(conn, clock, here).await?;
            Ok(Done(format!("New access tokens are signed with the key {key}."), json!({"key_id": key})))
        }
        Command::NewEpoch => {
            jurisdictions::new_epoch(conn, clock, here).await?;
            Ok(Done("A new epoch has begun.".to_owned(), json!({"jurisdiction_id": here})))
        }
    }
}

async fn jurisdiction(conn: &mut Conn, clock: &Clock, new: NewJurisdiction) -> anyhow::Result<Done> {
    let id = jurisdictions::set_up(conn, clock, &new).await?;
    let words = format!("The jurisdiction {} ({}) is set up.", new.code, new.name.zh);
    Ok(Done(words, json!({"jurisdiction_id": id, "code": new.code})))
}

async fn account(
    conn: &mut Conn,
    clock: &Clock,
    here: JurisdictionId,
    mut new: NewAccount,
    password: &NewPassword,
    administrator: bool,
) -> anyhow::Result<Done> {
    let roots = jurisdictions::roots(conn, here).await?;
    if administrator && roots.is_empty() {
        bail!(
            "there are no areas yet to administer: import them first, or set the jurisdiction up with an area"
        );
    }
    let (password, made_up) = password.get(&accounts::login(&new.login)?)?;
    new.password_hash = Passwords::default().hash(password.clone()).await?;
    let id = accounts::create(conn, clock, here, &new).await?;
    for root in roots.iter().filter(|_| administrator) {
        grants::give(conn, clock, here, None, id, Role::Administrator, Scope::Area(*root)).await?;
    }
    let rights = if administrator { " with the role of administrator" } else { "" };
    let words = format!("The account {} ({id}) is made{rights}.{}", new.login, shown(&password, made_up));
    Ok(Done(words, json!({"account_id": id, "login": new.login, "password": made_up.then_some(password)})))
}

async fn set_password(
    conn: &mut Conn,
    clock: &Clock,
    here: JurisdictionId,
    login: &str,
    password: &NewPassword,
) -> anyhow::Result<Done> {
    let account = find(conn, here, login).await?;
    let (password, made_up) = password.get(login)?;
    let hash = Passwords::default().hash(password.clone()).await?;
    accounts::set_password(conn, clock, here, account, &hash).await?;
    let words = format!("{login} has a new password; all sign-ins are ended.{}", shown(&password, made_up));
    Ok(Done(words, json!({"account_id": account, "password": made_up.then_some(password)})))
}

async fn stand(
    conn: &mut Conn,
    clock: &Clock,
    here: JurisdictionId,
    login: &str,
    standing: Standing,
) -> anyhow::Result<Done> {
    let account = find(conn, here, login).await?;
    accounts::set_standing(conn, clock, here, None, account, standing).await?;
    let standing = standing.as_str();
    Ok(Done(format!("{login} is {standing}."), json!({"account_id": account, "standing": standing})))
}

async fn grant(
    conn: &mut Conn,
    clock: &Clock,
    here: JurisdictionId,
    login: &str,
    role: &str,
    over: &Over,
) -> anyhow::Result<Done> {
    let account = find(conn, here, login).await?;
    let role = Role::from(role);
    if !role.is_known() {
        let known: Vec<&str> = Role::ALL.iter().map(Role::as_str).collect();
        bail!("there is no role {role}; there are {}", known.join(", "));
    }
    let scope = over.scope(conn, here).await?;
    let grant = grants::give(conn, clock, here, None, account, role.clone(), scope).await?;
    let opened: Vec<String> =
        opens(&role, &scope).iter().map(|kind| format!("{kind:?}").to_lowercase()).collect();
    let words = format!("{login} is {role} (grant {grant}) and may read: {}.", opened.join(", "));
    Ok(Done(words, json!({"grant_id": grant, "account_id": account, "role": role, "scope": scope})))
}

async fn list_grants(conn: &mut Conn, here: JurisdictionId, login: &str) -> anyhow::Result<Done> {
    let account = find(conn, here, login).await?;
    let held: Vec<Held> =
        grants::live_grants(conn, here, &[account]).await?.remove(&account).unwrap_or_default();
    let grants: Vec<_> = held.into_iter().map(|held| held.grant).collect();
    let open = channels(account, &grants, &grants::land(conn, here).await?);
    let mut words: Vec<String> =
        grants.iter().map(|grant| format!("{}  {}  {:?}", grant.grant_id, grant.role, grant.scope)).collect();
    words.push(format!("{} grants, {} channels", grants.len(), open.len()));
    Ok(Done(words.join("\n"), json!({"grants": grants, "channels": open})))
}

async fn list_devices(conn: &mut Conn, here: JurisdictionId, login: &str) -> anyhow::Result<Done> {
    let account = find(conn, here, login).await?;
    let devices: Vec<Device> = devices::of(conn, here, account).await?;
    let mut words: Vec<String> = devices
        .iter()
        .map(|device| {
            let state = device.revoked_at.map_or("in use".to_owned(), |at| format!("revoked {at}"));
            format!("{}  {} ({})  {state}", device.device_id, device.name, device.platform)
        })
        .collect();
    words.push(format!("{} devices", devices.len()));
    Ok(Done(words.join("\n"), json!({"devices": devices})))
}

async fn find(conn: &mut Conn, here: JurisdictionId, login: &str) -> anyhow::Result<AccountId> {
    let account = accounts::by_login(conn, here, &accounts::login(login)?).await?;
    Ok(account.with_context(|| format!("there is no account {login}"))?.account_id)
}

fn shown(password: &str, made_up: bool) -> String {
    if made_up { format!("\nPassword, shown this once: {password}") } else { String::new() }
}

impl NewPassword {
    /// The password, and whether it was made up.
    fn get(&self, login: &str) -> anyhow::Result<(String, bool)> {
        if !self.password_stdin {
            return Ok((passwords::made_up(), true));
        }
        let mut text = String::new();
        std::io::stdin()
            .take(4096)
            .read_to_string(&mut text)
            .context("reading the password from standard input")?;
        let password = text.trim_end_matches(['\r', '\n']).to_owned();
        passwords::check_new(&password, login)?;
        Ok((password, false))
    }
}

impl Over {
    async fn scope(&self, conn: &mut Conn, here: JurisdictionId) -> anyhow::Result<Scope> {
        let found = |id: Option<Uuid>, what: &str| id.with_context(|| format!("there is no {what}"));
        match (&self.area, &self.unit, self.plan) {
            (Some(code), ..) => {
                let rows =
                    areas::table.filter(areas::jurisdiction_id.eq(here.0)).filter(areas::code.eq(code));
                let id = rows.select(areas::area_id).first(conn).await.optional()?;
                Ok(Scope::Area(AreaId(found(id, &format!("area {code}"))?)))
            }
            (_, Some(code), _) => {
                let rows =
                    units::table.filter(units::jurisdiction_id.eq(here.0)).filter(units::code.eq(code));
                let id = rows.select(units::unit_id).first(conn).await.optional()?;
                Ok(Scope::Unit(UnitId(found(id, &format!("unit {code}"))?)))
            }
            (_, _, Some(plan)) => Ok(Scope::Plan(plan)),
            (None, None, None) => bail!("name an area, a unit or a plan"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_can_be_parsed() {
        Admin::augment_args(clap::Command::new("admin")).debug_assert();
    }
}
