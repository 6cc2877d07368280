//! Objects that scenarios write, as JSON, and their paths.

use cluster_health::model::{Kind, Scope};
use serde_json::{Value, json};

/// Images decide what the rig's kubelet makes of a container.
pub mod image {
    /// Runs and is ready.
    pub const WELL: &str = "rig.invalid/well:1";
    /// Exits with 1 again and again.
    pub const CRASHES: &str = "rig.invalid/crashes:1";
    /// Cannot be pulled.
    pub const MISSING: &str = "rig.invalid/missing:1";
    /// Exits with 3, for good.
    pub const FAILS: &str = "rig.invalid/fails:1";
    /// Never leaves ContainerCreating.
    pub const CREATING: &str = "rig.invalid/creating:1";
}

/// Where objects of a kind live; the namespace is empty for kinds that have none, and to name all namespaces.
pub fn collection(kind: Kind, namespace: &str) -> String {
    let root = match kind.group() {
        "" => format!("/api/{}", kind.version()),
        group => format!("/apis/{group}/{}", kind.version()),
    };
    match (kind.scope(), namespace) {
        (Scope::Cluster, _) | (_, "") => format!("{root}/{}", kind.plural()),
        (_, namespace) => format!("{root}/namespaces/{namespace}/{}", kind.plural()),
    }
}

pub fn path(kind: Kind, namespace: &str, name: &str) -> String {
    format!("{}/{name}", collection(kind, namespace))
}

pub fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

pub fn node(name: &str, role: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {
            "kubernetes.io/hostname": name,
            "kubernetes.io/os": "linux",
            format!("node-role.kubernetes.io/{role}"): "",
        }},
    })
}

pub fn node_status(ready: bool, since: &str) -> Value {
    let condition = |kind: &str, status: bool, reason: &str| {
        let status = if status { "True" } else { "False" };
        json!({"type": kind, "status": status, "reason": reason, "lastTransitionTime": since, "lastHeartbeatTime": since})
    };
    let room = json!({"cpu": "4", "memory": "16Gi", "pods": "110", "ephemeral-storage": "100Gi"});
    json!({
        "capacity": room,
        "allocatable": room,
        "conditions": [
            condition("MemoryPressure", false, "KubeletHasSufficientMemory"),
            condition("DiskPressure", false, "KubeletHasNoDiskPressure"),
            condition("PIDPressure", false, "KubeletHasSufficientPID"),
            condition("Ready", ready, if ready { "KubeletReady" } else { "KubeletNotReady" }),
        ],
        "nodeInfo": {
            "architecture": "amd64", "bootID": "", "containerRuntimeVersion": "cri-o://1.33", "kernelVersion": "6",
            "kubeProxyVersion": "", "kubeletVersion": "v1.33.5", "machineID": "", "operatingSystem": "linux",
            "osImage": "rig", "systemUUID": "",
        },
    })
}

/// The template of a pod with one container.
pub fn template(app: &str, image: &str) -> Value {
    json!({
        "metadata": {"labels": {"app": app}},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [{"name": "main", "image": image, "resources": {
                "requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"cpu": "100m", "memory": "64Mi"},
            }}],
        },
    })
}

pub fn pod(namespace: &str, name: &str, image: &str) -> Value {
    let mut pod = template(name, image);
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    pod["metadata"]["name"] = json!(name);
    pod["metadata"]["namespace"] = json!(namespace);
    pod
}

pub fn deployment(namespace: &str, name: &str, replicas: u32, image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "progressDeadlineSeconds": 600,
            "selector": {"matchLabels": {"app": name}},
            "template": template(name, image),
        },
    })
}

/// A definition that takes anything, for a kind which Kubernetes itself does not have.
pub fn definition(kind: Kind) -> Value {
    let (group, plural) = (kind.group(), kind.plural());
    let scope = match kind.scope() {
        Scope::Cluster => "Cluster",
        Scope::Namespaced => "Namespaced",
    };
    let anything = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": format!("{plural}.{group}"),
            // Groups below k8s.io want a word on who approved them
            "annotations": {"api-approved.kubernetes.io": "unapproved, for tests"},
        },
        "spec": {
            "group": group,
            "scope": scope,
            "names": {"kind": kind.name(), "listKind": format!("{}List", kind.name()), "plural": plural,
                "singular": kind.name().to_lowercase()},
            "versions": [{"name": kind.version(), "served": true, "storage": true, "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": anything, "status": anything}}}}],
        },
    })
}

/// Kinds that come with OpenShift or its operators.
pub fn added_kinds() -> impl Iterator<Item = Kind> {
    Kind::served().filter(|kind| kind.group().contains('.') && !kind.group().ends_with(".k8s.io"))
}

pub fn cluster_operator(name: &str) -> Value {
    json!({"apiVersion": "config.openshift.io/v1", "kind": "ClusterOperator", "metadata": {"name": name}, "spec": {}})
}

pub fn operator_status(degraded: bool, since: &str) -> Value {
    let condition = |kind: &str, status: bool| {
        let reason = if kind == "Degraded" && status { "SyncFailed" } else { "AsExpected" };
        json!({"type": kind, "status": if status { "True" } else { "False" }, "reason": reason,
            "lastTransitionTime": since})
    };
    json!({
        "conditions": [condition("Available", true), condition("Progressing", false), condition("Degraded", degraded),
            condition("Upgradeable", true)],
        "versions": [{"name": "operator", "version": "4.20.3"}],
    })
}

pub fn cluster_version() -> Value {
    json!({
        "apiVersion": "config.openshift.io/v1", "kind": "ClusterVersion", "metadata": {"name": "version"},
        "spec": {"channel": "stable-4.20", "clusterID": "00000000-0000-0000-0000-000000000000"},
    })
}

pub fn version_status(since: &str) -> Value {
    let condition = |kind: &str, status: &str| json!({"type": kind, "status": status, "lastTransitionTime": since});
    json!({
        "desired": {"version": "4.20.3", "image": "rig.invalid/release:4.20.3"},
        "observedGeneration": 1,
        "history": [{"state": "Completed", "version": "4.20.3", "image": "rig.invalid/release:4.20.3", "verified": true,
            "startedTime": since, "completionTime": since}],
        "conditions": [condition("Available", "True"), condition("Progressing", "False"), condition("Failing", "False"),
            condition("RetrievedUpdates", "True"), condition("Upgradeable", "True"),
            condition("ReleaseAccepted", "True")],
        "availableUpdates": null,
    })
}
