//! What stands after `match:`: one value, or `{ any: […] }`.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use super::Scalar;

/// The value or values of a `match`, never empty.
pub(super) struct Values(pub(super) Vec<Scalar>);

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if let [only] = self.0.as_slice() {
            return only.serialize(to);
        }
        let mut map = to.serialize_map(Some(1))?;
        map.serialize_entry("any", &self.0)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ValuesVisitor)
    }
}

struct ValuesVisitor;

impl ValuesVisitor {
    fn one<E>(scalar: Result<Scalar, E>) -> Result<Values, E> {
        Ok(Values(vec![scalar?]))
    }
}

impl<'de> Visitor<'de> for ValuesVisitor {
    type Value = Values;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false, a whole number, a text, or `{ any: […] }`")
    }

    fn visit_bool<E: de::Error>(self, x: bool) -> Result<Values, E> {
        Self::one(ScalarVisitor.visit_bool(x))
    }

    fn visit_i64<E: de::Error>(self, x: i64) -> Result<Values, E> {
        Self::one(ScalarVisitor.visit_i64(x))
    }

    fn visit_u64<E: de::Error>(self, x: u64) -> Result<Values, E> {
        Self::one(ScalarVisitor.visit_u64(x))
    }

    fn visit_f64<E: de::Error>(self, x: f64) -> Result<Values, E> {
        Self::one(ScalarVisitor.visit_f64(x))
    }

    fn visit_str<E: de::Error>(self, x: &str) -> Result<Values, E> {
        Self::one(ScalarVisitor.visit_str(x))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Values, A::Error> {
        let any = AnyOf::deserialize(MapAccessDeserializer::new(map))?.any;
        if any.is_empty() {
            return Err(de::Error::custom("`any` is empty, so nothing could match"));
        }
        Ok(Values(any))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnyOf {
    any: Vec<Scalar>,
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl Visitor<'_> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false, a whole number or a text")
    }

    fn visit_bool<E: de::Error>(self, x: bool) -> Result<Scalar, E> {
        Ok(Scalar::Bool(x))
    }

    fn visit_i64<E: de::Error>(self, x: i64) -> Result<Scalar, E> {
        Ok(Scalar::Integer(x))
    }

    fn visit_u64<E: de::Error>(self, x: u64) -> Result<Scalar, E> {
        i64::try_from(x)
            .map(Scalar::Integer)
            .map_err(|_| E::custom(format_args!("{x} is beyond the largest integer, {}", i64::MAX)))
    }

    fn visit_f64<E: de::Error>(self, x: f64) -> Result<Scalar, E> {
        Err(E::custom(format_args!(
            "{x:?} is no exact value; use `range` for numbers with a fraction"
        )))
    }

    fn visit_str<E: de::Error>(self, x: &str) -> Result<Scalar, E> {
        Ok(Scalar::Keyword(x.to_owned()))
    }
}
