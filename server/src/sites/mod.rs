//! Sites (点位): what is inspected.
//!
//! Promises: a site stands in the `sites` channel of the township that it lies in, and in no other; one that
//! moves leaves an exit row behind. Never: changes a site by itself; that is the import's.

pub mod routes;
pub mod store;

use anfang_protocol::feed::{Channel, Kind};

use crate::{
    db::revised::{Changed, Changes},
    ledger::Place,
};
use store::SiteRow;

/// Where new and changed sites stand now, and where they stand no longer.
pub fn places(changes: &Changes<SiteRow>) -> Vec<Place> {
    changes.added.iter().map(put).chain(changes.changed.iter().flat_map(moved)).collect()
}

fn put(row: &SiteRow) -> Place {
    Place::put(Channel::Sites(row.channel_area_id), Kind::Site, row.site.site_id.0, row.rev)
}

fn moved(Changed { before, after }: &Changed<SiteRow>) -> impl Iterator<Item = Place> {
    let left = (before.channel_area_id != after.channel_area_id).then(|| {
        Place::exit(Channel::Sites(before.channel_area_id), Kind::Site, after.site.site_id.0, after.rev)
    });
    left.into_iter().chain([put(after)])
}
