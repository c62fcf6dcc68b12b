//! People as they are asked for and told, a page at a time.

use anfang_protocol::ids::{AccountId, UnitId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PeopleQuery {
    /// Only those who belong to this unit or serve it.
    pub unit_id: Option<Uuid>,
    /// Only those with this role, for instance `verifier`.
    pub role: Option<String>,
    /// Part of the name.
    pub q: Option<String>,
    /// `next` of the page before.
    pub after: Option<String>,
    /// 1 to 200; 50 unless told.
    pub limit: Option<i64>,
}

/// Somebody with an active account.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Person {
    #[schema(value_type = Uuid)]
    pub account_id: AccountId,
    pub name: String,
    /// The unit that he or she belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub unit_id: Option<UnitId>,
    /// Over areas and units that the caller oversees.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
}

/// A page of people, by name.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct People {
    pub people: Vec<Person>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Where a page ends: id and name. Both are in the mark, so that nobody's is looked up by somebody's word.
pub fn mark(person: &Person) -> String {
    format!("{}{}", person.account_id, person.name)
}

pub fn read_mark(text: &str) -> Option<(Uuid, &str)> {
    let (id, name) = text.split_at_checked(uuid::fmt::Hyphenated::LENGTH)?;
    Some((id.parse().ok()?, name))
}
