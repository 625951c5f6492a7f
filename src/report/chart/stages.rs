//! Where the time of a query goes, stage by stage.

use plotters::element::{PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::evaluate::Latency;

use super::super::view::board::ordered;
use super::super::view::number::{ms, percent};
use super::super::view::set::{Set, percentile_of};
use super::axis::Axis;
use super::rows::{MOST_ROWS, Rows};
use super::{
    Area, Drawing, Drawn, Figure, Hover, HoverArea, Ink, Key, Of, Shape, TEXT, id, render, text, text_width,
};

struct Row<'a> {
    cell: String,
    name: String,
    latency: &'a Latency,
}

/// One bar per cell, split by the mean time of its parts. Means add up to the mean of the whole; medians would not.
pub(super) fn figure(set: &Set<'_>) -> Figure {
    let mut rows: Vec<Row<'_>> = ordered(set)
        .into_iter()
        .filter_map(|cell| {
            let ran = set.ran().find(|r| std::ptr::eq(r.cell, cell))?;
            let latency = ran.numbers.latency.as_ref()?;
            Some(Row {
                cell: cell.cell.id.clone(),
                name: set.name(&cell.cell.id).to_owned(),
                latency,
            })
        })
        .collect();
    let all = rows.len();
    rows.truncate(MOST_ROWS);
    let mut caption =
        "Mean time per query, split by part, with a line up to p95; cells in the order of the leaderboard."
            .to_owned();
    if all > rows.len() {
        caption += &format!(" The first {} of {all} cells are shown.", rows.len());
    }
    let body = if rows.is_empty() {
        Err("no latency was taken.".to_owned())
    } else {
        let parts = parts(&rows);
        Ok(Drawing {
            svg: draw(&rows, &parts),
            legend: legend(&parts),
        })
    };
    Figure {
        id: id("stages", set),
        title: "Time per stage".to_owned(),
        caption,
        body,
    }
}

/// Names of all parts, in the order in which cells have them.
fn parts<'a>(rows: &[Row<'a>]) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in rows.iter().flat_map(|r| &r.latency.parts) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
}

fn legend(parts: &[&str]) -> Vec<Key> {
    let key = |(n, part): (usize, &&str)| Key {
        swatch: Shape::Square.swatch(Ink::Series(n), true),
        label: (*part).to_owned(),
    };
    parts.iter().enumerate().map(key).collect()
}

fn draw(rows: &[Row<'_>], parts: &[&str]) -> String {
    let axis = Axis::from_zero(
        rows.iter()
            .map(|r| r.latency.total.mean.max(p95(r).unwrap_or(0.0))),
        7,
    );
    let frame = Rows {
        axis: &axis,
        count: rows.len(),
    };
    let sentences: Vec<String> = rows.iter().map(sentence).collect();
    render(
        "Mean time per stage",
        &sentences.join("; "),
        frame.height(),
        |area| {
            frame.frame(area, "mean time per query, ms", |t| axis.time_label(t))?;
            let mut hovers = Vec::new();
            for (i, row) in rows.iter().enumerate() {
                frame.head(area, i, &row.name, &format!("{} ms", ms(row.latency.total.mean)))?;
                hovers.extend(bar(area, &frame, i, row, parts)?);
            }
            Ok(hovers)
        },
    )
}

fn bar(area: &Area<'_>, frame: &Rows<'_>, i: usize, row: &Row<'_>, parts: &[&str]) -> Drawn<Vec<Hover>> {
    let (top, bottom) = (frame.y(i) - 16, frame.y(i) + 16);
    let mut hovers = Vec::new();
    let mut so_far = 0.0;
    for (name, time) in &row.latency.parts {
        let (left, right) = (frame.x(so_far), frame.x(so_far + time.mean));
        so_far += time.mean;
        let series = parts.iter().position(|p| p == name).unwrap_or(0);
        area.draw(&Rectangle::new(
            [(left, top), (right, bottom)],
            Ink::Series(series).fill(),
        ))?;
        // A gap in the page's colour keeps neighbours apart without relying on their colours.
        if right - left > 6 {
            area.draw(&Rectangle::new(
                [(right - 2, top), (right, bottom)],
                Ink::Page.fill(),
            ))?;
        }
        if (right - left) as u32 > text_width(name) + TEXT {
            let style = text(Ink::Page).pos(Pos::new(HPos::Center, VPos::Center));
            area.draw(&Text::new(name.clone(), ((left + right) / 2, frame.y(i)), style))?;
        }
        let share = percent(time.mean / row.latency.total.mean.max(f64::MIN_POSITIVE));
        hovers.push(Hover {
            area: HoverArea::Rectangle {
                corner: (left, top),
                size: ((right - left).max(4) as u32, 32),
            },
            text: format!("{}, {name}: {} ms, {share}", row.name, ms(time.mean)),
            of: Of::Cell(row.cell.clone()),
        });
    }
    if let Some(tail) = p95(row).filter(|t| *t > so_far) {
        let (from, to, y) = (frame.x(so_far), frame.x(tail), frame.y(i));
        area.draw(&PathElement::new(vec![(from, y), (to, y)], Ink::Muted.stroke(3)))?;
        area.draw(&PathElement::new(
            vec![(to, y - 10), (to, y + 10)],
            Ink::Muted.stroke(3),
        ))?;
    }
    Ok(hovers)
}

/// The 95th percentile of the whole query, where it was asked for and the sample supports it.
fn p95(row: &Row<'_>) -> Option<f64> {
    percentile_of(row.latency, 95.0)
}

fn sentence(row: &Row<'_>) -> String {
    let parts: Vec<String> = row
        .latency
        .parts
        .iter()
        .map(|(name, time)| format!("{name} {} ms", ms(time.mean)))
        .collect();
    let tail = p95(row).map_or_else(String::new, |t| format!("; p95 {} ms", ms(t)));
    format!("{}: {}{tail}", row.name, parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::escape;
    use super::*;
    use crate::report::fixture::evaluation;

    #[test]
    fn each_part_has_its_time_and_share() {
        let evaluation = evaluation();
        let svg = figure(&Set::all(&evaluation)[0]).body.unwrap().svg;
        assert!(
            svg.contains(&escape("reranked · quantization none, ce: 46.7 ms, 92 %")),
            "{svg}"
        );
        assert!(svg.contains(">ce</text>"), "the wide part carries its name");
    }
}
