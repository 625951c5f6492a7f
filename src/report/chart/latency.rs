//! Latency against percentile: what the tail looks like.

use plotters::element::PathElement;
use plotters::prelude::ChartBuilder;

use super::super::view::board::ordered;
use super::super::view::number::{ms, percentile};
use super::super::view::set::Set;
use super::axis::Axis;
use super::ink::SERIES;
use super::{Drawing, Figure, Hover, HoverArea, Ink, Key, Of, Shape, id, render, text};

const HEIGHT: u32 = 640;
/// Percentiles that get a tick and a mark.
const MARKED: [f64; 7] = [0.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9];

struct Line {
    cell: String,
    name: String,
    /// (percentile, milliseconds), below the 100th.
    curve: Vec<(f64, f64)>,
    samples: usize,
}

/// One line per cell, at most as many as there are colours.
pub(super) fn figure(set: &Set<'_>) -> Figure {
    let mut lines = lines(set);
    let all = lines.len();
    lines.truncate(SERIES);
    let mut caption = "Time of a query at each percentile, as far as the sample supports it. A line that \
                       bends up at the right has a slow tail."
        .to_owned();
    if all > lines.len() {
        caption += &format!(
            " The first {} of {all} cells of the leaderboard are shown.",
            lines.len()
        );
    }
    let body = if lines.is_empty() {
        Err("no latency was taken.".to_owned())
    } else {
        Ok(Drawing {
            svg: draw(&lines),
            legend: legend(&lines),
        })
    };
    Figure {
        id: id("latency", set),
        title: "Latency percentiles".to_owned(),
        caption,
        body,
    }
}

fn lines(set: &Set<'_>) -> Vec<Line> {
    ordered(set)
        .into_iter()
        .filter_map(|cell| {
            let ran = set.ran().find(|r| std::ptr::eq(r.cell, cell))?;
            let latency = ran.numbers.latency.as_ref()?;
            let curve: Vec<(f64, f64)> = latency
                .curve
                .iter()
                .copied()
                .filter(|(q, _)| *q < 100.0)
                .collect();
            let name = set.name(&cell.cell.id).to_owned();
            (!curve.is_empty()).then_some(Line {
                cell: cell.cell.id.clone(),
                name,
                curve,
                samples: latency.total.n,
            })
        })
        .collect()
}

fn draw(lines: &[Line]) -> String {
    let points = || lines.iter().flat_map(|l| &l.curve);
    let x = Axis::percentiles(points().map(|(q, _)| *q).fold(0.0, f64::max), &MARKED);
    let y = Axis::times(points().map(|(_, t)| *t), 7);
    let sentences: Vec<String> = lines.iter().map(sentence).collect();
    render("Latency by percentile", &sentences.join("; "), HEIGHT, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin_left(8)
            .margin_right(30)
            .margin_top(16)
            .x_label_area_size(88)
            .y_label_area_size(116)
            .build_cartesian_2d(x.clone(), y.clone())?;
        chart
            .configure_mesh()
            .light_line_style(Ink::Line.stroke(0))
            .bold_line_style(Ink::Line.stroke(2))
            .axis_style(Ink::Muted.stroke(2))
            .label_style(text(Ink::Muted))
            .axis_desc_style(text(Ink::Muted))
            .x_label_formatter(&|v| x.percentile_label(*v))
            .y_label_formatter(&|v| y.time_label(*v))
            .x_desc("percentile")
            .y_desc(format!("time per query, ms{}", y.note()))
            .draw()?;
        let mut hovers = Vec::new();
        for (n, line) in lines.iter().enumerate() {
            let at = |point: &(f64, f64)| chart.backend_coord(point);
            let path: Vec<(i32, i32)> = line.curve.iter().map(at).collect();
            area.draw(&PathElement::new(path, Ink::Series(n).stroke(4)))?;
            for point in marked(&line.curve) {
                Shape::of_series(n).draw(area, at(&point), 9, Ink::Series(n), true)?;
                hovers.push(Hover {
                    area: HoverArea::Circle {
                        center: at(&point),
                        radius: 18,
                    },
                    text: format!(
                        "{}: {} {} ms, n {}",
                        line.name,
                        percentile(point.0),
                        ms(point.1),
                        line.samples
                    ),
                    of: Of::Cell(line.cell.clone()),
                });
            }
        }
        Ok(hovers)
    })
}

/// The points of a curve that lie on a marked percentile.
fn marked(curve: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let is_marked = |(q, _): &(f64, f64)| MARKED.iter().any(|m| (m - q).abs() < 1e-9);
    curve.iter().copied().filter(is_marked).collect()
}

fn sentence(line: &Line) -> String {
    let points: Vec<String> = marked(&line.curve)
        .iter()
        .map(|(q, t)| format!("{} {} ms", percentile(*q), ms(*t)))
        .collect();
    format!("{}: {}", line.name, points.join(", "))
}

fn legend(lines: &[Line]) -> Vec<Key> {
    let key = |(n, line): (usize, &Line)| Key {
        swatch: Shape::of_series(n).swatch(Ink::Series(n), true),
        label: line.name.clone(),
    };
    lines.iter().enumerate().map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::evaluation;

    #[test]
    fn marks_name_cell_percentile_time_and_sample() {
        let evaluation = evaluation();
        let svg = figure(&Set::all(&evaluation)[0]).body.unwrap().svg;
        assert!(
            svg.contains("dense · quantization none: p50 3.41 ms, n 72"),
            "{svg}"
        );
        assert!(!svg.contains("p99.9"), "beyond the sample");
    }
}
