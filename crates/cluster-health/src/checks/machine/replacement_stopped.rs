//! MachineHealthChecks that have stopped replacing machines, because too many are unhealthy.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::Status;
use crate::model::{Kind, Resource};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "machine-replacement-stopped",
    title: "Unhealthy machines are no longer replaced",
    explain: "Looks at MachineHealthChecks whose condition RemediationAllowed is False: more of their machines are unhealthy \
              than spec.maxUnhealthy allows. That is a safeguard, since many machines rarely fail one by one: the network, a \
              zone, a configuration or the control plane is the thing to look at. Until then nothing is replaced.",
    layer: Layer::Node,
    needs: &[Kind::MachineHealthCheck],
    uses: &[Kind::Node],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/machine_management/deploying-machine-health-checks",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for check in view.cluster.machine_health_checks.iter() {
        let Some(stopped) = check.conditions.having("RemediationAllowed", Status::False) else { continue };
        let unhealthy = check.expected.saturating_sub(check.healthy);
        let down = view.cluster.nodes.iter().filter(|node| !node.is_ready());
        let mut finding = Finding::new(
            &CHECK,
            Severity::Warning,
            check.reference(),
            format!("replaces nothing: {unhealthy} of {} machines are unhealthy", check.expected),
        )
        .since(stopped.since, "status.conditions[RemediationAllowed].lastTransitionTime")
        .condition(stopped)
        .fact("status.currentHealthy", check.healthy)
        .depends_on(down.map(Resource::reference))
        .look("oc get nodes,machines.machine.openshift.io -A -o wide", "shows what the unhealthy ones have in common");
        if let Some(max) = &check.max_unhealthy {
            finding = finding.fact("spec.maxUnhealthy", max);
        }
        out.push(finding);
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const STOPPED: &str = "
        kind: MachineHealthCheck
        metadata: {name: workers, namespace: openshift-machine-api}
        spec: {maxUnhealthy: 40%}
        status:
          currentHealthy: 1
          expectedMachines: 3
          conditions: [{type: RemediationAllowed, status: 'False', reason: TooManyUnhealthy, lastTransitionTime: @20m}]";

    #[test]
    fn too_many_at_once_stop_it() {
        fires(&CHECK, STOPPED, &[
            "warning MachineHealthCheck openshift-machine-api/workers: replaces nothing: 2 of 3 machines are unhealthy (since 20m)",
        ]);
        silent(&CHECK, &STOPPED.replace("'False'", "'True'"));
    }
}
