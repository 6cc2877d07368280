//! Services with nothing ready behind them.

use crate::backends::User;
use crate::checks::{Check, Layer};
use crate::finding::{Confidence, Finding, Severity};
use crate::model::labels::Labels;
use crate::model::pod::Pod;
use crate::model::service::Service;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::view::{View, is_platform};

pub const CHECK: Check = Check {
    id: "network-service-without-endpoints",
    title: "A Service has no ready endpoint",
    explain: "Looks at Services with a selector of which no EndpointSlice holds a ready address: connections to them are \
              refused or time out. Either the pods it selects have not been ready for five minutes, or it selects none \
              since a label differs or the pods are missing. It is trouble when the pods are there and not ready, or when \
              a Route, an APIService or a load balancer sends traffic to it; otherwise it is only worth knowing. Services \
              whose workload is scaled to zero, headless ones that publish addresses which are not ready, and those \
              whose endpoints somebody else keeps do not count. Critical when part of the API is behind it, and on the \
              platform when somebody uses it, except during an update.",
    layer: Layer::Service,
    needs: &[Kind::Service, Kind::EndpointSlice],
    uses: &[Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Route, Kind::APIService],
    reference: "https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for service in view.unserved() {
        if service.selector.is_some() && service.meta.deletion.is_none() {
            out.extend(examine(view, service));
        }
    }
}

fn examine(view: &View, service: &Service) -> Option<Finding> {
    let workloads = view.workloads_behind(service);
    if view.are_scaled_to_zero(&workloads) || !view.held(service.meta.created, thresholds::SERVICE_HOLD) {
        return None;
    }
    let pods = view.pods_behind(service);
    if !view.is_long_unserved(&pods, &workloads) {
        return None;
    }
    let finding =
        if pods.is_empty() { without_pods(view, service, &workloads) } else { not_ready(view, service, &pods) };
    let since = view.unserved_since(&pods, &workloads);
    let (cli, name, namespace) = (view.cli(), &service.meta.name, &service.meta.namespace);
    Some(
        finding
            .since(since, "status.conditions[Ready].lastTransitionTime or creation of its pods, or [Available] of their workload")
            .depends_on(view.causes_behind(service, &pods))
            .look(format!("{cli} describe service {name} -n {namespace}"), "shows its selector, ports and endpoints")
            .look(format!("{cli} get pods -n {namespace} --show-labels"), "shows which pods there are and their labels"),
    )
}

fn not_ready(view: &View, service: &Service, pods: &[&Pod]) -> Finding {
    let user = view.user_of(service);
    let finding = Finding::new(&CHECK, severity(view, service, user, true), service.reference(), "no ready endpoint: none of its pods is ready")
            .fact("pods it selects", format!("{}, none ready", pods.len()))
        .affects(pods.iter().map(|pod| pod.reference()));
    used(finding, user)
}

fn used(finding: Finding, user: Option<User>) -> Finding {
    match user {
        Some(user) => finding.fact("used by", user.as_str()),
        None => finding,
    }
}

fn severity(view: &View, service: &Service, user: Option<User>, has_pods: bool) -> Severity {
    let softened = view.updating() && is_platform(&service.meta.namespace);
    match user {
        Some(User::Api) if !softened => Severity::Critical,
        Some(_) if is_platform(&service.meta.namespace) && !softened => Severity::Critical,
        Some(_) => Severity::Warning,
        None if has_pods => Severity::Warning,
        None => Severity::Info,
    }
}

fn without_pods(view: &View, service: &Service, workloads: &[ObjectRef]) -> Finding {
    let namespace = &service.meta.namespace;
    let user = view.user_of(service);
    let selector = service.selector.as_ref().map(ToString::to_string).unwrap_or_default();
    let finding = |title: &'static str| {
        let severity = severity(view, service, user, !workloads.is_empty());
        used(Finding::new(&CHECK, severity, service.reference(), title).fact("spec.selector", &selector), user)
    };
    if !view.seen_in(Kind::Pod, namespace) {
        return finding("no ready endpoint").confidence(Confidence::Likely);
    }
    if let Some(workload) = workloads.first() {
        return finding("no ready endpoint: the pods it selects do not exist").fact("made by", workload);
    }
    let finding = finding("no ready endpoint: its selector matches no pod");
    match nearest(view, service) {
        Some(Nearest { of, label, wanted, has }) => finding
            .fact(format!("spec.selector[{label}]"), &wanted)
            .fact(format!("{of} spec.template.metadata.labels[{label}]"), has.as_deref().unwrap_or("(not set)"))
            .confidence(Confidence::Likely),
        None => finding,
    }
}

/// The workload that comes closest to a selector, and the one label in which it differs.
struct Nearest {
    of: ObjectRef,
    label: Name,
    wanted: Name,
    has: Option<Name>,
}

fn nearest(view: &View, service: &Service) -> Option<Nearest> {
    let selector = service.selector.as_ref()?;
    let unmet = |labels: &Labels| {
        let mut unmet = selector.equalities().filter(|(label, value)| labels.get(label) != Some(value));
        unmet.next().filter(|_| unmet.next().is_none())
    };
    let candidates = view.templates(&service.meta.namespace).filter_map(|(of, labels)| {
        let (label, wanted) = unmet(labels)?;
        let has = labels.get(label);
        let is_near = selector.equalities().count() > 1 || has.is_some_and(|has| is_like(has, wanted));
        is_near.then(|| Nearest { of, label: label.clone(), wanted: wanted.clone(), has: has.cloned() })
    });
    // A misspelt value is nearer than another one.
    let is_misspelt = |near: &Nearest| near.has.as_deref().is_some_and(|has| is_like(has, &near.wanted));
    candidates.min_by_key(|near| (!is_misspelt(near), near.of.clone()))
}

/// One contains the other, or they differ in at most two places.
fn is_like(a: &str, b: &str) -> bool {
    let differ = a.chars().zip(b.chars()).filter(|(a, b)| a != b).count() + a.len().abs_diff(b.len());
    a.contains(b) || b.contains(a) || differ <= 2
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const SERVICE: &str = "
        kind: Service
        metadata: {name: web, namespace: shop, creationTimestamp: @2d}
        spec: {selector: {app: web}}
        ---
        kind: Deployment
        metadata: {name: web, namespace: shop}
        spec: {replicas: 1, template: {metadata: {labels: {app: web}}}}
        ---
        kind: EndpointSlice
        metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
        endpoints: [{conditions: {ready: false}}]";

    const POD: &str = "
        ---
        kind: Pod
        metadata: {name: web-1, namespace: shop, labels: {app: web}}
        status: {phase: Running, conditions: [{type: Ready, status: 'False', lastTransitionTime: @20m}]}";

    const ROUTE: &str = "
        ---
        kind: Route
        metadata: {name: web, namespace: shop}
        spec: {to: {kind: Service, name: web}}";

    const NO_POD_READY: &str =
        "warning Service shop/web: no ready endpoint: none of its pods is ready (since 20m)";

    #[test]
    fn pods_that_are_not_ready() {
        let found = fires(&CHECK, &format!("{SERVICE}{POD}"), &[NO_POD_READY]);
        assert!(found[0].upstream.iter().any(|object| object.to_string() == "Deployment shop/web"));
        silent(&CHECK, &format!("{SERVICE}{POD}").replace("@20m", "@2m"));
        silent(&CHECK, &format!("{SERVICE}{POD}").replace("ready: false", "ready: true"));
    }

    #[test]
    fn the_api_behind_it_makes_it_critical() {
        let api = "
        ---
        kind: APIService
        metadata: {name: v1.shop.example.com}
        spec: {service: {namespace: shop, name: web}}";
        fires(&CHECK, &format!("{SERVICE}{POD}{api}"), &[
            "critical Service shop/web: no ready endpoint: none of its pods is ready (since 20m)",
        ]);
    }

    #[test]
    fn used_platform_services_are_critical_but_for_updates() {
        let platform = format!("{SERVICE}{POD}{ROUTE}").replace("shop", "openshift-x");
        fires(&CHECK, &platform, &[
            "critical Service openshift-x/web: no ready endpoint: none of its pods is ready (since 20m)",
        ]);
        let updating = "
        ---
        kind: ClusterVersion
        metadata: {name: version}
        status: {conditions: [{type: Progressing, status: 'True'}]}";
        fires(&CHECK, &format!("{platform}{updating}"), &[
            "warning Service openshift-x/web: no ready endpoint: none of its pods is ready (since 20m)",
        ]);
    }

    #[test]
    fn a_misspelt_selector_is_shown_with_what_it_misses() {
        let misspelt = SERVICE.replace("selector: {app: web}", "selector: {app: wep}");
        let found =
            fires(&CHECK, &misspelt, &["info Service shop/web: no ready endpoint: its selector matches no pod"]);
        let facts = format!("{:?}", found[0].facts);
        assert!(facts.contains("Deployment shop/web spec.template.metadata.labels[app]"), "{facts}");
        fires(&CHECK, &format!("{misspelt}{ROUTE}"), &[
            "warning Service shop/web: no ready endpoint: its selector matches no pod",
        ]);
    }

    #[test]
    fn missing_pods_are_the_workload_s() {
        fires(&CHECK, SERVICE, &["warning Service shop/web: no ready endpoint: the pods it selects do not exist"]);
        silent(&CHECK, &SERVICE.replace("replicas: 1", "replicas: 0"));
    }

    #[test]
    fn endpoints_kept_by_somebody_else_are_silent() {
        silent(&CHECK, &SERVICE.replace("{selector: {app: web}}", "{}"));
    }
}
