//! Nodes whose network was never set up.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::Status;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "node-network-unavailable",
    title: "A node's network is not set up",
    explain: "Looks at condition NetworkUnavailable of nodes that are ready. True means that the cloud's routes or the network \
              plugin have not set the node up, so its pods reach nobody and nobody reaches them, while the node takes new \
              pods or is tainted against them. Causes are a cloud controller without permission or quota for routes, or \
              a network plugin that does not run there. New nodes have it for a minute or two and count after ten \
              minutes. A node that is not ready is reported as that.",
    layer: Layer::Node,
    needs: &[Kind::Node],
    uses: &[Kind::Pod],
    reference: "https://kubernetes.io/docs/reference/node/node-status/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for node in view.cluster.nodes.iter().filter(|node| node.is_ready()) {
        let Some(network) = node.conditions.having("NetworkUnavailable", Status::True) else { continue };
        if !view.held(network.since, thresholds::NODE_SETUP_HOLD) {
            continue;
        }
        let (name, cli) = (&node.meta.name, view.cli());
        let finding = Finding::new(&CHECK, Severity::Critical, node.reference(), "its network is not set up")
            .since(network.since, "status.conditions[NetworkUnavailable].lastTransitionTime")
            .condition(network)
            .affects(view.pods_on(name).iter().map(|pod| pod.reference()))
            .look(format!("{cli} describe node {name}"), "shows its conditions and events of the cloud controller")
            .look(
                format!("{cli} get pods -A -o wide --field-selector spec.nodeName={name}"),
                "shows whether the network plugin's pod runs there",
            );
        out.push(finding);
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const NODE: &str = "
        kind: Node
        metadata: {name: w1}
        status:
          conditions:
          - {type: Ready, status: 'True'}
          - {type: NetworkUnavailable, status: 'True', reason: NoRouteCreated, lastTransitionTime: @15m}";

    #[test]
    fn a_node_without_network_is_critical() {
        fires(&CHECK, NODE, &["critical Node w1: its network is not set up (since 15m)"]);
    }

    #[test]
    fn a_new_node_and_one_that_is_set_up_are_silent() {
        silent(&CHECK, &NODE.replace("@15m", "@2m"));
        silent(&CHECK, &NODE.replace("NetworkUnavailable, status: 'True'", "NetworkUnavailable, status: 'False'"));
    }
}
