//! The cheapest cell that reaches a target.

use super::builds::index_bytes;
use super::number::{self, NOT_APPLICABLE, bytes, duration_ms};
use super::set::{Ran, Set, percentile_of};

/// One data set's targets.
#[derive(Debug)]
pub(crate) struct TargetTable {
    /// The data set.
    pub(crate) data: String,
    /// The measure that is to be reached.
    pub(crate) measure: String,
    /// What "cheap" is: `p95, ms`, or `index`.
    pub(crate) cost: String,
    /// Ascending.
    pub(crate) rows: Vec<TargetRow>,
}

/// One target.
#[derive(Debug)]
pub(crate) struct TargetRow {
    /// `≥ 0.95`.
    pub(crate) target: String,
    /// The cheapest cell, or the best that there is.
    pub(crate) reached: Result<Reached, String>,
}

/// A cell that reaches it.
#[derive(Debug)]
pub(crate) struct Reached {
    /// Its name.
    pub(crate) cell: String,
    /// The measure.
    pub(crate) value: String,
    /// What it costs.
    pub(crate) cost: String,
    /// Size of its index.
    pub(crate) memory: String,
    /// Time to build it.
    pub(crate) build: String,
}

/// Of each data set: recall against exact neighbours where it was measured, else shares of the best headline measure.
pub(crate) fn targets(sets: &[Set<'_>]) -> Vec<TargetTable> {
    sets.iter().filter_map(table).collect()
}

fn table(set: &Set<'_>) -> Option<TargetTable> {
    if set.ran().count() < 2 {
        return None;
    }
    let recall = set.measures().into_iter().find(|m| m.starts_with("knn_recall"));
    let measure = recall.or(set.headline)?;
    let valued: Vec<(f64, Ran<'_>)> = set
        .ran()
        .filter_map(|r| Some((mean_of(r, measure)?, r)))
        .collect();
    let best = valued.iter().map(|(v, _)| *v).reduce(f64::max)?;
    let shares = [0.90, 0.95, 0.99];
    let print = |share: f64| {
        let (target, text) = match recall {
            Some(_) => (share, format!("≥ {share:.2}")),
            None => (
                share * best,
                format!(
                    "≥ {} ({} of the best)",
                    number::measure(share * best),
                    number::percent(share)
                ),
            ),
        };
        let enough = valued.iter().filter(|(v, _)| *v >= target - 1e-12);
        let cheapest = enough.min_by(|a, b| cost(set, a.1).total_cmp(&cost(set, b.1)));
        TargetRow {
            target: text,
            reached: match cheapest {
                Some((value, ran)) => Ok(reached(set, *value, *ran)),
                None => Err(format!("not reached; the best is {}", number::measure(best))),
            },
        }
    };
    Some(TargetTable {
        data: set.data.to_owned(),
        measure: measure.to_owned(),
        cost: match set.tail_percentile() {
            Some(q) => format!("{}, ms", number::percentile(q)),
            None => "index".to_owned(),
        },
        rows: shares.map(print).into_iter().collect(),
    })
}

fn mean_of(ran: Ran<'_>, measure: &str) -> Option<f64> {
    ran.numbers.quality.iter().find(|q| q.measure == measure)?.mean
}

/// The tail of the latency, or the size of the index where no time was taken.
fn cost(set: &Set<'_>, ran: Ran<'_>) -> f64 {
    match set.tail_percentile() {
        Some(q) => time(ran, q).unwrap_or(f64::INFINITY),
        None => index_bytes(&ran.numbers.measured.stats).total as f64,
    }
}

fn time(ran: Ran<'_>, q: f64) -> Option<f64> {
    percentile_of(ran.numbers.latency.as_ref()?, q)
}

fn reached(set: &Set<'_>, value: f64, ran: Ran<'_>) -> Reached {
    let measured = &ran.numbers.measured;
    let memory = bytes(index_bytes(&measured.stats).total);
    let time = set.tail_percentile().and_then(|q| time(ran, q));
    Reached {
        cell: set.name(&ran.cell.cell.id).to_owned(),
        value: number::measure(value),
        cost: match set.tail_percentile() {
            Some(_) => time.map_or_else(|| NOT_APPLICABLE.to_owned(), number::ms),
            None => memory.clone(),
        },
        memory,
        build: duration_ms(measured.build_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::evaluation;

    #[test]
    fn the_cheapest_cell_that_reaches_a_target_is_named() {
        let evaluation = evaluation();
        let tables = targets(&Set::all(&evaluation));
        let lines: Vec<String> = (tables[0].rows.iter())
            .map(|r| match &r.reached {
                Ok(c) => format!(
                    "{}: {} {} {} {} {}",
                    r.target, c.cell, c.value, c.cost, c.memory, c.build
                ),
                Err(why) => format!("{}: {why}", r.target),
            })
            .collect();
        insta::assert_snapshot!(
            format!("{}, {}\n{}", tables[0].measure, tables[0].cost, lines.join("\n")),
            @"
        nDCG@10, p95, ms
        ≥ 0.607 (90 % of the best): reranked · quantization none 0.675 81.2 73.5 KiB 24.9 ms
        ≥ 0.641 (95 % of the best): reranked · quantization none 0.675 81.2 73.5 KiB 24.9 ms
        ≥ 0.668 (99 % of the best): reranked · quantization none 0.675 81.2 73.5 KiB 24.9 ms
        "
        );
    }
}
