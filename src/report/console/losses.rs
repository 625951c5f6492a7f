//! What `explain` prints of a cell: its ladder, what became of relevant documents, and the queries that fell most.

use crate::evaluate::Evaluation;
use crate::plan::Cell;

use super::super::view::judgement::Judgement;
use super::super::view::losses::{Change, LossRow, LossTable, Worst, by_step, loss_table, worst};
use super::super::view::number::NOT_APPLICABLE;
use super::super::view::set::Set;
use super::super::view::text::count;
use super::Style;
use super::grid::{self, Align, Grid};
use super::paint::{Paint, Tone, wrap};

/// Where one cell loses: table, ceilings, fates, and at most `most` queries. `None` for a cell without losses: it did not
/// run, or the measure cannot be read along its pipeline.
pub fn losses(
    evaluation: &Evaluation,
    cell: &Cell,
    most: usize,
    width: usize,
    style: Style,
) -> Option<String> {
    let width = width.max(40);
    let paint = Paint::new(style);
    let sets = Set::all(evaluation);
    let set = sets.iter().find(|s| s.data == cell.data)?;
    let losses = evaluation.losses.get(&cell.id)?;
    let table = loss_table(set, cell, losses);
    let mut out = head(evaluation, set, &table, width, paint);
    out.push('\n');
    let mut grid = grid(&table);
    let dropped = grid.fit(width - 2);
    for line in grid.lines(width - 2, paint) {
        out += &format!("  {line}\n");
    }
    let mut say = |text: &str, tone: Tone| {
        for line in wrap(text, width - 2, 2) {
            out += &format!("  {}\n", paint.tone(tone, &line));
        }
    };
    for note in notes(&table, &dropped) {
        say(&note, Tone::Dim);
    }
    let fates = table
        .fates
        .clone()
        .into_iter()
        .chain(by_step(&table).map(|s| format!("By step: {s}.")));
    let sentences: Vec<String> = table.note.iter().cloned().chain(fates).collect();
    if !sentences.is_empty() {
        out.push('\n');
    }
    for sentence in sentences {
        for line in wrap(&sentence, width - 2, 2) {
            out += &format!("  {line}\n");
        }
    }
    out += &fallen(
        &worst(evaluation, cell, losses, most),
        &table.measure,
        width,
        paint,
    );
    Some(out)
}

fn head(evaluation: &Evaluation, set: &Set<'_>, table: &LossTable, width: usize, paint: Paint) -> String {
    let title = format!(
        "{} · data {} · {} · {}",
        evaluation.plan.experiment,
        set.data,
        count(set.queries, "query", "queries"),
        table.name,
    );
    let lines = wrap(&title, width, 2).into_iter();
    lines.map(|l| paint.tone(Tone::Strong, &l) + "\n").collect()
}

fn grid(table: &LossTable) -> Grid {
    // The last row holds the whole way.
    let extra = usize::from(table.whole.is_some());
    let rows: Vec<Option<&LossRow>> = table.rows.iter().map(Some).chain(vec![None; extra]).collect();
    let changes = || {
        rows.iter()
            .map(|r| r.map_or(table.whole.as_ref(), |r| r.change.as_ref()))
    };
    let text = |s: &str| Some(grid::Cell::from(s));
    let mut grid = Grid::new(rows.len());
    let steps = rows.iter().map(|r| text(r.map_or("the whole way", |r| &r.step)));
    grid.column("step", Align::Left, 0, steps);
    grid.settings_end();
    let means = rows.iter().map(|r| text(&r.as_ref()?.mean));
    grid.column(&table.measure, Align::Number, 0, means);
    grid.column("change", Align::Left, 0, changes().map(|c| c.map(change)));
    grid.column("W/L", Align::Number, 2, changes().map(|c| text(&c?.wins_losses)));
    if table.has_ends {
        let ends = rows.iter().map(|r| text(&r.as_ref()?.end.as_ref()?.mean));
        grid.column("at end", Align::Number, 1, ends);
    }
    let known = |c: &&String| *c != NOT_APPLICABLE;
    let ceilings = rows
        .iter()
        .map(|r| text(Some(&r.as_ref()?.ceiling).filter(known)?));
    grid.column("ceiling", Align::Number, 3, ceilings);
    grid
}

fn change(change: &Change) -> grid::Cell {
    let tone = match change.judgement {
        Judgement::Better => Tone::Good,
        Judgement::Worse => Tone::Bad,
        _ => Tone::None,
    };
    let interval = match change.interval.as_str() {
        "" => String::new(),
        interval => format!(" {interval}"),
    };
    grid::Cell::toned(
        format!("{:>6}{interval} {}", change.mean, change.judgement.glyph()),
        tone,
    )
}

fn notes(table: &LossTable, dropped: &[String]) -> Vec<String> {
    let is_shown = |heading: &str| !dropped.iter().any(|d| d == heading);
    let mut notes = Vec::new();
    if table.has_ends && is_shown("at end") {
        notes.push("at end: what the step changes in the final ranking".to_owned());
    }
    if table.rows.iter().any(|r| r.ceiling != NOT_APPLICABLE) && is_shown("ceiling") {
        notes.push("ceiling: the same documents in their ideal order".to_owned());
    }
    if !dropped.is_empty() {
        notes.push(format!("not shown at this width: {}", dropped.join(", ")));
    }
    notes
}

fn fallen(worst: &[Worst], measure: &str, width: usize, paint: Paint) -> String {
    let mut out = String::new();
    if worst.is_empty() {
        return out;
    }
    let title = format!("Furthest below the best step on their way, by {measure}");
    out += &format!("\n  {}\n", paint.tone(Tone::Strong, &title));
    for query in worst {
        let first = format!("{}  {}  {}", query.query, query.values, query.text);
        for line in wrap(&first, width - 2, 2) {
            out += &format!("  {line}\n");
        }
        let sentence = Some(&query.sentence).filter(|s| !s.is_empty());
        for line in sentence.into_iter().flat_map(|s| wrap(s, width - 6, 0)) {
            out += &format!("      {}\n", paint.tone(Tone::Dim, &line));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::losses::evaluation;

    fn printed(width: usize) -> String {
        let (evaluation, id) = evaluation();
        let cell = evaluation.cells.iter().find(|c| c.cell.id == id).unwrap();
        losses(&evaluation, &cell.cell, 3, width, Style::Plain).unwrap()
    }

    #[test]
    fn a_cell_at_80_columns() {
        let text = printed(80);
        for line in [
            "  step              nDCG@10  change                       W/L  at end  ceiling",
            "  exact search (d)    0.700                                             0.950",
            "  graph (d)           0.650  −0.050 [−0.090, −0.010] ▼   0/4  −0.020    0.900",
            "  reranked (ce)       0.750  +0.100 [+0.020, +0.180] ▲   9/3            0.900",
            "  the whole way              +0.050 [−0.010, +0.110] ·   8/4",
            "  Of 1 relevant document: 1 lost.",
            "  By step: graph (d) lost 1.",
            "      p10 is lost by graph (d): #1 after exact search (d).",
        ] {
            let squeezed = |s: &str| s.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(
                text.lines().any(|l| squeezed(l) == squeezed(line)),
                "no {line} in\n{text}"
            );
        }
        assert!(text.lines().all(|l| l.chars().count() <= 80), "{text}");
    }

    #[test]
    fn a_narrow_terminal_gives_up_columns_and_names_them() {
        let text = printed(60);
        assert!(text.lines().all(|l| l.chars().count() <= 60), "{text}");
        assert!(
            text.contains("not shown at this width: W/L, at end, ceiling"),
            "{text}"
        );
    }

    #[test]
    fn a_cell_without_a_ladder_prints_nothing() {
        let (evaluation, id) = evaluation();
        let other = evaluation.cells.iter().find(|c| c.cell.id != id).unwrap();
        assert_eq!(losses(&evaluation, &other.cell, 3, 80, Style::Plain), None);
    }
}
