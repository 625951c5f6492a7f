//! Checks that a number was taken the way it claims; what they find marks the cell and never hides it.

use std::collections::BTreeMap;

use crate::backend::{IndexStats, Path, StageAnswer};
use crate::hit::Hit;
use crate::pipeline::{Graph, Quantization, Stage, StageKind, Strategy};
use crate::store::{Finding, Severity};

use super::cell::CellContext;

/// Everything that can be seen from a cell's answers.
pub(super) fn answers(
    context: &CellContext<'_>,
    stats: &IndexStats,
    answers: &[Vec<StageAnswer>],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(point_count(context, stats));
    for (s, stage) in context.cell.pipeline.stages.iter().enumerate() {
        let column: Vec<&StageAnswer> = answers.iter().map(|a| &a[s]).collect();
        findings.extend(filter_respected(context, stage, &column));
        findings.extend(path_taken(context, stage, &column));
        findings.extend(whole_corpus(context, stage));
        findings.extend(order(stage, &column));
    }
    findings.extend(distinct_codes(context, stats));
    findings.extend(stats.doubts.iter().map(|doubt| Finding {
        check: doubt.check.clone(),
        severity: Severity::Warning,
        message: doubt.message.clone(),
    }));
    findings
}

/// Answers given while timed are held against the quality pass.
pub(super) fn timed_answers(quality: &[Vec<StageAnswer>], timed: &[Vec<Hit>]) -> Option<Finding> {
    const DEPTH: usize = 10;
    let top = |hits: &[Hit]| hits.iter().take(DEPTH).map(|h| h.point).collect::<Vec<u32>>();
    let differs =
        |(q, t): &(&Vec<StageAnswer>, &Vec<Hit>)| q.last().is_some_and(|answer| top(&answer.hits) != top(t));
    let n = quality.iter().zip(timed).filter(differs).count();
    (n > 0).then(|| Finding {
        check: "timed-answers".into(),
        severity: Severity::Warning,
        message: format!(
            "{n} of {} queries gave another top {DEPTH} while timed than in the quality pass: near-ties, or an index \
             that does not answer the same twice",
            quality.len()
        ),
    })
}

fn point_count(context: &CellContext<'_>, stats: &IndexStats) -> Option<Finding> {
    let want = context.data.docs.len();
    (stats.points != want).then(|| Finding {
        check: "point-count".into(),
        severity: Severity::Invalid,
        message: format!(
            "the index holds {} points, the data set {want} documents",
            stats.points
        ),
    })
}

/// Every hit of a retrieval stage is held against the filter, by the filter's definition.
fn filter_respected(context: &CellContext<'_>, stage: &Stage, column: &[&StageAnswer]) -> Option<Finding> {
    let use_ = match &stage.kind {
        StageKind::Dense(d) => &d.filter,
        StageKind::Sparse(s) => &s.filter,
        StageKind::Fuse(_) | StageKind::Late(_) | StageKind::Rerank(_) => return None,
    };
    let mut wrong = 0;
    for (query, answer) in context.data.queries.iter().zip(column) {
        let query = query
            .filter
            .as_ref()
            .filter(|_| use_.strategy != Strategy::Ignore);
        let allowed = |hit: &&Hit| {
            let payload = &context.prepared.payload[hit.point as usize];
            let pass = |f: &crate::filter::Filter| f.matches(payload);
            use_.condition.as_ref().is_none_or(pass) && query.is_none_or(pass)
        };
        wrong += answer.hits.iter().filter(|h| !allowed(h)).count();
    }
    (wrong > 0).then(|| Finding {
        check: "filter".into(),
        severity: Severity::Invalid,
        message: format!(
            "stage `{}` returned {wrong} hits that its filter excludes",
            stage.name
        ),
    })
}

/// A graph that was asked for and not used is the classic silent wrong number.
fn path_taken(context: &CellContext<'_>, stage: &Stage, column: &[&StageAnswer]) -> Option<Finding> {
    let StageKind::Dense(dense) = &stage.kind else {
        return None;
    };
    if dense.exact || context.cell.index.graph == Graph::Exact {
        return None;
    }
    let used_graph = |path: Path| {
        matches!(
            path,
            Path::Graph
                | Path::CodeGraph
                | Path::FilteredGraph
                | Path::FilteredCodeGraph
                | Path::PostFiltered
        )
    };
    // Of a server's searches its own counters tell, not its answers.
    if column
        .iter()
        .all(|a| matches!(a.path, Path::Server | Path::ServerExact))
    {
        return None;
    }
    let scanned = column.iter().filter(|a| !used_graph(a.path)).count();
    let all_filtered = column
        .iter()
        .all(|a| used_graph(a.path) || matches!(a.path, Path::FilteredScan | Path::FilteredCodeScan));
    (scanned > 0).then(|| Finding {
        check: "path".into(),
        severity: if all_filtered {
            Severity::Note
        } else {
            Severity::Warning
        },
        message: format!(
            "stage `{}`: {scanned} of {} queries did not use the graph{}",
            stage.name,
            column.len(),
            if all_filtered {
                "; their filter left few documents, or none near the query, and a scan was taken"
            } else {
                ""
            }
        ),
    })
}

/// A candidate list as long as the corpus has a ceiling of 1 by construction.
fn whole_corpus(context: &CellContext<'_>, stage: &Stage) -> Option<Finding> {
    let limit = match &stage.kind {
        StageKind::Dense(d) => d.limit,
        StageKind::Sparse(_) | StageKind::Fuse(_) | StageKind::Late(_) | StageKind::Rerank(_) => return None,
    };
    let docs = context.data.docs.len();
    (limit >= docs).then(|| Finding {
        check: "whole-corpus".into(),
        severity: Severity::Note,
        message: format!(
            "stage `{}` hands on up to {limit} hits and the corpus has {docs} documents: nothing can be missed here, \
             whatever the index does",
            stage.name
        ),
    })
}

/// Lists are ranked by the one rule and hold no document twice.
fn order(stage: &Stage, column: &[&StageAnswer]) -> Option<Finding> {
    let bad = column
        .iter()
        .filter(|a| !a.hits.is_sorted_by(|x, y| crate::hit::by_rank(x, y).is_lt()))
        .count();
    (bad > 0).then(|| Finding {
        check: "order".into(),
        severity: Severity::Invalid,
        message: format!(
            "stage `{}` answered {bad} queries out of order or with a document twice",
            stage.name
        ),
    })
}

fn distinct_codes(context: &CellContext<'_>, stats: &IndexStats) -> Option<Finding> {
    const ENOUGH: f64 = 0.9;
    if context.cell.index.quantization != Quantization::Binary {
        return None;
    }
    let few: BTreeMap<&String, f64> = stats
        .distinct_codes
        .iter()
        .map(|(name, distinct)| (name, *distinct as f64 / stats.points.max(1) as f64))
        .filter(|(_, share)| *share < ENOUGH)
        .collect();
    let (name, share) = few.first_key_value()?;
    Some(Finding {
        check: "distinct-codes".into(),
        severity: Severity::Warning,
        message: format!(
            "only {:.0} % of the binary codes of `{name}` are distinct: documents without text, duplicates, or a model whose \
             signs do not tell them apart",
            share * 100.0
        ),
    })
}
