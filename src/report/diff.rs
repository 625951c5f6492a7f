//! Two runs side by side, for a terminal.

use crate::evaluate::diff::{CellDiff, Diff, MeasureDiff, QueryChange, RankingDiff, Ratio};
use crate::stats::TIE;

use super::console::Style;
use super::console::paint::{Paint, Tone, wrap};
use super::view::baseline::data;
use super::view::judgement::Judgement;
use super::view::number;
use super::view::text::{count, listed, one_line, visible};

/// Cells that are shown in full; JSON has them all.
const MOST_CELLS: usize = 12;
/// Width of the names before figures.
const NAME: usize = 14;

/// The difference as text, no line wider than `width` columns (at least 40): the cells that changed most first.
pub fn diff(diff: &Diff, width: usize, style: Style) -> String {
    let page = Page {
        width: width.max(40),
        paint: Paint::new(style),
    };
    let mut out = page.head(diff);
    let mut cells: Vec<&CellDiff> = diff.cells.iter().collect();
    cells.sort_by(|a, b| size(b).total_cmp(&size(a)));
    let (changed, same): (Vec<&CellDiff>, Vec<&CellDiff>) = cells.into_iter().partition(|c| !is_same(c));
    for cell in changed.iter().take(MOST_CELLS) {
        out += &page.cell(cell);
    }
    let hidden = changed.len().saturating_sub(MOST_CELLS);
    if hidden > 0 {
        out += &page.wrapped(
            0,
            &format!(
                "{} less; --cell and --json show them",
                count(hidden, "cell changed", "cells changed")
            ),
        );
    }
    if !same.is_empty() {
        let labels: Vec<String> = same.iter().map(|c| name(c)).collect();
        let cells = count(same.len(), "cell has", "cells have");
        out += &page.wrapped(
            0,
            &format!(
                "{cells} the same rankings and the same work: {}",
                listed(&labels, 4)
            ),
        );
    }
    visible(&out).into_owned()
}

/// What cells are ordered by: the largest difference of a measure.
fn size(cell: &CellDiff) -> f64 {
    cell.measures
        .iter()
        .map(|m| m.difference.abs())
        .fold(0.0, f64::max)
}

fn is_same(cell: &CellDiff) -> bool {
    let same_work = cell.work.iter().all(|w| (w.before - w.after).abs() < TIE);
    let same_values = cell
        .measures
        .iter()
        .all(|m| m.wins.is_empty() && m.losses.is_empty());
    same_work && same_values && cell.rankings.as_ref().is_none_or(|r| r.unchanged == r.queries)
}

fn name(cell: &CellDiff) -> String {
    format!("{}: {}", cell.data, cell.label)
}

struct Page {
    width: usize,
    paint: Paint,
}

impl Page {
    fn head(&self, diff: &Diff) -> String {
        let title = format!("{}: {} → {}", diff.experiment, diff.before, diff.after);
        let mut out = self.wrapped(0, &title);
        for (name, shared) in &diff.data {
            let (care, text) = data(name, shared);
            out += &self.fact(care, &text);
        }
        for changed in &diff.changed {
            out += &self.fact(true, changed);
        }
        if diff.data.is_empty() {
            out += &self.fact(true, "no data set is in both runs, so no query compares");
        }
        if diff.cells.is_empty() {
            out += &self.fact(true, "no cell is in both runs, so nothing is compared");
        }
        out += &match diff.machine.as_slice() {
            [] if diff.cells.is_empty() => String::new(),
            [] => self.fact(false, "same kind of machine"),
            differ => self.fact(
                true,
                &format!(
                    "times are not compared, the machines differ: {}",
                    listed(differ, 3)
                ),
            ),
        };
        for (what, cells) in [("new", &diff.new), ("gone", &diff.gone)] {
            if !cells.is_empty() {
                let labels: Vec<String> = cells
                    .iter()
                    .map(|(data, label)| format!("{data}: {label}"))
                    .collect();
                out += &self.fact(true, &format!("{what}: {}", listed(&labels, 6)));
            }
        }
        for (cell, why) in &diff.without {
            out += &self.fact(true, &format!("{cell}: no numbers {why}"));
        }
        out
    }

    fn cell(&self, cell: &CellDiff) -> String {
        let mut out = format!("\n{}", self.strong(&name(cell)));
        if !cell.changes.is_empty() {
            out += &self.row("changed", &listed(&cell.changes, 4));
        }
        for measure in &cell.measures {
            out += &self.measure(measure);
        }
        let headline = cell
            .measures
            .iter()
            .find(|m| m.measure == "nDCG@10")
            .or(cell.measures.first());
        if let Some(measure) = headline {
            out += &self.queries(&format!("wins in {}", measure.measure), &measure.wins);
            out += &self.queries(&format!("losses in {}", measure.measure), &measure.losses);
        }
        if let Some(rankings) = &cell.rankings {
            out += &self.rankings(rankings);
        }
        let ratio = |unit: &str, figure: fn(f64) -> String, of: &Ratio| {
            let times = of
                .ratio
                .map_or_else(|| "new work".to_owned(), |r| format!("{r:.2} ×"));
            format!(
                "{} {} → {}{unit} ({times})",
                of.name,
                figure(of.before),
                figure(of.after)
            )
        };
        let changed = cell.work.iter().filter(|w| (w.before - w.after).abs() > TIE);
        let work: Vec<String> = changed.map(|w| ratio("", number::mean_count, w)).collect();
        out += &match (work.is_empty(), cell.work.is_empty()) {
            (false, _) => self.row("work per query", &work.join(", ")),
            (true, false) => self.row("work per query", "the same"),
            (true, true) => String::new(),
        };
        let time: Vec<String> = cell.time.iter().map(|t| ratio(" ms", number::ms, t)).collect();
        if !time.is_empty() {
            out += &self.row("time", &time.join(", "));
        }
        out
    }

    fn measure(&self, measure: &MeasureDiff) -> String {
        let judgement = Judgement::of(&measure.paired);
        let interval = measure.interval.map(|i| format!(" {}", number::interval(i)));
        let (wins, ties, losses) = measure.wins_ties_losses;
        let mut text = format!(
            "{} → {}, {}{} {} {}, W/T/L {wins}/{ties}/{losses}",
            number::measure(measure.before),
            number::measure(measure.after),
            number::signed(measure.difference),
            interval.unwrap_or_default(),
            judgement.glyph(),
            judgement.word(),
        );
        if let Some(effect) = measure.effect {
            let ratio = effect
                .ratio
                .map(|r| format!(", effect ratio {}", number::measure(r)));
            let relative = effect.delta_relative_improvement;
            let relative = relative.map(|d| format!(", ΔRI {}", number::signed(d)));
            text += &format!("{}{}", ratio.unwrap_or_default(), relative.unwrap_or_default());
        }
        self.row(&measure.measure, &text)
    }

    fn queries(&self, what: &str, changes: &[QueryChange]) -> String {
        let mut out = String::new();
        for (i, change) in changes.iter().enumerate() {
            let text = format!(
                "{} → {}  {} {}",
                number::measure(change.before),
                number::measure(change.after),
                change.query,
                quoted(&change.text)
            );
            if i == 0 {
                out += &self.wrapped(2, what);
            }
            out += &self.wrapped(4, &text);
        }
        out
    }

    fn rankings(&self, rankings: &RankingDiff) -> String {
        let figure = |x: Option<f64>| number::measure_or(x);
        let without = rankings.queries - rankings.with_tau_b;
        let undefined = match without {
            0 => String::new(),
            _ => format!(" (undefined for {without}, where a side has no order)"),
        };
        let text = format!(
            "RBO {}, tau-b {}{undefined}, means of {}; {} unchanged",
            figure(rankings.rbo),
            figure(rankings.tau_b),
            count(rankings.queries, "query", "queries"),
            rankings.unchanged
        );
        let mut out = self.row("rankings", &text);
        for change in &rankings.changed_most {
            let text = format!(
                "RBO {}, tau-b {}  {} {}",
                figure(change.rbo),
                figure(change.tau_b),
                change.query,
                quoted(&change.text)
            );
            out += &self.wrapped(4, &text);
        }
        out
    }

    fn row(&self, name: &str, text: &str) -> String {
        let lines = wrap(text, self.width - NAME - 3, 0);
        let line =
            |(i, line): (usize, &String)| format!("  {:<NAME$} {line}\n", if i == 0 { name } else { "" });
        lines.iter().enumerate().map(line).collect()
    }

    fn fact(&self, care: bool, text: &str) -> String {
        let (glyph, tone) = if care {
            ("!", Tone::Warn)
        } else {
            ("✓", Tone::Good)
        };
        let lines = wrap(text, self.width - 2, 0);
        let line = |(i, line): (usize, String)| match i {
            0 => format!("{} {line}\n", self.paint.tone(tone, glyph)),
            _ => format!("  {line}\n"),
        };
        lines.into_iter().enumerate().map(line).collect()
    }

    fn strong(&self, text: &str) -> String {
        let lines = wrap(text, self.width, 2);
        lines
            .iter()
            .map(|l| format!("{}\n", self.paint.tone(Tone::Strong, l)))
            .collect()
    }

    fn wrapped(&self, indent: usize, text: &str) -> String {
        let margin = " ".repeat(indent);
        let lines = wrap(text, self.width - indent, 2);
        lines.iter().map(|l| format!("{margin}{l}\n")).collect()
    }
}

fn quoted(text: &str) -> String {
    match one_line(text, 60).as_str() {
        "" => String::new(),
        text => format!("“{text}”"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::evaluate::baseline::SharedData;
    use crate::evaluate::diff::{Effect, RankingChange};

    fn change(query: &str, before: f64, after: f64) -> QueryChange {
        QueryChange {
            query: query.into(),
            text: format!("brake sensor {query}"),
            before,
            after,
        }
    }

    fn ratio(name: &str, before: f64, after: f64) -> Ratio {
        Ratio {
            name: name.into(),
            before,
            after,
            ratio: Some(after / before),
        }
    }

    fn cell(label: &str) -> CellDiff {
        CellDiff {
            data: "parts".into(),
            id: "0f3a9c0".into(),
            label: label.into(),
            changes: Vec::new(),
            measures: Vec::new(),
            rankings: None,
            work: vec![ratio("float_distances", 1200.0, 1200.0)],
            time: Vec::new(),
        }
    }

    fn changed() -> CellDiff {
        let paired = crate::report::fixture::difference(0.019, Some((0.009, 0.029)), (9, 14, 1));
        CellDiff {
            changes: vec!["pipeline.d.dense.ef: 64 → 128".into()],
            measures: vec![MeasureDiff {
                measure: "nDCG@10".into(),
                before: 0.712,
                after: 0.731,
                difference: paired.mean,
                interval: paired.interval,
                wins_ties_losses: paired.wins_ties_losses,
                effect: Some(Effect {
                    ratio: Some(1.25),
                    delta_relative_improvement: Some(-0.01),
                }),
                wins: vec![change("q3", 0.25, 1.0)],
                losses: vec![change("q7", 0.5, 0.431)],
                paired,
            }],
            rankings: Some(RankingDiff {
                queries: 24,
                unchanged: 12,
                with_tau_b: 23,
                tau_b: Some(0.93),
                rbo: Some(0.97),
                changed_most: vec![RankingChange {
                    query: "q3".into(),
                    text: "brake sensor q3".into(),
                    tau_b: Some(0.12),
                    rbo: Some(0.41),
                }],
            }),
            work: vec![ratio("float_distances", 1200.0, 1320.0)],
            time: vec![ratio("p50", 4.1, 4.0)],
            ..cell("pipeline=hybrid")
        }
    }

    #[test]
    fn what_changed_first_and_the_rest_in_a_line() {
        let shared = SharedData {
            queries: (0..24).map(|i| format!("q{i}")).collect(),
            added: 0,
            removed: 1,
            changed: 2,
            files: vec!["test.tsv".into()],
        };
        let diff = Diff {
            before: "20260301T101500Z-4f1c2ab".into(),
            after: "20260302T101500Z-9ab12f0".into(),
            experiment: "techniques".into(),
            changed: Vec::new(),
            machine: vec!["4 CPUs there, 2 here".into()],
            data: BTreeMap::from([("parts".into(), shared)]),
            cells: vec![cell("pipeline=dense"), changed()],
            new: vec![("parts".into(), "pipeline=fields".into())],
            gone: Vec::new(),
            without: Vec::new(),
        };
        let text = super::diff(&diff, 80, Style::Plain);
        assert!(text.lines().all(|l| l.chars().count() <= 80), "{text}");
        insta::assert_snapshot!(text);
    }
}
