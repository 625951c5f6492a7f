//! Weights that were tuned: which, on what, and what became of them on the queries that are measured.

use crate::tune::Tuned;

use super::number::{NOT_APPLICABLE, measure, measure_or, signed};
use super::set::Set;
use super::text::count;

/// Tuned weights of one fusion of one cell.
#[derive(Debug)]
pub(crate) struct TunedRow {
    /// Name of the cell.
    pub(crate) cell: String,
    /// The fusion.
    pub(crate) stage: String,
    /// `0.7 d + 0.3 s`.
    pub(crate) weights: String,
    /// The split, and how many of its queries were scored.
    pub(crate) on: String,
    /// What was to be highest.
    pub(crate) measure: String,
    /// Its mean over the tuning queries, over the measured ones, and by how much the second is above the first.
    pub(crate) scores: [String; 3],
    /// Weights of the lists and their score, for every point of the grid; whether they are those that were chosen.
    pub(crate) curve: Vec<(String, String, bool)>,
}

/// Tuned weights of a data set's cells, in plan order.
pub(crate) fn tuned(set: &Set<'_>) -> Vec<TunedRow> {
    let of_cell = set.ran().flat_map(|ran| {
        let name = set.name(&ran.cell.cell.id);
        let found = ran.numbers.measured.tuned.iter().zip(&ran.numbers.tuned);
        found.map(move |(tuned, here)| row(name, &ran.cell.cell.pipeline, tuned, *here))
    });
    of_cell.collect()
}

fn row(cell: &str, pipeline: &crate::pipeline::Pipeline, tuned: &Tuned, here: Option<f64>) -> TunedRow {
    let lists = match pipeline.stage(&tuned.stage).map(|s| &s.kind) {
        Some(crate::pipeline::StageKind::Fuse(fuse)) => fuse.of.as_slice(),
        _ => &[],
    };
    let shown = |weights: &[f64]| {
        let terms = weights
            .iter()
            .zip(lists)
            .map(|(w, of)| format!("{} {of}", weight(*w)));
        terms.collect::<Vec<String>>().join(" + ")
    };
    TunedRow {
        cell: cell.to_owned(),
        stage: tuned.stage.clone(),
        weights: shown(&tuned.weights),
        on: format!("{} ({})", tuned.split, count(tuned.queries, "query", "queries")),
        measure: tuned.measure.clone(),
        scores: [
            measure(tuned.score),
            measure_or(here),
            here.map_or_else(|| NOT_APPLICABLE.to_owned(), |here| signed(here - tuned.score)),
        ],
        curve: (tuned.curve.iter())
            .map(|p| (shown(&p.weights), measure(p.score), p.weights == tuned.weights))
            .collect(),
    }
}

/// Three decimals, and no zeros at the end.
fn weight(weight: f64) -> String {
    let text = format!("{weight:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl TunedRow {
    /// All but the curve, as a sentence.
    pub(crate) fn sentence(&self) -> String {
        let [there, here, _] = &self.scores;
        format!(
            "weights of `{}` tuned on {}: {}; {} {there} there, {here} on the queries measured ({})",
            self.stage, self.on, self.weights, self.measure, self.cell
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::CellState;
    use crate::report::fixture::two_cells;
    use crate::tune::Point;

    #[test]
    fn weights_split_and_both_scores_in_one_sentence() {
        let mut evaluation = two_cells(0.01, None, (1, 23, 0));
        let CellState::Ok(numbers) = &mut evaluation.cells[1].state else {
            panic!("the fixture ran");
        };
        let point = |d: f64, score| Point {
            weights: vec![d, 1.0 - d],
            score,
        };
        numbers.measured.tuned = vec![Tuned {
            stage: "f".into(),
            split: "tune".into(),
            measure: "nDCG@10".into(),
            queries: 192,
            weights: vec![0.75, 0.25],
            score: 0.7361,
            curve: vec![point(1.0, 0.7), point(0.75, 0.7361)],
        }];
        numbers.tuned = vec![Some(0.722)];
        let rows = tuned(&crate::report::view::set::Set::all(&evaluation)[0]);
        assert_eq!(
            rows[0].sentence(),
            "weights of `f` tuned on tune (192 queries): 0.75 d + 0.25 s; nDCG@10 0.736 there, 0.722 on the queries \
             measured (hybrid)"
        );
        assert_eq!(rows[0].scores[2], "−0.014");
        let curve: Vec<(&str, bool)> = rows[0]
            .curve
            .iter()
            .map(|(_, score, best)| (score.as_str(), *best))
            .collect();
        assert_eq!(curve, [("0.700", false), ("0.736", true)]);
    }
}
