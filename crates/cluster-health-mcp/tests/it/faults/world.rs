//! A base with changes over it, as raw objects; and what the server says of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use cluster_health::change::Change;
use cluster_health::coverage::Seen;
use cluster_health::log_signs::{self, Logs};
use cluster_health::model::{Kind, Scope};
use cluster_health::name::Name;
use cluster_health::{Cluster, Index, Report, Time, assess, decode, incidents};
use serde_json::{Map, Value};

use super::base::Base;

/// `Kind namespace/name` or `Kind name`; the name may end in `*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) kind: Kind,
    pub(super) namespace: String,
    pub(super) name: String,
}

impl Key {
    pub(super) fn new(kind: Kind, namespace: &str, name: &str) -> Self {
        Self { kind, namespace: namespace.to_owned(), name: name.to_owned() }
    }

    pub(super) fn parse(text: &str) -> Self {
        let (kind, object) = text.split_once(' ').unwrap_or_else(|| panic!("{text:?} names no object"));
        let kind = Kind::from_words(kind).unwrap_or_else(|| panic!("{kind:?} is no kind of the model"));
        match (kind.scope(), object.split_once('/')) {
            (Scope::Namespaced, Some((namespace, name))) => Self::new(kind, namespace, name),
            (Scope::Cluster, None) => Self::new(kind, "", object),
            _ => panic!("{text:?}: {kind} is {:?}", kind.scope()),
        }
    }

    fn of(object: &Value) -> Self {
        let text = |at: &str| object.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = text("/kind");
        let kind = Kind::from_words(&kind).unwrap_or_else(|| panic!("{kind:?} is no kind of the model: {object}"));
        Self { kind, namespace: text("/metadata/namespace"), name: text("/metadata/name") }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind.scope() {
            Scope::Namespaced => write!(f, "{} {}/{}", self.kind, self.namespace, self.name),
            Scope::Cluster => write!(f, "{} {}", self.kind, self.name),
        }
    }
}

#[derive(Clone)]
pub(super) struct World<'b> {
    pub(super) base: &'b Base,
    /// Nothing where an object was deleted.
    changed: BTreeMap<Key, Option<Value>>,
    logs: Logs,
}

impl<'b> World<'b> {
    pub(super) fn new(base: &'b Base) -> Self {
        Self { base, changed: BTreeMap::new(), logs: Logs::new() }
    }

    pub(super) fn now(&self) -> Time {
        self.base.as_of
    }

    pub(super) fn get(&self, key: &Key) -> Option<Value> {
        match self.changed.get(key) {
            Some(changed) => changed.clone(),
            None => self.base.objects(key.kind, &key.namespace).get(&key.name).cloned(),
        }
    }

    pub(super) fn list(&self, kind: Kind, namespace: &str) -> Vec<Value> {
        let mut objects = (*self.base.objects(kind, namespace)).clone();
        for (key, changed) in &self.changed {
            if key.kind == kind && key.namespace == namespace {
                match changed {
                    Some(object) => drop(objects.insert(key.name.clone(), object.clone())),
                    None => drop(objects.remove(&key.name)),
                }
            }
        }
        objects.into_values().collect()
    }

    /// Objects the key names; panics when there is none, since a recipe would then say nothing.
    pub(super) fn matching(&self, key: &Key) -> Vec<Value> {
        let fits = |object: &Value| {
            let name = object["metadata"]["name"].as_str().unwrap_or_default();
            key.name.strip_suffix('*').map_or(name == key.name, |start| name.starts_with(start))
        };
        let found: Vec<_> = self.list(key.kind, &key.namespace).into_iter().filter(fits).collect();
        assert!(!found.is_empty(), "{key} is not in {}", self.base.name);
        found
    }

    pub(super) fn namespaces(&self) -> Vec<String> {
        let of_base = self.base.cluster.namespaces.iter().map(|namespace| namespace.meta.name.to_string());
        let added = self.changed.keys().filter(|key| key.kind == Kind::Namespace).map(|key| key.name.clone());
        of_base.chain(added).collect()
    }

    /// Namespaces in which a pod was changed.
    pub(super) fn touched(&self) -> Vec<String> {
        let pods = self.changed.keys().filter(|key| key.kind == Kind::Pod);
        let mut namespaces: Vec<_> = pods.map(|key| key.namespace.clone()).collect();
        namespaces.dedup();
        namespaces
    }

    pub(super) fn put(&mut self, object: Value) {
        self.changed.insert(Key::of(&object), Some(object));
    }

    /// Merges into the object that is there, or makes it.
    pub(super) fn merge(&mut self, patch: &Value) {
        let key = Key::of(patch);
        let mut object = self.get(&key).unwrap_or_else(|| Value::Object(Map::new()));
        merge(&mut object, patch);
        self.put(object);
    }

    pub(super) fn delete(&mut self, key: &Key) {
        for object in self.matching(key) {
            self.changed.insert(Key::of(&object), None);
        }
    }

    pub(super) fn log(&mut self, pod: &Value, container: &str, text: &str) {
        let of = |field: &str| Name::from(pod["metadata"][field].as_str().unwrap_or_default());
        let key = (of("namespace"), of("name"), Name::from(container));
        self.logs.insert(key, log_signs::signs(text).into());
    }

    pub(super) fn report(&self) -> Report {
        assess(&self.cluster(), self.now())
    }

    /// What logs give away beside the first incident, as `explain-incident` names it.
    pub(super) fn signs(&self, report: &Report) -> Vec<String> {
        let Some(incident) = report.incidents.first() else { return Vec::new() };
        let explained = incidents::explain(&self.cluster(), report, incident, &self.logs);
        let name = |sign: &log_signs::Sign| serde_json::to_value(sign).unwrap().as_str().unwrap().to_owned();
        explained.logs.iter().map(|log| name(&log.sign)).collect()
    }

    pub(super) fn cluster(&self) -> Cluster {
        let mut index = Index::from(self.base.cluster.clone());
        for (key, changed) in &self.changed {
            if let Some(object) = changed {
                let bytes = serde_json::to_vec(object).unwrap();
                let object =
                    decode::json(key.kind, &bytes).unwrap_or_else(|error| panic!("{key}: {error}\n{object:#}"));
                index.apply(Change::Apply(object));
            } else {
                let (namespace, name) = (key.namespace.clone(), key.name.clone());
                index.apply(Change::Delete { kind: key.kind, namespace, name });
            }
            // An archive that holds such an object was told to collect the kind
            if index.cluster().coverage.unseen(key.kind).is_some() {
                index.apply(Change::Synced(key.kind, Seen::Complete));
            }
        }
        self.collect_changed_namespaces(&mut index);
        index.into_cluster()
    }

    /// An archive that holds some namespaces would hold those of the story.
    fn collect_changed_namespaces(&self, index: &mut Index) {
        for &kind in Kind::ALL {
            if let Seen::InNamespaces(names) = index.cluster().coverage.of(kind) {
                let mut names = BTreeSet::clone(names);
                names.extend(self.changed.keys().map(|key| Name::from(key.namespace.as_str())));
                index.apply(Change::Synced(kind, Seen::InNamespaces(Arc::new(names))));
            }
        }
    }
}

/// Merges maps; lists of named or typed things by that name; anything else is replaced, and null removes.
pub(super) fn merge(into: &mut Value, patch: &Value) {
    match (into, patch) {
        (Value::Object(into), Value::Object(patch)) => {
            for (field, value) in patch {
                if value.is_null() {
                    into.remove(field);
                } else {
                    merge(into.entry(field.clone()).or_insert(Value::Null), value);
                }
            }
        }
        (Value::Array(into), Value::Array(patch))
            if !patch.is_empty() && patch.iter().all(|it| label(it).is_some()) =>
        {
            for item in patch {
                match into.iter_mut().find(|it| label(it) == label(item)) {
                    Some(present) => merge(present, item),
                    None => into.push(item.clone()),
                }
            }
        }
        (into, patch) => *into = patch.clone(),
    }
}

fn label(item: &Value) -> Option<&str> {
    item.get("type").or_else(|| item.get("name"))?.as_str()
}
