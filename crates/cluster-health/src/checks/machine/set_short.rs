//! MachineSets with fewer nodes than they should have.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::machine::Machine;
use crate::model::machine_set::MachineSet;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "machine-set-short",
    title: "A MachineSet has fewer ready nodes than it should",
    explain: "Looks for MachineSets of which fewer machines are available than wanted, and of which every missing one has \
              been so for half an hour: a node takes ten to twenty minutes from order to readiness. The machines and nodes \
              of the set say what is wrong with them; where there are fewer machines than wanted, the set itself cannot \
              make them, often for want of quota or a setting its provider does not accept. Critical when none is ready.",
    layer: Layer::Node,
    needs: &[Kind::MachineSet, Kind::Machine],
    uses: &[Kind::Node],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/machine_management/managing-compute-machines-with-the-machine-api",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for set in view.cluster.machine_sets.iter().filter(|set| set.available < set.desired) {
        let machines = view.cluster.machines.in_namespace(&set.meta.namespace);
        let own: Vec<&Machine> = machines.filter(|machine| machine.meta.owner.as_ref().is_some_and(|it| it.name == set.meta.name)).collect();
        if is_lasting(view, set, &own) {
            out.push(finding(view, set, &own));
        }
    }
}

/// No machine is on its way any more.
fn is_lasting(view: &View, set: &MachineSet, own: &[&Machine]) -> bool {
    let ready = |machine: &Machine| view.node(&machine.node).is_some_and(|node| node.is_ready());
    let mut on_the_way = own.iter().filter(|machine| !ready(machine));
    let late = |machine: &&Machine| {
        let node = view.node(&machine.node);
        let since = node.and_then(|node| node.conditions.get("Ready")?.since).or(machine.meta.created);
        view.held(since, thresholds::MACHINE_JOIN_HOLD)
    };
    view.held(set.meta.created, thresholds::MACHINE_JOIN_HOLD) && on_the_way.all(late)
}

fn finding(view: &View, set: &MachineSet, own: &[&Machine]) -> Finding {
    let (namespace, name) = (&set.meta.namespace, &set.meta.name);
    let severity = if set.available == 0 && set.ready == 0 { Severity::Critical } else { Severity::Warning };
    let title = format!("{} of {} machines are available as nodes", set.available, set.desired);
    let nodes = own.iter().filter_map(|machine| view.node(&machine.node)).filter(|node| !node.is_ready());
    let finding = Finding::new(&CHECK, severity, set.reference(), title)
        .fact("status.availableReplicas", format!("{} of {}", set.available, set.desired))
        .fact("status.replicas", set.replicas)
        .depends_on(nodes.map(Resource::reference))
        .depends_on(own.iter().filter(|machine| view.node(&machine.node).is_none_or(|node| !node.is_ready())).map(|it| it.reference()))
        .look(format!("oc get machines.machine.openshift.io -n {namespace} -o wide"), "shows how far its machines are")
        .look(format!("oc describe machineset.machine.openshift.io -n {namespace} {name}"), "shows why it cannot make any");
    let finding = if set.error_reason.is_empty() { finding } else { finding.fact("status.errorReason", &set.error_reason) };
    finding.untrusted("status.errorMessage", set.error.as_deref())
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const SHORT: &str = "
        kind: MachineSet
        metadata: {name: w, namespace: openshift-machine-api, creationTimestamp: @9d}
        spec: {replicas: 2}
        status: {replicas: 2, readyReplicas: 1, availableReplicas: 1}
        ---
        kind: Machine
        metadata: {name: w-1, namespace: openshift-machine-api, creationTimestamp: @1h, ownerReferences: [{kind: MachineSet, name: w, controller: true}]}
        status: {phase: Provisioned}
        ---
        kind: Machine
        metadata: {name: w-2, namespace: openshift-machine-api, creationTimestamp: @9d, ownerReferences: [{kind: MachineSet, name: w, controller: true}]}
        status: {phase: Running, nodeRef: {name: w2}}
        ---
        kind: Node
        metadata: {name: w2}
        status: {conditions: [{type: Ready, status: 'True'}]}";

    #[test]
    fn a_missing_node_points_to_its_machine() {
        let found = fires(&CHECK, SHORT, &["warning MachineSet openshift-machine-api/w: 1 of 2 machines are available as nodes"]);
        assert_eq!(found[0].upstream[0].to_string(), "Machine openshift-machine-api/w-1");
        fires(&CHECK, &SHORT.replace("Replicas: 1", "Replicas: 0"), &[
            "critical MachineSet openshift-machine-api/w: 0 of 2 machines are available as nodes",
        ]);
    }

    #[test]
    fn growing_and_complete_sets_are_silent() {
        silent(&CHECK, &SHORT.replace("@1h", "@9m"));
        silent(&CHECK, &SHORT.replace("availableReplicas: 1", "availableReplicas: 2"));
    }
}
