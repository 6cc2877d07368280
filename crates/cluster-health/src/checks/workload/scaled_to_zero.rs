//! Workloads scaled to zero although somebody still sends to them.

use std::collections::BTreeMap;

use crate::backends::User;
use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::service::Service;
use crate::model::{Kind, ObjectRef, Resource};
use crate::pod_trouble::shown;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "workload-scaled-to-zero",
    title: "A workload is scaled to zero although something still sends to it",
    explain: "Looks for workloads that want no pods while a Route, a load balancer or part of the API sends to their Service, \
              which therefore has no endpoint. Scaling down is done on purpose, so it is a warning, critical only where the \
              API itself is behind it; what nobody sends to from outside is not mentioned. Whoever scaled it is named in \
              managedFields.",
    layer: Layer::Workload,
    needs: &[Kind::Service, Kind::EndpointSlice],
    uses: &[Kind::Deployment, Kind::StatefulSet, Kind::Route, Kind::APIService],
    reference: "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#scaling-a-deployment",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut asleep: BTreeMap<ObjectRef, (User, Vec<&Service>)> = BTreeMap::new();
    for service in view.unserved().iter().filter(|service| service.selector.is_some()) {
        let workloads = view.workloads_behind(service);
        if !view.are_scaled_to_zero(&workloads) || !view.held(service.meta.created, thresholds::SERVICE_HOLD) {
            continue;
        }
        let Some(user) = view.user_of(service) else { continue };
        for workload in workloads {
            asleep.entry(workload).or_insert_with(|| (user, Vec::new())).1.push(service);
        }
    }
    out.extend(asleep.into_iter().map(|(workload, (user, services))| finding(view, workload, user, &services)));
}

fn finding(view: &View, workload: ObjectRef, user: User, services: &[&Service]) -> Finding {
    let severity = if user == User::Api { Severity::Critical } else { Severity::Warning };
    let (cli, namespace) = (view.cli(), workload.namespace.clone());
    let named = format!("{} {}", workload.kind.to_ascii_lowercase(), shown(&workload.name));
    Finding::new(&CHECK, severity, workload, format!("scaled to zero, and {} still sends to it", user.as_str()))
        .fact("spec.replicas", 0)
        .affects(services.iter().map(|service| service.reference()))
        .look(format!("{cli} get {named} -n {namespace} -o yaml --show-managed-fields"), "shows who set spec.replicas, and when")
        .change(
            format!("{cli} scale {named} -n {namespace} --replicas=1"),
            "brings it back",
            "it was scaled down on purpose; find out why first",
        )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const ASLEEP: &str = "
        kind: Namespace
        metadata: {name: shop}
        ---
        kind: Deployment
        metadata: {name: web, namespace: shop}
        spec: {replicas: 0, template: {metadata: {labels: {app: web}}}}
        ---
        kind: Service
        metadata: {name: web, namespace: shop, creationTimestamp: @9d}
        spec: {selector: {app: web}, ports: [{port: 80}]}
        ---
        kind: EndpointSlice
        metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
        ---
        kind: Route
        metadata: {name: web, namespace: shop}
        spec: {to: {kind: Service, name: web}}";

    #[test]
    fn a_route_that_leads_to_nothing_names_the_workload() {
        fires(&CHECK, ASLEEP, &["warning Deployment shop/web: scaled to zero, and a Route still sends to it"]);
    }

    #[test]
    fn nobody_sending_and_running_workloads_are_silent() {
        silent(&CHECK, &ASLEEP.replace("spec: {to: {kind: Service, name: web}}", "spec: {to: {kind: Service, name: other}}"));
        silent(&CHECK, &ASLEEP.replace("replicas: 0", "replicas: 1"));
    }
}
