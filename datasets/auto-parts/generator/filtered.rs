//! Queries with a filter: five bands of selectivity, each with filters that go with the query, against it, or neither.

use serde_json::Value;

use super::filters::{self, Bits, Condition, Filter};
use super::grading::{Need, Want};
use super::phrase::phrase;
use super::query::{Draft, Workshop};

/// A band: its label, and the least and greatest selectivity in hundred-thousandths.
type Band = (&'static str, usize, usize);

const BANDS: [Band; 5] = [
    ("50%", 35_000, 60_000),
    ("20%", 14_000, 28_000),
    ("5%", 3_500, 7_500),
    ("1%", 700, 1_500),
    ("0.1%", 80, 200),
];

/// Filters drawn per candidate.
const TRIES: usize = 60;

/// Quotas by band. At 1 % and less, a filter against the query would leave no answer.
pub(crate) fn add(workshop: &mut Workshop<'_>) {
    let pool = filters::pool(workshop.parts);
    for (i, band) in BANDS.into_iter().enumerate() {
        let quotas: &[(&'static str, [usize; 2])] = if i < 3 {
            &[("correlated", [3, 5]), ("independent", [3, 5]), ("anti", [2, 4])]
        } else {
            &[("correlated", [4, 7]), ("independent", [4, 7])]
        };
        for (correlation, quota) in quotas {
            workshop.fill("filtered", *quota, &mut |w, of| {
                filtered(w, of, band, correlation, &pool)
            });
        }
    }
}

fn filtered(
    w: &mut Workshop<'_>,
    of: usize,
    band: Band,
    correlation: &str,
    pool: &[Condition],
) -> Option<Draft> {
    let of_type: Vec<usize> = (0..w.parts.len()).filter(|&i| w.parts[i].of == of).collect();
    let at = w.rng.pick(&of_type);
    let target = &w.parts[at];
    let mut wants = Vec::new();
    if w.rng.chance(35) && !target.sides.is_empty() {
        wants.push(Want::Side(w.rng.pick(&target.sides)));
    }
    let need = Need::Kind {
        of,
        wants: wants.clone(),
    };
    let answers = Bits::of(w.parts, |p| need.grade(p, w.types) >= 2);
    let every = Bits::of(w.parts, |_| true);
    let all = w.parts.len();
    for _ in 0..TRIES {
        let filter = Filter::around(at, pool, &mut w.rng);
        let passing = filter.passing(&every);
        let share = (passing.count() * 100_000 + all / 2) / all;
        if !(band.1..=band.2).contains(&share) {
            continue;
        }
        let kept = answers.and(&passing).count();
        // Where the filter leaves hardly anything but answers, every order is a good one.
        let open = passing.count() >= kept + 2;
        if !open || label(all, passing.count(), answers.count(), kept) != Some(correlation) {
            continue;
        }
        let selectivity = share as f64 / 100_000.0;
        return Some(Draft {
            text: phrase(&w.types[of], &wants, &mut w.rng),
            need,
            filter: Some(filter),
            facts: vec![
                ("selectivity", Value::from(selectivity)),
                ("selectivity_band", Value::from(band.0)),
                ("correlation", Value::from(correlation)),
            ],
        });
    }
    None
}

/// How a filter goes with a query, by the answers it keeps against those that chance would: twice as many and at
/// least two, half as many, or about as many; one where chance would leave none is no sign of anything.
pub(crate) fn label(all: usize, passing: usize, answers: usize, kept: usize) -> Option<&'static str> {
    let (kept_share, chance) = (kept * all, passing * answers);
    if kept >= 2 && kept_share >= 2 * chance {
        Some("correlated")
    } else if 2 * kept_share <= chance {
        Some("anti")
    } else if (2 * chance <= 3 * kept_share && 2 * kept_share <= 3 * chance) || (kept == 1 && chance < all) {
        Some("independent")
    } else {
        None
    }
}
