//! OpenShift Virtualization that does not work.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::Status;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "virtualization-operator-degraded",
    title: "OpenShift Virtualization is degraded",
    explain: "Looks at what the HyperConverged object says of OpenShift Virtualization: not available for half an hour is \
              critical, degraded for as long a warning. Machines that run go on, but none may be startable, movable or \
              repairable, and updates of nodes that have to move machines stop. The usual causes are pods of its parts \
              that do not run, nodes that are down, and storage without a default class. Progressing during an update \
              does not count.",
    layer: Layer::Operator,
    needs: &[Kind::HyperConverged],
    uses: &[Kind::Deployment, Kind::DaemonSet, Kind::Node],
    reference: "https://docs.openshift.com/container-platform/latest/virt/monitoring/virt-runbooks.html",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for hyper_converged in view.cluster.hyper_convergeds.iter() {
        let away = hyper_converged.conditions.having("Available", Status::False);
        let degraded = hyper_converged.conditions.having("Degraded", Status::True);
        let (condition, severity, title) = match (away, degraded) {
            (Some(away), _) => (away, Severity::Critical, "virtualization is not available"),
            (None, Some(degraded)) => (degraded, Severity::Warning, "virtualization is degraded"),
            (None, None) => continue,
        };
        if !view.held(condition.since, thresholds::OPERAND_HOLD) {
            continue;
        }
        let (cli, name, namespace) = (view.cli(), &hyper_converged.meta.name, &hyper_converged.meta.namespace);
        out.push(
            Finding::new(&CHECK, severity, hyper_converged.reference(), title)
                .since(condition.since, "status.conditions[Available or Degraded].lastTransitionTime")
                .condition(condition)
                .depends_on(view.causes_in(namespace))
                .look(format!("{cli} describe hyperconverged {name} -n {namespace}"), "shows which of its parts is not well")
                .look(format!("{cli} get pods -n {namespace} -o wide"), "shows its pods and their nodes"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn virtualization(condition: &str, status: &str, since: &str) -> String {
        format!(
            "
        kind: HyperConverged
        metadata: {{name: kubevirt-hyperconverged, namespace: openshift-cnv}}
        status: {{conditions: [{{type: {condition}, status: '{status}', reason: KubeVirtConditions, lastTransitionTime: {since}}}]}}"
        )
    }

    #[test]
    fn not_available_and_degraded() {
        fires(&CHECK, &virtualization("Available", "False", "@1h"), &[
            "critical HyperConverged openshift-cnv/kubevirt-hyperconverged: virtualization is not available (since 1h)",
        ]);
        fires(&CHECK, &virtualization("Degraded", "True", "@1h"), &[
            "warning HyperConverged openshift-cnv/kubevirt-hyperconverged: virtualization is degraded (since 1h)",
        ]);
    }

    #[test]
    fn well_updating_and_young_ones_are_silent() {
        silent(&CHECK, &virtualization("Available", "True", "@1h"));
        silent(&CHECK, &virtualization("Progressing", "True", "@1h"));
        silent(&CHECK, &virtualization("Degraded", "True", "@5m"));
    }
}
