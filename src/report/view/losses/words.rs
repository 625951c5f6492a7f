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
            Some(StageKind::Late(_)) => "scored by tokens",
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
        // A branch that is joined here may have had it.
        None => match &doc.beside[at] {
            Some((stage, rank)) => format!("#{rank} in {stage}, not there after {}", step(at - 1)),
            None => format!("not there after {}", step(at - 1)),
        },
    };
    let (first, last) = (
        doc.ranks.first().copied().flatten(),
        doc.ranks.last().copied().flatten(),
    );
    let what = match doc.fate {
        Fate::Kept if first == last => format!("stays at {}", place(last)),
        Fate::Kept => format!("moves from {} to {}", place(first), place(last)),
        Fate::Rescued(at) => format!(
            "is rescued by {}: {}, now {}",
            step(at),
            before(at),
            place(doc.ranks[at])
        ),
        Fate::Buried(at) => format!(
            "is buried by {}: {}, now {}",
            step(at),
            before(at),
            place(doc.ranks[at])
        ),
        Fate::Below => format!("ends at {}", place(last)),
        Fate::Lost(at) => format!("is lost by {}: {}", step(at), before(at)),
        Fate::Unfound => "is in no list, not even that of the first step".to_owned(),
    };
    let best = best(doc).map_or_else(String::new, |at| {
        format!("; at best it was {}, after {}", place(doc.ranks[at]), step(at))
    });
    let end = match doc.fate {
        Fate::Rescued(at) | Fate::Buried(at) if doc.ranks[at] != last => {
            format!(", {} at the end", place(last))
        }
        _ => String::new(),
    };
    format!("{} {what}{end}{best}.", doc.doc)
}

/// The first point at which a document stood higher than at the end; `None` where the rest of the sentence has that.
fn best(doc: &DocPath) -> Option<usize> {
    let last = doc.ranks.last().copied().flatten()?;
    let (rank, at) = doc
        .ranks
        .iter()
        .enumerate()
        .filter_map(|(i, r)| Some(((*r)?, i)))
        .min()?;
    let is_told = match doc.fate {
        Fate::Kept => doc.ranks[0] == Some(rank),
        Fate::Rescued(step) => doc.ranks[step] == Some(rank),
        Fate::Buried(step) => doc.ranks[step - 1] == Some(rank),
        Fate::Below | Fate::Lost(_) | Fate::Unfound => false,
    };
    (rank < last && !is_told).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::losses::Point;
    use crate::report::fixture;

    /// Search as set in `d`, exact and by graph, then fused.
    fn losses() -> Losses {
        let point = |at, stage: &str| Point {
            at,
            stage: stage.into(),
            mean: None,
            change: None,
            end: None,
            end_change: None,
            ceiling: None,
            rescued: 0,
            buried: 0,
            lost: 0,
        };
        Losses {
            measure: "R@3".into(),
            cutoff: Some(3),
            diagnosed: true,
            points: vec![
                point(At::Rung(Rung::Exact), "d"),
                point(At::Rung(Rung::Graph), "d"),
                point(At::Stage, "f"),
            ],
            whole: None,
            queries: Default::default(),
        }
    }

    fn said(ranks: [Option<usize>; 3], fate: Fate) -> String {
        said_beside(ranks, &[None, None, None], fate)
    }

    fn said_beside(ranks: [Option<usize>; 3], beside: &[Option<(String, usize)>; 3], fate: Fate) -> String {
        let cell = Cell {
            pipeline: fixture::hybrid(),
            ..fixture::cell("c", &[])
        };
        let doc = DocPath {
            doc: "p1".into(),
            grade: 1,
            ranks: ranks.to_vec(),
            beside: beside.to_vec(),
            fate,
        };
        format!("{}: {}", path(&doc), sentence(&cell, &losses(), Some(&doc)))
    }

    #[test]
    fn every_fate_has_its_sentence() {
        let said = [
            said([Some(2), Some(2), Some(2)], Fate::Kept),
            said([Some(2), Some(1), Some(3)], Fate::Kept),
            said([Some(2), None, Some(1)], Fate::Rescued(2)),
            said_beside(
                [None, None, Some(1)],
                &[None, None, Some(("s".into(), 3))],
                Fate::Rescued(2),
            ),
            said_beside([None; 3], &[None, None, Some(("s".into(), 3))], Fate::Lost(2)),
            said([Some(4), Some(1), Some(2)], Fate::Rescued(1)),
            said([Some(2), Some(3), Some(7)], Fate::Buried(2)),
            said([Some(2), Some(2), Some(7)], Fate::Buried(2)),
            said([Some(5), Some(6), Some(7)], Fate::Below),
            said([Some(2), None, None], Fate::Lost(1)),
            said([None, None, None], Fate::Unfound),
        ];
        insta::assert_snapshot!(said.join("\n"), @"
        #2 → #2 → #2: p1 stays at #2.
        #2 → #1 → #3: p1 moves from #2 to #3; at best it was #1, after graph (d).
        #2 → – → #1: p1 is rescued by fused (f): not there after graph (d), now #1.
        – → – → #1: p1 is rescued by fused (f): #3 in s, not there after graph (d), now #1.
        – → – → –: p1 is lost by fused (f): #3 in s, not there after graph (d).
        #4 → #1 → #2: p1 is rescued by graph (d): #4 after exact search (d), now #1, #2 at the end.
        #2 → #3 → #7: p1 is buried by fused (f): #3 after graph (d), now #7; at best it was #2, after exact search (d).
        #2 → #2 → #7: p1 is buried by fused (f): #2 after graph (d), now #7.
        #5 → #6 → #7: p1 ends at #7; at best it was #5, after exact search (d).
        #2 → – → –: p1 is lost by graph (d): #2 after exact search (d).
        – → – → –: p1 is in no list, not even that of the first step.
        ");
    }
}
