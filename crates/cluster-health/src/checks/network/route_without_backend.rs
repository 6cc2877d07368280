//! Routes that lead to nothing.

use super::route_rejected::is_entrance;
use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::route::Route;
use crate::model::service::{Port, Service};
use crate::model::wire::IntOrString;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::time::Time;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "network-route-without-backend",
    title: "A Route leads to nothing",
    explain: "Looks at the Services a Route sends to. Visitors get an error page when the Service does not exist, has \
              no port as the Route asks for it by name or number, or none of its endpoints is ready, however well the router itself is. The usual causes are pods that are not ready, \
              a selector or name that does not fit, and a Service that was deleted while the Route stayed. With several \
              Services by weight, the share of the dead one fails. A Route to a workload that is scaled to zero is only \
              worth knowing. Critical for the platform's console and login.",
    layer: Layer::Service,
    needs: &[Kind::Route, Kind::Service],
    uses: &[Kind::EndpointSlice, Kind::Pod, Kind::Deployment, Kind::StatefulSet],
    reference: "https://docs.openshift.com/container-platform/latest/networking/routes/route-configuration.html",
    run,
};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    ScaledToZero,
    Unserved,
    NoSuchPort,
    Missing,
}

/// A Service the Route sends to and that does not answer.
struct Dead<'a> {
    service: &'a Name,
    state: State,
    since: Option<Time>,
}

fn run(view: &View, out: &mut Vec<Finding>) {
    for route in view.cluster.routes.iter().filter(|route| view.held(route.meta.created, thresholds::SERVICE_HOLD)) {
        let dead: Vec<Dead> =
            route.services.iter().filter_map(|service| dead(view, route, service)).collect();
        if let Some(worst) = dead.iter().map(|dead| dead.state).max() {
            out.push(finding(view, route, &dead, worst));
        }
    }
}

/// Nothing for a Service that answers, or of which that is not known.
fn dead<'a>(view: &View, route: &Route, name: &'a Name) -> Option<Dead<'a>> {
    let (namespace, port) = (&route.meta.namespace, route.target_port.as_ref());
    let dead = |state, since| Some(Dead { service: name, state, since });
    let Some(service) = view.cluster.services.get(namespace, name) else {
        return if view.seen_in(Kind::Service, namespace) { dead(State::Missing, None) } else { None };
    };
    if port.is_some_and(|port| !has_port(service, port)) {
        return dead(State::NoSuchPort, None);
    }
    if !view.is_unserved(service) {
        return None;
    }
    let workloads = view.workloads_behind(service);
    if view.are_scaled_to_zero(&workloads) {
        return dead(State::ScaledToZero, None);
    }
    let pods = view.pods_behind(service);
    if !view.is_long_unserved(&pods, &workloads) {
        return None;
    }
    dead(State::Unserved, view.unserved_since(&pods, &workloads))
}

/// A name is that of a port of the Service, a number that of its pods. What cannot be told counts as there.
fn has_port(service: &Service, wanted: &IntOrString) -> bool {
    let ports = &service.ports;
    match wanted {
        IntOrString::String(name) => ports.is_empty() || ports.iter().any(|port| *port.name == **name),
        IntOrString::Int(number) => {
            let is_it = |port: &Port| match &port.target {
                IntOrString::Int(target) => target == number,
                IntOrString::String(_) => true,
            };
            ports.is_empty() || ports.iter().any(is_it)
        }
    }
}

fn finding(view: &View, route: &Route, dead: &[Dead], worst: State) -> Finding {
    let (cli, name, namespace) = (view.cli(), &route.meta.name, &route.meta.namespace);
    let title = match (worst, dead.len() == route.services.len()) {
        (State::Missing, true) => "no backend: the Service it sends to does not exist",
        (State::Missing, false) => "one of the Services it sends to does not exist",
        (State::NoSuchPort, true) => "no backend: the Service it sends to has no port of the name or number it asks for",
        (State::NoSuchPort, false) => "one of the Services it sends to has no port of the name or number it asks for",
        (State::Unserved, true) => "no backend: the Service it sends to has no ready endpoint",
        (State::Unserved, false) => "one of the Services it sends to has no ready endpoint",
        (State::ScaledToZero, true) => "no backend: what it leads to is scaled to zero",
        (State::ScaledToZero, false) => "one of the Services it sends to is scaled to zero",
    };
    let severity = match worst {
        State::ScaledToZero => Severity::Info,
        _ if is_entrance(namespace) => Severity::Critical,
        _ => Severity::Warning,
    };
    let services: Vec<&str> = dead.iter().map(|dead| &**dead.service).collect();
    let since = dead.iter().filter_map(|dead| dead.since).min();
    let finding = Finding::new(&CHECK, severity, route.reference(), title)
        .since(since, "status.conditions[Ready].lastTransitionTime or creation of the pods behind it, or [Available] of their workload")
        .fact("spec.host", &route.host)
        .fact("spec.to.name", services.join(", "))
        .depends_on(dead.iter().map(|dead| ObjectRef::new(Kind::Service, namespace, dead.service)))
        .look(
            format!("{cli} get services,endpointslices -n {namespace}"),
            "shows which Services there are and what is behind them",
        )
        .look(format!("{cli} describe route {name} -n {namespace}"), "shows where it sends to, and on which port");
    match (&route.target_port, worst) {
        (Some(port), State::NoSuchPort) => finding.fact("spec.port.targetPort", port),
        _ => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const ROUTE: &str = "
        kind: Route
        metadata: {name: web, namespace: shop, creationTimestamp: @2d}
        spec: {host: www.example.com, to: {kind: Service, name: web}}";

    const SERVICE: &str = "
        ---
        kind: Service
        metadata: {name: web, namespace: shop}
        spec: {selector: {app: web}}
        ---
        kind: EndpointSlice
        metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
        endpoints: [{conditions: {ready: false}}]";

    #[test]
    fn a_service_that_does_not_exist() {
        fires(&CHECK, ROUTE, &["warning Route shop/web: no backend: the Service it sends to does not exist"]);
        fires(&CHECK, &ROUTE.replace("shop", "openshift-console"), &[
            "critical Route openshift-console/web: no backend: the Service it sends to does not exist",
        ]);
    }

    #[test]
    fn a_service_without_endpoints_is_the_service_s_fault() {
        let found = fires(&CHECK, &format!("{ROUTE}{SERVICE}"), &[
            "warning Route shop/web: no backend: the Service it sends to has no ready endpoint",
        ]);
        assert_eq!(found[0].upstream[0].to_string(), "Service shop/web");
    }

    #[test]
    fn a_port_that_the_service_does_not_have() {
        let route = |port: &str| ROUTE.replace("to: {kind", &format!("port: {{targetPort: {port}}}, to: {{kind"));
        let service = SERVICE.replace("{app: web}}", "{app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}").replace("ready: false", "ready: true");
        let line = "warning Route shop/web: no backend: the Service it sends to has no port of the name or number it asks for";
        fires(&CHECK, &(route("http-web") + &service), &[line]);
        fires(&CHECK, &(route("80") + &service), &[line]);
        silent(&CHECK, &(route("http") + &service));
        silent(&CHECK, &(route("8080") + &service));
        silent(&CHECK, &(route("80") + &service.replace("targetPort: 8080", "targetPort: main")));
    }

    #[test]
    fn one_of_two_backends() {
        let two = ROUTE.replace("name: web}}", "name: web}, alternateBackends: [{kind: Service, name: gone, weight: 10}]}");
        fires(&CHECK, &format!("{two}{}", SERVICE.replace("ready: false", "ready: true")), &[
            "warning Route shop/web: one of the Services it sends to does not exist",
        ]);
    }

    #[test]
    fn scaled_to_zero_is_worth_knowing() {
        let deployment = "
        ---
        kind: Deployment
        metadata: {name: web, namespace: shop}
        spec: {replicas: 0, template: {metadata: {labels: {app: web}}}}";
        fires(&CHECK, &format!("{ROUTE}{SERVICE}{deployment}"), &[
            "info Route shop/web: no backend: what it leads to is scaled to zero",
        ]);
    }

    #[test]
    fn a_backend_that_answers_is_silent() {
        silent(&CHECK, &format!("{ROUTE}{}", SERVICE.replace("ready: false", "ready: true")));
        silent(&CHECK, &ROUTE.replace("@2d", "@1m"));
    }
}
