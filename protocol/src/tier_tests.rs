//! Tiers over sites, as domain.md §3 has them.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::*;
use crate::ids::{AreaId, SiteId};

fn site(kind: SiteKind, attributes: &[(&str, Attribute)]) -> Site {
    Site {
        site_id: SiteId(Uuid::nil()),
        area_id: AreaId(Uuid::nil()),
        kind,
        code: "1".into(),
        name: Words::zh("某村"),
        latitude: None,
        longitude: None,
        radius_m: None,
        attributes: attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect::<BTreeMap<_, _>>(),
    }
}

fn text(word: &str) -> Attribute {
    Attribute::Text(word.into())
}

fn tier(site: &Site) -> Option<u8> {
    TierRules::shipped(2026).of(site).map(|tier| tier.tier)
}

#[test]
fn tiers_as_shipped() {
    let village = |state: &str, incidence| {
        site(
            SiteKind::Village,
            &[("state", text(state)), ("incidence_percent", Attribute::Number(incidence))],
        )
    };
    assert_eq!(tier(&village("lifted", 2.1)), Some(1));
    assert_eq!(tier(&village("lifted", 2.0)), None, "above two per cent, not from two on");
    assert_eq!(tier(&village("not_lifted", 9.0)), None);
    let mut due = village("not_lifted", 9.0);
    due.attributes.insert("lifted_year".into(), Attribute::Number(2026.0));
    assert_eq!(tier(&due), Some(1), "due to be lifted");
    let unmeasured = site(SiteKind::Village, &[("state", text("lifted"))]);
    assert_eq!(tier(&unmeasured), None, "what is absent compares to nothing");
    assert_eq!(tier(&site(SiteKind::Household, &[("state", text("marginal"))])), Some(2));
    for (grade, expected) in [("a", None), ("b", None), ("c", Some(2)), ("d", Some(2))] {
        for kind in [SiteKind::Household, SiteKind::House] {
            assert_eq!(tier(&site(kind, &[("housing_grade", text(grade))])), expected, "{grade}");
        }
    }
    let rules = TierRules::shipped(2026);
    assert_eq!([due, unmeasured].map(|site| rules.weight(&site)), [4, 1]);
    rules.check().unwrap();
}

#[test]
fn conditions_are_data() {
    let text = r#"{"all": [{"not": {"kind": ["school"]}}, {"one_of": {"attribute": "department", "values": ["水务局", "住建局"]}}]}"#;
    let condition: Condition = serde_json::from_str(text).unwrap();
    let of = |kind, department: &str| site(kind, &[("department", Attribute::Text(department.into()))]);
    assert!(condition.holds(&of(SiteKind::WaterWorks, "水务局")));
    assert!(!condition.holds(&of(SiteKind::School, "水务局")));
    assert!(!condition.holds(&of(SiteKind::WaterWorks, "教育局")));
    assert_eq!(
        serde_json::to_string(&condition).unwrap(),
        serde_json::from_str::<serde_json::Value>(text).unwrap().to_string()
    );
    let every = [
        (Comparison::Equal, [false, true, false]),
        (Comparison::NotEqual, [true, false, true]),
        (Comparison::Less, [true, false, false]),
        (Comparison::AtMost, [true, true, false]),
        (Comparison::More, [false, false, true]),
        (Comparison::AtLeast, [false, true, true]),
    ];
    for (is, expected) in every {
        let holds = [1.0, 2.0, 3.0].map(|n| {
            let value = Attribute::Number(2.0);
            Condition::Compare { attribute: "members".into(), is, value }
                .holds(&site(SiteKind::Household, &[("members", Attribute::Number(n))]))
        });
        assert_eq!(holds, expected, "{is:?}");
    }
}

#[test]
fn a_rule_that_cannot_be_meant_is_refused() {
    assert!(Condition::Has("shoe_size".into()).check().unwrap_err().is(Code::RuleInvalid));
    let deep = (0..20).fold(Condition::Has("members".into()), |inner, _| Condition::Not(Box::new(inner)));
    assert!(deep.check().unwrap_err().is(Code::RuleInvalid));
}
