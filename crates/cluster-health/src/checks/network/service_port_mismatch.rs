//! Services that send to a port their pods do not have.

use crate::backends::Backing;
use crate::checks::{Check, Layer};
use crate::finding::{Confidence, Finding, Severity, Text};
use crate::model::pod::Pod;
use crate::model::service::{Port, Service};
use crate::model::wire::IntOrString;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::view::{View, is_platform};

pub const CHECK: Check = Check {
    id: "network-service-port-mismatch",
    title: "A Service sends to a port its pods do not have",
    explain: "Looks at the target ports of Services that have ready endpoints. A target port given by name must be the \
              name of a container's port; where no pod has it, that port of the Service leads nowhere although the \
              endpoints look ready. A target port given by number works whether it is declared or not, so a number that \
              no container declares is only a hint, given for Services behind a Route. The usual cause is a port that \
              was renamed or moved in one place and not in the other. Critical on the platform.",
    layer: Layer::Service,
    needs: &[Kind::Service, Kind::EndpointSlice],
    uses: &[Kind::Pod, Kind::Route],
    reference: "https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut routed = Routed::default();
    for backing in view.answering() {
        let service = backing.service;
        if service.selector.is_none() || !view.held(service.meta.created, thresholds::SERVICE_HOLD) {
            continue;
        }
        if let Some(port) = service.ports.iter().find(|port| is_nowhere(port, backing)) {
            if view.seen_in(Kind::EndpointSlice, &service.meta.namespace) {
                out.push(named(view, service, port));
            }
        } else if routed.contains(view, service) {
            out.extend(numbered(view, backing));
        }
    }
}

/// A port by name that no endpoint offers.
fn is_nowhere(port: &Port, backing: &Backing) -> bool {
    matches!(port.target, IntOrString::String(_))
        && !backing.slices.iter().any(|slice| slice.ports.contains(&port.name))
}

/// The Services of one namespace that Routes send to, read once a namespace: Services come in order.
#[derive(Default)]
struct Routed<'a> {
    namespace: &'a str,
    services: Vec<&'a Name>,
}

impl<'a> Routed<'a> {
    fn contains(&mut self, view: &View<'a>, service: &'a Service) -> bool {
        let namespace = &*service.meta.namespace;
        if self.namespace != namespace {
            let routes = view.cluster.routes.in_namespace(namespace);
            *self = Self { namespace, services: routes.flat_map(|route| &route.services).collect() };
        }
        self.services.contains(&&service.meta.name)
    }
}

fn finding(view: &View, service: &Service, severity: Severity, port: &Port, title: impl Into<Text>) -> Finding {
    let (cli, name, namespace) = (view.cli(), &service.meta.name, &service.meta.namespace);
    Finding::new(&CHECK, severity, service.reference(), title)
        .fact(format!("spec.ports[{}].targetPort", port.number), &port.target)
        .affects(routes_to(view, service))
        .look(format!("{cli} describe service {name} -n {namespace}"), "shows ports, target ports and endpoints")
}

fn routes_to(view: &View, service: &Service) -> impl Iterator<Item = ObjectRef> {
    let routes = view.cluster.routes.in_namespace(&service.meta.namespace);
    routes.filter(|route| route.services.contains(&service.meta.name)).map(Resource::reference)
}

fn named(view: &View, service: &Service, port: &Port) -> Finding {
    let severity = if is_platform(&service.meta.namespace) { Severity::Critical } else { Severity::Warning };
    let finding =
        finding(view, service, severity, port, "a port leads nowhere: no pod has a container port of that name");
    match view.pods_behind(service).first() {
        Some(pod) => finding.fact("container ports of its pods", declared(pod)),
        None => finding,
    }
}

fn numbered(view: &View, backing: &Backing) -> Option<Finding> {
    let service = backing.service;
    let name = &backing.slices.iter().find(|slice| !slice.ready_pod.is_empty())?.ready_pod;
    let pod = view.cluster.pods.get(&service.meta.namespace, name)?;
    let ports = || pod.template.containers.iter().chain(&pod.template.init_containers).flat_map(|one| &one.ports);
    // Whoever declares no port at all did not mean to list them.
    ports().next()?;
    let is_absent = |port: &&Port| match port.target {
        IntOrString::Int(target) => !ports().any(|declared| i64::from(declared.number) == target),
        IntOrString::String(_) => false,
    };
    let port = service.ports.iter().find(is_absent)?;
    let title = "a port may lead nowhere: no container of its pods declares it";
    Some(
        finding(view, service, Severity::Info, port, title)
            .fact("container ports of its pods", declared(pod))
            .confidence(Confidence::Likely),
    )
}

fn declared(pod: &Pod) -> String {
    let ports = pod.template.containers.iter().flat_map(|container| &container.ports);
    let ports: Vec<String> = ports
        .map(|port| if port.name.is_empty() { port.number.to_string() } else { format!("{}={}", port.name, port.number) })
        .collect();
    if ports.is_empty() { "none declared".to_owned() } else { ports.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn scene(target: &str, offered: &str) -> String {
        format!(
            "
        kind: Service
        metadata: {{name: web, namespace: shop, creationTimestamp: @2d}}
        spec: {{selector: {{app: web}}, ports: [{{name: http, port: 80, targetPort: {target}}}]}}
        ---
        kind: EndpointSlice
        metadata: {{name: web-1, namespace: shop, labels: {{kubernetes.io/service-name: web}}}}
        ports: [{offered}]
        endpoints: [{{conditions: {{ready: true}}, targetRef: {{kind: Pod, name: web-1}}}}]
        ---
        kind: Pod
        metadata: {{name: web-1, namespace: shop, labels: {{app: web}}}}
        spec: {{containers: [{{name: web, ports: [{{name: http, containerPort: 8080}}]}}]}}
        status: {{phase: Running}}
        ---
        kind: Route
        metadata: {{name: web, namespace: shop}}
        spec: {{to: {{kind: Service, name: web}}}}"
        )
    }

    #[test]
    fn a_name_no_pod_has_leads_nowhere() {
        let found = fires(&CHECK, &scene("htpp", ""), &[
            "warning Service shop/web: a port leads nowhere: no pod has a container port of that name",
        ]);
        assert!(format!("{:?}", found[0].facts).contains("http=8080"));
        fires(&CHECK, &scene("htpp", "").replace("shop", "openshift-x"), &[
            "critical Service openshift-x/web: a port leads nowhere: no pod has a container port of that name",
        ]);
    }

    #[test]
    fn a_number_nobody_declares_is_a_hint() {
        fires(&CHECK, &scene("9090", "{name: http, port: 9090}"), &[
            "info Service shop/web: a port may lead nowhere: no container of its pods declares it",
        ]);
        silent(&CHECK, &scene("9090", "{name: http, port: 9090}").replace("name: web}}", "name: other}}"));
    }

    #[test]
    fn ports_that_are_there_are_silent() {
        silent(&CHECK, &scene("http", "{name: http, port: 8080}"));
        silent(&CHECK, &scene("8080", "{name: http, port: 8080}"));
        silent(&CHECK, &scene("htpp", "").replace("ready: true", "ready: false"));
    }
}
