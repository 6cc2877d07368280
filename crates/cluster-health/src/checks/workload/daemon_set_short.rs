//! DaemonSets that lack a ready pod on some node.

use std::collections::HashSet;

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::daemon_set::DaemonSet;
use crate::model::node::Node;
use crate::model::pod::Pod;
use crate::model::{Kind, Resource};
use crate::pod_trouble;
use crate::thresholds::NOT_READY_HOLD;
use crate::time::Time;
use crate::view::{View, is_platform};

pub const CHECK: Check = Check {
    id: "workload-daemon-set-short",
    title: "A DaemonSet lacks ready pods",
    explain: "Compares status.desiredNumberScheduled with status.numberReady of each DaemonSet, a quarter of an hour \
              after the first of its pods stopped being ready. DaemonSets carry what every node needs: network, storage \
              drivers, DNS, monitoring; without its pod, a node takes workloads it cannot serve. A pod on a node that is \
              not ready is that node's trouble and makes a warning only. Critical when nothing is ready, and when a \
              ready node lacks a platform pod outside of an update. Sets that want no pods are normal.",
    layer: Layer::Workload,
    needs: &[Kind::DaemonSet],
    uses: &[Kind::Pod, Kind::Node],
    reference: "https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/",
    run,
};

/// More names help nobody.
const NODES_SHOWN: usize = 5;

fn run(view: &View, out: &mut Vec<Finding>) {
    out.extend(
        view.cluster.daemon_sets.iter().filter(|set| set.ready < set.desired).filter_map(|set| finding(view, set)),
    );
}

fn finding(view: &View, set: &DaemonSet) -> Option<Finding> {
    let object = set.reference();
    let pods: Vec<&Pod> = view.unserving_of(&object).collect();
    let dead: Vec<&Node> = view.cluster.nodes.iter().filter(|node| !node.is_ready()).collect();
    let dead_short: Vec<&Node> =
        dead.into_iter().filter(|node| pods.iter().any(|pod| pod.node == node.meta.name)).collect();
    let (since, field) = onset(set, &pods);
    if !view.held(since, NOT_READY_HOLD) {
        return None;
    }
    let short = set.desired - set.ready;
    let on_dead = u32::try_from(dead_short.len()).unwrap_or(u32::MAX);
    let title = match on_dead {
        0 => format!("{} of {} nodes lack a ready pod", short, set.desired),
        _ if on_dead >= short => format!("{short} of {} nodes lack a ready pod, all of them nodes that are not ready", set.desired),
        _ => format!("{short} of {} nodes lack a ready pod, {on_dead} of them not ready themselves", set.desired),
    };
    let (namespace, name) = (&set.meta.namespace, &set.meta.name);
    let mut finding = Finding::new(&CHECK, severity(view, set, on_dead < short), object.clone(), title)
        .since(since, field)
        .fact("status.numberReady", format!("{} of {}", set.ready, set.desired))
        .affects(pods.iter().map(|pod| pod.reference()))
        .depends_on(view.admission_needs(&set.template, &set.meta.namespace));
    let lacking = lacking(view, set);
    if !lacking.is_empty() {
        let names: Vec<&str> = lacking.iter().take(NODES_SHOWN).map(|node| &*node.meta.name).collect();
        finding = finding.fact(format!("{} ready nodes without its pod", lacking.len()), names.join(", "));
    } else if set.current < set.desired {
        finding = finding.fact("status.currentNumberScheduled", format!("{} of {}", set.current, set.desired));
    }
    let unready: Vec<&str> =
        pods.iter().filter(|pod| !view.on_dead_node(pod)).map(|pod| pod_trouble::shown(&pod.node)).take(NODES_SHOWN).collect();
    if !unready.is_empty() {
        finding = finding.fact("ready nodes with a pod that is not ready", unready.join(", "));
    }
    if set.misscheduled > 0 {
        finding = finding.fact("status.numberMisscheduled", set.misscheduled);
    }
    Some(
        finding
            .depends_on(dead_short.iter().map(|node| node.reference()))
            .look(
                format!("{} describe daemonset -n {namespace} {name}", view.cli()),
                "shows its events, node selector and tolerations",
            )
            .look(format!("{} get pods -n {namespace} -o wide", view.cli()), "shows the state of its pods by node"),
    )
}

fn severity(view: &View, set: &DaemonSet, short_on_ready_node: bool) -> Severity {
    let platform = is_platform(&set.meta.namespace) && !view.updating();
    if set.ready == 0 || (platform && short_on_ready_node) { Severity::Critical } else { Severity::Warning }
}

fn onset(set: &DaemonSet, pods: &[&Pod]) -> (Option<Time>, &'static str) {
    match pod_trouble::first_unready(pods.iter().copied()) {
        (None, _) => (set.meta.created, "metadata.creationTimestamp"),
        first => first,
    }
}

/// Ready nodes without a pod of the set. Which nodes want one is known only of sets that want one everywhere.
fn lacking<'a>(view: &View<'a>, set: &DaemonSet) -> Vec<&'a Node> {
    let nodes = view.cluster.nodes.len();
    let everywhere = usize::try_from(set.desired).is_ok_and(|desired| desired == nodes);
    if !everywhere || set.current >= set.desired || !view.seen_in(Kind::Pod, &set.meta.namespace) {
        return Vec::new();
    }
    let owned = |pod: &&Pod| pod.meta.owner.as_ref().is_some_and(|o| o.kind == "DaemonSet" && o.name == set.meta.name);
    let pods = view.cluster.pods.in_namespace(&set.meta.namespace).filter(owned);
    let covered: HashSet<&str> = pods.map(|pod| &*pod.node).collect();
    view.cluster.nodes.iter().filter(|node| node.is_ready() && !covered.contains(&*node.meta.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const SHORT: &str = "
        kind: DaemonSet
        metadata: {name: dns, namespace: openshift-dns, creationTimestamp: @9d}
        status: {desiredNumberScheduled: 2, currentNumberScheduled: 2, numberReady: 1}
        ---
        kind: Pod
        metadata: {name: dns-1, namespace: openshift-dns, ownerReferences: [{kind: DaemonSet, name: dns, controller: true}]}
        spec: {nodeName: w1}
        status: {phase: Running, conditions: [{type: Ready, status: 'False', lastTransitionTime: @20m}]}
        ---
        kind: Node
        metadata: {name: w1}
        status: {conditions: [{type: Ready, status: 'True'}]}
        ---
        kind: Node
        metadata: {name: w2}
        status: {conditions: [{type: Ready, status: 'True'}]}";

    #[test]
    fn a_ready_node_without_a_platform_pod_is_critical() {
        fires(&CHECK, SHORT, &["critical DaemonSet openshift-dns/dns: 1 of 2 nodes lack a ready pod (since 20m)"]);
        fires(&CHECK, &SHORT.replace("openshift-dns", "logging"), &[
            "warning DaemonSet logging/dns: 1 of 2 nodes lack a ready pod (since 20m)",
        ]);
    }

    #[test]
    fn a_dead_node_explains_it() {
        let dead = SHORT.replacen("status: {conditions: [{type: Ready, status: 'True'", "status: {conditions: [{type: Ready, status: 'Unknown'", 1);
        let found = fires(&CHECK, &dead, &["warning DaemonSet openshift-dns/dns: 1 of 2 nodes lack a ready pod, all of \
             them nodes that are not ready (since 20m)"]);
        assert_eq!(found[0].upstream[0].to_string(), "Node w1");
    }

    #[test]
    fn a_node_without_any_pod_is_named() {
        let missing = SHORT.replace("currentNumberScheduled: 2", "currentNumberScheduled: 1");
        let found = fires(&CHECK, &missing, &["critical DaemonSet openshift-dns/dns: 1 of 2 nodes lack a ready pod (since 20m)"]);
        assert!(format!("{:?}", found[0].facts).contains("w2"));
    }

    #[test]
    fn a_set_that_wants_none_and_a_young_shortage_are_silent() {
        silent(&CHECK, &SHORT.replace("Scheduled: 2", "Scheduled: 0").replace("numberReady: 1", "numberReady: 0"));
        silent(&CHECK, &SHORT.replace("@20m", "@8m"));
    }
}
