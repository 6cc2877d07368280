//! HTTPRoutes that their Gateway does not take, or whose backends it does not find.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::{Condition, Status};
use crate::model::http_route::{HTTPRoute, Parent};
use crate::model::{Kind, Resource};
use crate::pod_trouble::shown;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "network-http-route-rejected",
    title: "An HTTPRoute is not accepted or leads to nothing",
    explain: "Looks at what each Gateway says of an HTTPRoute that wants to be attached to it: not accepted, or accepted \
              with references that cannot be resolved, for five minutes. Requests for its hosts then get an error. The \
              usual causes are a listener that does not allow the route's namespace or host, a Service that does not \
              exist, and a Service of another namespace without a ReferenceGrant. Services without ready endpoints have a \
              finding of their own. A route that no Gateway has looked at yet says nothing.",
    layer: Layer::Service,
    needs: &[Kind::HTTPRoute],
    uses: &[Kind::Gateway, Kind::Service],
    reference: "https://gateway-api.sigs.k8s.io/reference/spec/#httproute",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for route in view.cluster.http_routes.iter() {
        let rejected = route.parents.iter().find_map(|parent| Some((parent, rejection(view, parent)?)));
        if let Some((parent, condition)) = rejected {
            out.push(finding(view, route, parent, condition));
        }
    }
}

fn rejection<'a>(view: &View, parent: &'a Parent) -> Option<&'a Condition> {
    let conditions = ["Accepted", "ResolvedRefs"].into_iter();
    let mut failing = conditions.filter_map(|kind| parent.conditions.having(kind, Status::False));
    failing.find(|condition| view.held(condition.since, thresholds::INGRESS_HOLD))
}

fn finding(view: &View, route: &HTTPRoute, parent: &Parent, condition: &Condition) -> Finding {
    let (cli, name, namespace) = (view.cli(), &route.meta.name, &route.meta.namespace);
    let title = match &*condition.kind {
        "Accepted" => "its gateway does not accept it",
        _ => "its gateway cannot resolve what it leads to",
    };
    let missing = route.services.iter().filter(|(namespace, name)| {
        view.cluster.services.get(namespace, name).is_none() && view.seen_in(Kind::Service, namespace)
    });
    let mut finding = Finding::new(&CHECK, Severity::Warning, route.reference(), title)
        .since(condition.since, "status.parents[].conditions[*].lastTransitionTime")
        .fact("status.parents[].parentRef", format!("{}/{}", shown(&parent.namespace), shown(&parent.name)))
        .fact(format!("status.parents[].conditions[{}].reason", condition.kind), shown(&condition.reason));
    for (namespace, name) in missing {
        finding = finding.fact("a Service that does not exist", format!("{}/{}", shown(namespace), shown(name)));
    }
    finding
        .untrusted("status.parents[].conditions[*].message", condition.message.as_deref())
        .look(format!("{cli} describe httproute {name} -n {namespace}"), "shows what each gateway says of it")
        .look(format!("{cli} get services -n {namespace}"), "shows which Services there are")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn route(kind: &str, status: &str, since: &str) -> String {
        format!(
            "
        kind: HTTPRoute
        metadata: {{name: web, namespace: shop}}
        spec: {{rules: [{{backendRefs: [{{name: web}}]}}]}}
        status:
          parents:
          - parentRef: {{name: front, namespace: edge}}
            conditions: [{{type: {kind}, status: '{status}', reason: BackendNotFound, lastTransitionTime: {since}}}]"
        )
    }

    #[test]
    fn what_it_leads_to_does_not_exist() {
        let found = fires(&CHECK, &route("ResolvedRefs", "False", "@10m"), &[
            "warning HTTPRoute shop/web: its gateway cannot resolve what it leads to (since 10m)",
        ]);
        assert!(format!("{:?}", found[0].facts).contains("shop/web"));
        fires(&CHECK, &route("Accepted", "False", "@10m"), &[
            "warning HTTPRoute shop/web: its gateway does not accept it (since 10m)",
        ]);
    }

    #[test]
    fn an_accepted_and_a_young_one_are_silent() {
        silent(&CHECK, &route("Accepted", "True", "@10m"));
        silent(&CHECK, &route("Accepted", "False", "@1m"));
    }
}
