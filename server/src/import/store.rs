//! Writing an import: one transaction, all or nothing, the ledger's entry last.

use std::collections::{HashMap, HashSet};

use anfang_protocol::ids::{AccountId, DeviceId, JurisdictionId, SiteId};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Int8, Uuid as SqlUuid},
};
use diesel_async::{AsyncConnection, RunQueryDsl};
use serde_json::json;
use uuid::Uuid;

use super::{Source, Wants, What, areas, checklists, fault::Fault, sites, units};
use crate::{
    areas::store::AreaRow,
    auth::grants,
    db::{
        Conn, prepared,
        revised::{Changes, Revised, compare},
        schema::rectifications,
    },
    failure::Result,
    ledger::{self, Entry, Place},
    plans,
    sites::store::SiteRow,
    terms::Term,
    units::store::UnitRow,
};

/// Which of these are items of the ledger.
pub async fn known_items(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    ids: &[Uuid],
) -> Result<HashSet<Uuid>> {
    let found: Vec<Uuid> = rectifications::table
        .filter(rectifications::jurisdiction_id.eq(jurisdiction.0))
        .filter(rectifications::rectification_id.eq_any(ids))
        .select(rectifications::rectification_id)
        .load(conn)
        .await?;
    Ok(found.into_iter().collect())
}

/// What an import did, or would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing was written.
    Refused(Vec<Fault>),
    /// Written, unless it was a dry run.
    Fit(Tally),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub added: usize,
    pub changed: usize,
    pub unchanged: usize,
}

impl Tally {
    fn of<R: Revised>(changes: &Changes<R>) -> Self {
        Tally { added: changes.added.len(), changed: changes.changed.len(), unchanged: changes.unchanged }
    }
}

/// Checks the file against what is there and, unless `dry_run`, writes it.
///
/// # Errors
/// When the database fails; a file that does not fit is a [`Verdict`].
pub async fn import(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    now: DateTime<Utc>,
    source: Source,
    dry_run: bool,
) -> Result<Verdict> {
    let sha256 = Some(source.sha256.to_string());
    let event = Event { name: source.name, sha256, rows: source.rows, at: now, by: source.by };
    let mut step = Step { jurisdiction, event, faults: source.faults, spoilt: source.spoilt, dry_run };
    let (what, wants) = (source.what, source.wants);
    conn.transaction(async move |conn| {
        lock(conn, jurisdiction).await?;
        match wants {
            Wants::Areas(patches) => step.areas(conn, patches).await,
            Wants::Units(patches) => step.units(conn, patches).await,
            Wants::Sites(patches) => step.sites(conn, patches).await,
            Wants::Checklists(drafts) => step.checklists(conn, drafts).await,
            Wants::Terms(terms) => step.terms(conn, what, terms).await,
        }
    })
    .await
}

/// Rows that a program made, whole and right.
pub enum Rows {
    Areas(Vec<AreaRow>),
    Units(Vec<UnitRow>),
    Sites(Vec<SiteRow>),
}

/// Writes rows that come from no file, in the way of all imports.
///
/// # Errors
/// When the database fails, or refuses a row.
pub async fn rows(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    now: DateTime<Utc>,
    name: &str,
    rows: Rows,
) -> Result<Tally> {
    let count = match &rows {
        Rows::Areas(rows) => rows.len(),
        Rows::Units(rows) => rows.len(),
        Rows::Sites(rows) => rows.len(),
    };
    let event = Event { name: name.to_owned(), sha256: None, rows: count, at: now, by: None };
    let (faults, spoilt) = (Vec::new(), HashSet::new());
    let step = Step { jurisdiction, event, faults, spoilt, dry_run: false };
    conn.transaction(async move |conn| {
        lock(conn, jurisdiction).await?;
        match rows {
            Rows::Areas(wanted) => {
                let before = crate::areas::store::all(conn, jurisdiction).await?;
                step.write_areas(conn, before, wanted).await
            }
            Rows::Units(wanted) => {
                let before = crate::units::store::all(conn, jurisdiction).await?;
                step.write_units(conn, before, wanted).await
            }
            Rows::Sites(wanted) => {
                let ids: Vec<SiteId> = wanted.iter().map(|row| row.site.site_id).collect();
                let before = crate::sites::store::load(conn, jurisdiction, &ids).await?;
                step.write_sites(conn, before, wanted).await
            }
        }
    })
    .await
}

/// Whether a jurisdiction has been set up.
///
/// # Errors
/// When the database fails.
pub async fn exists(conn: &mut Conn, jurisdiction: JurisdictionId) -> Result<bool> {
    let found = prepared("SELECT FROM heads WHERE jurisdiction_id = $1")
        .bind::<SqlUuid, _>(jurisdiction.0)
        .execute(conn)
        .await?;
    Ok(found == 1)
}

/// Imports of a jurisdiction run one after the other: each decides by what it finds.
async fn lock(conn: &mut Conn, jurisdiction: JurisdictionId) -> Result<()> {
    let key = i64::from_be_bytes(jurisdiction.0.as_u64_pair().0.to_be_bytes());
    prepared("SELECT pg_advisory_xact_lock($1)").bind::<Int8, _>(key).execute(conn).await?;
    Ok(())
}

/// What the ledger tells of the file.
struct Event {
    name: String,
    sha256: Option<String>,
    rows: usize,
    at: DateTime<Utc>,
    by: Option<(AccountId, DeviceId)>,
}

/// An import under way, within its transaction.
struct Step {
    jurisdiction: JurisdictionId,
    event: Event,
    faults: Vec<Fault>,
    spoilt: HashSet<String>,
    dry_run: bool,
}

impl Step {
    /// The faults, in the order of the file; none: the import may go on.
    fn refusal(&mut self) -> Option<Verdict> {
        self.faults.sort_by(|a, b| (a.line, &a.column).cmp(&(b.line, &b.column)));
        (!self.faults.is_empty()).then(|| Verdict::Refused(std::mem::take(&mut self.faults)))
    }

    async fn areas(&mut self, conn: &mut Conn, patches: Vec<areas::AreaPatch>) -> Result<Verdict> {
        let before = crate::areas::store::all(conn, self.jurisdiction).await?;
        let wanted = areas::merge(self.jurisdiction, &before, patches, &self.spoilt, &mut self.faults);
        if let Some(refusal) = self.refusal() {
            return Ok(refusal);
        }
        Ok(Verdict::Fit(self.write_areas(conn, before, wanted).await?))
    }

    async fn units(&mut self, conn: &mut Conn, patches: Vec<units::UnitPatch>) -> Result<Verdict> {
        let before = crate::units::store::all(conn, self.jurisdiction).await?;
        let channels = crate::areas::store::channels(conn, self.jurisdiction).await?;
        let areas: HashSet<_> = channels.into_keys().collect();
        let wanted = units::merge(self.jurisdiction, &before, &areas, patches, &mut self.faults);
        if let Some(refusal) = self.refusal() {
            return Ok(refusal);
        }
        Ok(Verdict::Fit(self.write_units(conn, before, wanted).await?))
    }

    async fn sites(&mut self, conn: &mut Conn, patches: Vec<sites::SitePatch>) -> Result<Verdict> {
        let id_of = |patch: &sites::SitePatch| SiteId(self.jurisdiction.derive("site", &patch.code));
        let ids: Vec<SiteId> = patches.iter().map(id_of).collect();
        let before = crate::sites::store::load(conn, self.jurisdiction, &ids).await?;
        let channels: HashMap<_, _> = crate::areas::store::channels(conn, self.jurisdiction).await?;
        let wanted = sites::merge(self.jurisdiction, &before, &channels, patches, &mut self.faults);
        if let Some(refusal) = self.refusal() {
            return Ok(refusal);
        }
        Ok(Verdict::Fit(self.write_sites(conn, before, wanted).await?))
    }

    async fn checklists(&mut self, conn: &mut Conn, drafts: Vec<checklists::Draft>) -> Result<Verdict> {
        let published = crate::checklists::store::all(conn, self.jurisdiction).await?;
        let editions = checklists::merge(self.jurisdiction, published, drafts, &mut self.faults);
        if let Some(refusal) = self.refusal() {
            return Ok(refusal);
        }
        let tally = Tally {
            added: editions.first,
            changed: editions.new.len() - editions.first,
            unchanged: editions.unchanged,
        };
        if self.dry_run {
            return Ok(Verdict::Fit(tally));
        }
        crate::checklists::store::publish(conn, self.jurisdiction, self.event.at, &editions.new).await?;
        let places = crate::checklists::places(self.jurisdiction, &editions.new);
        self.finish(conn, What::Checklists, tally, &places).await?;
        Ok(Verdict::Fit(tally))
    }

    async fn terms(&mut self, conn: &mut Conn, what: What, terms: Vec<Term>) -> Result<Verdict> {
        if let Some(refusal) = self.refusal() {
            return Ok(refusal);
        }
        let there = crate::terms::store::bodies(conn, self.jurisdiction).await?;
        let (mut tally, mut changed) = (Tally::default(), Vec::new());
        for term in &terms {
            let before = there.get(&(term.kind().to_owned(), term.year()));
            if before == Some(&crate::terms::store::body(term)?) {
                tally.unchanged += 1;
                continue;
            }
            *if before.is_some() { &mut tally.changed } else { &mut tally.added } += 1;
            changed.push(term);
        }
        if !self.dry_run && !changed.is_empty() {
            crate::terms::store::write(conn, self.jurisdiction, self.event.at, &changed).await?;
            if changed.iter().any(|term| !matches!(term, Term::Tiers(_))) {
                crate::rectifications::store::replan(conn, self.jurisdiction, self.event.at).await?;
            }
            self.finish(conn, what, tally, &[]).await?;
        }
        Ok(Verdict::Fit(tally))
    }

    async fn write_areas(
        &self,
        conn: &mut Conn,
        before: Vec<AreaRow>,
        wanted: Vec<AreaRow>,
    ) -> Result<Tally> {
        let changes = compare(before, wanted);
        let tally = Tally::of(&changes);
        if self.dry_run {
            return Ok(tally);
        }
        crate::areas::store::write(conn, self.jurisdiction, &changes).await?;
        let mut places = crate::areas::places(&changes);
        places.extend(crate::sites::store::follow_areas(conn, self.jurisdiction).await?);
        // Who may read what follows the tree.
        grants::rederive_all(conn, self.event.at, self.jurisdiction).await?;
        self.finish(conn, What::Areas, tally, &places).await?;
        Ok(tally)
    }

    async fn write_units(
        &self,
        conn: &mut Conn,
        before: Vec<UnitRow>,
        wanted: Vec<UnitRow>,
    ) -> Result<Tally> {
        let changes = compare(before, wanted);
        let tally = Tally::of(&changes);
        if self.dry_run {
            return Ok(tally);
        }
        crate::units::store::write(conn, self.jurisdiction, &changes).await?;
        // A unit's people read what its area reads.
        grants::rederive_all(conn, self.event.at, self.jurisdiction).await?;
        self.finish(conn, What::Units, tally, &crate::units::places(&changes)).await?;
        Ok(tally)
    }

    async fn write_sites(
        &self,
        conn: &mut Conn,
        before: Vec<SiteRow>,
        wanted: Vec<SiteRow>,
    ) -> Result<Tally> {
        let changes = compare(before, wanted);
        let tally = Tally::of(&changes);
        if self.dry_run {
            return Ok(tally);
        }
        crate::sites::store::write(conn, self.jurisdiction, &changes).await?;
        self.finish(conn, What::Sites, tally, &crate::sites::places(&changes)).await?;
        Ok(tally)
    }

    /// The last statement: the ledger tells of the import, and what changed takes its place in the feed.
    async fn finish(&self, conn: &mut Conn, what: What, tally: Tally, places: &[Place]) -> Result<()> {
        let told = json!({
            "file": self.event.name, "sha256": self.event.sha256, "rows": self.event.rows,
            "added": tally.added, "changed": tally.changed, "unchanged": tally.unchanged,
        });
        let mut entry = Entry::event(what.event(), self.event.at, &told)?;
        if let Some((account, device)) = self.event.by {
            entry = entry.by(account, device);
        }
        let in_plans = plans::store::follow_sites(conn, self.jurisdiction, places).await?;
        let places: Vec<Place> = places.iter().cloned().chain(in_plans).collect();
        ledger::append(conn, self.jurisdiction, &[entry], &places).await?;
        Ok(())
    }
}
