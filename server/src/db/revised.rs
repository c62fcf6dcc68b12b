//! What differs between rows as they are and rows as they shall be. Pure: deciding comes before doing.

use std::collections::HashMap;

use uuid::Uuid;

/// A row that is named by an identifier and counts its changes.
pub trait Revised: PartialEq {
    fn id(&self) -> Uuid;
    fn rev(&self) -> i32;
    fn set_rev(&mut self, rev: i32);
}

/// What has to be written so that the rows become what they shall be.
#[derive(Debug)]
pub struct Changes<R> {
    pub added: Vec<R>,
    pub changed: Vec<Changed<R>>,
    /// As they are.
    pub unchanged: Vec<R>,
}

#[derive(Debug)]
pub struct Changed<R> {
    pub before: R,
    pub after: R,
}

impl<R> Changes<R> {
    /// The rows to write, as they shall be.
    pub fn rows(&self) -> Vec<&R> {
        self.added.iter().chain(self.changed.iter().map(|changed| &changed.after)).collect()
    }
}

/// Compares; the revision of what changed is one above the old one, of what is new it is one. Rows that nobody
/// wants otherwise stay as they are: nothing is ever removed.
pub fn compare<R: Revised>(before: Vec<R>, wanted: Vec<R>) -> Changes<R> {
    let mut before: HashMap<Uuid, R> = before.into_iter().map(|row| (row.id(), row)).collect();
    let mut changes = Changes { added: Vec::new(), changed: Vec::new(), unchanged: Vec::new() };
    for mut after in wanted {
        let Some(old) = before.remove(&after.id()) else {
            after.set_rev(1);
            changes.added.push(after);
            continue;
        };
        after.set_rev(old.rev());
        if old == after {
            changes.unchanged.push(after);
        } else {
            after.set_rev(old.rev() + 1);
            changes.changed.push(Changed { before: old, after });
        }
    }
    changes
}
