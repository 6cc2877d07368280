//! A healthy workload in a few words: its controller, pods, Service and endpoints, as a cluster would show them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::world::World;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Run {
    /// `Deployment`, `StatefulSet` or `DaemonSet`.
    kind: String,
    namespace: String,
    name: String,
    image: String,
    /// Nodes of its pods; as many pods as nodes.
    on: Vec<String>,
    /// Makes a Service of the same name.
    #[serde(default)]
    port: Option<u16>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    /// ConfigMap whose keys become variables.
    #[serde(default)]
    config_map: Option<String>,
    #[serde(default)]
    secret: Option<String>,
    /// Claim template of a StatefulSet: `data`.
    #[serde(default)]
    claim: Option<String>,
    #[serde(default)]
    storage_class: Option<String>,
    #[serde(default)]
    command: Vec<String>,
    #[serde(default)]
    node_selector: BTreeMap<String, String>,
    #[serde(default = "default_account")]
    service_account: String,
    /// When it was made; its pods became ready then.
    #[serde(default = "long_ago")]
    at: String,
    /// Distinguishes the ReplicaSet of an earlier or later revision.
    #[serde(default = "first_revision")]
    revision: u32,
}

fn default_account() -> String {
    "default".to_owned()
}

/// Replaced by a time of the base when the recipe is read.
fn long_ago() -> String {
    super::recipe::LONG_AGO.to_owned()
}

fn first_revision() -> u32 {
    1
}

pub(super) fn run(world: &mut World<'_>, run: &Run, made: &str) {
    let at = if run.at == super::recipe::LONG_AGO { made } else { &run.at };
    let labels = json!({"app": run.name});
    let hash = format!("7f6d5c4b{}", run.revision);
    let mut pod_labels = labels.clone();
    let owner_kind = match run.kind.as_str() {
        "Deployment" => "ReplicaSet",
        other => other,
    };
    let owner = if owner_kind == "ReplicaSet" { format!("{}-{hash}", run.name) } else { run.name.clone() };
    if owner_kind == "ReplicaSet" {
        pod_labels["pod-template-hash"] = json!(hash);
    }
    let template = json!({"metadata": {"labels": pod_labels}, "spec": pod_spec(run)});
    let count = run.on.len();
    let meta = |name: &str| json!({"name": name, "namespace": run.namespace, "creationTimestamp": at, "labels": labels, "generation": 1});
    let spec = json!({"replicas": count, "selector": {"matchLabels": labels}, "template": template});
    let counts = json!({"observedGeneration": 1, "replicas": count, "readyReplicas": count, "availableReplicas": count, "updatedReplicas": count});
    match run.kind.as_str() {
        "Deployment" => {
            let mut deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta(&run.name), "spec": spec, "status": counts});
            deployment["spec"]["progressDeadlineSeconds"] = json!(600);
            deployment["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": run.revision.to_string()});
            deployment["status"]["conditions"] = json!([
                {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable", "lastTransitionTime": at},
                {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable", "lastTransitionTime": at, "lastUpdateTime": at},
            ]);
            world.merge(&deployment);
            let mut set = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": meta(&owner), "spec": spec, "status": counts});
            set["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": run.revision.to_string()});
            set["metadata"]["ownerReferences"] = json!([{"apiVersion": "apps/v1", "kind": "Deployment", "name": run.name, "controller": true, "uid": "u"}]);
            world.put(set);
        }
        "StatefulSet" => {
            let mut set = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": meta(&run.name), "spec": spec, "status": counts});
            set["spec"]["serviceName"] = json!(run.name);
            set["status"]["currentRevision"] = json!(format!("{}-{hash}", run.name));
            set["status"]["updateRevision"] = json!(format!("{}-{hash}", run.name));
            if let Some(claim) = &run.claim {
                set["spec"]["volumeClaimTemplates"] = json!([{"metadata": {"name": claim}, "spec": claim_spec(run)}]);
            }
            world.put(set);
        }
        "DaemonSet" => world.put(json!({
            "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": meta(&run.name),
            "spec": {"selector": {"matchLabels": labels}, "template": template, "updateStrategy": {"type": "RollingUpdate"}},
            "status": {"observedGeneration": 1, "desiredNumberScheduled": count, "currentNumberScheduled": count, "numberReady": count,
                       "numberAvailable": count, "updatedNumberScheduled": count, "numberMisscheduled": 0},
        })),
        other => panic!("run: {other} is no workload"),
    }
    for (ordinal, node) in run.on.iter().enumerate() {
        let name =
            if owner_kind == "StatefulSet" { format!("{owner}-{ordinal}") } else { format!("{owner}-x{ordinal}") };
        let mut pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": run.namespace, "creationTimestamp": at, "labels": pod_labels,
                         "ownerReferences": [{"apiVersion": "apps/v1", "kind": owner_kind, "name": owner, "controller": true, "uid": "u"}]},
            "spec": pod_spec(run),
            "status": running(run, at),
        });
        pod["spec"]["nodeName"] = json!(node);
        if let Some(claim) = &run.claim {
            let claim_name = format!("{claim}-{name}");
            pod["spec"]["volumes"] = json!([{"name": claim, "persistentVolumeClaim": {"claimName": claim_name}}]);
            bound_claim(world, run, &claim_name, at);
        }
        world.put(pod);
    }
    if let Some(port) = run.port {
        service(world, run, port, at);
    }
}

fn pod_spec(run: &Run) -> Value {
    let env: Vec<Value> = run.env.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    let mut container = json!({
        "name": run.name, "image": run.image, "env": env,
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
    });
    if let Some(port) = run.port {
        container["ports"] = json!([{"name": "main", "containerPort": port, "protocol": "TCP"}]);
        container["readinessProbe"] = json!({"tcpSocket": {"port": port}, "periodSeconds": 10});
    }
    if !run.command.is_empty() {
        container["command"] = json!(run.command);
    }
    let mut sources = Vec::new();
    sources.extend(run.config_map.iter().map(|name| json!({"configMapRef": {"name": name}})));
    sources.extend(run.secret.iter().map(|name| json!({"secretRef": {"name": name}})));
    container["envFrom"] = json!(sources);
    let mut spec = json!({"containers": [container], "serviceAccountName": run.service_account, "restartPolicy": "Always", "schedulerName": "default-scheduler"});
    if !run.node_selector.is_empty() {
        spec["nodeSelector"] = json!(run.node_selector);
    }
    spec
}

fn running(run: &Run, at: &str) -> Value {
    json!({
        "phase": "Running", "startTime": at, "qosClass": "Burstable", "podIP": "10.128.0.9",
        "conditions": [
            {"type": "Ready", "status": "True", "lastTransitionTime": at},
            {"type": "ContainersReady", "status": "True", "lastTransitionTime": at},
            {"type": "PodScheduled", "status": "True", "lastTransitionTime": at},
            {"type": "Initialized", "status": "True", "lastTransitionTime": at},
        ],
        "containerStatuses": [{"name": run.name, "image": run.image, "ready": true, "started": true, "restartCount": 0,
                               "lastState": {}, "state": {"running": {"startedAt": at}}}],
    })
}

fn claim_spec(run: &Run) -> Value {
    json!({"accessModes": ["ReadWriteOnce"], "storageClassName": run.storage_class, "resources": {"requests": {"storage": "10Gi"}}})
}

fn bound_claim(world: &mut World<'_>, run: &Run, name: &str, at: &str) {
    let volume = format!("pvc-{}-{name}", run.namespace);
    let mut spec = claim_spec(run);
    spec["volumeName"] = json!(volume);
    world.put(json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": run.namespace, "creationTimestamp": at}, "spec": spec,
        "status": {"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "10Gi"}},
    }));
    world.put(json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": volume, "creationTimestamp": at},
        "spec": {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "10Gi"}, "storageClassName": run.storage_class,
                 "persistentVolumeReclaimPolicy": "Delete",
                 "claimRef": {"kind": "PersistentVolumeClaim", "namespace": run.namespace, "name": name},
                 "csi": {"driver": "disk.csi.example.com", "volumeHandle": name}},
        "status": {"phase": "Bound"},
    }));
}

fn service(world: &mut World<'_>, run: &Run, port: u16, at: &str) {
    let meta = json!({"name": run.name, "namespace": run.namespace, "creationTimestamp": at});
    world.put(json!({
        "apiVersion": "v1", "kind": "Service", "metadata": meta,
        "spec": {"type": "ClusterIP", "clusterIP": "172.30.0.9", "selector": {"app": run.name},
                 "ports": [{"name": "main", "port": port, "targetPort": port, "protocol": "TCP"}]},
        "status": {"loadBalancer": {}},
    }));
    world.put(json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"name": format!("{}-abcde", run.name), "namespace": run.namespace, "creationTimestamp": at,
                     "labels": {"kubernetes.io/service-name": run.name}},
        "addressType": "IPv4", "endpoints": [], "ports": [{"name": "main", "port": port, "protocol": "TCP"}],
    }));
}
