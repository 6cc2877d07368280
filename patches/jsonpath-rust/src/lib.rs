//! Stands in for the crate of this name, of which kube-rs needs one call: a field of what a program printed, for users of
//! a kubeconfig's `auth-provider`, which Kubernetes has replaced by `exec`.
//!
//! The whole language, with its regular expressions and parser, is a fourteenth of the server. This reads the paths that
//! kubeconfigs have: `$.credential.access_token`, `$.items[0].token`. Anything else is an error that says so.

use serde_json::Value;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("only fields and indices are understood, as in $.credential.token or $.items[0].token")]
pub struct Unsupported;

pub trait JsonPath {
    /// What the path leads to: one value, or none.
    fn query(&self, path: &str) -> Result<Vec<&Value>, Unsupported>;
}

impl JsonPath for Value {
    fn query(&self, path: &str) -> Result<Vec<&Value>, Unsupported> {
        let mut rest = path.strip_prefix('$').ok_or(Unsupported)?;
        let mut found = Some(self);
        while !rest.is_empty() {
            if let Some(index) = rest.strip_prefix('[') {
                let (index, after) = index.split_once(']').ok_or(Unsupported)?;
                let index: usize = index.parse().map_err(|_| Unsupported)?;
                found = found.and_then(|value| value.get(index));
                rest = after;
            } else {
                let field = rest.strip_prefix('.').ok_or(Unsupported)?;
                let end = field.find(['.', '[']).unwrap_or(field.len());
                let (name, after) = field.split_at(end);
                let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
                if name.is_empty() || !name.chars().all(plain) {
                    return Err(Unsupported);
                }
                found = found.and_then(|value| value.get(name));
                rest = after;
            }
        }
        Ok(found.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_indices_are_followed() {
        let value = serde_json::json!({"credential": {"access_token": "a"}, "items": [{"token-key": "b"}]});
        assert_eq!(value.query("$.credential.access_token"), Ok(vec![&Value::from("a")]));
        assert_eq!(value.query("$.items[0].token-key"), Ok(vec![&Value::from("b")]));
        assert_eq!(value.query("$.items[1].token-key"), Ok(vec![]));
        assert_eq!(value.query("$.credential.access_token.more"), Ok(vec![]));
        assert_eq!(value.query("$"), Ok(vec![&value]));
    }

    #[test]
    fn the_rest_of_the_language_is_refused() {
        for path in ["credential", "$..token", "$.*", "$.items[*]", "$.items[?(@.a)]", "$.a b", "$.", "$['a']"] {
            assert_eq!(Value::Null.query(path), Err(Unsupported), "{path}");
        }
    }
}
