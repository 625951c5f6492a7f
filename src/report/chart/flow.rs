//! Rank flow: where the documents of one query stand after each stage.

use plotters::element::{PathElement, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::evaluate::{Evaluation, StageView};

use super::super::view::queries::{Flow, most_moved};
use super::super::view::set::Set;
use super::super::view::text::one_line;
use super::{
    Area, Drawing, Drawn, Figure, Hover, HoverArea, Ink, Key, Of, Shape, WIDTH, fit, id, render, text,
};

/// Ranks that are drawn; what is below stands on one line.
const DEPTH: usize = 10;
const TOP: i32 = 64;
const ROW: i32 = 46;
const LEFT: i32 = 90;
/// Room for the names at the right.
const NAMES: i32 = 400;

/// Of the query whose best answer moves most between the stages of a cell; `None` where none moves.
pub(super) fn figure(evaluation: &Evaluation, set: &Set<'_>) -> Option<Figure> {
    let flow = most_moved(evaluation, set)?;
    Some(Figure {
        id: id("flow", set),
        title: format!("Ranks of “{}”", one_line(&flow.text, 60)),
        caption: format!(
            "The query whose best answer moves most, in {}: rank after each stage, lines join a list to those made of \
             it. Ranks beyond {DEPTH} stand on the lowest line. Other queries have this under queries, with script.",
            flow.cell
        ),
        body: Ok(Drawing {
            svg: draw(&flow),
            legend: vec![
                key(Shape::Diamond, Ink::Good, "best answer"),
                key(Shape::Disc, Ink::Muted, "other documents"),
            ],
        }),
    })
}

fn key(shape: Shape, ink: Ink, label: &str) -> Key {
    Key {
        swatch: shape.swatch(ink, true),
        label: label.to_owned(),
    }
}

fn draw(flow: &Flow<'_>) -> String {
    let column = (WIDTH as i32 - LEFT - NAMES) / (flow.views.len() as i32 - 1).max(1);
    let x = |stage: usize| LEFT + column * stage as i32;
    let y = |rank: usize| TOP + ROW * (rank.min(DEPTH + 1) as i32 - 1);
    let height = (y(DEPTH + 1) + 40) as u32;
    let said: Vec<String> = flow.docs.iter().map(|d| sentence(flow, d)).collect();
    render(
        &format!("Ranks of {}", flow.text),
        &said.join("; "),
        height,
        |area| {
            let middle = |ink: Ink| text(ink).pos(Pos::new(HPos::Center, VPos::Center));
            for (i, view) in flow.views.iter().enumerate() {
                let label = fit(&view.stage, (column - 10).max(60) as u32);
                area.draw(&Text::new(label, (x(i), 22), middle(Ink::Text)))?;
            }
            for (rank, label) in [(1, "#1".to_owned()), (DEPTH + 1, format!(">{DEPTH}"))] {
                area.draw(&Text::new(label, (34, y(rank)), middle(Ink::Muted)))?;
            }
            let mut hovers = Vec::new();
            // The best answers last, so that nothing lies over them.
            let mut docs: Vec<&String> = flow.docs.iter().collect();
            docs.sort_by_key(|d| flow.targets.contains(d.as_str()));
            for doc in docs {
                one(area, flow, doc, &x, &y)?;
                for (i, view) in flow.views.iter().enumerate() {
                    if let Some(rank) = rank(view, doc) {
                        hovers.push(Hover {
                            area: HoverArea::Circle {
                                center: (x(i), y(rank)),
                                radius: 20,
                            },
                            text: sentence(flow, doc),
                            of: Of::Query(flow.key.clone()),
                        });
                    }
                }
            }
            Ok(hovers)
        },
    )
}

fn one(
    area: &Area<'_>,
    flow: &Flow<'_>,
    doc: &str,
    x: &dyn Fn(usize) -> i32,
    y: &dyn Fn(usize) -> i32,
) -> Drawn<()> {
    let is_target = flow.targets.contains(doc);
    let (ink, shape, width) = match is_target {
        true => (Ink::Good, Shape::Diamond, 6),
        false => (Ink::Muted, Shape::Disc, 2),
    };
    let at = |i: usize| Some((x(i), y(rank(flow.views.get(i)?, doc)?)));
    for (to, from) in &flow.edges {
        if let (Some(from), Some(to)) = (at(*from), at(*to)) {
            area.draw(&PathElement::new(vec![from, to], ink.stroke(width)))?;
        }
    }
    for place in (0..flow.views.len()).filter_map(at) {
        shape.draw(area, place, if is_target { 11 } else { 7 }, ink, true)?;
    }
    let last = flow.views.len() - 1;
    if let Some((x, y)) = at(last).filter(|_| rank(&flow.views[last], doc).is_some_and(|r| r <= DEPTH)) {
        let style =
            text(if is_target { Ink::Good } else { Ink::Text }).pos(Pos::new(HPos::Left, VPos::Center));
        let name = fit(flow.title(doc), NAMES as u32 - 40);
        area.draw(&Text::new(name, (x + 24, y), style))?;
    }
    Ok(())
}

fn rank(view: &StageView, doc: &str) -> Option<usize> {
    view.hits.iter().find(|h| h.doc == doc).map(|h| h.rank)
}

fn sentence(flow: &Flow<'_>, doc: &str) -> String {
    let places: Vec<String> = flow
        .views
        .iter()
        .map(|v| match rank(v, doc) {
            Some(rank) => format!("{} #{rank}", v.stage),
            None => format!("{} –", v.stage),
        })
        .collect();
    format!("{}: {}", flow.title(doc), places.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{evaluation, two_cells};

    #[test]
    fn a_document_says_where_it_stood_after_each_stage() {
        let evaluation = evaluation();
        let figure = figure(&evaluation, &Set::all(&evaluation)[1]).unwrap();
        let svg = figure.body.unwrap().svg;
        assert!(svg.contains(": d #4, ce #1"), "{svg}");
        assert!(svg.contains("data-query=\"demo-"));
    }

    #[test]
    fn nothing_moves_without_traces() {
        let evaluation = two_cells(0.1, None, (10, 12, 2));
        assert!(figure(&evaluation, &Set::all(&evaluation)[0]).is_none());
    }
}
