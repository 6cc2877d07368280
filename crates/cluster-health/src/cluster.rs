//! The state of a cluster: every object, compact, by kind, namespace and name, always in that order.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::change::Change;
use crate::coverage::Coverage;
use crate::model::{self, Kind, Object, Resource, for_each_kind};
use crate::name::{Interner, Name};
use crate::visibility::{Allowed, Visibility};

/// Objects of one kind. A copy shares everything; after that, a change copies one namespace's map at most.
#[derive(Clone, Debug)]
pub struct Store<T> {
    namespaces: BTreeMap<Name, Arc<BTreeMap<Name, Arc<T>>>>,
    len: usize,
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        Self { namespaces: BTreeMap::new(), len: 0 }
    }
}

impl<T> Store<T> {
    pub fn get(&self, namespace: &str, name: &str) -> Option<&T> {
        self.namespaces.get(namespace)?.get(name).map(|object| &**object)
    }

    /// Sorted by namespace, then name.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.namespaces.values().flat_map(|objects| objects.values()).map(|object| &**object)
    }

    /// Sorted by name. Cluster-scoped objects are in the namespace `""`.
    pub fn in_namespace(&self, namespace: &str) -> impl Iterator<Item = &T> {
        let objects = self.namespaces.get(namespace).map(|objects| objects.values());
        objects.unwrap_or_default().map(|object| &**object)
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Those in admitted namespaces; objects are shared, not copied.
    fn visible(&self, allowed: &Allowed) -> Self {
        let admitted = self.namespaces.iter().filter(|(namespace, _)| allowed.admits(namespace));
        Self::from_namespaces(admitted.map(|(namespace, objects)| (namespace.clone(), objects.clone())).collect())
    }

    /// Those whose own name is admitted.
    fn named(&self, allowed: &Allowed) -> Self {
        let by_name = |objects: &BTreeMap<Name, Arc<T>>| {
            objects
                .iter()
                .filter(|(name, _)| allowed.admits(name))
                .map(|(name, it)| (name.clone(), it.clone()))
                .collect()
        };
        let namespaces = self.namespaces.iter().map(|(namespace, it)| (namespace.clone(), Arc::new(by_name(it))));
        Self::from_namespaces(namespaces.collect())
    }

    fn from_namespaces(namespaces: BTreeMap<Name, Arc<BTreeMap<Name, Arc<T>>>>) -> Self {
        let len = namespaces.values().map(|objects| objects.len()).sum();
        Self { namespaces, len }
    }

    /// Namespace and name of every object, sorted.
    fn names(&self) -> Vec<(Name, Name)> {
        let pairs = |(namespace, objects): (&Name, &Arc<BTreeMap<Name, Arc<T>>>)| {
            objects.keys().map(|name| (namespace.clone(), name.clone())).collect::<Vec<_>>()
        };
        self.namespaces.iter().flat_map(pairs).collect()
    }

    fn insert(&mut self, namespace: Name, name: Name, object: T) {
        let objects = Arc::make_mut(self.namespaces.entry(namespace).or_default());
        if objects.insert(name, Arc::new(object)).is_none() {
            self.len += 1;
        }
    }

    fn remove(&mut self, namespace: &str, name: &str) {
        let Some(objects) = self.namespaces.get_mut(namespace) else { return };
        if objects.contains_key(name) {
            let objects = Arc::make_mut(objects);
            objects.remove(name);
            self.len -= 1;
            if objects.is_empty() {
                self.namespaces.remove(namespace);
            }
        }
    }
}

macro_rules! cluster {
    ($($Kind:ident $(as $name:literal)?, $module:ident, $field:ident, $group:literal, $version:literal, $plural:literal, $scope:ident;)*) => {
        /// One moment of a cluster. Cheap to copy: copies share their objects.
        #[derive(Clone, Debug, Default)]
        pub struct Cluster {
            $(pub $field: Store<model::$module::$Kind>,)*
            pub coverage: Coverage,
        }

        impl Cluster {
            /// How many objects of the kind are held.
            pub fn count(&self, kind: Kind) -> usize {
                match kind { $(Kind::$Kind => self.$field.len(),)* }
            }

            /// Namespace and name of every object of the kind, sorted.
            pub fn names(&self, kind: Kind) -> Vec<(Name, Name)> {
                match kind { $(Kind::$Kind => self.$field.names(),)* }
            }

            pub fn contains(&self, kind: Kind, namespace: &str, name: &str) -> bool {
                match kind { $(Kind::$Kind => self.$field.get(namespace, name).is_some(),)* }
            }

            /// The part of it that a caller may see.
            pub fn visible_to(&self, visibility: &Visibility) -> Cluster {
                let mut part = Cluster {
                    $($field: self.$field.visible(visibility.of(Kind::$Kind)),)*
                    coverage: self.coverage.clone(),
                };
                part.namespaces = self.namespaces.named(visibility.of(Kind::Namespace));
                for &kind in Kind::ALL {
                    part.coverage.set(kind, visibility.of(kind).narrow(self.coverage.of(kind)));
                }
                part
            }

            fn apply(&mut self, object: Object, interner: &mut Interner) {
                match object {
                    $(Object::$Kind(wire) => {
                        let object = model::$module::$Kind::from_wire(*wire, interner);
                        let meta = object.meta();
                        self.$field.insert(meta.namespace.clone(), meta.name.clone(), object);
                    })*
                }
            }

            fn delete(&mut self, kind: Kind, namespace: &str, name: &str) {
                match kind { $(Kind::$Kind => self.$field.remove(namespace, name),)* }
            }
        }
    };
}
for_each_kind!(cluster);

/// Takes changes in; hands out moments.
#[derive(Debug, Default)]
pub struct Index {
    cluster: Cluster,
    interner: Interner,
}

/// Goes on from a moment.
impl From<Cluster> for Index {
    fn from(cluster: Cluster) -> Self {
        Self { cluster, interner: Interner::default() }
    }
}

impl Index {
    pub fn apply(&mut self, change: Change) {
        match change {
            Change::Apply(object) => self.cluster.apply(object, &mut self.interner),
            Change::Delete { kind, namespace, name } => self.cluster.delete(kind, &namespace, &name),
            Change::Synced(kind, seen) => self.cluster.coverage.set(kind, seen),
        }
    }

    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    pub fn into_cluster(self) -> Cluster {
        self.cluster
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coverage::{Reason, Seen};
    use crate::decode;

    fn pod(namespace: &str, name: &str, phase: &str) -> Change {
        let text =
            format!(r#"{{"metadata":{{"namespace":"{namespace}","name":"{name}"}},"status":{{"phase":"{phase}"}}}}"#);
        Change::Apply(decode::json(Kind::Pod, text.as_bytes()).unwrap())
    }

    #[test]
    fn objects_are_kept_in_order_and_replaced_in_place() {
        let mut index = Index::default();
        for change in [pod("b", "1", "Running"), pod("a", "2", "Running"), pod("a", "1", "Running")] {
            index.apply(change);
        }
        index.apply(pod("a", "1", "Failed"));
        let pods = &index.cluster().pods;
        let keys: Vec<_> = pods.iter().map(|pod| format!("{}/{}", pod.meta.namespace, pod.meta.name)).collect();
        assert_eq!(keys, ["a/1", "a/2", "b/1"]);
        assert_eq!((pods.len(), pods.in_namespace("a").count(), pods.in_namespace("c").count()), (3, 2, 0));
        assert_eq!(pods.get("a", "1").unwrap().phase, model::pod::Phase::Failed);
    }

    #[test]
    fn a_copy_is_not_changed_by_what_comes_after() {
        let mut index = Index::default();
        index.apply(pod("a", "1", "Running"));
        let before = index.cluster().clone();
        index.apply(Change::Delete { kind: Kind::Pod, namespace: "a".into(), name: "1".into() });
        index.apply(Change::Delete { kind: Kind::Pod, namespace: "a".into(), name: "1".into() });
        assert_eq!((before.pods.len(), index.cluster().pods.len()), (1, 0));
        assert_eq!(index.cluster().pods.iter().count(), 0);
    }

    #[test]
    fn nothing_counts_as_seen_until_the_source_says_so() {
        let mut index = Index::default();
        assert_eq!(index.cluster().coverage.unseen(Kind::Pod), Some(Reason::NotYet));
        index.apply(Change::Synced(Kind::Pod, Seen::Complete));
        assert_eq!(index.cluster().coverage.unseen(Kind::Pod), None);
    }
}
