//! What a list of items may be asked for.

use anfang_protocol::{Code, Problem};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;

use super::store::list::Filter;
use crate::failure::Result;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Only in this township, village or other area.
    area_id: Option<Uuid>,
    /// Only in the townships of this sector of command (战区), by its Chinese name.
    sector: Option<String>,
    /// Only of this unit: it has the item, or had it last.
    unit_id: Option<Uuid>,
    site_id: Option<Uuid>,
    stage: Option<String>,
    severity: Option<String>,
    source: Option<String>,
    /// The responsible person, by name.
    person: Option<String>,
    /// Only what is overdue.
    #[serde(default)]
    overdue: bool,
    /// Only what passes its deadline until this moment, overdue included.
    due_until: Option<DateTime<Utc>>,
    /// `next` of the page before.
    after: Option<String>,
    /// 1 to 200; 50 unless told.
    limit: Option<i64>,
}

impl ListQuery {
    /// # Errors
    /// `request_invalid`: `after` is no mark of ours.
    pub(super) fn filter(self, now: DateTime<Utc>) -> Result<Filter> {
        let before = match &self.after {
            None => None,
            Some(text) => {
                Some(read_mark(text).ok_or_else(|| Problem::new(Code::RequestInvalid).at("after"))?)
            }
        };
        Ok(Filter {
            area: self.area_id,
            sector: self.sector,
            unit: self.unit_id,
            site: self.site_id,
            stage: self.stage,
            severity: self.severity,
            source: self.source,
            person: self.person,
            due_until: self.overdue.then_some(now).or(self.due_until),
            before,
            limit: self.limit.unwrap_or(50).clamp(1, 200),
        })
    }
}

/// Where a page ends: when the item was listed, and its id.
pub(super) fn mark(id: Uuid, listed_at: DateTime<Utc>) -> String {
    format!("{}_{id}", listed_at.timestamp_micros())
}

fn read_mark(text: &str) -> Option<(DateTime<Utc>, Uuid)> {
    let (at, id) = text.split_once('_')?;
    Some((DateTime::from_timestamp_micros(at.parse().ok()?)?, id.parse().ok()?))
}
