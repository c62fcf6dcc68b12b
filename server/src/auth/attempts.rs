//! How often somebody may be wrong: failed sign-ins are counted per login and per address, for fifteen minutes.
//!
//! Promises: an attempt is counted before its password is looked at, so that many at once are not one; the count
//! is shared by all server processes; a login that does not exist is counted like one that does.
//! Never: stores a login or an address, only keyed hashes.

use std::net::IpAddr;

use anfang_protocol::{Code, Problem, ids::JurisdictionId};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::{
    prelude::*,
    sql_types::{Int4, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;

use crate::{
    auth::secret::{Secret, keyed},
    db::{Conn, prepared, schema::sign_in_failures},
    failure::Result,
};

const WINDOW_MINUTES: i64 = 15;
/// An address may fail this many times as often as a login: a whole office may stand behind one.
const ADDRESS_FACTOR: u32 = 10;

/// The limits, and the key that hides who is counted.
pub struct Attempts {
    key: [u8; 32],
    failures: u32,
    /// Whether the caller's address is told by a reverse proxy.
    pub behind_proxy: bool,
}

/// An attempt under way, to be settled when it was no failure.
pub struct Attempt {
    jurisdiction: JurisdictionId,
    login: String,
    address: Option<String>,
}

impl Attempts {
    /// `failures` is how many a login may have within fifteen minutes.
    pub fn new(secret: &Secret, failures: u32, behind_proxy: bool) -> Self {
        Attempts { key: secret.key("sign-in-failures"), failures, behind_proxy }
    }

    /// Counts an attempt as failed, until it is [settled](Self::settle).
    ///
    /// # Errors
    /// `too_many_requests` with the seconds to wait.
    pub async fn begin(
        &self,
        conn: &mut Conn,
        now: DateTime<Utc>,
        jurisdiction: JurisdictionId,
        login: &str,
        address: Option<IpAddr>,
    ) -> Result<Attempt> {
        let login = self.subject("login", login);
        let address = address.map(|address| self.subject("address", &network(address)));
        if let Some(address) = &address {
            count(conn, now, jurisdiction, address, self.failures.saturating_mul(ADDRESS_FACTOR)).await?;
        }
        count(conn, now, jurisdiction, &login, self.failures).await?;
        Ok(Attempt { jurisdiction, login, address })
    }

    /// The password was right: the login's count is gone, the address's is one less. Sweeps old counts.
    pub async fn settle(&self, conn: &mut Conn, now: DateTime<Utc>, attempt: &Attempt) -> Result<()> {
        use sign_in_failures::dsl;
        let here = dsl::jurisdiction_id.eq(attempt.jurisdiction.0);
        if let Some(address) = &attempt.address {
            diesel::update(dsl::sign_in_failures)
                .filter(here.and(dsl::subject.eq(address)).and(dsl::failures.gt(0)))
                .set(dsl::failures.eq(dsl::failures - 1))
                .execute(conn)
                .await?;
        }
        diesel::delete(dsl::sign_in_failures)
            .filter(here.and(dsl::subject.eq(&attempt.login).or(dsl::window_ends_at.le(now))))
            .execute(conn)
            .await?;
        Ok(())
    }

    fn subject(&self, kind: &str, who: &str) -> String {
        hex::encode(keyed(&self.key, &[kind.as_bytes(), b":", who.as_bytes()]))
    }
}

/// What counts as one address: an IPv6 customer has a whole /64.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = Int4)]
    failures: i32,
    #[diesel(sql_type = Timestamptz)]
    window_ends_at: DateTime<Utc>,
}

/// One more for this subject.
async fn count(
    conn: &mut Conn,
    now: DateTime<Utc>,
    jurisdiction: JurisdictionId,
    subject: &str,
    limit: u32,
) -> Result<()> {
    let limit = i32::try_from(limit).unwrap_or(i32::MAX - 1);
    let count: Count = prepared(
        "INSERT INTO sign_in_failures AS f (jurisdiction_id, subject, failures, window_ends_at) VALUES ($1, $2, 1, $4) \
         ON CONFLICT (jurisdiction_id, subject) DO UPDATE SET \
             failures = CASE WHEN f.window_ends_at <= $3 THEN 1 ELSE least(f.failures + 1, $5) END, \
             window_ends_at = CASE WHEN f.window_ends_at <= $3 THEN $4 ELSE f.window_ends_at END \
         RETURNING failures, window_ends_at",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Text, _>(subject)
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(now + TimeDelta::minutes(WINDOW_MINUTES))
    .bind::<Int4, _>(limit + 1)
    .get_result(conn)
    .await?;
    if count.failures <= limit {
        return Ok(());
    }
    let wait = (count.window_ends_at - now).num_seconds().clamp(1, WINDOW_MINUTES * 60);
    Err(Problem::new(Code::TooManyRequests).retry_after_s(u32::try_from(wait).unwrap_or(60)).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_customer_is_one_address() {
        let network = |text: &str| network(text.parse().unwrap());
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::1"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }
}
