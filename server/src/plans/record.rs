//! A plan as casework handles it: what is told of it, and what only the server keeps.

use std::collections::BTreeSet;

use anfang_protocol::{
    draw::Draw,
    feed::{Channel, Kind},
    ids::{AreaId, SiteId},
    plan::Plan,
};

use crate::ledger::Place;

/// A site as far as a plan goes by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanSite {
    pub site: SiteId,
    pub channel_area: AreaId,
    /// The site's own revision, by which it stands in the plan's channel. Known while the plan is made.
    pub rev: i32,
}

#[derive(Debug, Clone)]
pub struct Record {
    pub plan: Plan,
    pub sites: Vec<PlanSite>,
    /// None: the sites were named.
    pub draw: Option<Draw>,
    pub rev: u32,
    /// The revision that the database has; none: it has no such plan.
    pub saved_rev: Option<u32>,
}

impl Record {
    /// The plan after a command.
    pub fn becomes(&mut self, plan: Plan) {
        self.plan = plan;
        self.rev += 1;
    }

    /// Where it stands. Its sites stand in its channel, too: the team need not have a role over where they lie.
    pub fn places(&self) -> Vec<Place> {
        let own = Channel::Plan(self.plan.plan_id);
        let areas: BTreeSet<AreaId> = self.sites.iter().map(|site| site.channel_area).collect();
        let channels = self.plan.channels(areas);
        let rev = self.rev.cast_signed();
        let plan =
            channels.into_iter().map(|channel| Place::put(channel, Kind::Plan, self.plan.plan_id.0, rev));
        let new = self.sites.iter().filter(|_| self.saved_rev.is_none());
        plan.chain(new.map(|site| Place::put(own, Kind::Site, site.site.0, site.rev))).collect()
    }
}
