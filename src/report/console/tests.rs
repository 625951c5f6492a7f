use super::*;
use crate::report::fixture::{evaluation, many_cells, two_cells};
use paint::width;

#[test]
fn at_120_columns() {
    insta::assert_snapshot!(table(&evaluation(), 120, Style::Plain, false));
}

#[test]
fn at_80_columns() {
    insta::assert_snapshot!(table(&evaluation(), 80, Style::Plain, false));
}

#[test]
fn nothing_is_wider_than_the_terminal() {
    for columns in [40, 60, 80, 100, 120, 200] {
        for evaluation in [evaluation(), many_cells(40), two_cells(0.1, None, (10, 12, 2))] {
            for line in table(&evaluation, columns, Style::Plain, false).lines() {
                assert!(width(line) <= columns, "{} > {columns}: {line}", width(line));
            }
        }
    }
}

#[test]
fn colour_adds_escape_sequences_and_nothing_else() {
    let plain = table(&evaluation(), 100, Style::Plain, false);
    let mut coloured = table(&evaluation(), 100, Style::Colour, false);
    assert!(!plain.contains('\u{1b}'));
    for code in ["0", "1", "2", "31", "32", "33"] {
        assert!(coloured.contains(&format!("\u{1b}[{code}m")), "{code}");
        coloured = coloured.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(coloured, plain);
}

#[test]
fn a_long_sweep_is_cut_and_counted() {
    let text = table(&many_cells(40), 100, Style::Plain, false);
    assert!(text.contains("10 more rows are in the report"), "{text}");
}

#[test]
fn without_reference_there_is_no_difference_column() {
    let mut evaluation = two_cells(0.1, None, (10, 12, 2));
    evaluation.cells[0].is_reference = false;
    let text = table(&evaluation, 100, Style::Plain, false);
    assert!(text.contains("no reference") && !text.contains('Δ'), "{text}");
}
