//! Where a cell gains and loses: one bar per step, from the mean before to the mean after.

use plotters::element::{PathElement, Rectangle};

use crate::evaluate::Evaluation;
use crate::evaluate::losses::{Losses, Point};
use crate::plan::Cell;

use super::super::view::board::ordered;
use super::super::view::judgement::Judgement;
use super::super::view::losses::step;
use super::super::view::number::{interval, measure, signed};
use super::super::view::set::Set;
use super::axis::Axis;
use super::rows::{MOST_ROWS, ROW, Rows};
use super::{Area, Drawing, Drawn, Figure, Hover, HoverArea, Ink, Key, Of, Shape, WIDTH, id, render};

struct Row {
    cell_id: String,
    /// Cell and step: `reranked: graph (d)`.
    name: String,
    /// What stands above the row: the cell is named once.
    label: String,
    /// The mean before; `None` for the first step of a cell.
    before: Option<f64>,
    after: f64,
    /// The mean of the same documents in their ideal order.
    ceiling: Option<f64>,
    figure: String,
    judgement: Option<Judgement>,
}

/// The steps of the data set's cells in the order of the leaderboard; `None` where no cell has more than one.
pub(crate) fn figure(evaluation: &Evaluation, set: &Set<'_>) -> Option<Figure> {
    let mut rows: Vec<Row> = Vec::new();
    let mut left_out = 0;
    let mut measure_name = None;
    for result in ordered(set) {
        let Some(losses) = evaluation
            .losses
            .get(&result.cell.id)
            .filter(|l| l.points.len() > 1)
        else {
            continue;
        };
        measure_name = measure_name.or(Some(losses.measure.as_str()));
        let own = cell_rows(set.name(&result.cell.id), &result.cell, losses);
        match rows.len() + own.len() <= MOST_ROWS {
            true => rows.extend(own),
            false => left_out += 1,
        }
    }
    let measure_name = measure_name.filter(|_| !rows.is_empty())?;
    let mut caption =
        "From the mean before a step to the mean after it. The first row of a cell is its most exact \
                       search, the last the final ranking. A thin line ends where the same documents would be in their \
                       ideal order: the head-room for what only reorders them."
            .to_owned();
    if left_out > 0 {
        caption += &format!(" The table has {left_out} more cells.");
    }
    Some(Figure {
        id: id("losses", set),
        title: format!("{measure_name}, step by step"),
        caption,
        body: Ok(Drawing {
            svg: draw(measure_name, &rows),
            legend: legend(),
        }),
    })
}

fn cell_rows(name: &str, cell: &Cell, losses: &Losses) -> Vec<Row> {
    let means: Vec<Option<f64>> = losses.points.iter().map(|p| p.mean).collect();
    let row = |(i, point): (usize, &Point)| {
        let change = point.change.as_ref();
        let figure = match change {
            None => measure(means[i]?),
            Some(c) => match c.interval {
                Some(i) => format!("{} {}", signed(c.mean), interval(i)),
                None => signed(c.mean),
            },
        };
        let step = step(cell, losses, i);
        let named = format!("{name}: {step}");
        Some(Row {
            cell_id: cell.id.clone(),
            label: if i == 0 { named.clone() } else { step },
            name: named,
            before: i.checked_sub(1).and_then(|b| means[b]),
            after: means[i]?,
            ceiling: point.ceiling,
            figure,
            judgement: change.map(Judgement::of),
        })
    };
    losses.points.iter().enumerate().filter_map(row).collect()
}

fn draw(measure_name: &str, rows: &[Row]) -> String {
    let axis = Axis::linear(
        rows.iter()
            .flat_map(|r| [r.before.unwrap_or(r.after), r.after, r.ceiling.unwrap_or(r.after)]),
        7,
    );
    let frame = Rows {
        axis: &axis,
        count: rows.len(),
    };
    let sentences: Vec<String> = rows.iter().map(sentence).collect();
    let title = format!("{measure_name}, step by step");
    render(&title, &sentences.join("; "), frame.height(), |area| {
        frame.frame(area, &format!("mean {measure_name}"), |t| axis.value_label(t))?;
        let rows = rows.iter().enumerate();
        rows.map(|(i, row)| draw_row(area, &frame, i, row)).collect()
    })
}

fn draw_row(area: &Area<'_>, frame: &Rows<'_>, i: usize, row: &Row) -> Drawn<Hover> {
    frame.head(area, i, &row.label, &row.figure)?;
    let (ink, shape, filled) = look(row);
    let (y, after) = (frame.y(i), frame.x(row.after));
    if let Some(before) = row.before.map(|b| frame.x(b)) {
        let (left, right) = (before.min(after), before.max(after));
        area.draw(&Rectangle::new([(left, y - 5), (right, y + 5)], ink.fill()))?;
    }
    if let Some(ceiling) = row.ceiling.map(|c| frame.x(c)).filter(|c| *c > after) {
        area.draw(&PathElement::new(
            vec![(after, y), (ceiling, y)],
            Ink::Muted.stroke(2),
        ))?;
        area.draw(&PathElement::new(
            vec![(ceiling, y - 10), (ceiling, y + 10)],
            Ink::Muted.stroke(4),
        ))?;
    }
    shape.draw(area, (after, y), 10, ink, filled)?;
    Ok(Hover {
        area: HoverArea::Rectangle {
            corner: (0, y - ROW as i32 / 2 - 16),
            size: (WIDTH, ROW),
        },
        text: sentence(row),
        of: Of::Cell(row.cell_id.clone()),
    })
}

fn sentence(row: &Row) -> String {
    let ceiling = row
        .ceiling
        .map_or_else(String::new, |c| format!("; in ideal order {}", measure(c)));
    match row.judgement {
        None => format!("{}: {}{ceiling}", row.name, row.figure),
        Some(judgement) => format!(
            "{}: {} to {}, {}{ceiling}",
            row.name,
            row.figure,
            measure(row.after),
            judgement.word()
        ),
    }
}

/// The direction is shown whatever the interval says; only a certain one is filled.
fn look(row: &Row) -> (Ink, Shape, bool) {
    match row.judgement {
        None => (Ink::Text, Shape::Disc, true),
        Some(Judgement::Better) => (Ink::Good, Shape::Up, true),
        Some(Judgement::Worse) => (Ink::Bad, Shape::Down, true),
        Some(_) => (Ink::Muted, Shape::Disc, false),
    }
}

fn legend() -> Vec<Key> {
    let keys = [
        (Shape::Disc, Ink::Text, true, "start"),
        (Shape::Up, Ink::Good, true, "better"),
        (Shape::Down, Ink::Bad, true, "worse"),
        (Shape::Disc, Ink::Muted, false, "cannot be told"),
    ];
    let key = |(shape, ink, filled, label): (Shape, Ink, bool, &str)| Key {
        swatch: shape.swatch(ink, filled),
        label: label.to_owned(),
    };
    keys.into_iter().map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::super::escape;
    use super::*;
    use crate::report::fixture;

    #[test]
    fn a_bar_says_what_its_step_changed_and_the_cell_is_named_once() {
        let (evaluation, _) = fixture::losses::evaluation();
        let figure = figure(&evaluation, &Set::all(&evaluation)[0]).unwrap();
        let svg = figure.body.unwrap().svg;
        let hover = "reranked · quantization none: graph (d): −0.050 [−0.090, −0.010] to 0.650, worse; in ideal order 0.900";
        assert!(
            svg.contains(&format!("<title>{}</title>", escape(hover))),
            "{svg}"
        );
        assert!(svg.contains(">graph (d)</text>") && !svg.contains("#01"), "{svg}");
    }

    #[test]
    fn no_ladder_no_chart() {
        let evaluation = fixture::evaluation();
        assert!(figure(&evaluation, &Set::all(&evaluation)[0]).is_none());
    }
}
