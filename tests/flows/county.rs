//! The fictional county of the demonstration: figures that add up, places that lie where they belong, photos that
//! say the truth about themselves.

use std::collections::{BTreeMap, HashMap, HashSet};

use anfang::{
    areas::store::{AreaRow, Lies},
    auth::jurisdictions::{self, NewJurisdiction},
    checklists::templates,
    clock::Clock,
    demo::{
        accounts, camera,
        county::{self, County},
    },
    import::{Wants, What, read, sites},
};
use anfang_protocol::{
    area::AreaLevel,
    checklist::Item,
    ids::JurisdictionId,
    people::{Role, Scope},
    place::Position,
    site::{Attribute, Site, SiteKind},
};
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use proptest::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use crate::harness::postgres::Database;

fn id() -> JurisdictionId {
    JurisdictionId::of(county::JURISDICTION)
}

fn number(site: &Site, name: &str) -> f64 {
    match site.attributes.get(name) {
        Some(Attribute::Number(number)) => *number,
        other => panic!("{}: {name} is {other:?}", site.code),
    }
}

fn state(site: &Site) -> &str {
    match &site.attributes["state"] {
        Attribute::Text(state) => state,
        other => panic!("{other:?}"),
    }
}

fn of_kind(county: &County, kind: SiteKind) -> Vec<&Site> {
    county.sites.iter().map(|row| &row.site).filter(|site| site.kind == kind).collect()
}

/// Twice the signed area right of the ring decides: inside or not.
fn is_inside(ring: &[(f64, f64)], at: (f64, f64)) -> bool {
    let crossings = ring.windows(2).filter(|edge| {
        let ((x1, y1), (x2, y2)) = (edge[0], edge[1]);
        (y1 > at.1) != (y2 > at.1) && at.0 < (x2 - x1) * (at.1 - y1) / (y2 - y1) + x1
    });
    crossings.count() % 2 == 1
}

fn ring(boundary: &Value) -> Vec<(f64, f64)> {
    let ring = boundary["coordinates"][0].as_array().expect("a ring");
    ring.iter().map(|at| (at[0].as_f64().unwrap(), at[1].as_f64().unwrap())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_figures_add_up_whatever_the_seed(seed in any::<u64>(), households in 0..2000_usize) {
        let county = county::draw(id(), seed, households);
        let level = |level: AreaLevel| county.areas.iter().filter(|area| area.level == level.as_str()).count();
        prop_assert_eq!((level(AreaLevel::County), level(AreaLevel::Township), level(AreaLevel::Village)), (1, 16, 142));
        let villages = of_kind(&county, SiteKind::Village);
        prop_assert_eq!(villages.len(), 142);
        let sum = |sites: &[&Site], name: &str| sites.iter().map(|site| number(site, name)).sum::<f64>();
        prop_assert_eq!(sum(&villages, "registered_poor"), 106_200.0);
        let not_lifted: Vec<&Site> = villages.iter().copied().filter(|site| state(site) == "not_lifted").collect();
        prop_assert_eq!(not_lifted.len(), 64);
        prop_assert_eq!(sum(&not_lifted, "registered_poor"), 37_500.0);
        prop_assert_eq!(sum(&not_lifted, "not_lifted_poor"), 37_500.0);
        prop_assert_eq!(sum(&villages, "not_lifted_poor"), 37_500.0);
        prop_assert!(villages.iter().all(|site| number(site, "registered_poor") <= number(site, "population")));
        prop_assert_eq!(of_kind(&county, SiteKind::Household).len(), households);
        prop_assert_eq!(&county, &county::draw(id(), seed, households));
    }
}

#[test]
fn every_place_lies_in_its_township_and_every_name_is_its_own() {
    let county = county::draw(id(), 7, county::HOUSEHOLDS_DEMO);
    let by_id: HashMap<Uuid, _> = county.areas.iter().map(|area| (area.area_id, area)).collect();
    for row in &county.sites {
        assert_eq!(row.channel_area_id.0, by_id[&row.site.area_id.0].channel_area_id, "{}", row.site.code);
    }
    let land = ring(by_id.values().find(|a| a.parent_id.is_none()).unwrap().boundary.as_ref().unwrap());
    for village in of_kind(&county, SiteKind::Village) {
        let township = by_id[&by_id[&village.area_id.0].parent_id.unwrap()];
        let at = (village.longitude.unwrap(), village.latitude.unwrap());
        assert!(
            is_inside(&ring(township.boundary.as_ref().unwrap()), at),
            "{} in {}",
            village.code,
            township.name_zh
        );
        assert!(is_inside(&land, at), "{} in the county", village.code);
    }
    let sectors: HashSet<_> = county.areas.iter().filter_map(|area| area.sector_zh.clone()).collect();
    assert_eq!(sectors.len(), 4);
    let different = |names: Vec<&str>| names.iter().collect::<HashSet<_>>().len() == names.len();
    assert!(different(county.areas.iter().map(|a| a.code.as_str()).collect()));
    assert!(different(county.areas.iter().map(|a| a.name_zh.as_str()).collect()));
    assert!(different(county.units.iter().map(|u| u.code.as_str()).collect()));
    assert!(different(county.sites.iter().map(|s| s.site.code.as_str()).collect()));
    assert!(different(county.people.iter().map(|p| p.login.as_str()).collect()));
}

#[test]
fn somebody_is_in_every_role_over_what_there_is() {
    let county = county::draw(id(), 7, 0);
    let areas: HashSet<Uuid> = county.areas.iter().map(|area| area.area_id).collect();
    let units: HashSet<Uuid> = county.units.iter().map(|unit| unit.unit_id).collect();
    let mut roles = HashSet::new();
    for person in &county.people {
        assert!(
            !person.grants.is_empty() && person.unit.is_none_or(|unit| units.contains(&unit.0)),
            "{person:?}"
        );
        for (role, scope) in &person.grants {
            roles.insert(role.clone());
            match scope {
                Scope::Area(area) => assert!(areas.contains(&area.0), "{person:?}"),
                Scope::Unit(unit) => assert!(units.contains(&unit.0), "{person:?}"),
                Scope::Plan(_) => panic!("{person:?}"),
            }
        }
    }
    assert_eq!(roles, Role::ALL.iter().cloned().collect());
}

#[test]
fn departments_that_checklists_name_are_units_of_the_county() {
    let departments: HashSet<&str> = accounts::DEPARTMENTS.iter().map(|(code, ..)| *code).collect();
    for (name, text) in templates::ALL {
        let list: Value = serde_json::from_str(text).expect("JSON");
        let items: Vec<Item> = serde_json::from_value(list["items"].clone()).expect("items");
        for item in items {
            assert!(
                item.department.as_deref().is_none_or(|d| departments.contains(d)),
                "{name}: {}",
                item.code
            );
            assert!(item.title.en.is_some(), "{name}: {}", item.code);
        }
        let veto = list["items"].as_array().unwrap().iter().filter(|item| item["veto"] == true).count();
        assert!(*name != "village_exit.json" || veto == 9, "the nine projects are all veto items");
    }
}

/// What the county writes about itself, read again as a clerk's file, is the county.
#[test]
fn its_sites_pass_through_a_file_unchanged() {
    let county = county::draw(id(), 7, 300);
    let codes: HashMap<Uuid, &str> =
        county.areas.iter().map(|area| (area.area_id, area.code.as_str())).collect();
    let columns: Vec<&str> = sites::COLUMNS.iter().map(|column| column.name).collect();
    let mut file = csv::Writer::from_writer(Vec::new());
    file.write_record(&columns).expect("a heading");
    for row in &county.sites {
        let site = serde_json::to_value(&row.site).expect("JSON");
        let plain = |value: &Value| {
            value.as_str().map_or_else(|| value.to_string().replace("null", ""), str::to_owned)
        };
        let cells = columns.iter().map(|column| match *column {
            "name_zh" => row.site.name.zh.clone(),
            "name_en" => row.site.name.en.clone().unwrap_or_default(),
            "area_code" => codes[&row.site.area_id.0].to_owned(),
            name => plain(site.get(name).or_else(|| site["attributes"].get(name)).unwrap_or(&Value::Null)),
        });
        file.write_record(cells).expect("a row");
    }
    let source = read(What::Sites, "county", &file.into_inner().expect("the bytes"));
    assert_eq!(source.faults().count(), 0);
    let Wants::Sites(patches) = source.wants else { panic!("sites") };
    let lies = |area: &AreaRow| Lies { code: area.code.clone(), channel_area_id: area.channel_area_id };
    let areas: HashMap<Uuid, Lies> = county.areas.iter().map(|area| (area.area_id, lies(area))).collect();
    let mut faulty = Vec::new();
    let rows = sites::merge(id(), &[], &areas, patches, &mut faulty);
    assert_eq!(faulty, []);
    assert_eq!(rows, county.sites);
}

#[tokio::test]
async fn loading_it_twice_changes_nothing() {
    let database = Database::new().await;
    let (mut conn, clock) = (database.conn().await, Clock::default());
    let county = county::draw(id(), 7, 500);
    let new = NewJurisdiction {
        code: county.code.into(),
        name: county.name.clone(),
        time_zone: "Asia/Shanghai".into(),
        root: Some(AreaLevel::County),
    };
    jurisdictions::set_up(&mut conn, &clock, &new).await.expect("the jurisdiction");
    let mut marks = Vec::new();
    for _ in 0..2 {
        county::load(&mut conn, id(), clock.now(), &county).await.expect("loading");
        #[derive(diesel::QueryableByName, PartialEq, Debug)]
        struct Mark {
            #[diesel(sql_type = BigInt)]
            rows: i64,
            #[diesel(sql_type = BigInt)]
            last: i64,
        }
        let mark: Mark = diesel::sql_query(
            "SELECT count(*) AS rows, max(seq) AS last FROM feed WHERE jurisdiction_id = $1 AND present",
        )
        .bind::<diesel::sql_types::Uuid, _>(id().0)
        .get_result(&mut conn)
        .await
        .expect("the feed");
        marks.push(mark);
    }
    assert_eq!(marks[0], marks[1], "no feed row moved");
    let there = county.areas.len() + county.units.len() + county.sites.len() + templates::ALL.len();
    assert_eq!(marks[0].rows, i64::try_from(there).unwrap());
}

#[test]
fn photos_say_the_truth_about_themselves() {
    let taken = chrono::DateTime::parse_from_rfc3339("2026-03-04T23:59:58+08:00").expect("a time");
    let mut orientations = BTreeMap::new();
    // Consecutive seeds: every scene, upright and lying.
    for seed in 100..106_u64 {
        let position = Position::new(33.312_345 + seed as f64 * 1e-3, -106.498_765);
        let jpeg = camera::photo(seed, taken, &position);
        assert!((150_000..400_000).contains(&jpeg.len()), "{seed}: {} bytes", jpeg.len());
        let image = image::load_from_memory(&jpeg).expect("a photo");
        assert_eq!((image.width(), image.height()), (camera::WIDTH, camera::HEIGHT));
        let exif = exif::Reader::new().read_from_container(&mut std::io::Cursor::new(&jpeg)).expect("EXIF");
        let field = |tag| exif.get_field(tag, exif::In::PRIMARY).unwrap_or_else(|| panic!("{tag}"));
        let ascii = |tag| match &field(tag).value {
            exif::Value::Ascii(text) => String::from_utf8(text[0].clone()).expect("ASCII"),
            other => panic!("{other:?}"),
        };
        assert_eq!(ascii(exif::Tag::DateTimeOriginal), "2026:03:04 23:59:58");
        assert_eq!(
            (ascii(exif::Tag::OffsetTimeOriginal), ascii(exif::Tag::GPSDateStamp)),
            ("+08:00".into(), "2026:03:04".into())
        );
        assert_eq!(
            (ascii(exif::Tag::GPSLatitudeRef), ascii(exif::Tag::GPSLongitudeRef)),
            ("N".into(), "W".into())
        );
        let degrees = |tag| match &field(tag).value {
            exif::Value::Rational(parts) => {
                parts[0].to_f64() + parts[1].to_f64() / 60.0 + parts[2].to_f64() / 3600.0
            }
            other => panic!("{other:?}"),
        };
        assert!((degrees(exif::Tag::GPSLatitude) - position.latitude).abs() < 1e-6, "{seed}");
        assert!((degrees(exif::Tag::GPSLongitude) + position.longitude).abs() < 1e-6, "{seed}");
        *orientations.entry(field(exif::Tag::Orientation).value.get_uint(0)).or_insert(0) += 1;
        if seed == 100 {
            assert_eq!(jpeg, camera::photo(seed, taken, &position), "the same seed, the same photo");
        }
    }
    assert_eq!(orientations, BTreeMap::from([(Some(1), 4), (Some(6), 2)]));
}
