//! Operators that stayed behind at another version than the cluster's.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::cluster_operator::ClusterOperator;
use crate::model::cluster_version::ClusterVersion;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "operator-version-skew",
    title: "A cluster operator is at another version than the cluster",
    explain: "Compares the version each ClusterOperator reports of itself with the version the cluster should have, an hour \
              after the last update has completed. They differ when an operator was taken out of the version operator's \
              care (overrides), no longer runs, or reports through an old pod. Mixed versions are neither tested nor \
              supported. Nothing is said while an update runs or has stopped half-way, and about operators that report \
              no version.",
    layer: Layer::Operator,
    needs: &[Kind::ClusterOperator, Kind::ClusterVersion],
    uses: &[],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/4.16/html-single/updating_clusters/index",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let Some(version) = view.cluster.cluster_versions.iter().next() else { return };
    let Some(last) = version.history.first().filter(|last| last.completed && last.version == version.desired) else {
        return;
    };
    if view.updating() || !view.held(last.finished, thresholds::VERSION_SKEW_HOLD) {
        return;
    }
    for operator in view.cluster.cluster_operators.iter() {
        if operator.is_behind(&version.desired) {
            out.push(finding(view, operator, version));
        }
    }
}

fn finding(view: &View, operator: &ClusterOperator, version: &ClusterVersion) -> Finding {
    let name = &operator.meta.name;
    let title = format!("at version {}, while the cluster is at {}", operator.version, version.desired);
    let finding = Finding::new(&CHECK, Severity::Warning, operator.reference(), title)
        .fact("status.versions[operator].version", &operator.version)
        .fact("ClusterVersion status.desired.version", &version.desired)
        .look(format!("oc get clusteroperator {name} -o yaml"), "shows the versions of all it looks after")
        .depends_on(view.causes_of(operator));
    view.look_into_namespaces(operator, finding)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn cluster(state: &str, finished: &str, operator: &str) -> String {
        format!(
            "
            kind: ClusterVersion
            metadata: {{name: version}}
            status:
              desired: {{version: 4.20.7}}
              history: [{{version: 4.20.7, state: {state}, completionTime: {finished}}}]
            ---
            kind: ClusterOperator
            metadata: {{name: console}}
            status: {{versions: [{{name: operator, version: {operator}}}]}}"
        )
    }

    #[test]
    fn an_operator_left_behind_is_a_warning() {
        fires(&CHECK, &cluster("Completed", "@2h", "4.20.6"), &[
            "warning ClusterOperator console: at version 4.20.6, while the cluster is at 4.20.7",
        ]);
    }

    #[test]
    fn equal_versions_and_updates_are_silent() {
        silent(&CHECK, &cluster("Completed", "@2h", "4.20.7"));
        silent(&CHECK, &cluster("Completed", "@30m", "4.20.6"));
        silent(&CHECK, &cluster("Partial", "null", "4.20.6"));
        silent(&CHECK, &cluster("Completed", "@2h", "''"));
    }
}
