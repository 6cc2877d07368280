//! Nodes without the network plugin.

use super::dns_missing_on_node;
use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "network-plugin-missing-on-node",
    title: "The network plugin is missing on a node",
    explain: "Looks at the DaemonSet of the cluster network (ovnkube-node, or sdn on older clusters): each ready node \
              should have had a ready pod of it within ten minutes. Without it no new pod on that node gets a network, and \
              those that run see no changes of Services and policies. The usual causes are a pod of it that crashes, a \
              database of the network that it cannot reach, and a broken roll-out. Nodes that are not ready are left to \
              their own finding. Critical on two nodes or more.",
    layer: Layer::Network,
    needs: &[Kind::DaemonSet, Kind::Node, Kind::Pod],
    uses: &[],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-network-operator/NodeWithoutOVNKubeNodePodRunning.md",
    run,
};

const PLUGINS: &[(&str, &str)] = &[("openshift-ovn-kubernetes", "ovnkube-node"), ("openshift-sdn", "sdn")];

fn run(view: &View, out: &mut Vec<Finding>) {
    for set in PLUGINS.iter().filter_map(|(namespace, name)| view.cluster.daemon_sets.get(namespace, name)) {
        let mut gaps = view.gaps(set);
        gaps.retain(|gap| view.held(gap.since(), thresholds::NODE_NETWORK_HOLD));
        if gaps.is_empty() {
            continue;
        }
        let many = gaps.len() >= thresholds::MANY_NODES_WITHOUT_NETWORK;
        let severity = if many { Severity::Critical } else { Severity::Warning };
        let title = format!("the network plugin does not serve on {} ready nodes", gaps.len());
        let finding = Finding::new(&CHECK, severity, set.reference(), title);
        out.push(dns_missing_on_node::finding(view, set, &gaps, finding));
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const SET: &str = "
        kind: DaemonSet
        metadata: {name: ovnkube-node, namespace: openshift-ovn-kubernetes}
        status: {desiredNumberScheduled: 2, currentNumberScheduled: 1, numberReady: 0, updatedNumberScheduled: 1}
        ---
        kind: Node
        metadata: {name: w1}
        status: {conditions: [{type: Ready, status: 'True'}]}
        ---
        kind: Pod
        metadata:
          name: ovnkube-node-a
          namespace: openshift-ovn-kubernetes
          ownerReferences: [{kind: DaemonSet, name: ovnkube-node, controller: true}]
        spec: {nodeName: w1}
        status: {phase: Running, conditions: [{type: Ready, status: 'False', lastTransitionTime: @20m}]}";

    const SECOND: &str = "
        ---
        kind: Node
        metadata: {name: w2}
        spec: {taints: []}
        status: {conditions: [{type: Ready, status: 'True'}]}";

    #[test]
    fn one_node_is_a_warning_and_two_are_critical() {
        fires(&CHECK, SET, &[
            "warning DaemonSet openshift-ovn-kubernetes/ovnkube-node: the network plugin does not serve on 1 ready \
             nodes (since 20m)",
        ]);
        fires(&CHECK, &format!("{SET}{SECOND}"), &[
            "critical DaemonSet openshift-ovn-kubernetes/ovnkube-node: the network plugin does not serve on 2 ready \
             nodes (since 20m)",
        ]);
    }

    #[test]
    fn a_node_it_is_kept_off_a_restart_and_a_roll_out_are_silent() {
        silent(&CHECK, &SET.replace("@20m", "@2m"));
        let roll_out = SET.replace("@20m", "@2m").replace("updatedNumberScheduled: 1", "updatedNumberScheduled: 0");
        silent(&CHECK, &format!("{roll_out}{SECOND}"));
        let tainted = SECOND.replace("taints: []", "taints: [{key: example.com/own, effect: NoSchedule}]");
        silent(&CHECK, &format!("{}{tainted}", SET.replace("@20m", "@2m")));
        silent(&CHECK, &SET.replace("numberReady: 0", "numberReady: 2"));
    }
}
