//! Nodes on which pods get no network.

use std::collections::BTreeMap;

use crate::checks::{Check, Layer};
use crate::finding::{Confidence, Finding, Severity};
use crate::model::pod::{Phase, Pod};
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "node-sandbox-failing",
    title: "Pods on a node get no network",
    explain: "Counts by node the pods that wait to be started and about which the kubelet says FailedCreatePodSandBox or \
              NetworkNotReady. Two or more of different workloads on one node point to the node rather than to the pods: its \
              part of the network plugin is down or restarting, it has run out of addresses, or the runtime is stuck. Critical \
              when it is so on two nodes, for then it is the network as a whole.",
    layer: Layer::Network,
    needs: &[Kind::Pod, Kind::Event],
    uses: &[Kind::Node, Kind::DaemonSet],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/support/troubleshooting",
    run,
};

const REASONS: [&str; 2] = ["FailedCreatePodSandBox", "NetworkNotReady"];

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut by_node: BTreeMap<&Name, Vec<&Pod>> = BTreeMap::new();
    let starting = view.unsettled.iter().filter(|pod| pod.phase == Phase::Pending && pod.meta.deletion.is_none());
    for pod in starting.filter(|pod| !pod.node.is_empty() && !view.on_dead_node(pod)) {
        let warned = view.pod_warning(pod, &REASONS).filter(|event| event.last >= pod.meta.created);
        if warned.is_some_and(|event| view.within(event.last, thresholds::RECENT_EVENT)) {
            by_node.entry(&pod.node).or_default().push(pod);
        }
    }
    by_node.retain(|_, pods| is_the_nodes(view, pods));
    let severity = if by_node.len() > 1 { Severity::Critical } else { Severity::Warning };
    for (node, pods) in by_node {
        out.push(finding(view, node, severity, &pods));
    }
}

/// Pods of several workloads, and not only for a moment.
fn is_the_nodes(view: &View, pods: &[&Pod]) -> bool {
    let lasting = pods.iter().any(|pod| view.held(pod.meta.created, thresholds::POD_START_HOLD));
    lasting && view.by_workload(pods.iter().copied()).len() >= thresholds::NODE_SANDBOX_WORKLOADS
}

fn finding(view: &View, name: &Name, severity: Severity, pods: &[&Pod]) -> Finding {
    let node = ObjectRef::new(Kind::Node, &Name::empty(), name);
    let plugins = view.cluster.daemon_sets.iter().filter(|set| {
        matches!(&*set.meta.namespace, "openshift-ovn-kubernetes" | "openshift-sdn" | "openshift-multus" | "kube-system")
            && set.ready < set.desired
    });
    let since = pods.iter().filter_map(|pod| pod.meta.created).min();
    let cli = view.cli();
    Finding::new(&CHECK, severity, node, format!("{} pods of several workloads get no network on it", pods.len()))
        .since(since, "Pod metadata.creationTimestamp")
        .fact("events[reason=FailedCreatePodSandBox or NetworkNotReady]", format!("about {} pods", pods.len()))
        .affects(pods.iter().map(|pod| pod.reference()))
        .depends_on(plugins.map(Resource::reference))
        .confidence(Confidence::Likely)
        .look(format!("{cli} get pods -A -o wide --field-selector spec.nodeName={name}"), "shows whether the network plugin's pods on it are well")
        .look(format!("{cli} describe node {name}"), "shows its conditions and events")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn pod(name: &str, node: &str) -> String {
        format!(
            "
        kind: Pod
        metadata: {{name: {name}, namespace: shop, creationTimestamp: @20m}}
        spec: {{nodeName: {node}}}
        status: {{phase: Pending}}
        ---
        kind: Event
        metadata: {{name: {name}.1, namespace: shop}}
        involvedObject: {{kind: Pod, namespace: shop, name: {name}}}
        type: Warning
        reason: FailedCreatePodSandBox
        lastTimestamp: @2m
        ---"
        )
    }

    #[test]
    fn several_workloads_on_one_node_are_the_node() {
        fires(&CHECK, &(pod("a", "w1") + &pod("b", "w1")), &[
            "warning Node w1: 2 pods of several workloads get no network on it (since 20m)",
        ]);
        fires(&CHECK, &(pod("a", "w1") + &pod("b", "w1") + &pod("c", "w2") + &pod("d", "w2")), &[
            "critical Node w1: 2 pods of several workloads get no network on it (since 20m)",
            "critical Node w2: 2 pods of several workloads get no network on it (since 20m)",
        ]);
    }

    #[test]
    fn one_workload_and_short_delays_are_silent() {
        silent(&CHECK, &pod("a", "w1"));
        silent(&CHECK, &(pod("a", "w1") + &pod("b", "w2")));
        silent(&CHECK, &(pod("a", "w1") + &pod("b", "w1")).replace("@20m", "@1m"));
    }
}
