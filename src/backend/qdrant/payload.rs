//! Which kind of payload index fits a field: the values decide.

use qdrant_client::qdrant::FieldType;
use serde_json::Value;

use crate::filter::Payload;

/// The kind of index for `field` over all payloads. `Err` says why there is none.
///
/// An index that is stricter than the filter language would lose hits: one of whole numbers leaves out 12.0.
pub(super) fn kind(field: &str, payload: &[Payload]) -> Result<FieldType, &'static str> {
    let mut kinds = payload
        .iter()
        .filter_map(|p| p.get(field))
        .flat_map(items)
        .filter_map(of_value);
    let Some(first) = kinds.next() else {
        return Err("no document has a value for it");
    };
    kinds.try_fold(first, |so_far, next| match (so_far, next) {
        (a, b) if a == b => Ok(a),
        (FieldType::Integer, FieldType::Float) | (FieldType::Float, FieldType::Integer) => {
            Ok(FieldType::Float)
        }
        _ => Err("its values are of several kinds"),
    })
}

fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

fn of_value(value: &Value) -> Option<FieldType> {
    match value {
        Value::String(_) => Some(FieldType::Keyword),
        Value::Bool(_) => Some(FieldType::Bool),
        Value::Number(n) if n.is_f64() => Some(FieldType::Float),
        Value::Number(_) => Some(FieldType::Integer),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_values_decide() {
        let of = |values: &[Value]| {
            let payload: Vec<Payload> = values
                .iter()
                .map(|v| Payload::from_iter([("f".to_owned(), v.clone())]))
                .collect();
            kind("f", &payload)
        };
        assert_eq!(
            of(&[json!("a"), json!(["b", "c"]), json!(null)]),
            Ok(FieldType::Keyword)
        );
        assert_eq!(of(&[json!(1), json!([2, 3])]), Ok(FieldType::Integer));
        assert_eq!(of(&[json!(1), json!(2.5)]), Ok(FieldType::Float));
        assert_eq!(of(&[json!(true)]), Ok(FieldType::Bool));
        assert_eq!(
            of(&[json!(1), json!("a")]),
            Err("its values are of several kinds")
        );
        assert_eq!(of(&[json!({ "k": 1 })]), Err("no document has a value for it"));
    }
}
