//! The JSON Schema of a condition, written out because a derived one could not ask for exactly one test.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

impl JsonSchema for super::Condition {
    fn schema_name() -> Cow<'static, str> {
        "Condition".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let scalar = json_schema!({ "type": ["boolean", "integer", "string"] });
        let bound = json_schema!({ "type": "number" });
        json_schema!({
            "description": "One condition on one payload field. A field that is absent or null fulfils none; a list \
                            fulfils what one of its elements fulfils.",
            "type": "object",
            "properties": {
                "key": { "type": "string", "description": "The payload field." },
                "match": {
                    "description": "The value, or `{ any: […] }` for one of several.",
                    "oneOf": [scalar, {
                        "type": "object",
                        "properties": { "any": { "type": "array", "items": scalar, "minItems": 1 } },
                        "required": ["any"],
                        "additionalProperties": false,
                    }],
                },
                "range": {
                    "description": "Bounds of a number.",
                    "type": "object",
                    "properties": { "gt": bound, "gte": bound, "lt": bound, "lte": bound },
                    "minProperties": 1,
                    "additionalProperties": false,
                },
            },
            "required": ["key"],
            "oneOf": [{ "required": ["match"] }, { "required": ["range"] }],
            "additionalProperties": false,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::filter::Filter;

    #[test]
    fn the_schema_asks_for_exactly_one_test() {
        let schema = serde_json::to_value(schemars::schema_for!(Filter)).unwrap();
        let condition = &schema["$defs"]["Condition"];
        assert_eq!(
            condition["oneOf"],
            serde_json::json!([{ "required": ["match"] }, { "required": ["range"] }])
        );
        assert_eq!(schema["additionalProperties"], false);
    }
}
