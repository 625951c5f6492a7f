//! The one filter language: `{ must: […], must_not: […], should: […] }` over payload fields.
//!
//! A filter is data. It says which documents are allowed; how it is carried out (before, after or inside the graph)
//! is the business of a stage's strategy. [`Filter::matches`] is the definition that every backend is held against.

mod schema;
mod values;
mod wire;

use serde::Serialize;
use serde_json::{Map, Value};

/// A document's payload: the metadata that filters may look at.
pub type Payload = Map<String, Value>;

/// Conditions over a payload; an empty filter allows everything.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct Filter {
    /// Every one of these holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub must: Vec<Condition>,
    /// None of these holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub must_not: Vec<Condition>,
    /// At least one of these holds, if there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub should: Vec<Condition>,
}

/// One condition on one field. A field that is absent or null fulfils no condition. A field that holds a list
/// fulfils a condition when one of its elements does.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(into = "wire::Condition")]
pub struct Condition {
    /// The payload field.
    pub key: String,
    /// What its value has to be.
    pub test: Test,
}

/// What a value has to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// One of these values (`match: 12`, or `match: { any: [12, 24] }`).
    Match(Vec<Scalar>),
    /// A number within bounds.
    Range(Range),
}

/// A value that can be matched exactly.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Scalar {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number; equal to a float of the same value.
    Integer(i64),
    /// A text, compared byte by byte.
    Keyword(String),
}

/// Bounds of a number, finite; an absent bound is no bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Range {
    /// Greater than.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gt: Option<f64>,
    /// Greater than or equal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gte: Option<f64>,
    /// Less than.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lt: Option<f64>,
    /// Less than or equal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lte: Option<f64>,
}

impl Range {
    /// True when `x` lies within the bounds.
    pub fn contains(&self, x: f64) -> bool {
        self.gt.is_none_or(|b| x > b)
            && self.gte.is_none_or(|b| x >= b)
            && self.lt.is_none_or(|b| x < b)
            && self.lte.is_none_or(|b| x <= b)
    }
}

impl Filter {
    /// True when nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.must.is_empty() && self.must_not.is_empty() && self.should.is_empty()
    }

    /// The definition of a match, on the payload as it was read.
    pub fn matches(&self, payload: &Payload) -> bool {
        let holds = |c: &Condition| c.matches(payload);
        self.must.iter().all(holds)
            && !self.must_not.iter().any(holds)
            && (self.should.is_empty() || self.should.iter().any(holds))
    }

    /// Both filters at once.
    pub fn and(&self, other: &Filter) -> Filter {
        // Two `should` groups cannot be merged into one; nesting would be needed. The only caller joins a stage's
        // own filter with a query's, and the plan refuses the case in which both have `should`.
        let join = |a: &[Condition], b: &[Condition]| [a, b].concat();
        Filter {
            must: join(&self.must, &other.must),
            must_not: join(&self.must_not, &other.must_not),
            should: join(&self.should, &other.should),
        }
    }

    /// Every field the filter looks at, sorted and without repeats.
    pub fn keys(&self) -> Vec<&str> {
        let all = [&self.must, &self.must_not, &self.should];
        let mut keys: Vec<&str> = all.into_iter().flatten().map(|c| c.key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

impl Condition {
    fn matches(&self, payload: &Payload) -> bool {
        match payload.get(&self.key) {
            None | Some(Value::Null) => false,
            Some(Value::Array(items)) => items.iter().any(|v| self.test.accepts(v)),
            Some(value) => self.test.accepts(value),
        }
    }
}

impl Test {
    /// True when a single (non-list) value passes.
    pub fn accepts(&self, value: &Value) -> bool {
        match self {
            Test::Match(any) => any.iter().any(|s| s.equals(value)),
            Test::Range(range) => value.as_f64().is_some_and(|x| range.contains(x)),
        }
    }
}

impl Scalar {
    fn equals(&self, value: &Value) -> bool {
        match (self, value) {
            (Scalar::Bool(a), Value::Bool(b)) => a == b,
            (Scalar::Keyword(a), Value::String(b)) => a == b,
            (Scalar::Integer(a), Value::Number(b)) => b
                .as_i64()
                .map_or_else(|| b.as_f64() == Some(*a as f64), |b| b == *a),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The truth of a filter on a payload, both as JSON.
    fn matches(filter: Value, payload: Value) -> bool {
        let filter: Filter = serde_json::from_value(filter).unwrap();
        filter.matches(payload.as_object().unwrap())
    }

    fn must(condition: Value) -> Value {
        json!({ "must": [condition] })
    }

    #[test]
    fn an_empty_filter_allows_everything() {
        assert!(matches(json!({}), json!({})));
        assert!(matches(json!({ "should": [] }), json!({ "brand": "Bosch" })));
    }

    #[test]
    fn groups_are_joined_with_and() {
        let filter = json!({
            "must": [{ "key": "voltage", "range": { "gte": 12 } }],
            "must_not": [{ "key": "brand", "match": "Noname" }],
            "should": [{ "key": "stock", "match": true }, { "key": "days", "range": { "lt": 3 } }],
        });
        let accepted = |payload| matches(filter.clone(), payload);
        assert!(accepted(
            json!({ "voltage": 12, "brand": "Bosch", "stock": true, "days": 9 })
        ));
        assert!(accepted(json!({ "voltage": 24, "days": 2 })));
        assert!(!accepted(json!({ "voltage": 6, "stock": true })));
        assert!(!accepted(
            json!({ "voltage": 12, "brand": "Noname", "stock": true })
        ));
        assert!(!accepted(json!({ "voltage": 12, "stock": false, "days": 3 })));
    }

    #[test]
    fn an_absent_or_null_field_fulfils_no_condition() {
        for payload in [json!({}), json!({ "voltage": null })] {
            assert!(!matches(
                must(json!({ "key": "voltage", "match": 12 })),
                payload.clone()
            ));
            assert!(!matches(
                must(json!({ "key": "voltage", "range": { "lt": 99 } })),
                payload.clone()
            ));
            let not = json!({ "must_not": [{ "key": "voltage", "match": 12 }] });
            assert!(matches(not, payload));
        }
    }

    #[test]
    fn a_list_fulfils_what_one_of_its_elements_fulfils() {
        let payload = json!({ "fits": ["Golf", "Polo", null], "years": [1999, 2004.5] });
        assert!(matches(
            must(json!({ "key": "fits", "match": "Polo" })),
            payload.clone()
        ));
        assert!(!matches(
            must(json!({ "key": "fits", "match": "polo" })),
            payload.clone()
        ));
        assert!(matches(
            must(json!({ "key": "years", "range": { "gt": 2000 } })),
            payload.clone()
        ));
        // No single element lies between the two, so the list does not.
        assert!(!matches(
            must(json!({ "key": "years", "range": { "gt": 1999, "lt": 2004 } })),
            payload
        ));
    }

    #[test]
    fn an_integer_equals_a_float_of_the_same_value_and_nothing_else() {
        let twelve = || must(json!({ "key": "v", "match": 12 }));
        assert!(matches(twelve(), json!({ "v": 12.0 })));
        assert!(!matches(twelve(), json!({ "v": 12.5 })));
        assert!(!matches(twelve(), json!({ "v": "12" })));
        assert!(!matches(
            must(json!({ "key": "v", "match": 1 })),
            json!({ "v": true })
        ));
    }

    #[test]
    fn any_means_one_of() {
        let filter = must(json!({ "key": "v", "match": { "any": [12, "24", false] } }));
        assert!(matches(filter.clone(), json!({ "v": "24" })));
        assert!(matches(filter.clone(), json!({ "v": [6, 12] })));
        assert!(!matches(filter, json!({ "v": 24 })));
    }

    #[test]
    fn keys_are_sorted_and_distinct() {
        let filter: Filter = serde_json::from_value(json!({
            "must": [{ "key": "b", "match": 1 }, { "key": "a", "match": 1 }],
            "should": [{ "key": "b", "match": 2 }],
        }))
        .unwrap();
        assert_eq!(filter.keys(), ["a", "b"]);
    }
}
