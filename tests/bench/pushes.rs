//! Reports pushed: singly by 32 phones at one county and at eight, in batches, and with photos.

use anfang_protocol::sha::Sha;
use anyhow::bail;
use chrono::{DateTime, Utc};

use crate::{
    http::{Line, request},
    people::Person,
    reports::{Pen, Template},
};

/// A phone that pushes.
pub struct Phone {
    pub person: Person,
    pub pen: Pen,
    pub template: Template,
    head: String,
    /// Reports answered `applied`, warming up included: what the database must hold in the end.
    pub applied: u64,
}

impl Phone {
    pub fn new(person: Person, pen: Pen, template: Template) -> Self {
        let headers = [("content-type", "application/json")];
        let head = request("POST", "/v1/sync", Some(&person.token), &headers, template.bytes.len());
        Phone { person, pen, template, head, applied: 0 }
    }

    /// One phone for each person, each with a seed of its own.
    pub fn all(
        people: Vec<Person>,
        reports: usize,
        photos: usize,
        photo_bytes: usize,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Vec<Self>> {
        people
            .into_iter()
            .enumerate()
            .map(|(i, person)| {
                let template = Template::new(person.county, reports, photos, photo_bytes, now)?;
                let seed = (i as u64) << 32 | (reports as u64) << 8 | photos as u64;
                // Each phone's clock is a little off: their identifiers do not come in one order.
                let pen = Pen::new(person.county, seed, now + chrono::Duration::milliseconds(i as i64 * 977));
                Ok(Phone::new(person, pen, template))
            })
            .collect()
    }

    /// Writes new reports and pushes them; each must be applied.
    pub async fn push(&mut self, photos: &[Sha]) -> anyhow::Result<u64> {
        self.template.rewrite(&mut self.pen, photos);
        let answer = self.person.line.ask(&[self.head.as_bytes(), &self.template.bytes]).await?;
        let applied = answer.count("\"status\":\"applied\"");
        if answer.status != 200 || applied != self.template.reports {
            bail!("a push was not applied: {}", answer.told());
        }
        self.applied += applied as u64;
        Ok(applied as u64)
    }
}

/// Opens everybody's connection anew: the server lets idle ones go after a few seconds.
pub async fn reconnect(address: &str, phones: &mut [Phone]) -> anyhow::Result<()> {
    for phone in phones {
        phone.person.line = Line::open(address).await?;
    }
    Ok(())
}
