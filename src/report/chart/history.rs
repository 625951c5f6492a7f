//! A measure over the runs of an experiment, with the line broken where values do not compare.

use super::super::view::number::measure;
use super::super::view::runs::History;
use super::super::view::text::slug;
use super::axis::Axis;
use super::plane::{Point, Series, Side, drawing};
use super::{Figure, Of};

/// One line per cell.
pub(crate) fn figure(history: &History) -> Figure {
    let series: Vec<Series> = history
        .cells
        .iter()
        .filter(|c| c.values.iter().any(Option::is_some))
        .map(|cell| {
            let valued = cell.values.iter().enumerate();
            let point = |(run, value): (usize, &Option<f64>)| {
                let value = (*value)?;
                let moment = &history.runs[run];
                Some(Point {
                    at: (run as f64 + 1.0, value),
                    is_filled: true,
                    starts_anew: !moment.broken.is_empty(),
                    text: format!(
                        "{}: {} {} on {} {}",
                        cell.name,
                        history.measure,
                        measure(value),
                        moment.when,
                        moment.commit
                    ),
                    of: Of::Cell(cell.id.clone()),
                })
            };
            Series {
                label: cell.name.clone(),
                points: valued.filter_map(point).collect(),
                is_joined: true,
            }
        })
        .collect();
    let runs = history.runs.len();
    let x = Side {
        axis: Axis::ordinal(runs),
        title: "run, the oldest first".to_owned(),
        label: &Axis::value_label,
    };
    let y = Side {
        axis: Axis::linear(series.iter().flat_map(|s| &s.points).map(|p| p.at.1), 6),
        title: history.measure.clone(),
        label: &Axis::value_label,
    };
    let body = match series.is_empty() {
        true => Err("no cell has a value.".to_owned()),
        false => Ok(drawing(
            &format!("{} over runs", history.measure),
            &x,
            &y,
            &series,
        )),
    };
    let left_out = match &body {
        Ok((_, n)) if *n > 0 => format!(" {n} more cells are in the table."),
        _ => String::new(),
    };
    Figure {
        id: format!("chart-history-{}", slug(&history.data)),
        title: format!("{}: {} over {runs} runs", history.data, history.measure),
        caption: format!(
            "A line is broken where data or judgements changed: values on both sides do not compare.{left_out}"
        ),
        body: body.map(|(drawing, _)| drawing),
    }
}
