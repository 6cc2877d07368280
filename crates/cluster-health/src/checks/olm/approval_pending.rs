//! Install plans that wait for somebody to approve them.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::{Kind, Resource};
use crate::pod_trouble::shown;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "olm-approval-pending",
    title: "An operator's update waits for approval",
    explain: "Looks at InstallPlans that have required approval for a day. Somebody chose manual approval for the \
              subscription, so this is as wanted and only worth knowing: the operator stays at its version, and an update \
              of the cluster may later be held up by it. One approval covers every operator of the namespace that the \
              plan names. A plan that is already carried out, or whose versions are all installed, does not count.",
    layer: Layer::Operator,
    needs: &[Kind::InstallPlan],
    uses: &[Kind::Subscription, Kind::ClusterServiceVersion],
    reference: "https://docs.openshift.com/container-platform/latest/operators/admin/olm-upgrading-operators.html",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for plan in view.cluster.install_plans.iter().filter(|plan| plan.phase == "RequiresApproval" && !plan.approved) {
        let namespace = &plan.meta.namespace;
        let is_installed = |version| view.cluster.contains(Kind::ClusterServiceVersion, namespace, version);
        let is_done = plan.versions.iter().all(|version| is_installed(version));
        if is_done || !view.held(plan.meta.created, thresholds::APPROVAL_HOLD) {
            continue;
        }
        let (cli, name) = (view.cli(), &plan.meta.name);
        out.push(
            Finding::new(&CHECK, Severity::Info, plan.reference(), "waits for somebody to approve it")
                .since(plan.meta.created, "metadata.creationTimestamp")
                .fact("spec.clusterServiceVersionNames", listed(plan.versions.iter().map(|version| shown(version))))
                .look(format!("{cli} describe installplan {name} -n {namespace}"), "shows what it would install")
                .change(
                    format!("{cli} patch installplan {name} -n {namespace} --type merge -p '{{\"spec\":{{\"approved\":true}}}}'"),
                    "approves it",
                    "updates every operator it names at once; read their release notes first",
                ),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn plan(phase: &str, created: &str) -> String {
        format!(
            "
        kind: InstallPlan
        metadata: {{name: install-a, namespace: operators, creationTimestamp: {created}}}
        spec: {{approved: false, clusterServiceVersionNames: [cache.v2]}}
        status: {{phase: {phase}}}"
        )
    }

    #[test]
    fn one_that_waits_is_worth_knowing() {
        fires(&CHECK, &plan("RequiresApproval", "@3d"), &[
            "info InstallPlan operators/install-a: waits for somebody to approve it (since 3d)",
        ]);
    }

    #[test]
    fn a_new_one_and_what_is_done_are_silent() {
        silent(&CHECK, &plan("RequiresApproval", "@1h"));
        silent(&CHECK, &plan("Complete", "@3d"));
        let installed = "
        ---
        kind: ClusterServiceVersion
        metadata: {name: cache.v2, namespace: operators}";
        silent(&CHECK, &(plan("RequiresApproval", "@3d") + installed));
    }
}
