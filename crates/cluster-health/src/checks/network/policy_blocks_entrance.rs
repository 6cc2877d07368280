//! NetworkPolicies that keep visitors from what a Route or Ingress leads to.

use std::collections::BTreeMap;

use crate::checks::{Check, Layer};
use crate::finding::{Confidence, Finding, Severity};
use crate::model::network_policy::NetworkPolicy;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::policies::From;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "network-policy-blocks-entrance",
    title: "A network policy keeps visitors out",
    explain: "Looks, in namespaces with NetworkPolicies, at what each Route and Ingress leads to: when policies isolate the \
              ready pods behind it and none of them lets the routers in on a port of the Service, visitors get an error \
              or a time-out although every pod is ready, since the kubelet's probes are never held back. The usual cause \
              is a policy that denies everything, without the one that lets in namespaces labelled \
              policy-group.network.openshift.io/ingress. It is worked out from labels and ports; ranges of addresses \
              count as open, and so does whatever was not seen.",
    layer: Layer::Network,
    needs: &[Kind::NetworkPolicy, Kind::Service, Kind::EndpointSlice, Kind::Pod],
    uses: &[Kind::Route, Kind::Ingress, Kind::Namespace],
    reference: "https://docs.openshift.com/container-platform/latest/networking/network_security/network_policy/about-network-policy.html",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut namespaces: Vec<&Name> = view.cluster.network_policies.iter().map(|it| &it.meta.namespace).collect();
    namespaces.dedup();
    for namespace in namespaces {
        let mut blocked: BTreeMap<&Name, (&NetworkPolicy, Vec<Entrance>)> = BTreeMap::new();
        for entrance in entrances(view, namespace) {
            if let Some(policy) = blocking(view, namespace, entrance.service) {
                blocked.entry(&policy.meta.name).or_insert((policy, Vec::new())).1.push(entrance);
            }
        }
        out.extend(blocked.into_values().map(|(policy, entrances)| finding(view, policy, &entrances)));
    }
}

/// A Route or Ingress, and one Service it leads to.
struct Entrance<'a> {
    object: ObjectRef,
    service: &'a Name,
}

fn entrances<'a>(view: &View<'a>, namespace: &Name) -> impl Iterator<Item = Entrance<'a>> {
    let routes = view.cluster.routes.in_namespace(namespace);
    let routes = routes.flat_map(|route| route.services.iter().map(|service| (route.reference(), service)));
    let ingresses = view.cluster.ingresses.in_namespace(namespace);
    let ingresses = ingresses.flat_map(|ingress| ingress.backends.iter().map(|it| (ingress.reference(), &it.service)));
    routes.chain(ingresses).map(|(object, service)| Entrance { object, service })
}

fn blocking<'a>(view: &View<'a>, namespace: &Name, service: &Name) -> Option<&'a NetworkPolicy> {
    let service = view.cluster.services.get(namespace, service)?;
    let target = view.ready_pod_behind(service)?;
    view.refuses_entry(service, target, From::Routers)
}

fn finding(view: &View, policy: &NetworkPolicy, entrances: &[Entrance]) -> Finding {
    let (cli, name, namespace) = (view.cli(), &policy.meta.name, &policy.meta.namespace);
    let title = format!("keeps the routers from what {} routes or ingresses lead to", entrances.len());
    let pods = if policy.pods.is_empty() { "(all pods)".to_owned() } else { policy.pods.to_string() };
    let services = entrances.iter().map(|entrance| &**entrance.service);
    Finding::new(&CHECK, Severity::Warning, policy.reference(), title)
        .since(policy.meta.created, "metadata.creationTimestamp")
        .fact("spec.podSelector", pods)
        .fact("spec.ingress", format!("{} rules", policy.ingress.as_deref().unwrap_or_default().len()))
        .fact("Services behind it", crate::finding::listed(services))
        .confidence(Confidence::Likely)
        .affects(entrances.iter().map(|entrance| entrance.object.clone()))
        .look(format!("{cli} describe networkpolicy -n {namespace}"), "shows who every policy lets in, and where")
        .look(
            format!("{cli} get namespace openshift-ingress openshift-host-network --show-labels"),
            "shows the labels by which a policy can let routers in",
        )
        .change(
            format!("{cli} edit networkpolicy {name} -n {namespace}"),
            "adds a rule that lets the routers' namespaces in",
            "opens these pods to visitors: make sure that is meant",
        )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn scene(policy: &str) -> String {
        format!(
            "
        kind: ClusterVersion
        metadata: {{name: version}}
        ---
        kind: Namespace
        metadata: {{name: openshift-ingress, labels: {{policy-group.network.openshift.io/ingress: ''}}}}
        ---
        kind: Route
        metadata: {{name: web, namespace: shop}}
        spec: {{to: {{kind: Service, name: web}}}}
        ---
        kind: Service
        metadata: {{name: web, namespace: shop}}
        spec: {{selector: {{app: web}}, ports: [{{port: 80, targetPort: 8080}}]}}
        ---
        kind: EndpointSlice
        metadata: {{name: web-1, namespace: shop, labels: {{kubernetes.io/service-name: web}}}}
        endpoints: [{{conditions: {{ready: true}}, targetRef: {{kind: Pod, name: web-0}}}}]
        ---
        kind: Pod
        metadata: {{name: web-0, namespace: shop, labels: {{app: web}}}}
        ---
        kind: NetworkPolicy
        metadata: {{name: deny, namespace: shop, creationTimestamp: @1h}}
        spec: {policy}"
        )
    }

    #[test]
    fn denying_everything_keeps_visitors_out() {
        let found = fires(&CHECK, &scene("{podSelector: {}}"), &[
            "warning NetworkPolicy shop/deny: keeps the routers from what 1 routes or ingresses lead to (since 1h)",
        ]);
        assert_eq!(found[0].affected[0].to_string(), "Route shop/web");
    }

    #[test]
    fn letting_routers_in_and_other_pods_are_silent() {
        let group = "policy-group.network.openshift.io/ingress: ''";
        silent(&CHECK, &scene(&format!("{{podSelector: {{}}, ingress: [{{from: [{{namespaceSelector: {{matchLabels: {{{group}}}}}}}]}}]}}")));
        silent(&CHECK, &scene("{podSelector: {matchLabels: {app: db}}}"));
        silent(&CHECK, &scene("{podSelector: {}}").replace("ready: true", "ready: false"));
    }
}
