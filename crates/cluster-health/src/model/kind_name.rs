//! What an object's kind is called, whether the model holds that kind or not.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::LazyLock;

use serde::{Serialize, Serializer};

use crate::name::{Interner, Name};

use super::Kind;

/// A kind by name. One that the model holds is told from others once, where the name is read: it is asked for each time
/// an object is looked up.
#[derive(Clone, PartialEq, Eq)]
pub struct KindName(Inner);

#[derive(Clone, PartialEq, Eq)]
enum Inner {
    Held(Kind),
    /// Never the name of a kind that is held.
    Other(Name),
}

impl KindName {
    pub(crate) fn read(text: &str, interner: &mut Interner) -> Self {
        Self(held(text).map_or_else(|| Inner::Other(interner.name(text)), Inner::Held))
    }

    /// The kind, if the model holds it.
    pub fn held(&self) -> Option<Kind> {
        match self.0 {
            Inner::Held(kind) => Some(kind),
            Inner::Other(_) => None,
        }
    }

    pub fn as_str(&self) -> &str {
        match &self.0 {
            Inner::Held(kind) => kind.name(),
            Inner::Other(name) => name,
        }
    }
}

fn held(text: &str) -> Option<Kind> {
    static KINDS: LazyLock<HashMap<&str, Kind>> =
        LazyLock::new(|| Kind::ALL.iter().map(|&kind| (kind.name(), kind)).collect());
    KINDS.get(text).copied()
}

impl From<Kind> for KindName {
    fn from(kind: Kind) -> Self {
        Self(Inner::Held(kind))
    }
}

impl From<&str> for KindName {
    fn from(text: &str) -> Self {
        Self(held(text).map_or_else(|| Inner::Other(Name::from(text)), Inner::Held))
    }
}

impl Deref for KindName {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for KindName {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

/// As the text is, which it can be looked up by.
impl Hash for KindName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

/// As the text is.
impl Ord for KindName {
    fn cmp(&self, other: &Self) -> Ordering {
        if self == other { Ordering::Equal } else { self.as_str().cmp(other.as_str()) }
    }
}

impl PartialOrd for KindName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq<str> for KindName {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for KindName {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<Kind> for KindName {
    fn eq(&self, other: &Kind) -> bool {
        self.held() == Some(*other)
    }
}

impl fmt::Display for KindName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for KindName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Serialize for KindName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_the_same_however_its_name_was_read() {
        for &kind in Kind::ALL {
            assert_eq!(KindName::from(kind.name()), KindName::from(kind));
        }
        let (mut interner, other) = (Interner::default(), KindName::from("Widget"));
        assert_eq!(KindName::read("Widget", &mut interner), other);
        assert_eq!((other.held(), other.as_str()), (None, "Widget"));
        let (event, pod) = (KindName::from("Event"), KindName::from(Kind::Pod));
        assert!(event < pod && pod < other);
    }
}
