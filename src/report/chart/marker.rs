//! Shapes that tell series apart without colour.

use plotters::element::{PathElement, Polygon};

use super::ink::{Ink, SERIES};
use super::{Area, Drawn};

/// A mark's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A disc, drawn as a polygon so that all shapes are alike.
    Disc,
    /// A square.
    Square,
    /// Pointing up.
    Up,
    /// Standing on a corner.
    Diamond,
    /// Pointing down.
    Down,
    /// A plus.
    Plus,
    /// A cross.
    Cross,
    /// Six corners.
    Hexagon,
}

const SHAPES: [Shape; SERIES] = [
    Shape::Disc,
    Shape::Square,
    Shape::Up,
    Shape::Diamond,
    Shape::Down,
    Shape::Plus,
    Shape::Cross,
    Shape::Hexagon,
];

impl Shape {
    /// The shape that goes with a series' colour.
    pub(crate) fn of_series(n: usize) -> Shape {
        SHAPES[n % SERIES]
    }

    /// Corners around the origin; the shapes have about equal areas.
    fn corners(self, radius: f64) -> Vec<(f64, f64)> {
        let regular = |n: usize, start: f64, r: f64| -> Vec<(f64, f64)> {
            let angle = |i: usize| (start + 360.0 * i as f64 / n as f64).to_radians();
            (0..n).map(|i| (r * angle(i).cos(), r * angle(i).sin())).collect()
        };
        match self {
            Shape::Disc => regular(20, 0.0, radius),
            Shape::Square => regular(4, 45.0, radius * 1.22),
            Shape::Up => regular(3, -90.0, radius * 1.4),
            Shape::Diamond => regular(4, 0.0, radius * 1.3),
            Shape::Down => regular(3, 90.0, radius * 1.4),
            Shape::Hexagon => regular(6, 0.0, radius * 1.1),
            Shape::Plus => plus(radius * 1.25),
            Shape::Cross => {
                let turn = std::f64::consts::FRAC_1_SQRT_2;
                plus(radius * 1.25)
                    .into_iter()
                    .map(|(x, y)| ((x - y) * turn, (x + y) * turn))
                    .collect()
            }
        }
    }

    /// Draws the shape, filled or as an outline.
    pub(super) fn draw(
        self,
        area: &Area<'_>,
        (x, y): (i32, i32),
        radius: u32,
        ink: Ink,
        filled: bool,
    ) -> Drawn<()> {
        let place = |(dx, dy): (f64, f64)| (x + dx.round() as i32, y + dy.round() as i32);
        let mut corners: Vec<(i32, i32)> = self.corners(f64::from(radius)).into_iter().map(place).collect();
        // The page's colour inside an outline keeps lines behind the mark from showing through.
        area.draw(&Polygon::new(
            corners.clone(),
            if filled { ink.fill() } else { Ink::Page.fill() },
        ))?;
        corners.push(corners[0]);
        area.draw(&PathElement::new(corners, ink.stroke(if filled { 1 } else { 4 })))
    }

    /// A legend's swatch, as wide as a letter is high.
    pub(super) fn swatch(self, ink: Ink, filled: bool) -> String {
        let place = |(x, y): &(f64, f64)| format!("{:.1},{:.1}", x + 8.0, y + 8.0);
        let points: Vec<String> = self.corners(5.0).iter().map(place).collect();
        let (fill, width) = if filled {
            (ink.css(), 0.0)
        } else {
            ("none".to_owned(), 1.6)
        };
        format!(
            "<svg class=\"swatch\" viewBox=\"0 0 16 16\" aria-hidden=\"true\"><polygon points=\"{}\" fill=\"{fill}\" \
             stroke=\"{}\" stroke-width=\"{width}\"/></svg>",
            points.join(" "),
            ink.css(),
        )
    }
}

fn plus(reach: f64) -> Vec<(f64, f64)> {
    let half = reach * 0.32;
    vec![
        (-half, -reach),
        (half, -reach),
        (half, -half),
        (reach, -half),
        (reach, half),
        (half, half),
        (half, reach),
        (-half, reach),
        (-half, half),
        (-reach, half),
        (-reach, -half),
        (-half, -half),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_series_has_a_shape_of_its_own() {
        let swatches: std::collections::BTreeSet<String> = (0..SERIES)
            .map(|n| Shape::of_series(n).swatch(Ink::Text, true))
            .collect();
        assert_eq!(swatches.len(), SERIES);
        assert_eq!(Shape::of_series(SERIES), Shape::Disc);
    }

    #[test]
    fn a_swatch_carries_its_colour_as_a_variable() {
        let swatch = Shape::Diamond.swatch(Ink::Series(2), false);
        assert!(
            swatch.contains("points=\"14.5,8.0 8.0,14.5 1.5,8.0 8.0,1.5\""),
            "{swatch}"
        );
        assert!(swatch.contains("fill=\"none\" stroke=\"var(--series-3)\""));
    }
}
