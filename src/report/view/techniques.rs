//! One panel per technique that the plan has: the cells that use it, what they gained and what they paid.

use crate::evaluate::Evaluation;
use crate::pipeline::{Quantization, StageKind, VectorConfig};
use crate::plan::Cell;

use super::board::Delta;
use super::builds::{codes, index_bytes};
use super::effects::times;
use super::number;
use super::queries::only_by_words;
use super::set::{Ran, Set, percentile_of};
use super::stages;
use super::text::{count, listed};

/// One technique in one data set.
#[derive(Debug)]
pub(crate) struct Panel {
    /// `Hybrid search`.
    pub(crate) title: &'static str,
    /// The data set.
    pub(crate) data: String,
    /// What is peculiar to it, in sentences.
    pub(crate) facts: Vec<String>,
    /// The cells that use it, in plan order.
    pub(crate) rows: Vec<PanelRow>,
}

/// One cell that uses the technique.
#[derive(Debug)]
pub(crate) struct PanelRow {
    /// Its name.
    pub(crate) cell: String,
    /// How it uses it.
    pub(crate) how: String,
    /// Against the reference; `None` for the reference itself.
    pub(crate) delta: Option<Delta>,
    /// Tail latency over that of the reference.
    pub(crate) time: String,
    /// Index size over that of the reference.
    pub(crate) memory: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Technique {
    Hybrid,
    Quantization,
    Filter,
    MultiVector,
    Rerank,
}

impl Technique {
    const ALL: [Technique; 5] = [
        Technique::Hybrid,
        Technique::Quantization,
        Technique::Filter,
        Technique::MultiVector,
        Technique::Rerank,
    ];

    fn title(self) -> &'static str {
        match self {
            Technique::Hybrid => "Hybrid search",
            Technique::Quantization => "Quantization",
            Technique::Filter => "Filtered search",
            Technique::MultiVector => "Several vectors per document",
            Technique::Rerank => "Reranking",
        }
    }

    /// How a cell uses the technique; `None` where it does not.
    fn how(self, cell: &Cell) -> Option<String> {
        let kinds = || cell.pipeline.stages.iter().map(|s| &s.kind);
        let dense = kinds().filter(|k| matches!(k, StageKind::Dense(_))).count();
        let sparse = kinds().any(|k| matches!(k, StageKind::Sparse(_)));
        let fused = kinds().any(|k| matches!(k, StageKind::Fuse(_)));
        let described = |wanted: &dyn Fn(&StageKind) -> bool| {
            let stages = cell.pipeline.stages.iter().filter(|s| wanted(&s.kind));
            let described: Vec<String> = stages.map(|s| stages::describe(s, &cell.index)).collect();
            (!described.is_empty()).then(|| listed(&described, 3))
        };
        match self {
            Technique::Hybrid if dense > 0 && sparse && fused => {
                described(&|k| matches!(k, StageKind::Fuse(_)))
            }
            Technique::Quantization if cell.index.quantization != Quantization::None => {
                Some(codes(&cell.index))
            }
            Technique::Filter => described(&|k| match k {
                StageKind::Dense(d) => is_filtered(&d.filter),
                StageKind::Sparse(s) => is_filtered(&s.filter),
                StageKind::Fuse(_) | StageKind::Late(_) | StageKind::Rerank(_) => false,
            }),
            Technique::MultiVector if kinds().any(|k| matches!(k, StageKind::Late(_))) => {
                described(&|k| matches!(k, StageKind::Late(_)))
            }
            Technique::MultiVector if dense > 1 => {
                let vectors = cell.index.vectors.iter();
                let vectors = vectors.filter(|(_, v)| !matches!(v, VectorConfig::Bm25 { .. }));
                let names: Vec<String> = vectors.map(|(name, _)| name.clone()).collect();
                Some(format!("vectors {}", listed(&names, 5)))
            }
            Technique::Rerank => described(&|k| matches!(k, StageKind::Rerank(_))),
            _ => None,
        }
    }
}

/// Whether the spec says anything about filters there: the default filters as the query asks.
fn is_filtered(filter: &crate::pipeline::FilterUse) -> bool {
    *filter != crate::pipeline::FilterUse::default()
}

/// The panels of all data sets.
pub(crate) fn techniques(evaluation: &Evaluation, sets: &[Set<'_>]) -> Vec<Panel> {
    let of_set = |set: &Set<'_>| -> Vec<Panel> {
        Technique::ALL
            .into_iter()
            .filter_map(|t| panel(evaluation, set, t))
            .collect()
    };
    sets.iter().flat_map(of_set).collect()
}

fn panel(evaluation: &Evaluation, set: &Set<'_>, technique: Technique) -> Option<Panel> {
    let using: Vec<(Ran<'_>, String)> = set
        .ran()
        .filter_map(|r| Some((r, technique.how(&r.cell.cell)?)))
        .collect();
    (!using.is_empty()).then(|| Panel {
        title: technique.title(),
        data: set.data.to_owned(),
        facts: facts(evaluation, set, technique, &using),
        rows: using.into_iter().map(|(ran, how)| row(set, ran, how)).collect(),
    })
}

fn row(set: &Set<'_>, ran: Ran<'_>, how: String) -> PanelRow {
    let reference = set.reference_ran().filter(|r| !std::ptr::eq(r.cell, ran.cell));
    let tail = |r: Ran<'_>| percentile_of(r.numbers.latency.as_ref()?, set.tail_percentile()?);
    let size = |r: Ran<'_>| index_bytes(&r.numbers.measured.stats).total as f64;
    let time = reference.and_then(|r| Some(tail(ran)? / tail(r)?));
    PanelRow {
        cell: set.name(&ran.cell.cell.id).to_owned(),
        how,
        delta: set
            .headline_of(ran)
            .and_then(|q| q.difference.as_ref())
            .map(Delta::of),
        time: times(time),
        memory: times(reference.map(|r| size(ran) / size(r)).filter(|r| r.is_finite())),
    }
}

/// What only this technique can be asked.
fn facts(
    evaluation: &Evaluation,
    set: &Set<'_>,
    technique: Technique,
    using: &[(Ran<'_>, String)],
) -> Vec<String> {
    let each = |fact: &dyn Fn(Ran<'_>) -> Option<String>| -> Vec<String> {
        using.iter().filter_map(|(ran, _)| fact(*ran)).take(6).collect()
    };
    match technique {
        Technique::Hybrid => each(&|ran| {
            let (only_words, judged) = only_by_words(evaluation, set, ran)?;
            Some(format!(
                "{}: for {} of {judged} the best answer is in the list of words and in no list of vectors.",
                set.name(&ran.cell.cell.id),
                count(only_words, "query", "queries")
            ))
        }),
        Technique::Quantization => each(&|ran| {
            let stats = &ran.numbers.measured.stats;
            let codes: Vec<String> = stats
                .distinct_codes
                .iter()
                .map(|(v, n)| format!("{v} {n} of {}", stats.points))
                .collect();
            (!codes.is_empty()).then(|| {
                format!(
                    "{}: distinct codes {}.",
                    set.name(&ran.cell.cell.id),
                    listed(&codes, 4)
                )
            })
        }),
        Technique::Rerank => each(&|ran| {
            let losses = evaluation.losses.get(&ran.cell.cell.id)?;
            let (last, ceiling) = losses.points.last().and_then(|p| Some((p.mean?, p.ceiling?)))?;
            Some(format!(
                "{}: {} {}; the same candidates in their ideal order would have {}, so {} is left to gain.",
                set.name(&ran.cell.cell.id),
                losses.measure,
                number::measure(last),
                number::measure(ceiling),
                number::measure(ceiling - last)
            ))
        }),
        Technique::Filter | Technique::MultiVector => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn a_technique_has_a_panel_where_a_cell_uses_it() {
        let (evaluation, _) = fixture::losses::evaluation();
        let panels = techniques(&evaluation, &Set::all(&evaluation));
        let lines: Vec<String> = (panels.iter())
            .map(|p| {
                let cells: Vec<&str> = p.rows.iter().map(|r| r.cell.as_str()).collect();
                format!(
                    "{}, {}: {}\n  {}",
                    p.data,
                    p.title,
                    cells.join("; "),
                    p.facts.join("\n  ")
                )
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        parts, Hybrid search: hybrid · quantization none; hybrid · quantization binary
          hybrid · quantization none: for 0 queries of 24 the best answer is in the list of words and in no list of vectors.
          hybrid · quantization binary: for 0 queries of 24 the best answer is in the list of words and in no list of vectors.
        parts, Quantization: dense · quantization binary; hybrid · quantization binary
          dense · quantization binary: distinct codes body 40 of 40.
          hybrid · quantization binary: distinct codes body 40 of 40.
        parts, Reranking: reranked · quantization none
          reranked · quantization none: nDCG@10 0.750; the same candidates in their ideal order would have 0.900, so 0.150 is left to gain.
        demo, Reranking: reranked
        ");
    }
}
