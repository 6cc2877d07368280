//! Ingresses that lead to nothing.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::ingress::{Backend, Ingress};
use crate::model::wire::IntOrString;
use crate::model::{Kind, Resource};
use crate::pod_trouble::shown;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "network-ingress-without-backend",
    title: "An Ingress leads to nothing",
    explain: "Looks at the Services and ports an Ingress sends to. Visitors of its host get an error page when the Service \
              does not exist, has no such port, or none of its endpoints is ready, however well the controller is. The \
              usual causes are a name or port that was misspelt or changed, pods that are not ready, and a Service that \
              was deleted while the Ingress stayed. Services whose workload is scaled to zero on purpose, and an Ingress \
              that is a few minutes old, do not count.",
    layer: Layer::Service,
    needs: &[Kind::Ingress, Kind::Service],
    uses: &[Kind::EndpointSlice, Kind::Pod, Kind::Deployment, Kind::StatefulSet],
    reference: "https://kubernetes.io/docs/concepts/services-networking/ingress/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for ingress in view.cluster.ingresses.iter().filter(|it| view.held(it.meta.created, thresholds::SERVICE_HOLD)) {
        let dead: Vec<(&Backend, State)> =
            ingress.backends.iter().filter_map(|backend| Some((backend, state(view, ingress, backend)?))).collect();
        if !dead.is_empty() {
            out.push(finding(view, ingress, &dead));
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Unserved,
    NoSuchPort,
    Missing,
}

/// Nothing for a backend that answers, or of which that is not known.
fn state(view: &View, ingress: &Ingress, backend: &Backend) -> Option<State> {
    let namespace = &ingress.meta.namespace;
    let Some(service) = view.cluster.services.get(namespace, &backend.service) else {
        return view.seen_in(Kind::Service, namespace).then_some(State::Missing);
    };
    let has_port = service.ports.iter().any(|port| match &backend.port {
        IntOrString::Int(number) => i64::from(port.number) == *number,
        IntOrString::String(name) => *port.name == **name,
    });
    if !has_port {
        return Some(State::NoSuchPort);
    }
    let workloads = view.workloads_behind(service);
    if !view.is_unserved(service) || view.are_scaled_to_zero(&workloads) {
        return None;
    }
    view.is_long_unserved(&view.pods_behind(service), &workloads).then_some(State::Unserved)
}

fn finding(view: &View, ingress: &Ingress, dead: &[(&Backend, State)]) -> Finding {
    let (cli, name, namespace) = (view.cli(), &ingress.meta.name, &ingress.meta.namespace);
    let worst = dead.iter().map(|(_, state)| *state).max();
    let what = match worst {
        Some(State::Missing) => "does not exist",
        Some(State::NoSuchPort) => "has no such port",
        _ => "has no ready endpoint",
    };
    let which = if dead.len() == ingress.backends.len() { "the Service it sends to" } else { "a Service it sends to" };
    let backends: Vec<String> =
        dead.iter().map(|(backend, _)| shown(&backend.service).to_owned() + ":" + &backend.port.to_string()).collect();
    let hosts = ingress.hosts.iter().map(|host| shown(host));
    Finding::new(&CHECK, Severity::Warning, ingress.reference(), format!("no backend: {which} {what}"))
        .untrusted("spec.rules.http.paths.backend.service", Some(&backends.join(", ")))
        .fact("spec.rules.host", crate::finding::listed(hosts))
        .look(format!("{cli} describe ingress {name} -n {namespace}"), "shows each path, its Service and the endpoints behind")
        .look(format!("{cli} get services,endpointslices -n {namespace}"), "shows which Services and ports there are")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn scene(service: &str, port: u16, ready: bool) -> String {
        format!(
            "
        kind: Ingress
        metadata: {{name: web, namespace: shop, creationTimestamp: @2d}}
        spec:
          rules: [{{host: www.example.com, http: {{paths: [{{backend: {{service: {{name: {service}, port: {{number: {port}}}}}}}}}]}}}}]
        ---
        kind: Service
        metadata: {{name: web, namespace: shop}}
        spec: {{selector: {{app: web}}, ports: [{{port: 80}}]}}
        ---
        kind: EndpointSlice
        metadata: {{name: web-1, namespace: shop, labels: {{kubernetes.io/service-name: web}}}}
        endpoints: [{{conditions: {{ready: {ready}}}}}]"
        )
    }

    #[test]
    fn a_service_a_port_or_an_endpoint_is_missing() {
        fires(&CHECK, &scene("wep", 80, true), &[
            "warning Ingress shop/web: no backend: the Service it sends to does not exist",
        ]);
        fires(&CHECK, &scene("web", 8080, true), &[
            "warning Ingress shop/web: no backend: the Service it sends to has no such port",
        ]);
        fires(&CHECK, &scene("web", 80, false), &[
            "warning Ingress shop/web: no backend: the Service it sends to has no ready endpoint",
        ]);
    }

    #[test]
    fn a_backend_that_answers_and_a_new_ingress_are_silent() {
        silent(&CHECK, &scene("web", 80, true));
        silent(&CHECK, &scene("wep", 80, true).replace("@2d", "@1m"));
    }
}
