//! Passwords: Argon2id, a few at a time.
//!
//! Promises: memory is bounded however many sign in at once; a login that does not exist costs what a wrong
//! password costs. Never: keeps or logs a password.

use std::{sync::Arc, sync::LazyLock, time::Duration};

use anfang_protocol::{
    Code, Problem,
    auth::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN},
};
use anyhow::anyhow;
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;

use crate::{clock::chance, failure::Result};

/// OWASP's least: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes computed at once by one server process: 76 MiB at most.
const AT_ONCE: usize = 4;
/// How long a sign-in waits for its turn before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the password of a login that does not exist is compared with.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("", &[0; 16]).unwrap_or_default());

/// The counter where passwords are hashed and compared.
pub struct Passwords {
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Passwords { turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Passwords {
    /// Whether the password is the one that was hashed. Without a hash: no, at the same cost.
    ///
    /// # Errors
    /// `unavailable` when too many are waiting; broken when the stored hash is none.
    pub async fn matches(&self, password: String, hash: Option<String>) -> Result<bool> {
        self.in_turn(move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODY.clone());
            let parsed =
                PasswordHash::new(&hash).map_err(|error| anyhow!("a stored password hash: {error}"))?;
            Ok(hasher()?.verify_password(password.as_bytes(), &parsed).is_ok() && known)
        })
        .await
    }

    /// Hashes a password with fresh salt, in PHC form.
    ///
    /// # Errors
    /// `unavailable` when too many are waiting.
    pub async fn hash(&self, password: String) -> Result<String> {
        self.in_turn(move || hash_now(&password, &chance::<16>())).await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
    ) -> Result<T> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned())
            .await
            .map_err(|_| Problem::new(Code::Unavailable).retry_after_s(5))?
            .map_err(anyhow::Error::from)?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        Ok(done.await??)
    }
}

fn hasher() -> anyhow::Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| anyhow!("Argon2: {error}"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash_now(password: &str, salt: &[u8]) -> anyhow::Result<String> {
    let hash: PasswordHash = hasher()?
        .hash_password_with_salt(password.as_bytes(), salt)
        .map_err(|error| anyhow!("hashing a password: {error}"))?;
    Ok(hash.to_string())
}

/// Whether a new password will do: long enough, and not the login.
///
/// # Errors
/// `password_unsuitable` with the reason.
pub fn check_new(password: &str, login: &str) -> Result<(), Problem> {
    let refuse = |why: String| Err(Problem::new(Code::PasswordUnsuitable).detail(why));
    let chars = password.chars().count();
    if !(PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&chars) {
        return refuse(format!(
            "it has {chars} characters; {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} are wanted"
        ));
    }
    if password.to_lowercase() == login {
        return refuse("it is the login".to_owned());
    }
    Ok(())
}

/// A password that the program makes up: 20 characters that are not mistaken for one another, 98 bits.
pub fn made_up() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
    chance::<20>().iter().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_matches_its_hash() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.matches("correct horse".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.matches("Correct horse".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.matches(String::new(), Some(hash)).await.unwrap());
        assert!(!passwords.matches(String::new(), None).await.unwrap(), "the stand-in opens nothing");
    }

    #[test]
    fn made_up_passwords_differ_and_are_suitable() {
        let (one, other) = (made_up(), made_up());
        assert_ne!(one, other);
        assert!(check_new(&one, "admin").is_ok());
    }

    #[test]
    fn short_passwords_and_the_login_are_refused() {
        assert!(check_new("1234567", "x").is_err());
        assert!(check_new(&"x".repeat(201), "x").is_err());
        assert!(check_new("Inspector1", "inspector1").is_err());
        assert!(check_new("暗访组的密码很长", "inspector1").is_ok());
    }
}
