//! `anfang webhook`: the operator's; there is no way to set an address over the network.

use anfang_protocol::ids::JurisdictionId;
use anyhow::{Context, bail, ensure};
use clap::Subcommand;
use serde_json::json;
use uuid::Uuid;

use super::{key, store};
use crate::{auth::Secret, clock::Clock, config::Home, db::Conn};

/// `anfang webhook`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub home: Home,

    /// Code of the jurisdiction.
    #[arg(long)]
    pub jurisdiction: String,

    #[command(subcommand)]
    pub what: What,
}

#[derive(Debug, Subcommand)]
pub enum What {
    /// Send every notice from now on to this address; tells the key that requests are signed with.
    Add { url: String },
    /// All of the jurisdiction, with how they stand.
    List,
    /// Send nothing more to it.
    Remove { webhook: Uuid },
    /// Send again what came behind this cursor; 0: everything.
    Replay { webhook: Uuid, cursor: i64 },
}

/// # Errors
/// When there is no such jurisdiction or webhook, the address is none, or the database fails.
pub async fn run(args: &Args, conn: &mut Conn, clock: &Clock, secret: &Secret) -> anyhow::Result<()> {
    let jurisdiction = JurisdictionId::of(&args.jurisdiction);
    match &args.what {
        What::Add { url } => {
            let parsed: reqwest::Url = url.parse().context("this is no address")?;
            ensure!(
                matches!(parsed.scheme(), "https" | "http") && parsed.has_host(),
                "this is no web address"
            );
            let id = clock.fresh_id();
            store::add(conn, jurisdiction, id, url, clock.now()).await?;
            let key = hex::encode(key(secret, id));
            println!("{}", json!({ "webhook_id": id, "url": url, "key": key }));
        }
        What::List => {
            for webhook in store::all(conn, jurisdiction).await? {
                println!("{}", serde_json::to_string(&webhook)?);
            }
        }
        What::Remove { webhook } => {
            if !store::remove(conn, jurisdiction, *webhook).await? {
                bail!("there is no such webhook");
            }
        }
        What::Replay { webhook, cursor } => {
            if !store::replay(conn, jurisdiction, *webhook, *cursor, clock.now()).await? {
                bail!("there is no such webhook");
            }
        }
    }
    Ok(())
}
