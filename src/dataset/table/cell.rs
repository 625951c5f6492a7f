//! What a single value becomes: an id, a text, a payload value, a grade, a filter.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Number, Value};

use super::fault::TableFault;
use crate::dataset::Grade;
use crate::dataset::json::{kind, object};
use crate::dataset::problem::Fault;
use crate::filter::Filter;

/// An id: a text without white space, or a whole number in decimal.
pub(super) fn id(column: &str, value: Value) -> Result<String, Fault> {
    let want = "an id is a text or a whole number";
    match value {
        Value::String(id) if id.is_empty() || id.contains(char::is_whitespace) => Err(Fault::UnusableId(id)),
        Value::String(id) => Ok(id),
        Value::Number(number) if !number.is_f64() => Ok(number.to_string()),
        Value::Number(_) => Err(wrong_type(column, "a number with a fraction", want).into()),
        Value::Null => Err(TableFault::Missing(column.to_owned()).into()),
        other => Err(wrong_type(column, kind(&other), want).into()),
    }
}

/// A text, if there is one.
pub(super) fn text(column: &str, value: Value) -> Result<Option<String>, TableFault> {
    match value {
        Value::String(text) => Ok(Some(text)),
        Value::Null => Ok(None),
        other => {
            let want = "text fields take texts; write it as one, or name the column under `metadata`";
            Err(wrong_type(column, kind(&other), want))
        }
    }
}

/// A value for filters and slices; `None` when the cell is empty. Where everything is a text, a cell that is as a whole
/// a JSON number (blanks around it do not matter), `true` or `false` stands for that: `007` and `1.2.3` stay texts.
pub(super) fn payload(value: Value, typed: bool) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::String(text) if !typed => Some(match text.as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            word => serde_json::from_str::<Number>(word).map_or(Value::String(text), Value::Number),
        }),
        other => Some(other),
    }
}

/// A grade: a whole number, or what `grades` says that a word is worth.
pub(super) fn grade(column: &str, value: Value, grades: &IndexMap<String, Grade>) -> Result<Grade, Fault> {
    let word = match &value {
        Value::Null => return Err(TableFault::Missing(column.to_owned()).into()),
        value => word(value),
    };
    if !grades.is_empty() {
        let unknown = || TableFault::UnknownGrade {
            word,
            known: grades.keys().cloned().collect(),
        };
        return grades
            .get(&self::word(&value))
            .copied()
            .ok_or_else(|| unknown().into());
    }
    match &value {
        // Column-wise formats make fractions of whole numbers as soon as one row has none.
        Value::Number(number) => number.as_f64().filter(|x| x.fract() == 0.0).map(|x| x as i64),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
    .and_then(|grade| Grade::try_from(grade).ok())
    .ok_or(Fault::Grade(word))
}

/// A filter, as an object or as JSON in a text.
pub(super) fn filter(column: &str, value: &Value) -> Result<Option<Filter>, TableFault> {
    let fault = |message: String| TableFault::Filter {
        column: column.to_owned(),
        message,
    };
    let parsed = match value {
        Value::Null => return Ok(None),
        Value::String(text) => object(text)
            .map(Value::Object)
            .map_err(|e| fault(e.to_string()))?,
        value => value.clone(),
    };
    Filter::deserialize(&parsed)
        .map(Some)
        .map_err(|e| fault(e.to_string()))
}

/// The value as a mapping would name it.
pub(super) fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn wrong_type(column: &str, found: &'static str, want: &'static str) -> TableFault {
    let column = column.to_owned();
    TableFault::Type { column, found, want }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_of_text_stand_for_numbers_only_as_a_whole() {
        let read = |text: &str| payload(json!(text), false).unwrap();
        assert_eq!(read("12"), json!(12));
        assert_eq!(read(" 12 "), json!(12));
        assert_eq!(read("-1.5e3"), json!(-1500.0));
        assert_eq!(read("true"), json!(true));
        for text in ["007", "1.2.3", "12 V", "+1", ".5", "NaN", "True", "null", "[1]"] {
            assert_eq!(read(text), json!(text));
        }
        assert_eq!(payload(json!("12"), true), Some(json!("12")));
        assert_eq!(payload(Value::Null, false), None);
    }

    #[test]
    fn ids_are_texts_or_whole_numbers() {
        let read = |value| id("sku", value).map_err(|e| e.to_string());
        assert_eq!(read(json!(-12)), Ok("-12".to_owned()));
        assert_eq!(read(json!("a/1")), Ok("a/1".to_owned()));
        let says = |text: &str| Err(text.to_owned());
        assert_eq!(
            read(json!(1.0)),
            says("`sku` is a number with a fraction; an id is a text or a whole number")
        );
        assert_eq!(
            read(json!(true)),
            says("`sku` is a truth value; an id is a text or a whole number")
        );
        assert_eq!(
            read(json!(null)),
            says("no value in `sku`, which every row needs")
        );
        assert_eq!(
            read(json!("a b")),
            says("the id `a b` is empty or has white space in it, which run files cannot hold")
        );
    }

    #[test]
    fn grades_are_whole_numbers_or_known_words() {
        let none = IndexMap::new();
        let read = |value| grade("label", value, &none).map_err(|e| e.to_string());
        assert_eq!(read(json!(3)), Ok(3));
        assert_eq!(read(json!(-2.0)), Ok(-2));
        assert_eq!(read(json!("1")), Ok(1));
        let says = |text: &str| Err(text.to_owned());
        assert_eq!(read(json!(1.7)), says("the grade `1.7` is not a whole number"));
        assert_eq!(read(json!("abc")), says("the grade `abc` is not a whole number"));
        assert_eq!(read(json!("nan")), says("the grade `nan` is not a whole number"));
        assert_eq!(read(json!(true)), says("the grade `true` is not a whole number"));
        assert_eq!(
            read(json!(3_000_000_000_u64)),
            says("the grade `3000000000` is not a whole number")
        );
        assert_eq!(
            read(json!(null)),
            says("no value in `label`, which every row needs")
        );

        let words = IndexMap::from([("Exact".to_owned(), 2), ("Irrelevant".to_owned(), 0)]);
        assert_eq!(grade("label", json!("Exact"), &words), Ok(2));
        assert_eq!(
            grade("label", json!("exact"), &words).unwrap_err().to_string(),
            "the grade `exact` is not among `grades`, which has `Exact`, `Irrelevant`"
        );
    }
}
