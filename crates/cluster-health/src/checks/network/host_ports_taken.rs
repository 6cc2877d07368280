//! Pods that want a port of the node itself that is taken wherever they could run.

use std::collections::BTreeSet;

use crate::checks::{Check, Layer};
use crate::finding::{Confidence, Finding};
use crate::model::pod::{Phase, Pod};
use crate::model::{Kind, ObjectRef};
use crate::pod_trouble::{self, PodTrouble};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "network-host-ports-taken",
    title: "A port of the node that a pod wants is taken everywhere",
    explain: "Looks at pods that cannot be scheduled and ask for a port of their node, as routers on bare metal do. Two pods \
              with the same host port never share a node, so each needs one of its own: when the port is taken on every \
              ready node that takes pods, the pod waits until a node is added or a replica is given up. The usual causes \
              are more replicas than nodes, a roll-out that starts new pods before old ones go, and another workload with \
              the same port. Pods without a host port do not count, nor ports that are free on some node.",
    layer: Layer::Network,
    needs: &[Kind::Pod, Kind::Node],
    uses: &[Kind::Deployment, Kind::ReplicaSet],
    reference: "https://kubernetes.io/docs/concepts/configuration/overview/#services",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for (workload, pods) in view.troubled(PodTrouble::Unschedulable) {
        let Some(pod) = pods.iter().find(|pod| host_ports(pod).next().is_some()) else { continue };
        if !view.held(pod.meta.created, thresholds::POD_START_HOLD) {
            continue;
        }
        if let Some(port) = host_ports(pod).find(|&port| is_taken_everywhere(view, port)) {
            out.push(finding(view, workload, pods, port));
        }
    }
}

fn host_ports(pod: &Pod) -> impl Iterator<Item = u16> {
    let ports = pod.template.containers.iter().flat_map(|container| &container.ports);
    ports.map(|port| port.host).filter(|&port| port != 0)
}

/// Looks at every pod: for pods in this very trouble only.
fn is_taken_everywhere(view: &View, port: u16) -> bool {
    let holds = |pod: &&Pod| {
        matches!(pod.phase, Phase::Running | Phase::Pending) && host_ports(pod).any(|held| held == port)
    };
    let taken: BTreeSet<&str> =
        view.cluster.pods.iter().filter(|pod| !pod.node.is_empty()).filter(holds).map(|pod| &*pod.node).collect();
    let mut open = view.cluster.nodes.iter().filter(|node| node.is_ready() && !node.cordoned);
    let dedicated = |node: &crate::model::node::Node| node.taints.iter().any(|taint| taint.effect != "PreferNoSchedule");
    !taken.is_empty() && open.all(|node| taken.contains(&*node.meta.name) || dedicated(node))
}

fn finding(view: &View, workload: &ObjectRef, pods: &[&Pod], port: u16) -> Finding {
    let cli = view.cli();
    let many = pod_trouble::how_many(view, workload, pods);
    let title = format!("port {port} of the node is taken wherever {many} could run");
    let finding = pod_trouble::finding(view, &CHECK, workload, pods, title)
        .fact("spec.containers[*].ports.hostPort", port)
        .confidence(Confidence::Likely);
    let finding = match pods.first() {
        Some(pod) => finding.look(pod_trouble::describe(view, pod), "shows its ports and the scheduler's reasons"),
        None => finding,
    };
    finding.look(format!("{cli} get pods -n {} -o wide", workload.namespace), "shows which nodes its other pods are on")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn scene(held: &str, wanted: &str) -> String {
        format!(
            "
        kind: Node
        metadata: {{name: w1}}
        status: {{conditions: [{{type: Ready, status: 'True'}}]}}
        ---
        kind: Pod
        metadata: {{name: router-a, namespace: edge}}
        spec: {{nodeName: w1, containers: [{{name: router, ports: [{{containerPort: 80, hostPort: {held}}}]}}]}}
        status: {{phase: Running, conditions: [{{type: Ready, status: 'True'}}]}}
        ---
        kind: Pod
        metadata: {{name: router-b, namespace: edge, creationTimestamp: @30m}}
        spec: {{containers: [{{name: router, ports: [{{containerPort: 80, hostPort: {wanted}}}]}}]}}
        status: {{phase: Pending, conditions: [{{type: PodScheduled, status: 'False', reason: Unschedulable}}]}}"
        )
    }

    #[test]
    fn a_port_that_is_taken_on_every_node() {
        fires(&CHECK, &scene("80", "80"), &[
            "warning Pod edge/router-b: port 80 of the node is taken wherever the pod could run (since 30m)",
        ]);
    }

    #[test]
    fn another_port_none_and_a_free_node_are_silent() {
        silent(&CHECK, &scene("80", "443"));
        silent(&CHECK, &scene("80", "0"));
        let free = "
        ---
        kind: Node
        metadata: {name: w2}
        status: {conditions: [{type: Ready, status: 'True'}]}";
        silent(&CHECK, &(scene("80", "80") + free));
    }
}
