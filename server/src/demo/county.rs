//! A county that does not exist, with figures that add up: 16 townships, 142 villages with 106,200 registered
//! poor, 64 of the villages not yet lifted with 37,500 registered poor in them.
//!
//! Pure but for [`load`]: the same seed draws the same county.

use anfang_protocol::{
    area::AreaLevel,
    ids::{AreaId, JurisdictionId, SiteId},
    site::{Attribute, PovertyState, Site, SiteKind},
    unit::UnitKind,
    words::Words,
};
use chrono::{DateTime, Utc};
use rand::{RngExt, SeedableRng, seq::SliceRandom};

use super::{
    accounts::{self, Person},
    names::{self, Dice},
    terrain::{self, Point, SIDE, Terrain},
};
use crate::{
    areas::store::AreaRow,
    db::Conn,
    failure::Result,
    import::{command, store},
    sites::store::SiteRow,
    units::store::UnitRow,
};

/// Code of the jurisdiction. Official codes begin with 11 to 82; no province has 99.
pub const JURISDICTION: &str = "990126";
/// Code of the county as an area.
pub const CODE: &str = "990126000000";

pub const TOWNSHIPS: usize = SIDE * SIDE;
pub const VILLAGES: usize = 142;
pub const REGISTERED_POOR: u32 = 106_200;
pub const NOT_LIFTED_VILLAGES: usize = 64;
/// Registered poor in the villages that are not lifted; none of them is lifted, and nobody else is not.
pub const NOT_LIFTED_POOR: u32 = 37_500;
/// Sectors of command (战区).
const SECTORS: usize = 4;
/// Households that are sites, for a demonstration and for a full county.
pub const HOUSEHOLDS_DEMO: usize = 4_000;
pub const HOUSEHOLDS_FULL: usize = 30_000;

/// Everything there is before the first inspection; checklists are the shipped ones.
#[derive(Debug, Clone, PartialEq)]
pub struct County {
    /// Code of the jurisdiction.
    pub code: &'static str,
    pub name: Words,
    pub areas: Vec<AreaRow>,
    pub units: Vec<UnitRow>,
    pub sites: Vec<SiteRow>,
    pub people: Vec<Person>,
}

/// A village before it becomes an area, a unit and sites.
struct Village {
    area: AreaRow,
    name: Words,
    centre: Point,
    registered_poor: u32,
    is_lifted: bool,
}

/// Draws the county; `households` of them are sites, spread over all villages.
pub fn draw(jurisdiction: JurisdictionId, seed: u64, households: usize) -> County {
    let mut dice = Dice::seed_from_u64(seed);
    let terrain = Terrain::draw(&mut dice);
    let maker = Maker { jurisdiction, county: AreaId(jurisdiction.derive("area", CODE)) };
    let root = AreaRow { boundary: Some(terrain.county()), ..maker.area(CODE, &county_name(), None) };
    let townships: Vec<AreaRow> = (0..TOWNSHIPS).map(|index| maker.township(index, &terrain)).collect();
    let villages = maker.villages(&mut dice, &terrain, &townships);
    let units = maker.units(&townships, &villages);
    let sites = maker.sites(&mut dice, &townships, &villages, &terrain, households);
    let sectors: Vec<Vec<AreaRow>> = (0..SECTORS)
        .map(|sector| {
            (0..TOWNSHIPS).filter(|i| sector_of(*i) == sector).map(|i| townships[i].clone()).collect()
        })
        .collect();
    let people = accounts::people(&mut dice, jurisdiction, maker.county, &sectors, &units);
    let village_areas = villages.into_iter().map(|village| village.area);
    let areas = std::iter::once(root).chain(townships).chain(village_areas).collect();
    County { code: JURISDICTION, name: county_name(), areas, units, sites, people }
}

fn county_name() -> Words {
    Words::new(names::COUNTY.0, names::COUNTY.1)
}

/// The quarters of the grid.
fn sector_of(township: usize) -> usize {
    let (row, column) = (township / SIDE, township % SIDE);
    2 * (row / 2) + column / 2
}

struct Maker {
    jurisdiction: JurisdictionId,
    county: AreaId,
}

impl Maker {
    fn area(&self, code: &str, name: &Words, parent: Option<&AreaRow>) -> AreaRow {
        let area_id = self.jurisdiction.derive("area", code);
        AreaRow {
            area_id,
            code: code.to_owned(),
            name_zh: name.zh.clone(),
            name_en: name.en.clone(),
            level: AreaLevel::County.to_string(),
            parent_id: parent.map(|parent| parent.area_id),
            channel_area_id: area_id,
            sector_zh: None,
            sector_en: None,
            boundary: None,
            rev: 1,
        }
    }

    fn township(&self, index: usize, terrain: &Terrain) -> AreaRow {
        let (zh, en) = names::TOWNSHIPS[index];
        let sector = sector_of(index);
        let ordinal = ["一", "二", "三", "四"][sector];
        AreaRow {
            level: AreaLevel::Township.to_string(),
            parent_id: Some(self.county.0),
            sector_zh: Some(format!("第{ordinal}战区")),
            sector_en: Some(format!("Sector {}", sector + 1)),
            boundary: Some(terrain.township(index)),
            ..self.area(&format!("{JURISDICTION}{}000", 100 + index), &Words::new(zh, en), None)
        }
    }

    fn villages(&self, dice: &mut Dice, terrain: &Terrain, townships: &[AreaRow]) -> Vec<Village> {
        let mut lifted =
            [vec![false; NOT_LIFTED_VILLAGES], vec![true; VILLAGES - NOT_LIFTED_VILLAGES]].concat();
        lifted.shuffle(dice);
        let mut not_lifted_poor = split(dice, NOT_LIFTED_POOR, NOT_LIFTED_VILLAGES, 180).into_iter();
        let mut lifted_poor =
            split(dice, REGISTERED_POOR - NOT_LIFTED_POOR, VILLAGES - NOT_LIFTED_VILLAGES, 260).into_iter();
        let names = names::villages(dice, VILLAGES);
        let mut villages = Vec::with_capacity(VILLAGES);
        for (index, (name, is_lifted)) in names.into_iter().zip(lifted).enumerate() {
            // Dealt out in turn: eight or nine to each township.
            let (township, place) = (index % TOWNSHIPS, index / TOWNSHIPS);
            let parent = &townships[township];
            let code = format!("{}{}", &parent.code[..9], 201 + place);
            let full = Words::new(
                format!("{}村", name.zh),
                format!("{} Village", name.en.as_deref().unwrap_or_default()),
            );
            let area = AreaRow {
                level: AreaLevel::Village.to_string(),
                channel_area_id: parent.area_id,
                ..self.area(&code, &full, Some(parent))
            };
            let poor = if is_lifted { lifted_poor.next() } else { not_lifted_poor.next() };
            let east = (place % 3) as f64 + dice.random_range(0.25..0.75);
            let north = (place / 3) as f64 + dice.random_range(0.25..0.75);
            let centre = terrain.within(township, east / 3.0, north / 3.0);
            villages.push(Village {
                area,
                name,
                centre,
                registered_poor: poor.unwrap_or_default(),
                is_lifted,
            });
        }
        villages
    }

    fn unit(&self, code: &str, name: Words, kind: &UnitKind, area: Option<&AreaRow>) -> UnitRow {
        UnitRow {
            unit_id: self.jurisdiction.derive("unit", code),
            code: code.to_owned(),
            name_zh: name.zh,
            name_en: name.en,
            kind: kind.to_string(),
            area_id: area.map(|area| area.area_id),
            rev: 1,
        }
    }

    fn units(&self, townships: &[AreaRow], villages: &[Village]) -> Vec<UnitRow> {
        let departments = accounts::DEPARTMENTS
            .iter()
            .map(|(code, zh, en)| self.unit(code, Words::new(*zh, *en), &UnitKind::Department, None));
        let governments = townships.iter().enumerate().map(|(index, area)| {
            let (zh, en) = names::TOWNSHIPS[index];
            let name = Words::new(format!("{zh}人民政府"), format!("{en} Government"));
            self.unit(&format!("township-{:02}", index + 1), name, &UnitKind::Township, Some(area))
        });
        let committees = villages.iter().map(|village| {
            let en = village.name.en.as_deref().unwrap_or_default();
            let name =
                Words::new(format!("{}村村民委员会", village.name.zh), format!("{en} Village Committee"));
            self.unit(
                &format!("village-{}", village.area.code),
                name,
                &UnitKind::Village,
                Some(&village.area),
            )
        });
        let teams = (1..=accounts::TEAMS).map(|n| {
            let ordinal = ["一", "二", "三", "四", "五", "六"][n - 1];
            let name = Words::new(format!("第{ordinal}暗访组"), format!("Inspection Team {n}"));
            self.unit(&format!("inspection-{n}"), name, &UnitKind::Team, None)
        });
        let groups = accounts::ACCEPTANCE
            .iter()
            .map(|(code, zh, en)| self.unit(code, Words::new(*zh, *en), &UnitKind::Team, None));
        departments.chain(governments).chain(committees).chain(teams).chain(groups).collect()
    }

    fn sites(
        &self,
        dice: &mut Dice,
        townships: &[AreaRow],
        villages: &[Village],
        terrain: &Terrain,
        households: usize,
    ) -> Vec<SiteRow> {
        let mut sites = Vec::with_capacity(households + 8 * villages.len());
        for (index, township) in townships.iter().enumerate() {
            let seat = terrain.within(index, 0.5, 0.5);
            self.township_sites(dice, township, seat, &mut sites);
        }
        for (index, village) in villages.iter().enumerate() {
            self.village_sites(dice, village, &mut sites);
            // The remainder goes to the first villages.
            let share = households / villages.len() + usize::from(index < households % villages.len());
            for number in 1..=share {
                sites.push(self.household(dice, village, number));
            }
        }
        sites
    }

    fn site(
        &self,
        kind: SiteKind,
        code: String,
        name: Words,
        area: &AreaRow,
        at: Point,
        radius_m: f64,
    ) -> SiteRow {
        let site = Site {
            site_id: SiteId(self.jurisdiction.derive("site", &code)),
            area_id: AreaId(area.area_id),
            kind,
            code,
            name,
            latitude: Some(at.0),
            longitude: Some(at.1),
            radius_m: Some(radius_m),
            attributes: Default::default(),
        };
        SiteRow { site, channel_area_id: AreaId(area.channel_area_id), rev: 1 }
    }

    fn township_sites(&self, dice: &mut Dice, area: &AreaRow, seat: Point, sites: &mut Vec<SiteRow>) {
        let (zh, en) = (&area.name_zh, area.name_en.as_deref().unwrap_or_default());
        let plain = [
            (SiteKind::Office, "G", "人民政府", "Government", None),
            (SiteKind::School, "S", "中心小学", "Central Primary School", Some("education")),
            (SiteKind::School, "M", "初级中学", "Middle School", Some("education")),
            (SiteKind::Clinic, "C", "卫生院", "Health Centre", Some("health")),
        ];
        for (kind, letter, suffix_zh, suffix_en, department) in plain {
            let name = Words::new(format!("{zh}{suffix_zh}"), format!("{en} {suffix_en}"));
            let at = terrain::near(dice, seat, 600.0);
            let mut row = self.site(kind, format!("{letter}{}", area.code), name, area, at, 150.0);
            if let Some(department) = department {
                row.site.attributes.insert("department".into(), Attribute::Text(department.into()));
            }
            sites.push(row);
        }
        let projects = [
            ("产业路硬化工程", "Farm Road Paving", "transport"),
            ("高标准农田项目", "High-standard Farmland", "agriculture"),
            ("中药材种植基地", "Medicinal Herb Base", "agriculture"),
        ];
        for (n, (suffix_zh, suffix_en, department)) in (1..).zip(projects) {
            let name = Words::new(format!("{zh}{suffix_zh}"), format!("{en} {suffix_en}"));
            let at = terrain::near(dice, seat, 4_000.0);
            let mut row = self.site(SiteKind::Project, format!("P{}-{n}", area.code), name, area, at, 500.0);
            let funds = f64::from(dice.random_range(20_u32..400)) * 10_000.0;
            row.site.attributes.insert("funds_yuan".into(), Attribute::Number(funds));
            row.site.attributes.insert("department".into(), Attribute::Text(department.into()));
            sites.push(row);
        }
    }

    fn village_sites(&self, dice: &mut Dice, village: &Village, sites: &mut Vec<SiteRow>) {
        let code = &village.area.code;
        let (zh, en) = (&village.name.zh, village.name.en.as_deref().unwrap_or_default());
        let name = Words::new(format!("{zh}村"), format!("{en} Village"));
        let mut row =
            self.site(SiteKind::Village, format!("V{code}"), name, &village.area, village.centre, 1_500.0);
        row.site.attributes = village_attributes(dice, village);
        sites.push(row);
        let facilities = [
            (SiteKind::Office, "O", "村村委会", "Village Office", 1.0, None),
            (SiteKind::Quarters, "Q", "村驻村工作队住所", "Resident Team Quarters", 1.0, None),
            (SiteKind::Clinic, "C", "村卫生室", "Village Clinic", 0.95, Some("health")),
            (SiteKind::WaterWorks, "W", "村供水站", "Water Works", 0.9, Some("water")),
            (SiteKind::School, "S", "村教学点", "Village School", 0.3, Some("education")),
            (SiteKind::SolarStation, "L", "村光伏电站", "Solar Station", 0.35, Some("poverty_relief")),
            (SiteKind::Workshop, "K", "村扶贫车间", "Workshop", 0.25, Some("human_resources")),
        ];
        for (kind, letter, suffix_zh, suffix_en, chance, department) in facilities {
            let at = terrain::near(dice, village.centre, 400.0);
            if !dice.random_bool(chance) {
                continue;
            }
            let name = Words::new(format!("{zh}{suffix_zh}"), format!("{en} {suffix_en}"));
            let mut row = self.site(kind, format!("{letter}{code}"), name, &village.area, at, 120.0);
            if let Some(department) = department {
                row.site.attributes.insert("department".into(), Attribute::Text(department.into()));
            }
            sites.push(row);
        }
    }

    fn household(&self, dice: &mut Dice, village: &Village, number: usize) -> SiteRow {
        let (head, helper) = (names::person(dice), names::person(dice));
        let code = format!("H{}-{number:04}", village.area.code);
        let name = Words::new(
            format!("{}户", head.zh),
            format!("Household of {}", head.en.as_deref().unwrap_or_default()),
        );
        let at = terrain::near(dice, village.centre, 900.0);
        let mut row = self.site(SiteKind::Household, code, name, &village.area, at, 80.0);
        let state = household_state(dice, village.is_lifted);
        let members = if state == PovertyState::ElderlyAlone { 1 } else { dice.random_range(2_u32..=7) };
        let attributes = &mut row.site.attributes;
        if state == PovertyState::Lifted {
            attributes.insert("lifted_year".into(), lifted_year(dice));
        }
        attributes.insert("state".into(), Attribute::Text(state.to_string()));
        attributes.insert("members".into(), Attribute::Number(members.into()));
        attributes.insert("head".into(), Attribute::Text(head.zh));
        attributes.insert("helper".into(), Attribute::Text(helper.zh));
        row
    }
}

fn lifted_year(dice: &mut Dice) -> Attribute {
    Attribute::Number(dice.random_range(2016_u32..=2019).into())
}

fn household_state(dice: &mut Dice, is_lifted_village: bool) -> PovertyState {
    let throw = dice.random_range(0..100);
    match (is_lifted_village, throw) {
        (false, 0..45) => PovertyState::NotLifted,
        (false, 45..75) | (true, 0..70) => PovertyState::Lifted,
        (_, 75..85) => PovertyState::Marginal,
        (_, 85..92) => PovertyState::ElderlyAlone,
        _ => PovertyState::NotRegistered,
    }
}

fn village_attributes(dice: &mut Dice, village: &Village) -> std::collections::BTreeMap<String, Attribute> {
    let poor = village.registered_poor;
    let population = (f64::from(poor) * dice.random_range(1.7..3.4)).round();
    let households = (population / dice.random_range(3.5..4.4)).round();
    let not_lifted = if village.is_lifted { 0 } else { poor };
    let incidence = (f64::from(not_lifted) / population * 10_000.0).round() / 100.0;
    let state = if village.is_lifted { PovertyState::Lifted } else { PovertyState::NotLifted };
    let mut attributes = std::collections::BTreeMap::from([
        ("population".to_owned(), Attribute::Number(population)),
        ("households".to_owned(), Attribute::Number(households)),
        ("registered_poor".to_owned(), Attribute::Number(poor.into())),
        ("not_lifted_poor".to_owned(), Attribute::Number(not_lifted.into())),
        ("incidence_percent".to_owned(), Attribute::Number(incidence)),
        ("state".to_owned(), Attribute::Text(state.to_string())),
    ]);
    if village.is_lifted {
        attributes.insert("lifted_year".to_owned(), lifted_year(dice));
    }
    attributes
}

/// Parts that add up to `total` exactly, none below `least`.
fn split(dice: &mut Dice, total: u32, parts: usize, least: u32) -> Vec<u32> {
    let weights: Vec<f64> = (0..parts).map(|_| dice.random_range(0.3..1.7)).collect();
    let sum: f64 = weights.iter().sum();
    let rest = total - least * u32::try_from(parts).unwrap_or(u32::MAX);
    let mut shares: Vec<u32> =
        weights.iter().map(|weight| least + (f64::from(rest) * weight / sum).floor() as u32).collect();
    let given: u32 = shares.iter().sum();
    // What rounding left over, one each.
    for share in shares.iter_mut().take((total - given) as usize) {
        *share += 1;
    }
    shares
}

/// Writes the county and the shipped checklists, in the way of all imports. A second time changes nothing.
///
/// # Errors
/// When the database fails.
pub async fn load(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    now: DateTime<Utc>,
    county: &County,
) -> Result<()> {
    const NAME: &str = "fictional county";
    store::rows(conn, jurisdiction, now, NAME, store::Rows::Areas(county.areas.clone())).await?;
    store::rows(conn, jurisdiction, now, NAME, store::Rows::Units(county.units.clone())).await?;
    store::rows(conn, jurisdiction, now, NAME, store::Rows::Sites(county.sites.clone())).await?;
    match store::import(conn, jurisdiction, now, command::shipped(), false).await?.0 {
        store::Verdict::Fit(_) => Ok(()),
        store::Verdict::Refused(faults) => {
            Err(anyhow::anyhow!("the shipped checklists cannot be published: {faults:?}").into())
        }
    }
}
