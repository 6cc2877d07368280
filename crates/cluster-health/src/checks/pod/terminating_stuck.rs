//! Pods that should have been gone long ago.

use std::collections::BTreeMap;

use crate::ordered::Ordered;
use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::pod::Pod;
use crate::model::{Kind, ObjectRef, Resource};
use crate::pod_trouble::{self, PodTrouble, shown};
use crate::thresholds::TERMINATING_HOLD;
use crate::time::Time;
use crate::view::{Availability, View, is_platform};

pub const CHECK: Check = Check {
    id: "pod-terminating-stuck",
    title: "Pods do not finish terminating",
    explain: "Looks for pods that should have been gone ten minutes ago: their deletion was asked for and the grace \
              period is over. On a node that is not ready nobody confirms the end, so such pods are listed with their \
              node; a StatefulSet waits for them and starts no replacement. Elsewhere a finalizer keeps the pod whose \
              owner no longer runs, or the kubelet cannot stop a container or unmount a volume. Deleting by force only \
              removes the record: the containers may still run and write to their volume.",
    layer: Layer::Pod,
    needs: &[Kind::Pod],
    uses: &[Kind::Node, Kind::Deployment, Kind::ReplicaSet, Kind::StatefulSet, Kind::DaemonSet],
    reference: "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut on_dead_nodes: BTreeMap<ObjectRef, Vec<&Pod>> = BTreeMap::new();
    for (workload, pods) in view.troubled(PodTrouble::Terminating) {
        let mut overdue: Vec<&Pod> = pods.iter().copied().filter(|pod| view.held(due(pod), TERMINATING_HOLD)).collect();
        for pod in overdue.extract_if(.., |pod| view.on_dead_node(pod)) {
            let node = ObjectRef::new(Kind::Node, &Default::default(), &pod.node);
            on_dead_nodes.entry(node).or_default().push(pod);
        }
        out.extend(of_workload(view, workload, &overdue));
    }
    out.extend(on_dead_nodes.into_iter().map(|(node, pods)| of_node(view, node, &pods)));
}

fn due(pod: &Pod) -> Option<Time> {
    pod.meta.deletion.as_ref().map(|deletion| deletion.due)
}

fn finding(severity: Severity, object: ObjectRef, pods: &[&Pod], title: String) -> Finding {
    let first = pods.iter().filter_map(|pod| due(pod)).min();
    let mut finalizers: Vec<&str> =
        pods.iter().filter_map(|pod| pod.meta.deletion.as_ref()).flat_map(|d| d.finalizers.iter()).map(|f| &**f).collect();
    finalizers.put_in_order();
    finalizers.dedup();
    let finalizers = if finalizers.is_empty() { "none".to_owned() } else { finalizers.join(", ") };
    Finding::new(&CHECK, severity, object, title)
        .since(first, "metadata.deletionTimestamp")
        .reference_of("metadata.finalizers", &finalizers)
        .affects(pods.iter().map(|pod| pod.reference()))
}

fn of_workload(view: &View, workload: &ObjectRef, pods: &[&Pod]) -> Option<Finding> {
    let pod = *pods.first()?;
    let many = if pods.len() == 1 { "a pod does".to_owned() } else { format!("{} pods do", pods.len()) };
    let has_finalizers = pod.meta.deletion.as_ref().is_some_and(|deletion| !deletion.finalizers.is_empty());
    let node_is_gone = !pod.node.is_empty() && view.node(&pod.node).is_none() && view.all_seen(Kind::Node);
    let why = match (has_finalizers, node_is_gone) {
        (true, _) => ": finalizers hold on",
        (false, true) => ": the node is gone",
        (false, false) => "",
    };
    let finding = finding(severity(view, workload), workload.clone(), pods, format!("{many} not finish terminating{why}"))
        .fact("spec.nodeName", if pod.node.is_empty() { "not set" } else { shown(&pod.node) })
        .look(pod_trouble::describe(view, pod), "shows its finalizers, containers and events");
    if !view.is_openshift() || view.node(&pod.node).is_none() {
        return Some(finding);
    }
    Some(finding.look(
        format!("oc adm node-logs {} -u kubelet --tail=50", shown(&pod.node)),
        "shows what the kubelet waits for",
    ))
}

/// A workload that has all its replicas only has something to tidy up.
fn severity(view: &View, workload: &ObjectRef) -> Severity {
    let Some(availability) = view.availability(workload).filter(|_| workload.known_kind() != Some(Kind::Pod)) else {
        return Severity::Warning;
    };
    let short = availability.available < availability.desired;
    let platform = is_platform(&workload.namespace) && !view.updating();
    if Availability::is_down(availability) || (short && platform) { Severity::Critical } else { Severity::Warning }
}

fn of_node(view: &View, node: ObjectRef, pods: &[&Pod]) -> Finding {
    let many = if pods.len() == 1 { "1 pod waits".to_owned() } else { format!("{} pods wait", pods.len()) };
    let sets = pods.iter().map(|pod| view.workload(pod)).filter(|w| w.known_kind() == Some(Kind::StatefulSet));
    let sets: Vec<String> = sets.map(|set| format!("{}/{}", set.namespace, set.name)).collect();
    let name = shown(&node.name).to_owned();
    let mut finding = finding(Severity::Warning, node, pods, format!("{many} for this node to confirm its end"));
    if !sets.is_empty() {
        finding = finding.fact("StatefulSets that wait for a replica on it", sets.join(", "));
    }
    finding
        .look(
            format!("{} get pods -A -o wide --field-selector=spec.nodeName={name}", view.cli()),
            "lists the pods it still holds",
        )
        .change(
            format!("{} taint node {name} node.kubernetes.io/out-of-service=nodeshutdown:NoExecute", view.cli()),
            "gives up its pods and detaches their volumes, so that replacements can start elsewhere",
            "only when the machine is certainly off: containers that still run would write to volumes a second time",
        )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const LEAVING: &str = "
        kind: Pod
        metadata:
          name: web-1
          namespace: shop
          deletionTimestamp: @31m
          deletionGracePeriodSeconds: 30
          ownerReferences: [{kind: StatefulSet, name: web, controller: true}]
        spec: {nodeName: w1, containers: [{name: app}]}
        status: {phase: Running}
        ---
        kind: StatefulSet
        metadata: {name: web, namespace: shop}
        spec: {replicas: 2}
        status: {readyReplicas: 1}
        ---
        kind: Node
        metadata: {name: w1}
        status: {conditions: [{type: Ready, status: 'True'}]}";

    #[test]
    fn a_finalizer_is_named() {
        fires(&CHECK, LEAVING, &["warning StatefulSet shop/web: a pod does not finish terminating (since 31m)"]);
        let held = LEAVING.replace("deletionGrace", "finalizers: [example.com/detach]\n          deletionGrace");
        fires(&CHECK, &held, &[
            "warning StatefulSet shop/web: a pod does not finish terminating: finalizers hold on (since 31m)",
        ]);
        let platform = LEAVING.replace("namespace: shop", "namespace: openshift-monitoring");
        fires(&CHECK, &platform, &[
            "critical StatefulSet openshift-monitoring/web: a pod does not finish terminating (since 31m)",
        ]);
        fires(&CHECK, &platform.replace("readyReplicas: 1", "readyReplicas: 2"), &[
            "warning StatefulSet openshift-monitoring/web: a pod does not finish terminating (since 31m)",
        ]);
    }

    #[test]
    fn pods_of_a_dead_node_are_listed_with_it() {
        let found = fires(&CHECK, &LEAVING.replace("status: 'True'", "status: Unknown"), &[
            "warning Node w1: 1 pod waits for this node to confirm its end (since 31m)",
        ]);
        assert!(format!("{:?}", found[0].facts).contains("shop/web"));
        fires(&CHECK, &LEAVING.replace("kind: Node\n        metadata: {name: w1", "kind: Node\n        metadata: {name: w9"), &[
            "warning StatefulSet shop/web: a pod does not finish terminating: the node is gone (since 31m)",
        ]);
    }

    #[test]
    fn pods_within_their_grace_are_silent() {
        silent(&CHECK, &LEAVING.replace("@31m", "@9m"));
        silent(&CHECK, &LEAVING.replace("deletionTimestamp: @31m", "creationTimestamp: @31m"));
    }
}
