//! Brings the schema up to the program's, under a lock; refuses a schema that is newer.

use anyhow::{Context, bail};
use diesel_async::{AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../migrations");

/// Any number that no other program takes for the same thing: "anfang" in ASCII.
const LOCK: i64 = 0x616e_6661_6e67;

/// Runs the migrations that are missing. Several processes may start at once: one migrates, the others wait.
///
/// # Errors
/// When the database is newer than this program, or a migration fails (it is rolled back).
pub async fn migrate(url: &str) -> anyhow::Result<()> {
    let mut conn = AsyncPgConnection::establish(url).await.context("connecting to Postgres")?;
    conn.batch_execute(&format!("SET lock_timeout = 0; SELECT pg_advisory_lock({LOCK})"))
        .await
        .context("waiting for the migration lock")?;
    // Diesel's harness blocks its thread.
    tokio::task::spawn_blocking(move || run(conn)).await?
}

fn run(conn: AsyncPgConnection) -> anyhow::Result<()> {
    let mut harness = AsyncMigrationHarness::new(conn);
    let broken =
        |error: Box<dyn std::error::Error + Send + Sync>| anyhow::anyhow!("migrating the database: {error}");
    let known: Vec<String> = diesel::migration::MigrationSource::<diesel::pg::Pg>::migrations(&MIGRATIONS)
        .map_err(broken)?
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect();
    let newer: Vec<String> = harness
        .applied_migrations()
        .map_err(broken)?
        .iter()
        .map(ToString::to_string)
        .filter(|version| !known.contains(version))
        .collect();
    if let Some(version) = newer.first() {
        bail!(
            "the database is newer than this program: it has migration {version}, which this program does not \
             know. Start the newer program, or restore a backup from before the upgrade"
        );
    }
    for version in harness.run_pending_migrations(MIGRATIONS).map_err(broken)? {
        tracing::info!(%version, "migrated");
    }
    Ok(())
}
