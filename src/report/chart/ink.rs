//! The palette: placeholder colours while drawing, CSS variables in the page.

use plotters::style::{RGBColor, ShapeStyle};

/// What is drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Text and axes.
    Text,
    /// Secondary text.
    Muted,
    /// Grid lines.
    Line,
    /// The page: for text on a mark.
    Page,
    /// Better.
    Good,
    /// Worse.
    Bad,
    /// One of [`SERIES`] distinguishable colours; larger numbers begin anew.
    Series(usize),
}

/// Distinguishable colours there are.
pub(crate) const SERIES: usize = 8;

impl Ink {
    fn all() -> impl Iterator<Item = Ink> {
        let named = [Ink::Text, Ink::Muted, Ink::Line, Ink::Page, Ink::Good, Ink::Bad];
        named.into_iter().chain((0..SERIES).map(Ink::Series))
    }

    /// The placeholder: a colour that nobody would choose.
    fn rgb(self) -> (u8, u8, u8) {
        let n = match self {
            Ink::Text => 1,
            Ink::Muted => 2,
            Ink::Line => 3,
            Ink::Page => 4,
            Ink::Good => 5,
            Ink::Bad => 6,
            Ink::Series(n) => 0x10 + (n % SERIES) as u8,
        };
        (1, n, 254)
    }

    /// For `plotters`.
    pub(crate) fn color(self) -> RGBColor {
        let (r, g, b) = self.rgb();
        RGBColor(r, g, b)
    }

    /// A line of that colour.
    pub(crate) fn stroke(self, width: u32) -> ShapeStyle {
        ShapeStyle::from(self.color()).stroke_width(width)
    }

    /// An area of that colour.
    pub(crate) fn fill(self) -> ShapeStyle {
        ShapeStyle::from(self.color()).filled()
    }

    /// The CSS variable.
    pub(crate) fn css(self) -> String {
        match self {
            Ink::Text => "var(--text)".into(),
            Ink::Muted => "var(--muted)".into(),
            Ink::Line => "var(--line)".into(),
            Ink::Page => "var(--page)".into(),
            Ink::Good => "var(--good)".into(),
            Ink::Bad => "var(--bad)".into(),
            Ink::Series(n) => format!("var(--series-{})", n % SERIES + 1),
        }
    }
}

/// Puts CSS variables in the place of placeholders. Only whole attribute values are replaced; quotes in texts are
/// escaped, so a text can never look like one.
pub(crate) fn themed(svg: &str) -> String {
    Ink::all().fold(svg.to_owned(), |svg, ink| {
        let (r, g, b) = ink.rgb();
        svg.replace(
            &format!("\"#{r:02X}{g:02X}{b:02X}\""),
            &format!("\"{}\"", ink.css()),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_attribute_values_are_replaced() {
        let svg = "<rect fill=\"#0101FE\"/><text fill=\"#0111FE\">#0101FE</text>";
        assert_eq!(
            themed(svg),
            "<rect fill=\"var(--text)\"/><text fill=\"var(--series-2)\">#0101FE</text>"
        );
    }

    #[test]
    fn placeholders_are_distinct() {
        let mut seen: Vec<_> = Ink::all().map(Ink::rgb).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), Ink::all().count());
    }
}
