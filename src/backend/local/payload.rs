//! Filters of the embedded backend: from a filter to the set of points that pass it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::filter::{Condition, Filter, Payload, Scalar, Test};
use crate::index::bitset::BitSet;
use crate::index::payload::{Column, FieldValue};

/// Payloads of all points, and an index over the fields that have one.
pub(super) struct PayloadIndex {
    payload: Vec<Payload>,
    columns: BTreeMap<String, Column>,
}

impl PayloadIndex {
    /// Indexes `fields` of `payload`.
    pub(super) fn new(payload: &[Payload], fields: &[String]) -> Self {
        let column = |field: &String| (field.clone(), Column::new(values(payload, field)));
        Self {
            columns: fields.iter().map(column).collect(),
            payload: payload.to_vec(),
        }
    }

    /// Bytes of the indexes over single fields.
    pub(super) fn bytes(&self) -> usize {
        self.columns.values().map(Column::bytes).sum()
    }

    /// Whether a point passes, by the filter's definition.
    pub(super) fn passes(&self, filter: &Filter, point: u32) -> bool {
        filter.matches(&self.payload[point as usize])
    }

    /// Puts the points that pass `filter` into `out`.
    pub(super) fn select(&self, filter: &Filter, out: &mut BitSet) {
        let n = self.payload.len();
        out.reset(n);
        out.not();
        for condition in &filter.must {
            out.and(&self.condition(condition));
        }
        for condition in &filter.must_not {
            out.and_not(&self.condition(condition));
        }
        if !filter.should.is_empty() {
            let mut any = BitSet::new(n);
            for condition in &filter.should {
                any.or(&self.condition(condition));
            }
            out.and(&any);
        }
    }

    /// The points that fulfil one condition: from the field's index, or by looking at every payload.
    fn condition(&self, condition: &Condition) -> BitSet {
        let mut set = BitSet::new(self.payload.len());
        match self.columns.get(&condition.key) {
            Some(column) => match &condition.test {
                Test::Match(values) => {
                    for value in values {
                        column.matches(scalar(value), &mut set);
                    }
                }
                Test::Range(range) => column.range(range, &mut set),
            },
            None => {
                for (point, payload) in (0..).zip(&self.payload) {
                    if condition.matches(payload) {
                        set.insert(point);
                    }
                }
            }
        }
        set
    }
}

/// Every value of a field with its point; a list gives several, null and nested values give none.
fn values<'a>(payload: &'a [Payload], field: &str) -> impl Iterator<Item = (u32, FieldValue<'a>)> {
    let of = move |(point, payload): (u32, &'a Payload)| {
        let values = match payload.get(field) {
            Some(Value::Array(list)) => list.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        values.iter().filter_map(move |v| Some((point, field_value(v)?)))
    };
    (0..).zip(payload).flat_map(of)
}

fn field_value(value: &Value) -> Option<FieldValue<'_>> {
    match value {
        Value::String(s) => Some(FieldValue::Keyword(s)),
        Value::Bool(b) => Some(FieldValue::Bool(*b)),
        Value::Number(n) => n
            .as_i64()
            .map(FieldValue::Integer)
            .or_else(|| n.as_f64().map(FieldValue::Float)),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn scalar(value: &Scalar) -> FieldValue<'_> {
    match value {
        Scalar::Bool(b) => FieldValue::Bool(*b),
        Scalar::Integer(i) => FieldValue::Integer(*i),
        Scalar::Keyword(s) => FieldValue::Keyword(s),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn payloads() -> Vec<Payload> {
        let all = json!([
            { "brand": "A", "price": 10, "tags": ["x", "y"] },
            { "brand": "B", "price": 20.5, "tags": [] },
            { "brand": "A", "price": 30, "new": true, "tags": ["y"] },
            { "price": null }
        ]);
        let list = all.as_array().unwrap();
        list.iter().map(|p| p.as_object().unwrap().clone()).collect()
    }

    /// The same filter by definition, by index, and by an index over half of its fields.
    #[test]
    fn an_index_selects_what_the_definition_selects() {
        let filters = [
            json!({ "must": [{ "key": "brand", "match": "A" }] }),
            json!({ "must": [{ "key": "price", "range": { "gte": 20, "lt": 30 } }] }),
            json!({ "must": [{ "key": "price", "match": 10 }, { "key": "tags", "match": { "any": ["x", "z"] } }] }),
            json!({ "must_not": [{ "key": "tags", "match": "y" }] }),
            json!({ "should": [{ "key": "new", "match": true }, { "key": "brand", "match": "B" }] }),
            json!({}),
        ];
        let all = ["brand", "price", "tags", "new"].map(String::from);
        for filter in filters {
            let filter: Filter = serde_json::from_value(filter).unwrap();
            let want: Vec<u32> = (0..4)
                .filter(|&p| filter.matches(&payloads()[p as usize]))
                .collect();
            for fields in [&all[..], &all[..1], &[]] {
                let mut got = BitSet::default();
                PayloadIndex::new(&payloads(), fields).select(&filter, &mut got);
                assert_eq!(
                    got.iter().collect::<Vec<u32>>(),
                    want,
                    "{filter:?} with {fields:?}"
                );
            }
        }
    }
}
