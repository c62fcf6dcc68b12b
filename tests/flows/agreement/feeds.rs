//! Feeds by the table of who reads what: nobody holds more, nobody holds less. Which channels are open follows from the
//! grants and the table; what stands in them from the items alone.

use std::collections::{BTreeMap, BTreeSet};

use anfang_protocol::{
    area::AreaLevel,
    authority::{Land, channels},
    feed::{Channel, Kind},
    ids::{InspectionId, RectificationId},
    lifecycle::{Item, Person, places::desk_id},
    people::Grant,
};
use uuid::Uuid;

use super::HERE;
use crate::harness::{Speaker, ledger::Holdings};

/// The given county.
fn land() -> Land {
    let mut areas = vec![(HERE.area(""), None, AreaLevel::County)];
    let mut units = vec![(HERE.unit("zhujian"), None)];
    for township in ["101", "102", "103"] {
        areas.push((HERE.area(township), Some(HERE.area("")), AreaLevel::Township));
        units.push((HERE.unit(&format!("U{township}")), Some(HERE.area(township))));
        for village in ["201", "202"] {
            let village = HERE.area(&format!("{township}{village}"));
            areas.push((village, Some(HERE.area(township)), AreaLevel::Village));
        }
    }
    Land::new(areas, units)
}

/// What may be read of items and visits by somebody with these channels.
fn readable(
    open: &BTreeSet<Channel>,
    items: &BTreeMap<RectificationId, Item>,
    visits: &BTreeSet<InspectionId>,
) -> BTreeSet<(Channel, Kind, Uuid)> {
    let mut all = BTreeSet::new();
    let area = Channel::Area(HERE.area("101"));
    if open.contains(&area) {
        all.extend(visits.iter().map(|visit| (area, Kind::Inspection, visit.0)));
        for id in items.keys() {
            all.insert((area, Kind::Rectification, id.0));
            all.insert((area, Kind::RectificationDesk, desk_id(*id)));
        }
    }
    for item in items.values() {
        // What was handed over to the unit, and neither declined nor taken away.
        let with = !["listed", "declined", "cancelled"].contains(&item.stage().as_str());
        let unit = item.case.orders.last().filter(|_| with).map(|unit| Channel::Unit(*unit));
        all.extend(
            unit.filter(|unit| open.contains(unit)).map(|unit| (unit, Kind::Rectification, item.id().0)),
        );
    }
    all
}

/// One person's feed. `author`: whose visits they are.
pub async fn holds_what_it_may(
    name: &str,
    speaker: &Speaker,
    person: &Person,
    items: &BTreeMap<RectificationId, Item>,
    visits: &BTreeSet<InspectionId>,
    author: bool,
) -> usize {
    let grants: Vec<Grant> = person.grants.iter().map(|held| held.grant.clone()).collect();
    let open = channels(person.account, &grants, &land());
    let held: Holdings = speaker.holds().await;
    let denied: Vec<_> = held.keys().filter(|(channel, _)| !open.contains(channel)).collect();
    assert!(denied.is_empty(), "{name} holds what the table denies: {denied:?}");

    let own = Channel::Person(person.account);
    let mut expected = readable(&open, items, visits);
    if author {
        expected.extend(visits.iter().map(|visit| (own, Kind::Inspection, visit.0)));
    }
    let about_items = [Kind::Rectification, Kind::RectificationDesk, Kind::Inspection];
    let there: BTreeSet<(Channel, Kind, Uuid)> = held
        .iter()
        .filter(|(_, (kind, ..))| about_items.contains(kind))
        .map(|((channel, id), (kind, ..))| (*channel, kind.clone(), *id))
        .collect();
    let (more, less): (Vec<_>, Vec<_>) =
        (there.difference(&expected).collect(), expected.difference(&there).collect());
    assert!(more.is_empty() && less.is_empty(), "{name} holds too much {more:?}, too little {less:?}");
    for ((channel, id), (kind, _, body)) in &held {
        let item = items.get(&RectificationId(*id)).filter(|_| *kind == Kind::Rectification);
        if let Some(item) = item {
            assert_eq!(*body, serde_json::to_value(&item.case).expect("JSON"), "{name} {channel}");
        }
        let of_person = matches!(kind, Kind::Notice);
        assert!(
            !of_person || *channel == own && body["account_id"] == serde_json::json!(person.account),
            "{name}"
        );
    }
    for item in items.values() {
        let desk = held.iter().find(|((_, id), _)| *id == desk_id(item.id()));
        if let Some((_, (_, _, body))) = desk {
            assert_eq!(*body, serde_json::to_value(&item.desk).expect("JSON"), "{name}");
        }
    }
    there.len()
}
