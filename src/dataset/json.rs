//! One JSON object per line, read strictly: a key twice is an error at any depth, and the message of what is not JSON
//! says what to do about it.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::problem::Fault;

/// The object on a line.
pub(crate) fn object(line: &str) -> Result<Map<String, Value>, Fault> {
    match serde_json::from_str(line) {
        Ok(Unique(Value::Object(map))) => Ok(map),
        Ok(Unique(other)) => Err(Fault::Json {
            column: 1,
            message: format!("expected an object `{{…}}`, found {}", kind(&other)),
        }),
        Err(error) => Err(fault(line, &error)),
    }
}

/// What a value is, with its article, for messages.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn fault(line: &str, error: &serde_json::Error) -> Fault {
    if let Some((token, column)) = not_finite(line, error.column()) {
        return Fault::NotFinite { token, column };
    }
    // The line number within the one line that was parsed says nothing.
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default().to_owned();
    let column = error.column();
    Fault::Json { column, message }
}

/// The token around `column` if it is one of those that Python, JavaScript or C++ write for infinity and NaN.
fn not_finite(line: &str, column: usize) -> Option<(String, usize)> {
    let is_word = |b: &u8| b.is_ascii_alphabetic() || *b == b'-';
    let bytes = line.as_bytes();
    let at = column.saturating_sub(1).min(bytes.len());
    let start = at - bytes[..at].iter().rev().take_while(|b| is_word(b)).count();
    let length = bytes[start..].iter().take_while(|b| is_word(b)).count();
    // The parser counts bytes, and its column may lie inside of a character, which is no such word.
    let token = line.get(start..start + length)?;
    let known = [
        "NaN",
        "-NaN",
        "nan",
        "-nan",
        "Infinity",
        "-Infinity",
        "inf",
        "-inf",
    ];
    known.contains(&token).then(|| (token.to_owned(), start + 1))
}

/// A JSON value whose objects have distinct keys; `Value` itself would keep the last of two silently.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(UniqueVisitor).map(Unique)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, x: bool) -> Result<Value, E> {
        Ok(x.into())
    }

    fn visit_i64<E: de::Error>(self, x: i64) -> Result<Value, E> {
        Ok(x.into())
    }

    fn visit_u64<E: de::Error>(self, x: u64) -> Result<Value, E> {
        Ok(x.into())
    }

    fn visit_f64<E: de::Error>(self, x: f64) -> Result<Value, E> {
        Ok(x.into())
    }

    fn visit_str<E: de::Error>(self, x: &str) -> Result<Value, E> {
        Ok(x.into())
    }

    fn visit_string<E: de::Error>(self, x: String) -> Result<Value, E> {
        Ok(x.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Unique(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(items.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Map::new();
        while let Some((key, Unique(value))) = map.next_entry::<String, _>()? {
            if entries.contains_key(&key) {
                return Err(de::Error::custom(format_args!(
                    "the key `{key}` stands here twice"
                )));
            }
            entries.insert(key, value);
        }
        Ok(entries.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(line: &str) -> String {
        object(line).unwrap_err().to_string()
    }

    #[test]
    fn an_object_is_read_as_serde_json_reads_it() {
        let line = r#"{"b": [1, -2, 2.5, null, true], "a": {"x": "é\n"}, "n": 18446744073709551615}"#;
        let expected: Value = serde_json::from_str(line).unwrap();
        assert_eq!(Value::Object(object(line).unwrap()), expected);
    }

    #[test]
    fn a_key_twice_is_an_error_at_any_depth() {
        assert!(message(r#"{"a": 1, "a": 2}"#).ends_with("the key `a` stands here twice"));
        assert!(message(r#"{"m": [{"a": 1, "a": 2}]}"#).ends_with("the key `a` stands here twice"));
    }

    #[test]
    fn numbers_that_json_lacks_are_named_with_their_column() {
        let says = |token, column| {
            format!("`{token}` at column {column} is not JSON; leave the field out or write null")
        };
        assert_eq!(message(r#"{"price": NaN}"#), says("NaN", 11));
        assert_eq!(message(r#"{"price":-Infinity, "x": 1}"#), says("-Infinity", 10));
        assert_eq!(message(r#"{"price": [1, Infinity]}"#), says("Infinity", 15));
        assert_eq!(message(r#"{"price": nan}"#), says("nan", 11));
        assert_eq!(
            message("\"¡"),
            "malformed JSON at column 3: EOF while parsing a string"
        );
    }

    #[test]
    fn other_mistakes_keep_the_parsers_words_and_column() {
        assert_eq!(
            message(r#"{"a": 1"#),
            "malformed JSON at column 7: EOF while parsing an object"
        );
        assert_eq!(
            message(r#"{"a": 1} {"#),
            "malformed JSON at column 10: trailing characters"
        );
        assert_eq!(
            message(r#"{"a": 1e999}"#),
            "malformed JSON at column 11: number out of range"
        );
        assert_eq!(
            message("{'a': 1}"),
            "malformed JSON at column 2: key must be a string"
        );
        assert_eq!(
            message("[1]"),
            "malformed JSON at column 1: expected an object `{…}`, found a list"
        );
    }
}
