//! The kinds of stages with their keys, from the same doc comments as the JSON Schema, for the command line.

use serde_json::{Map, Value as Json};

use super::schema;

/// A kind of stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageKindInfo {
    /// The key that a spec writes: `dense`.
    pub name: String,
    /// What it does.
    pub says: String,
    /// Its keys in order; those of a map within follow it as `filter.strategy`.
    pub keys: Vec<KeyInfo>,
}

/// A key of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// As written; `filter.strategy` for one within a map.
    pub name: String,
    /// What its value may be, in words.
    pub takes: String,
    /// Whether it has to be there.
    pub needed: bool,
    /// What it means, and its default.
    pub says: String,
}

/// Every kind of stage, in the order of the language.
pub fn stage_kinds() -> Vec<StageKindInfo> {
    let schema = schema();
    let language = Language {
        definitions: schema["$defs"].as_object().expect("the schema has definitions"),
    };
    let kinds = language.definitions["StageSpec"]["oneOf"].as_array();
    let kinds = kinds.into_iter().flatten().filter_map(|kind| {
        let (name, settings) = kind["properties"].as_object()?.iter().next()?;
        Some(StageKindInfo {
            name: name.clone(),
            says: description(kind),
            keys: language.keys(settings),
        })
    });
    kinds.collect()
}

struct Language<'a> {
    definitions: &'a Map<String, Json>,
}

impl<'a> Language<'a> {
    /// The keys of a map, each followed by those of the map that it takes, or by the choices that it has.
    fn keys(&self, map: &'a Json) -> Vec<KeyInfo> {
        let map = self.resolved(map);
        let mut keys = Vec::new();
        for (name, value) in properties(map) {
            keys.push(self.key(name, value, is_needed(map, name)));
            let inner = self.inner(value);
            keys.extend(inner.into_iter().map(|key| KeyInfo {
                name: format!("{name}.{}", key.name),
                ..key
            }));
        }
        keys
    }

    fn key(&self, name: &str, value: &'a Json, needed: bool) -> KeyInfo {
        KeyInfo {
            name: name.to_owned(),
            takes: self.takes(value),
            needed,
            says: description(value),
        }
    }

    /// One level down, where a value is a map of its own or a choice of maps.
    fn inner(&self, value: &'a Json) -> Vec<KeyInfo> {
        let mut found = Vec::new();
        for form in forms(value) {
            let form = self.resolved(form);
            for (name, value) in properties(form) {
                found.push(self.key(name, value, is_needed(form, name)));
            }
            for choice in form["oneOf"].as_array().into_iter().flatten() {
                for (name, value) in properties(choice) {
                    found.push(KeyInfo {
                        says: description(choice),
                        ..self.key(name, value, false)
                    });
                }
            }
        }
        found
    }

    /// The definition that a schema refers to, or itself.
    fn resolved(&self, schema: &'a Json) -> &'a Json {
        let name = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next());
        name.and_then(|name| self.definitions.get(name)).unwrap_or(schema)
    }

    /// What a value may be, in words; words that a spec writes stand as they are.
    fn takes(&self, value: &'a Json) -> String {
        let mut words: Vec<String> = Vec::new();
        for form in forms(value) {
            for word in self.words(self.resolved(form)) {
                if !words.contains(&word) {
                    words.push(word);
                }
            }
        }
        words.join(", ")
    }

    fn words(&self, form: &'a Json) -> Vec<String> {
        if let Some(choices) = form["oneOf"].as_array() {
            let word = |choice: &'a Json| match choice["const"].as_str() {
                Some(word) => Some(word.to_owned()),
                None => properties(choice).next().map(|(name, _)| name.clone()),
            };
            return choices.iter().filter_map(word).collect();
        }
        if let Some(words) = form["enum"].as_array() {
            return words.iter().filter_map(Json::as_str).map(str::to_owned).collect();
        }
        let names: Vec<&str> = properties(form).map(|(name, _)| name.as_str()).collect();
        if !names.is_empty() {
            return vec![format!("{{ {} }}", names.join(", "))];
        }
        let word = match form["type"].as_str() {
            Some("string") => "text",
            Some("integer") => "whole number",
            Some("number") => "number",
            Some("boolean") => "true or false",
            Some("array") => "list",
            _ => "map",
        };
        vec![word.to_owned()]
    }
}

/// The alternatives of a value, or itself.
fn forms(value: &Json) -> Vec<&Json> {
    match value["anyOf"].as_array() {
        Some(forms) => forms.iter().collect(),
        None => vec![value],
    }
}

fn properties(schema: &Json) -> impl Iterator<Item = (&String, &Json)> {
    schema["properties"].as_object().into_iter().flatten()
}

fn is_needed(map: &Json, name: &str) -> bool {
    let required = map["required"].as_array();
    required.into_iter().flatten().any(|key| key == name)
}

/// The doc comment on one line.
fn description(schema: &Json) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_the_language_with_its_keys() {
        let kinds = stage_kinds();
        let names: Vec<&str> = kinds.iter().map(|k| k.name.as_str()).collect();
        assert_eq!(names, ["dense", "sparse", "fuse", "late", "rerank"]);
        let key = |kind: usize, name: &str| -> KeyInfo {
            let found = kinds[kind].keys.iter().find(|k| k.name == name);
            found.unwrap_or_else(|| panic!("{name}")).clone()
        };
        assert!(key(0, "vector").needed && !key(0, "limit").needed);
        assert_eq!(key(0, "limit").takes, "whole number");
        assert_eq!(key(0, "limit").says, "Hits handed on. Default: 100.");
        assert_eq!(
            key(0, "filter.strategy").takes,
            "auto, pre, post, in-graph, ignore"
        );
        assert_eq!(key(2, "method.rrf").takes, "{ k, weights }");
        assert!(key(2, "method").takes.starts_with("rrf, weighted, dbsf, "));
        assert_eq!(key(4, "tail").takes, "keep, drop");
    }
}
