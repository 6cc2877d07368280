//! Label selectors: those in objects, and those callers write (`app=web,tier!=cache,env in (a,b),!canary`).

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::model::labels::Labels;
use crate::model::wire;
use crate::name::{Interner, Name};

/// All requirements must hold. An empty selector matches everything; whether that is meant is the caller's to know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Selector(Box<[Requirement]>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Requirement {
    Equal(Name, Name),
    In(Name, Box<[Name]>),
    NotIn(Name, Box<[Name]>),
    Exists(Name),
    Absent(Name),
    /// A whole number above this; of node affinity only, as the next.
    Above(Name, i64),
    Below(Name, i64),
    /// An operator this version does not know: it matches nothing, rather than too much.
    Unknown,
}

impl Selector {
    /// Every label has this value, as `spec.selector` of a Service means it.
    pub(crate) fn equal(labels: &BTreeMap<String, String>, interner: &mut Interner) -> Self {
        Self(labels.iter().map(|(key, value)| Requirement::Equal(interner.name(key), interner.name(value))).collect())
    }

    pub(crate) fn from_wire(wire: &wire::LabelSelector, interner: &mut Interner) -> Self {
        let mut requirements = Self::equal(&wire.match_labels, interner).0.into_vec();
        requirements.extend(Self::expressions(&wire.match_expressions, interner).0);
        Self(requirements.into())
    }

    pub(crate) fn expressions(wire: &[wire::MatchExpression], interner: &mut Interner) -> Self {
        let requirement = |expression: &wire::MatchExpression| {
            let key = interner.name(&expression.key);
            let number = expression.values.first().and_then(|value| value.parse().ok());
            let mut values = || expression.values.iter().map(|value| interner.name(value)).collect();
            match (expression.operator.as_str(), number) {
                ("In", _) => Requirement::In(key, values()),
                ("NotIn", _) => Requirement::NotIn(key, values()),
                ("Exists", _) => Requirement::Exists(key),
                ("DoesNotExist", _) => Requirement::Absent(key),
                ("Gt", Some(number)) => Requirement::Above(key, number),
                ("Lt", Some(number)) => Requirement::Below(key, number),
                _ => Requirement::Unknown,
            }
        };
        Self(wire.iter().map(requirement).collect())
    }

    pub fn matches(&self, labels: &Labels) -> bool {
        let number = |key: &Name| labels.get(key).and_then(|value| value.parse::<i64>().ok());
        self.0.iter().all(|requirement| match requirement {
            Requirement::Equal(key, wanted) => labels.get(key) == Some(wanted),
            Requirement::In(key, values) => labels.get(key).is_some_and(|value| values.contains(value)),
            Requirement::NotIn(key, values) => labels.get(key).is_none_or(|value| !values.contains(value)),
            Requirement::Exists(key) => labels.get(key).is_some(),
            Requirement::Absent(key) => labels.get(key).is_none(),
            Requirement::Above(key, bound) => number(key).is_some_and(|value| value > *bound),
            Requirement::Below(key, bound) => number(key).is_some_and(|value| value < *bound),
            Requirement::Unknown => false,
        })
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Label and value of each plain equality; other requirements are left out.
    pub fn equalities(&self) -> impl Iterator<Item = (&Name, &Name)> {
        self.0.iter().filter_map(|requirement| match requirement {
            Requirement::Equal(key, value) => Some((key, value)),
            _ => None,
        })
    }
}

fn name(text: &str) -> Name {
    Name::from(text)
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, requirement) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            match requirement {
                Requirement::Equal(key, value) => write!(f, "{key}={value}")?,
                Requirement::In(key, values) => write!(f, "{key} in ({})", values.join(","))?,
                Requirement::NotIn(key, values) if values.len() == 1 => write!(f, "{key}!={}", values[0])?,
                Requirement::NotIn(key, values) => write!(f, "{key} notin ({})", values.join(","))?,
                Requirement::Exists(key) => write!(f, "{key}")?,
                Requirement::Absent(key) => write!(f, "!{key}")?,
                Requirement::Above(key, bound) => write!(f, "{key}>{bound}")?,
                Requirement::Below(key, bound) => write!(f, "{key}<{bound}")?,
                Requirement::Unknown => f.write_str("<unknown operator>")?,
            }
        }
        Ok(())
    }
}

/// Why a written selector was not understood, with the part at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a label selector: {part:?}; write for example app=web,tier!=cache,env in (a,b),!canary")]
pub struct SelectorError {
    part: String,
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        let parts = split_outside_parentheses(text);
        parts.into_iter().filter(|part| !part.is_empty()).map(requirement).collect::<Result<_, _>>().map(Selector)
    }
}

fn split_outside_parentheses(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}

fn requirement(part: &str) -> Result<Requirement, SelectorError> {
    let error = || SelectorError { part: part.to_owned() };
    if let Some(key) = part.strip_prefix('!') {
        return label_key(key).map(Requirement::Absent).ok_or_else(error);
    }
    if let Some((key, value)) = part.split_once("!=") {
        return pair(key, value).map(|(key, value)| Requirement::NotIn(key, [value].into())).ok_or_else(error);
    }
    if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return pair(key, value).map(|(key, value)| Requirement::Equal(key, value)).ok_or_else(error);
    }
    if let Some((head, values)) = part.strip_suffix(')').and_then(|rest| rest.split_once('(')) {
        let values = values.split(',').map(label_value).collect::<Option<Box<[Name]>>>();
        let mut words = head.split_whitespace();
        let key = words.next().and_then(label_key);
        return match (key, words.next(), words.next(), values) {
            (Some(key), Some("in"), None, Some(values)) => Ok(Requirement::In(key, values)),
            (Some(key), Some("notin"), None, Some(values)) => Ok(Requirement::NotIn(key, values)),
            _ => Err(error()),
        };
    }
    label_key(part).map(Requirement::Exists).ok_or_else(error)
}

fn pair(key: &str, value: &str) -> Option<(Name, Name)> {
    Some((label_key(key)?, label_value(value)?))
}

fn label_key(text: &str) -> Option<Name> {
    let text = text.trim();
    is_label_key(text).then(|| name(text))
}

/// Whether it could be a label's, taint's or resource's name.
pub(crate) fn is_label_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b))
}

fn label_value(text: &str) -> Option<Name> {
    let text = text.trim();
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)).then(|| name(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        let pairs: BTreeMap<_, _> = pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        Labels::from_wire(&pairs, &mut Interner::default())
    }

    #[test]
    fn written_selectors_match_as_the_api_does() {
        let web = labels(&[("app", "web"), ("env", "a")]);
        for (text, expected) in [
            ("", true),
            ("app=web", true),
            ("app == web", true),
            ("app!=web", false),
            ("tier!=cache", true),
            ("env in (a, b)", true),
            ("env notin (a,b),app", false),
            ("app,!canary", true),
            ("canary", false),
        ] {
            let selector: Selector = text.parse().unwrap();
            assert_eq!(selector.matches(&web), expected, "{text}");
        }
    }

    #[test]
    fn selectors_print_as_they_are_written() {
        for text in ["app=web,tier!=cache", "env in (a,b),!canary", "env notin (a,b),app"] {
            assert_eq!(text.parse::<Selector>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn nonsense_is_named() {
        for text in ["app=", "a b", "=web", "env in a,b", "app=we b", "env within (a)", "!", "a=b;rm"] {
            let result = text.parse::<Selector>();
            if text == "app=" {
                assert!(result.is_ok(), "an empty value is a legal label value");
            } else {
                assert!(result.is_err(), "{text}: {result:?}");
            }
        }
    }
}
