//! OpenShift itself is not available.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::cluster_version::ClusterVersion;
use crate::model::condition::Status;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "version-unavailable",
    title: "OpenShift says it is not available",
    explain: "Looks at condition Available of the ClusterVersion, the version operator's verdict on the whole platform. \
              It is not True when an operator the platform cannot do without is not available, so the cause is nearly \
              always one of the ClusterOperators; start with the one that failed first. Critical after ten minutes. A \
              first installation is given an hour, because nothing is available before it ends.",
    layer: Layer::Version,
    needs: &[Kind::ClusterVersion],
    uses: &[Kind::ClusterOperator],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-monitoring-operator/ClusterOperatorDown.md",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let hold = if view.installing() { thresholds::INSTALL_HOLD } else { thresholds::UNAVAILABLE_HOLD };
    for version in view.cluster.cluster_versions.iter().filter(|version| !version.conditions.is_true("Available")) {
        let since = version.conditions.get("Available").and_then(|available| available.since);
        if view.held(since.or(version.meta.created), hold) {
            out.push(finding(version));
        }
    }
}

fn finding(version: &ClusterVersion) -> Finding {
    let available = version.conditions.get("Available");
    let title = match available.map(|available| available.status) {
        Some(Status::False) => "OpenShift is not available",
        _ => "it is not known whether OpenShift is available",
    };
    let finding = Finding::new(&CHECK, Severity::Critical, version.reference(), title)
        .since(available.and_then(|available| available.since), "status.conditions[Available].lastTransitionTime")
        .fact("status.desired.version", &version.desired)
        .look("oc get clusteroperators", "shows which operators are not available, and for how long")
        .look("oc describe clusterversion version", "shows what the version operator waits for");
    match available {
        Some(available) => finding.condition(available),
        None => finding.fact("status.conditions[Available]", "absent"),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn version(history: &str, available: &str) -> String {
        format!(
            "
            kind: ClusterVersion
            metadata: {{name: version, creationTimestamp: @20d}}
            status:
              desired: {{version: 4.20.6}}
              history: [{history}]
              conditions: [{available}]"
        )
    }

    const INSTALLED: &str = "{version: 4.20.6, state: Completed}";

    #[test]
    fn not_available_for_ten_minutes_is_critical() {
        let version = version(INSTALLED, "{type: Available, status: 'False', lastTransitionTime: @12m}");
        let operator = "
            ---
            kind: ClusterOperator
            metadata: {name: etcd}
            status: {conditions: [{type: Available, status: 'False'}]}";
        fires(&CHECK, &format!("{version}{operator}"), &[
            "critical ClusterVersion version: OpenShift is not available (since 12m)",
        ]);
    }

    #[test]
    fn no_word_about_it_is_not_taken_for_availability() {
        fires(&CHECK, &version(INSTALLED, ""), &[
            "critical ClusterVersion version: it is not known whether OpenShift is available",
        ]);
    }

    #[test]
    fn a_short_gap_and_a_first_installation_are_silent() {
        silent(&CHECK, &version(INSTALLED, "{type: Available, status: 'False', lastTransitionTime: @9m}"));
        let installing = "{version: 4.20.6, state: Partial}";
        silent(&CHECK, &version(installing, "{type: Available, status: 'False', lastTransitionTime: @40m}"));
        silent(&CHECK, &version(INSTALLED, "{type: Available, status: 'True', lastTransitionTime: @20d}"));
    }
}
