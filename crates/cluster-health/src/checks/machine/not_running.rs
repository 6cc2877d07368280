//! Machines that do not become nodes, or do not go.

use std::time::Duration;

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::machine::Machine;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::time::Time;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "machine-not-running",
    title: "A machine does not become a node, or does not go",
    explain: "Looks for Machines that stay on the way: without an instance for ten minutes (Provisioning), with an instance \
              but without a node for half an hour (Provisioned, or Running without a node), or in deletion for half an hour. \
              An instance that does not join usually waits for its certificate request to be approved, cannot reach the API \
              or failed at first boot; one that does not go waits for pods that a budget keeps, or for a hook.",
    layer: Layer::Node,
    needs: &[Kind::Machine],
    uses: &[Kind::Node, Kind::CertificateSigningRequest, Kind::PodDisruptionBudget],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/machine_management/managing-compute-machines-with-the-machine-api",
    run,
};

struct Delay {
    title: &'static str,
    since: Option<Time>,
    field: &'static str,
    hold: Duration,
}

fn run(view: &View, out: &mut Vec<Finding>) {
    for machine in view.cluster.machines.iter() {
        let Some(delay) = delay(view, machine) else { continue };
        if view.held(delay.since, delay.hold) {
            out.push(finding(view, machine, &delay));
        }
    }
}

fn delay(view: &View, machine: &Machine) -> Option<Delay> {
    let (created, updated) = (machine.meta.created, machine.updated.or(machine.meta.created));
    if let Some(deletion) = machine.meta.deletion.as_deref() {
        let title = "does not finish being deleted";
        return Some(Delay { title, since: Some(deletion.due), field: "metadata.deletionTimestamp", hold: thresholds::MACHINE_DELETE_HOLD });
    }
    match &*machine.phase {
        "Provisioning" | "" => Some(Delay {
            title: "its provider has not made an instance",
            since: created,
            field: "metadata.creationTimestamp",
            hold: thresholds::MACHINE_INSTANCE_HOLD,
        }),
        "Provisioned" => Some(Delay {
            title: "its instance has not joined the cluster",
            since: updated,
            field: "status.lastUpdated",
            hold: thresholds::MACHINE_JOIN_HOLD,
        }),
        "Running" if machine.node.is_empty() || (view.all_seen(Kind::Node) && view.node(&machine.node).is_none()) => Some(Delay {
            title: "said to run, but there is no node of it",
            since: updated,
            field: "status.lastUpdated",
            hold: thresholds::MACHINE_JOIN_HOLD,
        }),
        _ => None,
    }
}

fn finding(view: &View, machine: &Machine, delay: &Delay) -> Finding {
    let (namespace, name) = (&machine.meta.namespace, &machine.meta.name);
    let severity = if machine.is_control_plane() { Severity::Critical } else { Severity::Warning };
    let finding = Finding::new(&CHECK, severity, machine.reference(), delay.title)
        .since(delay.since, delay.field)
        .fact("status.phase", &machine.phase)
        .look(format!("oc describe machine.machine.openshift.io -n {namespace} {name}"), "shows its conditions and events");
    if machine.meta.deletion.is_some() {
        let node = view.node(&machine.node);
        let held = node.map(|node| view.budgets_holding(node).collect::<Vec<_>>()).unwrap_or_default();
        let finding = if machine.hooks.is_empty() { finding } else { finding.fact("spec.lifecycleHooks", machine.hooks.join(", ")) };
        return finding.depends_on(held).depends_on(node.map(Resource::reference)).overdue();
    }
    let signers = ["kubernetes.io/kube-apiserver-client-kubelet", "kubernetes.io/kubelet-serving"];
    let signer = |name: &&str| ObjectRef { kind: "Signer".into(), namespace: Name::empty(), name: Name::from(*name) };
    finding
        .depends_on(signers.iter().map(signer))
        .look("oc get csr", "shows certificate requests of new machines that wait for approval")
        .look(format!("oc logs -n {namespace} deployment/machine-api-controllers -c machine-controller --tail=50"), "shows what the provider answers")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn machine(phase: &str, node: &str) -> String {
        format!(
            "
        kind: Machine
        metadata: {{name: w-1, namespace: openshift-machine-api, creationTimestamp: @2d}}
        status: {{phase: {phase}, lastUpdated: @40m, nodeRef: {{name: '{node}'}}}}
        ---
        kind: Node
        metadata: {{name: w1}}"
        )
    }

    #[test]
    fn each_step_has_its_own_patience() {
        for (phase, node, title) in [
            ("Provisioning", "", "its provider has not made an instance (since 2d)"),
            ("Provisioned", "", "its instance has not joined the cluster (since 40m)"),
            ("Running", "w9", "said to run, but there is no node of it (since 40m)"),
        ] {
            fires(&CHECK, &machine(phase, node), &[&format!("warning Machine openshift-machine-api/w-1: {title}")]);
        }
        let deleting = machine("Deleting", "w1").replace("creationTimestamp: @2d", "deletionTimestamp: @1h");
        fires(&CHECK, &deleting, &["warning Machine openshift-machine-api/w-1: does not finish being deleted (since 1h)"]);
    }

    #[test]
    fn nodes_and_short_delays_are_silent() {
        silent(&CHECK, &machine("Running", "w1"));
        silent(&CHECK, &machine("Provisioned", "").replace("@40m", "@9m"));
        silent(&CHECK, &machine("Provisioning", "").replace("@2d", "@9m"));
    }
}
