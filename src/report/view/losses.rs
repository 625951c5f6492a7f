//! Where answers are lost: the ladder of each cell as a table, and what became of relevant documents.

mod words;

use crate::evaluate::losses::{At, DocPath, Fate, Losses, Point};
use crate::evaluate::{Difference, Evaluation};
use crate::plan::Cell;

use super::judgement::Judgement;
use super::number::{self, NOT_APPLICABLE};
use super::set::Set;
use super::text::count;

pub(crate) use words::{path, sentence, step};

/// One cell's ladder, printed.
#[derive(Debug)]
pub(crate) struct LossTable {
    /// The cell's name.
    pub(crate) name: String,
    /// The measure.
    pub(crate) measure: String,
    /// From the most exact search to the answer.
    pub(crate) rows: Vec<LossRow>,
    /// The answer against the first row; `None` for a ladder of one.
    pub(crate) whole: Option<Change>,
    /// Whether any rung has an effect of its own at the end.
    pub(crate) has_ends: bool,
    /// What became of relevant documents, one sentence; `None` without any.
    pub(crate) fates: Option<String>,
    /// What the table cannot show, one sentence.
    pub(crate) note: Option<String>,
}

/// One step.
#[derive(Debug)]
pub(crate) struct LossRow {
    /// `binary codes (d)`.
    pub(crate) step: String,
    /// The mean.
    pub(crate) mean: String,
    /// Against the row before; `None` for the first.
    pub(crate) change: Option<Change>,
    /// What the step changes at the end of the pipeline; `None` for stages and the first row.
    pub(crate) end: Option<Change>,
    /// Mean of the list in its ideal order.
    pub(crate) ceiling: String,
    /// Relevant documents.
    pub(crate) rescued: usize,
    /// Relevant documents.
    pub(crate) buried: usize,
    /// Relevant documents.
    pub(crate) lost: usize,
}

/// A difference, printed.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// `−0.012`.
    pub(crate) mean: String,
    /// `[−0.024, −0.001]`; empty when there are too few queries.
    pub(crate) interval: String,
    /// What may be said.
    pub(crate) judgement: Judgement,
    /// `3/1`: queries better and worse.
    pub(crate) wins_losses: String,
    /// The numbers behind it.
    pub(crate) of: Difference,
}

impl Change {
    fn of(difference: &Difference) -> Change {
        let (wins, _, losses) = difference.wins_ties_losses;
        Change {
            mean: number::signed(difference.mean),
            interval: difference.interval.map(number::interval).unwrap_or_default(),
            judgement: Judgement::of(difference),
            wins_losses: format!("{wins}/{losses}"),
            of: *difference,
        }
    }
}

/// A query that lost much in a cell.
#[derive(Debug)]
pub(crate) struct Worst {
    /// Query id.
    pub(crate) query: String,
    /// What is asked.
    pub(crate) text: String,
    /// `1.000 → 0.431`: the best value on the way, and the last.
    pub(crate) values: String,
    /// What happened, one sentence; empty without judgements.
    pub(crate) sentence: String,
}

/// The ladders of one data set, cells in plan order.
pub(crate) fn loss_tables(evaluation: &Evaluation, set: &Set<'_>) -> Vec<LossTable> {
    let ran = set.ran();
    ran.filter_map(|r| {
        let losses = evaluation.losses.get(&r.cell.cell.id)?;
        Some(loss_table(set, &r.cell.cell, losses))
    })
    .collect()
}

/// One cell's ladder.
pub(crate) fn loss_table(set: &Set<'_>, cell: &Cell, losses: &Losses) -> LossTable {
    let row = |(i, point): (usize, &Point)| LossRow {
        step: step(cell, losses, i),
        mean: number::measure_or(point.mean),
        change: point.change.as_ref().map(Change::of),
        end: point.end_change.as_ref().map(Change::of),
        ceiling: point
            .ceiling
            .map_or_else(|| NOT_APPLICABLE.to_owned(), number::measure),
        rescued: point.rescued,
        buried: point.buried,
        lost: point.lost,
    };
    let rows: Vec<LossRow> = losses.points.iter().enumerate().map(row).collect();
    let has_stage = losses.points.iter().any(|p| p.at == At::Stage);
    LossTable {
        name: set.name(&cell.id).to_owned(),
        measure: losses.measure.clone(),
        has_ends: has_stage && rows.iter().any(|r| r.end.is_some()),
        whole: losses.whole.as_ref().map(Change::of),
        fates: fates(losses),
        note: (!losses.diagnosed).then(|| {
            "This run made no exact searches beside those as set (measure: diagnose), so losses of codes, graph and \
             filter cannot be told."
                .to_owned()
        }),
        rows,
    }
}

/// `Of 57 relevant documents 40 stay in the top 10 at every step, …`.
fn fates(losses: &Losses) -> Option<String> {
    let all = losses.fates(|_| true);
    if all == 0 {
        return None;
    }
    let top = losses
        .cutoff
        .map_or("the list".to_owned(), |k| format!("the top {k}"));
    let parts = [
        (losses.fates(|f| f == Fate::Kept), format!("in {top} all the way")),
        (
            losses.fates(|f| matches!(f, Fate::Rescued(_))),
            "rescued into it".to_owned(),
        ),
        (
            losses.fates(|f| matches!(f, Fate::Buried(_))),
            "buried below it".to_owned(),
        ),
        (
            losses.fates(|f| f == Fate::Below),
            "below it all the way".to_owned(),
        ),
        (losses.fates(|f| matches!(f, Fate::Lost(_))), "lost".to_owned()),
        (losses.fates(|f| f == Fate::Unfound), "in no list".to_owned()),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{} {what}", number::integer(n as u64)))
        .collect();
    Some(format!(
        "Of {}: {}.",
        count(all, "relevant document", "relevant documents"),
        parts.join(", ")
    ))
}

/// The step with the largest loss, certain or not; `None` when no mean falls: `graph (d) −0.012 [−0.024, −0.001]`.
pub(crate) fn largest_loss(table: &LossTable) -> Option<String> {
    let steps = table.rows.iter().filter_map(|r| Some((r, r.change.as_ref()?)));
    let losing = steps.filter(|(_, c)| c.of.mean < 0.0);
    let (row, change) = losing.min_by(|a, b| a.1.of.mean.total_cmp(&b.1.of.mean))?;
    let interval = match change.interval.as_str() {
        "" => String::new(),
        interval => format!(" {interval}"),
    };
    Some(format!("{} {}{interval}", row.step, change.mean))
}

/// The queries that fell furthest from the best point on their way, at most `most`.
pub(crate) fn worst(evaluation: &Evaluation, cell: &Cell, losses: &Losses, most: usize) -> Vec<Worst> {
    let mut fallen: Vec<(f64, f64, f64, &String)> = losses
        .queries
        .iter()
        .filter_map(|(query, way)| {
            let last = (*way.values.last()?)?;
            let best = way.values.iter().flatten().copied().fold(last, f64::max);
            (best > last).then_some((best - last, best, last, query))
        })
        .collect();
    fallen.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.3.cmp(b.3)));
    fallen.truncate(most);
    let worst = |(_, best, last, query): (f64, f64, f64, &String)| Worst {
        query: query.clone(),
        text: evaluation
            .queries
            .iter()
            .find(|q| q.data == cell.data && q.query == *query)
            .map_or_else(String::new, |q| q.text.clone()),
        values: format!("{} → {}", number::measure(best), number::measure(last)),
        sentence: telling(&losses.queries[query].docs)
            .map_or_else(String::new, |doc| sentence(cell, losses, Some(doc))),
    };
    fallen.into_iter().map(worst).collect()
}

/// The document whose fall cost the most: its grade, discounted by rank as nDCG does it, at its best less at the end.
/// Of equals the first, which has the highest grade.
fn telling(docs: &[DocPath]) -> Option<&DocPath> {
    docs.iter().reduce(|a, b| if cost(b) > cost(a) { b } else { a })
}

fn cost(doc: &DocPath) -> f64 {
    let gain = |rank: Option<usize>| rank.map_or(0.0, |r| f64::from(doc.grade) / (r as f64 + 1.0).log2());
    let beside = doc.beside.iter().flatten().map(|(_, rank)| gain(Some(*rank)));
    let best = doc
        .ranks
        .iter()
        .map(|r| gain(*r))
        .chain(beside)
        .fold(0.0, f64::max);
    best - gain(doc.ranks.last().copied().flatten())
}

/// `binary codes (d) lost 2, buried 1; fused (f) rescued 3`; `None` when no step did anything.
pub(crate) fn by_step(table: &LossTable) -> Option<String> {
    let of = |row: &LossRow| {
        let parts = [
            (row.rescued, "rescued"),
            (row.buried, "buried"),
            (row.lost, "lost"),
        ];
        let parts = parts.into_iter().filter(|(n, _)| *n > 0);
        let parts: Vec<String> = parts.map(|(n, what)| format!("{what} {n}")).collect();
        (!parts.is_empty()).then(|| format!("{} {}", row.step, parts.join(", ")))
    };
    let steps: Vec<String> = table.rows.iter().filter_map(of).collect();
    (!steps.is_empty()).then(|| steps.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_that_cost_most_is_blamed_and_not_the_one_that_sank_furthest() {
        let doc = |doc: &str, grade, ranks: [Option<usize>; 2]| DocPath {
            doc: doc.into(),
            grade,
            ranks: ranks.to_vec(),
            beside: vec![None, None],
            fate: Fate::Below,
        };
        let docs = [
            doc("high", 3, [Some(1), Some(4)]),
            doc("low", 1, [Some(5), Some(60)]),
            doc("lost", 1, [Some(9), None]),
        ];
        assert_eq!(telling(&docs).unwrap().doc, "high");
        assert!(telling(&[]).is_none());
    }

    #[test]
    fn a_document_that_only_a_side_branch_had_can_be_the_one() {
        let lost = DocPath {
            doc: "beside".into(),
            grade: 3,
            ranks: vec![None, None],
            beside: vec![None, Some(("s".into(), 1))],
            fate: Fate::Lost(1),
        };
        assert!((cost(&lost) - 3.0).abs() < 1e-12);
    }
}
