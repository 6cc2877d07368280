//! Nodes without their own cluster DNS.

use crate::checks::{Check, Layer};
use crate::daemons::Gap;
use crate::finding::{Finding, Severity};
use crate::model::daemon_set::DaemonSet;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "network-dns-missing-on-node",
    title: "Cluster DNS is missing on a node",
    explain: "Looks at the DaemonSet dns-default in openshift-dns: each ready node should have had a ready pod of it within \
              ten minutes. Names are then still resolved by other nodes, more slowly, unless the node cannot reach them; \
              with no ready pod at all, nothing in the cluster finds anything by name. The usual causes are a pod that \
              cannot start on the node, pressure on the node, and the cluster network itself. Nodes that are not ready \
              are left to their own finding. Critical when no pod is ready.",
    layer: Layer::Network,
    needs: &[Kind::DaemonSet, Kind::Node, Kind::Pod],
    uses: &[],
    reference: "https://docs.openshift.com/container-platform/latest/networking/dns-operator.html",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let Some(set) = view.cluster.daemon_sets.get("openshift-dns", "dns-default") else { return };
    let mut gaps = view.gaps(set);
    gaps.retain(|gap| view.held(gap.since(), thresholds::NODE_NETWORK_HOLD));
    if gaps.is_empty() {
        return;
    }
    let severity = if set.ready == 0 { Severity::Critical } else { Severity::Warning };
    let title = if set.ready == 0 {
        "cluster DNS has no ready pod".to_owned()
    } else {
        format!("cluster DNS does not serve on {} ready nodes", gaps.len())
    };
    out.push(finding(view, set, &gaps, Finding::new(&CHECK, severity, set.reference(), title)));
}

/// What both checks of a network DaemonSet tell.
pub(super) fn finding(view: &View, set: &DaemonSet, gaps: &[Gap], finding: Finding) -> Finding {
    let (cli, name, namespace) = (view.cli(), &set.meta.name, &set.meta.namespace);
    let nodes: Vec<&str> = gaps.iter().map(|gap| &*gap.node.meta.name).take(crate::finding::AFFECTED_SHOWN).collect();
    let without = gaps.iter().filter(|gap| gap.pod.is_none()).count();
    let first = gaps.iter().filter_map(Gap::since).min();
    let finding = finding
        .since(first, "status.conditions[Ready].lastTransitionTime of its pods")
        .fact("nodes", nodes.join(", "))
        .fact("status.numberReady", format!("{} of {}", set.ready, set.desired))
        .fact("nodes without any pod of it", without)
        .affects(gaps.iter().map(|gap| gap.node.reference()))
        .depends_on(gaps.iter().map(|gap| gap.node.reference()))
        .look(format!("{cli} get pods -n {namespace} -o wide"), "shows its pods and their nodes");
    match gaps.iter().find_map(|gap| gap.pod) {
        Some(pod) => finding
            .look(format!("{cli} describe pod {} -n {namespace}", pod.meta.name), "shows why this pod is not ready"),
        None => finding.look(format!("{cli} describe daemonset {name} -n {namespace}"), "shows why pods are not made"),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn scene(ready: u32, node_ready: &str, since: &str) -> String {
        format!(
            "
        kind: DaemonSet
        metadata: {{name: dns-default, namespace: openshift-dns}}
        status: {{desiredNumberScheduled: 2, currentNumberScheduled: 2, numberReady: {ready}}}
        ---
        kind: Node
        metadata: {{name: w1}}
        status: {{conditions: [{{type: Ready, status: '{node_ready}'}}]}}
        ---
        kind: Node
        metadata: {{name: w2}}
        status: {{conditions: [{{type: Ready, status: 'True'}}]}}
        ---
        kind: Pod
        metadata:
          name: dns-default-a
          namespace: openshift-dns
          ownerReferences: [{{kind: DaemonSet, name: dns-default, controller: true}}]
        spec: {{nodeName: w1}}
        status: {{phase: Running, conditions: [{{type: Ready, status: 'False', lastTransitionTime: {since}}}]}}
        ---
        kind: Pod
        metadata:
          name: dns-default-b
          namespace: openshift-dns
          ownerReferences: [{{kind: DaemonSet, name: dns-default, controller: true}}]
        spec: {{nodeName: w2}}
        status: {{phase: Running, conditions: [{{type: Ready, status: 'True'}}]}}"
        )
    }

    #[test]
    fn a_ready_node_without_it_is_a_warning() {
        let found = fires(&CHECK, &scene(1, "True", "@20m"), &[
            "warning DaemonSet openshift-dns/dns-default: cluster DNS does not serve on 1 ready nodes (since 20m)",
        ]);
        assert_eq!(found[0].affected[0].to_string(), "Node w1");
    }

    #[test]
    fn none_at_all_is_critical() {
        fires(&CHECK, &scene(0, "True", "@20m"), &[
            "critical DaemonSet openshift-dns/dns-default: cluster DNS has no ready pod (since 20m)",
        ]);
    }

    #[test]
    fn a_roll_out_and_a_node_that_is_not_ready_are_silent() {
        silent(&CHECK, &scene(1, "True", "@3m"));
        silent(&CHECK, &scene(1, "False", "@20m"));
        silent(&CHECK, &scene(2, "True", "@20m"));
    }
}
