//! The docket: what commands about items of the ledger may depend on, loaded before anything is decided.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use anfang_protocol::{
    command::Command,
    ids::{
        AccountId, AreaId, EvidenceId, FindingId, InspectionId, JurisdictionId, NoticeId, RectificationId,
        UnitId,
    },
    lifecycle::{
        Calendar, Person, Rules,
        facts::ItemFinding,
        item::{Item, StageName},
        known::Visit,
        look_back::TrackRecord,
        reconcile::Move,
    },
    notice::{Notice, Told},
    rectification::{Act, AddFinding, HandOver, List, Named, Noted, Reassign},
};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use moka::sync::Cache;
use uuid::Uuid;

use super::submission::Submission;
use crate::{
    auth::grants,
    db::{
        Conn, prepared,
        schema::{accounts, areas, units},
    },
    failure::{Failure, Result},
    inspections, notices,
    rectifications::{Record, store},
};

/// The calendar and the rules of a jurisdiction.
#[derive(Debug)]
pub struct Terms {
    pub calendar: Calendar,
    pub rules: Rules,
}

pub type TermsCache = Cache<JurisdictionId, Arc<Terms>>;

/// Something to be told about an item as it was then.
#[derive(Debug)]
pub struct Telling {
    pub told: Told,
    pub item: Arc<Item>,
    /// Who caused it, and so need not be told.
    pub by: Option<AccountId>,
}

#[derive(Debug, Default)]
pub struct Docket {
    /// Ordered, so that rows are written in one order by everybody.
    pub items: BTreeMap<RectificationId, Record>,
    /// Items that this batch made or changed.
    pub touched: BTreeSet<RectificationId>,
    /// Under which item a finding stands, and as what.
    pub listed: HashMap<FindingId, (RectificationId, ItemFinding)>,
    pub people: HashMap<AccountId, Person>,
    /// Areas with those that they lie in.
    pub paths: BTreeMap<AreaId, Vec<AreaId>>,
    pub channel_areas: HashMap<AreaId, AreaId>,
    /// Responsible units: teams are none.
    pub units: HashSet<UnitId>,
    pub teams: HashSet<UnitId>,
    pub accounts: HashSet<AccountId>,
    /// Inspections that people may see.
    pub visits: HashMap<(AccountId, InspectionId), Visit>,
    pub records: HashMap<UnitId, TrackRecord>,
    /// Who mentioned a file of a finding.
    pub authors: HashMap<EvidenceId, AccountId>,
    pub notices: BTreeMap<NoticeId, Notice>,
    /// Notices that this batch marked as read.
    pub read: BTreeSet<NoticeId>,
    pub told: Vec<Telling>,
    pub moves: Vec<(i32, Move)>,
    pub terms: Option<Arc<Terms>>,
}

impl Docket {
    pub fn path(&self, area: AreaId) -> &[AreaId] {
        self.paths.get(&area).map_or(&[], Vec::as_slice)
    }

    /// Takes in an item as a command left it.
    pub fn put(&mut self, item: Item, channel_area: AreaId) {
        let id = item.id();
        self.listed.retain(|_, (under, _)| *under != id);
        if item.stage() != StageName::Cancelled {
            let findings = item.case.findings.iter();
            self.listed.extend(findings.map(|finding| (finding.finding_id, (id, finding.clone()))));
        }
        self.touched.insert(id);
        match self.items.get_mut(&id) {
            Some(record) => record.becomes(item),
            None => drop(self.items.insert(id, Record::new(item, channel_area))),
        }
    }
}

/// Problems from elsewhere that a command brings.
pub fn noted(act: &Act) -> &[Noted] {
    match act {
        Act::List(List { noted, .. }) | Act::AddFinding(AddFinding { noted, .. }) => noted,
        _ => &[],
    }
}

/// Every finding that a command names or brings.
pub fn findings(act: &Act) -> impl Iterator<Item = FindingId> {
    act.findings().iter().copied().chain(noted(act).iter().map(|noted| noted.finding_id))
}

/// What the commands about items name.
#[derive(Default)]
struct Mentioned {
    items: BTreeSet<Uuid>,
    findings: BTreeSet<Uuid>,
    areas: BTreeSet<AreaId>,
    units: BTreeSet<Uuid>,
    accounts: BTreeSet<AccountId>,
    givers: BTreeSet<AccountId>,
    inspections: BTreeSet<Uuid>,
    notices: BTreeSet<Uuid>,
    closes: bool,
}

impl Mentioned {
    fn by(batch: &[&Submission]) -> Self {
        let mut mentioned = Mentioned::default();
        for submission in batch {
            match &submission.command {
                Ok(Command::Rectification(act)) => {
                    mentioned.givers.extend(submission.account());
                    mentioned.items.extend(act.items().iter().map(|id| id.0));
                    mentioned.findings.extend(findings(act).map(|id| id.0));
                    mentioned.act(act);
                }
                Ok(Command::NoticeRead(read)) => drop(mentioned.notices.insert(read.notice_id.0)),
                Ok(_) | Err(_) => {}
            }
        }
        mentioned.accounts.extend(&mentioned.givers);
        mentioned
    }

    fn act(&mut self, act: &Act) {
        let account = |named: &Named| named.account_id;
        match act {
            Act::List(list) => drop(self.areas.insert(list.area_id)),
            Act::HandOver(HandOver { unit_id, person, leader, .. })
            | Act::Reassign(Reassign { unit_id, person, leader, .. }) => {
                self.units.insert(unit_id.0);
                self.accounts.extend(account(person));
                self.accounts.extend(leader.as_ref().and_then(account));
            }
            Act::Decline(decline) => self.units.extend(decline.suggests.map(|unit| unit.0)),
            Act::AssignVerifiers(assign) => {
                self.units.insert(assign.group.0);
                self.accounts.extend(&assign.accounts);
            }
            Act::Accept(accept) => self.inspections.extend(accept.inspection_id.map(|id| id.0)),
            Act::Return(back) => self.inspections.extend(back.inspection_id.map(|id| id.0)),
            Act::LookBackPassed(passed) => self.inspections.extend(passed.inspection_id.map(|id| id.0)),
            Act::Reopen(reopen) => self.inspections.extend(reopen.inspection_id.map(|id| id.0)),
            Act::Close(_) => self.closes = true,
            _ => {}
        }
    }
}

/// Loads the docket of this batch; items and notices are locked, behind the inspections.
///
/// # Errors
/// Broken when the database fails.
pub async fn load(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    batch: &[&Submission],
    inspections: &BTreeMap<InspectionId, inspections::Record>,
    cache: &TermsCache,
) -> Result<Docket> {
    let mut named = Mentioned::by(batch);
    if named.items.is_empty() && named.notices.is_empty() {
        return Ok(Docket::default());
    }
    let ids: Vec<Uuid> = named.items.iter().copied().collect();
    let found: Vec<Uuid> = named.findings.iter().copied().collect();
    let noticed: Vec<Uuid> = named.notices.iter().copied().collect();
    let shared: &Conn = conn;
    let (records, listed, notices, (people, accounts), (teams, units), visits) = tokio::try_join!(
        biased;
        store::lock(shared, jurisdiction, &ids),
        store::listed(shared, jurisdiction, &found),
        notices::store::lock(shared, jurisdiction, &noticed),
        people(shared, jurisdiction, &named),
        units(shared, jurisdiction, &named),
        visits(shared, jurisdiction, &named),
    )?;
    named.areas.extend(records.iter().map(|record| record.item.case.area_id));
    let new: Vec<AreaId> = named.areas.iter().copied().collect();
    named.areas.extend(inspections.values().map(|inspection| inspection.area_id));
    let areas: Vec<AreaId> = named.areas.iter().copied().collect();
    let with_records: Vec<Uuid> =
        records.iter().filter(|_| named.closes).filter_map(|r| r.item.unit()).map(|unit| unit.0).collect();
    let (channel_areas, track_records) = tokio::try_join!(
        biased;
        channel_areas(shared, jurisdiction, &new),
        store::track_records(shared, jurisdiction, &with_records),
    )?;
    let givers: Vec<AccountId> = named.givers.iter().copied().collect();
    let mut held = grants::live_grants(conn, jurisdiction, &givers).await?;
    let person = |(account, unit)| {
        (account, Person { account, unit, grants: held.remove(&account).unwrap_or_default() })
    };
    Ok(Docket {
        people: people.into_iter().map(person).collect(),
        paths: grants::paths(conn, jurisdiction, &areas).await?,
        terms: Some(terms(conn, jurisdiction, cache).await?),
        authors: authors(&records),
        items: records.into_iter().map(|record| (record.item.id(), record)).collect(),
        notices: notices.into_iter().map(|notice| (notice.notice_id, notice)).collect(),
        records: track_records,
        listed,
        channel_areas,
        units,
        teams,
        accounts,
        visits,
        ..Docket::default()
    })
}

/// Who mentioned the files of the findings, as far as the rows tell.
fn authors(records: &[Record]) -> HashMap<EvidenceId, AccountId> {
    let mut authors = HashMap::new();
    for record in records {
        let findings = record.item.case.findings.iter().flat_map(|finding| &finding.evidence);
        for held in findings {
            let (id, sha) = (held.evidence.evidence_id, held.evidence.sha256);
            let file = record.files.iter().find(|file| file.evidence == id && file.sha == sha);
            authors.extend(file.map(|file| (id, file.account)));
        }
    }
    authors
}

/// The calendar and the rules, kept in memory for a few seconds: what another process imported is soon heard of.
///
/// # Errors
/// Broken when the database fails or the time zone is none.
pub async fn terms(conn: &mut Conn, jurisdiction: JurisdictionId, cache: &TermsCache) -> Result<Arc<Terms>> {
    if let Some(terms) = cache.get(&jurisdiction) {
        return Ok(terms);
    }
    let found = crate::terms::store::in_force(conn, jurisdiction).await?;
    let calendar = Calendar::new(&found.time_zone, &found.years).map_err(|problem| {
        Failure::Broken(anyhow::anyhow!("the calendar of {} cannot be: {problem:?}", found.time_zone))
    })?;
    let terms = Arc::new(Terms { calendar, rules: found.rules });
    cache.insert(jurisdiction, terms.clone());
    Ok(terms)
}

type People = (Vec<(AccountId, Option<UnitId>)>, HashSet<AccountId>);

/// The givers with their units, and which of the accounts named there are.
async fn people(mut conn: &Conn, jurisdiction: JurisdictionId, named: &Mentioned) -> Result<People> {
    let ids: Vec<Uuid> = named.accounts.iter().map(|id| id.0).collect();
    let rows: Vec<(Uuid, Option<Uuid>)> = accounts::table
        .filter(accounts::jurisdiction_id.eq(jurisdiction.0))
        .filter(accounts::account_id.eq_any(ids))
        .select((accounts::account_id, accounts::unit_id))
        .load(&mut conn)
        .await?;
    let there = rows.iter().map(|(account, _)| AccountId(*account)).collect();
    let givers = rows.into_iter().map(|(account, unit)| (AccountId(account), unit.map(UnitId)));
    Ok((givers.filter(|(account, _)| named.givers.contains(account)).collect(), there))
}

/// Of the units named: the teams, and the others.
async fn units(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    named: &Mentioned,
) -> Result<(HashSet<UnitId>, HashSet<UnitId>)> {
    if named.units.is_empty() {
        return Ok(Default::default());
    }
    let rows: Vec<(Uuid, String)> = units::table
        .filter(units::jurisdiction_id.eq(jurisdiction.0))
        .filter(units::unit_id.eq_any(named.units.iter().copied().collect::<Vec<_>>()))
        .select((units::unit_id, units::kind))
        .load(&mut conn)
        .await?;
    let (teams, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(_, kind)| kind == "team");
    let ids = |rows: Vec<(Uuid, String)>| rows.into_iter().map(|(id, _)| UnitId(id)).collect();
    Ok((ids(teams), ids(others)))
}

/// Which of the inspections named the givers may see.
async fn visits(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    named: &Mentioned,
) -> Result<HashMap<(AccountId, InspectionId), Visit>> {
    #[derive(QueryableByName)]
    struct Sight {
        #[diesel(sql_type = SqlUuid)]
        account_id: Uuid,
        #[diesel(sql_type = SqlUuid)]
        item_id: Uuid,
        #[diesel(sql_type = SqlUuid)]
        site_id: Uuid,
        #[diesel(sql_type = Timestamptz)]
        made: DateTime<Utc>,
    }
    if named.inspections.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Sight> = prepared(
        "SELECT DISTINCT m.account_id, f.item_id, i.site_id, coalesce(i.recorded_at, i.received_at) AS made FROM feed f \
         JOIN inspections i ON i.jurisdiction_id = f.jurisdiction_id AND i.inspection_id = f.item_id \
         JOIN memberships m ON m.jurisdiction_id = f.jurisdiction_id AND m.channel = f.channel AND m.revoked_seq IS NULL \
         WHERE f.jurisdiction_id = (SELECT $1) AND f.item_id = ANY($2) AND f.kind = 'inspection' AND f.present \
            AND m.account_id = ANY($3)",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(named.inspections.iter().copied().collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(named.givers.iter().map(|id| id.0).collect::<Vec<_>>())
    .load(&mut conn)
    .await?;
    let seen = |s: Sight| {
        ((s.account_id.into(), s.item_id.into()), Visit { site_id: s.site_id.into(), made: s.made })
    };
    Ok(rows.into_iter().map(seen).collect())
}

async fn channel_areas(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    ids: &[AreaId],
) -> Result<HashMap<AreaId, AreaId>> {
    let rows: Vec<(Uuid, Uuid)> = areas::table
        .filter(areas::jurisdiction_id.eq(jurisdiction.0))
        .filter(areas::area_id.eq_any(ids.iter().map(|id| id.0).collect::<Vec<_>>()))
        .select((areas::area_id, areas::channel_area_id))
        .load(&mut conn)
        .await?;
    Ok(rows.into_iter().map(|(area, channel)| (area.into(), channel.into())).collect())
}
