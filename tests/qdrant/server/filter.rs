//! Filters, as Qdrant's documentation defines them. A list fulfils a condition when one of its elements does.
//!
//! Two things are as there and not as in evalrun: an integer matches no float, equal or not, and what is absent is
//! empty but not null.

use qdrant_client::qdrant::condition::ConditionOneOf;
use qdrant_client::qdrant::r#match::MatchValue;
use qdrant_client::qdrant::value::Kind;
use qdrant_client::qdrant::{Condition, FieldCondition, Filter, Range, Value, ValuesCount};
use tonic::Status;

use super::state::Point;
use super::values::{Id, Payload, at, check_path, is_null, list, number};

/// Refuses what is not known here, so that nothing passes unseen.
pub(super) fn check(filter: &Filter) -> Result<(), Status> {
    let least = filter.min_should.iter().flat_map(|m| &m.conditions);
    let all = filter
        .must
        .iter()
        .chain(&filter.must_not)
        .chain(&filter.should)
        .chain(least);
    for condition in all {
        match &condition.condition_one_of {
            None => return Err(Status::invalid_argument("a condition without content")),
            Some(ConditionOneOf::Filter(inner)) => check(inner)?,
            Some(ConditionOneOf::Nested(nested)) => {
                check_path(&nested.key)?;
                let missing = || Status::invalid_argument("a nested condition without a filter");
                check(nested.filter.as_ref().ok_or_else(missing)?)?;
            }
            Some(ConditionOneOf::Field(field)) => check_field(field)?,
            Some(ConditionOneOf::IsEmpty(c)) => check_path(&c.key)?,
            Some(ConditionOneOf::IsNull(c)) => check_path(&c.key)?,
            Some(ConditionOneOf::Slice(_)) => return Err(unknown("slices")),
            Some(_) => {}
        }
    }
    Ok(())
}

fn check_field(field: &FieldCondition) -> Result<(), Status> {
    check_path(&field.key)?;
    if field.datetime_range.is_some() {
        return Err(unknown("times"));
    }
    if field.geo_bounding_box.is_some() || field.geo_radius.is_some() || field.geo_polygon.is_some() {
        return Err(unknown("places"));
    }
    let asked = field.r#match.is_some() || field.range.is_some() || field.values_count.is_some();
    match asked || field.is_empty.is_some() || field.is_null.is_some() {
        true => Ok(()),
        false => Err(Status::invalid_argument(format!(
            "nothing is asked of {:?}",
            field.key
        ))),
    }
}

fn unknown(what: &str) -> Status {
    Status::unimplemented(format!("the test server knows no conditions on {what}"))
}

/// True when the point passes.
pub(super) fn passes(filter: &Filter, id: &Id, point: &Point) -> bool {
    let of_point = |condition: &ConditionOneOf| match condition {
        ConditionOneOf::HasId(ids) => ids.has_id.iter().any(|i| *i == id.wire()),
        ConditionOneOf::HasVector(name) => point.vectors.contains_key(&name.has_vector),
        _ => false,
    };
    holds(filter, &point.payload, &of_point)
}

/// Conditions on a payload; those on the point itself are left to `of_point`.
fn holds(filter: &Filter, payload: &Payload, of_point: &dyn Fn(&ConditionOneOf) -> bool) -> bool {
    let yes = |c: &Condition| {
        c.condition_one_of
            .as_ref()
            .is_some_and(|c| condition(c, payload, of_point))
    };
    let least = filter
        .min_should
        .as_ref()
        .is_none_or(|m| m.conditions.iter().filter(|c| yes(c)).count() as u64 >= m.min_count);
    filter.must.iter().all(yes)
        && !filter.must_not.iter().any(yes)
        && (filter.should.is_empty() || filter.should.iter().any(yes))
        && least
}

fn condition(
    condition: &ConditionOneOf,
    payload: &Payload,
    of_point: &dyn Fn(&ConditionOneOf) -> bool,
) -> bool {
    match condition {
        ConditionOneOf::Field(field) => field_passes(field, payload),
        ConditionOneOf::Filter(inner) => holds(inner, payload, of_point),
        ConditionOneOf::IsEmpty(c) => at(payload, &c.key).into_iter().all(is_empty),
        ConditionOneOf::IsNull(c) => at(payload, &c.key).into_iter().any(holds_null),
        ConditionOneOf::Nested(nested) => {
            // Every element of the list is a payload of its own, and has no id.
            let key = format!("{}[]", nested.key.trim_end_matches("[]"));
            let filter = nested.filter.as_ref().expect("checked before");
            at(payload, &key).into_iter().any(|element| match &element.kind {
                Some(Kind::StructValue(object)) => holds(filter, &object.fields, &|_| false),
                _ => false,
            })
        }
        other => of_point(other),
    }
}

fn field_passes(field: &FieldCondition, payload: &Payload) -> bool {
    let values = at(payload, &field.key);
    if let Some(count) = &field.values_count {
        let many = |value: &&Value| counted(count, size(value));
        return if values.is_empty() {
            counted(count, 0)
        } else {
            values.iter().any(many)
        };
    }
    if let Some(empty) = field.is_empty {
        return values.into_iter().all(is_empty) == empty;
    }
    if let Some(null) = field.is_null {
        return values.into_iter().any(holds_null) == null;
    }
    let one = |value: &Value| {
        let matches = field.r#match.as_ref().and_then(|m| m.match_value.as_ref());
        matches.is_some_and(|m| equals(m, value))
            || field
                .range
                .as_ref()
                .is_some_and(|r| number(value).is_some_and(|x| within(r, x)))
    };
    values.into_iter().any(|value| match list(value) {
        Some(elements) => elements.iter().any(one),
        None => one(value),
    })
}

fn equals(wanted: &MatchValue, value: &Value) -> bool {
    match (wanted, &value.kind) {
        (_, None | Some(Kind::NullValue(_))) => false,
        (MatchValue::Keyword(a), Some(Kind::StringValue(b))) => a == b,
        (MatchValue::Integer(a), Some(Kind::IntegerValue(b))) => a == b,
        (MatchValue::Boolean(a), Some(Kind::BoolValue(b))) => a == b,
        (MatchValue::Keywords(any), Some(Kind::StringValue(b))) => any.strings.contains(b),
        (MatchValue::Integers(any), Some(Kind::IntegerValue(b))) => any.integers.contains(b),
        (MatchValue::ExceptKeywords(no), Some(Kind::StringValue(b))) => !no.strings.contains(b),
        (MatchValue::ExceptIntegers(no), Some(Kind::IntegerValue(b))) => !no.integers.contains(b),
        // Of another kind than those that are excepted.
        (MatchValue::ExceptKeywords(_) | MatchValue::ExceptIntegers(_), Some(_)) => true,
        // Without a text index, these look for the letters.
        (
            MatchValue::Text(part) | MatchValue::Phrase(part) | MatchValue::Substring(part),
            Some(Kind::StringValue(b)),
        ) => b.contains(part.as_str()),
        (MatchValue::TextAny(words), Some(Kind::StringValue(b))) => {
            words.split_whitespace().any(|word| b.contains(word))
        }
        (MatchValue::Prefix(start), Some(Kind::StringValue(b))) => b.starts_with(start.as_str()),
        _ => false,
    }
}

fn within(range: &Range, x: f64) -> bool {
    range.gt.is_none_or(|b| x > b)
        && range.gte.is_none_or(|b| x >= b)
        && range.lt.is_none_or(|b| x < b)
        && range.lte.is_none_or(|b| x <= b)
}

fn counted(range: &ValuesCount, n: u64) -> bool {
    range.gt.is_none_or(|b| n > b)
        && range.gte.is_none_or(|b| n >= b)
        && range.lt.is_none_or(|b| n < b)
        && range.lte.is_none_or(|b| n <= b)
}

fn size(value: &Value) -> u64 {
    match list(value) {
        Some(elements) => elements.len() as u64,
        None => u64::from(!is_null(value)),
    }
}

fn is_empty(value: &Value) -> bool {
    is_null(value) || list(value).is_some_and(<[Value]>::is_empty)
}

fn holds_null(value: &Value) -> bool {
    is_null(value) || list(value).is_some_and(|elements| elements.iter().any(is_null))
}
