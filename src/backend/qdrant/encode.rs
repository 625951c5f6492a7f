//! Our filters, vectors and payloads in the protocol's words.

use std::collections::HashMap;

use qdrant_client::qdrant::condition::ConditionOneOf;
use qdrant_client::qdrant::r#match::MatchValue;
use qdrant_client::qdrant::point_id::PointIdOptions;
use qdrant_client::qdrant::value::Kind;
use qdrant_client::qdrant::{
    Condition, DenseVector, FieldCondition, Filter, HasIdCondition, ListValue, Match, MultiDenseVector,
    NamedVectors, PointId, PointStruct, Range, RepeatedStrings, ShardKey, ShardKeySelector, SparseVector,
    Struct, Value, Vector, Vectors, shard_key, vector, vectors,
};
use serde_json::Value as Json;

use crate::backend::Points;
use crate::filter::{self, Scalar, Test};
use crate::index;

/// Both filters at once. Each is nested, so that two groups of alternatives stay two.
pub(super) fn filters<'a>(of: impl IntoIterator<Item = &'a filter::Filter>) -> Option<Filter> {
    let mut parts: Vec<Filter> = of.into_iter().filter(|f| !f.is_empty()).map(filter).collect();
    match parts.len() {
        0 | 1 => parts.pop(),
        _ => Some(Filter {
            must: parts.into_iter().map(nested).collect(),
            ..Filter::default()
        }),
    }
}

fn filter(ours: &filter::Filter) -> Filter {
    let all = |conditions: &[filter::Condition]| conditions.iter().map(condition).collect();
    Filter {
        must: all(&ours.must),
        must_not: all(&ours.must_not),
        should: all(&ours.should),
        min_should: None,
    }
}

fn nested(filter: Filter) -> Condition {
    Condition {
        condition_one_of: Some(ConditionOneOf::Filter(filter)),
    }
}

fn condition(ours: &filter::Condition) -> Condition {
    let key = ours.key.as_str();
    match &ours.test {
        Test::Range(range) => within(
            key,
            Range {
                lt: range.lt,
                gt: range.gt,
                gte: range.gte,
                lte: range.lte,
            },
        ),
        Test::Match(any) => match any.as_slice() {
            [one] => one_of(key, one),
            many => {
                let words: Option<Vec<String>> = many.iter().map(keyword).collect();
                match words {
                    Some(strings) => matching(key, MatchValue::Keywords(RepeatedStrings { strings })),
                    None => nested(Filter {
                        should: many.iter().map(|value| one_of(key, value)).collect(),
                        ..Filter::default()
                    }),
                }
            }
        },
    }
}

fn keyword(value: &Scalar) -> Option<String> {
    match value {
        Scalar::Keyword(word) => Some(word.clone()),
        Scalar::Bool(_) | Scalar::Integer(_) => None,
    }
}

fn one_of(key: &str, value: &Scalar) -> Condition {
    match value {
        Scalar::Bool(flag) => matching(key, MatchValue::Boolean(*flag)),
        Scalar::Keyword(word) => matching(key, MatchValue::Keyword(word.clone())),
        // To the server 12 is not 12.0; to our definition it is. A range of one number knows no difference.
        Scalar::Integer(n) => {
            let n = Some(*n as f64);
            within(
                key,
                Range {
                    gte: n,
                    lte: n,
                    ..Range::default()
                },
            )
        }
    }
}

fn matching(key: &str, value: MatchValue) -> Condition {
    field(FieldCondition {
        key: path(key),
        r#match: Some(Match {
            match_value: Some(value),
        }),
        ..FieldCondition::default()
    })
}

fn within(key: &str, range: Range) -> Condition {
    field(FieldCondition {
        key: path(key),
        range: Some(range),
        ..FieldCondition::default()
    })
}

fn field(condition: FieldCondition) -> Condition {
    Condition {
        condition_one_of: Some(ConditionOneOf::Field(condition)),
    }
}

/// A field's name as a path of the server: what would be read as a path, or not at all, is put in quotes. A name with a
/// quote in it cannot be written.
pub(super) fn path(key: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    match key.chars().all(plain) {
        true => key.to_owned(),
        false => format!("\"{key}\""),
    }
}

/// Point `point` under its own number.
pub(super) fn id(point: u32) -> PointId {
    PointId {
        point_id_options: Some(PointIdOptions::Num(u64::from(point))),
    }
}

/// These points and no others.
pub(super) fn only(points: impl Iterator<Item = u32>) -> Filter {
    let has_id = points.map(id).collect();
    Filter {
        must: vec![Condition {
            condition_one_of: Some(ConditionOneOf::HasId(HasIdCondition { has_id })),
        }],
        ..Filter::default()
    }
}

/// The point of an id that we gave; `None` for any other.
pub(super) fn point(id: Option<&PointId>) -> Option<u32> {
    match id?.point_id_options {
        Some(PointIdOptions::Num(number)) => u32::try_from(number).ok(),
        _ => None,
    }
}

/// Searches and writes under one shard key only, where there is one.
pub(super) fn shard(key: Option<&String>) -> Option<ShardKeySelector> {
    let key = shard_key_of(key?);
    Some(ShardKeySelector {
        shard_keys: vec![key],
        fallback: None,
    })
}

pub(super) fn shard_key_of(key: &str) -> ShardKey {
    ShardKey {
        key: Some(shard_key::Key::Keyword(key.to_owned())),
    }
}

/// Rows of each dense vector by point, for uploads in the order of points.
pub(super) struct Rows<'a> {
    points: &'a Points<'a>,
    /// By vector: the row of each point.
    rows: Vec<(&'a str, Vec<Option<u32>>)>,
}

impl<'a> Rows<'a> {
    pub(super) fn of(points: &'a Points<'a>) -> Self {
        let row_of = |dense: &crate::backend::DensePoints<'_>| {
            let mut rows = vec![None; points.count];
            for (row, point) in (0..).zip(dense.points) {
                rows[*point as usize] = Some(row);
            }
            rows
        };
        let rows = points
            .dense
            .iter()
            .map(|(name, dense)| (*name, row_of(dense)))
            .collect();
        Self { points, rows }
    }

    /// A point as it is uploaded: the vectors it has, its payload.
    pub(super) fn point(&self, point: usize) -> PointStruct {
        let payload = self.points.payload.get(point);
        PointStruct {
            id: Some(id(u32::try_from(point).expect("points are numbered in 32 bits"))),
            payload: payload
                .into_iter()
                .flatten()
                .map(|(k, v)| (k.clone(), value(v)))
                .collect(),
            vectors: Some(Vectors {
                vectors_options: Some(vectors::VectorsOptions::Vectors(NamedVectors {
                    vectors: self.vectors(point),
                })),
            }),
        }
    }

    fn vectors(&self, point: usize) -> HashMap<String, Vector> {
        let mut all = HashMap::new();
        for (name, rows) in &self.rows {
            if let Some(row) = rows[point] {
                let data = self.points.dense[name].rows.row(row as usize).to_vec();
                all.insert(
                    (*name).to_owned(),
                    one(vector::Vector::Dense(DenseVector { data })),
                );
            }
        }
        for (name, vectors) in &self.points.sparse {
            all.insert(
                (*name).to_owned(),
                one(vector::Vector::Sparse(stored(&vectors[point]))),
            );
        }
        for (name, tokens) in &self.points.late {
            let rows = tokens.of(point);
            if !rows.is_empty() {
                let rows = several(rows.chunks_exact(tokens.dim()));
                all.insert((*name).to_owned(), one(vector::Vector::MultiDense(rows)));
            }
        }
        all
    }

    /// Bytes of the vectors of a point, about.
    pub(super) fn bytes(&self, point: usize) -> usize {
        let dense = self.rows.iter().filter(|(_, rows)| rows[point].is_some());
        let dense: usize = dense.map(|(name, _)| self.points.dense[name].rows.dim()).sum();
        let sparse: usize = self
            .points
            .sparse
            .values()
            .map(|vectors| 2 * vectors[point].dims.len())
            .sum();
        let late: usize = self
            .points
            .late
            .values()
            .map(|tokens| tokens.of(point).len())
            .sum();
        (dense + sparse + late) * size_of::<f32>()
    }

    /// The dense row of a point.
    pub(super) fn dense(&self, name: &str, point: usize) -> Option<&'a [f32]> {
        let (name, rows) = self.rows.iter().find(|(n, _)| *n == name)?;
        Some(self.points.dense[name].rows.row(rows[point]? as usize))
    }
}

#[expect(deprecated, reason = "the old fields have to be given, empty")]
fn one(vector: vector::Vector) -> Vector {
    Vector {
        data: Vec::new(),
        indices: None,
        vectors_count: None,
        vector: Some(vector),
    }
}

/// No word has this number.
const NO_WORD: u32 = u32::MAX;

/// A document's sparse vector as it is stored. The server's document frequencies are over those documents whose vector
/// has a dimension at all, and ours over all documents; one without words gets a dimension that nothing asks for.
pub(super) fn stored(vector: &index::SparseVector) -> SparseVector {
    match vector.dims.is_empty() {
        false => sparse(vector),
        true => SparseVector {
            values: vec![1.0],
            indices: vec![NO_WORD],
        },
    }
}

/// Token vectors in the protocol's words.
pub(super) fn several<'a>(rows: impl Iterator<Item = &'a [f32]>) -> MultiDenseVector {
    MultiDenseVector {
        vectors: rows.map(|row| DenseVector { data: row.to_vec() }).collect(),
    }
}

/// A sparse vector in the protocol's words.
pub(super) fn sparse(vector: &index::SparseVector) -> SparseVector {
    SparseVector {
        values: vector.weights.clone(),
        indices: vector.dims.clone(),
    }
}

/// A JSON value in the protocol's words. Whole numbers beyond 63 bits become floats.
pub(super) fn value(json: &Json) -> Value {
    let kind = match json {
        Json::Null => Kind::NullValue(0),
        Json::Bool(flag) => Kind::BoolValue(*flag),
        Json::Number(n) => match n.as_i64() {
            Some(whole) => Kind::IntegerValue(whole),
            None => Kind::DoubleValue(n.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Kind::StringValue(text.clone()),
        Json::Array(items) => Kind::ListValue(ListValue {
            values: items.iter().map(value).collect(),
        }),
        Json::Object(map) => Kind::StructValue(Struct {
            fields: map.iter().map(|(k, v)| (k.clone(), value(v))).collect(),
        }),
    };
    Value { kind: Some(kind) }
}

/// A value of the protocol as JSON.
pub(super) fn json(value: &Value) -> Json {
    match &value.kind {
        None | Some(Kind::NullValue(_)) => Json::Null,
        Some(Kind::BoolValue(flag)) => Json::Bool(*flag),
        Some(Kind::IntegerValue(n)) => Json::from(*n),
        Some(Kind::DoubleValue(x)) => Json::from(*x),
        Some(Kind::StringValue(text)) => Json::String(text.clone()),
        Some(Kind::ListValue(list)) => Json::Array(list.values.iter().map(json).collect()),
        Some(Kind::StructValue(map)) => {
            Json::Object(map.fields.iter().map(|(k, v)| (k.clone(), json(v))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json as j;

    use super::*;

    fn ours(filter: Json) -> filter::Filter {
        serde_json::from_value(filter).unwrap()
    }

    #[test]
    fn an_integer_is_a_range_of_one_number() {
        let filter = filters([&ours(j!({ "must": [{ "key": "v", "match": 12 }] }))]).unwrap();
        let want = within(
            "v",
            Range {
                gte: Some(12.0),
                lte: Some(12.0),
                ..Range::default()
            },
        );
        assert_eq!(filter.must, [want]);
    }

    #[test]
    fn several_words_are_one_condition_and_a_mixture_is_alternatives() {
        let words = filters([&ours(
            j!({ "must_not": [{ "key": "v", "match": { "any": ["a", "b"] } }] }),
        )])
        .unwrap();
        let keywords = MatchValue::Keywords(RepeatedStrings {
            strings: vec!["a".to_owned(), "b".to_owned()],
        });
        assert_eq!(words.must_not, [matching("v", keywords)]);
        let mixed = filters([&ours(
            j!({ "must": [{ "key": "v", "match": { "any": ["a", true] } }] }),
        )])
        .unwrap();
        let should = vec![
            matching("v", MatchValue::Keyword("a".to_owned())),
            matching("v", MatchValue::Boolean(true)),
        ];
        let group = Filter {
            should,
            ..Filter::default()
        };
        assert_eq!(mixed.must, [nested(group)]);
    }

    #[test]
    fn two_filters_stay_two_groups() {
        let should = |v: &str| ours(j!({ "should": [{ "key": "v", "match": v }] }));
        let both = filters([&should("a"), &should("b"), &filter::Filter::default()]).unwrap();
        assert_eq!(both.must.len(), 2);
        assert!(both.should.is_empty());
        assert_eq!(filters([]), None);
    }

    #[test]
    fn names_that_look_like_paths_are_quoted() {
        assert_eq!(path("brand"), "brand");
        assert_eq!(path("a.b"), "\"a.b\"");
        assert_eq!(path("wheel base"), "\"wheel base\"");
    }

    #[test]
    fn values_come_back_as_they_went() {
        let payload = j!({ "s": "x", "n": 12, "x": 1.5, "b": true, "l": [1, "a", null], "m": { "k": -1 } });
        assert_eq!(json(&value(&payload)), payload);
    }
}
