//! Parts of the API that do not answer because the Service behind them does not.

use std::collections::BTreeMap;

use crate::checks::{Check, Layer};
use crate::decode::is_legal;
use crate::finding::{Finding, Severity, listed};
use crate::model::api_service::APIService;
use crate::model::{Kind, ObjectRef, Resource};
use crate::thresholds;
use crate::view::{View, is_platform};

pub const CHECK: Check = Check {
    id: "api-service-unavailable",
    title: "Part of the API does not answer",
    explain: "Looks at condition Available of each APIService, once it has not been True for five minutes. Such a part of the \
              API is answered by a Service of the cluster (metrics, OpenShift's own kinds, an add-on); when nothing answers \
              there, requests for its kinds fail, and so does everything that has to list all kinds: namespaces stay \
              Terminating, garbage is not collected, quotas are not counted. Usual causes are pods that are down, a \
              removed operator that left its APIService behind, and an expired certificate. One finding for all parts \
              behind the same Service; critical for the platform's.",
    layer: Layer::ControlPlane,
    needs: &[Kind::APIService],
    uses: &[Kind::Service, Kind::Pod, Kind::Deployment, Kind::Node],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-monitoring-operator/KubeAggregatedAPIErrors.md",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut by_backend: BTreeMap<ObjectRef, Vec<&APIService>> = BTreeMap::new();
    for api in view.cluster.api_services.iter().filter(|api| !api.is_available()) {
        let since = api.conditions.get("Available").and_then(|available| available.since);
        if view.held(since.or(api.meta.created), thresholds::API_HOLD) {
            by_backend.entry(api.backend()).or_default().push(api);
        }
    }
    for (backend, apis) in by_backend {
        out.push(finding(view, backend, &apis));
    }
}

fn finding(view: &View, backend: ObjectRef, apis: &[&APIService]) -> Finding {
    let own = is_platform(&backend.namespace) || backend.namespace.is_empty();
    let severity = if own { Severity::Critical } else { Severity::Warning };
    let title = match apis {
        [api] => format!("API {} does not answer", group_version(api)),
        _ => format!("{} APIs served by it do not answer", apis.len()),
    };
    let available = |api: &&APIService| api.conditions.get("Available").cloned();
    let since = apis.iter().filter_map(|api| available(api)?.since).min();
    let groups: Vec<String> = apis.iter().map(|api| group_version(api)).collect();
    let cli = view.cli();
    let mut finding = Finding::new(&CHECK, severity, backend, title)
        .since(since, "APIService status.conditions[Available].lastTransitionTime")
        .fact("APIService spec.group/spec.version", listed(groups.iter().map(String::as_str)))
        .affects(apis.iter().map(|api| api.reference()))
        .look(format!("{cli} get apiservices"), "shows which parts of the API answer");
    if let Some(available) = apis.first().and_then(available) {
        finding = finding.condition(&available);
    }
    behind(view, apis, finding)
}

/// What serves it: the Service's pods and workloads, and the nodes they are on.
fn behind(view: &View, apis: &[&APIService], finding: Finding) -> Finding {
    let Some((namespace, name)) = apis.first().and_then(|api| api.service.as_ref()) else { return finding };
    if !is_legal(namespace) || !is_legal(name) {
        return finding;
    }
    let cli = view.cli();
    let finding = finding
        .look(format!("{cli} get pods -n {namespace} -o wide"), "shows the pods that should answer")
        .look(format!("{cli} get endpoints -n {namespace} {name}"), "shows whether any pod is ready to answer");
    match view.cluster.services.get(namespace, name) {
        Some(service) => finding.depends_on(view.causes_behind(service, &view.pods_behind(service))),
        None if view.seen_in(Kind::Service, namespace) => finding.fact(format!("Service {namespace}/{name}"), "absent"),
        None => finding,
    }
}

/// `metrics.k8s.io/v1beta1`
fn group_version(api: &APIService) -> String {
    if api.group.is_empty() { api.version.to_string() } else { format!("{}/{}", api.group, api.version) }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn api(group: &str, namespace: &str, available: &str) -> String {
        format!(
            "
            kind: APIService
            metadata: {{name: v1.{group}}}
            spec: {{group: {group}, version: v1, service: {{namespace: {namespace}, name: api}}}}
            status: {{conditions: [{{type: Available, {available}, reason: MissingEndpoints}}]}}
            ---"
        )
    }

    fn backend(namespace: &str) -> String {
        format!(
            "
            kind: Service
            metadata: {{name: api, namespace: {namespace}}}
            spec: {{selector: {{app: api}}}}
            ---
            kind: Deployment
            metadata: {{name: server, namespace: {namespace}}}
            spec: {{replicas: 2, template: {{metadata: {{labels: {{app: api}}}}}}}}
            ---"
        )
    }

    const DOWN: &str = "status: 'False', lastTransitionTime: @20m";

    #[test]
    fn a_users_api_is_a_warning_that_its_workload_explains() {
        let found = fires(&CHECK, &(api("shop.example", "shop", DOWN) + &backend("shop")), &[
            "warning Service shop/api: API shop.example/v1 does not answer (since 20m)",
        ]);
        let upstream: Vec<_> = found[0].upstream.iter().map(ToString::to_string).collect();
        assert_eq!(upstream, ["Deployment shop/server"]);
    }

    #[test]
    fn apis_behind_one_service_are_one_finding() {
        let apis = api("a.openshift.io", "openshift-apiserver", DOWN) + &api("b.openshift.io", "openshift-apiserver", DOWN);
        let found = fires(&CHECK, &apis, &[
            "critical Service openshift-apiserver/api: 2 APIs served by it do not answer (since 20m)",
        ]);
        assert_eq!(found[0].affected_count, 2);
        assert!(found[0].facts.iter().any(|fact| fact.path == "Service openshift-apiserver/api"));
    }

    #[test]
    fn a_short_gap_and_an_api_that_answers_are_silent() {
        silent(&CHECK, &api("shop.example", "shop", "status: 'False', lastTransitionTime: @4m"));
        silent(&CHECK, &api("shop.example", "shop", "status: 'True', lastTransitionTime: @20m"));
        silent(&CHECK, &api("shop.example", "shop", "status: 'True'").replace("status: {cond", "other: {cond").replace("metadata: {", "metadata: {creationTimestamp: @1m, "));
    }
}
