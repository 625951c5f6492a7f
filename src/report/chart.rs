//! Charts as inline SVG.
//!
//! `plotters` draws with a fixed palette of placeholder colours; [`render`] then puts CSS variables in their place, so
//! that one drawing serves light, dark and print. It also lays transparent shapes with a `<title>` over the marks:
//! values on hover without script. Shapes differ as well as colours, units stand in the axis titles, and what a chart
//! shows stands in a table too.

mod axis;
mod filter;
mod flow;
mod forest;
mod grid;
pub(crate) mod history;
mod ink;
mod latency;
pub(crate) mod losses;
mod marker;
mod plane;
mod queries;
mod recall;
mod rows;
mod scatter;
mod stages;

use plotters::coord::Shift;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::{DrawingArea, IntoDrawingArea, SVGBackend};
use plotters::style::{IntoFont, TextStyle};

use crate::evaluate::Evaluation;

use super::view::set::Set;
use super::view::text::one_line;
pub(crate) use ink::Ink;
pub(crate) use marker::Shape;

/// Width of every chart in drawing units. The page shows it at about half that, so that marks sit on half pixels.
const WIDTH: u32 = 1040;
/// Text size in drawing units; on a narrow page the style sheet makes it a little larger.
const TEXT: u32 = 25;
/// Width of a character, as a share of the text size: on the generous side, so that a larger size fits too.
const EM: f64 = 0.58;

/// What `plotters` draws on.
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// Drawing into a string has no errors of its own; layout has.
type Drawn<T> = Result<T, DrawingAreaErrorKind<std::io::Error>>;

/// A chart, or the reason why there is none.
#[derive(Debug)]
pub(crate) struct Figure {
    /// Fragment identifier.
    pub(crate) id: String,
    /// Heading.
    pub(crate) title: String,
    /// What to see in it, one or two sentences.
    pub(crate) caption: String,
    /// The drawing with its legend, or one sentence.
    pub(crate) body: Result<Drawing, String>,
}

/// A drawing and what its marks mean.
#[derive(Debug)]
pub(crate) struct Drawing {
    /// Inline SVG, complete and escaped.
    pub(crate) svg: String,
    /// May be empty.
    pub(crate) legend: Vec<Key>,
}

/// More marks than this are a list of their own somewhere else.
const MOST_NUMBERS: usize = 120;

impl Drawing {
    /// What its marks say on hover, escaped: the numbers behind the picture, for those who do not see it.
    pub(crate) fn numbers(&self) -> Vec<&str> {
        let titles = self.svg.split("<title>").skip(2);
        let mut texts: Vec<&str> = titles.filter_map(|t| Some(t.split_once("</title>")?.0)).collect();
        texts.dedup();
        match texts.len() {
            n if n > MOST_NUMBERS => Vec::new(),
            _ => texts,
        }
    }
}

/// One entry of a legend.
#[derive(Debug)]
pub(crate) struct Key {
    /// A small inline SVG.
    pub(crate) swatch: String,
    /// What it stands for.
    pub(crate) label: String,
}

/// A transparent shape that shows a text on hover.
#[derive(Debug)]
struct Hover {
    area: HoverArea,
    text: String,
    /// What it stands for, so that pointing at it shows the same elsewhere.
    of: Of,
}

/// What a mark stands for.
#[derive(Debug, Clone, Default)]
enum Of {
    /// Nothing that has a place of its own.
    #[default]
    Nothing,
    /// A cell, by its id.
    Cell(String),
    /// A query, by its key in the data block.
    Query(String),
}

impl Of {
    fn attribute(&self) -> String {
        match self {
            Of::Nothing => String::new(),
            Of::Cell(id) => format!(" data-cell=\"{}\"", escape(id)),
            Of::Query(key) => format!(" data-query=\"{}\"", escape(key)),
        }
    }
}

#[derive(Debug)]
enum HoverArea {
    Circle { center: (i32, i32), radius: u32 },
    Rectangle { corner: (i32, i32), size: (u32, u32) },
}

/// The charts of one data set; `several` puts its name into the headings.
pub(crate) fn figures(evaluation: &Evaluation, set: &Set<'_>, several: bool) -> Vec<Figure> {
    let mut figures = vec![
        scatter::figure(set),
        forest::figure(set),
        queries::figure(evaluation, set),
        recall::throughput(set),
        recall::memory(set),
        grid::figure(set),
        stages::figure(set),
        latency::figure(set),
    ];
    figures.extend(filter::figures(set));
    figures.extend(flow::figure(evaluation, set));
    if several {
        for figure in &mut figures {
            figure.title = format!("{}: {}", set.data, figure.title);
        }
    }
    figures
}

/// An identifier that is unique in the page.
fn id(kind: &str, set: &Set<'_>) -> String {
    format!("chart-{kind}-{}", super::view::text::slug(set.data))
}

/// Draws, then makes the result themable, accessible and hoverable.
fn render(
    title: &str,
    description: &str,
    height: u32,
    draw: impl FnOnce(&Area<'_>) -> Drawn<Vec<Hover>>,
) -> String {
    let mut buffer = String::new();
    let hovers = {
        let root = SVGBackend::with_string(&mut buffer, (WIDTH, height)).into_drawing_area();
        let hovers = draw(&root).expect("a string takes every drawing of fixed size");
        root.present().expect("a string takes every drawing");
        hovers
    };
    let inner = buffer.split_once('>').map_or("", |(_, rest)| rest);
    let inner = inner.trim_end().trim_end_matches("</svg>");
    let inner = ink::themed(inner)
        .replace(" opacity=\"1\"", "")
        .replace(" font-family=\"sans-serif\"", "");
    let inner = inner.replace(">\n", ">").replace("\n</", "</");
    let hovers: String = hovers.iter().map(Hover::svg).collect();
    format!(
        "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{label}\">\
         <title>{label}</title><desc>{}</desc>{}<g class=\"hover\">{hovers}</g></svg>",
        escape(description),
        inner.trim_start(),
        label = escape(title),
    )
}

impl Hover {
    fn svg(&self) -> String {
        let text = escape(&self.text);
        let of = self.of.attribute();
        match self.area {
            HoverArea::Circle {
                center: (x, y),
                radius,
            } => {
                format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"{of}><title>{text}</title></circle>")
            }
            HoverArea::Rectangle {
                corner: (x, y),
                size: (w, h),
            } => {
                format!(
                    "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"{of}><title>{text}</title></rect>"
                )
            }
        }
    }
}

/// For text and attribute values alike.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A text style; `plotters` divides the size by 1.24 when it writes SVG.
fn text(ink: Ink) -> TextStyle<'static> {
    ("sans-serif", f64::from(TEXT) * 1.24)
        .into_font()
        .color(&ink.color())
}

/// Estimated width of a text in drawing units. No fonts are read, so that output is the same on every machine.
fn text_width(text: &str) -> u32 {
    (unicode_width::UnicodeWidthStr::width(text) as f64 * f64::from(TEXT) * EM).round() as u32
}

/// A text cut to a width in drawing units.
fn fit(text: &str, width: u32) -> String {
    let characters = (f64::from(width) / (f64::from(TEXT) * EM)) as usize;
    one_line(text, characters.max(4))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{HOSTILE, evaluation, many_cells};

    #[test]
    fn every_chart_of_the_fixture_is_themed_labelled_and_deterministic() {
        let evaluation = evaluation();
        let sets = Set::all(&evaluation);
        let draw = || -> Vec<String> {
            figures(&evaluation, &sets[0], true)
                .into_iter()
                .map(|f| f.body.unwrap().svg)
                .collect()
        };
        for svg in draw() {
            assert!(svg.contains("role=\"img\"") && svg.contains("<title>") && svg.contains("<desc>"));
            assert!(svg.contains("var(--"));
            assert!(!svg.contains("#01"), "a placeholder colour is left: {svg}");
            assert!(!svg.contains("http"), "no name space is needed inline");
            assert_eq!(svg.matches("<svg").count(), svg.matches("</svg>").count());
        }
        assert_eq!(draw(), draw());
    }

    #[test]
    fn a_set_without_numbers_says_why_there_are_no_charts() {
        let evaluation = evaluation();
        let sets = Set::all(&evaluation);
        let reasons: Vec<String> = figures(&evaluation, &sets[1], false)
            .into_iter()
            .filter_map(|f| Some(format!("{}: {}", f.id, f.body.err()?)))
            .collect();
        insta::assert_snapshot!(reasons.join("\n"), @"
        chart-quality-demo: no latency was taken.
        chart-differences-demo: 2 queries are too few for intervals.
        chart-queries-demo: 2 queries that differ are too few.
        chart-throughput-demo: no cell has both recall and throughput.
        chart-memory-demo: all indexes have the same size.
        chart-grid-demo: fewer than two settings vary.
        chart-stages-demo: no latency was taken.
        chart-latency-demo: no latency was taken.
        ");
    }

    #[test]
    fn the_numbers_of_a_chart_are_those_of_its_marks() {
        let evaluation = evaluation();
        let sets = Set::all(&evaluation);
        let drawing = forest::figure(&sets[0]).body.unwrap();
        let numbers = drawing.numbers();
        assert_eq!(numbers.len(), 4, "a row per cell beside the reference");
        assert!(
            numbers[0].starts_with("reranked · quantization none: +0."),
            "{}",
            numbers[0]
        );
    }

    #[test]
    fn many_cells_fit() {
        let evaluation = many_cells(24);
        let sets = Set::all(&evaluation);
        for figure in figures(&evaluation, &sets[0], false) {
            let Ok(drawing) = figure.body else {
                // One setting varies, and all indexes are equally large.
                let nothing_to_draw = ["chart-grid", "chart-memory"];
                assert!(
                    nothing_to_draw.iter().any(|id| figure.id.starts_with(id)),
                    "{}",
                    figure.id
                );
                continue;
            };
            assert!(
                drawing.legend.len() <= 8,
                "{}: {}",
                figure.id,
                drawing.legend.len()
            );
        }
    }

    #[test]
    fn hostile_texts_are_escaped_in_hover_and_labels() {
        let hover = Hover {
            area: HoverArea::Circle {
                center: (1, 2),
                radius: 3,
            },
            text: HOSTILE.into(),
            of: Of::Cell("\"><b>".into()),
        };
        let svg = hover.svg();
        assert!(!svg.contains("<img") && !svg.contains("</script>") && !svg.contains("<b>"));
        assert!(svg.contains("&lt;img src=x onerror=alert(1)&gt; &quot;quoted&quot; &#39;single&#39; &amp;"));
        assert_eq!(text_width("abcd"), 58);
        assert_eq!(fit("a rather long label", 140), "a rather…");
    }
}
