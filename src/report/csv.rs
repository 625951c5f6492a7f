//! Cells and measures as a CSV table, for spreadsheets.

use crate::evaluate::{CellState, Difference, Evaluation};

const COLUMNS: [&str; 25] = [
    "data",
    "cell",
    "settings",
    "reference",
    "state",
    "measure",
    "tie",
    "mean",
    "low",
    "high",
    "scored",
    "queries",
    "difference",
    "difference_low",
    "difference_high",
    "p",
    "p_holm",
    "wins",
    "ties",
    "losses",
    "baseline_difference",
    "baseline_low",
    "baseline_high",
    "baseline_wins",
    "baseline_losses",
];

/// A row for each measure of each cell; a cell without numbers is one row with its state. Empty is undefined. Differences
/// are to the reference cell, and to the baseline.
pub fn csv(evaluation: &Evaluation) -> String {
    let mut out = csv::Writer::from_writer(Vec::new());
    let mut row = |fields: &[String]| out.write_record(fields).expect("memory takes every write");
    row(&COLUMNS.map(str::to_owned));
    for result in &evaluation.cells {
        let cell = &result.cell;
        let state = match &result.state {
            CellState::Ok(_) => "ok",
            CellState::Failed(_) => "failed",
            CellState::Unsupported(_) => "unsupported",
            CellState::NotRun => "not run",
        };
        let head = [
            cell.data.clone(),
            cell.id.clone(),
            cell.label(),
            result.is_reference.to_string(),
            state.to_owned(),
        ];
        let CellState::Ok(numbers) = &result.state else {
            let empty = std::iter::repeat_n(String::new(), COLUMNS.len() - head.len());
            row(&head.into_iter().chain(empty).collect::<Vec<String>>());
            continue;
        };
        let found = evaluation.baseline.as_ref().and_then(|b| b.cells.get(&cell.id));
        for (at, quality) in numbers.quality.iter().enumerate() {
            let to_baseline = found.and_then(|f| f.differences.get(at)?.as_ref());
            let mut fields = head.to_vec();
            fields.extend([
                quality.measure.clone(),
                evaluation.plan.measure.tie.name().to_owned(),
                number(quality.mean),
                number(quality.interval.map(|i| i.low)),
                number(quality.interval.map(|i| i.high)),
                quality.scored.to_string(),
                quality.total.to_string(),
            ]);
            let [mean, low, high] = ends(quality.difference.as_ref());
            let outcomes = quality.difference.as_ref().map(|d| d.wins_ties_losses);
            let count = |n: Option<usize>| n.map_or_else(String::new, |n| n.to_string());
            fields.extend([
                mean,
                low,
                high,
                number(quality.difference.as_ref().map(|d| d.test.p)),
                number(quality.difference.as_ref().and_then(|d| d.p_holm)),
                count(outcomes.map(|o| o.0)),
                count(outcomes.map(|o| o.1)),
            ]);
            fields.push(count(outcomes.map(|o| o.2)));
            fields.extend(ends(to_baseline));
            let outcomes = to_baseline.map(|d| d.wins_ties_losses);
            fields.extend([count(outcomes.map(|o| o.0)), count(outcomes.map(|o| o.2))]);
            row(&fields);
        }
    }
    let bytes = out.into_inner().expect("memory takes every write");
    String::from_utf8(bytes).expect("what was written is text")
}

fn ends(difference: Option<&Difference>) -> [String; 3] {
    let interval = difference.and_then(|d| d.interval);
    [
        number(difference.map(|d| d.mean)),
        number(interval.map(|i| i.0)),
        number(interval.map(|i| i.1)),
    ]
}

fn number(x: Option<f64>) -> String {
    x.map_or_else(String::new, |x| x.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::two_cells;

    #[test]
    fn a_row_for_every_cell_and_measure() {
        let text = csv(&two_cells(0.019, Some((0.009, 0.029)), (14, 7, 3)));
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows.len(), 3);
        assert!(rows[0].starts_with("data,cell,settings,reference,state,measure,tie,mean,low,high,"));
        assert_eq!(
            rows[1], "parts,c0,pipeline=dense,true,ok,nDCG@10,docid,0.7119999999999999,,,24,24,,,,,,,,,,,,,",
            "{text}"
        );
        assert!(rows[2].contains(",0.019,0.009,0.029,0.5,,14,7,3,,,,,"), "{text}");
    }
}
