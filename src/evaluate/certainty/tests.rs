use super::*;
use crate::report::fixture::{cell, numbers as numbers_of, plan, quality, query, result};

/// A cell with nDCG@10 and success@1 per query `q00`, `q01`, …: 1 where nDCG@10 is above 0.5.
fn ran(id: &str, values: &[f64]) -> CellResult {
    let ids: Vec<String> = (0..values.len()).map(|i| format!("q{i:02}")).collect();
    let of = |measure: &str, value: &dyn Fn(f64) -> f64| {
        let named: Vec<(&str, f64)> = ids
            .iter()
            .zip(values)
            .map(|(id, v)| (id.as_str(), value(*v)))
            .collect();
        quality(measure, &named)
    };
    let success = |v: f64| if v > 0.5 { 1.0 } else { 0.0 };
    let qualities = vec![of("nDCG@10", &|v| v), of("success@1", &success)];
    CellResult {
        is_reference: id == "reference",
        ..result(cell(id, &[]), CellState::Ok(Box::new(numbers_of(qualities))))
    }
}

/// Values between 0 and 1 that look random, each moved by `gain`.
fn noisy(n: usize, by: usize, gain: f64) -> Vec<f64> {
    (0..n).map(|i| (i * by % 17) as f64 / 20.0 + gain).collect()
}

fn qualities(cells: &[CellResult]) -> Vec<&Quality> {
    cells
        .iter()
        .filter_map(numbers)
        .flat_map(|n| &n.quality)
        .collect()
}

#[test]
fn means_of_zeros_and_ones_have_wilsons_interval_and_all_others_the_bootstraps() {
    let mut cells = [ran("reference", &noisy(24, 5, 0.1))];
    certainty(&plan(), &[], &mut cells);
    let found = qualities(&cells);
    let methods: Vec<IntervalMethod> = found.iter().map(|q| q.interval.unwrap().method).collect();
    assert_eq!(methods, [IntervalMethod::Bootstrap, IntervalMethod::Wilson]);
    // scipy.stats.binomtest(11, 24).proportion_ci(method='wilson').
    let interval = found[1].interval.unwrap();
    assert_eq!(found[1].mean, Some(11.0 / 24.0));
    assert!((interval.low - 0.2789).abs() < 1e-4 && (interval.high - 0.6493).abs() < 1e-4);
}

#[test]
fn nineteen_queries_have_no_interval_no_groups_and_no_choice_but_a_p() {
    let values = noisy(19, 5, 0.0);
    let mut cells = ["reference", "b", "c"].map(|id| ran(id, &values));
    let found = certainty(&plan(), &[], &mut cells);
    assert!(qualities(&cells).iter().all(|q| q.interval.is_none()));
    assert_eq!((&found[0].groups, &found[0].choice), (&None, &None));
    let difference = qualities(&cells)[2].difference.unwrap();
    assert_eq!((difference.interval, difference.effect), (None, None));
    assert!((difference.test.p - 1.0).abs() < 1e-12);
}

#[test]
fn p_is_corrected_over_the_declared_family_alone() {
    let mut plan = plan();
    let cells = || {
        [
            ran("reference", &noisy(30, 5, 0.0)),
            ran("b", &noisy(30, 7, 0.1)),
            ran("c", &noisy(30, 3, 0.2)),
        ]
    };
    let corrected = |plan: &Plan| {
        let mut cells = cells();
        let comparisons = certainty(plan, &[], &mut cells)[0].comparisons;
        let differences = qualities(&cells).into_iter().filter_map(|q| q.difference);
        let p = differences.map(|d| (d.test.p, d.p_holm)).collect::<Vec<_>>();
        (comparisons, p)
    };
    // nDCG@10 of b, success@1 of b, then of c.
    let (comparisons, p) = corrected(&plan);
    assert_eq!((comparisons, p[1].1, p[3].1), (2, None, None));
    assert_eq!(vec![p[0].1.unwrap(), p[2].1.unwrap()], holm(&[p[0].0, p[2].0]));
    plan.compare.family = ["nDCG@10", "success@1"].map(|m| m.parse().unwrap()).to_vec();
    let (comparisons, p) = corrected(&plan);
    let (raw, adjusted): (Vec<f64>, Vec<Option<f64>>) = p.into_iter().unzip();
    assert_eq!(comparisons, 4);
    assert_eq!(adjusted.into_iter().flatten().collect::<Vec<f64>>(), holm(&raw));
}

#[test]
fn cells_that_differ_by_noise_are_one_group_and_the_winner_of_every_half_is_told() {
    let mut cells = [
        ran("reference", &noisy(40, 5, 0.0)),
        ran("b", &noisy(40, 7, 0.0)),
        ran("best", &noisy(40, 3, 0.4)),
    ];
    let found = &certainty(&plan(), &[], &mut cells)[0];
    let groups = found.groups.as_ref().unwrap();
    assert_eq!(groups.cells[0], "best");
    assert_eq!(
        (groups.groups.as_slice(), groups.told_apart, groups.pairs()),
        ([(0, 0), (1, 2)].as_slice(), 2, 3)
    );
    let choice = found.choice.as_ref().unwrap();
    assert_eq!(
        (choice.winner.as_str(), choice.wins(), choice.halves),
        ("best", 2_000, 2_000)
    );
    // A half of 20 queries on average has the lead of all 40.
    let lead = qualities(&cells)[4].difference.unwrap().mean;
    assert!(
        choice.is_lead && (choice.confirmed - lead).abs() < 1e-9 && (choice.selected - lead).abs() < 1e-9
    );
}

#[test]
fn cells_scored_on_other_queries_are_compared_with_the_reference_and_left_out_of_the_groups() {
    let mut cells = [
        ran("reference", &noisy(40, 5, 0.0)),
        ran("b", &noisy(40, 7, 0.0)),
        ran("short", &noisy(30, 3, 0.1)),
        ran("c", &noisy(40, 9, 0.0)),
    ];
    let found = &certainty(&plan(), &[], &mut cells)[0];
    assert_eq!(qualities(&cells)[4].difference.unwrap().n, 30);
    let groups = found.groups.as_ref().unwrap();
    assert_eq!(
        (groups.cells.len(), groups.elsewhere.as_slice()),
        (3, ["short".to_owned()].as_slice())
    );
    assert!(
        found
            .choice
            .as_ref()
            .unwrap()
            .chosen
            .iter()
            .all(|(id, _)| id != "short")
    );
}

#[test]
fn a_gain_for_one_kind_of_query_alone_is_told_by_one_test() {
    let mut plan = plan();
    plan.measure.slices = vec!["query.class".into(), "query.lost".into()];
    let kind = |i: usize| if i < 24 { "numbers" } else { "words" };
    let queries: Vec<QueryRecord> = (0..40)
        .map(|i| {
            let mut record = query("parts", &format!("q{i:02}"), "a query");
            record.metadata.insert("class".into(), kind(i).into());
            record
        })
        .collect();
    let base = noisy(40, 5, 0.0);
    let gain = |i: usize| {
        if i < 24 {
            0.1 + (i % 3) as f64 / 50.0
        } else {
            (i % 3) as f64 / 50.0
        }
    };
    let gained: Vec<f64> = base.iter().enumerate().map(|(i, v)| v + gain(i)).collect();
    let mut cells = [ran("reference", &base), ran("b", &gained)];
    let found = certainty(&plan, &queries, &mut cells).remove(0);
    assert_eq!(found.slices.len(), 1, "no query has a value of the other field");
    let slices = &found.slices[0];
    assert_eq!(
        slices.values,
        [("numbers".to_owned(), 24), ("words".to_owned(), 16)]
    );
    assert_eq!(
        slices.cells[0].differences, None,
        "the reference has none to itself"
    );
    let strata = &slices.cells[1].differences.as_ref().unwrap().strata;
    assert!((strata[0].mean.unwrap() - 0.12).abs() < 1e-12 && strata[0].interval.unwrap().low > 0.1);
    assert_eq!((strata[1].n, strata[1].interval), (16, None));
    assert_eq!(slices.cells[1].p_holm, Some(1.0 / 10_001.0));
}

#[test]
fn a_data_set_without_a_cell_that_ran_has_nothing_to_be_certain_of() {
    let mut cells = [result(cell("a", &[]), CellState::NotRun)];
    assert_eq!(certainty(&plan(), &[], &mut cells), []);
}
