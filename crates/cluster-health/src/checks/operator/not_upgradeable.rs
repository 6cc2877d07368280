//! Operators that ask not to be updated to the next minor version.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::Status;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "operator-not-upgradeable",
    title: "A cluster operator blocks the next minor version",
    explain: "Looks at condition Upgradeable of each ClusterOperator. False blocks updates of OpenShift to the next minor \
              version until what the operator asks for is done: a deprecated setting removed, an API no longer used, \
              credentials provided. It says nothing about health today, so this is information only, after an hour. \
              Operators that are not available or degraded block updates too and are reported as such.",
    layer: Layer::Operator,
    needs: &[Kind::ClusterOperator],
    uses: &[],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/4.16/html-single/updating_clusters/index",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for operator in view.cluster.cluster_operators.iter().filter(|it| !it.is_in_trouble()) {
        let Some(upgradeable) = operator.conditions.having("Upgradeable", Status::False) else { continue };
        if view.held(upgradeable.since, thresholds::UPDATE_ADVICE_HOLD) {
            let title = "asks that OpenShift is not updated to the next minor version";
            let look = format!("oc describe clusteroperator {}", operator.meta.name);
            let finding = Finding::new(&CHECK, Severity::Info, operator.reference(), title)
                .since(upgradeable.since, "status.conditions[Upgradeable].lastTransitionTime")
                .condition(upgradeable)
                .look(look, "shows what has to be done before the next minor version");
            out.push(finding);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const BLOCKING: &str = "
        kind: ClusterOperator
        metadata: {name: storage}
        status:
          conditions:
          - {type: Available, status: 'True'}
          - {type: Upgradeable, status: 'False', reason: OldDriver, lastTransitionTime: @2d}";

    #[test]
    fn a_block_that_lasts_is_information() {
        fires(&CHECK, BLOCKING, &[
            "info ClusterOperator storage: asks that OpenShift is not updated to the next minor version (since 2d)",
        ]);
    }

    #[test]
    fn unknown_young_and_already_reported_operators_are_silent() {
        silent(&CHECK, &BLOCKING.replace("Upgradeable, status: 'False'", "Upgradeable, status: Unknown"));
        silent(&CHECK, &BLOCKING.replace("@2d", "@10m"));
        silent(&CHECK, &BLOCKING.replace("Available, status: 'True'", "Available, status: 'False'"));
    }
}
