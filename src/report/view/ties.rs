//! What the order of tied documents does to the values shown.

use crate::evaluate::{Quality, TieRange};
use crate::plan::TiePolicy;

use super::number::{NOT_APPLICABLE, measure, measure_or, percent};
use super::set::Set;

/// Stands where a measure has no such figure: nobody has its closed form.
const NOT_AVAILABLE: &str = "not available";

/// The mark of a value that another order of tied documents would change, or that has a tie across its cut-off.
pub(crate) const MARK: &str = "~";

/// One marked value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TieRow {
    /// Name of the cell.
    pub(crate) cell: String,
    /// The measure.
    pub(crate) measure: String,
    /// As the tables show it.
    pub(crate) value: String,
    /// Least, expected and greatest over all orders.
    pub(crate) range: [String; 3],
    /// Share of the queries with a tie across the cut-off.
    pub(crate) cut: String,
}

/// The values of a data set that tied documents bear on, in plan order.
#[derive(Debug)]
pub(crate) struct TieTable {
    /// The data set.
    pub(crate) data: String,
    /// Nothing where no tie matters.
    pub(crate) rows: Vec<TieRow>,
}

/// The policy in words.
pub(crate) fn policy(tie: TiePolicy) -> &'static str {
    match tie {
        TiePolicy::Docid => "ties by document id",
        TiePolicy::Expected => "values are expected over all orders of ties",
    }
}

/// A measure with its mark.
pub(crate) fn marked(quality: &Quality) -> String {
    let value = measure_or(quality.mean);
    if quality.ties.as_ref().is_some_and(moved) {
        value + MARK
    } else {
        value
    }
}

/// Whether the orders differ in what is printed.
fn moved(ties: &TieRange) -> bool {
    measure(ties.least) != measure(ties.greatest)
}

/// Whether the table lists a value: its orders differ, or a tie lies across its cut-off. Where bounds are not known it cannot
/// be told.
fn matters(quality: &Quality) -> bool {
    let cut = |t: &TieRange| t.cut.is_some_and(|share| share > 0.0);
    quality.ties.as_ref().is_some_and(|t| moved(t) || cut(t))
}

/// The marked values of a data set, and those of which the bounds are not known.
pub(crate) fn table(set: &Set<'_>) -> TieTable {
    let of_cell = set.ran().flat_map(|ran| {
        let name = set.name(&ran.cell.cell.id);
        let shown = |q: &&Quality| matters(q) || (q.mean.is_some() && q.ties.is_none());
        let quality = ran.numbers.quality.iter().filter(shown);
        quality.map(move |q| row(name, q))
    });
    TieTable {
        data: set.data.to_owned(),
        rows: of_cell.collect(),
    }
}

fn row(cell: &str, quality: &Quality) -> TieRow {
    let figure = |value: Option<f64>| value.map_or_else(|| NOT_AVAILABLE.to_owned(), measure);
    let ties = quality.ties.as_ref();
    TieRow {
        cell: cell.to_owned(),
        measure: quality.measure.clone(),
        value: measure_or(quality.mean),
        range: [
            figure(ties.map(|t| t.least)),
            figure(ties.and_then(|t| t.expected)),
            figure(ties.map(|t| t.greatest)),
        ],
        cut: match ties.map(|t| t.cut) {
            None => NOT_AVAILABLE.to_owned(),
            Some(None) => NOT_APPLICABLE.to_owned(),
            Some(Some(share)) => percent(share),
        },
    }
}

/// What the mark means, with the widest range of every measure; nothing where nothing is marked.
pub(crate) fn note(set: &Set<'_>) -> Option<String> {
    let mut parts = Vec::new();
    for name in set.measures() {
        let of_cells = set.ran().filter_map(|ran| {
            let quality = ran.numbers.quality.iter().find(|q| q.measure == name)?;
            let ties = quality.ties.filter(moved)?;
            Some((set.name(&ran.cell.cell.id), ties))
        });
        let widest = of_cells.reduce(|a, b| if b.1.width() > a.1.width() { b } else { a });
        let Some((cell, ties)) = widest else { continue };
        let cut = match ties.cut {
            Some(share) if share > 0.0 => {
                format!(", a tie across the cut-off in {} of queries", percent(share))
            }
            _ => String::new(),
        };
        let (least, greatest) = (measure(ties.least), measure(ties.greatest));
        parts.push(format!("{name} {least} to {greatest}{cut} ({cell})"));
    }
    let more = match parts.len() {
        0 => return None,
        n if n > 2 => format!("; {} more in the report", n - 2),
        _ => String::new(),
    };
    parts.truncate(2);
    Some(format!(
        "{MARK} tied documents bear on the value; the widest: {}{more}",
        parts.join("; ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{CellState, Evaluation};
    use crate::report::fixture::two_cells;

    fn with(ties: Option<TieRange>) -> Evaluation {
        let mut evaluation = two_cells(0.01, None, (1, 23, 0));
        let CellState::Ok(numbers) = &mut evaluation.cells[1].state else {
            panic!("the fixture ran");
        };
        numbers.quality[0].ties = ties;
        evaluation
    }

    fn range(least: f64, greatest: f64, cut: Option<f64>) -> TieRange {
        TieRange {
            least,
            expected: Some(f64::midpoint(least, greatest)),
            greatest,
            cut,
        }
    }

    #[test]
    fn a_range_wider_than_rounding_is_marked_and_listed() {
        let evaluation = with(Some(range(0.7, 0.74, Some(0.5))));
        let set = &Set::all(&evaluation)[0];
        assert_eq!(
            note(set).unwrap(),
            "~ tied documents bear on the value; the widest: nDCG@10 0.700 to 0.740, a tie across the cut-off in \
             50 % of queries (hybrid)"
        );
        let rows = table(set).rows;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].range, ["0.700", "0.720", "0.740"]);
        assert_eq!((rows[0].value.as_str(), rows[0].cut.as_str()), ("0.722", "50 %"));
    }

    #[test]
    fn ranges_below_rounding_are_not_and_unknown_ones_say_so() {
        let evaluation = with(Some(range(0.722_01, 0.722_02, None)));
        let set = &Set::all(&evaluation)[0];
        assert!(note(set).is_none() && table(set).rows.is_empty());
        let evaluation = with(None);
        let set = &Set::all(&evaluation)[0];
        assert_eq!(note(set), None);
        assert_eq!(table(set).rows[0].range, [NOT_AVAILABLE; 3]);
        assert_eq!(table(set).rows[0].cut, NOT_AVAILABLE);
    }
}
