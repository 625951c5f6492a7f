//! Which documents each query may find, by the definition of its filter.

use std::collections::HashMap;
use std::ops::Range;

use super::Search;
use crate::filter::Filter;

/// Queries by filter: equal filters are evaluated once per block of queries.
#[derive(Debug)]
pub(super) struct Groups<'a> {
    /// The distinct filters.
    filters: Vec<&'a Filter>,
    /// Per query: its filter, if it has one.
    of_query: Vec<Option<usize>>,
    /// All queries, those with equal filters side by side.
    pub(super) order: Vec<usize>,
}

impl<'a> Groups<'a> {
    pub(super) fn of(filters: &'a [Option<Filter>], queries: usize) -> Self {
        let mut known: HashMap<String, usize> = HashMap::new();
        let mut distinct = Vec::new();
        let mut of_query = vec![None; queries];
        for (slot, filter) in of_query.iter_mut().zip(filters) {
            // An empty filter allows everything, as none does.
            let Some(filter) = filter.as_ref().filter(|f| !f.is_empty()) else {
                continue;
            };
            let text = serde_json::to_string(filter).expect("plain data serialises to JSON");
            let group = *known.entry(text).or_insert_with(|| {
                distinct.push(filter);
                distinct.len() - 1
            });
            *slot = Some(group);
        }
        let mut order: Vec<usize> = (0..queries).collect();
        order.sort_by_key(|&q| of_query[q]);
        Self {
            filters: distinct,
            of_query,
            order,
        }
    }

    /// `members` of [`Groups::order`] cut where the filter changes, each part with its filter.
    pub(super) fn parts<'m>(
        &self,
        members: &'m [usize],
    ) -> impl Iterator<Item = (Option<&'a Filter>, &'m [usize])> {
        members
            .chunk_by(|a, b| self.of_query[*a] == self.of_query[*b])
            .map(|part| (self.of_query[part[0]].map(|f| self.filters[f]), part))
    }
}

/// The rows of a range that a filter lets through, one bit each.
#[derive(Debug)]
pub(super) struct Mask {
    start: usize,
    bits: Vec<u64>,
    /// How many pass.
    pub(super) count: usize,
}

/// Documents that every filter is evaluated on before the next are looked at, so that payload is fetched once for all.
const TOGETHER: usize = 1024;

impl Mask {
    /// Evaluates each filter on the payload of every row in `rows`; where there is no filter, there is no mask.
    pub(super) fn all(
        filters: &[Option<&Filter>],
        search: &Search<'_>,
        rows: Range<usize>,
    ) -> Vec<Option<Self>> {
        let empty = || Self {
            start: rows.start,
            bits: vec![0u64; rows.len().div_ceil(64)],
            count: 0,
        };
        let mut masks: Vec<Option<Self>> = filters.iter().map(|f| f.map(|_| empty())).collect();
        for start in rows.clone().step_by(TOGETHER) {
            let end = rows.end.min(start + TOGETHER);
            for (mask, filter) in masks.iter_mut().zip(filters) {
                if let (Some(mask), Some(filter)) = (mask, filter) {
                    mask.evaluate(filter, search, start..end);
                }
            }
        }
        masks
    }

    fn evaluate(&mut self, filter: &Filter, search: &Search<'_>, rows: Range<usize>) {
        for row in rows {
            let point = search.points[row] as usize;
            if filter.matches(&search.payload[point]) {
                let i = row - self.start;
                self.bits[i / 64] |= 1 << (i % 64);
                self.count += 1;
            }
        }
    }

    /// True when `row` of the matrix passes.
    pub(super) fn allows(&self, row: usize) -> bool {
        let i = row - self.start;
        self.bits[i / 64] >> (i % 64) & 1 == 1
    }

    /// The rows that pass, ascending.
    pub(super) fn rows(&self, all: Range<usize>) -> Vec<u32> {
        let passing = all.filter(|&row| self.allows(row));
        passing.map(|row| row as u32).collect()
    }
}
