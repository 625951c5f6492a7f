//! The shapes a spec is written in that serde does not derive: names in order, one or many, a short and a long form,
//! a choice.
//!
//! All of them are visitors over the reader itself. serde's own ways (`untagged`, `flatten`, tags inside) buffer the
//! value first and lose the position of what is wrong in it.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de::DeserializeSeed};

use super::span::{Span, Spanned};

/// A map from names to things, in the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Names<V>(pub Vec<(Spanned<String>, V)>);

impl<V> Names<V> {
    /// Name, place of the name and thing, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Spanned<String>, &V)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// The thing of that name.
    pub fn get(&self, name: &str) -> Option<&V> {
        self.0.iter().find(|(n, _)| n.value == name).map(|(_, v)| v)
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.iter().map(|(name, _)| name.value.as_str())
    }
}

impl<V> Default for Names<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Names<V> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(NamesVisitor(PhantomData))
    }
}

struct NamesVisitor<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for NamesVisitor<V> {
    type Value = Names<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Names(entries))
    }
}

/// A list, or a single thing without the brackets.
#[derive(Debug, Clone, PartialEq)]
pub struct OneOrMany<T>(pub Vec<Spanned<T>>);

impl<T> Spanned<OneOrMany<T>> {
    /// The things with their places; a single one stands where the whole stands.
    pub fn items(&self) -> impl Iterator<Item = (&T, Span)> {
        self.value.items(self.span)
    }
}

impl<T> OneOrMany<T> {
    /// The things with their places; `whole` is the place of a single one.
    pub fn items(&self, whole: Span) -> impl Iterator<Item = (&T, Span)> {
        self.0.iter().map(move |item| (&item.value, item.span.or(whole)))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(OneOrManyVisitor(PhantomData))
    }
}

struct OneOrManyVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrManyVisitor<T> {
    type Value = OneOrMany<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name or a list")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let one = T::deserialize(text.into_deserializer())?;
        Ok(OneOrMany(vec![Spanned::new(one, Span::UNKNOWN)]))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let one = T::deserialize(MapAccessDeserializer::new(map))?;
        Ok(OneOrMany(vec![Spanned::new(one, Span::UNKNOWN)]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(OneOrMany(items))
    }
}

/// A short form that is no map (a name, a list), or the long form, a map.
#[derive(Debug, Clone, PartialEq)]
pub enum ShortOr<S, L> {
    /// The short form.
    Short(S),
    /// The long form.
    Long(L),
}

impl<'de, S: Deserialize<'de>, L: Deserialize<'de>> Deserialize<'de> for ShortOr<S, L> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ShortOrVisitor(PhantomData))
    }
}

struct ShortOrVisitor<S, L>(PhantomData<(S, L)>);

impl<'de, S: Deserialize<'de>, L: Deserialize<'de>> Visitor<'de> for ShortOrVisitor<S, L> {
    type Value = ShortOr<S, L>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name, a list or a map")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        S::deserialize(text.into_deserializer()).map(ShortOr::Short)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        S::deserialize(SeqAccessDeserializer::new(list)).map(ShortOr::Short)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        one_map(map, MoreKeys::Fine).map(ShortOr::Long)
    }
}

/// One of several kinds: a map of one key, the kind, to its settings. A kind whose settings may all be left out may
/// be written as its name alone: `graph: exact` is `graph: { exact: {} }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Choice<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ChoiceVisitor(PhantomData))
    }
}

struct ChoiceVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ChoiceVisitor<T> {
    type Value = Choice<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a choice: a map of one key")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
        let empty = std::iter::empty::<(&str, ())>();
        let settings = de::value::MapDeserializer::new(empty);
        let alone = std::iter::once((name, NoSettings(settings)));
        let map = de::value::MapDeserializer::new(alone);
        T::deserialize(MapAccessDeserializer::new(map)).map(Choice)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        one_map(map, MoreKeys::Refused).map(Choice)
    }
}

/// An empty map as the value of a kind that is written as its name alone.
struct NoSettings<D>(D);

impl<'de, D: Deserializer<'de>> IntoDeserializer<'de, D::Error> for NoSettings<D> {
    type Deserializer = D;

    fn into_deserializer(self) -> D {
        self.0
    }
}

enum MoreKeys {
    /// The type itself refuses what it does not know.
    Fine,
    /// The first key decides; a second one is a mistake.
    Refused,
}

fn one_map<'de, T: Deserialize<'de>, A: MapAccess<'de>>(mut map: A, more: MoreKeys) -> Result<T, A::Error> {
    let value = T::deserialize(MapAccessDeserializer::new(&mut map))?;
    if matches!(more, MoreKeys::Refused) {
        map.next_key_seed(NoSecondKey)?;
    }
    Ok(value)
}

/// Refuses a key while it is being read, so that the message points at it.
struct NoSecondKey;

impl<'de> DeserializeSeed<'de> for NoSecondKey {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for NoSecondKey {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<(), E> {
        Err(E::custom(format_args!(
            "`{key}` is a second key where one choice is made"
        )))
    }
}

/// A form of the language that is read, so that it can be refused by name, but not carried out yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Later;

impl<'de> Deserialize<'de> for Later {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        de::IgnoredAny::deserialize(from).map(|_| Later)
    }
}
