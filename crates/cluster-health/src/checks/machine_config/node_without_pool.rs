//! Nodes that no MachineConfigPool selects.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::{Kind, Resource};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "machine-config-node-without-pool",
    title: "No pool selects a node",
    explain: "Compares the labels of nodes with the selectors of the MachineConfigPools. A node outside every pool gets no \
              configuration and no update of its system, and stays at the version it has while the cluster moves on. The \
              usual cause is a role label that was taken off or misspelt. A node of several pools is normal: custom pools \
              select workers that the worker pool selects too.",
    layer: Layer::Node,
    needs: &[Kind::MachineConfigPool, Kind::Node],
    uses: &[],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/machine_configuration/machine-config-index",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let pools = || view.cluster.machine_config_pools.iter();
    if pools().next().is_none() {
        return;
    }
    for node in view.cluster.nodes.iter().filter(|node| !pools().any(|pool| pool.selector.matches(&node.meta.labels))) {
        let name = &node.meta.name;
        out.push(
            Finding::new(&CHECK, Severity::Warning, node.reference(), "no MachineConfigPool selects it")
                .fact("metadata.labels[node-role.kubernetes.io/*]", if node.roles().is_empty() { "none".to_owned() } else { node.roles().join(",") })
                .fact("MachineConfigPools", listed(pools().map(|pool| pool.meta.name.as_str())))
                .look(format!("oc get node {name} --show-labels"), "shows its labels")
                .look("oc get mcp -o custom-columns=NAME:.metadata.name,SELECTOR:.spec.nodeSelector", "shows what the pools select"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const SCENE: &str = "
        kind: MachineConfigPool
        metadata: {name: worker}
        spec: {nodeSelector: {matchLabels: {node-role.kubernetes.io/worker: ''}}}
        ---
        kind: Node
        metadata: {name: w1, labels: {node-role.kubernetes.io/worker: ''}}
        ---
        kind: Node
        metadata: {name: w2, labels: {node-role.kubernetes.io/wroker: ''}}";

    #[test]
    fn a_node_nobody_selects_is_named() {
        fires(&CHECK, SCENE, &["warning Node w2: no MachineConfigPool selects it"]);
        silent(&CHECK, &SCENE.replace("wroker", "worker"));
        silent(&CHECK, &SCENE.replace("kind: MachineConfigPool", "kind: Namespace"));
    }
}
