//! Machines that their provider could not make, or lost.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::{Kind, Resource};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "machine-failed",
    title: "A machine has failed",
    explain: "Looks for Machines in phase Failed. The machine API does not try again: the Machine stays as it is until it is \
              deleted, or a MachineHealthCheck replaces it. Its error reason says where it failed: a setting the provider \
              does not accept, no capacity or quota for the instance type, or an instance that was removed behind the \
              cluster's back. Critical for machines of the control plane.",
    layer: Layer::Node,
    needs: &[Kind::Machine],
    uses: &[Kind::Node],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/machine_management/managing-compute-machines-with-the-machine-api",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for machine in view.cluster.machines.iter().filter(|machine| machine.phase == "Failed") {
        let severity = if machine.is_control_plane() { Severity::Critical } else { Severity::Warning };
        let title = match (&*machine.error_reason, &*machine.node) {
            ("", "") => "failed before it joined the cluster".to_owned(),
            ("", _) => "failed after it had joined the cluster".to_owned(),
            (reason, _) => format!("failed: {}", crate::pod_trouble::shown(reason)),
        };
        let (namespace, name) = (&machine.meta.namespace, &machine.meta.name);
        let node = view.node(&machine.node).map(Resource::reference);
        out.push(
            Finding::new(&CHECK, severity, machine.reference(), title)
                .since(machine.updated, "status.lastUpdated")
                .fact("status.phase", &machine.phase)
                .untrusted("status.errorMessage", machine.error.as_deref())
                .affects(node)
                .look(format!("oc describe machine.machine.openshift.io -n {namespace} {name}"), "shows what the provider answered")
                .look(format!("oc get machines.machine.openshift.io -n {namespace} -o wide"), "shows whether others of its kind fare as badly")
                .change(
                    format!("oc delete machine.machine.openshift.io -n {namespace} {name}"),
                    "lets its MachineSet make another one",
                    "the instance and what is on its local disks are gone; the next one may fail for the same reason",
                ),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const FAILED: &str = "
        kind: Machine
        metadata: {name: w-1, namespace: openshift-machine-api, labels: {machine.openshift.io/cluster-api-machine-role: worker}}
        status: {phase: Failed, errorReason: InsufficientResources, errorMessage: no capacity, lastUpdated: @2h}";

    #[test]
    fn its_reason_is_named_and_the_control_plane_is_critical() {
        fires(&CHECK, FAILED, &["warning Machine openshift-machine-api/w-1: failed: InsufficientResources (since 2h)"]);
        fires(&CHECK, &FAILED.replace("role: worker", "role: master").replace("errorReason: InsufficientResources, ", ""), &[
            "critical Machine openshift-machine-api/w-1: failed before it joined the cluster (since 2h)",
        ]);
    }

    #[test]
    fn other_phases_are_silent() {
        silent(&CHECK, &FAILED.replace("phase: Failed", "phase: Running"));
        silent(&CHECK, &FAILED.replace("phase: Failed", "phase: Provisioning"));
    }
}
