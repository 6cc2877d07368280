//! Install plans that failed.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::condition::Status;
use crate::model::install_plan::InstallPlan;
use crate::model::{Kind, ObjectRef, Resource};
use crate::pod_trouble::shown;
use crate::thresholds;
use crate::time::Time;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "olm-install-plan-failed",
    title: "An operator's install plan failed",
    explain: "Looks at InstallPlans that failed ten minutes ago or earlier and whose versions have not been installed after \
              all. Such a plan is not tried again: the operator stays at its old version, or is not there at all, until the plan or its \
              subscription is made anew. The usual causes are objects of the bundle that the API refuses, a definition \
              that would lose stored data, a bundle that cannot be unpacked in time, and permissions of the namespace's \
              service account. A failed plan whose versions all run, or that a newer plan for the same versions has \
              replaced, is history.",
    layer: Layer::Operator,
    needs: &[Kind::InstallPlan, Kind::ClusterServiceVersion],
    uses: &[Kind::CatalogSource],
    reference: "https://docs.openshift.com/container-platform/latest/support/troubleshooting/troubleshooting-operator-issues.html",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for plan in view.cluster.install_plans.iter().filter(|plan| plan.phase == "Failed") {
        if view.held(since(plan), thresholds::SUBSCRIPTION_HOLD) && !is_history(view, plan) {
            out.push(finding(view, plan));
        }
    }
}

fn since(plan: &InstallPlan) -> Option<Time> {
    plan.conditions.having("Installed", Status::False).and_then(|installed| installed.since).or(plan.meta.created)
}

fn is_history(view: &View, plan: &InstallPlan) -> bool {
    let namespace = &plan.meta.namespace;
    let runs = |version: &str| {
        let version = view.cluster.cluster_service_versions.get(namespace, version);
        version.is_some_and(|version| version.phase == "Succeeded")
    };
    let is_newer = |other: &InstallPlan| other.meta.created > plan.meta.created && other.versions == plan.versions;
    plan.versions.iter().all(|version| runs(version))
        || view.cluster.install_plans.in_namespace(namespace).any(is_newer)
}

fn finding(view: &View, plan: &InstallPlan) -> Finding {
    let (cli, name, namespace) = (view.cli(), &plan.meta.name, &plan.meta.namespace);
    let catalogs = view.cluster.subscriptions.in_namespace(namespace).map(|subscription| subscription.catalog());
    let versions =
        plan.versions.iter().map(|version| ObjectRef::new(Kind::ClusterServiceVersion, namespace, version));
    let title = "failed, and is not tried again";
    let finding = Finding::new(&CHECK, Severity::Warning, plan.reference(), title)
        .fact("status.phase", "Failed")
        .fact("spec.clusterServiceVersionNames", listed(plan.versions.iter().map(|version| shown(version))))
        .affects(versions)
        .depends_on(catalogs)
        .look(format!("{cli} describe installplan {name} -n {namespace}"), "shows which step failed, and why");
    match plan.conditions.having("Installed", Status::False) {
        Some(installed) => finding
            .since(installed.since, "status.conditions[Installed].lastTransitionTime")
            .condition(installed),
        None => finding.since(plan.meta.created, "metadata.creationTimestamp"),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn plan(phase: &str, csv: &str) -> String {
        format!(
            "
        kind: InstallPlan
        metadata: {{name: install-a, namespace: operators, creationTimestamp: @2h}}
        spec: {{approved: true, clusterServiceVersionNames: [cache.v2]}}
        status: {{phase: {phase}, conditions: [{{type: Installed, status: 'False', reason: InstallComponentFailed, lastTransitionTime: @1h}}]}}
        ---
        kind: ClusterServiceVersion
        metadata: {{name: cache.v2, namespace: operators}}
        status: {{phase: {csv}}}"
        )
    }

    #[test]
    fn one_whose_operator_does_not_run() {
        fires(&CHECK, &plan("Failed", "Pending"), &[
            "warning InstallPlan operators/install-a: failed, and is not tried again (since 1h)",
        ]);
    }

    #[test]
    fn history_and_other_phases_are_silent() {
        silent(&CHECK, &plan("Failed", "Succeeded"));
        silent(&CHECK, &plan("Complete", "Pending"));
        silent(&CHECK, &plan("Failed", "Pending").replace("@1h", "@3m"));
        let newer = "
        ---
        kind: InstallPlan
        metadata: {name: install-b, namespace: operators, creationTimestamp: @1h}
        spec: {clusterServiceVersionNames: [cache.v2]}
        status: {phase: Installing}";
        silent(&CHECK, &(plan("Failed", "Pending") + newer));
    }
}
