//! What exactness costs: recall against throughput, and against memory.

use super::super::view::builds::index_bytes;
use super::super::view::number::{self, ByteUnit};
use super::super::view::set::{Ran, Set};
use super::axis::Axis;
use super::plane::{Point, Series, Side, drawing};
use super::{Figure, Of, id};

/// A measure of what a search finds: against exact neighbours where it was taken, else against judgements.
fn recall<'a>(set: &Set<'a>) -> Option<&'a str> {
    let measures = set.measures();
    let first = |prefix: &str| measures.iter().copied().find(|m| m.starts_with(prefix));
    first("knn_recall").or_else(|| first("R@"))
}

fn mean_of(ran: Ran<'_>, measure: &str) -> Option<f64> {
    ran.numbers.quality.iter().find(|q| q.measure == measure)?.mean
}

/// Queries per second at each recall; cells that differ in one numeric setting only are a line.
pub(super) fn throughput(set: &Set<'_>) -> Figure {
    let body = recall(set)
        .ok_or("neither knn_recall nor R was measured.".to_owned())
        .and_then(|measure| {
            let speed = |ran: Ran<'_>| Some(ran.numbers.latency.as_ref()?.qps);
            let said = |speed: f64| format!("{} queries per second", number::ms(speed));
            let series = series(set, measure, &speed, &said);
            if series.iter().all(|s| s.points.is_empty()) {
                return Err("no cell has both recall and throughput.".to_owned());
            }
            let all = || series.iter().flat_map(|s| &s.points);
            let x = side(measure, all().map(|p| p.at.0));
            let axis = Axis::times(all().map(|p| p.at.1), 7);
            let y = Side {
                title: format!("queries per second{}", axis.note()),
                axis,
                label: &Axis::time_label,
            };
            Ok(drawing("Recall against throughput", &x, &y, &series))
        });
    figure(
        id("throughput", set),
        "Recall against throughput",
        "Right is more exact, up is faster. The axis is logarithmic in what is missed, so that 0.99 and 0.999 stand \
         apart. A line joins cells that differ in one number.",
        body,
    )
}

/// Recall at each size of the index, by kind of codes.
pub(super) fn memory(set: &Set<'_>) -> Figure {
    let body = recall(set)
        .ok_or("neither knn_recall nor R was measured.".to_owned())
        .and_then(|measure| {
            let size = |r: Ran<'_>| index_bytes(&r.numbers.measured.stats).total;
            let unit = ByteUnit::of(set.ran().map(size).max().unwrap_or(0));
            let series = by_codes(set, measure, unit);
            let all = || series.iter().flat_map(|s| &s.points);
            let sizes: std::collections::BTreeSet<u64> = set.ran().map(size).collect();
            if sizes.len() < 2 {
                return Err("all indexes have the same size.".to_owned());
            }
            if all().next().is_none() {
                return Err("no cell has a value.".to_owned());
            }
            let axis = Axis::times(all().map(|p| p.at.0), 7);
            let x = Side {
                title: format!("index, {}{}", unit.name(), axis.note()),
                axis,
                label: &Axis::time_label,
            };
            let y = side(measure, all().map(|p| p.at.1));
            Ok(drawing("Memory against recall", &x, &y, &series))
        });
    figure(
        id("memory", set),
        "Memory against recall",
        "Left is smaller, up is more exact. The size is that of all parts of the index together; bits per dimension are those \
         that the codes keep.",
        body,
    )
}

fn figure(id: String, title: &str, caption: &str, body: Result<(super::Drawing, usize), String>) -> Figure {
    let (body, left_out) = match body {
        Ok((drawing, left_out)) => (Ok(drawing), left_out),
        Err(reason) => (Err(reason), 0),
    };
    let note = match left_out {
        0 => String::new(),
        n => format!(" {n} more series are left out."),
    };
    Figure {
        id,
        title: title.to_owned(),
        caption: format!("{caption}{note}"),
        body,
    }
}

/// An axis of recalls, logarithmic in what is missed.
fn side(measure: &str, values: impl Iterator<Item = f64>) -> Side<'_> {
    Side {
        axis: Axis::recalls(values),
        title: format!("{measure}, log of misses"),
        label: &Axis::recall_label,
    }
}

/// Cells that differ in one numeric setting only are a series, in the order of that number.
fn series(
    set: &Set<'_>,
    measure: &str,
    value: &dyn Fn(Ran<'_>) -> Option<f64>,
    said: &dyn Fn(f64) -> String,
) -> Vec<Series> {
    let knob = knob(set);
    // By the labels that a series shares: its points, with the place of each on the swept setting.
    type Points = Vec<(f64, Point)>;
    let mut series: Vec<(Vec<String>, Points)> = Vec::new();
    for ran in set.ran() {
        let (Some(recall), Some(value)) = (mean_of(ran, measure), value(ran)) else {
            continue;
        };
        let mut labels = set.settings.labels(&ran.cell.cell);
        let at = knob.map_or(0.0, |k| labels.remove(k).parse().unwrap_or(0.0));
        let name = set.name(&ran.cell.cell.id);
        let point = Point {
            at: (recall, value),
            is_filled: true,
            starts_anew: false,
            text: format!("{name}: {measure} {}, {}", number::measure(recall), said(value)),
            of: Of::Cell(ran.cell.cell.id.clone()),
        };
        match series.iter_mut().find(|(own, _)| *own == labels) {
            Some((_, points)) => points.push((at, point)),
            None => series.push((labels, vec![(at, point)])),
        }
    }
    let print = |(labels, mut points): (Vec<String>, Vec<(f64, Point)>)| {
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let labels: Vec<String> = labels
            .into_iter()
            .filter(|l| l != number::NOT_APPLICABLE)
            .collect();
        Series {
            label: match labels.is_empty() {
                true => "all cells".to_owned(),
                false => labels.join(" · "),
            },
            is_joined: points.len() > 1,
            points: points.into_iter().map(|(_, p)| p).collect(),
        }
    };
    series.into_iter().map(print).collect()
}

/// The varying setting with the most numbers as labels; what is no number has nothing to be joined along.
fn knob(set: &Set<'_>) -> Option<usize> {
    let labels: Vec<Vec<String>> = set.ran().map(|r| set.settings.labels(&r.cell.cell)).collect();
    let numbers = |at: usize| {
        let of_cells = labels.iter().map(|l| l[at].as_str());
        let distinct: std::collections::BTreeSet<&str> =
            of_cells.filter(|l| l.parse::<f64>().is_ok()).collect();
        distinct.len()
    };
    let settings = 0..set.settings.varying.len();
    settings
        .filter(|at| numbers(*at) > 1)
        .max_by_key(|at| (numbers(*at), std::cmp::Reverse(*at)))
}

fn by_codes(set: &Set<'_>, measure: &str, unit: ByteUnit) -> Vec<Series> {
    let mut series: Vec<Series> = Vec::new();
    for ran in set.ran() {
        let Some(recall) = mean_of(ran, measure) else {
            continue;
        };
        let size = index_bytes(&ran.numbers.measured.stats).total;
        let label = super::super::view::builds::codes(&ran.cell.cell.index);
        let point = Point {
            at: (unit.count(size), recall),
            is_filled: true,
            starts_anew: false,
            text: format!(
                "{}: {}, {measure} {}",
                set.name(&ran.cell.cell.id),
                number::bytes(size),
                number::measure(recall)
            ),
            of: Of::Cell(ran.cell.cell.id.clone()),
        };
        match series.iter_mut().find(|s| s.label == label) {
            Some(own) => own.points.push(point),
            None => series.push(Series {
                label,
                points: vec![point],
                is_joined: false,
            }),
        }
    }
    series
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{evaluation, many_cells};

    #[test]
    fn cells_that_differ_in_one_number_are_a_line() {
        let evaluation = many_cells(5);
        let set = &Set::all(&evaluation)[0];
        assert_eq!(knob(set), Some(0), "d.ef is all that varies");
        let drawing = throughput(set).body.unwrap();
        assert!(drawing.legend.is_empty(), "one line needs no legend");
        assert!(drawing.svg.contains("d.ef 16: R@100"), "{}", drawing.svg);
        assert!(drawing.svg.contains("queries per second"));
    }

    #[test]
    fn kinds_of_codes_are_told_apart_by_shape_and_named() {
        let evaluation = evaluation();
        let drawing = memory(&Set::all(&evaluation)[0]).body.unwrap();
        let labels: Vec<&str> = drawing.legend.iter().map(|k| k.label.as_str()).collect();
        assert_eq!(
            labels,
            ["float, 32 bits per dimension", "binary, 1 bit per dimension"]
        );
    }
}
