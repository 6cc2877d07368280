//! Budgets that keep a node from being emptied.

use std::collections::BTreeMap;

use crate::ordered::Ordered;
use crate::budgets::{Kept, cordoned_since};
use crate::checks::{Check, Layer};
use crate::finding::{Confidence, Finding, Severity};
use crate::model::node::Node;
use crate::model::pod::Pod;
use crate::model::pod_disruption_budget::PodDisruptionBudget;
use crate::model::{Kind, ObjectRef, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "disruption-budget-blocks-drain",
    title: "A budget keeps a node from being drained",
    explain: "Looks at nodes that have been cordoned for ten minutes and still run pods whose PodDisruptionBudget allows \
              no eviction. While the machine config operator wants the node, its pool and the whole update wait for it: \
              a warning, and critical after an hour. Without such an operator it is a warning when everything else has \
              left the node, which means that somebody drains it, and otherwise only worth knowing. The usual causes \
              are one replica with a budget of at least one, and other replicas that are not healthy. Pods of DaemonSets \
              and static pods stay in a drain and do not count.",
    layer: Layer::Node,
    needs: &[Kind::PodDisruptionBudget, Kind::Node, Kind::Pod],
    uses: &[Kind::Deployment, Kind::StatefulSet],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/machine-config-operator/MachineConfigControllerDrainError.md",
    run,
};

/// A budget, and the pods it keeps with their nodes.
struct Block<'a> {
    budget: &'a PodDisruptionBudget,
    severity: Severity,
    pods: Vec<(&'a Node, &'a Pod)>,
}

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut blocks: BTreeMap<ObjectRef, Block> = BTreeMap::new();
    for &Kept { node, budget, pod } in view.kept_by_budgets() {
        if !node.is_ready() || !view.held(cordoned_since(node), thresholds::DRAIN_HOLD) {
            continue;
        }
        let severity = severity(view, node);
        let block = blocks.entry(budget.reference()).or_insert_with(|| Block { budget, severity, pods: Vec::new() });
        block.severity = block.severity.max(severity);
        block.pods.push((node, pod));
    }
    out.extend(blocks.values().map(|block| finding(view, block)));
}

fn severity(view: &View, node: &Node) -> Severity {
    if node.is_being_updated() {
        let failed = view.held(cordoned_since(node), thresholds::DRAIN_FAILED);
        if failed { Severity::Critical } else { Severity::Warning }
    } else if view.is_drained_but_for_budgets(node) {
        Severity::Warning
    } else {
        Severity::Info
    }
}

fn finding(view: &View, block: &Block) -> Finding {
    let Block { budget, severity, pods } = block;
    let (cli, name, namespace) = (view.cli(), &budget.meta.name, &budget.meta.namespace);
    let mut nodes: Vec<&Node> = pods.iter().map(|(node, _)| *node).collect();
    nodes.put_in_order_by(|a, b| a.meta.name.cmp(&b.meta.name));
    nodes.dedup_by(|a, b| a.meta.name == b.meta.name);
    let since = nodes.iter().filter_map(|node| cordoned_since(node)).min();
    let title = if *severity == Severity::Info {
        "would keep a cordoned node from being drained"
    } else {
        "keeps a cordoned node from being drained"
    };
    let mut finding = Finding::new(&CHECK, *severity, budget.reference(), title)
        .since(since, "spec.taints[node.kubernetes.io/unschedulable].timeAdded of the node")
        .fact("nodes", nodes.iter().map(|node| &*node.meta.name).collect::<Vec<_>>().join(", "))
        .fact("status.disruptionsAllowed", budget.allowed)
        .fact("status.currentHealthy", format!("{} of {} expected", budget.healthy, budget.expected))
        .fact("status.desiredHealthy", budget.desired_healthy)
        .affects(pods.iter().map(|(_, pod)| pod.reference()))
        .look(format!("{cli} describe pdb {name} -n {namespace}"), "shows what it demands and of which pods");
    if *severity == Severity::Info {
        finding = finding.confidence(Confidence::Possible);
    }
    scale_up(view, pods, finding)
}

/// One replica can only move when there is a second.
fn scale_up(view: &View, pods: &[(&Node, &Pod)], finding: Finding) -> Finding {
    let workload = pods.first().map(|(_, pod)| view.workload(pod));
    let single = workload.filter(|workload| {
        workload.known_kind() == Some(Kind::Deployment)
            && view.availability(workload).is_some_and(|availability| availability.desired == 1)
    });
    let Some(ObjectRef { namespace, name, .. }) = single else { return finding };
    finding.change(
        format!("{} scale deployment {name} -n {namespace} --replicas=2", view.cli()),
        "starts a second pod elsewhere, so that the first may go",
        "only for an application that bears two instances at a time; scale back after the drain",
    )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn scene(state: &str, since: &str) -> String {
        format!(
            "
        kind: Node
        metadata: {{name: w1, annotations: {{machineconfiguration.openshift.io/state: {state}}}}}
        spec:
          unschedulable: true
          taints: [{{key: node.kubernetes.io/unschedulable, effect: NoSchedule, timeAdded: {since}}}]
        status: {{conditions: [{{type: Ready, status: 'True'}}]}}
        ---
        kind: PodDisruptionBudget
        metadata: {{name: ledger, namespace: shop}}
        spec: {{minAvailable: 1, selector: {{matchLabels: {{app: ledger}}}}}}
        status: {{disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1}}
        ---
        kind: Pod
        metadata: {{name: ledger-1, namespace: shop, labels: {{app: ledger}}}}
        spec: {{nodeName: w1}}
        status: {{phase: Running, conditions: [{{type: Ready, status: 'True'}}]}}
        ---
        kind: Pod
        metadata:
          name: agent
          namespace: shop
          ownerReferences: [{{kind: DaemonSet, name: agent, controller: true}}]
        spec: {{nodeName: w1}}
        status: {{phase: Running}}"
        )
    }

    #[test]
    fn the_machine_config_operator_waits_for_it() {
        fires(&CHECK, &scene("Working", "@20m"), &[
            "warning PodDisruptionBudget shop/ledger: keeps a cordoned node from being drained (since 20m)",
        ]);
        fires(&CHECK, &scene("Working", "@2h"), &[
            "critical PodDisruptionBudget shop/ledger: keeps a cordoned node from being drained (since 2h)",
        ]);
        silent(&CHECK, &scene("Working", "@5m"));
    }

    #[test]
    fn an_empty_node_but_for_it_is_being_drained() {
        fires(&CHECK, &scene("Done", "@2h"), &[
            "warning PodDisruptionBudget shop/ledger: keeps a cordoned node from being drained (since 2h)",
        ]);
        let busy = "
        ---
        kind: Pod
        metadata: {name: web, namespace: shop}
        spec: {nodeName: w1}
        status: {phase: Running}";
        fires(&CHECK, &(scene("Done", "@2h") + busy), &[
            "info PodDisruptionBudget shop/ledger: would keep a cordoned node from being drained (since 2h)",
        ]);
    }

    #[test]
    fn an_eviction_that_is_allowed_and_a_node_in_use_are_silent() {
        silent(&CHECK, &scene("Working", "@2h").replace("disruptionsAllowed: 0", "disruptionsAllowed: 1"));
        silent(&CHECK, &scene("Working", "@2h").replace("unschedulable: true", "unschedulable: false"));
        silent(&CHECK, &scene("Working", "@2h").replace("labels: {app: ledger}", "labels: {app: other}"));
    }
}
