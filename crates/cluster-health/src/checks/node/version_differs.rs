//! Nodes with another kubelet than the rest of their pool, although all call themselves up to date.

use std::collections::BTreeMap;

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::node::Node;
use crate::model::{Kind, Resource};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "node-version-differs",
    title: "A node has another kubelet than the rest of its pool",
    explain: "Compares the kubelets of the nodes of a MachineConfigPool that calls itself updated and is not rolling anything \
              out. Nodes of a pool run the same system, so one with another version was not really updated, or somebody \
              changed it by hand; it may behave differently from what was tested. Nodes that are being changed, and those of \
              another operating system, do not count.",
    layer: Layer::Node,
    needs: &[Kind::Node, Kind::MachineConfigPool],
    uses: &[],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/machine_configuration/machine-config-index",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for pool in view.cluster.machine_config_pools.iter() {
        if pool.wanted != pool.current || pool.updated < pool.machines || pool.conditions.is_true("Updating") {
            continue;
        }
        let nodes: Vec<&Node> = view.nodes_of(pool).filter(|node| !node.is_being_updated() && is_core_os(node)).collect();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for node in &nodes {
            *counts.entry(&node.kubelet).or_default() += 1;
        }
        let Some((usual, count)) = counts.iter().max_by_key(|(version, count)| (**count, **version)) else { continue };
        if count * 2 <= nodes.len() {
            continue;
        }
        for node in nodes.iter().filter(|node| *node.kubelet != **usual) {
            let name = &node.meta.name;
            out.push(
                Finding::new(&CHECK, Severity::Warning, node.reference(), format!("its kubelet differs from the rest of pool {}", pool.meta.name))
                    .fact("status.nodeInfo.kubeletVersion", &node.kubelet)
                    .fact("kubelet of most of its pool", usual)
                    .look(format!("oc describe node {name}"), "shows its system, and its configuration in the annotations")
                    .look(format!("oc debug node/{name} -- chroot /host rpm-ostree status"), "shows which system image it has started"),
            );
        }
    }
}

fn is_core_os(node: &Node) -> bool {
    node.os_image.contains("CoreOS")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const NODES: &str = "
        kind: MachineConfigPool
        metadata: {name: worker}
        spec: {nodeSelector: {matchLabels: {role: worker}}}
        ---
        kind: Node
        metadata: {name: w1, labels: {role: worker}}
        status: {nodeInfo: {kubeletVersion: v1.33.5, osImage: Red Hat Enterprise Linux CoreOS 9.6}}
        ---
        kind: Node
        metadata: {name: w2, labels: {role: worker}}
        status: {nodeInfo: {kubeletVersion: v1.33.5, osImage: Red Hat Enterprise Linux CoreOS 9.6}}
        ---
        kind: Node
        metadata: {name: w3, labels: {role: worker}}
        status: {nodeInfo: {kubeletVersion: v1.32.1, osImage: Red Hat Enterprise Linux CoreOS 9.4}}";

    #[test]
    fn the_odd_one_is_named() {
        fires(&CHECK, NODES, &["warning Node w3: its kubelet differs from the rest of pool worker"]);
    }

    #[test]
    fn updates_other_systems_and_like_nodes_are_silent() {
        silent(&CHECK, &NODES.replace("name: worker}\n        spec: {", "name: worker}\n        status: {conditions: [{type: Updating, status: 'True'}]}\n        spec: {"));
        silent(&CHECK, &NODES.replace("CoreOS 9.4", "8.10"));
        silent(&CHECK, &NODES.replace("v1.32.1", "v1.33.5"));
    }
}
