//! Arguments against the schema they were announced with, so that an error says what the schema said.

use rmcp::model::JsonObject;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::{ToolError, quoted};

/// Checks names, types, choices and ranges, then decodes.
pub(super) fn decode<T: DeserializeOwned>(schema: &JsonObject, mut arguments: JsonObject) -> Result<T, ToolError> {
    // A client that fills in every optional argument means nothing by null
    arguments.retain(|_, value| !value.is_null());
    check(schema, &arguments)?;
    serde_json::from_value(Value::Object(arguments)).map_err(|error| ToolError::Argument {
        argument: "arguments".to_owned(),
        given: "not what the tool's schema describes".to_owned(),
        accepted: error.to_string(),
    })
}

fn check(schema: &JsonObject, arguments: &JsonObject) -> Result<(), ToolError> {
    let empty = JsonObject::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    for (name, given) in arguments {
        match properties.get(name) {
            Some(property) if fits(property, given) => {}
            Some(property) => {
                let (argument, given) = (name.clone(), quoted_json(given));
                return Err(ToolError::Argument { argument, given, accepted: describe(property) });
            }
            None => {
                return Err(ToolError::UnknownArgument { argument: shown(name), accepted: accepted_names(properties) });
            }
        }
    }
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    match required.into_iter().find(|name| !arguments.contains_key(*name)) {
        Some(name) => {
            let accepted = properties.get(name).map(describe).unwrap_or_default();
            Err(ToolError::MissingArgument { argument: name.to_owned(), accepted })
        }
        None => Ok(()),
    }
}

fn accepted_names(properties: &JsonObject) -> String {
    match properties.len() {
        0 => "the tool takes no arguments".to_owned(),
        _ => format!("the tool takes {}", properties.keys().map(String::as_str).collect::<Vec<_>>().join(", ")),
    }
}

fn fits(property: &Value, given: &Value) -> bool {
    has_type(property, given) && is_choice(property, given) && in_range(property, given) && has_length(property, given)
}

fn has_type(property: &Value, given: &Value) -> bool {
    match property.get("type").and_then(Value::as_str) {
        Some("string") => given.is_string(),
        Some("boolean") => given.is_boolean(),
        Some("integer") => given.is_i64() || given.is_u64(),
        Some("number") => given.is_number(),
        Some("object") => given.is_object(),
        Some("array") => {
            let items = property.get("items");
            given.as_array().is_some_and(|list| list.iter().all(|item| items.is_none_or(|items| fits(items, item))))
        }
        _ => true,
    }
}

fn is_choice(property: &Value, given: &Value) -> bool {
    property.get("enum").and_then(Value::as_array).is_none_or(|choices| choices.contains(given))
}

fn in_range(property: &Value, given: &Value) -> bool {
    let Some(given) = given.as_f64() else { return true };
    let bound = |name: &str| property.get(name).and_then(Value::as_f64);
    bound("minimum").is_none_or(|least| given >= least) && bound("maximum").is_none_or(|most| given <= most)
}

fn has_length(property: &Value, given: &Value) -> bool {
    let Some(given) = given.as_str() else { return true };
    let length = given.chars().count() as u64;
    let bound = |name: &str| property.get(name).and_then(Value::as_u64);
    bound("minLength").is_none_or(|least| length >= least) && bound("maxLength").is_none_or(|most| length <= most)
}

/// What a property takes, in words.
fn describe(property: &Value) -> String {
    if let Some(choices) = property.get("enum").and_then(Value::as_array) {
        return format!("one of {}", choices.iter().map(quoted_json).collect::<Vec<_>>().join(", "));
    }
    let kind = match property.get("type").and_then(Value::as_str) {
        Some("string") => "a string",
        Some("boolean") => "true or false",
        Some("integer") => "a whole number",
        Some("number") => "a number",
        Some("object") => "an object",
        Some("array") => {
            let items = property.get("items").map(describe);
            return format!("a list{}", items.map(|items| format!(", each item {items}")).unwrap_or_default());
        }
        _ => "a value",
    };
    let bound = |name: &str| property.get(name).filter(|bound| bound.is_number());
    let range = match (bound("minimum"), bound("maximum"), bound("minLength"), bound("maxLength")) {
        (Some(least), Some(most), ..) => format!(" from {least} to {most}"),
        (Some(least), None, ..) => format!(" of at least {least}"),
        (None, Some(most), ..) => format!(" of at most {most}"),
        (_, _, Some(least), Some(most)) => format!(" of {least} to {most} characters"),
        (_, _, Some(least), None) => format!(" of at least {least} characters"),
        (_, _, None, Some(most)) => format!(" of at most {most} characters"),
        _ => String::new(),
    };
    format!("{kind}{range}")
}

fn quoted_json(value: &Value) -> String {
    struct AsJson<'a>(&'a Value);
    impl std::fmt::Debug for AsJson<'_> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            std::fmt::Display::fmt(self.0, f)
        }
    }
    quoted(&AsJson(value))
}

fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::Deserialize;
    use serde_json::json;

    use super::super::error::KEPT;
    use super::super::schema;
    use super::*;

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    enum Severity {
        Critical,
        Warning,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Arguments {
        #[schemars(length(min = 1, max = 63))]
        namespace: String,
        #[schemars(range(min = 1, max = 500))]
        limit: Option<u32>,
        severity: Option<Severity>,
        kinds: Option<Vec<String>>,
    }

    fn decoded(value: &Value) -> Result<Arguments, ToolError> {
        decode(&schema::of_arguments::<Arguments>(), value.as_object().cloned().unwrap())
    }

    #[test]
    fn accepts_what_the_schema_says() {
        let arguments =
            decoded(&json!({"namespace": "a", "limit": 500, "severity": "warning", "kinds": null})).unwrap();
        assert_eq!(arguments.limit, Some(500));
    }

    #[test]
    fn errors_name_the_argument_the_value_and_the_choice() {
        for (value, parts) in [
            (json!({}), &["missing", "`namespace`", "1 to 63 characters"][..]),
            (json!({"namespace": ""}), &["`namespace`", "\"\"", "1 to 63"]),
            (json!({"namespace": 7}), &["`namespace`", "7", "a string"]),
            (json!({"namespace": "a", "limit": "ten"}), &["`limit`", "\"ten\"", "a whole number from 1 to 500"]),
            (json!({"namespace": "a", "limit": 501}), &["`limit`", "501", "from 1 to 500"]),
            (json!({"namespace": "a", "severity": "bad"}), &["`severity`", "\"bad\"", "\"critical\", \"warning\""]),
            (json!({"namespace": "a", "kinds": ["Pod", 1]}), &["`kinds`", "each item a string"]),
            (json!({"namespace": "a", "ns": "b"}), &["unknown", "`ns`", "namespace", "severity"]),
        ] {
            let text = decoded(&value).unwrap_err().to_string();
            assert!(text.len() <= KEPT, "{text}");
            for part in parts {
                assert!(text.contains(part), "{part} missing in: {text}");
            }
        }
    }
}
