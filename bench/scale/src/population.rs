//! Clusters of any size, made the same way every time: what an API server would send for them.
//!
//! A workload has ten pods of two containers, with a Deployment, a ReplicaSet, a Service and an EndpointSlice; twenty
//! workloads share a namespace. Objects carry `managedFields` and the usual annotations, nine kilobytes a pod. Every
//! n-th pod may be crashing, each of another workload. An object is a function of its index, so nothing is kept.

// Also included from a bench of the library, where it is looked for beside this file
#[path = "population/template.rs"]
mod template;

use std::io::Write;
use std::sync::LazyLock;

use template::{Hole, Template};

/// A health verdict on a cluster made here belongs to this moment.
pub const NOW: &str = "2026-11-18T12:00:00Z";

const PODS_PER_WORKLOAD: usize = 10;
const WORKLOADS_PER_NAMESPACE: usize = 20;
const CONTROL_PLANE_NODES: usize = 3;
/// Where the pods of the one in `unwell_every` start.
const FIRST_UNWELL: usize = 7;

#[derive(Clone, Copy, Debug, Default)]
pub struct Population {
    pub pods: usize,
    pub nodes: usize,
    /// One pod in so many crashes; none at 0.
    pub unwell_every: usize,
}

/// What an object is at one moment of a watch.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    pub resource_version: u64,
    /// A pod that is otherwise well is just not ready.
    pub unready: bool,
}

impl Moment {
    /// As first listed.
    pub fn first(index: usize) -> Self {
        Self { resource_version: 100_000 + index as u64, unready: false }
    }
}

/// Plurals it makes, nodes first, as a client that follows references would like them.
pub const PLURALS: &[&str] = &[
    "clusterversions",
    "clusteroperators",
    "nodes",
    "namespaces",
    "deployments",
    "replicasets",
    "services",
    "endpointslices",
    "pods",
    "events",
];

const OPERATORS: &[&str] = &[
    "authentication",
    "baremetal",
    "cloud-controller-manager",
    "cloud-credential",
    "cluster-autoscaler",
    "config-operator",
    "console",
    "control-plane-machine-set",
    "csi-snapshot-controller",
    "dns",
    "etcd",
    "image-registry",
    "ingress",
    "insights",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-storage-version-migrator",
    "machine-api",
    "machine-approver",
    "machine-config",
    "marketplace",
    "monitoring",
    "network",
    "node-tuning",
    "olm",
    "openshift-apiserver",
    "openshift-controller-manager",
    "openshift-samples",
    "operator-lifecycle-manager",
    "operator-lifecycle-manager-catalog",
    "operator-lifecycle-manager-packageserver",
    "service-ca",
    "storage",
];

macro_rules! templates {
    ($($NAME:ident = $file:literal;)*) => {
        $(static $NAME: LazyLock<Template> = LazyLock::new(|| Template::new(include_str!($file)));)*
    };
}
templates! {
    CLUSTER_OPERATOR = "population/cluster_operator.json";
    CLUSTER_VERSION = "population/cluster_version.json";
    DEPLOYMENT = "population/deployment.json";
    ENDPOINT_SLICE = "population/endpoint_slice.json";
    EVENT = "population/event.json";
    NAMESPACE = "population/namespace.json";
    NODE = "population/node.json";
    POD = "population/pod.json";
    REPLICA_SET = "population/replica_set.json";
    SERVICE = "population/service.json";
}

impl Population {
    /// How many objects of the plural there are.
    pub fn count(&self, plural: &str) -> usize {
        match plural {
            "clusterversions" => 1,
            "clusteroperators" => OPERATORS.len(),
            "nodes" => self.nodes,
            "namespaces" => self.team_namespaces() + 2 * OPERATORS.len(),
            "deployments" | "replicasets" | "services" | "endpointslices" => self.workloads(),
            "pods" => self.pods,
            "events" => self.unwell_among(0, self.pods),
            _ => 0,
        }
    }

    /// Empty for cluster-scoped objects.
    pub fn namespace_of(&self, plural: &str, index: usize) -> String {
        match plural {
            "deployments" | "replicasets" | "services" | "endpointslices" => namespace(index),
            "pods" => namespace(index / PODS_PER_WORKLOAD),
            "events" => namespace(self.unwell(index) / PODS_PER_WORKLOAD),
            _ => String::new(),
        }
    }

    /// Appends the object from `"metadata"` to its closing brace; `apiVersion` and `kind` come before that, or not.
    pub fn write(&self, plural: &str, index: usize, moment: Moment, out: &mut Vec<u8>) {
        match plural {
            "clusterversions" => self.fill(&CLUSTER_VERSION, 0, 0, moment, out, |_, _| {}),
            "clusteroperators" => self.fill(&CLUSTER_OPERATOR, index, 0, moment, out, |_, out| {
                out.extend_from_slice(OPERATORS.get(index).copied().unwrap_or_default().as_bytes());
            }),
            "nodes" => self.write_node(index, moment, out),
            "namespaces" => {
                let name = self.namespace_name(index);
                self.fill(&NAMESPACE, index, 0, moment, out, |_, out| out.extend_from_slice(name.as_bytes()));
            }
            "deployments" => self.fill(&DEPLOYMENT, index, index, moment, out, |_, _| {}),
            "replicasets" => self.fill(&REPLICA_SET, index, index, moment, out, |_, _| {}),
            "services" => self.fill(&SERVICE, index, index, moment, out, |_, _| {}),
            "endpointslices" => self.write_endpoint_slice(index, moment, out),
            "pods" => self.write_pod(index, moment, out),
            "events" => {
                let pod = self.unwell(index);
                self.fill(&EVENT, pod, pod / PODS_PER_WORKLOAD, moment, out, |_, _| {});
            }
            _ => {}
        }
    }

    fn workloads(&self) -> usize {
        self.pods.div_ceil(PODS_PER_WORKLOAD)
    }

    fn team_namespaces(&self) -> usize {
        self.workloads().div_ceil(WORKLOADS_PER_NAMESPACE)
    }

    /// After the teams' come the platform's, which are empty: two an operator, as on OpenShift.
    fn namespace_name(&self, index: usize) -> String {
        let Some(platform) = index.checked_sub(self.team_namespaces()) else {
            return namespace(index * WORKLOADS_PER_NAMESPACE);
        };
        let operator = OPERATORS.get(platform / 2).copied().unwrap_or_default();
        if platform % 2 == 0 { format!("openshift-{operator}") } else { format!("openshift-{operator}-operator") }
    }

    fn is_unwell(&self, pod: usize) -> bool {
        self.unwell_every > 0 && pod % self.unwell_every == FIRST_UNWELL % self.unwell_every
    }

    /// The n-th crashing pod.
    fn unwell(&self, n: usize) -> usize {
        n * self.unwell_every + FIRST_UNWELL % self.unwell_every.max(1)
    }

    fn unwell_among(&self, from: usize, to: usize) -> usize {
        if self.unwell_every == 0 { 0 } else { (from..to).filter(|pod| self.is_unwell(*pod)).count() }
    }

    /// Pods of a workload: all, and those that are ready.
    fn replicas(&self, workload: usize) -> (usize, usize) {
        let first = workload * PODS_PER_WORKLOAD;
        let last = (first + PODS_PER_WORKLOAD).min(self.pods);
        let all = last.saturating_sub(first);
        (all, all - self.unwell_among(first, last))
    }

    /// Fills what all objects have in common; `extra` gets the letters.
    fn fill(
        &self,
        template: &Template,
        number: usize,
        workload: usize,
        moment: Moment,
        out: &mut Vec<u8>,
        mut extra: impl FnMut(u8, &mut Vec<u8>),
    ) {
        let (desired, ready) = self.replicas(workload);
        let well = ready == desired && !moment.unready;
        let node = number % self.nodes.max(1);
        // Writing to a vector cannot fail
        template.write(out, |hole, out| {
            let _ = match hole {
                Hole::Number => write!(out, "{number:07}"),
                Hole::Workload => write!(out, "{workload:06}"),
                Hole::Namespace => write!(out, "team-{:04}", workload / WORKLOADS_PER_NAMESPACE),
                Hole::Node => write!(out, "{node:05}"),
                Hole::Version => write!(out, "{}", moment.resource_version),
                Hole::Desired => write!(out, "{desired}"),
                Hole::Ready => write!(out, "{ready}"),
                Hole::Condition => out.write_all(if well { b"True" } else { b"False" }),
                Hole::Boolean => out.write_all(if well { b"true" } else { b"false" }),
                Hole::Extra(letter) => {
                    extra(letter, out);
                    Ok(())
                }
            };
        });
    }

    fn write_node(&self, index: usize, moment: Moment, out: &mut Vec<u8>) {
        let role = if index < CONTROL_PLANE_NODES { "control-plane" } else { "worker" };
        self.fill(&NODE, index, 0, moment, out, |letter, out| match letter {
            b'a' => out.extend_from_slice(role.as_bytes()),
            _ => out.push(b'0' + (index % 3) as u8),
        });
    }

    fn write_endpoint_slice(&self, workload: usize, moment: Moment, out: &mut Vec<u8>) {
        let first = workload * PODS_PER_WORKLOAD;
        let (all, _) = self.replicas(workload);
        self.fill(&ENDPOINT_SLICE, workload, workload, moment, out, |_, out| {
            for pod in first..first + all {
                let comma = if pod == first { "" } else { "," };
                let ready = !self.is_unwell(pod);
                let _ = write!(
                    out,
                    r#"{comma}{{"addresses":["10.128.2.17"],"conditions":{{"ready":{ready},"serving":{ready},"terminating":false}},"nodeName":"node-{:05}","targetRef":{{"kind":"Pod","namespace":"{}","name":"app-{workload:06}-7d9c8b6f5-{pod:07}"}}}}"#,
                    pod % self.nodes.max(1),
                    namespace(workload),
                );
            }
        });
    }

    fn write_pod(&self, pod: usize, moment: Moment, out: &mut Vec<u8>) {
        let unwell = self.is_unwell(pod);
        let state = if unwell { CRASHING } else { RUNNING };
        let moment = Moment { unready: moment.unready || unwell, ..moment };
        // A pod's own readiness, not its workload's
        let alone = Population { unwell_every: 0, ..*self };
        alone.fill(&POD, pod, pod / PODS_PER_WORKLOAD, moment, out, |_, out| out.extend_from_slice(state));
    }
}

fn namespace(workload: usize) -> String {
    format!("team-{:04}", workload / WORKLOADS_PER_NAMESPACE)
}

const RUNNING: &[u8] = br#""state":{"running":{"startedAt":"2026-11-01T00:00:09Z"}},"lastState":{},"restartCount":0"#;
const CRASHING: &[u8] = br#""state":{"waiting":{"reason":"CrashLoopBackOff","message":"back-off 5m0s restarting failed container=app"}},"lastState":{"terminated":{"exitCode":1,"reason":"Error","startedAt":"2026-11-18T11:52:00Z","finishedAt":"2026-11-18T11:52:03Z","containerID":"cri-o://9"}},"restartCount":12"#;

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const SMALL: Population = Population { pods: 95, nodes: 4, unwell_every: 30 };

    fn object(plural: &str, index: usize, moment: Moment) -> Value {
        let mut out = b"{".to_vec();
        SMALL.write(plural, index, moment, &mut out);
        assert!(!out.windows(2).any(|two| two == b"${"), "{}", String::from_utf8_lossy(&out));
        serde_json::from_slice(&out).unwrap_or_else(|error| panic!("{plural}: {error}"))
    }

    #[test]
    fn every_object_is_json_on_one_line_with_a_name_of_its_own() {
        for plural in PLURALS {
            let names: std::collections::BTreeSet<String> = (0..SMALL.count(plural))
                .map(|index| {
                    let object = object(plural, index, Moment::first(index));
                    let metadata = &object["metadata"];
                    let namespace = metadata["namespace"].as_str().unwrap_or_default();
                    assert_eq!(namespace, SMALL.namespace_of(plural, index), "{plural}");
                    format!("{namespace}/{}", metadata["name"].as_str().unwrap())
                })
                .collect();
            assert_eq!(names.len(), SMALL.count(plural), "{plural}");
        }
    }

    #[test]
    fn pods_are_as_large_as_real_ones() {
        let mut out = Vec::new();
        SMALL.write("pods", 0, Moment::first(0), &mut out);
        assert!((4_000..13_000).contains(&out.len()), "{}", out.len());
        assert!(!out.contains(&b'\n'));
    }

    #[test]
    fn a_crashing_pod_is_not_ready_and_its_workload_knows() {
        let (well, unwell) = (object("pods", 8, Moment::first(8)), object("pods", 7, Moment::first(7)));
        let ready = |pod: &Value| pod["status"]["containerStatuses"][0]["ready"].as_bool();
        assert_eq!((ready(&well), ready(&unwell)), (Some(true), Some(false)));
        let deployment = object("deployments", 0, Moment::first(0));
        assert_eq!(
            (&deployment["status"]["replicas"], &deployment["status"]["readyReplicas"]),
            (&10.into(), &9.into())
        );
        assert_eq!(SMALL.count("events"), 3);
        assert_eq!(
            object("events", 1, Moment::first(1))["involvedObject"]["name"],
            object("pods", 37, Moment::first(37))["metadata"]["name"]
        );
        let flapping = object("pods", 8, Moment { resource_version: 5, unready: true });
        assert_eq!((ready(&flapping), &flapping["metadata"]["resourceVersion"]), (Some(false), &"5".into()));
    }
}
