//! The set of the control plane's machines, when it is not as it should be.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::Status;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "machine-control-plane-set",
    title: "The control plane's machines are not as they should be",
    explain: "Looks at conditions Degraded and Available of the ControlPlaneMachineSet, which replaces control-plane machines \
              that are lost or whose settings changed. Degraded for half an hour means that it cannot do so, usually since a \
              machine failed or there are more or fewer machines than it can account for; not available means that too few \
              of them are ready. An inactive set, as many installations have it, reports neither.",
    layer: Layer::Node,
    needs: &[Kind::ControlPlaneMachineSet],
    uses: &[Kind::Machine, Kind::Node],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/machine_management/managing-control-plane-machines",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for set in view.cluster.control_plane_machine_sets.iter() {
        let unavailable = set.conditions.having("Available", Status::False);
        let degraded = set.conditions.having("Degraded", Status::True);
        let (severity, title, condition, hold) = match (unavailable, degraded) {
            (Some(it), _) => (Severity::Critical, "not available: too few control-plane machines are ready", it, thresholds::UNAVAILABLE_HOLD),
            (None, Some(it)) => (Severity::Warning, "degraded: it cannot look after the control plane's machines", it, thresholds::DEGRADED_HOLD),
            (None, None) => continue,
        };
        if view.held(condition.since, hold) {
            let machines = view.cluster.machines.iter().filter(|machine| machine.is_control_plane());
            let nodes = view.cluster.nodes.iter().filter(|node| node.is_control_plane() && !node.is_ready());
            out.push(
                Finding::new(&CHECK, severity, set.reference(), title)
                    .since(condition.since, "status.conditions[Available or Degraded].lastTransitionTime")
                    .condition(condition)
                    .depends_on(nodes.map(Resource::reference))
                    .depends_on(machines.map(Resource::reference))
                    .look("oc describe controlplanemachineset -n openshift-machine-api cluster", "shows what it waits for")
                    .look("oc get machines.machine.openshift.io -n openshift-machine-api -l machine.openshift.io/cluster-api-machine-role=master", "shows the machines of the control plane"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const SET: &str = "
        kind: ControlPlaneMachineSet
        metadata: {name: cluster, namespace: openshift-machine-api}
        status:
          conditions:
          - {type: Available, status: 'True', lastTransitionTime: @9d}
          - {type: Degraded, status: 'True', reason: FailedReplacement, lastTransitionTime: @40m}";

    #[test]
    fn degraded_and_unavailable_are_told_apart() {
        let object = "ControlPlaneMachineSet openshift-machine-api/cluster";
        fires(&CHECK, SET, &[&format!("warning {object}: degraded: it cannot look after the control plane's machines (since 40m)")]);
        fires(&CHECK, &SET.replace("Available, status: 'True', lastTransitionTime: @9d", "Available, status: 'False', lastTransitionTime: @20m"), &[
            &format!("critical {object}: not available: too few control-plane machines are ready (since 20m)"),
        ]);
    }

    #[test]
    fn a_short_complaint_is_silent() {
        silent(&CHECK, &SET.replace("@40m", "@9m"));
    }
}
