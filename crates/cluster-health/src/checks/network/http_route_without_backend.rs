//! HTTPRoutes that lead to Services nothing answers behind.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::http_route::HTTPRoute;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::pod_trouble::shown;
use crate::thresholds;
use crate::time::Time;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "network-http-route-without-backend",
    title: "An HTTPRoute leads to Services without endpoints",
    explain: "Looks at the Services an HTTPRoute sends to, in its own and other namespaces, of which none of the endpoints \
              is ready: requests get an error page however well the gateway is. With several Services, the share of the dead \
              one fails. The usual causes are pods that are not ready and a selector that does not fit. A workload that is \
              scaled to zero is only worth knowing. Services that do not exist are the gateway's to report and have a \
              finding of their own.",
    layer: Layer::Service,
    needs: &[Kind::HTTPRoute, Kind::Service],
    uses: &[Kind::EndpointSlice, Kind::Pod, Kind::Deployment, Kind::StatefulSet],
    reference: "https://gateway-api.sigs.k8s.io/reference/spec/#httproute",
    run,
};

/// A Service it sends to that does not answer.
struct Dead<'a> {
    service: &'a (Name, Name),
    scaled_to_zero: bool,
    since: Option<Time>,
}

fn run(view: &View, out: &mut Vec<Finding>) {
    for route in view.cluster.http_routes.iter().filter(|route| view.held(route.meta.created, thresholds::SERVICE_HOLD)) {
        let dead: Vec<Dead> = route.services.iter().filter_map(|service| dead(view, service)).collect();
        if !dead.is_empty() {
            out.push(finding(view, route, &dead));
        }
    }
}

/// Nothing for a Service that answers, or of which that is not known.
fn dead<'a>(view: &View, place: &'a (Name, Name)) -> Option<Dead<'a>> {
    let service = view.cluster.services.get(&place.0, &place.1).filter(|service| view.is_unserved(service))?;
    let workloads = view.workloads_behind(service);
    if view.are_scaled_to_zero(&workloads) {
        return Some(Dead { service: place, scaled_to_zero: true, since: None });
    }
    let pods = view.pods_behind(service);
    let since = view.unserved_since(&pods, &workloads);
    view.is_long_unserved(&pods, &workloads).then_some(Dead { service: place, scaled_to_zero: false, since })
}

fn finding(view: &View, route: &HTTPRoute, dead: &[Dead]) -> Finding {
    let on_purpose = dead.iter().all(|dead| dead.scaled_to_zero);
    let title = match (on_purpose, dead.len() == route.services.len()) {
        (true, true) => "no backend: what it leads to is scaled to zero",
        (true, false) => "one of the Services it sends to is scaled to zero",
        (false, true) => "no backend: the Service it sends to has no ready endpoint",
        (false, false) => "one of the Services it sends to has no ready endpoint",
    };
    let severity = if on_purpose { Severity::Info } else { Severity::Warning };
    let (cli, name, namespace) = (view.cli(), &route.meta.name, &route.meta.namespace);
    let services: Vec<String> =
        dead.iter().map(|dead| format!("{}/{}", shown(&dead.service.0), shown(&dead.service.1))).collect();
    Finding::new(&CHECK, severity, route.reference(), title)
        .since(
            dead.iter().filter_map(|dead| dead.since).min(),
            "status.conditions[Ready].lastTransitionTime or creation of the pods behind it, or [Available] of their workload",
        )
        .fact("spec.rules[].backendRefs", services.join(", "))
        .depends_on(dead.iter().map(|dead| ObjectRef::new(Kind::Service, &dead.service.0, &dead.service.1)))
        .look(format!("{cli} get services,endpointslices -n {namespace}"), "shows which Services there are and what is behind them")
        .look(format!("{cli} describe httproute {name} -n {namespace}"), "shows where it sends to, and on which port")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const ROUTE: &str = "
        kind: HTTPRoute
        metadata: {name: web, namespace: shop, creationTimestamp: @2d}
        spec: {rules: [{backendRefs: [{name: web}, {name: api, namespace: back}]}]}
        ---
        kind: Service
        metadata: {name: web, namespace: shop}
        spec: {selector: {app: web}}
        ---
        kind: EndpointSlice
        metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
        endpoints: [{conditions: {ready: true}}]
        ---
        kind: Service
        metadata: {name: api, namespace: back}
        spec: {selector: {app: api}}
        ---
        kind: EndpointSlice
        metadata: {name: api-1, namespace: back, labels: {kubernetes.io/service-name: api}}
        endpoints: [{conditions: {ready: false}}]";

    #[test]
    fn a_service_of_another_namespace_counts() {
        let found = fires(&CHECK, ROUTE, &["warning HTTPRoute shop/web: one of the Services it sends to has no ready endpoint"]);
        assert_eq!(found[0].upstream[0].to_string(), "Service back/api");
        fires(&CHECK, &ROUTE.replace("ready: true", "ready: false"), &[
            "warning HTTPRoute shop/web: no backend: the Service it sends to has no ready endpoint",
        ]);
    }

    #[test]
    fn scaled_to_zero_is_worth_knowing() {
        let deployment = "
        ---
        kind: Deployment
        metadata: {name: api, namespace: back}
        spec: {replicas: 0, template: {metadata: {labels: {app: api}}}}";
        fires(&CHECK, &(ROUTE.to_owned() + deployment), &[
            "info HTTPRoute shop/web: one of the Services it sends to is scaled to zero",
        ]);
    }

    #[test]
    fn services_that_answer_and_those_that_do_not_exist_are_silent() {
        silent(&CHECK, &ROUTE.replace("ready: false", "ready: true"));
        silent(&CHECK, &ROUTE.replace("name: api, namespace: back}]", "name: gone}]"));
        silent(&CHECK, &ROUTE.replace("@2d", "@1m"));
    }
}
