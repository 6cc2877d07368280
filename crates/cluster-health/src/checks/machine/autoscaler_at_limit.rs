//! Autoscalers that may not grow any more while pods find no node.

use crate::checks::{Check, Layer};
use crate::finding::{Confidence, Finding, Severity};
use crate::model::{Kind, ObjectRef, Resource};
use crate::pod_trouble::PodTrouble;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "machine-autoscaler-at-limit",
    title: "The cluster may not grow any more while pods find no node",
    explain: "Looks at clusters that scale themselves, while pods wait because no node fits them. It speaks when every \
              MachineAutoscaler has reached its maximum, or the cluster as many nodes as the ClusterAutoscaler allows. The \
              limit then decides, not the provider. Pods may also wait for what no new node would bring, such as a label, so \
              this is likely rather than certain.",
    layer: Layer::Node,
    needs: &[Kind::MachineAutoscaler, Kind::MachineSet, Kind::Pod],
    uses: &[Kind::ClusterAutoscaler, Kind::Node],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/machine_management/applying-autoscaling",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let waiting: Vec<&ObjectRef> = view.troubled(PodTrouble::Unschedulable).map(|(workload, _)| workload).collect();
    if waiting.is_empty() {
        return;
    }
    let nodes = u32::try_from(view.cluster.nodes.len()).unwrap_or(u32::MAX);
    let full = view.cluster.cluster_autoscalers.iter().find(|it| it.max_nodes.is_some_and(|max| nodes >= max));
    if let Some(autoscaler) = full {
        let max = autoscaler.max_nodes.unwrap_or_default();
        let title = format!("allows {max} nodes and there are {nodes}, while pods find no node");
        out.push(finding(autoscaler.reference(), title, &waiting).fact("spec.resourceLimits.maxNodesTotal", max));
        return;
    }
    let mut limits = Vec::new();
    for autoscaler in view.cluster.machine_autoscalers.iter() {
        let set = view.cluster.machine_sets.get(&autoscaler.meta.namespace, &autoscaler.target);
        let Some(set) = set.filter(|set| set.desired >= autoscaler.max) else { return };
        limits.push((autoscaler, set));
    }
    for (autoscaler, set) in limits {
        let title = format!("MachineSet {} is at its maximum of {}, while pods find no node", set.meta.name, autoscaler.max);
        out.push(
            finding(autoscaler.reference(), title, &waiting)
                .fact("spec.maxReplicas", autoscaler.max)
                .fact(format!("{} spec.replicas", set.reference()), set.desired),
        );
    }
}

fn finding(object: ObjectRef, title: String, waiting: &[&ObjectRef]) -> Finding {
    Finding::new(&CHECK, Severity::Warning, object, title)
        .fact("workloads with pods that find no node", waiting.len())
        .affects(waiting.iter().map(|workload| (*workload).clone()))
        .confidence(Confidence::Likely)
        .look("oc get clusterautoscaler,machineautoscalers,machinesets.machine.openshift.io -A", "shows the limits and the sizes")
        .look("oc logs -n openshift-machine-api deployment/cluster-autoscaler-default --tail=50", "shows why it does not add a node")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const FULL: &str = "
        kind: MachineAutoscaler
        metadata: {name: a, namespace: openshift-machine-api}
        spec: {minReplicas: 1, maxReplicas: 3, scaleTargetRef: {kind: MachineSet, name: w}}
        ---
        kind: MachineSet
        metadata: {name: w, namespace: openshift-machine-api}
        spec: {replicas: 3}
        ---
        kind: Pod
        metadata: {name: web, namespace: shop}
        status: {phase: Pending, conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable, lastTransitionTime: @30m}]}";

    #[test]
    fn a_limit_that_is_reached_is_named() {
        fires(&CHECK, FULL, &[
            "warning MachineAutoscaler openshift-machine-api/a: MachineSet w is at its maximum of 3, while pods find no node",
        ]);
        let cluster = FULL.to_owned() + "
        ---
        kind: Node
        metadata: {name: w1}
        ---
        kind: ClusterAutoscaler
        metadata: {name: default}
        spec: {resourceLimits: {maxNodesTotal: 1}}";
        fires(&CHECK, &cluster, &["warning ClusterAutoscaler default: allows 1 nodes and there are 1, while pods find no node"]);
    }

    #[test]
    fn room_to_grow_and_nobody_waiting_are_silent() {
        silent(&CHECK, &FULL.replace("replicas: 3", "replicas: 2"));
        silent(&CHECK, &FULL.replace("reason: Unschedulable", "reason: SchedulingGated"));
    }
}
