//! How filters are written in JSON and YAML.
//!
//! The visitors are written by hand where serde's shortcuts (`untagged`, `flatten`) would lose the position of a
//! mistake or turn its message into "did not match any variant".

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::Test;
use super::values::Values;

/// Reads a struct from a map and from nothing else; a derived `Deserialize` alone would take a list for a struct, so
/// that `filter: []` passed for an empty filter.
struct MapOnly<T> {
    expected: &'static str,
    becomes: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> MapOnly<T> {
    fn read<D: Deserializer<'de>>(from: D, expected: &'static str) -> Result<T, D::Error> {
        let becomes = PhantomData;
        from.deserialize_map(Self { expected, becomes })
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for MapOnly<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

/// A filter as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    #[serde(default)]
    must: Vec<super::Condition>,
    #[serde(default)]
    must_not: Vec<super::Condition>,
    #[serde(default)]
    should: Vec<super::Condition>,
}

impl<'de> Deserialize<'de> for super::Filter {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let wire: Filter = MapOnly::read(from, "a filter: a map of `must`, `must_not`, `should`")?;
        Ok(Self {
            must: wire.must,
            must_not: wire.must_not,
            should: wire.should,
        })
    }
}

/// A condition as written: `{ key, match }` or `{ key, range }`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Condition {
    key: String,
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    values: Option<Values>,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<super::Range>,
}

impl<'de> Deserialize<'de> for super::Condition {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let wire: Condition = MapOnly::read(from, "a condition: a map of `key` and `match` or `range`")?;
        Self::try_from(wire).map_err(de::Error::custom)
    }
}

impl TryFrom<Condition> for super::Condition {
    type Error = String;

    fn try_from(wire: Condition) -> Result<Self, String> {
        let test = match (wire.values, wire.range) {
            (Some(Values(any)), None) => Test::Match(any),
            (None, Some(range)) => Test::Range(range),
            (None, None) => {
                return Err(format!(
                    "the condition on `{}` needs `match` or `range`",
                    wire.key
                ));
            }
            (Some(_), Some(_)) => {
                return Err(format!(
                    "the condition on `{}` has both `match` and `range`; write two conditions",
                    wire.key
                ));
            }
        };
        Ok(Self { key: wire.key, test })
    }
}

impl From<super::Condition> for Condition {
    fn from(condition: super::Condition) -> Self {
        let (values, range) = match condition.test {
            Test::Match(any) => (Some(Values(any)), None),
            Test::Range(range) => (None, Some(range)),
        };
        Self {
            key: condition.key,
            values,
            range,
        }
    }
}

/// A range as written; every bound that is there is finite.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    gt: Option<Bound>,
    gte: Option<Bound>,
    lt: Option<Bound>,
    lte: Option<Bound>,
}

impl<'de> Deserialize<'de> for super::Range {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let wire: Range = MapOnly::read(from, "a range: a map of `gt`, `gte`, `lt`, `lte`")?;
        let value = |bound: Option<Bound>| bound.map(|Bound(x)| x);
        let range = Self {
            gt: value(wire.gt),
            gte: value(wire.gte),
            lt: value(wire.lt),
            lte: value(wire.lte),
        };
        if range == Self::default() {
            let message = "an empty range; name at least one of `gt`, `gte`, `lt`, `lte`";
            return Err(de::Error::custom(message));
        }
        Ok(range)
    }
}

/// One finite bound.
struct Bound(f64);

impl<'de> Deserialize<'de> for Bound {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // Not `deserialize_f64`: YAML would then read the quoted text "12" as a number.
        from.deserialize_any(BoundVisitor)
    }
}

struct BoundVisitor;

impl Visitor<'_> for BoundVisitor {
    type Value = Bound;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_i64<E: de::Error>(self, x: i64) -> Result<Bound, E> {
        Ok(Bound(x as f64))
    }

    fn visit_u64<E: de::Error>(self, x: u64) -> Result<Bound, E> {
        Ok(Bound(x as f64))
    }

    fn visit_f64<E: de::Error>(self, x: f64) -> Result<Bound, E> {
        if x.is_finite() {
            Ok(Bound(x))
        } else {
            Err(E::custom(format_args!(
                "the bound `{x}` is not finite; leave it out for no bound"
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde::de::value::{Error, F64Deserializer};

    use super::Bound;
    use crate::filter::{Condition, Filter, Range, Scalar, Test};

    /// The message of a filter that does not parse.
    fn message(json: &str) -> String {
        serde_json::from_str::<Filter>(json).unwrap_err().to_string()
    }

    #[test]
    fn reads_and_writes_the_whole_language() {
        let json = r#"{"must":[{"key":"category","match":"starter"},{"key":"voltage","match":{"any":[12,24]}},{"key":"stock","match":true}],"must_not":[{"key":"price","range":{"gt":10.5,"lte":20.0}}]}"#;
        let filter: Filter = serde_json::from_str(json).unwrap();
        assert_eq!(
            filter.must[1],
            Condition {
                key: "voltage".into(),
                test: Test::Match(vec![Scalar::Integer(12), Scalar::Integer(24)]),
            }
        );
        assert_eq!(
            filter.must_not[0].test,
            Test::Range(Range {
                gt: Some(10.5),
                lte: Some(20.0),
                ..Range::default()
            })
        );
        assert_eq!(serde_json::to_string(&filter).unwrap(), json);
        assert_eq!(serde_saphyr::from_str::<Filter>(json).unwrap(), filter);
    }

    #[test]
    fn yaml_keeps_quoted_numbers_as_texts() {
        let yaml = "must:\n- { key: code, match: \"012\" }\n- { key: volt, match: 12 }\n- { key: brand, match: Bosch }\n";
        let filter: Filter = serde_saphyr::from_str(yaml).unwrap();
        let tests: Vec<&Test> = filter.must.iter().map(|c| &c.test).collect();
        assert_eq!(
            tests,
            [
                &Test::Match(vec![Scalar::Keyword("012".into())]),
                &Test::Match(vec![Scalar::Integer(12)]),
                &Test::Match(vec![Scalar::Keyword("Bosch".into())]),
            ]
        );
    }

    #[test]
    fn mistakes_have_messages_that_name_the_way_out() {
        let cases = [
            (
                r#"{"most":[]}"#,
                "unknown field `most`, expected one of `must`, `must_not`, `should`",
            ),
            (r#"{"must":[{"key":"a","math":1}]}"#, "unknown field `math`"),
            (r#"{"must":[{"match":1}]}"#, "missing field `key`"),
            (
                r#"{"must":[{"key":"a"}]}"#,
                "the condition on `a` needs `match` or `range`",
            ),
            (
                r#"{"must":[{"key":"a","match":1,"range":{"gt":1}}]}"#,
                "the condition on `a` has both `match` and `range`; write two conditions",
            ),
            (
                r#"{"must":[{"key":"a","match":1.5}]}"#,
                "1.5 is no exact value; use `range` for numbers with a fraction",
            ),
            (
                r#"{"must":[{"key":"a","match":{"any":[]}}]}"#,
                "`any` is empty, so nothing could match",
            ),
            (
                r#"{"must":[{"key":"a","match":{"all":[1]}}]}"#,
                "unknown field `all`, expected `any`",
            ),
            (
                r#"{"must":[{"key":"a","match":18446744073709551615}]}"#,
                "is beyond the largest integer",
            ),
            (
                r#"{"must":[{"key":"a","range":{}}]}"#,
                "an empty range; name at least one of `gt`",
            ),
            (
                r#"{"must":[{"key":"a","range":{"gtt":1}}]}"#,
                "unknown field `gtt`",
            ),
        ];
        for (json, part) in cases {
            let message = message(json);
            assert!(message.contains(part), "{json}: {message}");
        }
    }

    #[test]
    fn wrong_types_are_named() {
        let cases = [
            (
                r#"{"must":[{"key":"a","match":[1,2]}]}"#,
                "invalid type: sequence, expected true, false, a whole number, a text, or `{ any: […] }`",
            ),
            (
                r#"{"must":[{"key":"a","range":{"gt":"12"}}]}"#,
                "invalid type: string \"12\", expected a number",
            ),
            (
                r#"{"must":[["a",1]]}"#,
                "invalid type: sequence, expected a condition: a map of `key`",
            ),
            ("[]", "invalid type: sequence, expected a filter: a map of `must`"),
        ];
        for (json, part) in cases {
            let message = message(json);
            assert!(message.contains(part), "{json}: {message}");
        }
    }

    #[test]
    fn yaml_mistakes_keep_message_and_position() {
        let cases = [
            ("most: []\n", "unknown field `most`", 1),
            (
                "must:\n- key: a\n  match: 1.5\n",
                "1.5 is no exact value; use `range`",
                3,
            ),
            (
                "must:\n- key: a\n  match: { any: [1, 2.5] }\n",
                "2.5 is no exact value; use `range`",
                3,
            ),
            (
                "must:\n- key: a\n  range:\n    gtt: 1\n",
                "unknown field `gtt`",
                4,
            ),
            (
                "must:\n- key: a\n  range: { gt: \"12\" }\n",
                "expected a number",
                3,
            ),
            (
                "must:\n- key: a\n- key: b\n  match: 1\n",
                "the condition on `a` needs `match` or `range`",
                2,
            ),
            ("must: []\nmust: []\n", "duplicate", 2),
        ];
        for (yaml, part, line) in cases {
            let error = serde_saphyr::from_str::<Filter>(yaml).unwrap_err();
            assert!(error.to_string().contains(part), "{yaml}: {error}");
            assert_eq!(error.location().map(|l| l.line()), Some(line), "{yaml}: {error}");
        }
    }

    #[test]
    fn an_infinite_bound_is_refused_whatever_the_format() {
        let bound = Bound::deserialize(F64Deserializer::<Error>::new(f64::INFINITY));
        let error = bound.err().unwrap();
        assert_eq!(
            error.to_string(),
            "the bound `inf` is not finite; leave it out for no bound"
        );
    }
}
