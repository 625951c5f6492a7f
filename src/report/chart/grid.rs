//! A heat map over the two settings that vary most.

use plotters::element::{PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, ShapeStyle};

use super::super::view::number::measure;
use super::super::view::set::{Ran, Set};
use super::{Drawing, Figure, Hover, HoverArea, Ink, Of, WIDTH, fit, id, render, text};

const LEFT: i32 = 250;
const TOP: i32 = 92;
const ROW: i32 = 84;
/// More than this on a side is not read any more.
const MOST: usize = 12;
/// The strongest shade, on which a text can still be read.
const DARKEST: f64 = 0.5;

struct Grid {
    /// Headings of the two settings: rows, columns.
    headings: (String, String),
    rows: Vec<String>,
    columns: Vec<String>,
    /// Row by row: mean over the cells there, how many there are, and their names.
    fields: Vec<Option<(f64, Vec<String>, Of)>>,
}

/// The headline measure over two settings.
pub(super) fn figure(set: &Set<'_>) -> Figure {
    let name = set.headline.unwrap_or("the first measure");
    let (caption, body) = match grid(set) {
        Err(reason) => (String::new(), Err(reason)),
        Ok(grid) => {
            let several = grid.fields.iter().flatten().any(|(_, cells, _)| cells.len() > 1);
            let mean = if several {
                " Where other settings vary too, the mean over them."
            } else {
                ""
            };
            let caption = format!(
                "Mean {name} by {} and {}; darker is higher, and the best has a frame.{mean}",
                grid.headings.0, grid.headings.1
            );
            let drawing = Drawing {
                svg: draw(name, &grid),
                legend: Vec::new(),
            };
            (caption, Ok(drawing))
        }
    };
    Figure {
        id: id("grid", set),
        title: format!("{name} over two settings"),
        caption,
        body,
    }
}

fn grid(set: &Set<'_>) -> Result<Grid, String> {
    let labelled: Vec<(Ran<'_>, Vec<String>)> = set
        .ran()
        .map(|r| (r, set.settings.labels(&r.cell.cell)))
        .collect();
    let distinct = |at: usize| {
        let mut labels: Vec<String> = Vec::new();
        for (_, own) in &labelled {
            if !labels.contains(&own[at]) {
                labels.push(own[at].clone());
            }
        }
        labels
    };
    let mut settings: Vec<usize> = (0..set.settings.varying.len())
        .filter(|at| (2..=MOST).contains(&distinct(*at).len()))
        .collect();
    settings.sort_by_key(|at| (std::cmp::Reverse(distinct(*at).len()), *at));
    let [first, second, ..] = settings[..] else {
        return Err("fewer than two settings vary.".to_owned());
    };
    let (row, column) = (first.min(second), first.max(second));
    let headings = set.settings.headings();
    let (rows, columns) = (distinct(row), distinct(column));
    let field = |r: &String, c: &String| {
        let those = labelled.iter().filter(|(_, l)| l[row] == *r && l[column] == *c);
        let valued: Vec<(f64, Ran<'_>)> = those
            .filter_map(|(ran, _)| Some((set.headline_mean(*ran)?, *ran)))
            .collect();
        let mean = crate::stats::mean(&valued.iter().map(|(v, _)| *v).collect::<Vec<f64>>())?;
        let names = valued.iter().map(|(_, r)| set.name(&r.cell.cell.id).to_owned());
        let of = match valued.as_slice() {
            [(_, only)] => Of::Cell(only.cell.cell.id.clone()),
            _ => Of::Nothing,
        };
        Some((mean, names.collect(), of))
    };
    let fields: Vec<_> = rows
        .iter()
        .flat_map(|r| columns.iter().map(move |c| (r, c)))
        .map(|(r, c)| field(r, c))
        .collect();
    if fields.iter().flatten().count() < 3 {
        return Err("too few cells have a value.".to_owned());
    }
    Ok(Grid {
        headings: (headings[row].clone(), headings[column].clone()),
        rows,
        columns,
        fields,
    })
}

fn draw(name: &str, grid: &Grid) -> String {
    let values = || grid.fields.iter().flatten().map(|(v, _, _)| *v);
    let (low, high) = (
        values().fold(f64::INFINITY, f64::min),
        values().fold(f64::NEG_INFINITY, f64::max),
    );
    let shade = |v: f64| DARKEST * (0.08 + 0.92 * if high > low { (v - low) / (high - low) } else { 0.5 });
    let width = (WIDTH as i32 - LEFT - 8) / grid.columns.len() as i32;
    let height = (TOP + ROW * grid.rows.len() as i32 + 8) as u32;
    let said: Vec<String> = sentences(name, grid);
    let centred = |ink: Ink| text(ink).pos(Pos::new(HPos::Center, VPos::Center));
    render(
        &format!("{name} over two settings"),
        &said.join("; "),
        height,
        |area| {
            let right = text(Ink::Muted).pos(Pos::new(HPos::Right, VPos::Center));
            let corner = format!("{} \\ {}", grid.headings.0, grid.headings.1);
            let left = text(Ink::Muted).pos(Pos::new(HPos::Left, VPos::Center));
            area.draw(&Text::new(fit(&corner, WIDTH - 20), (8, 20), left))?;
            for (c, label) in grid.columns.iter().enumerate() {
                let at = (LEFT + width * c as i32 + width / 2, TOP - 24);
                area.draw(&Text::new(
                    fit(label, (width - 8).max(40) as u32),
                    at,
                    centred(Ink::Muted),
                ))?;
            }
            let mut hovers = Vec::new();
            for (r, label) in grid.rows.iter().enumerate() {
                let top = TOP + ROW * r as i32;
                let at = (LEFT - 14, top + ROW / 2);
                area.draw(&Text::new(fit(label, LEFT as u32 - 20), at, right.clone()))?;
                for c in 0..grid.columns.len() {
                    let corner = (LEFT + width * c as i32, top);
                    let field = [corner, (corner.0 + width - 4, top + ROW - 4)];
                    let Some((value, _, of)) = &grid.fields[r * grid.columns.len() + c] else {
                        let at = (corner.0 + width / 2 - 2, top + ROW / 2 - 2);
                        area.draw(&Text::new("–".to_owned(), at, centred(Ink::Muted)))?;
                        continue;
                    };
                    let fill = ShapeStyle::from(Ink::Series(0).color().mix(shade(*value))).filled();
                    area.draw(&Rectangle::new(field, fill))?;
                    if *value >= high {
                        let [(x0, y0), (x1, y1)] = field;
                        let frame = vec![(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)];
                        area.draw(&PathElement::new(frame, Ink::Text.stroke(4)))?;
                    }
                    let at = (corner.0 + width / 2 - 2, top + ROW / 2 - 2);
                    area.draw(&Text::new(measure(*value), at, centred(Ink::Text)))?;
                    hovers.push(Hover {
                        area: HoverArea::Rectangle {
                            corner,
                            size: (width as u32, ROW as u32),
                        },
                        text: said_of(name, grid, r, c).unwrap_or_default(),
                        of: of.clone(),
                    });
                }
            }
            Ok(hovers)
        },
    )
}

fn sentences(name: &str, grid: &Grid) -> Vec<String> {
    let places = (0..grid.rows.len()).flat_map(|r| (0..grid.columns.len()).map(move |c| (r, c)));
    places.filter_map(|(r, c)| said_of(name, grid, r, c)).collect()
}

fn said_of(name: &str, grid: &Grid, r: usize, c: usize) -> Option<String> {
    let (value, cells, _) = grid.fields[r * grid.columns.len() + c].as_ref()?;
    let over = match cells.len() {
        1 => String::new(),
        n => format!(", mean of {n} cells"),
    };
    Some(format!(
        "{} {}, {} {}: {name} {}{over}",
        grid.headings.0,
        grid.rows[r],
        grid.headings.1,
        grid.columns[c],
        measure(*value)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{evaluation, many_cells};

    #[test]
    fn every_field_has_its_number_and_the_best_a_frame() {
        let evaluation = evaluation();
        let figure = figure(&Set::all(&evaluation)[0]);
        let svg = figure.body.unwrap().svg;
        assert!(
            svg.contains("pipeline hybrid, quantization binary: nDCG@10 0."),
            "{svg}"
        );
        assert!(!svg.contains("#01"), "a placeholder colour is left: {svg}");
    }

    #[test]
    fn one_setting_makes_no_grid() {
        let evaluation = many_cells(4);
        let reason = figure(&Set::all(&evaluation)[0]).body.unwrap_err();
        assert_eq!(reason, "fewer than two settings vary.");
    }
}
