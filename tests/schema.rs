//! The committed JSON Schema and the reference are those that the types make.
//!
//! `EVALRUN_BLESS=1 cargo test --release --test schema` writes them anew.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

fn in_step(path: &str, text: &str) {
    if std::env::var_os("EVALRUN_BLESS").is_some() {
        fs::create_dir_all(Path::new(path).parent().expect("in a folder")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    }
    let committed = fs::read_to_string(path).expect("it is committed");
    assert_eq!(
        committed, text,
        "{path} is out of step; run this with EVALRUN_BLESS=1"
    );
}

#[test]
fn the_committed_schema_is_in_step_with_the_types() {
    let text = serde_json::to_string_pretty(&evalrun::spec::schema()).unwrap() + "\n";
    in_step("schema/evalrun-1.schema.json", &text);
}

#[test]
fn the_committed_reference_is_in_step_with_the_types() {
    let text = evalrun::spec::reference() + &evalrun::plan::paths_reference();
    in_step("docs/spec.md", &text);
}

#[test]
fn editors_learn_keys_choices_and_words() {
    let schema = evalrun::spec::schema();
    assert_eq!(schema["additionalProperties"], json!(false));
    assert_eq!(schema["patternProperties"], json!({ "^x-": {} }));
    let required = ["evalrun", "experiment", "question", "data", "index", "pipelines"];
    assert_eq!(schema["required"], json!(required));
    let dense = &schema["$defs"]["DenseSpec"];
    assert_eq!(dense["required"], json!(["as", "vector"]));
    assert_eq!(dense["properties"]["limit"]["type"], "integer");
    let graph = &schema["$defs"]["IndexSpec"]["properties"]["graph"];
    let names = graph["anyOf"]
        .as_array()
        .and_then(|forms| forms.iter().find(|f| f.get("enum").is_some()));
    assert_eq!(names, Some(&json!({ "enum": ["exact", "hnsw", "hnsw_rs"] })));
}

#[test]
fn forms_that_are_not_carried_out_are_not_offered() {
    let text = evalrun::spec::schema().to_string();
    for form in ["claims", "open"] {
        assert!(!text.contains(&format!("\"{form}\"")), "{form}");
    }
}

#[test]
fn every_key_is_explained() {
    fn unexplained(at: &str, schema: &Value, found: &mut Vec<String>) {
        if let Some(properties) = schema["properties"].as_object() {
            for (key, value) in properties {
                let is_variant = schema.get("description").is_some() && properties.len() == 1;
                if value.get("description").is_none() && value.as_bool() != Some(false) && !is_variant {
                    found.push(format!("{at}.{key}"));
                }
            }
        }
        match schema {
            Value::Object(map) => map
                .iter()
                .for_each(|(k, v)| unexplained(&format!("{at}.{k}"), v, found)),
            Value::Array(items) => items.iter().for_each(|v| unexplained(at, v, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    unexplained("", &evalrun::spec::schema(), &mut found);
    // Bounds and ranges explain themselves.
    found.retain(|path| !path.starts_with(".$defs.Condition") && !path.contains(".axes."));
    assert_eq!(found, Vec::<String>::new());
}
