//! Priority tiers (难中之难、坚中之坚): rules over a site's attributes, kept as data. Computed, never typed.

use serde::{Deserialize, Serialize};

use crate::{
    Code, Problem, limits,
    site::{Attribute, Site, SiteKind},
    words::Words,
};

/// A condition over one site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// All hold; of none: holds.
    All(Vec<Condition>),
    /// One holds; of none: does not.
    Any(Vec<Condition>),
    Not(Box<Condition>),
    /// The site is of one of these kinds.
    Kind(Vec<SiteKind>),
    /// The attribute is there, whatever its value.
    Has(String),
    /// The attribute is there, of the value's type, and compares so. What is absent compares to nothing.
    Compare {
        attribute: String,
        is: Comparison,
        value: Attribute,
    },
    /// The attribute is there and one of these.
    OneOf {
        attribute: String,
        values: Vec<Attribute>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Condition {
    pub fn holds(&self, site: &Site) -> bool {
        match self {
            Condition::All(conditions) => conditions.iter().all(|condition| condition.holds(site)),
            Condition::Any(conditions) => conditions.iter().any(|condition| condition.holds(site)),
            Condition::Not(condition) => !condition.holds(site),
            Condition::Kind(kinds) => kinds.contains(&site.kind),
            Condition::Has(attribute) => site.attributes.contains_key(attribute),
            Condition::Compare { attribute, is, value } => {
                site.attributes.get(attribute).is_some_and(|found| compares(found, *is, value))
            }
            Condition::OneOf { attribute, values } => {
                site.attributes.get(attribute).is_some_and(|found| values.contains(found))
            }
        }
    }

    /// How deep conditions are nested.
    fn depth(&self) -> usize {
        match self {
            Condition::All(inner) | Condition::Any(inner) => {
                1 + inner.iter().map(Condition::depth).max().unwrap_or(0)
            }
            Condition::Not(inner) => 1 + inner.depth(),
            _ => 1,
        }
    }

    /// Names every attribute that it asks for.
    fn attributes<'a>(&'a self, into: &mut Vec<&'a str>) {
        match self {
            Condition::All(inner) | Condition::Any(inner) => {
                inner.iter().for_each(|condition| condition.attributes(into));
            }
            Condition::Not(inner) => inner.attributes(into),
            Condition::Has(attribute)
            | Condition::Compare { attribute, .. }
            | Condition::OneOf { attribute, .. } => into.push(attribute),
            Condition::Kind(_) => {}
        }
    }

    /// Refuses what could never have been meant: an attribute that no kind of site has, a rule too deep to read.
    ///
    /// # Errors
    /// `rule_invalid`.
    pub fn check(&self) -> Result<(), Problem> {
        if self.depth() > limits::RULE_DEPTH {
            return Err(Problem::new(Code::RuleInvalid).detail("nested too deeply"));
        }
        let mut named = Vec::new();
        self.attributes(&mut named);
        let known = |name: &str| {
            SiteKind::ALL.iter().any(|kind| kind.attributes().iter().any(|(known, _)| *known == name))
        };
        match named.into_iter().find(|name| !known(name)) {
            Some(name) => Err(Problem::new(Code::RuleInvalid).detail(format!("no site has {name:?}"))),
            None => Ok(()),
        }
    }
}

fn compares(found: &Attribute, is: Comparison, value: &Attribute) -> bool {
    use std::cmp::Ordering;
    let order = match (found, value) {
        (Attribute::Number(found), Attribute::Number(value)) => found.partial_cmp(value),
        (Attribute::Text(found), Attribute::Text(value)) => Some(found.cmp(value)),
        (Attribute::Flag(found), Attribute::Flag(value)) => Some(found.cmp(value)),
        _ => None,
    };
    let Some(order) = order else { return false };
    match is {
        Comparison::Equal => order == Ordering::Equal,
        Comparison::NotEqual => order != Ordering::Equal,
        Comparison::Less => order == Ordering::Less,
        Comparison::AtMost => order != Ordering::Greater,
        Comparison::More => order == Ordering::Greater,
        Comparison::AtLeast => order != Ordering::Less,
    }
}

/// One tier: 1 is the most urgent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tier {
    pub tier: u8,
    pub name: Words,
    pub when: Condition,
    /// Weight of its sites in a draw; sites of no tier weigh [`TierRules::otherwise`].
    pub weight: u32,
}

/// The rules of one year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TierRules {
    /// 1, 2, 3 …: a plan keeps the version that it was drawn with.
    pub version: u32,
    pub year: i32,
    pub tiers: Vec<Tier>,
    #[serde(default = "one")]
    pub otherwise: u32,
}

fn one() -> u32 {
    1
}

impl TierRules {
    /// The rules of domain.md §3, for the year given.
    pub fn shipped(year: i32) -> Self {
        let text = include_str!("../rules/tiers.json");
        let mut rules: TierRules = serde_json::from_str(text).expect("the shipped rules are well-formed");
        rules.year = year;
        rules
    }

    /// The first tier whose condition holds, by number.
    pub fn of(&self, site: &Site) -> Option<&Tier> {
        self.tiers.iter().filter(|tier| tier.when.holds(site)).min_by_key(|tier| tier.tier)
    }

    /// The weight of a site in a draw.
    pub fn weight(&self, site: &Site) -> u32 {
        self.of(site).map_or(self.otherwise, |tier| tier.weight)
    }

    /// # Errors
    /// `rule_invalid`.
    pub fn check(&self) -> Result<(), Problem> {
        self.tiers.iter().try_for_each(|tier| tier.when.check())
    }
}

#[cfg(test)]
#[path = "tier_tests.rs"]
mod tests;
