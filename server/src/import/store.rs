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

use super::{
    Source, Wants, What, areas, checklists,
    fault::{Fault, Faulty},
    rows::{self, Case, Change, Head, Trial},
    sites, terms, units,
};
use crate::{
    areas::store::AreaRow,
    auth::grants,
    db::{
        Conn, Here, prepared,
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
        .filter(rectifications::jurisdiction_id.eq(Here(jurisdiction.0)))
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
        Tally {
            added: changes.added.len(),
            changed: changes.changed.len(),
            unchanged: changes.unchanged.len(),
        }
    }
}

/// Checks the file against what is there and, unless `dry_run`, writes it; a dry run tells it row by row.
///
/// # Errors
/// When the database fails; a file that does not fit is a [`Verdict`].
pub async fn import(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    now: DateTime<Utc>,
    source: Source,
    dry_run: bool,
) -> Result<(Verdict, Option<Trial>)> {
    let sha256 = Some(source.sha256.to_string());
    let event = Event { name: source.name, sha256, rows: source.rows, at: now, by: source.by };
    let (faults, faulty) = (source.faults, source.faulty);
    let mut step = Step { jurisdiction, event, faults, faulty, dry_run, trial: None };
    let (what, wants) = (source.what, source.wants);
    conn.transaction(async move |conn| {
        lock(conn, jurisdiction).await?;
        let verdict = match wants {
            Wants::Areas(patches) => step.areas(conn, patches).await,
            Wants::Units(patches) => step.units(conn, patches).await,
            Wants::Sites(patches) => step.sites(conn, patches).await,
            Wants::Checklists(drafts) => step.checklists(conn, drafts).await,
            Wants::Terms(terms) => step.terms(conn, what, terms).await,
        };
        Ok((verdict?, step.trial))
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
    let (faults, faulty) = (Vec::new(), Vec::new());
    let step = Step { jurisdiction, event, faults, faulty, dry_run: false, trial: None };
    conn.transaction(async move |conn| {
        lock(conn, jurisdiction).await?;
        match rows {
            Rows::Areas(wanted) => {
                let before = crate::areas::store::all(conn, jurisdiction).await?;
                step.write_areas(conn, compare(before, wanted)).await
            }
            Rows::Units(wanted) => {
                let before = crate::units::store::all(conn, jurisdiction).await?;
                step.write_units(conn, compare(before, wanted)).await
            }
            Rows::Sites(wanted) => {
                let ids: Vec<SiteId> = wanted.iter().map(|row| row.site.site_id).collect();
                let before = crate::sites::store::load(conn, jurisdiction, &ids).await?;
                step.write_sites(conn, compare(before, wanted)).await
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

/// Where the file speaks of a code.
fn lines_of<'p>(patches: impl Iterator<Item = (&'p String, usize)>) -> HashMap<String, usize> {
    patches.map(|(code, line)| (code.clone(), line)).collect()
}

/// What was compared, as rows to be told.
fn cases<R>(changes: &Changes<R>, line: impl Fn(&R) -> Option<usize>) -> Vec<(Option<usize>, Case<&R>)> {
    let changed = changes.changed.iter().map(|row| {
        let (before, after) = (&row.before, &row.after);
        (line(after), Case::Changed { before, after })
    });
    let new = changes.added.iter().map(|row| (line(row), Case::New(row)));
    let same = changes.unchanged.iter().map(|row| (line(row), Case::Unchanged(row)));
    changed.chain(new).chain(same).collect()
}

/// An import under way, within its transaction.
struct Step {
    jurisdiction: JurisdictionId,
    event: Event,
    /// Of none of its rows.
    faults: Vec<Fault>,
    faulty: Vec<Faulty>,
    dry_run: bool,
    /// What a dry run has found.
    trial: Option<Trial>,
}

impl Step {
    /// The faults, in the order of the file; none: the import may go on.
    fn refusal(&mut self) -> Option<Verdict> {
        let mut faults = std::mem::take(&mut self.faults);
        faults.extend(std::mem::take(&mut self.faulty).into_iter().flat_map(|row| row.faults));
        faults.sort_by(|a, b| (a.line, &a.column).cmp(&(b.line, &b.column)));
        (!faults.is_empty()).then_some(Verdict::Refused(faults))
    }

    /// A dry run tells what every row would do. Those that are fit are told beside others that are not, too.
    fn tell<R>(
        &mut self,
        fit: Vec<(Option<usize>, Case<R>)>,
        head: impl Fn(&R) -> Head,
        changes: impl Fn(Option<&R>, &R) -> Vec<Change>,
    ) {
        self.trial = Some(rows::trial(self.faulty.iter().collect(), fit, head, changes));
    }

    async fn areas(&mut self, conn: &mut Conn, patches: Vec<areas::AreaPatch>) -> Result<Verdict> {
        let before = crate::areas::store::all(conn, self.jurisdiction).await?;
        let lines = lines_of(patches.iter().map(|patch| (&patch.code, patch.line)));
        let mut codes: HashMap<Uuid, String> =
            before.iter().map(|row| (row.area_id, row.code.clone())).collect();
        let wanted = areas::merge(self.jurisdiction, &before, patches, &mut self.faulty);
        let changes = compare(before, wanted);
        if self.dry_run {
            codes.extend(changes.added.iter().map(|row| (row.area_id, row.code.clone())));
            let wrong = self.faulty.iter().map(|row| &row.code);
            codes.extend(wrong.map(|code| (self.jurisdiction.derive("area", code), code.clone())));
            let fit = cases(&changes, |row| lines.get(&row.code).copied());
            self.tell(fit, |row| areas::head(row), |old, new| areas::changes(&codes, old.copied(), new));
        }
        if let Some(refusal) = self.refusal() {
            return Ok(refusal);
        }
        Ok(Verdict::Fit(self.write_areas(conn, changes).await?))
    }

    async fn units(&mut self, conn: &mut Conn, patches: Vec<units::UnitPatch>) -> Result<Verdict> {
        let before = crate::units::store::all(conn, self.jurisdiction).await?;
        let areas = crate::areas::store::lies(conn, self.jurisdiction).await?;
        let lines = lines_of(patches.iter().map(|patch| (&patch.code, patch.line)));
        let wanted = units::merge(self.jurisdiction, &before, &areas, patches, &mut self.faulty);
        let changes = compare(before, wanted);
        if self.dry_run {
            let fit = cases(&changes, |row| lines.get(&row.code).copied());
            self.tell(fit, |row| units::head(row), |old, new| units::changes(&areas, old.copied(), new));
        }
        if let Some(refusal) = self.refusal() {
            return Ok(refusal);
        }
        Ok(Verdict::Fit(self.write_units(conn, changes).await?))
    }

    async fn sites(&mut self, conn: &mut Conn, patches: Vec<sites::SitePatch>) -> Result<Verdict> {
        let id_of = |patch: &sites::SitePatch| SiteId(self.jurisdiction.derive("site", &patch.code));
        let ids: Vec<SiteId> = patches.iter().map(id_of).collect();
        let before = crate::sites::store::load(conn, self.jurisdiction, &ids).await?;
        let areas = crate::areas::store::lies(conn, self.jurisdiction).await?;
        let lines: HashMap<SiteId, usize> =
            ids.into_iter().zip(patches.iter().map(|patch| patch.line)).collect();
        let wanted = sites::merge(self.jurisdiction, &before, &areas, patches, &mut self.faulty);
        let changes = compare(before, wanted);
        if self.dry_run {
            let fit = cases(&changes, |row| lines.get(&row.site.site_id).copied());
            self.tell(fit, |row| sites::head(row), |old, new| sites::changes(&areas, old.copied(), new));
        }
        if let Some(refusal) = self.refusal() {
            return Ok(refusal);
        }
        Ok(Verdict::Fit(self.write_sites(conn, changes).await?))
    }

    async fn checklists(&mut self, conn: &mut Conn, drafts: Vec<checklists::Draft>) -> Result<Verdict> {
        let published = crate::checklists::store::all(conn, self.jurisdiction).await?;
        let editions = checklists::merge(self.jurisdiction, published, drafts, &mut self.faulty);
        if self.dry_run {
            let new = editions.new.iter().map(|edition| match &edition.before {
                Some(before) => (Some(edition.line), Case::Changed { before, after: &edition.list }),
                None => (Some(edition.line), Case::New(&edition.list)),
            });
            let same = editions.unchanged.iter().map(|(line, list)| (Some(*line), Case::Unchanged(list)));
            let fit = new.chain(same).collect();
            self.tell(fit, |row| checklists::head(row), |old, new| checklists::changes(old.copied(), new));
        }
        if let Some(refusal) = self.refusal() {
            return Ok(refusal);
        }
        let first = editions.new.iter().filter(|edition| edition.before.is_none()).count();
        let (changed, unchanged) = (editions.new.len() - first, editions.unchanged.len());
        let tally = Tally { added: first, changed, unchanged };
        if self.dry_run {
            return Ok(Verdict::Fit(tally));
        }
        let new: Vec<_> = editions.new.into_iter().map(|edition| edition.list).collect();
        crate::checklists::store::publish(conn, self.jurisdiction, self.event.at, &new).await?;
        let places = crate::checklists::places(self.jurisdiction, &new);
        self.finish(conn, What::Checklists, tally, &places).await?;
        Ok(Verdict::Fit(tally))
    }

    async fn terms(&mut self, conn: &mut Conn, what: What, wanted: Vec<(usize, Term)>) -> Result<Verdict> {
        let there = crate::terms::store::bodies(conn, self.jurisdiction).await?;
        let (mut tally, mut changed, mut fit) = (Tally::default(), Vec::new(), Vec::new());
        for (line, term) in &wanted {
            let (before, body) =
                (there.get(&(term.kind().to_owned(), term.year())), crate::terms::store::body(term)?);
            let same = before == Some(&body);
            let counted = match before {
                Some(_) if same => &mut tally.unchanged,
                Some(_) => &mut tally.changed,
                None => &mut tally.added,
            };
            *counted += 1;
            if !same {
                changed.push(term);
            }
            if self.dry_run {
                fit.push((Some(*line), terms::case(before, &body)?));
            }
        }
        if self.dry_run {
            self.tell(fit, terms::head, terms::changes);
        }
        if let Some(refusal) = self.refusal() {
            return Ok(refusal);
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

    async fn write_areas(&self, conn: &mut Conn, changes: Changes<AreaRow>) -> Result<Tally> {
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

    async fn write_units(&self, conn: &mut Conn, changes: Changes<UnitRow>) -> Result<Tally> {
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

    async fn write_sites(&self, conn: &mut Conn, changes: Changes<SiteRow>) -> Result<Tally> {
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
