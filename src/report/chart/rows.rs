//! A chart of rows: a name above each row, a figure at its right, one shared axis below.
//!
//! Names stand above their row, not beside it, so that long ones fit a narrow page.

use plotters::element::{PathElement, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::Axis;
use super::{Area, Drawn, Ink, TEXT, WIDTH, fit, text, text_width};

/// Height of one row, name included.
pub(super) const ROW: u32 = 76;
/// More rows than this are not read any more.
pub(super) const MOST_ROWS: usize = 30;

const LEFT: u32 = 16;
const RIGHT: u32 = 24;
const TOP: u32 = 8;
const BELOW: u32 = 96;

/// The frame of the rows.
pub(super) struct Rows<'a> {
    pub(super) axis: &'a Axis,
    pub(super) count: usize,
}

impl Rows<'_> {
    /// Height of the whole chart.
    pub(super) fn height(&self) -> u32 {
        TOP + ROW * self.count as u32 + BELOW
    }

    /// Horizontal position of a value.
    pub(super) fn x(&self, value: f64) -> i32 {
        LEFT as i32 + (self.axis.share(value) * f64::from(WIDTH - LEFT - RIGHT)).round() as i32
    }

    /// Vertical middle of a row's mark.
    pub(super) fn y(&self, row: usize) -> i32 {
        (TOP + ROW * row as u32 + 54) as i32
    }

    /// Grid, ticks and axis title.
    pub(super) fn frame(&self, area: &Area<'_>, title: &str, label: impl Fn(f64) -> String) -> Drawn<()> {
        let bottom = (TOP + ROW * self.count as u32 + 10) as i32;
        for tick in &self.axis.ticks {
            let x = self.x(*tick);
            area.draw(&PathElement::new(
                vec![(x, TOP as i32), (x, bottom)],
                Ink::Line.stroke(2),
            ))?;
            let style = text(Ink::Muted).pos(Pos::new(HPos::Center, VPos::Top));
            let label = label(*tick);
            // A label at an end moves inwards rather than over the edge.
            let half = text_width(&label) as i32 / 2 + 8;
            let x = x.clamp(half, WIDTH as i32 - half);
            area.draw(&Text::new(label, (x, bottom + 10), style))?;
        }
        let style = text(Ink::Muted).pos(Pos::new(HPos::Center, VPos::Top));
        let middle = ((LEFT + WIDTH - RIGHT) / 2) as i32;
        area.draw(&Text::new(
            title.to_owned(),
            (middle, bottom + 14 + TEXT as i32 + 12),
            style,
        ))
    }

    /// Name and figure above a row.
    pub(super) fn head(&self, area: &Area<'_>, row: usize, name: &str, figure: &str) -> Drawn<()> {
        let y = self.y(row) - 24;
        let right = text(Ink::Text).pos(Pos::new(HPos::Right, VPos::Bottom));
        area.draw(&Text::new(figure.to_owned(), ((WIDTH - RIGHT) as i32, y), right))?;
        let left = text(Ink::Text).pos(Pos::new(HPos::Left, VPos::Bottom));
        let room = (WIDTH - LEFT - RIGHT).saturating_sub(text_width(figure) + 90);
        area.draw(&Text::new(fit(name, room), (LEFT as i32, y), left))
    }
}
