//! Plans (暗访任务): who goes, when, where, with what. Sealed until its time.
//!
//! Until a plan is unsealed it stands in its own channel only, which its team and its author read. Nothing here
//! names a plan to anybody else: a refusal about a plan that is not yours is the refusal about one that is not there.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    Code, Problem,
    draw::{Candidate, Draw, Seed},
    feed::Channel,
    ids::{AccountId, AreaId, ChecklistId, PlanId, SiteId},
    lifecycle::facts::By,
    limits,
    sha::Sha,
    site::SiteKind,
    tier::Condition,
    vocabulary::vocabulary,
    words::Words,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Window {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChecklistVersion {
    pub checklist_id: ChecklistId,
    pub version: u32,
}

/// How a plan comes by its sites.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Choice {
    Named(Vec<SiteId>),
    Drawn(Frame),
}

/// Of which sites to draw, and how many.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Frame {
    /// Sites within these areas.
    pub areas: Vec<AreaId>,
    pub kinds: Vec<SiteKind>,
    /// A further condition over the site's attributes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub only: Option<Condition>,
    /// Weigh sites by their priority tier; else all weigh alike.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_tier: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<SiteId>,
    pub count: u32,
}

/// The body of `plan.seal`. The server draws, records the commitment, and seals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SealPlan {
    pub plan_id: PlanId,
    pub team: Vec<AccountId>,
    pub window: Window,
    pub sites: Choice,
    pub checklists: Vec<ChecklistVersion>,
    /// Plans of one round never draw the same site twice, nor name the same household. Absent: a round of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<String>,
    /// When it unseals by itself. Absent: at the end of the window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unseal_at: Option<DateTime<Utc>>,
    /// For the team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orders: Option<String>,
}

/// The body of `plan.unseal`: by hand, or by the clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UnsealPlan {
    pub plan_id: PlanId,
}

/// The body of `plan.withdraw`: it will not be carried out. It stays sealed for ever to those it was sealed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WithdrawPlan {
    pub plan_id: PlanId,
    pub reason: String,
}

vocabulary! {
    /// What unsealed a plan.
    Unsealing {
        Time = "time",
        /// The team's first arrival.
        Arrival = "arrival",
        Hand = "hand",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PlanStage {
    Sealed,
    Unsealed { at: DateTime<Utc>, how: Unsealing },
    Withdrawn { withdrawn: By, reason: String },
}

/// What is told of a draw: the commitment from the start, the rest at unsealing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DrawRecord {
    pub commitment: Sha,
    pub count: u32,
    /// The version of the tier rules, where they weighed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier_rules: Option<u32>,
    /// Only once the plan is unsealed. The frame may be large: it is fetched apart (`anfang verify draw`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Seed>,
}

/// A plan as it stands in its channel, and, once unsealed, in those of its areas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Plan {
    pub plan_id: PlanId,
    pub sealed: By,
    pub team: Vec<AccountId>,
    pub window: Window,
    pub sites: Vec<SiteId>,
    pub checklists: Vec<ChecklistVersion>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<String>,
    pub unseal_at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orders: Option<String>,
    pub stage: PlanStage,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draw: Option<DrawRecord>,
}

impl SealPlan {
    /// Whether the plan can be meant, as far as can be told without looking anything up.
    ///
    /// # Errors
    /// `plan_invalid`, `too_many_parts`, `text_invalid`, `rule_invalid`, with the place.
    pub fn check(&self, now: DateTime<Utc>) -> Result<(), Problem> {
        let invalid = |at: &str, why: &str| Err(Problem::new(Code::PlanInvalid).at(at).detail(why));
        let many = |at: &str| Err(Problem::new(Code::TooManyParts).at(at));
        if self.team.is_empty() {
            return invalid("/team", "nobody goes");
        }
        if self.team.len() > limits::TEAM_PER_PLAN {
            return many("/team");
        }
        if self.window.from >= self.window.to || self.window.to <= now {
            return invalid("/window", "it ends before it begins, or has ended");
        }
        if self.unseal_at.is_some_and(|at| at <= now || at > self.window.to) {
            return invalid("/unseal_at", "it lies behind us, or after the window");
        }
        if self.checklists.is_empty() {
            return invalid("/checklists", "nothing is to be checked");
        }
        if self.checklists.len() > limits::CHECKLISTS_PER_INSPECTION {
            return many("/checklists");
        }
        let mut named = BTreeSet::new();
        if let Some(at) = self.checklists.iter().position(|one| !named.insert(one.checklist_id)) {
            return invalid(
                &format!("/checklists/{at}"),
                "named twice: one version of a checklist is enough",
            );
        }
        match &self.sites {
            Choice::Named(sites) if sites.is_empty() => return invalid("/sites/named", "no site"),
            Choice::Named(sites) if sites.len() > limits::SITES_PER_PLAN => return many("/sites/named"),
            Choice::Drawn(frame) => frame.check()?,
            Choice::Named(_) => {}
        }
        let texts = [
            ("/round", &self.round, limits::SHORT_TEXT_CHARS),
            ("/orders", &self.orders, limits::LONG_TEXT_CHARS),
        ];
        for (at, text, most) in texts {
            if text.as_ref().is_some_and(|text| text.chars().count() > most) {
                return Err(Problem::new(Code::TextInvalid).at(at));
            }
        }
        Ok(())
    }
}

impl Frame {
    fn check(&self) -> Result<(), Problem> {
        let invalid = |at: &str, why: &str| Err(Problem::new(Code::PlanInvalid).at(at).detail(why));
        if self.areas.is_empty() || self.kinds.is_empty() {
            return invalid("/sites/drawn", "a frame has areas and kinds of sites");
        }
        if self.count == 0 {
            return invalid("/sites/drawn/count", "nothing is to be drawn");
        }
        if self.count as usize > limits::SITES_PER_PLAN {
            return Err(Problem::new(Code::TooManyParts).at("/sites/drawn/count"));
        }
        if self.exclude.len() > limits::EXCLUSIONS_PER_PLAN {
            return Err(Problem::new(Code::TooManyParts).at("/sites/drawn/exclude"));
        }
        self.only.as_ref().map_or(Ok(()), Condition::check)
    }
}

impl Plan {
    /// Who reads it while it is sealed: the team and the author, nobody else.
    pub fn is_known_to(&self, account: AccountId) -> bool {
        self.sealed.by == account || self.team.contains(&account)
    }

    pub fn is_sealed(&self) -> bool {
        !matches!(self.stage, PlanStage::Unsealed { .. })
    }

    /// The channels that it stands in, `areas` being the channel areas of its sites. A plan that was withdrawn
    /// stays in its own: that there was one is a secret, too.
    pub fn channels(&self, areas: impl IntoIterator<Item = AreaId>) -> Vec<Channel> {
        let own = [Channel::Plan(self.plan_id)];
        let open = areas.into_iter().filter(|_| !self.is_sealed()).map(Channel::Area);
        own.into_iter().chain(open).collect()
    }

    /// Unseals it: by hand of its author, by the clock when its time has come, or by the team's first arrival.
    /// The seed is revealed with it.
    ///
    /// # Errors
    /// `plan_unknown` to whom it is none of; `plan_over` when it is no longer sealed; `step_too_early` for the clock.
    pub fn unseal(
        &self,
        how: Unsealing,
        by: Option<AccountId>,
        seed: Option<Seed>,
        now: DateTime<Utc>,
    ) -> Result<Plan, Problem> {
        let allowed = match (&how, by) {
            (Unsealing::Time, None) => true,
            (Unsealing::Hand, Some(by)) => self.sealed.by == by,
            (Unsealing::Arrival, Some(by)) => self.is_known_to(by),
            _ => false,
        };
        if !allowed {
            return Err(Code::PlanUnknown.into());
        }
        if self.stage != PlanStage::Sealed {
            return Err(Code::PlanOver.into());
        }
        if how == Unsealing::Time && now < self.unseal_at {
            return Err(Code::StepTooEarly.into());
        }
        let draw = self.draw.clone().map(|draw| DrawRecord { seed, ..draw });
        Ok(Plan { stage: PlanStage::Unsealed { at: now, how }, draw, ..self.clone() })
    }

    /// # Errors
    /// `plan_unknown` to anybody but the author; `plan_over`.
    pub fn withdraw(&self, by: AccountId, reason: &str, now: DateTime<Utc>) -> Result<Plan, Problem> {
        if self.sealed.by != by {
            return Err(Code::PlanUnknown.into());
        }
        if self.stage != PlanStage::Sealed {
            return Err(Code::PlanOver.into());
        }
        let withdrawn = By { by, at: now };
        Ok(Plan { stage: PlanStage::Withdrawn { withdrawn, reason: reason.to_owned() }, ..self.clone() })
    }

    /// Whether this account may report under it: one of the team, for a site of the plan, while it is not withdrawn.
    ///
    /// # Errors
    /// `plan_unknown`, whichever of these it is: a stranger learns nothing.
    pub fn covers(&self, account: AccountId, site: SiteId) -> Result<(), Code> {
        let withdrawn = matches!(self.stage, PlanStage::Withdrawn { .. });
        let covered = self.is_known_to(account) && self.sites.contains(&site) && !withdrawn;
        if covered { Ok(()) } else { Err(Code::PlanUnknown) }
    }
}

/// The file that `anfang verify draw` reads: all that it takes to repeat a draw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrawFile {
    pub commitment: Sha,
    pub sites: Vec<SiteId>,
    #[serde(flatten)]
    pub draw: Draw,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<Words>,
}

impl DrawFile {
    /// # Errors
    /// `draw_differs`, `draw_invalid`.
    pub fn verify(&self) -> Result<(), Problem> {
        self.draw.verify(&self.commitment, &self.sites)
    }
}

/// Candidates of a frame, weighed. The caller has chosen the sites by area.
pub fn candidates<'a>(
    frame: &'a Frame,
    sites: impl IntoIterator<Item = &'a crate::site::Site> + 'a,
    tiers: &'a crate::tier::TierRules,
) -> impl Iterator<Item = Candidate> + 'a {
    sites
        .into_iter()
        .filter(|site| frame.kinds.contains(&site.kind))
        .filter(|site| frame.only.as_ref().is_none_or(|only| only.holds(site)))
        .map(|site| Candidate {
            site_id: site.site_id,
            weight: if frame.by_tier { tiers.weight(site) } else { 1 },
        })
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
