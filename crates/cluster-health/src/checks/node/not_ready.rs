//! Nodes that do not report themselves ready.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::Status;
use crate::model::node::Node;
use crate::model::{Kind, Resource};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "node-not-ready",
    title: "A node is not ready",
    explain: "Looks at each node's condition Ready. False means the kubelet reports a problem, such as a container \
              runtime or network plugin that does not answer; Unknown means the kubelet has stopped reporting at all: \
              the machine is off, unreachable or overloaded. Pods on the node stop serving within seconds and are \
              replaced after about five minutes, except those bound to it by a volume. A node that the machine config \
              operator is updating is expected to be away for a while and counts only after a quarter of an hour. \
              Critical for control-plane nodes, and when at least two workers or a third of them are not ready.",
    layer: Layer::Node,
    needs: &[Kind::Node],
    uses: &[Kind::Pod],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-monitoring-operator/KubeNodeNotReady.md",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let nodes = || view.cluster.nodes.iter();
    let workers = nodes().filter(|node| !node.is_control_plane()).count();
    let down: Vec<_> = nodes().filter(|node| view.is_down(node)).collect();
    let workers_down = down.iter().filter(|node| !node.is_control_plane()).count();
    let many = workers_down >= 2 || workers_down * 3 >= workers;
    for node in down {
        let severity = if node.is_control_plane() || many { Severity::Critical } else { Severity::Warning };
        out.push(finding(view, node, severity));
    }
}

fn finding(view: &View, node: &Node, severity: Severity) -> Finding {
    let name = &node.meta.name;
    let ready = node.conditions.get("Ready");
    let title = match ready.map(|ready| ready.status) {
        Some(Status::Unknown) => "not ready: its kubelet has stopped reporting",
        Some(_) => "not ready: its kubelet reports a problem",
        None => "not ready: it has never reported a state",
    };
    let pods = view.pods_on(name);
    let cli = view.cli();
    let mut finding = Finding::new(&CHECK, severity, node.reference(), title)
        .since(ready.and_then(|ready| ready.since), "status.conditions[Ready].lastTransitionTime")
        .fact("metadata.labels[node-role.kubernetes.io/*]", node.roles().join(","))
        .affects(pods.iter().map(|pod| pod.reference()))
        .look(format!("{cli} describe node {name}"), "shows its conditions, taints and recent events");
    if let Some(ready) = ready {
        finding = finding
            .fact("status.conditions[Ready].status", ready.status.as_str())
            .fact("status.conditions[Ready].reason", &ready.reason)
            .untrusted("status.conditions[Ready].message", ready.message.as_deref());
    }
    for worse in ["MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"] {
        if node.conditions.is_true(worse) {
            finding = finding.fact(format!("status.conditions[{worse}].status"), "True");
        }
    }
    if view.is_openshift() {
        finding = finding.look(
            format!("oc adm node-logs {name} -u kubelet --tail=50"),
            "shows the kubelet's last words, if the node still answers",
        );
    }
    finding.change(
        format!("{} drain {name} --ignore-daemonsets --delete-emptydir-data", view.admin_cli()),
        "moves its pods elsewhere before the machine is repaired or replaced",
        "evicts pods that may still be running; data in emptyDir volumes is lost",
    )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const READY_WORKERS: &str = "
        kind: Node
        metadata: {name: w1}
        status: {conditions: [{type: Ready, status: 'True'}]}
        ---
        kind: Node
        metadata: {name: w2}
        status: {conditions: [{type: Ready, status: 'True'}]}
        ---
        kind: Node
        metadata: {name: w3}
        status: {conditions: [{type: Ready, status: 'True'}]}
        ---";

    #[test]
    fn one_of_four_workers_is_a_warning() {
        let nodes = format!(
            "{READY_WORKERS}
        kind: Node
        metadata: {{name: w4}}
        status: {{conditions: [{{type: Ready, status: Unknown, reason: NodeStatusUnknown, lastTransitionTime: @20m}}]}}
        ---
        kind: Pod
        metadata: {{name: a, namespace: shop}}
        spec: {{nodeName: w4}}"
        );
        let found = fires(&CHECK, &nodes, &["warning Node w4: not ready: its kubelet has stopped reporting (since 20m)"]);
        assert_eq!(found[0].affected_count, 1);
    }

    #[test]
    fn a_control_plane_node_is_critical() {
        let nodes = format!(
            "{READY_WORKERS}
        kind: Node
        metadata: {{name: m1, labels: {{node-role.kubernetes.io/master: ''}}}}
        status: {{conditions: [{{type: Ready, status: 'False', reason: KubeletNotReady, lastTransitionTime: @1m}}]}}"
        );
        fires(&CHECK, &nodes, &["critical Node m1: not ready: its kubelet reports a problem (since 1m)"]);
    }

    #[test]
    fn ready_nodes_and_a_reboot_of_the_update_are_silent() {
        let rebooting = format!(
            "{READY_WORKERS}
        kind: Node
        metadata:
          name: w4
          annotations: {{machineconfiguration.openshift.io/state: Working}}
        status: {{conditions: [{{type: Ready, status: 'False', reason: KubeletNotReady, lastTransitionTime: @3m}}]}}"
        );
        silent(&CHECK, &rebooting);
        fires(&CHECK, &rebooting.replace("@3m", "@16m"), &[
            "warning Node w4: not ready: its kubelet reports a problem (since 16m)",
        ]);
    }
}
