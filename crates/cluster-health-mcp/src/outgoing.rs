//! The last thing that a string meets before it leaves: secrets are taken out by their form, whichever way it came. Text
//! that others wrote has been cleaned before, where it was cut; this is for everything else, and for what slipped through.
//!
//! Each way out calls this once: tools and documents when an answer is made (which is kept with the answer), errors, log
//! lines, metrics, and the report.

use std::borrow::Cow;

use cluster_health::redact::redact;
use serde_json::Value;

/// Plain text.
pub fn text(text: String) -> String {
    match redact(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(less) => less,
    }
}

/// Every string of a structure, names of fields included where they are data.
pub fn structure(value: &mut Value) {
    match value {
        Value::String(string) => {
            if let Cow::Owned(less) = redact(string) {
                *string = less;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(structure),
        Value::Object(fields) => {
            let names: Vec<_> = fields.keys().filter(|name| matches!(redact(name), Cow::Owned(_))).cloned().collect();
            for name in names {
                if let Some(value) = fields.remove(&name) {
                    fields.insert(redact(&name).into_owned(), value);
                }
            }
            fields.values_mut().for_each(structure);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Text that is JSON, which it stays: each string in it by itself.
pub fn json(text: String) -> String {
    let mut less = String::new();
    let (mut kept_to, mut at) = (0, 0);
    while let Some(literal) = next_literal(&text, at) {
        at = literal.end + 1;
        let raw = &text[literal.clone()];
        let plain = if raw.contains('\\') { unescaped(raw) } else { Cow::Borrowed(raw) };
        if let Cow::Owned(string) = redact(&plain) {
            less.push_str(&text[kept_to..literal.start]);
            let escaped = Value::from(string).to_string();
            // Without the quotes, which stay where they were
            less.push_str(&escaped[1..escaped.len() - 1]);
            kept_to = literal.end;
        }
    }
    if kept_to == 0 {
        return text;
    }
    less.push_str(&text[kept_to..]);
    less
}

/// What stands between the quotes of the first string at or after `from`.
fn next_literal(text: &str, from: usize) -> Option<std::ops::Range<usize>> {
    let bytes = text.as_bytes();
    let start = memchr::memchr(b'"', bytes.get(from..)?)? + from + 1;
    let mut end = start;
    while *bytes.get(end)? != b'"' {
        end += if bytes[end] == b'\\' { 2 } else { 1 };
    }
    Some(start..end)
}

fn unescaped(raw: &str) -> Cow<'_, str> {
    serde_json::from_str(&format!("\"{raw}\"")).map_or(Cow::Borrowed(raw), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TOKEN: &str = "sha256~J3kQ0bXn7cWq9vTzY2mLr5PdGh8sEfUa1iBoKxCjVwM";

    #[test]
    fn structures_lose_secrets_wherever_they_are() {
        let mut value = json!({"a": [{"b": format!("x {TOKEN}")}], "n": 1, TOKEN: "y"});
        structure(&mut value);
        assert_eq!(value, json!({"a": [{"b": "x (redacted)"}], "n": 1, "(redacted)": "y"}));
    }

    #[test]
    fn json_stays_json() {
        let key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ";
        let before = json!({"cut": key, "quote": "\"password\": \"hunter2\" é", "next": [TOKEN, "plain \\ text"]});
        let after: Value = serde_json::from_str(&json(before.to_string())).unwrap();
        let expected = json!({"cut": "(redacted)", "quote": "\"password\": \"(redacted)\" é",
            "next": ["(redacted)", "plain \\ text"]});
        assert_eq!(after, expected);
        let clean = json!({"a": "b \\\" c", "n": [1, null]}).to_string();
        assert_eq!(json(clean.clone()), clean);
        for cut in ["", "\"", "{\"a", "{\"a\\"] {
            assert_eq!(json(cut.to_owned()), cut);
        }
    }

    #[test]
    fn a_string_that_ends_in_a_quote_keeps_it() {
        let before = json!({"a": format!("{TOKEN} \"")}).to_string();
        let after: Value = serde_json::from_str(&json(before)).unwrap();
        assert_eq!(after["a"], "(redacted) \"");
    }
}
