//! What the order of tied documents does to the means of a cell.

use std::collections::BTreeMap;

use super::{CellResult, CellState, Quality};
use crate::measure::OverTies;
use crate::plan::TiePolicy;
use crate::stats;
use crate::store::{Finding, Severity};

/// Differences that print as 0.000 are none.
const ROUNDING: f64 = 0.0005;

/// A measure of one query over the orders of its tied documents.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tied {
    /// `None` where the bounds are not known.
    pub(super) over: Option<OverTies>,
    /// Whether a tie lies across the cut-off; `None` without a cut-off.
    pub(super) cut: Option<bool>,
}

/// A mean over the orders of tied documents, every query in its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TieRange {
    /// With every tie in the worst order.
    pub least: f64,
    /// With every order equally likely; `None` for measures without a closed form of it.
    pub expected: Option<f64>,
    /// With every tie in the best order.
    pub greatest: f64,
    /// Share of the scored queries with a tie across the cut-off; `None` without a cut-off.
    pub cut: Option<f64>,
}

impl TieRange {
    /// Of a mean that no order changes.
    pub fn of_constant(mean: f64) -> Self {
        Self {
            least: mean,
            expected: Some(mean),
            greatest: mean,
            cut: Some(0.0),
        }
    }

    /// How far apart the orders can bring the mean.
    pub fn width(&self) -> f64 {
        self.greatest - self.least
    }

    /// Of the values of the scored queries; `None` when there is none, or one whose bounds are not known.
    pub(super) fn of(queries: &BTreeMap<String, Tied>) -> Option<Self> {
        let over: Vec<OverTies> = queries.values().map(|q| q.over).collect::<Option<_>>()?;
        let mean = |value: fn(&OverTies) -> f64| stats::mean(&over.iter().map(value).collect::<Vec<f64>>());
        let expected: Option<Vec<f64>> = over.iter().map(|o| o.expected).collect();
        let cut: Option<Vec<f64>> = queries
            .values()
            .map(|q| q.cut.map(|cut| f64::from(u8::from(cut))))
            .collect();
        Some(Self {
            least: mean(|o| o.least)?,
            expected: expected.and_then(|e| stats::mean(&e)),
            greatest: mean(|o| o.greatest)?,
            cut: cut.and_then(|c| stats::mean(&c)),
        })
    }
}

/// Marks cells whose difference to the reference some order of tied documents turns round. Expected values are over
/// all orders, so there nothing is left to decide.
pub(super) fn warn(policy: TiePolicy, cells: &mut [CellResult]) {
    if policy == TiePolicy::Expected {
        return;
    }
    let reference: BTreeMap<String, Vec<Option<TieRange>>> = cells
        .iter()
        .filter(|c| c.is_reference)
        .filter_map(|c| match &c.state {
            CellState::Ok(numbers) => Some((
                c.cell.data.clone(),
                numbers.quality.iter().map(|q| q.ties).collect(),
            )),
            _ => None,
        })
        .collect();
    for result in cells.iter_mut().filter(|c| !c.is_reference) {
        let (Some(reference), CellState::Ok(numbers)) = (reference.get(&result.cell.data), &mut result.state)
        else {
            continue;
        };
        let decided: Vec<&str> = (numbers.quality.iter().zip(reference))
            .filter(|(quality, reference)| turned(quality, reference.as_ref()))
            .map(|(quality, _)| quality.measure.as_str())
            .collect();
        if !decided.is_empty() {
            let finding = finding(&decided);
            numbers.measured.findings.push(finding);
        }
    }
}

/// Whether the cell is ahead under one order of the ties in both rankings, and behind under another.
fn turned(quality: &Quality, reference: Option<&TieRange>) -> bool {
    let (Some(own), Some(reference)) = (quality.ties, reference) else {
        return false;
    };
    quality.difference.is_some()
        && own.width().max(reference.width()) > ROUNDING
        && own.least < reference.greatest
        && reference.least < own.greatest
}

fn finding(measures: &[&str]) -> Finding {
    Finding {
        check: "ties".into(),
        severity: Severity::Warning,
        message: format!(
            "the order of tied documents decides more than the technique: another order turns the difference to the \
             reference round in {}; `tie: expected` takes the mean over all orders",
            measures.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(least: f64, greatest: f64) -> TieRange {
        TieRange {
            least,
            expected: None,
            greatest,
            cut: None,
        }
    }

    fn quality(ties: Option<TieRange>) -> Quality {
        Quality {
            measure: "nDCG@10".into(),
            mean: Some(0.5),
            scored: 20,
            total: 20,
            per_query: BTreeMap::new(),
            ties,
            interval: None,
            difference: Some(crate::report::fixture::difference(0.01, None, (1, 18, 1))),
        }
    }

    #[test]
    fn a_difference_is_turned_where_the_ranges_overlap() {
        let beside = |own, reference| turned(&quality(Some(own)), Some(&reference));
        assert!(beside(range(0.48, 0.52), range(0.49, 0.49)));
        assert!(
            !beside(range(0.50, 0.54), range(0.49, 0.49)),
            "every order is ahead"
        );
        assert!(!beside(range(0.5, 0.5), range(0.5, 0.5)), "no tie, no doubt");
        assert!(
            !beside(range(0.5, 0.5002), range(0.5001, 0.5001)),
            "below rounding"
        );
        assert!(
            !turned(&quality(None), Some(&range(0.0, 1.0))),
            "not known is no warning"
        );
    }

    #[test]
    fn means_are_over_queries_and_an_unknown_bound_is_unknown_for_all() {
        let tied = |least, expected, greatest, cut| Tied {
            over: Some(OverTies {
                least,
                expected,
                greatest,
            }),
            cut: Some(cut),
        };
        let mut queries = BTreeMap::from([
            ("q1".to_owned(), tied(0.0, Some(0.25), 1.0, true)),
            ("q2".to_owned(), tied(0.5, Some(0.5), 0.5, false)),
        ]);
        let all = TieRange::of(&queries).unwrap();
        assert_eq!((all.least, all.expected, all.greatest), (0.25, Some(0.375), 0.75));
        assert_eq!(all.cut, Some(0.5));
        queries.insert("q3".to_owned(), tied(0.0, None, 1.0, true));
        assert_eq!(TieRange::of(&queries).unwrap().expected, None);
        queries.insert(
            "q4".to_owned(),
            Tied {
                over: None,
                cut: None,
            },
        );
        assert_eq!(TieRange::of(&queries), None);
        assert_eq!(TieRange::of(&BTreeMap::new()), None);
    }
}
