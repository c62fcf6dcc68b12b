//! The dossier: what commands about plans may depend on, loaded before anything is decided. Chance is drawn here, so
//! that deciding stays pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anfang_protocol::{
    authority::Held,
    command::Command,
    draw::Seed,
    ids::{AccountId, AreaId, ChecklistId, CommandId, JurisdictionId, PlanId, SiteId},
    notice::Notice,
    plan::{Choice, SealPlan},
    sha::Sha,
    tier::TierRules,
};
use diesel::{
    QueryableByName,
    sql_types::{Array, Integer, Text, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use serde::Serialize;
use uuid::Uuid;

use super::submission::Submission;
use crate::{
    auth::grants,
    clock::chance,
    db::{Conn, prepared},
    failure::Result,
    plans::{Record, store},
    sites::{self, store::SiteRow},
};

/// What the ledger tells of a draw, beside the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commitment: Option<Sha>,
    pub plan_id: PlanId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<Seed>,
}

#[derive(Debug, Default)]
pub struct Dossier {
    /// Ordered, so that rows are written in one order by everybody.
    pub plans: BTreeMap<PlanId, Record>,
    /// Plans that this batch made or changed.
    pub touched: BTreeSet<PlanId>,
    /// For each command that seals, should it draw.
    pub seeds: HashMap<CommandId, Seed>,
    /// Sites that are named, or lie within a frame, in the order of their ids.
    pub sites: BTreeMap<SiteId, SiteRow>,
    /// Areas that frames and sites lie in, with those above.
    pub paths: BTreeMap<AreaId, Vec<AreaId>>,
    /// Live roles of those who seal.
    pub grants: BTreeMap<AccountId, Vec<Held>>,
    /// Who may be of a team.
    pub may_go: BTreeSet<AccountId>,
    pub checklists: BTreeSet<(ChecklistId, u32)>,
    /// Sites that earlier plans of a round have.
    pub drawn: BTreeMap<(AccountId, String), BTreeSet<SiteId>>,
    pub notices: Vec<Notice>,
    pub told: HashMap<CommandId, Told>,
    /// The priority tiers of the year.
    pub tiers: Option<TierRules>,
}

impl Dossier {
    pub fn path(&self, area: AreaId) -> &[AreaId] {
        self.paths.get(&area).map_or(&[], Vec::as_slice)
    }

    /// Plans that are new to the database: their people are to be let in.
    pub fn sealed_now(&self) -> impl Iterator<Item = &Record> {
        let touched = self.touched.iter().filter_map(|id| self.plans.get(id));
        touched.filter(|record| record.saved_rev.is_none())
    }

    pub fn changed(&self) -> Vec<&Record> {
        self.touched.iter().filter_map(|id| self.plans.get(id)).collect()
    }
}

fn seals<'a>(batch: &'a [&Submission]) -> impl Iterator<Item = (&'a Submission, &'a SealPlan)> {
    batch.iter().filter_map(|submission| match &submission.command {
        Ok(Command::PlanSeal(seal)) => Some((*submission, seal.as_ref())),
        _ => None,
    })
}

fn named(batch: &[&Submission]) -> BTreeSet<Uuid> {
    let of = |submission: &&Submission| match submission.command.as_ref().ok()? {
        Command::PlanSeal(seal) => Some(seal.plan_id.0),
        Command::PlanUnseal(unseal) => Some(unseal.plan_id.0),
        Command::PlanWithdraw(withdraw) => Some(withdraw.plan_id.0),
        Command::InspectionSubmit(submit) => submit.plan_id.map(|plan| plan.0),
        _ => None,
    };
    batch.iter().filter_map(of).collect()
}

/// Loads the dossier of this batch; plans are locked, behind inspections and items.
///
/// # Errors
/// Broken when the database fails.
pub async fn load(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    batch: &[&Submission],
    year: i32,
) -> Result<Dossier> {
    let ids: Vec<Uuid> = named(batch).into_iter().collect();
    if ids.is_empty() {
        return Ok(Dossier::default());
    }
    let records = store::lock(conn, jurisdiction, &ids).await?;
    let mut dossier = Dossier {
        plans: records.into_iter().map(|record| (record.plan.plan_id, record)).collect(),
        ..Dossier::default()
    };
    if seals(batch).next().is_some() {
        dossier.tiers = Some(crate::terms::store::in_force(conn, jurisdiction).await?.tiers(year));
        prepare(conn, jurisdiction, batch, &mut dossier).await?;
    }
    Ok(dossier)
}

/// What sealing depends on.
async fn prepare(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    batch: &[&Submission],
    dossier: &mut Dossier,
) -> Result<()> {
    let mut wanted: BTreeSet<SiteId> = BTreeSet::new();
    let mut areas: BTreeSet<AreaId> = BTreeSet::new();
    let mut kinds: BTreeSet<String> = BTreeSet::new();
    let mut rounds = BTreeSet::new();
    let (mut team, mut authors) = (BTreeSet::new(), BTreeSet::new());
    for (submission, seal) in seals(batch) {
        dossier.seeds.insert(submission.envelope.id, Sha(chance()));
        team.extend(seal.team.iter().map(|account| account.0));
        authors.extend(submission.account());
        match &seal.sites {
            Choice::Named(sites) => wanted.extend(sites),
            Choice::Drawn(frame) => {
                areas.extend(&frame.areas);
                kinds.extend(frame.kinds.iter().map(|kind| kind.as_str().to_owned()));
            }
        }
        rounds.extend(submission.account().zip(seal.round.clone()));
    }
    wanted.extend(within(conn, jurisdiction, &areas, kinds).await?);
    let wanted: Vec<SiteId> = wanted.into_iter().collect();
    let rows = sites::store::load(conn, jurisdiction, &wanted).await?;
    areas.extend(rows.iter().map(|row| row.site.area_id));
    let areas: Vec<AreaId> = areas.into_iter().collect();
    let authors: Vec<AccountId> = authors.into_iter().collect();
    let team: Vec<Uuid> = team.into_iter().collect();
    dossier.sites = rows.into_iter().map(|row| (row.site.site_id, row)).collect();
    dossier.paths = grants::paths(conn, jurisdiction, &areas).await?;
    dossier.grants = grants::live_grants(conn, jurisdiction, &authors).await?;
    dossier.may_go = store::may_go(conn, jurisdiction, &team).await?;
    dossier.drawn = store::drawn(conn, jurisdiction, &rounds).await?;
    dossier.checklists = checklists(conn, jurisdiction, batch).await?;
    Ok(())
}

/// Sites of these kinds within these areas.
async fn within(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    areas: &BTreeSet<AreaId>,
    kinds: BTreeSet<String>,
) -> Result<Vec<SiteId>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        site_id: Uuid,
    }
    if areas.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = prepared(
        "WITH RECURSIVE down (area_id) AS ( \
            SELECT area_id FROM areas WHERE jurisdiction_id = $1 AND area_id = ANY($2) UNION \
            SELECT a.area_id FROM down JOIN areas a ON a.jurisdiction_id = $1 AND a.parent_id = down.area_id) \
         SELECT s.site_id FROM down JOIN sites s ON s.jurisdiction_id = $1 AND s.area_id = down.area_id \
            AND s.kind = ANY($3)",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(areas.iter().map(|area| area.0).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(kinds.into_iter().collect::<Vec<_>>())
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| SiteId(row.site_id)).collect())
}

/// Which of the versions named there are.
async fn checklists(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    batch: &[&Submission],
) -> Result<BTreeSet<(ChecklistId, u32)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        checklist_id: Uuid,
        #[diesel(sql_type = Integer)]
        version: i32,
    }
    let named: Vec<Uuid> =
        seals(batch).flat_map(|(_, seal)| &seal.checklists).map(|one| one.checklist_id.0).collect();
    let rows: Vec<Row> = prepared(
        "SELECT checklist_id, version FROM checklists WHERE jurisdiction_id = $1 AND checklist_id = ANY($2)",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(named)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (ChecklistId(row.checklist_id), row.version.unsigned_abs())).collect())
}
