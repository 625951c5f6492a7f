//! What every reader of documents and queries does with them: order by id, repeats, references from judgements.

use std::collections::BTreeSet;
use std::path::Path;

use super::problem::{DatasetError, Fault, Place, Problems};
use super::qrels::Judgement;
use super::{Doc, Query};

/// What documents and queries have in common.
pub(super) trait Record {
    fn id(&self) -> &str;
    fn set_id(&mut self, id: String);
}

impl Record for Doc {
    fn id(&self) -> &str {
        &self.id
    }

    fn set_id(&mut self, id: String) {
        self.id = id;
    }
}

impl Record for Query {
    fn id(&self) -> &str {
        &self.id
    }

    fn set_id(&mut self, id: String) {
        self.id = id;
    }
}

/// The order of ids: `order[i]` is the position, as read, of what comes `i`th.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Order(Vec<u32>);

impl Order {
    /// Calls `swap` until everything has its place: on each cycle of the permutation, one swap for every place but
    /// one. Nothing is copied beside, so this is how a matrix that fills most of the memory is sorted.
    pub(super) fn apply(&self, mut swap: impl FnMut(usize, usize)) {
        let mut next = self.0.clone();
        for start in 0..next.len() {
            let mut here = start;
            loop {
                let from = next[here] as usize;
                // What is done points to itself, so that a cycle is followed only once.
                next[here] = here as u32;
                if from == start {
                    break;
                }
                swap(here, from);
                here = from;
            }
        }
    }
}

/// Sorts records by id in place, and `places`, which say where each stood, with them; notes ids that come twice.
/// Returns the order if it was another one, for whatever else lies beside the records.
pub(super) fn sort<R: Record, P: Copy + Into<Place>>(
    path: &Path,
    records: &mut [R],
    places: &mut [P],
    problems: &mut Problems,
) -> Option<Order> {
    if records.is_sorted_by(|a, b| a.id() < b.id()) {
        return None;
    }
    let mut order: Vec<u32> = (0..records.len() as u32).collect();
    let id = |at: u32| records[at as usize].id();
    order.sort_unstable_by(|&a, &b| id(a).cmp(id(b)).then(a.cmp(&b)));
    for same in order.chunk_by(|&a, &b| id(a) == id(b)) {
        for &repeat in &same[1..] {
            let (id, first) = (id(repeat).to_owned(), places[same[0] as usize].into());
            problems.push(path, places[repeat as usize], Fault::DuplicateId { id, first });
        }
    }
    let order = Order(order);
    order.apply(|a, b| {
        records.swap(a, b);
        places.swap(a, b);
    });
    Some(order)
}

/// Every judgement names a document and a query that exist; the first that does not stands for all.
pub(super) fn check_references(
    path: &Path,
    rows: &[Judgement],
    docs: &[Doc],
    queries: &[Query],
) -> Result<(), DatasetError> {
    let mut problems = Problems::default();
    let queries: BTreeSet<&str> = queries.iter().map(|q| q.id.as_str()).collect();
    let mut strangers = rows.iter().filter(|row| !queries.contains(row.query.as_str()));
    if let Some(first) = strangers.next() {
        let (id, lines) = (first.query.clone(), 1 + strangers.count());
        problems.push(path, first.place, Fault::UnknownQuery { id, lines });
    }
    let absent = |row: &&Judgement| docs.binary_search_by(|d| d.id.cmp(&row.doc)).is_err();
    let mut strangers = rows.iter().filter(absent);
    if let Some(first) = strangers.next() {
        let (id, lines) = (first.doc.clone(), 1 + strangers.count());
        problems.push(path, first.place, Fault::UnknownDoc { id, lines });
    }
    problems.or(())
}

/// Leaves out judgements of documents and queries that are not there.
pub(super) fn leave_out_strangers(rows: &mut Vec<Judgement>, docs: &[Doc], queries: &[Query]) {
    let queries: BTreeSet<&str> = queries.iter().map(|q| q.id.as_str()).collect();
    let is_there = |doc: &str| docs.binary_search_by(|d| d.id.as_str().cmp(doc)).is_ok();
    rows.retain(|row| queries.contains(row.query.as_str()) && is_there(&row.doc));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_order_is_applied_with_one_swap_less_than_each_cycle_has_places() {
        let (mut letters, mut swaps) = (vec!['c', 'a', 'd', 'b', 'e'], 0);
        Order(vec![1, 3, 0, 2, 4]).apply(|a, b| {
            letters.swap(a, b);
            swaps += 1;
        });
        assert_eq!(letters, ['a', 'b', 'c', 'd', 'e']);
        assert_eq!(swaps, 3);
    }

    proptest! {
        #[test]
        fn what_lies_beside_the_records_goes_with_them(order in Just((0..50_u32).collect::<Vec<_>>()).prop_shuffle()) {
            let mut values: Vec<u32> = (0..50).collect();
            Order(order.clone()).apply(|a, b| values.swap(a, b));
            prop_assert_eq!(values, order);
        }
    }
}
