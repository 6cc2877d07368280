//! Names kept once: a namespace, node, image or reason that thousands of objects mention is one allocation.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use serde::{Serialize, Serializer};

use crate::model::meta::Owner;
use crate::model::pod::Template;

/// A shared, immutable string. Cloning counts a reference; comparing compares text, which is not looked at where both
/// are the same allocation, as most are.
#[derive(Clone, Eq)]
pub struct Name(Arc<str>);

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.cmp(&other.0) }
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

static EMPTY: LazyLock<Arc<str>> = LazyLock::new(|| Arc::from(""));

impl Name {
    /// The namespace of cluster-scoped objects, and the value of fields that were not set.
    pub fn empty() -> Self {
        Self(EMPTY.clone())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Name {
    fn default() -> Self {
        Self::empty()
    }
}

impl Deref for Name {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        if text.is_empty() { Self::empty() } else { Self(Arc::from(text)) }
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Values that are stored once and shared. What nobody else holds any more is dropped when the set has doubled,
/// so a cluster that keeps making new names does not grow for ever.
#[derive(Debug)]
pub struct Shared<T: ?Sized + Eq + Hash> {
    values: HashSet<Arc<T>>,
    sweep_at: usize,
}

const FIRST_SWEEP: usize = 4096;

impl<T: ?Sized + Eq + Hash> Default for Shared<T> {
    fn default() -> Self {
        Self { values: HashSet::new(), sweep_at: FIRST_SWEEP }
    }
}

impl<T: ?Sized + Eq + Hash> Shared<T> {
    pub fn get<Q>(&mut self, value: Q) -> Arc<T>
    where
        Q: Into<Arc<T>> + Borrow<T>,
    {
        if let Some(known) = self.values.get::<T>(value.borrow()) {
            return known.clone();
        }
        if self.values.len() >= self.sweep_at {
            self.values.retain(|value| Arc::strong_count(value) > 1);
            self.sweep_at = FIRST_SWEEP.max(self.values.len() * 2);
        }
        let value: Arc<T> = value.into();
        self.values.insert(value.clone());
        value
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// Everything the model shares between objects.
#[derive(Debug, Default)]
pub struct Interner {
    names: Shared<str>,
    label_sets: Shared<[(Name, Name)]>,
    owners: Shared<Owner>,
    templates: Shared<Template>,
}

impl Interner {
    pub fn name(&mut self, text: &str) -> Name {
        if text.is_empty() { Name::empty() } else { Name(self.names.get(text)) }
    }

    /// The name of an optional field; empty when it was not set.
    pub fn optional(&mut self, text: Option<&str>) -> Name {
        self.name(text.unwrap_or_default())
    }

    pub(crate) fn label_set(&mut self, pairs: Vec<(Name, Name)>) -> Arc<[(Name, Name)]> {
        self.label_sets.get(pairs)
    }

    pub(crate) fn owner(&mut self, owner: Owner) -> Arc<Owner> {
        self.owners.get(owner)
    }

    pub(crate) fn template(&mut self, template: Template) -> Arc<Template> {
        self.templates.get(template)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_share_one_allocation() {
        let mut interner = Interner::default();
        let first = interner.name("openshift-etcd");
        let second = interner.name("openshift-etcd");
        assert!(Arc::ptr_eq(&first.0, &second.0));
        assert_eq!(interner.name(""), Name::empty());
    }

    #[test]
    fn names_nobody_holds_are_dropped() {
        let mut interner = Interner::default();
        let kept = interner.name("kept");
        for i in 0..FIRST_SWEEP * 3 {
            interner.name(&format!("pod-{i}"));
        }
        assert!(interner.names.len() <= FIRST_SWEEP + 1, "{} names kept", interner.names.len());
        assert!(Arc::ptr_eq(&kept.0, &interner.name("kept").0));
    }
}
