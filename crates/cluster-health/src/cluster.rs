//! The state of a cluster: every object, compact, by kind, namespace and name, always in that order.

mod standing;
mod store;

use std::sync::Arc;

use crate::change::Change;
use crate::coverage::Coverage;
use crate::model::{self, Kind, Object, Resource, for_each_kind};
use crate::name::{Interner, Name};
use crate::visibility::Visibility;
pub use standing::{Load, Phases, Standing};
use store::{Held, Objects};
pub use store::{Store, Within};

macro_rules! cluster {
    ($($Kind:ident $(as $name:literal)?, $module:ident, $field:ident, $group:literal, $version:literal, $plural:literal, $scope:ident;)*) => {
        /// One moment of a cluster. Cheap to copy: copies share their objects.
        #[derive(Clone, Debug, Default)]
        pub struct Cluster {
            $(pub $field: Store<model::$module::$Kind>,)*
            pub coverage: Coverage,
            standing: Standing,
        }

        impl Cluster {
            pub(crate) fn objects(&self, kind: Kind) -> &Objects {
                match kind { $(Kind::$Kind => self.$field.objects(),)* }
            }

            fn objects_mut(&mut self, kind: Kind) -> &mut Objects {
                match kind { $(Kind::$Kind => self.$field.objects_mut(),)* }
            }

            /// The part of it that a caller may see.
            pub fn visible_to(&self, visibility: &Visibility) -> Cluster {
                let mut part = Cluster {
                    $($field: Store::of(self.$field.objects().visible(visibility.of(Kind::$Kind))),)*
                    coverage: self.coverage.clone(),
                    standing: Standing::default(),
                };
                part.standing = Standing::of(part.pods.objects().held().cloned());
                part.namespaces = Store::of(self.namespaces.objects().named(visibility.of(Kind::Namespace)));
                for &kind in Kind::ALL {
                    part.coverage.set(kind, visibility.of(kind).narrow(self.coverage.of(kind)));
                }
                part
            }
        }

        /// The compact form of an object, and what it is called.
        fn compact(object: Object, interner: &mut Interner) -> (Name, Name, Held) {
            match object {
                $(Object::$Kind(wire) => {
                    let object = model::$module::$Kind::from_wire(*wire, interner);
                    let model::meta::Meta { namespace, name, .. } = object.meta();
                    (namespace.clone(), name.clone(), Arc::new(object))
                })*
            }
        }
    };
}
for_each_kind!(cluster);

impl Cluster {
    /// How many objects of the kind are held.
    pub fn count(&self, kind: Kind) -> usize {
        self.objects(kind).len()
    }

    /// Namespace and name of every object of the kind, sorted.
    pub fn names(&self, kind: Kind) -> Vec<(Name, Name)> {
        self.objects(kind).keys().map(|(namespace, name)| (namespace.clone(), name.clone())).collect()
    }

    pub fn contains(&self, kind: Kind, namespace: &str, name: &str) -> bool {
        self.objects(kind).contains(namespace, name)
    }

    fn apply(&mut self, object: Object, interner: &mut Interner) {
        let kind = object.kind();
        let (namespace, name, object) = compact(object, interner);
        let before = self.objects_mut(kind).insert(namespace, name, object.clone());
        if kind == Kind::Pod {
            before.iter().for_each(|pod| self.standing.leave(pod));
            self.standing.enter(&object);
        }
    }

    fn delete(&mut self, kind: Kind, namespace: &str, name: &str) {
        let object = self.objects_mut(kind).remove(namespace, name);
        if let Some(pod) = object.filter(|_| kind == Kind::Pod) {
            self.standing.leave(&pod);
        }
    }

    /// Of its pods, all together and those that stand out.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }
}

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
