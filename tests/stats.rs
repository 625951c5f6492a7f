//! `evalrun::stats` against published values, against SciPy and statsmodels, and against what has to hold for any
//! input. `golden/stats/make.py` makes the golden files and says how.

use std::path::Path;

use evalrun::stats::{
    Bootstrap, BootstrapMethod, Draws, Interval, Sequence, Table, Verdict, clopper_pearson,
    detectable_effect, equivalence, holm, non_inferiority, paired_t, power, queries_needed, sign_flip,
    strata, tukey_hsd, wilson,
};
use serde_json::Value;

const DRAWS: Draws = Draws {
    replicates: 10_000,
    seed: 42,
    comparison: 0,
};

/// The cases of a golden file; its first line says how they were made.
fn golden(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/stats/{name}.jsonl"));
    let text = std::fs::read_to_string(&path).expect("a golden file");
    let cases: Vec<Value> = text
        .lines()
        .skip(1)
        .map(|l| serde_json::from_str(l).expect("a case is JSON"))
        .collect();
    assert!(!cases.is_empty(), "{name} has cases");
    cases
}

fn number(case: &Value, key: &str) -> f64 {
    case[key].as_f64().unwrap_or_else(|| panic!("{key} in {case}"))
}

fn count(case: &Value, key: &str) -> usize {
    case[key].as_u64().unwrap_or_else(|| panic!("{key} in {case}")) as usize
}

fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .expect("a list")
        .iter()
        .map(|v| v.as_f64().expect("a list of numbers"))
        .collect()
}

/// The differences that a case is about.
fn sample(case: &Value) -> Vec<f64> {
    let samples = golden("samples");
    let named = samples
        .iter()
        .find(|s| s["sample"] == case["sample"])
        .expect("the sample is there");
    numbers(&named["differences"])
}

fn close(value: f64, expected: f64, error: f64, case: &Value) {
    assert!(
        (value - expected).abs() <= error,
        "{value}, not {expected}: {case}"
    );
}

/// Four standard deviations of the share that `draws` random draws give where the truth is `p`.
fn drawn_error(p: f64, draws: usize) -> f64 {
    4.0 * (p * (1.0 - p) / draws as f64).sqrt()
}

#[test]
fn sakais_twenty_topics() {
    let case = &golden("sakai")[0];
    let [x, y] = ["X", "Y"].map(|system| numbers(&case[system]));
    let differences: Vec<f64> = x.iter().zip(&y).map(|(x, y)| x - y).collect();
    let test = paired_t(&differences, 0.95).unwrap();
    assert_eq!(format!("{:.5}", test.t), "2.11576");
    assert_eq!(format!("{:.6}", test.p), "0.047797");
    assert_eq!(format!("{:.6}", test.d_z), "0.473098");
    assert_eq!(format!("{:.7}", test.sd * test.sd), "0.0251316");
    assert_eq!(format!("{:.7}", test.interval.high - test.mean), "0.0741941");
    // 69,120 of 2²⁰ arrangements, though float64 sums would tell ties apart.
    let flips = sign_flip(&differences, DRAWS);
    assert_eq!((flips.p, flips.exact), (0.06591796875, true));
}

#[test]
fn paired_t_and_margins_agree_with_scipy_and_statsmodels() {
    for case in golden("paired_t") {
        let differences = sample(&case);
        let test = paired_t(&differences, 0.95).unwrap();
        for (value, key) in [
            (test.t, "t"),
            (test.p, "p"),
            (test.d_z, "d_z"),
            (test.interval.low, "low"),
            (test.interval.high, "high"),
        ] {
            close(value, number(&case, key), 1e-11, &case);
        }
        let margin = number(&case, "margin");
        let not_worse = non_inferiority(&differences, margin, 0.05).unwrap();
        let equivalent = equivalence(&differences, margin, 0.05).unwrap();
        close(
            not_worse.p.unwrap(),
            number(&case, "non_inferiority_p"),
            1e-11,
            &case,
        );
        close(equivalent.p.unwrap(), number(&case, "tost_p"), 1e-11, &case);
        close(equivalent.interval.low, number(&case, "low_90"), 1e-11, &case);
        close(equivalent.interval.high, number(&case, "high_90"), 1e-11, &case);
    }
}

#[test]
fn proportions_agree_with_scipy() {
    for case in golden("proportion") {
        let (k, n, level) = (count(&case, "k"), count(&case, "n"), number(&case, "level"));
        let (exact, score) = (
            clopper_pearson(k, n, level).unwrap(),
            wilson(k, n, level).unwrap(),
        );
        for (interval, key) in [(exact, "exact"), (score, "wilson")] {
            let expected = numbers(&case[key]);
            close(interval.low, expected[0], 1e-9, &case);
            close(interval.high, expected[1], 1e-9, &case);
        }
    }
}

#[test]
fn holm_agrees_with_statsmodels() {
    for case in golden("holm") {
        let adjusted = holm(&numbers(&case["p"]));
        for (value, expected) in adjusted.iter().zip(numbers(&case["adjusted"])) {
            close(*value, expected, 1e-15, &case);
        }
    }
}

#[test]
fn power_agrees_with_statsmodels() {
    for case in golden("power") {
        let (n, alpha, wanted) = (count(&case, "n"), number(&case, "alpha"), number(&case, "power"));
        // Their solver stops a few millionths away.
        close(
            detectable_effect(n, alpha, wanted).unwrap(),
            number(&case, "effect"),
            5e-6,
            &case,
        );
        close(
            power(0.05, n, alpha).unwrap(),
            number(&case, "power_of_0.05"),
            1e-7,
            &case,
        );
    }
    for case in golden("queries_needed") {
        let needed = queries_needed(
            number(&case, "effect"),
            number(&case, "alpha"),
            number(&case, "power"),
        );
        assert_eq!(needed, Some(count(&case, "n")), "{case}");
    }
}

#[test]
fn bootstrap_intervals_agree_with_scipy_up_to_the_draws() {
    let plan = Bootstrap {
        level: 0.95,
        resamples: 200_000,
        seed: 42,
        method: BootstrapMethod::Bca,
    };
    for case in golden("bootstrap") {
        let table = Table::of_columns(&[sample(&case)]);
        for (method, key) in [
            (BootstrapMethod::Bca, "bca"),
            (BootstrapMethod::Studentised, "studentised"),
        ] {
            let interval = Bootstrap { method, ..plan }.mean_intervals(&table)[0].unwrap();
            let expected = numbers(&case[key]);
            // A fortieth of the width; a means of few values move in steps.
            let error = (expected[1] - expected[0]) / 40.0;
            close(interval.low, expected[0], error, &case);
            close(interval.high, expected[1], error, &case);
        }
    }
}

#[test]
fn sign_flips_are_counted_as_in_exact_fractions() {
    for case in golden("sign_flip") {
        let flips = sign_flip(&numbers(&case["differences"]), DRAWS);
        assert!(flips.exact, "{case}");
        close(flips.p, number(&case, "p"), 1e-15, &case);
    }
    for case in golden("sign_flip_drawn") {
        let (flips, expected) = (sign_flip(&sample(&case), DRAWS), number(&case, "p"));
        assert!(!flips.exact);
        close(flips.p, expected, drawn_error(expected, 10_000), &case);
    }
}

#[test]
fn tukeys_p_agrees_with_all_orders_in_exact_fractions() {
    let draws = Draws {
        replicates: 100_000,
        ..DRAWS
    };
    for case in golden("tukey") {
        let columns: Vec<Vec<f64>> = case["columns"].as_array().unwrap().iter().map(numbers).collect();
        let pairs = tukey_hsd(&Table::of_columns(&columns), draws);
        for (pair, expected) in pairs.iter().zip(numbers(&case["p"])) {
            close(pair.p, expected, drawn_error(expected, 100_000), &case);
        }
    }
}

#[test]
fn strata_agree_with_scipy() {
    let plan = Bootstrap {
        level: 0.95,
        resamples: 1_000,
        seed: 42,
        method: BootstrapMethod::Bca,
    };
    for case in golden("strata") {
        let labels: Vec<usize> = numbers(&case["labels"]).iter().map(|l| *l as usize).collect();
        let found = strata(&numbers(&case["differences"]), &labels, 3, &plan, DRAWS);
        let interaction = found.interaction.unwrap();
        close(interaction.f, number(&case, "f"), 1e-9, &case);
        // Both are drawn.
        let expected = number(&case, "p");
        close(
            interaction.p,
            expected,
            1.5 * drawn_error(expected, 10_000),
            &case,
        );
    }
}

#[test]
fn a_sequence_agrees_with_a_grid_of_means() {
    for case in golden("sequence") {
        let mut sequence = Sequence::new(number(&case, "level"));
        for difference in sample(&case) {
            sequence.push(difference).unwrap();
        }
        let interval = sequence.look().unwrap();
        let expected = numbers(&case["interval"]);
        // The grid has steps of 0.0001.
        close(interval.low, expected[0], 1.01e-4, &case);
        close(interval.high, expected[1], 1.01e-4, &case);
    }
}

mod properties {
    use super::*;
    use evalrun::stats::{Outcomes, SplitHalf, Strata, split_half};
    use proptest::prelude::*;

    const PLAN: Bootstrap = Bootstrap {
        level: 0.95,
        resamples: 2_000,
        seed: 42,
        method: BootstrapMethod::Bca,
    };
    const STUDENTISED: Bootstrap = Bootstrap {
        method: BootstrapMethod::Studentised,
        ..PLAN
    };
    const FEW: Draws = Draws {
        replicates: 500,
        ..DRAWS
    };

    /// Differences in thousandths, with ties.
    fn differences(n: std::ops::Range<usize>) -> impl Strategy<Value = Vec<f64>> {
        let one = prop_oneof![1 => Just(0), 3 => -1000..=1000_i32];
        prop::collection::vec(one.prop_map(|d| f64::from(d) / 1000.0), n)
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    fn moved(interval: Interval, by: f64, times: f64) -> (f64, f64) {
        (interval.low * times + by, interval.high * times + by)
    }

    proptest! {
        #[test]
        fn a_p_is_above_0_and_at_most_1(d in differences(2..80)) {
            for p in [Some(sign_flip(&d, FEW).p), paired_t(&d, 0.95).map(|t| t.p)].into_iter().flatten() {
                prop_assert!(p > 0.0 && p <= 1.0, "{p}");
            }
        }

        #[test]
        fn sign_flips_mind_neither_order_nor_direction_nor_scale(d in differences(2..60)) {
            let p = sign_flip(&d, FEW).p;
            let turned: Vec<f64> = d.iter().map(|d| -d).collect();
            let halved: Vec<f64> = d.iter().map(|d| d / 2.0).collect();
            prop_assert!(near(sign_flip(&turned, FEW).p, p) && near(sign_flip(&halved, FEW).p, p));
            let mut sorted = d.clone();
            sorted.sort_by(f64::total_cmp);
            let sorted = sign_flip(&sorted, FEW);
            // Where arrangements are drawn, another order draws others.
            prop_assert!(!sorted.exact || near(sorted.p, p));
        }

        #[test]
        fn no_p_is_below_what_the_nonzero_differences_allow(d in differences(2..30)) {
            let flips = sign_flip(&d, FEW);
            prop_assert!(flips.p >= 2.0_f64.powi(1 - flips.nonzero as i32).min(1.0));
        }

        #[test]
        fn holm_keeps_the_order_and_never_lowers_a_p(p in prop::collection::vec(0.0..=1.0_f64, 1..30)) {
            let adjusted = holm(&p);
            for i in 0..p.len() {
                prop_assert!(adjusted[i] >= p[i] && adjusted[i] <= 1.0);
                for j in 0..p.len() {
                    prop_assert!(p[i] > p[j] || adjusted[i] <= adjusted[j]);
                }
            }
        }

        #[test]
        fn intervals_follow_shift_and_scale(d in differences(20..60)) {
            let followed: Vec<f64> = d.iter().map(|d| d * 4.0 + 0.5).collect();
            let table = Table::of_columns(&[d, followed]);
            for method in [BootstrapMethod::Bca, BootstrapMethod::Studentised] {
                let ends = Bootstrap { method, ..PLAN }.mean_intervals(&table);
                if let [Some(plain), Some(followed)] = ends[..] {
                    let (low, high) = moved(plain, 0.5, 4.0);
                    prop_assert!(near(low, followed.low) && near(high, followed.high), "{plain:?} {followed:?}");
                }
            }
        }

        #[test]
        fn a_column_has_the_interval_that_it_would_have_alone(a in differences(20..21), b in differences(20..21)) {
            let both = PLAN.mean_intervals(&Table::of_columns(&[&a, &b, &a]));
            prop_assert_eq!(both, [&a, &b, &a].map(|c| PLAN.mean_interval(c)));
        }

        #[test]
        fn symmetric_differences_leave_bca_little_to_correct(half in differences(15..40)) {
            let symmetric: Vec<f64> = half.iter().flat_map(|d| [*d, -d]).collect();
            let ends = PLAN.mean_intervals(&Table::of_columns(&[&symmetric]));
            if let [Some(interval)] = ends[..] {
                // Percentiles of a symmetric distribution lie as far on either side of its mean, 0.
                let width = interval.high - interval.low;
                prop_assert!((interval.high + interval.low).abs() <= 0.15 * width, "{interval:?}");
            }
        }

        #[test]
        fn the_exact_interval_of_a_proportion_holds_the_proportion(n in 1..500_usize, share in 0.0..=1.0_f64) {
            let k = (share * n as f64) as usize;
            let (exact, score) = (clopper_pearson(k, n, 0.95).unwrap(), wilson(k, n, 0.95).unwrap());
            let seen = k as f64 / n as f64;
            for interval in [exact, score] {
                prop_assert!(interval.low <= seen + 1e-12 && seen <= interval.high + 1e-12);
                prop_assert!(interval.low >= 0.0 && interval.high <= 1.0);
            }
        }

        #[test]
        fn every_query_is_a_win_a_tie_or_a_loss(d in differences(0..50), tolerance in 0.0..0.5_f64) {
            let Outcomes { wins, ties, losses } = Outcomes::within(&d, tolerance);
            prop_assert_eq!(wins + ties + losses, d.len());
        }

        #[test]
        fn equivalence_asks_for_more_than_not_being_worse(d in differences(20..60)) {
            let not_worse = non_inferiority(&d, 0.1, 0.05).unwrap();
            let equivalent = equivalence(&d, 0.1, 0.05).unwrap();
            prop_assert!(equivalent.p >= not_worse.p);
            prop_assert!(equivalent.verdict != Verdict::Pass || not_worse.verdict == Verdict::Pass);
        }
    }

    /// All that draws at random, over one input.
    type Everything = (
        Vec<Option<Interval>>,
        Vec<Option<Interval>>,
        f64,
        Vec<f64>,
        Option<SplitHalf>,
        Strata,
    );

    fn everything() -> Everything {
        let value = |i: usize, by: usize| (i * by % 23) as f64 / 23.0;
        let columns: Vec<Vec<f64>> = [5, 7, 11]
            .map(|by| (0..150).map(|i| value(i, by)).collect())
            .into();
        let differences: Vec<f64> = columns[0].iter().zip(&columns[1]).map(|(a, b)| a - b).collect();
        let labels: Vec<usize> = (0..150).map(|i| i % 4).collect();
        let table = Table::of_columns(&columns);
        (
            PLAN.mean_intervals(&table),
            STUDENTISED.mean_intervals(&table),
            sign_flip(&differences, FEW).p,
            tukey_hsd(&table, FEW).iter().map(|pair| pair.p).collect(),
            split_half(&table, FEW),
            strata(&differences, &labels, 4, &PLAN, FEW),
        )
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(everything)
        };
        let one = with(1);
        assert_eq!(with(2), one);
        assert_eq!(with(5), one);
    }
}
