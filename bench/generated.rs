//! Clusters of any size, made the same way every time: what an API server would send for them, as JSON.
//!
//! A workload has ten pods with two containers each; its pods share labels and template, as real ones do, and carry
//! `managedFields` and the usual annotations, which the decoder has to step over. In a cluster in trouble one pod in
//! thirty crashes, each of another workload.

use std::fmt::Write;

use cluster_health::change::Change;
use cluster_health::cluster::{Cluster, Index};
use cluster_health::coverage::Seen;
use cluster_health::model::Kind;
use cluster_health::{Time, decode};

const PODS_PER_WORKLOAD: usize = 10;
const PODS_PER_NODE: usize = 30;
const WORKLOADS_PER_NAMESPACE: usize = 20;
const UNWELL_EVERY: usize = 30;

pub(crate) fn now() -> Time {
    Time::parse("2026-11-18T12:00:00Z").unwrap_or_else(|| Time::from_unix(0))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Well,
    InTrouble,
}

/// The whole cluster in the model.
pub(crate) fn cluster(pods: usize, state: State) -> Cluster {
    cluster_of(pods, state, |_| true)
}

/// The wanted kinds of it.
pub(crate) fn cluster_of(pods: usize, state: State, wanted: impl Fn(Kind) -> bool) -> Cluster {
    let mut index = Index::default();
    objects(pods, state, |kind, json| match decode::json(kind, json.as_bytes()) {
        Ok(object) if wanted(kind) => index.apply(Change::Apply(object)),
        Ok(_) => {}
        Err(error) => panic!("{error}"),
    });
    for &kind in Kind::ALL {
        index.apply(Change::Synced(kind, Seen::Complete));
    }
    index.into_cluster()
}

/// Hands out every object of a cluster of this many pods.
pub(crate) fn objects(pods: usize, state: State, mut object: impl FnMut(Kind, &str)) {
    let nodes = pods.div_ceil(PODS_PER_NODE).max(3);
    let workloads = pods.div_ceil(PODS_PER_WORKLOAD);
    object(Kind::ClusterVersion, CLUSTER_VERSION);
    for n in 0..nodes {
        object(Kind::Node, &node(n));
    }
    for w in 0..workloads {
        if w % WORKLOADS_PER_NAMESPACE == 0 {
            object(
                Kind::Namespace,
                &format!(r#"{{"metadata":{{"name":"{}"}},"status":{{"phase":"Active"}}}}"#, namespace(w)),
            );
        }
        let first = w * PODS_PER_WORKLOAD;
        let of_workload = first..(first + PODS_PER_WORKLOAD).min(pods);
        let well = of_workload.clone().filter(|p| !is_unwell(state, *p)).count();
        object(Kind::Deployment, &deployment(w, of_workload.len(), well));
        object(Kind::ReplicaSet, &replica_set(w, of_workload.len(), well));
        object(Kind::Service, &service(w));
        object(Kind::EndpointSlice, &endpoint_slice(w, of_workload.len(), well));
        for p in of_workload {
            object(Kind::Pod, &pod(w, p, nodes, is_unwell(state, p)));
        }
    }
}

fn is_unwell(state: State, pod: usize) -> bool {
    state == State::InTrouble && pod % UNWELL_EVERY == 7
}

fn namespace(workload: usize) -> String {
    format!("team-{:04}", workload / WORKLOADS_PER_NAMESPACE)
}

const CLUSTER_VERSION: &str = r#"{"metadata":{"name":"version"},"spec":{"channel":"stable-4.20"},"status":{
    "desired":{"version":"4.20.4"},"history":[{"state":"Completed","version":"4.20.4"}],
    "conditions":[{"type":"Available","status":"True"},{"type":"Failing","status":"False"},{"type":"Progressing","status":"False"}]}}"#;

fn node(n: usize) -> String {
    let role = if n < 3 { "control-plane" } else { "worker" };
    format!(
        r#"{{"metadata":{{"name":"node-{n:05}","labels":{{"node-role.kubernetes.io/{role}":"","topology.kubernetes.io/zone":"z{}"}}}},
        "spec":{{}},"status":{{"allocatable":{{"cpu":"31500m","memory":"128Gi","pods":"250"}},"nodeInfo":{{"kubeletVersion":"v1.33.5"}},
        "conditions":[{{"type":"MemoryPressure","status":"False"}},{{"type":"DiskPressure","status":"False"}},
        {{"type":"PIDPressure","status":"False"}},{{"type":"Ready","status":"True","reason":"KubeletReady","lastTransitionTime":"2026-10-01T00:00:00Z"}}]}}}}"#,
        n % 3
    )
}

fn workload_meta(w: usize, name: &str, owner: &str) -> String {
    format!(
        r#""metadata":{{"name":"{name}","namespace":"{}","resourceVersion":"{}","creationTimestamp":"2026-10-01T00:00:00Z",
        "labels":{{"app":"app-{w:06}","pod-template-hash":"7d9c8b6f5"}}{owner}}}"#,
        namespace(w),
        1000 + w
    )
}

fn deployment(w: usize, desired: usize, well: usize) -> String {
    let status = if well == desired { "True" } else { "False" };
    format!(
        r#"{{{},"spec":{{"replicas":{desired},"selector":{{"matchLabels":{{"app":"app-{w:06}"}}}}}},
        "status":{{"replicas":{desired},"updatedReplicas":{desired},"readyReplicas":{well},"availableReplicas":{well},
        "conditions":[{{"type":"Available","status":"{status}","lastTransitionTime":"2026-11-18T11:00:00Z"}},
        {{"type":"Progressing","status":"True","reason":"NewReplicaSetAvailable"}}]}}}}"#,
        workload_meta(w, &format!("app-{w:06}"), "")
    )
}

fn replica_set(w: usize, desired: usize, well: usize) -> String {
    let owner = format!(
        r#","ownerReferences":[{{"apiVersion":"apps/v1","kind":"Deployment","name":"app-{w:06}","controller":true}}]"#
    );
    format!(
        r#"{{{},"spec":{{"replicas":{desired}}},"status":{{"replicas":{desired},"readyReplicas":{well},"availableReplicas":{well}}}}}"#,
        workload_meta(w, &format!("app-{w:06}-7d9c8b6f5"), &owner)
    )
}

fn service(w: usize) -> String {
    format!(
        r#"{{{},"spec":{{"clusterIP":"10.1.2.3","selector":{{"app":"app-{w:06}"}},"ports":[{{"name":"http","port":80,"targetPort":"http"}}]}}}}"#,
        workload_meta(w, &format!("app-{w:06}"), "")
    )
}

fn endpoint_slice(w: usize, desired: usize, well: usize) -> String {
    let mut endpoints = String::new();
    for i in 0..desired {
        let comma = if i == 0 { "" } else { "," };
        let _ = write!(endpoints, r#"{comma}{{"addresses":["10.2.3.4"],"conditions":{{"ready":{}}}}}"#, i < well);
    }
    format!(
        r#"{{"metadata":{{"name":"app-{w:06}-x7k2p","namespace":"{}","labels":{{"kubernetes.io/service-name":"app-{w:06}"}}}},
        "ports":[{{"name":"http","port":8080,"protocol":"TCP"}}],"endpoints":[{endpoints}]}}"#,
        namespace(w)
    )
}

fn pod(w: usize, p: usize, nodes: usize, unwell: bool) -> String {
    let (state, ready, last) = if unwell {
        (
            r#"{"waiting":{"reason":"CrashLoopBackOff","message":"back-off 5m0s restarting failed container"}}"#,
            false,
            r#"{"terminated":{"exitCode":1,"reason":"Error","startedAt":"2026-11-18T11:52:00Z","finishedAt":"2026-11-18T11:52:03Z"}}"#,
        )
    } else {
        (r#"{"running":{"startedAt":"2026-11-01T00:00:09Z"}}"#, true, "{}")
    };
    let condition = if ready { "True" } else { "False" };
    format!(
        r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"app-{w:06}-7d9c8b6f5-{p:07}","generateName":"app-{w:06}-7d9c8b6f5-",
        "namespace":"{namespace}","uid":"00000000-0000-4000-8000-{p:012}","resourceVersion":"{version}","creationTimestamp":"2026-11-01T00:00:00Z",
        "labels":{{"app":"app-{w:06}","pod-template-hash":"7d9c8b6f5"}},
        "annotations":{{"k8s.ovn.org/pod-networks":"{{\"default\":{{\"ip_addresses\":[\"10.128.2.17/23\"],\"mac_address\":\"0a:58:0a:80:02:11\"}}}}","openshift.io/scc":"restricted-v2"}},
        "ownerReferences":[{{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"app-{w:06}-7d9c8b6f5","uid":"1","controller":true,"blockOwnerDeletion":true}}],
        "managedFields":{MANAGED_FIELDS}}},
        "spec":{{"nodeName":"node-{node:05}","schedulerName":"default-scheduler","serviceAccountName":"default","restartPolicy":"Always","containers":[
        {{"name":"app","image":"registry.example.com/team/app-{w:06}@sha256:1111111111111111111111111111111111111111111111111111111111111111",
          "ports":[{{"name":"http","containerPort":8080,"protocol":"TCP"}}],"resources":{{"requests":{{"cpu":"100m","memory":"256Mi"}},"limits":{{"memory":"512Mi"}}}},
          "readinessProbe":{{"httpGet":{{"path":"/healthz","port":"http","scheme":"HTTP"}},"periodSeconds":10,"timeoutSeconds":1,"failureThreshold":3}},
          "env":[{{"name":"LOG_LEVEL","value":"info"}},{{"name":"REGION","value":"eu"}}],"volumeMounts":[{{"name":"kube-api-access-abcde","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}}]}},
        {{"name":"proxy","image":"registry.example.com/mesh/proxy:1.27","resources":{{"requests":{{"cpu":"10m","memory":"64Mi"}}}},
          "volumeMounts":[{{"name":"kube-api-access-abcde","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}}]}}],
        "volumes":[{{"name":"kube-api-access-abcde","projected":{{"sources":[{{"serviceAccountToken":{{"path":"token"}}}}]}}}},{{"name":"config","configMap":{{"name":"app-{w:06}-config"}}}}]}},
        "status":{{"phase":"Running","hostIP":"10.0.1.1","podIP":"10.128.2.17","startTime":"2026-11-01T00:00:02Z","conditions":[
        {{"type":"PodReadyToStartContainers","status":"True","lastTransitionTime":"2026-11-01T00:00:05Z"}},{{"type":"Initialized","status":"True","lastTransitionTime":"2026-11-01T00:00:02Z"}},
        {{"type":"Ready","status":"{condition}","lastTransitionTime":"2026-11-18T11:00:00Z"}},{{"type":"ContainersReady","status":"{condition}","lastTransitionTime":"2026-11-18T11:00:00Z"}},
        {{"type":"PodScheduled","status":"True","lastTransitionTime":"2026-11-01T00:00:02Z"}}],
        "containerStatuses":[{{"name":"app","image":"registry.example.com/team/app","imageID":"x","ready":{ready},"started":{ready},"restartCount":{restarts},"state":{state},"lastState":{last}}},
        {{"name":"proxy","image":"registry.example.com/mesh/proxy:1.27","imageID":"y","ready":true,"started":true,"restartCount":0,"state":{{"running":{{"startedAt":"2026-11-01T00:00:09Z"}}}},"lastState":{{}}}}]}}}}"#,
        namespace = namespace(w),
        version = 100_000 + p,
        node = p % nodes,
        restarts = if unwell { 12 } else { 0 },
    )
}

/// About a third of what real pods carry, in the real shape.
const MANAGED_FIELDS: &str = r#"[{"manager":"kube-controller-manager","operation":"Update","apiVersion":"v1","time":"2026-11-01T00:00:00Z","fieldsType":"FieldsV1",
    "fieldsV1":{"f:metadata":{"f:generateName":{},"f:labels":{".":{},"f:app":{},"f:pod-template-hash":{}},"f:ownerReferences":{".":{},"k:{\"uid\":\"1\"}":{}}},
    "f:spec":{"f:containers":{"k:{\"name\":\"app\"}":{".":{},"f:image":{},"f:imagePullPolicy":{},"f:name":{},"f:ports":{".":{},"k:{\"containerPort\":8080,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{},"f:name":{},"f:protocol":{}}},
    "f:readinessProbe":{".":{},"f:failureThreshold":{},"f:httpGet":{".":{},"f:path":{},"f:port":{},"f:scheme":{}},"f:periodSeconds":{},"f:timeoutSeconds":{}},"f:resources":{".":{},"f:limits":{".":{},"f:memory":{}},"f:requests":{".":{},"f:cpu":{},"f:memory":{}}},
    "f:terminationMessagePath":{},"f:terminationMessagePolicy":{}}},"f:dnsPolicy":{},"f:enableServiceLinks":{},"f:restartPolicy":{},"f:schedulerName":{},"f:securityContext":{},"f:terminationGracePeriodSeconds":{}}}},
    {"manager":"kubelet","operation":"Update","apiVersion":"v1","time":"2026-11-01T00:00:09Z","subresource":"status","fieldsType":"FieldsV1","fieldsV1":{"f:status":{"f:conditions":{"k:{\"type\":\"ContainersReady\"}":{".":{},"f:lastProbeTime":{},"f:lastTransitionTime":{},"f:status":{},"f:type":{}},
    "k:{\"type\":\"Initialized\"}":{".":{},"f:status":{},"f:type":{}},"k:{\"type\":\"Ready\"}":{".":{},"f:status":{},"f:type":{}}},"f:containerStatuses":{},"f:hostIP":{},"f:phase":{},"f:podIP":{},"f:podIPs":{".":{},"k:{\"ip\":\"10.128.2.17\"}":{".":{},"f:ip":{}}},"f:startTime":{}}}}]"#;
