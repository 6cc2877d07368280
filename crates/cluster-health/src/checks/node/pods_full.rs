//! Nodes that run as many pods as they take.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::{Kind, Resource};
use crate::pod_trouble::PodTrouble;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "node-pods-full",
    title: "A node runs nearly as many pods as it takes",
    explain: "Counts the pods on each node that have not ended, against status.allocatable.pods. From 95 % on the next drain or \
              roll-out finds no place there, however idle the machine is. Critical when a node is full while pods find no \
              node at all. The number is a setting of the kubelet (250 by default on OpenShift), bounded by the addresses \
              its part of the pod network has.",
    layer: Layer::Node,
    needs: &[Kind::Node, Kind::Pod],
    uses: &[],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/nodes/working-with-nodes",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for node in view.cluster.nodes.iter() {
        let Some(most) = node.pods.map(|pods| pods.units()).filter(|most| *most > 0) else { continue };
        let pods = i64::from(view.cluster.standing().load(&node.meta.name).pods);
        if pods * 100 < most * thresholds::NODE_PODS_PERCENT {
            continue;
        }
        let waiting = view.troubled(PodTrouble::Unschedulable).next().is_some();
        let severity = if pods >= most && waiting { Severity::Critical } else { Severity::Warning };
        let (cli, name) = (view.cli(), &node.meta.name);
        out.push(
            Finding::new(&CHECK, severity, node.reference(), format!("runs {pods} of at most {most} pods"))
                .fact("status.allocatable.pods", most)
                .fact("pods on it that have not ended", pods)
                .look(format!("{cli} get pods -A -o wide --field-selector spec.nodeName={name}"), "shows what runs on it"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const FULL: &str = "
        kind: Node
        metadata: {name: w1}
        status: {allocatable: {pods: '2'}}
        ---
        kind: Pod
        metadata: {name: a, namespace: shop}
        spec: {nodeName: w1}
        status: {phase: Running}
        ---
        kind: Pod
        metadata: {name: b, namespace: shop}
        spec: {nodeName: w1}
        status: {phase: Running}";

    #[test]
    fn a_full_node_is_a_warning_until_somebody_waits() {
        fires(&CHECK, FULL, &["warning Node w1: runs 2 of at most 2 pods"]);
        let waiting = FULL.to_owned() + "
        ---
        kind: Pod
        metadata: {name: c, namespace: shop}
        status: {phase: Pending, conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable}]}";
        fires(&CHECK, &waiting, &["critical Node w1: runs 2 of at most 2 pods"]);
    }

    #[test]
    fn pods_that_have_ended_take_no_room() {
        silent(&CHECK, &FULL.replacen("phase: Running", "phase: Succeeded", 1));
        silent(&CHECK, &FULL.replace("'2'", "'3'"));
    }
}
