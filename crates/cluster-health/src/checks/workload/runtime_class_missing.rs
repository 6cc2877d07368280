//! Runtime classes that workloads name and that do not exist.

use crate::checks::{Check, Layer};
use crate::finding::Finding;
use crate::model::Kind;
use crate::view::View;
use crate::workloads::{Named, report_absent};

pub const CHECK: Check = Check {
    id: "workload-runtime-class-missing",
    title: "A runtime class that workloads name does not exist",
    explain: "Compares the runtime classes that workloads name with those of the cluster. The API refuses every new pod \
              that names a class it does not know, so nothing shows but an event at the controller, and pods that run \
              already go on until they are replaced. Usual causes are an operator for sandboxed or GPU workloads that \
              was removed, and a manifest from another cluster. Critical when nothing of a workload serves, and on the \
              platform.",
    layer: Layer::Admission,
    needs: &[Kind::RuntimeClass, Kind::Deployment],
    uses: &[Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::Pod],
    reference: "https://kubernetes.io/docs/concepts/containers/runtime-class/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let named = Named { kind: Kind::RuntimeClass, field: "runtimeClassName", of: |template| &template.runtime_class };
    report_absent(view, &CHECK, named, out);
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::workloads::tests::{named_fires, named_silent};

    #[test]
    fn a_name_nothing_has_keeps_every_new_pod_out() {
        named_fires(&CHECK, "RuntimeClass", "runtimeClassName");
    }

    #[test]
    fn names_that_exist_and_workloads_that_want_nothing_are_silent() {
        named_silent(&CHECK, "RuntimeClass", "runtimeClassName");
    }
}
