//! What one setting does while the others vary: the mean over all pairs of cells that differ in it alone.

use std::collections::BTreeMap;

use super::difference::{Difference, Values, differences};
use super::{CellNumbers, CellResult, CellState};
use crate::backend::IndexStats;
use crate::plan::Plan;

/// The values of one setting, each held against one of them.
#[derive(Debug, Clone, PartialEq)]
pub struct AxisEffects {
    /// The data set.
    pub data: String,
    /// Path of the setting: `d.ef`.
    pub path: String,
    /// The value that the others are held against: the reference's, or the first.
    pub base: String,
    /// The others, in the order of the cells.
    pub effects: Vec<AxisEffect>,
}

/// One value of a setting against the base value.
#[derive(Debug, Clone, PartialEq)]
pub struct AxisEffect {
    /// The value.
    pub value: String,
    /// Pairs of cells that differ in this setting alone.
    pub pairs: usize,
    /// Of the primary measure, averaged over the pairs query by query.
    pub difference: Difference,
    /// Geometric mean of the ratios of mean latency; `None` without timing.
    pub time: Option<f64>,
    /// Geometric mean of the ratios of index size.
    pub memory: Option<f64>,
}

/// Effects of all settings that vary between the cells of each data set, on the plan's primary measure.
pub(crate) fn effects(plan: &Plan, cells: &[CellResult]) -> Vec<AxisEffects> {
    let mut sets: Vec<&str> = Vec::new();
    for cell in cells {
        if !sets.contains(&cell.cell.data.as_str()) {
            sets.push(&cell.cell.data);
        }
    }
    let primary = plan.family().first().map(ToString::to_string);
    let of_set = |data: &&str| -> Vec<AxisEffects> {
        let own: Vec<Ran<'_>> = cells
            .iter()
            .filter(|c| c.cell.data == **data)
            .filter_map(|c| Ran::of(c, primary.as_deref()?))
            .collect();
        paths(&own)
            .iter()
            .filter_map(|p| of_path(plan, data, p, &own))
            .collect()
    };
    sets.iter().flat_map(of_set).collect()
}

/// A cell with the values of the primary measure.
struct Ran<'a> {
    settings: BTreeMap<&'a str, &'a str>,
    is_reference: bool,
    numbers: &'a CellNumbers,
    values: &'a Values,
}

impl<'a> Ran<'a> {
    fn of(cell: &'a CellResult, primary: &str) -> Option<Self> {
        let CellState::Ok(numbers) = &cell.state else {
            return None;
        };
        let plain = &cell.cell;
        let mut settings: BTreeMap<&str, &str> = plain
            .settings
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        settings.remove("data");
        settings.entry("pipeline").or_insert(&plain.pipeline.name);
        settings.entry("backend").or_insert(&plain.backend);
        Some(Ran {
            settings,
            is_reference: cell.is_reference,
            values: &numbers.quality.iter().find(|q| q.measure == primary)?.per_query,
            numbers,
        })
    }
}

/// Settings that vary, in the order in which cells name them.
/// A value of an axis, and the cells that differ in nothing else from those at the axis's base.
type Paired<'r, 'e> = (String, Vec<(&'r Ran<'e>, &'r Ran<'e>)>);

fn paths<'a>(cells: &[Ran<'a>]) -> Vec<&'a str> {
    let mut paths: Vec<&str> = Vec::new();
    for path in cells.iter().flat_map(|c| c.settings.keys()) {
        if !paths.contains(path)
            && cells
                .iter()
                .any(|c| c.settings.get(path) != cells[0].settings.get(path))
        {
            paths.push(path);
        }
    }
    paths
}

fn of_path(plan: &Plan, data: &str, path: &str, cells: &[Ran<'_>]) -> Option<AxisEffects> {
    let label = |c: &Ran<'_>| c.settings.get(path).map(|l| (*l).to_owned());
    let reference = cells.iter().find(|c| c.is_reference).and_then(label);
    let base = reference.or_else(|| cells.iter().find_map(label))?;
    let mut values: Vec<String> = Vec::new();
    for value in cells.iter().filter_map(label) {
        if value != base && !values.contains(&value) {
            values.push(value);
        }
    }
    let paired: Vec<Paired<'_, '_>> = values
        .into_iter()
        .map(|value| (value.clone(), pairs(cells, path, &value, &base)))
        .filter(|(_, pairs)| !pairs.is_empty())
        .collect();
    let means: Vec<(Values, Values)> = paired.iter().map(|(_, pairs)| means(pairs)).collect();
    let columns: Vec<(&Values, &Values)> = means.iter().map(|(a, b)| (a, b)).collect();
    let effect = |((value, pairs), difference): (Paired<'_, '_>, Option<Difference>)| {
        Some(AxisEffect {
            value,
            difference: difference?,
            time: ratio(&pairs, |c| c.numbers.latency.as_ref().map(|l| l.total.mean)),
            memory: ratio(&pairs, |c| Some(bytes(&c.numbers.measured.stats))),
            pairs: pairs.len(),
        })
    };
    let effects: Vec<AxisEffect> = paired
        .into_iter()
        .zip(differences(plan, &columns))
        .filter_map(effect)
        .collect();
    (!effects.is_empty()).then(|| AxisEffects {
        data: data.to_owned(),
        path: path.to_owned(),
        base,
        effects,
    })
}

/// Pairs that differ in `path` alone. Another pipeline has other stages, so there only settings that both have count.
fn pairs<'c, 'a>(
    cells: &'c [Ran<'a>],
    path: &str,
    value: &str,
    base: &str,
) -> Vec<(&'c Ran<'a>, &'c Ran<'a>)> {
    let with = |label: &str| {
        let label = label.to_owned();
        cells
            .iter()
            .filter(move |c| c.settings.get(path) == Some(&label.as_str()))
    };
    let alike = |a: &Ran<'_>, b: &Ran<'_>| {
        let covers = |x: &Ran<'_>, y: &Ran<'_>| {
            x.settings
                .iter()
                .filter(|(p, _)| **p != path)
                .all(|(p, l)| match y.settings.get(p) {
                    Some(other) => other == l,
                    None => path == "pipeline",
                })
        };
        covers(a, b) && covers(b, a)
    };
    with(value)
        .flat_map(|a| with(base).filter(move |b| alike(a, b)).map(move |b| (a, b)))
        .collect()
}

/// Per query the mean over the pairs, on both sides, for the queries that all of them answered.
fn means(pairs: &[(&Ran<'_>, &Ran<'_>)]) -> (Values, Values) {
    let n = pairs.len() as f64;
    let (mut those, mut bases) = (Values::new(), Values::new());
    let Some((first, _)) = pairs.first() else {
        return (those, bases);
    };
    for query in first.values.keys() {
        let sums: Option<(f64, f64)> = pairs.iter().try_fold((0.0, 0.0), |(a, b), (x, y)| {
            Some((a + x.values.get(query)?, b + y.values.get(query)?))
        });
        if let Some((a, b)) = sums {
            those.insert(query.clone(), a / n);
            bases.insert(query.clone(), b / n);
        }
    }
    (those, bases)
}

fn ratio(pairs: &[(&Ran<'_>, &Ran<'_>)], of: impl Fn(&Ran<'_>) -> Option<f64>) -> Option<f64> {
    let logs: Option<Vec<f64>> = pairs
        .iter()
        .map(|(a, b)| {
            let (a, b) = (of(a)?, of(b)?);
            (a > 0.0 && b > 0.0).then(|| (a / b).ln())
        })
        .collect();
    crate::stats::mean(&logs?).map(f64::exp)
}

/// All parts of an index; links only where the engine can tell, which is the same on both sides of a pair.
fn bytes(stats: &IndexStats) -> f64 {
    let parts = stats.vector_bytes + stats.code_bytes + stats.sparse_bytes + stats.payload_bytes;
    (parts + stats.link_bytes.unwrap_or(0)) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn a_value_is_held_against_the_reference_s_over_all_pairs() {
        let evaluation = fixture::evaluation();
        let effects = effects(&evaluation.plan, &evaluation.cells);
        let of = |path: &str| {
            effects
                .iter()
                .find(|e| e.data == "parts" && e.path == path)
                .unwrap()
        };
        let codes = of("index.quantization");
        assert_eq!((codes.base.as_str(), codes.effects.len()), ("none", 1));
        assert_eq!(codes.effects[0].pairs, 2, "dense and hybrid ran with both");
        assert!(codes.effects[0].difference.mean < 0.0);
        let pipeline = of("pipeline");
        let pairs: Vec<(&str, usize)> = (pipeline.effects.iter())
            .map(|e| (e.value.as_str(), e.pairs))
            .collect();
        assert_eq!(pairs, [("hybrid", 2), ("reranked", 1)]);
    }
}
