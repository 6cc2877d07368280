//! Load balancers that never came.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::service::{Exposure, Service};
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "network-load-balancer-pending",
    title: "A load balancer has no address",
    explain: "Looks at Services of type LoadBalancer that have had no address for ten minutes since they were made. Nobody \
              outside reaches the application until they have one. The cloud refuses (quota, permission, no free address \
              or subnet), its controller does not run, or there is nothing that makes load balancers at all, as on bare \
              metal without an add-on for it. Critical for the router of the platform, which every route depends on.",
    layer: Layer::Network,
    needs: &[Kind::Service],
    uses: &[Kind::Event],
    reference: "https://kubernetes.io/docs/tasks/access-application-cluster/create-external-load-balancer/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let services = view.cluster.services.iter();
    for service in services.filter(|service| service.exposure == Exposure::LoadBalancer && !service.has_load_balancer) {
        if service.meta.deletion.is_none() && view.held(service.meta.created, thresholds::LOAD_BALANCER_HOLD) {
            out.push(finding(view, service));
        }
    }
}

fn finding(view: &View, service: &Service) -> Finding {
    let (cli, name, namespace) = (view.cli(), &service.meta.name, &service.meta.namespace);
    let is_router = namespace.as_str() == "openshift-ingress";
    let severity = if is_router { Severity::Critical } else { Severity::Warning };
    let refusal = view.events_about(&service.reference()).iter().find(|event| {
        event.warning && event.reason == "SyncLoadBalancerFailed" && view.within(event.last, thresholds::RECENT_EVENT)
    });
    let finding = Finding::new(&CHECK, severity, service.reference(), "its load balancer has no address")
        .since(service.meta.created, "metadata.creationTimestamp")
        .fact("spec.type", "LoadBalancer")
        .fact("status.loadBalancer.ingress", "empty")
        .look(format!("{cli} describe service {name} -n {namespace}"), "shows what the cloud's controller says");
    match refusal {
        Some(event) => finding
            .fact("event SyncLoadBalancerFailed count", event.count)
            .untrusted("event SyncLoadBalancerFailed", event.message.as_deref()),
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const SERVICE: &str = "
        kind: Service
        metadata: {name: web, namespace: shop, creationTimestamp: @20m}
        spec: {type: LoadBalancer, selector: {app: web}}
        status: {loadBalancer: {}}";

    #[test]
    fn a_load_balancer_that_never_came() {
        fires(&CHECK, SERVICE, &["warning Service shop/web: its load balancer has no address (since 20m)"]);
        fires(&CHECK, &SERVICE.replace("shop", "openshift-ingress"), &[
            "critical Service openshift-ingress/web: its load balancer has no address (since 20m)",
        ]);
    }

    #[test]
    fn new_ones_and_those_with_an_address_are_silent() {
        silent(&CHECK, &SERVICE.replace("@20m", "@5m"));
        silent(&CHECK, &SERVICE.replace("loadBalancer: {}", "loadBalancer: {ingress: [{ip: 192.0.2.1}]}"));
        silent(&CHECK, &SERVICE.replace("type: LoadBalancer", "type: NodePort"));
    }
}
