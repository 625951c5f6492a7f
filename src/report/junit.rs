//! JUnit XML, which every CI system reads: a suite per data set, a test per cell and per gate in each of its cells.

use std::fmt::Write;

use crate::evaluate::{CellState, Evaluation, GateCell, GateResult};
use crate::plan::{GateLevel, Relation};

use super::view::gates::{decisive, margin, print};
use super::view::number;
use super::view::set::Set;
use super::view::text::visible;

/// The evaluation as JUnit XML. A cell that did not run is an error or skipped, never passed. A gate that fails is a
/// failure; one that cannot be decided is skipped, and a failure if `strict`; one that only warns is skipped.
pub fn junit(evaluation: &Evaluation, strict: bool) -> String {
    let sets = Set::all(evaluation);
    let suites: Vec<(String, Vec<Case>)> = sets
        .iter()
        .map(|set| {
            let name = format!("{}.{}", evaluation.plan.experiment, set.data);
            let ran = set
                .cells
                .iter()
                .map(|c| Case::of_cell(&name, set.name(&c.cell.id), &c.state));
            let gates = evaluation
                .gates
                .iter()
                .flat_map(|g| of_gate(evaluation, set, &name, g, strict));
            let cases = ran.chain(gates).collect();
            (name, cases)
        })
        .collect();
    let all: Vec<&Case> = suites.iter().flat_map(|(_, cases)| cases).collect();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    add(
        &mut out,
        &format!("<testsuites name=\"evalrun\" {}>", totals(&all)),
    );
    for (name, cases) in &suites {
        suite(&mut out, evaluation, name, cases);
    }
    add(&mut out, "</testsuites>");
    out
}

/// How a test went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Went {
    Passed,
    Failed,
    Broken,
    Skipped,
}

struct Case {
    class: String,
    name: String,
    /// File and line of the gate.
    place: Option<(String, usize)>,
    went: Went,
    message: String,
    details: String,
}

impl Case {
    fn of_cell(class: &str, name: &str, state: &CellState) -> Case {
        let (went, message) = match state {
            CellState::Ok(_) => (Went::Passed, String::new()),
            CellState::Failed(error) => (Went::Broken, error.clone()),
            CellState::Unsupported(reason) => (Went::Skipped, format!("not supported: {reason}")),
            CellState::NotRun => (Went::Broken, "the run ended before it".to_owned()),
        };
        Case {
            class: class.to_owned(),
            name: format!("{name} runs"),
            place: None,
            went,
            message,
            details: String::new(),
        }
    }
}

fn of_gate<'a>(
    evaluation: &'a Evaluation,
    set: &'a Set<'_>,
    class: &'a str,
    result: &'a GateResult,
    strict: bool,
) -> impl Iterator<Item = Case> + 'a {
    let of_set = |cell: &&GateCell| set.cells.iter().any(|c| c.cell.id == cell.cell);
    result.cells.iter().filter(of_set).map(move |cell| {
        let gate = &result.gate;
        let (went, message) = judged(result, cell, strict);
        Case {
            class: class.to_owned(),
            name: format!("{} · {}", gate.that, set.name(&cell.cell)),
            place: Some((evaluation.manifest.spec.path.clone(), gate.line)),
            went,
            message,
            details: details(evaluation, result, cell),
        }
    })
}

fn judged(result: &GateResult, cell: &GateCell, strict: bool) -> (Went, String) {
    let seen = cell.value.map(|v| print(&result.gate, cell, v));
    let reason = cell.reason.clone();
    let said = [seen, reason]
        .into_iter()
        .flatten()
        .collect::<Vec<String>>()
        .join("; ");
    let that = &result.gate.that;
    match (result.gate.level, cell.fails(strict), cell.fails(true)) {
        (_, _, false) => (Went::Passed, String::new()),
        (GateLevel::Warn, _, _) => (Went::Skipped, format!("{that} (warns only): {said}")),
        (GateLevel::Error, true, _) => (Went::Failed, format!("{that}: {said}")),
        (GateLevel::Error, false, _) => (Went::Skipped, format!("{that}: undecided, {said}")),
    }
}

fn details(evaluation: &Evaluation, result: &GateResult, cell: &GateCell) -> String {
    let gate = &result.gate;
    let relation = match gate.relation {
        Relation::AtLeast => ">=",
        Relation::Above => ">",
        Relation::AtMost => "<=",
        Relation::Below => "<",
    };
    let relative = match gate.against.word() {
        None => String::new(),
        Some(word) => format!(" relative to the {word}"),
    };
    let mut lines = vec![format!("gate       {}", gate.that)];
    lines.extend(cell.value.map(|v| format!("value      {}", number::exact(v))));
    lines.extend(
        cell.interval
            .map(|(low, high)| format!("interval   {} to {}", number::exact(low), number::exact(high))),
    );
    lines.push(format!("threshold  {relation} {}{relative}", gate.threshold));
    lines.extend(decisive(gate, cell).map(|v| format!("margin     {}", margin(gate, v))));
    lines.push(format!("cell       {}", cell.cell));
    lines.push(format!(
        "spec       {}:{}",
        evaluation.manifest.spec.path, gate.line
    ));
    lines.join("\n")
}

fn suite(out: &mut String, evaluation: &Evaluation, name: &str, cases: &[Case]) {
    let manifest = &evaluation.manifest;
    let of_all: Vec<&Case> = cases.iter().collect();
    add(
        out,
        &format!(
            "  <testsuite name={} timestamp={} {}>",
            attribute(name),
            attribute(manifest.started.trim_end_matches('Z')),
            totals(&of_all)
        ),
    );
    add(out, "    <properties>");
    let baseline = evaluation.baseline.as_ref().map(|b| b.record.run_id.as_str());
    let properties = [
        ("run", Some(manifest.run_id.as_str())),
        ("baseline", baseline),
        ("evalrun", Some(manifest.tool.version.as_str())),
    ];
    for (key, value) in properties
        .iter()
        .filter_map(|(key, value)| Some((key, (*value)?)))
    {
        add(
            out,
            &format!("      <property name=\"{key}\" value={}/>", attribute(value)),
        );
    }
    add(out, "    </properties>");
    for case in cases {
        add_case(out, case);
    }
    add(out, "  </testsuite>");
}

fn add_case(out: &mut String, case: &Case) {
    let place = case.place.as_ref().map_or_else(String::new, |(file, line)| {
        format!(" file={} line=\"{line}\"", attribute(file))
    });
    let (class, name) = (attribute(&case.class), attribute(&case.name));
    let start = format!("    <testcase classname={class} name={name}{place} time=\"0\"");
    let message = attribute(&case.message);
    let inside = match case.went {
        Went::Passed => return add(out, &format!("{start}/>")),
        Went::Failed => {
            format!(
                "<failure type=\"gate\" message={message}>{}</failure>",
                content(&case.details)
            )
        }
        Went::Broken => format!("<error type=\"cell\" message={message}/>"),
        Went::Skipped => format!("<skipped message={message}/>"),
    };
    add(out, &format!("{start}>\n      {inside}\n    </testcase>"));
}

fn totals(cases: &[&Case]) -> String {
    let count = |went| cases.iter().filter(|c| c.went == went).count();
    format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"0\"",
        cases.len(),
        count(Went::Failed),
        count(Went::Broken),
        count(Went::Skipped)
    )
}

/// A quoted attribute; a line feed would be read as a blank.
fn attribute(text: &str) -> String {
    let text = content(text)
        .replace('"', "&quot;")
        .replace('\n', "&#10;")
        .replace('\t', "&#9;");
    format!("\"{text}\"")
}

/// Text between tags. Characters that XML 1.0 has no place for are shown as pictures of themselves.
fn content(text: &str) -> String {
    let text = visible(text);
    let text = text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn add(out: &mut String, line: &str) {
    writeln!(out, "{line}").expect("strings take every write");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{HOSTILE, evaluation};

    #[test]
    fn every_outcome_of_a_cell_and_of_a_gate() {
        insta::assert_snapshot!(junit(&evaluation(), false));
    }

    #[test]
    fn strict_turns_undecided_into_failures() {
        let total = |strict| {
            junit(&evaluation(), strict)
                .lines()
                .nth(1)
                .unwrap_or_default()
                .to_owned()
        };
        let expected = |failures, skipped| {
            format!(
                "<testsuites name=\"evalrun\" tests=\"18\" failures=\"{failures}\" errors=\"2\" skipped=\"{skipped}\" \
                 time=\"0\">"
            )
        };
        assert_eq!(total(false), expected(1, 4));
        assert_eq!(total(true), expected(3, 2));
    }

    #[test]
    fn nothing_from_outside_becomes_markup() {
        let safe = attribute(HOSTILE);
        assert!(
            !safe[1..safe.len() - 1].contains(['<', '>', '"', '\u{1b}']),
            "{safe}"
        );
        assert_eq!(
            attribute("a\n\"b\" & \u{8}\u{ffff}"),
            "\"a&#10;&quot;b&quot; &amp; ␈\u{fffd}\""
        );
        assert_eq!(content("]]>\r\nx"), "]]&gt;\nx");
    }
}
