//! What administrators of a whole jurisdiction do from the desk: accounts, grants, invitations.
//!
//! Promises: for everybody else none of it is there; everything is on the ledger with who did it; grants over plans are
//! neither shown nor given here. Never: shows or stores a code after it was given out.

pub mod invitations;
mod roll;
pub mod routes;

use std::collections::BTreeSet;

use anfang_protocol::{
    Code,
    people::{Role, Scope},
};

use crate::{
    auth::{Actor, grants, jurisdictions},
    db::Conn,
    failure::Result,
};

/// Lets in who administers the whole jurisdiction.
///
/// # Errors
/// `not_found` for everybody else.
pub async fn admit(conn: &mut Conn, actor: &Actor) -> Result<()> {
    let held = grants::live_grants(conn, actor.jurisdiction, &[actor.account]).await?;
    let administered: BTreeSet<_> = held
        .into_values()
        .flatten()
        .filter(|held| held.grant.role == Role::Administrator)
        .filter_map(|held| match held.grant.scope {
            Scope::Area(area) => Some(area),
            _ => None,
        })
        .collect();
    let roots = jurisdictions::roots(conn, actor.jurisdiction).await?;
    let all = !roots.is_empty() && roots.iter().all(|root| administered.contains(root));
    if all { Ok(()) } else { Err(Code::NotFound.into()) }
}
