//! The reference of the language as Markdown, from the same doc comments as the JSON Schema.

use std::collections::VecDeque;
use std::fmt::Write;

use serde_json::{Map, Value as Json};

use super::{Code, schema};

const HEAD: &str = "\
# The spec, version 1: reference

Generated from the types in `src/spec`. Change the comments there, then run
`EVALRUN_BLESS=1 cargo test --release --test schema`.
";

/// The reference of the language, and of everything that can be said about a spec.
pub fn reference() -> String {
    let schema = schema();
    let definitions = schema["$defs"].as_object().expect("the schema has definitions");
    let mut text = HEAD.to_owned();
    let mut queue: VecDeque<String> = VecDeque::new();
    let mut seen: Vec<String> = Vec::new();
    section(&mut text, "Spec", &schema);
    references(&schema["properties"], &mut queue);
    while let Some(name) = queue.pop_front() {
        if seen.contains(&name) {
            continue;
        }
        section(&mut text, title(&name), &definitions[&name]);
        references(&definitions[&name], &mut queue);
        seen.push(name);
    }
    text.push_str("\n## Diagnostics\n\n| code | meaning |\n|---|---|\n");
    for code in Code::ALL {
        row(&mut text, &[&format!("`{}`", code.id()), code.explanation()]);
    }
    text
}

/// The definitions that a schema speaks of, in order.
fn references(schema: &Json, found: &mut VecDeque<String>) {
    match schema {
        Json::Object(map) => {
            found.extend(map.get("$ref").and_then(definition));
            map.values().for_each(|value| references(value, found));
        }
        Json::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

fn definition(reference: &Json) -> Option<String> {
    reference.as_str()?.rsplit('/').next().map(str::to_owned)
}

fn title(definition: &str) -> &str {
    definition.strip_suffix("Spec").unwrap_or(definition)
}

fn section(text: &mut String, title: &str, schema: &Json) {
    write!(text, "\n## {title}\n\n{}\n", description(schema)).expect("a string takes everything");
    if let Some(kinds) = schema["oneOf"].as_array() {
        text.push_str("\n| one of | |\n|---|---|\n");
        for kind in kinds {
            row(text, &[&choice(kind), &description(kind)]);
        }
    } else if let Some(keys) = schema["properties"].as_object().filter(|keys| !keys.is_empty()) {
        let required: Vec<&str> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .collect();
        text.push_str("\n| key | value | |\n|---|---|---|\n");
        for (key, value) in keys {
            let needed = if required.contains(&key.as_str()) {
                "Needed. "
            } else {
                ""
            };
            row(
                text,
                &[
                    &format!("`{key}`"),
                    &takes(value),
                    &format!("{needed}{}", description(value)),
                ],
            );
        }
    }
}

fn row(text: &mut String, cells: &[&str]) {
    // A bar would end the cell.
    let cells: Vec<String> = cells.iter().map(|c| c.replace('|', "\\|")).collect();
    writeln!(text, "| {} |", cells.join(" | ")).expect("a string takes everything");
}

/// The doc comment on one line.
fn description(schema: &Json) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A kind of a choice: a word, or a key with what it takes.
fn choice(kind: &Json) -> String {
    if let Some(word) = kind["const"].as_str() {
        return format!("`{word}`");
    }
    let entry = kind["properties"].as_object().and_then(|p| p.iter().next());
    entry.map_or(String::new(), |(key, value)| format!("`{key}:` {}", takes(value)))
}

/// What a value may be, in words.
fn takes(schema: &Json) -> String {
    let Some(map) = schema.as_object() else {
        return "anything".to_owned();
    };
    if let Some(name) = map.get("$ref").and_then(definition) {
        let title = title(&name);
        return format!("[{title}](#{})", title.to_lowercase());
    }
    let forms = map.get("anyOf").or(map.get("oneOf")).and_then(Json::as_array);
    if let Some(forms) = forms {
        return forms.iter().map(takes).collect::<Vec<_>>().join(" or ");
    }
    if let Some(words) = map.get("enum").and_then(Json::as_array) {
        let words = words.iter().filter_map(Json::as_str).map(|w| format!("`{w}`"));
        return words.collect::<Vec<_>>().join(", ");
    }
    plain(map)
}

fn plain(map: &Map<String, Json>) -> String {
    match map.get("type").and_then(Json::as_str) {
        Some("string") => "text".to_owned(),
        Some("integer") => "whole number".to_owned(),
        Some("number") => "number".to_owned(),
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("array") => match map.get("items") {
            Some(items) => format!("list of {}", takes(items)),
            None => "list".to_owned(),
        },
        Some("object") => match map.get("additionalProperties").filter(|v| v.is_object()) {
            Some(value) => format!("name → {}", takes(value)),
            None => "map".to_owned(),
        },
        _ => "value".to_owned(),
    }
}
