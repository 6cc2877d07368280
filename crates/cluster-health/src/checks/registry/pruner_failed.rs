//! Runs of the image pruner that failed.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::Status;
use crate::model::{Kind, Resource};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "registry-pruner-failed",
    title: "The image pruner fails",
    explain: "Looks at whether the newest run of the image pruner failed, as its operator reports it. Images that nobody \
              uses then stay, and the registry's storage fills slowly; the operator image-registry calls itself degraded \
              after some failures. The usual causes are a registry that does not answer, an image reference that the \
              pruner cannot read, and a pod of it that could not start. It is a warning: nothing is broken yet. A pruner \
              that is suspended does not run and does not fail.",
    layer: Layer::Operator,
    needs: &[Kind::ImagePruner],
    uses: &[Kind::ImageRegistry, Kind::Job],
    reference: "https://docs.openshift.com/container-platform/latest/applications/pruning-objects.html",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for pruner in view.cluster.image_pruners.iter() {
        if let Some(failed) = pruner.conditions.having("Failed", Status::True) {
            out.push(
                Finding::new(&CHECK, Severity::Warning, pruner.reference(), "its newest run failed")
                    .since(failed.since, "status.conditions[Failed].lastTransitionTime")
                    .condition(failed)
                    .depends_on(view.cluster.image_registries.iter().map(Resource::reference))
                    .look("oc get jobs,pods -n openshift-image-registry", "shows the pruner's runs")
                    .look("oc describe imagepruner cluster", "shows its settings and every condition"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn pruner(failed: &str) -> String {
        format!(
            "
        kind: ImagePruner
        metadata: {{name: cluster}}
        status: {{conditions: [{{type: Failed, status: '{failed}', reason: Error, lastTransitionTime: @5h}}]}}"
        )
    }

    #[test]
    fn a_run_that_failed() {
        fires(&CHECK, &pruner("True"), &["warning ImagePruner cluster: its newest run failed (since 5h)"]);
    }

    #[test]
    fn a_run_that_went_well_is_silent() {
        silent(&CHECK, &pruner("False"));
    }
}
