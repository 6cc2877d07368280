//! Workloads of the platform of which all replicas run on one node.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::fitting::keeps_out;
use crate::model::node::Node;
use crate::model::pod::{Phase, Pod};
use crate::model::{Kind, ObjectRef, Resource};
use crate::pod_trouble::newest_revision;
use crate::thresholds;
use crate::view::{View, is_platform};

pub const CHECK: Check = Check {
    id: "workload-not-spread",
    title: "All replicas of a platform workload run on one node",
    explain: "Looks at Deployments and StatefulSets of the platform that want two or more replicas and have them, all on one \
              node, although another would take them by its labels, taints and state. When that node fails or is drained, \
              all of them go at once. It is worth knowing and no more: nothing has failed yet. Counts an hour after the last \
              of them started, and not during an update, which drains one node after the other. The usual cause is a time at \
              which one node alone was ready; replicas with volumes stay where these are.",
    layer: Layer::Workload,
    needs: &[Kind::Pod, Kind::Node],
    uses: &[Kind::Deployment, Kind::ReplicaSet, Kind::StatefulSet],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-monitoring-operator/HighlyAvailableWorkloadIncorrectlySpread.md",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    if view.updating() || view.cluster.nodes.len() < 2 {
        return;
    }
    for deployment in view.cluster.deployments.iter() {
        if is_platform(&deployment.meta.namespace) && deployment.desired > 1 && deployment.available >= deployment.desired {
            let workload = deployment.reference();
            let pods = pods_of(view, &workload);
            out.extend(finding(view, workload, deployment.desired, &pods));
        }
    }
    for set in view.cluster.stateful_sets.iter() {
        if is_platform(&set.meta.namespace) && set.desired > 1 && set.ready >= set.desired {
            let pod = |ordinal| view.cluster.pods.get(&set.meta.namespace, &format!("{}-{ordinal}", set.meta.name));
            let pods: Vec<&Pod> = (0..set.desired).filter_map(pod).collect();
            out.extend(finding(view, set.reference(), set.desired, &pods));
        }
    }
}

/// Those of its newest revision, which pods name themselves after.
fn pods_of<'a>(view: &View<'a>, deployment: &ObjectRef) -> Vec<&'a Pod> {
    let Some(set) = newest_revision(view, deployment) else { return Vec::new() };
    let of_set = |pod: &&Pod| pod.meta.owner.as_ref().is_some_and(|owner| owner.name == set.meta.name);
    view.cluster.pods.beginning(&set.meta.namespace, &set.meta.name).filter(of_set).collect()
}

/// Nothing where not all replicas were seen: the others may run elsewhere.
fn finding(view: &View, workload: ObjectRef, desired: u32, pods: &[&Pod]) -> Option<Finding> {
    let first = pods.first()?;
    let here = view.node(&first.node)?;
    let together = pods.iter().all(|pod| pod.phase == Phase::Running && pod.node == first.node);
    let since = pods.iter().filter_map(|pod| pod.started).max();
    let all_seen = u32::try_from(pods.len()).is_ok_and(|seen| seen >= desired);
    if !all_seen || !together || !view.held(since, thresholds::SPREAD_HOLD) {
        return None;
    }
    let would_take = |node: &&Node| node.meta.name != here.meta.name && keeps_out(node, first.template.placement.as_deref()).is_none();
    let elsewhere = view.cluster.nodes.iter().filter(would_take).count();
    if elsewhere == 0 {
        return None;
    }
    let (cli, namespace) = (view.cli(), workload.namespace.clone());
    let title = format!("all {} replicas run on one node", pods.len());
    Some(
        Finding::new(&CHECK, Severity::Info, workload, title)
            .since(since, "status.startTime")
            .fact("spec.nodeName of all of them", &first.node)
            .fact("other nodes that would take them", elsewhere)
            .affects([here.reference()])
            .look(format!("{cli} get pods -n {namespace} -o wide"), "shows which pods run where")
            .change(
                format!("{cli} delete pod -n {namespace} {}", first.meta.name),
                "lets the scheduler place one of them anew",
                "one replica is away for as long as a start takes; the scheduler may choose the same node again",
            ),
    )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const TOGETHER: &str = "
        kind: Node
        metadata: {name: w1}
        status: {conditions: [{type: Ready, status: 'True'}]}
        ---
        kind: Node
        metadata: {name: w2}
        status: {conditions: [{type: Ready, status: 'True'}]}
        ---
        kind: Deployment
        metadata: {name: router, namespace: openshift-ingress}
        spec: {replicas: 2}
        status: {replicas: 2, availableReplicas: 2}
        ---
        kind: ReplicaSet
        metadata: {name: router-5d, namespace: openshift-ingress, ownerReferences: [{kind: Deployment, name: router, controller: true}]}
        ---
        kind: Pod
        metadata: {name: router-5d-a, namespace: openshift-ingress, ownerReferences: [{kind: ReplicaSet, name: router-5d, controller: true}]}
        spec: {nodeName: w1}
        status: {phase: Running, startTime: @3h, conditions: [{type: Ready, status: 'True'}]}
        ---
        kind: Pod
        metadata: {name: router-5d-b, namespace: openshift-ingress, ownerReferences: [{kind: ReplicaSet, name: router-5d, controller: true}]}
        spec: {nodeName: w1}
        status: {phase: Running, startTime: @2h, conditions: [{type: Ready, status: 'True'}]}";

    #[test]
    fn replicas_that_would_go_together() {
        let line = "Deployment openshift-ingress/router: all 2 replicas run on one node (since 2h)";
        fires(&CHECK, TOGETHER, &[&format!("info {line}")]);
    }

    #[test]
    fn stateful_replicas_are_found_by_their_numbers() {
        let nodes = TOGETHER.split_inclusive("---").take(2).collect::<String>();
        let set = nodes + "
        kind: StatefulSet
        metadata: {name: db, namespace: openshift-monitoring}
        spec: {replicas: 2}
        status: {readyReplicas: 2}
        ---
        kind: Pod
        metadata: {name: db-0, namespace: openshift-monitoring}
        spec: {nodeName: w2}
        status: {phase: Running, startTime: @3h}
        ---
        kind: Pod
        metadata: {name: db-1, namespace: openshift-monitoring}
        spec: {nodeName: w2}
        status: {phase: Running, startTime: @3h}";
        fires(&CHECK, &set, &["info StatefulSet openshift-monitoring/db: all 2 replicas run on one node (since 3h)"]);
        silent(&CHECK, &set.replace("name: db-1", "name: db-x"));
    }

    #[test]
    fn spread_fresh_unseen_and_users_replicas_and_those_that_fit_nowhere_else_are_silent() {
        let last = TOGETHER.rfind("nodeName: w1").unwrap();
        silent(&CHECK, &format!("{}nodeName: w2{}", &TOGETHER[..last], &TOGETHER[last + "nodeName: w1".len()..]));
        silent(&CHECK, &TOGETHER.replace("@2h", "@20m"));
        let third = TOGETHER.replace("spec: {replicas: 2}", "spec: {replicas: 3}");
        silent(&CHECK, &third.replace("availableReplicas: 2", "availableReplicas: 3"));
        silent(&CHECK, &TOGETHER.replace("openshift-ingress", "shop"));
        silent(&CHECK, &TOGETHER.replace("spec: {nodeName: w1}", "spec: {nodeName: w1, nodeSelector: {disk: ssd}}"));
        silent(&CHECK, &TOGETHER.replace("availableReplicas: 2", "availableReplicas: 1"));
        let down = TOGETHER.replacen("metadata: {name: w2}\n        status: {conditions: [{type: Ready, status: 'True'}]}", "metadata: {name: w2}\n        status: {conditions: [{type: Ready, status: 'False'}]}", 1);
        silent(&CHECK, &down);
        let updating = "
        ---
        kind: ClusterVersion
        metadata: {name: version}
        status: {conditions: [{type: Progressing, status: 'True'}]}";
        silent(&CHECK, &format!("{TOGETHER}{updating}"));
    }
}
