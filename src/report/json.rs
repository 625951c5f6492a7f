//! The evaluation as JSON, for programs.

use serde_json::{Map, Value, json};

use crate::evaluate::baseline::Baseline;
use crate::evaluate::{
    CellNumbers, CellResult, CellState, Difference, Evaluation, GateCell, GateResult, TieRange,
};
use crate::stats::Verdict;

use super::view::gates::outcome;

/// Version of this document; it counts up when a field changes its meaning or goes.
const SCHEMA: u32 = 1;

/// Cells with their measures, latencies and counters, gates with their outcomes, and the baseline. Undefined is null.
pub fn json(evaluation: &Evaluation) -> String {
    let manifest = &evaluation.manifest;
    let baseline = evaluation.baseline.as_ref();
    let value = json!({
        "schema": SCHEMA,
        "run": manifest.run_id,
        "experiment": manifest.experiment,
        "started": manifest.started,
        "finished": manifest.finished,
        "spec": manifest.spec.path,
        "level": evaluation.plan.compare.level,
        "tie": evaluation.plan.measure.tie.name(),
        "family": evaluation.plan.family().iter().map(ToString::to_string).collect::<Vec<String>>(),
        "part": evaluation.plan.narrowed,
        "baseline": baseline.map(of_baseline),
        "cells": evaluation.cells.iter().map(|c| cell(c, baseline)).collect::<Vec<Value>>(),
        "gates": evaluation.gates.iter().map(gate).collect::<Vec<Value>>(),
    });
    let mut text = serde_json::to_string_pretty(&value).expect("plain data serialises to JSON");
    text.push('\n');
    text
}

fn of_baseline(baseline: &Baseline) -> Value {
    json!({
        "run": baseline.record.run_id,
        "named": baseline.record.named,
        "started": baseline.record.started,
        "changed": baseline.changed,
        "same_machine": baseline.machine.is_empty(),
        "gone": baseline.gone.iter().map(|(data, label)| json!({ "data": data, "cell": label })).collect::<Vec<Value>>(),
    })
}

/// A cell with its numbers, or the reason why it has none.
pub(super) fn cell(result: &CellResult, baseline: Option<&Baseline>) -> Value {
    let cell = &result.cell;
    let mut fields = Map::new();
    let mut put = |key: &str, value: Value| drop(fields.insert(key.to_owned(), value));
    put("id", json!(cell.id));
    put("data", json!(cell.data));
    put("backend", json!(cell.backend));
    put("pipeline", json!(cell.pipeline.name));
    put("settings", json!(cell.settings));
    put("reference", json!(result.is_reference));
    let found = baseline.map(|b| b.cells.get(&cell.id));
    put(
        "baseline",
        json!(found.map(|found| match found {
            None => json!("new"),
            Some(found) => json!({ "changed": found.changes }),
        })),
    );
    match &result.state {
        CellState::Ok(numbers) => {
            put("state", json!("ok"));
            let differences = found.flatten().map_or(&[][..], |f| &f.differences);
            put("measures", measures(numbers, differences));
            put("latency_ms", latency(numbers));
            put("work_per_query", work(numbers));
            put("findings", json!(numbers.measured.findings));
        }
        CellState::Failed(error) => {
            put("state", json!("failed"));
            put("reason", json!(error));
        }
        CellState::Unsupported(reason) => {
            put("state", json!("unsupported"));
            put("reason", json!(reason));
        }
        CellState::NotRun => put("state", json!("not run")),
    }
    Value::Object(fields)
}

fn measures(numbers: &CellNumbers, to_baseline: &[Option<Difference>]) -> Value {
    let of = |(at, quality): (usize, &crate::evaluate::Quality)| {
        let to_baseline = to_baseline.get(at).and_then(Option::as_ref);
        let value = json!({
            "mean": quality.mean,
            "low": quality.interval.map(|i| i.low),
            "high": quality.interval.map(|i| i.high),
            "over_ties": quality.ties.map(ties),
            "scored": quality.scored,
            "queries": quality.total,
            "to_reference": quality.difference.as_ref().map(difference),
            "to_baseline": to_baseline.map(difference),
        });
        (quality.measure.clone(), value)
    };
    Value::Object(numbers.quality.iter().enumerate().map(of).collect())
}

/// The mean over the orders of tied documents, and the share of queries with a tie across the cut-off.
fn ties(range: TieRange) -> Value {
    json!({
        "least": range.least,
        "expected": range.expected,
        "greatest": range.greatest,
        "cut": range.cut,
    })
}

fn difference(difference: &Difference) -> Value {
    let (wins, ties, losses) = difference.wins_ties_losses;
    json!({
        "mean": difference.mean,
        "low": difference.interval.map(|i| i.0),
        "high": difference.interval.map(|i| i.1),
        "queries": difference.n,
        "wins": wins,
        "ties": ties,
        "losses": losses,
        "relative": difference.relative,
        "p": difference.test.p,
        "p_holm": difference.p_holm,
        "d_z": difference.effect.map(|e| e.d_z),
        "detectable": difference.effect.map(|e| e.detectable),
        "queries_needed": difference.effect.and_then(|e| e.queries_needed),
    })
}

fn latency(numbers: &CellNumbers) -> Value {
    let Some(latency) = &numbers.latency else {
        return Value::Null;
    };
    let quantiles = latency
        .total
        .quantiles
        .iter()
        .map(|(q, ms)| (format!("p{q}"), json!(ms)));
    json!({
        "queries": latency.total.n,
        "mean": latency.total.mean,
        "percentiles": Value::Object(quantiles.collect()),
        "queries_per_second": latency.qps,
    })
}

fn work(numbers: &CellNumbers) -> Value {
    let of = |(stage, counters): &(String, crate::evaluate::MeanCounters)| {
        let sums = json!(counters.sum);
        let queries = counters.queries.max(1) as f64;
        let means = sums.as_object().into_iter().flatten();
        let means = means.filter_map(|(name, sum)| Some((name.clone(), json!(sum.as_f64()? / queries))));
        (stage.clone(), Value::Object(means.collect()))
    };
    Value::Object(numbers.counters.iter().map(of).collect())
}

fn gate(result: &GateResult) -> Value {
    let gate = &result.gate;
    json!({
        "that": gate.that,
        "line": gate.line,
        "level": gate.level,
        "judge": gate.judge,
        "against": gate.against,
        "relation": gate.relation,
        "threshold": gate.threshold,
        "outcome": word(outcome(&result.cells)),
        "cells": result.cells.iter().map(gate_cell).collect::<Vec<Value>>(),
    })
}

fn gate_cell(cell: &GateCell) -> Value {
    json!({
        "cell": cell.cell,
        "outcome": word(cell.outcome),
        "value": cell.value,
        "low": cell.interval.map(|i| i.0),
        "high": cell.interval.map(|i| i.1),
        "queries": cell.n,
        "reason": cell.reason,
    })
}

fn word(outcome: Verdict) -> &'static str {
    match outcome {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Undecided => "undecided",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{evaluation, two_cells};

    fn read(evaluation: &Evaluation) -> Value {
        serde_json::from_str(&json(evaluation)).unwrap()
    }

    #[test]
    fn numbers_and_differences_are_found_by_name() {
        let value = read(&two_cells(0.019, Some((0.009, 0.029)), (14, 7, 3)));
        let measure = &value["cells"][1]["measures"]["nDCG@10"];
        assert_eq!(measure["to_reference"]["low"], 0.009);
        assert_eq!(measure["to_reference"]["wins"], 14);
        assert_eq!(measure["to_baseline"], Value::Null);
        assert_eq!(value["cells"][0]["reference"], true);
    }

    #[test]
    fn a_gate_says_its_outcome_in_every_cell() {
        let value = read(&evaluation());
        let gate = &value["gates"][1];
        assert_eq!((&gate["outcome"], &gate["line"]), (&json!("fail"), &json!(48)));
        assert_eq!(
            gate["cells"][0],
            json!({
                "cell": "0f3a9c0", "outcome": "fail", "value": 0.486, "low": null, "high": null, "queries": null,
                "reason": null
            })
        );
        assert_eq!(value["cells"][6]["state"], "failed");
    }
}
