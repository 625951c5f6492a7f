use proptest::prelude::*;

use super::*;

/// A ranking in blocks of tied grades (−9 stands for unjudged) and judged documents that it lacks.
fn tied(blocks: &[&[Grade]], missed: &[Grade]) -> (Topic, Ties) {
    let ranked: Vec<Option<Grade>> = blocks.concat().iter().map(|&g| (g != -9).then_some(g)).collect();
    let judged = ranked.iter().flatten().chain(missed).copied().collect();
    let scores = blocks
        .iter()
        .enumerate()
        .flat_map(|(b, block)| block.iter().map(move |_| -(b as f64)));
    (Topic { ranked, judged }, Ties::of(scores))
}

fn over(measure: &str, (topic, ties): &(Topic, Ties)) -> OverTies {
    measure
        .parse::<Measure>()
        .unwrap()
        .over_ties(topic, ties)
        .unwrap()
}

/// All rankings that differ in the order of tied documents alone.
fn all_orders(topic: &Topic, ties: &Ties) -> Vec<Topic> {
    let mut orders = vec![topic.clone()];
    for block in ties.blocks() {
        orders = orders
            .iter()
            .flat_map(|order| {
                permutations(&order.ranked[block.clone()])
                    .into_iter()
                    .map(|mixed| {
                        let mut next = order.clone();
                        next.ranked[block.clone()].copy_from_slice(&mixed);
                        next
                    })
                    .collect::<Vec<_>>()
            })
            .collect();
    }
    orders
}

fn permutations(of: &[Option<Grade>]) -> Vec<Vec<Option<Grade>>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let with_first = |i: usize| {
        let rest = [&of[..i], &of[i + 1..]].concat();
        permutations(&rest)
            .into_iter()
            .map(move |tail| [vec![of[i]], tail].concat())
    };
    (0..of.len()).flat_map(with_first).collect()
}

#[test]
fn a_tie_across_the_cut_off_makes_the_value_a_matter_of_chance() {
    // One document first, then a relevant one among three with the same score.
    let tie = tied(&[&[0], &[1, 0, -9], &[0]], &[]);
    let p = over("P@2", &tie);
    assert_eq!((p.least, p.greatest), (0.0, 0.5));
    assert!((p.expected.unwrap() - 0.5 / 3.0).abs() < 1e-15);
    let rr = over("RR", &tie);
    assert_eq!((rr.least, rr.greatest), (0.25, 0.5));
    assert!((rr.expected.unwrap() - (1.0 / 2.0 + 1.0 / 3.0 + 1.0 / 4.0) / 3.0).abs() < 1e-15);
    let success = over("success@3", &tie);
    assert!((success.expected.unwrap() - 2.0 / 3.0).abs() < 1e-15);
    let (_, ties) = &tie;
    assert_eq!(
        [0, 1, 2, 3, 4, 5].map(|k| ties.cut_at(k)),
        [false, false, true, true, false, false]
    );
}

#[test]
fn without_ties_there_is_one_value() {
    let plain = tied(&[&[0], &[2], &[-9], &[1]], &[1]);
    for measure in ["AP", "nDCG@3", "ERR@10", "bpref", "RBP", "11pt_avg"] {
        let value = measure.parse::<Measure>().unwrap().value(&plain.0).unwrap();
        let range = over(measure, &plain);
        assert_eq!((range.least, range.greatest), (value, value), "{measure}");
        if let Some(expected) = range.expected {
            assert!((expected - value).abs() < 1e-12, "{measure}");
        }
    }
}

#[test]
fn zero_and_minus_zero_tie_and_neighbours_do_not() {
    assert_eq!(Ties::of([1.0, 0.0, -0.0, -1.0]).ends, [1, 3, 4]);
    assert_eq!(Ties::of([0.1 + 0.2, 0.3]).ends, [1, 2]);
    assert_eq!(Ties::of([]).ends, [0_usize; 0]);
}

#[test]
fn what_has_no_bounds_says_so() {
    let (topic, ties) = tied(&[&[0, 1]], &[]);
    for measure in ["infAP", "G", "nDCG_rel", "RnDCG"] {
        assert_eq!(
            measure.parse::<Measure>().unwrap().over_ties(&topic, &ties),
            None,
            "{measure}"
        );
    }
    assert_eq!(over("IPrec@0.5", &(topic, ties)).expected, None);
}

const EXACT: [&str; 26] = [
    "success@1",
    "success@3",
    "P@1",
    "P@3",
    "P(rel=2)@4",
    "P(relative=true)@3",
    "R@2",
    "Rprec",
    "RR",
    "RR@3",
    "AP",
    "AP@3",
    "AP(rel=2)@4",
    "nDCG",
    "nDCG@3",
    "nDCG(gain=exp)@2",
    "DCG@3",
    "nDCG(gains={0:0.5,1:0.2})@3",
    "RBP",
    "RBP(graded=true)@3",
    "RBP(residual=true)@3",
    "ERR@3",
    "nERR",
    "bpref",
    "binG",
    "Judged@2",
];

const BOUNDED: [&str; 3] = ["IPrec@0.5", "11pt_avg", "Unjudged@3"];

fn blocks() -> impl Strategy<Value = (Topic, Ties)> {
    let grade = prop_oneof![Just(-9), -1..4];
    let block = prop::collection::vec(grade, 1..5);
    (
        prop::collection::vec(block, 1..4),
        prop::collection::vec(0..4, 0..4),
    )
        .prop_map(|(blocks, missed)| {
            let slices: Vec<&[Grade]> = blocks.iter().map(Vec::as_slice).collect();
            tied(&slices, &missed)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn least_expected_and_greatest_are_those_of_all_orders((topic, ties) in blocks()) {
        let orders = all_orders(&topic, &ties);
        for name in EXACT.iter().chain(&BOUNDED) {
            let measure: Measure = name.parse().unwrap();
            let Some(range) = measure.over_ties(&topic, &ties) else {
                prop_assert_eq!(measure.value(&topic), None, "{}", name);
                continue;
            };
            let values: Vec<f64> = orders.iter().map(|t| measure.value(t).unwrap()).collect();
            let least = values.iter().copied().fold(f64::INFINITY, f64::min);
            let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            prop_assert!((range.least - least).abs() < 1e-12, "{}: {} is not {}", name, range.least, least);
            prop_assert!((range.greatest - greatest).abs() < 1e-12, "{}: {} is not {}", name, range.greatest, greatest);
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            if EXACT.contains(name) {
                let expected = range.expected.unwrap();
                prop_assert!((expected - mean).abs() < 1e-12, "{}: {} is not {}", name, expected, mean);
            }
        }
    }
}
