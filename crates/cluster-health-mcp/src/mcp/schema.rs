//! JSON Schemas of tools' arguments and answers, in the plain dialect that every client understands.
//!
//! No references, no integer formats that validators do not know, no `null` beside a type: what is optional is just
//! not required.

use std::sync::Arc;

use rmcp::model::JsonObject;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

pub(super) fn of_arguments<T: JsonSchema>() -> Arc<JsonObject> {
    object(settings(), SchemaGenerator::into_root_schema_for::<T>)
}

pub(super) fn of_answer<T: JsonSchema>() -> Arc<JsonObject> {
    object(settings().for_serialize(), SchemaGenerator::into_root_schema_for::<T>)
}

fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12()
        .with(|settings| {
            settings.inline_subschemas = true;
            settings.meta_schema = None;
        })
        .with_transform(RecursiveTransform(simplify))
}

fn object(settings: SchemaSettings, schema: fn(SchemaGenerator) -> Schema) -> Arc<JsonObject> {
    let mut object = match schema(settings.into_generator()).to_value() {
        Value::Object(object) => object,
        _ => Map::new(),
    };
    // The name of a Rust type says nothing to a client
    object.remove("title");
    // Some clients refuse an object without these
    object.entry("type").or_insert_with(|| json!("object"));
    object.entry("properties").or_insert_with(|| json!({}));
    Arc::new(object)
}

fn simplify(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    drop_numeric_format(object);
    drop_null_type(object);
    drop_null_alternative(object);
    list_constants(object);
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
}

fn drop_numeric_format(object: &mut JsonObject) {
    let numeric = ["int", "uint", "float", "double"];
    let format = object.get("format").and_then(Value::as_str).unwrap_or_default();
    if numeric.iter().any(|prefix| format.starts_with(prefix)) {
        object.remove("format");
    }
}

fn drop_null_type(object: &mut JsonObject) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
}

fn drop_null_alternative(object: &mut JsonObject) {
    let Some(Value::Array(alternatives)) = object.get_mut("anyOf") else { return };
    alternatives.retain(|alternative| alternative.get("type") != Some(&json!("null")));
    if let [Value::Object(only)] = alternatives.as_slice() {
        let only = only.clone();
        object.remove("anyOf");
        for (key, value) in only {
            object.entry(key).or_insert(value);
        }
        simplify_object(object);
    }
}

/// The alternative that is left was not visited as part of this object.
fn simplify_object(object: &mut JsonObject) {
    drop_numeric_format(object);
    drop_null_type(object);
    list_constants(object);
}

/// Variants with a description come as alternatives of one constant each; a list of values says it shorter.
fn list_constants(object: &mut JsonObject) {
    let Some(Value::Array(alternatives)) = object.get("oneOf") else { return };
    let constant = |alternative: &Value| match alternative.get("const") {
        Some(Value::String(value)) => Some(vec![json!(value)]),
        _ => alternative.get("enum").and_then(Value::as_array).cloned(),
    };
    let Some(values) = alternatives.iter().map(constant).collect::<Option<Vec<_>>>() else { return };
    let described: Vec<String> = alternatives
        .iter()
        .filter_map(|alternative| {
            Some((alternative.get("const")?.as_str()?, alternative.get("description")?.as_str()?))
        })
        .map(|(value, description)| format!("{value}: {description}"))
        .collect();
    object.remove("oneOf");
    object.insert("type".to_owned(), json!("string"));
    object.insert("enum".to_owned(), Value::Array(values.concat()));
    if !described.is_empty() {
        let own = object.get("description").and_then(Value::as_str).map(|text| format!("{text}. ")).unwrap_or_default();
        object.insert("description".to_owned(), json!(format!("{own}{}", described.join("; "))));
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    enum Severity {
        /// Something is down
        Critical,
        /// Something may go down
        Warning,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    enum Order {
        Name,
        Age,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Everything {
        /// How many at most
        #[schemars(range(min = 1, max = 500))]
        limit: Option<u32>,
        namespace: Option<String>,
        severity: Option<Severity>,
        order: Option<Order>,
        count: u64,
        ratio: f64,
        nested: Option<Box<Inner>>,
        list: Vec<Inner>,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Inner {
        size: usize,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    #[test]
    fn dialect_is_plain() {
        for schema in [of_arguments::<Everything>(), of_answer::<Everything>()] {
            let text = serde_json::to_string(&schema).unwrap();
            for word in ["uint", "int32", "null", "$ref", "$defs", "$schema", "\"title\"", "anyOf", "oneOf", "double"] {
                assert!(!text.contains(word), "{word} in {text}");
            }
            let property = |name: &str| schema["properties"][name].clone();
            assert_eq!(property("severity")["enum"], json!(["critical", "warning"]));
            assert_eq!(property("order")["enum"], json!(["name", "age"]));
            assert!(property("severity")["description"].as_str().unwrap().contains("warning: Something may go down"));
            assert_eq!(property("limit")["type"], "integer");
            assert_eq!(property("limit")["maximum"], 500);
            assert_eq!(property("nested")["properties"]["size"]["type"], "integer");
        }
    }

    #[test]
    fn no_arguments_is_still_an_object() {
        let schema = of_arguments::<Nothing>();
        assert_eq!(schema["type"], "object");
        assert_eq!(schema["properties"], json!({}));
        assert_eq!(schema["additionalProperties"], json!(false));
    }
}
