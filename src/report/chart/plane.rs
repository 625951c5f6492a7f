//! Points in two dimensions, joined into series or not: what most charts are.

use plotters::element::PathElement;
use plotters::prelude::ChartBuilder;

use super::axis::Axis;
use super::ink::SERIES;
use super::{Drawing, Drawn, Hover, HoverArea, Ink, Key, Of, Shape, render, text};

const HEIGHT: u32 = 640;
const RADIUS: u32 = 10;

/// One axis with its title and the words of its ticks.
pub(super) struct Side<'a> {
    pub(super) axis: Axis,
    pub(super) title: String,
    pub(super) label: &'a dyn Fn(&Axis, f64) -> String,
}

/// Points that belong together.
pub(super) struct Series {
    pub(super) label: String,
    /// In the order in which a line joins them.
    pub(super) points: Vec<Point>,
    pub(super) is_joined: bool,
}

/// One point.
pub(super) struct Point {
    pub(super) at: (f64, f64),
    /// Filled, or an outline.
    pub(super) is_filled: bool,
    /// Whether no line leads here from the point before.
    pub(super) starts_anew: bool,
    /// What it says on hover.
    pub(super) text: String,
    pub(super) of: Of,
}

/// Draws the series; lines beyond the number of colours are left out, and how many is returned.
pub(super) fn drawing(title: &str, x: &Side<'_>, y: &Side<'_>, series: &[Series]) -> (Drawing, usize) {
    let shown = &series[..series.len().min(SERIES)];
    let legend = |(n, series): (usize, &Series)| Key {
        swatch: Shape::of_series(n).swatch(Ink::Series(n), true),
        label: series.label.clone(),
    };
    let drawing = Drawing {
        svg: draw(title, x, y, shown),
        legend: match shown.len() {
            0 | 1 => Vec::new(),
            _ => shown.iter().enumerate().map(legend).collect(),
        },
    };
    (drawing, series.len() - shown.len())
}

fn draw(title: &str, x: &Side<'_>, y: &Side<'_>, series: &[Series]) -> String {
    let points = series.iter().flat_map(|s| &s.points);
    let said: Vec<&str> = points.map(|p| p.text.as_str()).collect();
    render(title, &said.join("; "), HEIGHT, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin_left(8)
            .margin_right(36)
            .margin_top(16)
            .x_label_area_size(88)
            .y_label_area_size(124)
            .build_cartesian_2d(x.axis.clone(), y.axis.clone())?;
        chart
            .configure_mesh()
            .light_line_style(Ink::Line.stroke(0))
            .bold_line_style(Ink::Line.stroke(2))
            .axis_style(Ink::Muted.stroke(2))
            .label_style(text(Ink::Muted))
            .axis_desc_style(text(Ink::Muted))
            .x_label_formatter(&|v| (x.label)(&x.axis, *v))
            .y_label_formatter(&|v| (y.label)(&y.axis, *v))
            .x_desc(&x.title)
            .y_desc(&y.title)
            .draw()?;
        for (n, series) in series.iter().enumerate().filter(|(_, s)| s.is_joined) {
            for points in series.points.chunk_by(|_, next| !next.starts_anew) {
                let path: Vec<(i32, i32)> = points.iter().map(|p| chart.backend_coord(&p.at)).collect();
                area.draw(&PathElement::new(path, Ink::Series(n).stroke(4)))?;
            }
        }
        let mut hovers = Vec::new();
        for (n, series) in series.iter().enumerate() {
            for point in &series.points {
                let at = chart.backend_coord(&point.at);
                Shape::of_series(n).draw(area, at, RADIUS, Ink::Series(n), point.is_filled)?;
                hovers.push(Hover {
                    area: HoverArea::Circle {
                        center: at,
                        radius: RADIUS * 2,
                    },
                    text: point.text.clone(),
                    of: point.of.clone(),
                });
            }
        }
        Ok::<_, plotters::drawing::DrawingAreaErrorKind<std::io::Error>>(hovers) as Drawn<Vec<Hover>>
    })
}
