//! The draw: it repeats, it excludes, it is fair.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn site(n: u128) -> SiteId {
    SiteId(Uuid::from_u128(n))
}

fn frame(weights: &[u32]) -> Vec<Candidate> {
    weights.iter().zip(1..).map(|(weight, n)| Candidate { site_id: site(n), weight: *weight }).collect()
}

fn seed(n: u64) -> Seed {
    Sha::of(&n.to_be_bytes())
}

fn draw(n: u64, count: u32, weights: &[u32], excluded: &[u128]) -> Draw {
    Draw::new(seed(n), count, frame(weights), excluded.iter().map(|n| site(*n)), []).unwrap()
}

#[test]
fn a_draw_that_anybody_can_repeat() {
    // Worked out by another program, from the description alone: tools of any language must come to the same.
    let draw = draw(2026, 4, &[1, 4, 2, 1, 1, 3, 1, 1], &[3]);
    let picks: Vec<u128> = draw.picks().iter().map(|site| site.0.as_u128()).collect();
    assert_eq!(picks, PICKS);
    assert_eq!(draw.commitment().unwrap().to_string(), COMMITMENT);
    draw.verify(&draw.commitment().unwrap(), &draw.picks()).unwrap();
}

const PICKS: [u128; 4] = [2, 6, 7, 1];
const COMMITMENT: &str = "c18aaa456d3d2caed5dade481d80497a50bb5042898b73514b1432e4c8ae75d7";

#[test]
fn whatever_is_changed_is_seen() {
    let draw = draw(1, 3, &[1; 20], &[]);
    let (commitment, sites) = (draw.commitment().unwrap(), draw.picks());
    let differs = |draw: &Draw, sites: &[SiteId]| draw.verify(&commitment, sites).unwrap_err().code();
    assert_eq!(differs(&Draw { seed: seed(2), ..draw.clone() }, &sites), Some(Code::DrawDiffers));
    assert_eq!(differs(&Draw { count: 4, ..draw.clone() }, &sites), Some(Code::DrawDiffers));
    assert_eq!(
        differs(&Draw { exclusions: vec![site(50)], ..draw.clone() }, &sites),
        Some(Code::DrawDiffers)
    );
    let mut heavier = draw.clone();
    heavier.frame[7].weight = 2;
    assert_eq!(differs(&heavier, &sites), Some(Code::DrawDiffers));
    let mut other = sites.clone();
    other.swap(0, 1);
    assert_eq!(differs(&draw, &other), Some(Code::DrawDiffers));
    assert_eq!(differs(&draw, &sites[..2]), Some(Code::DrawDiffers));
    let mut unsorted = draw.clone();
    unsorted.frame.swap(0, 1);
    assert_eq!(differs(&unsorted, &sites), Some(Code::DrawInvalid));
}

#[test]
fn no_household_twice_in_a_round() {
    let mut drawn: Vec<SiteId> = Vec::new();
    for plan in 0..10 {
        let draw = Draw::new(seed(plan), 5, frame(&[1; 40]), [], drawn.clone()).unwrap();
        drawn.extend(draw.picks());
    }
    let once: BTreeSet<SiteId> = drawn.iter().copied().collect();
    assert_eq!((drawn.len(), once.len()), (40, 40), "eight plans of five, then nothing is left");
}

#[test]
fn it_is_fair_by_weight_over_many_seeds() {
    // The chance of each first pick is its weight's share; of 20,000 seeds the counts lie within five standard
    // deviations (one false alarm in a million, and the seeds are fixed).
    let weights = [1, 2, 3, 4, 10];
    let total: u32 = weights.iter().sum();
    let seeds = 20_000_u32;
    let mut counts = [0_u32; 5];
    for n in 0..seeds {
        let pick = draw(u64::from(n), 1, &weights, &[]).picks()[0];
        counts[pick.0.as_u128() as usize - 1] += 1;
    }
    for (count, weight) in counts.iter().zip(weights) {
        let share = f64::from(weight) / f64::from(total);
        let expected = f64::from(seeds) * share;
        let deviation = (f64::from(seeds) * share * (1.0 - share)).sqrt();
        assert!((f64::from(*count) - expected).abs() < 5.0 * deviation, "{counts:?}");
    }
    // Without replacement: in two picks of three alike, each pair is alike likely.
    let mut pairs = std::collections::BTreeMap::new();
    for n in 0..6_000_u64 {
        *pairs.entry(draw(n, 2, &[1; 3], &[]).picks()).or_insert(0_u32) += 1;
    }
    assert_eq!(pairs.len(), 6);
    assert!(pairs.values().all(|count| count.abs_diff(1000) < 150), "{pairs:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_repeats_in_any_order_and_respects_exclusions(
        n in any::<u64>(),
        weights in proptest::collection::vec(0..9_u32, 0..60),
        excluded in proptest::collection::btree_set(1..70_u128, 0..30),
        count in 0..40_u32,
    ) {
        let excluded: Vec<u128> = excluded.into_iter().collect();
        let one = draw(n, count, &weights, &excluded);
        let mut turned = frame(&weights);
        turned.reverse();
        let two = Draw::new(seed(n), count, turned, [], excluded.iter().map(|n| site(*n))).unwrap();
        prop_assert_eq!(&one, &two);
        let picks = one.picks();
        prop_assert_eq!(&picks, &two.picks());
        let once: BTreeSet<&SiteId> = picks.iter().collect();
        prop_assert_eq!(once.len(), picks.len());
        for pick in &picks {
            let n = pick.0.as_u128();
            prop_assert!(!excluded.contains(&n) && weights[n as usize - 1] > 0);
        }
        let can = weights.iter().zip(1..).filter(|(w, n)| **w > 0 && !excluded.contains(n)).count();
        prop_assert_eq!(picks.len(), can.min(count as usize));
    }
}
