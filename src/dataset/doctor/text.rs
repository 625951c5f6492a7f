//! A report for people: 80 columns, figures first, then what is to be said about them.

use std::fmt::Write;

use super::fold::{grouped, many, percent};
use super::{
    ALIKE, Counts, Field, Filters, Finding, GivenVectors, Report, SHINGLE, Severity, Spread, WINDOW,
};
use crate::dataset::Unlisted;

const WIDTH: usize = 80;

/// The report as text; ends with a line break.
pub fn text(report: &Report) -> String {
    let mut out = report.name.clone();
    if !report.split.is_empty() {
        out += &format!(" · split {}", report.split);
    }
    out.push('\n');
    counts(report, &mut out);
    if !report.fields.is_empty() {
        fields(report, &mut out);
        twins(report, &mut out);
    }
    if let Some(overlap) = &report.overlap {
        let splits: Vec<String> = overlap
            .queries
            .iter()
            .map(|(name, n)| format!("{name} {}", grouped(*n)))
            .collect();
        let text = format!(
            "{} queries; in more than one: {} by id, {} by text, {} nearly",
            splits.join(", "),
            grouped(overlap.same_id),
            grouped(overlap.same_text),
            grouped(overlap.near_text)
        );
        line("splits", &text, &mut out);
    }
    if let Some(found) = &report.filters {
        filters(found, &mut out);
    }
    for (name, given) in &report.vectors {
        vectors(name, given, &mut out);
    }
    out.push('\n');
    if report.findings.is_empty() {
        out += "  nothing found\n";
    }
    for found in &report.findings {
        finding(found, &mut out);
    }
    out
}

/// `  label            text`, wrapped.
fn line(label: &str, text: &str, out: &mut String) {
    let head = format!("  {label:<16}");
    out.push_str(&wrap(&head, text));
}

/// Text behind a head, wrapped at [`WIDTH`] and indented to the head's width.
fn wrap(head: &str, text: &str) -> String {
    let indent = head.chars().count();
    let mut out = String::new();
    let mut line = head.to_owned();
    for word in text.split(' ') {
        let used = line.chars().count();
        if used > indent && used + 1 + word.chars().count() > WIDTH {
            out += line.trim_end();
            out.push('\n');
            line = " ".repeat(indent);
        }
        if line.chars().count() > indent {
            line.push(' ');
        }
        line += word;
    }
    out += line.trim_end();
    out.push('\n');
    out
}

fn counts(report: &Report, out: &mut String) {
    let counts = &report.counts;
    line("documents", &grouped(counts.documents), out);
    let mut queries = grouped(counts.queries);
    if let Some(words) = report.queries.words {
        queries += &format!(" of {} words", spread(words));
    }
    if counts.other_queries > 0 {
        queries += &format!(
            "; {} more that this split does not judge",
            grouped(counts.other_queries)
        );
    }
    line("queries", &queries, out);
    match counts.judgements {
        0 => line("judgements", "none", out),
        _ => judgements(counts, out),
    }
}

fn judgements(counts: &Counts, out: &mut String) {
    let grades: Vec<String> = counts
        .grades
        .iter()
        .map(|(grade, n)| format!("{} × {grade}", grouped(*n)))
        .collect();
    let unlisted = match counts.unlisted {
        Unlisted::Unjudged => "unlisted pairs are unjudged",
        Unlisted::Irrelevant => "unlisted pairs are irrelevant",
    };
    let text = format!(
        "{}: {}; {unlisted}",
        grouped(counts.judgements),
        grades.join(", ")
    );
    line("judgements", &text, out);
    if let (Some(judged), Some(relevant)) = (counts.judged_per_query, counts.relevant_per_query) {
        let text = format!(
            "{} judged, {} relevant; never judged: {} of the documents",
            spread(judged),
            spread(relevant),
            percent(counts.never_judged, counts.documents)
        );
        line("per query", &text, out);
    }
}

/// `1–12 (median 4)`, or one number when all are equal.
fn spread(spread: Spread) -> String {
    let number = |x: f64| grouped(x as usize);
    match spread.min.total_cmp(&spread.max) {
        std::cmp::Ordering::Equal => number(spread.min),
        _ => format!(
            "{}–{} (median {})",
            number(spread.min),
            number(spread.max),
            number(spread.median)
        ),
    }
}

fn fields(report: &Report, out: &mut String) {
    let name = |name: &str| {
        let cut: String = name.chars().take(14).collect();
        format!("{cut:<14}")
    };
    let long = format!(">{WINDOW} words");
    let _ = writeln!(
        out,
        "\n  {} {:>10} {:>10} {:>10}  {:<18} {long:>10}",
        name("field"),
        "documents",
        "distinct",
        "folded",
        "words"
    );
    let total = report.counts.documents;
    for (field, figures) in &report.fields {
        let Field {
            documents,
            distinct,
            distinct_folded,
            words,
            long,
        } = figures;
        let _ = writeln!(
            out,
            "  {} {:>10} {:>10} {:>10}  {:<18} {:>10}",
            name(field),
            percent(*documents, total),
            percent(*distinct, *documents),
            percent(*distinct_folded, *documents),
            words.map_or(String::new(), short),
            percent(*long, *documents)
        );
    }
    out.push('\n');
}

/// `4–212, median 31`, narrow enough for a column.
fn short(spread: Spread) -> String {
    format!(
        "{}–{}, median {}",
        spread.min as usize, spread.max as usize, spread.median as usize
    )
}

fn twins(report: &Report, out: &mut String) {
    let twins = &report.twins;
    let text = match twins.groups {
        0 => format!("none ({SHINGLE}-word shingles, Jaccard ≥ {ALIKE})"),
        _ => format!(
            "{} in {}, the largest of {}; graded apart {}, unjudged beside a relevant one {} ({SHINGLE}-word \
             shingles, Jaccard ≥ {ALIKE})",
            many(twins.documents, "document", "documents"),
            many(twins.groups, "group", "groups"),
            grouped(twins.largest),
            grouped(twins.conflicts),
            grouped(twins.unjudged)
        ),
    };
    line("near-duplicates", &text, out);
    let text = format!(
        "{} of the queries, {} of them in a relevant document",
        grouped(report.queries.in_corpus),
        grouped(report.queries.in_corpus_relevant)
    );
    line("in the corpus", &text, out);
}

fn filters(filters: &Filters, out: &mut String) {
    let share = |x: f64| match x {
        x if x < 0.001 => format!("{:.3} %", 100.0 * x),
        x => format!("{:.1} %", 100.0 * x),
    };
    let selectivity = filters.selectivity.map_or(String::new(), |s| {
        format!(
            ", selectivity {}–{} (median {})",
            share(s.min),
            share(s.max),
            share(s.median)
        )
    });
    let sampled = match filters.step {
        1 => String::new(),
        step => format!(" of every {step}th document"),
    };
    let text = format!(
        "{}, {} distinct{selectivity}{sampled}; nothing passes {}, everything passes {}",
        many(filters.queries, "query", "queries"),
        grouped(filters.distinct),
        grouped(filters.nothing),
        grouped(filters.everything)
    );
    line("filters", &text, out);
}

fn vectors(name: &str, given: &GivenVectors, out: &mut String) {
    let norms = given.norms.map_or(String::new(), |n| {
        format!("; lengths {:.3}–{:.3} (median {:.3})", n.min, n.max, n.median)
    });
    let neighbours = given.neighbours.as_ref().map_or(String::new(), |a| {
        format!(
            "; neighbours beside it: {:.1} % right (first {} of {} queries)",
            100.0 * a.share,
            a.depth,
            a.queries
        )
    });
    let text = format!(
        "{} × {}, {}; queries {}{norms}; zero {}, repeated {}{neighbours}",
        grouped(given.documents),
        given.dimension,
        given.metric.words(),
        grouped(given.queries),
        grouped(given.zero),
        grouped(given.repeated)
    );
    line(&format!("vector {name}"), &text, out);
}

fn finding(finding: &Finding, out: &mut String) {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let head = format!("  {severity:<9}");
    out.push_str(&wrap(&head, &finding.text));
    for example in &finding.examples {
        out.push_str(&wrap("             ", example));
    }
    let more = finding.cases - finding.examples.len();
    if more > 0 {
        let _ = writeln!(out, "             and {} more", grouped(more));
    }
}
