//! Quality against latency: the chart that says what to ship.

use plotters::element::{PathElement, Text};
use plotters::prelude::ChartBuilder;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::evaluate::Latency;

use super::super::view::number::{measure, ms, percentile, range};
use super::super::view::set::{Set, percentile_of};
use super::axis::Axis;
use super::ink::SERIES;
use super::text_width;
use super::{
    Area, Drawing, Drawn, Figure, Hover, HoverArea, Ink, Key, Of, Shape, TEXT, WIDTH, fit, id, render, text,
};

const HEIGHT: u32 = 640;
const RADIUS: u32 = 11;
/// Widest label beside a point; the rest of a name is in the hover text and the leaderboard.
const WIDEST_LABEL: u32 = 560;

struct Point {
    cell: String,
    name: String,
    quality: f64,
    time: f64,
    /// Where the quality may lie, over queries.
    quality_interval: Option<(f64, f64)>,
    /// The least and the greatest time of a pass.
    time_range: Option<(f64, f64)>,
    /// Position of its group among the groups.
    group: usize,
    is_reference: bool,
    /// No other cell is at least as good and as fast, and better in one of both.
    on_front: bool,
}

/// One point per cell that has both numbers.
pub(super) fn figure(set: &Set<'_>) -> Figure {
    let (title, caption, body) = match drawing(set) {
        Ok((title, caption, drawing)) => (title, caption, Ok(drawing)),
        Err(reason) => ("Quality against latency".to_owned(), String::new(), Err(reason)),
    };
    Figure {
        id: id("quality", set),
        title,
        caption,
        body,
    }
}

fn drawing(set: &Set<'_>) -> Result<(String, String, Drawing), String> {
    let name = set.headline.ok_or("no measure has a value.")?;
    let q = set.tail_percentile().ok_or("no latency was taken.")?;
    let groups = groups(set);
    let points = points(set, q, &groups);
    if points.is_empty() {
        return Err("no cell has both numbers.".to_owned());
    }
    let left_out = set.ran().count() - points.len();
    let title = format!("{name} against {}", percentile(q));
    let mut caption =
        "Up is better, left is faster. Filled marks are on the front: no other cell is both better and \
                       faster. Whiskers: the interval over queries, and the passes with the least and the greatest time."
            .to_owned();
    if left_out > 0 {
        caption += &format!(" {left_out} without one of both numbers left out.");
    }
    let drawing = Drawing {
        svg: draw(&title, name, q, &points),
        legend: legend(&groups),
    };
    Ok((title, caption, drawing))
}

/// What colours and shapes stand for: the labels of the first setting that varies, if they are few.
fn groups(set: &Set<'_>) -> Vec<String> {
    let mut groups: Vec<String> = Vec::new();
    for ran in set.ran() {
        let label = group_of(set, ran.cell);
        if !groups.contains(&label) {
            groups.push(label);
        }
    }
    if groups.len() > SERIES { Vec::new() } else { groups }
}

fn group_of(set: &Set<'_>, cell: &crate::evaluate::CellResult) -> String {
    let labels = set.settings.labels(&cell.cell);
    labels
        .into_iter()
        .next()
        .unwrap_or_else(|| cell.cell.pipeline.name.clone())
}

fn points(set: &Set<'_>, q: f64, groups: &[String]) -> Vec<Point> {
    let mut points: Vec<Point> = set
        .ran()
        .filter_map(|ran| {
            let label = group_of(set, ran.cell);
            let latency = ran.numbers.latency.as_ref()?;
            Some(Point {
                cell: ran.cell.cell.id.clone(),
                quality_interval: set
                    .headline_of(ran)
                    .and_then(|h| h.interval)
                    .map(|i| (i.low, i.high)),
                time_range: over_passes(latency, q),
                name: set.name(&ran.cell.cell.id).to_owned(),
                quality: set.headline_mean(ran)?,
                time: percentile_of(latency, q)?,
                group: groups.iter().position(|g| *g == label).unwrap_or(0),
                is_reference: ran.cell.is_reference,
                on_front: false,
            })
        })
        .collect();
    let front: Vec<bool> = points
        .iter()
        .map(|p| !points.iter().any(|o| dominates(o, p)))
        .collect();
    points
        .iter_mut()
        .zip(front)
        .for_each(|(p, on_front)| p.on_front = on_front);
    points
}

/// The spread of a percentile between passes.
fn over_passes(latency: &Latency, q: f64) -> Option<(f64, f64)> {
    let same = |(own, _): &&(f64, Vec<f64>)| (own - q).abs() < 1e-9;
    let (_, values) = latency.passes.iter().find(same)?;
    let low = values.iter().copied().reduce(f64::min)?;
    Some((low, values.iter().copied().reduce(f64::max)?))
}

fn dominates(a: &Point, b: &Point) -> bool {
    a.quality >= b.quality && a.time <= b.time && (a.quality > b.quality || a.time < b.time)
}

fn legend(groups: &[String]) -> Vec<Key> {
    let key = |(n, label): (usize, &String)| Key {
        swatch: Shape::of_series(n).swatch(Ink::Series(n), true),
        label: label.clone(),
    };
    groups.iter().enumerate().map(key).collect()
}

fn draw(title: &str, name: &str, q: f64, points: &[Point]) -> String {
    let ends = |value: f64, range: Option<(f64, f64)>| {
        let (low, high) = range.unwrap_or((value, value));
        [low, value, high]
    };
    let x = Axis::times(points.iter().flat_map(|p| ends(p.time, p.time_range)), 8);
    let y = Axis::linear(points.iter().flat_map(|p| ends(p.quality, p.quality_interval)), 6);
    let sentences: Vec<String> = points.iter().map(|p| sentence(p, name, q)).collect();
    render(title, &sentences.join("; "), HEIGHT, |area| {
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
            .x_label_formatter(&|v| x.time_label(*v))
            .y_label_formatter(&|v| y.value_label(*v))
            .x_desc(format!("{} per query, ms{}", percentile(q), x.note()))
            .y_desc(name)
            .draw()?;
        let at = |p: &Point| chart.backend_coord(&(p.time, p.quality));
        let places: Vec<(i32, i32)> = points.iter().map(at).collect();
        let front = front(points, &places);
        if front.len() > 1 {
            area.draw(&PathElement::new(front.clone(), Ink::Muted.stroke(2)))?;
        }
        for (point, place) in points.iter().zip(&places) {
            let ink = Ink::Series(point.group).stroke(2);
            if let Some((low, high)) = point.quality_interval {
                let at = |y: f64| (place.0, chart.backend_coord(&(point.time, y)).1);
                area.draw(&PathElement::new(vec![at(low), at(high)], ink))?;
            }
            if let Some((low, high)) = point.time_range {
                let at = |x: f64| (chart.backend_coord(&(x, point.quality)).0, place.1);
                area.draw(&PathElement::new(vec![at(low), at(high)], ink))?;
            }
        }
        for (point, place) in points.iter().zip(&places) {
            Shape::of_series(point.group).draw(
                area,
                *place,
                RADIUS,
                Ink::Series(point.group),
                point.on_front,
            )?;
        }
        draw_labels(area, points, &places, &front)?;
        let hover = |(p, place): (&Point, &(i32, i32))| Hover {
            area: HoverArea::Circle {
                center: *place,
                radius: RADIUS * 2,
            },
            text: sentence(p, name, q),
            of: Of::Cell(p.cell.clone()),
        };
        Ok(points.iter().zip(&places).map(hover).collect())
    })
}

/// The front as steps: between two points one can have the quality of the left one only.
fn front(points: &[Point], places: &[(i32, i32)]) -> Vec<(i32, i32)> {
    let mut front: Vec<(i32, i32)> = points
        .iter()
        .zip(places)
        .filter(|(p, _)| p.on_front)
        .map(|(_, place)| *place)
        .collect();
    front.sort_unstable();
    let mut steps: Vec<(i32, i32)> = Vec::new();
    for place in front {
        if let Some((_, y)) = steps.last().copied() {
            steps.push((place.0, y));
        }
        steps.push(place);
    }
    steps
}

/// A box in drawing units: left, top, right, bottom.
type Frame = (i32, i32, i32, i32);

/// Names beside the points where there is room: the reference and the front first. A name that would cover another
/// mark, the line of the front, or another name is left out; it is in the hover text and in the leaderboard.
fn draw_labels(area: &Area<'_>, points: &[Point], places: &[(i32, i32)], front: &[(i32, i32)]) -> Drawn<()> {
    let r = RADIUS as i32 + 3;
    let mut taken: Vec<Frame> = places.iter().map(|(x, y)| (x - r, y - r, x + r, y + r)).collect();
    let segment = |w: &[(i32, i32)]| {
        (
            w[0].0.min(w[1].0),
            w[0].1.min(w[1].1),
            w[0].0.max(w[1].0),
            w[0].1.max(w[1].1),
        )
    };
    taken.extend(front.windows(2).map(segment));
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by_key(|i| (!points[*i].is_reference, !points[*i].on_front));
    for i in order {
        let point = &points[i];
        let name = if point.is_reference {
            format!("{} (reference)", point.name)
        } else {
            point.name.clone()
        };
        let label = fit(&name, WIDEST_LABEL);
        if let Some((anchor, at, frame)) = free_place(&label, places[i], &taken) {
            taken.push(frame);
            area.draw(&Text::new(label, at, text(Ink::Text).pos(anchor)))?;
        }
    }
    Ok(())
}

fn free_place(label: &str, (x, y): (i32, i32), taken: &[Frame]) -> Option<(Pos, (i32, i32), Frame)> {
    let (w, h) = (text_width(label) as i32, TEXT as i32);
    let gap = RADIUS as i32 + 9;
    let beside = |left: bool| {
        let h_pos = if left { HPos::Right } else { HPos::Left };
        let at = (if left { x - gap } else { x + gap }, y);
        let frame = if left {
            (at.0 - w, y - h / 2, at.0, y + h / 2)
        } else {
            (at.0, y - h / 2, at.0 + w, y + h / 2)
        };
        (Pos::new(h_pos, VPos::Center), at, frame)
    };
    let stacked = |above: bool, h_pos: HPos| {
        let v_pos = if above { VPos::Bottom } else { VPos::Top };
        let at = (x, if above { y - gap + 4 } else { y + gap - 4 });
        let (top, bottom) = if above { (at.1 - h, at.1) } else { (at.1, at.1 + h) };
        let left = match h_pos {
            HPos::Left => x,
            HPos::Center => x - w / 2,
            HPos::Right => x - w,
        };
        (Pos::new(h_pos, v_pos), at, (left, top, left + w, bottom))
    };
    let inside = |f: &Frame| f.0 >= 124 && f.2 <= WIDTH as i32 - 8 && f.1 >= 8 && f.3 <= HEIGHT as i32 - 96;
    let free = |f: &Frame| {
        taken
            .iter()
            .all(|t| f.2 < t.0 || f.0 > t.2 || f.3 < t.1 || f.1 > t.3)
    };
    let around = [HPos::Center, HPos::Left, HPos::Right];
    let stacks = [true, false]
        .into_iter()
        .flat_map(|above| around.map(|h_pos| stacked(above, h_pos)));
    let mut places = [beside(false), beside(true)].into_iter().chain(stacks);
    // A point's own mark touches no label: the gap is wider than the mark.
    places.find(|(_, _, frame)| inside(frame) && free(frame))
}

fn sentence(point: &Point, name: &str, q: f64) -> String {
    let role = if point.is_reference { " (reference)" } else { "" };
    let front = if point.on_front { ", on the front" } else { "" };
    let interval = point
        .quality_interval
        .map_or_else(String::new, |i| format!(" {}", range(i)));
    let passes = point.time_range.map_or_else(String::new, |(low, high)| {
        format!(" ({} to {} by pass)", ms(low), ms(high))
    });
    format!(
        "{}{role}: {name} {}{interval}, {} {} ms{passes}{front}",
        point.name,
        measure(point.quality),
        percentile(q),
        ms(point.time)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::evaluation;

    fn point(quality: f64, time: f64) -> Point {
        Point {
            cell: String::new(),
            name: String::new(),
            quality_interval: None,
            time_range: None,
            quality,
            time,
            group: 0,
            is_reference: false,
            on_front: false,
        }
    }

    #[test]
    fn the_front_holds_what_nothing_dominates() {
        assert!(dominates(&point(0.8, 5.0), &point(0.7, 5.0)));
        assert!(dominates(&point(0.8, 4.0), &point(0.8, 5.0)));
        assert!(
            !dominates(&point(0.8, 5.0), &point(0.8, 5.0)),
            "equal points are both on the front"
        );
        assert!(!dominates(&point(0.9, 9.0), &point(0.8, 5.0)));
    }

    #[test]
    fn points_carry_their_numbers_and_the_reference_is_named() {
        let evaluation = evaluation();
        let figure = figure(&Set::all(&evaluation)[0]);
        assert_eq!(figure.title, "nDCG@10 against p95");
        let drawing = figure.body.unwrap();
        assert!(
            drawing
                .svg
                .contains("dense · quantization none (reference): nDCG@10"),
            "{}",
            drawing.svg
        );
        assert!(drawing.svg.contains("p95 per query, ms, log scale"));
        let labels: Vec<&str> = drawing.legend.iter().map(|k| k.label.as_str()).collect();
        assert_eq!(labels, ["dense", "hybrid", "reranked"]);
    }

    #[test]
    fn labels_do_not_cover_each_other() {
        let taken = vec![(500, 300, 900, 340)];
        let (_, _, frame) = free_place("a label", (480, 320), &taken).unwrap();
        assert!(frame.2 < 500, "it goes to the left: {frame:?}");
        let everywhere = vec![(0, 0, 1040, 640)];
        assert!(free_place("a label", (480, 320), &everywhere).is_none());
    }
}
