//! Conditions as sets for filtered vector search write them, turned into the one filter language of [`crate::filter`].
//!
//! `{"and": [{"price": {"range": {"gte": 10}}}, {"brand": {"match": {"value": "Tarnholt"}}}]}` becomes `must`, `or`
//! becomes `should`. What has no counterpart is an error: a condition that is left out changes every answer.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::dataset::json::kind;
use crate::filter::{Condition, Filter};

/// The filter of a query; `None` when it asks for nothing.
pub(super) fn filter(conditions: &Value) -> Result<Option<Filter>, String> {
    let groups = match conditions {
        Value::Null => return Ok(None),
        Value::Object(groups) => groups,
        other => {
            return Err(format!(
                "`conditions` is {}; write an object with `and`, `or`",
                kind(other)
            ));
        }
    };
    let mut filter = Filter::default();
    for (group, entries) in groups {
        let Value::Array(entries) = entries else {
            return Err(format!(
                "`{group}` is {}; write a list of conditions",
                kind(entries)
            ));
        };
        let conditions = entries.iter().map(|entry| entry_conditions(group, entry));
        let conditions: Vec<Vec<Condition>> = conditions.collect::<Result<_, _>>()?;
        match group.as_str() {
            "and" => filter.must = conditions.concat(),
            "or" => {
                // One entry with two tests would need a group within a group.
                if conditions.iter().any(|entry| entry.len() > 1) {
                    return Err("an entry of `or` has two tests; one is wanted per entry".to_owned());
                }
                filter.should = conditions.concat();
            }
            other => return Err(format!("unknown group `{other}`; `and` and `or` are known")),
        }
    }
    Ok((!filter.is_empty()).then_some(filter))
}

/// `{field: {test: …}}`, and more of each; all of them have to hold.
fn entry_conditions(group: &str, entry: &Value) -> Result<Vec<Condition>, String> {
    let mut conditions = Vec::new();
    for (field, tests) in named(entry, || format!("an entry of `{group}`"))? {
        for (test, value) in named(tests, || format!("the condition on `{field}`"))? {
            conditions.push(condition(field, test, value)?);
        }
    }
    if conditions.is_empty() {
        return Err(format!("an entry of `{group}` has no test"));
    }
    Ok(conditions)
}

fn named(value: &Value, what: impl Fn() -> String) -> Result<&Map<String, Value>, String> {
    let found = || format!("{} is {}; write an object", what(), kind(value));
    value.as_object().ok_or_else(found)
}

fn condition(field: &str, test: &str, value: &Value) -> Result<Condition, String> {
    let written = match test {
        "match" => {
            let what = || format!("`match` of the condition on `{field}`");
            match named(value, what)?.iter().collect::<Vec<_>>()[..] {
                [(key, value)] if key == "value" => json!({ "key": field, "match": value }),
                [(key, any)] if key == "any" => json!({ "key": field, "match": { "any": any } }),
                _ => return Err(format!("{} needs `value` or `any`, and nothing else", what())),
            }
        }
        "range" => json!({ "key": field, "range": value }),
        other => {
            return Err(format!(
                "unknown test `{other}` on `{field}`; `match` and `range` can be searched"
            ));
        }
    };
    Condition::deserialize(written).map_err(|e| format!("the condition on `{field}`: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(conditions: &str) -> Result<Option<Filter>, String> {
        filter(&serde_json::from_str(conditions).unwrap())
    }

    #[test]
    fn and_becomes_must_and_or_becomes_should() {
        let filter = of(
            r#"{"and": [{"a": {"match": {"value": 10}}}, {"b": {"range": {"gt": 0.5, "lt": null}}, "c": {"match": {"any": ["x", "y"]}}}],
                "or": [{"d": {"match": {"value": true}}}, {"e": {"match": {"value": "z"}}}]}"#,
        );
        let expected = r#"{"must": [{"key": "a", "match": 10}, {"key": "b", "range": {"gt": 0.5}}, {"key": "c", "match": {"any": ["x", "y"]}}],
            "should": [{"key": "d", "match": true}, {"key": "e", "match": "z"}]}"#;
        assert_eq!(filter, Ok(Some(serde_json::from_str(expected).unwrap())));
    }

    #[test]
    fn nothing_asked_is_no_filter() {
        for nothing in ["null", "{}", r#"{"and": []}"#] {
            assert_eq!(of(nothing), Ok(None), "{nothing}");
        }
    }

    #[test]
    fn what_has_no_counterpart_is_named() {
        let cases = [
            ("[]", "`conditions` is a list; write an object with `and`, `or`"),
            (r#"{"not": []}"#, "unknown group `not`; `and` and `or` are known"),
            (r#"{"and": {}}"#, "`and` is an object; write a list of conditions"),
            (
                r#"{"and": [1]}"#,
                "an entry of `and` is a number; write an object",
            ),
            (r#"{"and": [{}]}"#, "an entry of `and` has no test"),
            (r#"{"and": [{"a": {}}]}"#, "an entry of `and` has no test"),
            (
                r#"{"and": [{"a": 1}]}"#,
                "the condition on `a` is a number; write an object",
            ),
            (
                r#"{"and": [{"a": {"geo": {"lon": 1, "lat": 2, "radius": 3}}}]}"#,
                "unknown test `geo` on `a`; `match` and `range` can be searched",
            ),
            (
                r#"{"and": [{"a": {"match": 5}}]}"#,
                "`match` of the condition on `a` is a number; write an object",
            ),
            (
                r#"{"and": [{"a": {"match": {"text": "x"}}}]}"#,
                "`match` of the condition on `a` needs `value` or `any`, and nothing else",
            ),
            (
                r#"{"and": [{"a": {"match": {"value": 1.5}}}]}"#,
                "the condition on `a`: 1.5 is no exact value; use `range` for numbers with a fraction",
            ),
            (
                r#"{"and": [{"a": {"range": {"gt": "10"}}}]}"#,
                "the condition on `a`: invalid type: string \"10\", expected a number",
            ),
            (
                r#"{"or": [{"a": {"range": {"gt": 1}}, "b": {"range": {"gt": 1}}}]}"#,
                "an entry of `or` has two tests; one is wanted per entry",
            ),
        ];
        for (conditions, message) in cases {
            assert_eq!(of(conditions), Err(message.to_owned()), "{conditions}");
        }
    }
}
