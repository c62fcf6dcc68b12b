//! Accounts: who may sign in, and in what standing.
//!
//! Promises: every change is on the ledger, by identifiers only; a new password or the end of an account's
//! standing ends its sign-ins in the same transaction. Never: removes an account.

use anfang_protocol::{
    Code, Problem,
    ids::{AccountId, JurisdictionId, UnitId},
};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use serde_json::json;

use crate::{
    auth::{
        Actor, by_whom,
        sessions::{self, Ended},
        standing::Standing,
    },
    clock::Clock,
    db::{
        Conn,
        schema::{accounts, units},
    },
    failure::{Failure, Result},
    ledger::{self, Entry},
};

/// Characters of a login and of a person's name, at most.
const LOGIN_CHARS: usize = 64;
const NAME_CHARS: usize = 100;

/// An account as sign-in needs it.
#[derive(Debug, Clone, Queryable)]
pub struct Account {
    #[diesel(deserialize_as = uuid::Uuid)]
    pub account_id: AccountId,
    pub login: String,
    pub name: String,
    pub password_hash: String,
    standing: String,
}

impl Account {
    pub fn is_active(&self) -> bool {
        self.standing() == Standing::Active
    }

    pub fn standing(&self) -> Standing {
        match self.standing.as_str() {
            "active" => Standing::Active,
            "invited" => Standing::Invited,
            // A CHECK of the table allows these three.
            _ => Standing::Disabled,
        }
    }
}

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub login: String,
    pub name: String,
    /// Argon2id in PHC form: [`super::Passwords::hash`].
    pub password_hash: String,
    pub standing: Standing,
    /// The unit that the person belongs to.
    pub unit: Option<UnitId>,
}

/// A login in the one form it is kept in: lower case, no white space.
///
/// # Errors
/// `text_invalid` when it is empty, too long, or has white space or control characters.
pub fn login(text: &str) -> Result<String, Problem> {
    let login = text.trim().to_lowercase();
    let fits = (1..=LOGIN_CHARS).contains(&login.chars().count());
    if !fits || login.chars().any(|c| c.is_whitespace() || c.is_control()) {
        let why = format!("a login has 1 to {LOGIN_CHARS} characters, no white space");
        return Err(Problem::new(Code::TextInvalid).at("/login").detail(why));
    }
    Ok(login)
}

/// Makes an account.
///
/// # Errors
/// `text_invalid`; `item_exists` when the login is taken; `not_found` when there is no such unit.
pub async fn create(
    conn: &mut Conn,
    clock: &Clock,
    jurisdiction: JurisdictionId,
    new: &NewAccount,
) -> Result<AccountId> {
    let id = AccountId(clock.fresh_id());
    create_as(conn, clock, jurisdiction, None, id, new).await?;
    Ok(id)
}

/// Makes an account with this id. Made already, with the same login: nothing happens, and the answer is `false`.
///
/// # Errors
/// As [`create`]; `item_exists` also when the id is somebody else's.
pub async fn create_as(
    conn: &mut Conn,
    clock: &Clock,
    jurisdiction: JurisdictionId,
    by: Option<&Actor>,
    id: AccountId,
    new: &NewAccount,
) -> Result<bool> {
    let login = login(&new.login)?;
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS || name.chars().any(char::is_control) {
        let why = format!("a name has 1 to {NAME_CHARS} characters");
        return Err(Problem::new(Code::TextInvalid).at("/name").detail(why).into());
    }
    conn.transaction(async |conn| {
        if let Some(unit) = new.unit
            && !is_unit(conn, jurisdiction, unit).await?
        {
            return Err(Problem::new(Code::NotFound).at("/unit_id").detail("there is no such unit").into());
        }
        let made = diesel::insert_into(accounts::table)
            .values((
                accounts::jurisdiction_id.eq(jurisdiction.0),
                accounts::account_id.eq(id.0),
                accounts::login.eq(&login),
                accounts::name.eq(name),
                accounts::password_hash.eq(&new.password_hash),
                accounts::standing.eq(new.standing.as_str()),
                accounts::unit_id.eq(new.unit.map(|unit| unit.0)),
                accounts::created_at.eq(clock.now()),
            ))
            .on_conflict_do_nothing()
            .execute(conn)
            .await?;
        if made == 0 {
            let same =
                by_login(conn, jurisdiction, &login).await?.is_some_and(|known| known.account_id == id);
            let taken =
                || Problem::new(Code::ItemExists).detail(format!("the login {login} or the id is taken"));
            return if same { Ok(false) } else { Err(taken().into()) };
        }
        let what = json!({"account_id": id, "standing": new.standing.as_str()});
        let entry = by_whom(Entry::event("account.made", clock.now(), &what)?, by);
        ledger::append(conn, jurisdiction, &[entry], &[]).await?;
        Ok::<_, Failure>(true)
    })
    .await
}

async fn is_unit(conn: &mut Conn, jurisdiction: JurisdictionId, unit: UnitId) -> Result<bool> {
    let found: Option<uuid::Uuid> =
        units::table.find((jurisdiction.0, unit.0)).select(units::unit_id).first(conn).await.optional()?;
    Ok(found.is_some())
}

/// The unit with this code.
///
/// # Errors
/// `not_found`.
pub async fn unit(conn: &mut Conn, jurisdiction: JurisdictionId, code: &str) -> Result<UnitId> {
    let unit: Option<uuid::Uuid> = units::table
        .filter(units::jurisdiction_id.eq(jurisdiction.0))
        .filter(units::code.eq(code))
        .select(units::unit_id)
        .first(conn)
        .await
        .optional()?;
    let absent = || Problem::new(Code::NotFound).detail(format!("there is no unit {code}"));
    Ok(UnitId(unit.ok_or_else(absent)?))
}

/// The account with this login, if there is one.
pub async fn by_login(conn: &mut Conn, jurisdiction: JurisdictionId, login: &str) -> Result<Option<Account>> {
    Ok(accounts::table
        .filter(accounts::jurisdiction_id.eq(jurisdiction.0))
        .filter(accounts::login.eq(login))
        .select((
            accounts::account_id,
            accounts::login,
            accounts::name,
            accounts::password_hash,
            accounts::standing,
        ))
        .first(conn)
        .await
        .optional()?)
}

/// # Errors
/// `not_found`.
pub async fn by_id(conn: &mut Conn, jurisdiction: JurisdictionId, id: AccountId) -> Result<Account> {
    let account = accounts::table
        .find((jurisdiction.0, id.0))
        .select((
            accounts::account_id,
            accounts::login,
            accounts::name,
            accounts::password_hash,
            accounts::standing,
        ))
        .first(conn)
        .await
        .optional()?;
    Ok(account.ok_or(Code::NotFound)?)
}

/// Whether the account still is as it was read, for the rest of this transaction: a change of password or of
/// standing waits for it, and then finds the sign-in that it has to end.
pub async fn is_unchanged(conn: &mut Conn, jurisdiction: JurisdictionId, account: &Account) -> Result<bool> {
    let same: Option<uuid::Uuid> = accounts::table
        .find((jurisdiction.0, account.account_id.0))
        .filter(accounts::password_hash.eq(&account.password_hash))
        .filter(accounts::standing.eq(&account.standing))
        .select(accounts::account_id)
        .for_no_key_update()
        .first(conn)
        .await
        .optional()?;
    Ok(same.is_some())
}

/// Changes the actor's own password, if the account is as it was read. Every other sign-in ends, and its refresh
/// tokens die with it.
///
/// # Errors
/// `credentials_wrong` when somebody else changed it meanwhile.
pub async fn change_password(
    conn: &mut Conn,
    clock: &Clock,
    actor: &Actor,
    account: &Account,
    hash: &str,
) -> Result<()> {
    conn.transaction(async |conn| {
        if !is_unchanged(conn, actor.jurisdiction, account).await? {
            return Err(Failure::from(Code::CredentialsWrong));
        }
        put_password(conn, clock, actor.jurisdiction, account.account_id, hash, Some(actor)).await
    })
    .await
}

/// Sets a password without the old one. Every sign-in ends.
///
/// # Errors
/// `not_found`.
pub async fn set_password(
    conn: &mut Conn,
    clock: &Clock,
    jurisdiction: JurisdictionId,
    account: AccountId,
    hash: &str,
) -> Result<()> {
    conn.transaction(async |conn| put_password(conn, clock, jurisdiction, account, hash, None).await).await
}

async fn put_password(
    conn: &mut Conn,
    clock: &Clock,
    jurisdiction: JurisdictionId,
    account: AccountId,
    hash: &str,
    by: Option<&Actor>,
) -> Result<()> {
    let changed = diesel::update(accounts::table.find((jurisdiction.0, account.0)))
        .set(accounts::password_hash.eq(hash))
        .execute(conn)
        .await?;
    if changed != 1 {
        return Err(Code::NotFound.into());
    }
    let keep = by.map(|actor| actor.session);
    let ended =
        sessions::end_all(conn, clock.now(), jurisdiction, account, keep, Ended::PasswordChanged).await?;
    let what = json!({"account_id": account, "sessions_ended": ended});
    let entry = by_whom(Entry::event("password.changed", clock.now(), &what)?, by);
    ledger::append(conn, jurisdiction, &[entry], &[]).await?;
    Ok(())
}

/// Changes an account's standing. One that is no longer active is out within a second, everywhere.
///
/// # Errors
/// `not_found`.
pub async fn set_standing(
    conn: &mut Conn,
    clock: &Clock,
    jurisdiction: JurisdictionId,
    by: Option<&Actor>,
    account: AccountId,
    standing: Standing,
) -> Result<()> {
    conn.transaction(async |conn| {
        let changed = diesel::update(accounts::table.find((jurisdiction.0, account.0)))
            .set(accounts::standing.eq(standing.as_str()))
            .execute(conn)
            .await?;
        if changed != 1 {
            return Err(Failure::from(Code::NotFound));
        }
        let what = json!({"account_id": account, "standing": standing.as_str()});
        let entry = by_whom(Entry::event("account.standing", clock.now(), &what)?, by);
        ledger::append(conn, jurisdiction, &[entry], &[]).await?;
        Ok(())
    })
    .await
}
