//! Loads what a batch of commands may depend on, in few round trips: independent queries are pipelined.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use anfang_protocol::{
    checklist::Checklist,
    command::Command,
    ids::{AccountId, AreaId, ChecklistId, CommandId, InspectionId, JurisdictionId, SiteId},
    people::Role,
    sha::Sha,
    sync::{Outcome, Status},
};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use moka::sync::Cache;
use uuid::Uuid;

use super::{
    docket,
    submission::Submission,
    world::{Ground, Known, Reach, World},
};
use crate::{
    checklists,
    db::{Conn, Here, prepared, schema::commands},
    evidence,
    failure::Result,
    inspections::{self, Record},
    sites,
};

/// Published versions never change: what was read once is true for ever.
pub type ChecklistCache = Cache<(JurisdictionId, ChecklistId, u32), Arc<Checklist>>;

/// What the commands name.
#[derive(Default)]
struct Named {
    commands: BTreeSet<CommandId>,
    accounts: BTreeSet<AccountId>,
    sites: BTreeSet<SiteId>,
    areas: BTreeSet<AreaId>,
    inspections: BTreeSet<InspectionId>,
    checklists: BTreeSet<(ChecklistId, u32)>,
    findings: Vec<Uuid>,
    evidence: Vec<Uuid>,
    files: BTreeSet<(AccountId, Sha)>,
    /// Findings that are to stand under an item.
    listed: Vec<Uuid>,
}

impl Named {
    fn by(batch: &[&Submission]) -> Self {
        let mut named = Named::default();
        for submission in batch {
            named.commands.insert(submission.envelope.id);
            named.commands.extend(submission.envelope.after);
            let Some(account) = submission.account() else { continue };
            named.accounts.insert(account);
            match &submission.command {
                Ok(Command::InspectionSubmit(submit)) => {
                    named.sites.insert(submit.site_id);
                    named.inspections.insert(submit.inspection_id);
                    named.report(account, &submit.checklists, &submit.findings, &submit.evidence);
                }
                Ok(Command::InspectionAmend(amend)) => {
                    named.inspections.insert(amend.inspection_id);
                    named.report(account, &amend.checklists, &amend.findings, &amend.evidence);
                }
                Ok(Command::InspectionVoid(void)) => {
                    named.inspections.insert(void.inspection_id);
                }
                Ok(Command::InspectionAsk(ask)) => {
                    named.inspections.insert(ask.inspection_id);
                }
                Ok(Command::Rectification(act)) => {
                    named.files.extend(act.evidence().iter().map(|e| (account, e.sha256)));
                    named.listed.extend(docket::findings(act).map(|id| id.0));
                    named.sites.extend(docket::noted(act).iter().filter_map(|noted| noted.site_id));
                }
                Ok(_) | Err(_) => {}
            }
        }
        named
    }

    /// An amendment is judged with the site and the checklists of the report that it amends; authority over a
    /// report goes by where it was made, even if its site has moved since. Whether there is anything that the batch
    /// itself does not name.
    fn widen(&mut self, records: &[Record]) -> bool {
        let before = (self.sites.len(), self.checklists.len(), self.areas.len());
        for record in records {
            self.sites.insert(record.site_id);
            self.areas.insert(record.area_id);
            self.checklists.extend(record.body.checklists.iter().map(|a| (a.checklist_id, a.version)));
        }
        before != (self.sites.len(), self.checklists.len(), self.areas.len())
    }

    fn report(
        &mut self,
        account: AccountId,
        checklists: &[anfang_protocol::inspection::Answers],
        findings: &[anfang_protocol::finding::Finding],
        evidence: &[anfang_protocol::evidence::Evidence],
    ) {
        self.checklists.extend(checklists.iter().map(|a| (a.checklist_id, a.version)));
        self.findings.extend(findings.iter().map(|f| f.finding_id.0));
        self.evidence.extend(evidence.iter().map(|e| e.evidence_id.0));
        self.files.extend(evidence.iter().map(|e| (account, e.sha256)));
    }
}

/// Loads the world of this batch; existing inspections are locked.
///
/// The queries are sent one behind the other without waiting. What they tell may be older than the locks; then
/// saving finds that somebody got in between.
///
/// # Errors
/// Broken when the database fails.
pub async fn load(
    conn: &Conn,
    jurisdiction: JurisdictionId,
    batch: &[&Submission],
    cache: &ChecklistCache,
) -> Result<World> {
    let mut named = Named::by(batch);
    named.inspections.extend(inspections::store::of_findings(conn, jurisdiction, &named.listed).await?);
    let ids: Vec<Uuid> = named.inspections.iter().map(|id| id.0).collect();
    let (records, known, taken, statuses, mut ground) = tokio::try_join!(
        biased;
        inspections::store::lock(conn, jurisdiction, &ids),
        known(conn, jurisdiction, &named.commands),
        inspections::store::taken(conn, jurisdiction, named.findings.clone(), named.evidence.clone()),
        evidence::statuses(conn, jurisdiction, &named.files),
        survey(conn, jurisdiction, &named, cache),
    )?;
    if named.widen(&records) {
        ground = survey(conn, jurisdiction, &named, cache).await?;
    }
    let (rows, reach) = ground;
    Ok(World {
        known,
        grounds: rows
            .into_iter()
            .map(|row| (row.site.site_id, Ground { site: row.site, channel_area_id: row.channel_area_id }))
            .collect(),
        reach,
        checklists: named
            .checklists
            .iter()
            .filter_map(|(id, v)| cache.get(&(jurisdiction, *id, *v)).map(|c| ((*id, *v), c)))
            .collect(),
        inspections: records.into_iter().map(|record| (record.inspection_id, record)).collect(),
        taken: taken.into_iter().collect(),
        evidence: statuses,
        ..World::default()
    })
}

/// Roles of people over areas.
type Reaches = HashMap<(AccountId, AreaId), Vec<Reach>>;

/// Sites, roles over their areas, and checklists, which go into the cache.
async fn survey(
    conn: &Conn,
    jurisdiction: JurisdictionId,
    named: &Named,
    cache: &ChecklistCache,
) -> Result<(Vec<sites::store::SiteRow>, Reaches)> {
    let site_ids: Vec<SiteId> = named.sites.iter().copied().collect();
    let areas: Vec<AreaId> = named.areas.iter().copied().collect();
    let accounts: Vec<AccountId> = named.accounts.iter().copied().collect();
    let missing: Vec<(ChecklistId, u32)> = named
        .checklists
        .iter()
        .copied()
        .filter(|(id, v)| !cache.contains_key(&(jurisdiction, *id, *v)))
        .collect();
    let (rows, reach, fresh) = tokio::try_join!(
        sites::store::load(conn, jurisdiction, &site_ids),
        reach(conn, jurisdiction, &accounts, &site_ids, &areas),
        checklists::store::load(conn, jurisdiction, &missing),
    )?;
    for checklist in fresh {
        cache.insert((jurisdiction, checklist.checklist_id, checklist.version), Arc::new(checklist));
    }
    Ok((rows, reach))
}

async fn known(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    ids: &BTreeSet<CommandId>,
) -> Result<HashMap<CommandId, Known>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    type Row = (Uuid, Option<Uuid>, Vec<u8>, String, Option<String>);
    let rows: Vec<Row> = commands::table
        .filter(commands::jurisdiction_id.eq(Here(jurisdiction.0)))
        .filter(commands::command_id.eq_any(ids))
        .select((
            commands::command_id,
            commands::account_id,
            commands::digest,
            commands::status,
            commands::outcome,
        ))
        .load(&mut conn)
        .await?;
    rows.into_iter()
        .map(|(id, account, digest, status, outcome)| {
            let known = Known {
                account: account.map(AccountId),
                digest: Sha::from_slice(&digest).unwrap_or(Sha([0; 32])),
                status: serde_json::from_value::<Status>(status.into())?,
                outcome: outcome.map(|text| serde_json::from_str::<Outcome>(&text)).transpose()?,
            };
            Ok((id.into(), known))
        })
        .collect()
}

/// Roles of these people over these areas and those of these sites, ended ones included: grants over the area or
/// any above, or over a unit that answers for one of them.
async fn reach(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    accounts: &[AccountId],
    sites: &[SiteId],
    areas: &[AreaId],
) -> Result<Reaches> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        account_id: Uuid,
        #[diesel(sql_type = SqlUuid)]
        area_id: Uuid,
        #[diesel(sql_type = Text)]
        role: String,
        #[diesel(sql_type = Nullable<Timestamptz>)]
        revoked_at: Option<DateTime<Utc>>,
    }
    let rows: Vec<Row> = prepared(
        "WITH RECURSIVE up (start, area_id, parent_id) AS ( \
            SELECT a.area_id, a.area_id, a.parent_id FROM areas a \
            WHERE a.jurisdiction_id = $1 AND (a.area_id = ANY($4) OR a.area_id IN ( \
                SELECT area_id FROM sites WHERE jurisdiction_id = (SELECT $1) AND site_id = ANY($3))) \
            UNION ALL \
            SELECT up.start, a.area_id, a.parent_id FROM up JOIN areas a ON a.jurisdiction_id = $1 AND a.area_id = up.parent_id) \
         SELECT g.account_id, up.start AS area_id, g.role, g.revoked_at \
         FROM grants g LEFT JOIN units u ON u.jurisdiction_id = g.jurisdiction_id AND u.unit_id = g.unit_id \
         JOIN up ON up.area_id = coalesce(g.area_id, u.area_id) \
         WHERE g.jurisdiction_id = $1 AND g.account_id = ANY($2)",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(accounts.iter().map(|id| id.0).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(sites.iter().map(|id| id.0).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(areas.iter().map(|id| id.0).collect::<Vec<_>>())
    .load(&mut conn)
    .await?;
    let mut reach = Reaches::new();
    for row in rows {
        let key = (row.account_id.into(), row.area_id.into());
        reach
            .entry(key)
            .or_default()
            .push(Reach { role: Role::from(row.role.as_str()), revoked_at: row.revoked_at });
    }
    Ok(reach)
}
