//! A value whose type is known only later: what stands on an axis or in a selector.

use std::fmt;

use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::span::{Span, Spanned};

/// A value as written.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing, `null` or `~`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other finite number.
    Float(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Spanned<Value>>),
    /// A map, in the order of the file.
    Map(Vec<(Spanned<String>, Spanned<Value>)>),
}

impl Value {
    /// The number, whole or not.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Integer(n) => Some(*n as f64),
            Value::Float(x) => Some(*x),
            _ => None,
        }
    }

    /// The same value, standing nowhere.
    pub fn without_places(self) -> Self {
        let placeless = |v: Spanned<Value>| Spanned::new(v.value.without_places(), Span::UNKNOWN);
        match self {
            Value::List(items) => Value::List(items.into_iter().map(placeless).collect()),
            Value::Map(entries) => {
                let key = |k: Spanned<String>| Spanned::new(k.value, Span::UNKNOWN);
                Value::Map(entries.into_iter().map(|(k, v)| (key(k), placeless(v))).collect())
            }
            plain => plain,
        }
    }

    /// The entry of that key, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Spanned<Value>> {
        let Value::Map(entries) = self else { return None };
        entries.iter().find(|(k, _)| k.value == key).map(|(_, v)| v)
    }
}

/// As short as it can be written: the label of a value in tables.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Bool(b) => write!(f, "{b}"),
            Value::Integer(n) => write!(f, "{n}"),
            Value::Float(x) => write!(f, "{x}"),
            Value::Text(text) => f.write_str(text),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(|i| i.value.to_string()).collect();
                write!(f, "[{}]", items.join(","))
            }
            Value::Map(entries) => match entries.as_slice() {
                // A choice reads like a call.
                [(kind, settings)] => match &settings.value {
                    Value::Map(inner) => write!(f, "{}({})", kind.value, Pairs(inner)),
                    other => write!(f, "{}({other})", kind.value),
                },
                many => write!(f, "({})", Pairs(many)),
            },
        }
    }
}

struct Pairs<'a>(&'a [(Spanned<String>, Spanned<Value>)]);

impl fmt::Display for Pairs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pair = |(k, v): &(Spanned<String>, Spanned<Value>)| format!("{}={}", k.value, v.value);
        let pairs: Vec<String> = self.0.iter().map(pair).collect();
        f.write_str(&pairs.join(","))
    }
}

/// Positions are left out; this is how a value is handed to the type it turns out to have.
impl Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => to.serialize_unit(),
            Value::Bool(b) => to.serialize_bool(*b),
            Value::Integer(n) => to.serialize_i64(*n),
            Value::Float(x) => to.serialize_f64(*x),
            Value::Text(text) => to.serialize_str(text),
            Value::List(items) => to.collect_seq(items.iter().map(|i| &i.value)),
            Value::Map(entries) => to.collect_map(entries.iter().map(|(k, v)| (&k.value, &v.value))),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, b: bool) -> Result<Value, E> {
        Ok(Value::Bool(b))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Value, E> {
        Ok(Value::Integer(n))
    }

    fn visit_u64<E: de::Error>(self, n: u64) -> Result<Value, E> {
        i64::try_from(n)
            .map(Value::Integer)
            .map_err(|_| E::custom(format_args!("{n} is too large")))
    }

    fn visit_f64<E>(self, x: f64) -> Result<Value, E> {
        Ok(Value::Float(x))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Value::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use crate::spec::parse_value;

    #[test]
    fn labels_are_as_short_as_they_can_be() {
        let label = |text: &str| parse_value(text).unwrap().to_string();
        assert_eq!(label("1.50"), "1.5");
        assert_eq!(label("2.0"), "2");
        assert_eq!(label("[title, description]"), "[title,description]");
        assert_eq!(label("{ rrf: { k: 60 } }"), "rrf(k=60)");
        assert_eq!(label("none"), "none");
        assert_eq!(label("no"), "no", "a word, not a truth value");
    }

    #[test]
    fn what_is_no_yaml_is_no_value() {
        assert_eq!(parse_value("[1, 2"), None);
        assert_eq!(parse_value(".nan"), None);
    }
}
