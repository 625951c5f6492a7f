//! Gates held against the numbers of their cells.

use super::{CellNumbers, CellResult, CellState, GateCell, GateOutcome, GateResult};
use crate::plan::{Gate, GateSubject, Relation};

/// Every gate of the plan against every cell in its scope.
pub(super) fn check(gates: &[Gate], cells: &[CellResult]) -> Vec<GateResult> {
    gates
        .iter()
        .map(|gate| GateResult {
            cells: gate.cells.iter().map(|id| against(gate, id, cells)).collect(),
            gate: gate.clone(),
        })
        .collect()
}

fn against(gate: &Gate, id: &str, cells: &[CellResult]) -> GateCell {
    let numbers = cells
        .iter()
        .find(|c| c.cell.id == id)
        .and_then(|c| match &c.state {
            CellState::Ok(numbers) => Some(numbers),
            _ => None,
        });
    let value = numbers.and_then(|n| value(gate, n));
    let outcome = match value {
        None => GateOutcome::Undecided,
        Some(v) if holds(gate.relation, v, gate.threshold) => GateOutcome::Pass,
        Some(_) => GateOutcome::Fail,
    };
    GateCell {
        cell: id.to_owned(),
        value,
        outcome,
    }
}

fn value(gate: &Gate, numbers: &CellNumbers) -> Option<f64> {
    match &gate.subject {
        GateSubject::Measure(measure) => {
            let name = measure.to_string();
            numbers.quality.iter().find(|q| q.measure == name)?.mean
        }
        GateSubject::Latency(percentile) => {
            let quantiles = &numbers.latency.as_ref()?.total.quantiles;
            let at = |(q, _): &&(f64, Option<f64>)| (q - percentile).abs() < 1e-9;
            quantiles.iter().find(at)?.1
        }
    }
}

fn holds(relation: Relation, value: f64, threshold: f64) -> bool {
    match relation {
        Relation::AtLeast => value >= threshold,
        Relation::Above => value > threshold,
        Relation::AtMost => value <= threshold,
        Relation::Below => value < threshold,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_itself_passes_at_least_and_fails_above() {
        assert!(holds(Relation::AtLeast, 0.5, 0.5));
        assert!(!holds(Relation::Above, 0.5, 0.5));
        assert!(holds(Relation::AtMost, 0.5, 0.5));
        assert!(!holds(Relation::Below, 0.5, 0.5));
    }
}
