//! Invitations: a code, good once and for a day, with which a person sets the password.
//!
//! Promises: what is stored is a keyed hash; a code is spent in the transaction that sets the password; guesses are
//! counted like wrong passwords. 60 bits, and five guesses in fifteen minutes.

use anfang_protocol::{Code, Problem, ids::AccountId};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use serde::Serialize;
use serde_json::json;

use crate::{
    auth::{
        Actor, Secret,
        accounts::{self, Account},
        by_whom,
        secret::keyed,
        sign_in::Tried,
        standing::Standing,
    },
    clock::{Clock, chance},
    db::{Conn, schema::invitations},
    failure::{Failure, Result},
    ledger::{self, Entry},
};

const GOOD_HOURS: i64 = 24;
const CODE_LETTERS: usize = 12;
/// Crockford's base 32: none is taken for another.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The key under which codes are hashed.
pub struct Invitations {
    key: [u8; 32],
}

/// An invitation as it is given out, this once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Invitation {
    /// Three groups of four letters and digits.
    pub code: String,
    pub expires_at: DateTime<Utc>,
}

impl Invitations {
    pub fn new(secret: &Secret) -> Self {
        Invitations { key: secret.key("invitations") }
    }

    fn hash(&self, account: AccountId, code: &str) -> Vec<u8> {
        keyed(&self.key, &[account.0.as_bytes(), b":", plain(code).as_bytes()]).to_vec()
    }

    /// Invites a person to set the password. An earlier invitation ends.
    ///
    /// # Errors
    /// `not_found`; `not_allowed` when the account is disabled.
    pub async fn invite(
        &self,
        conn: &mut Conn,
        clock: &Clock,
        by: &Actor,
        account: AccountId,
    ) -> Result<Invitation> {
        let code = made_up();
        let expires_at = clock.now() + TimeDelta::hours(GOOD_HOURS);
        conn.transaction(async |conn| {
            let invited = accounts::by_id(conn, by.jurisdiction, account).await?;
            if invited.standing() == Standing::Disabled {
                let problem =
                    Problem::new(Code::NotAllowed).detail("the account is disabled: enable it first");
                return Err(Failure::from(problem));
            }
            let row = (
                invitations::code_hash.eq(self.hash(account, &code)),
                invitations::invited_by.eq(by.account.0),
                invitations::expires_at.eq(expires_at),
            );
            diesel::insert_into(invitations::table)
                .values((
                    invitations::jurisdiction_id.eq(by.jurisdiction.0),
                    invitations::account_id.eq(account.0),
                    row.clone(),
                ))
                .on_conflict((invitations::jurisdiction_id, invitations::account_id))
                .do_update()
                .set(row)
                .execute(conn)
                .await?;
            let what = json!({"account_id": account, "expires_at": expires_at});
            let entry = by_whom(Entry::event("account.invited", clock.now(), &what)?, Some(by));
            ledger::append(conn, by.jurisdiction, &[entry], &[]).await?;
            Ok(())
        })
        .await?;
        Ok(Invitation { code, expires_at })
    }

    /// The account, if this is its code. Spends nothing yet.
    ///
    /// # Errors
    /// `credentials_wrong` for an account that does not exist, is disabled or has no such code.
    pub async fn check(
        &self,
        conn: &mut Conn,
        now: DateTime<Utc>,
        tried: &Tried,
        code: &str,
    ) -> Result<Account> {
        let account = tried.account().filter(|account| account.standing() != Standing::Disabled);
        let account = account.ok_or(Code::CredentialsWrong)?.clone();
        let found: Option<uuid::Uuid> = invitations::table
            .find((tried.jurisdiction.0, account.account_id.0))
            .filter(invitations::code_hash.eq(self.hash(account.account_id, code)))
            .filter(invitations::expires_at.gt(now))
            .select(invitations::account_id)
            .first(conn)
            .await
            .optional()?;
        if found.is_some() { Ok(account) } else { Err(Code::CredentialsWrong.into()) }
    }

    /// Spends the code: the password is set, every older sign-in ends, an invited account is active.
    ///
    /// # Errors
    /// `credentials_wrong` when somebody else was faster.
    pub async fn redeem(
        &self,
        conn: &mut Conn,
        clock: &Clock,
        tried: &Tried,
        account: &Account,
        code: &str,
        password_hash: &str,
    ) -> Result<()> {
        let (here, id) = (tried.jurisdiction, account.account_id);
        conn.transaction(async |conn| {
            let spent = diesel::delete(invitations::table.find((here.0, id.0)))
                .filter(invitations::code_hash.eq(self.hash(id, code)))
                .execute(conn)
                .await?;
            if spent != 1 || !accounts::is_unchanged(conn, here, account).await? {
                return Err(Failure::from(Code::CredentialsWrong));
            }
            accounts::set_password(conn, clock, here, id, password_hash).await?;
            if account.standing() == Standing::Invited {
                accounts::set_standing(conn, clock, here, None, id, Standing::Active).await?;
            }
            Ok(())
        })
        .await
    }
}

/// A code as it is compared: hyphens, spaces and case are how people type.
fn plain(code: &str) -> String {
    let told = |c: char| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        c => c,
    };
    code.chars().filter(char::is_ascii_alphanumeric).take(2 * CODE_LETTERS).map(told).collect()
}

fn made_up() -> String {
    let letters = chance::<CODE_LETTERS>().map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_however_it_is_typed() {
        let code = made_up();
        assert_eq!(code.len(), 14);
        assert_eq!(plain(&code), plain(&code.to_lowercase().replace('-', " ")));
        assert_eq!(plain("o1il-0000"), plain("0111 oooo"));
        assert_ne!(plain(&code), plain(&made_up()));
    }
}
