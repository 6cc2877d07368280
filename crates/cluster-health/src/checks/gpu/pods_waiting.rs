//! Pods that wait for GPUs nobody has free.

use crate::checks::{Check, Layer};
use crate::finding::{Confidence, Finding};
use crate::model::node::Node;
use crate::model::pod::{Phase, Pod};
use crate::model::{Kind, ObjectRef, Resource};
use crate::pod_trouble::{self, PodTrouble};
use crate::quantity::Quantity;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "gpu-pods-waiting",
    title: "Pods wait for GPUs that no node has free",
    explain: "Looks at pods that cannot be scheduled and ask for nvidia.com/gpu, and at what each ready node offers and has \
              given away. When no node that takes pods has as many free as one pod wants, the pod waits until another \
              gives its own back. The usual causes are more models or jobs than GPUs, a pod that asks for more than any \
              node has, and nodes whose GPUs cannot be used at the moment. Where some node has enough free, something \
              else keeps the pod from it, and this says nothing.",
    layer: Layer::Node,
    needs: &[Kind::Pod, Kind::Node],
    uses: &[Kind::ClusterPolicy],
    reference: "https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for (workload, pods) in view.troubled(PodTrouble::Unschedulable) {
        let Some(&pod) = pods.first() else { continue };
        let wanted = wanted(pod);
        if wanted == Quantity::ZERO || !view.held(pod.meta.created, thresholds::POD_START_HOLD) {
            continue;
        }
        let nodes = view.cluster.nodes.iter().filter(|node| node.is_ready() && !node.cordoned);
        let free: Vec<(&Node, Quantity)> = nodes.map(|node| (node, free(view, node))).collect();
        if free.iter().all(|(_, free)| *free < wanted) {
            out.push(finding(view, workload, pods, wanted, &free));
        }
    }
}

/// By all containers of a pod together; GPUs are requested by their limit.
fn wanted(pod: &Pod) -> Quantity {
    let containers = pod.template.containers.iter();
    let gpus = containers.filter_map(|container| container.requests.gpus.or(container.limits.gpus));
    gpus.fold(Quantity::ZERO, Quantity::plus)
}

fn free(view: &View, node: &Node) -> Quantity {
    let offered = node.gpus.allocatable.unwrap_or_default();
    if offered == Quantity::ZERO {
        return offered;
    }
    let holders = view.pods_on(&node.meta.name).iter();
    let holders = holders.filter(|pod| matches!(pod.phase, Phase::Running | Phase::Pending | Phase::Unknown));
    let given = holders.map(|pod| wanted(pod)).fold(Quantity::ZERO, Quantity::plus);
    Quantity::from_millis(offered.millis().saturating_sub(given.millis()).max(0))
}

fn finding(view: &View, workload: &ObjectRef, pods: &[&Pod], wanted: Quantity, free: &[(&Node, Quantity)]) -> Finding {
    let many = pod_trouble::how_many(view, workload, pods);
    let gpus = if wanted == Quantity::from_millis(1000) { "GPU" } else { "GPUs" };
    let title = format!("{many} waits for {wanted} {gpus} on one node, and no node has as many free");
    let offering = free.iter().filter(|(node, _)| node.gpus.allocatable.is_some_and(|gpus| gpus > Quantity::ZERO));
    let mut finding = pod_trouble::finding(view, &CHECK, workload, pods, title)
        .fact("spec.containers[*].resources.limits[nvidia.com/gpu]", wanted)
        .confidence(Confidence::Likely)
        .depends_on(free.iter().map(|(node, _)| node.reference()))
        .depends_on(view.cluster.cluster_policies.iter().map(Resource::reference));
    let mut none = true;
    for (node, free) in offering.take(crate::finding::AFFECTED_SHOWN) {
        none = false;
        let offered = node.gpus.allocatable.unwrap_or_default();
        finding = finding.fact(format!("Node {} free of status.allocatable[nvidia.com/gpu]", node.meta.name), format!("{free} of {offered}"));
    }
    if none {
        finding = finding.fact("ready nodes that offer nvidia.com/gpu", "none");
    }
    let cli = view.cli();
    finding
        .look(format!("{cli} describe nodes -l nvidia.com/gpu.present=true"), "shows what each node offers and has given away")
        .look(format!("{cli} get pods -n {} -o wide", workload.namespace), "shows which pods of the namespace have theirs")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn scene(offered: &str, wanted: &str) -> String {
        format!(
            "
        kind: Node
        metadata: {{name: g1}}
        status: {{conditions: [{{type: Ready, status: 'True'}}], allocatable: {{nvidia.com/gpu: '{offered}'}}}}
        ---
        kind: Pod
        metadata: {{name: old, namespace: ml}}
        spec: {{nodeName: g1, containers: [{{name: c, resources: {{limits: {{nvidia.com/gpu: '1'}}}}}}]}}
        status: {{phase: Running, conditions: [{{type: Ready, status: 'True'}}]}}
        ---
        kind: Pod
        metadata: {{name: new, namespace: ml, creationTimestamp: @30m}}
        spec: {{containers: [{{name: c, resources: {{limits: {{nvidia.com/gpu: '{wanted}'}}}}}}]}}
        status: {{phase: Pending, conditions: [{{type: PodScheduled, status: 'False', reason: Unschedulable}}]}}"
        )
    }

    #[test]
    fn what_is_left_does_not_suffice() {
        let found = fires(&CHECK, &scene("2", "2"), &[
            "warning Pod ml/new: the pod waits for 2 GPUs on one node, and no node has as many free (since 30m)",
        ]);
        assert!(format!("{:?}", found[0].facts).contains("1 of 2"));
    }

    #[test]
    fn enough_free_and_pods_without_gpus_are_silent() {
        silent(&CHECK, &scene("3", "2"));
        silent(&CHECK, &scene("2", "0"));
    }
}
