//! The kinds of object the model holds. One file a kind: the wire fields it reads, the compact form it keeps, and the
//! conversion between them. Fields nobody reads are not named here, so decoding never allocates them.

pub mod api_service;
pub mod certificate_signing_request;
pub mod cluster_operator;
pub mod cluster_service_version;
pub mod cluster_version;
pub mod condition;
pub mod cron_job;
pub mod daemon_set;
pub mod deployment;
pub mod endpoint_slice;
pub mod event;
pub mod job;
pub mod labels;
pub mod machine_config_pool;
pub mod meta;
pub mod namespace;
pub mod node;
pub mod persistent_volume;
pub mod persistent_volume_claim;
pub mod pod;
pub mod pod_disruption_budget;
pub mod replica_set;
pub mod resource_quota;
pub mod route;
pub mod service;
pub mod stateful_set;
pub mod storage_class;
pub(crate) mod wire;

use std::fmt;
use std::sync::LazyLock;

use serde::Serialize;

use crate::describe::Facts;
use crate::name::{Interner, Name};
use meta::Meta;

/// What a kind's file provides: how its wire form becomes the compact form.
pub trait Resource: Sized {
    const KIND: Kind;
    type Wire: serde::de::DeserializeOwned;

    fn from_wire(wire: Self::Wire, interner: &mut Interner) -> Self;
    fn meta(&self) -> &Meta;

    /// Adds what a person who looks at the object wants to see.
    fn facts(&self, facts: Facts) -> Facts;

    fn reference(&self) -> ObjectRef {
        let meta = self.meta();
        ObjectRef::new(Self::KIND, &meta.namespace, &meta.name)
    }
}

/// Calls `$call!` with one row a kind: `Kind, module, cluster field, API group, its version that is read, plural, scope`.
/// A kind is added here and in its file, nowhere else.
macro_rules! for_each_kind {
    ($call:ident) => {
        $call! {
            APIService, api_service, api_services, "apiregistration.k8s.io", "v1", "apiservices", Cluster;
            CertificateSigningRequest, certificate_signing_request, certificate_signing_requests, "certificates.k8s.io", "v1", "certificatesigningrequests", Cluster;
            ClusterOperator, cluster_operator, cluster_operators, "config.openshift.io", "v1", "clusteroperators", Cluster;
            ClusterServiceVersion, cluster_service_version, cluster_service_versions, "operators.coreos.com", "v1alpha1", "clusterserviceversions", Namespaced;
            ClusterVersion, cluster_version, cluster_versions, "config.openshift.io", "v1", "clusterversions", Cluster;
            CronJob, cron_job, cron_jobs, "batch", "v1", "cronjobs", Namespaced;
            DaemonSet, daemon_set, daemon_sets, "apps", "v1", "daemonsets", Namespaced;
            Deployment, deployment, deployments, "apps", "v1", "deployments", Namespaced;
            EndpointSlice, endpoint_slice, endpoint_slices, "discovery.k8s.io", "v1", "endpointslices", Namespaced;
            Event, event, events, "", "v1", "events", Namespaced;
            Job, job, jobs, "batch", "v1", "jobs", Namespaced;
            MachineConfigPool, machine_config_pool, machine_config_pools, "machineconfiguration.openshift.io", "v1", "machineconfigpools", Cluster;
            Namespace, namespace, namespaces, "", "v1", "namespaces", Cluster;
            Node, node, nodes, "", "v1", "nodes", Cluster;
            PersistentVolume, persistent_volume, persistent_volumes, "", "v1", "persistentvolumes", Cluster;
            PersistentVolumeClaim, persistent_volume_claim, persistent_volume_claims, "", "v1", "persistentvolumeclaims", Namespaced;
            Pod, pod, pods, "", "v1", "pods", Namespaced;
            PodDisruptionBudget, pod_disruption_budget, pod_disruption_budgets, "policy", "v1", "poddisruptionbudgets", Namespaced;
            ReplicaSet, replica_set, replica_sets, "apps", "v1", "replicasets", Namespaced;
            ResourceQuota, resource_quota, resource_quotas, "", "v1", "resourcequotas", Namespaced;
            Route, route, routes, "route.openshift.io", "v1", "routes", Namespaced;
            Service, service, services, "", "v1", "services", Namespaced;
            StatefulSet, stateful_set, stateful_sets, "apps", "v1", "statefulsets", Namespaced;
            StorageClass, storage_class, storage_classes, "storage.k8s.io", "v1", "storageclasses", Cluster;
        }
    };
}
pub(crate) use for_each_kind;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Cluster,
    Namespaced,
}

macro_rules! kinds {
    ($($Kind:ident, $module:ident, $field:ident, $group:literal, $version:literal, $plural:literal, $scope:ident;)*) => {
        /// A kind the model holds.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($Kind),*
        }

        impl Kind {
            pub const ALL: &'static [Kind] = &[$(Kind::$Kind),*];

            /// As in `kind:`.
            pub const fn name(self) -> &'static str {
                match self { $(Kind::$Kind => stringify!($Kind)),* }
            }

            /// API group; empty for the core group.
            pub const fn group(self) -> &'static str {
                match self { $(Kind::$Kind => $group),* }
            }

            /// The version of the group that is asked for.
            pub const fn version(self) -> &'static str {
                match self { $(Kind::$Kind => $version),* }
            }

            /// As in request paths and archives' file names.
            pub const fn plural(self) -> &'static str {
                match self { $(Kind::$Kind => $plural),* }
            }

            pub const fn scope(self) -> Scope {
                match self { $(Kind::$Kind => Scope::$scope),* }
            }
        }

        /// A decoded object in its wire form, on its way into the model.
        #[derive(Debug)]
        pub enum Object {
            $($Kind(Box<<$module::$Kind as Resource>::Wire>)),*
        }

        impl Object {
            pub fn kind(&self) -> Kind {
                match self { $(Object::$Kind(_) => Kind::$Kind),* }
            }

            pub(crate) fn meta(&self) -> &wire::Meta {
                match self { $(Object::$Kind(wire) => &wire.metadata),* }
            }

            pub(crate) fn meta_mut(&mut self) -> &mut wire::Meta {
                match self { $(Object::$Kind(wire) => &mut wire.metadata),* }
            }
        }
    };
}
for_each_kind!(kinds);

impl Kind {
    pub fn from_plural(group: &str, plural: &str) -> Option<Kind> {
        Self::ALL.iter().copied().find(|kind| kind.plural() == plural && kind.group() == group)
    }

    /// Finds a kind as people and models write it: `Pod`, `pods`, `deploy`, `co`, in any case.
    pub fn from_words(words: &str) -> Option<Kind> {
        let words = words.to_ascii_lowercase();
        Self::ALL.iter().copied().find(|kind| {
            kind.name().eq_ignore_ascii_case(&words) || kind.plural() == words || kind.short_names().contains(&&*words)
        })
    }

    /// The API's own short names.
    pub const fn short_names(self) -> &'static [&'static str] {
        match self {
            Kind::CertificateSigningRequest => &["csr"],
            Kind::ClusterOperator => &["co"],
            Kind::ClusterServiceVersion => &["csv"],
            Kind::CronJob => &["cj"],
            Kind::DaemonSet => &["ds"],
            Kind::Deployment => &["deploy"],
            Kind::Event => &["ev"],
            Kind::MachineConfigPool => &["mcp"],
            Kind::Namespace => &["ns", "project"],
            Kind::Node => &["no"],
            Kind::PersistentVolume => &["pv"],
            Kind::PersistentVolumeClaim => &["pvc"],
            Kind::Pod => &["po"],
            Kind::PodDisruptionBudget => &["pdb"],
            Kind::ReplicaSet => &["rs"],
            Kind::ResourceQuota => &["quota"],
            Kind::Service => &["svc"],
            Kind::StatefulSet => &["sts"],
            Kind::StorageClass => &["sc"],
            Kind::APIService | Kind::ClusterVersion | Kind::EndpointSlice | Kind::Job | Kind::Route => &[],
        }
    }

    /// [`Kind::name`], allocated once.
    fn shared_name(self) -> Name {
        static NAMES: LazyLock<Vec<Name>> =
            LazyLock::new(|| Kind::ALL.iter().map(|kind| Name::from(kind.name())).collect());
        NAMES.get(self as usize).cloned().unwrap_or_default()
    }

    /// Served only by OpenShift or an add-on: its absence says something about the product, not about health.
    pub const fn is_add_on(self) -> bool {
        matches!(
            self,
            Kind::ClusterOperator
                | Kind::ClusterServiceVersion
                | Kind::ClusterVersion
                | Kind::MachineConfigPool
                | Kind::Route
        )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Names an object, also one of a kind the model does not hold (an owner, an event's subject).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ObjectRef {
    pub kind: Name,
    /// Empty for cluster-scoped objects.
    pub namespace: Name,
    pub name: Name,
}

impl ObjectRef {
    pub fn new(kind: Kind, namespace: &Name, name: &Name) -> Self {
        Self { kind: kind.shared_name(), namespace: namespace.clone(), name: name.clone() }
    }

    pub fn known_kind(&self) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|kind| kind.name() == &*self.kind)
    }
}

/// `Pod shop/web-1`, `Node worker-2`.
impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            write!(f, "{} {}", self.kind, self.name)
        } else {
            write!(f, "{} {}/{}", self.kind, self.namespace, self.name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_found_as_people_write_them() {
        for (words, kind) in [
            ("pod", Kind::Pod),
            ("Pods", Kind::Pod),
            ("DEPLOY", Kind::Deployment),
            ("co", Kind::ClusterOperator),
            ("persistentvolumeclaims", Kind::PersistentVolumeClaim),
        ] {
            assert_eq!(Kind::from_words(words), Some(kind), "{words}");
        }
        assert_eq!(Kind::from_words("secret"), None);
        assert_eq!(Kind::from_plural("apps", "deployments"), Some(Kind::Deployment));
        assert_eq!(Kind::from_plural("", "deployments"), None);
    }

    #[test]
    fn every_kind_has_a_file_of_its_own() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/model");
        let helpers = ["condition.rs", "labels.rs", "meta.rs", "wire.rs"];
        let files = std::fs::read_dir(folder).unwrap().filter(|entry| {
            let entry = entry.as_ref().unwrap();
            entry.file_type().unwrap().is_file() && !helpers.contains(&&*entry.file_name().to_string_lossy())
        });
        assert_eq!(files.count(), Kind::ALL.len());
    }
}
