//! Decides commands about plans, purely: seal (and draw), unseal, withdraw; and the first arrival of a team.

use std::collections::BTreeSet;

use anfang_protocol::{
    Code, Problem,
    draw::Draw,
    ids::{AccountId, AreaId, PlanId, SiteId},
    lifecycle::facts::By,
    notice::Notice,
    people::Role,
    plan::{self, Choice, DrawRecord, Frame, Plan, PlanStage, SealPlan, UnsealPlan, Unsealing, WithdrawPlan},
    site::SiteKind,
};
use chrono::{DateTime, Utc};

use super::{
    dossier::{Dossier, Told},
    refusal::{Refusal, check_reason},
    submission::Submission,
    world::World,
};
use crate::{
    ledger::Place,
    plans::{Record, record::PlanSite},
};

/// Seals a plan; draws its sites if it has a frame. Gives the revision.
pub(super) fn seal(
    world: &mut World,
    submission: &Submission,
    seal: &SealPlan,
    now: DateTime<Utc>,
) -> Result<u32, Refusal> {
    let by = submission.account().ok_or(Code::CommandForbidden)?;
    let dossier = &mut world.dossier;
    let reach = oversees(dossier, by);
    if reach.is_empty() {
        return Err(Code::CommandForbidden.into());
    }
    seal.check(now)?;
    if dossier.plans.contains_key(&seal.plan_id) {
        return Err(Code::ItemExists.into());
    }
    check_people(dossier, seal)?;
    let (sites, draw) = match &seal.sites {
        Choice::Named(named) => (check_named(dossier, named, &reach, &been(dossier, seal, by))?, None),
        Choice::Drawn(frame) => {
            let draw = draw(dossier, submission, seal, frame, by, &reach)?;
            let picks = draw.picks();
            if picks.is_empty() {
                let why = "no site is left within the frame";
                return Err(Problem::new(Code::PlanInvalid).at("/sites/drawn").detail(why).into());
            }
            (picks, Some(draw))
        }
    };
    let tier_rules =
        if by_tier(&seal.sites) { Some(dossier.tiers.as_ref().ok_or(Code::TryAgain)?.version) } else { None };
    let told = |draw: &Draw| {
        Ok(DrawRecord { commitment: draw.commitment()?, count: draw.count, tier_rules, seed: None })
    };
    let record = draw.as_ref().map(told).transpose().map_err(|problem: Problem| problem)?;
    let plan = Plan {
        plan_id: seal.plan_id,
        sealed: By { by, at: now },
        team: seal.team.clone(),
        window: seal.window,
        sites,
        checklists: seal.checklists.clone(),
        round: seal.round.clone(),
        unseal_at: seal.unseal_at.unwrap_or(seal.window.to),
        orders: seal.orders.clone(),
        stage: PlanStage::Sealed,
        draw: record,
    };
    take(dossier, submission, plan, draw, now);
    Ok(1)
}

fn by_tier(choice: &Choice) -> bool {
    matches!(choice, Choice::Drawn(frame) if frame.by_tier)
}

/// Areas over which this person draws plans.
fn oversees(dossier: &Dossier, by: AccountId) -> BTreeSet<AreaId> {
    let held = dossier.grants.get(&by).into_iter().flatten();
    held.filter(|held| held.grant.role == Role::Supervisor).filter_map(|held| held.area).collect()
}

fn lies_within(dossier: &Dossier, area: AreaId, reach: &BTreeSet<AreaId>) -> bool {
    dossier.path(area).iter().any(|above| reach.contains(above))
}

fn check_people(dossier: &Dossier, seal: &SealPlan) -> Result<(), Problem> {
    if let Some(at) = seal.team.iter().position(|account| !dossier.may_go.contains(account)) {
        let why = "nobody here, or without a role that inspects";
        return Err(Problem::new(Code::PlanInvalid).at(format!("/team/{at}")).detail(why));
    }
    let known = |one: &plan::ChecklistVersion| dossier.checklists.contains(&(one.checklist_id, one.version));
    match seal.checklists.iter().position(|one| !known(one)) {
        Some(at) => Err(Problem::new(Code::ChecklistUnknown).at(format!("/checklists/{at}"))),
        None => Ok(()),
    }
}

/// Sites that this person's earlier plans of the round have. Somebody else's round of the same name is another: else it
/// would tell what is sealed.
fn been(dossier: &Dossier, seal: &SealPlan, by: AccountId) -> BTreeSet<SiteId> {
    let round = seal.round.clone().map(|round| (by, round));
    round.and_then(|round| dossier.drawn.get(&round)).into_iter().flatten().copied().collect()
}

/// Named sites must be sites within the author's grants, each once, and no household twice in a round (domain.md §3).
/// Outside of the grants and absent look alike.
fn check_named(
    dossier: &Dossier,
    named: &[SiteId],
    reach: &BTreeSet<AreaId>,
    been: &BTreeSet<SiteId>,
) -> Result<Vec<SiteId>, Problem> {
    let mut seen = BTreeSet::new();
    for (at, site) in named.iter().enumerate() {
        let at = format!("/sites/named/{at}");
        let row = dossier.sites.get(site).filter(|row| lies_within(dossier, row.site.area_id, reach));
        let Some(row) = row else { return Err(Problem::new(Code::SiteUnknown).at(at)) };
        if row.site.kind == SiteKind::Household && been.contains(site) {
            let why = "an earlier plan of this round has this household";
            return Err(Problem::new(Code::PlanInvalid).at(at).detail(why));
        }
        if !seen.insert(*site) {
            return Err(Problem::new(Code::PlanInvalid).at(at).detail("named twice"));
        }
    }
    Ok(named.to_vec())
}

fn draw(
    dossier: &Dossier,
    submission: &Submission,
    seal: &SealPlan,
    frame: &Frame,
    by: AccountId,
    reach: &BTreeSet<AreaId>,
) -> Result<Draw, Problem> {
    if let Some(at) = frame.areas.iter().position(|area| !lies_within(dossier, *area, reach)) {
        let why = "no such area within your grants";
        return Err(Problem::new(Code::PlanInvalid).at(format!("/sites/drawn/areas/{at}")).detail(why));
    }
    let lies = |area: AreaId| dossier.path(area).iter().any(|above| frame.areas.contains(above));
    let sites = dossier.sites.values().map(|row| &row.site).filter(|site| lies(site.area_id));
    let tiers = dossier.tiers.as_ref().ok_or(Code::TryAgain)?;
    let candidates: Vec<_> = plan::candidates(frame, sites, tiers).collect();
    let seed = dossier.seeds.get(&submission.envelope.id).copied().ok_or(Code::TryAgain)?;
    Draw::new(seed, frame.count, candidates, frame.exclude.iter().copied(), been(dossier, seal, by))
}

fn take(dossier: &mut Dossier, submission: &Submission, plan: Plan, draw: Option<Draw>, now: DateTime<Utc>) {
    let of = |site: &SiteId| {
        let row = dossier.sites.get(site)?;
        Some(PlanSite { site: *site, channel_area: row.channel_area_id, rev: row.rev })
    };
    let sites: Vec<PlanSite> = plan.sites.iter().filter_map(of).collect();
    if let Some(round) = &plan.round {
        dossier.drawn.entry((plan.sealed.by, round.clone())).or_default().extend(&plan.sites);
    }
    let others = plan.team.iter().filter(|account| **account != plan.sealed.by);
    let told: BTreeSet<AccountId> = others.copied().collect();
    dossier.notices.extend(told.into_iter().map(|account| Notice::of_plan(plan.plan_id, account, now)));
    let commitment = plan.draw.as_ref().map(|draw| draw.commitment);
    dossier.told.insert(submission.envelope.id, Told { commitment, plan_id: plan.plan_id, seed: None });
    let id = plan.plan_id;
    dossier.touched.insert(id);
    dossier.plans.insert(id, Record { plan, sites, draw, rev: 1, saved_rev: None });
}

/// By hand of the author, or by the clock. Gives the revision.
pub(super) fn unseal_by(
    world: &mut World,
    submission: &Submission,
    body: &UnsealPlan,
    now: DateTime<Utc>,
) -> Result<u32, Refusal> {
    let how = if submission.account().is_none() { Unsealing::Time } else { Unsealing::Hand };
    Ok(unseal(world, submission, body.plan_id, how, now)?)
}

fn unseal(
    world: &mut World,
    submission: &Submission,
    id: PlanId,
    how: Unsealing,
    now: DateTime<Utc>,
) -> Result<u32, Problem> {
    let dossier = &mut world.dossier;
    let record = dossier.plans.get_mut(&id).ok_or(Code::PlanUnknown)?;
    let seed = record.draw.as_ref().map(|draw| draw.seed);
    let plan = record.plan.unseal(how, submission.account(), seed, now)?;
    record.becomes(plan);
    dossier.touched.insert(id);
    dossier.told.insert(submission.envelope.id, Told { commitment: None, plan_id: id, seed });
    Ok(record.rev)
}

pub(super) fn withdraw(
    world: &mut World,
    submission: &Submission,
    withdraw: &WithdrawPlan,
    now: DateTime<Utc>,
) -> Result<u32, Refusal> {
    let by = submission.account().ok_or(Code::CommandForbidden)?;
    let record = world.dossier.plans.get_mut(&withdraw.plan_id).ok_or(Code::PlanUnknown)?;
    let plan = record.plan.withdraw(by, &withdraw.reason, now)?;
    check_reason(&withdraw.reason)?;
    record.becomes(plan);
    world.dossier.touched.insert(withdraw.plan_id);
    Ok(record.rev)
}

/// Whether a report may be made under this plan: by one of the team, for one of its sites.
pub(super) fn covers(world: &World, plan: PlanId, by: AccountId, site: SiteId) -> Result<(), Code> {
    let record = world.dossier.plans.get(&plan).ok_or(Code::PlanUnknown)?;
    record.plan.covers(by, site)
}

/// The first report under a plan tells that its team has arrived: no secret is left to keep.
pub(super) fn arrive(world: &mut World, submission: &Submission, plan: PlanId, now: DateTime<Utc>) {
    // It covers the giver, who is of the team; one that is unsealed already stays as it is.
    let _ = unseal(world, submission, plan, Unsealing::Arrival, now);
}

/// Where the plans that were made or changed stand.
pub(super) fn standing(world: &World) -> Vec<Place> {
    world.dossier.changed().iter().flat_map(|record| record.places()).collect()
}
