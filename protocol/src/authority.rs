//! Who may do and see what: tables, and the pure functions that read them.
//!
//! [`READS`] says which feed channels a grant opens, [`RULES`] who may give which command; commands about items of
//! the ledger, which depend on the stage, have [`crate::lifecycle::authority`]. All are data;
//! each `table` writes its own out for people (docs/authority.txt). What a table does not list is not allowed.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    area::AreaLevel,
    feed::Channel,
    ids::{AccountId, AreaId, UnitId},
    people::{Grant, Role, Scope},
};

/// A kind of channel that a grant opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opens {
    /// The sites of every township within (or of the unit's).
    Sites,
    /// The inspections and the items of the ledger of every township within.
    Inspections,
    /// What is the unit's.
    Unit,
    /// The plan.
    Plan,
}

impl Opens {
    fn as_str(self) -> &'static str {
        match self {
            Opens::Sites => "sites",
            Opens::Inspections => "inspections",
            Opens::Unit => "unit",
            Opens::Plan => "plan",
        }
    }
}

/// What a role opens over each kind of scope. An empty list: the role cannot be held over such a scope.
#[derive(Debug)]
pub struct Reads {
    pub role: Role,
    pub area: &'static [Opens],
    pub unit: &'static [Opens],
    pub plan: &'static [Opens],
}

use Opens::{Inspections, Plan, Sites, Unit};

/// Besides these, whoever holds any grant reads the reference data and his or her own person's channel.
///
/// An inspector reads his or her own inspections only, a unit officer what was handed over to the unit, an
/// administrator no evidence. A plan is never opened to those it may concern.
pub const READS: &[Reads] = &[
    Reads { role: Role::Inspector, area: &[Sites], unit: &[Sites, Unit], plan: &[Plan] },
    Reads { role: Role::Supervisor, area: &[Sites, Inspections], unit: &[Sites, Unit], plan: &[Plan] },
    Reads { role: Role::UnitOfficer, area: &[Sites], unit: &[Sites, Unit], plan: &[] },
    Reads { role: Role::Verifier, area: &[Sites, Inspections], unit: &[Sites, Unit], plan: &[Plan] },
    Reads { role: Role::Leader, area: &[Sites, Inspections], unit: &[Sites, Unit], plan: &[Plan] },
    Reads { role: Role::ResidentTeam, area: &[Sites], unit: &[Sites, Unit], plan: &[] },
    Reads { role: Role::Auditor, area: &[Sites, Inspections], unit: &[Sites, Unit], plan: &[Plan] },
    Reads { role: Role::Administrator, area: &[Sites], unit: &[Sites], plan: &[] },
];

/// What this role opens over this scope; nothing for a role that this version does not know.
pub fn opens(role: &Role, scope: &Scope) -> &'static [Opens] {
    let Some(reads) = READS.iter().find(|reads| reads.role == *role) else { return &[] };
    match scope {
        Scope::Area(_) => reads.area,
        Scope::Unit(_) => reads.unit,
        Scope::Plan(_) => reads.plan,
    }
}

/// Areas and units, as far as access goes by them.
#[derive(Debug, Clone, Default)]
pub struct Land {
    areas: BTreeMap<AreaId, (Option<AreaId>, AreaLevel)>,
    /// Areas with channels, by the area they lie in.
    below: BTreeMap<AreaId, Vec<AreaId>>,
    units: BTreeMap<UnitId, Option<AreaId>>,
}

impl Land {
    pub fn new(
        areas: impl IntoIterator<Item = (AreaId, Option<AreaId>, AreaLevel)>,
        units: impl IntoIterator<Item = (UnitId, Option<AreaId>)>,
    ) -> Self {
        let mut land = Land { units: units.into_iter().collect(), ..Land::default() };
        for (area, parent, level) in areas {
            if let (Some(parent), true) = (parent, level.has_channels()) {
                land.below.entry(parent).or_default().push(area);
            }
            land.areas.insert(area, (parent, level));
        }
        land
    }

    pub fn level(&self, area: AreaId) -> Option<&AreaLevel> {
        self.areas.get(&area).map(|(_, level)| level)
    }

    /// The area and those it lies in, up to the root. Ends at a circle, should the data hold one.
    pub fn path(&self, area: AreaId) -> Vec<AreaId> {
        let mut path = Vec::new();
        let mut next = Some(area);
        while let Some(area) = next.filter(|area| !path.contains(area)) {
            let Some((parent, _)) = self.areas.get(&area) else { break };
            path.push(area);
            next = *parent;
        }
        path
    }

    /// The area in whose channels the things of this one stand: its township, or what is above a township.
    pub fn channel_area(&self, area: AreaId) -> Option<AreaId> {
        self.path(area).into_iter().find(|area| self.level(*area).is_some_and(AreaLevel::has_channels))
    }

    /// The area with every area below it that has channels of its own.
    fn channel_areas(&self, area: AreaId) -> BTreeSet<AreaId> {
        let mut found = BTreeSet::new();
        let mut open = vec![area];
        while let Some(area) = open.pop() {
            if self.level(area).is_some_and(AreaLevel::has_channels) && found.insert(area) {
                open.extend(self.below.get(&area).into_iter().flatten());
            }
        }
        found
    }
}

/// Every channel that these live grants of one account open.
pub fn channels(account: AccountId, grants: &[Grant], land: &Land) -> BTreeSet<Channel> {
    let mut open = BTreeSet::new();
    for grant in grants {
        let kinds = opens(&grant.role, &grant.scope);
        let areas = match grant.scope {
            Scope::Area(area) => land.channel_areas(area),
            Scope::Unit(unit) => land
                .units
                .get(&unit)
                .copied()
                .flatten()
                .and_then(|area| land.channel_area(area))
                .into_iter()
                .collect(),
            Scope::Plan(_) => BTreeSet::new(),
        };
        for kind in kinds {
            match (kind, grant.scope) {
                (Opens::Sites, _) => open.extend(areas.iter().copied().map(Channel::Sites)),
                (Opens::Inspections, _) => open.extend(areas.iter().copied().map(Channel::Area)),
                (Opens::Unit, Scope::Unit(unit)) => drop(open.insert(Channel::Unit(unit))),
                (Opens::Plan, Scope::Plan(plan)) => drop(open.insert(Channel::Plan(plan))),
                (Opens::Unit | Opens::Plan, _) => {}
            }
        }
        if !kinds.is_empty() {
            open.extend([Channel::Reference, Channel::Person(account)]);
        }
    }
    open
}

/// A grant with the area that it reaches: the one it is over, or the one that its unit answers for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub grant: Grant,
    pub area: Option<AreaId>,
}

/// What makes a rule hold for an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The item lies in an area that the grant reaches.
    Within,
    /// The person is the item's author, whatever grants are left.
    Author,
}

/// Who may give a command: one of the roles, under the condition. No roles: anyone, under the condition.
#[derive(Debug)]
pub struct Rule {
    pub command: &'static str,
    pub roles: &'static [Role],
    pub when: When,
}

/// A command is allowed when any of its rules holds.
pub const RULES: &[Rule] = &[
    Rule {
        command: "inspection.submit",
        roles: &[Role::Inspector, Role::Supervisor, Role::Verifier, Role::ResidentTeam],
        when: When::Within,
    },
    Rule { command: "inspection.amend", roles: &[], when: When::Author },
    Rule { command: "inspection.void", roles: &[], when: When::Author },
    Rule { command: "inspection.void", roles: &[Role::Supervisor], when: When::Within },
    Rule { command: "inspection.ask", roles: &[Role::Supervisor], when: When::Within },
    // Within: every site of the plan, or of its frame. Nobody but the author ever learns why not.
    Rule { command: "plan.seal", roles: &[Role::Supervisor], when: When::Within },
    Rule { command: "plan.unseal", roles: &[], when: When::Author },
    Rule { command: "plan.withdraw", roles: &[], when: When::Author },
    // The author of a notice's reading is the one to whom it was told.
    Rule { command: "notice.read", roles: &[], when: When::Author },
];

/// Roles that may give this command to an item within their grants.
pub fn roles_within(command: &str) -> impl Iterator<Item = &'static Role> {
    let within = RULES.iter().filter(move |rule| rule.command == command && rule.when == When::Within);
    within.flat_map(|rule| rule.roles)
}

/// The item that a command is about, as far as authority goes by it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// The area where the item lies, with those it lies in.
    pub areas: Vec<AreaId>,
    /// Who made it; none before it exists.
    pub author: Option<AccountId>,
}

/// Whether this account may give this command, by the grants it is judged by (live ones, as a rule).
pub fn may(account: AccountId, grants: &[Held], command: &str, target: &Target) -> bool {
    RULES.iter().filter(|rule| rule.command == command).any(|rule| match rule.when {
        When::Author => target.author == Some(account),
        When::Within => grants.iter().any(|held| {
            held.grant.account_id == account
                && rule.roles.contains(&held.grant.role)
                && held.area.is_some_and(|area| target.areas.contains(&area))
        }),
    })
}

/// Whether an administrator over these areas governs an account, so as to see and revoke its devices.
///
/// `reach` is the path to the root of each area that the account has anything to do with. All must lie within:
/// who administers one township has no hold on a leader of the county. Over a root area, all accounts.
pub fn governs(administered: &BTreeSet<AreaId>, over_root: bool, reach: &[Vec<AreaId>]) -> bool {
    over_root
        || (!reach.is_empty() && reach.iter().all(|path| path.iter().any(|area| administered.contains(area))))
}

/// Both tables as text, for docs/authority.txt.
pub fn table() -> String {
    let list = |opens: &[Opens]| match opens {
        [] => "-".to_owned(),
        _ => opens.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", "),
    };
    let mut text = String::from(
        "What a grant lets its holder read (protocol/src/authority.rs)\n\
         Whoever holds any of these also reads the reference data and his or her own person's channel.\n\n",
    );
    text += &row(["role", "over an area", "over a unit", "over a plan"]);
    for reads in READS {
        text += &row([reads.role.as_str(), &list(reads.area), &list(reads.unit), &list(reads.plan)]);
    }
    text += "\nWho may give a command; what is not listed is refused\n\n";
    text += &row(["command", "role", "when", ""]);
    for rule in RULES {
        let when = match rule.when {
            When::Within => "within the grant",
            When::Author => "the author",
        };
        if rule.roles.is_empty() {
            text += &row([rule.command, "any", when, ""]);
        }
        for role in rule.roles {
            text += &row([rule.command, role.as_str(), when, ""]);
        }
    }
    text
}

fn row(cells: [&str; 4]) -> String {
    let [a, b, c, d] = cells;
    format!("{}\n", format!("{a:<20}{b:<22}{c:<18}{d}").trim_end())
}

#[cfg(test)]
#[path = "authority_tests.rs"]
mod tests;
