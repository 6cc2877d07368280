//! Pools whose roll-out no longer moves.

use super::pool_degraded::degraded;
use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::condition::{Condition, Status};
use crate::model::machine_config_pool::MachineConfigPool;
use crate::model::node::Node;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "machine-config-pool-stuck",
    title: "A machine config pool does not finish its roll-out",
    explain: "Looks at MachineConfigPools that have been updating for more than an hour while none of their nodes was cordoned \
              or restarted within that hour. A roll-out drains and restarts node after node; it stands still when a \
              disruption budget forbids an eviction, a node does not come back, or nothing more may be unavailable. Pools \
              that move, however slowly, do not count, nor do paused ones. A warning; critical for pool master after two \
              hours. A pool that is degraded is reported as that.",
    layer: Layer::Node,
    needs: &[Kind::MachineConfigPool, Kind::Node],
    uses: &[Kind::Pod, Kind::PodDisruptionBudget],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/machine-config-operator/MachineConfigControllerDrainError.md",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for pool in view.cluster.machine_config_pools.iter().filter(|pool| !pool.paused && pool.updated < pool.machines) {
        let Some(updating) = pool.conditions.having("Updating", Status::True) else { continue };
        let stands = view.held(updating.since.max(view.last_step(pool)), thresholds::POOL_STANDSTILL);
        let too_long = pool.is_control_plane() && view.held(updating.since, thresholds::CONTROL_PLANE_POOL_HOLD);
        if (stands || too_long) && degraded(pool).next().is_none() {
            out.push(finding(view, pool, updating, too_long));
        }
    }
}

fn finding<'a>(view: &View<'a>, pool: &'a MachineConfigPool, updating: &Condition, too_long: bool) -> Finding {
    let name = &pool.meta.name;
    let severity = if too_long { Severity::Critical } else { Severity::Warning };
    let progress = format!("{} of {} nodes", pool.updated, pool.machines);
    let stands = view.held(view.last_step(pool), thresholds::POOL_STANDSTILL);
    let title = if stands { format!("its roll-out stands at {progress}") } else { format!("its roll-out is only at {progress}") };
    let working: Vec<&Node> = view.nodes_of(pool).filter(|node| node.is_being_updated() && node.cordoned).collect();
    let mut finding = Finding::new(&CHECK, severity, pool.reference(), title)
        .since(updating.since, "status.conditions[Updating].lastTransitionTime")
        .overdue()
        .fact("status.updatedMachineCount", progress)
        .fact("status.unavailableMachineCount", pool.unavailable)
        .affects(working.iter().map(|node| node.reference()))
        .look(format!("oc describe machineconfigpool {name}"), "shows how far the roll-out is");
    if !working.is_empty() {
        let names = listed(working.iter().map(|node| node.meta.name.as_str()));
        finding = finding.fact("Nodes being drained or restarted", names);
    }
    if let Some(step) = view.last_step(pool) {
        finding = finding.fact("last change of a node of the pool", step);
    }
    view.name_budgets(working, finding).look(
        "oc logs -n openshift-machine-config-operator deployment/machine-config-controller --tail=50",
        "shows which node it works on and which pods it cannot evict",
    )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn pool(name: &str, since: &str, last_step: &str) -> String {
        format!(
            "
            kind: MachineConfigPool
            metadata: {{name: {name}}}
            spec: {{nodeSelector: {{matchLabels: {{role: {name}}}}}}}
            status:
              machineCount: 3
              updatedMachineCount: 1
              conditions: [{{type: Updating, status: 'True', lastTransitionTime: {since}}}]
            ---
            kind: Node
            metadata:
              name: n1
              labels: {{role: {name}}}
              annotations: {{machineconfiguration.openshift.io/state: Working}}
            spec:
              unschedulable: true
              taints: [{{key: node.kubernetes.io/unschedulable, effect: NoSchedule, timeAdded: {last_step}}}]
            status: {{conditions: [{{type: Ready, status: 'True', lastTransitionTime: @9d}}]}}
            ---
            kind: PodDisruptionBudget
            metadata: {{name: ledger, namespace: shop}}
            spec: {{minAvailable: 1, selector: {{matchLabels: {{app: ledger}}}}}}
            status: {{disruptionsAllowed: 0, expectedPods: 1, currentHealthy: 1, desiredHealthy: 1}}
            ---
            kind: Pod
            metadata: {{name: ledger-1, namespace: shop, labels: {{app: ledger}}}}
            spec: {{nodeName: n1}}
            status: {{phase: Running, conditions: [{{type: Ready, status: 'True'}}]}}"
        )
    }

    #[test]
    fn standing_still_for_an_hour_is_a_warning_and_names_the_budget() {
        fires(&CHECK, &pool("worker", "@3h", "@80m"), &[
            "warning MachineConfigPool worker: its roll-out stands at 1 of 3 nodes (since 3h)",
        ]);
    }

    #[test]
    fn the_control_plane_is_critical_after_two_hours() {
        fires(&CHECK, &pool("master", "@3h", "@20m"), &[
            "critical MachineConfigPool master: its roll-out is only at 1 of 3 nodes (since 3h)",
        ]);
        fires(&CHECK, &pool("master", "@90m", "@80m"), &[
            "warning MachineConfigPool master: its roll-out stands at 1 of 3 nodes (since 1h30m)",
        ]);
    }

    #[test]
    fn pools_that_move_are_paused_or_degraded_are_silent() {
        silent(&CHECK, &pool("worker", "@3h", "@20m"));
        silent(&CHECK, &pool("worker", "@50m", "@45m"));
        let stuck = pool("worker", "@3h", "@80m");
        silent(&CHECK, &stuck.replace("spec: {nodeSelector", "spec: {paused: true, nodeSelector"));
        silent(&CHECK, &stuck.replace("conditions: [{type: Updating", "conditions: [{type: Degraded, status: 'True'}, {type: Updating"));
    }
}
