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

/// A step of a path.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    Key(String),
    /// `[]`
    Elements,
    /// `[2]`
    Element(usize),
}

/// The steps of a path such as `brand`, `maker.name`, `sizes[].width` or `"a.b"`. Outside of quotes a key has letters,
/// digits, `_` and `-` alone; what is no path is refused.
fn steps(path: &str) -> Result<Vec<Step>, Status> {
    let wrong = || Status::invalid_argument(format!("{path:?} is no path"));
    let mut steps = Vec::new();
    let mut rest = path;
    loop {
        let key;
        if let Some(quoted) = rest.strip_prefix('"') {
            (key, rest) = quoted.split_once('"').ok_or_else(wrong)?;
        } else {
            (key, rest) = rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()));
            let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
            if key.is_empty() || !key.chars().all(plain) {
                return Err(wrong());
            }
        }
        steps.push(Step::Key(key.to_owned()));
        while let Some(inner) = rest.strip_prefix('[') {
            let number;
            (number, rest) = inner.split_once(']').ok_or_else(wrong)?;
            steps.push(match number {
                "" => Step::Elements,
                digits => Step::Element(digits.parse().map_err(|_| wrong())?),
            });
        }
        match rest.strip_prefix('.') {
            Some(next) => rest = next,
            None if rest.is_empty() => return Ok(steps),
            None => return Err(wrong()),
        }
    }
}

/// Refuses what is no path.
pub(super) fn check_path(path: &str) -> Result<(), Status> {
    steps(path).map(drop)
}

/// The values under a path; none where there is nothing.
pub(super) fn at<'a>(payload: &'a Payload, path: &str) -> Vec<&'a Value> {
    let Ok(steps) = steps(path) else { return vec![] };
    let mut steps = steps.into_iter();
    let mut found: Vec<&Value> = match steps.next() {
        Some(Step::Key(key)) => payload.get(&key).into_iter().collect(),
        _ => vec![],
    };
    for step in steps {
        let inner = |value: &'a Value| -> Vec<&'a Value> {
            match (&step, &value.kind) {
                (Step::Key(key), Some(Kind::StructValue(object))) => {
                    object.fields.get(key).into_iter().collect()
                }
                (Step::Elements, Some(Kind::ListValue(list))) => list.values.iter().collect(),
                (Step::Element(n), Some(Kind::ListValue(list))) => list.values.get(*n).into_iter().collect(),
                _ => vec![],
            }
        };
        found = found.into_iter().flat_map(inner).collect();
    }
    found
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
