//! OpenShift's login, when nothing of it runs.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "api-login-unavailable",
    title: "Nobody can log in",
    explain: "Looks at the Deployment oauth-openshift, which people log in through to the console and the command line, once \
              none of it has been available for five minutes. Who has a token or a client certificate still gets in, so \
              repair is possible with the installer's kubeconfig. Usual causes are a certificate or identity provider setting \
              it cannot start with, and the nodes it runs on. Clusters that leave login to somebody else have no such \
              Deployment. Critical.",
    layer: Layer::Operator,
    needs: &[Kind::Deployment],
    uses: &[Kind::Pod, Kind::Node],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/authentication_and_authorization",
    run,
};

const NAMESPACE: &str = "openshift-authentication";

fn run(view: &View, out: &mut Vec<Finding>) {
    let Some(login) = view.cluster.deployments.get(NAMESPACE, "oauth-openshift") else { return };
    let since = login.conditions.get("Available").and_then(|available| available.since);
    if view.installing() || login.desired == 0 || login.available > 0 || !view.held(since, thresholds::API_HOLD) {
        return;
    }
    let operator = ObjectRef::new(Kind::ClusterOperator, &Name::empty(), &Name::from("authentication"));
    out.push(
        Finding::new(&CHECK, Severity::Critical, operator, "nobody can log in: no oauth-openshift pod is available")
            .since(since, "Deployment status.conditions[Available].lastTransitionTime")
            .fact(format!("{} status.availableReplicas", login.reference()), login.available)
            .depends_on([login.reference()])
            .look(format!("oc get pods -n {NAMESPACE} -o wide"), "shows its pods (with a client certificate, such as the installer's kubeconfig)")
            .look(format!("oc logs -n {NAMESPACE} deployment/oauth-openshift --tail=50"), "shows what it cannot start with"),
    );
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const DOWN: &str = "
        kind: Deployment
        metadata: {name: oauth-openshift, namespace: openshift-authentication}
        spec: {replicas: 3}
        status: {availableReplicas: 0, conditions: [{type: Available, status: 'False', lastTransitionTime: @20m}]}";

    #[test]
    fn none_of_it_is_critical() {
        fires(&CHECK, DOWN, &[
            "critical ClusterOperator authentication: nobody can log in: no oauth-openshift pod is available (since 20m)",
        ]);
    }

    #[test]
    fn one_of_it_and_restarts_are_silent() {
        silent(&CHECK, &DOWN.replace("availableReplicas: 0", "availableReplicas: 1"));
        silent(&CHECK, &DOWN.replace("@20m", "@2m"));
        silent(&CHECK, &DOWN.replace("replicas: 3", "replicas: 0"));
    }
}
