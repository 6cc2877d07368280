//! Field and label selectors: `=`, `==`, `!=`, and labels that exist or do not. Sets (`in (…)`) are not read.

use serde_json::Value;

#[derive(Clone, Debug, Default)]
pub(super) struct Selector {
    terms: Vec<Term>,
}

#[derive(Clone, Debug)]
struct Term {
    path: Vec<String>,
    wanted: Wanted,
}

#[derive(Clone, Debug)]
enum Wanted {
    Equal(String),
    Unequal(String),
    There,
    NotThere,
}

/// A selector nobody here understands.
#[derive(Debug)]
pub(super) struct Badly(pub(super) String);

impl Selector {
    pub(super) fn new(fields: &str, labels: &str) -> Result<Self, Badly> {
        let field = |name: &str| name.split('.').map(str::to_owned).collect();
        let label = |name: &str| vec!["metadata".to_owned(), "labels".to_owned(), name.to_owned()];
        let mut terms = Vec::new();
        for text in fields.split(',').filter(|text| !text.is_empty()) {
            terms.push(term(text, field)?);
        }
        for text in labels.split(',').filter(|text| !text.is_empty()) {
            terms.push(term(text, label)?);
        }
        Ok(Self { terms })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The tail of an object, as the store keeps it.
    pub(super) fn matches(&self, tail: &[u8]) -> bool {
        if self.is_empty() {
            return true;
        }
        let text = [b"{", tail].concat();
        let object: Value = serde_json::from_slice(&text).unwrap_or_default();
        self.terms.iter().all(|term| term.matches(&object))
    }
}

fn term(text: &str, path: impl Fn(&str) -> Vec<String>) -> Result<Term, Badly> {
    if text.contains(['(', ')']) {
        return Err(Badly(format!("the fake does not read the selector {text:?}")));
    }
    let (name, wanted) = if let Some((name, value)) = text.split_once("!=") {
        (name, Wanted::Unequal(value.to_owned()))
    } else if let Some((name, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        (name, Wanted::Equal(value.to_owned()))
    } else if let Some(name) = text.strip_prefix('!') {
        (name, Wanted::NotThere)
    } else {
        (text, Wanted::There)
    };
    Ok(Term { path: path(name), wanted })
}

impl Term {
    fn matches(&self, object: &Value) -> bool {
        let found = self.path.iter().try_fold(object, |value, key| value.get(key));
        let text = found.and_then(Value::as_str).unwrap_or_default();
        match &self.wanted {
            Wanted::Equal(value) => text == value,
            Wanted::Unequal(value) => text != value,
            Wanted::There => found.is_some(),
            Wanted::NotThere => found.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_labels_are_compared() {
        let tail = br#""metadata":{"name":"a","labels":{"app.io/x":"web"}},"status":{"phase":"Running"}}"#;
        let matches = |fields, labels| Selector::new(fields, labels).unwrap().matches(tail);
        assert!(matches("metadata.name=a,status.phase!=Failed", "app.io/x==web,app.io/x,!other"));
        assert!(!matches("status.phase!=Running", ""));
        assert!(!matches("", "other"));
        assert!(Selector::new("", "a in (b)").is_err());
    }
}
