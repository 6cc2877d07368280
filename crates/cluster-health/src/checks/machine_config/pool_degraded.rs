//! Pools whose configuration cannot be rendered or applied.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::condition::{Condition, Status};
use crate::model::machine_config_pool::MachineConfigPool;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "machine-config-pool-degraded",
    title: "A machine config pool is degraded",
    explain: "Looks at the conditions of each MachineConfigPool that end in Degraded. True means that a node refused the \
              pool's configuration (a file changed by hand, a failed image update, a drain that a disruption budget \
              forbids), or that the configuration could not be rendered or built. The nodes run on, but changes and \
              updates no longer reach the pool. Counts after five minutes, since nodes try again; critical for pool \
              master, because updates of OpenShift wait for it.",
    layer: Layer::Node,
    needs: &[Kind::MachineConfigPool],
    uses: &[Kind::Node, Kind::Pod, Kind::PodDisruptionBudget],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/machine-config-operator/MachineConfigControllerDrainError.md",
    run,
};

/// `Degraded` sums up the others; it is shown last because they say more.
const KINDS: [&str; 6] = [
    "NodeDegraded",
    "RenderDegraded",
    "ImageBuildDegraded",
    "PinnedImageSetsDegraded",
    "PoolSynchronizerDegraded",
    "Degraded",
];

fn run(view: &View, out: &mut Vec<Finding>) {
    for pool in view.cluster.machine_config_pools.iter() {
        let degraded: Vec<&Condition> = degraded(pool).collect();
        let lasts = |condition: &&Condition| view.held(condition.since, thresholds::POOL_DEGRADED_HOLD);
        if degraded.iter().any(lasts) {
            out.push(finding(view, pool, &degraded));
        }
    }
}

pub fn degraded(pool: &MachineConfigPool) -> impl Iterator<Item = &Condition> {
    KINDS.iter().filter_map(|kind| pool.conditions.having(kind, Status::True))
}

fn finding<'a>(view: &View<'a>, pool: &'a MachineConfigPool, degraded: &[&Condition]) -> Finding {
    let name = &pool.meta.name;
    let severity = if pool.is_control_plane() { Severity::Critical } else { Severity::Warning };
    let title = match pool.degraded {
        0 => "degraded: its configuration cannot be rolled out".to_owned(),
        count => format!("degraded: {count} of {} nodes could not take its configuration", pool.machines),
    };
    let failed: Vec<_> = view.nodes_of(pool).filter(|node| node.is_config_degraded()).collect();
    let mut finding = Finding::new(&CHECK, severity, pool.reference(), title)
        .since(degraded.iter().filter_map(|it| it.since).min(), "status.conditions[*Degraded].lastTransitionTime")
        .fact("status.degradedMachineCount", pool.degraded)
        .affects(failed.iter().map(|node| node.reference()))
        .look(format!("oc describe machineconfigpool {name}"), "shows which node refused what");
    if !failed.is_empty() {
        let names = listed(failed.iter().map(|node| node.meta.name.as_str()));
        finding = finding.fact("Nodes whose machineconfiguration.openshift.io/state is not Done", names);
    }
    for condition in degraded {
        finding = finding.condition(condition);
    }
    finding.look(
        "oc logs -n openshift-machine-config-operator deployment/machine-config-controller --tail=50",
        "shows drains that failed and why",
    )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn pool(name: &str, status: &str, since: &str) -> String {
        format!(
            "
            kind: MachineConfigPool
            metadata: {{name: {name}}}
            spec: {{nodeSelector: {{matchLabels: {{node-role.kubernetes.io/{name}: ''}}}}}}
            status:
              machineCount: 3
              degradedMachineCount: 1
              conditions:
              - {{type: NodeDegraded, status: '{status}', reason: 1 nodes are reporting, lastTransitionTime: {since}}}
              - {{type: Degraded, status: '{status}', lastTransitionTime: {since}}}
            ---
            kind: Node
            metadata:
              name: n1
              labels: {{node-role.kubernetes.io/{name}: ''}}
              annotations: {{machineconfiguration.openshift.io/state: Degraded}}
            status: {{conditions: [{{type: Ready, status: 'True'}}]}}"
        )
    }

    #[test]
    fn a_worker_pool_is_a_warning_and_names_its_node() {
        fires(&CHECK, &pool("worker", "True", "@20m"), &[
            "warning MachineConfigPool worker: degraded: 1 of 3 nodes could not take its configuration (since 20m)",
        ]);
    }

    #[test]
    fn the_control_plane_is_critical() {
        fires(&CHECK, &pool("master", "True", "@20m"), &[
            "critical MachineConfigPool master: degraded: 1 of 3 nodes could not take its configuration (since 20m)",
        ]);
    }

    #[test]
    fn a_first_failure_and_a_sound_pool_are_silent() {
        silent(&CHECK, &pool("master", "True", "@2m"));
        silent(&CHECK, &pool("master", "False", "@20m"));
    }
}
