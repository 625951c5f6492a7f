//! From filters to bit sets: through the columns of indexed fields, or document by document.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;

use crate::filter::{Condition, Filter, Payload, Scalar, Test};
use crate::index::bitset::BitSet;
use crate::index::payload::{Column, FieldValue};

/// The payload of all documents, and columns over the fields the index configuration names.
pub(super) struct PayloadIndex {
    count: usize,
    columns: BTreeMap<String, Column>,
    /// As read; empty when no document has any.
    documents: Vec<Payload>,
    none: Payload,
    /// Filters that had to be evaluated document by document.
    by_document: AtomicU64,
}

/// Up to two filters that hold together: a stage's own and the query's. They are kept apart because two `should`
/// groups have no common form.
#[derive(Clone, Copy)]
pub(super) struct Filters<'a>(pub(super) [Option<&'a Filter>; 2]);

/// Memory of a filter evaluation, used again by the next.
#[derive(Debug, Default)]
pub(super) struct FilterScratch {
    result: BitSet,
    condition: BitSet,
    any: BitSet,
}

impl Filters<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.each().next().is_none()
    }

    fn each(&self) -> impl Iterator<Item = &Filter> {
        self.0.into_iter().flatten().filter(|f| !f.is_empty())
    }
}

impl PayloadIndex {
    pub(super) fn new(payload: &[Payload], fields: &[String]) -> Self {
        let any = payload.iter().any(|p| !p.is_empty());
        let documents = if any { payload.to_vec() } else { Vec::new() };
        Self::of_count(payload.len(), documents, fields)
    }

    /// Of `count` documents, or of none where none has payload.
    pub(super) fn of_count(count: usize, documents: Vec<Payload>, fields: &[String]) -> Self {
        let columns = fields.iter().map(|f| (f.clone(), column(&documents, count, f)));
        Self {
            count,
            columns: columns.collect(),
            documents,
            none: Payload::new(),
            by_document: AtomicU64::new(0),
        }
    }

    /// The points that pass all of `filters`.
    pub(super) fn select<'s>(&self, filters: Filters<'_>, scratch: &'s mut FilterScratch) -> &'s BitSet {
        scratch.result.reset(self.count);
        scratch.result.not();
        for filter in filters.each() {
            if filter.keys().iter().all(|k| self.columns.contains_key(*k)) {
                self.by_columns(filter, scratch);
            } else {
                self.by_documents(filter, scratch);
            }
        }
        &scratch.result
    }

    /// The payload of every document; empty when none has any.
    pub(super) fn documents(&self) -> &[Payload] {
        &self.documents
    }

    /// Whether one point passes all of `filters`, by the definition.
    pub(super) fn passes(&self, filters: Filters<'_>, point: u32) -> bool {
        let payload = self.documents.get(point as usize).unwrap_or(&self.none);
        filters.each().all(|f| f.matches(payload))
    }

    pub(super) fn bytes(&self) -> usize {
        self.columns.values().map(Column::bytes).sum()
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().map(String::as_str)
    }

    pub(super) fn evaluated_by_document(&self) -> u64 {
        self.by_document.load(Ordering::Relaxed)
    }

    fn by_columns(&self, filter: &Filter, scratch: &mut FilterScratch) {
        let FilterScratch {
            result,
            condition,
            any,
        } = scratch;
        for must in &filter.must {
            self.holds(must, condition);
            result.and(condition);
        }
        for must_not in &filter.must_not {
            self.holds(must_not, condition);
            result.and_not(condition);
        }
        if !filter.should.is_empty() {
            any.reset(self.count);
            for should in &filter.should {
                self.holds(should, condition);
                any.or(condition);
            }
            result.and(any);
        }
    }

    fn by_documents(&self, filter: &Filter, scratch: &mut FilterScratch) {
        self.by_document.fetch_add(1, Ordering::Relaxed);
        scratch.condition.reset(self.count);
        for point in 0..self.count as u32 {
            if self.passes(Filters([Some(filter), None]), point) {
                scratch.condition.insert(point);
            }
        }
        scratch.result.and(&scratch.condition);
    }

    /// The points whose indexed field fulfils `condition`, into `out`.
    fn holds(&self, condition: &Condition, out: &mut BitSet) {
        out.reset(self.count);
        let column = &self.columns[&condition.key];
        match &condition.test {
            Test::Range(range) => column.range(range, out),
            Test::Match(any) => any.iter().for_each(|s| column.matches(scalar(s), out)),
        }
    }
}

fn scalar(scalar: &Scalar) -> FieldValue<'_> {
    match scalar {
        Scalar::Bool(v) => FieldValue::Bool(*v),
        Scalar::Integer(v) => FieldValue::Integer(*v),
        Scalar::Keyword(v) => FieldValue::Keyword(v),
    }
}

fn column(payload: &[Payload], count: usize, field: &str) -> Column {
    let values = payload.iter().zip(0u32..).flat_map(|(payload, point)| {
        let values = match payload.get(field) {
            Some(Value::Array(items)) => items.as_slice(),
            Some(value) => std::slice::from_ref(value),
            None => &[],
        };
        values.iter().filter_map(move |v| Some((point, field_value(v)?)))
    });
    Column::new(count, values)
}

/// What no condition can hold of (null, objects, lists in lists) is not indexed.
fn field_value(value: &Value) -> Option<FieldValue<'_>> {
    match value {
        Value::String(v) => Some(FieldValue::Keyword(v)),
        Value::Bool(v) => Some(FieldValue::Bool(*v)),
        Value::Number(v) => match v.as_i64() {
            Some(v) => Some(FieldValue::Integer(v)),
            None => v.as_f64().map(FieldValue::Float),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::filter::Range;
    use crate::index::testing::Rng;

    fn payload(value: Value) -> Payload {
        value.as_object().unwrap().clone()
    }

    fn documents() -> Vec<Payload> {
        vec![
            payload(json!({ "brand": "bosch", "volt": 12, "fits": ["golf", "polo"] })),
            payload(json!({ "brand": "febi", "volt": 24.0, "fits": [] })),
            payload(json!({ "brand": null, "volt": 12.5, "new": true, "fits": ["golf", 7, null, ["x"]] })),
            payload(json!({ "volt": [6, 12], "new": false, "size": { "a": 1 } })),
            payload(json!({})),
            payload(json!({ "volt": u64::MAX, "fits": "golf" })),
        ]
    }

    fn condition(key: &str, test: Test) -> Condition {
        Condition {
            key: key.to_owned(),
            test,
        }
    }

    fn keyword(key: &str, value: &str) -> Condition {
        condition(key, Test::Match(vec![Scalar::Keyword(value.to_owned())]))
    }

    /// Every condition that could tell the columns from the definition.
    fn conditions() -> Vec<Condition> {
        let volt = |range| condition("volt", Test::Range(range));
        let matches = |key, any| condition(key, Test::Match(any));
        vec![
            keyword("brand", "bosch"),
            keyword("fits", "golf"),
            keyword("fits", "x"),
            keyword("size", "a"),
            matches("volt", vec![Scalar::Integer(12), Scalar::Integer(24)]),
            matches("volt", vec![Scalar::Integer(i64::MAX)]),
            matches("volt", vec![Scalar::Bool(true), Scalar::Keyword("12".to_owned())]),
            matches("new", vec![Scalar::Bool(false)]),
            matches("fits", vec![Scalar::Integer(7)]),
            matches("brand", vec![]),
            volt(Range {
                gt: Some(12.0),
                ..Range::default()
            }),
            volt(Range {
                gte: Some(12.0),
                lte: Some(12.5),
                ..Range::default()
            }),
            volt(Range {
                lt: Some(12.0),
                ..Range::default()
            }),
            volt(Range::default()),
        ]
    }

    fn selected(index: &PayloadIndex, filters: Filters<'_>) -> Vec<u32> {
        index
            .select(filters, &mut FilterScratch::default())
            .iter()
            .collect()
    }

    fn defined(documents: &[Payload], filters: &[&Filter]) -> Vec<u32> {
        let passes = |p: &&u32| filters.iter().all(|f| f.matches(&documents[**p as usize]));
        let points: Vec<u32> = (0..documents.len() as u32).collect();
        points.iter().filter(passes).copied().collect()
    }

    #[test]
    fn columns_and_documents_both_give_what_the_definition_says() {
        let documents = documents();
        let every_field = ["brand", "fits", "new", "size", "volt"].map(str::to_owned);
        let indexed = PayloadIndex::new(&documents, &every_field);
        let unindexed = PayloadIndex::new(&documents, &every_field[..1]);
        let (pool, mut rng) = (conditions(), Rng::new(41));
        let mut some = |most: usize| -> Vec<Condition> {
            (0..rng.below(most + 1))
                .map(|_| pool[rng.below(pool.len())].clone())
                .collect()
        };
        for _ in 0..500 {
            let a = Filter {
                must: some(2),
                must_not: some(2),
                should: some(3),
            };
            let b = Filter {
                must: some(1),
                must_not: some(1),
                should: some(2),
            };
            let want = defined(&documents, &[&a, &b]);
            let both = Filters([Some(&a), Some(&b)]);
            assert_eq!(selected(&indexed, both), want, "{a:?} and {b:?}");
            assert_eq!(selected(&unindexed, both), want, "{a:?} and {b:?}");
        }
        assert_eq!(indexed.evaluated_by_document(), 0);
        assert!(unindexed.evaluated_by_document() > 0);
    }

    #[test]
    fn every_single_condition_matches_by_column_as_defined() {
        let documents = documents();
        let fields = ["brand", "fits", "new", "size", "volt"].map(str::to_owned);
        let index = PayloadIndex::new(&documents, &fields);
        for condition in conditions() {
            let filter = Filter {
                must: vec![condition],
                ..Filter::default()
            };
            let got = selected(&index, Filters([Some(&filter), None]));
            assert_eq!(got, defined(&documents, &[&filter]), "{filter:?}");
        }
    }

    #[test]
    fn an_empty_filter_is_no_filter() {
        let empty = Filter::default();
        assert!(Filters([Some(&empty), None]).is_empty());
        let filter = Filter {
            must: vec![keyword("a", "b")],
            ..Filter::default()
        };
        assert!(!Filters([None, Some(&filter)]).is_empty());
    }

    #[test]
    fn documents_without_payload_are_not_stored() {
        let index = PayloadIndex::new(&[Payload::new(), Payload::new()], &[]);
        assert!(index.documents.is_empty());
        let not = Filter {
            must_not: vec![keyword("a", "b")],
            ..Filter::default()
        };
        assert_eq!(selected(&index, Filters([Some(&not), None])), [0, 1]);
    }
}
