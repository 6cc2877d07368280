//! From an alert's labels to the object it is about.
//!
//! Many labels name the program that was measured and not what the alert is about, so the order counts: what a rule is
//! known to speak of, then labels that mean one sort of object, then the part of the platform, then the pod and the
//! Service, then the namespace.

use crate::model::alert::Alert;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::view::{View, is_platform};

use super::is_of_platform;

/// Labels whose value names an object of the alert's namespace.
const LABELS: &[(&str, Kind)] = &[
    ("persistentvolumeclaim", Kind::PersistentVolumeClaim),
    ("horizontalpodautoscaler", Kind::HorizontalPodAutoscaler),
    ("poddisruptionbudget", Kind::PodDisruptionBudget),
    ("resourcequota", Kind::ResourceQuota),
    ("deployment", Kind::Deployment),
    ("statefulset", Kind::StatefulSet),
    ("daemonset", Kind::DaemonSet),
    ("job_name", Kind::Job),
    ("cronjob", Kind::CronJob),
    ("deploymentconfig", Kind::DeploymentConfig),
    ("replicaset", Kind::ReplicaSet),
    ("route", Kind::Route),
    ("ingress", Kind::Ingress),
];

/// Rules of the platform, by the start of their names, whose label `name` is what they are about.
const NAMED: &[(&str, Kind)] = &[
    ("ClusterOperator", Kind::ClusterOperator),
    ("Csv", Kind::ClusterServiceVersion),
    ("IngressController", Kind::IngressController),
    ("KubeAggregatedAPI", Kind::APIService),
    ("MachineWith", Kind::Machine),
    ("MachineNot", Kind::Machine),
];

/// Rules of the platform that watch one part of it as a whole, and its operator. The longer start comes first.
const PARTS: &[(&str, &str)] = &[
    ("etcd", "etcd"),
    ("KubeAPI", "kube-apiserver"),
    ("KubeControllerManager", "kube-controller-manager"),
    ("KubeScheduler", "kube-scheduler"),
    ("CoreDNS", "dns"),
    ("HAProxy", "ingress"),
    ("Ingress", "ingress"),
    ("ImageRegistry", "image-registry"),
    ("NoOvn", "network"),
    ("NoRunningOvn", "network"),
    ("NorthboundStale", "network"),
    ("OVN", "network"),
    ("SouthboundStale", "network"),
    ("V4SubnetAllocation", "network"),
    ("Alertmanager", "monitoring"),
    ("KubeStateMetrics", "monitoring"),
    ("Prometheus", "monitoring"),
    ("Thanos", "monitoring"),
    ("CloudCredential", "cloud-credential"),
    ("Insights", "insights"),
    ("MachineAPI", "machine-api"),
    ("MachineApprover", "machine-approver"),
    ("Samples", "openshift-samples"),
];

/// Rules about the version and its updates.
const VERSION: &[&str] =
    &["CannotRetrieveUpdates", "ClusterNotUpgradeable", "ClusterReleaseNotAccepted", "ClusterVersionOperatorDown"];

/// Starts of rules' names that are about a node, whatever pod was measured.
const NODE: &[&str] = &[
    "ExtremelyHighIndividualControlPlane",
    "HighOverallControlPlane",
    "KubeNode",
    "Kubelet",
    "MCC",
    "MCD",
    "MachineConfig",
    "Node",
    "SystemMemory",
];

/// What the alert is about; the alert itself when its labels name nothing.
pub fn subject(view: &View, alert: &Alert) -> ObjectRef {
    let candidates = candidates(view, alert);
    let held = |object: &&ObjectRef| {
        object.known_kind().is_some_and(|kind| view.cluster.contains(kind, &object.namespace, &object.name))
    };
    let may_be_there = |object: &&ObjectRef| {
        object.known_kind().is_some_and(|kind| !view.seen_in(kind, &object.namespace) && !view.all_seen(kind))
    };
    let found = candidates.iter().find(held).or_else(|| candidates.iter().find(may_be_there));
    match found {
        Some(object) => of_workload(view, object),
        None => alert.reference(),
    }
}

/// A pod's trouble is its workload's.
fn of_workload(view: &View, object: &ObjectRef) -> ObjectRef {
    let pod = (object.known_kind() == Some(Kind::Pod)).then(|| view.cluster.pods.get(&object.namespace, &object.name));
    pod.flatten().map_or_else(|| object.clone(), |pod| view.workload(pod))
}

fn candidates(view: &View, alert: &Alert) -> Vec<ObjectRef> {
    let platform = is_of_platform(alert);
    let mut all = Vec::new();
    if platform {
        all.extend(of_rule(alert));
    }
    let namespace = namespace(alert);
    let within = |label: &str, kind: Kind| {
        let name = alert.named(label).filter(|_| !namespace.is_empty())?;
        Some(ObjectRef::new(kind, namespace, name))
    };
    all.extend(LABELS.iter().filter_map(|(label, kind)| within(label, *kind)));
    let about_node = starts(&alert.rule, NODE);
    if platform {
        all.extend(alert.named("persistentvolume").map(|name| global(Kind::PersistentVolume, name)));
        all.extend(pool(alert).filter(|_| about_node));
        all.extend(node(alert).filter(|_| about_node));
        let part = PARTS.iter().find(|(start, _)| alert.rule.starts_with(start));
        all.extend(part.map(|(_, operator)| global(Kind::ClusterOperator, &Name::from(*operator))));
    }
    all.extend(within("exported_pod", Kind::Pod).filter(|_| platform));
    all.extend(within("pod", Kind::Pod));
    all.extend(node(alert).filter(|_| platform));
    all.extend(within("service", Kind::Service));
    all.extend(whole_namespace(view, namespace));
    all
}

/// What the rule is known to speak of.
fn of_rule(alert: &Alert) -> Option<ObjectRef> {
    if VERSION.contains(&&*alert.rule) {
        return Some(global(Kind::ClusterVersion, &Name::from("version")));
    }
    let (_, kind) = NAMED.iter().find(|(start, _)| alert.rule.starts_with(start))?;
    let name = alert.named("name")?;
    Some(match kind {
        Kind::ClusterOperator if name == "version" => global(Kind::ClusterVersion, name),
        Kind::ClusterOperator | Kind::APIService => global(*kind, name),
        Kind::IngressController => ObjectRef::new(*kind, &Name::from("openshift-ingress-operator"), name),
        _ => ObjectRef::new(*kind, namespace(alert), name),
    })
}

/// Where what the alert is about lives. Prometheus keeps a label of what was measured that is taken as `exported_…`.
fn namespace(alert: &Alert) -> &Name {
    let exported = alert.named("exported_namespace").filter(|_| is_of_platform(alert));
    exported.unwrap_or(&alert.meta.namespace)
}

fn pool(alert: &Alert) -> Option<ObjectRef> {
    alert.named("pool").map(|name| global(Kind::MachineConfigPool, name))
}

fn node(alert: &Alert) -> Option<ObjectRef> {
    let name = alert.named("exported_node").or_else(|| alert.named("node")).or_else(|| alert.named("instance"))?;
    let name = name.split_once(':').map_or_else(|| name.clone(), |(host, _)| Name::from(host));
    Some(global(Kind::Node, &name))
}

/// The node under the pod that the alert names, where the pod is what it is about.
pub fn node_of(view: &View, alert: &Alert) -> Option<ObjectRef> {
    let name = alert.named("exported_pod").filter(|_| is_of_platform(alert)).or_else(|| alert.named("pod"))?;
    let pod = view.cluster.pods.get(namespace(alert), name)?;
    let about = subject(view, alert);
    let is_about = about == view.workload(pod) || about == pod.reference();
    (is_about && !pod.node.is_empty()).then(|| global(Kind::Node, &pod.node))
}

/// The operator that looks after an object, else its namespace; nothing for other objects of the cluster.
pub fn component(view: &View, object: &ObjectRef) -> Option<ObjectRef> {
    match object.known_kind() {
        Some(Kind::ClusterOperator | Kind::Namespace) => Some(object.clone()),
        _ => whole_namespace(view, &object.namespace),
    }
}

fn whole_namespace(view: &View, namespace: &Name) -> Option<ObjectRef> {
    if namespace.is_empty() {
        return None;
    }
    let operator = is_platform(namespace).then(|| operator_of(view, namespace)).flatten();
    Some(operator.unwrap_or_else(|| global(Kind::Namespace, namespace)))
}

/// Several operators may name a namespace: then the one that is called like it.
fn operator_of(view: &View, namespace: &Name) -> Option<ObjectRef> {
    let own = namespace.strip_prefix("openshift-").unwrap_or(namespace);
    let own = own.strip_suffix("-operator").unwrap_or(own);
    let operators = || view.cluster.cluster_operators.iter();
    let called = operators().find(|operator| operator.meta.name == own);
    let named = || operators().find(|operator| operator.namespaces().any(|name| name == namespace));
    called.or_else(named).map(Resource::reference)
}

fn starts(rule: &str, all: &[&str]) -> bool {
    all.iter().any(|start| rule.starts_with(start))
}

fn global(kind: Kind, name: &Name) -> ObjectRef {
    ObjectRef::new(kind, &Name::empty(), name)
}
