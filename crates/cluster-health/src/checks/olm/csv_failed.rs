//! Operators that the Operator Lifecycle Manager cannot install or keep running.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::cluster_service_version::ClusterServiceVersion;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "olm-csv-failed",
    title: "An installed operator has failed",
    explain: "Looks at the phase of each ClusterServiceVersion: Failed for two minutes, or anything else but Succeeded for \
              half an hour. The operator is then not there to look after its applications, which usually go on running, \
              and upgrades of it stop. Usual causes are a deployment of the operator that does not become ready, a \
              requirement that is not met (another operator, a definition, a permission), and a version that cannot \
              take over from the one before. Copies in other namespaces, and an old version that waits for the new one, \
              are counted once, where the trouble is. Critical for the lifecycle manager's own package server.",
    layer: Layer::Operator,
    needs: &[Kind::ClusterServiceVersion],
    uses: &[Kind::Deployment],
    reference: "https://docs.openshift.com/container-platform/latest/support/troubleshooting/troubleshooting-operator-issues.html",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for csv in view.cluster.cluster_service_versions.iter() {
        if csv.copied || csv.phase.is_empty() || csv.phase == "Succeeded" {
            continue;
        }
        let hold = if csv.phase == "Failed" { thresholds::CSV_FAILED_HOLD } else { thresholds::CSV_UNSETTLED_HOLD };
        if view.held(csv.since, hold) && !waits_for_successor(view, csv) {
            out.push(finding(view, csv));
        }
    }
}

/// The version that takes over has not come up; that is its trouble.
fn waits_for_successor(view: &View, csv: &ClusterServiceVersion) -> bool {
    let mut others = view.cluster.cluster_service_versions.in_namespace(&csv.meta.namespace);
    let replaced = |other: &ClusterServiceVersion| other.replaces == csv.meta.name && other.phase != "Succeeded";
    csv.phase == "Replacing" && others.any(replaced)
}

fn finding(view: &View, csv: &ClusterServiceVersion) -> Finding {
    let (cli, name, namespace) = (view.cli(), &csv.meta.name, &csv.meta.namespace);
    let is_own = namespace.as_str() == "openshift-operator-lifecycle-manager";
    let severity = if is_own { Severity::Critical } else { Severity::Warning };
    let title = match csv.phase.as_str() {
        "Failed" => "failed to install or to keep running",
        "Pending" => "waits for requirements that are not met",
        "Installing" | "InstallReady" => "is being installed for too long",
        "Replacing" | "Deleting" => "is being replaced or removed for too long",
        _ => "is in an unknown state",
    };
    let mut finding = Finding::new(&CHECK, severity, csv.reference(), title)
        .since(csv.since, "status.lastTransitionTime")
        .fact("status.phase", &csv.phase)
        .fact("status.reason", &csv.reason)
        .untrusted("status.message", csv.message.as_deref())
        .look(format!("{cli} describe csv {name} -n {namespace}"), "shows its requirements and what was tried")
        .look(format!("{cli} get deployments,pods -n {namespace}"), "shows whether the operator itself runs");
    if !csv.version.is_empty() {
        finding = finding.fact("spec.version", &csv.version);
    }
    if !csv.replaces.is_empty() {
        finding = finding.fact("spec.replaces", &csv.replaces);
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn csv(phase: &str, since: &str) -> String {
        format!(
            "
        kind: ClusterServiceVersion
        metadata: {{name: cache.v2, namespace: operators}}
        spec: {{version: 2.0.0, replaces: cache.v1}}
        status: {{phase: {phase}, reason: InstallComponentFailed, lastTransitionTime: {since}}}"
        )
    }

    #[test]
    fn a_failed_operator_is_a_warning() {
        fires(&CHECK, &csv("Failed", "@20m"), &[
            "warning ClusterServiceVersion operators/cache.v2: failed to install or to keep running (since 20m)",
        ]);
    }

    #[test]
    fn other_phases_have_longer() {
        silent(&CHECK, &csv("Installing", "@20m"));
        fires(&CHECK, &csv("Pending", "@40m"), &[
            "warning ClusterServiceVersion operators/cache.v2: waits for requirements that are not met (since 40m)",
        ]);
        silent(&CHECK, &csv("Failed", "@1m"));
    }

    #[test]
    fn copies_and_a_version_that_waits_for_the_next_are_counted_once() {
        silent(&CHECK, &csv("Failed", "@2h").replace("InstallComponentFailed", "Copied"));
        let both = csv("Replacing", "@2h") + "\n---" + &csv("Failed", "@2h").replace("cache.v2", "cache.v3").replace("cache.v1", "cache.v2");
        fires(&CHECK, &both, &[
            "warning ClusterServiceVersion operators/cache.v3: failed to install or to keep running (since 2h)",
        ]);
    }

    #[test]
    fn the_package_server_serves_part_of_the_api() {
        fires(&CHECK, &csv("Failed", "@20m").replace("namespace: operators", "namespace: openshift-operator-lifecycle-manager"), &[
            "critical ClusterServiceVersion openshift-operator-lifecycle-manager/cache.v2: failed to install or to keep \
             running (since 20m)",
        ]);
    }
}
