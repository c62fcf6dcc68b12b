//! The database: a bounded pool of connections, migrations, and the private Postgres.
//!
//! Promises: every connection has statement, lock and idle time-outs; the schema is as new as the program
//! before anything is served; a restored or promoted database gets a new epoch before its first use.
//! Never: holds rules of the domain.

pub mod here;
pub mod migrate;
pub mod prepared;
pub mod private;
pub mod revised;
pub mod schema;

use std::time::Duration;

use anyhow::Context;
use diesel_async::{
    AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
        deadpool::{Object, Pool},
    },
};
use futures::FutureExt;

pub use diesel_async::AsyncPgConnection as Conn;
pub use here::Here;
pub use prepared::prepared;

use crate::failure::Result;

/// The pool. Clones share it.
#[derive(Clone)]
pub struct Db {
    pool: Pool<AsyncPgConnection>,
}

/// How long a request waits for a connection before it is answered 503.
const WAIT: Duration = Duration::from_secs(10);

impl Db {
    /// Builds the pool; connects lazily.
    ///
    /// # Errors
    /// When the URL cannot be read.
    pub fn connect(url: &str, size: usize) -> anyhow::Result<Self> {
        let mut config = ManagerConfig::<AsyncPgConnection>::default();
        config.custom_setup = Box::new(|url| establish(url.to_owned()).boxed());
        config.recycling_method = RecyclingMethod::Fast;
        let manager = AsyncDieselConnectionManager::new_with_config(url, config);
        let pool = Pool::builder(manager)
            .max_size(size)
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(WAIT))
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .context("the pool of database connections")?;
        Ok(Db { pool })
    }

    /// A connection, for as long as it is held.
    ///
    /// # Errors
    /// Broken (told as 503) when none is free within ten seconds or Postgres is away.
    pub async fn conn(&self) -> Result<Object<AsyncPgConnection>> {
        Ok(self.pool.get().await?)
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// As [`Db::conn`].
    pub async fn ping(&self) -> Result<()> {
        prepared("SELECT 1").execute(&mut self.conn().await?).await?;
        Ok(())
    }

    /// Connections in use, and in all.
    pub fn usage(&self) -> (usize, usize) {
        let status = self.pool.status();
        (status.size.saturating_sub(status.available), status.max_size)
    }
}

/// Settings of every connection: nothing may hang, nothing may hold a lock for long, and whatever the database or the role
/// is set to, a commit is on the disk before it is answered (more than that, such as `remote_apply`, stays).
const SETTINGS: &str = "SET statement_timeout = '30s'; SET lock_timeout = '10s'; \
    SET idle_in_transaction_session_timeout = '30s'; SET TimeZone = 'UTC'; SET jit = off; \
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

async fn establish(url: String) -> diesel::ConnectionResult<AsyncPgConnection> {
    use diesel_async::AsyncConnection;
    let mut conn = AsyncPgConnection::establish(&url).await?;
    let ready = async {
        conn.batch_execute(SETTINGS).await?;
        // A reconnect may have reached a promoted standby or a restored database.
        prepared("SELECT CASE WHEN EXISTS (SELECT FROM heads WHERE incarnation IS DISTINCT FROM incarnation()) THEN renew_epochs() END")
            .execute(&mut conn)
            .await
    };
    ready.await.map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}
