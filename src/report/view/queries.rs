//! Which queries the report shows in full, and in which cells.

pub(crate) mod data;
mod select;
mod ways;

use std::collections::BTreeSet;

use crate::evaluate::{Evaluation, StageView};
use crate::plan::{Cell, TraceKeep};
use crate::store::QueryRecord;

use super::filter;
use super::lists::{self, List, Mark, Topic};
use super::marks::{Marked, marked};
use super::number;
use super::set::{Ran, Set};
use super::text::{count, one_line, slug};
use select::{Candidate, candidates, choose};

pub(crate) use ways::{Flow, most_moved, only_by_words};

/// Rows of all lists together: they make about a megabyte of page. The data block has the others.
const MOST_ROWS: usize = 4_000;
/// Relevant documents named per query.
const MOST_RELEVANT: usize = 10;
/// Relevant documents whose text is shown, per query.
const MOST_TEXTS: usize = 3;
/// Characters of such a text.
const LONGEST_TEXT: usize = 400;
/// Stands where a document has no rank.
const NOWHERE: &str = "not found";

/// The queries shown, and what is not.
#[derive(Debug)]
pub(crate) struct Shown {
    /// Those that moved most come first.
    pub(crate) queries: Vec<Query>,
    /// Why these, how many others there are, and where those can be found.
    pub(crate) note: String,
    /// What the script shows beyond them.
    pub(crate) script_note: String,
}

/// One query.
#[derive(Debug)]
pub(crate) struct Query {
    /// Fragment identifier, the same in every report on this data.
    pub(crate) anchor: String,
    /// The data set.
    pub(crate) data: String,
    /// Query id.
    pub(crate) id: String,
    /// The complete text.
    pub(crate) text: String,
    /// The text for one line of the index.
    pub(crate) short: String,
    /// The query's own filter, in words.
    pub(crate) filter: Option<String>,
    /// Its relevant documents, the highest grade first.
    pub(crate) relevant: Vec<Relevant>,
    /// How many more there are.
    pub(crate) more_relevant: usize,
    /// Texts of the first of them, with the words of the query marked.
    pub(crate) texts: Vec<Marked>,
    /// Name of the headline measure.
    pub(crate) measure: String,
    /// Lowest to highest value over the cells.
    pub(crate) range: String,
    /// The largest movement of the first target between the first and the last stage of a cell.
    pub(crate) movement: String,
    /// The cells shown.
    pub(crate) cells: Vec<QueryCell>,
    /// The cells not shown, and where they are.
    pub(crate) left_out: Option<String>,
}

/// A relevant document.
#[derive(Debug)]
pub(crate) struct Relevant {
    /// Title or start of the text; may be empty.
    pub(crate) title: String,
    /// Id.
    pub(crate) doc: String,
    /// Grade.
    pub(crate) mark: Mark,
}

/// One query in one cell.
#[derive(Debug)]
pub(crate) struct QueryCell {
    /// The cell's name.
    pub(crate) name: String,
    /// Whether it is the reference.
    pub(crate) is_reference: bool,
    /// The headline measure of this query.
    pub(crate) value: String,
    /// Against the reference; empty for the reference.
    pub(crate) difference: String,
    /// Rank of the first target in the answer.
    pub(crate) rank: String,
    /// What became of the best answer.
    pub(crate) sentence: String,
    /// What became of every relevant document that is missing, a sentence each.
    pub(crate) missing: Vec<String>,
    /// Stage by stage.
    pub(crate) lists: Vec<List>,
}

/// Selects and prints.
pub(crate) fn shown(evaluation: &Evaluation, sets: &[Set<'_>], block: Option<&data::Data>) -> Shown {
    let mut shown = shown_within(evaluation, sets, MOST_ROWS);
    if let Some((with, all)) = block.map(data::Data::with_lists) {
        shown.script_note = format!(
            "With script: all {}, every cell beside every other, lists of {}.",
            count(all, "query", "queries"),
            if with == all {
                "all".to_owned()
            } else {
                with.to_string()
            }
        );
    }
    shown
}

fn shown_within(evaluation: &Evaluation, sets: &[Set<'_>], most_rows: usize) -> Shown {
    let keep = evaluation.plan.measure.trace.keep;
    let mut candidates = candidates(evaluation, sets);
    let total = candidates.len();
    if keep == TraceKeep::None || total == 0 {
        if evaluation.plan.measure.timing_only {
            return Shown {
                queries: Vec::new(),
                script_note: String::new(),
                note: "No lists were kept (--timing-only).".to_owned(),
            };
        }
        let why = if keep == TraceKeep::None {
            "The spec asks for no queries here (trace: keep: none)."
        } else {
            "There are no traces to show."
        };
        return Shown {
            queries: Vec::new(),
            script_note: String::new(),
            note: format!("{why} Complete lists are in the bundle's traces."),
        };
    }
    if keep == TraceKeep::Movers {
        candidates.retain(|c| c.size() > 0.0);
    }
    // A stable sort: equal movements stay in the order of data set and id.
    candidates.sort_by(|a, b| b.size().total_cmp(&a.size()));
    let movers = candidates.len();
    let mut queries: Vec<Query> = Vec::new();
    let mut rows = 0;
    for candidate in &candidates {
        let query = query(evaluation, &sets[candidate.set], candidate);
        let lists = query.cells.iter().flat_map(|c| &c.lists);
        rows += lists.map(|l| l.rows.len()).sum::<usize>();
        if rows > most_rows && !queries.is_empty() {
            break;
        }
        queries.push(query);
    }
    let note = note(keep, queries.len(), movers, total);
    Shown {
        queries,
        note,
        script_note: String::new(),
    }
}

fn note(keep: TraceKeep, shown: usize, movers: usize, total: usize) -> String {
    let all = count(total, "query", "queries");
    let mut note = match (keep, movers) {
        (TraceKeep::Movers, 0) => format!("None of {all} differs between cells or stages, so none is shown."),
        (TraceKeep::Movers, n) => format!(
            "{n} of {all} differ between cells, or the best answer moves between stages. Those that move most come first."
        ),
        _ => format!("{all}. Those that move most come first."),
    };
    if shown < movers {
        note += &format!(" To keep this file small, only the first {shown} are shown.");
    }
    if shown < total {
        note += " The bundle's traces hold the others.";
    }
    note
}

/// The lists of one query in one cell; none for a query that was not answered.
pub(crate) fn one(evaluation: &Evaluation, set: &Set<'_>, cell: &Cell, record: &QueryRecord) -> Vec<List> {
    let cutoffs = cutoffs(set);
    let topic = topic(evaluation, record, &cutoffs);
    let views = evaluation.traces.get(&cell.id).and_then(|t| t.get(&record.query));
    views.map_or_else(Vec::new, |views| lists::lists(&topic, cell, views))
}

fn trace<'a>(evaluation: &'a Evaluation, ran: Ran<'_>, record: &QueryRecord) -> Option<&'a [StageView]> {
    let views = evaluation.traces.get(&ran.cell.cell.id)?.get(&record.query)?;
    (!views.is_empty()).then_some(views)
}

fn value(set: &Set<'_>, ran: Ran<'_>, query: &str) -> Option<f64> {
    set.headline_of(ran)?.per_query.get(query).copied()
}

fn range(set: &Set<'_>, query: &str) -> Option<(f64, f64)> {
    let values = set.ran().filter_map(|r| value(set, r, query));
    values.fold(None, |range, x| {
        let (low, high) = range.unwrap_or((x, x));
        Some((x.min(low), x.max(high)))
    })
}

fn topic<'a>(evaluation: &'a Evaluation, record: &QueryRecord, cutoffs: &'a [usize]) -> Topic<'a> {
    let qrels = evaluation.qrels.get(&record.data);
    Topic::new(
        qrels.and_then(|q| q.by_query.get(&record.query)),
        qrels.and_then(|q| q.unlisted.grade()),
        evaluation.texts.get(&record.data),
        cutoffs,
        evaluation.plan.measure.trace.depth,
    )
}

/// What is asked; a query that is only a vector has no words.
fn asked(record: &QueryRecord) -> String {
    match record.text.is_empty() {
        true => format!("(a vector, query {})", record.query),
        false => record.text.clone(),
    }
}

/// Cut-offs of the measures, ascending: `nDCG@10` has 10.
fn cutoffs(set: &Set<'_>) -> Vec<usize> {
    let of = |measure: &str| measure.rsplit_once('@')?.1.parse().ok();
    let distinct: BTreeSet<usize> = set.measures().into_iter().filter_map(of).collect();
    distinct.into_iter().collect()
}

fn query(evaluation: &Evaluation, set: &Set<'_>, candidate: &Candidate<'_>) -> Query {
    let record = candidate.record;
    let cutoffs = cutoffs(set);
    let topic = topic(evaluation, record, &cutoffs);
    let (chosen, left_out) = choose(evaluation, set, record);
    let (relevant, more_relevant) = relevant(&topic);
    Query {
        anchor: format!("q-{}-{}", slug(&record.data), slug(&record.query)),
        data: record.data.clone(),
        id: record.query.clone(),
        text: asked(record),
        short: one_line(&asked(record), 100),
        filter: record
            .filter
            .as_ref()
            .filter(|f| !f.is_empty())
            .map(filter::words),
        texts: texts(&topic, &relevant, &record.text),
        relevant,
        more_relevant,
        measure: set.headline.unwrap_or("measure").to_owned(),
        range: range(set, &record.query).map_or_else(
            || number::UNDEFINED.to_owned(),
            |(low, high)| match (number::measure(low), number::measure(high)) {
                (low, high) if low == high => low,
                (low, high) => format!("{low} to {high}"),
            },
        ),
        movement: candidate
            .moved
            .as_ref()
            .map_or_else(|| number::NOT_APPLICABLE.to_owned(), |m| m.text.clone()),
        cells: chosen
            .into_iter()
            .map(|r| query_cell(evaluation, set, record, r, &topic))
            .collect(),
        left_out,
    }
}

fn relevant(topic: &Topic<'_>) -> (Vec<Relevant>, usize) {
    let judged = topic.judged.into_iter().flatten();
    let mut graded: Vec<(i32, &str)> = judged
        .filter(|(_, g)| **g >= 1)
        .map(|(doc, g)| (*g, doc.as_str()))
        .collect();
    graded.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let more = graded.len().saturating_sub(MOST_RELEVANT);
    graded.truncate(MOST_RELEVANT);
    let print = |(_, doc): (i32, &str)| Relevant {
        title: topic.title(doc),
        doc: doc.to_owned(),
        mark: topic.mark(doc),
    };
    (graded.into_iter().map(print).collect(), more)
}

/// Texts of the first relevant documents.
fn texts(topic: &Topic<'_>, relevant: &[Relevant], query: &str) -> Vec<Marked> {
    let shown = relevant.iter().take(MOST_TEXTS);
    shown
        .filter_map(|r| Some(marked(&r.doc, &topic.text(&r.doc, LONGEST_TEXT)?, query)))
        .collect()
}

fn query_cell(
    evaluation: &Evaluation,
    set: &Set<'_>,
    record: &QueryRecord,
    ran: Ran<'_>,
    topic: &Topic<'_>,
) -> QueryCell {
    let views = trace(evaluation, ran, record).unwrap_or_default();
    let own = value(set, ran, &record.query);
    let reference = set.reference_ran().and_then(|r| value(set, r, &record.query));
    let difference = own.zip(reference).filter(|_| !ran.cell.is_reference);
    let rank = views.last().and_then(|v| topic.first_target(v));
    QueryCell {
        name: set.name(&ran.cell.cell.id).to_owned(),
        is_reference: ran.cell.is_reference,
        value: number::measure_or(own),
        difference: difference.map_or_else(String::new, |(own, reference)| number::signed(own - reference)),
        rank: rank.map_or_else(|| NOWHERE.to_owned(), |r| format!("#{r}")),
        sentence: lists::sentence(topic, &ran.cell.cell.pipeline, views),
        missing: data::missing(evaluation, ran, record),
        lists: lists::lists(topic, &ran.cell.cell, views),
    }
}

#[cfg(test)]
mod tests {
    use super::select::MOST_CELLS;
    use super::*;
    use crate::report::fixture::{evaluation, many_cells};

    #[test]
    fn movers_come_first_and_the_rest_is_counted() {
        let evaluation = evaluation();
        let shown = shown(&evaluation, &Set::all(&evaluation), None);
        let first = &shown.queries[0];
        insta::assert_snapshot!(
            format!("{}\n{} | {} | {}", shown.note, first.anchor, first.range, first.movement),
            @"
        25 of 26 queries differ between cells, or the best answer moves between stages. Those that move most come first. The bundle's traces hold the others.
        q-parts-q15 | 0.239 to 1.000 | #8 → #2 (reranked · quantization none)
        "
        );
        assert!(shown.queries.len() < evaluation.queries.len());
    }

    #[test]
    fn all_shows_all_and_none_says_where_they_are() {
        let mut evaluation = evaluation();
        evaluation.plan.measure.trace.keep = TraceKeep::All;
        assert_eq!(
            shown(&evaluation, &Set::all(&evaluation), None).queries.len(),
            evaluation.queries.len()
        );
        evaluation.plan.measure.trace.keep = TraceKeep::None;
        let none = shown(&evaluation, &Set::all(&evaluation), None);
        assert!(none.queries.is_empty());
        assert!(none.note.contains("bundle's traces"), "{}", none.note);
    }

    #[test]
    fn with_many_cells_the_reference_the_best_and_the_different_are_shown() {
        let evaluation = many_cells(9);
        let sets = Set::all(&evaluation);
        let query = &shown(&evaluation, &sets, None).queries[0];
        assert!(query.cells.len() <= MOST_CELLS);
        assert!(query.cells[0].is_reference);
        let value = |c: &QueryCell| c.value.parse::<f64>().unwrap();
        let highest = query.range.rsplit(' ').next().unwrap().parse::<f64>().unwrap();
        assert!((value(&query.cells[1]) - highest).abs() < 1e-9);
        assert!(query.left_out.as_ref().unwrap().contains("bundle"));
    }

    #[test]
    fn rows_are_bounded_and_what_is_held_back_is_said() {
        let evaluation = evaluation();
        let shown = shown_within(&evaluation, &Set::all(&evaluation), 200);
        let lists = shown.queries.iter().flat_map(|q| &q.cells).flat_map(|c| &c.lists);
        assert!(lists.map(|l| l.rows.len()).sum::<usize>() <= 200);
        let note = format!("only the first {} are shown", shown.queries.len());
        assert!(
            !shown.queries.is_empty() && shown.note.contains(&note),
            "{}",
            shown.note
        );
    }
}
