//! Cluster networks that have no room for further nodes.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::network::Network;
use crate::model::node::Node;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "network-subnets-exhausted",
    title: "The cluster network has no room for more nodes",
    explain: "Looks at the ranges of addresses that pods get theirs from, and at the part of them each node takes. A node \
              for which nothing is left never becomes ready for pods. More than four fifths of the IPv4 parts given away \
              is a warning; all of them while a node has waited ten minutes for its own is critical. The usual cause is a \
              cluster that has outgrown the network it was installed with: the range can be widened, and further ranges \
              can be added, but a node's share cannot be changed. Clusters whose plugin gives out addresses in another \
              way say no ranges and do not count.",
    layer: Layer::Network,
    needs: &[Kind::Network, Kind::Node],
    uses: &[],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-network-operator/V4SubnetAllocationThresholdExceeded.md",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let nodes = u64::try_from(view.cluster.nodes.len()).unwrap_or(u64::MAX);
    for network in view.cluster.networks.iter() {
        let ranges = network.cluster.iter().filter(|range| range.is_ipv4());
        let room: u64 = ranges.filter_map(|range| range.nodes()).fold(0, u64::saturating_add);
        if room == 0 || nodes.saturating_mul(100) <= room.saturating_mul(thresholds::SUBNETS_TIGHT_PERCENT) {
            continue;
        }
        let without = if nodes >= room { without_subnet(view) } else { Vec::new() };
        out.push(finding(view, network, nodes, room, &without));
    }
}

/// Nodes that have waited for their addresses for longer than a new one does, where others have theirs.
fn without_subnet<'a>(view: &View<'a>) -> Vec<&'a Node> {
    let nodes = || view.cluster.nodes.iter();
    if !nodes().any(|node| node.has_subnet) {
        return Vec::new();
    }
    nodes().filter(|node| !node.has_subnet && view.held(node.meta.created, thresholds::NODE_SETUP_HOLD)).collect()
}

fn finding(view: &View, network: &Network, nodes: u64, room: u64, without: &[&Node]) -> Finding {
    let severity = if without.is_empty() { Severity::Warning } else { Severity::Critical };
    let title = match without.len() {
        0 => format!("its addresses are enough for {room} nodes, and there are {nodes}"),
        lacking => format!("{lacking} nodes got no addresses for their pods: there are enough for {room}"),
    };
    let cli = view.cli();
    let finding = Finding::new(&CHECK, severity, network.reference(), title)
        .since(without.iter().filter_map(|node| node.meta.created).min(), "metadata.creationTimestamp of its nodes")
        .affects(without.iter().map(|node| node.reference()))
        .look(format!("{cli} get network.config cluster -o yaml"), "shows the ranges and each node's share");
    network.cluster.iter().fold(finding, |finding, range| {
        let nodes = range.nodes().map_or_else(String::new, |nodes| format!(", enough for {nodes} nodes"));
        finding.fact("status.clusterNetwork", format!("{}, /{} a node{nodes}", range.cidr, range.host_prefix))
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn scene(prefix: u8, nodes: usize, without: usize) -> String {
        let node = |at: usize| {
            let annotation = if at < nodes - without { "annotations: {k8s.ovn.org/node-subnets: x}, " } else { "" };
            format!("\n        ---\n        kind: Node\n        metadata: {{{annotation}name: w{at}, creationTimestamp: @1h}}")
        };
        format!(
            "
        kind: Network
        metadata: {{name: cluster}}
        status: {{networkType: OVNKubernetes, clusterNetwork: [{{cidr: 10.128.0.0/{prefix}, hostPrefix: 23}}, {{cidr: 'fd01::/48', hostPrefix: 64}}]}}{}",
            (0..nodes).map(node).collect::<String>()
        )
    }

    #[test]
    fn tight_is_a_warning_and_a_node_without_addresses_critical() {
        fires(&CHECK, &scene(21, 4, 0), &["warning Network cluster: its addresses are enough for 4 nodes, and there are 4"]);
        fires(&CHECK, &scene(21, 5, 1), &[
            "critical Network cluster: 1 nodes got no addresses for their pods: there are enough for 4 (since 1h)",
        ]);
    }

    #[test]
    fn room_left_and_other_plugins_are_silent() {
        silent(&CHECK, &scene(14, 5, 1));
        silent(&CHECK, &scene(20, 6, 0));
        silent(&CHECK, "
            kind: Network
            metadata: {name: cluster}
            ---
            kind: Node
            metadata: {name: w1}");
    }
}
