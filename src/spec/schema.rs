//! The JSON Schema of a spec, from the types and their doc comments.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value as Json, json};

use super::sweep::AxisSpec;
use super::{Choice, Later, Names, OneOrMany, ShortOr, Spanned, Spec, Value};

/// The JSON Schema (draft 2020-12) of a spec; the same at every call.
pub fn schema() -> Json {
    let settings = SchemaSettings::draft2020_12().for_deserialize();
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<Spec>()
        .to_value();
    without_null(&mut schema);
    if let Some(top) = schema.as_object_mut() {
        top.insert("title".into(), json!("evalrun spec, version 1"));
        top.insert("patternProperties".into(), json!({ "^x-": {} }));
    }
    schema
}

/// An optional key is left out; writing it without a value is a slip that editors should mark.
fn without_null(schema: &mut Json) {
    if let Some(Json::Array(types)) = schema.get_mut("type") {
        types.retain(|t| t != "null");
        if let [one] = types.as_slice() {
            schema["type"] = one.clone();
        }
    }
    if let Some(Json::Array(forms)) = schema.get_mut("anyOf") {
        forms.retain(|f| f.get("type") != Some(&json!("null")));
        if let [one] = forms.as_slice() {
            let one = one.clone();
            let map = schema.as_object_mut().expect("it has a key");
            map.remove("anyOf");
            map.extend(one.as_object().cloned().unwrap_or_default());
        }
    }
    match schema {
        Json::Object(map) => map.values_mut().for_each(without_null),
        Json::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}

/// Implements the schema of a shape that has no name of its own.
macro_rules! inline {
    ([$($generics:tt)*] $type:ty, $name:expr, |$generator:ident| $body:expr) => {
        impl<$($generics)*> JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                $body
            }
        }
    };
}

inline!([T: JsonSchema] Spanned<T>, T::schema_name(), |generator| generator.subschema_for::<T>());

inline!([V: JsonSchema] Names<V>, format!("NamesOf{}", V::schema_name()), |generator| {
    let value = generator.subschema_for::<V>();
    json_schema!({ "type": "object", "additionalProperties": value })
});

inline!([T: JsonSchema] OneOrMany<T>, format!("OneOrMany{}", T::schema_name()), |generator| {
    let one = generator.subschema_for::<T>();
    json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
});

inline!([S: JsonSchema, L: JsonSchema] ShortOr<S, L>, format!("{}Or{}", S::schema_name(), L::schema_name()), |generator| {
    let (short, long) = (generator.subschema_for::<S>(), generator.subschema_for::<L>());
    json_schema!({ "anyOf": [short, long] })
});

inline!([T: JsonSchema] Choice<T>, format!("ChoiceOf{}", T::schema_name()), |generator| {
    let kinds = names_alone(&T::json_schema(generator), generator);
    let map = generator.subschema_for::<T>();
    match kinds.is_empty() {
        true => map,
        false => json_schema!({ "anyOf": [map, { "enum": kinds }] }),
    }
});

inline!([] Later, "Later", |_generator| json_schema!(false));

inline!([] Value, "Value", |_generator| json_schema!({
    "type": ["boolean", "number", "string", "array", "object"],
}));

inline!([] AxisSpec, "AxisSpec", |_generator| json_schema!({
    "anyOf": [
        { "type": "array", "minItems": 1, "description": "The values." },
        {
            "type": "object",
            "description": "A range.",
            "properties": {
                "from": { "type": "number" },
                "to": { "type": "number" },
                "factor": { "type": "number", "exclusiveMinimum": 1 },
                "step": { "type": "number", "exclusiveMinimum": 0 },
            },
            "required": ["from", "to"],
            "additionalProperties": false,
        },
        {
            "type": "object",
            "description": "Values with labels.",
            "properties": { "from": false, "to": false },
            "minProperties": 1,
        },
    ],
}));

/// The kinds of a choice that need no settings, and may be written as their name alone.
fn names_alone(choice: &Schema, generator: &SchemaGenerator) -> Vec<Json> {
    let kinds = choice.get("oneOf").and_then(Json::as_array);
    let alone = kinds.into_iter().flatten().filter_map(|kind| {
        let (name, settings) = kind.get("properties")?.as_object()?.iter().next()?;
        let target = settings.get("$ref").and_then(Json::as_str);
        let name_of = |r: &str| r.rsplit('/').next().map(str::to_owned);
        let settings = match target.and_then(name_of) {
            Some(definition) => generator.definitions().get(&definition)?,
            None => settings,
        };
        let is_map = settings.get("type") == Some(&json!("object"));
        (is_map && settings.get("required").is_none()).then(|| json!(name))
    });
    alone.collect()
}
