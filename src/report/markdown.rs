//! The summary for a pull request or a job page: verdict, gates, ten rows per data set.

use std::fmt::Write;

use crate::evaluate::Evaluation;
use crate::plan::TiePolicy;

use super::view::baseline::baseline;
use super::view::board::{Board, Row};
use super::view::certainty::footnote;
use super::view::findings::{findings, without_numbers};
use super::view::gates::gates;
use super::view::losses::{largest_loss, loss_tables};
use super::view::number::NOT_APPLICABLE;
use super::view::set::Set;
use super::view::text::{count, listed, one_line, visible};
use super::view::ties;
use super::view::verdict::verdict;

/// Rows per data set; the report has them all.
const MOST_ROWS: usize = 10;

/// The content of `summary.md`. Its first line is a hidden marker by which a later run can find and replace a comment.
pub fn markdown_summary(evaluation: &Evaluation) -> String {
    let sets = Set::all(evaluation);
    let verdict = verdict(evaluation, &sets);
    let mut out = format!(
        "<!-- evalrun:{} -->\n",
        super::view::text::slug(&evaluation.plan.experiment)
    );
    let status = verdict.status;
    line(
        &mut out,
        &format!(
            "### {} {}: {}",
            status.glyph(),
            cell(&evaluation.plan.experiment),
            status.word()
        ),
    );
    out.push('\n');
    for sentence in verdict
        .overall
        .iter()
        .chain(&verdict.answers)
        .chain(&verdict.cautions)
    {
        line(&mut out, &format!("- {}", cell(sentence)));
    }
    add_gates(&mut out, evaluation, &sets);
    if let Some(view) = baseline(evaluation, &sets) {
        line(&mut out, &format!("\n**Baseline**: {}\n", cell(&view.title)));
        let care = view
            .facts
            .iter()
            .filter(|(care, _)| *care)
            .map(|(_, fact)| format!("! {fact}"));
        for entry in care.chain(view.lines(MOST_ROWS)) {
            line(&mut out, &format!("- {}", cell(&entry)));
        }
    }
    for set in &sets {
        add_board(&mut out, &Board::of(set), evaluation.plan.measure.tie);
        if let Some(footnote) = footnote(evaluation, set) {
            line(&mut out, &format!("\n{}", cell(&footnote)));
        }
        add_losses(&mut out, evaluation, set);
    }
    let found: Vec<_> = without_numbers(&sets)
        .into_iter()
        .chain(findings(&sets))
        .collect();
    if !found.is_empty() {
        line(&mut out, "\n**Findings**\n");
        for found in &found {
            let cells = listed(&found.cells, 3);
            line(
                &mut out,
                &format!(
                    "- {} {}: {} ({})",
                    found.glyph(),
                    found.check,
                    cell(&found.message),
                    cell(&cells)
                ),
            );
        }
    }
    visible(&out).into_owned()
}

fn add_gates(out: &mut String, evaluation: &Evaluation, sets: &[Set<'_>]) {
    let gates = gates(evaluation, sets);
    if gates.is_empty() {
        return;
    }
    line(out, "\n| gate | | cells | closest |\n|---|---|---|---|");
    for gate in &gates {
        let scope = if gate.scope == "all cells" {
            String::new()
        } else {
            format!(" where {}", gate.scope)
        };
        let rule = cell(&format!("{}{scope}", gate.that));
        let seen: Vec<String> = gate.worst.iter().chain(&gate.reasons).cloned().collect();
        let worst = if seen.is_empty() {
            NOT_APPLICABLE.to_owned()
        } else {
            seen.join("; ")
        };
        line(
            out,
            &format!(
                "| {rule} | {} {} | {} | {} |",
                gate.glyph(),
                gate.word(),
                gate.counts,
                cell(&worst)
            ),
        );
    }
}

fn add_board(out: &mut String, board: &Board, tie: TiePolicy) {
    line(
        out,
        &format!(
            "\n**{}**, {}\n",
            cell(&board.data),
            count(board.queries, "query", "queries")
        ),
    );
    let mut headings = vec!["cell".to_owned()];
    headings.extend(board.headline.iter().cloned());
    if board.compares() {
        headings.push("Δ vs reference".to_owned());
    }
    headings.extend(board.percentiles.iter().take(2).map(|p| format!("{p} ms")));
    headings.push(format!("index {}", board.index_unit));
    row(out, headings.iter().map(String::as_str));
    row(
        out,
        headings
            .iter()
            .enumerate()
            .map(|(i, _)| if i == 0 { "---" } else { "---:" }),
    );
    for entry in board.rows.iter().take(MOST_ROWS) {
        let cells = cells(board, entry, headings.len());
        row(out, cells.iter().map(String::as_str));
    }
    let hidden = board.rows.len().saturating_sub(MOST_ROWS);
    if hidden > 0 {
        line(
            out,
            &format!(
                "\n{} in the report.",
                count(hidden, "more row is", "more rows are")
            ),
        );
    }
    let notes = std::iter::once(ties::policy(tie)).chain(board.ties.as_deref());
    let notes = notes.chain(board.tuned.iter().map(String::as_str));
    out.push('\n');
    for note in notes {
        line(out, &format!("- {}", cell(note)));
    }
}

/// One line per cell that loses anything, as many as there are rows above.
fn add_losses(out: &mut String, evaluation: &Evaluation, set: &Set<'_>) {
    let tables = loss_tables(evaluation, set);
    let losing = tables.iter().filter_map(|t| Some((t, largest_loss(t)?)));
    for (i, (table, loss)) in losing.take(MOST_ROWS).enumerate() {
        if i == 0 {
            line(
                out,
                &format!("\n**Largest loss on the way, {}**\n", cell(&table.measure)),
            );
        }
        line(out, &format!("- {}: {}", cell(&table.name), cell(&loss)));
    }
}

fn cells(board: &Board, entry: &Row, columns: usize) -> Vec<String> {
    let mut cells = vec![cell(&entry.name)];
    match &entry.numbers {
        Err(missing) => cells.push(format!("{}: {}", missing.state, cell(&missing.reason))),
        Ok(figures) => {
            if board.headline.is_some() {
                // A single `~` would be struck through by some.
                cells.push(cell(&figures.headline));
            }
            if board.compares() {
                cells.push(match (&figures.delta, entry.is_reference) {
                    (_, true) => "reference".to_owned(),
                    (None, false) => NOT_APPLICABLE.to_owned(),
                    (Some(d), false) => format!("{} {} {}", d.mean, d.interval, d.judgement.word()),
                });
            }
            cells.extend(figures.percentiles.iter().take(2).cloned());
            cells.push(figures.index.clone());
        }
    }
    cells.resize(columns, String::new());
    cells
}

/// Text that Markdown leaves alone: a table cell cannot hold a bar or a line break, and nothing may become HTML, a
/// link, a mention or emphasis.
fn cell(text: &str) -> String {
    let mut out = String::new();
    for c in one_line(text, 600).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // Inside of a word, as in nDCG@10, it mentions nobody.
            '@' if !out.ends_with(char::is_alphanumeric) => out.push_str("&#64;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '!' | '\\' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

fn row<'a>(out: &mut String, cells: impl Iterator<Item = &'a str>) {
    let cells: Vec<&str> = cells.collect();
    line(out, &format!("| {} |", cells.join(" | ")));
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("strings take every write");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{HOSTILE, evaluation, many_cells};

    #[test]
    fn the_summary_of_the_fixture() {
        insta::assert_snapshot!(markdown_summary(&evaluation()));
    }

    #[test]
    fn the_largest_loss_of_a_cell_is_one_line() {
        let text = markdown_summary(&crate::report::fixture::losses::evaluation().0);
        let line = "- reranked · quantization none: graph (d) −0.050 \\[−0.090, −0.010\\]";
        assert!(text.lines().any(|l| l == line), "{text}");
    }

    #[test]
    fn ten_rows_and_a_count() {
        let text = markdown_summary(&many_cells(14));
        assert_eq!(
            text.lines()
                .filter(|l| l.starts_with("| d.ef") || l.starts_with("| dense"))
                .count(),
            10,
            "{text}"
        );
        assert!(text.contains("4 more rows are in the report."));
    }

    #[test]
    fn hostile_text_stays_text() {
        let safe = cell(HOSTILE);
        assert!(!safe.contains('<') && !safe.contains(" | "), "{safe}");
        assert!(safe.contains("\\| a\\`b\\`"));
        assert_eq!(cell("@everyone [x](y) a\nb"), "&#64;everyone \\[x\\](y) a b");
    }
}
