//! Nodes whose GPUs no pod can have.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::node::Node;
use crate::model::{Kind, Resource};
use crate::quantity::Quantity;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "gpu-not-allocatable",
    title: "A node's GPUs cannot be used",
    explain: "Looks, where the NVIDIA GPU operator is installed, at nodes that say they have a GPU: a ready one that has \
              offered no nvidia.com/gpu for a quarter of an hour, or fewer than it has, gives none, or fewer, to pods. The \
              usual causes are a driver that cannot be built for the node's kernel, a device plugin that does not run, a \
              GPU that has failed, and a node that was just made. Nodes that split their GPUs or hand them to virtual \
              machines offer them under other names and do not count. Critical when every node with a GPU offers none.",
    layer: Layer::Node,
    needs: &[Kind::Node, Kind::ClusterPolicy],
    uses: &[Kind::Pod],
    reference: "https://docs.nvidia.com/datacenter/cloud-native/openshift/latest/troubleshooting-gpu-ocp.html",
    run,
};

/// By node feature discovery, and by the operator itself.
const PRESENT: [&str; 2] = ["feature.node.kubernetes.io/pci-10de.present", "nvidia.com/gpu.present"];

fn run(view: &View, out: &mut Vec<Finding>) {
    if view.cluster.cluster_policies.is_empty() {
        return;
    }
    let gpu_nodes: Vec<&Node> = view.cluster.nodes.iter().filter(|node| has_gpu(node)).collect();
    let all_without = gpu_nodes.iter().all(|node| offered(node) == Quantity::ZERO);
    for node in gpu_nodes {
        let is_settled = node.is_ready() && view.held(ready_since(node), thresholds::GPU_HOLD);
        let lacks = offered(node) == Quantity::ZERO || node.gpus.capacity.is_some_and(|all| offered(node) < all);
        if is_settled && lacks {
            let severity = if all_without { Severity::Critical } else { Severity::Warning };
            out.push(finding(view, node, severity));
        }
    }
}

fn has_gpu(node: &Node) -> bool {
    let label = |key| node.meta.labels.get(key).map(|value| &**value);
    let is_split = matches!(label("nvidia.com/mig.strategy"), Some("mixed"));
    let is_handed_on = label("nvidia.com/gpu.workload.config").is_some_and(|config| config.starts_with("vm-"));
    PRESENT.into_iter().any(|key| label(key) == Some("true")) && !is_split && !is_handed_on
}

fn offered(node: &Node) -> Quantity {
    node.gpus.allocatable.unwrap_or_default()
}

fn ready_since(node: &Node) -> Option<crate::time::Time> {
    node.conditions.get("Ready").and_then(|ready| ready.since)
}

fn finding(view: &View, node: &Node, severity: Severity) -> Finding {
    let (cli, name) = (view.cli(), &node.meta.name);
    let title = match node.gpus.capacity {
        Some(capacity) if offered(node) > Quantity::ZERO => format!("only {} of its {capacity} GPUs can be used", offered(node)),
        _ => "its GPUs cannot be used: it offers none".to_owned(),
    };
    let namespace = view.cluster.cluster_policies.iter().map(|policy| &*policy.namespace).find(|it| !it.is_empty());
    let namespace = namespace.unwrap_or("nvidia-gpu-operator");
    Finding::new(&CHECK, severity, node.reference(), title)
        .fact("status.allocatable[nvidia.com/gpu]", offered(node))
        .fact("status.capacity[nvidia.com/gpu]", node.gpus.capacity.map_or("(not set)".to_owned(), |all| all.to_string()))
        .depends_on(view.cluster.cluster_policies.iter().map(Resource::reference))
        .depends_on(view.cluster.node_feature_discoveries.iter().map(Resource::reference))
        .look(
            format!("{cli} get pods -n {namespace} -o wide --field-selector=spec.nodeName={name}"),
            "shows whether driver, device plugin and validator run on the node",
        )
        .look(format!("{cli} describe node {name}"), "shows its GPU labels and what it offers")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn scene(labels: &str, gpus: &str, capacity: &str) -> String {
        format!(
            "
        kind: ClusterPolicy
        metadata: {{name: gpu-cluster-policy}}
        status: {{state: notReady, namespace: nvidia-gpu-operator}}
        ---
        kind: Node
        metadata: {{name: g1, labels: {{{labels}}}}}
        status:
          conditions: [{{type: Ready, status: 'True', lastTransitionTime: @2h}}]
          capacity: {{nvidia.com/gpu: '{capacity}'}}
          allocatable: {{nvidia.com/gpu: '{gpus}'}}"
        )
    }

    const GPU: &str = "nvidia.com/gpu.present: 'true'";

    #[test]
    fn none_at_all_and_fewer_than_there_are() {
        let found = fires(&CHECK, &scene(GPU, "0", "0"), &["critical Node g1: its GPUs cannot be used: it offers none"]);
        assert_eq!(found[0].upstream[0].to_string(), "ClusterPolicy gpu-cluster-policy");
        fires(&CHECK, &scene(GPU, "3", "4"), &["warning Node g1: only 3 of its 4 GPUs can be used"]);
    }

    #[test]
    fn whole_split_young_and_other_nodes_are_silent() {
        silent(&CHECK, &scene(GPU, "4", "4"));
        silent(&CHECK, &scene("nvidia.com/gpu.present: 'true', nvidia.com/mig.strategy: mixed", "0", "0"));
        silent(&CHECK, &scene(GPU, "0", "0").replace("@2h", "@5m"));
        silent(&CHECK, &scene("role: web", "0", "0"));
    }
}
