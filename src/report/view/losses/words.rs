//! Steps and documents in words.

use crate::evaluate::losses::{At, DocPath, Fate, Losses};
use crate::pipeline::StageKind;
use crate::plan::Cell;
use crate::store::Rung;

/// A step of the ladder: `exact search (d)`, `binary codes (d)`, `fused (f)`.
pub(crate) fn step(cell: &Cell, losses: &Losses, at: usize) -> String {
    let point = &losses.points[at];
    let what = match point.at {
        At::Rung(Rung::Exact) => "exact search",
        At::Rung(Rung::Codes) => "binary codes",
        At::Rung(Rung::Graph) => "graph",
        At::Rung(Rung::Filter) if at == 0 => "search as set",
        At::Rung(Rung::Filter) => "filter",
        At::Stage => match cell.pipeline.stage(&point.stage).map(|s| &s.kind) {
            Some(StageKind::Rerank(_)) => "reranked",
            _ => "fused",
        },
    };
    format!("{what} ({})", point.stage)
}

/// `#4 → #4 → – → #1`, one entry per step.
pub(crate) fn path(doc: &DocPath) -> String {
    let ranks: Vec<String> = doc.ranks.iter().map(|r| place(*r)).collect();
    ranks.join(" → ")
}

fn place(rank: Option<usize>) -> String {
    rank.map_or_else(|| "–".to_owned(), |r| format!("#{r}"))
}

/// What became of a document, one sentence.
pub(crate) fn sentence(cell: &Cell, losses: &Losses, doc: Option<&DocPath>) -> String {
    let Some(doc) = doc else {
        return "No relevant document is judged for this query.".to_owned();
    };
    let step = |at: usize| step(cell, losses, at);
    let before = |at: usize| match doc.ranks[at - 1] {
        Some(rank) => format!("#{rank} after {}", step(at - 1)),
        None => format!("not in the list after {}", step(at - 1)),
    };
    let now = place(doc.ranks.last().copied().flatten());
    let what = match doc.fate {
        Fate::Kept => match doc.ranks.first().copied().flatten() {
            Some(first) if place(Some(first)) == now => format!("stays at {now}"),
            first => format!("moves from {} to {now}", place(first)),
        },
        Fate::Rescued(at) => format!(
            "is rescued to {} by {}: {}",
            place(doc.ranks[at]),
            step(at),
            before(at)
        ),
        Fate::Buried(at) => format!(
            "is buried at {} by {}: {}",
            place(doc.ranks[at]),
            step(at),
            before(at)
        ),
        Fate::Below => format!(
            "ends at {now} and was never higher than {}",
            place(doc.ranks.iter().flatten().min().copied())
        ),
        Fate::Lost(at) => format!("is lost by {}: {}", step(at), before(at)),
        Fate::Unfound => "is in no list, not even that of the first step".to_owned(),
    };
    format!("{} {what}.", doc.doc)
}
