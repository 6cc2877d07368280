//! Objects that were put in one by one, and the history watches replay.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::resources::Resource;

/// Versions of generated objects are below.
pub(super) const FIRST_VERSION: u64 = 1_000_000;

/// An API server forgets after five minutes; here it is a count.
const HISTORY: usize = 10_000;

pub(super) type Key = (String, String);

#[derive(Debug)]
pub(super) struct Store {
    pub(super) version: u64,
    /// Versions below are too old to watch from.
    oldest: u64,
    /// By plural, then namespace and name: the object's JSON after `kind` and `apiVersion`, to its closing brace.
    objects: BTreeMap<&'static str, BTreeMap<Key, Bytes>>,
    history: VecDeque<Change>,
    logs: BTreeMap<[String; 3], [String; 2]>,
}

#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) version: u64,
    pub(super) plural: &'static str,
    pub(super) namespace: String,
    pub(super) before: Option<Bytes>,
    /// The last form with the version of the deletion, for one that is gone.
    pub(super) object: Bytes,
    pub(super) deleted: bool,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            version: FIRST_VERSION,
            oldest: FIRST_VERSION,
            objects: BTreeMap::new(),
            history: VecDeque::new(),
            logs: BTreeMap::new(),
        }
    }
}

impl Store {
    /// The new version; 0 when the object is none or has no name.
    pub(super) fn put(&mut self, resource: &'static Resource, object: Value) -> u64 {
        let version = self.version + 1;
        let Some((key, object)) = stored_form(object, version) else { return 0 };
        let before = self.objects.entry(resource.plural).or_default().insert(key.clone(), object.clone());
        self.remember(Change { version, plural: resource.plural, namespace: key.0, before, object, deleted: false });
        version
    }

    pub(super) fn delete(&mut self, resource: &'static Resource, namespace: &str, name: &str) -> u64 {
        let key = (namespace.to_owned(), name.to_owned());
        let Some(before) = self.objects.get_mut(resource.plural).and_then(|objects| objects.remove(&key)) else {
            return 0;
        };
        let version = self.version + 1;
        let last: Value = serde_json::from_slice(&[b"{", &*before].concat()).unwrap_or_default();
        let object = stored_form(last, version).map_or(before.clone(), |(_, object)| object);
        let before = Some(before);
        self.remember(Change { version, plural: resource.plural, namespace: key.0, before, object, deleted: true });
        version
    }

    fn remember(&mut self, change: Change) {
        self.version = change.version;
        self.history.push_back(change);
        while self.history.len() > HISTORY {
            self.oldest = self.history.pop_front().map_or(self.oldest, |change| change.version);
        }
    }

    pub(super) fn forget(&mut self) {
        self.objects.clear();
        self.version += 1;
        self.expire_history();
    }

    pub(super) fn expire_history(&mut self) {
        self.version += 1;
        self.oldest = self.version;
        self.history.clear();
    }

    pub(super) fn is_too_old(&self, version: u64) -> bool {
        version < self.oldest
    }

    /// Sorted by namespace and name.
    pub(super) fn objects(&self, plural: &str) -> impl Iterator<Item = (&Key, &Bytes)> {
        self.objects.get(plural).into_iter().flatten()
    }

    pub(super) fn object(&self, plural: &str, namespace: &str, name: &str) -> Option<Bytes> {
        self.objects.get(plural)?.get(&(namespace.to_owned(), name.to_owned())).cloned()
    }

    pub(super) fn since(&self, version: u64, plural: &str) -> Vec<Change> {
        let newer = self.history.iter().filter(|change| change.version > version && change.plural == plural);
        newer.cloned().collect()
    }

    pub(super) fn put_log(&mut self, namespace: &str, pod: &str, container: &str, previous: bool, text: &str) {
        let key = [namespace, pod, container].map(str::to_owned);
        self.logs.entry(key).or_default()[usize::from(previous)] = text.to_owned();
    }

    pub(super) fn log(&self, namespace: &str, pod: &str, container: &str, previous: bool) -> Option<String> {
        let key = [namespace, pod, container].map(str::to_owned);
        self.logs.get(&key).map(|texts| texts[usize::from(previous)].clone()).filter(|text| !text.is_empty())
    }
}

/// Key and text, with what a server adds to an object.
fn stored_form(mut object: Value, version: u64) -> Option<(Key, Bytes)> {
    let fields = object.as_object_mut()?;
    fields.remove("apiVersion");
    fields.remove("kind");
    let metadata = fields.get_mut("metadata")?.as_object_mut()?;
    let text = |metadata: &serde_json::Map<String, Value>, name| {
        metadata.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let key = (text(metadata, "namespace"), text(metadata, "name"));
    metadata.insert("resourceVersion".to_owned(), json!(version.to_string()));
    metadata.entry("uid").or_insert_with(|| json!(format!("uid-{}-{}", key.0, key.1)));
    metadata.entry("creationTimestamp").or_insert_with(|| json!("2026-11-18T11:00:00Z"));
    if key.1.is_empty() {
        return None;
    }
    Some((key, object.to_string().split_off(1).into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources;

    #[test]
    fn changes_get_versions_and_are_remembered() {
        let pods = resources::by_plural("pods").unwrap();
        let mut store = Store::default();
        let first = store.put(pods, json!({"kind": "Pod", "metadata": {"name": "a", "namespace": "b"}}));
        assert!(first > FIRST_VERSION);
        assert_eq!(store.put(pods, json!({"metadata": {}})), 0);
        assert!(store.delete(pods, "b", "a") > first);
        assert_eq!(store.delete(pods, "b", "a"), 0);
        let changes = store.since(FIRST_VERSION, "pods");
        assert_eq!(changes.iter().map(|change| change.deleted).collect::<Vec<_>>(), [false, true]);
        assert!(changes.iter().all(|change| change.object.starts_with(b"\"metadata\"")));
        assert_eq!(store.since(first, "pods").len(), 1);
        assert!(!store.is_too_old(first));
        store.expire_history();
        assert!(store.is_too_old(first) && !store.is_too_old(store.version));
    }
}
