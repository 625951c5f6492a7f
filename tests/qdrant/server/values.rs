//! Ids, and values of payloads.

use std::collections::HashMap;

use qdrant_client::qdrant::point_id::PointIdOptions;
use qdrant_client::qdrant::value::Kind;
use qdrant_client::qdrant::{PointId, Value};
use tonic::Status;

pub(super) type Payload = HashMap<String, Value>;

/// A point's id; numbers come before names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Id {
    Number(u64),
    Name(String),
}

impl Id {
    pub(super) fn of(id: Option<PointId>) -> Result<Self, Status> {
        match id.and_then(|id| id.point_id_options) {
            Some(PointIdOptions::Num(number)) => Ok(Id::Number(number)),
            Some(PointIdOptions::Uuid(name)) => Ok(Id::Name(name)),
            None => Err(Status::invalid_argument("a point without an id")),
        }
    }

    pub(super) fn wire(&self) -> PointId {
        let options = match self {
            Id::Number(number) => PointIdOptions::Num(*number),
            Id::Name(name) => PointIdOptions::Uuid(name.clone()),
        };
        PointId {
            point_id_options: Some(options),
        }
    }

    /// Which part of `parts` the point belongs to: numbers take turns.
    pub(super) fn part(&self, parts: usize) -> usize {
        let number = match self {
            Id::Number(number) => *number,
            Id::Name(name) => spread(name.bytes().map(u64::from)),
        };
        (number % parts as u64) as usize
    }
}

/// A number that depends on all of these, alike on every machine (FNV-1a, Fowler, Noll and Vo, with a last mixing of
/// the high bits into the low ones).
pub(super) fn spread(of: impl Iterator<Item = u64>) -> u64 {
    let hash = of.fold(0xcbf2_9ce4_8422_2325u64, |h, x| {
        (h ^ x).wrapping_mul(0x0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

/// The values under a path such as `brand`, `maker.name` or `sizes[].width`; none where there is nothing.
pub(super) fn at<'a>(payload: &'a Payload, path: &str) -> Vec<&'a Value> {
    // A key may hold dots itself.
    if let Some(value) = payload.get(path) {
        return vec![value];
    }
    let mut steps = path.split('.');
    let first = steps.next().unwrap_or(path);
    let name = first.trim_end_matches("[]");
    let mut found: Vec<&Value> = payload.get(name).into_iter().collect();
    found = elements(found, first);
    for step in steps {
        let name = step.trim_end_matches("[]");
        let inner = |value: &'a Value| match &value.kind {
            Some(Kind::StructValue(object)) => object.fields.get(name),
            _ => None,
        };
        found = elements(found.into_iter().filter_map(inner).collect(), step);
    }
    found
}

/// The elements of lists where the step ends in `[]`, else the values themselves.
fn elements<'a>(values: Vec<&'a Value>, step: &str) -> Vec<&'a Value> {
    if !step.ends_with("[]") {
        return values;
    }
    values
        .into_iter()
        .flat_map(|value| list(value).unwrap_or_default())
        .collect()
}

/// The elements of a list.
pub(super) fn list(value: &Value) -> Option<&[Value]> {
    match &value.kind {
        Some(Kind::ListValue(list)) => Some(&list.values),
        _ => None,
    }
}

pub(super) fn is_null(value: &Value) -> bool {
    matches!(value.kind, None | Some(Kind::NullValue(_)))
}

/// A number of either kind.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value.kind {
        Some(Kind::IntegerValue(x)) => Some(x as f64),
        Some(Kind::DoubleValue(x)) => Some(x),
        _ => None,
    }
}
