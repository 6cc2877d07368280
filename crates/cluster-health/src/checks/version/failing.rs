//! The version operator cannot bring the cluster to the version it should have.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::cluster_version::ClusterVersion;
use crate::model::condition::{Condition, Status};
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "version-failing",
    title: "The version operator cannot apply its version",
    explain: "Looks at condition Failing of the ClusterVersion. It is True when part of the release could not be applied: \
              an operator that is not available or degraded, an object the API refused (often a webhook or a quota), or a \
              release that could not be loaded. An update stops at that point; without an update the platform no longer \
              repairs what is changed in it. A warning at once, critical after half an hour or when operators are the \
              reason, since these do not recover by being tried again.",
    layer: Layer::Version,
    needs: &[Kind::ClusterVersion],
    uses: &[Kind::ClusterOperator],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/4.16/html-single/updating_clusters/index",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for version in view.cluster.cluster_versions.iter() {
        if let Some(failing) = version.conditions.having("Failing", Status::True) {
            out.push(finding(view, version, failing));
        }
    }
}

/// `ClusterOperatorNotAvailable`, `ClusterOperatorsDegraded` and their like.
fn is_about_operators(failing: &Condition) -> bool {
    failing.reason.starts_with("ClusterOperator")
}

fn finding(view: &View, version: &ClusterVersion, failing: &Condition) -> Finding {
    let lasts = failing.since.is_some() && view.held(failing.since, thresholds::FAILING_CRITICAL);
    let severity = if lasts || is_about_operators(failing) { Severity::Critical } else { Severity::Warning };
    let target = &version.desired;
    let title = match version.unfinished() {
        Some(_) if view.installing() => format!("the installation of {target} fails"),
        Some(_) => format!("the update to {target} fails"),
        None => format!("version {target} can no longer be kept in place"),
    };
    let title = match failing.reasons() {
        Some(reasons) => format!("{title}: {}", listed(reasons)),
        None => title,
    };
    Finding::new(&CHECK, severity, version.reference(), title)
        .since(failing.since, "status.conditions[Failing].lastTransitionTime")
        .condition(failing)
        .look("oc adm upgrade", "shows how far the version operator got and what stopped it")
        .look("oc get clusteroperators", "shows operators that are not available or degraded")
        .look(
            "oc logs -n openshift-cluster-version deployment/cluster-version-operator --tail=50",
            "shows which object could not be applied",
        )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn version(state: &str, failing: &str) -> String {
        format!(
            "
            kind: ClusterVersion
            metadata: {{name: version}}
            status:
              desired: {{version: 4.20.7}}
              history: [{{version: 4.20.7, state: {state}}}, {{version: 4.20.6, state: Completed}}]
              conditions: [{{type: Failing, {failing}}}]"
        )
    }

    #[test]
    fn a_manifest_refused_is_a_warning_until_it_lasts() {
        let failing = "status: 'True', reason: UpdatePayloadFailed, lastTransitionTime: @10m";
        fires(&CHECK, &version("Partial", failing), &[
            "warning ClusterVersion version: the update to 4.20.7 fails: UpdatePayloadFailed (since 10m)",
        ]);
        fires(&CHECK, &version("Completed", &failing.replace("@10m", "@31m")), &[
            "critical ClusterVersion version: version 4.20.7 can no longer be kept in place: UpdatePayloadFailed (since 31m)",
        ]);
    }

    #[test]
    fn an_operator_as_the_reason_is_critical() {
        let failing = "status: 'True', reason: ClusterOperatorDegraded, lastTransitionTime: @1m";
        fires(&CHECK, &version("Partial", failing), &[
            "critical ClusterVersion version: the update to 4.20.7 fails: ClusterOperatorDegraded (since 1m)",
        ]);
    }

    #[test]
    fn an_update_that_works_is_silent() {
        silent(&CHECK, &version("Partial", "status: 'False', lastTransitionTime: @10m"));
        silent(&CHECK, &version("Partial", "status: Unknown, lastTransitionTime: @10m"));
    }
}
