//! What `history` prints: a line per run, a sparkline per cell, and what does not compare.

use super::super::view::number::{self, NOT_APPLICABLE};
use super::super::view::text::{count, listed};
use super::super::view::trend::{DataTrend, Gates, Point, Trend, TrendRun};
use super::Style;
use super::grid::{Align, Cell, Grid};
use super::paint::{Paint, Tone, wrap};

/// Stands where a change would compare what does not compare.
const BROKEN: &str = "≠";

/// A table per data set. No line is wider than `width` columns (at least 40).
pub fn trend(trend: &Trend, width: usize, style: Style) -> String {
    let width = width.max(40);
    let paint = Paint::new(style);
    let tables: Vec<String> = trend
        .data
        .iter()
        .map(|data| of_data(&trend.experiment, data, width, paint))
        .collect();
    tables.join("\n")
}

fn of_data(experiment: &str, trend: &DataTrend, width: usize, paint: Paint) -> String {
    let runs = count(trend.runs.len(), "run", "runs");
    let title = format!("{experiment} · data {} · {} · {runs}", trend.data, trend.measure);
    let mut out = String::new();
    let mut say = |text: &str, tone: Tone| {
        for line in wrap(text, width, 2) {
            out += &format!("{}\n", paint.tone(tone, &line));
        }
    };
    say(&title, Tone::Strong);
    say("", Tone::None);
    let has_best = trend.runs.iter().any(|r| r.best.is_some());
    let mut grid = grid(trend, has_best);
    let dropped = grid.fit(width);
    for line in grid.lines(width, paint) {
        out += &format!("{line}\n");
    }
    out.push('\n');
    let first = if has_best { "ref" } else { "cell" };
    for (word, of) in [
        (first, reference as fn(&TrendRun) -> Option<&Point>),
        ("best", best),
    ] {
        out += &series(trend, word, of, width);
    }
    for note in notes(trend, &dropped) {
        for line in wrap(&note, width, 2) {
            out += &format!("{}\n", paint.tone(Tone::Dim, &line));
        }
    }
    out
}

fn reference(run: &TrendRun) -> Option<&Point> {
    run.reference.as_ref()
}

fn best(run: &TrendRun) -> Option<&Point> {
    run.best.as_ref()
}

fn grid(trend: &DataTrend, has_best: bool) -> Grid {
    let runs = &trend.runs;
    let mut grid = Grid::new(runs.len());
    let text = |text: String| Some(Cell::from(text.as_str()));
    grid.column(
        "run, UTC",
        Align::Left,
        0,
        runs.iter().map(|r| text(r.when.clone())),
    );
    grid.settings_end();
    let commit = |r: &TrendRun| {
        let short: String = r.commit.chars().take(7).collect();
        (!short.is_empty()).then(|| Cell::from(short.as_str()))
    };
    grid.column("commit", Align::Left, 3, runs.iter().map(commit));
    let cells = |r: &TrendRun| text(format!("{}/{}", r.ok, r.cells));
    grid.column("cells", Align::Left, 4, runs.iter().map(cells));
    grid.column("gates", Align::Left, 0, runs.iter().map(|r| gates(r.gates)));
    let first = if has_best { "ref" } else { "cell" };
    values(&mut grid, runs, [first, "Δ"], 0, reference);
    if has_best {
        values(&mut grid, runs, ["best", "Δ best"], 2, best);
    }
    let time = |r: &TrendRun| text(r.percentile_ms.map_or_else(none, number::ms));
    if let Some(percentile) = trend.percentile {
        let heading = format!("{} ms", number::percentile(percentile));
        grid.column(&heading, Align::Number, 1, runs.iter().map(time));
    }
    grid
}

fn none() -> String {
    NOT_APPLICABLE.to_owned()
}

/// A value and its change; the change gives way when there is no room.
fn values(
    grid: &mut Grid,
    runs: &[TrendRun],
    [heading, change]: [&str; 2],
    give_up: usize,
    of: fn(&TrendRun) -> Option<&Point>,
) {
    let value = |r: &TrendRun| match of(r) {
        Some(point) => Some(Cell::from(number::measure_or(point.value).as_str())),
        None => Some(Cell::from(NOT_APPLICABLE)),
    };
    grid.column(heading, Align::Number, 0, runs.iter().map(value));
    let changed = |r: &TrendRun| {
        let change = of(r).and_then(|p| p.change);
        Some(match change {
            _ if !r.not_comparable.is_empty() => Cell::toned(BROKEN.to_owned(), Tone::Warn),
            None => Cell::from(NOT_APPLICABLE),
            // Of two means nothing is certain, so no colour says better or worse.
            Some(change) => Cell::from(number::signed(change).as_str()),
        })
    };
    grid.column(change, Align::Number, give_up, runs.iter().map(changed));
}

/// `✓ 3`, `✗ 1/4`, `? 1/4`: the worst outcome and how often.
fn gates(gates: Gates) -> Option<Cell> {
    let all = gates.pass + gates.fail + gates.undecided;
    Some(match (all, gates.fail, gates.undecided) {
        (0, _, _) => Cell::from(NOT_APPLICABLE),
        (_, 0, 0) => Cell::toned(format!("✓ {all}"), Tone::Good),
        (_, 0, n) => Cell::toned(format!("? {n}/{all}"), Tone::Warn),
        (_, n, _) => Cell::toned(format!("✗ {n}/{all}"), Tone::Bad),
    })
}

/// `ref   ▁▃█│▅  0.712 … 0.731  dense`: nothing for a cell that has no value in any run.
fn series(trend: &DataTrend, word: &str, of: fn(&TrendRun) -> Option<&Point>, width: usize) -> String {
    let values: Vec<(Option<f64>, bool)> = trend
        .runs
        .iter()
        .map(|r| (of(r).and_then(|p| p.value), !r.not_comparable.is_empty()))
        .collect();
    let ends = || values.iter().filter_map(|(v, _)| *v);
    let (Some(first), Some(last)) = (ends().next(), ends().next_back()) else {
        return String::new();
    };
    let name = trend
        .runs
        .iter()
        .rev()
        .find_map(|r| of(r).map(|p| p.cell.as_str()));
    let text = format!(
        "{word:<5} {}  {} … {}  {}",
        sparkline(&values),
        number::measure(first),
        number::measure(last),
        name.unwrap_or_default()
    );
    let cut = super::paint::cut(&text, width);
    // Cutting folds blanks, which are part of what is drawn.
    let fits = super::paint::width(&text) <= width;
    format!("{}\n", if fits { text } else { cut })
}

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A bar per value, from the least to the greatest; a blank where there is none, a line before a value that does not compare
/// with those to its left. Values that are all the same are of middle height.
fn sparkline(values: &[(Option<f64>, bool)]) -> String {
    let known = || values.iter().filter_map(|(v, _)| *v);
    let (low, high) = (known().fold(f64::MAX, f64::min), known().fold(f64::MIN, f64::max));
    let bar = |value: f64| match high - low {
        range if range > 0.0 => {
            let place = (value - low) / range * (BARS.len() - 1) as f64;
            BARS[(place.round() as usize).min(BARS.len() - 1)]
        }
        _ => BARS[3],
    };
    let mut line = String::new();
    for (value, broken) in values {
        if *broken {
            line.push('│');
        }
        line.push(value.map_or(' ', bar));
    }
    line
}

/// What the table does not say.
fn notes(trend: &DataTrend, dropped: &[String]) -> Vec<String> {
    let mut notes = Vec::new();
    for run in trend.runs.iter().filter(|r| !r.not_comparable.is_empty()) {
        let what: Vec<String> = run.not_comparable.iter().map(|w| (*w).to_owned()).collect();
        notes.push(format!(
            "{BROKEN} {}: other {} than in the run before, so they do not compare",
            run.when,
            listed(&what, 3)
        ));
    }
    let interrupted: Vec<String> = trend
        .runs
        .iter()
        .filter(|r| !r.finished)
        .map(|r| r.when.clone())
        .collect();
    if !interrupted.is_empty() {
        notes.push(format!("interrupted: {}", listed(&interrupted, 5)));
    }
    let elsewhere = trend.runs.iter().filter(|r| !r.same_machine).count();
    if elsewhere > 0 && trend.percentile.is_some() {
        notes.push(format!(
            "times of {} are left out: another kind of machine than that of the newest",
            count(elsewhere, "run", "runs")
        ));
    }
    if !dropped.is_empty() {
        notes.push(format!("not shown for want of room: {}", dropped.join(", ")));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Evaluation;
    use crate::report::fixture::evaluation;

    #[test]
    fn bars_rise_with_values_and_break_where_those_do_not_compare() {
        let fine = |v: f64| (Some(v), false);
        assert_eq!(sparkline(&[fine(0.1), fine(0.2), fine(0.8)]), "▁▂█");
        assert_eq!(sparkline(&[fine(0.5), fine(0.5)]), "▄▄");
        assert_eq!(sparkline(&[fine(0.0), (None, false), (Some(1.0), true)]), "▁ │█");
    }

    fn runs() -> Vec<Evaluation> {
        let at = |month: u32| {
            let mut run = evaluation();
            run.manifest.started = format!("2026-{month:02}-01T08:00:00Z");
            run.manifest.run_id = format!("2026{month:02}01T080000Z-1111111");
            run
        };
        let (mut first, second, third) = (at(1), at(2), at(3));
        first.manifest.data.get_mut("parts").unwrap().files[0].sha256 = "f".repeat(64);
        first.manifest.machine.cpus += 1;
        first.manifest.finished = None;
        vec![first, second, third]
    }

    fn shown(width: usize) -> String {
        let trend = super::super::super::view::trend::trend(&runs(), None, None).unwrap();
        super::trend(&trend, width, Style::Plain)
    }

    #[test]
    fn at_80_columns() {
        insta::assert_snapshot!(shown(80));
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        for columns in [40, 60, 80, 120] {
            for line in shown(columns).lines() {
                assert!(super::super::paint::width(line) <= columns, "{columns}: {line}");
            }
        }
    }
}
