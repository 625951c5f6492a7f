//! Per query: who wins and loses in the best cell, sorted.

use plotters::element::{PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::evaluate::Evaluation;

use super::super::view::number::signed;
use super::super::view::set::{Ran, Set};
use super::super::view::text::{count, one_line, slug};
use super::axis::Axis;
use super::{Drawing, Drawn, Figure, Hover, HoverArea, Ink, Of, WIDTH, id, render, text};

/// Fewer bars than this say less than the list of queries.
const LEAST: usize = 3;
const HEIGHT: u32 = 440;
const LEFT: i32 = 110;
const RIGHT: i32 = 24;
const TOP: i32 = 14;
const BOTTOM: i32 = 56;

struct Bar<'a> {
    query: &'a str,
    text: &'a str,
    delta: f64,
}

/// One bar per query that differs, the largest gain first.
pub(super) fn figure(evaluation: &Evaluation, set: &Set<'_>) -> Figure {
    let measure = set.headline.unwrap_or("the first measure");
    let chosen = chosen(set);
    let (caption, body) = match chosen {
        None => (
            String::new(),
            Err("there is no cell to compare with the reference.".to_owned()),
        ),
        Some((ran, reference)) => drawn(evaluation, set, ran, reference, measure),
    };
    Figure {
        id: id("queries", set),
        title: format!("{measure} query by query"),
        caption,
        body,
    }
}

/// The best cell that is not the reference, and the reference.
fn chosen<'a>(set: &Set<'a>) -> Option<(Ran<'a>, Ran<'a>)> {
    let reference = set.reference_ran()?;
    let others = set.ran().filter(|r| !r.cell.is_reference);
    let valued = others.filter_map(|r| Some((set.headline_mean(r)?, r)));
    let best = valued.reduce(|a, b| if b.0 > a.0 { b } else { a })?;
    Some((best.1, reference))
}

fn drawn(
    evaluation: &Evaluation,
    set: &Set<'_>,
    ran: Ran<'_>,
    reference: Ran<'_>,
    measure: &str,
) -> (String, Result<Drawing, String>) {
    let (name, against) = (set.name(&ran.cell.cell.id), set.name(&reference.cell.cell.id));
    let bars = bars(evaluation, set, ran, reference);
    let tolerance = evaluation.plan.compare.tolerance;
    let differing: Vec<&Bar<'_>> = bars.iter().filter(|b| b.delta.abs() > tolerance).collect();
    if differing.is_empty() {
        return (
            String::new(),
            Err(format!("{name} and {against} agree on every query.")),
        );
    }
    if differing.len() < LEAST {
        return (
            String::new(),
            Err(format!(
                "{} that differ are too few.",
                count(differing.len(), "query", "queries")
            )),
        );
    }
    let caption = format!(
        "{name} less {against}, one bar per query that differs: {} of {}. With script, a click opens the query.",
        differing.len(),
        bars.len()
    );
    let svg = draw(measure, name, set.data, &differing);
    (
        caption,
        Ok(Drawing {
            svg,
            legend: Vec::new(),
        }),
    )
}

fn bars<'a>(evaluation: &'a Evaluation, set: &Set<'a>, ran: Ran<'a>, reference: Ran<'a>) -> Vec<Bar<'a>> {
    let values = |r: Ran<'a>| set.headline_of(r).map(|q| &q.per_query);
    let (Some(own), Some(base)) = (values(ran), values(reference)) else {
        return Vec::new();
    };
    let of_set = evaluation.queries.iter().filter(|q| q.data == set.data);
    let bar = |q: &'a crate::store::QueryRecord| {
        Some(Bar {
            query: &q.query,
            text: &q.text,
            delta: own.get(&q.query)? - base.get(&q.query)?,
        })
    };
    let mut bars: Vec<Bar<'a>> = of_set.filter_map(bar).collect();
    bars.sort_by(|a, b| b.delta.total_cmp(&a.delta).then(a.query.cmp(b.query)));
    bars
}

fn draw(measure: &str, name: &str, data: &str, bars: &[&Bar<'_>]) -> String {
    let axis = Axis::linear(bars.iter().map(|b| b.delta).chain([0.0]), 6);
    let gains = bars.iter().filter(|b| b.delta > 0.0).count();
    let said = format!(
        "{name}: {gains} queries better, {} worse; from {} to {}",
        bars.len() - gains,
        signed(bars[0].delta),
        signed(bars[bars.len() - 1].delta)
    );
    let floor = HEIGHT as i32 - BOTTOM;
    let y = |v: f64| floor - (axis.share(v) * f64::from(floor - TOP)).round() as i32;
    let width = f64::from(WIDTH as i32 - LEFT - RIGHT) / bars.len() as f64;
    let x = |i: usize| LEFT + (width * i as f64).round() as i32;
    render(&format!("{measure} query by query"), &said, HEIGHT, |area| {
        for tick in &axis.ticks {
            let at = y(*tick);
            area.draw(&PathElement::new(
                vec![(LEFT, at), (WIDTH as i32 - RIGHT, at)],
                Ink::Line.stroke(2),
            ))?;
            let style = text(Ink::Muted).pos(Pos::new(HPos::Right, VPos::Center));
            area.draw(&Text::new(axis.value_label(*tick), (LEFT - 12, at), style))?;
        }
        let zero = y(0.0);
        let mut hovers = Vec::new();
        for (i, bar) in bars.iter().enumerate() {
            let ink = if bar.delta > 0.0 { Ink::Good } else { Ink::Bad };
            let (left, right) = (x(i), (x(i + 1) - i32::from(width > 5.0)).max(x(i) + 1));
            let (top, bottom) = (y(bar.delta).min(zero), y(bar.delta).max(zero));
            area.draw(&Rectangle::new([(left, top), (right, bottom)], ink.fill()))?;
            hovers.push(Hover {
                area: HoverArea::Rectangle {
                    corner: (left, TOP),
                    size: ((right - left).max(1) as u32, (floor - TOP) as u32),
                },
                text: format!("{} {}: {}", bar.query, one_line(bar.text, 80), signed(bar.delta)),
                of: Of::Query(format!("{}-{}", slug(data), slug(bar.query))),
            });
        }
        area.draw(&PathElement::new(
            vec![(LEFT, zero), (WIDTH as i32 - RIGHT, zero)],
            Ink::Muted.stroke(3),
        ))?;
        let style = text(Ink::Muted).pos(Pos::new(HPos::Center, VPos::Top));
        let at = ((LEFT + WIDTH as i32 - RIGHT) / 2, floor + 18);
        area.draw(&Text::new(
            format!("queries by difference in {measure}"),
            at,
            style,
        ))?;
        Ok(hovers) as Drawn<Vec<Hover>>
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{evaluation, two_cells};

    #[test]
    fn a_bar_says_its_query_and_opens_it() {
        let evaluation = evaluation();
        let figure = figure(&evaluation, &Set::all(&evaluation)[0]);
        assert!(
            figure
                .caption
                .starts_with("reranked · quantization none less dense · quantization none")
        );
        let svg = figure.body.unwrap().svg;
        assert!(svg.contains("data-query=\"parts-q15\""), "{svg}");
    }

    #[test]
    fn cells_that_agree_have_no_bars() {
        let mut evaluation = two_cells(0.0, None, (0, 24, 0));
        evaluation.plan.compare.tolerance = 0.01;
        let reason = figure(&evaluation, &Set::all(&evaluation)[0]).body.unwrap_err();
        assert_eq!(reason, "hybrid and dense agree on every query.");
    }
}
