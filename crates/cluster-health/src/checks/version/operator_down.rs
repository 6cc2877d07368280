//! The version operator itself, when it does not run.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "version-operator-down",
    title: "Nothing keeps OpenShift as its release says",
    explain: "Looks at the cluster-version-operator's Deployment, once none of it has been available for ten minutes. Without \
              it no update moves, changed parts of the platform are not put back, and what the ClusterVersion says of the \
              cluster is old: its conditions are no longer written. Usual causes are the control-plane node it runs on and \
              an image that cannot be pulled. Critical.",
    layer: Layer::Version,
    needs: &[Kind::Deployment, Kind::ClusterVersion],
    uses: &[Kind::Pod, Kind::Node],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-version-operator/ClusterVersionOperatorDown.md",
    run,
};

const NAMESPACE: &str = "openshift-cluster-version";

fn run(view: &View, out: &mut Vec<Finding>) {
    let Some(operator) = view.cluster.deployments.get(NAMESPACE, "cluster-version-operator") else { return };
    let since = operator.conditions.get("Available").and_then(|available| available.since);
    if operator.available > 0 || !view.held(since, thresholds::UNAVAILABLE_HOLD) {
        return;
    }
    for version in view.cluster.cluster_versions.iter() {
        let title = "the version operator does not run, so what is said here may be old";
        out.push(
            Finding::new(&CHECK, Severity::Critical, version.reference(), title)
                .since(since, "Deployment status.conditions[Available].lastTransitionTime")
                .fact(format!("{} status.availableReplicas", operator.reference()), operator.available)
                .fact(format!("{} spec.replicas", operator.reference()), operator.desired)
                .depends_on([operator.reference()])
                .look(format!("oc get pods -n {NAMESPACE} -o wide"), "shows its pod and the node it is on"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const DOWN: &str = "
        kind: ClusterVersion
        metadata: {name: version}
        ---
        kind: Deployment
        metadata: {name: cluster-version-operator, namespace: openshift-cluster-version}
        spec: {replicas: 1}
        status: {availableReplicas: 0, conditions: [{type: Available, status: 'False', lastTransitionTime: @20m}]}";

    #[test]
    fn nobody_looks_after_the_release() {
        fires(&CHECK, DOWN, &[
            "critical ClusterVersion version: the version operator does not run, so what is said here may be old (since 20m)",
        ]);
        silent(&CHECK, &DOWN.replace("@20m", "@2m"));
        silent(&CHECK, &DOWN.replace("availableReplicas: 0", "availableReplicas: 1"));
    }
}
