//! Routes a router refuses to serve.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::{Condition, Status};
use crate::model::route::{Ingress, Route};
use crate::model::{Kind, Resource};
use crate::view::{View, is_platform};

pub const CHECK: Check = Check {
    id: "network-route-rejected",
    title: "A Route is not admitted",
    explain: "Looks at what each router says of a Route in its condition Admitted. A Route that is not admitted serves \
              nobody. The commonest reason is a host name that an older Route, often in another namespace, already \
              claims; others are a certificate or key that cannot be used, and rules of the router on host names and \
              namespaces. A Route that no router has looked at says nothing and does not count; one that another router \
              serves is only worth knowing. Critical for the platform's console and login.",
    layer: Layer::Service,
    needs: &[Kind::Route],
    uses: &[],
    reference: "https://docs.openshift.com/container-platform/latest/networking/routes/route-configuration.html",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for route in view.cluster.routes.iter() {
        let rejected = route.ingress.iter().find_map(|ingress| Some((ingress, rejection(ingress)?)));
        if let Some((ingress, condition)) = rejected {
            out.push(finding(view, route, ingress, condition));
        }
    }
}

fn rejection(ingress: &Ingress) -> Option<&Condition> {
    ingress.conditions.get("Admitted").filter(|admitted| admitted.status != Status::True)
}

fn finding(view: &View, route: &Route, ingress: &Ingress, condition: &Condition) -> Finding {
    let (cli, name, namespace) = (view.cli(), &route.meta.name, &route.meta.namespace);
    let is_served = route.ingress.iter().any(|ingress| ingress.conditions.is_true("Admitted"));
    let severity = match is_served {
        true => Severity::Info,
        false if is_entrance(namespace) => Severity::Critical,
        false => Severity::Warning,
    };
    let title = match condition.reason.as_str() {
        "HostAlreadyClaimed" => "not admitted: another route claims its host",
        "ExtendedValidationFailed" => "not admitted: its certificate, key or another field is not valid",
        _ => "not admitted by a router",
    };
    let mut finding = Finding::new(&CHECK, severity, route.reference(), title)
        .since(condition.since, "status.ingress[].conditions[Admitted].lastTransitionTime")
        .fact("status.ingress[].conditions[Admitted].reason", &condition.reason)
        .fact("spec.host", &route.host)
        .fact("status.ingress[].routerName", &ingress.router);
    if let Some(other) = claimant(view, route) {
        finding = finding.fact("its host is served for", other.reference());
    }
    finding
        .untrusted("status.ingress[].conditions[Admitted].message", condition.message.as_deref())
        .look(format!("{cli} describe route {name} -n {namespace}"), "shows what each router says of it")
}

/// The platform's own ways in.
pub(super) fn is_entrance(namespace: &str) -> bool {
    is_platform(namespace) && matches!(namespace, "openshift-console" | "openshift-authentication")
}

fn claimant<'a>(view: &View<'a>, route: &Route) -> Option<&'a Route> {
    let is_other = |other: &&Route| {
        other.host == route.host
            && (&other.meta.namespace, &other.meta.name) != (&route.meta.namespace, &route.meta.name)
            && other.ingress.iter().any(|ingress| ingress.conditions.is_true("Admitted"))
    };
    view.cluster.routes.iter().filter(|_| !route.host.is_empty()).find(is_other)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn routes(namespace: &str, reason: &str) -> String {
        format!(
            "
        kind: Route
        metadata: {{name: web, namespace: {namespace}}}
        spec: {{host: www.example.com, to: {{kind: Service, name: web}}}}
        status:
          ingress:
          - routerName: default
            conditions: [{{type: Admitted, status: 'False', reason: {reason}, lastTransitionTime: @2h}}]
        ---
        kind: Route
        metadata: {{name: old, namespace: other}}
        spec: {{host: www.example.com, to: {{kind: Service, name: web}}}}
        status: {{ingress: [{{routerName: default, conditions: [{{type: Admitted, status: 'True'}}]}}]}}"
        )
    }

    #[test]
    fn the_route_that_has_the_host_is_named() {
        let found = fires(&CHECK, &routes("shop", "HostAlreadyClaimed"), &[
            "warning Route shop/web: not admitted: another route claims its host (since 2h)",
        ]);
        assert!(format!("{:?}", found[0].facts).contains("Route other/old"));
    }

    #[test]
    fn the_console_is_critical() {
        fires(&CHECK, &routes("openshift-console", "Other"), &[
            "critical Route openshift-console/web: not admitted by a router (since 2h)",
        ]);
    }

    #[test]
    fn served_by_another_router_is_worth_knowing_and_unseen_is_silent() {
        let both = routes("shop", "Other").replace(
            "          - routerName: default\n",
            "          - {routerName: inner, conditions: [{type: Admitted, status: 'True'}]}\n          - routerName: default\n",
        );
        fires(&CHECK, &both, &["info Route shop/web: not admitted by a router (since 2h)"]);
        silent(
            &CHECK,
            "
            kind: Route
            metadata: {name: web, namespace: shop}
            spec: {host: www.example.com, to: {kind: Service, name: web}}",
        );
    }
}
