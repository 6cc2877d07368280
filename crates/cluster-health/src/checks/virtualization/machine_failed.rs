//! Virtual machines that cannot run.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, Text};
use crate::model::condition::{Condition, Status};
use crate::model::virtual_machine::VirtualMachine;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "virtualization-machine-failed",
    title: "A virtual machine cannot run",
    explain: "Looks at the status OpenShift Virtualization gives each VirtualMachine: it finds no node, crashes again and \
              again, cannot pull its image, or lacks its disk, for ten minutes. The usual causes are nodes without room \
              or the processor features it asks for, a claim or data volume that is missing or still being filled, and a \
              boot image that cannot be read. Machines that are stopped, paused, starting, migrating or being filled on \
              purpose do not count.",
    layer: Layer::Workload,
    needs: &[Kind::VirtualMachine],
    uses: &[Kind::Pod, Kind::PersistentVolumeClaim, Kind::HyperConverged],
    reference: "https://docs.openshift.com/container-platform/latest/virt/support/virt-troubleshooting.html",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for machine in view.cluster.virtual_machines.iter() {
        let title = match machine.status.as_str() {
            "ErrorUnschedulable" => "cannot run: no node fits it",
            "CrashLoopBackOff" => "crashes again and again",
            "ErrImagePull" | "ImagePullBackOff" => "cannot run: an image of it cannot be pulled",
            "ErrorPvcNotFound" => "cannot run: a claim it uses does not exist",
            "ErrorDataVolumeNotFound" => "cannot run: a data volume it uses does not exist",
            "DataVolumeError" => "cannot run: a data volume it uses could not be filled",
            _ => continue,
        };
        let ready = machine.conditions.having("Ready", Status::False);
        let since = ready.and_then(|ready| ready.since);
        if view.held(since, thresholds::SERVING_HOLD) {
            out.push(finding(view, machine, title, ready));
        }
    }
}

fn finding(view: &View, machine: &VirtualMachine, title: impl Into<Text>, ready: Option<&Condition>) -> Finding {
    let (cli, name, namespace) = (view.cli(), &machine.meta.name, &machine.meta.namespace);
    let finding = Finding::new(&CHECK, Severity::Warning, machine.reference(), title)
        .fact("status.printableStatus", &machine.status)
        .depends_on(workloads(view, name, namespace))
        .depends_on(view.cluster.hyper_convergeds.iter().map(Resource::reference))
        .look(format!("{cli} describe virtualmachine {name} -n {namespace}"), "shows its disks and what stands in the way")
        .look(format!("{cli} get virtualmachineinstances,pods -n {namespace} -l vm.kubevirt.io/name={name}"), "shows the pod that runs it");
    match ready {
        Some(ready) => {
            finding.since(ready.since, "status.conditions[Ready].lastTransitionTime").condition(ready)
        }
        None => finding,
    }
}

/// What runs it, among the pods that are not well.
fn workloads(view: &View, name: &Name, namespace: &Name) -> Vec<ObjectRef> {
    let pods = view.unsettled.iter().filter(|pod| pod.meta.namespace == *namespace);
    let its = pods.filter(|pod| pod.meta.labels.get("vm.kubevirt.io/name").is_some_and(|of| of == name));
    its.flat_map(|pod| [view.workload(pod), pod.reference()]).collect()
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn machine(status: &str, since: &str) -> String {
        format!(
            "
        kind: VirtualMachine
        metadata: {{name: mail, namespace: office}}
        status:
          printableStatus: {status}
          conditions: [{{type: Ready, status: 'False', reason: PodNotExists, lastTransitionTime: {since}}}]"
        )
    }

    #[test]
    fn one_that_finds_no_node_or_lacks_its_disk() {
        fires(&CHECK, &machine("ErrorUnschedulable", "@20m"), &[
            "warning VirtualMachine office/mail: cannot run: no node fits it (since 20m)",
        ]);
        fires(&CHECK, &machine("ErrorPvcNotFound", "@20m"), &[
            "warning VirtualMachine office/mail: cannot run: a claim it uses does not exist (since 20m)",
        ]);
    }

    #[test]
    fn stopped_starting_and_young_ones_are_silent() {
        silent(&CHECK, &machine("Stopped", "@20m"));
        silent(&CHECK, &machine("Starting", "@20m"));
        silent(&CHECK, &machine("ErrorUnschedulable", "@2m"));
    }
}
