//! GPU operators without the discovery of hardware they build on.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::Status;
use crate::model::node_feature_discovery::NodeFeatureDiscovery;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "gpu-discovery-missing",
    title: "Hardware discovery for GPUs is missing or does not work",
    explain: "Looks, where the GPU operator has a ClusterPolicy, at node feature discovery, which labels the nodes that have \
              a GPU: without it the operator finds no node to work on, and no GPU can be used. It is missing when the API \
              for it is served but nobody has made one, and does not work when it has been degraded or not available for \
              half an hour. The usual causes are a step of the installation that was left out, and discovery pods that do \
              not run. Without the GPU operator it is nobody's trouble; where nodes carry the operator's own label they were found.",
    layer: Layer::ControlPlane,
    needs: &[Kind::NodeFeatureDiscovery, Kind::ClusterPolicy],
    uses: &[Kind::Node],
    reference: "https://docs.nvidia.com/datacenter/cloud-native/openshift/latest/install-nfd.html",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let cluster = view.cluster;
    let Some(policy) = cluster.cluster_policies.iter().next() else { return };
    for discovery in cluster.node_feature_discoveries.iter() {
        let away = discovery.conditions.having("Available", Status::False);
        let condition = away.or(discovery.conditions.having("Degraded", Status::True));
        if let Some(condition) = condition.filter(|it| view.held(it.since, thresholds::OPERAND_HOLD)) {
            out.push(
                finding(view, discovery)
                    .since(condition.since, "status.conditions[Available or Degraded].lastTransitionTime")
                    .condition(condition),
            );
        }
    }
    let is_labelled = || cluster.nodes.iter().any(|node| node.meta.labels.get("nvidia.com/gpu.present").is_some());
    if cluster.node_feature_discoveries.is_empty() && view.seen_in(Kind::NodeFeatureDiscovery, "") && !is_labelled() {
        let cli = view.cli();
        out.push(
            Finding::new(&CHECK, Severity::Warning, policy.reference(), "finds no nodes: hardware discovery was never set up")
                .fact("NodeFeatureDiscovery objects", 0)
                .look(format!("{cli} get nodefeaturediscoveries -A"), "shows whether there is one")
                .look(format!("{cli} get nodes -L feature.node.kubernetes.io/pci-10de.present"), "shows which nodes are known to have a GPU"),
        );
    }
}

fn finding(view: &View, discovery: &NodeFeatureDiscovery) -> Finding {
    let (cli, name, namespace) = (view.cli(), &discovery.meta.name, &discovery.meta.namespace);
    Finding::new(&CHECK, Severity::Warning, discovery.reference(), "does not work, so that new GPUs are not found")
        .depends_on(view.causes_in(namespace))
        .look(format!("{cli} describe nodefeaturediscovery {name} -n {namespace}"), "shows what its operator says")
        .look(format!("{cli} get pods -n {namespace} -o wide"), "shows its pods and their nodes")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const POLICY: &str = "
        kind: ClusterPolicy
        metadata: {name: gpu-cluster-policy}";

    fn discovery(degraded: &str) -> String {
        format!(
            "
        ---
        kind: NodeFeatureDiscovery
        metadata: {{name: nfd, namespace: openshift-nfd}}
        status: {{conditions: [{{type: Degraded, status: '{degraded}', lastTransitionTime: @1h}}]}}"
        )
    }

    #[test]
    fn a_missing_and_a_broken_discovery() {
        fires(&CHECK, POLICY, &[
            "warning ClusterPolicy gpu-cluster-policy: finds no nodes: hardware discovery was never set up",
        ]);
        fires(&CHECK, &(POLICY.to_owned() + &discovery("True")), &[
            "warning NodeFeatureDiscovery openshift-nfd/nfd: does not work, so that new GPUs are not found (since 1h)",
        ]);
    }

    #[test]
    fn a_working_one_and_no_gpu_operator_are_silent() {
        silent(&CHECK, &(POLICY.to_owned() + &discovery("False")));
        silent(&CHECK, &discovery("True"));
    }
}
