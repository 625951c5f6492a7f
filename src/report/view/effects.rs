//! What each setting does, printed.

use crate::evaluate::Evaluation;
use crate::evaluate::effects::{AxisEffect, AxisEffects};

use super::board::Delta;
use super::number::NOT_APPLICABLE;
use super::set::Set;

/// The effects in one data set.
#[derive(Debug)]
pub(crate) struct EffectTable {
    /// The data set.
    pub(crate) data: String,
    /// The measure.
    pub(crate) measure: String,
    /// In the order of the settings.
    pub(crate) rows: Vec<EffectRow>,
}

/// One value of a setting.
#[derive(Debug)]
pub(crate) struct EffectRow {
    /// `d.ef: 64 → 128`.
    pub(crate) change: String,
    /// Pairs of cells.
    pub(crate) pairs: usize,
    /// Of the measure.
    pub(crate) delta: Delta,
    /// `× 1.4`, of the mean latency.
    pub(crate) time: String,
    /// `× 0.25`, of the index size.
    pub(crate) memory: String,
}

/// One table per data set with a setting that varies.
pub(crate) fn effects(evaluation: &Evaluation, sets: &[Set<'_>]) -> Vec<EffectTable> {
    let table = |set: &Set<'_>| {
        let own = evaluation.effects.iter().filter(|e| e.data == set.data);
        let rows: Vec<EffectRow> = own
            .flat_map(|axis| axis.effects.iter().map(move |e| row(axis, e)))
            .collect();
        (!rows.is_empty()).then(|| EffectTable {
            data: set.data.to_owned(),
            measure: set.headline.unwrap_or("the first measure").to_owned(),
            rows,
        })
    };
    sets.iter().filter_map(table).collect()
}

fn row(axis: &AxisEffects, effect: &AxisEffect) -> EffectRow {
    EffectRow {
        change: format!("{}: {} → {}", axis.path, axis.base, effect.value),
        pairs: effect.pairs,
        delta: Delta::of(&effect.difference),
        time: times(effect.time),
        memory: times(effect.memory),
    }
}

/// A ratio, `× 1.40`.
pub(crate) fn times(ratio: Option<f64>) -> String {
    ratio.map_or_else(
        || NOT_APPLICABLE.to_owned(),
        |r| {
            let decimals = match r {
                r if r >= 9.95 => 1,
                r if r >= 0.0995 => 2,
                _ => 3,
            };
            format!("× {r:.decimals$}")
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::evaluation;

    #[test]
    fn a_row_says_what_was_changed_and_what_came_of_it() {
        let evaluation = evaluation();
        let tables = effects(&evaluation, &Set::all(&evaluation));
        let lines: Vec<String> = tables[0]
            .rows
            .iter()
            .map(|r| {
                format!(
                    "{} | {} | {} {} {} | {} | {}",
                    r.change,
                    r.pairs,
                    r.delta.mean,
                    r.delta.interval,
                    r.delta.judgement.word(),
                    r.time,
                    r.memory
                )
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        index.quantization: none → binary | 2 | −0.047 [−0.089, −0.010] worse | × 0.94 | × 1.03
        pipeline: dense → hybrid | 2 | +0.113 [+0.045, +0.215] better | × 1.02 | × 1.00
        pipeline: dense → reranked | 1 | +0.243 [+0.185, +0.298] better | × 13.2 | × 1.00
        ");
    }

    #[test]
    fn ratios_keep_three_digits() {
        assert_eq!(
            [Some(1.4), Some(0.03125), Some(12.34), None].map(times),
            ["× 1.40", "× 0.031", "× 12.3", "–"]
        );
    }
}
