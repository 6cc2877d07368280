//! OpenShift says that it must not be updated to the next minor version.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::condition::Status;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "version-not-upgradeable",
    title: "OpenShift may not be updated to the next minor version",
    explain: "Looks at condition Upgradeable of the ClusterVersion. False blocks updates to the next minor version, not \
              patches, and says nothing about health today, so this is information only. Usual reasons: an \
              acknowledgement that an administrator has to give because an API will be removed, an operator that asks \
              for something to be changed first, or overrides. Counts after an hour.",
    layer: Layer::Version,
    needs: &[Kind::ClusterVersion],
    uses: &[Kind::ClusterOperator],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/4.16/html-single/updating_clusters/index",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for version in view.cluster.cluster_versions.iter() {
        let Some(upgradeable) = version.conditions.having("Upgradeable", Status::False) else { continue };
        if !view.held(upgradeable.since, thresholds::UPDATE_ADVICE_HOLD) {
            continue;
        }
        let title = "updates to the next minor version are blocked";
        let mut finding = Finding::new(&CHECK, Severity::Info, version.reference(), title)
            .since(upgradeable.since, "status.conditions[Upgradeable].lastTransitionTime")
            .condition(upgradeable)
            .look("oc adm upgrade", "shows why, and which updates are still possible");
        let operators = view.cluster.cluster_operators.iter();
        let blocking = operators.filter(|it| it.conditions.having("Upgradeable", Status::False).is_some());
        let names = listed(blocking.map(|operator| operator.meta.name.as_str()));
        if !names.is_empty() {
            finding = finding.fact("ClusterOperators with status.conditions[Upgradeable].status False", names);
        }
        out.push(finding);
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const BLOCKED: &str = "
        kind: ClusterVersion
        metadata: {name: version}
        status: {conditions: [{type: Upgradeable, status: 'False', reason: AdminAckRequired, lastTransitionTime: @3d}]}
        ---
        kind: ClusterOperator
        metadata: {name: kube-apiserver}
        status: {conditions: [{type: Upgradeable, status: 'False'}]}";

    #[test]
    fn a_block_that_lasts_is_information() {
        let found = fires(&CHECK, BLOCKED, &[
            "info ClusterVersion version: updates to the next minor version are blocked (since 3d)",
        ]);
        assert!(found[0].facts.iter().any(|fact| fact.path.starts_with("ClusterOperators")));
    }

    #[test]
    fn a_fresh_block_and_none_are_silent() {
        silent(&CHECK, &BLOCKED.replace("@3d", "@30m"));
        silent(&CHECK, "
            kind: ClusterVersion
            metadata: {name: version}
            status: {conditions: [{type: Upgradeable, status: Unknown, lastTransitionTime: @3d}]}");
    }
}
