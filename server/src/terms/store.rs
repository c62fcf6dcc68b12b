//! Terms in Postgres.

use std::collections::BTreeMap;

use anfang_protocol::{
    canonical::canonical,
    ids::JurisdictionId,
    lifecycle::{Rules, calendar::CalendarYear},
    tier::TierRules,
};
use anyhow::Context;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{InForce, Term};
use crate::{
    db::{
        Conn,
        schema::{jurisdictions, terms},
    },
    failure::Result,
};

/// What holds now.
///
/// # Errors
/// Broken when the database fails, or has something that cannot be read.
pub async fn in_force(conn: &mut Conn, jurisdiction: JurisdictionId) -> Result<InForce> {
    let time_zone =
        jurisdictions::table.find(jurisdiction.0).select(jurisdictions::time_zone).first(conn).await?;
    let rows: Vec<(String, String)> = terms::table
        .filter(terms::jurisdiction_id.eq(jurisdiction.0))
        .order(terms::year)
        .select((terms::kind, terms::body))
        .load(conn)
        .await?;
    let mut years: BTreeMap<i32, CalendarYear> =
        CalendarYear::shipped().into_iter().map(|year| (year.year, year)).collect();
    let (mut rules, mut tiers) = (Rules::shipped(), Vec::new());
    for (kind, body) in rows {
        match kind.as_str() {
            "calendar" => {
                let year: CalendarYear = serde_json::from_str(&body).context("a calendar")?;
                years.insert(year.year, year);
            }
            "deadlines" => rules = serde_json::from_str(&body).context("rules of deadlines")?,
            _ => tiers.push(serde_json::from_str::<TierRules>(&body).context("rules of tiers")?),
        }
    }
    Ok(InForce { time_zone, years: years.into_values().collect(), rules, tiers })
}

/// What of this is there already, word for word.
///
/// # Errors
/// Broken when the database fails.
pub async fn bodies(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
) -> Result<BTreeMap<(String, i32), String>> {
    let rows: Vec<(String, i32, String)> = terms::table
        .filter(terms::jurisdiction_id.eq(jurisdiction.0))
        .select((terms::kind, terms::year, terms::body))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(kind, year, body)| ((kind, year), body)).collect())
}

/// The text that is kept of a term.
///
/// # Errors
/// When it has no canonical form.
pub fn body(term: &Term) -> Result<String> {
    Ok(match term {
        Term::Calendar(year) => canonical(year)?,
        Term::Deadlines(rules) => canonical(rules)?,
        Term::Tiers(rules) => canonical(rules)?,
    })
}

/// Puts terms in force.
///
/// # Errors
/// Broken when the database fails.
pub async fn write(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    now: DateTime<Utc>,
    changed: &[&Term],
) -> Result<()> {
    for term in changed {
        let (kind, year, body) = (term.kind(), term.year(), body(term)?);
        let row = (terms::body.eq(&body), terms::imported_at.eq(now));
        diesel::insert_into(terms::table)
            .values((
                terms::jurisdiction_id.eq(jurisdiction.0),
                terms::kind.eq(kind),
                terms::year.eq(year),
                row,
            ))
            .on_conflict((terms::jurisdiction_id, terms::kind, terms::year))
            .do_update()
            .set(row)
            .execute(conn)
            .await?;
    }
    Ok(())
}
