//! The leaderboard: every cell of a data set as a row.

use crate::evaluate::{CellResult, CellState, Difference, Quality};
use crate::store::Severity;

use super::builds::index_bytes;
use super::findings::{severity_class, severity_word};
use super::judgement::Judgement;
use super::number::{self, ByteUnit, NOT_APPLICABLE, UNDEFINED};
use super::set::{Ran, Set, percentile_of};
use super::ties;
use super::tuned::{self, TunedRow};

/// One data set's table.
#[derive(Debug)]
pub(crate) struct Board {
    /// The data set.
    pub(crate) data: String,
    /// Judged queries.
    pub(crate) queries: usize,
    /// Name of the reference cell.
    pub(crate) reference: Option<String>,
    /// Measure of the first number column; `None` when nothing was measured.
    pub(crate) headline: Option<String>,
    /// Headings of the settings that vary.
    pub(crate) settings: Vec<String>,
    /// `path=label` of the settings that do not.
    pub(crate) fixed: Vec<String>,
    /// Headings of the other measures.
    pub(crate) measures: Vec<String>,
    /// Headings of the latency columns, without the unit.
    pub(crate) percentiles: Vec<String>,
    /// Percentiles that were asked for and that no cell has enough samples for.
    pub(crate) too_few: Vec<String>,
    /// Unit of the index column.
    pub(crate) index_unit: &'static str,
    /// What the mark of ties means, where there is one.
    pub(crate) ties: Option<String>,
    /// Weights that were tuned, a sentence each.
    pub(crate) tuned: Vec<String>,
    /// The reference first, then by headline measure, then the cells without numbers.
    pub(crate) rows: Vec<Row>,
}

/// One cell.
#[derive(Debug)]
pub(crate) struct Row {
    /// The cell's id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Labels of the settings that vary.
    pub(crate) settings: Vec<String>,
    /// Whether it is the reference.
    pub(crate) is_reference: bool,
    /// The worst finding.
    pub(crate) severity: Option<Severity>,
    /// Its numbers, or why it has none.
    pub(crate) numbers: Result<Figures, Missing>,
}

/// Why a row has no numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Missing {
    /// `failed`, `unsupported` or `not run`.
    pub(crate) state: &'static str,
    /// The reason as it was given.
    pub(crate) reason: String,
}

/// The numbers of a row, printed.
#[derive(Debug)]
pub(crate) struct Figures {
    /// The headline measure.
    pub(crate) headline: String,
    /// Its share of 1, as a percentage for a bar.
    pub(crate) bar: f64,
    /// Against the reference; `None` for the reference and where there is none.
    pub(crate) delta: Option<Delta>,
    /// The other measures.
    pub(crate) measures: Vec<String>,
    /// Milliseconds.
    pub(crate) percentiles: Vec<String>,
    /// Size of the index, in the board's unit.
    pub(crate) index: String,
    /// `n scored of n queries` when not all were scored.
    pub(crate) scored: Option<String>,
}

/// A difference, printed.
#[derive(Debug)]
pub(crate) struct Delta {
    /// With its sign.
    pub(crate) mean: String,
    /// In brackets, or empty.
    pub(crate) interval: String,
    /// What may be said.
    pub(crate) judgement: Judgement,
    /// `wins/ties/losses`.
    pub(crate) wins_ties_losses: String,
}

impl Delta {
    /// Prints a difference.
    pub(crate) fn of(difference: &Difference) -> Delta {
        let (wins, ties, losses) = difference.wins_ties_losses;
        Delta {
            mean: number::signed(difference.mean),
            interval: difference.interval.map_or_else(String::new, number::interval),
            judgement: Judgement::of(difference),
            wins_ties_losses: format!("{wins}/{ties}/{losses}"),
        }
    }
}

impl Board {
    /// Whether cells are compared by a measure.
    pub(crate) fn compares(&self) -> bool {
        self.reference.is_some() && self.headline.is_some()
    }
}

impl Row {
    /// Class name and word of the worst finding.
    pub(crate) fn tag(&self) -> Option<(&'static str, &'static str)> {
        self.severity.map(|s| (severity_class(s), severity_word(s)))
    }
}

impl Board {
    /// The table of one data set.
    pub(crate) fn of(set: &Set<'_>) -> Board {
        let measures: Vec<&str> = set
            .measures()
            .into_iter()
            .filter(|m| Some(*m) != set.headline)
            .collect();
        let (percentiles, too_few): (Vec<f64>, Vec<f64>) = set
            .percentiles()
            .into_iter()
            .partition(|q| set.has_percentile(*q));
        let largest = set
            .ran()
            .map(|r| index_bytes(&r.numbers.measured.stats).total)
            .max();
        let unit = ByteUnit::of(largest.unwrap_or(0));
        let row = |cell: &&CellResult| row(set, cell, &measures, &percentiles, unit);
        Board {
            data: set.data.to_owned(),
            queries: set.queries,
            reference: set.reference().map(|r| set.name(&r.cell.id).to_owned()),
            headline: set.headline.map(str::to_owned),
            settings: set.settings.headings(),
            fixed: set
                .settings
                .fixed
                .iter()
                .map(|(k, v)| format!("{k}={v}"))
                .collect(),
            percentiles: percentiles.iter().map(|q| number::percentile(*q)).collect(),
            too_few: too_few.into_iter().map(number::percentile).collect(),
            index_unit: unit.name(),
            ties: ties::note(set),
            tuned: tuned::tuned(set).iter().map(TunedRow::sentence).collect(),
            rows: ordered(set).iter().map(row).collect(),
            measures: measures.into_iter().map(str::to_owned).collect(),
        }
    }
}

/// The reference first, then by headline measure, then the cells without numbers; plan order decides ties.
pub(crate) fn ordered<'a>(set: &Set<'a>) -> Vec<&'a CellResult> {
    let mut cells = set.cells.clone();
    let mean = |c: &'a CellResult| match &c.state {
        CellState::Ok(numbers) => set
            .headline_mean(Ran { cell: c, numbers })
            .unwrap_or(f64::NEG_INFINITY),
        CellState::Failed(_) | CellState::Unsupported(_) | CellState::NotRun => f64::NEG_INFINITY,
    };
    let ran = |c: &CellResult| matches!(c.state, CellState::Ok(_));
    cells.sort_by(|a, b| {
        let by_mean = || mean(b).total_cmp(&mean(a));
        b.is_reference
            .cmp(&a.is_reference)
            .then(ran(b).cmp(&ran(a)))
            .then_with(by_mean)
    });
    cells
}

/// Why a cell has no numbers; `None` when it has.
pub(crate) fn missing(state: &CellState) -> Option<Missing> {
    let (state, reason) = match state {
        CellState::Ok(_) => return None,
        CellState::Failed(error) => ("failed", error.clone()),
        CellState::Unsupported(reason) => ("unsupported", reason.clone()),
        CellState::NotRun => ("not run", "the run ended before this cell".to_owned()),
    };
    Some(Missing { state, reason })
}

fn row(set: &Set<'_>, cell: &CellResult, measures: &[&str], percentiles: &[f64], unit: ByteUnit) -> Row {
    let numbers = match &cell.state {
        CellState::Ok(numbers) => Ok(figures(set, Ran { cell, numbers }, measures, percentiles, unit)),
        other => Err(missing(other).expect("only Ok has numbers")),
    };
    let severity = match &cell.state {
        CellState::Ok(numbers) => numbers.measured.findings.iter().map(|f| f.severity).max(),
        CellState::Failed(_) | CellState::Unsupported(_) | CellState::NotRun => None,
    };
    Row {
        id: cell.cell.id.clone(),
        name: set.name(&cell.cell.id).to_owned(),
        settings: set.settings.labels(&cell.cell),
        is_reference: cell.is_reference,
        severity,
        numbers,
    }
}

fn figures(set: &Set<'_>, ran: Ran<'_>, measures: &[&str], percentiles: &[f64], unit: ByteUnit) -> Figures {
    let quality = |name: &str| ran.numbers.quality.iter().find(|q| q.measure == name);
    let headline = set.headline.and_then(quality);
    let latency = ran.numbers.latency.as_ref();
    let percentile = |q: &f64| match latency.map(|l| percentile_of(l, *q)) {
        None => NOT_APPLICABLE.to_owned(),
        Some(None) => UNDEFINED.to_owned(),
        Some(Some(x)) => number::ms(x),
    };
    let shown = |q: &Quality| ties::marked(q);
    let size = index_bytes(&ran.numbers.measured.stats);
    Figures {
        headline: headline.map_or_else(|| NOT_APPLICABLE.to_owned(), shown),
        bar: headline.and_then(|q| q.mean).unwrap_or(0.0).clamp(0.0, 1.0) * 100.0,
        delta: headline.and_then(|q| q.difference.as_ref()).map(Delta::of),
        measures: measures
            .iter()
            .map(|m| quality(m).map_or_else(|| NOT_APPLICABLE.to_owned(), shown))
            .collect(),
        percentiles: percentiles.iter().map(percentile).collect(),
        index: format!(
            "{}{}",
            if size.is_complete { "" } else { "≥ " },
            unit.format(size.total)
        ),
        scored: headline
            .filter(|q| q.scored < q.total)
            .map(|q| format!("{} of {} queries", q.scored, q.total)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Evaluation;
    use crate::report::fixture::evaluation;

    fn boards(evaluation: &Evaluation) -> Vec<Board> {
        Set::all(evaluation).iter().map(Board::of).collect()
    }

    #[test]
    fn the_reference_leads_and_cells_without_numbers_close() {
        let boards = boards(&evaluation());
        let order: Vec<(&str, &str)> = boards[0]
            .rows
            .iter()
            .map(|r| {
                (
                    r.name.as_str(),
                    r.numbers.as_ref().map_or_else(|m| m.state, |_| "ok"),
                )
            })
            .collect();
        insta::assert_debug_snapshot!(order, @r#"
        [
            (
                "dense · quantization none",
                "ok",
            ),
            (
                "reranked · quantization none",
                "ok",
            ),
            (
                "hybrid · quantization none",
                "ok",
            ),
            (
                "hybrid · quantization binary",
                "ok",
            ),
            (
                "dense · quantization binary",
                "ok",
            ),
            (
                "fields · quantization binary",
                "unsupported",
            ),
            (
                "reranked · quantization binary",
                "failed",
            ),
            (
                "fields · quantization none",
                "not run",
            ),
        ]
        "#);
    }

    #[test]
    fn a_percentile_without_samples_is_no_column_but_named() {
        let boards = boards(&evaluation());
        assert_eq!(boards[0].percentiles, ["p50", "p95", "p99"]);
        assert_eq!(boards[0].too_few, ["p99.9"]);
        assert!(boards[1].percentiles.is_empty() && boards[1].too_few.is_empty());
    }
}
