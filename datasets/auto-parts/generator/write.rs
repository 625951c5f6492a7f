//! The files, as bytes.

use serde_json::{Map, Value, json};

use super::brands::BRANDS;
use super::ontology::PartType;
use super::part::Part;
use super::query::{Query, Split};
use super::vehicles::{MAKES, MODELS};

/// What filters can look at. Absent is what a part does not say.
pub(crate) fn payload(part: &Part, types: &[PartType]) -> Map<String, Value> {
    let of = &types[part.of];
    let mut payload = Map::new();
    let mut put = |key: &str, value: Value| {
        let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if !empty {
            payload.insert(key.to_owned(), value);
        }
    };
    put("number", json!(part.number));
    put("cross_references", json!(part.crosses));
    put("supersedes", json!(part.old));
    put("category", json!(of.category));
    put("subcategory", json!(of.family));
    put("part_type", json!(of.key));
    put("brand", json!(BRANDS[part.brand].name));
    put("line", json!(part.line));
    put("price", decimal(part.cents, 100));
    put("stock", json!(part.stock));
    put("weight", decimal(part.grams, 1000));
    put("voltage", part.volt.map_or(Value::Null, whole));
    put("pins", part.pins.map_or(Value::Null, whole));
    put("position", json!(part.sides));
    let mut makes: Vec<&str> = part.fits.iter().map(|fit| MAKES[MODELS[fit.0].make].0).collect();
    makes.dedup();
    put("make", json!(makes));
    put("model", part.fits.iter().map(|fit| MODELS[fit.0].name).collect());
    put("year_from", json!(part.fits.iter().map(|fit| fit.1).min()));
    put("year_to", json!(part.fits.iter().map(|fit| fit.2).max()));
    put("certifications", json!(part.certs));
    payload
}

/// One division of two exact integers, which every machine rounds the same.
fn decimal(units: usize, per: usize) -> Value {
    json!(units as f64 / per as f64)
}

fn whole(digits: &str) -> Value {
    digits.parse::<u32>().map_or(Value::Null, Value::from)
}

/// `corpus.jsonl`.
pub(crate) fn corpus(parts: &[Part]) -> String {
    let line = |part: &Part| {
        json!({
            "_id": part.id,
            "title": part.title,
            "description": part.description,
            "part_number": part.number,
            "metadata": part.payload,
        })
    };
    lines(parts.iter().map(line))
}

/// `queries.jsonl`.
pub(crate) fn queries(queries: &[Query]) -> String {
    let line = |query: &Query| {
        let mut metadata = query.facts.clone();
        if let Some(filter) = &query.filter {
            metadata.insert("filter".to_owned(), filter.json());
        }
        json!({ "_id": query.id, "text": query.text, "metadata": metadata })
    };
    lines(queries.iter().map(line))
}

fn lines(values: impl Iterator<Item = Value>) -> String {
    values.map(|value| format!("{value}\n")).collect()
}

/// The judgement file of a split.
pub(crate) fn qrels(queries: &[Query], split: Split, parts: &[Part], types: &[PartType]) -> String {
    let mut out = "query-id\tcorpus-id\tscore\n".to_owned();
    for query in queries.iter().filter(|q| q.split == split) {
        for (part, grade) in query.judgements(parts, types) {
            out += &format!("{}\t{part}\t{grade}\n", query.id);
        }
    }
    out
}
