//! Differences to the reference with their intervals: the chart that says what is real.

use plotters::element::PathElement;

use crate::evaluate::Difference;

use super::super::view::judgement::Judgement;
use super::super::view::number::{interval, signed};
use super::super::view::set::Set;
use super::axis::Axis;
use super::rows::{MOST_ROWS, ROW, Rows};
use super::{Area, Drawing, Drawn, Figure, Hover, HoverArea, Ink, Key, Of, Shape, WIDTH, id, render};
use crate::stats::MIN_QUERIES;

struct Row {
    cell: String,
    name: String,
    difference: Difference,
    interval: (f64, f64),
}

/// One row per cell with an interval, the largest difference first.
pub(super) fn figure(set: &Set<'_>) -> Figure {
    let measure = set.headline.unwrap_or("the first measure");
    let (caption, body) = match drawing(set, measure) {
        Ok((caption, drawing)) => (caption, Ok(drawing)),
        Err(reason) => (String::new(), Err(reason)),
    };
    Figure {
        id: id("differences", set),
        title: format!("Differences in {measure}"),
        caption,
        body,
    }
}

fn drawing(set: &Set<'_>, measure: &str) -> Result<(String, Drawing), String> {
    let Some(reference) = set.reference() else {
        return Err("the spec names no reference, so nothing is compared.".to_owned());
    };
    let reference = set.name(&reference.cell.id);
    let mut rows = rows(set);
    if rows.is_empty() {
        return Err(why_empty(set));
    }
    let all = rows.len();
    rows.truncate(MOST_ROWS);
    let mut caption = format!(
        "Mean difference to {reference} with its interval. Where the line crosses zero, it cannot be told whether there \
         is a difference."
    );
    if all > rows.len() {
        caption += &format!(" The {} largest of {all} differences are shown.", rows.len());
    }
    let title = format!("Differences in {measure} to {reference}");
    Ok((
        caption,
        Drawing {
            svg: draw(&title, measure, &rows),
            legend: legend(),
        },
    ))
}

fn rows(set: &Set<'_>) -> Vec<Row> {
    let mut rows: Vec<Row> = set
        .ran()
        .filter_map(|ran| {
            let difference = set.headline_of(ran)?.difference?;
            let name = set.name(&ran.cell.cell.id).to_owned();
            Some(Row {
                cell: ran.cell.cell.id.clone(),
                name,
                difference,
                interval: difference.interval?,
            })
        })
        .collect();
    rows.sort_by(|a, b| b.difference.mean.total_cmp(&a.difference.mean));
    rows
}

fn why_empty(set: &Set<'_>) -> String {
    let differences = set.ran().filter_map(|r| set.headline_of(r)?.difference).count();
    if differences == 0 {
        "no cell has a number to compare with the reference.".to_owned()
    } else if set.queries >= MIN_QUERIES {
        "no difference has an interval: too many resamples have no spread.".to_owned()
    } else {
        format!("{} queries are too few for intervals.", set.queries)
    }
}

fn draw(title: &str, measure: &str, rows: &[Row]) -> String {
    let ends = rows
        .iter()
        .flat_map(|r| [r.interval.0, r.interval.1, r.difference.mean, 0.0]);
    let axis = Axis::linear(ends, 7);
    let frame = Rows {
        axis: &axis,
        count: rows.len(),
    };
    let sentences: Vec<String> = rows.iter().map(sentence).collect();
    render(title, &sentences.join("; "), frame.height(), |area| {
        frame.frame(area, &format!("difference in {measure}"), |t| axis.value_label(t))?;
        let zero = frame.x(0.0);
        let bottom = frame.y(rows.len() - 1) + 24;
        area.draw(&PathElement::new(
            vec![(zero, 8), (zero, bottom)],
            Ink::Muted.stroke(3),
        ))?;
        rows.iter()
            .enumerate()
            .map(|(i, row)| draw_row(area, &frame, i, row))
            .collect()
    })
}

fn draw_row(area: &Area<'_>, frame: &Rows<'_>, i: usize, row: &Row) -> Drawn<Hover> {
    let (ink, shape, filled) = look(Judgement::of(&row.difference));
    let y = frame.y(i);
    let figure = format!("{} {}", signed(row.difference.mean), interval(row.interval));
    frame.head(area, i, &row.name, &figure)?;
    let (low, high) = (frame.x(row.interval.0), frame.x(row.interval.1));
    area.draw(&PathElement::new(vec![(low, y), (high, y)], ink.stroke(4)))?;
    for x in [low, high] {
        area.draw(&PathElement::new(vec![(x, y - 8), (x, y + 8)], ink.stroke(4)))?;
    }
    shape.draw(area, (frame.x(row.difference.mean), y), 10, ink, filled)?;
    let corner = (0, y - ROW as i32 / 2 - 16);
    Ok(Hover {
        area: HoverArea::Rectangle {
            corner,
            size: (WIDTH, ROW),
        },
        text: sentence(row),
        of: Of::Cell(row.cell.clone()),
    })
}

fn sentence(row: &Row) -> String {
    let (wins, ties, losses) = row.difference.wins_ties_losses;
    format!(
        "{}: {} {}, {}; {wins} queries better, {ties} equal, {losses} worse",
        row.name,
        signed(row.difference.mean),
        interval(row.interval),
        Judgement::of(&row.difference).word(),
    )
}

fn look(judgement: Judgement) -> (Ink, Shape, bool) {
    match judgement {
        Judgement::Better => (Ink::Good, Shape::Up, true),
        Judgement::Worse => (Ink::Bad, Shape::Down, true),
        Judgement::Unclear | Judgement::Equal | Judgement::TooFew | Judgement::NoInterval => {
            (Ink::Muted, Shape::Disc, false)
        }
    }
}

fn legend() -> Vec<Key> {
    [
        (Judgement::Better, "better"),
        (Judgement::Worse, "worse"),
        (Judgement::Unclear, "cannot be told"),
    ]
    .into_iter()
    .map(|(judgement, label)| {
        let (ink, shape, filled) = look(judgement);
        Key {
            swatch: shape.swatch(ink, filled),
            label: label.to_owned(),
        }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::two_cells;

    fn body(mean: f64, interval: Option<(f64, f64)>) -> Result<Drawing, String> {
        let evaluation = two_cells(mean, interval, (10, 12, 2));
        figure(&Set::all(&evaluation)[0]).body
    }

    #[test]
    fn the_mark_follows_the_judgement() {
        let better = body(0.1, Some((0.01, 0.19))).unwrap().svg;
        assert!(
            better.contains("hybrid: +0.100 [+0.010, +0.190], better; 10 queries better, 12 equal, 2 worse")
        );
        assert!(better.contains("var(--good)"));
        let unclear = body(0.1, Some((-0.01, 0.21))).unwrap().svg;
        assert!(unclear.contains("cannot be told") && !unclear.contains("var(--good)"));
    }

    #[test]
    fn without_intervals_there_is_a_sentence() {
        assert_eq!(
            body(0.1, None).unwrap_err(),
            "no difference has an interval: too many resamples have no spread."
        );
    }
}
