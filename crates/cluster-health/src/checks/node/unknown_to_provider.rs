//! Nodes that their provider has not made known: no address, or no identity.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "node-unknown-to-provider",
    title: "A node has no address or no identity at its provider",
    explain: "Looks for ready nodes without an internal address or without spec.providerID while other nodes of the cluster \
              have one, ten minutes after they joined. The cloud's controller fills both in; without them the node gets no load \
              balancer, no volumes, and its machine is not matched to it. Usual causes are a cloud controller that does not \
              run or whose credentials are refused. Clusters without a provider, where no node has an identity, are left out.",
    layer: Layer::Node,
    needs: &[Kind::Node],
    uses: &[],
    reference: "https://kubernetes.io/docs/concepts/architecture/cloud-controller/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let provider = view.cluster.nodes.iter().any(|node| node.has_provider);
    let addresses = view.cluster.nodes.iter().any(|node| node.has_address);
    let settled = view.cluster.nodes.iter().filter(|node| node.is_ready() && view.held(node.meta.created, thresholds::NODE_SETUP_HOLD));
    for node in settled {
        let title = match (node.has_address || !addresses, node.has_provider || !provider) {
            (true, true) => continue,
            (false, _) => "it has no internal address",
            (true, false) => "its provider has not made it known",
        };
        let (cli, name) = (view.cli(), &node.meta.name);
        out.push(
            Finding::new(&CHECK, Severity::Warning, node.reference(), title)
                .since(node.meta.created, "metadata.creationTimestamp")
                .fact("status.addresses[InternalIP]", if node.has_address { "present" } else { "absent" })
                .fact("spec.providerID", if node.has_provider { "present" } else { "absent" })
                .look(format!("{cli} get node {name} -o yaml"), "shows its addresses, identity and taints")
                .look(format!("{cli} get pods -A -o wide | grep cloud-controller"), "shows whether the cloud's controller runs"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const NODES: &str = "
        kind: Node
        metadata: {name: w1, creationTimestamp: @2d}
        spec: {providerID: 'aws:///a/i-1'}
        status: {conditions: [{type: Ready, status: 'True'}], addresses: [{type: InternalIP, address: 10.0.0.1}]}
        ---
        kind: Node
        metadata: {name: w2, creationTimestamp: @20m}
        status: {conditions: [{type: Ready, status: 'True'}], addresses: [{type: InternalIP, address: 10.0.0.2}]}";

    #[test]
    fn identity_and_address_are_told_apart() {
        fires(&CHECK, NODES, &["warning Node w2: its provider has not made it known (since 20m)"]);
        fires(&CHECK, &NODES.replace("InternalIP, address: 10.0.0.2", "Hostname, address: w2"), &[
            "warning Node w2: it has no internal address (since 20m)",
        ]);
    }

    #[test]
    fn new_nodes_and_clusters_without_a_provider_are_silent() {
        silent(&CHECK, &NODES.replace("@20m", "@2m"));
        silent(&CHECK, &NODES.replace("spec: {providerID: 'aws:///a/i-1'}", ""));
    }
}
