//! Routers that are fewer than wanted.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::Status;
use crate::model::deployment::Deployment;
use crate::model::pod::Pod;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::time::Time;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "network-router-short",
    title: "A router lacks replicas",
    explain: "Looks at the router deployments in openshift-ingress. With none available for two minutes every route they \
              serve is down, the console and the login among them: critical. With fewer than wanted for a quarter of an \
              hour there is no spare, and one more failure or a drain takes the routes away: a warning. Usual causes are \
              a node that is not ready, too few nodes to place replicas apart from each other, and host ports taken by \
              something else. A router scaled to zero does not count.",
    layer: Layer::Network,
    needs: &[Kind::Deployment],
    uses: &[Kind::Pod, Kind::Node],
    reference: "https://docs.openshift.com/container-platform/latest/networking/ingress-operator.html",
    run,
};

const NAMESPACE: &str = "openshift-ingress";

fn run(view: &View, out: &mut Vec<Finding>) {
    for router in view.cluster.deployments.in_namespace(NAMESPACE) {
        if !router.meta.name.starts_with("router-") || router.available >= router.desired {
            continue;
        }
        let pods: Vec<&Pod> = view.unsettled.iter().filter(|pod| is_of(pod, router)).copied().collect();
        let since = since(router, &pods);
        let hold = if router.available == 0 { thresholds::ROUTER_DOWN_HOLD } else { thresholds::NOT_READY_HOLD };
        if view.held(since, hold) {
            out.push(finding(view, router, &pods).since(since, "status.conditions[Available].lastTransitionTime, or Ready of its pods"));
        }
    }
}

fn is_of(pod: &Pod, router: &Deployment) -> bool {
    pod.meta.namespace == router.meta.namespace && router.selector.matches(&pod.meta.labels)
}

/// `Available` is false only below the least the deployment bears; above that, its pods say when they failed.
fn since(router: &Deployment, pods: &[&Pod]) -> Option<Time> {
    let unavailable = router.conditions.having("Available", Status::False).and_then(|condition| condition.since);
    let unready = || pods.iter().filter_map(|pod| pod.failing_condition("Ready").or(pod.failing_condition("PodScheduled"))?.since);
    unavailable.or_else(|| unready().min())
}

fn finding(view: &View, router: &Deployment, pods: &[&Pod]) -> Finding {
    let (cli, name) = (view.cli(), &router.meta.name);
    let (severity, title) = if router.available == 0 {
        (Severity::Critical, "no router is available: its routes are down".to_owned())
    } else {
        (Severity::Warning, format!("{} of {} routers are available", router.available, router.desired))
    };
    Finding::new(&CHECK, severity, router.reference(), title)
        .fact("status.availableReplicas", router.available)
        .fact("spec.replicas", router.desired)
        .affects(pods.iter().map(|pod| pod.reference()))
        .depends_on(view.dead_nodes(pods))
        .look(format!("{cli} get pods -n {NAMESPACE} -o wide"), "shows the router pods and their nodes")
        .look(format!("{cli} describe deployment {name} -n {NAMESPACE}"), "shows its conditions and events")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn router(available: u32, since: &str) -> String {
        format!(
            "
        kind: Deployment
        metadata: {{name: router-default, namespace: openshift-ingress}}
        spec: {{replicas: 2, selector: {{matchLabels: {{app: router}}}}}}
        status: {{availableReplicas: {available}}}
        ---
        kind: Pod
        metadata: {{name: router-default-a, namespace: openshift-ingress, labels: {{app: router}}}}
        spec: {{nodeName: w1}}
        status: {{phase: Running, conditions: [{{type: Ready, status: 'False', lastTransitionTime: {since}}}]}}
        ---
        kind: Node
        metadata: {{name: w1}}
        status: {{conditions: [{{type: Ready, status: Unknown}}]}}"
        )
    }

    #[test]
    fn without_a_spare_is_a_warning() {
        let found = fires(&CHECK, &router(1, "@20m"), &[
            "warning Deployment openshift-ingress/router-default: 1 of 2 routers are available (since 20m)",
        ]);
        assert_eq!(found[0].upstream[0].to_string(), "Node w1");
        silent(&CHECK, &router(1, "@10m"));
    }

    #[test]
    fn none_at_all_is_critical_at_once() {
        fires(&CHECK, &router(0, "@3m"), &[
            "critical Deployment openshift-ingress/router-default: no router is available: its routes are down (since 3m)",
        ]);
    }

    #[test]
    fn complete_routers_and_other_deployments_are_silent() {
        silent(&CHECK, &router(2, "@20m"));
        silent(&CHECK, &router(1, "@20m").replace("router-default", "canary"));
    }
}
