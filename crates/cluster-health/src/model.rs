//! The kinds of object the model holds. One file a kind: the wire fields it reads, the compact form it keeps, and the
//! conversion between them. Fields nobody reads are not named here, so decoding never allocates them.

pub mod alert;
pub mod alertmanager;
pub mod api_request_count;
pub mod api_service;
pub mod bare_metal_host;
pub mod build;
pub mod catalog_source;
pub mod ceph_cluster;
pub mod certificate;
pub mod certificate_signing_request;
pub mod cluster_autoscaler;
pub mod cluster_catalog;
pub mod cluster_csi_driver;
pub mod cluster_extension;
pub mod cluster_operator;
pub mod cluster_policy;
pub mod cluster_resource_quota;
pub mod cluster_service_version;
pub mod cluster_serving_runtime;
pub mod cluster_version;
pub mod condition;
mod conditioned;
pub mod config_map;
pub mod control_plane_machine_set;
pub mod controller_config;
pub mod cron_job;
pub mod csi_node;
pub mod custom_resource_definition;
pub mod daemon_set;
pub mod data_science_cluster;
pub mod deployment;
pub mod deployment_config;
pub mod dns;
pub mod dsc_initialization;
pub mod egress_ip;
pub mod endpoint_slice;
pub mod etcd;
pub mod etcd_member;
pub mod event;
pub mod flow_schema;
pub mod gateway;
pub mod horizontal_pod_autoscaler;
pub mod http_route;
pub mod hyper_converged;
pub mod image_pruner;
pub mod image_registry;
pub mod image_stream;
pub mod inference_service;
pub mod ingress;
pub mod ingress_class;
pub mod ingress_controller;
pub mod install_plan;
pub mod job;
pub mod kind_name;
pub mod kube_api_server;
pub mod kube_controller_manager;
pub mod kube_scheduler;
pub mod labels;
pub mod lease;
pub mod limit_range;
pub mod machine;
pub mod machine_autoscaler;
pub mod machine_config_node;
pub mod machine_config_pool;
pub mod machine_health_check;
pub mod machine_set;
pub mod meta;
pub mod mutating_webhook_configuration;
mod named;
pub mod namespace;
pub mod network;
pub mod network_policy;
pub mod node;
pub mod node_feature_discovery;
pub mod operator_condition;
pub mod operator_group;
pub mod persistent_volume;
pub mod persistent_volume_claim;
pub mod pod;
pub mod pod_disruption_budget;
pub mod pod_network_connectivity_check;
pub mod priority_class;
pub mod prometheus;
pub mod proxy;
pub mod replica_set;
pub mod resource_quota;
pub mod route;
pub mod runtime_class;
pub mod scheduler;
pub mod service;
pub mod service_account;
pub mod serving_runtime;
pub mod silence;
pub mod stateful_set;
pub mod static_pod_operator;
pub mod storage_class;
pub mod storage_cluster;
pub mod subscription;
pub mod validating_webhook_configuration;
pub mod virtual_machine;
pub mod volume_attachment;
pub mod volume_snapshot;
pub mod volume_snapshot_class;
pub mod webhook;
pub(crate) mod wire;

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::Serialize;

use crate::decode::slot::Slot;
use crate::describe::Facts;
use crate::name::{Interner, Name};
use kind_name::KindName;
use meta::Meta;

/// What a kind's file provides: how its wire form becomes the compact form.
pub trait Resource: Sized {
    const KIND: Kind;
    type Wire: Slot + Default;

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
/// Where the API's own name of a kind says too little, it follows as `Kind as "name"`.
/// A kind is added here and in its file, nowhere else.
macro_rules! for_each_kind {
    ($call:ident) => {
        $call! {
            Alert, alert, alerts, "alertmanager", "v2", "alerts", Namespaced;
            Alertmanager, alertmanager, alertmanagers, "monitoring.coreos.com", "v1", "alertmanagers", Namespaced;
            APIRequestCount, api_request_count, api_request_counts, "apiserver.openshift.io", "v1", "apirequestcounts", Cluster;
            APIService, api_service, api_services, "apiregistration.k8s.io", "v1", "apiservices", Cluster;
            BareMetalHost, bare_metal_host, bare_metal_hosts, "metal3.io", "v1alpha1", "baremetalhosts", Namespaced;
            Build, build, builds, "build.openshift.io", "v1", "builds", Namespaced;
            CatalogSource, catalog_source, catalog_sources, "operators.coreos.com", "v1alpha1", "catalogsources", Namespaced;
            CephCluster, ceph_cluster, ceph_clusters, "ceph.rook.io", "v1", "cephclusters", Namespaced;
            Certificate, certificate, certificates, "cert-manager.io", "v1", "certificates", Namespaced;
            CertificateSigningRequest, certificate_signing_request, certificate_signing_requests, "certificates.k8s.io", "v1", "certificatesigningrequests", Cluster;
            ClusterAutoscaler, cluster_autoscaler, cluster_autoscalers, "autoscaling.openshift.io", "v1", "clusterautoscalers", Cluster;
            ClusterCatalog, cluster_catalog, cluster_catalogs, "olm.operatorframework.io", "v1", "clustercatalogs", Cluster;
            ClusterCSIDriver, cluster_csi_driver, cluster_csi_drivers, "operator.openshift.io", "v1", "clustercsidrivers", Cluster;
            ClusterExtension, cluster_extension, cluster_extensions, "olm.operatorframework.io", "v1", "clusterextensions", Cluster;
            ClusterOperator, cluster_operator, cluster_operators, "config.openshift.io", "v1", "clusteroperators", Cluster;
            ClusterPolicy, cluster_policy, cluster_policies, "nvidia.com", "v1", "clusterpolicies", Cluster;
            ClusterResourceQuota, cluster_resource_quota, cluster_resource_quotas, "quota.openshift.io", "v1", "clusterresourcequotas", Cluster;
            ClusterServiceVersion, cluster_service_version, cluster_service_versions, "operators.coreos.com", "v1alpha1", "clusterserviceversions", Namespaced;
            ClusterServingRuntime, cluster_serving_runtime, cluster_serving_runtimes, "serving.kserve.io", "v1alpha1", "clusterservingruntimes", Cluster;
            ClusterVersion, cluster_version, cluster_versions, "config.openshift.io", "v1", "clusterversions", Cluster;
            ConfigMap, config_map, config_maps, "", "v1", "configmaps", Namespaced;
            ControllerConfig, controller_config, controller_configs, "machineconfiguration.openshift.io", "v1", "controllerconfigs", Cluster;
            ControlPlaneMachineSet, control_plane_machine_set, control_plane_machine_sets, "machine.openshift.io", "v1", "controlplanemachinesets", Namespaced;
            CronJob, cron_job, cron_jobs, "batch", "v1", "cronjobs", Namespaced;
            CSINode, csi_node, csi_nodes, "storage.k8s.io", "v1", "csinodes", Cluster;
            CustomResourceDefinition, custom_resource_definition, custom_resource_definitions, "apiextensions.k8s.io", "v1", "customresourcedefinitions", Cluster;
            DaemonSet, daemon_set, daemon_sets, "apps", "v1", "daemonsets", Namespaced;
            DataScienceCluster, data_science_cluster, data_science_clusters, "datasciencecluster.opendatahub.io", "v1", "datascienceclusters", Cluster;
            Deployment, deployment, deployments, "apps", "v1", "deployments", Namespaced;
            DeploymentConfig, deployment_config, deployment_configs, "apps.openshift.io", "v1", "deploymentconfigs", Namespaced;
            DNS, dns, dnses, "operator.openshift.io", "v1", "dnses", Cluster;
            DSCInitialization, dsc_initialization, dsc_initializations, "dscinitialization.opendatahub.io", "v1", "dscinitializations", Cluster;
            EgressIP, egress_ip, egress_ips, "k8s.ovn.org", "v1", "egressips", Cluster;
            EndpointSlice, endpoint_slice, endpoint_slices, "discovery.k8s.io", "v1", "endpointslices", Namespaced;
            Etcd, etcd, etcds, "operator.openshift.io", "v1", "etcds", Cluster;
            EtcdMember, etcd_member, etcd_members, "etcd", "v3", "etcdmembers", Cluster;
            Event, event, events, "", "v1", "events", Namespaced;
            FlowSchema, flow_schema, flow_schemas, "flowcontrol.apiserver.k8s.io", "v1", "flowschemas", Cluster;
            Gateway, gateway, gateways, "gateway.networking.k8s.io", "v1", "gateways", Namespaced;
            HorizontalPodAutoscaler, horizontal_pod_autoscaler, horizontal_pod_autoscalers, "autoscaling", "v2", "horizontalpodautoscalers", Namespaced;
            HTTPRoute, http_route, http_routes, "gateway.networking.k8s.io", "v1", "httproutes", Namespaced;
            HyperConverged, hyper_converged, hyper_convergeds, "hco.kubevirt.io", "v1beta1", "hyperconvergeds", Namespaced;
            ImagePruner, image_pruner, image_pruners, "imageregistry.operator.openshift.io", "v1", "imagepruners", Cluster;
            ImageRegistry as "Config", image_registry, image_registries, "imageregistry.operator.openshift.io", "v1", "configs", Cluster;
            ImageStream, image_stream, image_streams, "image.openshift.io", "v1", "imagestreams", Namespaced;
            InferenceService, inference_service, inference_services, "serving.kserve.io", "v1beta1", "inferenceservices", Namespaced;
            Ingress, ingress, ingresses, "networking.k8s.io", "v1", "ingresses", Namespaced;
            IngressClass, ingress_class, ingress_classes, "networking.k8s.io", "v1", "ingressclasses", Cluster;
            IngressController, ingress_controller, ingress_controllers, "operator.openshift.io", "v1", "ingresscontrollers", Namespaced;
            InstallPlan, install_plan, install_plans, "operators.coreos.com", "v1alpha1", "installplans", Namespaced;
            Job, job, jobs, "batch", "v1", "jobs", Namespaced;
            KubeAPIServer, kube_api_server, kube_api_servers, "operator.openshift.io", "v1", "kubeapiservers", Cluster;
            KubeControllerManager, kube_controller_manager, kube_controller_managers, "operator.openshift.io", "v1", "kubecontrollermanagers", Cluster;
            KubeScheduler, kube_scheduler, kube_schedulers, "operator.openshift.io", "v1", "kubeschedulers", Cluster;
            Lease, lease, leases, "coordination.k8s.io", "v1", "leases", Namespaced;
            LimitRange, limit_range, limit_ranges, "", "v1", "limitranges", Namespaced;
            Machine, machine, machines, "machine.openshift.io", "v1beta1", "machines", Namespaced;
            MachineAutoscaler, machine_autoscaler, machine_autoscalers, "autoscaling.openshift.io", "v1beta1", "machineautoscalers", Namespaced;
            MachineConfigNode, machine_config_node, machine_config_nodes, "machineconfiguration.openshift.io", "v1", "machineconfignodes", Cluster;
            MachineConfigPool, machine_config_pool, machine_config_pools, "machineconfiguration.openshift.io", "v1", "machineconfigpools", Cluster;
            MachineHealthCheck, machine_health_check, machine_health_checks, "machine.openshift.io", "v1beta1", "machinehealthchecks", Namespaced;
            MachineSet, machine_set, machine_sets, "machine.openshift.io", "v1beta1", "machinesets", Namespaced;
            MutatingWebhookConfiguration, mutating_webhook_configuration, mutating_webhook_configurations, "admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", Cluster;
            Namespace, namespace, namespaces, "", "v1", "namespaces", Cluster;
            Network, network, networks, "config.openshift.io", "v1", "networks", Cluster;
            NetworkPolicy, network_policy, network_policies, "networking.k8s.io", "v1", "networkpolicies", Namespaced;
            Node, node, nodes, "", "v1", "nodes", Cluster;
            NodeFeatureDiscovery, node_feature_discovery, node_feature_discoveries, "nfd.openshift.io", "v1", "nodefeaturediscoveries", Namespaced;
            OperatorCondition, operator_condition, operator_conditions, "operators.coreos.com", "v2", "operatorconditions", Namespaced;
            OperatorGroup, operator_group, operator_groups, "operators.coreos.com", "v1", "operatorgroups", Namespaced;
            PersistentVolume, persistent_volume, persistent_volumes, "", "v1", "persistentvolumes", Cluster;
            PersistentVolumeClaim, persistent_volume_claim, persistent_volume_claims, "", "v1", "persistentvolumeclaims", Namespaced;
            Pod, pod, pods, "", "v1", "pods", Namespaced;
            PodDisruptionBudget, pod_disruption_budget, pod_disruption_budgets, "policy", "v1", "poddisruptionbudgets", Namespaced;
            PodNetworkConnectivityCheck, pod_network_connectivity_check, pod_network_connectivity_checks, "controlplane.operator.openshift.io", "v1alpha1", "podnetworkconnectivitychecks", Namespaced;
            PriorityClass, priority_class, priority_classes, "scheduling.k8s.io", "v1", "priorityclasses", Cluster;
            Prometheus, prometheus, prometheuses, "monitoring.coreos.com", "v1", "prometheuses", Namespaced;
            Proxy, proxy, proxies, "config.openshift.io", "v1", "proxies", Cluster;
            ReplicaSet, replica_set, replica_sets, "apps", "v1", "replicasets", Namespaced;
            ResourceQuota, resource_quota, resource_quotas, "", "v1", "resourcequotas", Namespaced;
            Route, route, routes, "route.openshift.io", "v1", "routes", Namespaced;
            RuntimeClass, runtime_class, runtime_classes, "node.k8s.io", "v1", "runtimeclasses", Cluster;
            Scheduler, scheduler, schedulers, "config.openshift.io", "v1", "schedulers", Cluster;
            Service, service, services, "", "v1", "services", Namespaced;
            ServiceAccount, service_account, service_accounts, "", "v1", "serviceaccounts", Namespaced;
            ServingRuntime, serving_runtime, serving_runtimes, "serving.kserve.io", "v1alpha1", "servingruntimes", Namespaced;
            Silence, silence, silences, "alertmanager", "v2", "silences", Cluster;
            StatefulSet, stateful_set, stateful_sets, "apps", "v1", "statefulsets", Namespaced;
            StorageClass, storage_class, storage_classes, "storage.k8s.io", "v1", "storageclasses", Cluster;
            StorageCluster, storage_cluster, storage_clusters, "ocs.openshift.io", "v1", "storageclusters", Namespaced;
            Subscription, subscription, subscriptions, "operators.coreos.com", "v1alpha1", "subscriptions", Namespaced;
            ValidatingWebhookConfiguration, validating_webhook_configuration, validating_webhook_configurations, "admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", Cluster;
            VirtualMachine, virtual_machine, virtual_machines, "kubevirt.io", "v1", "virtualmachines", Namespaced;
            VolumeAttachment, volume_attachment, volume_attachments, "storage.k8s.io", "v1", "volumeattachments", Cluster;
            VolumeSnapshot, volume_snapshot, volume_snapshots, "snapshot.storage.k8s.io", "v1", "volumesnapshots", Namespaced;
            VolumeSnapshotClass, volume_snapshot_class, volume_snapshot_classes, "snapshot.storage.k8s.io", "v1", "volumesnapshotclasses", Cluster;
        }
    };
}
pub(crate) use for_each_kind;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Cluster,
    Namespaced,
}

/// Which product serves a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Kubernetes,
    OpenShift,
    /// Serves it where somebody has installed it, on either.
    AddOn,
    /// No part of the Kubernetes API: Alertmanager's and Prometheus' own.
    Monitoring,
    /// No part of the Kubernetes API: etcd's own, which only archives hold.
    Etcd,
}

macro_rules! api_name {
    ($Kind:ident) => {
        stringify!($Kind)
    };
    ($Kind:ident $name:literal) => {
        $name
    };
}

macro_rules! kinds {
    ($($Kind:ident $(as $name:literal)?, $module:ident, $field:ident, $group:literal, $version:literal, $plural:literal, $scope:ident;)*) => {
        /// A kind the model holds.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($Kind),*
        }

        impl Kind {
            pub const ALL: &'static [Kind] = &[$(Kind::$Kind),*];

            /// As in `kind:`.
            pub const fn name(self) -> &'static str {
                match self { $(Kind::$Kind => api_name!($Kind $($name)?)),* }
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
            /// One that nothing has been read of yet.
            pub(crate) fn empty(kind: Kind) -> Self {
                match kind { $(Kind::$Kind => Object::$Kind(Box::default())),* }
            }

            pub(crate) fn slot(&mut self) -> &mut dyn Slot {
                match self { $(Object::$Kind(wire) => &mut **wire),* }
            }

            pub fn kind(&self) -> Kind {
                match self { $(Object::$Kind(_) => Kind::$Kind),* }
            }

            /// Namespace (empty for cluster-scoped kinds) and name.
            pub fn key(&self) -> (&str, &str) {
                let meta = self.meta();
                (&meta.namespace, &meta.name)
            }

            /// As the API wrote it: where a watch goes on after this object.
            pub fn resource_version(&self) -> &str {
                &self.meta().resource_version
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
    /// Kinds that the Kubernetes API serves, or might.
    pub fn served() -> impl Iterator<Item = Kind> {
        Self::ALL.iter().copied().filter(|kind| kind.is_served())
    }

    /// Whether the Kubernetes API is who to ask for it.
    pub fn is_served(self) -> bool {
        !matches!(self.origin(), Origin::Monitoring | Origin::Etcd)
    }

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
            Kind::BareMetalHost => &["bmh"],
            Kind::CatalogSource => &["catsrc"],
            Kind::Certificate => &["cert"],
            Kind::CertificateSigningRequest => &["csr"],
            Kind::ClusterOperator => &["co"],
            Kind::ClusterResourceQuota => &["clusterquota"],
            Kind::ClusterServiceVersion => &["csv"],
            Kind::ConfigMap => &["cm"],
            Kind::CronJob => &["cj"],
            Kind::CustomResourceDefinition => &["crd"],
            Kind::DaemonSet => &["ds"],
            Kind::Deployment => &["deploy"],
            Kind::DeploymentConfig => &["dc"],
            Kind::EgressIP => &["eip"],
            Kind::Event => &["ev"],
            Kind::Gateway => &["gtw"],
            Kind::HorizontalPodAutoscaler => &["hpa"],
            Kind::HyperConverged => &["hco"],
            Kind::ImageStream => &["is"],
            Kind::InferenceService => &["isvc"],
            Kind::Ingress => &["ing"],
            Kind::InstallPlan => &["ip"],
            Kind::LimitRange => &["limits"],
            Kind::MachineConfigPool => &["mcp"],
            Kind::MachineHealthCheck => &["mhc"],
            Kind::Namespace => &["ns", "project"],
            Kind::NetworkPolicy => &["netpol"],
            Kind::Node => &["no"],
            Kind::OperatorGroup => &["og"],
            Kind::PersistentVolume => &["pv"],
            Kind::PersistentVolumeClaim => &["pvc"],
            Kind::Pod => &["po"],
            Kind::PodDisruptionBudget => &["pdb"],
            Kind::PriorityClass => &["pc"],
            Kind::ReplicaSet => &["rs"],
            Kind::ResourceQuota => &["quota"],
            Kind::Service => &["svc"],
            Kind::ServiceAccount => &["sa"],
            Kind::StatefulSet => &["sts"],
            Kind::StorageClass => &["sc"],
            Kind::Subscription => &["sub"],
            Kind::VirtualMachine => &["vm"],
            Kind::VolumeSnapshot => &["vs"],
            _ => &[],
        }
    }

    pub fn origin(self) -> Origin {
        match self.group() {
            "alertmanager" => Origin::Monitoring,
            "etcd" => Origin::Etcd,
            "cert-manager.io"
            | "gateway.networking.k8s.io"
            | "nfd.openshift.io"
            | "ocs.openshift.io"
            | "snapshot.storage.k8s.io" => Origin::AddOn,
            "k8s.ovn.org" | "metal3.io" | "monitoring.coreos.com" | "operators.coreos.com" => Origin::OpenShift,
            // Kubernetes' own groups are the core one, those without a domain, and those below k8s.io.
            group if !group.contains('.') || group.ends_with(".k8s.io") => Origin::Kubernetes,
            group if group.ends_with(".openshift.io") => Origin::OpenShift,
            _ => Origin::AddOn,
        }
    }

    /// Served only by OpenShift or an add-on: its absence says something about the product, not about health.
    pub fn is_add_on(self) -> bool {
        self.origin() != Origin::Kubernetes
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ObjectRef {
    pub kind: KindName,
    /// Empty for cluster-scoped objects.
    pub namespace: Name,
    pub name: Name,
}

/// Not of the kind: few objects of several kinds share a name, and many are looked up.
impl Hash for ObjectRef {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.namespace.hash(state);
        self.name.hash(state);
    }
}

impl ObjectRef {
    pub fn new(kind: Kind, namespace: &Name, name: &Name) -> Self {
        Self { kind: kind.into(), namespace: namespace.clone(), name: name.clone() }
    }

    pub fn known_kind(&self) -> Option<Kind> {
        self.kind.held()
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
        let helpers = [
            "condition.rs",
            "conditioned.rs",
            "named.rs",
            "kind_name.rs",
            "labels.rs",
            "meta.rs",
            "static_pod_operator.rs",
            "webhook.rs",
            "wire.rs",
        ];
        let files = std::fs::read_dir(folder).unwrap().filter(|entry| {
            let entry = entry.as_ref().unwrap();
            entry.file_type().unwrap().is_file() && !helpers.contains(&&*entry.file_name().to_string_lossy())
        });
        assert_eq!(files.count(), Kind::ALL.len());
    }
}
