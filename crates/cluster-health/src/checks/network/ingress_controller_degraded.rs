//! Routers that their operator cannot run or reach.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::{Condition, Status};
use crate::model::ingress_controller::IngressController;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "network-ingress-controller-degraded",
    title: "An ingress controller does not work as it should",
    explain: "Looks at what the ingress operator says of each IngressController: whether it is admitted and available, \
              whether its load balancer and DNS records are there, whether its own test requests come through, and \
              whether it is degraded, each for five minutes. Its routes are then not reachable, or will not be for long. \
              The usual causes are a load balancer that the cloud does not provide, a DNS zone the operator may not \
              write, router pods that find no node, and a firewall between load balancer and nodes. Critical for the \
              default one when it is not available or its test requests fail.",
    layer: Layer::Network,
    needs: &[Kind::IngressController],
    uses: &[Kind::Deployment, Kind::Service, Kind::Node],
    reference: "https://docs.openshift.com/container-platform/latest/networking/ingress-operator.html",
    run,
};

const NAMESPACE: &str = "openshift-ingress";

/// What is bad, worst first: condition, status, words, and whether the default controller is then of no use.
const CONDITIONS: [(&str, Status, &str, bool); 6] = [
    ("Available", Status::False, "it is not available", true),
    ("CanaryChecksSucceeding", Status::False, "test requests through it fail", true),
    ("Admitted", Status::False, "its settings are not accepted", false),
    ("LoadBalancerReady", Status::False, "its load balancer is not ready", false),
    ("DNSReady", Status::False, "its DNS records are not published", false),
    ("Degraded", Status::True, "it is degraded", false),
];

fn run(view: &View, out: &mut Vec<Finding>) {
    for controller in view.cluster.ingress_controllers.iter() {
        let bad: Vec<(&Condition, &str, bool)> = CONDITIONS
            .iter()
            .filter_map(|(kind, status, words, fatal)| Some((controller.conditions.having(kind, *status)?, *words, *fatal)))
            .filter(|(condition, ..)| view.held(condition.since, thresholds::INGRESS_HOLD))
            .collect();
        if let Some((_, words, _)) = bad.first() {
            out.push(finding(view, controller, words, &bad));
        }
    }
}

fn finding(view: &View, controller: &IngressController, words: &str, bad: &[(&Condition, &str, bool)]) -> Finding {
    let name = &controller.meta.name;
    let fatal = *name == "default" && bad.iter().any(|(_, _, fatal)| *fatal);
    let severity = if fatal { Severity::Critical } else { Severity::Warning };
    let (namespace, router) = (Name::from(NAMESPACE), Name::from(format!("router-{name}").as_str()));
    let finding = Finding::new(&CHECK, severity, controller.reference(), format!("does not work as it should: {words}"))
        .since(bad.iter().filter_map(|(condition, ..)| condition.since).min(), "status.conditions[*].lastTransitionTime")
        .fact("status.availableReplicas", controller.available)
        .fact("status.endpointPublishingStrategy.type", &controller.strategy)
        .depends_on([
            ObjectRef::new(Kind::Deployment, &namespace, &router),
            ObjectRef::new(Kind::Service, &namespace, &router),
        ])
        .depends_on(view.causes_in(NAMESPACE))
        .look(format!("oc describe ingresscontroller {name} -n openshift-ingress-operator"), "shows every condition in full")
        .look(format!("oc get pods,services -n {NAMESPACE} -o wide"), "shows the routers, their nodes and the load balancer");
    bad.iter().fold(finding, |finding, (condition, ..)| finding.condition(condition))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn controller(name: &str, condition: &str, status: &str, since: &str) -> String {
        format!(
            "
        kind: IngressController
        metadata: {{name: {name}, namespace: openshift-ingress-operator}}
        status: {{availableReplicas: 2, conditions: [{{type: {condition}, status: '{status}', lastTransitionTime: {since}}}]}}"
        )
    }

    #[test]
    fn the_default_one_is_critical_when_it_does_not_serve() {
        fires(&CHECK, &controller("default", "CanaryChecksSucceeding", "False", "@10m"), &[
            "critical IngressController openshift-ingress-operator/default: does not work as it should: test requests \
             through it fail (since 10m)",
        ]);
        fires(&CHECK, &controller("inner", "Available", "False", "@10m"), &[
            "warning IngressController openshift-ingress-operator/inner: does not work as it should: it is not available \
             (since 10m)",
        ]);
        let found = fires(&CHECK, &controller("default", "LoadBalancerReady", "False", "@10m"), &[
            "warning IngressController openshift-ingress-operator/default: does not work as it should: its load balancer is \
             not ready (since 10m)",
        ]);
        assert_eq!(found[0].upstream[1].to_string(), "Service openshift-ingress/router-default");
    }

    #[test]
    fn what_is_well_unmanaged_or_just_began_is_silent() {
        silent(&CHECK, &controller("default", "Available", "True", "@10m"));
        silent(&CHECK, &controller("default", "LoadBalancerManaged", "False", "@10m"));
        silent(&CHECK, &controller("default", "Degraded", "True", "@2m"));
    }
}
